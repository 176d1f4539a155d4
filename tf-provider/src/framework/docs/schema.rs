//! The `## Schema` section: attributes and blocks in their groups, nested ones below with an anchor each.

use std::collections::BTreeMap;

use super::notes::{Group, flags, notes, type_words};
use super::page::Page;
use super::text::{indented, split_first, unwrap};
use crate::framework::schema::{Attribute, Kind, Schema};
use crate::value::Type;

const MARKER: &str = "<!-- schema generated from the provider's declarations -->";
const WRITE_ONLY_NOTE: &str = "-> **Note** [Write-only arguments]\
    (https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) \
    need Terraform 1.11 or later.";

/// Writes the section for a whole object.
pub(super) fn write_schema(page: &mut Page, schema: &Schema) {
    page.block(&format!("{MARKER}\n## Schema"));
    if schema.attributes.is_empty() {
        page.block("There are no attributes.");
    }
    write_children(page, &[], &schema.attributes);
}

/// Writes the attributes of a resource identity, which are flat, as part of the import section.
pub(super) fn write_identity(page: &mut Page, identity: &Schema) {
    page.block("### Identity Schema");
    for group in [Group::Required, Group::Optional] {
        let items = items_of(group, &identity.attributes);
        if !items.is_empty() {
            page.block(&format!("#### {}", group.title()));
            page.list(items.into_iter().map(|attribute| item(attribute, None)));
        }
    }
}

/// What a heading `Nested Schema for …` stands above.
enum Inner<'a> {
    Attributes(&'a [Attribute]),
    /// The members of an object that the schema knows only by its type, in the group of the attribute.
    Members(&'a BTreeMap<String, Type>, Group),
}

struct Nested<'a> {
    anchor: String,
    path: Vec<&'a str>,
    inner: Inner<'a>,
}

impl<'a> Nested<'a> {
    fn new(prefix: &str, path: Vec<&'a str>, inner: Inner<'a>) -> Self {
        Self { anchor: format!("{prefix}--{}", path.join("--")), path, inner }
    }

    fn of(attribute: &'a Attribute, path: Vec<&'a str>) -> Option<Self> {
        let (prefix, inner) = match &attribute.kind {
            Kind::Plain(ty) => ("nestedatt", Inner::Members(members(ty)?, Group::of(attribute))),
            Kind::Nested(_, attributes) => ("nestedatt", Inner::Attributes(attributes)),
            Kind::Block(_, attributes) => ("nestedblock", Inner::Attributes(attributes)),
        };
        Some(Self::new(prefix, path, inner))
    }

    fn link(&self) -> String {
        format!("(see [below for nested schema](#{}))", self.anchor)
    }

    fn write(&self, page: &mut Page) {
        page.block(&format!(
            "<a id=\"{}\"></a>\n### Nested Schema for `{}`",
            self.anchor,
            self.path.join(".")
        ));
        match self.inner {
            Inner::Attributes(attributes) => write_children(page, &self.path, attributes),
            Inner::Members(members, group) => write_members(page, &self.path, members, group),
        }
    }
}

fn write_children<'a>(page: &mut Page, path: &[&'a str], attributes: &'a [Attribute]) {
    let mut below = Vec::new();
    for group in Group::ALL {
        let items = items_of(group, attributes);
        if items.is_empty() {
            continue;
        }
        page.block(&group_title(group, path));
        if items.iter().any(|attribute| attribute.behaviour.write_only) {
            page.block(WRITE_ONLY_NOTE);
        }
        page.list(items.into_iter().map(|attribute| {
            let nested = Nested::of(attribute, within(path, attribute.name));
            let text = item(attribute, nested.as_ref());
            below.extend(nested);
            text
        }));
    }
    for nested in below {
        nested.write(page);
    }
}

fn write_members<'a>(page: &mut Page, path: &[&'a str], members: &'a BTreeMap<String, Type>, group: Group) {
    let mut below = Vec::new();
    page.block(&group_title(group, path));
    page.list(members.iter().map(|(name, ty)| {
        let text = format!("- `{name}` ({})", type_words(ty));
        let Some(inner) = self::members(ty) else { return text };
        let nested = Nested::new("nestedobjatt", within(path, name), Inner::Members(inner, group));
        let text = format!("{text} {}", nested.link());
        below.push(nested);
        text
    }));
    for nested in below {
        nested.write(page);
    }
}

fn within<'a>(path: &[&'a str], name: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([name]).collect()
}

fn group_title(group: Group, path: &[&str]) -> String {
    if path.is_empty() { format!("### {}", group.title()) } else { format!("{}:", group.title()) }
}

/// The attributes of one group, by name.
fn items_of(group: Group, attributes: &[Attribute]) -> Vec<&Attribute> {
    let mut items: Vec<&Attribute> =
        attributes.iter().filter(|attribute| Group::of(attribute) == group).collect();
    items.sort_by_key(|attribute| attribute.name);
    items
}

/// The line of one attribute. Further paragraphs of its text follow, indented.
fn item(attribute: &Attribute, nested: Option<&Nested<'_>>) -> String {
    let doc = unwrap(&attribute.doc);
    let (first, rest) = split_first(&doc);
    let mut line = vec![format!("- `{}` ({})", attribute.name, flags(attribute)), first.to_owned()];
    line.extend(notes(attribute));
    line.extend(nested.map(Nested::link));
    line.retain(|part| !part.is_empty());
    let line = line.join(" ");
    if rest.is_empty() { line } else { format!("{line}\n\n{}\n", indented(rest)) }
}

/// The members of the object that a type consists of, alone or in collections.
fn members(ty: &Type) -> Option<&BTreeMap<String, Type>> {
    match ty {
        Type::Object(members, _) => Some(members).filter(|members| !members.is_empty()),
        Type::List(element) | Type::Set(element) | Type::Map(element) => members(element),
        Type::Bool | Type::Number | Type::String | Type::Dynamic | Type::Tuple(_) => None,
    }
}
