//! The Rust types that attributes can have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use zeroize::Zeroizing;

use super::model::{AttributeValue, Mismatch, Shape, View, plain, view};
use crate::value::{Number, Step, Type, Value};

/// A secret string: its memory is wiped when it is dropped and `Debug` hides it. Use it for every sensitive
/// and write-only attribute. It does not protect the copies that Terraform's protocol makes on the way in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a string into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret text: for the call that needs it, never for a message or a log line.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// An attribute type whose values are one Terraform primitive and are seen as themselves.
macro_rules! primitive {
    ($ty:ty, $terraform:expr, $expected:literal, $value:ident => $decode:expr, $this:ident => $encode:expr) => {
        impl AttributeValue for $ty {
            type View = Self;

            fn shape() -> Shape {
                Shape::Plain($terraform)
            }

            fn absent() -> Self {
                Self::default()
            }

            fn decode($value: &Value) -> Result<Self, Mismatch> {
                $decode.ok_or(Mismatch::new($expected))
            }

            fn decode_view(value: &Value) -> Result<Self, Mismatch> {
                Self::decode(value)
            }

            fn encode(&self) -> Value {
                let $this = self;
                $encode
            }
        }
    };
}

primitive!(String, Type::String, "a string", value => value.as_str().map(str::to_owned), text => text.as_str().into());
primitive!(Secret, Type::String, "a string", value => value.as_str().map(Self::new), secret => secret.expose().into());
primitive!(bool, Type::Bool, "a boolean", value => match value {
    Value::Bool(flag) => Some(*flag),
    _ => None,
}, flag => Value::Bool(*flag));
primitive!(i64, Type::Number, "a whole number", value => match value {
    Value::Number(number) => number.to_i64(),
    _ => None,
}, number => Value::from(*number));
primitive!(Number, Type::Number, "a number", value => match value {
    Value::Number(number) => Some(number.clone()),
    _ => None,
}, number => Value::Number(number.clone()));

/// An attribute of any type.
impl AttributeValue for Value {
    type View = Self;
    const NULLABLE: bool = true;

    fn shape() -> Shape {
        Shape::Plain(Type::Dynamic)
    }

    fn absent() -> Self {
        Self::Null
    }

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }

    fn decode_view(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }

    fn encode(&self) -> Value {
        self.clone()
    }
}

/// A value that may be null.
impl<T: AttributeValue> AttributeValue for Option<T> {
    type View = T::View;
    const NULLABLE: bool = true;

    fn shape() -> Shape {
        T::shape()
    }

    fn absent() -> Self {
        None
    }

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        T::decode(value).map(Some)
    }

    fn decode_view(value: &Value) -> Result<T::View, Mismatch> {
        T::decode_view(value)
    }

    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::encode)
    }
}

fn elements<T>(
    value: &Value,
    expected: &'static str,
    read: impl Fn(&Value) -> Result<T, Mismatch>,
) -> Result<Vec<T>, Mismatch> {
    let elements = value.as_elements().ok_or(Mismatch::new(expected))?;
    let read =
        |(index, element)| read(element).map_err(|mismatch: Mismatch| mismatch.within(Step::Index(index)));
    elements.iter().enumerate().map(read).collect()
}

/// A list. Without `Option` around it, null reads as empty: right for blocks and computed lists only.
impl<T: AttributeValue> AttributeValue for Vec<T> {
    type View = Vec<View<T::View>>;

    fn shape() -> Shape {
        match T::shape() {
            Shape::Object(attributes) => Shape::ObjectList(attributes),
            other => Shape::Plain(Type::list(other.value_type())),
        }
    }

    fn absent() -> Self {
        Self::new()
    }

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        elements(value, "a list", plain::<T>)
    }

    fn decode_view(value: &Value) -> Result<Self::View, Mismatch> {
        elements(value, "a list", view::<T>)
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(T::encode).collect())
    }
}

/// A set. Without `Option` around it, null reads as empty: right for blocks and computed sets only.
impl<T: AttributeValue + Ord> AttributeValue for BTreeSet<T> {
    type View = Vec<View<T::View>>;

