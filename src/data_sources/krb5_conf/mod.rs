//! `aurorakerberos_krb5_conf`: the client's file, rendered from arguments and from a directory.
//!
//! [`crate::krb5`] decides what is right and writes the file; here the attributes become its arguments, and its
//! findings diagnostics with paths. What is wrong with a known value is said at validation, with the rest unknown or
//! not. The function of the same name goes through the same steps ([`from_object`]), so that both give the same bytes.

mod arguments;
mod directory;
mod model;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use tf_provider::framework::model::Model;
use tf_provider::framework::schema::Attribute;
use tf_provider::framework::{Config, Context, DataSource, Diagnostics, Failure};
use tf_provider::value::Value;

use crate::aws::Aws;
use crate::krb5::{Scope, render};
use arguments::Gathered;
use directory::Wanted;

use model::Krb5Conf;

/// What only the data source has: it says what to read from AWS.
const OF_THE_DIRECTORY: [&str; 3] = ["directory_id", "include_trusts", "use_dns_ips_as_kdc"];

/// The data source.
pub(crate) struct Krb5Confs;

impl DataSource for Krb5Confs {
    type Client = Aws;
    type Model = Krb5Conf;

    const NAME: &'static str = "krb5_conf";

    fn validate(&self, config: &Config<'_, Krb5Conf>, found: &mut Diagnostics) {
        let view = &config.view;
        if view.use_dns_ips_as_kdc.known() == Some(&true) && view.directory_id.is_null() {
            found.error_at(
                "use_dns_ips_as_kdc",
                "Missing attribute \"directory_id\"",
                "The addresses are those of a directory's DNS servers: set directory_id, or write them into a realm block.",
            );
        }
        let (_, verdict) = Gathered::of(view).parse();
        verdict.report(|_| true, found);
    }

    async fn read(
        &self,
        client: Result<&Aws, Failure>,
        config: Krb5Conf,
        context: &Context,
    ) -> Result<Krb5Conf, Failure> {
        let mut gathered = gathered(&tf_provider::framework::model::AttributeValue::encode(&config))?;
        if let Some(directory_id) = &config.directory_id {
            let wanted = Wanted {
                directory_id,
                include_trusts: config.include_trusts.unwrap_or(true),
                use_dns_ips_as_kdc: config.use_dns_ips_as_kdc.unwrap_or(false),
            };
            gathered.join(directory::read(client?, wanted, context).await?);
        }
        let (file, mut verdict) = gathered.parse();
        let Some(file) = file else {
            return Err(match verdict.problems.as_slice() {
                [(path, message)] => Failure::config(path.clone(), message),
                [(path, _), ..] => Failure::config(path.clone(), verdict.text()),
                [] => Failure::bug("There is neither a file nor a reason."),
            });
        };
        if config.directory_id.is_some() {
            // Validation has said what depends on one value alone.
            let mut found = Diagnostics::new();
            verdict.problems.clear();
            verdict.report(|scope| scope == Scope::Whole, &mut found);
            for warning in found {
                context.warn(warning);
            }
        }
        let text = render(&file);
        let sha256 = hexadecimal(&Sha256::digest(&text));
        Ok(Krb5Conf {
            default_realm: Some(config.default_realm.unwrap_or_else(|| file.default_realm().to_string())),
            realms: file.realms().map(ToString::to_string).collect(),
            id: sha256.clone(),
            content_sha256: sha256,
            content: text,
            ..config
        })
    }
}

/// The arguments that the function has too.
pub(crate) fn function_arguments() -> Vec<Attribute> {
    let mut attributes = Krb5Conf::attributes();
    attributes.retain(|attribute| {
        attribute.behaviour.presence.is_configurable() && !OF_THE_DIRECTORY.contains(&attribute.name)
    });
    attributes
}

/// The file that an object of [`function_arguments`] asks for, all of it known; or what is wrong with it.
pub(crate) fn from_object(object: &Value) -> Result<String, String> {
    let (file, verdict) = gathered(object).map_err(|failure| failure.to_string())?.parse();
    file.map(|file| render(&file)).ok_or_else(|| verdict.text())
}

fn gathered(object: &Value) -> Result<Gathered, Failure> {
    match Krb5Conf::view_of(object) {
        Ok(view) => Ok(Gathered::of(&view)),
        Err(mismatch) => Err(Failure::bug(mismatch.to_string())),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
