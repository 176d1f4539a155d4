//! From content to text.

use std::fmt::{Display, Write};

use super::config::{Config, RealmConfig};

/// The file, byte for byte the same for the same content.
///
/// It begins with `[` in the first column (clients skip a section whose header is indented or follows a byte order
/// mark), has one relation a line (a block on one line is taken for a string) and ends with a line break.
///
/// ```
/// # use aurorakerberos::krb5::{Arguments, Config, RealmArguments, render};
/// let realm = RealmArguments {
///     name: "EXAMPLE.COM".into(),
///     kdc: vec!["example.com".into()],
///     admin_server: Some("example.com".into()),
///     ..Default::default()
/// };
/// let parsed = Config::parse(&Arguments { realms: vec![realm], ..Default::default() }).unwrap();
/// assert_eq!(
///     render(&parsed.config),
///     "[libdefaults]
///  default_realm = EXAMPLE.COM
/// [realms]
///  EXAMPLE.COM = {
///   kdc = example.com
///   admin_server = example.com
///  }
/// [domain_realm]
///  .example.com = EXAMPLE.COM
///  example.com = EXAMPLE.COM
/// "
/// );
/// ```
pub fn render(config: &Config) -> String {
    let mut file = File(String::from("[libdefaults]\n"));
    file.relation(" default_realm", &config.default_realm);
    file.optional(" dns_lookup_realm", config.dns_lookup_realm.as_ref());
    file.optional(" dns_lookup_kdc", config.dns_lookup_kdc.as_ref());
    file.optional(" dns_canonicalize_hostname", config.dns_canonicalize_hostname.as_ref());
    file.optional(" rdns", config.rdns.as_ref());
    file.optional(" ticket_lifetime", config.ticket_lifetime.as_ref());
    file.optional(" renew_lifetime", config.renew_lifetime.as_ref());
    file.optional(" forwardable", config.forwardable.as_ref());
    file.optional(" udp_preference_limit", config.udp_preference_limit.as_ref());
    file.list(" default_tkt_enctypes", &config.default_tkt_enctypes);
    file.list(" permitted_enctypes", &config.permitted_enctypes);
    if !config.realms.is_empty() {
        file.line("[realms]");
    }
    for realm in &config.realms {
        file.realm(realm);
    }
    if !config.domain_realm.is_empty() {
        file.line("[domain_realm]");
    }
    for (domain, realm) in &config.domain_realm {
        file.relation(format_args!(" {domain}"), realm);
    }
    file.0
}

struct File(String);

impl File {
    fn line(&mut self, line: impl Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn relation(&mut self, tag: impl Display, value: &impl Display) {
        self.line(format_args!("{tag} = {value}"));
    }

    fn optional(&mut self, tag: &str, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.relation(tag, value);
        }
    }

    fn list(&mut self, tag: &str, values: &[impl Display]) {
        if !values.is_empty() {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            self.relation(tag, &values.join(" "));
        }
    }

    fn realm(&mut self, realm: &RealmConfig) {
        self.line(format_args!(" {} = {{", realm.name));
        for kdc in &realm.kdc {
            self.relation("  kdc", kdc);
        }
        self.optional("  master_kdc", realm.master_kdc.as_ref());
        self.optional("  admin_server", realm.admin_server.as_ref());
        self.optional("  kpasswd_server", realm.kpasswd_server.as_ref());
        self.line(" }");
    }
}
