//! Tests of planning: configuration and prior state in JSON, the plan as text.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::agreement::{agrees, inconsistencies};
use super::super::model::Model;
use super::*;
use crate::value::Type;

crate::model! {
    /// A server.
    struct Machine / MachineView {
        /// Identifier.
        pub id: String => computed().kept(),
        /// Name; another one is another machine.
        pub name: String => required().replace(),
        /// Size; only growing is possible in place.
        pub size: i64 => optional().default(1).replace_if(|old, new| old > new),
        /// Address.
        pub address: String => computed(),
        /// Zone, or one is chosen.
        pub zone: Option<String> => optional().computed().kept().replace(),
        /// Host, spelt in any case.
        pub host: Option<String> => optional().spelling(str::to_lowercase),
        /// Password.
        pub password: Option<String> => optional().write_only(),
        /// Disks.
        pub disk: Vec<Disk> => block(),
        /// Labels.
        pub labels: Option<BTreeMap<String, String>> => optional(),
        /// Network interfaces, or the ones that the machine comes with.
        pub port: Option<Vec<Disk>> => optional().computed().kept(),
    }
}

crate::model! {
    /// A disk.
    struct Disk / DiskView {
        /// Mount point; another one replaces the machine.
        pub mount: String => required().replace(),
        /// Serial number.
        pub serial: String => computed(),
        /// Kind.
        pub kind: String => optional().default("ssd"),
    }
}

/// A value of that type from JSON: absent members are null, `"?"` is unknown.
fn value(json: &Json, ty: &Type) -> Value {
    match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::String(text), _) if text == "?" => Value::UNKNOWN,
        (Json::String(text), _) => text.as_str().into(),
        (Json::Number(number), _) => number.as_i64().unwrap().into(),
        (Json::Array(elements), Type::List(ty)) => {
            Value::List(elements.iter().map(|element| value(element, ty)).collect())
        }
        (Json::Object(members), Type::Map(ty)) => {
            Value::object(members.iter().map(|(key, member)| (key.clone(), value(member, ty))))
        }
        (Json::Object(members), Type::Object(types, _)) => Value::object(types.iter().map(|(name, ty)| {
            let absent = if matches!(ty, Type::List(_)) { json!([]) } else { Json::Null };
            (name.clone(), value(members.get(name).unwrap_or(&absent), ty))
        })),
        other => panic!("{other:?}"),
    }
}

/// What core proposes: the configuration, with the prior value where it is null and the attribute computed.
fn core_proposes(attributes: &[Attribute], config: &Value, prior: &Value) -> Value {
    Value::object(attributes.iter().map(|attribute| {
        let (set, before) = (config.member(attribute.name), prior.member(attribute.name));
        let proposed = match (set, attribute.nested()) {
            (Value::List(elements), Some((_, nested))) => Value::List(
                elements
                    .iter()
                    .enumerate()
                    .map(|(index, element)| {
                        let before = before.at(&Path::root().index(index)).cloned().unwrap_or_default();
                        core_proposes(nested, element, &before)
                    })
                    .collect(),
            ),
            (Value::Null, _) if attribute.behaviour.presence.is_computed() => before.clone(),
            _ => set.clone(),
        };
        (attribute.name, proposed)
    }))
}

/// `null` members are left out of the shown plan.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "every caller writes a literal")]
fn check(config: Json, prior: Json, expect: &str) {
    let attributes = Machine::attributes();
    let ty = Machine::schema().object_type();
    let (config, prior) = (value(&config, &ty), value(&prior, &ty));
    let proposed = core_proposes(&attributes, &config, &prior);
    let proposal = propose(&attributes, &config, &prior, &proposed);
    let shown = |value: &Value| match value.to_json() {
        Json::Object(members) => {
            let members = members.into_iter().filter(|(_, member)| !member.is_null() && *member != json!([]));
            let members: Vec<String> = members.map(|(name, member)| format!("{name}={member}")).collect();
            members.join(" ").replace("\"<unknown>\"", "?").replace('"', "")
        }
        other => other.to_string(),
    };
    let replace: Vec<String> = proposal.replace.iter().map(ToString::to_string).collect();
    let verdict = if proposal.planned == prior { "nothing to do" } else { "change" };
    assert_eq!(format!("{verdict}: {}; replace [{}]", shown(&proposal.planned), replace.join(" ")), expect);
}

