//! What becomes of an object's identity after an operation. Core checks only that an identity is known and of its
//! type; that it stays the same is the provider's promise, checked here.

use super::failure::{Failure, Verb};
use crate::value::Value;

/// How an identity may differ from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Not at all, save that parts which were open are filled in.
    Fixed,
    /// In any way: the object was just imported, or the resource declares its identity mutable.
    Free,
}

/// The identity to answer with, and what is wrong with it. Where the resource cannot tell it, or no longer tells a
/// part of it, the old one stays: core would replace a stored identity even by none.
pub(super) fn settle(
    old: Option<Value>,
    new: Result<Value, Failure>,
    change: Change,
    verb: Verb,
) -> (Option<Value>, Option<Failure>) {
    let new = match new {
        Ok(new) => new,
        Err(failure) => return (old, Some(failure)),
    };
    let new = keep_known_parts(old.as_ref(), new);
    if says_nothing(&new) {
        let problem = format!("Missing resource identity: after the {}, the object has none.", verb.noun());
        return (old, Some(Failure::bug(problem)));
    }
    let old = old.unwrap_or_default();
    let differs = |(name, before): (&String, &Value)| !before.is_null() && before != new.member(name);
    let changed = change == Change::Fixed && old.as_map().is_some_and(|members| members.iter().any(differs));
    let failure =
        changed.then(|| Failure::bug("The object's identity changed, which no object's ever does."));
    (Some(new), failure)
}

fn keep_known_parts(old: Option<&Value>, mut new: Value) -> Value {
    if let (Some(old), Value::Map(members)) = (old, &mut new) {
        for (name, member) in members.iter_mut().filter(|(_, member)| member.is_null()) {
            member.clone_from(old.member(name));
        }
    }
    new
}

fn says_nothing(identity: &Value) -> bool {
    let empty = |member: &Value| member.is_null() || member.as_str() == Some("");
    identity.as_map().is_none_or(|members| members.values().all(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(id: &str, region: Option<&str>) -> Value {
        Value::object([("id", id.into()), ("region", region.map_or(Value::Null, Value::from))])
    }

    #[track_caller]
    fn check(old: Option<Value>, new: Value, change: Change, expect: &(Option<Value>, Option<&str>)) {
        let (identity, failure) = settle(old, Ok(new), change, Verb::Read);
        let problem = failure.map(|failure| failure.problem);
        assert_eq!(&(identity, problem.as_deref()), expect);
    }

    #[test]
    fn an_identity_is_fixed_once_it_is_complete() {
        let (open, full, other) = (identity("a", None), identity("a", Some("r")), identity("b", Some("r")));
        let changed = Some("The object's identity changed, which no object's ever does.");
        check(None, full.clone(), Change::Fixed, &(Some(full.clone()), None));
        check(Some(open.clone()), full.clone(), Change::Fixed, &(Some(full.clone()), None));
        check(Some(full.clone()), open, Change::Fixed, &(Some(full.clone()), None));
        check(Some(full.clone()), other.clone(), Change::Fixed, &(Some(other.clone()), changed));
        check(Some(full), other.clone(), Change::Free, &(Some(other), None));
    }

    #[test]
    fn an_identity_is_never_lost() {
        let missing = Some("Missing resource identity: after the read, the object has none.");
        let full = identity("a", Some("r"));
        check(None, identity("", None), Change::Fixed, &(None, missing));
        let failure = Failure::bug("no idea");
        assert_eq!(
            settle(Some(full.clone()), Err(failure.clone()), Change::Fixed, Verb::Read),
            (Some(full), Some(failure))
        );
    }
}
