//! What is wrong, and where: addresses of arguments and what is said about them.

use std::fmt;

/// One step into the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// An argument, or an attribute of a block.
    Name(&'static str),
    /// An element of a list, counted from 0.
    Index(usize),
    /// An element of a map.
    Key(String),
}

/// The address of an argument, from the outside in: `realm[0].kdc[1]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Argument(pub Vec<Segment>);

/// What a finding depends on: tells a caller that does not know every argument yet which findings stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The argument itself, whatever the others are.
    Value,
    /// Other arguments too: it may go when one of them changes.
    Whole,
}

/// Why no file can be made, with the argument that is to be changed. The message is a sentence for the engineer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The argument.
    pub argument: Argument,
    /// What is wrong with it and what is allowed.
    pub message: String,
    /// What it depends on.
    pub scope: Scope,
}

/// What the engineer should know about a file that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The argument.
    pub argument: Argument,
    /// What was changed, or what may not work.
    pub message: String,
    /// What it depends on.
    pub scope: Scope,
}

impl Argument {
    pub(super) fn named(name: &'static str) -> Self {
        Self(vec![Segment::Name(name)])
    }

    pub(super) fn name(&self, name: &'static str) -> Self {
        self.with(Segment::Name(name))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    fn with(&self, segment: Segment) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Name(name) if position == 0 => f.write_str(name)?,
                Segment::Name(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

/// Collects what is found, so that one run names everything.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Warning>,
}

impl Findings {
    /// The argument is wrong by itself.
    pub(super) fn problem(&mut self, argument: &Argument, message: impl Into<String>) {
        self.problems.push(Problem {
            argument: argument.clone(),
            message: message.into(),
            scope: Scope::Value,
        });
    }

    /// The argument does not go with the others.
    pub(super) fn conflict(&mut self, argument: &Argument, message: impl Into<String>) {
        self.problems.push(Problem {
            argument: argument.clone(),
            message: message.into(),
            scope: Scope::Whole,
        });
    }

    pub(super) fn warning(&mut self, argument: &Argument, message: impl Into<String>, scope: Scope) {
        self.warnings.push(Warning { argument: argument.clone(), message: message.into(), scope });
    }
}
