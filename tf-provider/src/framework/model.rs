//! Typed models: Rust structs that are a resource's attributes.
//!
//! [`model!`](crate::model!) declares one. From the same lines come the plain struct that create, read, update
//! and delete work with, a view in which every value is known, null or unknown (for validation and planning),
//! the schema and the documentation.

use std::fmt;

use super::schema::{Attribute, Schema, object_type};
use crate::value::{Path, Step, Type, Value};

/// A struct declared by [`model!`](crate::model!).
pub trait Model:
    AttributeValue<View: fmt::Debug + Send + Sync> + Clone + Default + fmt::Debug + Send + Sync + 'static
{
    /// The struct's doc comment.
    fn doc() -> String;

    /// Its attributes in the order of declaration.
    fn attributes() -> Vec<Attribute>;

    /// Reads a whole object. Null and unknown attributes become [`AttributeValue::absent`]: during an apply
    /// only computed attributes are unknown, and there the provider is the one to fill them.
    fn from_value(value: &Value) -> Result<Self, Mismatch> {
        Self::decode(value)
    }

    /// Reads a whole object as a view.
    fn view_of(value: &Value) -> Result<Self::View, Mismatch>;

    /// The schema of version 0.
    fn schema() -> Schema {
        Schema { version: 0, doc: Self::doc(), deprecated: None, attributes: Self::attributes() }
    }
}

/// A Rust type that can be the type of an attribute.
pub trait AttributeValue: Sized {
    /// What a view shows of a known value.
    type View;

    /// What the values look like in Terraform.
    fn shape() -> Shape;

    /// Whether the type tells null from a value.
    const NULLABLE: bool = false;

    /// What stands for a null or unknown value.
    fn absent() -> Self;

    /// Reads a known, non-null value.
    fn decode(value: &Value) -> Result<Self, Mismatch>;

    /// Reads a known, non-null value as a view.
    fn decode_view(value: &Value) -> Result<Self::View, Mismatch>;

    /// The Terraform value. `None` becomes null; nothing ever becomes unknown.
    fn encode(&self) -> Value;
}

/// What the values of a Rust type look like in Terraform.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Values of one type.
    Plain(Type),
    /// Objects with attributes of their own.
    Object(Vec<Attribute>),
    /// A list of such objects.
    ObjectList(Vec<Attribute>),
    /// A set of such objects.
    ObjectSet(Vec<Attribute>),
    /// A map of such objects.
    ObjectMap(Vec<Attribute>),
}

/// A value is not of the type that the model has at that place. Terraform checks types before it calls a
/// provider, so this means a state that another version wrote or a defect, never a user's mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where.
    pub path: Path,
    /// What was expected.
    pub expected: &'static str,
}

impl Mismatch {
    /// A mismatch at the value itself.
    pub fn new(expected: &'static str) -> Self {
        Self { path: Path::root(), expected }
    }

    /// The same, seen from one level further out.
    pub fn within(self, step: Step) -> Self {
        Self { path: self.path.within(step), ..self }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.path, self.expected)
    }
}

impl std::error::Error for Mismatch {}

/// One value as configuration and plans have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View<T> {
    /// Known.
    Known(T),
    /// Absent.
    Null,
    /// Not known until apply.
    Unknown,
}

impl<T> View<T> {
    /// The value, if it is known and not null.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether it is absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is not known until apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl View<String> {
    /// The text, if it is known and not null.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> View<Vec<View<T>>> {
    /// The elements that are known; none while the collection itself is not.
    pub fn known_elements(&self) -> impl Iterator<Item = &T> {
        self.known().into_iter().flatten().filter_map(View::known)
    }

    /// Whether the collection and all its elements are known.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Known(elements) => elements.iter().all(|element| !element.is_unknown()),
            Self::Null => true,
            Self::Unknown => false,
        }
    }
}

/// The view of any value: null and unknown are told apart here, once for all types.
pub fn view<T: AttributeValue>(value: &Value) -> Result<View<T::View>, Mismatch> {
    match value {
        Value::Null => Ok(View::Null),
        Value::Unknown(_) => Ok(View::Unknown),
        known => T::decode_view(known).map(View::Known),
    }
}

/// Any value as the Rust type, with [`AttributeValue::absent`] for null and unknown.
pub fn plain<T: AttributeValue>(value: &Value) -> Result<T, Mismatch> {
    match value {
        Value::Null | Value::Unknown(_) => Ok(T::absent()),
        known => T::decode(known),
    }
}

/// Shows a model with its sensitive and write-only attributes masked.
pub fn debug<M: Model>(model: &M, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let value = model.encode();
    let mut shown = f.debug_struct(name);
    for attribute in M::attributes() {
        let hidden = attribute.behaviour.sensitive || attribute.behaviour.write_only;
        match value.member(attribute.name) {
            Value::Null => {}
            _ if hidden => {
                shown.field(attribute.name, &"(sensitive)");
            }
            member if attribute.nested().is_some() => {
                shown.field(attribute.name, member);
            }
            member => {
                shown.field(attribute.name, &format_args!("{}", member.to_json()));
            }
        }
    }
    shown.finish()
}

/// The schema attribute for a field. [`model!`](crate::model!) calls it; nothing else needs to.
pub fn attribute<T: AttributeValue>(
    name: &'static str,
    doc: &[&str],
    behaviour: super::schema::Behaviour,
) -> Attribute {
    use super::schema::{Kind, Nesting};
    let nest = |nesting, attributes| {
        if behaviour.is_block { Kind::Block(nesting, attributes) } else { Kind::Nested(nesting, attributes) }
    };
    let kind = match T::shape() {
        Shape::Plain(ty) => Kind::Plain(ty),
        Shape::Object(attributes) => nest(Nesting::Single, attributes),
        Shape::ObjectList(attributes) => nest(Nesting::List, attributes),
        Shape::ObjectSet(attributes) => nest(Nesting::Set, attributes),
        Shape::ObjectMap(attributes) => nest(Nesting::Map, attributes),
    };
    Attribute { name, doc: join_doc(doc), kind, behaviour, nullable: T::NULLABLE }
}

