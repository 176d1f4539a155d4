//! What AWS refused, or what stood between us and AWS.
//!
//! One type for every service, because what its reader has to decide is the same everywhere: is the object
//! gone, may the request have taken effect, is it worth waiting, what should the user do.

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::codes;
use super::page;
use super::redact;
use super::role::{Passing, RoleError};
use super::secret::Secret;

/// What to do about an answer that is not of AWS's form.
const ANSWERED_BY_ANOTHER: &str = "Something between this machine and AWS, such as a proxy or the login page of a network, may have answered in its place: check the proxy settings, `endpoints` and the network.";

/// A result of this module.
pub type Result<T> = std::result::Result<T, Error>;

/// A call to AWS that did not succeed, after the SDK's own retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The service as AWS's documentation names it: `Directory Service`, `RDS`, `IAM`, `EC2`, `STS`.
    pub service: &'static str,
    /// The API operation, as it stands in an IAM policy: `CreateMicrosoftAD`.
    pub operation: &'static str,
    /// What kind of failure this is.
    pub kind: Kind,
    /// AWS's error code, where AWS answered with one.
    pub code: Option<String>,
    /// AWS's message, or what happened on the way to AWS.
    pub message: String,
    /// AWS's request id, for its support.
    pub request_id: Option<String>,
}

/// What a caller can decide upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The object that the request names does not exist.
    NotFound,
    /// The object exists already, or is in the desired state already.
    AlreadyExists,
    /// The caller may not do this.
    AccessDenied,
    /// AWS does not accept the credentials, or there are none.
    Credentials,
    /// Too many requests, even after the SDK's retries.
    Throttled,
    /// The object is busy or in a state that does not allow the request now.
    Conflict,
    /// A quota of the account is used up.
    Limit,
    /// AWS refused the request as it stands.
    Refused,
    /// The request never left: no connection to AWS came about, or it could not be built.
    Unreachable,
    /// The request was sent and no answer came: a timeout or a reset.
    Interrupted,
    /// AWS failed (5xx).
    Server,
    /// AWS answered what cannot be read.
    Unreadable,
    /// Given up without an answer, because the provider was asked to stop.
    Stopped {
        /// Whether AWS may have the request.
        sent: bool,
    },
    /// Given up without an answer, because the operation's time was over.
    OutOfTime {
        /// Whether AWS may have the request.
        sent: bool,
    },
}

impl Error {
    /// Sorts what the SDK reports.
    pub(crate) fn of<E>(
        service: &'static str,
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let (kind, code, message) = match error {
            SdkError::ServiceError(answer)
                if answer.err().meta().code().is_none() && page::is_one(answer.raw()) =>
            {
                let status = answer.raw().status().as_u16();
                let kind =
                    if is_error(answer.raw()) { codes::kind(None, "", status) } else { Kind::Unreadable };
                (kind, None, page::told(answer.raw()))
            }
            // The SDK reports a success that it cannot parse as an error of the service.
            SdkError::ServiceError(answer) if !is_error(answer.raw()) => {
                (Kind::Unreadable, None, format!("the answer cannot be read: {}", chain(answer.err())))
            }
            SdkError::ServiceError(answer) => {
                let (status, metadata) = (answer.raw().status().as_u16(), answer.err().meta());
                let message = metadata.message().map_or_else(
                    || format!("AWS answered with status {status} and no message."),
                    redact::without_session_token,
                );
                let kind = codes::kind(metadata.code(), &message, status);
                (kind, metadata.code().map(str::to_owned), message)
            }
            SdkError::ResponseError(answer) => {
                let kind =
                    if answer.raw().status().is_server_error() { Kind::Server } else { Kind::Unreadable };
                (kind, None, format!("the answer cannot be read: {}", chain(error)))
            }
            SdkError::TimeoutError(_) => (Kind::Interrupted, None, chain(error)),
            SdkError::DispatchFailure(failure) => {
                (kind_of_dispatch(error, failure.is_user()), None, chain(error))
            }
            _ => (kind_of_dispatch(error, true), None, chain(error)),
        };
        let request_id = error.request_id().map(str::to_owned).or_else(|| match error {
            SdkError::ServiceError(answer) => answer.err().meta().request_id().map(str::to_owned),
            _ => None,
        });
        Self { service, operation, kind, code, message, request_id }
    }

    /// AWS answered with success, but without what the answer must hold.
    pub(crate) fn incomplete(service: &'static str, operation: &'static str, missing: &str) -> Self {
        Self {
            service,
            operation,
            kind: Kind::Unreadable,
            code: None,
            message: format!("AWS's answer has no {missing}."),
            request_id: None,
        }
    }

