//! The rule for the password of a trust, and when another one replaces it. Pure.

use tf_provider::value::Value;

/// The characters that CreateTrust allows in `TrustPassword`: `(\p{L}|\p{Nd}|\p{Punct}| )+`. The length is checked apart.
pub(super) fn check(value: &Value) -> Result<(), String> {
    let allowed = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() || c == ' ';
    match value.as_str() {
        Some(password) if !password.chars().all(allowed) => {
            Err("The password of a trust may hold letters, digits, ASCII punctuation marks and blanks only."
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// A first password after an import, or after a change from one attribute to the other, is only recorded; AWS has no call
/// that changes the password of a trust.
pub(super) fn replaces(old: &Value, new: &Value) -> bool {
    !old.is_null() && !new.is_null()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        let check =
            |password: &str, expect| assert_eq!(check(&password.into()).is_ok(), expect, "{password:?}");
        check("Correct horse, battery; staple!", true);
        check("$+<=>^`|~", true);
        check("Grüße-1", true);
        check("tab\there", false);
        check("line\nbreak", false);
    }
}
