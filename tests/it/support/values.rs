//! Between the JSON of a test and the values of the protocol.

use serde_json::Value as Json;
use tf_provider::value::{Type, Value};

use super::schema::{Kind, Member, Nesting};

/// What no configuration holds by accident: a control character in front.
const UNKNOWN: &str = "\u{1}unknown";

/// A value that is known only after the apply of something else, to be put anywhere in a configuration.
pub(crate) fn unknown() -> Json {
    Json::String(UNKNOWN.to_owned())
}

/// The configuration of a block, as core would evaluate it: what is absent is null, blocks that are absent are none.
///
/// Panics where the JSON does not fit the schema: that is an error of the test, which Terraform would not even send.
pub(super) fn configuration(members: &[Member], json: &Json, at: &str) -> Value {
    let Json::Object(given) = json else { panic!("{at}: an object is needed, not {json}") };
    for name in given.keys() {
        assert!(members.iter().any(|member| member.name == *name), "{at}: no attribute {name:?}");
    }
    Value::object(members.iter().map(|member| {
        let json = given.get(&member.name).unwrap_or(&Json::Null);
        (member.name.clone(), member_value(member, json, &format!("{at}.{}", member.name)))
    }))
}

fn member_value(member: &Member, json: &Json, at: &str) -> Value {
    let (nesting, members, is_block) = match &member.kind {
        Kind::Plain(ty) => return typed(ty, json, at),
        Kind::Nested(nesting, members) => (*nesting, members, false),
        Kind::Block(nesting, members) => (*nesting, members, true),
    };
    let object = |json: &Json| configuration(members, json, at);
    match (nesting, json) {
        (_, Json::String(text)) if text == UNKNOWN && !is_block => Value::UNKNOWN,
        (Nesting::List, Json::Null) if is_block => Value::List(Vec::new()),
        (Nesting::Set, Json::Null) if is_block => Value::set([]),
        (Nesting::Map, Json::Null) if is_block => Value::Map(std::collections::BTreeMap::new()),
        (_, Json::Null) => Value::Null,
        (Nesting::Single, json) => object(json),
        (Nesting::List, Json::Array(elements)) => Value::List(elements.iter().map(object).collect()),
        (Nesting::Set, Json::Array(elements)) => Value::set(elements.iter().map(object)),
        // One block of a kind that may be repeated is written like one of a kind that may not.
        (Nesting::List, json @ Json::Object(_)) if is_block => Value::List(vec![object(json)]),
        (Nesting::Set, json @ Json::Object(_)) if is_block => Value::set([object(json)]),
        (Nesting::Map, Json::Object(elements)) => {
            Value::object(elements.iter().map(|(key, json)| (key.clone(), object(json))))
        }
        (_, json) => panic!("{at}: {json} does not fit"),
    }
}

/// A value of that type.
pub(super) fn typed(ty: &Type, json: &Json, at: &str) -> Value {
    match (ty, json) {
        (_, Json::Null) => Value::Null,
        (_, Json::String(text)) if text == UNKNOWN => Value::UNKNOWN,
        (Type::Bool, Json::Bool(flag)) => (*flag).into(),
        (Type::Number, Json::Number(number)) => Value::Number(number.to_string().parse().expect("a number")),
        (Type::String, Json::String(text)) => text.as_str().into(),
        (Type::List(element), Json::Array(elements)) => {
            Value::List(elements.iter().map(|json| typed(element, json, at)).collect())
        }
        (Type::Set(element), Json::Array(elements)) => {
            Value::set(elements.iter().map(|json| typed(element, json, at)))
        }
        (Type::Tuple(types), Json::Array(elements)) if types.len() == elements.len() => {
            Value::List(types.iter().zip(elements).map(|(ty, json)| typed(ty, json, at)).collect())
        }
        (Type::Map(element), Json::Object(members)) => {
            Value::object(members.iter().map(|(key, json)| (key.clone(), typed(element, json, at))))
        }
        (Type::Object(types, optional), Json::Object(members)) => {
            let extra = members.keys().find(|name| !types.contains_key(*name));
            // Core drops what the type does not name: conversion to an object type does so.
            assert!(extra.is_none() || !optional.is_empty(), "{at}: no attribute {extra:?}");
            Value::object(types.iter().map(|(name, ty)| {
                let json = members.get(name).unwrap_or(&Json::Null);
                (name.clone(), typed(ty, json, &format!("{at}.{name}")))
            }))
        }
        (Type::Dynamic, json) => {
            let ty = type_of(json);
            let value = typed(&ty, json, at);
            Value::Dynamic(Box::new((ty, value)))
        }
        (ty, json) => panic!("{at}: {json} is no {ty}"),
    }
}

/// The type that a literal of HCL has.
fn type_of(json: &Json) -> Type {
    match json {
        Json::Null => Type::Dynamic,
        Json::Bool(_) => Type::Bool,
        Json::Number(_) => Type::Number,
        Json::String(_) => Type::String,
        Json::Array(elements) => Type::Tuple(elements.iter().map(type_of).collect()),
        Json::Object(members) => {
            Type::object(members.iter().map(|(name, json)| (name.clone(), type_of(json))))
        }
    }
}
