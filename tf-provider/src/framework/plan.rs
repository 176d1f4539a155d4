//! From configuration and prior state to a plan. Pure.
//!
//! The order is that of Terraform's plugin framework: defaults, write-only values to null, computed values to
//! unknown where anything changes, replacement; the resource's own adjustments come after. Core then demands that
//! a planned value is what the configuration says, or what the state says, or, where the configuration says
//! nothing and the attribute is computed, anything.

use std::collections::BTreeSet;

use super::schema::{Attribute, Kind, Nesting, Replace, nested_objects};
use crate::value::{Path, Step, Value};

/// What is planned for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The object after the apply, as far as it is known.
    pub planned: Value,
    /// Attributes whose change replaces the object, sorted.
    pub replace: BTreeSet<Path>,
}

/// Plans a create (`prior` is null) or an update. `proposed` is what core merged from configuration and prior
/// state.
pub fn propose(attributes: &[Attribute], config: &Value, prior: &Value, proposed: &Value) -> Proposal {
    let mut planned = proposed.clone();
    complete(attributes, config, prior, &mut planned);
    if planned != *prior {
        mark_unknown(attributes, config, prior, &mut planned, &BTreeSet::new());
    }
    let mut replace = BTreeSet::new();
    if !prior.is_null() {
        find_replacements(attributes, config, prior, &planned, &Path::root(), &mut replace);
    }
    Proposal { planned, replace }
}

/// Sets defaults, nulls write-only values, and keeps the state's spelling where the configuration says the same
/// thing in another one.
fn complete(attributes: &[Attribute], config: &Value, prior: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    if config.is_null() {
        // The user left the whole object to the provider, so what is planned is the state's: no default applies.
        return;
    }
    for attribute in attributes {
        let Some(value) = members.get_mut(attribute.name) else { continue };
        let (config, prior) = (config.member(attribute.name), prior.member(attribute.name));
        let behaviour = &attribute.behaviour;
        if let (Some(default), true) = (&behaviour.default, config.is_null()) {
            value.clone_from(default);
        }
        if behaviour.write_only {
            *value = Value::Null;
        }
        if let Some(normal) = behaviour.spelling
            && same_thing(normal, value, prior)
        {
            value.clone_from(prior);
        }
        if let Some((nesting, nested)) = attribute.nested() {
            each_nested(nesting, nested, config, prior, value, |config, prior, element| {
                complete(nested, config, prior, element);
            });
        }
    }
}

/// Whether two known values are one thing in two spellings.
pub(super) fn same_thing(normal: fn(&str) -> String, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => normal(one) == normal(other),
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same_thing(normal, one, other))
        }
        (Value::Set(one), Value::Set(other)) => {
            let normal = |elements: &[Value]| -> Option<BTreeSet<String>> {
                elements.iter().map(|element| element.as_str().map(normal)).collect()
            };
            one.len() == other.len() && normal(one).is_some() && normal(one) == normal(other)
        }
        _ => false,
    }
}

/// Makes every computed attribute that the configuration leaves open unknown, or keeps it where it is declared
/// `kept`. Attributes in `settled` are left as they are.
pub(super) fn mark_unknown(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    planned: &mut Value,
    settled: &BTreeSet<Path>,
) {
    let Value::Map(members) = planned else { return };
    for attribute in attributes {
        let Some(value) = members.get_mut(attribute.name) else { continue };
        let behaviour = &attribute.behaviour;
        let (open, kept) = (config.member(attribute.name), prior.member(attribute.name));
        if settled.contains(&Path::of(attribute.name)) {
            continue;
        }
        if open.is_null() && behaviour.presence.is_computed() {
            if behaviour.default.is_none() {
                *value = if behaviour.kept && !prior.is_null() { kept.clone() } else { Value::UNKNOWN };
            }
        } else if let Some((nesting, nested)) = attribute.nested() {
            each_nested(nesting, nested, open, kept, value, |config, prior, element| {
                mark_unknown(nested, config, prior, element, &BTreeSet::new());
            });
        }
    }
}

