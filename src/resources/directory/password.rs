//! The rule for the password of a directory's user Admin. Pure.

use tf_provider::value::Value;

/// Checks the rule of the Aurora User Guide, *Setting up Kerberos authentication*, step 1, and of CreateMicrosoftAD:
/// from 8 to 64 characters, of three of the four classes, without the word "admin" in any case. The message names
/// each rule that is broken and never the password.
pub(super) fn check(value: &Value) -> Result<(), String> {
    let Some(password) = value.as_str() else { return Ok(()) };
    let broken = broken_rules(password);
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("The password of the directory's user Admin {}.", broken.join("; it ")))
}

fn broken_rules(password: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let length = password.chars().count();
    if !(8..=64).contains(&length) {
        broken.push(format!("must have from 8 to 64 characters, and has {length}"));
    }
    let has = |class: fn(&char) -> bool| password.chars().any(|c| class(&c));
    let classes = [
        ("lower-case letters (a-z)", has(char::is_ascii_lowercase)),
        ("upper-case letters (A-Z)", has(char::is_ascii_uppercase)),
        ("digits (0-9)", has(char::is_ascii_digit)),
        ("other characters such as !@#$%", has(|c| is_special(*c))),
    ];
    if classes.iter().filter(|(_, present)| *present).count() < 3 {
        let missing: Vec<&str> =
            classes.iter().filter(|(_, present)| !present).map(|(name, _)| *name).collect();
        broken.push(format!(
            "must have characters of at least three of four classes, and has no {}",
            missing.join(", no ")
        ));
    }
    if password.to_lowercase().contains("admin") {
        broken.push("must not contain the word \"admin\", in upper or lower case".to_owned());
    }
    broken
}

/// The class that CreateMicrosoftAD's pattern writes as `[^A-Za-z0-9\s]`.
fn is_special(c: char) -> bool {
    !c.is_ascii_alphanumeric() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, expect: &[&str]) {
        let found = super::check(&Value::from(password));
        let message = found.err().unwrap_or_default();
        assert_eq!(message.is_empty(), expect.is_empty(), "{password}: {message}");
        for part in expect {
            assert!(message.contains(part), "{password}: {message}");
        }
        assert!(password.len() < 8 || !message.contains(password), "{message}");
    }

    #[test]
    fn every_broken_rule_is_named() {
        check("Sup3rSecret", &[]);
        check("super-s3cret", &[]);
        check("SUPER-S3CRET", &[]);
        check("Super-Secret", &[]);
        check(&format!("Aa1{}", "x".repeat(61)), &[]);
        check("Aa1!xyz", &["from 8 to 64 characters, and has 7"]);
        check(&format!("Aa1{}", "x".repeat(62)), &["and has 65"]);
        check("supersecret", &["no upper-case letters (A-Z), no digits (0-9), no other characters"]);
        check("SuperSecret", &["no digits (0-9), no other"]);
        check("Super Secret", &["no digits", "no other"]);
        check("My-AdMiN-pass1", &["\"admin\""]);
        check("admin", &["has 5", "three of four classes", "\"admin\""]);
        check("", &["has 0", "no lower-case"]);
        // Letters beyond ASCII count as other characters, as in AWS's pattern.
        check("Straßenbahn", &[]);
    }
}
