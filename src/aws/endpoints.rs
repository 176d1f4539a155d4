//! Where each service is: the provider block, else the environment, else the shared files, else AWS's own rules.
//!
//! The SDK would read the environment and the shared files by itself. It takes whatever stands there, and what is no
//! URL comes to light in the middle of a call, so they are read here, and checked by the rules of the block.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::property::PropertiesKey;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::check::{ConfigError, Env};
use super::codes::{DIRECTORY_SERVICE, EC2, IAM, RDS, STS, TAGGING};
use super::redact;
use super::settings::{Endpoints, Settings};

/// The services that aws-config calls to get credentials, by their ids. It reads their endpoints itself, as it does
/// that of STS for the roles of profiles.
const OF_CREDENTIALS: [&str; 4] = [STS, "SSO", "SSO OIDC", "Signin"];

/// Every endpoint of the provider block is an http or https URL with a host.
pub(crate) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let all = settings.endpoints.each().map(|(service, given)| (format!("endpoints[0].{service}"), given));
    let metadata = settings.ec2_metadata_service_endpoint.as_deref();
    for (attribute, given) in all.into_iter().chain([("ec2_metadata_service_endpoint".to_owned(), metadata)])
    {
        if let Some(Err(why)) = given.map(url) {
            let detail = wrong(given.unwrap_or_default(), why);
            return Err(ConfigError::at(attribute, "Invalid endpoint", format!("{detail}.")));
        }
    }
    Ok(())
}

/// The endpoint of each service; none where AWS's own rules have it.
pub(crate) fn resolve(
    given: &Endpoints,
    env: Env<'_>,
    profiles: &ProfileSet,
) -> Result<Endpoints, ConfigError> {
    if super::check::flag(env, profiles, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")? == Some(true) {
        return Ok(given.clone());
    }
    for id in OF_CREDENTIALS {
        configured(id, env, profiles)?;
    }
    let of = |given: &Option<String>, id: &str| match given {
        Some(given) => Ok(Some(given.clone())),
        None => configured(id, env, profiles),
    };
    Ok(Endpoints {
        ds: of(&given.ds, DIRECTORY_SERVICE)?,
        ec2: of(&given.ec2, EC2)?,
        iam: of(&given.iam, IAM)?,
        rds: of(&given.rds, RDS)?,
        resourcegroupstaggingapi: of(&given.resourcegroupstaggingapi, TAGGING)?,
        sts: of(&given.sts, STS)?,
    })
}

/// What the environment says of a service, or of all; else what the profile does (AWS SDKs and Tools Reference Guide,
/// *Service-specific endpoints*). An empty value counts as none.
fn configured(id: &str, env: Env<'_>, profiles: &ProfileSet) -> Result<Option<String>, ConfigError> {
    let of_env = |name: String| env(&name).map(|found| (found, format!("{name} in the environment")));
    let found = of_env(format!("AWS_ENDPOINT_URL_{}", id.to_uppercase().replace(' ', "_")))
        .or_else(|| of_env("AWS_ENDPOINT_URL".to_owned()))
        .or_else(|| of_services(id, profiles))
        .or_else(|| {
            let found = profiles.get("endpoint_url").filter(|found| !found.is_empty())?;
            Some((found.to_owned(), format!("endpoint_url of the profile {:?}", profiles.selected_profile())))
        });
    let Some((found, place)) = found else { return Ok(None) };
    match url(&found) {
        Ok(()) => Ok(Some(found)),
        Err(why) => {
            let detail = format!(
                "{place}: {}. Write it like https://service.eu-central-1.amazonaws.com, or take it away: AWS's own endpoint is then used.",
                wrong(&found, why)
            );
            Err(ConfigError { attribute: None, summary: "Invalid endpoint", detail })
        }
    }
}

/// What the services section that the profile names says of a service. AWS's guide writes `directory_service`; the SDK
/// reads `directory-service`.
fn of_services(id: &str, profiles: &ProfileSet) -> Option<(String, String)> {
    let section = profiles.get("services").filter(|section| !section.is_empty())?;
    ["_", "-"].iter().find_map(|space| {
        let service = id.to_lowercase().replace(' ', space);
        let place =
            format!("endpoint_url of {service} in the section [services {section}] of the shared files");
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(section)
            .property_name(service)
            .sub_property_name("endpoint_url")
            .build()
            .ok()?;
        let found = profiles.other_sections().get(&key).filter(|found| !found.is_empty())?;
        Some((found.clone(), place))
    })
}

fn wrong(given: &str, why: &str) -> String {
    format!("{:?} is not a URL of an endpoint: {why}", redact::address(given))
}

