//! Whether an applied object is what was planned. Pure.

use super::schema::{Attribute, Nesting, nested_objects};
use crate::value::{Path, Step, Value};

/// Where an applied object is not what was planned, or not wholly known: each a defect that core would report
/// as "Provider produced inconsistent result after apply". Values are not named, since they may be secret.
pub fn inconsistencies(attributes: &[Attribute], planned: &Value, applied: &Value) -> Vec<Path> {
    let mut found = applied.unknown_paths();
    compare(attributes, planned, applied, &Path::root(), &mut found);
    found
}

fn compare(attributes: &[Attribute], planned: &Value, applied: &Value, at: &Path, found: &mut Vec<Path>) {
    for attribute in attributes {
        let (plan, new) = (planned.member(attribute.name), applied.member(attribute.name));
        let path = at.clone().attribute(attribute.name);
        match attribute.nested() {
            Some((nesting, nested)) if nesting != Nesting::Set && !plan.is_unknown() => {
                let (plans, news) = (nested_objects(nesting, plan), nested_objects(nesting, new));
                if plans.len() != news.len() || plan.is_null() != new.is_null() {
                    found.push(path);
                    continue;
                }
                for ((step, plan), (other, new)) in plans.into_iter().zip(news) {
                    let element = step.clone().map_or(path.clone(), |step: Step| path.clone().then(step));
                    if step == other {
                        compare(nested, plan, new, &element, found);
                    } else {
                        found.push(element);
                    }
                }
            }
            _ if !agrees(plan, new) => found.push(path),
            _ => {}
        }
    }
}

/// Whether the applied value is one that the planned value could become.
pub(super) fn agrees(planned: &Value, applied: &Value) -> bool {
    match (planned, applied) {
        (Value::Unknown(refinement), applied) => {
            let null_agrees = refinement.null.is_none_or(|null| null == applied.is_null());
            let prefix_agrees = match (&refinement.prefix, applied) {
                (Some(prefix), Value::String(text)) => text.starts_with(prefix.as_str()),
                _ => true,
            };
            null_agrees && prefix_agrees
        }
        (Value::List(planned), Value::List(applied)) => {
            planned.len() == applied.len() && planned.iter().zip(applied).all(|(plan, new)| agrees(plan, new))
        }
        (Value::Map(planned), Value::Map(applied)) => {
            planned.len() == applied.len()
                && planned.iter().all(|(key, plan)| applied.get(key).is_some_and(|new| agrees(plan, new)))
        }
        (Value::Dynamic(planned), Value::Dynamic(applied)) => agrees(&planned.1, &applied.1),
        (Value::Set(set), Value::Set(applied)) if !planned.is_wholly_known() => set.len() >= applied.len(),
        (planned, applied) => planned == applied,
    }
}
