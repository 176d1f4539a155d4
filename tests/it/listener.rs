//! The provider's listener as other processes of the machine find it: who is served, who is not, what is left of it.
//!
//! What go-plugin's contract says in full is tested where it is implemented; here are counts of this binary. Each wait
//! has a bound that a busy machine keeps too.

use std::collections::VecDeque;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use plugin_client::tfplugin6::get_metadata;
use plugin_client::{Client, Credentials, Identity, Provider};
use rustix::process::{Pid, Resource, Signal, getrlimit, kill_process};

use crate::support::PROVIDER;
use crate::support::figures::check_section;

/// Connections that say nothing, or only the first bytes of a handshake.
const CROWD: usize = 10_000;
/// Calls, and new connections of the host's, while they come.
const SERVED: usize = 50;
/// How many strangers try, each in another way.
const STRANGERS: usize = 4;
/// Files that the provider may have open when all have come.
const OPEN_FILES: usize = 400;
/// Longer than anything here takes on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(1);

async fn start(command: Command) -> Client {
    Client::start(command).await.unwrap()
}

fn socket(client: &Client) -> PathBuf {
    PathBuf::from(&client.handshake().address)
}

fn folder(client: &Client) -> PathBuf {
    socket(client).parent().unwrap().to_owned()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// A call of Terraform's; the error is what refused it.
async fn call(provider: &mut Provider) -> Result<(), String> {
    let call = provider.get_metadata(get_metadata::Request {});
    let answer = tokio::time::timeout(PATIENCE, call).await.expect("an answer in time");
    answer.map(drop).map_err(|status| status.to_string())
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn only_its_own_client_is_served() {
    let client = start(Command::new(PROVIDER)).await;
    assert_eq!((mode(&folder(&client)), mode(&socket(&client))), (0o700, 0o600));
    let (own, stranger) = (client.identity().unwrap(), Identity::new().unwrap());
    let stolen = own.with_key_of(&stranger);
    let strangers: [_; STRANGERS] = [
        ("a stranger", Credentials::Other(&stranger)),
        ("a thief of the certificate", Credentials::Other(&stolen)),
        ("nobody", Credentials::Nothing),
        ("plain text", Credentials::PlainText),
    ];
    for (who, credentials) in strangers {
        // With TLS 1.3 a refusal may show only with the first call.
        if let Ok(channel) = client.connect(credentials).await {
            assert!(call(&mut Provider::new(channel)).await.is_err(), "{who} was answered");
        }
    }
    call(&mut Provider::new(client.connect(Credentials::Own).await.unwrap())).await.unwrap();
}

/// Opens connections that never get further, and holds as many of them as this process may.
fn crowd(address: &Path) {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let held = usize::try_from(files / 4).unwrap_or(CROWD).min(CROWD);
    let mut open = VecDeque::new();
    for n in 0..CROWD {
        let mut stream = UnixStream::connect(address).unwrap();
        if n.is_multiple_of(2) {
            // The beginning of a TLS handshake. Refused when the provider has closed it already, which is as good.
            let _ = stream.write_all(&[0x16, 3, 1, 2, 0]);
        }
        open.push_back(stream);
        if open.len() > held {
            open.pop_front();
        }
    }
}

/// Connects as the host. While others fill the socket's queue, one that does not wait is told to come again.
async fn connect(client: &Client) -> Provider {
    let started = Instant::now();
    loop {
        match client.connect(Credentials::Own).await {
            Ok(channel) => return Provider::new(channel),
            Err(error) => assert!(started.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_does_not_stop_terraform_from_being_served() {
    let mut client = start(Command::new(PROVIDER)).await;
    let address = socket(&client);
    let pressing = tokio::task::spawn_blocking(move || crowd(&address));
    let mut provider = client.provider();
    for _ in 0..SERVED {
        call(&mut provider).await.unwrap();
        call(&mut connect(&client).await).await.unwrap();
    }
    pressing.await.unwrap();
    call(&mut provider).await.unwrap();
    if cfg!(target_os = "linux") {
        let open = std::fs::read_dir(format!("/proc/{}/fd", client.pid())).unwrap().count();
        assert!(open < OPEN_FILES, "{open} open files");
    }
    let folder = folder(&client);
    client.shutdown().await.unwrap();
    assert!(!folder.exists(), "{folder:?} is left behind");
    figures();
}

#[tokio::test]
async fn nothing_is_left_of_the_socket_after_sigterm_or_without_a_parent() {
    let mut client = start(Command::new(PROVIDER)).await;
    let left = folder(&client);
    let pid = Pid::from_raw(client.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert!(client.wait().await.unwrap().success());
    assert!(!left.exists(), "{left:?} is left behind");

    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" & wait"#, PROVIDER]);
    let mut client = start(shell).await;
    let left = folder(&client);
    call(&mut client.provider()).await.unwrap();
    client.kill().await.unwrap();
    eventually("the end of a provider whose parent is gone", || !left.exists()).await;
}

fn figures() {
    check_section(
        "listener",
        &format!(
            "## Listener (`tests/it/listener.rs`)\n\n\
             | | |\n|---|---|\n| strangers that were served: without a certificate, with another one, with another key, in \
             plain text | 0 of {STRANGERS} |\n\
             | idle and half-open connections | {CROWD} |\n\
             | calls and new connections of Terraform's that were served meanwhile | {SERVED} and {SERVED} |\n\
             | open files of the provider then | fewer than {OPEN_FILES} |\n\
             | sockets left behind after Shutdown, SIGTERM and the death of the parent | 0 of 3 |\n"
        ),
    );
}
