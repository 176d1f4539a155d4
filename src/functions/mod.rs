//! The functions, in alphabetical order.

mod krb5_conf;
mod principal;
mod windows_endpoint;

use tf_provider::framework::{Parameter, Registry};
use tf_provider::value::{Type, Value};

use crate::aws::Aws;

/// Offers every function.
pub(crate) fn offer(registry: &mut Registry<Aws>) {
    registry
        .function(krb5_conf::Krb5Conf)
        .function(principal::Principal)
        .function(windows_endpoint::WindowsEndpoint);
}

/// A parameter that must be there and known.
fn parameter(name: &'static str, doc: &str, ty: Type) -> Parameter {
    Parameter { name, doc: doc.to_owned(), ty, allow_null: false, allow_unknown: false }
}

/// The text of an argument of type string.
fn text(arguments: &[Value], position: usize) -> &str {
    arguments.get(position).and_then(Value::as_str).unwrap_or_default()
}
