//! Every call with messages that no Terraform would send: an answer each time, never a panic, never a hang.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use tonic::{Request, Response, Status};

use super::arbitrary::{Unknowns, any_typed};
use super::proto::provider_server::Provider as _;
use super::proto::{self, DynamicValue, RawState, ResourceIdentityData};
use super::{Rpc, msgpack};
use crate::framework::plan::empty_object;
use crate::framework::schema::object_type;
use crate::framework::{Model as _, Server};
use crate::value::{Type, Value};

#[path = "../../tests/toy/provider.rs"]
#[expect(dead_code, unreachable_pub, reason = "a whole program, of which the provider is used")]
mod toy;

/// Above what the slowest answer takes on a busy machine; a hang takes for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one case sends: each value wherever a message has room for it.
#[derive(Debug, Clone)]
struct Hostile {
    type_name: String,
    values: [Option<DynamicValue>; 3],
    bytes: [Vec<u8>; 2],
    text: String,
    number: i64,
}

fn any_type_name() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just("toy_thing".to_owned()), 2 => Just("toy_count".to_owned()), 1 => Just("toy_".to_owned()), 1 => ".*"]
}

fn any_json() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..64),
        "[\\[{\"a-c:,0-9}\\]]{0,64}".prop_map(String::into_bytes),
        Just(b"{\"name\":\"bear\",\"size\":1e999999999,\"wheel\":[{}]}".to_vec()),
        Just(b"{\"id\":null,\"name\":\"bear\",\"parts\":[{\"name\":[]}]}".to_vec()),
        Just(b"[".repeat(100_000)),
        Just(br#"{".import_before_read":"AA==","k":5}"#.to_vec()),
    ]
}

/// A toy or an identity of one, a value of any other type, or no value at all.
fn any_msgpack() -> impl Strategy<Value = Vec<u8>> {
    let attributes = toy::Toy::attributes();
    let ty = object_type(&attributes);
    let toy = any_members(ty.clone(), empty_object(&attributes));
    let toy = toy.prop_map(move |toy| msgpack::encode(&toy, &ty).unwrap_or_default());
    let other =
        any_typed(Unknowns::Some).prop_map(|(ty, value)| msgpack::encode(&value, &ty).unwrap_or_default());
    let identity = any::<bool>().prop_map(|known| {
        let name = if known { "bear".into() } else { Value::UNKNOWN };
        let ty = Type::object([("name", Type::String)]);
        msgpack::encode(&Value::object([("name", name)]), &ty).unwrap_or_default()
    });
    let bent = (toy.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    });
    let cut = (toy.clone(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len().max(1)));
        bytes
    });
    prop_oneof![
        4 => toy, 2 => bent, 1 => cut, 1 => other, 1 => identity, 1 => vec(any::<u8>(), 0..64), 1 => Just(vec![0xc0]),
        1 => Just(vec![0x91; 100_000]),
    ]
}

/// The empty toy with a name and some members that are null, unknown or odd.
fn any_members(ty: Type, empty: Value) -> impl Strategy<Value = Value> + Clone {
    let odd = prop_oneof![
        Just(Value::Null),
        Just(Value::UNKNOWN),
        Just(Value::from("Red")),
        Just(Value::from(-1)),
        Just(Value::List(vec![Value::UNKNOWN, Value::Null])),
        Just(Value::List(vec![Value::object([("name", Value::UNKNOWN), ("serial", Value::Null)])])),
        Just(Value::List(vec![Value::object([("diameter", Value::from(5)), ("material", Value::Null)])])),
        Just(Value::object([
            ("create", Value::from("1h")),
            ("update", Value::Null),
            ("delete", Value::UNKNOWN)
        ])),
    ];
    vec((any::<prop::sample::Index>(), odd), 0..6).prop_map(move |changes| {
        let (Value::Map(mut members), Type::Object(types, _)) = (empty.clone(), &ty) else {
            return Value::Null;
        };
        members.insert("name".to_owned(), "bear".into());
        let types: Vec<(&String, &Type)> = types.iter().collect();
        for (at, odd) in changes {
            let (name, ty) = types[at.index(types.len())];
            if msgpack::encode(&odd, ty).is_ok() {
                members.insert(name.clone(), odd);
            }
        }
        Value::Map(members)
    })
}

