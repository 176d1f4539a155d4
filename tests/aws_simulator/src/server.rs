//! The listener: HTTP/1.1 on loopback, on a thread of its own, so that a test that blocks does not stop it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use crate::clock::http_date;
use crate::control;
use crate::dispatch::{self, Reply, Request};
use crate::holds::{Boundary, Gate};
use crate::state::State;

/// The state, shared by the listener and the test.
pub(crate) type Shared = Arc<Mutex<State>>;

/// Locks the state. A test that panicked while it held the lock has failed anyway; the server goes on.
pub(crate) fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener that ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(state: Shared, port: u16) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || runtime.block_on(serve(listener, state, stopped));
        let thread = std::thread::Builder::new().name("aws-simulator".to_owned()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the listener has been printed; there is nothing to add.
            let _ = thread.join();
        }
    }
}

/// Whether new connections are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Closing,
    Closed,
}

/// Waits for the door. The guard that the wait gives would keep others from moving it.
async fn until(door: &mut watch::Receiver<Door>, wanted: Door) {
    let _ = door.wait_for(|door| *door == wanted).await;
}

async fn serve(listener: std::net::TcpListener, state: Shared, mut stopped: oneshot::Receiver<Infallible>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let mut listener = Some(listener);
    let (door, mut closing) = watch::channel(Door::Open);
    let door = Arc::new(door);
    loop {
        let Some(open) = &listener else {
            // Who is connected is served to the end.
            let _ = stopped.await;
            return;
        };
        tokio::select! {
            _ = &mut stopped => return,
            () = until(&mut closing, Door::Closing) => {
                listener = None;
                door.send_replace(Door::Closed);
            }
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(stream, Arc::clone(&state), Arc::clone(&door)));
                } else {
                    // Too many open files: some will be closed.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, state: Shared, door: Arc<watch::Sender<Door>>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| respond(request, Arc::clone(&state), Arc::clone(&door)));
    // Clients go away, and faults close connections: both end here as errors that nobody waits for.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Waits where the call is held.
async fn pass(gate: Option<Gate>) -> io::Result<()> {
    let Some(gate) = gate else { return Ok(()) };
    if gate.pass().await { Ok(()) } else { Err(io::ErrorKind::ConnectionReset.into()) }
}

async fn respond(
    request: hyper::Request<Incoming>,
    state: Shared,
    door: Arc<watch::Sender<Door>>,
) -> io::Result<hyper::Response<Content>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    if request.path.starts_with("/_simulator") {
        let (status, body) = control::answer(&state, &request);
        let response = hyper::Response::builder().status(status).header("content-type", "application/json");
        return response.body(Content::whole(body)).map_err(io::Error::other);
    }
    let gate = dispatch::gate(&lock(&state), &request);
    let (before, after) = match gate {
        Some(gate) if gate.boundary == Boundary::Before => (Some(gate), None),
        gate => (None, gate),
    };
    pass(before).await?;
    let (reply, wall, calls_left) = {
        let mut state = lock(&state);
        let reply = dispatch::answer(&mut state, &request);
        state.calls_left = state.calls_left.map(|left| left.saturating_sub(1));
        (reply, state.clock.wall(), state.calls_left)
    };
    if calls_left == Some(0) {
        let mut closed = door.subscribe();
        door.send_if_modified(|door| {
            let open = *door == Door::Open;
            if open {
                *door = Door::Closing;
            }
            open
        });
        // The caller must not find the door open once it has its answer.
        until(&mut closed, Door::Closed).await;
    }
    pass(after).await?;
    // An error of the service makes hyper close the connection without an answer.
    let reply = reply.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionReset))?;
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    let Reply { status, content_type, request_id, body, truncated, .. } = reply;
    let mut response = hyper::Response::builder().status(status);
    if calls_left.is_some() {
        response = response.header("connection", "close");
    }
    response
        .header("content-type", content_type)
        .header("x-amzn-requestid", request_id)
        .header("date", http_date(wall))
        .body(if truncated { Content::half(&body) } else { Content::whole(body) })
        .map_err(io::Error::other)
}

/// A body, whole or ending in the middle of what its length promised.
struct Content {
    data: Option<Bytes>,
    length: u64,
    end: End,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    /// What was written goes out before it breaks: an error at once would take the head with it.
    Flush,
    Broken,
}

impl Content {
    fn whole(body: String) -> Self {
        let data = Bytes::from(body);
        Self { length: data.len() as u64, data: Some(data), end: End::Whole }
    }

    fn half(body: &str) -> Self {
        let data = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
        Self { data: Some(data), length: body.len() as u64, end: End::Flush }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Flush => {
                self.end = End::Broken;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            End::Broken => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
