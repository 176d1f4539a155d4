//! Generated from `proto/`.

#![allow(
    clippy::all,
    clippy::pedantic,
    elided_lifetimes_in_paths,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    reason = "generated code"
)]

/// Terraform's plugin protocol, version 6.
pub mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// go-plugin's own services.
pub mod plugin {
    tonic::include_proto!("plugin");
}
