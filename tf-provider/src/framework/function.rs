//! Provider functions: pure computations that HCL calls as `provider::NAME::function(…)`.

use std::fmt;

use crate::value::{Type, Value};

/// A provider function. Terraform calls it on a provider that was never configured, in any phase, and demands
/// the same result for the same arguments: it has no access to anything but them.
pub trait Function: Send + Sync + 'static {
    /// What it is called, takes and returns.
    fn definition(&self) -> FunctionDefinition;

    /// Computes the result. There is one argument a parameter, followed by those for the variadic parameter.
    /// Arguments are null or unknown only where their parameter allows it.
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError>;
}

/// What a function is called, takes and returns.
#[derive(Debug, Clone)]
pub struct FunctionDefinition {
    /// Name, an HCL identifier.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Description in Markdown.
    pub doc: String,
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Parameter that takes any number of further arguments.
    pub variadic: Option<Parameter>,
    /// Type of the result.
    pub returns: Type,
    /// Why not to use it any more, and what instead.
    pub deprecated: Option<&'static str>,
}

/// One parameter of a function.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name, an HCL identifier.
    pub name: &'static str,
    /// Description in Markdown.
    pub doc: String,
    /// Type of the argument.
    pub ty: Type,
    /// Whether the argument may be null.
    pub allow_null: bool,
    /// Whether the function is called while something in the argument is unknown.
    pub allow_unknown: bool,
}

/// Why a function has no result for its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong and what is allowed.
    pub text: String,
    /// Position of the argument at fault, from 0.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error about the arguments as a whole.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: None }
    }

    /// An error about one argument, counted from 0.
    pub fn at(argument: usize, text: impl Into<String>) -> Self {
        Self { text: text.into(), argument: Some(argument) }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for FunctionError {}