/// The text of a doc comment from its lines.
pub fn join_doc(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

/// The name of a field without the `r#` that keywords need in Rust.
pub const fn field_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

impl Shape {
    /// The type of the values.
    pub fn value_type(&self) -> Type {
        match self {
            Self::Plain(ty) => ty.clone(),
            Self::Object(attributes) => object_type(attributes),
            Self::ObjectList(attributes) => Type::list(object_type(attributes)),
            Self::ObjectSet(attributes) => Type::set(object_type(attributes)),
            Self::ObjectMap(attributes) => Type::map(object_type(attributes)),
        }
    }
}

/// Declares a model.
///
/// Each attribute has a doc comment (it does not compile without one), a Rust type and a behaviour built from
/// [`required`](crate::framework::schema::required), [`optional`](crate::framework::schema::optional),
/// [`computed`](crate::framework::schema::computed) or [`block`](crate::framework::schema::block).
///
/// ```
/// use tf_provider::framework::model::{Model, View};
/// use tf_provider::value::Value;
///
/// tf_provider::model! {
///     /// A greeting.
///     pub struct Greeting / GreetingView {
///         /// Whom to greet.
///         pub name: String => required().replace().length(1, 64),
///         /// How often.
///         pub times: Option<i64> => optional(),
///     }
/// }
///
/// let view = Greeting::view_of(&Value::object([("name", Value::UNKNOWN), ("times", Value::Null)])).unwrap();
/// assert_eq!(view.name, View::Unknown);
/// assert_eq!(Greeting::schema().attributes[0].doc, "Whom to greet.");
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[doc = $doc:literal])+
        $visibility:vis struct $name:ident / $view:ident {
            $( $(#[doc = $field_doc:literal])+ pub $field:ident : $ty:ty => $behaviour:expr ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        #[allow(clippy::struct_field_names, reason = "attributes have the names that the API gives them")]
        #[derive(Clone, Default, PartialEq)]
        $visibility struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $ty, )*
        }

        #[doc = concat!("[`", stringify!($name), "`] as configuration and plans have it.")]
        #[allow(clippy::struct_field_names, reason = "attributes have the names that the API gives them")]
        #[derive(Clone, Debug, PartialEq)]
        $visibility struct $view {
            $( $(#[doc = $field_doc])+
               pub $field: $crate::framework::model::View<
                   <$ty as $crate::framework::model::AttributeValue>::View
               >, )*
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::framework::model::debug(self, stringify!($name), f)
            }
        }

        impl $crate::framework::model::Model for $name {
            fn doc() -> ::std::string::String {
                $crate::framework::model::join_doc(&[$($doc),+])
            }

            fn attributes() -> ::std::vec::Vec<$crate::framework::schema::Attribute> {
                #[allow(unused_imports, reason = "which of them a declaration needs is up to it")]
                use $crate::framework::schema::{block, computed, optional, required};
                ::std::vec![$(
                    $crate::framework::model::attribute::<$ty>(
                        const { $crate::framework::model::field_name(stringify!($field)) },
                        &[$($field_doc),+],
                        $behaviour,
                    ),
                )*]
            }

            fn view_of(
                value: &$crate::value::Value,
            ) -> ::std::result::Result<$view, $crate::framework::model::Mismatch> {
                <Self as $crate::framework::model::AttributeValue>::decode_view(value)
            }
        }

        impl $crate::framework::model::AttributeValue for $name {
            type View = $view;

            fn shape() -> $crate::framework::model::Shape {
                $crate::framework::model::Shape::Object(
                    <Self as $crate::framework::model::Model>::attributes()
                )
            }

            fn absent() -> Self {
                Self::default()
            }

            fn decode(
                value: &$crate::value::Value,
            ) -> ::std::result::Result<Self, $crate::framework::model::Mismatch> {
                $crate::framework::model::expect_object(value)?;
                Ok(Self { $(
                    $field: {
                        const NAME: &str = $crate::framework::model::field_name(stringify!($field));
                        $crate::framework::model::plain::<$ty>(value.member(NAME))
                            .map_err(|mismatch| mismatch.within($crate::value::Step::Attribute(NAME.into())))?
                    },
                )* })
            }

            fn decode_view(
                value: &$crate::value::Value,
            ) -> ::std::result::Result<$view, $crate::framework::model::Mismatch> {
                $crate::framework::model::expect_object(value)?;
                Ok($view { $(
                    $field: {
                        const NAME: &str = $crate::framework::model::field_name(stringify!($field));
                        $crate::framework::model::view::<$ty>(value.member(NAME))
                            .map_err(|mismatch| mismatch.within($crate::value::Step::Attribute(NAME.into())))?
                    },
                )* })
            }

            fn encode(&self) -> $crate::value::Value {
                $crate::value::Value::object::<&'static str>([$(
                    (
                        const { $crate::framework::model::field_name(stringify!($field)) },
                        $crate::framework::model::AttributeValue::encode(&self.$field),
                    ),
                )*])
            }
        }
    };
}

/// Fails unless the value is an object.
pub fn expect_object(value: &Value) -> Result<(), Mismatch> {
    value.as_map().map(|_| ()).ok_or(Mismatch::new("an object"))
}
