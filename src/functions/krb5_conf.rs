//! `krb5_conf`: the data source's file without the data source.

use std::fmt::Write as _;

use tf_provider::framework::schema::{Attribute, Kind, Nesting, Presence};
use tf_provider::framework::{Function, FunctionDefinition, FunctionError};
use tf_provider::value::{Number, Path, Type, Value};

use super::parameter;
use crate::data_sources::krb5_conf;

/// The function.
pub(crate) struct Krb5Conf;

impl Function for Krb5Conf {
    fn definition(&self) -> FunctionDefinition {
        FunctionDefinition {
            name: "krb5_conf",
            summary: "Renders the krb5.conf of clients",
            doc: doc(),
            parameters: vec![parameter(
                "arguments",
                "The object. What is left out or null is not set.",
                Type::Dynamic,
            )],
            variadic: None,
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let mut reader = Reader::default();
        let given = arguments.first().unwrap_or(&Value::Null);
        let object = reader.object(given, &krb5_conf::function_arguments(), &Path::root());
        if !reader.problems.is_empty() {
            return Err(FunctionError::at(0, reader.problems.join("\n")));
        }
        match krb5_conf::from_object(&object) {
            Ok(content) => Ok(content.into()),
            // Terraform ends the sentence.
            Err(problems) => Err(FunctionError::at(0, problems.trim_end_matches('.'))),
        }
    }
}

fn doc() -> String {
    let mut doc = "Renders the same file as the data source `aurorakerberos_krb5_conf`, byte for byte, without AWS: for \
                   configurations that have no credentials at that point. The data source's page says how to deliver the \
                   file and what is checked. A function cannot warn: where the data source says that it folds case, this \
                   one folds silently.\n\n\
                   The object has these members, with the data source's meaning; `realm` is a list of objects."
        .to_owned();
    list(&krb5_conf::function_arguments(), "", &mut doc);
    doc
}

fn list(attributes: &[Attribute], indent: &str, doc: &mut String) {
    doc.push('\n');
    for attribute in attributes {
        // The first sentence; the data source's page has the rest.
        let text = attribute.doc.replace('\n', " ");
        let sentence = text.split_once(". ").map_or(text.as_str(), |(first, _)| first).trim_end_matches('.');
        // Writing to a string cannot fail.
        let _ = write!(doc, "\n{indent}- `{}`: {sentence}.", attribute.name);
        if let Some((_, nested)) = attribute.nested() {
            list(nested, &format!("{indent}  "), doc);
        }
    }
}

/// Brings an object of any type to the types that the attributes have, as Terraform does it for a block.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn object(&mut self, value: &Value, attributes: &[Attribute], at: &Path) -> Value {
        let value = typeless(value);
        let Some(members) = value.as_map() else {
            return self.wrong(at, "an object", value);
        };
        for name in members.keys() {
            if !attributes.iter().any(|attribute| attribute.name == name) {
                let known: Vec<&str> = attributes.iter().map(|attribute| attribute.name).collect();
                let path = at.clone().attribute(name);
                self.problems
                    .push(format!("{path}: there is no such argument; there are {}", known.join(", ")));
            }
        }
        let read = |attribute: &Attribute| {
            let path = at.clone().attribute(attribute.name);
            (attribute.name, self.attribute(value.member(attribute.name), attribute, &path))
        };
        Value::object(attributes.iter().map(read))
    }

    fn attribute(&mut self, value: &Value, attribute: &Attribute, at: &Path) -> Value {
        let value = typeless(value);
        match (&attribute.kind, value) {
            (_, Value::Null) => {
                if attribute.behaviour.presence == Presence::Required {
                    self.problems.push(format!("{at}: it is required"));
                }
                Value::Null
            }
            (Kind::Plain(ty), value) => self.plain(value, ty, at),
            (Kind::Nested(Nesting::List, nested) | Kind::Block(Nesting::List, nested), value) => {
                let Some(elements) = value.as_elements() else {
                    return self.wrong(at, "a list of objects", value);
                };
                let elements = elements.iter().enumerate();
                let read = |(index, element)| self.object(element, nested, &at.clone().index(index));
                Value::List(elements.map(read).collect())
            }
            (_, value) => self.wrong(at, "nothing", value),
        }
    }

    fn plain(&mut self, value: &Value, ty: &Type, at: &Path) -> Value {
        match (ty, typeless(value)) {
            (_, Value::Null) => Value::Null,
            (Type::String, Value::Number(number)) => number.to_string().into(),
            (Type::String, Value::Bool(flag)) => flag.to_string().into(),
            (Type::Bool, Value::String(text)) if text == "true" || text == "false" => {
                Value::Bool(text == "true")
            }
            (Type::Number, Value::String(text)) => match text.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => self.wrong(at, "a number", value),
            },
            (Type::String, value @ Value::String(_))
            | (Type::Bool, value @ Value::Bool(_))
            | (Type::Number, value @ Value::Number(_)) => value.clone(),
            (Type::List(element), Value::List(elements) | Value::Set(elements)) => {
                let elements = elements.iter().enumerate();
                let read = |(index, value)| self.plain(value, element, &at.clone().index(index));
                Value::List(elements.map(read).collect())
            }
            (Type::Map(element), Value::Map(members)) => {
                let read = |(key, value): (&String, &Value)| {
                    (key.clone(), self.plain(value, element, &at.clone().key(key)))
                };
                Value::object(members.iter().map(read))
            }
            (ty, value) => self.wrong(at, expected(ty), value),
        }
    }

    fn wrong(&mut self, at: &Path, expected: &str, found: &Value) -> Value {
        let place = if at.is_root() { String::new() } else { format!("{at}: ") };
        self.problems.push(format!("{place}expected {expected}, found {}", kind(found)));
        Value::Null
    }
}

