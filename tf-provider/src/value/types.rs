//! Terraform's types and their JSON notation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;

/// How deep a type may nest. Types arrive from outside beside dynamic values; the limit keeps a hostile one
/// from exhausting the stack.
const MAX_DEPTH: usize = 64;

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `any`: each value brings its own type.
    Dynamic,
    /// `list(…)`
    List(Box<Type>),
    /// `set(…)`
    Set(Box<Type>),
    /// `map(…)`
    Map(Box<Type>),
    /// `object({…})`; the second part names the attributes that may be left out.
    Object(BTreeMap<String, Type>, BTreeSet<String>),
    /// `tuple([…])`
    Tuple(Vec<Type>),
}

/// A JSON text is no type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidType;

impl fmt::Display for InvalidType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a type in Terraform's JSON notation")
    }
}

impl std::error::Error for InvalidType {}

impl Type {
    /// `list(element)`
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// `set(element)`
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// `map(element)`
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// `object({…})` of which no attribute may be left out.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect(), BTreeSet::new())
    }

    /// The JSON notation that the protocol uses: `"string"`, `["list","string"]`, `["object",{…}]`.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool => "bool".into(),
            Self::Number => "number".into(),
            Self::String => "string".into(),
            Self::Dynamic => "dynamic".into(),
            Self::List(element) => Json::Array(vec!["list".into(), element.to_json()]),
            Self::Set(element) => Json::Array(vec!["set".into(), element.to_json()]),
            Self::Map(element) => Json::Array(vec!["map".into(), element.to_json()]),
            Self::Tuple(elements) => {
                Json::Array(vec!["tuple".into(), elements.iter().map(Self::to_json).collect()])
            }
            Self::Object(attributes, optional) => {
                let members = attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json())).collect();
                let mut parts = vec!["object".into(), Json::Object(members)];
                if !optional.is_empty() {
                    parts.push(optional.iter().cloned().map(Json::String).collect());
                }
                Json::Array(parts)
            }
        }
    }

    /// Reads the JSON notation.
    pub fn from_json(json: &Json) -> Result<Self, InvalidType> {
        Self::from_json_within(json, MAX_DEPTH)
    }

    fn from_json_within(json: &Json, depth: usize) -> Result<Self, InvalidType> {
        let depth = depth.checked_sub(1).ok_or(InvalidType)?;
        let inner = |json: &Json| Self::from_json_within(json, depth);
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Self::Bool),
                "number" => Ok(Self::Number),
                "string" => Ok(Self::String),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(InvalidType),
            },
            Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1..).unwrap_or(&[]))
            {
                (Some("list"), [element]) => Ok(Self::list(inner(element)?)),
                (Some("set"), [element]) => Ok(Self::set(inner(element)?)),
                (Some("map"), [element]) => Ok(Self::map(inner(element)?)),
                (Some("tuple"), [Json::Array(elements)]) => {
                    Ok(Self::Tuple(elements.iter().map(inner).collect::<Result<_, _>>()?))
                }
                (Some("object"), [Json::Object(members), rest @ ..]) => {
                    let attributes = members
                        .iter()
                        .map(|(name, ty)| Ok((name.clone(), inner(ty)?)))
                        .collect::<Result<_, _>>()?;
                    Ok(Self::Object(attributes, optional_names(rest)?))
                }
                _ => Err(InvalidType),
            },
            _ => Err(InvalidType),
        }
    }
}

fn optional_names(rest: &[Json]) -> Result<BTreeSet<String>, InvalidType> {
    match rest {
        [] => Ok(BTreeSet::new()),
        [Json::Array(names)] => {
            names.iter().map(|name| name.as_str().map(str::to_owned).ok_or(InvalidType)).collect()
        }
        _ => Err(InvalidType),
    }
}

/// As in HCL: `list(string)`, `object({name = string})`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Dynamic => f.write_str("any"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Set(element) => write!(f, "set({element})"),
            Self::Map(element) => write!(f, "map({element})"),
            Self::Tuple(elements) => {
                let elements: Vec<String> = elements.iter().map(ToString::to_string).collect();
                write!(f, "tuple([{}])", elements.join(", "))
            }
            Self::Object(attributes, _) => {
                let attributes: Vec<String> =
                    attributes.iter().map(|(name, ty)| format!("{name} = {ty}")).collect();
                write!(f, "object({{{}}})", attributes.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expect: Option<&str>) {
        let parsed = serde_json::from_str(json).ok().and_then(|json| Type::from_json(&json).ok());
        assert_eq!(parsed.as_ref().map(ToString::to_string).as_deref(), expect, "{json}");
        if let Some(parsed) = parsed {
            assert_eq!(parsed.to_json().to_string(), json);
        }
    }

    #[test]
    fn types_round_trip_through_json() {
        check(r#""string""#, Some("string"));
        check(r#"["list",["map","number"]]"#, Some("list(map(number))"));
        check(r#"["tuple",["bool","dynamic"]]"#, Some("tuple([bool, any])"));
        check(r#"["object",{"a":"string"},["a"]]"#, Some("object({a = string})"));
    }

    #[test]
    fn other_texts_are_refused() {
        for json in ["[]", "1", r#""int""#, r#"["list"]"#, r#"["object",[]]"#, r#"["object",{},[1]]"#] {
            check(json, None);
        }
        let deep = format!("{}\"string\"{}", r#"["list","#.repeat(100), "]".repeat(100));
        check(&deep, None);
    }
}