/// Works on every object nested in a planned value, beside the configuration's and the prior state's object for
/// the same place. An element of a set belongs to the configuration's element that says nothing else.
fn each_nested(
    nesting: Nesting,
    nested: &[Attribute],
    config: &Value,
    prior: &Value,
    planned: &mut Value,
    mut work: impl FnMut(&Value, &Value, &mut Value),
) {
    const NULL: &Value = &Value::Null;
    match (nesting, planned) {
        (Nesting::Single, planned @ Value::Map(_)) => work(config, prior, planned),
        (Nesting::List, Value::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                work(element_of(config, index), element_of(prior, index), element);
            }
        }
        (Nesting::Map, Value::Map(members)) => {
            for (key, member) in members.iter_mut() {
                work(config.member(key), prior.member(key), member);
            }
        }
        (Nesting::Set, planned @ Value::Set(_)) => {
            let configured = config.as_elements().unwrap_or_default();
            let before = prior.as_elements().unwrap_or_default();
            let elements = planned.as_elements().unwrap_or_default().iter().cloned().map(|mut element| {
                // Of several that say nothing else, the one that says most is where the element comes from.
                let origin = configured.iter().filter(|origin| says_nothing_else(nested, origin, &element));
                let origin = origin.max_by_key(|origin| settings(origin)).unwrap_or(NULL);
                let before = before.iter().find(|before| **before == element).unwrap_or(NULL);
                work(origin, before, &mut element);
                element
            });
            *planned = Value::set(elements.collect::<Vec<_>>());
        }
        _ => {}
    }
}

fn element_of(list: &Value, index: usize) -> &Value {
    const NULL: &Value = &Value::Null;
    list.as_elements().and_then(|elements| elements.get(index)).unwrap_or(NULL)
}

/// Whether everything that `origin` sets is the same in `element`, and the rest is the provider's to fill.
fn says_nothing_else(nested: &[Attribute], origin: &Value, element: &Value) -> bool {
    nested.iter().all(|attribute| {
        let (set, planned) = (origin.member(attribute.name), element.member(attribute.name));
        match attribute.nested() {
            _ if set.is_null() => planned.is_null() || attribute.behaviour.presence.is_computed(),
            Some((nesting, within)) => {
                let (set, planned) = (nested_objects(nesting, set), nested_objects(nesting, planned));
                let same = |(set, planned): (&(_, &Value), &(_, &Value))| {
                    says_nothing_else(within, set.1, planned.1)
                };
                set.len() == planned.len() && (nesting == Nesting::Set || set.iter().zip(&planned).all(same))
            }
            None => set == planned,
        }
    })
}

/// How many values an object or list sets.
fn settings(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Map(members) => members.values().map(settings).sum(),
        Value::List(elements) | Value::Set(elements) => elements.iter().map(settings).sum(),
        _ => 1,
    }
}

fn find_replacements(
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    planned: &Value,
    at: &Path,
    found: &mut BTreeSet<Path>,
) {
    for attribute in attributes {
        let (set, old, new) =
            (config.member(attribute.name), prior.member(attribute.name), planned.member(attribute.name));
        let left_open = set.is_null() && attribute.behaviour.presence.is_computed();
        if old == new || left_open && attribute.behaviour.default.is_none() {
            continue;
        }
        let path = at.clone().attribute(attribute.name);
        let replaces = match attribute.behaviour.replace {
            Replace::Never => false,
            Replace::Always => true,
            Replace::If(decide) => !new.is_unknown() && decide(old, new),
        };
        if replaces {
            found.insert(path.clone());
        }
        let Some((nesting, nested)) = attribute.nested() else { continue };
        let (old_objects, new_objects) = (nested_objects(nesting, old), nested_objects(nesting, new));
        if nesting == Nesting::Set && !new.is_unknown() {
            if essences(nested, &old_objects) != essences(nested, &new_objects) {
                found.insert(path);
            }
            continue;
        }
        let same_places = !new.is_unknown()
            && old_objects.len() == new_objects.len()
            && old_objects.iter().zip(&new_objects).all(|((old, _), (new, _))| old == new);
        if !same_places {
            if any_replaces(nested) {
                found.insert(path);
            }
            continue;
        }
        for ((step, old), (_, new)) in old_objects.into_iter().zip(new_objects) {
            let whole = Path::root();
            let (element, within) = match step {
                Some(step) => (path.clone().then(step.clone()), whole.then(step)),
                None => (path.clone(), whole),
            };
            let set = set.at(&within).unwrap_or(&Value::Null);
            find_replacements(nested, set, old, new, &element, found);
        }
    }
}

/// What decides about replacement in the elements of a set, which have no place by which to compare them.
fn essences(attributes: &[Attribute], objects: &[(Option<Step>, &Value)]) -> Vec<Value> {
    let mut essences: Vec<Value> = objects.iter().map(|(_, object)| essence(attributes, object)).collect();
    essences.sort();
    essences.retain(|essence| *essence != Value::object::<&str>([]));
    essences
}

