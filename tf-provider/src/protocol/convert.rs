//! Between protobuf messages and the framework's types. Pure.

use super::codec::DecodeError;
use super::msgpack;
use super::proto;
use crate::framework::function::{FunctionDefinition, Parameter};
use crate::framework::schema::{Attribute, Kind, Nesting, Presence, Schema};
use crate::framework::{Diagnostic, Diagnostics, Severity};
use crate::protocol::json::{self, Extra};
use crate::value::{Path, Step, Type, Value};

/// Bytes from Terraform are no value of the type that the schema says.
#[derive(Debug, Clone)]
pub(super) struct Malformed {
    path: Path,
    message: String,
}

impl From<DecodeError> for Malformed {
    fn from(error: DecodeError) -> Self {
        Self { path: error.path().clone(), message: error.message().to_owned() }
    }
}

impl Malformed {
    /// The message for the user.
    pub(super) fn describe(self, what: &str) -> Diagnostic {
        let diagnostic = Diagnostic::error(
            format!("Malformed {what}"),
            format!(
                "Terraform sent a {what} that does not fit the schema of this provider: {}. A state that another version \
                 of the provider wrote, or a defect of Terraform or of the provider, is the cause.",
                self.message
            ),
        );
        if self.path.is_root() { diagnostic } else { diagnostic.at(self.path) }
    }
}

/// A value from the wire; absent means null.
pub(super) fn decode(value: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, Malformed> {
    let decoded = match value {
        Some(value) if !value.msgpack.is_empty() => msgpack::decode(&value.msgpack, ty),
        Some(value) if !value.json.is_empty() => json::decode(&value.json, ty, Extra::Reject),
        _ => return Ok(Value::Null),
    };
    Ok(decoded?)
}

/// A stored value from a state file, not yet of any type.
pub(super) fn parse_stored(stored: &[u8]) -> Result<serde_json::Value, Malformed> {
    Ok(json::parse(stored)?)
}

/// A stored value of the current layout, with attributes that the schema no longer has left out.
pub(super) fn stored(stored: &serde_json::Value, ty: &Type) -> Result<Value, Malformed> {
    Ok(json::from_parsed(stored, ty, Extra::Ignore)?)
}

/// A value for the wire. One that does not fit its type is a defect, told as a diagnostic.
pub(super) fn encode(value: &Value, ty: &Type) -> Result<proto::DynamicValue, Diagnostic> {
    match msgpack::encode(value, ty) {
        Ok(msgpack) => Ok(proto::DynamicValue { msgpack, json: Vec::new() }),
        Err(error) => Err(Diagnostic::error(
            "Failed to encode a value",
            format!(
                "A value does not fit the schema: {}.\n\nThis is a defect of the provider. Please report it to its \
                 developers.",
                error.message()
            ),
        )
        .at(error.path().clone())),
    }
}

/// An object for the wire, whatever it takes: an attribute that does not fit its type becomes null, and is told.
/// For states that are already true of something out there, of which the id at least must not be lost.
pub(super) fn encode_what_fits(object: &Value, ty: &Type) -> (proto::DynamicValue, Option<Diagnostic>) {
    let problem = match encode(object, ty) {
        Ok(encoded) => return (encoded, None),
        Err(problem) => problem,
    };
    let rest = match ty {
        Type::Object(types, _) => Value::object(types.iter().map(|(name, ty)| {
            let member = object.member(name);
            let fits = msgpack::encode(member, ty).is_ok();
            (name.clone(), if fits { member.clone() } else { Value::Null })
        })),
        _ => Value::Null,
    };
    let msgpack = msgpack::encode(&rest, ty).unwrap_or_else(|_| vec![0xc0]);
    (proto::DynamicValue { msgpack, json: Vec::new() }, Some(problem))
}

pub(super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

pub(super) fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    use proto::diagnostic::Severity as Wire;
    let severity = match diagnostic.severity {
        Severity::Error => Wire::Error,
        Severity::Warning => Wire::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: diagnostic.path.filter(|path| !path.is_root()).map(|path| attribute_path(&path)),
    }
}

pub(super) fn attribute_path(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let step = |step: &Step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        };
        proto::attribute_path::Step { selector: Some(selector) }
    };
    proto::AttributePath { steps: path.steps().iter().map(step).collect() }
}

pub(super) fn schema(schema: &Schema) -> proto::Schema {
    let mut block = block(&schema.attributes);
    block.version = schema.version;
    block.description.clone_from(&schema.doc);
    block.description_kind = proto::StringKind::Markdown.into();
    if let Some(message) = schema.deprecated {
        block.deprecated = true;
        message.clone_into(&mut block.deprecation_message);
    }
    proto::Schema { version: schema.version, block: Some(block) }
}

