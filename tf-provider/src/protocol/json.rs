//! The encoding of values as JSON: prior states, and the alternative form of a `DynamicValue`.
//!
//! Prior states come as older versions of the provider, and older Terraforms, wrote them. So where a
//! primitive of another kind means the expected one without doubt (`"8080"` where a number belongs), it is
//! taken, as Terraform itself takes it; attributes that an object lacks are `null`. Unknown values have no
//! form in JSON.
//!
//! A map with the key `$serde_json::private::Number` is misread as a number, hence refused: the JSON parser
//! keeps that key for itself.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::codec::{
    Budget, DecodeError, EncodeError, MAX_DEPTH, UNEXPECTED_ATTRIBUTE, mismatch, name_of_value, nfc,
    too_deep, wrong_length,
};
use crate::value::{Number, Step, Type, Value};

/// What becomes of attributes that the type does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// They are an error.
    Reject,
    /// They are left out: for states whose schema had more attributes than today's.
    Ignore,
}

/// Reads the one value of the type that the JSON text holds.
///
/// Fails, naming the element, where the text is no JSON or not of the type, or goes beyond the limits on
/// depth and count. Strings come out in normal form C, sets sorted and without duplicates.
pub fn decode(bytes: &[u8], ty: &Type, unknown_attributes: Extra) -> Result<Value, DecodeError> {
    read(&parse(bytes)?, ty, unknown_attributes, MAX_DEPTH)
}

/// Reads JSON of no certain type, within the limit on count.
pub(super) fn parse(bytes: &[u8]) -> Result<Json, DecodeError> {
    Budget::full().take(count_values(bytes))?;
    serde_json::from_slice(bytes).map_err(|error| {
        // The parser's own text could quote the content.
        DecodeError::new(format!("not JSON (line {}, column {})", error.line(), error.column()))
    })
}

/// As [`decode`], of what is parsed already.
pub(super) fn from_parsed(json: &Json, ty: &Type, unknown_attributes: Extra) -> Result<Value, DecodeError> {
    read(json, ty, unknown_attributes, MAX_DEPTH)
}

