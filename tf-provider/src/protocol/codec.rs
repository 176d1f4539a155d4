//! What the two encodings of values share: errors that name a place but no content, and limits.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::value::{Path, Step, Type, Value};

/// How deep values may nest, in both directions. The schema bounds the depth except below a dynamic value,
/// which may hold another one.
pub(super) const MAX_DEPTH: usize = 128;

/// How many values one document may hold. A value takes far more room in memory than the single byte that
/// can announce it; the limit keeps a hostile document of the largest message size under a gigabyte, and
/// lies far above any object that Terraform manages.
const MAX_VALUES: usize = 1 << 21;

macro_rules! located_error {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It says where and why, never what: any value may be a secret.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            path: Path,
            message: Cow<'static, str>,
        }

        impl $name {
            /// An error about the value at hand; whoever holds its container adds the step to it.
            pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
                Self { path: Path::root(), message: message.into() }
            }

            /// The same error seen from the container.
            pub(super) fn within(self, step: Step) -> Self {
                Self { path: self.path.within(step), message: self.message }
            }

            /// The same error seen from the object that has the attribute.
            pub(super) fn within_attribute(self, name: &str) -> Self {
                self.within(Step::Attribute(name.to_owned()))
            }

            /// The same error seen from the map that has the key.
            pub(super) fn within_key(self, key: &str) -> Self {
                self.within(Step::Key(key.to_owned()))
            }

            /// The element that is wrong. Within a set it is the set as a whole.
            pub fn path(&self) -> &Path {
                &self.path
            }

            /// What is wrong with it, as half a sentence without its content.
            pub fn message(&self) -> &str {
                &self.message
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.path.is_root() {
                    f.write_str(&self.message)
                } else {
                    write!(f, "{}: {}", self.path, self.message)
                }
            }
        }

        impl std::error::Error for $name {}
    };
}

located_error! {
    /// Bytes from Terraform are no value of the expected type.
    DecodeError
}

located_error! {
    /// A value of ours does not fit the type that the schema promised to Terraform.
    EncodeError
}

/// How many more values a document may hold.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn full() -> Self {
        Self(MAX_VALUES)
    }

    /// Fails once more values were taken than a document may hold.
    pub(super) fn take(&mut self, values: usize) -> Result<(), DecodeError> {
        let rest = self.0.checked_sub(values);
        self.0 = rest.ok_or_else(|| DecodeError::new(format!("more than {MAX_VALUES} values")))?;
        Ok(())
    }
}

/// The text in Unicode's normal form C, in which Terraform keeps all strings.
pub(super) fn nfc(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// `expected a string, found a list`
pub(super) fn mismatch(expected: &Type, found: &str) -> String {
    format!("expected {}, found {found}", name_of_type(expected))
}

pub(super) fn too_deep() -> String {
    format!("nested more than {MAX_DEPTH} levels deep")
}

fn name_of_type(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a bool",
        Type::Number => "a number",
        Type::String => "a string",
        Type::Dynamic => "a value with its type",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(..) => "an object",
        Type::Tuple(_) => "a tuple",
    }
}

/// What the value is, for a message.
pub(super) fn name_of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list or tuple",
        Value::Set(_) => "a set",
        Value::Map(_) => "a map or object",
        Value::Dynamic(_) => "a value with its type",
    }
}

/// The message for a tuple of another length than its type says.
pub(super) fn wrong_length(expected: usize, found: usize) -> String {
    format!("expected a tuple of {expected} elements, found {found}")
}

/// The message for a member of an object that its type does not name.
pub(super) const UNEXPECTED_ATTRIBUTE: &str = "the schema has no attribute of this name";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_place() {
        let error = DecodeError::new("odd").within(Step::Index(1)).within_attribute("realm");
        assert_eq!(error.to_string(), "realm[1]: odd");
        assert_eq!(EncodeError::new("odd").to_string(), "odd");
    }

    #[test]
    fn a_full_document_fits_in_a_gigabyte() {
        assert!(MAX_VALUES * size_of::<Value>() <= 1 << 30, "{}", size_of::<Value>());
    }
}
