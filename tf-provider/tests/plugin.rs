//! The plugin layer from outside: a process, its socket, its signals, its log.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_client::plugin::grpc_broker_client::GrpcBrokerClient;
use plugin_client::plugin::grpc_controller_client::GrpcControllerClient;
use plugin_client::plugin::grpc_stdio_client::GrpcStdioClient;
use plugin_client::tfplugin6::provider_client::ProviderClient;
use plugin_client::tfplugin6::{get_provider_schema, read_resource};
use plugin_client::{Client, Credentials, Handshake, Identity, Options};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getrlimit, kill_process, kill_process_group, setrlimit,
};
use tokio::task::JoinHandle;
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
    ProviderClient::new(channel).get_provider_schema(get_provider_schema::Request::default()).await.map(drop)
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
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
    let mut client = start(fixture()).await;
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
    assert_eq!(client.stdout(), [client.handshake().line.clone()]);
}

#[tokio::test]
async fn what_the_host_asks_for() {
    for versions in ["5,6", "6,5", "6", "5", "", "nonsense"] {
        let options = Options { protocols: versions.into(), ..Options::default() };
        let client = Client::start_with(fixture(), &options).await.unwrap();
        assert_eq!(client.handshake().protocol, 6, "{versions:?}");
    }
    let client = start(fixture_with("PLUGIN_MULTIPLEX_GRPC", "true")).await;
    assert_eq!(client.handshake().multiplex.as_deref(), Some("false"));
    let parent = tempfile::tempdir().unwrap();
    let client = start(fixture_with("PLUGIN_UNIX_SOCKET_DIR", parent.path().to_str().unwrap())).await;
    assert_eq!(directory(&client).parent(), Some(parent.path()));
    let deep = parent.path().join("d".repeat(100));
    std::fs::create_dir(&deep).unwrap();
    let client = start(fixture_with("TMPDIR", deep.to_str().unwrap())).await;
    assert_eq!(directory(&client).parent(), Some(Path::new("/tmp")), "a TMPDIR that is too deep");
}

#[tokio::test]
async fn only_the_host_is_served() {
    let client = start(fixture()).await;
    let stranger = Identity::new().unwrap();
    let thief = client.identity().unwrap().with_key_of(&stranger);
    for wrong in [
        Credentials::Nothing,
        Credentials::PlainText,
        Credentials::Other(&stranger),
        Credentials::Other(&thief),
    ] {
        // With TLS 1.3 the client is done before the server has refused it.
        if let Ok(channel) = client.connect(wrong).await {
            let refused = get_schema(channel).await.expect_err("served with wrong credentials");
            assert_ne!(refused.code(), tonic::Code::Unimplemented, "{wrong:?}: {refused}");
        }
    }
    let again = client.connect(Credentials::Own).await.unwrap();
    get_schema(again).await.unwrap();
    get_schema(client.channel()).await.unwrap();
}

#[tokio::test]
async fn plain_text_where_the_host_has_no_certificate() {
    let options = Options { mutual_tls: false, ..Options::default() };
    let mut client = Client::start_with(fixture(), &options).await.unwrap();
    assert!(client.handshake().line.ends_with("|grpc|"), "{}", client.handshake().line);
    get_schema(client.channel()).await.unwrap();
    assert!(client.shutdown().await.unwrap() < SHUTDOWN_LIMIT);
}

#[tokio::test]
async fn interrupts_are_the_hosts_business() {
    let mut client = start(fixture()).await;
    let directory = directory(&client);
    for ignored in [Signal::INT, Signal::INT, Signal::HUP] {
        signal(client.pid(), ignored);
        tokio::time::sleep(Duration::from_millis(50)).await;
        get_schema(client.channel()).await.unwrap();
    }
    signal(client.pid(), Signal::TERM);
    assert!(client.wait().await.unwrap().success());
    assert!(!directory.exists());
    assert_eq!(client.stdout(), [client.handshake().line.clone()]);
    assert_eq!(client.stderr(), Vec::<String>::new(), "no log was asked for");
}

/// A call that never ends by itself.
fn slow_call(channel: Channel) -> JoinHandle<Result<(), tonic::Status>> {
    tokio::spawn(async move {
        let request = read_resource::Request { type_name: "slow".into(), ..Default::default() };
        ProviderClient::new(channel).read_resource(request).await.map(drop)
    })
}

