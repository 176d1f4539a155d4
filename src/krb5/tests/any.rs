//! Arguments by the choice of bytes, right and wrong ones: an entry point that the fuzz target `krb5` shares.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};

use super::corpus::Meaning;
use super::krb5::{Arguments, Config, RealmArguments, render as rendered};
use super::strict;

/// Right values of some argument, and what a client would misread.
const WORDS: &[&str] = &[
    "EXAMPLE.COM",
    "example.com",
    "ONPREM.ORG",
    "onprem.org",
    ".example.com",
    "db.example.net",
    ".rds.amazonaws.com",
    "dc1.example.com:88",
    "10.0.0.1",
    "[2001:db8::1]:88",
    "::1",
    "10h",
    "1d 2h",
    "36000",
    "0",
    "true",
    "fallback",
    "hardened",
    "aes256-cts",
    "aes128-cts-hmac-sha1-96",
    "rc4-hmac",
    "",
    "a.",
    "*.example.com",
    "include",
    "A = {\n kdc = x\n}",
    "\n[libdefaults]\n",
    "\nmodule /x.so:x",
    "\u{feff}A",
];

/// Arguments of those bytes are refused, or their file is whole, says the same when it is written again, and is what
/// arguments taken from it ask for.
pub(crate) fn render(bytes: &[u8]) {
    let Ok(arguments) = arguments(&mut Unstructured::new(bytes)) else { return };
    match Config::parse(&arguments) {
        Err(problems) => assert!(!problems.is_empty(), "refused without a word"),
        Ok(parsed) => {
            let file = rendered(&parsed.config);
            assert_eq!(file, rendered(&parsed.config));
            let meaning = strict::parse(&file).unwrap_or_else(|problem| panic!("{problem}\n{file}"));
            let again = arguments_of(&meaning);
            assert_eq!(Meaning::of(&again), meaning, "{file}");
            let again = Config::parse(&again).unwrap_or_else(|problems| panic!("{problems:?}\n{file}"));
            assert_eq!(strict::parse(&rendered(&again.config)), Ok(meaning), "{file}");
        }
    }
}

fn text(source: &mut Unstructured<'_>) -> Result<String> {
    if source.ratio(3, 4)? {
        return source.choose(WORDS).map(|word| (*word).to_owned());
    }
    let length = source.int_in_range(0..=24_usize)?;
    Ok(String::from_utf8_lossy(source.bytes(length.min(source.len()))?).into_owned())
}

fn maybe(source: &mut Unstructured<'_>) -> Result<Option<String>> {
    source.ratio(1, 4)?.then(|| text(source)).transpose()
}

fn several(source: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let count = source.int_in_range(0..=3_u8)?;
    (0..count).map(|_| text(source)).collect()
}

fn realms(source: &mut Unstructured<'_>) -> Result<Vec<RealmArguments>> {
    let count = source.int_in_range(0..=3_u8)?;
    let realm = |_| {
        Ok(RealmArguments {
            name: text(source)?,
            kdc: several(source)?,
            admin_server: maybe(source)?,
            kpasswd_server: maybe(source)?,
            master_kdc: maybe(source)?,
            domains: source.ratio(1, 4)?.then(|| several(source)).transpose()?,
        })
    };
    (0..count).map(realm).collect()
}

fn arguments(source: &mut Unstructured<'_>) -> Result<Arguments> {
    let mut domain_realm = BTreeMap::new();
    for _ in 0..source.int_in_range(0..=2_u8)? {
        domain_realm.insert(text(source)?, text(source)?);
    }
    let types = |source: &mut Unstructured<'_>| source.ratio(1, 8)?.then(|| several(source)).transpose();
    Ok(Arguments {
        realms: realms(source)?,
        derived: realms(source)?,
        default_realm: maybe(source)?,
        domain_realm,
        rds_realm: maybe(source)?,
        dns_lookup_kdc: source.arbitrary()?,
        dns_lookup_realm: source.arbitrary()?,
        dns_canonicalize_hostname: maybe(source)?,
        rdns: source.arbitrary()?,
        ticket_lifetime: maybe(source)?,
        renew_lifetime: maybe(source)?,
        forwardable: source.arbitrary()?,
        udp_preference_limit: source.arbitrary::<Option<i16>>()?.map(i64::from),
        default_tkt_enctypes: types(source)?,
        permitted_enctypes: types(source)?,
        style: maybe(source)?,
    })
}

/// Arguments that ask for a file with this meaning.
fn arguments_of(meaning: &Meaning) -> Arguments {
    let text = |tag: &str| meaning.libdefaults.get(tag).cloned();
    let flag = |tag: &str| text(tag).map(|value| value == "true");
    let types = |tag: &str| text(tag).map(|value| value.split(' ').map(str::to_owned).collect());
    let realm = |(name, relations): &(String, BTreeMap<String, Vec<String>>)| {
        let all = |tag: &str| relations.get(tag).cloned().unwrap_or_default();
        let one = |tag: &str| all(tag).pop();
        RealmArguments {
            name: name.clone(),
            kdc: all("kdc"),
            admin_server: one("admin_server"),
            kpasswd_server: one("kpasswd_server"),
            master_kdc: one("master_kdc"),
            domains: Some(Vec::new()),
        }
    };
    Arguments {
        derived: Vec::new(),
        realms: meaning.realms.iter().map(realm).collect(),
        default_realm: text("default_realm"),
        domain_realm: meaning.domain_realm.clone(),
        rds_realm: None,
        dns_lookup_kdc: flag("dns_lookup_kdc"),
        dns_lookup_realm: flag("dns_lookup_realm"),
        dns_canonicalize_hostname: text("dns_canonicalize_hostname"),
        rdns: flag("rdns"),
        ticket_lifetime: text("ticket_lifetime"),
        renew_lifetime: text("renew_lifetime"),
        forwardable: flag("forwardable"),
        udp_preference_limit: text("udp_preference_limit").and_then(|limit| limit.parse().ok()),
        default_tkt_enctypes: types("default_tkt_enctypes"),
        permitted_enctypes: types("permitted_enctypes"),
        style: None,
    }
}
