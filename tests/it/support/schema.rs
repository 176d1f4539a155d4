//! Schemas as they came over the wire, and what core demands of them.

use plugin_client::tfplugin6 as wire;
use tf_provider::value::Type;

/// Attributes and blocks of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    pub(super) version: i64,
    pub(super) members: Vec<Member>,
}

/// An attribute or a nested block.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the words of the protocol")]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) optional: bool,
    pub(super) computed: bool,
    pub(super) write_only: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// An attribute with a type.
    Plain(Type),
    /// An attribute whose value has attributes.
    Nested(Nesting, Vec<Member>),
    /// A block.
    Block(Nesting, Vec<Member>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nesting {
    Single,
    List,
    Set,
    Map,
}

impl Member {
    pub(super) fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Block(..))
    }

    pub(super) fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Plain(ty) => ty.clone(),
            Kind::Nested(nesting, members) | Kind::Block(nesting, members) => {
                let object = object_type(members);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::list(object),
                    Nesting::Set => Type::set(object),
                    Nesting::Map => Type::map(object),
                }
            }
        }
    }
}

/// The type of an object with these members.
pub(super) fn object_type(members: &[Member]) -> Type {
    Type::object(members.iter().map(|member| (member.name.clone(), member.value_type())))
}

impl Schema {
    pub(super) fn object_type(&self) -> Type {
        object_type(&self.members)
    }

    /// Reads a schema, and panics where Terraform would refuse the whole provider for it.
    pub(super) fn read(name: &str, schema: Option<&wire::Schema>) -> Self {
        let schema = schema.unwrap_or_else(|| panic!("{name}: no schema"));
        assert!(schema.version >= 0, "{name}: the version is negative");
        let block = schema.block.as_ref().unwrap_or_else(|| panic!("{name}: a schema without block"));
        Self { version: schema.version, members: block_members(name, block, false) }
    }

    /// Reads what identifies an object. Its parts become required and optional as an import may state them.
    pub(super) fn read_identity(name: &str, schema: &wire::ResourceIdentitySchema) -> Self {
        let member = |attribute: &wire::resource_identity_schema::IdentityAttribute| {
            let at = format!("identity of {name}: {}", attribute.name);
            let ty = read_type(&at, &attribute.r#type);
            assert!(
                !matches!(ty, Type::Map(_) | Type::Set(_) | Type::Object(..)),
                "{at}: an identity has no maps, sets or objects"
            );
            assert_ne!(
                attribute.required_for_import, attribute.optional_for_import,
                "{at}: exactly one of required and optional for import"
            );
            Member {
                name: attribute.name.clone(),
                kind: Kind::Plain(ty),
                required: attribute.required_for_import,
                optional: attribute.optional_for_import,
                computed: false,
                write_only: false,
            }
        };
        Self { version: schema.version, members: schema.identity_attributes.iter().map(member).collect() }
    }
}

fn block_members(at: &str, block: &wire::schema::Block, in_set: bool) -> Vec<Member> {
    let attributes = block.attributes.iter().map(|attribute| read_attribute(at, attribute, in_set));
    let blocks = block.block_types.iter().map(|block| read_block(at, block, in_set));
    let members: Vec<Member> = attributes.chain(blocks).collect();
    for (index, member) in members.iter().enumerate() {
        let twice = members[..index].iter().any(|other| other.name == member.name);
        assert!(!twice, "{at}.{}: the name stands twice", member.name);
    }
    members
}

fn read_attribute(at: &str, attribute: &wire::schema::Attribute, in_set: bool) -> Member {
    let at = format!("{at}.{}", attribute.name);
    check_name(&at, &attribute.name);
    let wire::schema::Attribute { required, optional, computed, write_only, .. } = *attribute;
    assert!(required || optional || computed, "{at}: neither required nor optional nor computed");
    assert!(!(required && (optional || computed)), "{at}: required, and optional or computed");
    assert!(!(write_only && (computed || in_set)), "{at}: write-only, and computed or in a set");
    assert!(
        attribute.deprecated || attribute.deprecation_message.is_empty(),
        "{at}: a deprecation message without deprecation"
    );
    let kind = match &attribute.nested_type {
        None => Kind::Plain(read_type(&at, &attribute.r#type)),
        Some(object) => {
            assert!(attribute.r#type.is_empty(), "{at}: both a type and a nested type");
            let nesting = object_nesting(&at, object);
            let in_set = in_set || nesting == Nesting::Set;
            let members = object.attributes.iter().map(|attribute| read_attribute(&at, attribute, in_set));
            Kind::Nested(nesting, members.collect())
        }
    };
    Member { name: attribute.name.clone(), kind, required, optional, computed, write_only }
}

fn read_block(at: &str, nested: &wire::schema::NestedBlock, in_set: bool) -> Member {
    use wire::schema::nested_block::NestingMode as Wire;
    let at = format!("{at}.{}", nested.type_name);
    check_name(&at, &nested.type_name);
    let counts = (nested.min_items, nested.max_items);
    let nesting = match nested.nesting() {
        Wire::Single => {
            assert!(counts == (0, 0) || counts == (1, 1), "{at}: a single block with the counts {counts:?}");
            Nesting::Single
        }
        Wire::List => Nesting::List,
        Wire::Set => Nesting::Set,
        Wire::Map => {
            assert_eq!(counts, (0, 0), "{at}: a map of blocks with counts");
            Nesting::Map
        }
        other @ (Wire::Invalid | Wire::Group) => panic!("{at}: nesting {other:?}"),
    };
    let block = nested.block.as_ref().unwrap_or_else(|| panic!("{at}: a nested block without block"));
    let members = block_members(&at, block, in_set || nesting == Nesting::Set);
    Member {
        name: nested.type_name.clone(),
        kind: Kind::Block(nesting, members),
        required: nested.min_items > 0,
        optional: nested.min_items == 0,
        computed: false,
        write_only: false,
    }
}

fn object_nesting(at: &str, object: &wire::schema::Object) -> Nesting {
    use wire::schema::object::NestingMode as Wire;
    match object.nesting() {
        Wire::Single => Nesting::Single,
        Wire::List => Nesting::List,
        Wire::Set => Nesting::Set,
        Wire::Map => Nesting::Map,
        Wire::Invalid => panic!("{at}: no nesting"),
    }
}

fn check_name(at: &str, name: &str) {
    let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    assert!(!name.is_empty() && name.bytes().all(valid), "{at}: not a name");
}

/// Reads a type in Terraform's JSON notation.
pub(super) fn read_type(at: &str, json: &[u8]) -> Type {
    let json =
        serde_json::from_slice(json).unwrap_or_else(|error| panic!("{at}: a type is no JSON: {error}"));
    Type::from_json(&json).unwrap_or_else(|error| panic!("{at}: {json} is {error}"))
}
