//! The framework from outside: the toy provider, driven call by call over mutual TLS.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use plugin_client::Client;
use plugin_client::tfplugin6::provider_client::ProviderClient;
use plugin_client::tfplugin6::{self as wire, DynamicValue, ResourceIdentityData};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use tf_provider::framework::plan::empty_object;
use tf_provider::framework::schema::{Attribute, object_type};
use tf_provider::protocol::{json as json_codec, msgpack};
use tf_provider::value::{Type, Value};
use tonic::transport::Channel;

#[path = "toy/provider.rs"]
#[expect(dead_code, unreachable_pub, reason = "the tests need its schemas only")]
mod provider;

use tf_provider::framework::Model as _;

/// A running toy provider with a folder of its own.
struct Toy {
    client: Client,
    folder: tempfile::TempDir,
}

fn attributes() -> Vec<Attribute> {
    provider::Toy::attributes()
}

fn toy_type() -> Type {
    object_type(&attributes())
}

/// A toy with the given attributes, all others null.
fn toy(members: &Json) -> Value {
    let mut all =
        json_codec::decode(members.to_string().as_bytes(), &toy_type(), json_codec::Extra::Reject).unwrap();
    let empty = empty_object(&attributes());
    if let (Value::Map(all), Some(empty)) = (&mut all, empty.as_map()) {
        for (name, value) in all.iter_mut().filter(|(_, value)| value.is_null()) {
            value.clone_from(&empty[name]);
        }
    }
    all
}

#[expect(clippy::unnecessary_wraps, reason = "every message has it as an optional field")]
fn send(value: &Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: msgpack::encode(value, &toy_type()).unwrap(), json: Vec::new() })
}

fn receive(value: Option<DynamicValue>) -> Value {
    msgpack::decode(&value.unwrap().msgpack, &toy_type()).unwrap()
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let Value::Map(mut members) = value.clone() else { panic!("no object") };
    members.insert(name.to_owned(), member);
    Value::Map(members)
}

fn summaries(diagnostics: &[wire::Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|diagnostic| diagnostic.summary.clone()).collect()
}

impl Toy {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_toy-provider"));
        command.env("TOY_POLL_INTERVAL", "20ms");
        let client = Client::start(command).await.unwrap();
        let toy = Self { client, folder };
        let settings = object_type(&provider::Settings::attributes());
        let config = Value::object([("folder", toy.folder.path().to_str().unwrap().into())]);
        let config = DynamicValue { msgpack: msgpack::encode(&config, &settings).unwrap(), json: Vec::new() };
        let answer = toy
            .provider()
            .configure_provider(wire::configure_provider::Request {
                config: Some(config),
                ..wire::configure_provider::Request::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        toy
    }

    fn provider(&self) -> ProviderClient<Channel> {
        self.client.provider()
    }

    async fn plan(
        &self,
        config: &Value,
        prior: &Value,
        proposed: &Value,
    ) -> wire::plan_resource_change::Response {
        let request = wire::plan_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            config: send(config),
            prior_state: send(prior),
            proposed_new_state: send(proposed),
            ..wire::plan_resource_change::Request::default()
        };
        self.provider().plan_resource_change(request).await.unwrap().into_inner()
    }

    async fn create(&self, config: &Value) -> wire::apply_resource_change::Response {
        let planned = self.plan(config, &Value::Null, config).await;
        assert!(planned.diagnostics.is_empty(), "{:?}", planned.diagnostics);
        let request = wire::apply_resource_change::Request {
            type_name: "toy_thing".to_owned(),
            config: send(config),
            prior_state: send(&Value::Null),
            planned_state: planned.planned_state,
            planned_private: planned.planned_private,
            ..wire::apply_resource_change::Request::default()
        };
        self.provider().apply_resource_change(request).await.unwrap().into_inner()
    }
}

