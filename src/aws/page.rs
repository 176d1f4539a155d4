//! Web pages and redirections that come where AWS's API was asked.
//!
//! AWS's APIs answer in JSON and XML and never redirect, so these are somebody else's: a proxy's, the login portal of a
//! network's, a gateway's.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::redact;

/// What the messages of this module have in common.
const INSTEAD: &str = "instead of an answer of the API";

/// The host that a request was sent to, which the connector writes down beside its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked(pub(crate) String);

/// Whether the answer is a web page or a redirection.
pub(crate) fn is_one(answer: &HttpResponse) -> bool {
    is_redirection(answer) || is_html(answer)
}

fn is_redirection(answer: &HttpResponse) -> bool {
    (300..400).contains(&answer.status().as_u16())
}

fn is_html(answer: &HttpResponse) -> bool {
    let says = |begin: &str, text: &[u8]| {
        text.get(..begin.len()).is_some_and(|text| text.eq_ignore_ascii_case(begin.as_bytes()))
    };
    let kind = answer.headers().get("content-type").unwrap_or_default().trim_start();
    let body = answer.body().bytes().unwrap_or_default().trim_ascii_start();
    says("text/html", kind.as_bytes()) || says("<!doctype", body) || says("<html", body)
}

/// What came, from where.
pub(crate) fn told(answer: &HttpResponse) -> String {
    let status = answer.status().as_u16();
    let host = answer.extension::<Asked>().map_or("the endpoint", |asked| asked.0.as_str());
    match answer.headers().get("location").filter(|_| is_redirection(answer)) {
        Some(location) => {
            // What follows the path is for the portal alone.
            let to = location.split(['?', '#']).next().unwrap_or_default();
            format!("a redirection to {} came from {host} {INSTEAD} (status {status})", redact::told(to))
        }
        None if is_redirection(answer) => {
            format!("a redirection came from {host} {INSTEAD} (status {status})")
        }
        None => format!("a web page came from {host} {INSTEAD} (status {status})"),
    }
}

/// Whether a message is one of these.
pub(crate) fn is_told(message: &str) -> bool {
    message.contains(INSTEAD)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Double, Reply};
    use super::super::{Error, Kind};

    async fn asked(status: u16, header: &'static str, body: &'static str) -> (Error, String) {
        let reply = move |_: &_| Reply::Page(status, header, body.to_owned());
        let (double, aws) = Double::with_aws(reply).await;
        let host = double.url.trim_start_matches("http://").to_owned();
        (aws.sts().caller_identity().await.unwrap_err(), host)
    }

    #[tokio::test]
    async fn pages_are_told_apart_from_answers() {
        async fn check(status: u16, header: &'static str, body: &'static str, kind: Kind, told: &str) {
            let (error, host) = asked(status, header, body).await;
            let told = told.replace("HOST", &host);
            assert_eq!((error.kind, error.message.as_str()), (kind, told.as_str()));
            let hint = error.hint().unwrap();
            assert!(hint.contains("the login page of a network") && !hint.contains("Support"), "{hint}");
        }
        const PAGE: &str = "a web page came from HOST instead of an answer of the API";
        check(200, "content-type: text/html", "hello", Kind::Unreadable, &format!("{PAGE} (status 200)"))
            .await;
        check(200, "a: b", "\n<!DOCTYPE html><p>", Kind::Unreadable, &format!("{PAGE} (status 200)")).await;
        check(502, "a: b", "<html>", Kind::Server, &format!("{PAGE} (status 502)")).await;
        check(403, "a: b", "<HTML>", Kind::Refused, &format!("{PAGE} (status 403)")).await;
        check(
            302,
            "location: https://u:p@portal.example/login?session=1",
            "",
            Kind::Unreadable,
            "a redirection to https://(secret)@portal.example/login came from HOST instead of an answer of the API (status 302)",
        )
        .await;
        check(403, "a: b", "", Kind::Refused, "AWS answered with status 403 and no message.").await;
    }

    #[tokio::test]
    async fn faults_of_aws_stay_such() {
        let (error, _) = asked(503, "content-type: application/xml", "<ErrorResponse/>").await;
        assert_eq!(error.kind, Kind::Server);
        assert!(error.hint().unwrap().starts_with("The fault is on AWS's side"), "{error:?}");
    }
}
