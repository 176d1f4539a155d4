//! What core checks of plans and results. A provider that breaks one of these rules shows users "Provider produced
//! invalid plan" or "Provider produced inconsistent result after apply".
//!
//! After Terraform's `internal/plans/objchange`: "AssertPlanValid" and "AssertObjectCompatible".

use tf_provider::value::{Path, Step, Value};

use super::schema::{Kind, Member, Nesting};

/// Broken rules, as `path: what is wrong`.
pub(super) type Broken = Vec<String>;

/// A plan of an object that the configuration wants.
pub(super) fn plan_valid(members: &[Member], prior: &Value, config: &Value, planned: &Value) -> Broken {
    let mut broken = Vec::new();
    if planned.is_null() {
        broken.push("planned for absence, but the configuration wants existence".to_owned());
    } else {
        check_plan(members, prior, config, planned, &Path::root(), &mut broken);
    }
    broken
}

fn check_plan(
    members: &[Member],
    prior: &Value,
    config: &Value,
    planned: &Value,
    at: &Path,
    broken: &mut Broken,
) {
    for member in members {
        let name = &member.name;
        let (prior, config, planned) = (prior.member(name), config.member(name), planned.member(name));
        check_planned_member(member, prior, config, planned, &at.clone().attribute(name), broken);
    }
}

fn check_planned_member(
    member: &Member,
    prior: &Value,
    config: &Value,
    planned: &Value,
    at: &Path,
    broken: &mut Broken,
) {
    if member.write_only {
        if !planned.is_null() {
            broken.push(format!("{at}: a write-only value is in the plan"));
        }
        return;
    }
    if !member.is_block() {
        let kept = planned == prior && !prior.is_null() && !config.is_null();
        if planned == config || kept || member.computed && config.is_null() {
            return;
        }
    }
    let (nesting, members) = match &member.kind {
        Kind::Plain(_) => return broken.push(wrong_value(at, prior, config, planned)),
        Kind::Nested(nesting, members) | Kind::Block(nesting, members) => (*nesting, members),
    };
    if planned.is_unknown() || config.is_unknown() || planned.is_null() != config.is_null() {
        return broken.push(wrong_value(at, prior, config, planned));
    }
    match nesting {
        Nesting::Single if planned.is_null() => {}
        Nesting::Single => check_plan(members, prior, config, planned, at, broken),
        Nesting::List => {
            let [prior, config, planned] =
                [prior, config, planned].map(|v| v.as_elements().unwrap_or_default());
            if planned.len() != config.len() {
                return broken.push(format!("{at}: {} planned, {} configured", planned.len(), config.len()));
            }
            for (index, (config, planned)) in config.iter().zip(planned).enumerate() {
                let prior = prior.get(index).unwrap_or(&Value::Null);
                check_plan(members, prior, config, planned, &at.clone().index(index), broken);
            }
        }
        Nesting::Map => {
            let [keys, expected] =
                [planned, config].map(|v| v.as_map().map(|map| map.keys().collect::<Vec<_>>()));
            if keys != expected {
                return broken.push(format!("{at}: {keys:?} planned, {expected:?} configured"));
            }
            for (key, planned) in planned.as_map().into_iter().flatten() {
                check_plan(
                    members,
                    prior.member(key),
                    config.member(key),
                    planned,
                    &at.clone().key(key),
                    broken,
                );
            }
        }
        Nesting::Set => {
            let [prior, config, planned] =
                [prior, config, planned].map(|v| v.as_elements().unwrap_or_default());
            if planned.len() != config.len() {
                return broken.push(format!("{at}: {} planned, {} configured", planned.len(), config.len()));
            }
            for element in planned {
                // No step leads into a set: an element is right when it may come from any configured one.
                let fits = config.iter().any(|config| {
                    prior.iter().chain([&Value::Null]).any(|prior| {
                        let mut broken = Vec::new();
                        check_plan(members, prior, config, element, at, &mut broken);
                        broken.is_empty()
                    })
                });
                if !fits {
                    broken.push(format!("{at}: an element that is not configured: {}", element.to_json()));
                }
            }
        }
    }
}

fn wrong_value(at: &Path, prior: &Value, config: &Value, planned: &Value) -> String {
    format!(
        "{at}: planned {}, which is neither the configuration's {} nor the state's {}",
        planned.to_json(),
        config.to_json(),
        prior.to_json()
    )
}

