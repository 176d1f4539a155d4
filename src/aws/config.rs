//! From the provider configuration to clients.
//!
//! Where credentials, Region and the rest come from when the configuration is silent is aws-config's business:
//! environment, shared files, SSO, web identity, containers, instance metadata.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;

use super::check::{self, ConfigError};
use super::codes::STS;
use super::endpoints;
use super::error::{Error, Kind, chain, find};
use super::keys::{self, Checked, Unsendable};
use super::observe::{Calls, Observer, UserAgent};
use super::profiles;
use super::role::{AssumedRole, Passing, Questions, Reason, RoleError, WebIdentityRole};
use super::settings::Settings;
use super::sts::Identity;
use super::{Aws, Common, http};

/// A connection that has not come about by then is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// AWS has begun to answer by then, or the request is given up with its outcome unknown. CreateMicrosoftAD and
/// ModifyDBCluster can take some seconds.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// The time for the rest of the answer.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest pause between retries, in first pauses: the SDK's are one second and twenty.
const LONGEST_PAUSE: u32 = 20;
/// Attempts at the questions that decide whether the configuration is right, unless they are throttled.
const ATTEMPTS_AT_CONFIGURATION: u32 = 4;

/// Prepares the clients and, unless that is switched off, asks STS whose credentials these are.
///
/// The error names the argument at fault.
pub async fn configure(settings: &Settings) -> Result<Aws, ConfigError> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    endpoints::check(settings)?;
    if let Some(region) = &settings.region {
        check::region(region)?;
    }
    let files = profiles::files(settings);
    let profile_name = settings.profile.clone().or_else(|| env("AWS_PROFILE"));
    let profiles = profiles::load(&files, profile_name.as_deref()).await?;
    let endpoints = endpoints::resolve(&settings.endpoints, &env, &profiles)?;
    keys::check(settings, &env, &profiles)?;
    let of_profile = |key: &str| profiles.get(key).map(str::to_owned);
    let either = |given: Option<bool>, variable: &str| match given {
        Some(given) => Ok(Some(given)),
        None => check::flag(&env, &profiles, variable),
    };
    let variants = Variants {
        fips: either(settings.use_fips_endpoint, "AWS_USE_FIPS_ENDPOINT")?,
        dual_stack: either(settings.use_dualstack_endpoint, "AWS_USE_DUALSTACK_ENDPOINT")?,
    };
    let transport = check::transport(settings, &env, of_profile("ca_bundle"))?;
    let (attempts, adaptive) = check::retries(settings, &env, &of_profile)?;
    let mode = if adaptive { RetryConfig::adaptive() } else { RetryConfig::standard() };
    let retries = settings
        .retry_pause
        .map_or(mode.clone(), |pause| {
            mode.with_initial_backoff(pause).with_max_backoff(pause * LONGEST_PAUSE)
        })
        .with_max_attempts(attempts);

    let client = http::Client::new(transport);
    let observer = Observer::new(Calls::default(), user_agent(settings, env("TF_APPEND_USER_AGENT")));
    let sdk = load(settings, files, &client, retries.clone(), variants).await?;
    let Some(region) = sdk.region().map(|region| region.as_ref().to_owned()) else {
        let detail = "No Region is set. Set region in the provider configuration, AWS_REGION in the environment, or region in the profile.";
        return Err(ConfigError::at("region", "No Region", detail));
    };
    if settings.region.is_none() {
        check::region(&region)?;
    }
    let mut common = Common { sdk, observer, endpoints, adaptive };
    assume_roles(settings, &mut common, &retries);

    let identity = if settings.skip_credentials_validation && settings.skip_requesting_account_id {
        None
    } else {
        Some(identify(settings, &common, &retries).await?)
    };
    check::account(settings, identity.as_ref().map(|identity| identity.account_id.as_str()))?;
    let partition =
        identity.as_ref().map_or_else(|| check::partition(&region), Identity::partition).to_owned();
    let account_id = identity.map(|identity| identity.account_id);
    Ok(Aws::new(settings, common, account_id, partition, region))
}

/// Which of AWS's own endpoints are used.
#[derive(Clone, Copy)]
struct Variants {
    fips: Option<bool>,
    dual_stack: Option<bool>,
}

