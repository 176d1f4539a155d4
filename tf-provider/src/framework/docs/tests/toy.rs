//! A provider whose schemas take every branch, and its examples.

use std::collections::BTreeMap;

use crate::framework::docs::*;
use crate::framework::function::Parameter;
use crate::framework::schema::{Attribute, Behaviour, Kind, Nesting, block, computed, optional, required};
use crate::value::Type;

fn attribute(name: &'static str, doc: &str, kind: Kind, behaviour: Behaviour) -> Attribute {
    let list_of_blocks = matches!(kind, Kind::Block(Nesting::List | Nesting::Set, _));
    Attribute { name, doc: doc.to_owned(), kind, behaviour, nullable: !list_of_blocks }
}

fn plain(name: &'static str, doc: &str, ty: Type, behaviour: Behaviour) -> Attribute {
    attribute(name, doc, Kind::Plain(ty), behaviour)
}

fn text(name: &'static str, doc: &str, behaviour: Behaviour) -> Attribute {
    plain(name, doc, Type::String, behaviour)
}

fn schema(doc: &str, attributes: Vec<Attribute>) -> Schema {
    Schema { version: 0, doc: doc.to_owned(), deprecated: None, attributes }
}

fn door() -> Object {
    let hinge = vec![
        text("side", "Where it hangs.", required().one_of(&["left", "right"])),
        text("serial", "Number on the hinge.", computed()),
    ];
    let guard = vec![
        text("pin_wo", "Secret of the guard.", required().write_only()),
        attribute(
            "shift",
            "When the guard is there.",
            Kind::Block(Nesting::List, vec![text("day", "Day of the week.", required())]),
            block().min_items(1).max_items(7),
        ),
    ];
    let seen = vec![text("by", "Who saw it.", computed())];
    let schema = schema(
        " A door with a [lock](https://example.com/lock)\n and `hinges`.\n\n It opens both ways.",
        vec![
            text("name", "Name of the door.", required().length(1, 8).replace()),
            text("colour", "Colour.", optional().default("white")),
            plain("width", "Width in centimetres.", Type::Number, optional().computed().between(60, 120)),
            text(
                "key",
                "Key.\n\nKeep it secret:\n- from burglars\n- from\n  Terraform",
                optional().sensitive(),
            ),
            text("code_wo", "Code of the lock.", optional().write_only().sensitive()),
            text("knob", "Knob.", optional().deprecated("Use `handle` instead.")),
            plain("labels", "Labels.", Type::map(Type::String), optional()),
            plain("any", "Anything.", Type::Dynamic, optional()),
            plain(
                "frame",
                "Frame as measured.",
                Type::object([
                    ("size", Type::Tuple(vec![Type::Number])),
                    ("sides", Type::list(Type::object([("length", Type::Number)]))),
                ]),
                computed(),
            ),
            attribute("handle", "Handle.", Kind::Nested(Nesting::Single, hinge.clone()), optional()),
            attribute(
                "hinges",
                "Hinges.",
                Kind::Nested(Nesting::List, hinge.clone()),
                required().length(2, 3),
            ),
            attribute("locks", "Locks.", Kind::Nested(Nesting::Map, hinge.clone()), optional()),
            attribute("bolts", "Bolts.", Kind::Nested(Nesting::Set, hinge), optional()),
            attribute("guard", "Guards.", Kind::Block(Nesting::List, guard), block()),
            attribute("seen", "Sightings.", Kind::Block(Nesting::Set, seen), block()),
            attribute(
                "timeouts",
                "How long to wait.",
                Kind::Block(Nesting::Single, vec![text("create", "Default `30m`.", optional())]),
                block(),
            ),
            text("id", "Identifier.", computed()),
        ],
    );
    let identity = Schema {
        attributes: vec![
            text("name", "Name of the door.", required()),
            text("house", "House, if not the provider's.", optional()),
        ],
        ..schema.clone()
    };
    Object {
        identity: Some(identity),
        importable: true,
        subcategory: "Entrances".to_owned(),
        notes: "## Permissions\n\nThe caller must live there.".to_owned(),
        ..Object::new(ObjectKind::Resource, "toy_door", schema)
    }
}

