//! The `provider` block, with the names and meanings of the AWS provider's, so that a block written for that one
//! works here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tf_provider::framework::{Failure, Secret, duration};
use tf_provider::value::{Path, Value};

use crate::aws::{self, Settings};
use crate::tags;

tf_provider::model! {
    /// The Aurora Kerberos provider takes an Amazon Aurora cluster from "no Active Directory" to "our people log in to
    /// PostgreSQL with Kerberos": AWS Managed Microsoft AD and its trusts, the IAM role, the cluster's membership in
    /// the domain with reboot and verification, and the client's krb5.conf.
    ///
    /// Credentials and the Region are found as the AWS CLI and the AWS provider find them: arguments of the provider
    /// block, environment variables, shared configuration files, container and instance roles.
    pub struct ProviderConfig / ProviderConfigView {
        /// AWS Region where the provider will operate. Can also be set with `AWS_REGION` or `AWS_DEFAULT_REGION`, or
        /// in the shared configuration file.
        pub region: Option<String> => optional(),
        /// Profile of the shared configuration and credentials files. Can also be set with `AWS_PROFILE`.
        pub profile: Option<String> => optional(),
        /// Access key id. Can also be set with `AWS_ACCESS_KEY_ID` or in the shared credentials file.
        pub access_key: Option<Secret> => optional().sensitive(),
        /// Secret access key. Can also be set with `AWS_SECRET_ACCESS_KEY` or in the shared credentials file.
        pub secret_key: Option<Secret> => optional().sensitive(),
        /// Session token of temporary credentials. Can also be set with `AWS_SESSION_TOKEN`.
        pub token: Option<Secret> => optional().sensitive(),
        /// Paths of shared configuration files. Can also be set with `AWS_CONFIG_FILE`. Defaults to `~/.aws/config`.
        pub shared_config_files: Option<Vec<String>> => optional(),
        /// Paths of shared credentials files. Can also be set with `AWS_SHARED_CREDENTIALS_FILE`. Defaults to
        /// `~/.aws/credentials`.
        pub shared_credentials_files: Option<Vec<String>> => optional(),
        /// IAM role to assume. May be repeated: each role is assumed with the credentials of the one before.
        pub assume_role: Vec<AssumeRole> => block(),
        /// IAM role to assume with the token of a web identity provider.
        pub assume_role_with_web_identity: Vec<AssumeRoleWithWebIdentity> => block().max_items(1),
        /// AWS account ids that may be worked in; any other is an error. Conflicts with `forbidden_account_ids`.
        pub allowed_account_ids: Option<BTreeSet<String>> => optional().validate_each(account_id),
        /// AWS account ids that must not be worked in. Conflicts with `allowed_account_ids`.
        pub forbidden_account_ids: Option<BTreeSet<String>> => optional().validate_each(account_id),
        /// Tags for every object that the provider manages and that can be tagged.
        pub default_tags: Vec<DefaultTags> => block().max_items(1),
        /// Tags that are somebody else's: they are neither shown as drift nor removed.
        pub ignore_tags: Vec<IgnoreTags> => block().max_items(1),
        /// Endpoint URLs other than AWS's own, for emulators and private endpoints. Can also be set with
        /// `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_DIRECTORY_SERVICE`, `AWS_ENDPOINT_URL_RDS`, `AWS_ENDPOINT_URL_IAM`,
        /// `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API`, `AWS_ENDPOINT_URL_STS`.
        pub endpoints: Vec<Endpoints> => block(),
        /// How often a request that AWS throttled or failed to answer is repeated. 25 where nothing is set. Can also be set
        /// with `AWS_MAX_ATTEMPTS`, which counts the first attempt too. Creating, changing and destroying wait throttling
        /// out for as long as the resource's timeout allows, whatever this says.
        pub max_retries: Option<i64> => optional().between(0, 1000),
        /// How retries are paced. Can also be set with `AWS_RETRY_MODE`. `standard` where nothing is set.
        pub retry_mode: Option<String> => optional().one_of(&["standard", "adaptive"]),
        /// Whether to use endpoints that are validated under FIPS 140. Can also be set with `AWS_USE_FIPS_ENDPOINT`.
        pub use_fips_endpoint: Option<bool> => optional(),
        /// Whether to use endpoints that have IPv6 addresses too. Can also be set with `AWS_USE_DUALSTACK_ENDPOINT`.
        pub use_dualstack_endpoint: Option<bool> => optional(),
        /// URL of the proxy for HTTP requests. Can also be set with `HTTP_PROXY`.
        pub http_proxy: Option<Secret> => optional(),
        /// URL of the proxy for HTTPS requests. Can also be set with `HTTPS_PROXY`.
        pub https_proxy: Option<Secret> => optional(),
        /// Hosts, domains and networks, separated by commas, for which no proxy is used. Can also be set with `NO_PROXY`.
        pub no_proxy: Option<String> => optional(),
        /// Path of a file of CA certificates in PEM that are trusted instead of the system's. Can also be set with
        /// `AWS_CA_BUNDLE`.
        pub custom_ca_bundle: Option<String> => optional(),
        /// Whether to skip asking STS if the credentials are valid. For emulators without STS.
        pub skip_credentials_validation: Option<bool> => optional(),
        /// Whether to skip asking for the account id. Identities then have no `account_id`.
        pub skip_requesting_account_id: Option<bool> => optional(),
        /// Address of the EC2 instance metadata service. Can also be set with `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
        pub ec2_metadata_service_endpoint: Option<String> => optional(),
    }
}