async fn load(
    settings: &Settings,
    files: EnvConfigFiles,
    client: &http::Client,
    retries: RetryConfig,
    variants: Variants,
) -> Result<SdkConfig, ConfigError> {
    let read = settings.read_timeout.unwrap_or(READ_TIMEOUT);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(read)
        .operation_attempt_timeout(CONNECT_TIMEOUT + read + BODY_TIMEOUT)
        .build();
    let provider_config = ProviderConfig::without_region()
        .with_http_client(client.clone())
        .with_retry_config(retries.clone())
        .with_timeout_config(timeouts.clone())
        .with_region(settings.region.clone().map(Region::new));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.clone())
        .retry_config(retries)
        .timeout_config(timeouts)
        .profile_files(files.clone());
    if let Some(provider) = credentials(settings, files, &provider_config).await? {
        loader = loader.credentials_provider(provider);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(fips) = variants.fips {
        loader = loader.use_fips(fips);
    }
    if let Some(dual_stack) = variants.dual_stack {
        loader = loader.use_dual_stack(dual_stack);
    }
    let sdk = loader.load().await;
    Ok(match sdk.credentials_provider() {
        Some(found) => {
            let checked = SharedCredentialsProvider::new(Checked(found));
            sdk.into_builder().credentials_provider(checked).build()
        }
        None => sdk,
    })
}

/// What the configuration itself says about credentials; none where aws-config's own chain is right.
async fn credentials(
    settings: &Settings,
    files: EnvConfigFiles,
    provider_config: &ProviderConfig,
) -> Result<Option<SharedCredentialsProvider>, ConfigError> {
    match (&settings.access_key, &settings.secret_key) {
        (Some(key), Some(secret)) => {
            let token = settings.token.as_ref().map(|token| token.reveal().to_owned());
            let fixed =
                Credentials::new(key.reveal(), secret.reveal(), token, None, "provider configuration");
            return Ok(Some(SharedCredentialsProvider::new(fixed)));
        }
        (Some(_), None) => {
            return Err(ConfigError::at(
                "secret_key",
                "Incomplete credentials",
                "access_key is set without secret_key.",
            ));
        }
        (None, Some(_)) => {
            return Err(ConfigError::at(
                "access_key",
                "Incomplete credentials",
                "secret_key is set without access_key.",
            ));
        }
        (None, None) => {}
    }
    // A profile that is named in the configuration is meant, whatever keys stand in the environment.
    if let Some(profile) = &settings.profile {
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(provider_config)
            .profile_files(files)
            .profile_name(profile)
            .build();
        return Ok(Some(SharedCredentialsProvider::new(provider)));
    }
    let Some(endpoint) = &settings.ec2_metadata_service_endpoint else { return Ok(None) };
    let metadata = aws_config::imds::Client::builder()
        .configure(provider_config)
        .endpoint(endpoint)
        .map_err(|error| {
            ConfigError::at("ec2_metadata_service_endpoint", "Invalid endpoint", chain(error.as_ref()))
        })?;
    let profile =
        ProfileFileCredentialsProvider::builder().configure(provider_config).profile_files(files).build();
    let rest = DefaultCredentialsChain::builder()
        .configure(provider_config.clone())
        .region(settings.region.clone().map(Region::new))
        .imds_client(metadata.build())
        .build()
        .await;
    let chain =
        CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("Profile", profile)
            .or_else("Rest", rest);
    Ok(Some(SharedCredentialsProvider::new(chain)))
}

/// Puts the roles on top of the credentials, each with those of the one before.
fn assume_roles(settings: &Settings, common: &mut Common, retries: &RetryConfig) {
    if let Some(role) = settings.assume_role_with_web_identity.clone() {
        let sts = questions(common, retries);
        let provider = SharedCredentialsProvider::new(WebIdentityRole { sts, role });
        common.sdk = common.sdk.to_builder().credentials_provider(provider).build();
    }
    for (index, role) in settings.assume_role.iter().enumerate() {
        let sts = questions(common, retries);
        let provider = SharedCredentialsProvider::new(AssumedRole { sts, index, role: role.clone() });
        common.sdk = common.sdk.to_builder().credentials_provider(provider).build();
    }
}

fn questions(common: &Common, retries: &RetryConfig) -> Arc<Questions> {
    let questions = Questions::new(ATTEMPTS_AT_CONFIGURATION, retries.max_attempts(), |attempts| {
        common.sts(Some(retries.clone().with_max_attempts(attempts)))
    });
    Arc::new(questions)
}

