//! From a listener to connections whose client is known.
//!
//! Handshakes run beside each other, each for a limited time, and only so many at once: when there
//! are more, the one that has waited longest is dropped. So clients that connect and say nothing
//! cost neither the host its place in a queue nor the process its file descriptors.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::{Listener, Socket, Transport};

/// How long a client may take to show who it is. Terraform takes milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How many clients may be doing so at once. Far more than a host opens, far fewer than the
/// customary limit of 1024 open files.
const MAX_HANDSHAKES: usize = 256;

/// First and longest pause after a failed accept, for instance without a free file descriptor.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// A connection that may be served.
pub(super) struct Connection(Box<dyn Transport>);

/// Accepts on `listener` until the receiver is dropped. Without `tls`, a client has shown who it is
/// once it has sent its first byte.
pub(super) async fn accept(
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    ready: mpsc::Sender<Result<Connection, Infallible>>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let mut handshakes = Handshakes::new(MAX_HANDSHAKES);
    let mut pause = BACK_OFF.0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ready.closed() => return,
        };
        match accepted {
            Ok(socket) => {
                pause = BACK_OFF.0;
                handshakes.start(admit(socket, tls.clone(), ready.clone())).await;
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                handshakes.halve();
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACK_OFF.1);
            }
        }
    }
}

/// The handshakes under way, oldest first. Those left end when the value is dropped.
struct Handshakes {
    tasks: VecDeque<AbortHandle>,
    /// Held by the tasks, because an aborted one keeps its connection until the runtime drops it.
    places: Arc<Semaphore>,
}

impl Handshakes {
    fn new(limit: usize) -> Self {
        Self { tasks: VecDeque::new(), places: Arc::new(Semaphore::new(limit)) }
    }

    /// Runs one more. When there is no place for it the oldest ends.
    async fn start(&mut self, handshake: impl Future<Output = ()> + Send + 'static) {
        self.tasks.retain(|task| !task.is_finished());
        if self.places.available_permits() == 0
            && let Some(oldest) = self.tasks.pop_front()
        {
            oldest.abort();
        }
        // The semaphore is never closed; without a place there would only be no limit.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let task = tokio::spawn(async move {
            handshake.await;
            drop(place);
        });
        self.tasks.push_back(task.abort_handle());
    }

    /// Ends the older half, whatever limit it is that was reached.
    fn halve(&mut self) {
        self.tasks.retain(|task| !task.is_finished());
        self.tasks.drain(..self.tasks.len() / 2).for_each(|task| task.abort());
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Carries one client through its handshake and hands it on, or drops it.
async fn admit(
    socket: Socket,
    tls: Option<TlsAcceptor>,
    ready: mpsc::Sender<Result<Connection, Infallible>>,
) {
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, identify(socket, tls)).await {
        // The only failure to send is that the server has ended.
        Ok(Ok(connection)) => drop(ready.send(Ok(connection)).await),
        Ok(Err(error)) => tracing::debug!(%error, "refused a connection"),
        Err(_) => tracing::debug!("refused a connection: it did not finish its handshake in time"),
    }
}

async fn identify(socket: Socket, tls: Option<TlsAcceptor>) -> io::Result<Connection> {
    let Some(tls) = tls else {
        socket.readable().await?;
        return Ok(Connection(socket.into_transport()));
    };
    Ok(Connection(Box::new(tls.accept(socket.into_transport()).await?)))
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
