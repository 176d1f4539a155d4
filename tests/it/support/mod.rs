//! What the integration tests stand on: a small Terraform core over the provider's real gRPC surface, and doubles of
//! AWS.
//!
//! ```ignore
//! let simulator = simulator::start().await;
//! let core = Core::on(&simulator).await;
//! let mut directory = core.resource("aurorakerberos_directory");
//! let state = directory.apply(json!({"name": "corp.example.com", …})).await.unwrap();
//! assert_eq!(directory.plan(config).await.unwrap().action, Action::NoOp);
//! directory.destroy().await.unwrap();
//! assert_eq!(simulator.leftovers(), [""; 0]);
//! ```
//!
//! Configurations are JSON: what is absent is null, blocks are arrays (or objects, where only one may stand), and
//! [`unknown`] is a value that is known only after the apply of something else.

#![expect(dead_code, reason = "what Terraform can do is here as a whole; each test uses its part")]

mod core;
pub(crate) mod figures;
pub(crate) mod moto;
mod object;
pub(crate) mod pool;
#[cfg(unix)]
pub(crate) mod processes;
mod proposed;
mod report;
mod rules;
mod schema;
pub(crate) mod simulator;
pub(crate) mod terraform;
mod values;
pub(crate) mod witness;

pub(crate) use core::Core;
#[allow(unused_imports, reason = "names for the signatures of tests")]
pub(crate) use object::{Action, Object, Planned};
#[allow(unused_imports, reason = "names for the signatures of tests")]
pub(crate) use report::Report;
pub(crate) use values::unknown;

/// The provider's binary.
pub(crate) const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-aurorakerberos");