/// GetCallerIdentity has failed.
struct Unidentified(SdkError<GetCallerIdentityError>);

impl Passing for Unidentified {
    fn is_throttled(&self) -> bool {
        sorted(&self.0).kind == Kind::Throttled
    }

    fn is_transient(&self) -> bool {
        sorted(&self.0).transient()
    }
}

fn sorted(error: &SdkError<GetCallerIdentityError>) -> Error {
    Error::of(STS, "GetCallerIdentity", error)
}

async fn identify(
    settings: &Settings,
    common: &Common,
    retries: &RetryConfig,
) -> Result<Identity, ConfigError> {
    let output = questions(common, retries)
        .ask(|client| async move { client.get_caller_identity().send().await.map_err(Unidentified) })
        .await
        .map_err(|Unidentified(error)| refused(settings, &error, &sorted(&error)))?;
    match (output.account, output.arn) {
        (Some(account_id), Some(arn)) => Ok(Identity { account_id, arn }),
        _ => Err(refused_by_aws(settings, &Error::incomplete(STS, "GetCallerIdentity", "account and ARN"))),
    }
}

fn refused(settings: &Settings, error: &(dyn StdError + 'static), sorted: &Error) -> ConfigError {
    if let Some(role) = find::<RoleError>(error) {
        let hint = match &role.reason {
            Reason::Aws(error) if error.kind == Kind::AccessDenied => {
                "See that the trust policy of the role names the caller (and the external id), and that the caller may call sts:AssumeRole on it.".to_owned()
            }
            Reason::Aws(error) => error.hint().unwrap_or_default(),
            Reason::Token(_) => String::new(),
        };
        let detail = format!("{} {hint}", sentence(&upper(&role.to_string())));
        return ConfigError::at(&role.attribute, "Cannot assume the role", detail.trim_end());
    }
    let profile = || settings.profile.as_ref().map(|_| "profile".to_owned());
    if let Some(unsendable) = find::<Unsendable>(error) {
        return unsendable.clone().into_config_error(profile());
    }
    match find::<CredentialsError>(error) {
        Some(CredentialsError::CredentialsNotLoaded(_)) => ConfigError {
            attribute: profile(),
            summary: "No credentials",
            detail: "No AWS credentials were found in the provider configuration, the environment, the shared files, a container's or the instance's metadata. Set AWS_PROFILE, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or profile in the provider configuration.".to_owned(),
        },
        Some(error) => ConfigError {
            attribute: profile(),
            summary: "No credentials",
            detail: format!(
                "The credentials could not be had: {} With SSO, `aws sso login` renews them.",
                sentence(&chain(error))
            ),
        },
        None => refused_by_aws(settings, sorted),
    }
}

fn refused_by_aws(settings: &Settings, error: &Error) -> ConfigError {
    let own_keys = settings.access_key.is_some();
    let (attribute, summary) = match error.kind {
        Kind::Credentials if super::codes::is_clock_skew(error) => (None, "Clock too far off"),
        Kind::Credentials if super::codes::is_expired(error) => {
            (own_keys.then_some("token"), "Credentials expired")
        }
        Kind::Credentials | Kind::AccessDenied => {
            (own_keys.then_some("access_key"), "Credentials not accepted")
        }
        Kind::Unreachable if settings.endpoints.sts.is_some() => {
            (Some("endpoints[0].sts"), "AWS not reachable")
        }
        Kind::Unreachable => (Some("region"), "AWS not reachable"),
        _ => (None, "Credentials not validated"),
    };
    let hint = error.hint().unwrap_or_default();
    ConfigError {
        attribute: attribute.map(str::to_owned),
        summary,
        detail: format!("{} {hint}", sentence(&error.to_string())).trim_end().to_owned(),
    }
}

/// With one full stop at its end, whoever wrote it.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// As in the AWS provider: Terraform and the provider before the SDK, what the user adds after it.
fn user_agent(settings: &Settings, added: Option<String>) -> UserAgent {
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect::<String>();
    let terraform = settings.terraform_version.as_ref().map_or_else(String::new, |version| {
        format!("Terraform/{} (+https://www.terraform.io) ", plain(version))
    });
    UserAgent {
        before: format!("{terraform}{}/{}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        after: added.map_or_else(String::new, |added| plain(added.trim())),
    }
}

pub(super) fn seconds_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
