//! Conditional forwarders: which DNS servers a directory asks about another domain.

use std::collections::HashMap;

use aws_sdk_directory::Client;

use super::super::call::send;
use super::super::error::{Error, Result};
use super::{Builder, DS, DirectoryService};

/// A conditional forwarder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarder {
    /// The domain whose names are forwarded.
    pub remote_domain_name: String,
    /// The DNS servers, in order.
    pub dns_ip_addrs: Vec<String>,
}

// AWS's operations on forwarders refuse a name that ends with a dot, though those on trusts accept it.
fn bare(domain: &str) -> &str {
    domain.trim_end_matches('.')
}

/// All forwarders of a directory come in one answer.
pub(super) async fn describe(client: Client, ids: Vec<String>) -> Result<HashMap<String, Vec<Forwarder>>> {
    let mut answer = HashMap::new();
    for id in ids {
        let request = client.describe_conditional_forwarders().directory_id(&id);
        let output = match send!(DS, "DescribeConditionalForwarders", request) {
            Ok(output) => output,
            Err(error) if error.not_found() => continue,
            Err(error) => return Err(error),
        };
        let found = output
            .conditional_forwarders
            .ok_or_else(|| Error::incomplete(DS, "DescribeConditionalForwarders", "list of forwarders"))?;
        let forwarders = found.into_iter().map(|found| Forwarder {
            remote_domain_name: found.remote_domain_name.unwrap_or_default(),
            dns_ip_addrs: found.dns_ip_addrs.unwrap_or_default(),
        });
        answer.insert(id, forwarders.collect());
    }
    Ok(answer)
}

impl DirectoryService {
    /// The forwarder, or none where it or the directory does not exist.
    pub async fn find_forwarder(&self, directory_id: &str, remote: &str) -> Result<Option<Forwarder>> {
        let found = self.forwarders.find(&directory_id.to_owned()).await?.unwrap_or_default();
        let is_it = |found: &Forwarder| bare(&found.remote_domain_name).eq_ignore_ascii_case(bare(remote));
        Ok(found.into_iter().find(is_it))
    }

    /// Creates a forwarder.
    pub async fn create_forwarder(&self, directory_id: &str, remote: &str, servers: &[String]) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .create_conditional_forwarder()
            .directory_id(directory_id)
            .remote_domain_name(bare(remote))
            .set_dns_ip_addrs(Some(servers.to_vec()));
        send!(DS, "CreateConditionalForwarder", request, once Builder).map(drop)
    }

    /// Replaces the servers of a forwarder.
    pub async fn update_forwarder(&self, directory_id: &str, remote: &str, servers: &[String]) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .update_conditional_forwarder()
            .directory_id(directory_id)
            .remote_domain_name(bare(remote))
            .set_dns_ip_addrs(Some(servers.to_vec()));
        send!(DS, "UpdateConditionalForwarder", request).map(drop)
    }

    /// Deletes a forwarder.
    pub async fn delete_forwarder(&self, directory_id: &str, remote: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .delete_conditional_forwarder()
            .directory_id(directory_id)
            .remote_domain_name(bare(remote));
        send!(DS, "DeleteConditionalForwarder", request).map(drop)
    }
}