tf_provider::model! {
    /// An IAM role to assume.
    pub struct AssumeRole / AssumeRoleView {
        /// ARN of the role.
        pub role_arn: String => required().validate(role_arn),
        /// Name of the session. One is made up where none is set.
        pub session_name: Option<String> => optional().length(2, 64),
        /// External id that the role's trust policy demands.
        pub external_id: Option<String> => optional().length(2, 1224),
        /// Length of the session, from `15m` to `12h`.
        pub duration: Option<String> => optional().validate(session_duration),
        /// IAM policy, as JSON, that narrows the session further.
        pub policy: Option<String> => optional().validate(json),
        /// ARNs of managed IAM policies that narrow the session further.
        pub policy_arns: Option<BTreeSet<String>> => optional(),
        /// Session tags.
        pub tags: Option<BTreeMap<String, String>> => optional(),
        /// Session tags that are passed on to roles assumed from this one.
        pub transitive_tag_keys: Option<BTreeSet<String>> => optional(),
        /// Source identity of the session.
        pub source_identity: Option<String> => optional().length(2, 64),
    }
}

tf_provider::model! {
    /// An IAM role to assume with the token of a web identity provider.
    pub struct AssumeRoleWithWebIdentity / AssumeRoleWithWebIdentityView {
        /// ARN of the role.
        pub role_arn: String => required().validate(role_arn),
        /// Name of the session. One is made up where none is set.
        pub session_name: Option<String> => optional().length(2, 64),
        /// Length of the session, from `15m` to `12h`.
        pub duration: Option<String> => optional().validate(session_duration),
        /// IAM policy, as JSON, that narrows the session further.
        pub policy: Option<String> => optional().validate(json),
        /// ARNs of managed IAM policies that narrow the session further.
        pub policy_arns: Option<BTreeSet<String>> => optional(),
        /// Token of the web identity provider. One of `web_identity_token` and `web_identity_token_file` is needed.
        pub web_identity_token: Option<Secret> => optional().sensitive(),
        /// Path of a file that holds the token; it is read anew for each session.
        pub web_identity_token_file: Option<String> => optional(),
    }
}

tf_provider::model! {
    /// Tags for every object.
    pub struct DefaultTags / DefaultTagsView {
        /// The tags. A tag of the same key on a resource wins.
        pub tags: Option<BTreeMap<String, String>> => optional().validate(tags::check),
    }
}

tf_provider::model! {
    /// Tags to leave alone.
    pub struct IgnoreTags / IgnoreTagsView {
        /// Keys.
        pub keys: Option<BTreeSet<String>> => optional(),
        /// Beginnings of keys.
        pub key_prefixes: Option<BTreeSet<String>> => optional(),
    }
}

tf_provider::model! {
    /// Endpoint URLs.
    pub struct Endpoints / EndpointsView {
        /// Directory Service.
        pub ds: Option<String> => optional(),
        /// EC2.
        pub ec2: Option<String> => optional(),
        /// IAM.
        pub iam: Option<String> => optional(),
        /// RDS.
        pub rds: Option<String> => optional(),
        /// Resource Groups Tagging API, which is asked for the tags of many directories at once. Where only `ds` is
        /// set, it is not asked, and each directory is.
        pub resourcegroupstaggingapi: Option<String> => optional(),
        /// STS.
        pub sts: Option<String> => optional(),
    }
}

fn account_id(value: &Value) -> Result<(), String> {
    let valid = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    match value.as_str() {
        Some(text) if !valid(text) => Err("An AWS account id has 12 digits.".to_owned()),
        _ => Ok(()),
    }
}

