//! Arguments for a krb5.conf by chance, and what a client must understand of the file.
//!
//! Shared by two tests: the module's own property test, and the one that hands some hundred files to libkrb5
//! (`libkrb5.py`). The includer brings `krb5` into scope. [`Meaning`] is worked out from the arguments alone, by the
//! rules of the documentation, without the code under test.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::{collection::btree_map, collection::vec, option, sample};

use super::krb5::{Arguments, RealmArguments};

/// What a client must understand of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// `[libdefaults]`, every relation.
    pub(crate) libdefaults: BTreeMap<String, String>,
    /// `[realms]`: the blocks in order, each with its relations' values in order.
    pub(crate) realms: Vec<(String, BTreeMap<String, Vec<String>>)>,
    /// `[domain_realm]`, every relation.
    pub(crate) domain_realm: BTreeMap<String, String>,
}

impl Meaning {
    /// What `arguments`, all of them right, ask for.
    pub(crate) fn of(arguments: &Arguments) -> Self {
        let mut meaning = Self::default();
        let first = arguments.realms.first().map(|realm| realm.name.clone());
        let default_realm = arguments.default_realm.clone().or(first).unwrap_or_default().to_uppercase();
        let hardened = arguments.style.as_deref() == Some("hardened");
        let safe = |given: Option<String>| given.or(hardened.then(|| "false".to_owned()));
        let flag = |given: Option<bool>| given.map(|flag| flag.to_string());
        let types = |given: &Option<Vec<String>>| given.as_ref().map(|types| types.join(" "));
        for (name, value) in [
            ("default_realm", Some(default_realm)),
            ("dns_lookup_realm", safe(flag(arguments.dns_lookup_realm))),
            ("dns_lookup_kdc", flag(arguments.dns_lookup_kdc)),
            ("dns_canonicalize_hostname", safe(arguments.dns_canonicalize_hostname.clone())),
            ("rdns", safe(flag(arguments.rdns))),
            ("ticket_lifetime", arguments.ticket_lifetime.clone()),
            ("renew_lifetime", arguments.renew_lifetime.clone()),
            ("forwardable", flag(arguments.forwardable)),
            ("udp_preference_limit", arguments.udp_preference_limit.map(|limit| limit.to_string())),
            ("default_tkt_enctypes", types(&arguments.default_tkt_enctypes)),
            ("permitted_enctypes", types(&arguments.permitted_enctypes)),
        ] {
            meaning.libdefaults.extend(value.map(|value| (name.to_owned(), value)));
        }
        for realm in &arguments.realms {
            let name = realm.name.to_uppercase();
            let mut relations = BTreeMap::new();
            for (tag, values) in [
                ("kdc", realm.kdc.clone()),
                ("master_kdc", realm.master_kdc.iter().cloned().collect()),
                ("admin_server", realm.admin_server.iter().cloned().collect()),
                ("kpasswd_server", realm.kpasswd_server.iter().cloned().collect()),
            ] {
                let values: Vec<String> = values.iter().map(|value| value.to_lowercase()).collect();
                if !values.is_empty() {
                    relations.insert(tag.to_owned(), values);
                }
            }
            for domain in realm.domains.as_ref().unwrap_or(&vec![realm.name.clone()]) {
                let domain = domain.trim_start_matches('.').to_lowercase();
                meaning.domain_realm.insert(format!(".{domain}"), name.clone());
                meaning.domain_realm.insert(domain, name.clone());
            }
            meaning.realms.push((name, relations));
        }
        if let Some(realm) = arguments.rds_realm.as_ref().filter(|realm| !realm.is_empty()) {
            for suffix in [".rds.amazonaws.com", ".amazonaws.com.cn", ".amazon.com"] {
                meaning.domain_realm.insert(suffix.to_owned(), realm.to_uppercase());
            }
        }
        for (domain, realm) in &arguments.domain_realm {
            meaning.domain_realm.insert(domain.to_lowercase(), realm.to_uppercase());
        }
        meaning
    }
}

