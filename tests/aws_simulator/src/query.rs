//! The parameters of the query protocols: `Action=…&Tags.member.1.Key=…`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::error::{Answer, ApiError};
use crate::state::Tags;

/// A decoded form. Lists and structures stay flat, as they came: `Filter.1.Value.2`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Decodes `application/x-www-form-urlencoded`.
    pub(crate) fn parse(body: &str) -> Self {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
        };
        let pairs = body.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter without which there is nothing to do. The error is the one of IAM and STS.
    pub(crate) fn need(&self, name: &str) -> Answer<&str> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let mut chars = name.chars();
            let member: String =
                chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect();
            ApiError::bad(
                "ValidationError",
                format!(
                    "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
                     Member must not be null"
                ),
            )
        })
    }

    /// A truth value.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The values of `prefix.1`, `prefix.2`, …
    pub(crate) fn list(&self, prefix: &str) -> Vec<&str> {
        (1..).map_while(|n| self.get(&format!("{prefix}.{n}"))).collect()
    }

    /// Filters, by name: at `prefix.1.Name` with `prefix.1.<values>.1`.
    pub(crate) fn filters(&self, prefix: &str, values: &str) -> Vec<(&str, Vec<&str>)> {
        (1..)
            .map_while(|n| {
                let name = self.get(&format!("{prefix}.{n}.Name"))?;
                Some((name, self.list(&format!("{prefix}.{n}.{values}"))))
            })
            .collect()
    }

    /// Tags: at `prefix.1.Key` with `prefix.1.Value`.
    pub(crate) fn tags(&self, prefix: &str) -> Tags {
        (1..)
            .map_while(|n| {
                let key = self.get(&format!("{prefix}.{n}.Key"))?;
                let value = self.get(&format!("{prefix}.{n}.Value")).unwrap_or_default();
                Some((key.to_owned(), value.to_owned()))
            })
            .collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, read: impl FnOnce(&Params) -> String, expect: &str) {
        assert_eq!(read(&Params::parse(body)), expect);
    }

    #[test]
    fn forms_are_decoded() {
        check("Action=A+b%2Bc&Empty=", |p| format!("{:?} {:?}", p.get("Action"), p.get("Empty")), {
            "Some(\"A b+c\") Some(\"\")"
        });
    }

    #[test]
    fn lists_end_at_the_first_gap() {
        check("S.1=a&S.2=b&S.4=d", |p| p.list("S").join(","), "a,b");
    }

    #[test]
    fn filters_have_names_and_values() {
        check(
            "Filter.1.Name=vpc-id&Filter.1.Value.1=v&Filter.1.Value.2=w",
            |p| format!("{:?}", p.filters("Filter", "Value")),
            r#"[("vpc-id", ["v", "w"])]"#,
        );
    }
}
