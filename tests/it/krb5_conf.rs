//! The data source `aurorakerberos_krb5_conf` and the functions, over the real gRPC surface.

use std::process::Command;

use aurorakerberos::aws::{self, CreateDirectory, CreateTrust, Edition, Endpoints, Secret, Settings};
use aws_simulator::{Account, Fault, FaultKind, Service, Share, Simulator, Timeline};
use serde_json::{Value as Json, json};

use crate::support::terraform::{Install, Program, Workspace};
use crate::support::{Core, simulator, unknown, witness};

const TYPE: &str = "aurorakerberos_krb5_conf";

/// AWS's sample for AWS Managed Microsoft AD.
const SAMPLE: &str = "[libdefaults]
 default_realm = EXAMPLE.COM
[realms]
 EXAMPLE.COM = {
  kdc = example.com
  admin_server = example.com
 }
[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM
";

/// AWS's sample for an on-premises Active Directory, without the blanks that its page has at the end of a line.
const ON_PREMISES_SAMPLE: &str = "[libdefaults]
 default_realm = EXAMPLE.COM
[realms]
 EXAMPLE.COM = {
  kdc = example.com
  admin_server = example.com
 }
 ONPREM.COM = {
  kdc = onprem.com
  admin_server = onprem.com
 }
[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM
 .onprem.com = ONPREM.COM
 onprem.com = ONPREM.COM
 .rds.amazonaws.com = EXAMPLE.COM
 .amazonaws.com.cn = EXAMPLE.COM
 .amazon.com = EXAMPLE.COM
";

fn realm(name: &str) -> Json {
    let domain = name.to_lowercase();
    json!({"name": name, "kdc": [domain], "admin_server": domain})
}

/// A provider that was never configured: it could not reach AWS if it wanted to.
async fn offline() -> Core {
    Core::unconfigured(&[], &json!({})).await
}

#[tokio::test]
async fn the_guides_samples_byte_for_byte() {
    let core = offline().await;
    let state = core.data(TYPE, &json!({"realm": [realm("EXAMPLE.COM")]})).await.unwrap();
    assert_eq!(state["content"], SAMPLE);
    let both = json!({"realm": [realm("EXAMPLE.COM"), realm("ONPREM.COM")], "rds_realm": "EXAMPLE.COM"});
    let state = core.data(TYPE, &both).await.unwrap();
    assert_eq!(state["content"], ON_PREMISES_SAMPLE);
    assert_eq!(core.call("krb5_conf", &[both]).await.unwrap(), ON_PREMISES_SAMPLE);
}

#[tokio::test]
async fn what_is_computed() {
    let core = offline().await;
    let config = json!({"realm": [realm("EXAMPLE.COM"), realm("ONPREM.COM")]});
    let state = core.data(TYPE, &config).await.unwrap();
    assert_eq!(state["default_realm"], "EXAMPLE.COM");
    assert_eq!(state["realms"], json!(["EXAMPLE.COM", "ONPREM.COM"]));
    assert_eq!(state["id"], state["content_sha256"]);
    let state = core.data(TYPE, &json!({"realm": [realm("EXAMPLE.COM")]})).await.unwrap();
    // sha256sum of the sample.
    assert_eq!(state["content_sha256"], "2e395e745a40397df2d92134b4ca832b09d982e14c6926a810bd1de61d5b9816");
}

/// Reads, and shows the file and the warnings.
async fn rendered(core: &Core, config: &Json) -> String {
    match core.data_with_warnings(TYPE, config).await {
        Ok((state, told)) => format!("{}{told}", state["content"].as_str().unwrap()),
        Err(told) => told.stable(),
    }
}

/// What validation says, and nothing more: an unknown value keeps the read away.
async fn validated(config: &Json) -> String {
    offline().await.validate_data(TYPE, config).await.to_string()
}

#[tokio::test]
async fn every_value_is_checked_at_validation() {
    insta::assert_snapshot!(validated(&json!({
        "directory_id": unknown(),
        "default_realm": "corp.example.com",
        "style": "strict",
        "ticket_lifetime": "1w",
        "udp_preference_limit": 1.5,
        "domain_realm": {"*.example.com": "A.B", "db.example.com": unknown()},
        "permitted_enctypes": [unknown(), "aes"],
        "realm": [
            {"name": unknown(), "kdc": ["a", unknown(), "b:0"]},
            {"name": "A\nB", "kdc": ["DC1.example.com", null], "domains": ["10.0.0.1"]},
        ],
    })).await, @r#"
    error at realm[1].kdc[1]: Invalid value for realm[1].kdc[1] — It is null; a value must be there.
    error at udp_preference_limit: Invalid value for udp_preference_limit — 1.5 is not a whole number from 0 to 32700.
    error at style: Invalid value for style — "strict" is not one of: minimal, hardened.
    error at realm[0].kdc[2]: Invalid value for realm[0].kdc[2] — "b:0": the port "0" is not a number from 1 to 65535.
    error at realm[1].name: Invalid value for realm[1].name — "A\nB": it contains '\n'; allowed are ASCII letters, digits, "." and "-".
    error at realm[1].domains[0]: Invalid value for realm[1].domains[0] — "10.0.0.1": it is an IP address; only host and domain names have a realm.
    error at domain_realm["*.example.com"]: Invalid value for domain_realm["*.example.com"] — "*.example.com": it contains "*", which no client expands; a leading dot, as in ".example.com", stands for every host below a domain.
    error at ticket_lifetime: Invalid value for ticket_lifetime — "1w" is not a duration; write numbers with the units d, h, m and s in this order, such as "10h" or "1d12h", or a number of seconds.
    error at permitted_enctypes[1]: Invalid value for permitted_enctypes[1] — "aes" is not one of: aes256-cts-hmac-sha384-192, aes128-cts-hmac-sha256-128, aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96, des3-cbc-sha1, arcfour-hmac-md5.
    "#);
}

#[tokio::test]
async fn unknown_values_are_no_error() {
    let nothing = "";
    assert_eq!(validated(&json!({"directory_id": unknown()})).await, nothing);
    let realm = json!({"name": unknown(), "kdc": unknown(), "domains": unknown()});
    let config = json!({"realm": [realm, realm], "rds_realm": unknown(), "dns_lookup_kdc": false});
    assert_eq!(validated(&config).await, nothing);
    assert_eq!(validated(&json!({"directory_id": "d-0123456789", "dns_lookup_kdc": false})).await, nothing);
}

#[tokio::test]
async fn a_folded_case_is_said() {
    let core = offline().await;
    let config = json!({"realm": [{"name": "example.com", "kdc": ["DC1.example.com"]}]});
    insta::assert_snapshot!(rendered(&core, &config).await, @r#"
    [libdefaults]
     default_realm = EXAMPLE.COM
    [realms]
     EXAMPLE.COM = {
      kdc = dc1.example.com
     }
    [domain_realm]
     .example.com = EXAMPLE.COM
     example.com = EXAMPLE.COM
    warning at realm[0].name: About realm[0].name in krb5.conf — "example.com" is written to the file as EXAMPLE.COM.
    warning at realm[0].kdc[0]: About realm[0].kdc[0] in krb5.conf — "DC1.example.com" is written to the file as dc1.example.com.
    "#);
    insta::assert_snapshot!(rendered(&core, &json!({})).await, @"error at realm: Invalid value for realm — There is no realm to write: give a directory, at least one realm, or a default_realm.");
}

#[tokio::test]
async fn the_directory_needs_a_provider() {
    let told = offline().await.data(TYPE, &json!({"directory_id": "d-0123456789"})).await.unwrap_err();
    assert!(told.to_string().contains("has not configured the provider"), "{told}");
}

#[tokio::test]
async fn without_a_directory_nothing_is_asked_of_aws() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    simulator.clear_journal();
    core.data(TYPE, &json!({"realm": [realm("EXAMPLE.COM")]})).await.unwrap();
    assert_eq!(simulator.journal(), []);
}

/// A directory in the simulator, with a trust for each domain, made by the provider's own client.
async fn directory(simulator: &Simulator, name: &str, trusted: &[&str]) -> String {
    let url = Some(simulator.url());
    let settings = Settings {
        region: Some("us-east-1".to_owned()),
        access_key: Some(Secret::new("test")),
        secret_key: Some(Secret::new("test")),
        endpoints: Endpoints { ds: url.clone(), sts: url, ..Endpoints::default() },
        ..Settings::default()
    };
    let aws = aws::configure(&settings).await.unwrap();
    let input = CreateDirectory {
        name: name.to_owned(),
        short_name: None,
        description: None,
        edition: Edition::Standard,
        password: Secret::new("Password-1-only"),
        vpc_id: aws_simulator::VPC.to_owned(),
        subnet_ids: vec!["subnet-0a1b2c3d4e5f60001".to_owned(), "subnet-0a1b2c3d4e5f60002".to_owned()],
        tags: aws::Tags::new(),
    };
    let id = aws.ds().create_directory(&input).await.unwrap();
    for domain in trusted {
        let input = CreateTrust {
            directory_id: id.clone(),
            remote_domain_name: (*domain).to_owned(),
            password: Secret::new("shared"),
            direction: "Two-Way".to_owned(),
            trust_type: "Forest".to_owned(),
            selective_auth: false,
            conditional_forwarder_ip_addrs: vec!["192.0.2.1".to_owned()],
        };
        aws.ds().create_trust(&input).await.unwrap();
    }
    id
}

#[tokio::test]
async fn a_directory_gives_its_realm_and_those_of_its_trusts() {
    let simulator = simulator::start().await;
    let id = directory(&simulator, "example.com", &["onprem.com", "Asia.example"]).await;
    let core = Core::on(&simulator).await;
    let state = core.data(TYPE, &json!({"directory_id": id})).await.unwrap();
    assert_eq!(state["default_realm"], "EXAMPLE.COM");
    assert_eq!(state["realms"], json!(["EXAMPLE.COM", "ASIA.EXAMPLE", "ONPREM.COM"]));
    assert_eq!(state["rds_realm"], Json::Null);
    insta::assert_snapshot!(state["content"].as_str().unwrap(), @r"
    [libdefaults]
     default_realm = EXAMPLE.COM
    [realms]
     EXAMPLE.COM = {
      kdc = example.com
      admin_server = example.com
     }
     ASIA.EXAMPLE = {
      kdc = asia.example
      admin_server = asia.example
     }
     ONPREM.COM = {
      kdc = onprem.com
      admin_server = onprem.com
     }
    [domain_realm]
     .example.com = EXAMPLE.COM
     example.com = EXAMPLE.COM
     .asia.example = ASIA.EXAMPLE
     asia.example = ASIA.EXAMPLE
     .onprem.com = ONPREM.COM
     onprem.com = ONPREM.COM
     .rds.amazonaws.com = EXAMPLE.COM
     .amazonaws.com.cn = EXAMPLE.COM
     .amazon.com = EXAMPLE.COM
    ");

    // Without its trusts and without Aurora's suffixes the file is the first sample; with a trust to onprem.com alone,
    // the second.
    let config = json!({"directory_id": id, "include_trusts": false, "rds_realm": ""});
    simulator.clear_journal();
    assert_eq!(rendered(&core, &config).await, SAMPLE);
    assert_eq!(simulator.count("DescribeTrusts"), 0);
    let id = directory(&simulator, "example.com", &["onprem.com"]).await;
    assert_eq!(rendered(&core, &json!({"directory_id": id})).await, ON_PREMISES_SAMPLE);
}

#[tokio::test]
async fn addresses_instead_of_the_name_and_blocks_instead_of_realms() {
    let simulator = simulator::start().await;
    let id = directory(&simulator, "example.com", &["onprem.com"]).await;
    let core = Core::on(&simulator).await;
    let config = json!({
        "directory_id": id,
        "use_dns_ips_as_kdc": true,
        "default_realm": "ONPREM.COM",
        "realm": [{"name": "ONPREM.COM", "kdc": ["dc1.onprem.com:1088"]}],
    });
    insta::assert_snapshot!(rendered(&core, &config).await, @r"
    [libdefaults]
     default_realm = ONPREM.COM
    [realms]
     EXAMPLE.COM = {
      kdc = 10.0.0.10
      kdc = 10.0.1.10
      admin_server = 10.0.0.10
     }
     ONPREM.COM = {
      kdc = dc1.onprem.com:1088
     }
    [domain_realm]
     .example.com = EXAMPLE.COM
     example.com = EXAMPLE.COM
     .onprem.com = ONPREM.COM
     onprem.com = ONPREM.COM
     .rds.amazonaws.com = EXAMPLE.COM
     .amazonaws.com.cn = EXAMPLE.COM
     .amazon.com = EXAMPLE.COM
    ");
}

#[tokio::test]
async fn a_conflict_with_what_the_directory_gave() {
    let simulator = simulator::start().await;
    let id = directory(&simulator, "example.com", &[]).await;
    let core = Core::on(&simulator).await;
    let config = json!({"directory_id": id, "domain_realm": {".amazon.com": "B.C"}, "dns_lookup_kdc": false});
    insta::assert_snapshot!(rendered(&core, &config).await, @r#"
    error at domain_realm[".amazon.com"]: Failed to read data.aurorakerberos_krb5_conf — domain_realm[".amazon.com"]: .amazon.com belongs to EXAMPLE.COM already, by rds_realm; it cannot belong to B.C too.
    domain_realm[".amazon.com"]: The realm B.C has no block, and dns_lookup_kdc is false: no KDC would be found.
    "#);
    let config =
        json!({"directory_id": id, "include_trusts": false, "domain_realm": {"db.example.net": "B.C"}});
    let told = rendered(&core, &config).await;
    insta::assert_snapshot!(told.split_once("warning").unwrap().1, @r#" at domain_realm["db.example.net"]: About domain_realm["db.example.net"] in krb5.conf — The realm B.C has no block in the file: clients will look for its KDCs in DNS."#);
}

#[tokio::test]
async fn directories_that_cannot_serve_yet() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    insta::assert_snapshot!(rendered(&core, &json!({"directory_id": "d-0123456789"})).await, @r"
    error at directory_id: Failed to read data.aurorakerberos_krb5_conf — There is no directory d-0123456789 in the Region us-east-1.

    Check the id, and the Region and the account of the provider.
    ");
    insta::assert_snapshot!(rendered(&core, &json!({"directory_id": "corp"})).await, @r#"error at directory_id: Invalid value for directory_id — A directory id has the form d-1234567890: "d-" and ten of the digits 0-9 and a-f."#);

    let id = directory(&simulator, "example.com", &[]).await;
    simulator.here(|region| {
        region.directories.get_mut(&id).unwrap().set_stage("Impaired", Some("A controller is down."), 0);
    });
    let told = rendered(&core, &json!({"directory_id": id, "rds_realm": ""})).await;
    insta::assert_snapshot!(told.replace(&id, "d-…").strip_prefix(SAMPLE).unwrap(), @"warning at directory_id: Directory is not active — The directory d-… is in the stage Impaired (A controller is down.). The file is rendered from what AWS says of it now; logins may fail until it is Active.");
    let denied = Fault::new(Service::Ds, "DescribeTrusts", FaultKind::AccessDenied);
    simulator.fault(denied);
    let told = rendered(&core, &json!({"directory_id": id})).await;
    insta::assert_snapshot!(told.replace(&id, "d-…").lines().last().unwrap(), @"Allow the action ds:DescribeTrusts in a policy of the caller, and see that no service control policy, permissions boundary or session policy denies it.");
}

/// In the account that it is shared with, a directory does not show its trusts.
#[tokio::test]
async fn a_shared_directory() {
    let simulator = simulator::start().await;
    let owned = directory(&simulator, "example.com", &["onprem.com"]).await;
    simulator.add_account(&Account::new("other", "other", "444455556666"));
    let id = "d-0123456789".to_owned();
    let share = Share {
        id: id.clone(),
        owner_account: aws_simulator::DEFAULT_ACCOUNT.to_owned(),
        owner_directory: owned,
        region: "us-east-1".to_owned(),
        target_account: "444455556666".to_owned(),
        method: "ORGANIZATIONS".to_owned(),
        notes: None,
        status: Timeline::new("Shared", 0),
        created: 0,
        gone_at: None,
    };
    simulator.with(|state| drop(state.shares.insert(id.clone(), share)));
    let core = Core::on_with(&simulator, &json!({"access_key": "other", "secret_key": "other"})).await;
    let told = rendered(&core, &json!({"directory_id": id, "rds_realm": ""})).await;
    insta::assert_snapshot!(told.strip_prefix(SAMPLE).unwrap(), @"warning at include_trusts: No trusts of a shared directory — The directory d-0123456789 belongs to another account, and AWS shows none of its trusts here. Where it has any, write a realm block for each domain whose users are to log in. Set include_trusts to false once you have.");
    let config = json!({"directory_id": id, "include_trusts": false, "use_dns_ips_as_kdc": true});
    insta::assert_snapshot!(rendered(&core, &config).await, @r"
    [libdefaults]
     default_realm = EXAMPLE.COM
    [realms]
     EXAMPLE.COM = {
      kdc = 10.0.0.10
      kdc = 10.0.1.10
      admin_server = 10.0.0.10
     }
    [domain_realm]
     .example.com = EXAMPLE.COM
     example.com = EXAMPLE.COM
     .rds.amazonaws.com = EXAMPLE.COM
     .amazonaws.com.cn = EXAMPLE.COM
     .amazon.com = EXAMPLE.COM
    ");
}

/// What a call gives, or its error.
async fn called(name: &str, arguments: &[Json]) -> String {
    match offline().await.call(name, arguments).await {
        Ok(value) => value.as_str().unwrap().to_owned(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn functions() {
    let strings = |user: &str, domain: &str| [Json::from(user), Json::from(domain)];
    assert_eq!(called("principal", &strings("Alice", "corp.example.com")).await, "alice@CORP.EXAMPLE.COM");
    insta::assert_snapshot!(called("principal", &strings("CORP\\alice", "corp.example.com")).await, @"argument 0: the user name contains a domain; give the name alone and the domain beside it");
    insta::assert_snapshot!(called("principal", &strings("alice", "corp_example")).await, @r#"argument 1: the domain is not a domain's name: it contains '_'; allowed are ASCII letters, digits, "." and "-""#);
    let endpoint = "demo.cluster-abc.us-east-1.rds.amazonaws.com";
    assert_eq!(
        called("windows_endpoint", &strings(endpoint, "corp.example.com")).await,
        "demo.cluster-abc.us-east-1.corp.example.com"
    );
    insta::assert_snapshot!(called("windows_endpoint", &strings("db.example.com", "corp.example.com")).await, @r#"argument 0: "db.example.com" does not end in .rds.amazonaws.com or .rds.amazonaws.com.cn; AWS documents the form for Windows clients for these alone"#);
    insta::assert_snapshot!(
        called("krb5_conf", &[json!({"realm": [{"name": "A.B", "kdc": ["a", "b c"]}], "rdns": "maybe"})]).await,
        @"argument 0: rdns: expected true or false, found a string"
    );
    insta::assert_snapshot!(
        called("krb5_conf", &[json!({"realm": [{"name": "A.B", "kdc": ["a", "b c"]}], "style": "x"})]).await,
        @r#"
        argument 0: style: "x" is not one of: minimal, hardened.
        realm[0].kdc[1]: "b c": it contains a blank or a comma; write one host an element
        "#
    );
}

/// A provider that asks nothing of AWS.
const OFFLINE: &str = "provider \"aurorakerberos\" {
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}
";

/// Real Terraform with a provider that would find nobody if it asked AWS.
pub(crate) fn offline_workspace(program: &Program, files: &[(&str, &str)]) -> Workspace {
    let files: Vec<(&str, &str)> = [("provider.tf", OFFLINE)].iter().chain(files).copied().collect();
    // The port of the discard service, which is not in use.
    Workspace::new(program, Install::Overrides, "http://127.0.0.1:9", &files)
}

/// An example applied by real Terraform: what its outputs are, and the content that its data source has.
fn applied(program: &Program, example: &str) -> (Json, String) {
    let path = format!("examples/{example}.tf");
    let text = std::fs::read_to_string(witness::root().join(&path)).unwrap();
    let requirements = "terraform {\n  required_providers {\n    aurorakerberos = {\n      source = \
                        \"aurorakerberos/aurorakerberos\"\n    }\n  }\n}\n";
    let workspace = offline_workspace(program, &[("example.tf", &text), ("requirements.tf", requirements)]);
    workspace.apply();
    let state = workspace.show()["values"].clone();
    let content = state["root_module"]["resources"][0]["values"]["content"].as_str().unwrap_or_default();
    (state["outputs"].clone(), content.to_owned())
}

/// Runs a shell command with these variables, and gives what it writes.
fn shell(command: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new("sh").args(["-c", command]).envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn examples_are_applied_by_real_terraform() {
    let Some(program) = Program::any() else { return };
    let of = |name: &str| applied(&program, &format!("data-sources/{TYPE}/data-source-{name}"));
    assert!(of("on-premises").1.contains("\n .rds.amazonaws.com = EXAMPLE.COM\n"));
    assert!(of("hardened").1.contains("\n dns_canonicalize_hostname = false\n rdns = false\n"));

    // Delivered by the example's own commands, the file is the content, byte for byte.
    let (outputs, content) = of("cloud-init");
    let user_data = outputs["user_data"]["value"].as_str().unwrap();
    let written =
        user_data.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix("\"content\": "));
    let written = written.unwrap().trim_matches('"');
    assert!(user_data.starts_with("#cloud-config\n"), "{user_data}");
    assert_eq!(shell("echo \"$FILE\" | base64 -d", &[("FILE", written)]), content);

    let (outputs, content) = of("container");
    let definitions = outputs["container_definitions"]["value"].as_str().unwrap();
    let definition: Json = serde_json::from_str::<Json>(definitions).unwrap()[0].take();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("krb5.conf");
    let command = definition["command"][0].as_str().unwrap().replace("/app", "cat \"$KRB5_CONFIG\"");
    let variables = definition["environment"].as_array().unwrap();
    let variable =
        |name: &str| variables.iter().find(|variable| variable["name"] == name).unwrap()["value"].clone();
    assert!(variable("KRB5_CONFIG").is_string());
    let encoded = variable("KRB5_CONF_BASE64");
    let environment =
        [("KRB5_CONFIG", file.to_str().unwrap()), ("KRB5_CONF_BASE64", encoded.as_str().unwrap())];
    assert_eq!(shell(&command, &environment), content);

    let of = |name: &str| applied(&program, &format!("functions/{name}/function")).0;
    // The delivery examples ask for the same file.
    assert_eq!(of("krb5_conf")["krb5_conf"]["value"], content);
    assert_eq!(
        of("principal")["database_users"]["value"],
        json!(["alice@CORP.EXAMPLE.COM", "bob@CORP.EXAMPLE.COM"])
    );
    assert_eq!(
        of("windows_endpoint")["windows_host"]["value"],
        "demo.cluster-abcdefghijkl.eu-central-1.corp.example.com"
    );
}
