//! Keys that can be sent.
//!
//! The SDK writes the access key and the session token into headers and panics where a header cannot hold them: a line
//! end that came along from a file of Windows is enough. So keys are looked at before it gets them: what stands in the
//! configuration, the environment and the profiles at once, and what any other source gives when it gives it.

use std::fmt;

use aws_config::profile::{Profile, ProfileSet};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::check::{ConfigError, Env};
use super::profiles;
use super::settings::Settings;

/// A key that no request can hold. It does not say what the key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsendable {
    /// Which key, and where it comes from.
    key: String,
    why: &'static str,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.why)
    }
}

impl std::error::Error for Unsendable {}

impl Unsendable {
    /// The key must be mended where it stands.
    pub(crate) fn into_config_error(self, attribute: Option<String>) -> ConfigError {
        let detail = format!("{self}. Set it again without such characters.");
        ConfigError { attribute, summary: "Unusable credentials", detail }
    }
}

/// Whether a request can hold the key. The words are those of [`Unsendable`].
fn sendable(key: &str, name: impl Fn() -> String) -> Result<(), Unsendable> {
    let wrong = |why| Err(Unsendable { key: name(), why });
    if key.ends_with(['\r', '\n']) {
        wrong(
            "ends with a line end, which no key has (did it come from a file with the line ends of Windows?)",
        )
    } else if key.contains(char::is_control) {
        wrong("holds a control character, such as a line end or a tab, which no key has")
    } else if !key.is_ascii() {
        wrong("holds a character that is not ASCII, which no key has")
    } else {
        Ok(())
    }
}

/// The keys that can be read without asking anybody: of the provider block, of the environment, of the profiles. Those
/// that are not used do not matter.
pub(crate) fn check(settings: &Settings, env: Env<'_>, profiles: &ProfileSet) -> Result<(), ConfigError> {
    if settings.access_key.is_some() {
        let given = [
            ("access_key", &settings.access_key),
            ("secret_key", &settings.secret_key),
            ("token", &settings.token),
        ];
        for (attribute, key) in given {
            let name = || format!("{attribute} in the provider configuration");
            let key = key.as_ref().map_or("", |key| key.reveal());
            sendable(key, name).map_err(|error| error.into_config_error(Some(attribute.to_owned())))?;
        }
        return Ok(());
    }
    let in_environment = env("AWS_ACCESS_KEY_ID").is_some() && env("AWS_SECRET_ACCESS_KEY").is_some();
    if settings.profile.is_none() && in_environment {
        return of_environment(env);
    }
    of_profiles(settings, env, profiles)
}

fn of_environment(env: Env<'_>) -> Result<(), ConfigError> {
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        // The SDK trims the token, and nothing else.
        let key = env(variable).unwrap_or_default();
        let key = if variable == "AWS_SESSION_TOKEN" { key.trim() } else { &key };
        sendable(key, || format!("{variable} in the environment"))
            .map_err(|error| error.into_config_error(None))?;
    }
    Ok(())
}

/// The selected profile and those that its credentials come from, as the SDK follows them.
fn of_profiles(settings: &Settings, env: Env<'_>, profiles: &ProfileSet) -> Result<(), ConfigError> {
    let attribute = || settings.profile.as_ref().map(|_| "profile".to_owned());
    let mut followed: Vec<&str> = Vec::new();
    let mut name = profiles.selected_profile();
    // The SDK tells of a loop.
    while !followed.contains(&name) {
        let Some(profile) = profiles.get_profile(name) else {
            let Some(by) = followed.last() else { return Ok(()) };
            let detail = format!(
                "The profile {by:?} takes its credentials from source_profile = {name}, and the shared files have no profile of this name. {}",
                profiles::known(profiles)
            );
            return Err(ConfigError { attribute: attribute(), summary: "Unknown profile", detail });
        };
        for key in ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"] {
            sendable(profile.get(key).unwrap_or_default(), || format!("{key} of the profile {name:?}"))
                .map_err(|error| error.into_config_error(attribute()))?;
        }
        if profile.get("credential_source") == Some("Environment") {
            of_environment(env)?;
        }
        followed.push(name);
        match source(profile, followed.len() > 1) {
            Some(source) => name = source,
            None => break,
        }
    }
    Ok(())
}

