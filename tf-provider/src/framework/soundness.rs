//! What Terraform would reject in a schema, and what this framework could not honour. Core refuses the whole provider
//! for one such defect, some of them without naming it.

use std::collections::BTreeSet;

use super::function::FunctionDefinition;
use super::schema::{Attribute, Kind, Nesting, Presence, Schema};
use crate::value::{Path, Type};

/// Names that mean something to Terraform in every `resource` and `data` block.
const RESERVED: &[&str] =
    &["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"];
/// The same for `provider` blocks.
const RESERVED_FOR_PROVIDERS: &[&str] = &["alias", "version"];

impl Schema {
    /// What is wrong with it; empty for a sound one.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.version < 0 {
            found.push("the schema version is negative".to_owned());
        }
        object_problems(&self.attributes, &Path::root(), false, &mut found);
        for name in self.attributes.iter().map(|attribute| attribute.name) {
            if RESERVED.contains(&name) {
                found.push(format!("{name}: Terraform keeps the name for itself"));
            }
        }
        found
    }

    /// What is wrong with it as that of a `provider` block.
    pub(super) fn provider_problems(&self) -> Vec<String> {
        let mut found = self.data_source_problems();
        for name in self.attributes.iter().map(|attribute| attribute.name) {
            if RESERVED_FOR_PROVIDERS.contains(&name) {
                found.push(format!("{name}: Terraform keeps the name for itself"));
            }
        }
        found
    }

    /// What is wrong with it as that of a data source: nothing plans one, so there are no defaults, and Terraform has
    /// write-only attributes in managed resources alone.
    pub(super) fn data_source_problems(&self) -> Vec<String> {
        let mut found = self.problems();
        each_attribute(&self.attributes, &Path::root(), &mut |attribute, path| {
            if attribute.behaviour.write_only {
                found.push(format!("{path}: only a resource has write-only attributes"));
            }
            if attribute.behaviour.default.is_some() {
                found.push(format!("{path}: only a resource has defaults"));
            }
        });
        found
    }

    /// What is wrong with it as an identity, whose attributes are primitives or lists of them.
    pub(super) fn identity_problems(&self) -> Vec<String> {
        let mut found = self.problems();
        for attribute in &self.attributes {
            let allowed = match attribute.value_type() {
                Type::Bool | Type::Number | Type::String => true,
                Type::List(element) => matches!(*element, Type::Bool | Type::Number | Type::String),
                _ => false,
            };
            if !allowed {
                found.push(format!("{}: an identity holds primitives and lists of them", attribute.name));
            }
        }
        if self.attributes.is_empty() {
            found.push("an identity has attributes".to_owned());
        }
        found
    }
}

impl FunctionDefinition {
    /// What is wrong with it; empty for a sound one.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if !is_identifier(self.name) {
            found.push("the name is no identifier".to_owned());
        }
        let mut seen = BTreeSet::new();
        for parameter in self.parameters.iter().chain(&self.variadic) {
            if !is_identifier(parameter.name) {
                found.push(format!("parameter {:?}: the name is no identifier", parameter.name));
            }
            if !seen.insert(parameter.name) {
                found.push(format!("parameter {:?}: there are two of that name", parameter.name));
            }
        }
        found
    }
}

/// Whether HCL takes the name as an identifier.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn each_attribute(attributes: &[Attribute], at: &Path, visit: &mut impl FnMut(&Attribute, &Path)) {
    for attribute in attributes {
        let path = at.clone().attribute(attribute.name);
        visit(attribute, &path);
        if let Some((_, nested)) = attribute.nested() {
            each_attribute(nested, &path, visit);
        }
    }
}

fn object_problems(attributes: &[Attribute], at: &Path, in_set: bool, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for attribute in attributes {
        let path = at.clone().attribute(attribute.name);
        let mut problem = |text: &str| found.push(format!("{path}: {text}"));
        if !seen.insert(attribute.name) {
            problem("there are two of that name");
        }
        attribute_problems(attribute, in_set, &mut problem);
        if attribute.is_block() {
            block_problems(attribute, &mut problem);
        }
        if let Some((nesting, nested)) = attribute.nested() {
            object_problems(nested, &path, in_set || nesting == Nesting::Set, found);
        }
    }
}

fn attribute_problems(attribute: &Attribute, in_set: bool, problem: &mut impl FnMut(&str)) {
    let behaviour = &attribute.behaviour;
    let valid_name = !attribute.name.is_empty()
        && attribute.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !valid_name {
        problem("a name has only lower-case letters, digits and underscores");
    }
    if attribute.doc.trim().is_empty() {
        problem("has no documentation");
    }
    if behaviour.write_only && (behaviour.presence.is_computed() || in_set) {
        problem("a write-only attribute is neither computed, defaulted, nor inside a set");
    }
    if behaviour.default.is_some() && behaviour.presence == Presence::Required {
        problem("a required attribute has no default");
    }
    if behaviour.is_block != attribute.is_block() {
        problem("block() and only block() goes with a nested model as a block");
    }
    if behaviour.presence == Presence::Optional && !attribute.nullable && !behaviour.is_block {
        problem("an optional attribute without default needs an Option, else null would become empty");
    }
    if !attribute.is_block() && (behaviour.min_items > 0 || behaviour.max_items.is_some()) {
        problem("only blocks are counted; an attribute has a length");
    }
    if let Kind::Plain(ty) = &attribute.kind
        && (in_set && holds_dynamic(ty) || dynamic_in_set(ty))
    {
        problem("a set cannot hold values of any type");
    }
}

