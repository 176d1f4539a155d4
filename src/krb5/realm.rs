//! Realms, and the keys of `[domain_realm]`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::name::{self, InvalidName, Normalized};

/// A Kerberos realm in the form that Active Directory gives it: the domain's DNS name in upper case.
///
/// Realms are case-sensitive (RFC 4120, section 6.1): with `example.com` where the directory says `EXAMPLE.COM` every
/// login fails, so lower case is folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(String);

impl Realm {
    /// Reads a realm and folds it to upper case.
    ///
    /// Fails on anything but dot-separated parts of letters, digits and inner hyphens.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Realm;
    /// let realm = Realm::parse("corp.example.com")?;
    /// assert_eq!(realm.value.as_str(), "CORP.EXAMPLE.COM");
    /// assert!(realm.changed);
    /// assert!(Realm::parse("EXAMPLE.COM\n[libdefaults]").is_err());
    /// # Ok::<(), aurorakerberos::krb5::InvalidName>(())
    /// ```
    pub fn parse(text: &str) -> Result<Normalized<Self>, InvalidName> {
        name::check(text)?;
        let value = text.to_ascii_uppercase();
        Ok(Normalized { changed: value != text, value: Self(value) })
    }

    /// The realm's text.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Realm;
    /// assert_eq!("EXAMPLE.COM".parse::<Realm>()?.as_str(), "EXAMPLE.COM");
    /// # Ok::<(), aurorakerberos::krb5::InvalidName>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The DNS domain of the same name, which Active Directory ties to the realm.
    ///
    /// Fails where that is no key of `[domain_realm]`: an address, or a word that begins a directive.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Realm;
    /// assert_eq!("EXAMPLE.COM".parse::<Realm>()?.domain()?.to_string(), "example.com");
    /// assert!("INCLUDE".parse::<Realm>()?.domain().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn domain(&self) -> Result<DomainKey, InvalidDomain> {
        self.0.to_ascii_lowercase().parse()
    }
}

impl FromStr for Realm {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text).map(|realm| realm.value)
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key of `[domain_realm]`: one host (`db.example.com`), or with a leading dot every host below a domain.
///
/// Clients fold the host's name to lower case before they look (krb5.conf(5): "should be in lower case"), so a key with
/// an upper-case letter would never match; case is folded. MIT clients let a key without a dot match hosts below it
/// too, Heimdal's do not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey {
    name: String,
    suffix: bool,
}

/// Why a text is not a key of `[domain_realm]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidDomain {
    /// It is not a dotted name.
    Name(InvalidName),
    /// It has a `*`: clients strip it or take it literally, and match nothing.
    Wildcard,
    /// It ends in a dot: no host's name does when a client looks it up.
    TrailingDot,
    /// It is an IP address: MIT clients never look an address up.
    Address,
    /// It is a word that begins a directive (`include`, `includedir`, `module`).
    Directive,
}

impl DomainKey {
    /// Reads a key and folds it to lower case.
    ///
    /// Fails on what would be a dead or dangerous line: wildcards, trailing dots, addresses, directives, and every
    /// character outside letters, digits, `.` and `-`.
    ///
    /// ```
    /// # use aurorakerberos::krb5::{DomainKey, InvalidDomain};
    /// assert_eq!(DomainKey::parse(".RDS.amazonaws.com")?.value.to_string(), ".rds.amazonaws.com");
    /// assert_eq!(DomainKey::parse("*.example.com"), Err(InvalidDomain::Wildcard));
    /// # Ok::<(), InvalidDomain>(())
    /// ```
    pub fn parse(text: &str) -> Result<Normalized<Self>, InvalidDomain> {
        let (suffix, name) = match text.strip_prefix('.') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        if name.contains('*') {
            return Err(InvalidDomain::Wildcard);
        }
        if name.parse::<Ipv6Addr>().is_ok() {
            return Err(InvalidDomain::Address);
        }
        if name.len() > 1 && name.ends_with('.') && !name.ends_with("..") {
            return Err(InvalidDomain::TrailingDot);
        }
        name::check(name).map_err(InvalidDomain::Name)?;
        if name.parse::<Ipv4Addr>().is_ok() {
            return Err(InvalidDomain::Address);
        }
        let folded = name.to_ascii_lowercase();
        // Newer Heimdal clients look for these words on indented lines too.
        if matches!(folded.as_str(), "include" | "includedir" | "module") {
            return Err(InvalidDomain::Directive);
        }
        Ok(Normalized { changed: folded != name, value: Self { name: folded, suffix } })
    }