    fn shape() -> Shape {
        match T::shape() {
            Shape::Object(attributes) => Shape::ObjectSet(attributes),
            other => Shape::Plain(Type::set(other.value_type())),
        }
    }

    fn absent() -> Self {
        Self::new()
    }

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        Ok(elements(value, "a set", plain::<T>)?.into_iter().collect())
    }

    fn decode_view(value: &Value) -> Result<Self::View, Mismatch> {
        elements(value, "a set", view::<T>)
    }

    fn encode(&self) -> Value {
        Value::set(self.iter().map(T::encode))
    }
}

/// A map. Without `Option` around it, null reads as empty: right for computed maps only.
impl<T: AttributeValue> AttributeValue for BTreeMap<String, T> {
    type View = BTreeMap<String, View<T::View>>;

    fn shape() -> Shape {
        match T::shape() {
            Shape::Object(attributes) => Shape::ObjectMap(attributes),
            other => Shape::Plain(Type::map(other.value_type())),
        }
    }

    fn absent() -> Self {
        Self::new()
    }

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        members(value, plain::<T>)
    }

    fn decode_view(value: &Value) -> Result<Self::View, Mismatch> {
        members(value, view::<T>)
    }

    fn encode(&self) -> Value {
        Value::object(self.iter().map(|(key, member)| (key.clone(), member.encode())))
    }
}

fn members<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Mismatch>,
) -> Result<BTreeMap<String, T>, Mismatch> {
    let read = |(key, member): (&String, &Value)| match read(member) {
        Ok(member) => Ok((key.clone(), member)),
        Err(mismatch) => Err(mismatch.within(Step::Key(key.clone()))),
    };
    value.as_map().ok_or(Mismatch::new("a map"))?.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::Model;
    use super::*;

    crate::model! {
        /// A door.
        struct Door / DoorView {
            /// Where it is.
            pub place: String => required(),
            /// Who may pass.
            pub guests: Option<BTreeSet<String>> => optional(),
            /// What opens it.
            pub code: Option<Secret> => optional().write_only(),
            /// Its hinges.
            pub hinge: Vec<Hinge> => block(),
            /// Its number.
            pub r#type: i64 => computed(),
        }
    }

    crate::model! {
        /// A hinge.
        struct Hinge / HingeView {
            /// Centimetres from the floor.
            pub height: i64 => required(),
        }
    }

    fn door() -> Door {
        Door {
            place: "hall".into(),
            guests: Some(["bob".into(), "alice".into()].into()),
            code: Some(Secret::new("1234")),
            hinge: vec![Hinge { height: 20 }, Hinge { height: 180 }],
            r#type: 7,
        }
    }

    #[test]
    fn models_round_trip() {
        let door = door();
        assert_eq!(Door::from_value(&door.encode()).unwrap(), door);
        assert!(Door::schema().problems().is_empty(), "{:?}", Door::schema().problems());
        assert_eq!(Door::schema().attributes[4].name, "type");
    }

    #[test]
    fn debug_masks_secrets() {
        let shown = format!("{:?}", door());
        assert!(shown.contains("hall") && !shown.contains("1234"), "{shown}");
    }

    #[test]
    fn views_tell_null_from_unknown() {
        let mut value = door().encode();
        if let Value::Map(members) = &mut value {
            members.insert("guests".into(), Value::UNKNOWN);
            members.insert("code".into(), Value::Null);
            members.insert("hinge".into(), Value::List(vec![Value::object([("height", Value::UNKNOWN)])]));
        }
        let view = Door::view_of(&value).unwrap();
        assert!(view.guests.is_unknown() && view.code.is_null());
        assert!(view.hinge.known_elements().next().unwrap().height.is_unknown());
    }

    #[test]
    fn mismatches_name_the_place() {
        let mut value = door().encode();
        if let Value::Map(members) = &mut value {
            members.insert("hinge".into(), Value::List(vec![Value::object([("height", "x".into())])]));
        }
        assert_eq!(
            Door::from_value(&value).unwrap_err().to_string(),
            "hinge[0].height: expected a whole number"
        );
    }
}
