//! What a Terraform provider in Rust needs.
