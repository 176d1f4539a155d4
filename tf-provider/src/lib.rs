//! What a Terraform provider in Rust needs.

pub mod framework;
pub mod plugin;
pub mod value;

/// The Terraform plugin protocol.
pub mod protocol {
    pub mod proto;
}
