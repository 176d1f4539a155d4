//! What the declaration says about an attribute, in words: type, flags, default, allowed values, replacement.

use crate::framework::schema::{Attribute, Behaviour, Check, Kind, Nesting, Replace};
use crate::value::{Type, Value};

const WRITE_ONLY: &str = "[Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)";

/// A type in the words of the registry's pages: `List of String`.
pub(super) fn type_words(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_words(element)),
        Type::Set(element) => format!("Set of {}", type_words(element)),
        Type::Map(element) => format!("Map of {}", type_words(element)),
        Type::Object(..) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}

/// A type in the words of Terraform's own messages, which function signatures use: `list of string`.
pub(super) fn friendly_type(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        other => type_words(other).to_lowercase(),
    }
}

/// What stands between the brackets after an attribute's name.
pub(super) fn flags(attribute: &Attribute) -> String {
    let behaviour = &attribute.behaviour;
    let mut flags = match &attribute.kind {
        Kind::Plain(ty) => vec![type_words(ty)],
        Kind::Nested(nesting, _) => vec![format!("Attributes{}", nesting_suffix(*nesting))],
        Kind::Block(nesting, _) => block_flags(*nesting, attribute),
    };
    flags.extend(behaviour.sensitive.then(|| "Sensitive".to_owned()));
    flags.extend(behaviour.deprecated.map(|_| "Deprecated".to_owned()));
    flags.extend(behaviour.write_only.then(|| WRITE_ONLY.to_owned()));
    flags.join(", ")
}

fn nesting_suffix(nesting: Nesting) -> &'static str {
    match nesting {
        Nesting::Single => "",
        Nesting::List => " List",
        Nesting::Set => " Set",
        Nesting::Map => " Map",
    }
}

fn block_flags(nesting: Nesting, block: &Attribute) -> Vec<String> {
    let mut flags = vec![format!("Block{}", nesting_suffix(nesting))];
    if nesting == Nesting::Single {
        flags.push(Group::of(block).title().to_owned());
        return flags;
    }
    let behaviour = &block.behaviour;
    flags.extend((behaviour.min_items > 0).then(|| format!("Min: {}", behaviour.min_items)));
    flags.extend(behaviour.max_items.map(|most| format!("Max: {most}")));
    flags
}

/// The three groups in which a page lists attributes and blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// The user must set it.
    Required,
    /// The user may set it.
    Optional,
    /// Only the provider sets it.
    ReadOnly,
}

