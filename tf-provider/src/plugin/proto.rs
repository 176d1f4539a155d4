//! Generated from `proto/grpc_*.proto`: go-plugin's own services.

#![allow(
    clippy::all,
    clippy::pedantic,
    elided_lifetimes_in_paths,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated code"
)]

tonic::include_proto!("plugin");
