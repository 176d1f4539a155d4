//! What RDS offers: engine versions and instance classes.

use std::collections::HashMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::OrderableDbInstanceOption;

use super::super::call::{RECENT, pages};
use super::super::error::Result;
use super::{PAGE, RDS, Rds};

/// An engine version that RDS offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// The engine.
    pub engine: String,
    /// The version.
    pub version: String,
    /// The major version, where AWS gives it.
    pub major_version: Option<String>,
    /// `available` or `deprecated`.
    pub status: Option<String>,
}

/// What DescribeOrderableDBInstanceOptions says of Kerberos on an engine version and instance class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KerberosSupport {
    /// At least one orderable option supports it.
    Supported,
    /// None does. AWS does not document how it answers for Aurora, so this is no proof.
    Unsupported,
    /// AWS offers no such combination, or does not say.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Version { engine: String, version: String },
    Kerberos { engine: String, version: String, class: String },
}

#[derive(Clone, Debug)]
pub(super) enum Entry {
    Version(EngineVersion),
    Kerberos(KerberosSupport),
}

impl Rds {
    /// The engine version, or none where RDS does not offer it in this Region.
    pub async fn find_engine_version(&self, engine: &str, version: &str) -> Result<Option<EngineVersion>> {
        let key = Key::Version { engine: engine.to_owned(), version: version.to_owned() };
        match self.catalog.find_recent(&key, RECENT).await? {
            Some(Entry::Version(version)) => Ok(Some(version)),
            _ => Ok(None),
        }
    }

    /// Whether an instance class supports Kerberos with an engine version.
    pub async fn kerberos_support(
        &self,
        engine: &str,
        version: &str,
        class: &str,
    ) -> Result<KerberosSupport> {
        let (engine, version, class) = (engine.to_owned(), version.to_owned(), class.to_owned());
        match self.catalog.find_recent(&Key::Kerberos { engine, version, class }, RECENT).await? {
            Some(Entry::Kerberos(support)) => Ok(support),
            _ => Ok(KerberosSupport::Unknown),
        }
    }
}

pub(super) async fn describe(client: Client, keys: Vec<Key>) -> Result<HashMap<Key, Entry>> {
    let mut answer = HashMap::new();
    for key in keys {
        let entry = match &key {
            Key::Version { engine, version } => {
                version_of(&client, engine, version).await?.map(Entry::Version)
            }
            Key::Kerberos { engine, version, class } => {
                Some(Entry::Kerberos(support_of(&client, engine, version, class).await?))
            }
        };
        if let Some(entry) = entry {
            answer.insert(key, entry);
        }
    }
    Ok(answer)
}

async fn version_of(client: &Client, engine: &str, version: &str) -> Result<Option<EngineVersion>> {
    // Without `include_all` AWS hides versions that run but can no longer be ordered.
    let request =
        client.describe_db_engine_versions().engine(engine).engine_version(version).include_all(true);
    let found: Vec<aws_sdk_rds::types::DbEngineVersion> = pages!(RDS, "DescribeDBEngineVersions", request)?;
    Ok(found.into_iter().find(|found| found.engine_version.as_deref() == Some(version)).map(|found| {
        EngineVersion {
            engine: found.engine.unwrap_or_else(|| engine.to_owned()),
            version: version.to_owned(),
            major_version: found.major_engine_version,
            status: found.status,
        }
    }))
}

async fn support_of(client: &Client, engine: &str, version: &str, class: &str) -> Result<KerberosSupport> {
    let request = client
        .describe_orderable_db_instance_options()
        .engine(engine)
        .engine_version(version)
        .db_instance_class(class)
        .max_records(PAGE);
    let found: Vec<OrderableDbInstanceOption> = pages!(RDS, "DescribeOrderableDBInstanceOptions", request)?;
    let answers: Vec<bool> =
        found.iter().filter_map(|option| option.supports_kerberos_authentication).collect();
    Ok(match answers.as_slice() {
        [] => KerberosSupport::Unknown,
        answers if answers.contains(&true) => KerberosSupport::Supported,
        _ => KerberosSupport::Unsupported,
    })
}