#[tokio::test]
async fn a_create_gives_what_was_planned_and_stores_no_secret() {
    let toys = Toy::start().await;
    let config = toy(
        &json!({"name": "bear", "size": 0.1, "secret_wo": "hunter2", "color": "RED", "anything": {"type": "string", "value": "x"}}),
    );
    let made = toys.create(&config).await;
    assert_eq!(summaries(&made.diagnostics), [""; 0]);
    let state = receive(made.new_state);
    assert_eq!(
        state.to_json(),
        toy(&json!({
            "id": "toy-bear", "name": "bear", "size": 0.1, "color": "RED", "secret_length": 7, "mood": "ready",
            "anything": {"type": "string", "value": "x"},
        }))
        .to_json()
    );
    let identity = made.new_identity.unwrap().identity_data.unwrap().msgpack;
    let ty = object_type(&provider::ToyIdentity::attributes());
    assert_eq!(msgpack::decode(&identity, &ty).unwrap().to_json(), json!({"name": "bear"}));
}

#[tokio::test]
async fn whatever_breaks_the_saved_state_is_returned() {
    let toys = Toy::start().await;
    for (mood, summary) in [
        ("broken", "Failed to create toy_thing (toy-broken)"),
        ("panic", "Failed to create toy_thing (toy-panic)"),
    ] {
        let made = toys.create(&toy(&json!({"name": mood, "mood": mood}))).await;
        assert_eq!(summaries(&made.diagnostics), [summary]);
        assert!(
            !made.diagnostics[0].detail.contains("its secret with it"),
            "a panic's text may hold secrets"
        );
        assert_eq!(receive(made.new_state).member("id").as_str(), Some(format!("toy-{mood}").as_str()));
    }
    // The process survived both.
    let made = toys.create(&toy(&json!({"name": "fine"}))).await;
    assert!(made.diagnostics.is_empty());
}

#[tokio::test]
async fn a_stop_ends_the_wait_and_the_next_operation_works() {
    let toys = Toy::start().await;
    let mut provider = toys.provider();
    let config = toy(&json!({"name": "bear", "mood": "stuck"}));
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        provider.stop_provider(wire::stop_provider::Request::default()).await.unwrap();
        Instant::now()
    };
    let (made, stopped) = tokio::join!(toys.create(&config), stopping);
    assert!(stopped.elapsed() < Duration::from_millis(300), "{:?}", stopped.elapsed());
    assert_eq!(summaries(&made.diagnostics), ["Stopped: create toy_thing (toy-bear) was interrupted"]);
    assert_eq!(receive(made.new_state).member("id").as_str(), Some("toy-bear"));
    let made = toys.create(&toy(&json!({"name": "next", "mood": "slow"}))).await;
    assert_eq!(summaries(&made.diagnostics), [""; 0]);
}

#[tokio::test]
async fn sigterm_ends_the_wait_and_then_the_process() {
    let mut toys = Toy::start().await;
    let mut provider = toys.provider();
    let pid = Pid::from_raw(toys.client.pid().try_into().unwrap()).unwrap();
    let config = toy(&json!({"name": "bear", "mood": "stuck"}));
    let terminating = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        kill_process(pid, Signal::TERM).unwrap();
        Instant::now()
    };
    let (made, terminated) = tokio::join!(toys.create(&config), terminating);
    assert!(terminated.elapsed() < Duration::from_millis(300), "{:?}", terminated.elapsed());
    assert_eq!(summaries(&made.diagnostics), ["Stopped: create toy_thing (toy-bear) was interrupted"]);
    assert_eq!(receive(made.new_state).member("id").as_str(), Some("toy-bear"));

    // Terraform may have had the signal too, or not: what is asked next is answered, but nothing is begun.
    provider.stop_provider(wire::stop_provider::Request::default()).await.unwrap();
    let made = toys.create(&toy(&json!({"name": "next"}))).await;
    assert_eq!(summaries(&made.diagnostics), ["Stopped: create toy_thing (next) was interrupted"]);
    assert!(receive(made.new_state).is_null() && !toys.folder.path().join("next.toy").exists());

    let answered = Instant::now();
    assert!(toys.client.wait().await.unwrap().success());
    assert!(answered.elapsed() < Duration::from_secs(3), "{:?}", answered.elapsed());
    assert!(!Path::new(&toys.client.handshake().address).exists());
}

