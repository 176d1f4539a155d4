//! Hosts and ports of KDCs and of their companions.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::name::{self, InvalidName, Normalized};

/// A host: a DNS name in lower case, or an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name. AWS publishes an address record for the domain itself, so the domain's name is a host as well.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address; written in brackets. Heimdal 7.8 does not understand the brackets.
    V6(Ipv6Addr),
}

/// A server's place: a host, and the port where it is not the service's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    /// The host.
    pub host: Host,
    /// The port; without it clients use the service's own (88 for a KDC, 464 for passwords, 749 for administration).
    pub port: Option<u16>,
}

/// Why a text is not a host with an optional port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidHost {
    /// The host is not a dotted name.
    Name(InvalidName),
    /// Four numbers that are no IPv4 address, or a name whose last part is a number.
    Ipv4(String),
    /// What stands in the brackets is no IPv6 address.
    Ipv6(String),
    /// An IPv6 address without brackets.
    Unbracketed(Ipv6Addr),
    /// The port is not a number from 1 to 65535.
    Port(String),
    /// A URL or a transport (`kdc://host`, `tcp/host`): MIT clients take it for the host's name.
    Url,
    /// Several hosts in one text: clients take it for one host's name.
    Several,
}

impl HostPort {
    /// Reads `host`, `host:port`, an IPv4 address, or `[IPv6 address]`, with a port from 1 to 65535. Names are folded
    /// to lower case.
    ///
    /// Fails on everything for which a client would say "Cannot contact any KDC": lists, URLs, transports, wrong ports.
    ///
    /// ```
    /// # use aurorakerberos::krb5::{HostPort, InvalidHost};
    /// assert_eq!(HostPort::parse("DC1.example.com:88")?.value.to_string(), "dc1.example.com:88");
    /// assert_eq!(HostPort::parse("[2001:DB8::1]:88")?.value.to_string(), "[2001:db8::1]:88");
    /// assert_eq!(HostPort::parse("example.com:65536"), Err(InvalidHost::Port("65536".to_owned())));
    /// # Ok::<(), InvalidHost>(())
    /// ```
    pub fn parse(text: &str) -> Result<Normalized<Self>, InvalidHost> {
        if text.contains('/') {
            return Err(InvalidHost::Url);
        }
        if text.contains([',', ' ']) {
            return Err(InvalidHost::Several);
        }
        if let Ok(address) = text.parse() {
            return Err(InvalidHost::Unbracketed(address));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => bracketed(rest)?,
            None => match text.split_once(':') {
                Some((host, port)) => (name_or_v4(host)?, Some(port)),
                None => (name_or_v4(text)?, None),
            },
        };
        let value = Self { host, port: port.map(parse_port).transpose()? };
        Ok(Normalized { changed: value.to_string() != text, value })
    }
}

fn bracketed(rest: &str) -> Result<(Host, Option<&str>), InvalidHost> {
    let wrong = || InvalidHost::Ipv6(rest.trim_end_matches(']').to_owned());
    let (address, tail) = rest.split_once(']').ok_or_else(wrong)?;
    let host = Host::V6(address.parse().map_err(|_| InvalidHost::Ipv6(address.to_owned()))?);
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(wrong()),
    }
}

fn name_or_v4(text: &str) -> Result<Host, InvalidHost> {
    name::check(text).map_err(InvalidHost::Name)?;
    if let Ok(address) = text.parse() {
        return Ok(Host::V4(address));
    }
    // No top-level domain is a number, so this is an address with a slip in it.
    if text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Err(InvalidHost::Ipv4(text.to_owned()));
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

fn parse_port(text: &str) -> Result<u16, InvalidHost> {
    let wrong = || InvalidHost::Port(text.to_owned());
    // `u16::from_str` would take "+88".
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(wrong()),
        Ok(port) => Ok(port),
    }
}

impl FromStr for HostPort {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        Self::parse(text).map(|host| host.value)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => self.host.fmt(f),
        }
    }
}

impl fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::Ipv4(text) => write!(f, "{text:?} looks like an IPv4 address and is none"),
            Self::Ipv6(text) => {
                write!(f, "{text:?} is not an IPv6 address; write \"[address]\" or \"[address]:port\"")
            }
            Self::Unbracketed(address) => write!(f, "an IPv6 address stands in brackets: \"[{address}]\""),
            Self::Port(text) => write!(f, "the port {text:?} is not a number from 1 to 65535"),
            Self::Url => {
                f.write_str("it contains \"/\"; write the host alone, without a scheme or a transport")
            }
            Self::Several => f.write_str("it contains a blank or a comma; write one host an element"),
        }
    }
}

impl std::error::Error for InvalidHost {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        fn check(text: &str, expect: Result<(&str, bool), InvalidHost>) {
            let read = HostPort::parse(text).map(|host| (host.value.to_string(), host.changed));
            assert_eq!(read, expect.map(|(host, changed)| (host.to_owned(), changed)), "{text:?}");
        }
        let port = |text: &str| Err(InvalidHost::Port(text.to_owned()));
        check("example.com", Ok(("example.com", false)));
        check("Example.COM", Ok(("example.com", true)));
        check("localhost", Ok(("localhost", false)));
        check("dc1.example.com:88", Ok(("dc1.example.com:88", false)));
        check("a:1", Ok(("a:1", false)));
        check("a:65535", Ok(("a:65535", false)));
        check("a:088", Ok(("a:88", true)));
        check("10.0.0.1", Ok(("10.0.0.1", false)));
        check("127.0.0.1:1088", Ok(("127.0.0.1:1088", false)));
        check("[::1]", Ok(("[::1]", false)));
        check("[2001:DB8:0::1]:88", Ok(("[2001:db8::1]:88", true)));
        check("a:0", port("0"));
        check("a:65536", port("65536"));
        check("a:abc", port("abc"));
        check("a:+88", port("+88"));
        check("a:", port(""));
        check("a:88:89", port("88:89"));
        check("[::1]:", port(""));
        check("10.0.0.256", Err(InvalidHost::Ipv4("10.0.0.256".to_owned())));
        check("1.2.3", Err(InvalidHost::Ipv4("1.2.3".to_owned())));
        check("[::g]", Err(InvalidHost::Ipv6("::g".to_owned())));
        check("[::1", Err(InvalidHost::Ipv6("::1".to_owned())));
        check("[::1]x", Err(InvalidHost::Ipv6("::1]x".to_owned())));
        check("::1", Err(InvalidHost::Unbracketed(Ipv6Addr::LOCALHOST)));
        for text in ["kdc://a", "tcp/a", "a/b"] {
            check(text, Err(InvalidHost::Url));
        }
        for text in ["a, b", "a b", "a,b", "a # note"] {
            check(text, Err(InvalidHost::Several));
        }
        check("", Err(InvalidHost::Name(InvalidName::Empty)));
        check(":88", Err(InvalidHost::Name(InvalidName::Empty)));
        check("a.", Err(InvalidHost::Name(InvalidName::EmptyLabel)));
        for (text, c) in [("{", '{'), ("a\nb", '\n'), ("\"a\"", '"'), ("a#", '#'), ("a\0", '\0'), ("a*", '*')]
        {
            check(text, Err(InvalidHost::Name(InvalidName::Character(c))));
        }
    }
}
