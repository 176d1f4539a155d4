//! What a Terraform provider in Rust needs.

pub mod framework;
pub mod plugin;
pub mod protocol;
pub mod value;