/// An http or https URL with a host, which the SDK can read.
pub(crate) fn url(url: &str) -> Result<(), &'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return Err("it begins with neither https:// nor http://") };
    if rest.is_empty() || rest.starts_with(['/', ':', '?', '#']) {
        Err("it names no host")
    } else if rest.contains(char::is_whitespace) {
        Err("it contains a space")
    } else if HttpRequest::empty().uri_mut().set_endpoint(url).is_err() {
        Err("it cannot be read as a URL")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_config::profile;
    use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
    use aws_types::os_shim_internal::{Env as SdkEnv, Fs};

    use super::*;

    #[test]
    fn endpoint_urls() {
        fn check(endpoint: &str, expect: Option<&str>) {
            let mut settings = Settings::default();
            settings.endpoints.rds = Some(endpoint.to_owned());
            let error = super::check(&settings).err();
            assert_eq!(
                error.as_ref().and_then(|error| error.attribute.as_deref()),
                expect,
                "{endpoint} {error:?}"
            );
            assert!(error.is_none_or(|error| !error.detail.contains("hunter2")), "{endpoint}");
        }
        check("http://localhost:4566", None);
        check("https://rds.example.com/path", None);
        check("localhost:4566", Some("endpoints[0].rds"));
        check("", Some("endpoints[0].rds"));
        check("https://", Some("endpoints[0].rds"));
        check("https://:80", Some("endpoints[0].rds"));
        check("https://a b", Some("endpoints[0].rds"));
        check("https://a\u{1}b", Some("endpoints[0].rds"));
        check("https://a:b:c", Some("endpoints[0].rds"));
        check("https://user:hunter2@a b", Some("endpoints[0].rds"));
        check("user:hunter2@host", Some("endpoints[0].rds"));
    }

    /// `ds`, `ec2` and `sts` as they are resolved, or the error.
    async fn resolved(vars: &[(&str, &str)], config: &str) -> Result<[Option<String>; 3], ConfigError> {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        let profiles = profile::load(&Fs::real(), &SdkEnv::from(HashMap::new()), &files, None).await.unwrap();
        let env =
            |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let given = Endpoints { ec2: Some("http://given".to_owned()), ..Endpoints::default() };
        let found = resolve(&given, &env, &profiles)?;
        Ok([found.ds, found.ec2, found.sts])
    }

    #[tokio::test]
    async fn the_nearest_place_wins() {
        const PROFILE: &str = "[default]\nendpoint_url = http://profile\nservices = here\n[services here]\ndirectory_service =\n  endpoint_url = http://section\n";
        async fn check(vars: &[(&str, &str)], config: &str, expect: [&str; 3]) {
            let found = resolved(vars, config).await.unwrap();
            assert_eq!(found.map(Option::unwrap_or_default), expect, "{vars:?}");
        }
        check(&[], "", ["", "http://given", ""]).await;
        check(&[], PROFILE, ["http://section", "http://given", "http://profile"]).await;
        let dashed = PROFILE.replace("directory_service", "directory-service");
        check(&[], &dashed, ["http://section", "http://given", "http://profile"]).await;
        let all = ("AWS_ENDPOINT_URL", "http://all");
        check(&[all], PROFILE, ["http://all", "http://given", "http://all"]).await;
        let own = ("AWS_ENDPOINT_URL_DIRECTORY_SERVICE", "http://own");
        check(&[all, own], PROFILE, ["http://own", "http://given", "http://all"]).await;
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
        check(&[ignored, ("AWS_ENDPOINT_URL", "foo")], PROFILE, ["", "http://given", ""]).await;
    }

    #[tokio::test]
    async fn what_is_no_url_is_named_by_its_place() {
        async fn check(vars: &[(&str, &str)], config: &str, expect: &str) {
            let error = resolved(vars, config).await.unwrap_err();
            assert!(error.detail.starts_with(expect), "{error}");
        }
        check(
            &[("AWS_ENDPOINT_URL_STS", "foo")],
            "",
            "AWS_ENDPOINT_URL_STS in the environment: \"foo\" is not a URL of an endpoint: it begins with neither",
        )
        .await;
        check(
            &[("AWS_ENDPOINT_URL", "http://user:TOPSECRET@127.0.0.1:9/a b")],
            "",
            "AWS_ENDPOINT_URL in the environment: \"http://(secret)@127.0.0.1:9/a b\" is not a URL of an endpoint: it contains a space",
        )
        .await;
        check(&[("AWS_ENDPOINT_URL_SSO_OIDC", "foo")], "", "AWS_ENDPOINT_URL_SSO_OIDC in the environment: ")
            .await;
        check(&[], "[default]\nendpoint_url = foo\n", "endpoint_url of the profile \"default\": \"foo\"")
            .await;
        check(
            &[],
            "[default]\nservices = s\n[services s]\nrds =\n  endpoint_url = foo\n",
            "endpoint_url of rds in the section [services s] of the shared files: \"foo\"",
        )
        .await;
        check(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "maybe")], "", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .await;
    }
}
