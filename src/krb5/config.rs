//! From arguments to a file's content that cannot be wrong.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use super::arguments::Arguments;
use super::host::{Host, HostPort};
use super::name::Normalized;
use super::problem::{Argument, Findings, Problem, Scope, Warning};
use super::realm::{DomainKey, Realm};
use super::setting::{Canonicalize, Enctype, Lifetime, Style, UdpLimit};

/// The suffixes of Aurora's endpoints, in the order of AWS's guide (step 8): the service outside China, the service in
/// China (its endpoints end in `.rds.REGION.amazonaws.com.cn`), and the one that AWS uses inside.
pub const RDS_SUFFIXES: [&str; 3] = [".rds.amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];

/// A file's content: every value checked, no key twice, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub(super) default_realm: Realm,
    pub(super) dns_lookup_realm: Option<bool>,
    pub(super) dns_lookup_kdc: Option<bool>,
    pub(super) dns_canonicalize_hostname: Option<Canonicalize>,
    pub(super) rdns: Option<bool>,
    pub(super) ticket_lifetime: Option<Lifetime>,
    pub(super) renew_lifetime: Option<Lifetime>,
    pub(super) forwardable: Option<bool>,
    pub(super) udp_preference_limit: Option<UdpLimit>,
    pub(super) default_tkt_enctypes: Vec<Enctype>,
    pub(super) permitted_enctypes: Vec<Enctype>,
    pub(super) realms: Vec<RealmConfig>,
    pub(super) domain_realm: Vec<(DomainKey, Realm)>,
}

/// One realm's block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RealmConfig {
    pub(super) name: Realm,
    pub(super) kdc: Vec<HostPort>,
    pub(super) master_kdc: Option<HostPort>,
    pub(super) admin_server: Option<HostPort>,
    pub(super) kpasswd_server: Option<HostPort>,
}

/// A content, and what its author should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The content.
    pub config: Config,
    /// Where the file differs from what was written, and what may not work.
    pub warnings: Vec<Warning>,
}

impl Config {
    /// Checks every argument and says everything that is wrong at once.
    ///
    /// Fails, with the address of the argument, on a value outside its grammar, on the same value twice in a list, on
    /// two realms for one domain, on realms that no client could find a KDC for, and when there is nothing to write.
    ///
    /// ```
    /// # use aurorakerberos::krb5::{Arguments, Config, RealmArguments};
    /// let realm = |name: &str| RealmArguments { name: name.into(), kdc: vec!["dc1:abc".into()], ..Default::default() };
    /// let problems = Config::parse(&Arguments { realms: vec![realm("EXAMPLE.COM")], ..Default::default() }).unwrap_err();
    /// assert_eq!(problems[0].argument.to_string(), "realm[0].kdc[0]");
    /// assert_eq!(problems[0].message, "\"dc1:abc\": the port \"abc\" is not a number from 1 to 65535.");
    /// ```
    pub fn parse(arguments: &Arguments) -> Result<Parsed, Vec<Problem>> {
        let mut reader = Reader::default();
        let config = reader.config(arguments);
        let Findings { problems, warnings } = reader.findings;
        match config {
            Some(config) if problems.is_empty() => Ok(Parsed { config, warnings }),
            _ => Err(problems),
        }
    }

    /// The realm of users who do not name one.
    ///
    /// ```
    /// # use aurorakerberos::krb5::{Arguments, Config};
    /// let arguments = Arguments { default_realm: Some("EXAMPLE.COM".into()), ..Default::default() };
    /// assert_eq!(Config::parse(&arguments).unwrap().config.default_realm().as_str(), "EXAMPLE.COM");
    /// ```
    pub fn default_realm(&self) -> &Realm {
        &self.default_realm
    }

