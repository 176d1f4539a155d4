//! A go-plugin server: what makes a binary a plugin that Terraform can start and talk to.
//!
//! go-plugin's contract is a convention of processes rather than a library: a cookie in the
//! environment, one line on stdout, a private socket, certificates made for one run, a few services
//! of its own, log lines on stderr. All of it is here, and nothing of Terraform's protocol is: the
//! services that a host wants to call come in as ready [`Routes`], with a way to stop them. See
//! <https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md> and
//! <https://github.com/hashicorp/go-plugin/blob/main/docs/guide-plugin-write-non-go.md>.
//!
//! After the handshake line nothing is written to stdout, and stdin is never read.
//!
//! ```no_run
//! use tf_provider::plugin::{Cookie, Plugin, Services, run};
//!
//! const PLUGIN: Plugin = Plugin {
//!     name: "terraform-provider-example",
//!     version: env!("CARGO_PKG_VERSION"),
//!     address: "registry.terraform.io/example/example",
//!     protocol: 6,
//!     cookie: Cookie::TERRAFORM_PROVIDER,
//!     log_targets: &["example"],
//! };
//!
//! fn main() -> std::process::ExitCode {
//!     run(&PLUGIN, || Services { routes: tonic::service::Routes::default(), stop: Box::new(|| {}) })
//! }
//! ```

mod accept;
mod calls;
mod handshake;
mod lifetime;
mod listener;
mod log;
mod proto;
mod services;
mod tls;

use std::error::Error;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;
use tonic::transport::Server;

use calls::Calls;
use lifetime::{Owner, Parent, Shutdown, Work};

/// Who a plugin is and what it expects of its host.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// Name of the binary, `terraform-provider-NAME`. The log level can be set for it alone with
    /// `TF_LOG_PROVIDER_NAME`.
    pub name: &'static str,
    /// Version, for `--version`.
    pub version: &'static str,
    /// Source address, `registry.terraform.io/NAMESPACE/NAME`, for reattaching.
    pub address: &'static str,
    /// Version of the protocol that the routes speak, for instance 6.
    pub protocol: u32,
    /// The variable and the value that say that the host means to start a plugin.
    pub cookie: Cookie,
    /// Crates whose events are logged, besides this one. Events of other crates never are: an HTTP
    /// library may print requests, and with them passwords.
    pub log_targets: &'static [&'static str],
}

/// A variable and its value, by which a plugin tells its host from a person who runs it by hand.
/// It keeps nobody out.
#[derive(Debug, Clone, Copy)]
pub struct Cookie {
    /// Name of the variable.
    pub key: &'static str,
    /// Its value.
    pub value: &'static str,
}

impl Cookie {
    /// What Terraform and OpenTofu set when they start a provider.
    pub const TERRAFORM_PROVIDER: Self = Self {
        key: "TF_PLUGIN_MAGIC_COOKIE",
        value: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
    };
}

/// What a plugin serves.
pub struct Services {
    /// The services that the host calls, with their message limits.
    pub routes: Routes,
    /// Asks the calls in flight, and those that still come, to end soon with what they have. It is
    /// called once, where the process is to end but waits for their answers: on SIGTERM.
    pub stop: Box<dyn FnOnce() + Send>,
}

type Failure = Box<dyn Error + Send + Sync>;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Serve,
    Debug,
    Version,
    Help,
    Unknown(String),
}

impl Command {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Self {
        let Some(first) = arguments.next() else { return Self::Serve };
        // One dash or two, as with Go's flag package, which people know from other providers.
        let command = match first.strip_prefix("--").or_else(|| first.strip_prefix('-')) {
            Some("debug") => Self::Debug,
            Some("version") => Self::Version,
            Some("help" | "h") => Self::Help,
            _ => return Self::Unknown(first),
        };
        arguments.next().map_or(command, Self::Unknown)
    }
}

/// Runs a plugin from start to end, as the whole of a `main` function.
///
/// `services` is called once, within the tokio runtime that serves them. The result is 0 when the
/// plugin was asked to end, 1 when it could not serve or was started by hand, 2 for an unknown
/// argument; the reason is on stderr.
pub fn run(plugin: &Plugin, services: impl FnOnce() -> Services) -> ExitCode {
    let parent = Parent::current();
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    match Command::parse(arguments) {
        Command::Version => return say(&format!("{} {}", plugin.name, plugin.version)),
        Command::Help => return say(&usage(plugin)),
        Command::Unknown(argument) => {
            complain(&format!("unknown argument {argument:?}\n\n{}", usage(plugin)));
            return ExitCode::from(2);
        }
        Command::Serve if !is_host(plugin, variable) => {
            complain(&started_by_hand(plugin));
            return ExitCode::FAILURE;
        }
        Command::Serve => log::install(plugin),
        Command::Debug => {
            log::install(plugin);
            return guard(plugin, || serve(plugin, Owner::Person, services));
        }
    }
    guard(plugin, || serve(plugin, Owner::Host(parent), services))
}

/// Lossy, so that what is no text is refused as such and not taken for absent.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Whether the environment is that of a host which starts a plugin.
fn is_host(plugin: &Plugin, get: impl Fn(&str) -> Option<String>) -> bool {
    get(plugin.cookie.key).as_deref() == Some(plugin.cookie.value)
}

