//! The files that `suite.py` proves, as the arguments that ask for them. `files.tf` asks for the same through Terraform.

use super::krb5::{Arguments, RealmArguments};

/// The file that tells `suite.py` the ports of the two KDCs.
pub(crate) fn manifest(example: u16, onprem: u16) -> String {
    format!("{{\"kdc_ports\": {{\"EXAMPLE.COM\": {example}, \"ONPREM.COM\": {onprem}}}}}\n")
}

/// Name and arguments of every file; the ports are those of the KDCs in `ports.conf` and `no-mapping.conf`.
pub(crate) fn files(example: u16, onprem: u16) -> Vec<(&'static str, Arguments)> {
    let trust = Arguments {
        realms: vec![domain("EXAMPLE.COM"), domain("ONPREM.COM")],
        rds_realm: Some("EXAMPLE.COM".to_owned()),
        ..Arguments::default()
    };
    let ports = Arguments {
        realms: vec![local("EXAMPLE.COM", example), local("ONPREM.COM", onprem)],
        dns_lookup_kdc: Some(false),
        ..trust.clone()
    };
    let hardened = Some("hardened".to_owned());
    vec![
        ("sample.conf", Arguments { realms: vec![domain("EXAMPLE.COM")], ..Arguments::default() }),
        ("hardened.conf", Arguments { style: hardened.clone(), ..trust.clone() }),
        (
            "fallback.conf",
            Arguments { dns_canonicalize_hostname: Some("fallback".to_owned()), ..trust.clone() },
        ),
        ("trust.conf", trust),
        ("no-mapping.conf", Arguments { rds_realm: None, ..ports.clone() }),
        ("ports.conf", ports),
        (
            "samba.conf",
            Arguments {
                realms: vec![domain("CORP.EXAMPLE.COM")],
                rds_realm: Some("CORP.EXAMPLE.COM".to_owned()),
                style: hardened,
                ..Arguments::default()
            },
        ),
    ]
}

/// A realm whose servers are at its domain's name, as in AWS's samples.
fn domain(name: &str) -> RealmArguments {
    let domain = name.to_lowercase();
    RealmArguments {
        name: name.to_owned(),
        kdc: vec![domain.clone()],
        admin_server: Some(domain),
        ..RealmArguments::default()
    }
}

fn local(name: &str, port: u16) -> RealmArguments {
    RealmArguments {
        name: name.to_owned(),
        kdc: vec![format!("127.0.0.1:{port}")],
        admin_server: Some("127.0.0.1".to_owned()),
        ..RealmArguments::default()
    }
}