    /// The realms that have a block in the file, in its order.
    ///
    /// ```
    /// # use aurorakerberos::krb5::{Arguments, Config, RealmArguments};
    /// let realm = RealmArguments { name: "EXAMPLE.COM".into(), ..Default::default() };
    /// let config = Config::parse(&Arguments { realms: vec![realm], ..Default::default() }).unwrap().config;
    /// assert_eq!(config.realms().map(|realm| realm.as_str()).collect::<Vec<_>>(), ["EXAMPLE.COM"]);
    /// ```
    pub fn realms(&self) -> impl Iterator<Item = &Realm> {
        self.realms.iter().map(|realm| &realm.name)
    }
}

/// Reads arguments and remembers what it found.
#[derive(Default)]
struct Reader {
    findings: Findings,
    /// The key of each line of `[domain_realm]`, with its realm and the argument that gave it.
    mappings: HashMap<DomainKey, (Realm, Argument)>,
    domain_realm: Vec<(DomainKey, Realm)>,
    /// Realms that some argument names, whether or not they have a block.
    named: Vec<(Realm, Argument)>,
}

impl Reader {
    /// `None` where a value that the file cannot do without is wrong; a problem says which.
    fn config(&mut self, arguments: &Arguments) -> Option<Config> {
        let style: Option<Style> = self.word(&Argument::named("style"), arguments.style.as_deref());
        let hardened = style == Some(Style::Hardened);
        let realms = self.realms(arguments);
        let default_realm = match &arguments.default_realm {
            Some(text) => self.named_realm(&Argument::named("default_realm"), text),
            None => realms.first().map(|realm| realm.name.clone()),
        };
        if arguments.default_realm.is_none() && arguments.realms.is_empty() && arguments.derived.is_empty() {
            self.findings.conflict(
                &Argument::named("realm"),
                "There is no realm to write: give a directory, at least one realm, or a default_realm.",
            );
        }
        self.rds_suffixes(arguments.rds_realm.as_deref());
        self.extra_mappings(arguments);
        let dns_lookup_kdc = arguments.dns_lookup_kdc;
        self.unreachable_realms(&realms, dns_lookup_kdc);
        let canonicalize = Argument::named("dns_canonicalize_hostname");
        let canonicalize = self.word(&canonicalize, arguments.dns_canonicalize_hostname.as_deref());
        let ticket_lifetime = self.ticket_lifetime(arguments.ticket_lifetime.as_deref());
        let renew_lifetime =
            self.word(&Argument::named("renew_lifetime"), arguments.renew_lifetime.as_deref());
        let udp_preference_limit = self.udp_limit(arguments.udp_preference_limit);
        let default_tkt_enctypes = self
            .enctypes(&Argument::named("default_tkt_enctypes"), arguments.default_tkt_enctypes.as_deref());
        let permitted_enctypes =
            self.enctypes(&Argument::named("permitted_enctypes"), arguments.permitted_enctypes.as_deref());
        Some(Config {
            default_realm: default_realm?,
            dns_lookup_realm: arguments.dns_lookup_realm.or(hardened.then_some(false)),
            dns_lookup_kdc,
            dns_canonicalize_hostname: canonicalize.or(hardened.then_some(Canonicalize::False)),
            rdns: arguments.rdns.or(hardened.then_some(false)),
            ticket_lifetime,
            renew_lifetime,
            forwardable: arguments.forwardable,
            udp_preference_limit,
            default_tkt_enctypes,
            permitted_enctypes,
            realms,
            domain_realm: std::mem::take(&mut self.domain_realm),
        })
    }