/// An object after an apply, or a second plan, that follows a plan.
pub(super) fn conforms(planned: &Value, actual: &Value) -> Broken {
    let mut broken = Vec::new();
    compare(planned, actual, &Path::root(), &mut broken);
    broken
}

fn compare(planned: &Value, actual: &Value, at: &Path, broken: &mut Broken) {
    let mut differ = || broken.push(format!("{at}: was {}, but now {}", planned.to_json(), actual.to_json()));
    match (planned, actual) {
        (Value::Unknown(known), actual) => {
            let null_agrees = actual.is_unknown() || known.null.is_none_or(|null| null == actual.is_null());
            let prefix_agrees = match (&known.prefix, actual.as_str()) {
                (Some(prefix), Some(text)) => text.starts_with(prefix.as_str()),
                _ => true,
            };
            if !(null_agrees && prefix_agrees) {
                differ();
            }
        }
        (Value::List(planned), Value::List(actual)) if planned.len() == actual.len() => {
            for (index, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                compare(planned, actual, &at.clone().index(index), broken);
            }
        }
        (Value::Map(planned), Value::Map(actual)) if planned.keys().eq(actual.keys()) => {
            for (key, planned) in planned {
                let step = if at.is_root() { Step::Attribute(key.clone()) } else { Step::Key(key.clone()) };
                compare(planned, &actual[key], &at.clone().then(step), broken);
            }
        }
        (Value::Set(elements), Value::Set(found)) if !planned.is_wholly_known() => {
            let fits = |one: &Value, other: &Value| {
                let mut broken = Vec::new();
                compare(one, other, at, &mut broken);
                broken.is_empty()
            };
            let all_come_from = found.iter().all(|new| elements.iter().any(|old| fits(old, new)));
            let all_are_there = elements.iter().all(|old| found.iter().any(|new| fits(old, new)));
            if found.len() > elements.len() || !all_come_from || !all_are_there {
                differ();
            }
        }
        (planned, actual) if planned == actual => {}
        _ => differ(),
    }
}

/// An object that lies in a state: wholly known, without write-only values.
pub(super) fn stored(members: &[Member], value: &Value) -> Broken {
    let mut broken: Broken =
        value.unknown_paths().iter().map(|path| format!("{path}: unknown after the operation")).collect();
    check_write_only(members, value, &Path::root(), &mut broken);
    broken
}

