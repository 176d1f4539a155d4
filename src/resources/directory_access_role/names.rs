//! Checks of IAM's names. None repeats the value in its message.

use tf_provider::value::Value;

/// Length of a role's name (CreateRole, `RoleName`).
pub(crate) const NAME_LENGTH: usize = 64;
/// Length of what is put behind a name prefix.
pub(super) const SUFFIX_LENGTH: usize = 26;

fn ensure(value: &Value, fits: impl Fn(&str) -> bool, form: &str) -> Result<(), String> {
    match value.as_str() {
        Some(text) if !fits(text) => Err(form.to_owned()),
        _ => Ok(()),
    }
}

fn is_name(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// A role's name, without its path (CreateRole, `RoleName`).
pub(crate) fn role_name(value: &Value) -> Result<(), String> {
    ensure(
        value,
        |text| is_name(text, NAME_LENGTH),
        "A role name has from 1 to 64 characters: letters, digits and any of _+=,.@- (it is no ARN and has no path).",
    )
}

/// What a role's name begins with; a suffix of 26 characters follows.
pub(super) fn role_name_prefix(value: &Value) -> Result<(), String> {
    ensure(
        value,
        |text| is_name(text, NAME_LENGTH - SUFFIX_LENGTH),
        "A role name prefix has from 1 to 38 characters: letters, digits and any of _+=,.@- (26 more are put behind it).",
    )
}

/// A path (CreateRole, `Path`).
pub(super) fn path(value: &Value) -> Result<(), String> {
    let fits = |text: &str| {
        text.len() <= 512
            && text.starts_with('/')
            && text.ends_with('/')
            && text.bytes().all(|b| b.is_ascii_graphic())
    };
    ensure(
        value,
        fits,
        "A path is / or begins and ends with /, such as /service/; it has at most 512 printable ASCII characters.",
    )
}

/// A role's description (CreateRole, `Description`).
pub(super) fn description(value: &Value) -> Result<(), String> {
    let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    ensure(
        value,
        |text| text.chars().all(fits),
        "A description consists of the characters of Latin-1, line ends and tabs; other letters and symbols are refused by IAM.",
    )
}

/// The ARN of a managed policy.
pub(super) fn policy_arn(value: &Value) -> Result<(), String> {
    let fits = |text: &str| {
        let mut parts = text.splitn(6, ':');
        let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
        matches!(parts, [Some("arn"), Some(partition), Some("iam"), Some(""), Some(_), Some(resource)]
            if !partition.is_empty() && resource.strip_prefix("policy/").is_some_and(|name| !name.is_empty()))
    };
    ensure(
        value,
        fits,
        "The value must be the ARN of a managed policy, such as arn:aws:iam::111122223333:policy/boundary.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(validate: fn(&Value) -> Result<(), String>, text: &str, expect: bool) {
        assert_eq!(validate(&Value::from(text)).is_ok(), expect, "{text:?}");
    }

    #[test]
    fn names() {
        check(role_name, "rds-directoryservice-kerberos-access-role", true);
        check(role_name, "a_+=,.@-9", true);
        check(role_name, "", false);
        check(role_name, "a/b", false);
        check(role_name, "arn:aws:iam::111122223333:role/x", false);
        check(role_name, &"a".repeat(64), true);
        check(role_name, &"a".repeat(65), false);
        check(role_name_prefix, &"a".repeat(38), true);
        check(role_name_prefix, &"a".repeat(39), false);
    }

    #[test]
    fn descriptions() {
        check(description, "Für Aurora;\tzwei\r\nZeilen", true);
        check(description, "a ⛰", false);
        check(description, "a\u{7f}", false);
    }

    #[test]
    fn paths_and_arns() {
        check(path, "/", true);
        check(path, "/service/x/", true);
        check(path, "service/", false);
        check(path, "/service", false);
        check(path, "/ser vice/", false);
        check(policy_arn, "arn:aws:iam::aws:policy/PowerUserAccess", true);
        check(policy_arn, "arn:aws-cn:iam::111122223333:policy/a/b", true);
        check(policy_arn, "arn:aws:iam::111122223333:role/x", false);
        check(policy_arn, "policy/x", false);
    }
}
