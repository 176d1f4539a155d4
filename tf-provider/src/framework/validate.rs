//! Checks of a configuration against its schema, beyond what core checks itself.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::schema::{Attribute, Check, Kind, Nesting, Schema, nested_objects};
use crate::value::{Path, Type, Value};

/// Runs every check that the schema declares, and warns where the type itself is deprecated.
pub fn against(schema: &Schema, config: &Value, found: &mut Diagnostics) {
    if let Some(message) = schema.deprecated {
        found.push(Diagnostic::warning("Deprecated", message));
    }
    against_schema(&schema.attributes, config, found);
}

/// Runs every check that the schema declares on every known value, and warns about deprecated attributes that are
/// set: Terraform before 1.15 shows no deprecation of its own, and later ones only where an attribute is read. Unknown values are checked when they become
/// known.
pub fn against_schema(attributes: &[Attribute], config: &Value, found: &mut Diagnostics) {
    check_object(attributes, config, &Path::root(), found);
}

fn check_object(attributes: &[Attribute], object: &Value, at: &Path, found: &mut Diagnostics) {
    if object.is_unknown() {
        return;
    }
    for attribute in attributes {
        let value = object.member(attribute.name);
        let path = at.clone().attribute(attribute.name);
        if let Some(message) = attribute.behaviour.deprecated
            && is_written(attribute, value)
        {
            found.warn_at(path.clone(), format!("Deprecated: {}", attribute.name), message);
        }
        for check in &attribute.behaviour.validators {
            run(check, value, &path, attribute, found);
        }
        if let Kind::Plain(r#type) = &attribute.kind {
            refuse_nulls(r#type, value, &path, found);
        }
        let Some((nesting, nested)) = attribute.nested() else { continue };
        let objects = nested_objects(nesting, value);
        if attribute.is_block() && nesting != Nesting::Map && !value.is_unknown() {
            check_count(attribute, objects.len(), &path, found);
        }
        for (step, object) in objects {
            let element = step.map_or(path.clone(), |step| path.clone().then(step));
            check_object(nested, object, &element, found);
        }
    }
}

/// Whether the configuration holds the attribute or a block of that type, as far as is known.
fn is_written(attribute: &Attribute, value: &Value) -> bool {
    let written = !value.is_null() && !value.is_unknown();
    written && !(attribute.is_block() && value.as_elements().is_some_and(<[Value]>::is_empty))
}

fn run(check: &Check, value: &Value, path: &Path, attribute: &Attribute, found: &mut Diagnostics) {
    if let Check::Each(each) = check {
        match value {
            Value::List(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    run(each, element, &path.clone().index(index), attribute, found);
                }
            }
            Value::Set(elements) => {
                for element in elements {
                    let mut own = Diagnostics::new();
                    run(each, element, path, attribute, &mut own);
                    let named = own.into_iter().map(|one| about_element(element, attribute, one));
                    found.extend(named);
                }
            }
            Value::Map(members) => {
                for (key, member) in members {
                    run(each, member, &path.clone().key(key), attribute, found);
                }
            }
            _ => {}
        }
        return;
    }
    if value.is_null() || value.is_unknown() {
        return;
    }
    if let Err(problem) = check.run(value) {
        found.error_at(path.clone(), format!("Invalid value for {path}"), problem);
    }
}

/// No path leads to an element of a set, so the message names it, unless it is a secret.
fn about_element(element: &Value, attribute: &Attribute, diagnostic: Diagnostic) -> Diagnostic {
    const LONGEST: usize = 100;
    let behaviour = &attribute.behaviour;
    match element.as_str() {
        Some(text) if !behaviour.sensitive && !behaviour.write_only => {
            let shown: String = text.chars().take(LONGEST).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            Diagnostic { detail: format!("Element {shown:?}{more}: {}", diagnostic.detail), ..diagnostic }
        }
        _ => diagnostic,
    }
}

/// An element that is null would reach the resource as an empty one, and what is applied then differs from what was
/// planned. Dynamic values are the resource's own affair.
fn refuse_nulls(r#type: &Type, value: &Value, path: &Path, found: &mut Diagnostics) {
    let mut refuse = |inner: &Type, element: &Value, at: Path| {
        if element.is_null() && *inner != Type::Dynamic {
            found.error_at(
                at.clone(),
                format!("Invalid value for {at}"),
                "It is null; a value must be there.",
            );
        } else {
            refuse_nulls(inner, element, &at, found);
        }
    };
    match (r#type, value) {
        (Type::List(inner), Value::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                refuse(inner, element, path.clone().index(index));
            }
        }
        (Type::Set(inner), Value::Set(elements)) => {
            for element in elements {
                refuse(inner, element, path.clone());
            }
        }
        (Type::Map(inner), Value::Map(members)) => {
            for (key, member) in members {
                refuse(inner, member, path.clone().key(key));
            }
        }
        _ => {}
    }
}