fn check_write_only(members: &[Member], value: &Value, at: &Path, broken: &mut Broken) {
    for member in members {
        let (value, at) = (value.member(&member.name), at.clone().attribute(&member.name));
        if member.write_only && !value.is_null() {
            broken.push(format!("{at}: a write-only value is in the state"));
        }
        let (Kind::Nested(nesting, members) | Kind::Block(nesting, members)) = &member.kind else { continue };
        match (nesting, value) {
            (Nesting::Single, value) => check_write_only(members, value, &at, broken),
            (Nesting::Map, Value::Map(map)) => {
                for (key, value) in map {
                    check_write_only(members, value, &at.clone().key(key), broken);
                }
            }
            (_, list) => {
                list.as_elements().unwrap_or_default().iter().enumerate().for_each(|(index, value)| {
                    check_write_only(members, value, &at.clone().index(index), broken);
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use tf_provider::value::Type;

    use super::super::proposed::proposed;
    use super::super::values::configuration;
    use super::*;

    fn member(name: &str, kind: Kind, optional: bool, computed: bool) -> Member {
        Member { name: name.to_owned(), kind, required: false, optional, computed, write_only: false }
    }

    /// `set` is optional, `id` computed, `both` either; `part` is a list of blocks of the three.
    fn members() -> Vec<Member> {
        let text = || Kind::Plain(Type::String);
        let plain = || {
            vec![
                member("set", text(), true, false),
                member("id", text(), false, true),
                member("both", text(), true, true),
            ]
        };
        let secret = Member { write_only: true, ..member("secret", text(), true, false) };
        let part = member("part", Kind::Block(Nesting::List, plain()), true, false);
        let bits = member("bits", Kind::Nested(Nesting::Set, plain()), true, false);
        plain().into_iter().chain([secret, part, bits]).collect()
    }

    fn value(json: &Json) -> Value {
        configuration(&members(), json, "test")
    }

    #[track_caller]
    fn check_proposed(prior: &Json, config: &Json, expect: &Json) {
        let prior = if prior.is_null() { Value::Null } else { value(prior) };
        assert_eq!(proposed(&members(), &prior, &value(config)).to_json(), value(expect).to_json());
    }

    #[test]
    fn proposals_keep_what_the_provider_decided() {
        let prior = json!({"set": "a", "id": "1", "both": "b", "part": [{"set": "x", "id": "2"}]});
        let expect = json!({"id": "1", "both": "b", "part": [{"set": "y", "id": "2"}, {"set": "z"}]});
        check_proposed(&prior, &json!({"part": [{"set": "y"}, {"set": "z"}]}), &expect);
        check_proposed(&json!(null), &json!({"set": "a"}), &json!({"set": "a"}));
        check_proposed(&prior, &json!({"both": "c"}), &json!({"id": "1", "both": "c"}));
    }

    #[test]
    fn proposals_find_elements_of_sets_again() {
        let prior = json!({"bits": [{"set": "x", "id": "1"}, {"set": "y", "id": "2"}]});
        let expect = json!({"bits": [{"set": "y", "id": "2"}, {"set": "z"}]});
        check_proposed(&prior, &json!({"bits": [{"set": "y"}, {"set": "z"}]}), &expect);
    }

    #[track_caller]
    fn check_plan_of(config: &Json, planned: &Json, expect: &[&str]) {
        let prior = value(&json!({"set": "old", "id": "1"}));
        assert_eq!(plan_valid(&members(), &prior, &value(config), &value(planned)), expect);
    }

    #[test]
    fn plans_follow_the_configuration() {
        let config = json!({"set": "new", "secret": "s", "part": [{"set": "x"}]});
        check_plan_of(&config, &json!({"set": "new", "id": "?", "part": [{"set": "x", "id": "?"}]}), &[]);
        check_plan_of(&config, &json!({"set": "old", "part": [{"set": "x"}]}), &[]);
        let part = json!([{"set": "x"}]);
        check_plan_of(
            &config,
            &json!({"set": "other", "part": part}),
            &[r#"set: planned "other", which is neither the configuration's "new" nor the state's "old""#],
        );
        check_plan_of(
            &config,
            &json!({"part": part}),
            &[r#"set: planned null, which is neither the configuration's "new" nor the state's "old""#],
        );
        check_plan_of(
            &config,
            &json!({"set": "new", "secret": "s", "part": part}),
            &["secret: a write-only value is in the plan"],
        );
        check_plan_of(&config, &json!({"set": "new"}), &["part: 0 planned, 1 configured"]);
    }

    #[test]
    fn planned_elements_of_sets_come_from_the_configuration() {
        let config = json!({"bits": [{"set": "x"}]});
        check_plan_of(&config, &json!({"bits": [{"set": "x", "id": "9"}]}), &[]);
        check_plan_of(
            &config,
            &json!({"bits": [{"set": "y"}]}),
            &[r#"bits: an element that is not configured: {"both":null,"id":null,"set":"y"}"#],
        );
    }

    #[track_caller]
    fn check_conforms(planned: &Json, actual: &Json, expect: &[&str]) {
        assert_eq!(conforms(&value(planned), &value(actual)), expect);
    }

    #[test]
    fn results_follow_the_plan() {
        let unknown = super::super::unknown();
        check_conforms(&json!({"id": unknown}), &json!({"id": "1"}), &[]);
        check_conforms(&json!({"id": "1"}), &json!({"id": "2"}), &[r#"id: was "1", but now "2""#]);
        check_conforms(&json!({"id": "1"}), &json!({}), &[r#"id: was "1", but now null"#]);
        let bits = json!({"bits": [{"set": "x", "id": unknown}]});
        check_conforms(&bits, &json!({"bits": [{"set": "x", "id": "1"}]}), &[]);
        let other = conforms(&value(&bits), &value(&json!({"bits": [{"set": "y", "id": "1"}]})));
        assert_eq!(other.len(), 1, "{other:?}");
    }

    #[test]
    fn states_are_known_and_hold_no_secret() {
        let unknown = super::super::unknown();
        let broken = stored(&members(), &value(&json!({"id": unknown, "secret": "s"})));
        assert_eq!(broken, ["id: unknown after the operation", "secret: a write-only value is in the state"]);
    }
}
