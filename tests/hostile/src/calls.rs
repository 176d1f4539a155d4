//! Every call of the protocol, with messages by the choice of a [`Source`].

use std::collections::HashMap;
use std::time::{Duration, Instant};

use arbitrary::Result;
use prost::Message;
use tf_provider::framework::Provider;
use tf_provider::protocol::msgpack;
use tf_provider::protocol::proto::provider_server::Provider as _;
use tf_provider::protocol::proto::{self, DynamicValue, RawState, ResourceIdentityData};
use tf_provider::value::{Type, Value};
use tonic::Request;

use crate::target::{Kind, Target};
use crate::{Source, values};

/// Above what the slowest answer takes on a busy machine; a hang takes for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls of one input.
const MOST: usize = 6;

/// A request: built, or in one case of eight read from bytes by chance.
macro_rules! request {
    ($source:ident, $package:ident { $($fields:tt)* }) => {
        match $source.ratio(1, 8)? {
            true => proto::$package::Request::decode(rest($source)?).unwrap_or_default(),
            false => proto::$package::Request { $($fields)* },
        }
    };
}

/// Sends a request and judges the answer: there is one, in time, and the provider did not panic over it.
macro_rules! send {
    ($target:ident, $method:ident, $request:expr) => {{
        let begin = Instant::now();
        let answer = $target.runtime.block_on($target.rpc.$method(Request::new($request)));
        let answer = answer.unwrap_or_else(|status| panic!("{}: {status}", stringify!($method))).into_inner();
        let shown = format!("{answer:?}");
        assert!(!shown.contains("The provider panicked"), "{}: {shown}", stringify!($method));
        assert!(begin.elapsed() < PATIENCE, "{} took {:?}", stringify!($method), begin.elapsed());
        answer
    }};
}

/// As [`send`], for a call that answers with a stream.
macro_rules! open {
    ($target:ident, $method:ident, $request:expr) => {
        assert!($target.runtime.block_on($target.rpc.$method(Request::new($request))).is_ok())
    };
}

/// Makes the list of calls and the function that makes one of them from one table.
macro_rules! calls {
    ($($name:ident => |$target:ident, $source:ident| $work:block)*) => {
        /// Every call that [`Target::calls`] makes. `WriteStateBytes` alone is missing: its answer depends on nothing
        /// that it is sent.
        pub const CALLS: &[&str] = &[$(stringify!($name)),*];

        impl<P: Provider> Target<P> {
            fn call(&self, name: &str, source: &mut Source<'_>) -> Result<()> {
                $(if name == stringify!($name) {
                    let ($target, $source) = (self, source);
                    $work
                    return Ok(());
                })*
                Ok(())
            }
        }
    };
}

impl<P: Provider> Target<P> {
    /// Makes some calls, one after the other, and says which.
    ///
    /// Each is answered, within seconds and without a panic; a plan and a state that come back are of their type.
    pub fn calls(&self, bytes: &[u8]) -> Vec<&'static str> {
        let mut source = Source::new(bytes);
        let mut called = Vec::new();
        while called.len() < MOST && !source.is_empty() {
            let Ok(name) = source.choose(CALLS) else { break };
            called.push(*name);
            if self.call(name, &mut source).is_err() {
                break;
            }
        }
        called
    }

    fn resource(&self, source: &mut Source<'_>) -> Result<&Kind> {
        source.choose(&self.resources)
    }

    fn data_source(&self, source: &mut Source<'_>) -> Result<&Kind> {
        source.choose(&self.data_sources)
    }

    fn is_of_a_type(&self, state: &DynamicValue) -> bool {
        self.resources.iter().any(|kind| msgpack::decode(&state.msgpack, &kind.ty).is_ok())
    }
}

/// Up to 256 of the bytes that are left.
fn rest<'a>(source: &mut Source<'a>) -> Result<&'a [u8]> {
    let length = source.int_in_range(0..=256_usize)?;
    source.bytes(length.min(source.len()))
}

fn type_name(source: &mut Source<'_>, kind: &Kind) -> Result<String> {
    if source.ratio(1, 16)? { values::text(source) } else { Ok(kind.name.clone()) }
}

/// A value for the wire, mostly of the type and mostly as MessagePack; or none.
fn dynamic(source: &mut Source<'_>, ty: &Type) -> Result<Option<DynamicValue>> {
    let (msgpack, json) = match source.int_in_range(0..=15_u8)? {
        0 => return Ok(None),
        1 => (rest(source)?.to_vec(), Vec::new()),
        2 => (Vec::new(), rest(source)?.to_vec()),
        3 => (Vec::new(), values::encoded_as_json(source, ty)?),
        4 => (vec![0xc0], Vec::new()),
        _ => (values::encoded(source, ty)?, Vec::new()),
    };
    Ok(Some(DynamicValue { msgpack, json }))
}

