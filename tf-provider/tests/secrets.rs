//! What may hold a secret: it overwrites its memory when it is dropped, and `Debug` shows nothing of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

use std::collections::HashMap;
use std::fmt::Debug;

use tf_provider::framework::lifecycle::{ApplyRequest, ObjectResponse, PlanRequest, PlanResponse};
use tf_provider::framework::private::Private;
use tf_provider::framework::{Configuration, Diagnostics, Model as _, Secret};
use tf_provider::protocol::msgpack;
use tf_provider::protocol::proto::{self, DynamicValue, RawState};
use tf_provider::value::{Type, Value};

tf_provider::model! {
    /// What opens a door.
    struct Lock / LockView {
        /// Where it is.
        pub place: String => required(),
        /// The code.
        pub code: Option<Secret> => optional().write_only(),
    }
}

const MARK: &str = "a-secret-of-32-letters-is-marked";

/// Whether the text that something holds is still in memory after it was dropped.
#[cfg(target_os = "linux")]
fn stays<T>(make: impl Fn(String) -> T, text: impl Fn(&T) -> &[u8]) -> bool {
    use std::os::unix::fs::FileExt as _;

    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut found = vec![0; MARK.len() * 16];
    let thing = make(MARK.repeat(16));
    assert_eq!(text(&thing), MARK.repeat(16).as_bytes());
    let address = text(&thing).as_ptr() as u64;
    drop(thing);
    // The allocator writes a few words of its own to the begin of what is free.
    memory.read_exact_at(&mut found, address).unwrap();
    found.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// The system shows a process its own memory.
#[cfg(target_os = "linux")]
#[test]
fn secrets_do_not_stay_in_memory() {
    // Another thread may have taken the memory, but not every time.
    assert!((0..20).any(|_| stays(|text| text, String::as_bytes)), "nothing stays: the test sees nothing");
    assert!(!stays(Value::from, |value| value.as_str().unwrap().as_bytes()));
    assert!(!stays(
        |text| Value::List(vec![text.into()]),
        |value| { value.as_elements().unwrap()[0].as_str().unwrap().as_bytes() }
    ));
    assert!(!stays(Secret::new, |secret| secret.expose().as_bytes()));
    let message = |text: String| DynamicValue { msgpack: text.into_bytes(), json: Vec::new() };
    assert!(!stays(message, |message| &message.msgpack));
    let message = |text: String| DynamicValue { msgpack: Vec::new(), json: text.into_bytes() };
    assert!(!stays(message, |message| &message.json));
    let state = |text: String| RawState { json: text.into_bytes(), flatmap: HashMap::new() };
    assert!(!stays(state, |state| &state.json));
}

fn check_debug(thing: &dyn Debug) {
    let bytes: Vec<String> = MARK.bytes().map(|byte| byte.to_string()).collect();
    for shown in [format!("{thing:?}"), format!("{thing:#?}")] {
        let dense: String = shown.split_whitespace().collect();
        assert!(!shown.contains(MARK) && !dense.contains(&bytes.join(",")), "{shown}");
    }
}

/// The structures that a value goes through on its way to a provider and back.
#[test]
fn debug_shows_no_secret() {
    let object = || Value::object([("place", Value::from("hall")), ("code", Value::from(MARK))]);
    let ty = Type::object([("place", Type::String), ("code", Type::String)]);
    let config =
        || Some(DynamicValue { msgpack: msgpack::encode(&object(), &ty).unwrap(), json: Vec::new() });
    let json = || format!(r#"{{"code":{MARK:?}}}"#).into_bytes();
    let nobody = || (Private::default(), None::<Value>);

    check_debug(&object());
    check_debug(&Value::Dynamic(Box::new((ty.clone(), Value::List(vec![object()])))));
    check_debug(&Secret::new(MARK));
    let lock = Lock::from_value(&object()).unwrap();
    assert!(format!("{lock:?}").contains("hall"), "{lock:?}");
    check_debug(&lock);
    check_debug(&Lock::view_of(&object()).unwrap());
    check_debug(&Configuration { config: lock, unknown: Vec::new(), terraform_version: String::new() });
    let (private, identity) = nobody();
    check_debug(&PlanRequest { config: object(), prior: object(), proposed: object(), private, identity });
    let (private, identity) = nobody();
    check_debug(&ApplyRequest { config: object(), prior: object(), planned: object(), private, identity });
    let (private, identity) = nobody();
    let (replace, diagnostics) = (Vec::new(), Diagnostics::new());
    check_debug(&PlanResponse { planned: object(), replace, private, identity, diagnostics });
    let (private, identity) = nobody();
    check_debug(&ObjectResponse { state: object(), private, identity, diagnostics: Diagnostics::new() });

    check_debug(&config());
    check_debug(&DynamicValue { msgpack: Vec::new(), json: json() });
    check_debug(&RawState { json: json(), flatmap: HashMap::from([("code".to_owned(), MARK.to_owned())]) });
    check_debug(&proto::configure_provider::Request { config: config(), ..Default::default() });
    check_debug(&proto::validate_resource_config::Request { config: config(), ..Default::default() });
    check_debug(&proto::plan_resource_change::Request { config: config(), ..Default::default() });
    check_debug(&tonic::Request::new(proto::apply_resource_change::Request {
        config: config(),
        ..Default::default()
    }));
    // What it looks for would be seen.
    let bytes = std::panic::catch_unwind(|| check_debug(&MARK.as_bytes()));
    assert!(bytes.is_err(), "bytes are not seen");
}
