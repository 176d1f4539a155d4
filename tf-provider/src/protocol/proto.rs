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

tonic::include_proto!("tfplugin6");