/// Arguments of which every value is right, in any case of letters.
pub(crate) fn arguments() -> impl Strategy<Value = Arguments> {
    let libdefaults = (
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        option::of(sample::select(vec!["true", "false", "fallback"])),
        option::of(any::<bool>()),
        option::of(lifetime()),
        option::of(lifetime()),
        option::of(any::<bool>()),
        option::of(0_i64..=32_700),
        option::of(enctypes()),
        option::of(enctypes()),
        option::of(sample::select(vec!["minimal", "hardened"])),
    );
    let realms = vec(realm(), 1..4);
    let references = (option::of(any::<sample::Index>()), option::of(any::<sample::Index>()));
    let extra = btree_map("[.]?[a-z]{1,8}([.][a-zA-Z0-9]{1,8}){0,2}[.]extra", any::<sample::Index>(), 0..4);
    (libdefaults, realms, references, extra).prop_map(|(libdefaults, realms, (default, rds), extra)| {
        let mut seen = BTreeSet::new();
        let mut realms: Vec<RealmArguments> = realms;
        realms.retain(|realm| seen.insert(realm.name.to_uppercase()));
        let named = |index: sample::Index| index.get(&realms).name.clone();
        let mut folded = BTreeSet::new();
        let domain_realm = extra
            .into_iter()
            .filter(|(key, _)| folded.insert(key.to_lowercase()))
            .map(|(key, index)| (key, named(index)))
            .collect();
        let mut arguments = Arguments {
            derived: Vec::new(),
            default_realm: default.map(named),
            rds_realm: rds.map(named),
            domain_realm,
            dns_lookup_realm: libdefaults.0,
            dns_lookup_kdc: libdefaults.1,
            dns_canonicalize_hostname: libdefaults.2.map(str::to_owned),
            rdns: libdefaults.3,
            ticket_lifetime: libdefaults.4,
            renew_lifetime: libdefaults.5,
            forwardable: libdefaults.6,
            udp_preference_limit: libdefaults.7,
            default_tkt_enctypes: libdefaults.8,
            permitted_enctypes: libdefaults.9,
            style: libdefaults.10.map(str::to_owned),
            realms,
        };
        for (position, realm) in arguments.realms.iter_mut().enumerate() {
            // A realm that nobody could find is refused.
            if arguments.dns_lookup_kdc == Some(false) && realm.kdc.is_empty() {
                realm.kdc.push("kdc.test".to_owned());
            }
            // No domain belongs to two realms.
            for domain in realm.domains.iter_mut().flatten() {
                *domain = format!("{domain}.of{position}");
            }
        }
        arguments
    })
}

fn realm() -> impl Strategy<Value = RealmArguments> {
    let name = "[A-Za-z0-9]([A-Za-z0-9-]{0,6}[A-Za-z0-9])?([.][A-Za-z0-9]{1,8}){0,2}[.]realm";
    let hosts = vec(host(), 0..4).prop_map(|hosts| {
        let mut seen = BTreeSet::new();
        hosts.into_iter().filter(|host| seen.insert(host.to_lowercase())).collect()
    });
    let domains = vec("[.]?[a-z]{1,8}([.][A-Za-z0-9]{1,8}){0,2}", 0..3).prop_map(|domains| {
        let mut seen = BTreeSet::new();
        let fold = |domain: &String| domain.trim_start_matches('.').to_lowercase();
        domains.into_iter().filter(|domain| seen.insert(fold(domain))).collect()
    });
    (name, hosts, option::of(domains), option::of(host()), option::of(host()), option::of(host())).prop_map(
        |(name, kdc, domains, admin_server, kpasswd_server, master_kdc)| RealmArguments {
            name,
            kdc,
            admin_server,
            kpasswd_server,
            master_kdc,
            domains,
        },
    )
}

/// A name or an address, some with a port. IPv6 addresses come in their shortest form.
fn host() -> impl Strategy<Value = String> {
    let address = any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string());
    let v6 = any::<[u8; 16]>().prop_map(|octets| format!("[{}]", std::net::Ipv6Addr::from(octets)));
    let name = "[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?([.][A-Za-z0-9]{1,8}){0,2}[.][a-zA-Z]{2,6}";
    let host = prop_oneof![6 => name.boxed(), 2 => address.boxed(), 1 => v6.boxed()];
    (host, option::of(1_u16..)).prop_map(|(host, port)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// A duration in the form that has one spelling.
fn lifetime() -> impl Strategy<Value = String> {
    (1_u32..400, 0_u32..24, 0_u32..60, 0_u32..60).prop_map(|(days, hours, minutes, seconds)| {
        [(days, 'd'), (hours, 'h'), (minutes, 'm'), (seconds, 's')]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, unit)| format!("{number}{unit}"))
            .collect::<Vec<_>>()
            .join(" ")
    })
}

fn enctypes() -> impl Strategy<Value = Vec<String>> {
    let all = [
        "aes256-cts-hmac-sha384-192",
        "aes128-cts-hmac-sha256-128",
        "aes256-cts-hmac-sha1-96",
        "aes128-cts-hmac-sha1-96",
        "arcfour-hmac-md5",
    ];
    sample::subsequence(all.map(str::to_owned).to_vec(), 1..=all.len()).prop_shuffle()
}