fn existing() -> Json {
    json!({"id": "i-1", "name": "a", "size": 2, "address": "10.0.0.1", "zone": "z1", "host": "Web"})
}

#[test]
fn a_create_leaves_computed_values_open_and_sets_defaults() {
    check(
        json!({"name": "a", "password": "hunter2", "disk": [{"mount": "/"}]}),
        Json::Null,
        "change: address=? disk=[{kind:ssd,mount:/,serial:?}] id=? name=a size=1 zone=?; replace []",
    );
}

#[test]
fn nothing_changes_where_nothing_differs() {
    check(
        json!({"name": "a", "size": 2, "host": "Web"}),
        existing(),
        "nothing to do: address=10.0.0.1 host=Web id=i-1 name=a size=2 zone=z1; replace []",
    );
    check(
        json!({"name": "a", "size": 2, "host": "WEB"}),
        existing(),
        "nothing to do: address=10.0.0.1 host=Web id=i-1 name=a size=2 zone=z1; replace []",
    );
}

#[test]
fn an_update_keeps_what_is_declared_kept() {
    check(
        json!({"name": "a", "size": 3, "host": "Web"}),
        existing(),
        "change: address=? host=Web id=i-1 name=a size=3 zone=z1; replace []",
    );
}

#[test]
fn replacement_follows_the_declaration() {
    check(
        json!({"name": "b", "size": 2, "host": "Web"}),
        existing(),
        "change: address=? host=Web id=i-1 name=b size=2 zone=z1; replace [name]",
    );
    check(
        json!({"name": "a", "host": "Web"}),
        existing(),
        "change: address=? host=Web id=i-1 name=a size=1 zone=z1; replace [size]",
    );
    check(
        json!({"name": "?", "size": 2, "host": "Web", "zone": "z2"}),
        existing(),
        "change: address=? host=Web id=i-1 name=? size=2 zone=z2; replace [name zone]",
    );
}

#[test]
fn nested_blocks_are_planned_one_by_one() {
    let mut prior = existing();
    prior["disk"] = json!([{"mount": "/", "serial": "s1", "kind": "ssd"}, {"mount": "/var", "serial": "s2", "kind": "hdd"}]);
    check(
        json!({"name": "a", "size": 2, "host": "Web", "disk": [{"mount": "/"}, {"mount": "/srv", "kind": "hdd"}]}),
        prior.clone(),
        "change: address=? disk=[{kind:ssd,mount:/,serial:?},{kind:hdd,mount:/srv,serial:?}] host=Web id=i-1 name=a \
         size=2 zone=z1; replace [disk[1].mount]",
    );
    check(
        json!({"name": "a", "size": 2, "host": "Web", "disk": [{"mount": "/"}]}),
        prior,
        "change: address=? disk=[{kind:ssd,mount:/,serial:?}] host=Web id=i-1 name=a size=2 zone=z1; replace [disk]",
    );
}

#[test]
fn write_only_values_come_from_the_configuration_and_go_nowhere() {
    let attributes = Machine::attributes();
    let ty = Machine::schema().object_type();
    let config = value(&json!({"name": "a", "password": "hunter2"}), &ty);
    let planned = propose(&attributes, &config, &Value::Null, &config).planned;
    assert!(planned.member("password").is_null());
    let given = with_write_only(&attributes, &config, planned);
    assert_eq!(given.member("password").as_str(), Some("hunter2"));
    assert!(without_write_only(&attributes, given).member("password").is_null());
}

#[test]
fn an_apply_must_keep_to_its_plan() {
    let attributes = Machine::attributes();
    let ty = Machine::schema().object_type();
    let planned = value(&json!({"id": "?", "name": "a", "disk": [{"mount": "/", "serial": "?"}]}), &ty);
    let check = |applied: Json, expect: &[&str]| {
        let found = inconsistencies(&attributes, &planned, &value(&applied, &ty));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expect);
    };
    check(json!({"id": "i-1", "name": "a", "disk": [{"mount": "/", "serial": "s1"}]}), &[]);
    check(json!({"id": "i-1", "name": "b", "disk": [{"mount": "/x"}]}), &["name", "disk[0].mount"]);
    check(json!({"id": "?", "name": "a", "labels": {}}), &["id", "disk", "labels"]);
}

