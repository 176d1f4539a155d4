//! What is already certain about an unknown value.

use super::Number;

/// One end of a range of numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound {
    /// The number at the end.
    pub number: Number,
    /// Whether that number itself is still possible.
    pub inclusive: bool,
}

/// What Terraform already knows about an unknown value: for `"x-${unknown}"` that it is a string which is not
/// null and begins with `x-`. Kept and handed back as it came, so that a plan never knows less than the
/// configuration did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Refinement {
    /// `Some(false)`: certainly not null. `Some(true)`: certainly null.
    pub null: Option<bool>,
    /// A string that begins so.
    pub prefix: Option<String>,
    /// A number not below this.
    pub lower: Option<Bound>,
    /// A number not above this.
    pub upper: Option<Bound>,
    /// A collection of at least so many elements.
    pub min_length: Option<u64>,
    /// A collection of at most so many elements.
    pub max_length: Option<u64>,
}

impl Refinement {
    /// Nothing is certain.
    pub const NONE: Self =
        Self { null: None, prefix: None, lower: None, upper: None, min_length: None, max_length: None };

    /// Whether nothing is certain.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}
