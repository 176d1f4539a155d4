//! Checks of single values that several resources have in common. None repeats the value in its message.

use std::net::Ipv4Addr;

use tf_provider::value::Value;

/// A directory's id (DescribeDirectories, `DirectoryId`).
pub(crate) fn directory_id(value: &Value) -> Result<(), String> {
    ensure(
        value,
        is_directory_id,
        "A directory id has the form d-1234567890: \"d-\" and ten of the digits 0-9 and a-f.",
    )
}

/// A subnet's id; old ones have eight digits.
pub(crate) fn subnet_id(value: &Value) -> Result<(), String> {
    let is_subnet = |text: &str| is_hex_id(text, "subnet-", &[8, 17]);
    ensure(
        value,
        is_subnet,
        "A subnet id has the form subnet-0123456789abcdef0: \"subnet-\" and 8 or 17 of the digits 0-9 and a-f.",
    )
}

/// A VPC's id; old ones have eight digits.
pub(crate) fn vpc_id(value: &Value) -> Result<(), String> {
    let is_vpc = |text: &str| is_hex_id(text, "vpc-", &[8, 17]);
    ensure(
        value,
        is_vpc,
        "A VPC id has the form vpc-0123456789abcdef0: \"vpc-\" and 8 or 17 of the digits 0-9 and a-f.",
    )
}

/// A directory's name (CreateMicrosoftAD, `Name`): fully qualified, without a final dot.
pub(crate) fn domain_name(value: &Value) -> Result<(), String> {
    ensure(
        value,
        is_domain_name,
        "The value must be a fully qualified domain name such as corp.example.com: two or more labels of letters, digits and inner hyphens, separated by dots, without a dot at the end.",
    )
}

/// The name of the domain on the other side of a trust (CreateTrust, `RemoteDomainName`): a final dot is allowed.
pub(crate) fn remote_domain_name(value: &Value) -> Result<(), String> {
    ensure(
        value,
        |text| is_domain_name(text.strip_suffix('.').unwrap_or(text)),
        "The value must be a fully qualified domain name such as onprem.example.com: two or more labels of letters, digits and inner hyphens, separated by dots.",
    )
}

/// A NetBIOS name (CreateMicrosoftAD, `ShortName`; its length is Active Directory's).
pub(crate) fn netbios_name(value: &Value) -> Result<(), String> {
    let fits = |text: &str| {
        (1..=15).contains(&text.chars().count())
            && !text.starts_with('.')
            && !text.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    ensure(
        value,
        fits,
        "A NetBIOS name has from 1 to 15 characters, does not begin with a dot, and has neither blanks nor any of \\ / : * ? \" < > |.",
    )
}

/// An IPv4 address in dotted notation.
pub(crate) fn ipv4_address(value: &Value) -> Result<(), String> {
    ensure(
        value,
        |text| text.parse::<Ipv4Addr>().is_ok(),
        "The value must be an IPv4 address such as 10.0.0.10.",
    )
}

/// Whether the text has the form of a directory's id.
pub(crate) fn is_directory_id(text: &str) -> bool {
    is_hex_id(text, "d-", &[10])
}

fn is_hex_id(text: &str, prefix: &str, lengths: &[usize]) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        lengths.contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
    })
}

/// Whether the text is a fully qualified domain name without a final dot. AWS's pattern allows labels of letters,
/// digits and hyphens; the lengths are RFC 1035's.
pub(crate) fn is_domain_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 255 && text.contains('.') && text.split('.').all(is_label)
}

/// A directory's description (CreateMicrosoftAD, `Description`).
pub(crate) fn directory_description(value: &Value) -> Result<(), String> {
    let inner =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "_@#%*+=:?./!\\-".contains(c);
    let fits = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.chars().all(inner)
    };
    ensure(
        value,
        fits,
        "A description begins with a letter, a digit or _, and consists of these, white space and any of @#%*+=:?./!\\-.",
    )
}

fn ensure(value: &Value, fits: impl Fn(&str) -> bool, rule: &str) -> Result<(), String> {
    match value.as_str() {
        Some(text) if !fits(text) => Err(rule.to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tf_provider::framework::schema::Validator;

    use super::*;

    fn check(validator: Validator, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(validator(&Value::from(*text)), Ok(()), "{text:?}");
        }
        for text in bad {
            assert!(validator(&Value::from(*text)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn ids() {
        check(
            directory_id,
            &["d-0123456789", "d-90670a8d36"],
            &["", "d-", "d-123456789", "d-12345678901", "d-123456789G", "D-0123456789", "d-012345678A"],
        );
        check(
            subnet_id,
            &["subnet-01234567", "subnet-0a1b2c3d4e5f60001"],
            &["subnet-0123456", "vpc-01234567", "subnet-0A1B2C3D"],
        );
        check(
            vpc_id,
            &["vpc-01234567", "vpc-0a1b2c3d4e5f60001"],
            &["vpc-", "subnet-01234567", "vpc-012345678"],
        );
    }

    #[test]
    fn names() {
        let long = format!("{}.com", "a".repeat(64));
        let both = ["corp.example.com", "on-prem.example.com", "a1.b2", "CORP.EXAMPLE.COM", "a--b.com"];
        let neither =
            ["", "corp", "corp..com", ".corp.com", "-a.com", "a-.com", "co_rp.com", "a b.com", &long];
        check(domain_name, &both, &neither);
        check(domain_name, &[], &["corp.example.com."]);
        check(remote_domain_name, &both, &neither);
        check(remote_domain_name, &["corp.example.com."], &["corp.example.com..", "corp."]);
        check(netbios_name, &["CORP", "corp-1", "a.b"], &["", ".corp", "a/b", "a b", "SIXTEENLETTERS16"]);
    }

    #[test]
    fn descriptions() {
        check(
            directory_description,
            &["a", "_x", "For Aurora", "Users: 50% @ a/b\\c!"],
            &["", "-bad", " a", "a; b", "Für", "a ⛰"],
        );
    }

    #[test]
    fn addresses() {
        check(
            ipv4_address,
            &["10.0.0.10", "255.255.255.255"],
            &["", "10.0.0", "10.0.0.256", "::1", "10.0.0.10/24"],
        );
    }
}