/// The value without the type that came with it.
fn typeless(value: &Value) -> &Value {
    match value {
        Value::Dynamic(typed) => &typed.1,
        plain => plain,
    }
}

fn expected(ty: &Type) -> &'static str {
    match ty {
        Type::String => "a string",
        Type::Bool => "true or false",
        Type::Number => "a number",
        Type::Map(_) => "a map of strings",
        _ => "a list of strings",
    }
}

fn kind(value: &Value) -> &'static str {
    match typeless(value) {
        Value::Null => "null",
        Value::Unknown(_) | Value::Dynamic(_) => "a value that is not known",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) | Value::Set(_) => "a list",
        Value::Map(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(elements: &[&str]) -> Value {
        Value::List(elements.iter().map(|text| Value::from(*text)).collect())
    }

    fn sample() -> Value {
        let realm = Value::object([("name", "EXAMPLE.COM".into()), ("kdc", texts(&["example.com"]))]);
        Value::object([("realm", Value::List(vec![realm]))])
    }

    fn with(name: &str, value: Value) -> Value {
        let Value::Map(mut members) = sample() else { unreachable!() };
        members.insert(name.to_owned(), value);
        Value::Map(members)
    }

    fn check(arguments: Value, expect: Result<&str, &str>) {
        let typed = Value::Dynamic(Box::new((Type::Dynamic, arguments)));
        let called = Krb5Conf.call(&[typed]);
        let expect = match expect {
            Ok(line) => {
                let content = called.unwrap();
                assert!(
                    content.as_str().unwrap().lines().any(|found| found == line),
                    "{}",
                    content.to_json()
                );
                return;
            }
            Err(expect) => expect,
        };
        let error = called.unwrap_err();
        assert_eq!((error.text.as_str(), error.argument), (expect, Some(0)));
    }

    #[test]
    fn values_are_converted_as_in_a_block() {
        check(sample(), Ok("  kdc = example.com"));
        check(with("dns_canonicalize_hostname", false.into()), Ok(" dns_canonicalize_hostname = false"));
        check(with("ticket_lifetime", 36_000.into()), Ok(" ticket_lifetime = 10h"));
        check(with("udp_preference_limit", "1".into()), Ok(" udp_preference_limit = 1"));
        check(with("rdns", "false".into()), Ok(" rdns = false"));
        check(with("rds_realm", Value::Null), Ok("  kdc = example.com"));
        let mapping = Value::object([("db.example.net", "EXAMPLE.COM".into())]);
        check(with("domain_realm", mapping), Ok(" db.example.net = EXAMPLE.COM"));
    }

    #[test]
    fn errors_name_the_path() {
        check("x".into(), Err("expected an object, found a string"));
        check(with("realm", "x".into()), Err("realm: expected a list of objects, found a string"));
        check(with("rdns", "maybe".into()), Err("rdns: expected true or false, found a string"));
        check(
            with("udp_preference_limit", "x".into()),
            Err("udp_preference_limit: expected a number, found a string"),
        );
        let realm = Value::object([("kdc", texts(&["a"]))]);
        check(with("realm", Value::List(vec![realm])), Err("realm[0].name: it is required"));
        let realm = Value::object([("name", "A.B".into()), ("kdc", texts(&["a", "b:0"]))]);
        check(
            with("realm", Value::List(vec![realm])),
            Err("realm[0].kdc[1]: \"b:0\": the port \"0\" is not a number from 1 to 65535"),
        );
        let realm =
            Value::object([("name", "A.B".into()), ("kdc", Value::List(vec!["a".into(), Value::Null]))]);
        check(
            with("realm", Value::List(vec![realm])),
            Err("realm[0].kdc[1]: It is null; a value must be there"),
        );
    }

    #[test]
    fn what_only_the_data_source_has_is_no_argument() {
        let error = Krb5Conf.call(&[with("directory_id", "d-0123456789".into())]).unwrap_err();
        assert!(
            error.text.starts_with("directory_id: there is no such argument; there are default_realm, "),
            "{error}"
        );
        assert!(!error.text.contains("content"), "{error}");
    }
}
