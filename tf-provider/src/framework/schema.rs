//! What a resource, data source or provider configuration looks like: the declaration from which planning,
//! the wire schema and the documentation are all derived.

use crate::value::{Number, Step, Type, Value};

/// The schema of one object type.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Version of the state layout, from 0; raised when stored states need an upgrade.
    pub version: i64,
    /// Description in Markdown.
    pub doc: String,
    /// Why not to use the type any more, and what instead.
    pub deprecated: Option<&'static str>,
    /// Attributes and blocks in the order of declaration.
    pub attributes: Vec<Attribute>,
}

/// One attribute or nested block.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Name in HCL.
    pub name: &'static str,
    /// Description in Markdown.
    pub doc: String,
    /// What its values look like.
    pub kind: Kind,
    /// Who sets it and what a change of it means.
    pub behaviour: Behaviour,
    /// Whether the Rust type tells `null` from a value. An optional attribute that cannot would turn `null` into
    /// an empty value, which Terraform rejects; [`Schema::problems`] finds that.
    pub nullable: bool,
}

/// What the values of an attribute look like.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A value of one type.
    Plain(Type),
    /// An attribute with attributes of its own, written `name = { … }`.
    Nested(Nesting, Vec<Attribute>),
    /// A nested block, written `name { … }`.
    Block(Nesting, Vec<Attribute>),
}

/// How nested objects come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// At most one.
    Single,
    /// Any number, in order.
    List,
    /// Any number, without order or duplicates.
    Set,
    /// Any number, by key.
    Map,
}

/// Who sets an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The user, always.
    Required,
    /// The user, or nobody.
    Optional,
    /// The user, else the provider.
    OptionalComputed,
    /// The provider.
    Computed,
}

/// A check of a known value. It returns what is wrong and what is allowed, and never repeats the value, since
/// that may be a secret.
pub type Validator = fn(&Value) -> Result<(), String>;

/// When a change of an attribute replaces the object.
#[derive(Debug, Clone, Copy)]
pub enum Replace {
    /// Never: it is changed in place.
    Never,
    /// On every change.
    Always,
    /// When the function, given the old and the new value, says so. Not asked while the new value is unknown.
    If(fn(&Value, &Value) -> bool),
}

/// Who sets an attribute, what a change means, and what its values must satisfy. Built from [`required`],
/// [`optional`], [`computed`] or [`block`].
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent word of the declaration")]
pub struct Behaviour {
    /// Who sets it.
    pub presence: Presence,
    /// Whether it is a nested block.
    pub is_block: bool,
    /// Whether Terraform hides its value.
    pub sensitive: bool,
    /// Whether it is only ever sent and never stored.
    pub write_only: bool,
    /// Whether an update that does not set it leaves it as it is.
    pub kept: bool,
    /// When a change replaces the object.
    pub replace: Replace,
    /// Value where the configuration has none.
    pub default: Option<Value>,
    /// Why not to use it any more, and what instead.
    pub deprecated: Option<&'static str>,
    /// Checks of known values.
    pub validators: Vec<Check>,
    /// Brings two spellings of one value to the same text, so that the user's spelling is kept.
    pub spelling: Option<fn(&str) -> String>,
    /// Least number of blocks.
    pub min_items: usize,
    /// Greatest number of blocks; `None` for any number.
    pub max_items: Option<usize>,
}

/// A check of known values.
#[derive(Debug, Clone)]
pub enum Check {
    /// Any function.
    With(Validator),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A whole number in this range, both ends included.
    Between(i64, i64),
    /// A string of so many characters, or a collection of so many elements, both ends included.
    Length(usize, usize),
    /// The same check on every element of a collection.
    Each(Box<Check>),
}

/// The user must set it.
pub fn required() -> Behaviour {
    Behaviour::new(Presence::Required)
}

/// The user may set it.
pub fn optional() -> Behaviour {
    Behaviour::new(Presence::Optional)
}

