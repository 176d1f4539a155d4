//! Values of `[libdefaults]` that are more than true or false.

use std::fmt;
use std::str::FromStr;

/// Why a text or a number is not a value of its setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidSetting {
    /// Not one of the words of this setting.
    Word {
        /// What was written.
        found: String,
        /// The words that are allowed, for the message.
        allowed: String,
    },
    /// Not a duration such as `10h`, `7d` or `1d12h`.
    Duration(String),
    /// A duration beyond the 2,147,483,647 seconds that a client can count.
    TooLong(String),
    /// A number outside its range.
    Range {
        /// What was written.
        found: i64,
        /// The smallest number allowed.
        least: i64,
        /// The largest number allowed.
        most: i64,
    },
}

/// `dns_canonicalize_hostname`: whether a client asks DNS for another name of the host it was told to connect to.
///
/// With `true`, the clients' own default, an endpoint that is an alias (CNAME) is replaced by what it points to, and
/// the ticket is asked for a name that the directory may not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Canonicalize {
    /// Ask DNS first.
    True,
    /// Use the name as it was typed.
    False,
    /// Use the name as it was typed, then ask DNS if the directory does not know it.
    Fallback,
}

/// How much the file says when an argument is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// Nothing that was not asked for: the samples of AWS's guide.
    #[default]
    Minimal,
    /// Host names as they were typed: `dns_canonicalize_hostname = false` and `rdns = false`, so that an endpoint that
    /// is a CNAME or has a reverse record still gets its own ticket, and `dns_lookup_realm = false`, so that no TXT
    /// record decides which realm a host belongs to.
    ///
    /// It leaves `dns_lookup_kdc` alone: a user of a child domain of a trusted forest needs DNS to find that domain's
    /// KDC, and the ticket does not depend on where the KDC was found.
    Hardened,
}

/// A length of time in whole seconds, written in days, hours, minutes and seconds with blanks between (`1d 12h`): MIT
/// clients take `1d12h` as well, Heimdal 7.8 does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

/// `udp_preference_limit`: a message of more bytes goes over TCP first. 0 to 32700, the most that MIT clients take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UdpLimit(u16);

/// An encryption type that both MIT and Heimdal clients know by this name and that is not removed from MIT 1.20.
///
/// Single DES is not here (Active Directory and MIT no longer offer it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enctype(&'static str);

/// The types by the names that both MIT and Heimdal know, and MIT's short names for them.
const ENCTYPES: [(&str, &[&str]); 6] = [
    ("aes256-cts-hmac-sha384-192", &["aes256-sha2"]),
    ("aes128-cts-hmac-sha256-128", &["aes128-sha2"]),
    ("aes256-cts-hmac-sha1-96", &["aes256-cts", "aes256-sha1"]),
    ("aes128-cts-hmac-sha1-96", &["aes128-cts", "aes128-sha1"]),
    ("des3-cbc-sha1", &["des3-hmac-sha1", "des3-cbc-sha1-kd"]),
    ("arcfour-hmac-md5", &["arcfour-hmac", "rc4-hmac"]),
];

impl Lifetime {
    /// The seconds.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Lifetime;
    /// assert_eq!("1d12h".parse::<Lifetime>()?.seconds(), 129_600);
    /// # Ok::<(), aurorakerberos::krb5::InvalidSetting>(())
    /// ```
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// Reads a number of seconds (`36000`) or numbers with units in falling order, each at most once (`1d12h30m`, or with a
/// blank between, `1d 12h`).
///
/// Other spellings that MIT clients take, such as `10:00`, are refused: Heimdal has other rules for them.
impl FromStr for Lifetime {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let wrong = || InvalidSetting::Duration(text.to_owned());
        let too_long = || InvalidSetting::TooLong(text.to_owned());
        let mut rest = text;
        let mut total: u64 = 0;
        let mut units = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)].into_iter();
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, tail) = rest.split_at(digits);
            if number.is_empty() {
                return Err(wrong());
            }
            let mut tail = tail.chars();
            let factor = match tail.next() {
                None if rest == text => 1,
                None => return Err(wrong()),
                // What the iterator has passed is a larger unit, or the same one: neither may come again.
                Some(unit) => units.find(|(name, _)| *name == unit).ok_or_else(wrong)?.1,
            };
            let number: u64 = number.parse().map_err(|_| too_long())?;
            total = number.checked_mul(factor).and_then(|n| n.checked_add(total)).ok_or_else(too_long)?;
            rest = tail.as_str();
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix(' ').unwrap_or(rest);
        }
        match u32::try_from(total) {
            Ok(seconds) if i32::try_from(seconds).is_ok() => Ok(Self(seconds)),
            _ => Err(too_long()),
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts =
            [(self.0 / 86_400, 'd'), (self.0 / 3_600 % 24, 'h'), (self.0 / 60 % 60, 'm'), (self.0 % 60, 's')];
        let said =
            parts.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}"));
        let said = said.collect::<Vec<_>>().join(" ");
        f.write_str(if said.is_empty() { "0s" } else { &said })
    }
}