fn any_value() -> impl Strategy<Value = Option<DynamicValue>> {
    prop_oneof![
        1 => Just(None),
        8 => any_msgpack().prop_map(|msgpack| Some(DynamicValue { msgpack, json: Vec::new() })),
        1 => any_json().prop_map(|json| Some(DynamicValue { msgpack: Vec::new(), json })),
    ]
}

fn any_hostile() -> impl Strategy<Value = Hostile> {
    let values = [any_value().boxed(), any_value().boxed(), any_value().boxed()];
    let bytes = [any_json().boxed(), any_json().boxed()];
    (any_type_name(), values, bytes, ".*", any::<i64>()).prop_map(
        |(type_name, values, bytes, text, number)| Hostile { type_name, values, bytes, text, number },
    )
}

/// Calls, and fails on a broken call, a panic or a late answer.
macro_rules! call {
    ($rpc:expr, $method:ident, $message:expr) => {{
        let begin = Instant::now();
        let answer: Result<Response<_>, Status> = $rpc.$method(Request::new($message)).await;
        let answer = answer.map(|answer| format!("{:?}", answer.into_inner()));
        let answer = answer.unwrap_or_else(|status| panic!("{}: {status}", stringify!($method)));
        assert!(!answer.contains("The provider panicked"), "{}: {answer}", stringify!($method));
        assert!(begin.elapsed() < PATIENCE, "{} took {:?}", stringify!($method), begin.elapsed());
    }};
    (stream $rpc:expr, $method:ident, $message:expr) => {
        assert!($rpc.$method(Request::new($message)).await.is_ok(), "{}", stringify!($method))
    };
}

async fn about_resources(rpc: &Rpc<toy::ToyProvider>, hostile: Hostile) {
    let Hostile { type_name, values: [one, two, three], bytes: [bytes, more], text, number } = hostile;
    let identity = |data: &Option<DynamicValue>| Some(ResourceIdentityData { identity_data: data.clone() });
    let raw = |json: &Vec<u8>| Some(RawState { json: json.clone(), ..RawState::default() });
    call!(
        rpc,
        validate_resource_config,
        proto::validate_resource_config::Request {
            type_name: type_name.clone(),
            config: one.clone(),
            client_capabilities: None,
        }
    );
    call!(
        rpc,
        plan_resource_change,
        proto::plan_resource_change::Request {
            type_name: type_name.clone(),
            config: one.clone(),
            prior_state: two.clone(),
            proposed_new_state: three.clone(),
            prior_private: bytes.clone(),
            prior_identity: identity(&two),
            ..Default::default()
        }
    );
    call!(
        rpc,
        apply_resource_change,
        proto::apply_resource_change::Request {
            type_name: type_name.clone(),
            config: one.clone(),
            prior_state: two.clone(),
            planned_state: three.clone(),
            planned_private: bytes.clone(),
            planned_identity: identity(&three),
            ..Default::default()
        }
    );
    call!(
        rpc,
        read_resource,
        proto::read_resource::Request {
            type_name: type_name.clone(),
            current_state: one.clone(),
            private: more.clone(),
            current_identity: identity(&two),
            ..Default::default()
        }
    );
    for identity in [None, identity(&one)] {
        call!(
            rpc,
            import_resource_state,
            proto::import_resource_state::Request {
                type_name: type_name.clone(),
                id: text.clone(),
                identity,
                ..Default::default()
            }
        );
    }
    for version in [0, number] {
        call!(
            rpc,
            upgrade_resource_state,
            proto::upgrade_resource_state::Request {
                type_name: type_name.clone(),
                version,
                raw_state: raw(&bytes),
            }
        );
        call!(
            rpc,
            upgrade_resource_identity,
            proto::upgrade_resource_identity::Request {
                type_name: type_name.clone(),
                version,
                raw_identity: raw(&more),
            }
        );
    }
    call!(
        rpc,
        move_resource_state,
        proto::move_resource_state::Request {
            source_type_name: text,
            target_type_name: type_name.clone(),
            source_state: raw(&bytes),
            source_schema_version: number,
            ..Default::default()
        }
    );
    call!(rpc, generate_resource_config, proto::generate_resource_config::Request { type_name, state: one });
}

