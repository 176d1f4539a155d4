//! The provider.

pub mod aws;
