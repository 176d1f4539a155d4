//! Looks for secrets in bytes, in every form that a program on the way could have given them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// One pass over the bytes for all forms of all secrets.
pub(super) struct Search {
    /// What to find, and what that is.
    forms: Vec<(Vec<u8>, String)>,
    /// The forms by their first two bytes.
    by_start: Vec<Vec<usize>>,
}

impl Search {
    /// A search for these secrets, each with its name.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut search = Self { forms: Vec::new(), by_start: vec![Vec::new(); 1 << 16] };
        for (name, secret) in secrets {
            assert!(secret.len() >= 6, "{name} is too short to be told from what is there by chance");
            for (form, text) in forms(secret) {
                search.by_start[start(text.as_bytes())].push(search.forms.len());
                search.forms.push((text.into_bytes(), format!("{name} ({form})")));
            }
        }
        search
    }

    /// How many forms it looks for.
    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    /// Which secrets the bytes hold, and in which form.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = Vec::new();
        for at in 0..bytes.len().saturating_sub(1) {
            for &form in &self.by_start[start(&bytes[at..])] {
                let (text, name) = &self.forms[form];
                if bytes[at..].starts_with(text) && !found.contains(&name.as_str()) {
                    found.push(name);
                }
            }
        }
        found
    }
}

fn start(bytes: &[u8]) -> usize {
    (usize::from(bytes[0]) << 8) | usize::from(bytes[1])
}

/// The secret in each form, those left out that are the same as one before.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let bytes = secret.as_bytes();
    let listed = |separator: &str| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(separator);
    let mut forms = vec![
        ("plain", secret.to_owned()),
        ("JSON", json(secret)),
        ("JSON of Go", go_json(secret)),
        ("JSON in JSON", json(&json(secret))),
        ("JSON of Go in JSON", json(&go_json(secret))),
        ("XML", xml(secret)),
        ("URL", url(secret, "%20", false)),
        ("URL in lower case", url(secret, "%20", true)),
        ("form", url(secret, "+", false)),
        ("hex", hex(bytes)),
        ("HEX", hex(bytes).to_uppercase()),
        ("list of bytes", listed(", ")),
        ("dense list of bytes", listed(",")),
        ("words of bytes", listed(" ")),
    ];
    for offset in 0..3 {
        forms.push(("base64", base64(bytes, offset, &STANDARD_NO_PAD)));
        forms.push(("base64url", base64(bytes, offset, &URL_SAFE_NO_PAD)));
    }
    let mut seen = std::collections::BTreeSet::new();
    forms.retain(|(_, text)| seen.insert(text.clone()));
    forms
}

fn hex(bytes: &[u8]) -> String {
    let mut told = String::new();
    for byte in bytes {
        write!(told, "{byte:02x}").unwrap();
    }
    told
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As Terraform itself writes JSON: safe within HTML.
fn go_json(text: &str) -> String {
    json(text).replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn url(text: &str, blank: &str, lower: bool) -> String {
    let mut told = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => told.push(byte.into()),
            b' ' => told.push_str(blank),
            _ if lower => write!(told, "%{byte:02x}").unwrap(),
            _ => write!(told, "%{byte:02X}").unwrap(),
        }
    }
    told
}

/// The letters that the secret alone decides, where it lies so many bytes behind the begin of a group of three.
fn base64(secret: &[u8], offset: usize, engine: &impl base64::Engine) -> String {
    let letters = engine.encode([&[0; 3][..offset], secret].concat());
    letters[(offset * 8).div_ceil(6)..(offset + secret.len()) * 8 / 6].to_owned()
}

/// Each form is found, wherever it lies, and nothing else is.
#[test]
fn the_search_finds_every_form() {
    let secret = "a&b/+ \"<é9";
    let search = Search::new([("s", secret)]);
    let check = |text: &str, expect: &str| assert_eq!(search.find(text.as_bytes()), [expect], "{text}");
    check(&format!("x{secret}y"), "s (plain)");
    check(r#"{"a":"a&b/+ \"<é9"}"#, "s (JSON)");
    check(r#""a\u0026b/+ \"\u003cé9""#, "s (JSON of Go)");
    check(r#""{\"a\":\"a&b/+ \\\"<é9\"}""#, "s (JSON in JSON)");
    check(r#""{\"a\":\"a\\u0026b/+ \\\"\\u003cé9\"}""#, "s (JSON of Go in JSON)");
    check("<a>a&amp;b/+ &quot;&lt;é9</a>", "s (XML)");
    check("?a=a%26b%2F%2B%20%22%3C%C3%A99&b", "s (URL)");
    check("?a=a%26b%2f%2b%20%22%3c%c3%a99&b", "s (URL in lower case)");
    check("a=a%26b%2F%2B+%22%3C%C3%A99", "s (form)");
    check("0061 2612622f2b20223cc3a9390a 61 61266 61262f2b20223cc3a939 6126622f2b20223cc3a939", "s (hex)");
    check("6126622F2B20223CC3A939", "s (HEX)");
    check("[1, 97, 38, 98, 47, 43, 32, 34, 60, 195, 169, 57, 2]", "s (list of bytes)");
    check("[97,38,98,47,43,32,34,60,195,169,57]", "s (dense list of bytes)");
    check("[97 38 98 47 43 32 34 60 195 169 57]", "s (words of bytes)");
    for before in ["", "1", "12", "123"] {
        check(&STANDARD_NO_PAD.encode(format!("{before}{secret}more")), "s (base64)");
    }
    assert_eq!(search.find(b"a&b/+ \"<\xc3 and 6126622f2b20223cc3a93 and a%26b"), [""; 0]);
    // With "-" and "_" instead of "+" and "/".
    assert_eq!(Search::new([("s", "~~~???")]).find(b"fn5-Pz8_"), ["s (base64url)"]);
}
