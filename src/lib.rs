//! The provider.

pub mod aws;
pub mod data_sources;
pub mod functions;
pub mod krb5;
pub mod provider;
pub mod resources;
mod tags;

pub use provider::AuroraKerberos;