/// The three objects of a plan and of an apply; in half of all cases two of them are the same.
fn objects(source: &mut Source<'_>, ty: &Type) -> Result<[Option<DynamicValue>; 3]> {
    let one = dynamic(source, ty)?;
    let two = dynamic(source, ty)?;
    Ok(match source.int_in_range(0..=5_u8)? {
        0 => [one.clone(), None, one],
        1 => [one.clone(), two, one],
        2 => [one.clone(), one, two],
        _ => [one, two, dynamic(source, ty)?],
    })
}

fn identity(source: &mut Source<'_>, kind: &Kind) -> Result<Option<ResourceIdentityData>> {
    let identity_data = dynamic(source, &kind.identity)?;
    Ok(source.arbitrary::<bool>()?.then_some(ResourceIdentityData { identity_data }))
}

fn raw(source: &mut Source<'_>, ty: &Type) -> Result<Option<RawState>> {
    let json =
        if source.ratio(1, 4)? { rest(source)?.to_vec() } else { values::encoded_as_json(source, ty)? };
    Ok(Some(RawState { json, flatmap: HashMap::new() }))
}

/// Private state: the framework's own mark, another one, or anything.
fn private(source: &mut Source<'_>) -> Result<Vec<u8>> {
    Ok(match source.int_in_range(0..=3_u8)? {
        0 => Vec::new(),
        1 => br#"{".import_before_read":"dHJ1ZQ=="}"#.to_vec(),
        2 => br#"{"k":"AA==","l":5}"#.to_vec(),
        _ => rest(source)?.to_vec(),
    })
}

/// Whether the provider has no client with that configuration: it is refused, or waits for what is not known.
fn waits(config: Option<&DynamicValue>, ty: &Type, needed: &str) -> bool {
    let Some(config) = config else { return false };
    if config.msgpack.is_empty() {
        return false;
    }
    msgpack::decode(&config.msgpack, ty).map_or(true, |config: Value| config.member(needed).is_unknown())
}

