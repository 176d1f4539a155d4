//! The plugin layer from outside: a process, its socket, its signals, its log.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use plugin_client::tfplugin6::{get_provider_schema, read_resource};
use plugin_client::{Client, Credentials, Identity, Options};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;

/// What Terraform allows is two seconds; what its users should pay is less.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(500);

fn fixture() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plugin-fixture"));
    for variable in ["TF_LOG", "TF_LOG_PROVIDER", "TF_PLUGIN_MAGIC_COOKIE", "PLUGIN_CLIENT_CERT"] {
        command.env_remove(variable);
    }
    command
}

fn fixture_with(variable: &str, value: &str) -> Command {
    let mut command = fixture();
    command.env(variable, value);
    command
}

async fn start(command: Command) -> Client {
    Client::start(command).await.unwrap()
}

async fn get_schema(channel: Channel) -> Result<(), tonic::Status> {
    let mut provider = plugin_client::tfplugin6::provider_client::ProviderClient::new(channel);
    provider.get_provider_schema(get_provider_schema::Request::default()).await.map(drop)
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

fn is_running(pid: u32) -> bool {
    // A process that has ended and was not waited for still takes signals.
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let zombie = state.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
    test_kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap()).is_ok() && !zombie
}

/// Waits for a condition, for ten seconds at most.
async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "never came: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn directory(client: &Client) -> PathBuf {
    Path::new(&client.handshake().address).parent().unwrap().to_owned()
}

#[test]
fn command_line() {
    let text = |output: &Output| {
        (
            output.status.code(),
            String::from_utf8(output.stdout.clone()).unwrap(),
            String::from_utf8(output.stderr.clone()).unwrap(),
        )
    };
    let by_hand = "terraform-provider-plugin-fixture is a plugin. It is not meant to be run by hand: Terraform \
                   or OpenTofu starts it when a configuration requires \
                   registry.terraform.io/tests/plugin-fixture.\nRun it with --help to see what it can do by \
                   itself.\n";
    let (code, out, err) = text(&fixture().output().unwrap());
    assert_eq!((code, out.as_str(), err.as_str()), (Some(1), "", by_hand));
    let (code, out, err) = text(&fixture_with("TF_PLUGIN_MAGIC_COOKIE", "wrong").output().unwrap());
    assert_eq!((code, out.as_str(), err.as_str()), (Some(1), "", by_hand));
    let (code, out, err) = text(&fixture().arg("--version").output().unwrap());
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (Some(0), "terraform-provider-plugin-fixture 1.2.3\n", "")
    );
    let (code, out, err) = text(&fixture().arg("--help").output().unwrap());
    assert!(code == Some(0) && out.contains("Usage: ") && err.is_empty(), "{out}{err}");
    let (code, out, err) = text(&fixture().arg("apply").output().unwrap());
    assert!(code == Some(2) && out.is_empty() && err.starts_with("unknown argument \"apply\"\n"), "{err}");
}

#[tokio::test]
async fn environment_that_cannot_be_used() {
    for (variable, value, expect) in [
        ("PLUGIN_MIN_PORT", "x", "PLUGIN_MIN_PORT is \"x\", which is not a port number"),
        ("PLUGIN_CLIENT_CERT", "x", "PLUGIN_CLIENT_CERT holds no PEM certificate"),
        ("PLUGIN_UNIX_SOCKET_DIR", "/nowhere", "no directory can be made in /nowhere: "),
        ("PLUGIN_UNIX_SOCKET_GROUP", "no group", "PLUGIN_UNIX_SOCKET_GROUP is \"no group\""),
    ] {
        let cookie = plugin_cookie();
        let output = fixture_with(variable, value).env(cookie.0, cookie.1).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("terraform-provider-plugin-fixture: "), "{stderr}");
        assert!(stderr.contains(expect), "{stderr}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    }
}

fn plugin_cookie() -> (&'static str, &'static str) {
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
}

#[tokio::test]
async fn handshake_service_and_end() {
    let client = start(fixture()).await;
    let handshake = client.handshake();
    assert_eq!((handshake.core_protocol, handshake.protocol), (1, 6));
    assert_eq!((handshake.network.as_str(), &handshake.multiplex), ("unix", &None));
    let directory = directory(&client);
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);

    get_schema(client.channel()).await.unwrap();
    let health = HealthClient::new(client.channel())
        .check(tonic_health::pb::HealthCheckRequest { service: "plugin".into() })
        .await
        .unwrap();
    assert_eq!(health.into_inner().status(), tonic_health::pb::health_check_response::ServingStatus::Serving);

    let took = client.shutdown().await.unwrap();
    assert!(took < SHUTDOWN_LIMIT, "{took:?}");
    assert!(!directory.exists(), "{directory:?} is left behind");
}
