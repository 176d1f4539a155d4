//! A go-plugin client: starts a provider's binary as Terraform does and speaks tfplugin6 to it.
//!
//! For tests and benches. It is on purpose no part of `tf-provider` and shares no code with it, so
//! that a misreading of the contract is not made twice. [`Client::start`] is the whole way in.
//!
//! It speaks protocol 6, and to providers of protocol 5 ([`Handshake::protocol`]) as far as a start needs it:
//! [`protocol5`].

mod client;
mod connect;
mod handshake;
mod proto;
pub mod protocol5;
mod tls;

pub use client::{Client, Credentials, Options};
pub use handshake::Handshake;
pub use proto::{plugin, tfplugin6};
pub use tls::Identity;

/// Whatever went wrong. Tests print it; nobody acts on its kind.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Result of a call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The calls of a provider over the connection that [`Client::start`] made. Clones share it.
pub type Provider = tfplugin6::provider_client::ProviderClient<tonic::transport::Channel>;

/// Largest message in either direction, in bytes: what terraform-plugin-go serves.
pub const MAX_MESSAGE: usize = 256 << 20;