#[tokio::test]
async fn sigterm_ends_an_idle_plugin_at_once() {
    let mut client = start(fixture()).await;
    let _stdio = GrpcStdioClient::new(client.channel()).stream_stdio(()).await.unwrap();
    let directory = directory(&client);
    let started = Instant::now();
    signal(client.pid(), Signal::TERM);
    assert!(client.wait().await.unwrap().success());
    assert!(started.elapsed() < SHUTDOWN_LIMIT, "{:?}", started.elapsed());
    assert!(!directory.exists());
}

#[tokio::test]
async fn after_sigterm_it_serves_while_a_call_is_in_flight() {
    let mut client = start(fixture()).await;
    let slow = slow_call(client.channel());
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..3 {
        signal(client.pid(), Signal::TERM);
        tokio::time::sleep(Duration::from_millis(500)).await;
        get_schema(client.channel()).await.unwrap();
    }
    let another = client.connect(Credentials::Own).await.unwrap();
    get_schema(another).await.unwrap();
    assert!(!slow.is_finished());
    let took = client.shutdown().await.unwrap();
    assert!(took < SHUTDOWN_LIMIT, "{took:?}");
    slow.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn after_sigterm_it_does_not_wait_for_calls_of_a_host_that_has_gone() {
    use std::os::unix::process::CommandExt as _;
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" & wait"#, env!("CARGO_BIN_EXE_plugin-fixture")]).process_group(0);
    let mut client = start(shell).await;
    let directory = directory(&client);
    let slow = slow_call(client.channel());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let group = Pid::from_raw(client.pid().try_into().unwrap()).unwrap();
    // The shell ends of it at once.
    kill_process_group(group, Signal::TERM).unwrap();
    client.wait().await.unwrap();
    let started = Instant::now();
    eventually("the end of the plugin", || !directory.exists()).await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    slow.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn calls_and_streams_do_not_hold_up_the_end() {
    let mut client = start(fixture()).await;
    let slow = slow_call(client.channel());
    let mut stdio = GrpcStdioClient::new(client.channel()).stream_stdio(()).await.unwrap().into_inner();
    let silence = tokio::time::timeout(Duration::from_millis(50), stdio.message()).await;
    assert!(silence.is_err(), "{silence:?}");
    let broker = GrpcBrokerClient::new(client.channel()).start_stream(tokio_stream::pending()).await.unwrap();
    let directory = directory(&client);
    let took = client.shutdown().await.unwrap();
    assert!(took < SHUTDOWN_LIMIT, "{took:?}");
    assert!(!directory.exists());
    assert!(broker.into_inner().message().await.is_ok_and(|message| message.is_none()));
    assert!(stdio.message().await.is_ok_and(|message| message.is_none()), "the stream ends properly");
    slow.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn ends_when_its_host_has_gone() {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#""$0" & wait"#, env!("CARGO_BIN_EXE_plugin-fixture")]);
    let mut client = start(shell).await;
    let directory = directory(&client);
    // Longer than it takes to look for the host once: a host that is there is not missed.
    tokio::time::sleep(Duration::from_millis(600)).await;
    get_schema(client.channel()).await.unwrap();
    // Not even a call that does not end holds it.
    let slow = slow_call(client.channel());
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.kill().await.unwrap();
    eventually("the end of the plugin", || !directory.exists()).await;
    slow.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn reattach() {
    use tokio::io::AsyncBufReadExt as _;
    let mut command = tokio::process::Command::from(fixture());
    let mut child =
        command.arg("--debug").stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let value = loop {
        let line = lines.next_line().await.unwrap().expect("TF_REATTACH_PROVIDERS");
        if let Some(value) = line.trim().strip_prefix("TF_REATTACH_PROVIDERS='") {
            break serde_json::from_str::<serde_json::Value>(value.strip_suffix('\'').unwrap()).unwrap();
        }
    };
    let told = &value["registry.terraform.io/tests/plugin-fixture"];
    let socket = told["Addr"]["String"].as_str().unwrap().to_owned();
    assert_eq!(
        *told,
        serde_json::json!({
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": child.id(), "Test": true,
            "Addr": { "Network": "unix", "String": socket },
        })
    );
    let handshake: Handshake = format!("1|6|unix|{socket}|grpc|").parse().unwrap();
    let channel = handshake.connect(None).await.unwrap();
    // Of several hosts that use it, none may end it.
    GrpcControllerClient::new(channel.clone()).shutdown(plugin_client::plugin::Empty {}).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    // The first Ctrl-C lets a call go on, the second one ends it.
    let slow = slow_call(channel.clone());
    tokio::time::sleep(Duration::from_millis(50)).await;
    signal(child.id().unwrap(), Signal::INT);
    tokio::time::sleep(Duration::from_millis(200)).await;
    get_schema(channel).await.unwrap();
    let started = Instant::now();
    signal(child.id().unwrap(), Signal::INT);
    assert!(child.wait().await.unwrap().success());
    assert!(started.elapsed() < SHUTDOWN_LIMIT, "{:?}", started.elapsed());
    slow.await.unwrap().unwrap_err();
    assert!(!Path::new(&socket).exists());
}

/// Opens connections that never get further: every other one says the first bytes of TLS.
fn half_open(client: &Client, count: usize) -> Vec<UnixStream> {
    let open = |n: usize| {
        let mut stream = UnixStream::connect(&client.handshake().address).unwrap();
        if n.is_multiple_of(2) {
            // Refused when the plugin has closed it already, which is as good.
            let _ = stream.write_all(&[0x16, 3, 1, 2, 0]);
        }
        stream
    };
    (0..count).map(open).collect()
}

async fn check_crowd(command: Command, options: &Options) {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    // The other tests open files in this process too.
    let count = limit.maximum.map_or(10_000, |files| usize::try_from(files / 2).unwrap().clamp(300, 10_000));
    let client = Arc::new(Client::start_with(command, options).await.unwrap());
    let crowd = tokio::task::spawn_blocking({
        let client = Arc::clone(&client);
        move || half_open(&client, count)
    });
    let crowd = crowd.await.unwrap();
    if cfg!(target_os = "linux") {
        let open = std::fs::read_dir(format!("/proc/{}/fd", client.pid())).unwrap().count();
        assert!(open < 400, "{open} open files");
    }
    let started = Instant::now();
    // While the crowd still fills the socket's queue, a connect that does not wait is told to come again.
    let another = loop {
        match client.connect(Credentials::Own).await {
            Ok(another) => break another,
            Err(error) => assert!(started.elapsed() < Duration::from_secs(30), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    get_schema(another).await.unwrap();
    get_schema(client.channel()).await.unwrap();
    Arc::into_inner(client).unwrap().shutdown().await.unwrap();
    drop(crowd);
}

#[tokio::test]
async fn half_open_connections() {
    check_crowd(fixture(), &Options::default()).await;
}

#[tokio::test]
async fn half_open_connections_and_few_open_files() {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -n 100; exec "$0""#, env!("CARGO_BIN_EXE_plugin-fixture")]);
    check_crowd(shell, &Options::default()).await;
}

#[tokio::test]
async fn log_lines() {
    let mut client = start(fixture_with("TF_LOG", "TRACE")).await;
    let mut provider = client.provider();
    for type_name in ["panic", "the-secret"] {
        let request = read_resource::Request { type_name: type_name.into(), ..Default::default() };
        provider.read_resource(request).await.unwrap_err();
    }
    let again = client.connect(Credentials::Own).await.unwrap();
    get_schema(again).await.unwrap();
    signal(client.pid(), Signal::TERM);
    assert!(client.wait().await.unwrap().success());

    let lines = client.stderr();
    for line in &lines {
        let json: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        for name in ["@level", "@message", "@module", "@timestamp"] {
            assert!(json[name].is_string(), "{name} in {line}");
        }
        assert!(!line.contains("the-secret"), "{line}");
    }
    assert!(lines.last().is_some_and(|line| line.contains(r#""why":"SIGTERM""#)), "{lines:#?}");
    let logged = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(logged(r#""@level":"error","@message":"this text stands in the source""#), "{lines:#?}");
    assert!(
        logged(r#""@message":"a panic, whose text is left out because it may hold secrets""#),
        "{lines:#?}"
    );
    assert!(logged("tests/plugin/fixture.rs:"), "{lines:#?}");
}
