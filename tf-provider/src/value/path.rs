//! Where in a value something is.

use std::fmt;

use super::Value;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an attribute of an object.
    Attribute(String),
    /// Into an element of a list or tuple.
    Index(usize),
    /// Into an element of a map.
    Key(String),
}

impl Step {
    /// The value one step further, or `None` where there is none.
    pub(super) fn enter<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match (self, value) {
            (Self::Attribute(name) | Self::Key(name), Value::Map(members)) => members.get(name),
            (Self::Index(index), Value::List(elements)) => elements.get(*index),
            _ => None,
        }
    }
}

/// The way from the root of a value to one of its parts, written as in HCL: `realm[0].kdc[1]`.
///
/// Elements of a set have no address of their own in Terraform's protocol; a path to one ends at the set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(Vec<Step>);

impl Path {
    /// The value itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The attribute of that name, seen from the root.
    pub fn of(name: impl Into<String>) -> Self {
        Self::root().attribute(name)
    }

    /// One attribute further.
    pub fn attribute(self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// One list element further, counted from 0.
    pub fn index(self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// One map element further.
    pub fn key(self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// One step further.
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// The same path seen from one level further out: `outer` comes first.
    pub fn within(mut self, outer: Step) -> Self {
        self.0.insert(0, outer);
        self
    }

    /// This path followed by the other.
    pub fn join(mut self, rest: &Self) -> Self {
        self.0.extend(rest.0.iter().cloned());
        self
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the value itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the path leads to `other` or to something that contains it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<&str> for Path {
    fn from(name: &str) -> Self {
        Self::of(name)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_hcl() {
        let path = Path::of("realm").index(0).attribute("kdc").index(1);
        assert_eq!(path.to_string(), "realm[0].kdc[1]");
        assert_eq!(Path::of("tags").key("a b").to_string(), r#"tags["a b"]"#);
        assert_eq!(Path::of("b").within(Step::Attribute("a".into())).to_string(), "a.b");
        assert!(Path::of("realm").contains(&path));
        assert!(!Path::of("rea").contains(&path));
    }
}
