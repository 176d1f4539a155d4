//! Values of a type, and their encodings, by the choice of a [`Source`].

use std::collections::BTreeMap;

use arbitrary::Result;
use tf_provider::protocol::{json, msgpack};
use tf_provider::value::{Bound, Refinement, Type, Value};

use crate::Source;

/// Texts that some argument takes for more than any text, and texts that are next to one.
const WORDS: &[&str] = &[
    "",
    "corp.example.com",
    "CORP",
    "d-1234567890",
    "d-1234567890/onprem.example.org",
    "toy-bear",
    "bear",
    "Red",
    "slow",
    "broken",
    "Standard",
    "Enterprise",
    "Two-Way",
    "One-Way: Outgoing",
    "Forest",
    "External",
    "rolling",
    "none",
    "aurora-demo",
    "aurora-directory-access",
    "subnet-0a1b2c3d4e5f60001",
    "subnet-0a1b2c3d4e5f60002",
    "10.1.0.10",
    "10.1.0.10:88",
    "2001:db8::1",
    "arn:aws:iam::111122223333:role/aurora",
    "arn:aws:rds:us-east-1:111122223333:cluster:aurora-demo",
    "{\"Version\":\"2012-10-17\",\"Statement\":[]}",
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":[\"rds.amazonaws.com\"]}}}",
    "1h30m",
    "8760h",
    "10h",
    "7d",
    "true",
    "hardened",
    "aes256-cts-hmac-sha1-96",
    "EXAMPLE.COM",
    ".example.com",
    "user@EXAMPLE.COM",
    "demo.cluster-abc.us-east-1.rds.amazonaws.com",
    "aurorakerberos:owner",
    "e\u{301}",
];

/// How deep values of dynamic type nest.
const DYNAMICS: u32 = 2;

pub(crate) fn text(source: &mut Source<'_>) -> Result<String> {
    if source.arbitrary::<bool>()? {
        return source.choose(WORDS).map(|word| (*word).to_owned());
    }
    let length = source.int_in_range(0..=40_usize)?;
    let bytes = source.bytes(length.min(source.len()))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A value of the type: null, unknown, or known with members that are the same.
pub(crate) fn value(source: &mut Source<'_>, ty: &Type) -> Result<Value> {
    of(source, ty, DYNAMICS)
}

fn of(source: &mut Source<'_>, ty: &Type, dynamics: u32) -> Result<Value> {
    match source.int_in_range(0..=7_u8)? {
        0 => return Ok(Value::Null),
        1 => return Ok(Value::Unknown(refinement(source, ty)?)),
        _ => {}
    }
    Ok(match ty {
        Type::Bool => Value::Bool(source.arbitrary()?),
        Type::Number => number(source)?,
        Type::String => Value::from(text(source)?),
        Type::Dynamic if dynamics == 0 => Value::Null,
        Type::Dynamic => {
            let types =
                [Type::String, Type::Number, Type::list(Type::Dynamic), Type::map(Type::set(Type::Bool))];
            let ty = source.choose(&types)?;
            Value::Dynamic(Box::new((ty.clone(), of(source, ty, dynamics - 1)?)))
        }
        Type::List(element) => Value::List(elements(source, element, dynamics)?),
        Type::Set(element) => Value::set(elements(source, element, dynamics)?),
        Type::Map(element) => {
            let mut members = BTreeMap::new();
            for _ in 0..source.int_in_range(0..=3_u8)? {
                members.insert(text(source)?, of(source, element, dynamics)?);
            }
            Value::Map(members)
        }
        Type::Tuple(types) => {
            Value::List(types.iter().map(|ty| of(source, ty, dynamics)).collect::<Result<_>>()?)
        }
        Type::Object(types, _) => {
            let members = types.iter().map(|(name, ty)| Ok((name.clone(), of(source, ty, dynamics)?)));
            Value::Map(members.collect::<Result<_>>()?)
        }
    })
}

fn elements(source: &mut Source<'_>, ty: &Type, dynamics: u32) -> Result<Vec<Value>> {
    let count = source.int_in_range(0..=3_u8)?;
    (0..count).map(|_| of(source, ty, dynamics)).collect()
}

fn number(source: &mut Source<'_>) -> Result<Value> {
    let texts = ["1e4000", "-0", "0.1", "9223372036854775808", "-1e-400", "18446744073709551616"];
    Ok(match source.int_in_range(0..=2_u8)? {
        0 => Value::from(source.int_in_range(-2..=130_i64)?),
        1 => Value::from(source.arbitrary::<i64>()?),
        _ => source.choose(&texts)?.parse().map_or(Value::Null, Value::Number),
    })
}

fn refinement(source: &mut Source<'_>, ty: &Type) -> Result<Refinement> {
    let mut known = Refinement::NONE;
    if *ty == Type::Dynamic || !source.arbitrary::<bool>()? {
        return Ok(known);
    }
    known.null = Some(false);
    match ty {
        Type::String => known.prefix = Some(text(source)?),
        Type::Number => {
            let number = source.arbitrary::<i32>()?;
            known.lower = Some(Bound { number: i64::from(number).into(), inclusive: source.arbitrary()? });
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) => known.max_length = Some(source.arbitrary()?),
        _ => {}
    }
    Ok(known)
}

/// MessagePack of a value of the type, in half of all cases with some bytes changed, cut off or added.
pub(crate) fn encoded(source: &mut Source<'_>, ty: &Type) -> Result<Vec<u8>> {
    let value = value(source, ty)?;
    let bytes = msgpack::encode(&value, ty).unwrap_or_else(|error| panic!("a value of the type: {error}"));
    bent(source, bytes)
}

/// JSON of a value of the type as a state file has it, in half of all cases bent.
pub(crate) fn encoded_as_json(source: &mut Source<'_>, ty: &Type) -> Result<Vec<u8>> {
    // What is unknown has no form in JSON.
    let bytes = json::encode(&value(source, ty)?, ty).unwrap_or_else(|_| b"{}".to_vec());
    bent(source, bytes)
}

fn bent(source: &mut Source<'_>, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    if source.arbitrary::<bool>()? || bytes.is_empty() {
        return Ok(bytes);
    }
    for _ in 0..source.int_in_range(1..=4_u8)? {
        let at = source.int_in_range(0..=bytes.len() - 1)?;
        match source.int_in_range(0..=3_u8)? {
            0 => bytes[at] = source.arbitrary()?,
            1 => bytes.insert(at, source.arbitrary()?),
            2 => bytes.truncate(at + 1),
            _ => {
                let length = source.int_in_range(1..=8.min(bytes.len() - at))?;
                let piece = bytes[at..at + length].to_vec();
                bytes.extend(piece);
            }
        }
    }
    Ok(bytes)
}