/// The provider sets it.
pub fn computed() -> Behaviour {
    Behaviour::new(Presence::Computed)
}

/// A nested block, which the user may write.
pub fn block() -> Behaviour {
    Behaviour { is_block: true, ..Behaviour::new(Presence::Optional) }
}

impl Behaviour {
    fn new(presence: Presence) -> Self {
        Self {
            presence,
            is_block: false,
            sensitive: false,
            write_only: false,
            kept: false,
            replace: Replace::Never,
            default: None,
            deprecated: None,
            validators: Vec::new(),
            spelling: None,
            min_items: 0,
            max_items: None,
        }
    }

    /// Where the user sets nothing, the provider does.
    pub fn computed(self) -> Self {
        Self { presence: Presence::OptionalComputed, ..self }
    }

    /// A change replaces the object.
    pub fn replace(self) -> Self {
        Self { replace: Replace::Always, ..self }
    }

    /// A change from the first to the second value replaces the object when the function says so.
    pub fn replace_if(self, decide: fn(&Value, &Value) -> bool) -> Self {
        Self { replace: Replace::If(decide), ..self }
    }

    /// An update that does not set it leaves it as it is, so the plan shows the old value instead of
    /// `(known after apply)`.
    pub fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// Terraform hides its value.
    pub fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// Sent to the API and never stored (Terraform 1.11 and later).
    pub fn write_only(self) -> Self {
        Self { write_only: true, ..self }
    }

    /// Value where the configuration has none; the attribute counts as optional and computed.
    pub fn default(self, value: impl Into<Value>) -> Self {
        Self { default: Some(value.into()), presence: Presence::OptionalComputed, ..self }
    }

    /// Not to be used any more: why, and what instead.
    pub fn deprecated(self, message: &'static str) -> Self {
        Self { deprecated: Some(message), ..self }
    }

    /// Known values must be one of these strings.
    pub fn one_of(self, allowed: &'static [&'static str]) -> Self {
        self.check(Check::OneOf(allowed))
    }

    /// Known values must be whole numbers from `least` to `most`.
    pub fn between(self, least: i64, most: i64) -> Self {
        self.check(Check::Between(least, most))
    }

    /// Known values must have from `least` to `most` characters (strings) or elements (collections).
    pub fn length(self, least: usize, most: usize) -> Self {
        self.check(Check::Length(least, most))
    }

    /// Known values must satisfy the function.
    pub fn validate(self, validator: Validator) -> Self {
        self.check(Check::With(validator))
    }

    /// Every known element must satisfy the function.
    pub fn validate_each(self, validator: Validator) -> Self {
        self.check(Check::Each(Box::new(Check::With(validator))))
    }

    /// Every known element must be one of these strings.
    pub fn each_one_of(self, allowed: &'static [&'static str]) -> Self {
        self.check(Check::Each(Box::new(Check::OneOf(allowed))))
    }

    /// Two strings which the function brings to the same text are one value in two spellings: what the API
    /// returns then does not replace what the user wrote.
    pub fn spelling(self, normal: fn(&str) -> String) -> Self {
        Self { spelling: Some(normal), ..self }
    }

    /// So many blocks at least.
    pub fn min_items(self, count: usize) -> Self {
        Self { min_items: count, ..self }
    }

    /// So many blocks at most.
    pub fn max_items(self, count: usize) -> Self {
        Self { max_items: Some(count), ..self }
    }

    fn check(mut self, check: Check) -> Self {
        self.validators.push(check);
        self
    }
}

impl Presence {
    /// Whether the user may set it.
    pub fn is_configurable(self) -> bool {
        self != Self::Computed
    }

