//! The shared files and their profiles.

use std::path::PathBuf;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::check::ConfigError;
use super::error::chain;
use super::settings::Settings;

/// The files that the configuration names, else those of the environment, else those in the home folder.
pub(crate) fn files(settings: &Settings) -> EnvConfigFiles {
    let (configs, credentials) = (&settings.shared_config_files, &settings.shared_credentials_files);
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(configs.is_empty())
        .include_default_credentials_file(credentials.is_empty());
    for (kind, names) in [(EnvConfigFileKind::Config, configs), (EnvConfigFileKind::Credentials, credentials)]
    {
        for name in names {
            files = files.with_file(kind, PathBuf::from(name));
        }
    }
    files.build()
}

/// The profiles, with the selected one among them where it has a name: aws-config passes over one that does not exist and
/// goes on with other credentials, which may be those of another account.
pub(crate) async fn load(files: &EnvConfigFiles, name: Option<&str>) -> Result<ProfileSet, ConfigError> {
    let selected = name.map(|name| name.to_owned().into());
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), files, selected)
        .await
        .map_err(|error| unreadable(&chain(&error)))?;
    match name {
        Some(name) if profiles.get_profile(name).is_none() => {
            let detail = format!(
                "The shared files have no profile {name:?} (from profile or AWS_PROFILE). {}",
                known(&profiles)
            );
            Err(ConfigError::at("profile", "Unknown profile", detail))
        }
        _ => Ok(profiles),
    }
}

/// The error of a shared file. The SDK tells the line; at the first one, an invisible mark before it is the likeliest.
fn unreadable(told: &str) -> ConfigError {
    let first = told.split_once("error parsing ").and_then(|(_, rest)| rest.split_once(" on line 1:"));
    let is_marked =
        |file: &&str| std::fs::read(file).is_ok_and(|text| text.starts_with("\u{feff}".as_bytes()));
    let detail = match first.map(|(file, _)| file).filter(is_marked) {
        Some(file) => format!(
            "{file} begins with a byte order mark, which some editors write and AWS's tools do not read. Save the file as UTF-8 without it."
        ),
        None => told.to_owned(),
    };
    ConfigError::at("shared_config_files", "Unreadable shared files", detail)
}

/// Which profiles there are, for a message about one that there is not.
pub(crate) fn known(profiles: &ProfileSet) -> String {
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    format!("They have: {}.", if names.is_empty() { "none".to_owned() } else { names.join(", ") })
}
