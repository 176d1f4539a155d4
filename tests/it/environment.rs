//! What the environment and the shared files say, over the real gRPC surface: what is wrong there is named by its place,
//! nothing there makes the provider panic, and no secret of it is told. And what comes from the network in AWS's place.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::support::{Core, simulator};

/// Nothing answers there, so that no test asks AWS.
const NOWHERE: &str = "http://127.0.0.1:9";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.TOPSECRET";
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

/// What the provider says of its configuration in that environment. It never tells a secret.
async fn told(env: &[(&str, &str)], config: &Json) -> String {
    match Core::try_start(env, config).await {
        Ok(_) => "configured".to_owned(),
        Err(report) => {
            let told = report.stable();
            assert!(!told.contains("TOPSECRET"), "{told}");
            assert!(!told.contains("panicked"), "{told}");
            told
        }
    }
}

/// A block that says nothing of credentials and endpoints. One attempt tells enough.
fn silent() -> Json {
    json!({"region": "us-east-1", "max_retries": 0, "https_proxy": NOWHERE})
}

fn file(folder: &Path, name: &str, content: &str) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_web_identity_token_is_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let token = file(folder.path(), "token", TOKEN);
    let role = "arn:aws:iam::111122223333:role/wi";
    let of_env = [("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()), ("AWS_ROLE_ARN", role)];
    let profile = format!("[default]\nrole_arn = {role}\nweb_identity_token_file = {token}\n");
    let config = file(folder.path(), "config", &profile);
    let of_profile = [("AWS_CONFIG_FILE", config.as_str())];
    let checked = [("AWS_ENDPOINT_URL_STS", "foo")];
    // The SDK itself meets the endpoint: its client for credentials does not heed the second variable.
    let unchecked = [checked[0], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    let mut all = Vec::new();
    for source in [&of_env[..], &of_profile[..]] {
        for endpoint in [&checked[..], &unchecked[..]] {
            all.push(told(&[source, endpoint].concat(), &silent()).await);
        }
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    error: Failed to configure provider aurorakerberos — Invalid endpoint. AWS_ENDPOINT_URL_STS in the environment: "foo" is not a URL of an endpoint: it begins with neither https:// nor http://. Write it like https://service.eu-central-1.amazonaws.com, or take it away: AWS's own endpoint is then used.
    error: Failed to configure provider aurorakerberos — No credentials. The credentials could not be had: an error occurred while loading credentials: dispatch failure: other: failed to apply endpoint `foo` to request (left out): endpoint must contain scheme. With SSO, `aws sso login` renews them.
    error: Failed to configure provider aurorakerberos — Invalid endpoint. AWS_ENDPOINT_URL_STS in the environment: "foo" is not a URL of an endpoint: it begins with neither https:// nor http://. Write it like https://service.eu-central-1.amazonaws.com, or take it away: AWS's own endpoint is then used.
    error: Failed to configure provider aurorakerberos — No credentials. The credentials could not be had: an error occurred while loading credentials: dispatch failure: other: failed to apply endpoint `foo` to request (left out): endpoint must contain scheme. With SSO, `aws sso login` renews them.
    "#);
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_is_named_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        "config",
        "[default]\nservices = here\n[services here]\nrds =\n  endpoint_url = rds.example.com\n",
    );
    let env = |more: (&'static str, &'static str)| [KEYS[0], KEYS[1], more];
    let password = ("AWS_ENDPOINT_URL", "http://user:TOPSECRET@127.0.0.1:9/a b");
    insta::assert_snapshot!(told(&env(password), &silent()).await, @r#"error: Failed to configure provider aurorakerberos — Invalid endpoint. AWS_ENDPOINT_URL in the environment: "http://(secret)@127.0.0.1:9/a b" is not a URL of an endpoint: it contains a space. Write it like https://service.eu-central-1.amazonaws.com, or take it away: AWS's own endpoint is then used."#);
    insta::assert_snapshot!(told(&[KEYS[0], KEYS[1], ("AWS_CONFIG_FILE", &config)], &silent()).await, @r#"error: Failed to configure provider aurorakerberos — Invalid endpoint. endpoint_url of rds in the section [services here] of the shared files: "rds.example.com" is not a URL of an endpoint: it begins with neither https:// nor http://. Write it like https://service.eu-central-1.amazonaws.com, or take it away: AWS's own endpoint is then used."#);
}

#[tokio::test]
async fn an_empty_endpoint_is_none() {
    let simulator = simulator::start().await;
    let url = simulator.url();
    let all = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", url.as_str()), ("AWS_ENDPOINT_URL_STS", "")];
    assert_eq!(told(&all, &json!({"region": "us-east-1"})).await, "configured");
    let block = simulator::provider_config(&simulator);
    assert_eq!(told(&[("AWS_ENDPOINT_URL", "")], &block).await, "configured");
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        let told = told(&[KEYS[0], KEYS[1], (variable, "")], &silent()).await;
        assert!(told.contains("AWS not reachable"), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_empty_variable_is_none() {
    let simulator = simulator::start().await;
    let mut block = simulator::provider_config(&simulator);
    block.as_object_mut().unwrap().remove("region");
    let region = ("AWS_DEFAULT_REGION", "us-east-1");
    let empty = [
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_RETRY_MODE",
        "AWS_MAX_ATTEMPTS",
        "AWS_CA_BUNDLE",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    let all: Vec<_> = empty.map(|variable| (variable, "")).into_iter().chain([region]).collect();
    assert_eq!(told(&all, &block).await, "configured");
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    file(
        home.path(),
        ".aws/config",
        "[default]\nregion = us-east-1\naws_access_key_id = test\naws_secret_access_key = test\n",
    );
    block.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_key"));
    let home = ("HOME", home.path().to_str().unwrap());
    let all = [home, ("AWS_CONFIG_FILE", ""), ("AWS_PROFILE", ""), ("AWS_ACCESS_KEY_ID", "")];
    assert_eq!(told(&all, &block).await, "configured");
}

#[tokio::test]
async fn wrong_settings_are_named_and_not_passed_over() {
    let simulator = simulator::start().await;
    let block = simulator::provider_config(&simulator);
    let folder = tempfile::tempdir().unwrap();
    let marked = file(folder.path(), "marked", "\u{feff}[default]\nregion = us-east-1\n");
    let role = "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = nosuch\n";
    let no_source = file(folder.path(), "no_source", role);
    let mut all = Vec::new();
    for (variable, value) in [
        ("AURORAKERBEROS_POLL_INTERVAL", "abc"),
        ("AURORAKERBEROS_READ_TIMEOUT", "5"),
        ("AURORAKERBEROS_RETRY_PAUSE", "often"),
        ("AWS_RETRY_MODE", "patient"),
        ("AWS_USE_FIPS_ENDPOINT", "maybe"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "1"),
        ("AWS_CONFIG_FILE", &marked),
    ] {
        all.push(told(&[(variable, value)], &block).await);
    }
    all.push(told(&[("AWS_CONFIG_FILE", no_source.as_str())], &silent()).await);
    let all = all.join("\n").replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(all, @r#"
    error: Failed to configure provider aurorakerberos — AURORAKERBEROS_POLL_INTERVAL in the environment is "abc", which is no duration such as "200ms" or "1m".
    error: Failed to configure provider aurorakerberos — AURORAKERBEROS_READ_TIMEOUT in the environment is "5", which is no duration such as "200ms" or "1m".
    error: Failed to configure provider aurorakerberos — AURORAKERBEROS_RETRY_PAUSE in the environment is "often", which is no duration such as "200ms" or "1m".
    error at retry_mode: Failed to configure provider aurorakerberos — Invalid retry mode. The retry mode (retry_mode, AWS_RETRY_MODE or retry_mode of the profile) is "patient"; it can be standard or adaptive.
    error: Failed to configure provider aurorakerberos — Invalid setting. AWS_USE_FIPS_ENDPOINT in the environment is "maybe"; it can be true or false.
    error: Failed to configure provider aurorakerberos — Invalid setting. AWS_USE_DUALSTACK_ENDPOINT in the environment is "1"; it can be true or false.
    error at shared_config_files: Failed to configure provider aurorakerberos — Unreadable shared files. FOLDER/marked begins with a byte order mark, which some editors write and AWS's tools do not read. Save the file as UTF-8 without it.
    error: Failed to configure provider aurorakerberos — Unknown profile. The profile "default" takes its credentials from source_profile = nosuch, and the shared files have no profile of this name. They have: default.
    "#);
    assert_eq!(told(&[("AWS_RETRY_MODE", "legacy")], &block).await, "configured");
}

#[tokio::test]
async fn keys_that_no_request_can_hold_are_refused() {
    let simulator = simulator::start().await;
    let mut block = simulator::provider_config(&simulator);
    for key in ["test\r", "test\n", "te\u{1}st"] {
        block["access_key"] = key.into();
        let told = told(&[], &block).await;
        assert!(told.contains("at access_key") && told.contains("access_key in the provider"), "{told}");
    }
    block.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_key"));
    insta::assert_snapshot!(told(&[("AWS_ACCESS_KEY_ID", "test\r"), KEYS[1]], &block).await, @"error: Failed to configure provider aurorakerberos — Unusable credentials. AWS_ACCESS_KEY_ID in the environment ends with a line end, which no key has (did it come from a file with the line ends of Windows?). Set it again without such characters.");
    insta::assert_snapshot!(told(&[KEYS[0], ("AWS_SECRET_ACCESS_KEY", "TOPSECRET\n")], &block).await, @"error: Failed to configure provider aurorakerberos — Unusable credentials. AWS_SECRET_ACCESS_KEY in the environment ends with a line end, which no key has (did it come from a file with the line ends of Windows?). Set it again without such characters.");
    insta::assert_snapshot!(told(&[KEYS[0], KEYS[1], ("AWS_SESSION_TOKEN", "TOP\nSECRET")], &block).await, @"error: Failed to configure provider aurorakerberos — Unusable credentials. AWS_SESSION_TOKEN in the environment holds a control character, such as a line end or a tab, which no key has. Set it again without such characters.");
}

#[cfg(unix)]
#[tokio::test]
async fn keys_that_a_process_gives_are_refused_too() {
    let simulator = simulator::start().await;
    let mut block = simulator::provider_config(&simulator);
    block.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_key"));
    let folder = tempfile::tempdir().unwrap();
    let keys = r#"{"Version": 1, "AccessKeyId": "te\u0001st", "SecretAccessKey": "TOPSECRET"}"#;
    let keys = file(folder.path(), "keys", keys);
    let process = format!("credential_process = cat {keys}\n");
    let direct = file(folder.path(), "direct", &format!("[default]\n{process}"));
    insta::assert_snapshot!(told(&[("AWS_CONFIG_FILE", &direct)], &block).await, @"error: Failed to configure provider aurorakerberos — Unusable credentials. The access key id from the credential_process of the profile holds a control character, such as a line end or a tab, which no key has. Set it again without such characters.");
    // The SDK signs with them before they are seen here: its panic is an error.
    let role =
        "[default]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\n[profile base]\n";
    let through = file(folder.path(), "through", &format!("{role}{process}"));
    let env = [("AWS_CONFIG_FILE", through.as_str()), ("AWS_ENDPOINT_URL_STS", NOWHERE)];
    insta::assert_snapshot!(told(&env, &block).await, @"error: Failed to configure provider aurorakerberos — Unusable credentials. The AWS SDK broke off while it got the credentials; a key with a control character, such as a line end, makes it do so, whether a credential_process, a container or an instance gives it. Set it again without such characters.");
}

/// The largest resident memory of a process so far, in MiB.
#[cfg(target_os = "linux")]
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_endless_answer_fills_no_memory() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let endless = tokio::spawn(async move {
        let piece = vec![b' '; 64 << 10];
        while let Ok((mut stream, _)) = listener.accept().await {
            // The whole request: an answer that comes before it is another fault.
            let mut request = Vec::new();
            while !request.ends_with(b"Version=2011-06-15") {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "half a request");
            }
            let mut next: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            while stream.write_all(next).await.is_ok() {
                next = &piece;
            }
        }
    });
    let mut block = silent();
    block["endpoints"] = json!([{"sts": url}]);
    let core = Core::unconfigured(&KEYS, &block).await;
    let before = peak(core.pid().await);
    let told = core.configure().await.unwrap_err().stable();
    let grown = peak(core.pid().await) - before;
    endless.abort();
    assert!(told.contains("the answer is longer than 64 MiB, which no answer of AWS is"), "{told}");
    assert!(grown < 256, "{grown} MiB");
}
