//! The provider configuration in plain Rust, with the names and meanings of the AWS provider's.

use std::time::Duration;

use super::call::Tags;
use super::secret::Secret;

/// Which of the provider's tags are not known while Terraform plans, because they come from what is yet to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnknownTags {
    /// Some of `default_tags`.
    pub default: bool,
    /// Some of `ignore_tags`.
    pub ignored: bool,
}

/// What the provider block says. Whatever is `None` or empty falls back to the environment and to the shared
/// files, as AWS's tools have it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The Region.
    pub region: Option<String>,
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// An access key id.
    pub access_key: Option<Secret>,
    /// Its secret.
    pub secret_key: Option<Secret>,
    /// The session token that belongs to temporary keys.
    pub token: Option<Secret>,
    /// Files instead of `~/.aws/config`.
    pub shared_config_files: Vec<String>,
    /// Files instead of `~/.aws/credentials`.
    pub shared_credentials_files: Vec<String>,
    /// Roles to assume, each with the credentials of the one before.
    pub assume_role: Vec<AssumeRole>,
    /// A role to assume with a token of an identity provider, before those of `assume_role`.
    pub assume_role_with_web_identity: Option<AssumeRoleWithWebIdentity>,
    /// The only accounts to work in.
    pub allowed_account_ids: Vec<String>,
    /// Accounts never to work in.
    pub forbidden_account_ids: Vec<String>,
    /// Tags for every object.
    pub default_tags: Tags,
    /// Tags to leave alone.
    pub ignore_tags: IgnoreTags,
    /// Which tags Terraform does not know yet.
    pub unknown_tags: UnknownTags,
    /// Addresses other than AWS's.
    pub endpoints: Endpoints,
    /// How often a request is repeated when AWS throttles or fails; 25 where nothing says otherwise.
    pub max_retries: Option<u32>,
    /// `standard` or `adaptive`.
    pub retry_mode: Option<String>,
    /// Endpoints validated under FIPS 140.
    pub use_fips_endpoint: Option<bool>,
    /// Endpoints that also have IPv6 addresses.
    pub use_dualstack_endpoint: Option<bool>,
    /// The proxy for `http` endpoints (its address can hold a password), and for `https` ones that nothing else names a proxy for.
    pub http_proxy: Option<Secret>,
    /// The proxy for `https` endpoints.
    pub https_proxy: Option<Secret>,
    /// Hosts, domains and networks that no proxy is used for, separated by commas.
    pub no_proxy: Option<String>,
    /// A file of certificates in PEM that are trusted instead of the system's.
    pub custom_ca_bundle: Option<String>,
    /// Do not ask STS whether the credentials are valid.
    pub skip_credentials_validation: bool,
    /// Do not ask STS for the account's id.
    pub skip_requesting_account_id: bool,
    /// The address of the EC2 instance metadata service.
    pub ec2_metadata_service_endpoint: Option<String>,
    /// The version of Terraform, for the User-Agent.
    pub terraform_version: Option<String>,
    /// How long AWS may take to begin its answer; a minute where nothing is said. After that it is unknown
    /// whether the request took effect.
    pub read_timeout: Option<Duration>,
    /// The pause before the first retry, which grows with each further one, up to twenty times as much; a second where
    /// nothing is said.
    pub retry_pause: Option<Duration>,
}

/// One role to assume, as in the API's AssumeRole.
#[derive(Clone, Debug, Default)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// The session's name; one is made up where there is none.
    pub session_name: Option<String>,
    /// The word that the role's owner demands.
    pub external_id: Option<String>,
    /// The session's length, from 15 minutes to 12 hours.
    pub duration: Option<Duration>,
    /// A policy, as JSON, that narrows the session.
    pub policy: Option<String>,
    /// Managed policies that narrow the session.
    pub policy_arns: Vec<String>,
    /// Session tags.
    pub tags: Tags,
    /// The session tags that pass on to the next role.
    pub transitive_tag_keys: Vec<String>,
    /// The source identity, which stays through the whole chain.
    pub source_identity: Option<String>,
}

/// A role to assume with a token of an identity provider, as in the API's AssumeRoleWithWebIdentity.
#[derive(Clone, Debug, Default)]
pub struct AssumeRoleWithWebIdentity {
    /// The role.
    pub role_arn: String,
    /// The session's name; one is made up where there is none.
    pub session_name: Option<String>,
    /// The session's length, from 15 minutes to 12 hours.
    pub duration: Option<Duration>,
    /// A policy, as JSON, that narrows the session.
    pub policy: Option<String>,
    /// Managed policies that narrow the session.
    pub policy_arns: Vec<String>,
    /// The token.
    pub web_identity_token: Option<Secret>,
    /// A file that holds the token, read anew for each session.
    pub web_identity_token_file: Option<String>,
}

/// Tags that belong to somebody else: they are neither shown as drift nor removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreTags {
    /// Whole keys.
    pub keys: Vec<String>,
    /// Beginnings of keys.
    pub key_prefixes: Vec<String>,
}

impl IgnoreTags {
    /// True for a tag that is not ours to manage. Tags of AWS itself (`aws:…`) never are.
    pub fn ignores(&self, key: &str) -> bool {
        key.starts_with("aws:")
            || self.keys.iter().any(|ignored| ignored == key)
            || self.key_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }
}

/// Addresses of the services. What is not set here is taken from `AWS_ENDPOINT_URL_DIRECTORY_SERVICE`,
/// `AWS_ENDPOINT_URL_RDS`, …, `AWS_ENDPOINT_URL`, the shared files, and AWS's own rules, in this order.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// Directory Service.
    pub ds: Option<String>,
    /// EC2.
    pub ec2: Option<String>,
    /// IAM.
    pub iam: Option<String>,
    /// RDS.
    pub rds: Option<String>,
    /// Resource Groups Tagging API.
    pub resourcegroupstaggingapi: Option<String>,
    /// STS.
    pub sts: Option<String>,
}

impl Endpoints {
    /// False where the addresses of the two would lead to different worlds: Directory Service to an emulator, and the
    /// tagging service to AWS. These are the addresses as they are [resolved](super::endpoints).
    pub(crate) fn tagging_is_beside_ds(&self) -> bool {
        self.ds.is_none() || self.resourcegroupstaggingapi.is_some()
    }

    pub(crate) fn each(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("ds", self.ds.as_deref()),
            ("ec2", self.ec2.as_deref()),
            ("iam", self.iam.as_deref()),
            ("rds", self.rds.as_deref()),
            ("resourcegroupstaggingapi", self.resourcegroupstaggingapi.as_deref()),
            ("sts", self.sts.as_deref()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tags() {
        let ignore = IgnoreTags { keys: vec!["Owner".to_owned()], key_prefixes: vec!["kube".to_owned()] };
        let check = |key: &str, expect: bool| assert_eq!(ignore.ignores(key), expect, "{key}");
        check("Owner", true);
        check("Owners", false);
        check("kubernetes.io/x", true);
        check("aws:cloudformation:stack-name", true);
        check("Name", false);
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = Settings {
            access_key: Some("AKIAMARK".into()),
            secret_key: Some("secretmark".into()),
            token: Some("tokenmark".into()),
            assume_role_with_web_identity: Some(AssumeRoleWithWebIdentity {
                web_identity_token: Some("jwtmark".into()),
                ..AssumeRoleWithWebIdentity::default()
            }),
            ..Settings::default()
        };
        let shown = format!("{settings:?}");
        assert!(!shown.contains("mark") && !shown.contains("MARK"), "{shown}");
    }
}
