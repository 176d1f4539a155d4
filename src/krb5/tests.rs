//! The file as a whole: AWS's samples, what is refused, and that a file means what was asked for.

mod any;
#[path = "../../tests/kerberos/corpus.rs"]
mod corpus;
mod strict;

use proptest::prelude::*;

use crate::krb5::{self, Arguments, Config, RealmArguments, Scope, render};
use corpus::Meaning;

fn realm(name: &str) -> RealmArguments {
    let domain = name.to_lowercase();
    RealmArguments {
        name: name.to_owned(),
        kdc: vec![domain.clone()],
        admin_server: Some(domain),
        ..RealmArguments::default()
    }
}

/// The arguments of AWS's first sample.
fn sample() -> Arguments {
    Arguments { realms: vec![realm("EXAMPLE.COM")], ..Arguments::default() }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn rendered(arguments: &Arguments) -> String {
    render(&Config::parse(arguments).unwrap().config)
}

/// AWS, "Setting up Kerberos authentication for PostgreSQL DB clusters", step 8.
#[test]
fn sample_for_aws_managed_microsoft_ad() {
    assert_eq!(
        rendered(&sample()),
        "[libdefaults]
 default_realm = EXAMPLE.COM
[realms]
 EXAMPLE.COM = {
  kdc = example.com
  admin_server = example.com
 }
[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM
"
    );
}

/// The same page; a line of it ends in two blanks, which are not part of the sample's meaning and not written here.
#[test]
fn sample_for_an_on_premises_directory() {
    let arguments = Arguments {
        realms: vec![realm("EXAMPLE.COM"), realm("ONPREM.COM")],
        rds_realm: Some("EXAMPLE.COM".to_owned()),
        ..Arguments::default()
    };
    assert_eq!(
        rendered(&arguments),
        "[libdefaults]
 default_realm = EXAMPLE.COM
[realms]
 EXAMPLE.COM = {
  kdc = example.com
  admin_server = example.com
 }
 ONPREM.COM = {
  kdc = onprem.com
  admin_server = onprem.com
 }
[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM
 .onprem.com = ONPREM.COM
 onprem.com = ONPREM.COM
 .rds.amazonaws.com = EXAMPLE.COM
 .amazonaws.com.cn = EXAMPLE.COM
 .amazon.com = EXAMPLE.COM
"
    );
}

#[test]
fn every_argument() {
    let arguments = Arguments {
        derived: Vec::new(),
        realms: vec![RealmArguments {
            name: "example.com".to_owned(),
            kdc: strings(&["DC2.example.com:1088", "dc1.example.com", "10.0.0.1", "[::1]:88"]),
            admin_server: Some("dc1.example.com".to_owned()),
            kpasswd_server: Some("dc1.example.com:464".to_owned()),
            master_kdc: Some("dc1.example.com".to_owned()),
            domains: Some(strings(&["a.example.com", ".b.example.com"])),
        }],
        default_realm: Some("example.com".to_owned()),
        domain_realm: [("DB.example.net", "example.com"), (".example.net", "EXAMPLE.COM")]
            .map(|(domain, realm)| (domain.to_owned(), realm.to_owned()))
            .into(),
        rds_realm: Some(String::new()),
        dns_lookup_kdc: Some(false),
        dns_lookup_realm: Some(true),
        dns_canonicalize_hostname: Some("fallback".to_owned()),
        rdns: Some(true),
        ticket_lifetime: Some("36000".to_owned()),
        renew_lifetime: Some("7d".to_owned()),
        forwardable: Some(true),
        udp_preference_limit: Some(1),
        default_tkt_enctypes: Some(strings(&["aes256-cts", "aes128-cts-hmac-sha1-96"])),
        permitted_enctypes: Some(strings(&["aes256-cts-hmac-sha1-96"])),
        style: Some("minimal".to_owned()),
    };
    assert_eq!(
        rendered(&arguments),
        "[libdefaults]
 default_realm = EXAMPLE.COM
 dns_lookup_realm = true
 dns_lookup_kdc = false
 dns_canonicalize_hostname = fallback
 rdns = true
 ticket_lifetime = 10h
 renew_lifetime = 7d
 forwardable = true
 udp_preference_limit = 1
 default_tkt_enctypes = aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96
 permitted_enctypes = aes256-cts-hmac-sha1-96
[realms]
 EXAMPLE.COM = {
  kdc = dc2.example.com:1088
  kdc = dc1.example.com
  kdc = 10.0.0.1
  kdc = [::1]:88
  master_kdc = dc1.example.com
  admin_server = dc1.example.com
  kpasswd_server = dc1.example.com:464
 }
[domain_realm]
 .a.example.com = EXAMPLE.COM
 a.example.com = EXAMPLE.COM
 .b.example.com = EXAMPLE.COM
 b.example.com = EXAMPLE.COM
 .example.net = EXAMPLE.COM
 db.example.net = EXAMPLE.COM
"
    );
}

#[test]
fn hardened_names_hosts_as_they_were_typed() {
    fn check(change: impl FnOnce(&mut Arguments), expect: &str) {
        let mut arguments = Arguments { style: Some("hardened".to_owned()), ..sample() };
        change(&mut arguments);
        let file = rendered(&arguments);
        let (head, tail) = file.split_once("[realms]").unwrap();
        assert_eq!(head, format!("[libdefaults]\n default_realm = EXAMPLE.COM\n{expect}"));
        assert_eq!(tail, rendered(&sample()).split_once("[realms]").unwrap().1);
    }
    check(|_| {}, " dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n");
    // What was asked for wins.
    check(
        |arguments| arguments.dns_canonicalize_hostname = Some("fallback".to_owned()),
        " dns_lookup_realm = false\n dns_canonicalize_hostname = fallback\n rdns = false\n",
    );
    check(
        |arguments| (arguments.rdns, arguments.dns_lookup_realm) = (Some(true), Some(true)),
        " dns_lookup_realm = true\n dns_canonicalize_hostname = false\n rdns = true\n",
    );
}

/// The sample with one change is refused for these reasons.
fn check_problems(change: impl FnOnce(&mut Arguments), expect: &[&str]) {
    let mut arguments = sample();
    change(&mut arguments);
    let found: Vec<String> = Config::parse(&arguments)
        .unwrap_err()
        .iter()
        .map(|problem| format!("{}: {}", problem.argument, problem.message))
        .collect();
    assert_eq!(found, expect);
}

#[test]
fn problems_of_realms() {
    let some = |text: &str| Some(text.to_owned());
    check_problems(
        |a| a.realms.clear(),
        &["realm: There is no realm to write: give a directory, at least one realm, or a default_realm."],
    );
    check_problems(|a| a.realms[0].name.clear(), &["realm[0].name: \"\": it is empty."]);
    check_problems(
        |a| a.realms[0].name = "A\n[libdefaults]".to_owned(),
        &[
            r#"realm[0].name: "A\n[libdefaults]": it contains '\n'; allowed are ASCII letters, digits, "." and "-"."#,
        ],
    );
    check_problems(
        |a| a.realms[0].name = "Include".to_owned(),
        &[
            r#"realm[0].name: "Include": it is a word that clients read as a directive ("include", "includedir", "module")."#,
        ],
    );
    check_problems(
        |a| a.realms[0].name = "10.0.0.1".to_owned(),
        &["realm[0].name: \"10.0.0.1\": it is an IP address; only host and domain names have a realm."],
    );
    check_problems(
        |a| a.realms.push(realm("example.com")),
        &["realm[1].name: The realm EXAMPLE.COM has a block already; clients would merge the two."],
    );
    check_problems(
        |a| a.realms[0].kdc = strings(&["a", "b", "A"]),
        &["realm[0].kdc[2]: The host a is in the list already."],
    );
    check_problems(|a| a.realms[0].kdc = strings(&[""]), &["realm[0].kdc[0]: \"\": it is empty."]);
    check_problems(
        |a| a.realms[0].admin_server = some("a, b"),
        &["realm[0].admin_server: \"a, b\": it contains a blank or a comma; write one host an element."],
    );
    check_problems(
        |a| a.realms[0].kpasswd_server = some("tcp/a"),
        &[
            "realm[0].kpasswd_server: \"tcp/a\": it contains \"/\"; write the host alone, without a scheme or a \
           transport.",
        ],
    );
    check_problems(
        |a| a.realms[0].master_kdc = some("a:0"),
        &["realm[0].master_kdc: \"a:0\": the port \"0\" is not a number from 1 to 65535."],
    );
    check_problems(
        |a| a.realms[0].domains = Some(strings(&["a.b", ".A.b", "*.c"])),
        &[
            "realm[0].domains[1]: The domain a.b is in the list already.",
            "realm[0].domains[2]: \"*.c\": it contains \"*\", which no client expands; a leading dot, as in \
             \".example.com\", stands for every host below a domain.",
        ],
    );
    check_problems(
        |a| a.realms.push(RealmArguments { domains: Some(strings(&["example.com"])), ..realm("B.C") }),
        &[
            "realm[1].domains[0]: .example.com belongs to EXAMPLE.COM already, by realm[0].name; it cannot belong to \
             B.C too.",
            "realm[1].domains[0]: example.com belongs to EXAMPLE.COM already, by realm[0].name; it cannot belong to \
             B.C too.",
        ],
    );
}

#[test]
fn problems_of_the_rest() {
    let some = |text: &str| Some(text.to_owned());
    check_problems(
        |a| a.default_realm = some("A B"),
        &[r#"default_realm: "A B": it contains ' '; allowed are ASCII letters, digits, "." and "-"."#],
    );
    check_problems(
        |a| drop(a.domain_realm.insert("10.0.0.1".to_owned(), "EXAMPLE.COM".to_owned())),
        &[
            "domain_realm[\"10.0.0.1\"]: \"10.0.0.1\": it is an IP address; only host and domain names have a realm.",
        ],
    );
    check_problems(
        |a| drop(a.domain_realm.insert("a.b".to_owned(), "}".to_owned())),
        &[r#"domain_realm["a.b"]: "}": it contains '}'; allowed are ASCII letters, digits, "." and "-"."#],
    );
    check_problems(
        |a| {
            a.rds_realm = some("EXAMPLE.COM");
            a.domain_realm.insert(".amazon.com".to_owned(), "B.C".to_owned());
        },
        &[
            "domain_realm[\".amazon.com\"]: .amazon.com belongs to EXAMPLE.COM already, by rds_realm; it cannot belong \
           to B.C too.",
        ],
    );
    check_problems(
        |a| {
            a.dns_lookup_kdc = Some(false);
            a.realms[0].kdc.clear();
        },
        &[
            "dns_lookup_kdc: No client could find a KDC of EXAMPLE.COM: it has no kdc, and dns_lookup_kdc is false.",
        ],
    );
    check_problems(
        |a| (a.dns_lookup_kdc, a.rds_realm) = (Some(false), some("B.C")),
        &["rds_realm: The realm B.C has no block, and dns_lookup_kdc is false: no KDC would be found."],
    );
    check_problems(
        |a| a.ticket_lifetime = some("0s"),
        &["ticket_lifetime: A ticket must live longer than 0 seconds."],
    );
    check_problems(
        |a| a.udp_preference_limit = Some(-1),
        &["udp_preference_limit: -1 is not a number from 0 to 32700."],
    );
    check_problems(
        |a| a.permitted_enctypes = Some(Vec::new()),
        &["permitted_enctypes: The list is empty; leave the argument out for the clients' own types."],
    );
    check_problems(
        |a| a.default_tkt_enctypes = Some(strings(&["aes256-cts", "aes256-cts-hmac-sha1-96"])),
        &["default_tkt_enctypes[1]: The type aes256-cts-hmac-sha1-96 is in the list already."],
    );
    check_problems(|a| a.style = some("strict"), &["style: \"strict\" is not one of: minimal, hardened."]);
    // Everything at once, in the order of the arguments.
    check_problems(
        |a| (a.realms[0].kdc, a.renew_lifetime) = (strings(&["a:b", "{"]), some("1w")),
        &[
            "realm[0].kdc[0]: \"a:b\": the port \"b\" is not a number from 1 to 65535.",
            r#"realm[0].kdc[1]: "{": it contains '{'; allowed are ASCII letters, digits, "." and "-"."#,
            "renew_lifetime: \"1w\" is not a duration; write numbers with the units d, h, m and s in this order, such \
             as \"10h\" or \"1d12h\", or a number of seconds.",
        ],
    );
}

#[test]
fn warnings() {
    fn check(change: impl FnOnce(&mut Arguments), expect: &[&str]) {
        let mut arguments = sample();
        change(&mut arguments);
        let found: Vec<String> = Config::parse(&arguments)
            .unwrap()
            .warnings
            .iter()
            .map(|warning| format!("{}: {}", warning.argument, warning.message))
            .collect();
        assert_eq!(found, expect);
    }
    check(|_| {}, &[]);
    check(
        |a| a.realms[0].name = "Example.com".to_owned(),
        &["realm[0].name: \"Example.com\" is written to the file as EXAMPLE.COM."],
    );
    check(
        |a| a.realms[0].kdc = strings(&["DC1", "[::1]"]),
        &[
            "realm[0].kdc[0]: \"DC1\" is written to the file as dc1.",
            "realm[0].kdc[1]: Heimdal clients do not understand an IPv6 address here; MIT clients do.",
        ],
    );
    check(
        |a| a.rds_realm = Some("B.C".to_owned()),
        &["rds_realm: The realm B.C has no block in the file: clients will look for its KDCs in DNS."],
    );
    check(
        |a| a.permitted_enctypes = Some(strings(&["rc4-hmac"])),
        &["permitted_enctypes[0]: arcfour-hmac-md5 is deprecated as too weak (RFC 8429)."],
    );
}

/// Realms of a directory come first, and what is wrong with them is the directory's.
#[test]
fn derived_realms() {
    let arguments = Arguments {
        derived: vec![realm("EXAMPLE.COM")],
        realms: vec![realm("ONPREM.COM")],
        ..Arguments::default()
    };
    let both = Arguments { realms: vec![realm("EXAMPLE.COM"), realm("ONPREM.COM")], ..Arguments::default() };
    assert_eq!(rendered(&arguments), rendered(&both));
    check_problems(
        |a| {
            a.derived = vec![RealmArguments { kdc: strings(&["a:b"]), ..realm("B.C") }];
            a.realms[0].domains = Some(strings(&["b.c"]));
        },
        &[
            "directory_id[0]: \"a:b\": the port \"b\" is not a number from 1 to 65535.",
            "realm[0].domains[0]: .b.c belongs to B.C already, by directory_id; it cannot belong to EXAMPLE.COM too.",
            "realm[0].domains[0]: b.c belongs to B.C already, by directory_id; it cannot belong to EXAMPLE.COM too.",
        ],
    );
}

/// What another argument could still cure is marked.
#[test]
fn scopes() {
    fn check(change: impl FnOnce(&mut Arguments), expect: Scope) {
        let mut arguments = sample();
        change(&mut arguments);
        assert_eq!(Config::parse(&arguments).unwrap_err()[0].scope, expect);
    }
    check(|a| a.style = Some("x".to_owned()), Scope::Value);
    check(|a| a.realms[0].kdc = strings(&["a", "a"]), Scope::Value);
    check(|a| a.realms.clear(), Scope::Whole);
    check(|a| drop(a.domain_realm.insert("example.com".to_owned(), "B.C".to_owned())), Scope::Whole);
    check(|a| (a.dns_lookup_kdc, a.rds_realm) = (Some(false), Some("B.C".to_owned())), Scope::Whole);
    check(|a| (a.dns_lookup_kdc, a.realms[0].kdc) = (Some(false), Vec::new()), Scope::Whole);
}

/// The same line from two arguments is one line.
#[test]
fn a_mapping_is_written_once() {
    let mut arguments = sample();
    arguments.domain_realm.insert(".example.com".to_owned(), "EXAMPLE.COM".to_owned());
    assert_eq!(rendered(&arguments), rendered(&sample()));
}

/// What the fuzz target found: a realm `INCLUDE`, whose domain was written without being looked at.
#[test]
fn arguments_that_once_made_a_wrong_file() {
    let input = b"E|\x05\x05\x8c\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05\x05#\xf5\xb1sx\"xexppppppp!m)p\xd3sa\x10\xe5x\x1b\xcc\xcerC=.\xea\xa5\xc6";
    any::render(input);
}

/// Puts `text` into the argument that `slot` counts to.
fn set(arguments: &mut Arguments, slot: usize, text: &str) {
    let text = text.to_owned();
    let realm = &mut arguments.realms[0];
    match slot {
        0 => realm.name = text,
        1 => realm.kdc.insert(0, text),
        2 => realm.admin_server = Some(text),
        3 => realm.kpasswd_server = Some(text),
        4 => realm.master_kdc = Some(text),
        5 => realm.domains = Some(vec![text]),
        6 => arguments.default_realm = Some(text),
        7 => drop(arguments.domain_realm.insert(text, "EXAMPLE.COM".to_owned())),
        8 => drop(arguments.domain_realm.insert("key.test".to_owned(), text)),
        9 => arguments.rds_realm = Some(text),
        10 => arguments.dns_canonicalize_hostname = Some(text),
        11 => arguments.ticket_lifetime = Some(text),
        12 => arguments.renew_lifetime = Some(text),
        13 => arguments.default_tkt_enctypes = Some(vec![text]),
        14 => arguments.permitted_enctypes = Some(vec![text]),
        _ => arguments.style = Some(text),
    }
}

const SLOTS: usize = 16;

/// What a client would misread, each tried in every argument.
#[test]
fn nothing_dangerous_reaches_the_file() {
    let words = [
        "a\nb",
        "a\rb",
        "a\0b",
        "a\tb",
        "a b",
        " a",
        "a ",
        "{",
        "}",
        "a{",
        "a*",
        "*.a",
        "\"a\"",
        "a#",
        "a # b",
        "a;b",
        "[a]",
        "[libdefaults]",
        "a = b",
        "a=b",
        "\u{feff}a",
        "a\u{2028}b",
        "a\u{85}b",
        "\ninclude /etc/passwd",
        "include /etc/passwd",
        "\nmodule /tmp/x.so:x",
        "a\n[realms]\n",
        "a\\n",
        "a'b",
        "a/b",
        "%{HOME}",
        "$HOME",
        "`id`",
    ];
    for word in words {
        for slot in 0..SLOTS {
            let mut arguments = sample();
            set(&mut arguments, slot, word);
            assert!(Config::parse(&arguments).is_err(), "{word:?} in argument {slot}");
        }
    }
    let long = "a.".repeat(1_100) + "b";
    for slot in 0..SLOTS {
        let mut arguments = sample();
        set(&mut arguments, slot, &long);
        assert!(Config::parse(&arguments).is_err(), "a long name in argument {slot}");
    }
}

proptest! {
    /// A strict parser, which knows nothing of the renderer, reads from the file what the arguments ask for.
    #[test]
    fn a_file_means_what_was_asked_for(arguments in corpus::arguments()) {
        let file = rendered(&arguments);
        prop_assert_eq!(strict::parse(&file).map_err(TestCaseError::fail)?, Meaning::of(&arguments));
        prop_assert_eq!(&file, &rendered(&arguments));
    }

    /// Whatever stands in all arguments together.
    #[test]
    fn any_arguments_are_refused_or_survive(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        any::render(&bytes);
    }

    /// Whatever text stands in whatever argument: it is refused, or the file is still whole.
    #[test]
    fn any_text_is_refused_or_harmless(
        slot in 0..SLOTS,
        text in prop_oneof![any::<String>(), "[a-zA-Z0-9.:\\[\\]{}=*#;\" \n-]{0,12}"],
    ) {
        let mut arguments = sample();
        set(&mut arguments, slot, &text);
        if let Ok(parsed) = Config::parse(&arguments) {
            let lines = render(&parsed.config).lines().count();
            let meaning = strict::parse(&render(&parsed.config)).map_err(TestCaseError::fail)?;
            let relations = meaning.realms.iter().flat_map(|(_, relations)| relations.values()).flatten().count();
            let sections = 2 + usize::from(!meaning.domain_realm.is_empty());
            let told = meaning.libdefaults.len() + 2 + relations + meaning.domain_realm.len() + sections;
            prop_assert_eq!(lines, told);
        }
    }
}