fn essence(attributes: &[Attribute], object: &Value) -> Value {
    Value::object(attributes.iter().filter_map(|attribute| {
        let value = object.member(attribute.name);
        match (attribute.behaviour.replace, attribute.nested()) {
            (Replace::Never, Some((nesting, nested))) if any_replaces(nested) && !value.is_unknown() => {
                Some((attribute.name, Value::List(essences(nested, &nested_objects(nesting, value)))))
            }
            (Replace::Never, None) => None,
            (Replace::Never, Some((_, nested))) if !any_replaces(nested) => None,
            _ => Some((attribute.name, value.clone())),
        }
    }))
}

fn any_replaces(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        !matches!(attribute.behaviour.replace, Replace::Never)
            || attribute.nested().is_some_and(|(_, nested)| any_replaces(nested))
    })
}

/// Nulls every write-only value.
pub fn without_write_only(attributes: &[Attribute], mut value: Value) -> Value {
    clear_write_only(attributes, &mut value);
    value
}

fn clear_write_only(attributes: &[Attribute], value: &mut Value) {
    let Value::Map(members) = value else { return };
    for attribute in attributes {
        let Some(member) = members.get_mut(attribute.name) else { continue };
        if attribute.behaviour.write_only {
            *member = Value::Null;
        } else if let Some((nesting, nested)) = attribute.nested() {
            each_nested(nesting, nested, &Value::Null, &Value::Null, member, |_, _, element| {
                clear_write_only(nested, element);
            });
        }
    }
}

/// Puts the configuration's write-only values into a planned object: what create and update are given.
pub fn with_write_only(attributes: &[Attribute], config: &Value, mut planned: Value) -> Value {
    fill_write_only(attributes, config, &mut planned);
    planned
}

fn fill_write_only(attributes: &[Attribute], config: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    for attribute in attributes {
        let Some(member) = members.get_mut(attribute.name) else { continue };
        let set = config.member(attribute.name);
        if attribute.behaviour.write_only {
            member.clone_from(set);
        } else if let Some((nesting, nested)) = attribute.nested() {
            each_nested(nesting, nested, set, &Value::Null, member, |config, _, element| {
                fill_write_only(nested, config, element);
            });
        }
    }
}

/// Keeps the user's spelling: where the new value is the reference's in another spelling, takes the reference's.
pub fn keep_spelling(attributes: &[Attribute], reference: &Value, value: &mut Value) {
    let Value::Map(members) = value else { return };
    for attribute in attributes {
        let Some(member) = members.get_mut(attribute.name) else { continue };
        let spelt = reference.member(attribute.name);
        if let Some(normal) = attribute.behaviour.spelling
            && same_thing(normal, member, spelt)
        {
            member.clone_from(spelt);
        }
        if let Some((nesting, nested)) = attribute.nested() {
            each_nested(nesting, nested, &Value::Null, spelt, member, |_, reference, element| {
                keep_spelling(nested, reference, element);
            });
        }
    }
}

/// Makes every missing list or set of blocks empty, in other blocks too: what Terraform holds for a block type that
/// nobody wrote, and what a state from before that block type existed does not say.
pub fn with_empty_blocks(attributes: &[Attribute], mut value: Value) -> Value {
    fill_empty_blocks(attributes, &mut value);
    value
}

fn fill_empty_blocks(attributes: &[Attribute], value: &mut Value) {
    let Value::Map(members) = value else { return };
    for attribute in attributes {
        let Kind::Block(nesting, nested) = &attribute.kind else { continue };
        let Some(member) = members.get_mut(attribute.name) else { continue };
        if member.is_null() {
            *member = empty(&attribute.kind);
        } else {
            each_nested(*nesting, nested, &Value::Null, &Value::Null, member, |_, _, element| {
                fill_empty_blocks(nested, element);
            });
        }
    }
}

/// An object of that schema in which every attribute is null and every list or set of blocks empty.
pub fn empty_object(attributes: &[Attribute]) -> Value {
    Value::object(attributes.iter().map(|attribute| (attribute.name, empty(&attribute.kind))))
}

fn empty(kind: &Kind) -> Value {
    match kind {
        Kind::Block(Nesting::List, _) => Value::List(Vec::new()),
        Kind::Block(Nesting::Set, _) => Value::set([]),
        _ => Value::Null,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
