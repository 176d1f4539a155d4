//! Signature Version 4, as far as a server needs it: reading the `Authorization` header and computing the signature
//! that it must hold (AWS, "Signature Version 4 signing process").

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The parts of `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The access key's id.
    pub access_key: String,
    /// The day of the scope, `20150830`.
    pub day: String,
    /// The region of the scope.
    pub region: String,
    /// The service of the scope, such as `ds`.
    pub service: String,
    /// Lower-case names of the headers that are signed, sorted.
    pub signed_headers: Vec<String>,
    /// The signature, in hexadecimal.
    pub signature: String,
}

impl Authorization {
    /// Reads the header's value; `None` when it is not SigV4.
    pub fn parse(header: &str) -> Option<Self> {
        let fields = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let field =
            |name: &str| fields.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let mut scope = field("Credential")?.split('/');
        let mut next = || scope.next().map(str::to_owned);
        let (access_key, day, region, service) = (next()?, next()?, next()?, next()?);
        let signed_headers = field("SignedHeaders")?.split(';').map(str::to_owned).collect();
        Some(Self {
            access_key,
            day,
            region,
            service,
            signed_headers,
            signature: field("Signature")?.to_owned(),
        })
    }
}

/// What of a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, as it stands in the request.
    pub path: &'a str,
    /// The query, as it stands in the request, without the question mark.
    pub query: &'a str,
    /// The signed headers, lower-case, sorted, with their values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
    /// The value of `X-Amz-Date`.
    pub date: &'a str,
    /// The scope's region.
    pub region: &'a str,
    /// The scope's service.
    pub service: &'a str,
}

/// The signature of a request under a signing key of [`signing_key`], in hexadecimal.
pub fn signature(request: &Signed<'_>, key: &[u8]) -> String {
    let mut query: Vec<&str> = request.query.split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let query: Vec<String> = query
        .into_iter()
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    let mut canonical = format!("{}\n{}\n{}\n", request.method, request.path, query.join("&"));
    for (name, value) in request.headers {
        let trimmed = value.split_whitespace().collect::<Vec<_>>().join(" ");
        canonical.extend([name, ":", trimmed.as_str(), "\n"]);
    }
    canonical.push('\n');
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    canonical.push_str(&names.join(";"));
    canonical.push('\n');
    canonical.push_str(&hex(&Sha256::digest(request.body)));

    let day = request.date.get(..8).unwrap_or_default();
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{day}/{}/{}/aws4_request\n{}",
        request.date,
        request.region,
        request.service,
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    hex(&hmac(key, text.as_bytes()))
}

/// The key of a day, region and service.
pub fn signing_key(secret: &str, day: &str, region: &str, service: &str) -> Vec<u8> {
    let day = hmac(format!("AWS4{secret}").as_bytes(), day.as_bytes());
    let region = hmac(&day, region.as_bytes());
    let service = hmac(&region, service.as_bytes());
    hmac(&service, b"aws4_request")
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length (RFC 2104), so the error branch is never taken.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(data);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    // The example of AWS's documentation of Signature Version 4.
    #[test]
    fn the_documented_example_has_the_documented_signature() {
        let request = Signed {
            method: "GET",
            path: "/",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: &[
                ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("host", "iam.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ],
            body: b"",
            date: "20150830T123600Z",
            region: "us-east-1",
            service: "iam",
        };
        let key = signing_key(SECRET, "20150830", "us-east-1", "iam");
        assert_eq!(hex(&key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
        assert_eq!(
            signature(&request, &key),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    #[test]
    fn the_header_is_taken_apart() {
        let read = Authorization::parse(
            "AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/ds/aws4_request, SignedHeaders=host;x-amz-date, Signature=ab",
        );
        let expect = Authorization {
            access_key: "AK".to_owned(),
            day: "20150830".to_owned(),
            region: "us-east-1".to_owned(),
            service: "ds".to_owned(),
            signed_headers: vec!["host".to_owned(), "x-amz-date".to_owned()],
            signature: "ab".to_owned(),
        };
        assert_eq!(read, Some(expect));
        assert_eq!(Authorization::parse("Basic abc"), None);
    }
}