fn check_count(attribute: &Attribute, count: usize, path: &Path, found: &mut Diagnostics) {
    let (least, most) = (attribute.behaviour.min_items, attribute.behaviour.max_items);
    if count < least {
        found.error_at(
            path.clone(),
            format!("Too few {} blocks", attribute.name),
            format!("At least {least} must be written; there are {count}."),
        );
    }
    if let Some(most) = most
        && count > most
    {
        found.error_at(
            path.clone(),
            format!("Too many {} blocks", attribute.name),
            format!("At most {most} may be written; there are {count}."),
        );
    }
}

/// Refuses write-only values from a Terraform that would store them: those before 1.11.
pub fn write_only_support(attributes: &[Attribute], config: &Value, found: &mut Diagnostics) {
    visit_write_only(attributes, config, &Path::root(), &mut |attribute, path| {
        found.push(
            Diagnostic::error(
                format!("Write-only attribute {} needs Terraform 1.11", attribute.name),
                "This version of Terraform or OpenTofu has no write-only attributes and would store the value in the \
                 state. Use Terraform 1.11 or OpenTofu 1.11 or later, or the attribute that is stored.",
            )
            .at(path),
        );
    });
}

fn visit_write_only(
    attributes: &[Attribute],
    object: &Value,
    at: &Path,
    visit: &mut impl FnMut(&Attribute, Path),
) {
    for attribute in attributes {
        let value = object.member(attribute.name);
        let path = at.clone().attribute(attribute.name);
        if attribute.behaviour.write_only && !value.is_null() {
            visit(attribute, path);
        } else if let Some((nesting, nested)) = attribute.nested() {
            for (step, object) in nested_objects(nesting, value) {
                let element = step.map_or(path.clone(), |step| path.clone().then(step));
                visit_write_only(nested, object, &element, visit);
            }
        }
    }
}

/// Exactly one of the attributes must be set. Nothing is said while an unknown one could decide it.
pub fn exactly_one_of(config: &Value, names: &[&str], found: &mut Diagnostics) {
    let set: Vec<&str> = names.iter().copied().filter(|name| is_set(config, name)).collect();
    let undecided = names.iter().any(|name| config.member(name).is_unknown());
    let all = quoted(names);
    match set.as_slice() {
        [] if !undecided => found.push(
            Diagnostic::error(
                format!("Missing one of {all}"),
                format!("Exactly one of {all} must be set; none is."),
            )
            .at(names.first().copied().unwrap_or_default()),
        ),
        [_, second, ..] => found.error_at(
            *second,
            format!("Conflicting attributes {}", quoted(&set)),
            format!("Exactly one of {all} must be set."),
        ),
        _ => {}
    }
}

/// At most one of the attributes may be set.
pub fn at_most_one_of(config: &Value, names: &[&str], found: &mut Diagnostics) {
    let set: Vec<&str> = names.iter().copied().filter(|name| is_set(config, name)).collect();
    if let [_, second, ..] = set.as_slice() {
        found.error_at(
            *second,
            format!("Conflicting attributes {}", quoted(&set)),
            format!("At most one of {} may be set.", quoted(names)),
        );
    }
}

/// Where `name` is set, `needs` must be set as well.
pub fn requires(config: &Value, name: &str, needs: &str, found: &mut Diagnostics) {
    if is_set(config, name) && config.member(needs).is_null() {
        found.error_at(
            name,
            format!("Missing attribute {needs:?}"),
            format!("{name:?} has an effect only together with {needs:?}."),
        );
    }
}

