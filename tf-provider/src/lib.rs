//! What a Terraform provider in Rust needs.

pub mod framework;
pub mod value;