    fn realms(&mut self, arguments: &Arguments) -> Vec<RealmConfig> {
        let mut realms: Vec<RealmConfig> = Vec::new();
        let directory = Argument::named("directory_id");
        let derived = arguments.derived.iter().map(|raw| (None, raw));
        let written = arguments.realms.iter().enumerate().map(|(position, raw)| (Some(position), raw));
        for (position, raw) in derived.chain(written) {
            let at = |name| match position {
                Some(position) => Argument::named("realm").index(position).name(name),
                None => directory.clone(),
            };
            let name = self.normalized(&at("name"), &raw.name, Realm::parse(&raw.name));
            // Hosts are read even when the name is wrong, so that one run names everything.
            let kdc = self.hosts(&at("kdc"), &raw.kdc);
            let master_kdc = self.host(&at("master_kdc"), raw.master_kdc.as_deref());
            let admin_server = self.host(&at("admin_server"), raw.admin_server.as_deref());
            let kpasswd_server = self.host(&at("kpasswd_server"), raw.kpasswd_server.as_deref());
            let domains = self.domains(&at("domains"), raw.domains.as_deref());
            let Some(name) = name else { continue };
            if realms.iter().any(|realm| realm.name == name) {
                let message = format!("The realm {name} has a block already; clients would merge the two.");
                self.findings.problem(&at("name"), message);
                continue;
            }
            let domains = domains.unwrap_or_else(|| {
                let domain = name.domain().map(|value| Normalized { value, changed: false });
                let domain = self.normalized(&at("name"), &raw.name, domain);
                domain.map(|domain| (at("name"), domain)).into_iter().collect()
            });
            for (at, domain) in domains {
                self.map(&at, domain.below(), &name);
                self.map(&at, domain, &name);
            }
            realms.push(RealmConfig { name, kdc, master_kdc, admin_server, kpasswd_server });
        }
        realms
    }

    /// `None` for the default. The list itself may be empty.
    fn domains(&mut self, at: &Argument, raw: Option<&[String]>) -> Option<Vec<(Argument, DomainKey)>> {
        let mut domains: Vec<(Argument, DomainKey)> = Vec::new();
        for (position, text) in raw?.iter().enumerate() {
            let at = at.index(position);
            let Some(domain) = self.normalized(&at, text, DomainKey::parse(text)) else { continue };
            let domain = domain.itself();
            if domains.iter().any(|(_, known)| *known == domain) {
                self.findings.problem(&at, format!("The domain {domain} is in the list already."));
                continue;
            }
            domains.push((at, domain));
        }
        Some(domains)
    }

    fn hosts(&mut self, at: &Argument, raw: &[String]) -> Vec<HostPort> {
        let mut hosts = Vec::new();
        for (position, text) in raw.iter().enumerate() {
            let at = at.index(position);
            let Some(host) = self.host(&at, Some(text)) else { continue };
            if hosts.contains(&host) {
                self.findings.problem(&at, format!("The host {host} is in the list already."));
                continue;
            }
            hosts.push(host);
        }
        hosts
    }

    fn host(&mut self, at: &Argument, raw: Option<&str>) -> Option<HostPort> {
        let raw = raw?;
        let host = self.normalized(at, raw, HostPort::parse(raw))?;
        if let Host::V6(_) = host.host {
            let message = "Heimdal clients do not understand an IPv6 address here; MIT clients do.";
            self.findings.warning(at, message, Scope::Value);
        }
        Some(host)
    }

    fn rds_suffixes(&mut self, raw: Option<&str>) {
        let at = Argument::named("rds_realm");
        let Some(raw) = raw.filter(|text| !text.is_empty()) else { return };
        let Some(realm) = self.named_realm(&at, raw) else { return };
        for suffix in RDS_SUFFIXES {
            if let Some(key) = self.normalized(&at, suffix, DomainKey::parse(suffix)) {
                self.map(&at, key, &realm);
            }
        }
    }

    fn extra_mappings(&mut self, arguments: &Arguments) {
        for (domain, realm) in &arguments.domain_realm {
            let at = Argument::named("domain_realm").key(domain);
            let key = self.normalized(&at, domain, DomainKey::parse(domain));
            let realm = self.named_realm(&at, realm);
            if let (Some(key), Some(realm)) = (key, realm) {
                self.map(&at, key, &realm);
            }
        }
    }

    /// Adds a line to `[domain_realm]`. The same line twice is one line; a second realm for a key is a problem, because
    /// clients would follow the first and Heimdal's would try both.
    fn map(&mut self, at: &Argument, key: DomainKey, realm: &Realm) {
        match self.mappings.get(&key) {
            Some((known, _)) if known == realm => {}
            Some((known, by)) => {
                let message =
                    format!("{key} belongs to {known} already, by {by}; it cannot belong to {realm} too.");
                self.findings.conflict(at, message);
            }
            None => {
                self.mappings.insert(key.clone(), (realm.clone(), at.clone()));
                self.domain_realm.push((key, realm.clone()));
            }
        }
    }

