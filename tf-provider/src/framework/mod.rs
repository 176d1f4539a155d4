//! What a provider's resources are written against: typed models, schema, planning, lifecycle, failures,
//! waits and generated documentation. It knows values, but neither protobuf nor the plugin handshake.

mod attribute_values;
pub mod context;
pub mod diagnostic;
pub mod duration;
pub mod failure;
pub mod function;
pub mod model;
pub mod private;
pub mod schema;
pub mod wait;

pub use attribute_values::Secret;
pub use context::{Apply, Context};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use failure::{Blame, Failure, Refusal, Verb};
pub use function::{Function, FunctionDefinition, FunctionError, Parameter};
pub use model::{Model, View};
pub use wait::{Progress, wait_until};
