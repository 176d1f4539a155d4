//! The text of a string value.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize as _;

/// A text, of which nobody below the schema knows whether it is a secret: its memory is overwritten when it is dropped,
/// and `Debug` shows its length alone.
///
/// This holds for every copy that is a value. It does not reach the buffers in which the transport received the message,
/// the tree of a JSON parser, nor what a program makes of the text.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(String);

impl Drop for Text {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "string of {} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_alone() {
        assert_eq!(format!("{:?}", Text::from("hunter2")), "string of 7 bytes");
    }
}