#[tokio::test]
async fn the_timeouts_block_bounds_a_wait() {
    let toys = Toy::start().await;
    let made =
        toys.create(&toy(&json!({"name": "bear", "mood": "stuck", "timeouts": {"create": "300ms"}}))).await;
    assert_eq!(summaries(&made.diagnostics), ["Timed out: create toy_thing (toy-bear)"]);
    let detail = &made.diagnostics[0].detail;
    assert!(detail.starts_with("Waited 300ms for toy bear to be ready. Last seen: stuck."), "{detail}");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_changes_nothing() {
    let toys = Toy::start().await;
    let prior = send(&toy(&json!({"name": "bear"})));
    let broken = Some(DynamicValue { msgpack: vec![0x81, 0xa1], json: Vec::new() });
    let request = wire::apply_resource_change::Request {
        type_name: "toy_thing".to_owned(),
        prior_state: prior.clone(),
        planned_state: broken.clone(),
        config: broken.clone(),
        ..wire::apply_resource_change::Request::default()
    };
    let answer = toys.provider().apply_resource_change(request).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Malformed configuration"]);
    assert_eq!(answer.new_state, prior);
    let request = wire::read_resource::Request {
        type_name: "toy_thing".to_owned(),
        current_state: broken.clone(),
        ..wire::read_resource::Request::default()
    };
    let answer = toys.provider().read_resource(request).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Malformed state"]);
    assert_eq!(answer.new_state, broken);
}

#[tokio::test]
async fn bad_configuration_is_told_with_its_path() {
    let toys = Toy::start().await;
    let check = async |config: Json, expect: &[&str]| {
        let request = wire::validate_resource_config::Request {
            type_name: "toy_thing".to_owned(),
            config: send(&toy(&config)),
            client_capabilities: None,
        };
        let answer = toys.provider().validate_resource_config(request).await.unwrap().into_inner();
        let told: Vec<String> = answer
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let steps = diagnostic.attribute.clone().unwrap_or_default().steps;
                let steps: Vec<String> = steps
                    .into_iter()
                    .map(|step| match step.selector.unwrap() {
                        wire::attribute_path::step::Selector::AttributeName(name) => name,
                        wire::attribute_path::step::Selector::ElementKeyString(key) => key,
                        wire::attribute_path::step::Selector::ElementKeyInt(index) => index.to_string(),
                    })
                    .collect();
                format!("{}: {}", steps.join("."), diagnostic.detail)
            })
            .collect();
        assert_eq!(told, expect);
    };
    check(json!({"name": "bear"}), &[]).await;
    check(json!({"name": ""}), &["name: There must be from 1 to 64 characters; there are 0."]).await;
    check(json!({"name": "nothing"}), &["name: A toy must not be called nothing."]).await;
    check(
        json!({"name": "bear", "wheel": [{"diameter": 5}, {"diameter": 0.5}]}),
        &["wheel.1.diameter: The value must be a whole number from 1 to 100."],
    )
    .await;
    check(
        json!({"name": "bear", "timeouts": {"create": "soon"}}),
        &[
            "timeouts.create: The value must be a duration: numbers with a unit of \"s\", \"m\" or \"h\", such as \"90s\" \
           or \"1h30m\".",
        ],
    )
    .await;
    check(
        json!({"name": "bear", "secret_wo_version": 0.5}),
        &["secret_wo_version: The value must be a whole number."],
    )
    .await;
    let wheels = vec![json!({"diameter": 1}); 5];
    check(json!({"name": "bear", "wheel": wheels}), &["wheel: At most 4 may be written; there are 5."]).await;
    check(
        json!({"name": "bear", "secret_wo": "x"}),
        &["secret_wo: This version of Terraform or OpenTofu has no write-only attributes and would store the value in \
           the state. Use Terraform 1.11 or OpenTofu 1.11 or later, or the attribute that is stored."],
    )
    .await;
}

