//! Credentials of assumed roles.
//!
//! The providers of aws-config know neither source identities nor transitive tags, and take a web identity
//! token from a file only; so the two calls are made here, and everything else is left to aws-config.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};

use super::call::send;
use super::codes::STS;
use super::error::{Error, Kind};
use super::secret::Secret;
use super::settings::{AssumeRole, AssumeRoleWithWebIdentity};

/// A role could not be assumed.
#[derive(Debug)]
pub(crate) struct RoleError {
    /// The argument of the provider configuration, such as `assume_role[1].role_arn`.
    pub(crate) attribute: String,
    pub(crate) role_arn: String,
    pub(crate) reason: Reason,
}

#[derive(Debug)]
pub(crate) enum Reason {
    Aws(Error),
    Token(String),
}

impl fmt::Display for RoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role {} cannot be assumed: ", self.role_arn)?;
        match &self.reason {
            Reason::Aws(error) => error.fmt(f),
            Reason::Token(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RoleError {}

/// STS for the questions that decide whether the configuration is right. A wrong endpoint should not take minutes to
/// be told, so they have few attempts; one that throttles is not wrong, nor is one that has answered before, when a
/// session is renewed in the middle of an apply: these are asked with all of them.
#[derive(Debug)]
pub(crate) struct Questions {
    few: Client,
    rest: Option<Client>,
    answered: AtomicBool,
}

/// What an answer says of the next attempt.
pub(crate) trait Passing {
    /// Whether too many have asked.
    fn is_throttled(&self) -> bool;
    /// Whether the same question may be answered later with nobody doing anything.
    fn is_transient(&self) -> bool;
}

impl Passing for RoleError {
    fn is_throttled(&self) -> bool {
        matches!(&self.reason, Reason::Aws(error) if error.kind == Kind::Throttled)
    }

    fn is_transient(&self) -> bool {
        matches!(&self.reason, Reason::Aws(error) if error.transient())
    }
}

impl Questions {
    /// `few` of `all` attempts before anything else; `client` makes a client with so many attempts.
    pub(crate) fn new(few: u32, all: u32, client: impl Fn(u32) -> Client) -> Self {
        let rest = all.checked_sub(few).filter(|rest| *rest > 0);
        Self { few: client(few.min(all)), rest: rest.map(client), answered: AtomicBool::new(false) }
    }

    /// Asks, and goes on asking where that is worth it.
    pub(crate) async fn ask<T, E: Passing, F>(&self, question: impl Fn(Client) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let goes_on = |error: &E| {
            error.is_throttled() || (self.answered.load(Ordering::Relaxed) && error.is_transient())
        };
        let answer = match (question(self.few.clone()).await, &self.rest) {
            (Err(error), Some(rest)) if goes_on(&error) => question(rest.clone()).await,
            (answer, _) => answer,
        };
        self.answered.fetch_or(answer.is_ok(), Ordering::Relaxed);
        answer
    }
}

/// The credentials of one role of the chain.
#[derive(Clone, Debug)]
pub(crate) struct AssumedRole {
    pub(crate) sts: Arc<Questions>,
    pub(crate) index: usize,
    pub(crate) role: AssumeRole,
}

impl AssumedRole {
    async fn assume(&self, client: Client) -> Result<Credentials, RoleError> {
        let role = &self.role;
        let fails = |error| RoleError {
            attribute: format!("assume_role[{}].role_arn", self.index),
            role_arn: role.role_arn.clone(),
            reason: Reason::Aws(error),
        };
        let tags = role
            .tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| fails(Error::incomplete_request(STS, "AssumeRole", &error)))?;
        let request = client
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(&role.policy_arns))
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_transitive_tag_keys(some(&role.transitive_tag_keys))
            .set_source_identity(role.source_identity.clone());
        let asked = SystemTime::now();
        let output = send!(STS, "AssumeRole", request).map_err(fails)?;
        credentials(output.credentials, asked, role.duration)
            .ok_or_else(|| fails(Error::incomplete(STS, "AssumeRole", "credentials")))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let role = self.clone();
        future::ProvideCredentials::new(apart(
            async move { role.sts.ask(|client| role.assume(client)).await },
        ))
    }
}

/// The credentials of the role that a token of an identity provider opens.
#[derive(Clone, Debug)]
pub(crate) struct WebIdentityRole {
    pub(crate) sts: Arc<Questions>,
    pub(crate) role: AssumeRoleWithWebIdentity,
}