/// An upper bound of the values in the text, without parsing it.
fn count_values(bytes: &[u8]) -> usize {
    let (mut count, mut quoted, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

fn read(json: &Json, ty: &Type, extra: Extra, depth: usize) -> Result<Value, DecodeError> {
    let depth = depth.checked_sub(1).ok_or_else(|| DecodeError::new(too_deep()))?;
    match (ty, json) {
        (Type::Dynamic, Json::Object(members)) => dynamic(members, extra, depth),
        (_, Json::Null) => Ok(Value::Null),
        (Type::Bool, _) => read_bool(json).map(Value::Bool).ok_or_else(|| wrong(json, ty)),
        (Type::Number, Json::Number(number)) => read_number(&number.to_string()),
        (Type::Number, Json::String(text)) => read_number(text),
        (Type::String, Json::String(text)) => Ok(Value::from(nfc(text))),
        (Type::String, Json::Number(number)) => Ok(Value::from(number.to_string())),
        (Type::String, Json::Bool(flag)) => Ok(Value::from(flag.to_string())),
        (Type::List(element), Json::Array(elements)) => {
            let elements = elements.iter().enumerate().map(|(index, each)| {
                read(each, element, extra, depth).map_err(|error| error.within(Step::Index(index)))
            });
            elements.collect::<Result<_, _>>().map(Value::List)
        }
        (Type::Set(element), Json::Array(elements)) => {
            let elements = elements.iter().map(|each| read(each, element, extra, depth));
            elements.collect::<Result<Vec<_>, _>>().map(Value::set)
        }
        (Type::Tuple(types), Json::Array(elements)) => {
            if types.len() != elements.len() {
                return Err(DecodeError::new(wrong_length(types.len(), elements.len())));
            }
            let elements = types.iter().zip(elements).enumerate().map(|(index, (ty, each))| {
                read(each, ty, extra, depth).map_err(|error| error.within(Step::Index(index)))
            });
            elements.collect::<Result<_, _>>().map(Value::List)
        }
        (Type::Map(element), Json::Object(members)) => {
            let members = members.iter().map(|(key, member)| {
                let key = nfc(key);
                match read(member, element, extra, depth) {
                    Ok(member) => Ok((key, member)),
                    Err(error) => Err(error.within_key(&key)),
                }
            });
            members.collect::<Result<_, _>>().map(Value::Map)
        }
        (Type::Object(attributes, _), Json::Object(members)) => object(attributes, members, extra, depth),
        _ => Err(wrong(json, ty)),
    }
}

fn object(
    attributes: &BTreeMap<String, Type>,
    members: &serde_json::Map<String, Json>,
    extra: Extra,
    depth: usize,
) -> Result<Value, DecodeError> {
    if extra == Extra::Reject
        && let Some(name) = members.keys().find(|name| !attributes.contains_key(*name))
    {
        return Err(DecodeError::new(UNEXPECTED_ATTRIBUTE).within_attribute(name));
    }
    let values = attributes.iter().map(|(name, ty)| {
        let value = members.get(name).map_or(Ok(Value::Null), |member| read(member, ty, extra, depth));
        value.map(|value| (name.clone(), value)).map_err(|error| error.within_attribute(name))
    });
    values.collect::<Result<_, _>>().map(Value::Map)
}

fn dynamic(
    members: &serde_json::Map<String, Json>,
    extra: Extra,
    depth: usize,
) -> Result<Value, DecodeError> {
    let (Some(ty), Some(value), 2) = (members.get("type"), members.get("value"), members.len()) else {
        return Err(DecodeError::new("expected a type and a value of it"));
    };
    let ty =
        Type::from_json(ty).map_err(|_| DecodeError::new("expected a type in Terraform's JSON notation"))?;
    let value = read(value, &ty, extra, depth)?;
    // Dynamic within dynamic says nothing more than dynamic.
    Ok(if ty == Type::Dynamic { value } else { Value::Dynamic(Box::new((ty, value))) })
}

fn read_bool(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn read_number(text: &str) -> Result<Value, DecodeError> {
    let number: Number = text.parse().map_err(|error| DecodeError::new(format!("{error}")))?;
    Ok(Value::Number(number))
}

fn wrong(json: &Json, ty: &Type) -> DecodeError {
    let found = match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    };
    DecodeError::new(mismatch(ty, found))
}

/// Writes the value as one of the type.
///
/// Fails, naming the element, where the value is not of the type or not known. An attribute that an object
/// lacks is written as `null`; one that its type does not name is an error.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    Ok(write(value, ty, MAX_DEPTH)?.to_string().into_bytes())
}

fn write(value: &Value, ty: &Type, depth: usize) -> Result<Json, EncodeError> {
    let depth = depth.checked_sub(1).ok_or_else(|| EncodeError::new(too_deep()))?;
    match (ty, value) {
        (_, Value::Null) => Ok(Json::Null),
        (_, Value::Unknown(_)) => Err(EncodeError::new("not known, which JSON cannot say")),
        (Type::Dynamic, Value::Dynamic(inner)) => {
            let (ty, value) = &**inner;
            let json = write(value, ty, depth)?;
            // Dynamic within dynamic says nothing more than dynamic.
            Ok(if *ty == Type::Dynamic { json } else { pair(ty, json) })
        }
        (Type::Bool, Value::Bool(flag)) => Ok(Json::Bool(*flag)),
        (Type::Number, Value::Number(number)) => {
            let number = number.to_string().parse().map(Json::Number);
            number.map_err(|_| EncodeError::new("a number that JSON cannot hold"))
        }
        (Type::String, Value::String(text)) => Ok(Json::String(text.to_string())),
        (Type::List(element), Value::List(elements)) => {
            let elements = elements.iter().enumerate().map(|(index, each)| {
                write(each, element, depth).map_err(|error| error.within(Step::Index(index)))
            });
            elements.collect()
        }
        (Type::Set(element), Value::Set(elements)) => {
            elements.iter().map(|each| write(each, element, depth)).collect()
        }
        (Type::Tuple(types), Value::List(elements)) => {
            if types.len() != elements.len() {
                return Err(EncodeError::new(wrong_length(types.len(), elements.len())));
            }
            let elements = types.iter().zip(elements).enumerate().map(|(index, (ty, each))| {
                write(each, ty, depth).map_err(|error| error.within(Step::Index(index)))
            });
            elements.collect()
        }
        (Type::Map(element), Value::Map(members)) => {
            let members = members.iter().map(|(key, member)| {
                let json = write(member, element, depth).map_err(|error| error.within_key(key))?;
                Ok((key.clone(), json))
            });
            members.collect::<Result<_, _>>().map(Json::Object)
        }
        (Type::Object(attributes, _), Value::Map(members)) => {
            if let Some(name) = members.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(EncodeError::new(UNEXPECTED_ATTRIBUTE).within_attribute(name));
            }
            let members = attributes.iter().map(|(name, ty)| {
                let member = members.get(name).unwrap_or(&Value::Null);
                let json = write(member, ty, depth).map_err(|error| error.within_attribute(name))?;
                Ok((name.clone(), json))
            });
            members.collect::<Result<_, _>>().map(Json::Object)
        }
        _ => Err(EncodeError::new(mismatch(ty, name_of_value(value)))),
    }
}