fn join() -> FunctionDefinition {
    let parameter = |name, doc: &str, ty, allow_null| Parameter {
        name,
        doc: doc.to_owned(),
        ty,
        allow_null,
        allow_unknown: false,
    };
    FunctionDefinition {
        name: "join",
        summary: "Joins words.",
        doc: "Joins words\nwith a separator.".to_owned(),
        parameters: vec![parameter("separator", "What stands between.", Type::String, true)],
        variadic: Some(parameter("words", "The words.", Type::list(Type::String), false)),
        returns: Type::object([("joined", Type::Bool)]),
        deprecated: Some("Use `join` of the language."),
    }
}

pub(super) fn provider() -> Provider {
    let sky = Schema {
        deprecated: Some("Look out of the\nwindow."),
        ..schema("The sky.", vec![text("colour", "Its colour.", computed())])
    };
    let others = [ObjectKind::EphemeralResource, ObjectKind::ListResource, ObjectKind::Action]
        .map(|kind| Object::new(kind, "toy_door", schema("A door.", Vec::new())));
    let guide = Guide {
        name: "start".to_owned(),
        title: "Your \"first\" door".to_owned(),
        subcategory: String::new(),
        text: "Begin\nhere.\n\n{{tffile \"examples/start/main.tf\"}}\n\n{{codefile \"shell\" \"examples/start/run.sh\"}}"
            .to_owned(),
    };
    Provider {
        notes: "## Authentication\n\nKnock.".to_owned(),
        objects: [door(), Object::new(ObjectKind::DataSource, "toy_sky", sky)]
            .into_iter()
            .chain(others)
            .collect(),
        functions: vec![join()],
        guides: vec![guide],
        ..Provider::new("toy", "Toy", schema("Toys.", vec![text("house", "Default house.", optional())]))
    }
}

pub(super) fn examples() -> BTreeMap<String, String> {
    let door = "resource \"toy_door\" \"this\" {}\n";
    let import = "import {\n  to = toy_door.this\n}\n";
    let files = [
        ("provider/provider.tf", "provider \"toy\" {}\n"),
        ("resources/toy_door/resource.tf", door),
        ("resources/toy_door/resource-b.tf", "# Without a guard:\nresource \"toy_door\" \"b\" {}\n"),
        (
            "resources/toy_door/resource-a.tf",
            "# With a guard.\n\n# At night.\nresource \"toy_door\" \"a\" {}\n",
        ),
        ("resources/toy_door/resources-other.tf", "not shown"),
        ("resources/toy_door/resource-c/main.tf", "not shown"),
        ("resources/toy_door/import-by-identity.tf", import),
        ("resources/toy_door/import-by-string-id.tf", import),
        ("resources/toy_door/import.sh", "terraform import toy_door.this front\n"),
        ("data-sources/toy_sky/data-source.tf", "data \"toy_sky\" \"this\" {}\n"),
        ("ephemeral-resources/toy_door/ephemeral-resource.tf", "ephemeral \"toy_door\" \"this\" {}\n"),
        ("list-resources/toy_door/list-resource.tfquery.hcl", "list \"toy_door\" \"all\" {}\n"),
        (
            "list-resources/toy_door/list-resource-red.tfquery.hcl",
            "# Red ones\nlist \"toy_door\" \"red\" {}\n",
        ),
        ("actions/toy_door/action.tf", "action \"toy_door\" \"open\" {}\n"),
        ("functions/join/function.tf", "output \"o\" {\n  value = provider::toy::join(\"-\", [\"a\"])\n}\n"),
        ("start/main.tf", door),
        ("start/run.sh", "terraform apply\n"),
    ];
    files.map(|(path, text)| (format!("examples/{path}"), text.to_owned())).into()
}
