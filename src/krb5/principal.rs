//! The database user of a directory user.

use std::fmt;

use super::name::InvalidName;
use super::realm::Realm;

/// A user of a directory as PostgreSQL knows it: `alice@CORP.EXAMPLE.COM`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    user: String,
    realm: Realm,
}

/// Why a user and a domain make no database user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidPrincipal {
    /// There is no user name.
    EmptyUser,
    /// The user name has a character that Active Directory does not allow in one, or a control character.
    Character(char),
    /// The user name holds a domain as well (`alice@corp.example.com`, `CORP\alice`).
    Qualified,
    /// PostgreSQL keeps names that begin with `pg_` to itself.
    Reserved,
    /// The domain is not a dotted name.
    Domain(InvalidName),
    /// More bytes than a role's name can have. PostgreSQL would cut it without an error, and nobody could log in.
    TooLong(usize),
}

/// The longest name of a role, in bytes (PostgreSQL, `NAMEDATALEN` - 1).
const LONGEST_ROLE: usize = 63;

/// The name of the database user for a directory user: the alias in lower case, the domain in upper case, as AWS's guide
/// asks (step 7).
///
/// Fails when no such role could be created or log in: an empty name, a character that Active Directory forbids in user
/// names, a domain inside the user name, the prefix `pg_`, more than 63 bytes in all.
///
/// ```
/// # use aurorakerberos::krb5::principal;
/// assert_eq!(principal("Alice", "corp.example.com")?.to_string(), "alice@CORP.EXAMPLE.COM");
/// assert!(principal("alice@corp", "corp.example.com").is_err());
/// # Ok::<(), aurorakerberos::krb5::InvalidPrincipal>(())
/// ```
pub fn principal(user: &str, domain: &str) -> Result<Principal, InvalidPrincipal> {
    if user.is_empty() {
        return Err(InvalidPrincipal::EmptyUser);
    }
    if user.contains(['@', '\\']) {
        return Err(InvalidPrincipal::Qualified);
    }
    // Microsoft, "SAM-Account-Name attribute", and what splits a principal's name into components.
    let forbidden = |c: &char| c.is_whitespace() || c.is_control() || "\"/[]:;|=,+*?<>".contains(*c);
    if let Some(wrong) = user.chars().find(forbidden) {
        return Err(InvalidPrincipal::Character(wrong));
    }
    let principal = Principal {
        user: user.to_lowercase(),
        realm: Realm::parse(domain).map_err(InvalidPrincipal::Domain)?.value,
    };
    if principal.user.starts_with("pg_") {
        return Err(InvalidPrincipal::Reserved);
    }
    match principal.to_string().len() {
        bytes if bytes > LONGEST_ROLE => Err(InvalidPrincipal::TooLong(bytes)),
        _ => Ok(principal),
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.realm)
    }
}

impl fmt::Display for InvalidPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyUser => f.write_str("the user name is empty"),
            Self::Character(c) => {
                write!(
                    f,
                    "the user name contains {c:?}, which Active Directory does not allow in a user name"
                )
            }
            Self::Qualified => {
                f.write_str("the user name contains a domain; give the name alone and the domain beside it")
            }
            Self::Reserved => f.write_str("PostgreSQL reserves names that begin with \"pg_\""),
            Self::Domain(error) => write!(f, "the domain is not a domain's name: {error}"),
            Self::TooLong(bytes) => write!(
                f,
                "user and domain make {bytes} bytes; PostgreSQL cuts names after {LONGEST_ROLE}, and the user could \
                 never log in"
            ),
        }
    }
}

impl std::error::Error for InvalidPrincipal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals() {
        fn check(user: &str, domain: &str, expect: Result<&str, InvalidPrincipal>) {
            let made = principal(user, domain).map(|p| p.to_string());
            assert_eq!(made, expect.map(str::to_owned), "{user:?} {domain:?}");
        }
        check("alice", "CORP.EXAMPLE.COM", Ok("alice@CORP.EXAMPLE.COM"));
        check("JohnDoe", "corp.example.com", Ok("johndoe@CORP.EXAMPLE.COM"));
        check("o'neil-1_x.y$", "a.b", Ok("o'neil-1_x.y$@A.B"));
        check("ÜNAL", "a.b", Ok("ünal@A.B"));
        check("", "a.b", Err(InvalidPrincipal::EmptyUser));
        check("alice@a.b", "a.b", Err(InvalidPrincipal::Qualified));
        check("CORP\\alice", "a.b", Err(InvalidPrincipal::Qualified));
        check("al ice", "a.b", Err(InvalidPrincipal::Character(' ')));
        check("alice\n", "a.b", Err(InvalidPrincipal::Character('\n')));
        check("postgres/host", "a.b", Err(InvalidPrincipal::Character('/')));
        check("a\"; DROP", "a.b", Err(InvalidPrincipal::Character('"')));
        check("PG_monitor", "a.b", Err(InvalidPrincipal::Reserved));
        check("alice", "", Err(InvalidPrincipal::Domain(InvalidName::Empty)));
        check("alice", "a@b", Err(InvalidPrincipal::Domain(InvalidName::Character('@'))));
        let user = "x".repeat(59);
        check(&user, "a.b", Ok(&format!("{user}@A.B")));
        check(&"x".repeat(60), "a.b", Err(InvalidPrincipal::TooLong(64)));
        // Bytes count, not letters.
        check(&"ü".repeat(30), "a.b", Err(InvalidPrincipal::TooLong(64)));
    }
}