impl TryFrom<i64> for UdpLimit {
    type Error = InvalidSetting;

    fn try_from(number: i64) -> Result<Self, InvalidSetting> {
        match u16::try_from(number) {
            Ok(limit) if limit <= 32_700 => Ok(Self(limit)),
            _ => Err(InvalidSetting::Range { found: number, least: 0, most: 32_700 }),
        }
    }
}

impl fmt::Display for UdpLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Enctype {
    /// The name that both families of clients know.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Enctype;
    /// assert_eq!("rc4-hmac".parse::<Enctype>()?.as_str(), "arcfour-hmac-md5");
    /// # Ok::<(), aurorakerberos::krb5::InvalidSetting>(())
    /// ```
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Published as too weak to use: RFC 8429 deprecates both Triple-DES and RC4.
    ///
    /// ```
    /// # use aurorakerberos::krb5::Enctype;
    /// assert!("rc4-hmac".parse::<Enctype>()?.is_deprecated());
    /// assert!(!"aes256-cts-hmac-sha1-96".parse::<Enctype>()?.is_deprecated());
    /// # Ok::<(), aurorakerberos::krb5::InvalidSetting>(())
    /// ```
    pub fn is_deprecated(self) -> bool {
        matches!(self.0, "des3-cbc-sha1" | "arcfour-hmac-md5")
    }
}

impl FromStr for Enctype {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        ENCTYPES
            .iter()
            .find(|(name, aliases)| *name == text || aliases.contains(&text))
            .map(|(name, _)| Self(name))
            .ok_or_else(|| word(text, &ENCTYPES.map(|(name, _)| name)))
    }
}

impl fmt::Display for Enctype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Canonicalize {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        match text {
            "true" => Ok(Self::True),
            "false" => Ok(Self::False),
            "fallback" => Ok(Self::Fallback),
            _ => Err(word(text, &["true", "false", "fallback"])),
        }
    }
}

impl fmt::Display for Canonicalize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::False => "false",
            Self::Fallback => "fallback",
        })
    }
}

impl FromStr for Style {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        match text {
            "minimal" => Ok(Self::Minimal),
            "hardened" => Ok(Self::Hardened),
            _ => Err(word(text, &["minimal", "hardened"])),
        }
    }
}

fn word(found: &str, allowed: &[&str]) -> InvalidSetting {
    InvalidSetting::Word { found: found.to_owned(), allowed: allowed.join(", ") }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word { found, allowed } => write!(f, "{found:?} is not one of: {allowed}"),
            Self::Duration(found) => write!(
                f,
                "{found:?} is not a duration; write numbers with the units d, h, m and s in this order, such as \
                 \"10h\" or \"1d12h\", or a number of seconds"
            ),
            Self::TooLong(found) => {
                write!(f, "{found:?} is longer than the 2147483647 seconds that clients can count")
            }
            Self::Range { found, least, most } => write!(f, "{found} is not a number from {least} to {most}"),
        }
    }
}

impl std::error::Error for InvalidSetting {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes() {
        fn check(text: &str, expect: Option<(u32, &str)>) {
            let read = text.parse::<Lifetime>().ok().map(|time| (time.seconds(), time.to_string()));
            assert_eq!(read, expect.map(|(seconds, shown)| (seconds, shown.to_owned())), "{text:?}");
        }
        check("36000", Some((36_000, "10h")));
        check("10h", Some((36_000, "10h")));
        check("1d2h3m4s", Some((93_784, "1d 2h 3m 4s")));
        check("90m", Some((5_400, "1h 30m")));
        check("0", Some((0, "0s")));
        check("1h 30m", Some((5_400, "1h 30m")));
        check("2147483647", Some((2_147_483_647, "24855d 3h 14m 7s")));
        for wrong in [
            "",
            "h",
            "10 h",
            "10H",
            "1h1d",
            "1h1h",
            "10:00",
            "-1h",
            "1h30",
            "1h ",
            " 1h",
            "1h  1m",
            "1 ",
            "1w",
            "1d\n",
            "2147483648",
            "24856d",
            "99999999999999999999",
            "18446744073709551615d",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn words_and_numbers() {
        assert_eq!("aes256-cts".parse::<Enctype>().unwrap().as_str(), "aes256-cts-hmac-sha1-96");
        assert!("des-cbc-crc".parse::<Enctype>().is_err());
        assert!("AES256-CTS".parse::<Enctype>().is_err());
        assert_eq!("fallback".parse::<Canonicalize>().unwrap(), Canonicalize::Fallback);
        assert!("yes".parse::<Canonicalize>().is_err());
        assert!("secure".parse::<Style>().is_err());
        assert_eq!(UdpLimit::try_from(1).unwrap().to_string(), "1");
        for wrong in [-1, 32_701, 70_000] {
            assert!(UdpLimit::try_from(wrong).is_err());
        }
    }
}
