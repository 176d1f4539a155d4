//! What a provider's resources are written against: typed models, schema, planning, lifecycle, failures,
//! waits and generated documentation. It knows values, but neither protobuf nor the plugin handshake.

pub mod diagnostic;
pub mod function;
pub mod schema;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use function::{Function, FunctionDefinition, FunctionError, Parameter};