fn role_arn(value: &Value) -> Result<(), String> {
    let valid = |text: &str| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", partition, "iam", "", _, role]
            if !partition.is_empty() && role.starts_with("role/"))
    };
    match value.as_str() {
        Some(text) if !valid(text) => Err(
            "The value must be the ARN of an IAM role, such as \"arn:aws:iam::111122223333:role/deploy\"."
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn session_duration(value: &Value) -> Result<(), String> {
    duration::validate(value)?;
    let allowed = Duration::from_mins(15)..=Duration::from_hours(12);
    match value.as_str().and_then(duration::parse) {
        Some(length) if !allowed.contains(&length) => {
            Err("The length of a session must be from \"15m\" to \"12h\".".to_owned())
        }
        _ => Ok(()),
    }
}

fn json(value: &Value) -> Result<(), String> {
    match value.as_str().map(serde_json::from_str::<serde_json::Value>) {
        Some(Err(error)) => Err(format!("The value must be JSON: {error}.")),
        _ => Ok(()),
    }
}

fn secret(secret: Option<Secret>) -> Option<aws::Secret> {
    secret.map(|secret| secret.expose().into())
}

fn list(set: Option<BTreeSet<String>>) -> Vec<String> {
    set.into_iter().flatten().collect()
}

fn length(text: Option<String>) -> Option<Duration> {
    duration::parse(&text?)
}

const READ_TIMEOUT: &str = "AURORAKERBEROS_READ_TIMEOUT";
const RETRY_PAUSE: &str = "AURORAKERBEROS_RETRY_PAUSE";
/// The durations of the environment, which only tests set, so that an answer that is lost does not cost them a minute.
/// The first is the framework's.
const FOR_TESTS: [&str; 3] = ["AURORAKERBEROS_POLL_INTERVAL", READ_TIMEOUT, RETRY_PAUSE];

/// What is no duration would say nothing; whoever set it would wait in vain.
pub(super) fn check_environment() -> Result<(), Failure> {
    for variable in FOR_TESTS {
        let Some(text) = std::env::var(variable).ok().filter(|text| !text.is_empty()) else { continue };
        if duration::parse(&text).is_none() {
            let problem = format!(
                "{variable} in the environment is {text:?}, which is no duration such as \"200ms\" or \"1m\"."
            );
            return Err(Failure { path: None, ..Failure::config(Path::root(), problem) });
        }
    }
    Ok(())
}

fn for_tests(variable: &str) -> Option<Duration> {
    duration::parse(&std::env::var(variable).ok()?)
}

impl ProviderConfig {
    /// The settings of the AWS layer.
    pub(super) fn into_settings(self, terraform_version: String) -> Settings {
        let ignore = self.ignore_tags.into_iter().next().unwrap_or_default();
        Settings {
            region: self.region,
            profile: self.profile,
            access_key: secret(self.access_key),
            secret_key: secret(self.secret_key),
            token: secret(self.token),
            shared_config_files: self.shared_config_files.unwrap_or_default(),
            shared_credentials_files: self.shared_credentials_files.unwrap_or_default(),
            assume_role: self.assume_role.into_iter().map(AssumeRole::into_settings).collect(),
            assume_role_with_web_identity: self
                .assume_role_with_web_identity
                .into_iter()
                .next()
                .map(AssumeRoleWithWebIdentity::into_settings),
            allowed_account_ids: list(self.allowed_account_ids),
            forbidden_account_ids: list(self.forbidden_account_ids),
            default_tags: self.default_tags.into_iter().filter_map(|block| block.tags).flatten().collect(),
            ignore_tags: aws::IgnoreTags { keys: list(ignore.keys), key_prefixes: list(ignore.key_prefixes) },
            unknown_tags: aws::UnknownTags::default(),
            endpoints: endpoints(self.endpoints),
            max_retries: self.max_retries.and_then(|count| u32::try_from(count).ok()),
            retry_mode: self.retry_mode,
            use_fips_endpoint: self.use_fips_endpoint,
            use_dualstack_endpoint: self.use_dualstack_endpoint,
            http_proxy: secret(self.http_proxy),
            https_proxy: secret(self.https_proxy),
            no_proxy: self.no_proxy,
            custom_ca_bundle: self.custom_ca_bundle,
            skip_credentials_validation: self.skip_credentials_validation.unwrap_or_default(),
            skip_requesting_account_id: self.skip_requesting_account_id.unwrap_or_default(),
            ec2_metadata_service_endpoint: self.ec2_metadata_service_endpoint,
            terraform_version: Some(terraform_version).filter(|version| !version.is_empty()),
            read_timeout: for_tests(READ_TIMEOUT),
            retry_pause: for_tests(RETRY_PAUSE),
        }
    }
}

/// Where a service is named in several blocks, the last one counts, as in the AWS provider.
fn endpoints(blocks: Vec<Endpoints>) -> aws::Endpoints {
    blocks.into_iter().fold(aws::Endpoints::default(), |all, block| aws::Endpoints {
        ds: block.ds.or(all.ds),
        ec2: block.ec2.or(all.ec2),
        iam: block.iam.or(all.iam),
        rds: block.rds.or(all.rds),
        resourcegroupstaggingapi: block.resourcegroupstaggingapi.or(all.resourcegroupstaggingapi),
        sts: block.sts.or(all.sts),
    })
}

impl AssumeRole {
    fn into_settings(self) -> aws::AssumeRole {
        aws::AssumeRole {
            role_arn: self.role_arn,
            session_name: self.session_name,
            external_id: self.external_id,
            duration: length(self.duration),
            policy: self.policy,
            policy_arns: list(self.policy_arns),
            tags: self.tags.unwrap_or_default(),
            transitive_tag_keys: list(self.transitive_tag_keys),
            source_identity: self.source_identity,
        }
    }
}

impl AssumeRoleWithWebIdentity {
    fn into_settings(self) -> aws::AssumeRoleWithWebIdentity {
        aws::AssumeRoleWithWebIdentity {
            role_arn: self.role_arn,
            session_name: self.session_name,
            duration: length(self.duration),
            policy: self.policy,
            policy_arns: list(self.policy_arns),
            web_identity_token: secret(self.web_identity_token),
            web_identity_token_file: self.web_identity_token_file,
        }
    }
}
