//! Credentials of assumed roles.
//!
//! The providers of aws-config know neither source identities nor transitive tags, and take a web identity
//! token from a file only; so the two calls are made here, and everything else is left to aws-config.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::Client;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};

use super::call::send;
use super::codes::STS;
use super::error::Error;
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

/// The credentials of one role of the chain.
#[derive(Debug)]
pub(crate) struct AssumedRole {
    pub(crate) client: Client,
    pub(crate) index: usize,
    pub(crate) role: AssumeRole,
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, RoleError> {
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
        let request = self
            .client
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
        let output = send!(STS, "AssumeRole", request).map_err(fails)?;
        credentials(output.credentials)
            .ok_or_else(|| fails(Error::incomplete(STS, "AssumeRole", "credentials")))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.assume().await.map_err(CredentialsError::provider_error)
        })
    }
}

/// The credentials of the role that a token of an identity provider opens.
#[derive(Debug)]
pub(crate) struct WebIdentityRole {
    pub(crate) client: Client,
    pub(crate) role: AssumeRoleWithWebIdentity,
}

impl WebIdentityRole {
    async fn assume(&self) -> Result<Credentials, RoleError> {
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
        let request = self
            .client
            .assume_role_with_web_identity()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .web_identity_token(token.reveal())
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.clone())
            .set_policy_arns(policies(&role.policy_arns));
        let fails = |error: Error| fails("role_arn", Reason::Aws(error.without(&token)));
        let output = send!(STS, "AssumeRoleWithWebIdentity", request).map_err(fails)?;
        credentials(output.credentials)
            .ok_or_else(|| fails(Error::incomplete(STS, "AssumeRoleWithWebIdentity", "credentials")))
    }
}

impl ProvideCredentials for WebIdentityRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.assume().await.map_err(CredentialsError::provider_error)
        })
    }
}

fn credentials(found: Option<aws_sdk_sts::types::Credentials>) -> Option<Credentials> {
    let found = found?;
    let expires = SystemTime::try_from(found.expiration).ok();
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
