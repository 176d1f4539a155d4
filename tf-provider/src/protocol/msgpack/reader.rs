//! MessagePack's elements, read from a slice that nobody vouches for.

use rmp::Marker;
use rmp::decode as wire;

use crate::protocol::codec::{Budget, DecodeError};
use crate::value::Number;

/// What begins at the reader's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Nil,
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    Array,
    Map,
    Extension,
    Reserved,
}

impl Kind {
    /// For a message.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nil => "null",
            Self::Bool => "a bool",
            Self::Integer | Self::Float => "a number",
            Self::Text => "a string",
            Self::Bytes => "bytes",
            Self::Array => "an array",
            Self::Map => "a map",
            Self::Extension => "an unknown value",
            Self::Reserved => "a reserved marker",
        }
    }
}

/// A position in a document. Every length is held against what is left before anything is made of it.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    budget: Budget,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, budget: Budget::full() }
    }

    /// Fails unless everything was read.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::new("bytes after the value")) }
    }

    /// What comes next, without reading it.
    pub(super) fn peek(&self) -> Result<Kind, DecodeError> {
        let first = self.rest.first().ok_or_else(truncated)?;
        Ok(match Marker::from_u8(*first) {
            Marker::Null => Kind::Nil,
            Marker::True | Marker::False => Kind::Bool,
            Marker::FixPos(_)
            | Marker::FixNeg(_)
            | Marker::U8
            | Marker::U16
            | Marker::U32
            | Marker::U64
            | Marker::I8
            | Marker::I16
            | Marker::I32
            | Marker::I64 => Kind::Integer,
            Marker::F32 | Marker::F64 => Kind::Float,
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => Kind::Text,
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => Kind::Bytes,
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => Kind::Array,
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => Kind::Map,
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => Kind::Extension,
            Marker::Reserved => Kind::Reserved,
        })
    }

    pub(super) fn nil(&mut self) -> Result<(), DecodeError> {
        wire::read_nil(&mut self.rest).map_err(|_| unreadable("null"))
    }

    pub(super) fn bool(&mut self) -> Result<bool, DecodeError> {
        wire::read_bool(&mut self.rest).map_err(|_| unreadable("a bool"))
    }

    /// A number in any of the forms in which Terraform may write one.
    pub(super) fn number(&mut self) -> Result<Number, DecodeError> {
        match self.peek()? {
            // 128 bits hold every integer of either sign.
            Kind::Integer => {
                let wide: i128 = wire::read_int(&mut self.rest).map_err(|_| unreadable("a number"))?;
                let narrow = i64::try_from(wide).map(Number::from);
                narrow.or_else(|_| u64::try_from(wide).map(Number::from)).map_err(|_| unreadable("a number"))
            }
            Kind::Float => {
                let float = if self.rest.first() == Some(&Marker::F32.to_u8()) {
                    wire::read_f32(&mut self.rest).map(f64::from)
                } else {
                    wire::read_f64(&mut self.rest)
                };
                Number::from_f64(float.map_err(|_| unreadable("a number"))?)
                    .ok_or_else(|| DecodeError::new("not a finite number"))
            }
            Kind::Text => self.text()?.parse().map_err(|error| DecodeError::new(format!("{error}"))),
            other => Err(DecodeError::new(format!("expected a number, found {}", other.name()))),
        }
    }

    /// An unsigned integer, such as a length or a key.
    pub(super) fn unsigned(&mut self) -> Result<u64, DecodeError> {
        wire::read_int(&mut self.rest).map_err(|_| unreadable("a count"))
    }

    /// A string as it stands; the caller brings it to normal form.
    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = wire::read_str_len(&mut self.rest).map_err(|_| unreadable("a string"))?;
        let bytes = self.split(length)?;
        std::str::from_utf8(bytes).map_err(|_| DecodeError::new("not valid UTF-8"))
    }

    /// Bytes, or the bytes of a string.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = if self.peek()? == Kind::Text {
            wire::read_str_len(&mut self.rest)
        } else {
            wire::read_bin_len(&mut self.rest)
        };
        self.split(length.map_err(|_| unreadable("bytes"))?)
    }

    /// The length of an array, of which at least one byte per element is there.
    pub(super) fn array(&mut self) -> Result<usize, DecodeError> {
        let length = wire::read_array_len(&mut self.rest).map_err(|_| unreadable("an array"))?;
        self.elements(length, 1)
    }

    /// The length of a map, of which at least two bytes per member are there.
    pub(super) fn map(&mut self) -> Result<usize, DecodeError> {
        let length = wire::read_map_len(&mut self.rest).map_err(|_| unreadable("a map"))?;
        self.elements(length, 2)
    }

    /// The number and the payload of an extension.
    pub(super) fn extension(&mut self) -> Result<(i8, &'a [u8]), DecodeError> {
        let meta = wire::read_ext_meta(&mut self.rest).map_err(|_| unreadable("an unknown value"))?;
        Ok((meta.typeid, self.split(meta.size)?))
    }

    /// Counts work that is not an element of the document itself, such as a type beside a value.
    pub(super) fn charge(&mut self, values: usize) -> Result<(), DecodeError> {
        self.budget.take(values)
    }

    /// Passes over one element with everything in it. It counts instead of recursing, so depth costs nothing.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let mut pending = 1_usize;
        while pending > 0 {
            pending -= 1;
            match self.peek()? {
                Kind::Nil => self.nil()?,
                Kind::Bool => drop(self.bool()?),
                Kind::Integer | Kind::Float => drop(self.number()?),
                Kind::Text | Kind::Bytes => drop(self.bytes()?),
                Kind::Array => pending += self.array()?,
                Kind::Map => pending += 2 * self.map()?,
                Kind::Extension => drop(self.extension()?),
                Kind::Reserved => return Err(unreadable("a value")),
            }
        }
        Ok(())
    }

    fn elements(&mut self, length: u32, least: usize) -> Result<usize, DecodeError> {
        let length = usize::try_from(length).map_err(|_| truncated())?;
        if self.rest.len() / least < length {
            return Err(truncated());
        }
        self.budget.take(length)?;
        Ok(length)
    }

    fn split(&mut self, length: u32) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(length).map_err(|_| truncated())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn truncated() -> DecodeError {
    DecodeError::new("the bytes end within the value")
}

fn unreadable(what: &str) -> DecodeError {
    DecodeError::new(format!("expected {what}, found something else or the end of the bytes"))
}