fn is_set(config: &Value, name: &str) -> bool {
    let value = config.member(name);
    !value.is_null() && !value.is_unknown()
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::model::Model as _;
    use super::*;

    crate::model! {
        /// A lamp.
        struct Lamp / LampView {
            /// Its bulb.
            pub bulb: Option<String> => optional().deprecated("Use light instead."),
            /// Its shade.
            pub shade: Option<Shade> => block().min_items(1),
            /// Its feet.
            pub foot: Vec<Shade> => block().deprecated("Lamps hang now."),
        }
    }

    crate::model! {
        /// A shade.
        struct Shade / ShadeView {
            /// Rings in it.
            pub ring: Vec<Ring> => block().min_items(1),
        }
    }

    crate::model! {
        /// A ring.
        struct Ring / RingView {}
    }

    #[track_caller]
    fn check(bulb: Value, shade: Value, foot: Value, expect: &[&str]) {
        let config = Value::object([("bulb", bulb), ("shade", shade), ("foot", foot)]);
        let mut found = Diagnostics::new();
        against(&Schema { deprecated: None, ..Lamp::schema() }, &config, &mut found);
        let told = found.iter().map(|one| format!("{:?} {}: {}", one.severity, one.summary, one.detail));
        assert_eq!(told.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn deprecations_and_counts() {
        let none = || Value::List(Vec::new());
        let shade = || {
            let ring = Value::object::<&str>([]);
            Value::object([("ring", Value::List(vec![ring]))])
        };
        check(Value::Null, shade(), none(), &[]);
        check(Value::UNKNOWN, Value::UNKNOWN, Value::UNKNOWN, &[]);
        check(
            Value::Null,
            shade(),
            Value::List(vec![Value::UNKNOWN]),
            &["Warning Deprecated: foot: Lamps hang now."],
        );
        check("x".into(), shade(), none(), &["Warning Deprecated: bulb: Use light instead."]);
        check(
            Value::Null,
            Value::Null,
            none(),
            &["Error Too few shade blocks: At least 1 must be written; there are 0."],
        );
    }

    crate::model! {
        /// A shop.
        struct Shop / ShopView {
            /// What stands in the window.
            pub wares: Option<Vec<String>> => optional(),
            /// Who works there.
            pub staff: Option<BTreeSet<String>> => optional(),
            /// What things cost.
            pub prices: Option<BTreeMap<String, i64>> => optional(),
        }
    }

    #[test]
    fn elements_are_not_null() {
        let config = Value::object([
            ("wares", Value::List(vec!["hat".into(), Value::Null])),
            ("staff", Value::set([Value::Null, "bob".into()])),
            ("prices", Value::object([("hat", Value::UNKNOWN), ("cap", Value::Null)])),
        ]);
        let mut found = Diagnostics::new();
        against(&Shop::schema(), &config, &mut found);
        let told: Vec<_> = found.iter().map(|one| one.summary.as_str()).collect();
        let expect = ["wares[1]", "staff", "prices[\"cap\"]"].map(|at| format!("Invalid value for {at}"));
        assert_eq!(told, expect);
        let absent =
            Value::object([("wares", Value::Null), ("staff", Value::UNKNOWN), ("prices", Value::Null)]);
        let mut found = Diagnostics::new();
        against(&Shop::schema(), &absent, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    fn short(value: &Value) -> Result<(), String> {
        let fits = value.as_str().is_none_or(|text| text.len() <= 3);
        if fits { Ok(()) } else { Err("At most three letters.".to_owned()) }
    }

    crate::model! {
        /// A door.
        struct Door / DoorView {
            /// Names on it.
            pub names: Option<BTreeSet<String>> => optional().validate_each(short),
            /// Words that open it.
            pub words: Option<BTreeSet<String>> => optional().sensitive().validate_each(short),
            /// Bells beside it.
            pub bell: Vec<Bell> => block(),
        }
    }

    crate::model! {
        /// A bell.
        struct Bell / BellView {
            /// What it says.
            pub sound: Option<String> => optional().validate(short),
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let config = Value::object([
            ("names", Value::set(["bob".into(), "alice".into()])),
            ("words", Value::set(["sesame".into()])),
            ("bell", Value::List(vec![Value::object([("sound", "ding".into())])])),
        ]);
        let mut found = Diagnostics::new();
        against(&Door::schema(), &config, &mut found);
        let told: Vec<_> = found.iter().map(|one| format!("{} — {}", one.summary, one.detail)).collect();
        let expect = [
            "Invalid value for names — Element \"alice\": At most three letters.",
            "Invalid value for words — At most three letters.",
            "Invalid value for bell[0].sound — At most three letters.",
        ];
        assert_eq!(told, expect);
    }

    #[test]
    fn a_deprecated_type_is_told() {
        let mut found = Diagnostics::new();
        let schema = Schema { deprecated: Some("Use a candle."), attributes: Vec::new(), ..Lamp::schema() };
        against(&schema, &Value::object::<&str>([]), &mut found);
        assert_eq!(found, Diagnostic::warning("Deprecated", "Use a candle.").into());
    }
}