fn set_of_disks() -> Vec<Attribute> {
    let mut disk = Machine::attributes().remove(7);
    disk.kind = Kind::Block(Nesting::Set, Disk::attributes());
    vec![disk]
}

fn disks(disks: &[[&str; 3]]) -> Value {
    let text = |text: &str| match text {
        "" => Value::Null,
        "?" => Value::UNKNOWN,
        text => text.into(),
    };
    let disk = |[mount, serial, kind]: &[&str; 3]| {
        Value::object([("mount", text(mount)), ("serial", text(serial)), ("kind", text(kind))])
    };
    Value::object([("disk", Value::set(disks.iter().map(disk)))])
}

#[test]
fn a_default_within_what_the_provider_chose_does_not_apply() {
    let mut prior = existing();
    prior["port"] = json!([{"mount": "eth0", "serial": "p1", "kind": "fast"}]);
    check(
        json!({"name": "a", "size": 2, "host": "Web", "port": null}),
        prior,
        "nothing to do: address=10.0.0.1 host=Web id=i-1 name=a port=[{kind:fast,mount:eth0,serial:p1}] size=2 zone=z1; \
         replace []",
    );
}

#[test]
fn elements_of_a_set_are_replaced_by_what_they_say_not_by_what_is_computed() {
    let attributes = set_of_disks();
    let check = |config: &[[&str; 3]], prior: &[[&str; 3]], planned: &[[&str; 3]], replace: &[&str]| {
        let (config, prior) = (disks(config), disks(prior));
        let proposal = propose(&attributes, &config, &prior, &config);
        assert_eq!(proposal.planned.to_json(), disks(planned).to_json());
        let paths: Vec<String> = proposal.replace.iter().map(ToString::to_string).collect();
        assert_eq!(paths, replace);
    };
    check(&[["/", "", ""]], &[["/", "s1", "hdd"]], &[["/", "?", "ssd"]], &[]);
    check(&[["/x", "", ""]], &[["/", "s1", "ssd"]], &[["/x", "?", "ssd"]], &["disk"]);
    // Two elements that differ only in what one of them leaves open.
    check(
        &[["/", "", "hdd"], ["/", "", ""]],
        &[["/", "s1", "hdd"], ["/", "s2", "ssd"]],
        &[["/", "?", "hdd"], ["/", "?", "ssd"]],
        &[],
    );
}

#[test]
fn blocks_that_are_not_known_yet_may_replace() {
    let attributes = Machine::attributes();
    let ty = Machine::schema().object_type();
    let prior = value(&existing(), &ty);
    let mut config = value(&json!({"name": "a", "size": 2, "host": "Web"}), &ty);
    if let Value::Map(members) = &mut config {
        members.insert("disk".into(), Value::UNKNOWN);
    }
    let proposed = core_proposes(&attributes, &config, &prior);
    let proposal = propose(&attributes, &config, &prior, &proposed);
    assert!(proposal.planned.member("disk").is_unknown());
    assert_eq!(proposal.replace.iter().map(ToString::to_string).collect::<Vec<_>>(), ["disk"]);
}

#[test]
fn an_older_state_gets_its_empty_blocks_at_every_depth() {
    let mut outer = Machine::attributes().remove(7);
    outer.kind = Kind::Block(Nesting::List, set_of_disks());
    let state = Value::object([("disk", Value::List(vec![Value::object([("disk", Value::Null)])]))]);
    assert_eq!(with_empty_blocks(&[outer], state).to_json(), json!({"disk": [{"disk": []}]}));
}

#[test]
fn a_dynamic_value_may_fill_in_what_was_open() {
    let dynamic = |ty: Type, value: Value| Value::Dynamic(Box::new((ty, value)));
    let planned = dynamic(Type::list(Type::String), Value::List(vec![Value::UNKNOWN]));
    let applied = |text: &str| dynamic(Type::list(Type::String), Value::List(vec![text.into()]));
    assert!(agrees(&planned, &applied("a")));
    assert!(!agrees(&applied("b"), &applied("a")));
}
