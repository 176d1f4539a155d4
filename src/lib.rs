//! The Terraform provider `aurorakerberos`: an Amazon Aurora cluster from "no Active Directory" to "our people log
//! in to PostgreSQL with Kerberos".
//!
//! # Layers
//!
//! From the outside in:
//!
//! - `main.rs` serves [`AuroraKerberos`], in an environment without empty variables, and does nothing else.
//! - [`provider`]: the provider block, and the list of what the provider offers.
//! - [`resources`], [`data_sources`], [`functions`]: one file or folder a type; each list is in its `mod.rs`. They say what a
//!   user may write and what create, read, update and delete mean. They know [`aws`] and [`krb5`], not the SDK.
//! - [`aws`]: the only layer that knows the AWS SDK. Configuration, one file a service, one error type, joined reads.
//! - [`krb5`]: krb5.conf as a model and a renderer. Pure: no I/O, no async, nothing of ours.
//!
//! What any provider needs (go-plugin, the protocol, planning, state, waits, documentation) is the crate
//! [`tf_provider`].
//!
//! # Invariants
//!
//! 1. [`krb5`] imports nothing of ours and does no I/O.
//! 2. Generated protobuf code is named nowhere in this package.
//! 3. Only [`aws`] names `aws_sdk_*`, `aws_config`, `aws_smithy_*`.
//! 4. `tf_provider::framework` names neither its protocol nor its plugin layer; its plugin layer names no Terraform type.
//! 5. After the handshake line nothing is written to stdout, and stdin is never read.
//! 6. Every type in [`resources`], [`data_sources`] and [`functions`] is in its list, has an example and a generated page.
//! 7. No secret reaches a log line, a diagnostic, a state or a plan.
//!
//! A test reads the sources and holds 1 to 6; another searches for marked secrets.
//!
//! # Entry points
//!
//! To follow an apply: `tf_provider::protocol::Rpc` receives it, `tf_provider::framework::Server::apply` runs it, and the resource's
//! `create` does it.

mod adoption;
pub mod aws;
pub mod data_sources;
#[cfg(unix)]
pub mod environment;
pub mod functions;
pub mod krb5;
pub mod provider;
pub mod resources;
mod tags;

pub use provider::AuroraKerberos;
