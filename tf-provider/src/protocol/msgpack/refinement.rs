//! Unknown values: a MessagePack extension, whose payload may say what is already certain.
//!
//! The payload is a map with small integers as keys. Keys that are not known here are passed over, as the
//! format asks: knowing less about an unknown value is never wrong.

use rmp::encode as wire;
use rmp::encode::ByteBuf;

use super::encode::{length, write_number, write_text};
use super::reader::{Kind, Reader};
use crate::protocol::codec::{DecodeError, EncodeError, nfc};
use crate::value::{Bound, Refinement, Type};

/// The extension that carries a refinement.
const REFINED: i8 = 12;

const NULLNESS: u64 = 1;
const STRING_PREFIX: u64 = 2;
const NUMBER_LOWER: u64 = 3;
const NUMBER_UPPER: u64 = 4;
const LENGTH_MIN: u64 = 5;
const LENGTH_MAX: u64 = 6;

/// Terraform refuses a longer payload, in bytes.
const MAX_PAYLOAD: usize = 1024;

/// Longest part of a payload that is written, in bytes: with it no payload exceeds [`MAX_PAYLOAD`], since a
/// string has one such part and a number two. Terraform cuts its own prefixes here as well.
const MAX_PART: usize = 256;

/// Reads the payload of an extension that stands for an unknown value of the type.
///
/// Every extension is an unknown value; only the one of refinements, with more than the customary single
/// byte, says anything about it.
pub(super) fn decode(number: i8, payload: &[u8], ty: &Type) -> Result<Refinement, DecodeError> {
    if number != REFINED || payload.len() <= 1 {
        return Ok(Refinement::NONE);
    }
    if payload.len() > MAX_PAYLOAD {
        return Err(DecodeError::new(format!("a refinement of more than {MAX_PAYLOAD} bytes")));
    }
    let mut reader = Reader::new(payload);
    let mut known = Refinement::NONE;
    for _ in 0..reader.map()? {
        match reader.unsigned()? {
            NULLNESS => known.null = Some(reader.bool()?),
            STRING_PREFIX => known.prefix = Some(nfc(reader.text()?)),
            NUMBER_LOWER => known.lower = Some(read_bound(&mut reader)?),
            NUMBER_UPPER => known.upper = Some(read_bound(&mut reader)?),
            LENGTH_MIN => known.min_length = Some(reader.unsigned()?),
            LENGTH_MAX => known.max_length = Some(reader.unsigned()?),
            _ => reader.skip()?,
        }
    }
    reader.finish()?;
    if !applies(&known, ty) {
        return Err(DecodeError::new("a refinement that does not apply to the type"));
    }
    // Of a value whose type is open nothing can be certain; Terraform ignores it there, too.
    Ok(if *ty == Type::Dynamic { Refinement::NONE } else { known })
}

fn read_bound(reader: &mut Reader<'_>) -> Result<Bound, DecodeError> {
    let (Kind::Array, 2) = (reader.peek()?, reader.array()?) else {
        return Err(DecodeError::new("expected a number and whether it is included"));
    };
    Ok(Bound { number: reader.number()?, inclusive: reader.bool()? })
}

/// Writes an unknown value of the type.
///
/// Fails where the refinement does not apply to the type. What is too long for the wire is written shorter
/// or not at all.
pub(super) fn encode(out: &mut ByteBuf, known: &Refinement, ty: &Type) -> Result<(), EncodeError> {
    if !applies(known, ty) {
        return Err(EncodeError::new("a refinement that does not apply to the type"));
    }
    let parts = if *ty == Type::Dynamic { Vec::new() } else { parts(known)? };
    if parts.is_empty() {
        let Ok(_) = wire::write_ext_meta(out, 1, 0);
        out.as_mut_vec().push(0);
        return Ok(());
    }
    let mut payload = ByteBuf::new();
    let Ok(_) = wire::write_map_len(&mut payload, length(parts.len())?);
    for (key, part) in parts {
        let Ok(_) = wire::write_uint(&mut payload, key);
        payload.as_mut_vec().extend_from_slice(part.as_slice());
    }
    let Ok(_) = wire::write_ext_meta(out, length(payload.as_slice().len())?, REFINED);
    out.as_mut_vec().extend_from_slice(payload.as_slice());
    Ok(())
}

fn parts(known: &Refinement) -> Result<Vec<(u64, ByteBuf)>, EncodeError> {
    let mut parts = Vec::new();
    if let Some(null) = known.null {
        let mut part = ByteBuf::new();
        let Ok(()) = wire::write_bool(&mut part, null);
        parts.push((NULLNESS, part));
    }
    if let Some(prefix) = &known.prefix {
        let mut part = ByteBuf::new();
        write_text(&mut part, &prefix[..prefix.floor_char_boundary(MAX_PART)])?;
        parts.push((STRING_PREFIX, part));
    }
    for (key, bound) in [(NUMBER_LOWER, &known.lower), (NUMBER_UPPER, &known.upper)] {
        if let Some(bound) = bound {
            let mut part = ByteBuf::new();
            let Ok(_) = wire::write_array_len(&mut part, 2);
            write_number(&mut part, &bound.number)?;
            let Ok(()) = wire::write_bool(&mut part, bound.inclusive);
            if part.as_slice().len() <= MAX_PART {
                parts.push((key, part));
            }
        }
    }
    for (key, count) in [(LENGTH_MIN, known.min_length), (LENGTH_MAX, known.max_length)] {
        if let Some(count) = count {
            let mut part = ByteBuf::new();
            let Ok(_) = wire::write_uint(&mut part, count);
            parts.push((key, part));
        }
    }
    Ok(parts)
}

/// Whether values of the type have what the refinement speaks of. The nullness is every value's.
fn applies(known: &Refinement, ty: &Type) -> bool {
    let Refinement { null: _, prefix, lower, upper, min_length, max_length } = known;
    let collection = matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_));
    (prefix.is_none() || *ty == Type::String)
        && (lower.is_none() && upper.is_none() || *ty == Type::Number)
        && (min_length.is_none() && max_length.is_none() || collection)
}
