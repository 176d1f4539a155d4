//! One hclog line: what it is made of, and how it is written. Pure.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;
use tracing::Level;

/// Longest line in bytes with its line feed. The host cuts longer ones, and then they are no JSON.
const MAX_LINE: usize = 64 * 1024 - 1;

/// Named values of an event and of its spans, each name once, in the order of their first setting.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Value)>);

impl Fields {
    pub(super) fn set(&mut self, name: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            self.set(name, value.clone());
        }
    }
}

/// An event as hclog sees it. The field `message` is the line's message.
pub(super) struct Line<'a> {
    pub(super) level: Level,
    pub(super) target: &'a str,
    pub(super) time: Timestamp,
    pub(super) fields: Fields,
}

impl Line<'_> {
    /// The line with its line feed: short enough and valid JSON whatever the fields hold. Texts are
    /// cut where they must be, and then as little as can be.
    pub(super) fn render(&self) -> String {
        let mut longest = usize::MAX;
        loop {
            let line = self.render_with(longest, &self.fields.0);
            if line.len() <= MAX_LINE {
                return line;
            }
            longest = if longest > MAX_LINE { MAX_LINE / 2 } else { longest / 2 };
            if longest < 16 {
                // Not the texts but the number of the fields is too large.
                let message = self.fields.0.iter().find(|(name, _)| name == "message").cloned();
                return self.render_with(1024, message.as_slice());
            }
        }
    }

    /// The line with no text of more than `longest` bytes.
    fn render_with(&self, longest: usize, fields: &[(String, Value)]) -> String {
        let message = fields.iter().find(|(name, _)| name == "message").map(|(_, value)| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let mut line = format!(
            r#"{{"@level":"{}","@message":{},"@module":{},"@timestamp":"{}""#,
            level(self.level),
            text(message.as_deref().unwrap_or_default(), longest),
            text(&self.target.replace("::", "."), longest),
            self.time.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"),
        );
        for (name, value) in fields.iter().filter(|(name, _)| name != "message") {
            // The names with @ are hclog's; Terraform relies on the type of their values.
            let name = text(name.trim_start_matches('@'), longest);
            let value = match value {
                Value::String(value) => text(value, longest),
                other => other.to_string(),
            };
            // Writing into a String cannot fail.
            let _ = write!(line, ",{name}:{value}");
        }
        line.push_str("}\n");
        line
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

/// A JSON string of at most `longest` bytes of `text`, and a mark where it was cut.
fn text(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    if end == text.len() {
        Value::from(text).to_string()
    } else {
        Value::from(format!("{}…", &text[..end])).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(level: Level, fields: &[(&str, Value)]) -> String {
        let mut set = Fields::default();
        for (name, value) in fields {
            set.set(name, value.clone());
        }
        let time = "2026-01-02T03:04:05.06Z".parse().unwrap();
        Line { level, target: "ours::resources", time, fields: set }.render()
    }

    fn check(level: Level, fields: &[(&str, Value)], expect: &str) {
        assert_eq!(render(level, fields), format!("{expect}\n"));
    }

    #[test]
    fn bytes() {
        check(
            Level::INFO,
            &[("message", "made".into())],
            r#"{"@level":"info","@message":"made","@module":"ours.resources","@timestamp":"2026-01-02T03:04:05.060000Z"}"#,
        );
        check(
            Level::TRACE,
            &[],
            r#"{"@level":"trace","@message":"","@module":"ours.resources","@timestamp":"2026-01-02T03:04:05.060000Z"}"#,
        );
        // A message is text whatever it was; a later value of a name replaces the earlier one in its
        // place; nobody else's field can pose as hclog's.
        check(
            Level::ERROR,
            &[
                ("tf_rpc", "ReadResource".into()),
                ("n", (-1).into()),
                ("message", 7.into()),
                ("@level", true.into()),
                ("tf_rpc", "a\"b\n\u{7}".into()),
                ("nan", f64::NAN.into()),
            ],
            r#"{"@level":"error","@message":"7","@module":"ours.resources","@timestamp":"2026-01-02T03:04:05.060000Z","tf_rpc":"a\"b\n\u0007","n":-1,"level":true,"nan":null}"#,
        );
    }

    #[test]
    fn long_lines() {
        let check = |fields: &[(&str, Value)], at_least: usize| {
            let line = render(Level::WARN, fields);
            assert!(line.len() <= MAX_LINE && line.len() >= at_least, "{} bytes", line.len());
            let json: Value = serde_json::from_str(&line).unwrap();
            assert!(json["@message"].is_string());
            json
        };
        let whole = check(&[("message", "a".repeat(60_000).into())], 60_000);
        assert_eq!(whole["@message"], "a".repeat(60_000));
        let cut = check(&[("message", "a".repeat(70_000).into()), ("kept", "b".into())], 30_000);
        assert!(cut["@message"].as_str().unwrap().ends_with("a…"));
        assert_eq!(cut["kept"], "b");
        // Bytes that grow sixfold when escaped, and characters of three bytes.
        check(&[("message", "\u{1}".repeat(70_000).into())], 30_000);
        check(&[("message", "€".repeat(70_000).into()), ("x", "€".repeat(70_000).into())], 30_000);
        let many: Vec<_> = (0..9_000).map(|n| format!("field_{n}")).collect();
        let mut fields: Vec<_> = many.iter().map(|name| (name.as_str(), Value::from("value"))).collect();
        fields.push(("message", "m".into()));
        assert_eq!(check(&fields, 0)["@message"], "m");
    }
}
