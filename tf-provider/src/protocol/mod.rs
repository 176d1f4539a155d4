//! The Terraform plugin protocol, version 6: a thin translation between tfplugin6 and the framework.
//!
//! Meaning is the framework's; here are messages, encodings and calls. Generated code is named in this module
//! alone.

mod answer;
mod codec;
mod convert;
pub mod json;
pub mod msgpack;
pub mod proto;
mod resources;
mod rpc;
mod service;
mod unsupported;

#[cfg(test)]
mod arbitrary;

pub use codec::{DecodeError, EncodeError};
pub use rpc::Rpc;
