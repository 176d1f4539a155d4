//! Generated from `proto/tfplugin6.proto`: the messages and the server's trait of the protocol.

#![allow(
    clippy::all,
    clippy::pedantic,
    elided_lifetimes_in_paths,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated code"
)]

use std::fmt;

use zeroize::Zeroize;

tonic::include_proto!("tfplugin6");

/// A value on the wire: its memory is overwritten when it is dropped, and `Debug` shows its length alone, because any
/// value may hold a secret. The transport's own buffers are out of reach.
impl Drop for DynamicValue {
    fn drop(&mut self) {
        self.msgpack.zeroize();
        self.json.zeroize();
    }
}

impl fmt::Debug for DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "value of {} bytes", self.msgpack.len() + self.json.len())
    }
}

/// A stored state, which may hold what an older version of the provider stored: as [`DynamicValue`].
impl Drop for RawState {
    fn drop(&mut self) {
        self.json.zeroize();
        self.flatmap.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state of {} bytes", self.json.len())
    }
}
