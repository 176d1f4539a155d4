//! The form of a cluster's identifier.

use tf_provider::value::Value;

/// The form of a cluster's identifier, for messages.
pub(super) const CLUSTER_FORM: &str = "A cluster identifier has from 1 to 63 letters, digits and hyphens, begins with \
     a letter, and has neither a hyphen at its end nor two in a row (it is no ARN and no endpoint).";

/// A DB cluster's identifier (CreateDBCluster, `DBClusterIdentifier`); AWS keeps it in lower case.
pub(super) fn cluster_identifier(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some(text) if !is_cluster_identifier(text) => Err(CLUSTER_FORM.to_owned()),
        _ => Ok(()),
    }
}

fn is_cluster_identifier(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.ends_with('-')
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        fn check(validate: fn(&Value) -> Result<(), String>, text: &str, expect: bool) {
            assert_eq!(validate(&Value::from(text)).is_ok(), expect, "{text:?}");
        }
        check(cluster_identifier, "aurora-demo", true);
        check(cluster_identifier, "Aurora1", true);
        check(cluster_identifier, "1aurora", false);
        check(cluster_identifier, "a--b", false);
        check(cluster_identifier, "a-", false);
        check(cluster_identifier, "a_b", false);
        check(cluster_identifier, "", false);
        check(cluster_identifier, "arn:aws:rds:us-east-1:111122223333:cluster:x", false);
        check(cluster_identifier, &"a".repeat(63), true);
        check(cluster_identifier, &"a".repeat(64), false);
    }
}
