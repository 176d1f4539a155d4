//! Checks of the provider configuration that need no network, and what is said when one fails.

use std::fmt;
use std::path::Path;

use aws_config::profile::ProfileSet;
use aws_smithy_http_client::proxy::ProxyConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::endpoints;
use super::http::Transport;
use super::secret::Secret;
use super::settings::Settings;

/// The provider cannot be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The argument at fault, such as `region` or `assume_role[0].role_arn`; none where no argument is.
    pub attribute: Option<String>,
    /// What is wrong, in a few words.
    pub summary: &'static str,
    /// Why, and what to do next.
    pub detail: String,
}

impl ConfigError {
    pub(crate) fn at(attribute: impl Into<String>, summary: &'static str, detail: impl Into<String>) -> Self {
        Self { attribute: Some(attribute.into()), summary, detail: detail.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attribute {
            Some(attribute) => write!(f, "{}: {} ({})", self.summary, self.detail, attribute),
            None => write!(f, "{}: {}", self.summary, self.detail),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads an environment variable; an empty one counts as none.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The shape of a Region's name, and the commonest mistake, which is the name of an Availability Zone.
pub(crate) fn region(region: &str) -> Result<(), ConfigError> {
    let wrong = |why: &str| {
        let detail = format!(
            "{region:?} is not the name of an AWS Region: {why}. A Region is written like eu-central-1."
        );
        Err(ConfigError::at("region", "Invalid Region", detail))
    };
    let last = region.rsplit('-').next().unwrap_or_default();
    if region.is_empty() || !region.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    {
        wrong("it has characters other than lower-case letters, digits and hyphens")
    } else if region.contains('-')
        && last.starts_with(|c: char| c.is_ascii_digit())
        && !last.bytes().all(|c| c.is_ascii_digit())
    {
        wrong("it is the name of an Availability Zone; leave the letter at the end out")
    } else {
        Ok(())
    }
}

/// A setting that is true or false: the environment's variable, else the profile's key, which is the variable's name
/// without `AWS_` in small letters. The SDK takes what is neither for nothing said, with a log line that nobody sees.
pub(crate) fn flag(env: Env<'_>, profiles: &ProfileSet, variable: &str) -> Result<Option<bool>, ConfigError> {
    let key = variable.trim_start_matches("AWS_").to_lowercase();
    let of_profile = || profiles.get(&key).filter(|value| !value.is_empty()).map(str::to_owned);
    let of_env = env(variable).map(|value| (value, format!("{variable} in the environment")));
    let found = of_env
        .or_else(|| Some((of_profile()?, format!("{key} of the profile {:?}", profiles.selected_profile()))));
    match found {
        None => Ok(None),
        Some((value, _)) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some((value, _)) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some((value, place)) => Err(ConfigError {
            attribute: None,
            summary: "Invalid setting",
            detail: format!("{place} is {value:?}; it can be true or false."),
        }),
    }
}

/// Proxies and trusted certificates, from the configuration, else from the environment.
pub(crate) fn transport(
    settings: &Settings,
    env: Env<'_>,
    profile_bundle: Option<String>,
) -> Result<Transport, ConfigError> {
    let of_env = |upper: &str, lower: &str| env(upper).or_else(|| env(lower));
    let no_proxy = settings.no_proxy.clone().or_else(|| of_env("NO_PROXY", "no_proxy"));
    let proxy = |attribute: &str, url: Option<String>, make: fn(String) -> Result<ProxyConfig, _>| {
        let Some(address) = url.filter(|url| !url.is_empty()) else { return Ok(ProxyConfig::disabled()) };
        // The address can hold a password and is not repeated.
        let checked = endpoints::url(&address).and_then(|()| {
            make(address).map_err(|_: aws_smithy_http_client::proxy::ProxyError| "it cannot be read")
        });
        match checked {
            Ok(proxy) => Ok(no_proxy.iter().fold(proxy, ProxyConfig::no_proxy)),
            Err(why) => Err(ConfigError::at(
                attribute,
                "Invalid proxy",
                format!(
                    "The address of the proxy is not a URL: {why}. It is written like http://proxy.example.com:3128."
                ),
            )),
        }
    };
    let given = |proxy: &Option<Secret>| proxy.as_ref().map(|address| address.reveal().to_owned());
    let http = given(&settings.http_proxy);
    let https = given(&settings.https_proxy).or_else(|| of_env("HTTPS_PROXY", "https_proxy"));
    let https_attribute = if https.is_some() { "https_proxy" } else { "http_proxy" };
    Ok(Transport {
        https_proxy: proxy(https_attribute, https.or_else(|| http.clone()), ProxyConfig::https)?,
        http_proxy: proxy(
            "http_proxy",
            http.or_else(|| of_env("HTTP_PROXY", "http_proxy")),
            ProxyConfig::http,
        )?,
        ca_bundle: ca_bundle(settings, env, profile_bundle)?,
    })
}

fn ca_bundle(
    settings: &Settings,
    env: Env<'_>,
    profile_bundle: Option<String>,
) -> Result<Option<Vec<u8>>, ConfigError> {
    let file = settings.custom_ca_bundle.clone().or_else(|| env("AWS_CA_BUNDLE")).or(profile_bundle);
    let Some(file) = file else { return Ok(None) };
    let wrong = |why: String| {
        let detail = format!(
            "The certificates in {file} cannot be used: {why}. The file (custom_ca_bundle, AWS_CA_BUNDLE or ca_bundle in the profile) holds certificates in PEM."
        );
        ConfigError::at("custom_ca_bundle", "Unreadable CA bundle", detail)
    };
    let pem = std::fs::read(Path::new(&file)).map_err(|error| wrong(error.to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(format!("{error:?}")))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(Some(pem))
}

/// How often to try, and in which mode: the configuration, else the environment, else the profile, else the
/// AWS provider's 25 retries.
pub(crate) fn retries(
    settings: &Settings,
    env: Env<'_>,
    profile: &dyn Fn(&str) -> Option<String>,
) -> Result<(u32, bool), ConfigError> {
    let attempts = match (settings.max_retries, env("AWS_MAX_ATTEMPTS").or_else(|| profile("max_attempts"))) {
        (Some(retries), _) => retries.saturating_add(1),
        (None, None) => 26,
        (None, Some(attempts)) => match attempts.trim().parse() {
            Ok(attempts) if attempts > 0 => attempts,
            _ => {
                let detail = format!(
                    "AWS_MAX_ATTEMPTS (or max_attempts of the profile) is {attempts:?}, which is not a number of attempts."
                );
                return Err(ConfigError::at("max_retries", "Invalid number of attempts", detail));
            }
        },
    };
    let mode =
        settings.retry_mode.clone().or_else(|| env("AWS_RETRY_MODE")).or_else(|| profile("retry_mode"));
    match mode.as_deref() {
        None | Some("standard") => Ok((attempts, false)),
        // The AWS CLI's old default. It is right for the tools that know it, and they share the variable and the files
        // with this provider, so it is no error; `standard` retries all that it does.
        Some("legacy") => {
            tracing::info!("the retry mode \"legacy\" is botocore's own; \"standard\" is used");
            Ok((attempts, false))
        }
        Some("adaptive") => Ok((attempts, true)),
        Some(mode) => Err(ConfigError::at(
            "retry_mode",
            "Invalid retry mode",
            format!(
                "The retry mode (retry_mode, AWS_RETRY_MODE or retry_mode of the profile) is {mode:?}; it can be standard or adaptive."
            ),
        )),
    }
}

/// The account may be worked in.
pub(crate) fn account(settings: &Settings, account_id: Option<&str>) -> Result<(), ConfigError> {
    let (allowed, forbidden) = (&settings.allowed_account_ids, &settings.forbidden_account_ids);
    if allowed.is_empty() && forbidden.is_empty() {
        return Ok(());
    }
    let attribute = if allowed.is_empty() { "forbidden_account_ids" } else { "allowed_account_ids" };
    let Some(id) = account_id else {
        let detail = "Which account the credentials belong to is not known, because both skip_credentials_validation and skip_requesting_account_id are set. Take one of them away.";
        return Err(ConfigError::at(attribute, "Account not known", detail));
    };
    if forbidden.iter().any(|forbidden| forbidden == id) {
        let detail =
            format!("The credentials belong to the account {id}, which forbidden_account_ids names.");
        Err(ConfigError::at("forbidden_account_ids", "Account forbidden", detail))
    } else if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == id) {
        let detail =
            format!("The credentials belong to the account {id}, which allowed_account_ids does not name.");
        Err(ConfigError::at("allowed_account_ids", "Account not allowed", detail))
    } else {
        Ok(())
    }
}

/// The partition of a Region, where no ARN tells it. From the table of partitions in the AWS SDKs.
pub(crate) fn partition(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-iso-", "aws-iso"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Env<'static> = &|_| None;

    fn at<T>(result: Result<T, ConfigError>) -> Option<String> {
        result.err().and_then(|error| error.attribute)
    }

    #[test]
    fn regions() {
        let check = |name: &str, ok: bool| assert_eq!(region(name).is_ok(), ok, "{name}");
        check("eu-central-1", true);
        check("us-isob-east-1", true);
        check("local", true);
        check("eu-central-1a", false);
        check("EU-central-1", false);
        check("eu central 1", false);
        check("", false);
    }

    #[test]
    fn proxies() {
        fn check(http: Option<&str>, https: Option<&str>, env: Env<'_>, expect: (bool, bool)) {
            let settings = Settings {
                http_proxy: http.map(Into::into),
                https_proxy: https.map(Into::into),
                ..Settings::default()
            };
            let transport = transport(&settings, env, None).unwrap();
            let used = (!transport.http_proxy.is_disabled(), !transport.https_proxy.is_disabled());
            assert_eq!(used, expect, "{http:?} {https:?}");
        }
        check(None, None, NONE, (false, false));
        check(Some("http://p:1"), None, NONE, (true, true));
        check(None, Some("http://p:1"), NONE, (false, true));
        check(None, None, &|name| (name == "https_proxy").then(|| "http://p:1".to_owned()), (false, true));
        check(None, None, &|name| (name == "HTTP_PROXY").then(|| "http://p:1".to_owned()), (true, false));

        let wrong = Settings { https_proxy: Some("user:hunter2@proxy:1".into()), ..Settings::default() };
        let error = transport(&wrong, NONE, None).unwrap_err();
        assert_eq!(error.attribute.as_deref(), Some("https_proxy"));
        assert!(!error.detail.contains("hunter2"), "{error}");
    }

    #[test]
    fn ca_bundles() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, content: Option<&str>, why: &str| {
            let file = folder.path().join(name);
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let bundle = Some(file.to_str().unwrap().to_owned());
            let settings = Settings { custom_ca_bundle: bundle, ..Settings::default() };
            let error = transport(&settings, NONE, None).unwrap_err();
            assert_eq!(error.attribute.as_deref(), Some("custom_ca_bundle"), "{name}");
            assert!(error.detail.contains(why), "{error}");
        };
        check("missing", None, "No such file");
        check("empty", Some(""), "there is no certificate in it");
        check(
            "garbage",
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate",
        );
    }

    #[test]
    fn retry_settings() {
        fn check(settings: &Settings, env: &[(&str, &str)], expect: Result<(u32, bool), &str>) {
            let env =
                |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            let result = retries(settings, &env, &|_| None);
            assert_eq!(result.map_err(|error| error.attribute.unwrap()), expect.map_err(str::to_owned));
        }
        let set = |max_retries, mode: Option<&str>| Settings {
            max_retries,
            retry_mode: mode.map(str::to_owned),
            ..Settings::default()
        };
        check(&set(None, None), &[], Ok((26, false)));
        check(&set(Some(0), None), &[("AWS_MAX_ATTEMPTS", "7")], Ok((1, false)));
        check(&set(None, None), &[("AWS_MAX_ATTEMPTS", "7"), ("AWS_RETRY_MODE", "adaptive")], Ok((7, true)));
        check(&set(None, Some("standard")), &[("AWS_RETRY_MODE", "adaptive")], Ok((26, false)));
        check(&set(None, None), &[("AWS_MAX_ATTEMPTS", "0")], Err("max_retries"));
        check(&set(None, None), &[("AWS_MAX_ATTEMPTS", "x")], Err("max_retries"));
        check(&set(None, Some("patient")), &[], Err("retry_mode"));
        check(&set(None, None), &[("AWS_RETRY_MODE", "patient")], Err("retry_mode"));
        check(&set(None, None), &[("AWS_RETRY_MODE", "legacy")], Ok((26, false)));
    }

    #[test]
    fn accounts() {
        fn check(allowed: &[&str], forbidden: &[&str], id: Option<&str>, expect: Option<&str>) {
            let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            let settings = Settings {
                allowed_account_ids: list(allowed),
                forbidden_account_ids: list(forbidden),
                ..Settings::default()
            };
            assert_eq!(at(account(&settings, id)).as_deref(), expect);
        }
        check(&[], &[], None, None);
        check(&["1"], &[], Some("1"), None);
        check(&["1"], &[], Some("2"), Some("allowed_account_ids"));
        check(&[], &["2"], Some("2"), Some("forbidden_account_ids"));
        check(&[], &["2"], Some("1"), None);
        check(&["1"], &[], None, Some("allowed_account_ids"));
        check(&[], &["1"], None, Some("forbidden_account_ids"));
    }

    #[test]
    fn partitions() {
        let check = |region: &str, expect: &str| assert_eq!(partition(region), expect);
        check("eu-central-1", "aws");
        check("cn-north-1", "aws-cn");
        check("us-gov-west-1", "aws-us-gov");
        check("us-iso-east-1", "aws-iso");
        check("us-isob-east-1", "aws-iso-b");
    }
}
