//! Terraform's values and types, apart from any wire format.
//!
//! The vocabulary is that of Terraform's type system: primitives, collections, structures, `null`,
//! unknown values (possibly refined) and values of dynamic type. Numbers are exact decimals. Nothing in
//! this module knows schemas, protobuf or any other part of the crate.

mod number;
mod path;
mod refinement;
mod text;
mod types;

use std::collections::BTreeMap;
use std::fmt;

pub use number::{InvalidNumber, Number};
pub use path::{Path, Step};
pub use refinement::{Bound, Refinement};
pub use text::Text;
pub use types::{InvalidType, Type};

/// One value of Terraform's type system.
///
/// A value does not carry its type: lists and tuples, maps and objects share a variant each, and the schema
/// (or the type beside a [`Value::Dynamic`]) tells them apart. `Debug` shows the shape and never the content,
/// because any string may be a secret; use [`Value::to_json`] in tests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// Not known until apply, with what is already certain about it.
    Unknown(Refinement),
    /// A boolean.
    Bool(bool),
    /// An exact decimal number.
    Number(Number),
    /// A string, NFC-normalised by Terraform.
    String(Text),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A set: sorted and without duplicates, see [`Value::set`].
    Set(Vec<Value>),
    /// A map or an object.
    Map(BTreeMap<String, Value>),
    /// A known value where the schema leaves the type open, with its actual type.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// An unknown value of which nothing is certain.
    pub const UNKNOWN: Self = Self::Unknown(Refinement::NONE);

    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into().into())
    }

    /// A set of the given elements in canonical order. Unknown elements are all kept, since two of them may
    /// turn out to differ.
    pub fn set(elements: impl IntoIterator<Item = Self>) -> Self {
        let mut elements: Vec<Self> = elements.into_iter().collect();
        elements.sort();
        elements.dedup_by(|a, b| a == b && a.is_wholly_known());
        Self::Set(elements)
    }

    /// An object or map of the given members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value itself is unknown; its elements are not looked at.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether neither the value nor anything within it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(elements) | Self::Set(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(members) => members.values().all(Self::is_wholly_known),
            Self::Dynamic(inner) => inner.1.is_wholly_known(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
        }
    }

    /// The text of a string, else `None`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members of an object or map, else `None`.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The elements of a list, tuple or set, else `None`.
    pub fn as_elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) | Self::Set(elements) => Some(elements),
            _ => None,
        }
    }

    /// The member of that name; `null` where there is none or the value is no object.
    pub fn member(&self, name: &str) -> &Self {
        const NULL: &Value = &Value::Null;
        self.as_map().and_then(|members| members.get(name)).unwrap_or(NULL)
    }

    /// The value at the path, or `None` where the path leads nowhere. Steps cannot enter a set.
    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.steps().iter().try_fold(self, |value, step| match (value, step) {
            (Self::Dynamic(inner), step) => step.enter(&inner.1),
            (value, step) => step.enter(value),
        })
    }

    /// The paths of everything unknown within the value, in order. A set that holds something unknown is
    /// named as a whole.
    pub fn unknown_paths(&self) -> Vec<Path> {
        let mut found = Vec::new();
        self.collect_unknown(&Path::root(), &mut found);
        found
    }

    fn collect_unknown(&self, at: &Path, found: &mut Vec<Path>) {
        match self {
            Self::Unknown(_) => found.push(at.clone()),
            Self::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    element.collect_unknown(&at.clone().index(index), found);
                }
            }
            Self::Map(members) => {
                for (name, member) in members {
                    member.collect_unknown(&at.clone().attribute(name), found);
                }
            }
            Self::Set(_) if !self.is_wholly_known() => found.push(at.clone()),
            Self::Dynamic(inner) => inner.1.collect_unknown(at, found),
            _ => {}
        }
    }

    /// A readable form for tests and snapshots: unknown values become the string `<unknown>`. It shows
    /// content, secrets included, so nothing outside tests calls it.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Unknown(_) => Json::String("<unknown>".to_owned()),
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => number.to_string().parse().map_or(Json::Null, Json::Number),
            Self::String(text) => Json::String(text.to_string()),
            Self::List(elements) | Self::Set(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Map(members) => {
                members.iter().map(|(name, member)| (name.clone(), member.to_json())).collect()
            }
            Self::Dynamic(inner) => inner.1.to_json(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Unknown(_) => f.write_str("unknown"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Number(_) => f.write_str("number"),
            Self::String(text) => text.fmt(f),
            Self::List(elements) => f.debug_list().entries(elements).finish(),
            Self::Set(elements) => f.debug_set().entries(elements).finish(),
            Self::Map(members) => f.debug_map().entries(members).finish(),
            Self::Dynamic(inner) => inner.1.fmt(f),
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_canonical_but_keep_every_unknown() {
        let set = Value::set(["b".into(), "a".into(), "b".into(), Value::UNKNOWN, Value::UNKNOWN]);
        assert_eq!(set.as_elements().unwrap().len(), 4);
        assert_eq!(Value::set(["b".into(), "a".into()]), Value::set(["a".into(), "b".into()]));
    }

    #[test]
    fn debug_shows_no_content() {
        let value = Value::object([("password", Value::string("hunter2"))]);
        assert_eq!(format!("{value:?}"), r#"{"password": string of 7 bytes}"#);
    }

    #[test]
    fn unknown_paths_name_the_elements() {
        let value = Value::object([
            ("list", Value::List(vec!["a".into(), Value::UNKNOWN])),
            ("set", Value::set([Value::UNKNOWN])),
            ("known", 1.into()),
        ]);
        let paths: Vec<String> = value.unknown_paths().iter().map(ToString::to_string).collect();
        assert_eq!(paths, ["list[1]", "set"]);
    }
}