fn block(attributes: &[Attribute]) -> proto::schema::Block {
    proto::schema::Block {
        attributes: attributes.iter().filter(|attribute| !attribute.is_block()).map(attribute).collect(),
        block_types: attributes.iter().filter_map(nested_block).collect(),
        ..proto::schema::Block::default()
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let behaviour = &attribute.behaviour;
    let (ty, nested_type) = match &attribute.kind {
        Kind::Plain(ty) => (type_bytes(ty), None),
        Kind::Nested(nesting, attributes) | Kind::Block(nesting, attributes) => {
            (Vec::new(), Some(object(*nesting, attributes)))
        }
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: ty,
        nested_type,
        description: attribute.doc.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        required: behaviour.presence == Presence::Required,
        optional: matches!(behaviour.presence, Presence::Optional | Presence::OptionalComputed),
        computed: behaviour.presence.is_computed(),
        sensitive: behaviour.sensitive,
        write_only: behaviour.write_only,
        deprecated: behaviour.deprecated.is_some(),
        deprecation_message: behaviour.deprecated.unwrap_or_default().to_owned(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode as Wire;
    let nesting = match nesting {
        Nesting::Single => Wire::Single,
        Nesting::List => Wire::List,
        Nesting::Set => Wire::Set,
        Nesting::Map => Wire::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..proto::schema::Object::default()
    }
}

fn nested_block(attribute: &Attribute) -> Option<proto::schema::NestedBlock> {
    use proto::schema::nested_block::NestingMode as Wire;
    let Kind::Block(nesting, attributes) = &attribute.kind else { return None };
    let behaviour = &attribute.behaviour;
    let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
    let (least, most) = (count(behaviour.min_items), behaviour.max_items.map_or(0, count));
    let (nesting, min_items, max_items) = match nesting {
        // Core demands both to be the same: 0 for a block that may be absent, 1 for one that may not.
        Nesting::Single => (Wire::Single, least.min(1), least.min(1)),
        Nesting::List => (Wire::List, least, most),
        Nesting::Set => (Wire::Set, least, most),
        Nesting::Map => (Wire::Map, 0, 0),
    };
    let mut block = block(attributes);
    block.description.clone_from(&attribute.doc);
    block.description_kind = proto::StringKind::Markdown.into();
    block.deprecated = behaviour.deprecated.is_some();
    behaviour.deprecated.unwrap_or_default().clone_into(&mut block.deprecation_message);
    Some(proto::schema::NestedBlock {
        type_name: attribute.name.to_owned(),
        block: Some(block),
        nesting: nesting.into(),
        min_items,
        max_items,
    })
}

pub(super) fn identity_schema(schema: &Schema) -> proto::ResourceIdentitySchema {
    let attribute = |attribute: &Attribute| proto::resource_identity_schema::IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: type_bytes(&attribute.value_type()),
        required_for_import: attribute.behaviour.presence == Presence::Required,
        optional_for_import: attribute.behaviour.presence != Presence::Required,
        description: attribute.doc.clone(),
    };
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: schema.attributes.iter().map(attribute).collect(),
    }
}

pub(super) fn function(definition: &FunctionDefinition) -> proto::Function {
    let parameter = |parameter: &Parameter| proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_bytes(&parameter.ty),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.doc.clone(),
        description_kind: proto::StringKind::Markdown.into(),
    };
    proto::Function {
        parameters: definition.parameters.iter().map(parameter).collect(),
        variadic_parameter: definition.variadic.as_ref().map(parameter),
        r#return: Some(proto::function::Return { r#type: type_bytes(&definition.returns) }),
        summary: definition.summary.to_owned(),
        description: definition.doc.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: definition.deprecated.unwrap_or_default().to_owned(),
    }
}

fn type_bytes(ty: &Type) -> Vec<u8> {
    ty.to_json().to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::block as block_behaviour;

    #[test]
    fn a_single_block_is_counted_as_core_demands() {
        let counts = |behaviour| {
            let kind = Kind::Block(Nesting::Single, Vec::new());
            let attribute = Attribute { name: "b", doc: String::new(), kind, behaviour, nullable: true };
            nested_block(&attribute).map(|block| (block.min_items, block.max_items))
        };
        assert_eq!(counts(block_behaviour()), Some((0, 0)));
        assert_eq!(counts(block_behaviour().max_items(1)), Some((0, 0)));
        assert_eq!(counts(block_behaviour().min_items(1)), Some((1, 1)));
    }

    #[test]
    fn a_state_survives_an_attribute_that_cannot_be_encoded() {
        let ty = Type::object([("id", Type::String), ("size", Type::Number)]);
        let object = Value::object([("id", "d-1".into()), ("size", "not a number".into())]);
        let (encoded, problem) = encode_what_fits(&object, &ty);
        let kept = decode(Some(&encoded), &ty).unwrap();
        assert_eq!(kept.to_json(), serde_json::json!({"id": "d-1", "size": null}));
        assert_eq!(problem.unwrap().path, Some("size".into()));
        assert_eq!(encode_what_fits(&Value::Null, &ty).1, None);
    }
}
