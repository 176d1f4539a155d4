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
        let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(bytes) else {
            return Self::default();
        };
        let decode =
            |(key, text): (String, serde_json::Value)| Some((key, STANDARD.decode(text.as_str()?).ok()?));
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

    /// The bytes under that key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// Sets the bytes under that key.
    pub fn set(&mut self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.0.insert(key.to_owned(), bytes.into());
    }

    /// Forgets the key.
    pub fn remove(&mut self, key: &str) -> Option<Vec<u8>> {
        self.0.remove(key)
    }
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
}
