//! Private state: what a provider remembers beside an object's state.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Bytes by key, stored by Terraform beside the state and shown to nobody. Keys that begin with `.` are the
/// framework's. It is no place for secrets: it lies in the state file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Private(BTreeMap<String, Vec<u8>>);

impl Private {
    /// Reads what [`Private::to_bytes`] wrote. Bytes of any other form count as none: they come from a provider
    /// that was here before this one, and its notes mean nothing here.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        // Read as what it must be, not as any JSON: that would take many times the room of a hostile text.
        let Ok(members) = serde_json::from_slice::<BTreeMap<String, String>>(bytes) else {
            return Self::default();
        };
        let decode = |(key, text): (String, String)| Some((key, STANDARD.decode(text).ok()?));
        Self(members.into_iter().filter_map(decode).collect())
    }

    /// A JSON object of base64 texts; nothing at all when there are no keys.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let members: serde_json::Map<_, _> =
            self.0.iter().map(|(key, bytes)| (key.clone(), STANDARD.encode(bytes).into())).collect();
        serde_json::Value::Object(members).to_string().into_bytes()
    }

    /// The bytes under that key; none under a key of the framework.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).filter(|_| !is_reserved(key)).map(Vec::as_slice)
    }

    /// Sets the bytes under that key. A key of the framework is refused with a log line and nothing else: a key is
    /// written into the program, so the first test finds it.
    pub fn set(&mut self, key: &str, bytes: impl Into<Vec<u8>>) {
        if is_reserved(key) {
            tracing::error!(key, "private state under this key is the framework's; nothing is set");
            return;
        }
        self.0.insert(key.to_owned(), bytes.into());
    }

    /// Forgets the key, unless it is one of the framework.
    pub fn remove(&mut self, key: &str) -> Option<Vec<u8>> {
        if is_reserved(key) { None } else { self.0.remove(key) }
    }

    /// Sets a note of the framework.
    pub(super) fn keep(&mut self, key: &'static str, note: Vec<u8>) {
        self.0.insert(key.to_owned(), note);
    }

    /// A note of the framework.
    pub(super) fn kept(&self, key: &'static str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// Sets a mark of the framework.
    pub(super) fn mark(&mut self, mark: &'static str) {
        self.keep(mark, b"true".to_vec());
    }

    /// Takes a mark of the framework away, if it is there.
    pub(super) fn take_mark(&mut self, mark: &'static str) -> bool {
        self.0.remove(mark).is_some()
    }
}

fn is_reserved(key: &str) -> bool {
    key.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let mut private = Private::default();
        assert_eq!(private.to_bytes(), b"");
        private.set("k", *b"\x00\xff");
        assert_eq!(private.to_bytes(), br#"{"k":"AP8="}"#);
        assert_eq!(Private::from_bytes(&private.to_bytes()), private);
        assert_eq!(Private::from_bytes(b"\xffnot json"), Private::default());
    }

    #[test]
    fn keys_of_the_framework_are_out_of_reach() {
        let mut private = Private::default();
        private.set(".mark", *b"x");
        assert_eq!(private, Private::default());
        private.mark(".mark");
        assert!(private.get(".mark").is_none() && private.remove(".mark").is_none());
        assert!(private.take_mark(".mark") && !private.take_mark(".mark"));
    }
}