    /// Whether the provider may set it.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}

impl Check {
    /// What is wrong with a known value, if anything.
    pub fn run(&self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Self::With(validator), value) => validator(value),
            (Self::OneOf(allowed), Value::String(text)) if !allowed.contains(&&**text) => {
                Err(format!("The value must be one of {}.", quoted_list(allowed)))
            }
            (Self::Between(least, most), Value::Number(number)) => {
                let fits =
                    number.is_integer() && *number >= Number::from(*least) && *number <= Number::from(*most);
                if fits {
                    Ok(())
                } else {
                    Err(format!("The value must be a whole number {}.", range(*least, *most)))
                }
            }
            (Self::Length(least, most), Value::String(text)) => {
                length(text.chars().count(), *least, *most, "characters")
            }
            (Self::Length(least, most), Value::List(elements) | Value::Set(elements)) => {
                length(elements.len(), *least, *most, "elements")
            }
            (Self::Length(least, most), Value::Map(members)) => {
                length(members.len(), *least, *most, "elements")
            }
            _ => Ok(()),
        }
    }
}

/// The range in words; the largest number stands for no upper end.
fn range(least: i64, most: i64) -> String {
    if most == i64::MAX { format!("of at least {least}") } else { format!("from {least} to {most}") }
}

fn length(found: usize, least: usize, most: usize, what: &str) -> Result<(), String> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let allowed = if least == most { format!("exactly {least}") } else { format!("from {least} to {most}") };
    let verb = if found == 1 { "is" } else { "are" };
    Err(format!("There must be {allowed} {what}; there {verb} {found}."))
}

fn quoted_list(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}

impl Attribute {
    /// The type of the attribute's values.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Plain(ty) => ty.clone(),
            Kind::Nested(nesting, attributes) | Kind::Block(nesting, attributes) => {
                nesting.of(object_type(attributes))
            }
        }
    }

    /// Whether it is a nested block.
    pub fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Block(..))
    }

    /// The attributes within, for nested attributes and blocks.
    pub fn nested(&self) -> Option<(Nesting, &[Attribute])> {
        match &self.kind {
            Kind::Plain(_) => None,
            Kind::Nested(nesting, attributes) | Kind::Block(nesting, attributes) => {
                Some((*nesting, attributes))
            }
        }
    }
}

impl Nesting {
    /// The type of such a collection of objects of that type.
    pub fn of(self, object: Type) -> Type {
        match self {
            Self::Single => object,
            Self::List => Type::list(object),
            Self::Set => Type::set(object),
            Self::Map => Type::map(object),
        }
    }
}

/// The type of an object with these attributes.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::object(attributes.iter().map(|attribute| (attribute.name, attribute.value_type())))
}

/// The objects nested in a value, each with the step that leads to it. `None` as step: an element of a set, or
/// the single object itself.
pub fn nested_objects(nesting: Nesting, value: &Value) -> Vec<(Option<Step>, &Value)> {
    match (nesting, value) {
        (Nesting::Single, Value::Map(_)) => vec![(None, value)],
        (Nesting::List, Value::List(elements)) => {
            elements.iter().enumerate().map(|(index, element)| (Some(Step::Index(index)), element)).collect()
        }
        (Nesting::Set, Value::Set(elements)) => elements.iter().map(|element| (None, element)).collect(),
        (Nesting::Map, Value::Map(members)) => {
            members.iter().map(|(key, member)| (Some(Step::Key(key.clone())), member)).collect()
        }
        _ => Vec::new(),
    }
}

impl Schema {
    /// The type of the whole object.
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }

    /// The attribute of that name at the top level.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(check: &Check, value: &Value, expect: &str) {
        assert_eq!(check.run(value).unwrap_err(), expect);
    }

    #[test]
    fn a_check_says_what_it_wants() {
        check(&Check::Between(2, i64::MAX), &1.into(), "The value must be a whole number of at least 2.");
        check(&Check::Between(0, 9), &10.into(), "The value must be a whole number from 0 to 9.");
        let one = Value::set(["a".into()]);
        check(&Check::Length(2, 2), &one, "There must be exactly 2 elements; there is 1.");
        check(&Check::Length(2, 4), &Value::set([]), "There must be from 2 to 4 elements; there are 0.");
    }
}