#[tokio::test]
async fn imports_by_id_and_identity_are_read_next() {
    let toys = Toy::start().await;
    toys.create(&toy(&json!({"name": "bear", "size": 3}))).await;
    let ty = object_type(&provider::ToyIdentity::attributes());
    let identity = Value::object([("name", "bear".into())]);
    let identity = DynamicValue { msgpack: msgpack::encode(&identity, &ty).unwrap(), json: Vec::new() };
    let by_identity = wire::import_resource_state::Request {
        type_name: "toy_thing".to_owned(),
        identity: Some(ResourceIdentityData { identity_data: Some(identity) }),
        ..wire::import_resource_state::Request::default()
    };
    let by_id = wire::import_resource_state::Request {
        id: "toy-bear".to_owned(),
        identity: None,
        ..by_identity.clone()
    };
    for request in [by_id.clone(), by_identity] {
        let answer = toys.provider().import_resource_state(request).await.unwrap().into_inner();
        let [imported] = answer.imported_resources.as_slice() else { panic!("{:?}", answer.diagnostics) };
        let request = wire::read_resource::Request {
            type_name: "toy_thing".to_owned(),
            current_state: imported.state.clone(),
            private: imported.private.clone(),
            current_identity: imported.identity.clone(),
            ..wire::read_resource::Request::default()
        };
        let read = toys.provider().read_resource(request).await.unwrap().into_inner();
        assert_eq!(summaries(&read.diagnostics), [""; 0]);
        assert!(read.new_identity.is_some() && read.private.is_empty());
        assert_eq!(receive(read.new_state).member("size").to_json(), json!(3));
    }
    let wrong = wire::import_resource_state::Request { id: "bear".to_owned(), ..by_id };
    let answer = toys.provider().import_resource_state(wrong).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].detail, "The import id must have the form \"toy-NAME\".");
}

#[tokio::test]
async fn what_is_gone_is_null_and_a_newer_state_is_refused() {
    let toys = Toy::start().await;
    let request = wire::read_resource::Request {
        type_name: "toy_thing".to_owned(),
        current_state: send(&toy(&json!({"name": "gone"}))),
        ..wire::read_resource::Request::default()
    };
    let read = toys.provider().read_resource(request).await.unwrap().into_inner();
    assert!(receive(read.new_state).is_null() && read.new_identity.is_none());
    let upgrade = |version, json: Json| wire::upgrade_resource_state::Request {
        type_name: "toy_thing".to_owned(),
        version,
        raw_state: Some(wire::RawState { json: json.to_string().into_bytes(), ..wire::RawState::default() }),
    };
    let stored = json!({"name": "bear", "size": 0.1, "secret_wo": "leak", "long_gone": true});
    let answer =
        toys.provider().upgrade_resource_state(upgrade(0, stored.clone())).await.unwrap().into_inner();
    let state = receive(answer.upgraded_state);
    assert_eq!(state.member("size").to_json(), json!(0.1));
    assert!(state.member("secret_wo").is_null());
    assert_eq!(state.member("wheel").to_json(), json!([]));
    let answer = toys.provider().upgrade_resource_state(upgrade(7, stored)).await.unwrap().into_inner();
    assert!(answer.diagnostics[0].detail.contains("newer version of the provider"));
}

#[tokio::test]
async fn an_unconfigured_provider_plans_but_does_not_apply() {
    let toys = Toy::start().await;
    let settings = object_type(&provider::Settings::attributes());
    let config = Value::object([("folder", Value::UNKNOWN)]);
    let config = DynamicValue { msgpack: msgpack::encode(&config, &settings).unwrap(), json: Vec::new() };
    let request = wire::configure_provider::Request {
        config: Some(config),
        ..wire::configure_provider::Request::default()
    };
    assert!(toys.provider().configure_provider(request).await.unwrap().into_inner().diagnostics.is_empty());
    let made = toys.create(&toy(&json!({"name": "bear"}))).await;
    assert!(
        made.diagnostics[0].detail.contains("known only after an apply: folder."),
        "{:?}",
        made.diagnostics
    );
    assert!(receive(made.new_state).is_null());
}