    /// A realm without KDCs is found in DNS or not at all.
    fn unreachable_realms(&mut self, realms: &[RealmConfig], dns_lookup_kdc: Option<bool>) {
        let off = dns_lookup_kdc == Some(false);
        for realm in realms.iter().filter(|realm| off && realm.kdc.is_empty()) {
            let message = format!(
                "No client could find a KDC of {}: it has no kdc, and dns_lookup_kdc is false.",
                realm.name
            );
            self.findings.conflict(&Argument::named("dns_lookup_kdc"), message);
        }
        for (name, at) in std::mem::take(&mut self.named) {
            if realms.iter().any(|realm| realm.name == name) {
                continue;
            }
            if off {
                let message = format!(
                    "The realm {name} has no block, and dns_lookup_kdc is false: no KDC would be found."
                );
                self.findings.conflict(&at, message);
            } else {
                let message = format!(
                    "The realm {name} has no block in the file: clients will look for its KDCs in DNS."
                );
                self.findings.warning(&at, message, Scope::Whole);
            }
        }
    }

    fn ticket_lifetime(&mut self, raw: Option<&str>) -> Option<Lifetime> {
        let at = Argument::named("ticket_lifetime");
        let lifetime: Lifetime = self.word(&at, raw)?;
        if lifetime.seconds() == 0 {
            self.findings.problem(&at, "A ticket must live longer than 0 seconds.");
        }
        Some(lifetime)
    }

    fn udp_limit(&mut self, raw: Option<i64>) -> Option<UdpLimit> {
        match UdpLimit::try_from(raw?) {
            Ok(limit) => Some(limit),
            Err(error) => {
                self.findings.problem(&Argument::named("udp_preference_limit"), format!("{error}."));
                None
            }
        }
    }

    fn enctypes(&mut self, at: &Argument, raw: Option<&[String]>) -> Vec<Enctype> {
        let mut types = Vec::new();
        let Some(raw) = raw else { return types };
        if raw.is_empty() {
            // An empty value would stop every client with "Improper format of Kerberos configuration file".
            self.findings
                .problem(at, "The list is empty; leave the argument out for the clients' own types.");
        }
        for (position, text) in raw.iter().enumerate() {
            let at = at.index(position);
            let Some(enctype) = self.word::<Enctype>(&at, Some(text)) else { continue };
            if types.contains(&enctype) {
                self.findings.problem(&at, format!("The type {enctype} is in the list already."));
                continue;
            }
            if enctype.is_deprecated() {
                let message = format!("{enctype} is deprecated as too weak (RFC 8429).");
                self.findings.warning(&at, message, Scope::Value);
            }
            types.push(enctype);
        }
        types
    }

    fn word<T: FromStr<Err: Display>>(&mut self, at: &Argument, raw: Option<&str>) -> Option<T> {
        match raw?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.findings.problem(at, format!("{error}."));
                None
            }
        }
    }

    fn named_realm(&mut self, at: &Argument, text: &str) -> Option<Realm> {
        let realm = self.normalized(at, text, Realm::parse(text))?;
        self.named.push((realm.clone(), at.clone()));
        Some(realm)
    }

    fn normalized<T: Display, E: Display>(
        &mut self,
        at: &Argument,
        text: &str,
        read: Result<Normalized<T>, E>,
    ) -> Option<T> {
        match read {
            Ok(Normalized { value, changed }) => {
                if changed {
                    let message = format!("{text:?} is written to the file as {value}.");
                    self.findings.warning(at, message, Scope::Value);
                }
                Some(value)
            }
            Err(error) => {
                self.findings.problem(at, format!("{text:?}: {error}."));
                None
            }
        }
    }
}
