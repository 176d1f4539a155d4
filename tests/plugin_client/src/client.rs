//! A running provider and the connection to it.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::plugin::grpc_controller_client::GrpcControllerClient;
use crate::tfplugin6::provider_client::ProviderClient;
use crate::{Error, Handshake, Identity, MAX_MESSAGE, Result, plugin};

/// How long Terraform waits for the handshake line.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// How long [`Client::shutdown`] waits before it kills. Terraform waits two seconds; more shows by
/// how much it was missed.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// How a provider is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// `PLUGIN_PROTOCOL_VERSIONS`.
    pub protocols: String,
    /// Hand over a certificate and talk TLS. Without it, plain text.
    pub mutual_tls: bool,
}

impl Default for Options {
    /// What Terraform does.
    fn default() -> Self {
        Self { protocols: "5,6".into(), mutual_tls: true }
    }
}

/// What a further connection shows to the provider.
#[derive(Debug, Clone, Copy)]
pub enum Credentials<'a> {
    /// What it was told to expect.
    Own,
    /// Somebody else's certificate and key.
    Other(&'a Identity),
    /// TLS without a certificate.
    Nothing,
    /// No TLS.
    PlainText,
}

/// A started provider. When this is dropped it is killed, and the socket that it then leaves behind is
/// removed.
#[derive(Debug)]
pub struct Client {
    child: Child,
    pid: u32,
    identity: Option<Identity>,
    handshake: Handshake,
    exec: Instant,
    handshake_time: Duration,
    channel: Channel,
    stdout: Output,
    stderr: Output,
}

impl Client {
    /// Starts a provider as Terraform does and connects to it. `command` is the binary, with
    /// whatever arguments and environment the test wants it to have besides.
    ///
    /// Fails when the process cannot be started, prints no handshake line within a minute, or does
    /// not accept the connection; its stderr is then part of the error.
    pub async fn start(command: impl Into<Command>) -> Result<Self> {
        Self::start_with(command, &Options::default()).await
    }

    /// Like [`Client::start`], with something done otherwise than Terraform does it.
    pub async fn start_with(command: impl Into<Command>, options: &Options) -> Result<Self> {
        let identity = if options.mutual_tls { Some(Identity::new()?) } else { None };
        let mut command = command.into();
        command
            .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
            .env("PLUGIN_PROTOCOL_VERSIONS", &options.protocols)
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        match &identity {
            Some(identity) => command.env("PLUGIN_CLIENT_CERT", identity.pem()),
            None => command.env_remove("PLUGIN_CLIENT_CERT"),
        };
        let exec = Instant::now();
        let mut child = command.spawn()?;
        let pid = child.id().ok_or("the process has no id")?;
        let stderr = child.stderr.take().ok_or("stderr is not piped")?;
        let stderr = Output::collect(BufReader::new(stderr).lines(), Vec::new());
        let mut lines = BufReader::new(child.stdout.take().ok_or("stdout is not piped")?).lines();
        let (handshake, at, channel) = match connect_first(&mut lines, identity.as_ref()).await {
            Ok(started) => started,
            Err(error) => {
                let status = tokio::time::timeout(Duration::from_secs(1), child.wait()).await;
                let end = match status {
                    Ok(status) => status?.to_string(),
                    Err(_) => "still running".into(),
                };
                return Err(format!("{error} (process: {end})\n{}", stderr.lines().join("\n")).into());
            }
        };
        let stdout = Output::collect(lines, vec![handshake.line.clone()]);
        let handshake_time = at - exec;
        Ok(Self { child, pid, identity, handshake, exec, handshake_time, channel, stdout, stderr })
    }

    /// The provider's calls.
    pub fn provider(&self) -> crate::Provider {
        ProviderClient::new(self.channel())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    /// go-plugin's control of the process.
    pub fn controller(&self) -> GrpcControllerClient<Channel> {
        GrpcControllerClient::new(self.channel())
    }

    /// The connection, for services that have no method here.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The fields of the handshake line.
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// When the process was started.
    pub fn exec(&self) -> Instant {
        self.exec
    }

    /// How long after its start the process had printed the handshake line.
    pub fn handshake_time(&self) -> Duration {
        self.handshake_time
    }

    /// The certificate and key that this client was started with; `None` for plain text.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The provider's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What was written to stdout, the handshake line first. Complete once the process has ended.
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.lines()
    }

    /// What was written to stderr. Complete once the process has ended.
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.lines()
    }

    /// Opens another connection. With TLS 1.3 a refusal may show only with the first call on it.
    pub async fn connect(&self, credentials: Credentials<'_>) -> Result<Channel> {
        let identity = match credentials {
            Credentials::Own => self.identity.as_ref(),
            Credentials::Other(identity) => Some(identity),
            Credentials::Nothing | Credentials::PlainText => None,
        };
        let mut handshake = self.handshake.clone();
        if let Credentials::PlainText = credentials {
            handshake.certificate = None;
        }
        handshake.connect(identity).await
    }

    /// Ends the provider as Terraform does, and says how long its process took from the call.
    ///
    /// Fails when the process does not end within ten seconds; it is then killed.
    pub async fn shutdown(&mut self) -> Result<Duration> {
        let started = Instant::now();
        let asked = self.controller().shutdown(plugin::Empty {}).await;
        self.channel = unconnected();
        let ended = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.child.wait()).await;
        asked?;
        let took = started.elapsed();
        let Ok(status) = ended else {
            self.child.kill().await?;
            return Err("the process did not end after Shutdown".into());
        };
        let status = status?;
        self.finish_output().await;
        if status.success() {
            Ok(took)
        } else {
            Err(format!("the process ended after Shutdown with {status}").into())
        }
    }

    /// Waits for the process to end by itself.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.finish_output().await;
        Ok(status)
    }

    async fn finish_output(&mut self) {
        self.stdout.finish().await;
        self.stderr.finish().await;
    }

    /// Kills the process (SIGKILL) and waits for its end.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

async fn connect_first(
    lines: &mut Lines<BufReader<ChildStdout>>,
    identity: Option<&Identity>,
) -> Result<(Handshake, Instant, Channel)> {
    let line = tokio::time::timeout(START_TIMEOUT, lines.next_line())
        .await
        .map_err(|_| "no handshake line within a minute")??
        .ok_or("the plugin ended without a handshake line")?;
    let at = Instant::now();
    let handshake: Handshake = line.parse()?;
    let channel = handshake.connect(identity).await?;
    Ok((handshake, at, channel))
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.child.start_kill().is_ok() && self.handshake.network == "unix" {
            let socket = Path::new(&self.handshake.address);
            let _ = std::fs::remove_file(socket);
            // Only if it is empty: where a provider puts its socket is its own business.
            let _ = socket.parent().map(std::fs::remove_dir);
        }
    }
}

/// A channel to nowhere. Putting it in the place of another one closes that.
fn unconnected() -> Channel {
    Endpoint::from_static("http://localhost").connect_with_connector_lazy(tower::service_fn(
        |_: tonic::transport::Uri| async { Err::<TokioIo<tokio::net::TcpStream>, Error>("shut down".into()) },
    ))
}

/// Lines that are read in the background until there are no more.
#[derive(Debug)]
struct Output {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn collect<R>(mut lines: Lines<BufReader<R>>, first: Vec<String>) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let collected = Arc::new(Mutex::new(first));
        let sink = Arc::clone(&collected);
        let reader = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sink.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { lines: collected, reader }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the last line. Not for long: a child of the ended process may hold the pipe open.
    async fn finish(&mut self) {
        if !self.reader.is_finished() {
            let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.reader).await;
        }
    }
}