#[tokio::test]
async fn a_spelling_is_kept_and_a_shrink_replaces() {
    let toys = Toy::start().await;
    let config = toy(&json!({"name": "bear", "size": 5, "color": "RED"}));
    let state = receive(toys.create(&config).await.new_state);
    let read = wire::read_resource::Request {
        type_name: "toy_thing".to_owned(),
        current_state: send(&state),
        ..wire::read_resource::Request::default()
    };
    let read = receive(toys.provider().read_resource(read).await.unwrap().into_inner().new_state);
    assert_eq!(read.to_json(), state.to_json());
    let smaller = with(&config, "size", 4.into());
    let proposed = with(&state, "size", 4.into());
    let plan = toys.plan(&smaller, &state, &proposed).await;
    assert_eq!(plan.requires_replace.len(), 1);
    assert_eq!(receive(plan.planned_state).member("secret_length").to_json(), json!(0));
}

#[tokio::test]
async fn functions_and_data_sources_answer() {
    let toys = Toy::start().await;
    toys.create(&toy(&json!({"name": "bear"}))).await;
    let argument = |text: &str| DynamicValue {
        msgpack: msgpack::encode(&text.into(), &Type::String).unwrap(),
        json: Vec::new(),
    };
    let call = |arguments| wire::call_function::Request { name: "reverse".to_owned(), arguments };
    let answer = toys.provider().call_function(call(vec![argument("abc")])).await.unwrap().into_inner();
    let text = msgpack::decode(&answer.result.unwrap().msgpack, &Type::String).unwrap();
    assert_eq!(text.as_str(), Some("cba"));
    let answer = toys.provider().call_function(call(vec![argument("")])).await.unwrap().into_inner();
    assert_eq!(answer.error.unwrap().function_argument, Some(0));
    let null = DynamicValue { msgpack: vec![0xc0], json: Vec::new() };
    let answer = toys.provider().call_function(call(vec![null])).await.unwrap().into_inner();
    assert_eq!(answer.error.unwrap().text, "The argument must not be null.");
    let answer = toys.provider().call_function(call(vec![])).await.unwrap().into_inner();
    assert!(answer.error.unwrap().text.contains("another number of arguments"));

    let ty = object_type(&provider::Count::attributes());
    let config = msgpack::encode(&empty_object(&provider::Count::attributes()), &ty).unwrap();
    let request = wire::read_data_source::Request {
        type_name: "toy_count".to_owned(),
        config: Some(DynamicValue { msgpack: config, json: Vec::new() }),
        ..wire::read_data_source::Request::default()
    };
    let answer = toys.provider().read_data_source(request).await.unwrap().into_inner();
    let count = msgpack::decode(&answer.state.unwrap().msgpack, &ty).unwrap();
    assert_eq!(count.member("count_of_toys").to_json(), json!(1));
}

