//! The provider: its configuration and what it offers.

mod config;

use tf_provider::framework::{
    Config, Configuration, Configured, Diagnostics, Failure, Provider, Registry, validate,
};
use tf_provider::value::{Path, Step};

use crate::aws::{self, Aws, ConfigError, Settings, UnknownTags};
use crate::{data_sources, functions, resources};

pub use config::ProviderConfig;

/// The provider `aurorakerberos/aurorakerberos`.
#[derive(Debug, Clone, Copy)]
pub struct AuroraKerberos;

impl Provider for AuroraKerberos {
    type Config = ProviderConfig;
    type Client = Aws;

    const NAME: &'static str = "aurorakerberos";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ADDRESS: &'static str = "registry.terraform.io/aurorakerberos/aurorakerberos";
    const BINARY: &'static str = "terraform-provider-aurorakerberos";
    const LOG_TARGETS: &'static [&'static str] = &["aurorakerberos"];

    fn validate(&self, config: &Config<'_, ProviderConfig>, found: &mut Diagnostics) {
        validate::at_most_one_of(config.value, &["allowed_account_ids", "forbidden_account_ids"], found);
        validate::requires(config.value, "access_key", "secret_key", found);
        validate::requires(config.value, "secret_key", "access_key", found);
        for (index, role) in config.view.assume_role_with_web_identity.known_elements().enumerate() {
            let given = [&role.web_identity_token.is_null(), &role.web_identity_token_file.is_null()];
            if given == [&false, &false] || given == [&true, &true] {
                found.error_at(
                    Path::of("assume_role_with_web_identity").index(index),
                    "Missing or second web identity token",
                    "Exactly one of \"web_identity_token\" and \"web_identity_token_file\" must be set.",
                );
            }
        }
    }

    async fn configure(
        &self,
        configuration: Configuration<ProviderConfig>,
    ) -> Result<Configured<Aws>, Failure> {
        let Configuration { config, unknown, terraform_version } = configuration;
        // Tags decide nothing about whom to talk to, so that a refresh goes on while they are unknown.
        let (of_tags, needed): (Vec<Path>, Vec<Path>) = unknown.into_iter().partition(|path| {
            ["default_tags", "ignore_tags"].iter().any(|tags| Path::of(*tags).contains(path))
        });
        if !needed.is_empty() {
            return Ok(Configured::Waiting(needed));
        }
        config::check_environment()?;
        let is_unknown = |tags: &'static str| of_tags.iter().any(|path| Path::of(tags).contains(path));
        let unknown_tags =
            UnknownTags { default: is_unknown("default_tags"), ignored: is_unknown("ignore_tags") };
        let settings = Settings { unknown_tags, ..config.into_settings(terraform_version) };
        match aws::configure(&settings).await {
            Ok(aws) => Ok(Configured::Ready(aws)),
            Err(error) => Err(misconfigured(&error)),
        }
    }

    fn offer(&self, registry: &mut Registry<Aws>) {
        resources::offer(registry);
        data_sources::offer(registry);
        functions::offer(registry);
    }
}

fn misconfigured(error: &ConfigError) -> Failure {
    let path = error.attribute.as_deref().map(path_of);
    let problem = format!("{}. {}", error.summary, error.detail);
    Failure { path, ..Failure::config(Path::root(), problem) }
}

/// The path that a notation such as `assume_role[0].role_arn` means.
fn path_of(notation: &str) -> Path {
    let mut path = Path::root();
    for part in notation.split('.') {
        let (name, index) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
            Some((name, index)) => (name, index.parse().ok()),
            None => (part, None),
        };
        path = path.attribute(name);
        if let Some(index) = index {
            path = path.then(Step::Index(index));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_become_paths() {
        assert_eq!(path_of("region"), Path::of("region"));
        let path = Path::of("assume_role").index(1).attribute("role_arn");
        assert_eq!(path_of("assume_role[1].role_arn"), path);
    }
}
