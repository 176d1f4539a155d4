//! Reading of JSON input with the errors of Directory Service.

use serde_json::Value;

use crate::error::{Answer, ApiError};
use crate::state::Tags;

/// The members of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a Value);

impl<'a> Input<'a> {
    pub(crate) fn str(self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn number(self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(crate) fn list(self, name: &str) -> Vec<&'a str> {
        let items = self.0.get(name).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A structure inside.
    pub(crate) fn inner(self, name: &str) -> Answer<Input<'a>> {
        self.0.get(name).filter(|value| value.is_object()).map(Input).ok_or_else(|| missing(name))
    }

    /// A member that the model requires.
    pub(crate) fn need(self, name: &str) -> Answer<&'a str> {
        self.str(name).ok_or_else(|| missing(name))
    }

    /// A required id: the prefix and ten hexadecimal digits.
    pub(crate) fn need_id(self, name: &str, prefix: &str) -> Answer<&'a str> {
        let id = self.need(name)?;
        check_id(id, name, prefix)?;
        Ok(id)
    }

    /// One of the model's words.
    pub(crate) fn word(self, name: &str, words: &[&str]) -> Answer<Option<&'a str>> {
        match self.str(name) {
            Some(word) if !words.contains(&word) => {
                let set = words.join(", ");
                Err(constraint(word, name, &format!("Member must satisfy enum value set: [{set}]")))
            }
            word => Ok(word),
        }
    }

    /// A list of tags.
    pub(crate) fn tags(self, name: &str) -> Tags {
        let items = self.0.get(name).and_then(Value::as_array);
        let pair = |tag: &Value| {
            Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned()))
        };
        items.into_iter().flatten().filter_map(pair).collect()
    }
}

/// Checks an id's form.
pub(crate) fn check_id(id: &str, name: &str, prefix: &str) -> Answer<()> {
    let fits = id.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    if fits {
        return Ok(());
    }
    let rule = format!("Member must satisfy regular expression pattern: ^{prefix}[0-9a-f]{{10}}$");
    Err(constraint(id, name, &rule))
}

/// The error of a value that the service's model refuses.
pub(crate) fn constraint(value: &str, name: &str, rule: &str) -> ApiError {
    let member = lower_first(name);
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    );
    ApiError::bad("ValidationException", message)
}

fn missing(name: &str) -> ApiError {
    let member = lower_first(name);
    let message = format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    );
    ApiError::bad("ValidationException", message)
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidParameterException", message)
}

/// A page of `all`: from `NextToken`, at most `Limit` long.
pub(crate) fn page<T>(all: Vec<T>, input: Input<'_>, default: usize) -> Answer<(Vec<T>, Option<String>)> {
    let start = match input.str("NextToken") {
        Some(token) => usize::from_str_radix(token, 16)
            .ok()
            .filter(|start| token.len() == 16 && *start < all.len())
            .ok_or_else(|| ApiError::bad("InvalidNextTokenException", "The NextToken value is not valid."))?,
        None => 0,
    };
    let limit = input.number("Limit").filter(|limit| *limit > 0);
    let size = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(default).min(default.max(1));
    let total = all.len();
    let page: Vec<T> = all.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    Ok((page, (next < total).then(|| format!("{next:016x}"))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_must_have_their_form() {
        assert!(check_id("d-0123456789", "DirectoryId", "d-").is_ok());
        let error = check_id("d-012345678X", "DirectoryId", "d-").unwrap_err();
        assert_eq!(
            error.message,
            "1 validation error detected: Value 'd-012345678X' at 'directoryId' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^d-[0-9a-f]{10}$"
        );
    }

    #[test]
    fn pages_chain_by_their_tokens() {
        let first = json!({"Limit": 2});
        let (page_1, token) = page(vec![1, 2, 3], Input(&first), 100).unwrap();
        assert_eq!(page_1, [1, 2]);
        let second = json!({"Limit": 2, "NextToken": token});
        assert_eq!(page(vec![1, 2, 3], Input(&second), 100).unwrap(), (vec![3], None));
        let wrong = json!({"NextToken": "x"});
        assert_eq!(page(vec![1], Input(&wrong), 100).unwrap_err().code, "InvalidNextTokenException");
    }
}