/// The line that [`run`] would write for a host with this environment, or what it would say instead. Nothing is bound
/// and no directory is made, so that tests may try any environment; the line holds an address of no socket.
#[doc(hidden)]
pub fn rehearse(plugin: &Plugin, get: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    if !is_host(plugin, &get) {
        return Err(started_by_hand(plugin));
    }
    log::level(plugin.name, &get);
    let host = handshake::Host::from_env(get).map_err(|error| error.to_string())?;
    let tls = host.client_certificate.map(tls::Server::new).transpose().map_err(|error| error.to_string())?;
    let certificate = tls.as_ref().map(|tls| tls.certificate.as_ref());
    let address = handshake::Address { network: "unix", address: "/plugin/socket".to_owned() };
    Ok(handshake::line(plugin.protocol, &address, certificate, host.asks_multiplex))
}

/// Turns the end of `serve` into an exit code. A panic is told in the form that Terraform collects
/// for its report of a crash.
fn guard(plugin: &Plugin, serve: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    match catch_unwind(AssertUnwindSafe(serve)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            complain(&format!("{}: {error}", plugin.name));
            ExitCode::FAILURE
        }
        Err(_) => {
            complain(&format!("panic: {} ended by a bug of its own; TF_LOG=ERROR shows where", plugin.name));
            ExitCode::FAILURE
        }
    }
}

/// Serves until the end is asked for.
fn serve(plugin: &Plugin, owner: Owner, services: impl FnOnce() -> Services) -> Result<(), Failure> {
    let host = handshake::Host::from_env(variable)?;
    lifetime::raise_open_files();
    // Terraform starts several of these at once, and they mostly wait.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(serve_host(plugin, &host, owner, services));
    // Calls that are stuck in blocking code do not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(50));
    result
}

async fn serve_host(
    plugin: &Plugin,
    host: &handshake::Host,
    owner: Owner,
    services: impl FnOnce() -> Services,
) -> Result<(), Failure> {
    let (shutdown, calls) = (Shutdown::default(), Calls::default());
    let Services { routes, stop } = services();
    lifetime::watch(owner, Work { calls: calls.clone(), stop }, shutdown.clone())?;
    let serves_host = owner != Owner::Person;
    // go-plugin's own are not watched: their streams are open as long as the host is there.
    let routes = services::add(calls.watched(routes), &shutdown, serves_host).await;
    let tls = match &host.client_certificate {
        Some(client) if serves_host => Some(tls::Server::new(client.clone())?),
        _ => None,
    };
    let listener::Endpoint { listener, address, cleanup } = listener::Endpoint::bind(host)?;

    let (ready, connections) = mpsc::channel(16);
    let acceptor = tokio::spawn(accept::accept(listener, tls.as_ref().map(|tls| tls.config.clone()), ready));
    let mut server = tokio::spawn({
        let shutdown = shutdown.clone();
        Server::builder()
            // Terraform's -parallelism has no upper end, and StopProvider must still get through.
            .max_concurrent_streams(u32::MAX)
            .add_routes(routes)
            .serve_with_incoming_shutdown(ReceiverStream::new(connections), async move {
                shutdown.requested().await;
            })
    });
    announce(plugin, host, owner, &address, tls.as_ref())?;
    tracing::debug!(network = address.network, address = address.address, "serving");

    let ended = tokio::select! {
        ended = &mut server => Some(ended),
        () = shutdown.requested() => None,
    };
    // New connections are refused from here on; nothing is left behind even if the rest is cut off.
    acceptor.abort();
    drop(cleanup);
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => tokio::time::timeout(lifetime::GRACE, server).await,
    };
    let Ok(result) = ended else {
        tracing::warn!("calls in flight were cut off");
        return Ok(());
    };
    Ok(result??)
}

/// Tells the host, or the person, how to connect. The last that is ever written to stdout.
fn announce(
    plugin: &Plugin,
    host: &handshake::Host,
    owner: Owner,
    address: &handshake::Address,
    tls: Option<&tls::Server>,
) -> std::io::Result<()> {
    let text = match owner {
        Owner::Host(_) => {
            let certificate = tls.map(|tls| tls.certificate.as_ref());
            handshake::line(plugin.protocol, address, certificate, host.asks_multiplex)
        }
        Owner::Person => {
            let value = handshake::reattach(plugin.address, plugin.protocol, std::process::id(), address);
            format!(
                "{} serves until Ctrl-C. Terraform uses it where this is set:\n\n\
                 \tTF_REATTACH_PROVIDERS='{value}'\n",
                plugin.name
            )
        }
    };
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

fn usage(plugin: &Plugin) -> String {
    format!(
        "{name} is started by Terraform or OpenTofu.\n\n\
         Usage: {name} [--debug | --version | --help]\n\n  \
         --debug    serve until Ctrl-C, and print how Terraform can be made to use this process\n  \
         --version  print the version\n  \
         --help     print this text",
        name = plugin.name
    )
}

fn started_by_hand(plugin: &Plugin) -> String {
    format!(
        "{} is a plugin. It is not meant to be run by hand: Terraform or OpenTofu starts it when a \
         configuration requires {}.\nRun it with --help to see what it can do by itself.",
        plugin.name, plugin.address
    )
}

fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes to stderr, before there is a log or beside it. Nobody can be told that this failed.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let check = |arguments: &[&str], expect: Command| {
            assert_eq!(Command::parse(arguments.iter().map(ToString::to_string)), expect, "{arguments:?}");
        };
        check(&[], Command::Serve);
        check(&["--debug"], Command::Debug);
        check(&["-debug"], Command::Debug);
        check(&["--version"], Command::Version);
        check(&["-h"], Command::Help);
        check(&["debug"], Command::Unknown("debug".into()));
        check(&["--debug", "x"], Command::Unknown("x".into()));
        check(&["---debug"], Command::Unknown("---debug".into()));
    }
}
