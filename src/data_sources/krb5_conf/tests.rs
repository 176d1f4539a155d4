//! What is said at validation, with some of it not known yet.

use tf_provider::framework::{Config, Diagnostics, Severity};
use tf_provider::value::Path;

use super::model::RealmBlock;
use super::*;

/// An object of the data source's attributes; what is not named is null.
fn object(members: &[(&str, Value)]) -> Value {
    let mut all: std::collections::BTreeMap<String, Value> =
        Krb5Conf::attributes().iter().map(|attribute| (attribute.name.to_owned(), Value::Null)).collect();
    all.insert("realm".to_owned(), Value::List(Vec::new()));
    all.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Map(all)
}

fn realm(members: &[(&str, Value)]) -> Value {
    let all = RealmBlock::attributes();
    let all = all.iter().map(|attribute| (attribute.name, Value::Null));
    Value::object(all.chain(members.iter().cloned()))
}

fn realms(blocks: &[Value]) -> (&'static str, Value) {
    ("realm", Value::List(blocks.to_vec()))
}

fn known(name: &str) -> Value {
    realm(&[("name", name.into()), ("kdc", list(&["kdc.test".into()]))])
}

fn list(elements: &[Value]) -> Value {
    Value::List(elements.to_vec())
}

fn validated(object: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    let config = Config { view: Krb5Conf::view_of(object).unwrap(), value: object };
    Krb5Confs.validate(&config, &mut found);
    found
}

/// What validation says, as `E` or `W` and the path.
fn check(members: &[(&str, Value)], expect: &[&str]) {
    let found = validated(&object(members));
    let found: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let mark = if diagnostic.severity == Severity::Error { 'E' } else { 'W' };
            format!("{mark} {}", diagnostic.path.clone().unwrap_or_else(Path::root))
        })
        .collect();
    assert_eq!(found, expect, "{members:?}");
}

#[test]
fn known_values() {
    check(&[realms(&[known("EXAMPLE.COM")])], &[]);
    check(&[], &["E realm"]);
    check(&[realms(&[known("example.com")])], &["W realm[0].name"]);
    check(
        &[realms(&[
            known("A.B"),
            realm(&[("name", "C.D".into()), ("kdc", list(&["a".into(), "b c".into()]))]),
        ])],
        &["E realm[1].kdc[1]"],
    );
    check(&[realms(&[known("A.B")]), ("style", "strict".into())], &["E style"]);
    check(
        &[realms(&[known("A.B")]), ("udp_preference_limit", Value::Number("1.5".parse().unwrap()))],
        &["E udp_preference_limit"],
    );
    check(&[realms(&[known("A.B")]), ("permitted_enctypes", list(&[]))], &["E permitted_enctypes"]);
    check(
        &[realms(&[known("A.B")]), ("domain_realm", Value::object([("*.a", Value::from("A.B"))]))],
        &["E domain_realm[\"*.a\"]"],
    );
    check(&[realms(&[known("A.B")]), ("use_dns_ips_as_kdc", true.into())], &["E use_dns_ips_as_kdc"]);
    check(&[realms(&[known("A.B")]), ("rds_realm", "C.D".into())], &["W rds_realm"]);
}

#[test]
fn nulls_in_collections() {
    let block = realm(&[("name", "A.B".into()), ("kdc", list(&[Value::Null, "a b".into()]))]);
    check(&[realms(&[block])], &["E realm[0].kdc[0]", "E realm[0].kdc[1]"]);
    check(
        &[realms(&[known("A.B")]), ("domain_realm", Value::object([("a.b", Value::Null)]))],
        &["E domain_realm[\"a.b\"]"],
    );
}

#[test]
fn what_is_unknown_hides_nothing_and_is_no_error() {
    let unknown = Value::UNKNOWN;
    // Nothing that something unknown could cure.
    check(&[("directory_id", unknown.clone())], &[]);
    check(&[("directory_id", "d-0123456789".into()), ("dns_lookup_kdc", false.into())], &[]);
    check(&[("directory_id", unknown.clone()), ("use_dns_ips_as_kdc", true.into())], &[]);
    check(&[("realm", unknown.clone()), ("dns_lookup_kdc", false.into()), ("rds_realm", "A.B".into())], &[]);
    check(&[("default_realm", unknown.clone())], &[]);
    let block = realm(&[("name", unknown.clone()), ("kdc", unknown.clone()), ("domains", unknown.clone())]);
    check(&[realms(&[block.clone(), block.clone()]), ("dns_lookup_kdc", false.into())], &[]);
    check(
        &[
            realms(&[realm(&[("name", unknown.clone()), ("domains", list(&["a.b".into()]))])]),
            ("domain_realm", Value::object([("a.b", Value::from("A.B"))])),
        ],
        &[],
    );
    check(&[realms(&[known("A.B")]), ("permitted_enctypes", list(std::slice::from_ref(&unknown)))], &[]);
    check(&[realms(&[known("A.B")]), ("domain_realm", Value::object([("a.b", unknown.clone())]))], &[]);
    // Everything else, at its place.
    check(&[("realm", unknown.clone()), ("ticket_lifetime", "x".into())], &["E ticket_lifetime"]);
    check(
        &[realms(&[realm(&[("name", unknown.clone()), ("kdc", list(&[unknown.clone(), "a b".into()]))])])],
        &["E realm[0].kdc[1]"],
    );
    check(
        &[
            realms(&[known("A.B")]),
            (
                "permitted_enctypes",
                list(&[unknown.clone(), "aes".into(), unknown.clone(), "rc4-hmac".into()]),
            ),
        ],
        &["E permitted_enctypes[1]"],
    );
    check(&[("directory_id", unknown.clone()), ("default_realm", "a.b".into())], &["W default_realm"]);
    check(&[realms(&[block, known("a.b")])], &["W realm[1].name"]);
}

#[test]
fn a_block_takes_the_place_of_a_realm_of_the_directory() {
    let derived = |name: &str| crate::krb5::RealmArguments {
        name: name.to_owned(),
        kdc: vec!["derived.test".to_owned()],
        ..crate::krb5::RealmArguments::default()
    };
    let object = object(&[realms(&[known("onprem.com")]), ("directory_id", "d-0123456789".into())]);
    let mut gathered = gathered(&object).unwrap();
    gathered.join(vec![derived("EXAMPLE.COM"), derived("ONPREM.COM")]);
    let (file, _) = gathered.parse();
    let file = file.unwrap();
    assert_eq!(file.default_realm().as_str(), "EXAMPLE.COM");
    insta::assert_snapshot!(render(&file), @r"
    [libdefaults]
     default_realm = EXAMPLE.COM
    [realms]
     EXAMPLE.COM = {
      kdc = derived.test
     }
     ONPREM.COM = {
      kdc = kdc.test
     }
    [domain_realm]
     .example.com = EXAMPLE.COM
     example.com = EXAMPLE.COM
     .onprem.com = ONPREM.COM
     onprem.com = ONPREM.COM
     .rds.amazonaws.com = EXAMPLE.COM
     .amazonaws.com.cn = EXAMPLE.COM
     .amazon.com = EXAMPLE.COM
    ");
}