fn block_problems(attribute: &Attribute, problem: &mut impl FnMut(&str)) {
    let behaviour = &attribute.behaviour;
    let (least, most) = (behaviour.min_items, behaviour.max_items);
    match attribute.nested().map(|(nesting, _)| nesting) {
        Some(Nesting::Map) => problem("a block cannot be a map"),
        Some(Nesting::Single) => {
            if least > 1 || most.is_some_and(|most| most != 1) {
                problem("a single block is there once at most");
            }
            if least == 0 && !attribute.nullable {
                problem("a single block needs an Option, else its absence would become an empty block");
            }
        }
        _ => {
            if attribute.nullable {
                problem("a list or set of blocks has no Option: without blocks it is empty, never null");
            }
            if most.is_some_and(|most| most < least || most == 0) {
                problem("the greatest number of blocks is below the least, or none");
            }
        }
    }
    if behaviour.default.is_some() || behaviour.write_only || behaviour.presence != Presence::Optional {
        problem("a block has no default, is not computed and not write-only");
    }
}

fn holds_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => holds_dynamic(element),
        Type::Tuple(types) => types.iter().any(holds_dynamic),
        Type::Object(types, _) => types.values().any(holds_dynamic),
    }
}

fn dynamic_in_set(ty: &Type) -> bool {
    match ty {
        Type::Set(element) => holds_dynamic(element),
        Type::List(element) | Type::Map(element) => dynamic_in_set(element),
        Type::Tuple(types) => types.iter().any(dynamic_in_set),
        Type::Object(types, _) => types.values().any(dynamic_in_set),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::function::Parameter;
    use super::super::schema::{Behaviour, block, computed, optional, required};
    use super::*;

    fn attribute(name: &'static str, kind: Kind, behaviour: Behaviour) -> Attribute {
        let nullable = matches!(kind, Kind::Plain(_));
        Attribute { name, doc: "Doc.".to_owned(), kind, behaviour, nullable }
    }

    fn text(name: &'static str, behaviour: Behaviour) -> Attribute {
        attribute(name, Kind::Plain(Type::String), behaviour)
    }

    fn schema(attributes: Vec<Attribute>) -> Schema {
        Schema { version: 0, doc: String::new(), deprecated: None, attributes }
    }

    #[track_caller]
    fn check(attribute: Attribute, expect: &[&str]) {
        assert_eq!(schema(vec![attribute]).problems(), expect);
    }

    #[test]
    fn attributes() {
        check(text("name", required()), &[]);
        check(
            text("Name", required()),
            &["Name: a name has only lower-case letters, digits and underscores"],
        );
        check(text("count", optional()), &["count: Terraform keeps the name for itself"]);
        check(text("n", optional().max_items(1)), &["n: only blocks are counted; an attribute has a length"]);
        check(
            text("n", computed().write_only()),
            &["n: a write-only attribute is neither computed, defaulted, nor inside a set"],
        );
        check(
            attribute("n", Kind::Plain(Type::set(Type::Dynamic)), optional()),
            &["n: a set cannot hold values of any type"],
        );
        let any = attribute("any", Kind::Plain(Type::Dynamic), optional());
        check(
            attribute("n", Kind::Nested(Nesting::Set, vec![any]), required()),
            &["n.any: a set cannot hold values of any type"],
        );
        let twice = schema(vec![text("n", required()), text("n", required())]);
        assert_eq!(twice.problems(), ["n: there are two of that name"]);
    }

    #[test]
    fn blocks() {
        let of = |nesting, behaviour| attribute("b", Kind::Block(nesting, Vec::new()), behaviour);
        check(of(Nesting::List, block().min_items(1).max_items(2)), &[]);
        check(of(Nesting::Single, block().min_items(1)), &[]);
        check(
            of(Nesting::Single, block()),
            &["b: a single block needs an Option, else its absence would become an empty block"],
        );
        check(of(Nesting::Single, block().min_items(2)), &["b: a single block is there once at most"]);
        check(of(Nesting::Map, block()), &["b: a block cannot be a map"]);
        check(
            of(Nesting::List, block().min_items(3).max_items(2)),
            &["b: the greatest number of blocks is below the least, or none"],
        );
        check(
            Attribute { nullable: true, ..of(Nesting::Set, block()) },
            &["b: a list or set of blocks has no Option: without blocks it is empty, never null"],
        );
    }

    #[test]
    fn other_places() {
        let provider = schema(vec![text("alias", optional().write_only())]);
        let expect = [
            "alias: only a resource has write-only attributes",
            "alias: Terraform keeps the name for itself",
        ];
        assert_eq!(provider.provider_problems(), expect);
        let data = schema(vec![text("n", optional().default("x"))]);
        assert_eq!(data.data_source_problems(), ["n: only a resource has defaults"]);
        let identity = schema(vec![attribute("n", Kind::Plain(Type::map(Type::String)), required())]);
        assert_eq!(identity.identity_problems(), ["n: an identity holds primitives and lists of them"]);
    }

    #[test]
    fn functions() {
        let parameter = |name| Parameter {
            name,
            doc: String::new(),
            ty: Type::String,
            allow_null: false,
            allow_unknown: false,
        };
        let definition = FunctionDefinition {
            name: "1st",
            summary: "",
            doc: String::new(),
            parameters: vec![parameter("a"), parameter("b c")],
            variadic: Some(parameter("a")),
            returns: Type::String,
            deprecated: None,
        };
        let expect = [
            "the name is no identifier",
            "parameter \"b c\": the name is no identifier",
            "parameter \"a\": there are two of that name",
        ];
        assert_eq!(definition.problems(), expect);
    }
}
