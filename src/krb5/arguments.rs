//! What an engineer can ask for, as it was written.

use std::collections::BTreeMap;

/// The arguments of a file, not yet checked. What is `None` is not written, save where [`Style`](super::Style) says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The realms that a directory and its trusts give. They are written before `realms`; what is wrong with one is
    /// said of the argument `directory_id`.
    pub derived: Vec<RealmArguments>,
    /// The realms, in the order in which they are written.
    pub realms: Vec<RealmArguments>,
    /// The realm of users who do not name one. Default: the first of all.
    pub default_realm: Option<String>,
    /// More keys of `[domain_realm]`, each written as it stands: `db.example.com` for a host, `.example.com` for what is
    /// below a domain.
    pub domain_realm: BTreeMap<String, String>,
    /// The realm that [`RDS_SUFFIXES`](super::RDS_SUFFIXES) belong to. `None` and the empty text: none.
    pub rds_realm: Option<String>,
    /// Whether clients look for the KDCs of realms without `kdc` in DNS.
    pub dns_lookup_kdc: Option<bool>,
    /// Whether clients look for the realm of a host in DNS.
    pub dns_lookup_realm: Option<bool>,
    /// `true`, `false` or `fallback`: see [`Canonicalize`](super::Canonicalize).
    pub dns_canonicalize_hostname: Option<String>,
    /// Whether canonicalisation goes on to the name that the address has in reverse DNS.
    pub rdns: Option<bool>,
    /// How long a ticket is asked for: see [`Lifetime`](super::Lifetime). More than 0.
    pub ticket_lifetime: Option<String>,
    /// How long a ticket can be renewed. 0 asks for tickets that cannot be.
    pub renew_lifetime: Option<String>,
    /// Whether a ticket may be handed on to another host.
    pub forwardable: Option<bool>,
    /// Bytes above which a message goes over TCP first; 0 or 1 means always.
    pub udp_preference_limit: Option<i64>,
    /// Encryption types to ask for in the first ticket, the best first.
    pub default_tkt_enctypes: Option<Vec<String>>,
    /// Encryption types that are accepted at all, the best first.
    pub permitted_enctypes: Option<Vec<String>>,
    /// `minimal` or `hardened`: see [`Style`](super::Style). Default: `minimal`.
    pub style: Option<String>,
}

/// One realm, not yet checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RealmArguments {
    /// The realm, such as `EXAMPLE.COM`.
    pub name: String,
    /// The KDCs, `host` or `host:port`, tried in this order. Empty: clients look in DNS.
    pub kdc: Vec<String>,
    /// The administration server. Clients that have no `kpasswd_server` change passwords here, on port 464.
    pub admin_server: Option<String>,
    /// The server for password changes.
    pub kpasswd_server: Option<String>,
    /// The KDC to ask again when another one refuses a password, because a change may not have reached it yet.
    pub master_kdc: Option<String>,
    /// DNS domains whose hosts belong to the realm; each is written as `.example.com` and as `example.com`.
    /// `None`: the domain of the realm's name. An empty list: none.
    pub domains: Option<Vec<String>>,
}