#[tokio::test]
async fn what_the_provider_does_not_have_is_an_error_not_a_broken_call() {
    let toys = Toy::start().await;
    let mut provider = toys.provider();
    let name = || "toy_nothing".to_owned();
    let read = wire::read_resource::Request { type_name: name(), ..wire::read_resource::Request::default() };
    let answer = provider.read_resource(read).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Unknown resource type \"toy_nothing\""]);
    let open = wire::open_ephemeral_resource::Request { type_name: name(), ..Default::default() };
    let answer = provider.open_ephemeral_resource(open).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Unknown ephemeral resource type \"toy_nothing\""]);
    let list = wire::list_resource::Request { type_name: name(), ..Default::default() };
    let event = provider.list_resource(list).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!(summaries(&event.diagnostic), ["Unknown list resource type \"toy_nothing\""]);
    let invoke = wire::invoke_action::Request { action_type: name(), ..Default::default() };
    let event = provider.invoke_action(invoke).await.unwrap().into_inner().message().await.unwrap().unwrap();
    assert!(matches!(event.r#type, Some(wire::invoke_action::event::Type::Completed(_))));
    let answer = provider.get_states(wire::get_states::Request::default()).await.unwrap().into_inner();
    assert!(!answer.diagnostics.is_empty());
}

/// The same toy under the `terraform` on PATH: what core itself thinks of schema, plans and states.
#[test]
fn real_terraform_applies_imports_and_destroys() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    if Command::new("terraform").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "terraform is not on PATH");
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED real_terraform_applies_imports_and_destroys: install terraform and put it on PATH\n",
        );
        return;
    }
    for name in ["bin", "toys"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_toy-provider"), at("bin/terraform-provider-toy")).unwrap();
    let overrides =
        format!("provider_installation {{\n  dev_overrides {{ \"example/toy\" = {:?} }}\n}}\n", at("bin"));
    std::fs::write(at("cli.tfrc"), overrides).unwrap();
    let write = |more: &str| {
        let text = format!(
            r#"
            terraform {{
              required_providers {{
                toy = {{ source = "example/toy" }}
              }}
            }}
            provider "toy" {{
              folder = {:?}
            }}
            {more}
            "#,
            at("toys")
        );
        std::fs::write(at("main.tf"), text).unwrap();
    };
    let terraform = |arguments: &[&str]| {
        let output = Command::new("terraform")
            .args(arguments)
            .arg("-no-color")
            .current_dir(folder.path())
            .env("TF_CLI_CONFIG_FILE", at("cli.tfrc"))
            .env("TOY_POLL_INTERVAL", "20ms")
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    };
    let bear = r#"
        resource "toy_thing" "bear" {
          name              = "bear"
          color             = "Red"
          size              = 0.1
          secret_wo         = "marked-secret"
          secret_wo_version = 1
          labels            = { a = "b" }
          anything          = { x = [1, "two", null] }
          parts             = [{ name = "arm" }, { name = "leg" }]
          wheel {
            diameter = 3
          }
          timeouts {
            create = "1m"
          }
        }
        output "reversed" {
          value = provider::toy::reverse("abc")
        }
    "#;
    write(bear);
    let (code, text) = terraform(&["apply", "-auto-approve"]);
    assert!(code == 0 && text.contains("1 added") && text.contains("reversed = \"cba\""), "{text}");
    let state = std::fs::read_to_string(at("terraform.tfstate")).unwrap();
    assert!(!state.contains("marked-secret") && state.contains("\"size\": 0.1"), "{state}");
    assert_eq!(terraform(&["plan", "-detailed-exitcode"]).0, 0);
    std::fs::remove_file(at("toys/bear.toy")).unwrap();
    let (code, text) = terraform(&["plan", "-detailed-exitcode"]);
    assert!(code == 2 && text.contains("1 to add"), "{text}");
    assert_eq!(terraform(&["apply", "-auto-approve"]).0, 0);
    std::fs::remove_file(at("terraform.tfstate")).unwrap();
    write(&format!("import {{\n  to = toy_thing.bear\n  id = \"toy-bear\"\n}}\n{bear}"));
    let (code, text) = terraform(&["apply", "-auto-approve"]);
    assert!(code == 0 && text.contains("1 imported, 0 added"), "{text}");
    write(&bear.replace("\"1m\"", "\"soon\""));
    let (code, text) = terraform(&["validate"]);
    assert!(code == 1 && text.contains("must be a duration"), "{text}");
    write(bear);
    let (code, text) = terraform(&["destroy", "-auto-approve"]);
    assert!(code == 0 && text.contains("1 destroyed"), "{text}");
    assert_eq!(std::fs::read_dir(at("toys")).unwrap().count(), 0);
}
