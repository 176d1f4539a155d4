//! How long single calls take without AWS, and how fast the codec is.
//!
//! The calls go to the toy provider of the tests, which keeps its objects as small files, over the same mutual TLS as
//! Terraform's; one after another, so that a figure is a latency.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench that cannot go on ends by panicking, as tests do"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plugin_client::Client;
use plugin_client::tfplugin6::{
    DynamicValue, apply_resource_change, configure_provider, diagnostic, plan_resource_change, read_resource,
};
use serde_json::json;
use tf_provider::framework::Model as _;
use tf_provider::framework::schema::object_type;
use tf_provider::protocol::{json as json_codec, msgpack};
use tf_provider::value::{Type, Value};
use tokio::process::Command;
use tokio::runtime::Runtime;

#[path = "../tests/toy/provider.rs"]
#[expect(dead_code, unreachable_pub, reason = "the schemas are all that is needed")]
mod provider;

const TYPE_NAME: &str = "toy_thing";
/// In the list of the large value.
const PARTS: usize = 1000;

fn toy_type() -> Type {
    object_type(&provider::Toy::attributes())
}

/// A configuration of that name with this many parts.
fn toy(name: &str, parts: usize) -> Value {
    let parts: Vec<_> = (0..parts).map(|n| json!({ "name": format!("part {n}"), "serial": null })).collect();
    let toy = json!({
        "name": name,
        "color": "green",
        "size": 10,
        "labels": { "owner": "bench", "room": "attic" },
        "parts": parts,
        "wheel": [],
        "mood": "ready",
    });
    json_codec::decode(toy.to_string().as_bytes(), &toy_type(), json_codec::Extra::Reject).expect("a toy")
}

fn send(value: &Value, ty: &Type) -> DynamicValue {
    DynamicValue { msgpack: msgpack::encode(value, ty).unwrap(), json: Vec::new() }
}

/// Panics where an answer holds an error: the figure would be of something else.
fn check(diagnostics: &[plugin_client::tfplugin6::Diagnostic]) {
    let errors = diagnostics.iter().filter(|found| found.severity() == diagnostic::Severity::Error);
    assert_eq!(errors.count(), 0, "{diagnostics:?}");
}

async fn start(folder: &str) -> Client {
    let client = Client::start(Command::new(env!("CARGO_BIN_EXE_toy-provider"))).await.unwrap();
    let settings = object_type(&provider::Settings::attributes());
    let config = Some(send(&Value::object([("folder", folder.into())]), &settings));
    let request = configure_provider::Request { config, ..configure_provider::Request::default() };
    check(&client.provider().configure_provider(request).await.unwrap().into_inner().diagnostics);
    client
}

fn calls(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let client = runtime.block_on(start(folder.path().to_str().unwrap()));
    let ty = toy_type();
    let plan = |name: &str| {
        let config = Some(send(&toy(name, 2), &ty));
        plan_resource_change::Request {
            type_name: TYPE_NAME.to_owned(),
            prior_state: Some(send(&Value::Null, &ty)),
            proposed_new_state: config.clone(),
            config,
            ..plan_resource_change::Request::default()
        }
    };
    let planned =
        runtime.block_on(client.provider().plan_resource_change(plan("train"))).unwrap().into_inner();
    check(&planned.diagnostics);
    let apply = apply_resource_change::Request {
        type_name: TYPE_NAME.to_owned(),
        prior_state: Some(send(&Value::Null, &ty)),
        planned_state: planned.planned_state,
        planned_private: planned.planned_private,
        config: plan("train").config,
        ..apply_resource_change::Request::default()
    };
    let made = runtime.block_on(client.provider().apply_resource_change(apply)).unwrap().into_inner();
    check(&made.diagnostics);
    let read = read_resource::Request {
        type_name: TYPE_NAME.to_owned(),
        current_state: made.new_state,
        private: made.private,
        current_identity: made.new_identity,
        ..read_resource::Request::default()
    };

    // Two of one name cannot be.
    let plan = plan("another train");
    let mut group = criterion.benchmark_group("call");
    group.bench_function("PlanResourceChange", |bench| {
        bench.iter(|| {
            let answer = runtime.block_on(client.provider().plan_resource_change(plan.clone())).unwrap();
            check(&answer.get_ref().diagnostics);
        });
    });
    group.bench_function("ReadResource", |bench| {
        bench.iter(|| {
            let answer = runtime.block_on(client.provider().read_resource(read.clone())).unwrap();
            assert!(answer.get_ref().new_state.is_some());
        });
    });
    group.finish();
    runtime.block_on(async { drop(client) });
}

fn codec(criterion: &mut Criterion) {
    let ty = toy_type();
    let mut group = criterion.benchmark_group("msgpack");
    for (name, parts) in [("a small object", 2), ("an object of 1000 parts", PARTS)] {
        let value = toy("train", parts);
        let bytes = msgpack::encode(&value, &ty).unwrap();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("decode {name}"), |bench| {
            bench.iter(|| msgpack::decode(black_box(&bytes), &ty).unwrap());
        });
        group.bench_function(format!("encode {name}"), |bench| {
            bench.iter(|| msgpack::encode(black_box(&value), &ty).unwrap());
        });
    }
    group.finish();
}

criterion_group! {
    name = all;
    // Half a minute in all.
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_secs(1))
        .measurement_time(std::time::Duration::from_secs(3));
    targets = calls, codec
}
criterion_main!(all);
