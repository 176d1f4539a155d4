//! Terraform's plugin protocol, version 6: the wire on one side, [`crate::value`] and the framework on the
//! other.

mod codec;
pub mod json;
pub mod msgpack;

#[cfg(test)]
mod arbitrary;

pub use codec::{DecodeError, EncodeError};