async fn about_the_rest(rpc: &Rpc<toy::ToyProvider>, hostile: Hostile) {
    let Hostile { type_name, values: [one, two, three], bytes: [bytes, _], text, .. } = hostile;
    let name = || type_name.clone();
    call!(rpc, get_metadata, proto::get_metadata::Request::default());
    call!(rpc, get_provider_schema, proto::get_provider_schema::Request::default());
    call!(rpc, get_resource_identity_schemas, proto::get_resource_identity_schemas::Request::default());
    call!(rpc, get_functions, proto::get_functions::Request::default());
    call!(rpc, validate_provider_config, proto::validate_provider_config::Request { config: one.clone() });
    call!(
        rpc,
        configure_provider,
        proto::configure_provider::Request {
            terraform_version: text.clone(),
            config: one.clone(),
            ..Default::default()
        }
    );
    call!(rpc, stop_provider, proto::stop_provider::Request::default());
    call!(
        rpc,
        validate_data_resource_config,
        proto::validate_data_resource_config::Request { type_name: name(), config: one.clone() }
    );
    call!(
        rpc,
        read_data_source,
        proto::read_data_source::Request { type_name: name(), config: one.clone(), ..Default::default() }
    );
    for function in ["reverse", &text] {
        let arguments = [&one, &two, &three].into_iter().flatten().cloned().collect();
        call!(rpc, call_function, proto::call_function::Request { name: function.to_owned(), arguments });
        let arguments = one.iter().cloned().collect();
        call!(rpc, call_function, proto::call_function::Request { name: function.to_owned(), arguments });
    }
    call!(
        rpc,
        validate_ephemeral_resource_config,
        proto::validate_ephemeral_resource_config::Request { type_name: name(), config: one.clone() }
    );
    call!(
        rpc,
        open_ephemeral_resource,
        proto::open_ephemeral_resource::Request {
            type_name: name(),
            config: one.clone(),
            ..Default::default()
        }
    );
    call!(
        rpc,
        renew_ephemeral_resource,
        proto::renew_ephemeral_resource::Request { type_name: name(), private: Some(bytes.clone()) }
    );
    call!(
        rpc,
        close_ephemeral_resource,
        proto::close_ephemeral_resource::Request { type_name: name(), private: Some(bytes) }
    );
    call!(
        rpc,
        validate_list_resource_config,
        proto::validate_list_resource_config::Request {
            type_name: name(),
            config: one.clone(),
            ..Default::default()
        }
    );
    call!(stream rpc, list_resource, proto::list_resource::Request { type_name: name(), config: one, ..Default::default() });
    call!(
        rpc,
        validate_action_config,
        proto::validate_action_config::Request { type_name: name(), ..Default::default() }
    );
    call!(rpc, plan_action, proto::plan_action::Request { action_type: name(), ..Default::default() });
    call!(stream rpc, invoke_action, proto::invoke_action::Request { action_type: name(), ..Default::default() });
    call!(
        rpc,
        validate_state_store_config,
        proto::validate_state_store::Request { type_name: name(), ..Default::default() }
    );
    call!(
        rpc,
        configure_state_store,
        proto::configure_state_store::Request { type_name: name(), ..Default::default() }
    );
    call!(stream rpc, read_state_bytes, proto::read_state_bytes::Request { type_name: name(), ..Default::default() });
    call!(rpc, lock_state, proto::lock_state::Request { type_name: name(), ..Default::default() });
    call!(rpc, unlock_state, proto::unlock_state::Request { type_name: name(), ..Default::default() });
    call!(rpc, get_states, proto::get_states::Request { type_name: name() });
    call!(rpc, delete_state, proto::delete_state::Request { type_name: name(), ..Default::default() });
    // WriteStateBytes alone is missing: its answer depends on nothing that it is sent.
}

/// A configured toy provider. Time is the runtime's own, so that a wait lasts no time.
fn start(folder: &std::path::Path) -> (Runtime, Rpc<toy::ToyProvider>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let rpc = Rpc::new(Arc::new(Server::new(toy::ToyProvider)));
    let config = Value::object([("folder", folder.to_str().unwrap().into())]);
    let told = runtime.block_on(rpc.server.configure(&config, String::new()));
    assert!(told.is_empty());
    (runtime, rpc)
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

#[test]
fn resources_answer_any_message() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, rpc) = start(folder.path());
    let run = |hostile| {
        runtime.block_on(about_resources(&rpc, hostile));
        Ok(())
    };
    runner(256).run(&any_hostile(), run).unwrap();
}

#[test]
fn all_else_answers_any_message() {
    let folder = tempfile::tempdir().unwrap();
    let (runtime, rpc) = start(folder.path());
    let run = |hostile| {
        runtime.block_on(about_the_rest(&rpc, hostile));
        Ok(())
    };
    runner(128).run(&any_hostile(), run).unwrap();
}
