//! From bytes to values.

use std::collections::BTreeMap;

use super::reader::{Kind, Reader};
use super::refinement;
use crate::protocol::codec::{
    DecodeError, MAX_DEPTH, UNEXPECTED_ATTRIBUTE, mismatch, nfc, too_deep, wrong_length,
};
use crate::value::{Step, Type, Value};

/// Least number of bytes per type in the JSON notation of one, as in `"bool",`. Charged to the budget, types
/// cannot be used to get around it.
const BYTES_PER_TYPE: usize = 7;

/// Reads the one value of the type that the bytes hold.
///
/// Fails, naming the element, where the bytes are truncated, go on after the value, are not of the type, hold
/// a number that is not finite or text that is not UTF-8, or go beyond the limits on depth and count.
/// Strings come out in normal form C, sets sorted and without duplicates.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, ty, MAX_DEPTH)?;
    reader.finish()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    let depth = depth.checked_sub(1).ok_or_else(|| DecodeError::new(too_deep()))?;
    let kind = reader.peek()?;
    match (kind, ty) {
        (Kind::Nil, _) => reader.nil().map(|()| Value::Null),
        (Kind::Extension, _) => {
            let (number, payload) = reader.extension()?;
            refinement::decode(number, payload, ty).map(Value::Unknown)
        }
        (Kind::Array, Type::Dynamic) => dynamic(reader, depth),
        (Kind::Bool, Type::Bool) => reader.bool().map(Value::Bool),
        (Kind::Integer | Kind::Float | Kind::Text, Type::Number) => reader.number().map(Value::Number),
        (Kind::Text, Type::String) => reader.text().map(|text| Value::from(nfc(text))),
        (Kind::Array, Type::List(element)) => list(reader, element, depth),
        (Kind::Array, Type::Set(element)) => {
            let length = reader.array()?;
            let elements = (0..length).map(|_| value(reader, element, depth));
            Ok(Value::set(elements.collect::<Result<Vec<_>, _>>()?))
        }
        (Kind::Array, Type::Tuple(elements)) => tuple(reader, elements, depth),
        (Kind::Map, Type::Map(element)) => map(reader, element, depth),
        (Kind::Map, Type::Object(attributes, _)) => object(reader, attributes, depth),
        _ => Err(DecodeError::new(mismatch(ty, kind.name()))),
    }
}

fn dynamic(reader: &mut Reader<'_>, depth: usize) -> Result<Value, DecodeError> {
    let (2, Kind::Text | Kind::Bytes) = (reader.array()?, reader.peek()?) else {
        return Err(DecodeError::new("expected a type and a value of it"));
    };
    let json = reader.bytes()?;
    reader.charge(json.len() / BYTES_PER_TYPE)?;
    let ty = serde_json::from_slice(json).ok().and_then(|json| Type::from_json(&json).ok());
    let ty = ty.ok_or_else(|| DecodeError::new("expected a type in Terraform's JSON notation"))?;
    let value = value(reader, &ty, depth)?;
    // Dynamic within dynamic says nothing more than dynamic.
    Ok(if ty == Type::Dynamic { value } else { Value::Dynamic(Box::new((ty, value))) })
}

fn list(reader: &mut Reader<'_>, element: &Type, depth: usize) -> Result<Value, DecodeError> {
    let length = reader.array()?;
    let elements = (0..length)
        .map(|index| value(reader, element, depth).map_err(|error| error.within(Step::Index(index))));
    elements.collect::<Result<_, _>>().map(Value::List)
}

fn tuple(reader: &mut Reader<'_>, types: &[Type], depth: usize) -> Result<Value, DecodeError> {
    let length = reader.array()?;
    if length != types.len() {
        return Err(DecodeError::new(wrong_length(types.len(), length)));
    }
    let elements = types
        .iter()
        .enumerate()
        .map(|(index, ty)| value(reader, ty, depth).map_err(|error| error.within(Step::Index(index))));
    elements.collect::<Result<_, _>>().map(Value::List)
}

fn map(reader: &mut Reader<'_>, element: &Type, depth: usize) -> Result<Value, DecodeError> {
    let length = reader.map()?;
    let mut members = BTreeMap::new();
    for _ in 0..length {
        let key = nfc(reader.text()?);
        let member = value(reader, element, depth).map_err(|error| error.within_key(&key))?;
        insert_once(&mut members, key, member).map_err(|(key, error)| error.within_key(&key))?;
    }
    Ok(Value::Map(members))
}

fn object(
    reader: &mut Reader<'_>,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, DecodeError> {
    let length = reader.map()?;
    let mut members = BTreeMap::new();
    for _ in 0..length {
        let name = reader.text()?;
        let ty = attributes
            .get(name)
            .ok_or_else(|| DecodeError::new(UNEXPECTED_ATTRIBUTE).within_attribute(name))?;
        let member = value(reader, ty, depth).map_err(|error| error.within_attribute(name))?;
        insert_once(&mut members, name.to_owned(), member)
            .map_err(|(name, error)| error.within_attribute(&name))?;
    }
    match attributes.keys().find(|name| !members.contains_key(*name)) {
        Some(missing) => Err(DecodeError::new("the attribute is missing").within_attribute(missing)),
        None => Ok(Value::Map(members)),
    }
}

fn insert_once(
    members: &mut BTreeMap<String, Value>,
    name: String,
    value: Value,
) -> Result<(), (String, DecodeError)> {
    if members.contains_key(&name) {
        return Err((name, DecodeError::new("given twice")));
    }
    members.insert(name, value);
    Ok(())
}
