//! What must not be told of the words of others.
//!
//! Messages of the SDK and of AWS are passed on to the user, and some of them repeat what the request held. Here it is
//! taken out, whoever wrote it.

use std::borrow::Cow;

/// What stands in the place of what is not told.
const SECRET: &str = "(secret)";

/// The names of the types whose `Debug` form holds bodies, headers or keys. The SDK writes a whole request into its
/// message where an endpoint cannot be applied to it.
const DUMPS: [&str; 5] = ["Request {", "RequestParts {", "Response {", "SdkBody {", "Credentials {"];

/// The words of an error without what they must not tell.
pub(crate) fn told(text: &str) -> String {
    without_passwords(&without_dumps(text))
}

/// The text up to the first `Debug` form of a request or the like. Nothing is sought after its end: what a body holds
/// could look like one.
fn without_dumps(text: &str) -> Cow<'_, str> {
    match DUMPS.iter().filter_map(|name| text.find(name)).min() {
        Some(at) => Cow::Owned(format!("{}(left out)", text[..at].trim_end_matches('`'))),
        None => Cow::Borrowed(text),
    }
}

/// The text without the user and the password of any URL in it.
fn without_passwords(text: &str) -> String {
    let (mut told, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        told.push_str(before);
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\'')).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                told.push_str(SECRET);
                &after[sign..]
            }
            None => after,
        };
    }
    told + rest
}

/// An address that a user gave, without user and password, even where it is no URL.
pub(crate) fn address(given: &str) -> String {
    let start = given.find("://").map_or(0, |at| at + "://".len());
    match given[start..].rfind('@') {
        Some(sign) => format!("{}{SECRET}{}", &given[..start], &given[start + sign..]),
        None => given.to_owned(),
    }
}

/// The message without the session token that it may repeat: where a signature is wrong, AWS tells the canonical string
/// that it expected, with every signed header (IAM User Guide, *Troubleshoot Signature Version 4 signing for AWS API
/// requests*), and `X-Amz-Security-Token` is one of them.
pub(crate) fn without_session_token(message: &str) -> String {
    const HEADER: &str = "x-amz-security-token";
    let (mut told, mut rest) = (String::new(), message);
    // ASCII letters alone change, so that places in the one are places in the other.
    while let Some(at) = rest.to_ascii_lowercase().find(HEADER) {
        let (before, after) = rest.split_at(at + HEADER.len());
        told.push_str(before);
        rest = after;
        if let Some(value) = after.strip_prefix([':', '=']) {
            let end =
                value.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '&')).unwrap_or(value.len());
            told.push_str(&after[..1]);
            told.push_str(SECRET);
            rest = &value[end..];
        }
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_is_taken_out_of_a_canonical_string() {
        let check = |message: &str, expect: &str| assert_eq!(without_session_token(message), expect);
        check("", "");
        check("Rate exceeded", "Rate exceeded");
        check(
            "should have been 'POST\n/\n\nhost:iam.amazonaws.com\nx-amz-security-token:IQoJ/b3+==\n\nhost;x-amz-security-token\nab12'",
            "should have been 'POST\n/\n\nhost:iam.amazonaws.com\nx-amz-security-token:(secret)\n\nhost;x-amz-security-token\nab12'",
        );
        check(
            "é X-Amz-Security-Token=IQoJ%2Fb3&X-Amz-Date=1'",
            "é X-Amz-Security-Token=(secret)&X-Amz-Date=1'",
        );
        check("x-amz-security-token:", "x-amz-security-token:(secret)");
    }

    #[test]
    fn dumps_and_passwords_are_taken_out() {
        let check = |text: &str, expect: &str| assert_eq!(told(text), expect);
        check("", "");
        check("dispatch failure", "dispatch failure");
        check(
            r#"failed to apply endpoint `foo` to request `Request { body: SdkBody { inner: Once(Some(b"WebIdentityToken=eyJ}")) }, uri: "/" }`"#,
            "failed to apply endpoint `foo` to request (left out)",
        );
        check("answer: SdkBody {\n    inner: \"x\"", "answer: (left out)");
        check("`http://user:TOPSECRET@127.0.0.1:9/a b`", "`http://(secret)@127.0.0.1:9/a b`");
        check("http://a:b@c@d/ and https://e:f@é x@y", "http://(secret)@d/ and https://(secret)@é x@y");
        check("http://localhost:1/ of jane@example.com", "http://localhost:1/ of jane@example.com");
    }

    #[test]
    fn addresses_show_no_password() {
        let check = |given: &str, expect: &str| assert_eq!(address(given), expect);
        check("http://user:a b@host/x", "http://(secret)@host/x");
        check("user:pass@host", "(secret)@host");
        check("https://rds.example.com/", "https://rds.example.com/");
        check("foo", "foo");
    }

    /// The SDK's own message for an endpoint that is none, as it is today.
    #[test]
    fn the_sdks_dump_of_a_request_is_known() {
        use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
        use aws_smithy_types::body::SdkBody;

        let request = HttpRequest::new(SdkBody::from("WebIdentityToken=eyJ"));
        let dump = format!("before `{request:?}` after");
        assert!(dump.contains("eyJ"), "{dump}");
        assert_eq!(told(&dump), "before (left out)");
        assert_eq!(told(&format!("{request:#?}")), "(left out)");
    }
}