/// The profile that this one takes its credentials from.
fn source(profile: &Profile, is_source: bool) -> Option<&str> {
    let has = |key: &str| profile.get(key).is_some();
    let own = is_source && has("aws_access_key_id") && has("aws_secret_access_key");
    let assumes = has("role_arn") && !has("web_identity_token_file") && !own;
    profile.get("source_profile").filter(|_| assumes)
}

/// The credentials of another source, if they can be sent.
#[derive(Debug)]
pub(crate) struct Checked(pub(crate) SharedCredentialsProvider);

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let source = self.0.clone();
        future::ProvideCredentials::new(async move {
            // In a task of its own, so that a panic is an error: the SDK signs with what a process or a container gave
            // before it comes here, where the profile assumes a role with it.
            let found = tokio::spawn(async move { source.provide_credentials().await }).await;
            let found = found.map_err(|_| CredentialsError::unhandled(broken_off()))??;
            examined(&found).map_err(CredentialsError::invalid_configuration)?;
            Ok(found)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}

/// The SDK panicked. What it said is in the log.
fn broken_off() -> Unsendable {
    Unsendable {
        key: "The AWS SDK broke off while it got the credentials;".to_owned(),
        why: "a key with a control character, such as a line end, makes it do so, whether a credential_process, a container or an instance gives it",
    }
}

fn examined(found: &Credentials) -> Result<(), Unsendable> {
    let keys = [
        ("The access key id", found.access_key_id()),
        ("The secret access key", found.secret_access_key()),
        ("The session token", found.session_token().unwrap_or_default()),
    ];
    keys.into_iter().try_for_each(|(what, key)| sendable(key, || format!("{what} from {}", origin(found))))
}

/// Where credentials come from, as far as the SDK notes it.
fn origin(found: &Credentials) -> &'static str {
    use AwsCredentialFeature::{
        CredentialsEnvVars, CredentialsHttp, CredentialsImds, CredentialsProcess, CredentialsProfile,
        CredentialsProfileProcess,
    };
    let noted = found.get_property::<Vec<AwsCredentialFeature>>().map_or(&[][..], Vec::as_slice);
    let named = [
        (CredentialsEnvVars, "the environment"),
        (CredentialsProcess, "the credential_process of the profile"),
        (CredentialsProfileProcess, "the credential_process of the profile"),
        (CredentialsHttp, "the container's endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI)"),
        (CredentialsImds, "the instance metadata service"),
        (CredentialsProfile, "the profile"),
    ];
    named
        .iter()
        .find(|(feature, _)| noted.contains(feature))
        .map_or("the credentials' source", |named| named.1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_config::profile;
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
    use aws_types::os_shim_internal::{Env as SdkEnv, Fs};

    use super::super::error::find;
    use super::*;

    async fn found(settings: &Settings, vars: &[(&str, &str)], config: &str) -> String {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        let profiles = profile::load(&Fs::real(), &SdkEnv::from(HashMap::new()), &files, None).await.unwrap();
        let env =
            |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        check(settings, &env, &profiles).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[tokio::test]
    async fn keys_of_every_place() {
        async fn check(settings: &Settings, vars: &[(&str, &str)], config: &str, expect: &str) {
            let told = found(settings, vars, config).await;
            assert!(told.contains(expect), "{vars:?} {config}: {told}");
            assert!(!told.contains("mark"), "{told}");
        }
        let none = Settings::default();
        let block = |key: &str, secret: &str, token: &str| Settings {
            access_key: Some(key.into()),
            secret_key: Some(secret.into()),
            token: Some(token.into()),
            ..Settings::default()
        };
        let key = |value: &'static str| [("AWS_ACCESS_KEY_ID", value), ("AWS_SECRET_ACCESS_KEY", "s")];
        check(&none, &[], "", "fine").await;
        check(&block("a", "b/+=", "c"), &key("mark\r"), "", "fine").await;
        check(
            &block("mark\r", "s", ""),
            &[],
            "",
            "access_key in the provider configuration ends with a line",
        )
        .await;
        check(&block("k", "mark\n", ""), &[], "", "(secret_key)").await;
        check(&block("k", "s", "ma\trk"), &[], "", "token in the provider configuration holds a control")
            .await;
        check(&none, &key("k"), "", "fine").await;
        check(&none, &key("mark\r"), "", "AWS_ACCESS_KEY_ID in the environment ends with a line end").await;
        check(&none, &key("ma\u{1}rk"), "", "AWS_ACCESS_KEY_ID in the environment holds a control").await;
        check(&none, &key("märk"), "", "is not ASCII").await;
        // Without its secret the key is not used.
        check(&none, &[("AWS_ACCESS_KEY_ID", "k\r")], "", "fine").await;
        let token = |value| [key("k")[0], key("k")[1], ("AWS_SESSION_TOKEN", value)];
        check(&none, &token("ma\nrk"), "", "AWS_SESSION_TOKEN in the environment holds a control").await;
        check(&none, &token("mark\n"), "", "fine").await;

        let profile = "[default]\naws_access_key_id = k\naws_secret_access_key = ma\u{1}rk\n";
        check(&none, &[], profile, "aws_secret_access_key of the profile \"default\" holds a control").await;
        check(&none, &key("k"), profile, "fine").await;
        let role = "[default]\nrole_arn = r\nsource_profile = base\n[profile base]\naws_access_key_id = ma\u{1}rk\naws_secret_access_key = s\n";
        check(&none, &[], role, "aws_access_key_id of the profile \"base\" holds a control").await;
        let source = "[default]\nrole_arn = r\ncredential_source = Environment\n";
        let profile = Settings { profile: Some("default".to_owned()), ..Settings::default() };
        check(&profile, &key("mark\r"), source, "AWS_ACCESS_KEY_ID in the environment ends with").await;
    }

    #[tokio::test]
    async fn source_profiles_are_followed() {
        async fn check(config: &str, expect: &str) {
            let told = found(&Settings::default(), &[], config).await;
            assert!(told.contains(expect), "{config}: {told}");
        }
        check(
            "[default]\nrole_arn = r\nsource_profile = nosuch\n",
            "The profile \"default\" takes its credentials from source_profile = nosuch, and the shared files have no profile of this name. They have: default.",
        )
        .await;
        check("[default]\nsource_profile = nosuch\n", "fine").await;
        check("[default]\nrole_arn = r\nsource_profile = default\n", "fine").await;
        check("[default]\nrole_arn = r\nsource_profile = a\n[profile a]\nrole_arn = r\nsource_profile = default\n", "fine").await;
        check("[default]\nrole_arn = r\nsource_profile = a\n[profile a]\naws_access_key_id = k\naws_secret_access_key = s\nrole_arn = r\nsource_profile = nosuch\n", "fine").await;
    }

    #[tokio::test]
    async fn what_another_source_gives_is_examined_too() {
        #[derive(Debug)]
        struct Panics;
        impl ProvideCredentials for Panics {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::new(async { panic!("as in the SDK") })
            }
        }
        let process = |key: &str| {
            let mut found = Credentials::new(key, "s", None, None, "test");
            found.set_property(vec![AwsCredentialFeature::CredentialsProcess]);
            Checked(SharedCredentialsProvider::new(found))
        };
        assert_eq!(process("k").provide_credentials().await.unwrap().access_key_id(), "k");
        let error = process("mark\r").provide_credentials().await.unwrap_err();
        let told = find::<Unsendable>(&error).unwrap().to_string();
        assert!(
            told.starts_with("The access key id from the credential_process of the profile ends with a line"),
            "{told}"
        );
        let error = Checked(SharedCredentialsProvider::new(Panics)).provide_credentials().await.unwrap_err();
        assert_eq!(find::<Unsendable>(&error), Some(&broken_off()));
    }
}