impl WebIdentityRole {
    async fn assume(&self, client: Client) -> Result<Credentials, RoleError> {
        let role = &self.role;
        let fails = |attribute: &str, reason| RoleError {
            attribute: format!("assume_role_with_web_identity[0].{attribute}"),
            role_arn: role.role_arn.clone(),
            reason,
        };
        let token = match (&role.web_identity_token, &role.web_identity_token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(token) => Secret::new(token.trim()),
                Err(error) => {
                    let why = format!("{file} cannot be read: {error}");
                    return Err(fails("web_identity_token_file", Reason::Token(why)));
                }
            },
            (None, None) => {
                let why = "neither web_identity_token nor web_identity_token_file is set".to_owned();
                return Err(fails("web_identity_token", Reason::Token(why)));
            }
        };
        let request = client
            .assume_role_with_web_identity()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .web_identity_token(token.reveal())
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(&role.policy_arns));
        let fails = |error: Error| fails("role_arn", Reason::Aws(error.without(&token)));
        let asked = SystemTime::now();
        let output = send!(STS, "AssumeRoleWithWebIdentity", request).map_err(fails)?;
        credentials(output.credentials, asked, role.duration)
            .ok_or_else(|| fails(Error::incomplete(STS, "AssumeRoleWithWebIdentity", "credentials")))
    }
}

impl ProvideCredentials for WebIdentityRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let role = self.clone();
        future::ProvideCredentials::new(apart(
            async move { role.sts.ask(|client| role.assume(client)).await },
        ))
    }
}

/// Assumes a role in a task of its own: the request that needs the credentials waits for it, and a chain of roles would
/// else stand on one stack, each on the request before it. That task belongs to no operation. The SDK bounds its time, so
/// it ends with its retries; the call that it is for is patient.
async fn apart(
    role: impl Future<Output = Result<Credentials, RoleError>> + Send + 'static,
) -> Result<Credentials, CredentialsError> {
    let assumed = tokio::spawn(role).await.map_err(CredentialsError::unhandled)?;
    assumed.map_err(CredentialsError::provider_error)
}

/// How long a session lasts of which nothing is said (STS API reference, *AssumeRole*, DurationSeconds).
const SESSION: Duration = Duration::from_hours(1);
/// How far the end that AWS tells may be from the one by this machine's clock before that clock is taken for wrong.
const SKEW: Duration = Duration::from_mins(5);

/// The end of a session that was asked for then, by this machine's clock, with which the SDK compares it.
///
/// AWS tells it by its own clock. The SDK corrects its signatures where the two differ, and not this: a session would
/// be used after its end, or renewed before each request.
fn end_of_session(told: SystemTime, asked: SystemTime, duration: Option<Duration>) -> SystemTime {
    let expected = asked + duration.unwrap_or(SESSION);
    let apart = told.duration_since(expected).unwrap_or_else(|earlier| earlier.duration());
    if apart > SKEW { expected } else { told }
}

fn credentials(
    found: Option<aws_sdk_sts::types::Credentials>,
    asked: SystemTime,
    duration: Option<Duration>,
) -> Option<Credentials> {
    let found = found?;
    let expires = SystemTime::try_from(found.expiration).ok();
    let expires = expires.map(|told| end_of_session(told, asked, duration));
    let token = Some(found.session_token);
    Some(Credentials::new(found.access_key_id, found.secret_access_key, token, expires, "AssumedRole"))
}

// Session names are at most 64 of [A-Za-z0-9_=,.@-].
fn session_name(given: Option<&str>) -> String {
    given.map_or_else(
        || format!("terraform-provider-aurorakerberos-{}", jiff::Timestamp::now().as_second()),
        str::to_owned,
    )
}

fn seconds(duration: Option<Duration>) -> Option<i32> {
    duration.map(|duration| i32::try_from(duration.as_secs()).unwrap_or(i32::MAX))
}

fn policies(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    let policies: Vec<_> = arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
    (!policies.is_empty()).then_some(policies)
}

fn some(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_this_machines_clock() {
        let asked = SystemTime::UNIX_EPOCH + Duration::from_hours(10_000);
        let check = |duration: Option<u64>, told: i64, expect: u64| {
            let apart = Duration::from_secs(told.unsigned_abs());
            let told = if told < 0 { asked - apart } else { asked + apart };
            let end = end_of_session(told, asked, duration.map(Duration::from_secs));
            assert_eq!(end.duration_since(asked).unwrap().as_secs(), expect);
        };
        check(None, 3600, 3600);
        check(None, 3590, 3590);
        check(Some(7200), 7201, 7201);
        // Three hours wrong, before or after.
        check(None, 4 * 3600, 3600);
        check(Some(1800), -3 * 3600, 1800);
    }
}
