//! What core proposes as the new state: the configuration, and what the state knows where the configuration is silent
//! and the provider decides.
//!
//! After Terraform's `internal/plans/objchange`, "ProposedNew".

use tf_provider::value::Value;

use super::schema::{Kind, Member, Nesting};

/// Merges configuration and prior state of an object.
pub(super) fn proposed(members: &[Member], prior: &Value, config: &Value) -> Value {
    Value::object(members.iter().map(|member| {
        let (prior, config) = (prior.member(&member.name), config.member(&member.name));
        (member.name.clone(), merged(member, prior, config))
    }))
}

fn merged(member: &Member, prior: &Value, config: &Value) -> Value {
    match &member.kind {
        _ if member.computed && config.is_null() => {
            if was_configured(member, prior) {
                Value::Null
            } else {
                prior.clone()
            }
        }
        Kind::Plain(_) => config.clone(),
        Kind::Nested(nesting, members) | Kind::Block(nesting, members) => {
            elements(*nesting, members, prior, config)
        }
    }
}

/// Whether an optional nested attribute holds what only a configuration can have put there.
fn was_configured(member: &Member, prior: &Value) -> bool {
    let Kind::Nested(nesting, members) = &member.kind else { return false };
    let holds = |object: &Value| {
        members.iter().any(|member| {
            let value = object.member(&member.name);
            !value.is_null() && (!member.computed || was_configured(member, value))
        })
    };
    member.optional
        && match (nesting, prior) {
            (Nesting::Single, object) => holds(object),
            (Nesting::List | Nesting::Set, list) => list.as_elements().unwrap_or_default().iter().any(holds),
            (Nesting::Map, map) => map.as_map().is_some_and(|map| map.values().any(holds)),
        }
}

fn elements(nesting: Nesting, members: &[Member], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (_, Value::Null | Value::Unknown(_)) => config.clone(),
        (Nesting::Single, config) => proposed(members, prior, config),
        (Nesting::List, config) => {
            let prior = prior.as_elements().unwrap_or_default();
            let config = config.as_elements().unwrap_or_default().iter().enumerate();
            let merged = config
                .map(|(index, config)| element(members, prior.get(index).unwrap_or(&Value::Null), config));
            Value::List(merged.collect())
        }
        (Nesting::Map, config) => Value::object(
            config
                .as_map()
                .into_iter()
                .flatten()
                .map(|(key, config)| (key.clone(), element(members, prior.member(key), config))),
        ),
        (Nesting::Set, config) => {
            let mut unused: Vec<&Value> = prior.as_elements().unwrap_or_default().iter().collect();
            let config = config.as_elements().unwrap_or_default().iter();
            Value::set(
                config
                    .map(|config| {
                        let found = unused.iter().position(|prior| may_come_from(members, prior, config));
                        let prior = found.map_or(&Value::Null, |index| unused.remove(index));
                        element(members, prior, config)
                    })
                    .collect::<Vec<_>>(),
            )
        }
    }
}

fn element(members: &[Member], prior: &Value, config: &Value) -> Value {
    match config {
        Value::Null | Value::Unknown(_) => config.clone(),
        config => proposed(members, prior, config),
    }
}

/// Whether an element of a set in the state is what became of that one in the configuration.
fn may_come_from(members: &[Member], prior: &Value, config: &Value) -> bool {
    members.iter().all(|member| {
        let (prior, config) = (prior.member(&member.name), config.member(&member.name));
        if prior == config || member.computed && config.is_null() {
            return true;
        }
        match &member.kind {
            Kind::Plain(_) => false,
            Kind::Nested(..) | Kind::Block(..) => merged(member, prior, config) == *prior,
        }
    })
}