fn pair(ty: &Type, value: Json) -> Json {
    [("type".to_owned(), ty.to_json()), ("value".to_owned(), value)].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::arbitrary::{Unknowns, any_type, any_typed};

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    /// The text is the value, in both directions.
    #[track_caller]
    fn check(json: &str, ty: &Type, value: &Value) {
        check_reads(json, ty, value);
        assert_eq!(String::from_utf8(encode(value, ty).unwrap()).unwrap(), json);
    }

    /// The text is another way to write the value.
    #[track_caller]
    fn check_reads(json: &str, ty: &Type, value: &Value) {
        assert_eq!(decode(json.as_bytes(), ty, Extra::Reject).as_ref(), Ok(value), "{json}");
    }

    #[track_caller]
    fn check_refused(json: &str, ty: &Type, expect: &str) {
        let error = decode(json.as_bytes(), ty, Extra::Reject).unwrap_err();
        assert_eq!(error.to_string(), expect, "{json}");
    }

    #[test]
    fn values_are_exact() {
        check("0.1", &Type::Number, &number("0.1"));
        check("1000000000000000000000000000001", &Type::Number, &number("1000000000000000000000000000001"));
        check_reads("1e30", &Type::Number, &number("1e30"));
        check(r#"["a",null]"#, &Type::list(Type::String), &Value::List(vec!["a".into(), Value::Null]));
        check("[88,443]", &Type::set(Type::Number), &Value::set([443.into(), 88.into()]));
        check_reads("[1,1.0]", &Type::set(Type::Number), &Value::set([1.into()]));
        check(r#"{"k":true}"#, &Type::map(Type::Bool), &Value::object([("k", true.into())]));
        check_reads("\"e\u{301}\"", &Type::String, &"é".into());
        let pair = Type::Tuple(vec![Type::Bool, Type::Number]);
        check("[true,5]", &pair, &Value::List(vec![true.into(), 5.into()]));
        let typed = Value::Dynamic(Box::new((Type::String, "hi".into())));
        check(r#"{"type":"string","value":"hi"}"#, &Type::Dynamic, &typed);
        check("null", &Type::Dynamic, &Value::Null);
    }

    #[test]
    fn primitives_of_older_states_are_read() {
        check_reads(r#""8080""#, &Type::Number, &8080.into());
        check_reads("8080", &Type::String, &"8080".into());
        check_reads("true", &Type::String, &"true".into());
        check_reads(r#""false""#, &Type::Bool, &false.into());
        check_reads(r#""1""#, &Type::Bool, &true.into());
    }

    #[test]
    fn attributes_may_be_missing_but_not_unknown() {
        let ty = Type::object([("a", Type::Bool), ("b", Type::object([("c", Type::Bool)]))]);
        let value = Value::object([("a", Value::Null), ("b", Value::object([("c", true.into())]))]);
        check_reads(r#"{"b":{"c":true}}"#, &ty, &value);
        let extra = r#"{"b":{"c":true,"old":1},"older":[]}"#;
        assert_eq!(decode(extra.as_bytes(), &ty, Extra::Ignore), Ok(value));
        check_refused(extra, &ty, "older: the schema has no attribute of this name");
        check_refused(r#"{"b":{"x":1}}"#, &ty, "b.x: the schema has no attribute of this name");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        check_refused(r#"["a",{}]"#, &Type::list(Type::String), "[1]: expected a string, found an object");
        check_refused(r#"{"k":2}"#, &Type::map(Type::Bool), r#"["k"]: expected a bool, found a number"#);
        check_refused("[]", &Type::Tuple(vec![Type::Bool]), "expected a tuple of 1 elements, found 0");
        check_refused(r#""hunter2""#, &Type::Number, "not a decimal number of at most 4096 digits");
        check_refused("1e999999999", &Type::Number, "not a decimal number of at most 4096 digits");
        check_refused(r#"{"value":1}"#, &Type::Dynamic, "expected a type and a value of it");
        check_refused(
            r#"{"type":"int","value":1}"#,
            &Type::Dynamic,
            "expected a type in Terraform's JSON notation",
        );
        check_refused("true true", &Type::Bool, "not JSON (line 1, column 6)");
        check_refused("", &Type::Bool, "not JSON (line 1, column 0)");
        let deep = "[".repeat(1_000_000);
        check_refused(&deep, &Type::Bool, "not JSON (line 1, column 128)");
        let many = format!("[{}0]", "0,".repeat(3_000_000));
        check_refused(&many, &Type::list(Type::Bool), "more than 2097152 values");
    }

    #[test]
    fn commas_within_strings_are_no_values() {
        assert_eq!(count_values(br#"["a,[{\",,",1,{}]"#), 5);
    }

    #[test]
    fn what_is_not_known_cannot_be_written() {
        let ty = Type::object([("a", Type::list(Type::Bool))]);
        let value = Value::object([("a", Value::List(vec![Value::UNKNOWN]))]);
        assert_eq!(encode(&value, &ty).unwrap_err().to_string(), "a[0]: not known, which JSON cannot say");
        let value = Value::object([("b", Value::Null)]);
        assert_eq!(encode(&value, &ty).unwrap_err().path().to_string(), "b");
    }

    proptest! {
        #[test]
        fn values_survive((ty, value) in any_typed(Unknowns::None)) {
            let bytes = encode(&value, &ty).unwrap();
            prop_assert_eq!(decode(&bytes, &ty, Extra::Reject), Ok(value));
        }

        #[test]
        fn arbitrary_text_never_panics(json in "[\\[\\]{}:,\"a-z0-9\\\\.e+-]{0,40}", ty in any_type()) {
            if let Ok(value) = decode(json.as_bytes(), &ty, Extra::Ignore) {
                prop_assert!(encode(&value, &ty).is_ok());
            }
        }

        #[test]
        fn documents_of_another_type_never_panic(
            (_, value) in any_typed(Unknowns::None),
            ty in any_type(),
        ) {
            let json = value.to_json().to_string();
            if let Ok(value) = decode(json.as_bytes(), &ty, Extra::Ignore) {
                prop_assert!(encode(&value, &ty).is_ok());
            }
        }
    }

    #[test]
    fn untyped_documents_are_bounded_too() {
        let many = format!("[{}0]", "0,".repeat(1 << 21));
        assert!(parse(many.as_bytes()).unwrap_err().to_string().contains("more than"));
        assert_eq!(parse(b"[1]").unwrap(), serde_json::json!([1]));
    }
}