impl Group {
    pub(super) const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    /// The group of an attribute or block. A block is read-only when everything in it is.
    pub(super) fn of(attribute: &Attribute) -> Self {
        use crate::framework::schema::Presence;
        let behaviour = &attribute.behaviour;
        match (&attribute.kind, behaviour.presence) {
            (_, Presence::Required) => Self::Required,
            (Kind::Block(..), _) if behaviour.min_items > 0 => Self::Required,
            (Kind::Block(_, within), _) => {
                let read_only = !within.is_empty() && within.iter().all(|a| Self::of(a) == Self::ReadOnly);
                if read_only { Self::ReadOnly } else { Self::Optional }
            }
            (_, Presence::Computed) => Self::ReadOnly,
            (_, Presence::Optional | Presence::OptionalComputed) => Self::Optional,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// The sentences that the declaration adds to an attribute's own text, without those that it has already.
pub(super) fn notes(attribute: &Attribute) -> Vec<String> {
    let (behaviour, doc) = (&attribute.behaviour, attribute.doc.as_str());
    let ty = attribute.value_type();
    let checks = behaviour.validators.iter().filter_map(|check| check_note(check, &ty, doc, "Must"));
    let deprecated = behaviour.deprecated.map(|message| format!("**Deprecated:** {}", message.trim()));
    checks.chain(default_note(behaviour, doc)).chain(replace_note(behaviour, doc)).chain(deprecated).collect()
}

fn default_note(behaviour: &Behaviour, doc: &str) -> Option<String> {
    let default = behaviour.default.as_ref().filter(|_| !behaviour.sensitive)?;
    let shown = match default {
        Value::String(text) if !text.is_empty() && !text.contains(['`', '\n']) => text.to_string(),
        other => hcl(other)?,
    };
    let said = doc.to_lowercase().contains("default") && doc.contains(&shown);
    (!said).then(|| format!("Defaults to `{shown}`."))
}

/// A known value as HCL, or `None` for one that cannot be shown as such.
fn hcl(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(format!("{:?}", &**text)),
        Value::List(elements) | Value::Set(elements) => {
            Some(format!("[{}]", elements.iter().map(hcl).collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Value::Map(members) if members.is_empty() => Some("{}".to_owned()),
        Value::Map(members) => {
            let members = members.iter().map(|(name, member)| Some(format!("{name} = {}", hcl(member)?)));
            Some(format!("{{ {} }}", members.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Value::Dynamic(inner) => hcl(&inner.1),
        Value::Null | Value::Unknown(_) => None,
    }
}

fn replace_note(behaviour: &Behaviour, doc: &str) -> Option<String> {
    let told = ["replaces", "replaced", "replacement", "recreates", "recreated"];
    let said = doc.split(|c: char| !c.is_alphanumeric()).any(|word| told.contains(&word));
    match behaviour.replace {
        _ if said => None,
        Replace::Never => None,
        Replace::Always => Some("Forces replacement.".to_owned()),
        Replace::If(_) => Some("Some changes force replacement.".to_owned()),
    }
}

fn check_note(check: &Check, ty: &Type, doc: &str, verb: &str) -> Option<String> {
    let note = |least: Option<String>, most: Option<String>, have: &str, unit: &str| {
        let said = least.iter().chain(&most).all(|number| has_word(doc, number));
        let range = range_words(least.as_deref(), most.as_deref())?;
        let unit = if range.ends_with(" 1") { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
        (!said).then(|| format!("{verb} {have} {range}{unit}."))
    };
    match check {
        Check::With(_) => None,
        Check::OneOf(allowed) => {
            let said = allowed.iter().all(|value| doc.contains(&format!("`{value}`")));
            let allowed: Vec<String> = allowed.iter().map(|value| format!("`{value}`")).collect();
            (!said).then(|| format!("Valid values: {}.", allowed.join(", ")))
        }
        Check::Between(least, most) => note(
            (*least != i64::MIN).then(|| least.to_string()),
            (*most != i64::MAX).then(|| most.to_string()),
            "be",
            "",
        ),
        Check::Length(least, most) => note(
            (*least > 0 || *most == 0).then(|| least.to_string()),
            (*most != usize::MAX).then(|| most.to_string()),
            "have",
            if *ty == Type::String { " characters" } else { " elements" },
        ),
        Check::Each(check) => check_note(check, element_type(ty), doc, "Each element must"),
    }
}

fn range_words(least: Option<&str>, most: Option<&str>) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}")),
        (Some(least), Some(most)) => Some(format!("from {least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

fn element_type(ty: &Type) -> &Type {
    match ty {
        Type::List(element) | Type::Set(element) | Type::Map(element) => element,
        other => other,
    }
}

/// Whether a number stands in the text, not as a part of another one.
fn has_word(text: &str, number: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{computed, optional, required};

    #[track_caller]
    fn check(ty: Type, doc: &str, behaviour: Behaviour, expect: &str) {
        let doc = doc.to_owned();
        let attribute = Attribute { name: "a", doc, kind: Kind::Plain(ty), behaviour, nullable: true };
        assert_eq!(notes(&attribute).join(" "), expect);
    }

    #[test]
    fn defaults_are_told_unless_the_text_tells_them() {
        check(Type::String, "A.", optional().default("x"), "Defaults to `x`.");
        check(Type::String, "A.", optional().default(""), "Defaults to `\"\"`.");
        check(Type::Number, "By default it is 3.", optional().default(3), "");
        check(Type::Bool, "Use the default VPC.", optional().default(true), "Defaults to `true`.");
        let list = Value::List(vec!["a".into(), "b".into()]);
        check(Type::list(Type::String), "A.", optional().default(list), r#"Defaults to `["a", "b"]`."#);
        let map = Value::object([("a", Value::from(1))]);
        check(Type::map(Type::Number), "A.", optional().default(map), "Defaults to `{ a = 1 }`.");
        check(Type::String, "A.", optional().default("hunter2").sensitive(), "");
    }

    #[test]
    fn allowed_values_are_told_unless_the_text_tells_them() {
        check(Type::String, "A.", required().one_of(&["x", "y"]), "Valid values: `x`, `y`.");
        check(Type::String, "Either `x` or `y`.", required().one_of(&["x", "y"]), "");
        check(Type::set(Type::String), "A.", required().each_one_of(&["x"]), "Valid values: `x`.");
        check(Type::Number, "A.", required().between(1, 5), "Must be from 1 to 5.");
        check(Type::Number, "A number from 1 to 5.", required().between(1, 5), "");
        check(Type::Number, "One of 15.", required().between(1, i64::MAX), "Must be at least 1.");
        check(Type::String, "A.", required().length(1, 1), "Must have exactly 1 character.");
        check(Type::String, "A.", required().length(0, 64), "Must have at most 64 characters.");
        check(Type::list(Type::String), "A.", required().length(2, 2), "Must have exactly 2 elements.");
        check(Type::String, "A.", required().validate(|_| Ok(())), "");
        let each = Check::Each(Box::new(Check::Length(1, 8)));
        let behaviour = Behaviour { validators: vec![each], ..required() };
        check(Type::list(Type::String), "A.", behaviour, "Each element must have from 1 to 8 characters.");
    }

    #[test]
    fn replacement_is_told_unless_the_text_tells_it() {
        check(Type::String, "A.", required().replace(), "Forces replacement.");
        check(Type::String, "A change replaces the directory.", required().replace(), "");
        check(Type::String, "A.", required().replace_if(|_, _| true), "Some changes force replacement.");
        check(Type::String, "A.", computed(), "");
    }
}
