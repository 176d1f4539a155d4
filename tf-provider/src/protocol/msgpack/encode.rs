//! From values to bytes.

use std::collections::BTreeMap;

use rmp::encode as wire;
use rmp::encode::ByteBuf;

use super::refinement;
use crate::protocol::codec::{
    EncodeError, MAX_DEPTH, UNEXPECTED_ATTRIBUTE, mismatch, name_of_value, too_deep, wrong_length,
};
use crate::value::{Number, Step, Type, Value};

/// Writes the value as one of the type.
///
/// Fails, naming the element, where the value is not of the type: then the code that made it has a bug. An
/// attribute that an object lacks is written as `null`; one that its type does not name is an error.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut out = ByteBuf::new();
    write(&mut out, value, ty, MAX_DEPTH)?;
    Ok(out.into_vec())
}

fn write(out: &mut ByteBuf, value: &Value, ty: &Type, depth: usize) -> Result<(), EncodeError> {
    let depth = depth.checked_sub(1).ok_or_else(|| EncodeError::new(too_deep()))?;
    match (ty, value) {
        (_, Value::Null) => {
            let Ok(()) = wire::write_nil(out);
            Ok(())
        }
        (_, Value::Unknown(known)) => refinement::encode(out, known, ty),
        (Type::Dynamic, Value::Dynamic(inner)) => dynamic(out, &inner.0, &inner.1, depth),
        (Type::Bool, Value::Bool(flag)) => {
            let Ok(()) = wire::write_bool(out, *flag);
            Ok(())
        }
        (Type::Number, Value::Number(number)) => write_number(out, number),
        (Type::String, Value::String(text)) => write_text(out, text),
        (Type::List(element), Value::List(elements)) => {
            write_array_length(out, elements.len())?;
            elements.iter().enumerate().try_for_each(|(index, each)| {
                write(out, each, element, depth).map_err(|error| error.within(Step::Index(index)))
            })
        }
        (Type::Set(element), Value::Set(elements)) => {
            write_array_length(out, elements.len())?;
            elements.iter().try_for_each(|each| write(out, each, element, depth))
        }
        (Type::Tuple(types), Value::List(elements)) => tuple(out, types, elements, depth),
        (Type::Map(element), Value::Map(members)) => {
            write_map_length(out, members.len())?;
            members.iter().try_for_each(|(key, member)| {
                write_text(out, key)?;
                write(out, member, element, depth).map_err(|error| error.within_key(key))
            })
        }
        (Type::Object(attributes, _), Value::Map(members)) => object(out, attributes, members, depth),
        _ => Err(EncodeError::new(mismatch(ty, name_of_value(value)))),
    }
}

fn dynamic(out: &mut ByteBuf, ty: &Type, value: &Value, depth: usize) -> Result<(), EncodeError> {
    // Dynamic within dynamic says nothing more than dynamic, and Terraform never writes it.
    if *ty == Type::Dynamic {
        return write(out, value, ty, depth);
    }
    write_array_length(out, 2)?;
    let json = ty.to_json().to_string();
    length(json.len())?;
    let Ok(()) = wire::write_bin(out, json.as_bytes());
    write(out, value, ty, depth)
}

fn tuple(out: &mut ByteBuf, types: &[Type], elements: &[Value], depth: usize) -> Result<(), EncodeError> {
    if types.len() != elements.len() {
        return Err(EncodeError::new(wrong_length(types.len(), elements.len())));
    }
    write_array_length(out, elements.len())?;
    types.iter().zip(elements).enumerate().try_for_each(|(index, (ty, each))| {
        write(out, each, ty, depth).map_err(|error| error.within(Step::Index(index)))
    })
}

fn object(
    out: &mut ByteBuf,
    attributes: &BTreeMap<String, Type>,
    members: &BTreeMap<String, Value>,
    depth: usize,
) -> Result<(), EncodeError> {
    if let Some(name) = members.keys().find(|name| !attributes.contains_key(*name)) {
        return Err(EncodeError::new(UNEXPECTED_ATTRIBUTE).within_attribute(name));
    }
    write_map_length(out, attributes.len())?;
    attributes.iter().try_for_each(|(name, ty)| {
        write_text(out, name)?;
        let member = members.get(name).unwrap_or(&Value::Null);
        write(out, member, ty, depth).map_err(|error| error.within_attribute(name))
    })
}

/// An integer where 64 bits hold it, else decimal text. Never a float: Terraform would take the binary
/// neighbour of 0.1 for a number that differs from the configuration's.
pub(super) fn write_number(out: &mut ByteBuf, number: &Number) -> Result<(), EncodeError> {
    if let Some(integer) = number.to_i64() {
        let Ok(_) = wire::write_sint(out, integer);
    } else if let Some(integer) = number.to_u64() {
        let Ok(_) = wire::write_uint(out, integer);
    } else {
        write_text(out, &number.to_string())?;
    }
    Ok(())
}

pub(super) fn write_text(out: &mut ByteBuf, text: &str) -> Result<(), EncodeError> {
    length(text.len())?;
    let Ok(()) = wire::write_str(out, text);
    Ok(())
}

fn write_array_length(out: &mut ByteBuf, elements: usize) -> Result<(), EncodeError> {
    let Ok(_) = wire::write_array_len(out, length(elements)?);
    Ok(())
}

fn write_map_length(out: &mut ByteBuf, members: usize) -> Result<(), EncodeError> {
    let Ok(_) = wire::write_map_len(out, length(members)?);
    Ok(())
}

/// A length as the wire holds it.
pub(super) fn length(elements: usize) -> Result<u32, EncodeError> {
    u32::try_from(elements).map_err(|_| EncodeError::new("too long for the wire"))
}
