//! What a provider's resources are written against: typed models, schema, planning, lifecycle, failures,
//! waits and generated documentation. It knows values, but neither protobuf nor the plugin handshake.

pub mod agreement;
mod attribute_values;
pub mod context;
pub mod diagnostic;
pub mod docs;
pub mod duration;
mod erased;
pub mod failure;
pub mod function;
mod identity;
pub mod lifecycle;
pub mod model;
pub mod plan;
pub mod private;
pub mod provider;
pub mod resource;
pub mod schema;
mod scope;
pub mod server;
mod soundness;
pub mod validate;
pub mod wait;

pub use attribute_values::Secret;
pub use context::{Apply, Context};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use failure::{Blame, Failure, Refusal, Verb};
pub use function::{Function, FunctionDefinition, FunctionError, Parameter};
pub use model::{Model, View};
pub use private::Private;
pub use provider::{Configuration, Configured, Provider, Registry};
pub use resource::{Config, DataSource, DefaultTimeouts, Plan, Resource, Timeouts};
pub use scope::Scope;
pub use server::Server;
pub use wait::{Progress, wait_until};
