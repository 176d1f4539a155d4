//! Dotted names: the one grammar behind realms, hosts and domains.

use std::fmt;

/// A value, and whether reading it changed what was written (case was folded, a number was respelt).
///
/// The caller warns about a change: the file will not contain the text of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Normalized<T> {
    /// The value as it is written to the file.
    pub value: T,
    /// The text that was read differs from the text that is written.
    pub changed: bool,
}

/// Why a text is not a dotted name of letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidName {
    /// There is no text.
    Empty,
    /// A character that the grammar does not know: blanks, line breaks, quotes, braces, `#`, `;`, `_` and the like.
    Character(char),
    /// A dot at either end, or two in a row.
    EmptyLabel,
    /// A part between dots begins or ends with a hyphen.
    Hyphen(String),
    /// A part between dots has more than 63 bytes (RFC 1035, section 2.3.4).
    LabelTooLong(String),
    /// The whole has more than 253 bytes, the longest name that DNS can hold.
    TooLong(usize),
}

/// The longest name that DNS can hold, written as text.
const LONGEST_NAME: usize = 253;
/// The longest part between two dots (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// Checks that `text` is one or more non-empty labels of ASCII letters, digits and inner hyphens.
pub(super) fn check(text: &str) -> Result<(), InvalidName> {
    if text.is_empty() {
        return Err(InvalidName::Empty);
    }
    if let Some(wrong) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-')) {
        return Err(InvalidName::Character(wrong));
    }
    if text.len() > LONGEST_NAME {
        return Err(InvalidName::TooLong(text.len()));
    }
    for label in text.split('.') {
        if label.is_empty() {
            return Err(InvalidName::EmptyLabel);
        }
        if label.len() > LONGEST_LABEL {
            return Err(InvalidName::LabelTooLong(label.to_owned()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(InvalidName::Hyphen(label.to_owned()));
        }
    }
    Ok(())
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            // `{:?}` shows a line break or a control character as an escape.
            Self::Character(c) => {
                write!(f, "it contains {c:?}; allowed are ASCII letters, digits, \".\" and \"-\"")
            }
            Self::EmptyLabel => {
                f.write_str("a dot must stand between two parts, not at an end or beside a dot")
            }
            Self::Hyphen(label) => write!(f, "its part {label:?} begins or ends with a hyphen"),
            Self::LabelTooLong(label) => {
                write!(f, "its part {label:?} has {} bytes; at most {LONGEST_LABEL} are allowed", label.len())
            }
            Self::TooLong(bytes) => write!(f, "it has {bytes} bytes; at most {LONGEST_NAME} are allowed"),
        }
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        fn ok(text: &str) {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
        fn refused(text: &str, expect: InvalidName) {
            assert_eq!(check(text), Err(expect), "{text:?}");
        }
        ok("a");
        ok("a.b-c.d1");
        ok("A.B");
        ok(&"x".repeat(63));
        ok(&format!("{}xyz", format!("{}.", "y".repeat(49)).repeat(5)));
        refused("", InvalidName::Empty);
        for c in [
            '\n', '\r', '\0', '\t', ' ', '{', '}', '[', ']', '*', '"', '\'', '#', ';', '=', '_', ':', '/',
            'ü',
        ] {
            refused(&format!("a{c}b"), InvalidName::Character(c));
        }
        refused("\u{feff}a", InvalidName::Character('\u{feff}'));
        for text in [".", ".a", "a.", "a..b"] {
            refused(text, InvalidName::EmptyLabel);
        }
        refused("a.-b", InvalidName::Hyphen("-b".to_owned()));
        refused("a-.b", InvalidName::Hyphen("a-".to_owned()));
        refused(&"x".repeat(64), InvalidName::LabelTooLong("x".repeat(64)));
        refused(&format!("{}wxyz", format!("{}.", "y".repeat(49)).repeat(5)), InvalidName::TooLong(254));
    }

    #[test]
    fn messages() {
        fn says(text: &str, expect: &str) {
            assert_eq!(check(text).unwrap_err().to_string(), expect);
        }
        says("", "it is empty");
        says("a\nb", r#"it contains '\n'; allowed are ASCII letters, digits, "." and "-""#);
        says("a.", "a dot must stand between two parts, not at an end or beside a dot");
        says("-a", "its part \"-a\" begins or ends with a hyphen");
        let long = "x".repeat(64);
        says(&long, &format!("its part \"{long}\" has 64 bytes; at most 63 are allowed"));
        says(&"x.".repeat(150), "it has 300 bytes; at most 253 are allowed");
    }
}
