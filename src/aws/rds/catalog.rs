//! What RDS offers: whether instance classes support Kerberos.

use std::collections::HashMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::OrderableDbInstanceOption;

use super::super::call::{RECENT, pages};
use super::super::error::Result;
use super::{PAGE, RDS, Rds};

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

/// What is asked about: an engine, its version and an instance class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    engine: String,
    version: String,
    class: String,
}

impl Rds {
    /// Whether an instance class supports Kerberos with an engine version.
    pub async fn kerberos_support(
        &self,
        engine: &str,
        version: &str,
        class: &str,
    ) -> Result<KerberosSupport> {
        let key = Key { engine: engine.to_owned(), version: version.to_owned(), class: class.to_owned() };
        let found = self.catalog.find_recent(&key, RECENT).await?;
        Ok(found.unwrap_or(KerberosSupport::Unknown))
    }
}

pub(super) async fn describe(client: Client, keys: Vec<Key>) -> Result<HashMap<Key, KerberosSupport>> {
    let mut answer = HashMap::new();
    for key in keys {
        let support = support_of(&client, &key).await?;
        answer.insert(key, support);
    }
    Ok(answer)
}

async fn support_of(client: &Client, key: &Key) -> Result<KerberosSupport> {
    let request = client
        .describe_orderable_db_instance_options()
        .engine(&key.engine)
        .engine_version(&key.version)
        .db_instance_class(&key.class)
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