calls! {
    apply_resource_change => |target, source| {
        let kind = target.resource(source)?;
        let [config, prior, planned] = objects(source, &kind.ty)?;
        let request = request!(source, apply_resource_change {
            type_name: type_name(source, kind)?,
            config,
            prior_state: prior,
            planned_state: planned,
            planned_private: private(source)?,
            planned_identity: identity(source, kind)?,
            ..Default::default()
        });
        let prior = request.prior_state.clone();
        let answer = send!(target, apply_resource_change, request);
        // Whatever happened, there is a state to store: a new one, or the one that was sent.
        let stored = answer.new_state;
        assert!(stored == prior || stored.is_some_and(|state| target.is_of_a_type(&state)), "no state to store");
    }
    plan_resource_change => |target, source| {
        let kind = target.resource(source)?;
        let [config, prior, proposed] = objects(source, &kind.ty)?;
        let request = request!(source, plan_resource_change {
            type_name: type_name(source, kind)?,
            config,
            prior_state: prior,
            proposed_new_state: proposed,
            prior_private: private(source)?,
            prior_identity: identity(source, kind)?,
            ..Default::default()
        });
        let answer = send!(target, plan_resource_change, request);
        assert!(answer.planned_state.is_none_or(|state| target.is_of_a_type(&state)), "a plan of no type");
    }
    read_resource => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, read_resource {
            type_name: type_name(source, kind)?,
            current_state: dynamic(source, &kind.ty)?,
            private: private(source)?,
            current_identity: identity(source, kind)?,
            ..Default::default()
        });
        send!(target, read_resource, request);
    }
    validate_resource_config => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, validate_resource_config {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
            client_capabilities: Some(proto::ClientCapabilities {
                write_only_attributes_allowed: source.arbitrary()?,
                ..Default::default()
            }),
        });
        send!(target, validate_resource_config, request);
    }
    upgrade_resource_state => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, upgrade_resource_state {
            type_name: type_name(source, kind)?,
            version: source.int_in_range(-1..=3)?,
            raw_state: raw(source, &kind.ty)?,
        });
        send!(target, upgrade_resource_state, request);
    }
    upgrade_resource_identity => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, upgrade_resource_identity {
            type_name: type_name(source, kind)?,
            version: source.arbitrary()?,
            raw_identity: raw(source, &kind.identity)?,
        });
        send!(target, upgrade_resource_identity, request);
    }
    import_resource_state => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, import_resource_state {
            type_name: type_name(source, kind)?,
            id: values::text(source)?,
            identity: identity(source, kind)?,
            ..Default::default()
        });
        send!(target, import_resource_state, request);
    }
    move_resource_state => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, move_resource_state {
            source_type_name: values::text(source)?,
            target_type_name: type_name(source, kind)?,
            source_state: raw(source, &kind.ty)?,
            source_schema_version: source.arbitrary()?,
            ..Default::default()
        });
        send!(target, move_resource_state, request);
    }
    generate_resource_config => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, generate_resource_config {
            type_name: type_name(source, kind)?,
            state: dynamic(source, &kind.ty)?,
        });
        send!(target, generate_resource_config, request);
    }
    validate_data_resource_config => |target, source| {
        let kind = target.data_source(source)?;
        let request = request!(source, validate_data_resource_config {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
        });
        send!(target, validate_data_resource_config, request);
    }
    read_data_source => |target, source| {
        let kind = target.data_source(source)?;
        let request = request!(source, read_data_source {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
            ..Default::default()
        });
        send!(target, read_data_source, request);
    }
    call_function => |target, source| {
        let functions: Vec<_> = target.server.functions().map(|function| function.definition()).collect();
        let function = source.choose(&functions)?;
        let mut arguments = Vec::new();
        for parameter in function.parameters.iter().chain(&function.variadic) {
            arguments.extend(dynamic(source, &parameter.ty)?);
        }
        let name = if source.ratio(1, 16)? { values::text(source)? } else { function.name.to_owned() };
        let request = request!(source, call_function { name, arguments });
        send!(target, call_function, request);
    }
    validate_provider_config => |target, source| {
        let config = dynamic(source, target.server.provider_type())?;
        let request = request!(source, validate_provider_config { config });
        send!(target, validate_provider_config, request);
    }
    configure_provider => |target, source| {
        let ty = target.server.provider_type();
        let config = dynamic(source, ty)?;
        // A configuration that works would have it talk to whatever host it names.
        if !waits(config.as_ref(), ty, target.needed) {
            return Ok(());
        }
        send!(target, configure_provider, proto::configure_provider::Request {
            terraform_version: values::text(source)?,
            config,
            ..Default::default()
        });
        target.configure();
    }
    stop_provider => |target, source| {
        send!(target, stop_provider, request!(source, stop_provider {}));
    }
    get_metadata => |target, source| {
        send!(target, get_metadata, request!(source, get_metadata {}));
    }
    get_provider_schema => |target, source| {
        send!(target, get_provider_schema, request!(source, get_provider_schema {}));
    }
    get_resource_identity_schemas => |target, source| {
        send!(target, get_resource_identity_schemas, request!(source, get_resource_identity_schemas {}));
    }
    get_functions => |target, source| {
        send!(target, get_functions, request!(source, get_functions {}));
    }
    validate_ephemeral_resource_config => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, validate_ephemeral_resource_config {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
        });
        send!(target, validate_ephemeral_resource_config, request);
    }
    open_ephemeral_resource => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, open_ephemeral_resource {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
            ..Default::default()
        });
        send!(target, open_ephemeral_resource, request);
    }
    renew_ephemeral_resource => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, renew_ephemeral_resource {
            type_name: type_name(source, kind)?,
            private: Some(private(source)?),
        });
        send!(target, renew_ephemeral_resource, request);
    }
    close_ephemeral_resource => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, close_ephemeral_resource {
            type_name: type_name(source, kind)?,
            private: Some(private(source)?),
        });
        send!(target, close_ephemeral_resource, request);
    }
    validate_list_resource_config => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, validate_list_resource_config {
            type_name: type_name(source, kind)?,
            config: dynamic(source, &kind.ty)?,
            ..Default::default()
        });
        send!(target, validate_list_resource_config, request);
    }
    list_resource => |target, source| {
        let kind = target.resource(source)?;
        let type_name = type_name(source, kind)?;
        let config = dynamic(source, &kind.ty)?;
        open!(target, list_resource, proto::list_resource::Request { type_name, config, ..Default::default() });
    }
    validate_action_config => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, validate_action_config {
            type_name: type_name(source, kind)?,
            ..Default::default()
        });
        send!(target, validate_action_config, request);
    }
    plan_action => |target, source| {
        let kind = target.resource(source)?;
        let request = request!(source, plan_action {
            action_type: type_name(source, kind)?,
            ..Default::default()
        });
        send!(target, plan_action, request);
    }
    invoke_action => |target, source| {
        let kind = target.resource(source)?;
        let action_type = type_name(source, kind)?;
        open!(target, invoke_action, proto::invoke_action::Request { action_type, ..Default::default() });
    }
    validate_state_store_config => |target, source| {
        let request = request!(source, validate_state_store {
            type_name: values::text(source)?,
            ..Default::default()
        });
        send!(target, validate_state_store_config, request);
    }
    configure_state_store => |target, source| {
        let request = request!(source, configure_state_store {
            type_name: values::text(source)?,
            ..Default::default()
        });
        send!(target, configure_state_store, request);
    }
    read_state_bytes => |target, source| {
        let type_name = values::text(source)?;
        open!(target, read_state_bytes, proto::read_state_bytes::Request { type_name, ..Default::default() });
    }
    lock_state => |target, source| {
        let request = request!(source, lock_state {
            type_name: values::text(source)?,
            ..Default::default()
        });
        send!(target, lock_state, request);
    }
    unlock_state => |target, source| {
        let request = request!(source, unlock_state {
            type_name: values::text(source)?,
            ..Default::default()
        });
        send!(target, unlock_state, request);
    }
    get_states => |target, source| {
        let request = request!(source, get_states { type_name: values::text(source)? });
        send!(target, get_states, request);
    }
    delete_state => |target, source| {
        let request = request!(source, delete_state {
            type_name: values::text(source)?,
            ..Default::default()
        });
        send!(target, delete_state, request);
    }
}