    /// The key for every host below the domain: `.example.com`.
    ///
    /// ```
    /// # use aurorakerberos::krb5::DomainKey;
    /// assert_eq!("example.com".parse::<DomainKey>()?.below().to_string(), ".example.com");
    /// # Ok::<(), aurorakerberos::krb5::InvalidDomain>(())
    /// ```
    pub fn below(&self) -> Self {
        Self { name: self.name.clone(), suffix: true }
    }

    /// The key for the host that has the domain's own name: `example.com`.
    ///
    /// ```
    /// # use aurorakerberos::krb5::DomainKey;
    /// assert_eq!(".example.com".parse::<DomainKey>()?.itself().to_string(), "example.com");
    /// # Ok::<(), aurorakerberos::krb5::InvalidDomain>(())
    /// ```
    pub fn itself(&self) -> Self {
        Self { name: self.name.clone(), suffix: false }
    }
}

impl FromStr for DomainKey {
    type Err = InvalidDomain;

    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        Self::parse(text).map(|key| key.value)
    }
}

impl fmt::Display for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.suffix {
            f.write_str(".")?;
        }
        f.write_str(&self.name)
    }
}

impl fmt::Display for InvalidDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Wildcard => f.write_str(
                "it contains \"*\", which no client expands; a leading dot, as in \".example.com\", stands for every \
                 host below a domain",
            ),
            Self::TrailingDot => f.write_str("it ends in a dot; clients look names up without one"),
            Self::Address => f.write_str("it is an IP address; only host and domain names have a realm"),
            Self::Directive => {
                f.write_str("it is a word that clients read as a directive (\"include\", \"includedir\", \"module\")")
            }
        }
    }
}

impl std::error::Error for InvalidDomain {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms() {
        fn check(text: &str, expect: Result<(&str, bool), InvalidName>) {
            let read = Realm::parse(text).map(|realm| (realm.value.to_string(), realm.changed));
            assert_eq!(read, expect.map(|(realm, changed)| (realm.to_owned(), changed)), "{text:?}");
        }
        check("EXAMPLE.COM", Ok(("EXAMPLE.COM", false)));
        check("example.com", Ok(("EXAMPLE.COM", true)));
        check("Corp-1.Example.com", Ok(("CORP-1.EXAMPLE.COM", true)));
        check("CORP", Ok(("CORP", false)));
        check("", Err(InvalidName::Empty));
        check("EXAMPLE.COM.", Err(InvalidName::EmptyLabel));
        check("EXAMPLE.COM = {", Err(InvalidName::Character(' ')));
        check("A\nmodule /x.so:y", Err(InvalidName::Character('\n')));
    }

    #[test]
    fn domain_keys() {
        fn check(text: &str, expect: Result<(&str, bool), InvalidDomain>) {
            let read = DomainKey::parse(text).map(|key| (key.value.to_string(), key.changed));
            assert_eq!(read, expect.map(|(key, changed)| (key.to_owned(), changed)), "{text:?}");
        }
        check("example.com", Ok(("example.com", false)));
        check(".example.com", Ok((".example.com", false)));
        check(".Example.COM", Ok((".example.com", true)));
        check("com", Ok(("com", false)));
        check("*.example.com", Err(InvalidDomain::Wildcard));
        check(".example*", Err(InvalidDomain::Wildcard));
        check("example.com.", Err(InvalidDomain::TrailingDot));
        check("10.0.0.1", Err(InvalidDomain::Address));
        check("::1", Err(InvalidDomain::Address));
        check("", Err(InvalidDomain::Name(InvalidName::Empty)));
        check(".", Err(InvalidDomain::Name(InvalidName::Empty)));
        check("..a", Err(InvalidDomain::Name(InvalidName::EmptyLabel)));
        check("a..", Err(InvalidDomain::Name(InvalidName::EmptyLabel)));
        check("a b", Err(InvalidDomain::Name(InvalidName::Character(' '))));
        check("a\ninclude /x", Err(InvalidDomain::Name(InvalidName::Character('\n'))));
        for word in ["include", "INCLUDEDIR", ".module"] {
            check(word, Err(InvalidDomain::Directive));
        }
    }
}