    /// The request could not be built, because something that AWS demands is missing.
    pub(crate) fn incomplete_request(
        service: &'static str,
        operation: &'static str,
        error: &(dyn StdError + 'static),
    ) -> Self {
        Self { service, operation, kind: Kind::Refused, code: None, message: chain(error), request_id: None }
    }

    /// True when the request may have taken effect although it failed. An object without an idempotency
    /// token must then be looked for, not created again.
    pub fn ambiguous(&self) -> bool {
        use Kind::{Interrupted, OutOfTime, Server, Stopped, Unreadable};
        matches!(
            self.kind,
            Interrupted | Server | Unreadable | Stopped { sent: true } | OutOfTime { sent: true }
        )
    }

    /// True when the object that the request names does not exist.
    pub fn not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// True when the same request may succeed later with nobody doing anything.
    pub fn transient(&self) -> bool {
        use Kind::{Interrupted, Server, Throttled, Unreachable, Unreadable};
        matches!(self.kind, Interrupted | Server | Unreadable | Throttled | Unreachable)
    }

    /// The same failure, of a call that would be made again had Terraform not asked the provider to stop.
    #[must_use]
    pub(crate) fn after_a_stop(self) -> Self {
        let failed = self.message.trim_end_matches('.');
        let message = format!("The provider was asked to stop, and this call had failed: {failed}.");
        Self { kind: Kind::Stopped { sent: true }, message, ..self }
    }

    /// Takes a secret of the request out of the message, should AWS have repeated it there.
    #[must_use]
    pub(crate) fn without(mut self, secret: &Secret) -> Self {
        if !secret.reveal().is_empty() {
            self.message = self.message.replace(secret.reveal(), "(secret)");
        }
        self
    }

    /// True when the answer was no answer of AWS's API: a web page or a redirection.
    pub(crate) fn answered_by_another(&self) -> bool {
        page::is_told(&self.message)
    }

    /// What the user can do next, where there is something to say beyond AWS's message.
    pub fn hint(&self) -> Option<String> {
        let action = || format!("{}:{}", codes::iam_prefix(self.service), self.operation);
        Some(match self.kind {
            _ if self.answered_by_another() => {
                format!("{ANSWERED_BY_ANOTHER} Run again when it is mended; AWS's own gateway answers with a page too, for a short while, when it fails.")
            }
            Kind::AccessDenied => {
                format!("Allow the action {} in a policy of the caller, and see that no service control policy, permissions boundary or session policy denies it.", action())
            }
            Kind::Credentials if codes::is_clock_skew(self) => {
                "The clock of this machine differs too much from AWS's. Set it (for example with NTP) and run again.".to_owned()
            }
            Kind::Credentials if codes::is_expired(self) => {
                "The credentials have expired. Renew them (`aws sso login`, a new session token) and run again; what was applied so far is in the state.".to_owned()
            }
            Kind::Credentials => {
                "Check the credentials of the provider configuration, the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE, …) and the shared files.".to_owned()
            }
            Kind::Throttled => {
                "AWS limits how often this account may call the operation. Run again, lower Terraform's -parallelism, or allow more time: `max_retries` in the provider configuration bounds how often a read is repeated, the `timeouts` block of a resource how long a change is.".to_owned()
            }
            Kind::Limit => format!("A quota of {} is used up. Free an object or ask for a higher quota in Service Quotas.", self.service),
            Kind::Unreachable => "The endpoint could not be reached. Check `region`, `endpoints`, the proxy settings and the network.".to_owned(),
            Kind::Interrupted => "No answer came, so AWS may or may not have carried the request out. Run again: the next apply looks at what is there.".to_owned(),
            Kind::Server | Kind::Unreadable => {
                let what = if self.request_id.is_some() { "give the request id to" } else { "ask" };
                format!("The fault is on AWS's side. Run again; if it stays, {what} AWS Support.")
            }
            Kind::OutOfTime { .. } => "Run again: the next apply looks at what is there. If AWS needs more time, allow it in the `timeouts` block of the resource.".to_owned(),
            Kind::Stopped { .. } => "The next apply goes on from there.".to_owned(),
            Kind::NotFound => "What the request names does not exist, or not any more. See `terraform plan` for what is left, and the account and the Region of the provider configuration.".to_owned(),
            Kind::Conflict => "The object is busy, or in a state that does not allow this now. Run again when it has settled.".to_owned(),
            Kind::Refused if self.code.is_none() => ANSWERED_BY_ANOTHER.to_owned(),
            Kind::AlreadyExists | Kind::Refused => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.service, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {}

fn is_error(answer: &HttpResponse) -> bool {
    answer.status().is_client_error() || answer.status().is_server_error()
}

fn kind_of_dispatch(error: &(dyn StdError + 'static), unsent: bool) -> Kind {
    let role = find::<RoleError>(error);
    if role.is_some_and(Passing::is_throttled) {
        Kind::Throttled
    } else if role.is_some_and(Passing::is_transient) {
        // Without a session the request was never sent.
        Kind::Unreachable
    } else if find::<CredentialsError>(error).is_some() {
        Kind::Credentials
    } else if unsent || never_connected(error) {
        Kind::Unreachable
    } else {
        Kind::Interrupted
    }
}

/// True when the connection did not come about, so that AWS cannot have seen the request: the name was not
/// found, the connection was refused or timed out, the TLS handshake failed.
pub(crate) fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    find::<hyper_util::client::legacy::Error>(error)
        .is_some_and(hyper_util::client::legacy::Error::is_connect)
}

pub(crate) fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    sources(error).find_map(|error| error.downcast_ref::<E>())
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The whole chain in one line, each link once, without [what must not be told](redact).
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut links: Vec<String> = Vec::new();
    for link in sources(error).map(|link| redact::told(&link.to_string())) {
        if links.last().is_none_or(|last| !last.contains(&link)) {
            links.push(link);
        }
    }
    links.join(": ")
}
