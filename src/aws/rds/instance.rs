//! The instances of a cluster.

use std::collections::HashMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbInstance;

use super::super::call::{Freshness, RECENT, lists, send};
use super::super::error::Result;
use super::{DomainMembership, PAGE, RDS, Rds, filter, memberships};

/// An instance as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// The identifier, which AWS keeps in lower case.
    pub identifier: String,
    /// The cluster.
    pub cluster_identifier: String,
    /// `available`, `rebooting`, `modifying`, …
    pub status: String,
    /// `db.r6g.large`, `db.serverless`, …
    pub class: String,
    /// The engine.
    pub engine: String,
    /// The version that this instance runs.
    pub engine_version: String,
    /// The VPC.
    pub vpc_id: Option<String>,
    /// The security groups.
    pub security_group_ids: Vec<String>,
    /// The memberships that AWS shows on the instance.
    pub memberships: Vec<DomainMembership>,
}

impl Rds {
    /// The instances of a cluster in the order of their names; none where the cluster has none or does not
    /// exist.
    pub async fn list_instances(&self, cluster: &str, freshness: Freshness) -> Result<Vec<Instance>> {
        let key = cluster.to_ascii_lowercase();
        let found = match freshness {
            Freshness::Now => self.instances.find(&key).await?,
            Freshness::Recent => self.recent_instances.find_recent(&key, RECENT).await?,
        };
        Ok(found.unwrap_or_default())
    }

    /// Asks for the reboot of one instance. The request is not repeated after an
    /// [ambiguous](super::super::Error::ambiguous) failure, so that no instance is rebooted twice.
    pub async fn reboot_instance(&self, instance: &str) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self.client.reboot_db_instance().db_instance_identifier(instance);
        send!(RDS, "RebootDBInstance", request, once aws_sdk_rds::config::Builder).map(drop)
    }
}

pub(super) async fn describe(
    client: Client,
    clusters: Vec<String>,
) -> Result<HashMap<String, Vec<Instance>>> {
    match of_clusters(&client, clusters.clone()).await {
        Err(error) if error.not_found() && clusters.len() > 1 => {
            let mut answer = HashMap::new();
            for cluster in clusters {
                match of_clusters(&client, vec![cluster]).await {
                    Err(error) if error.not_found() => {}
                    found => answer.extend(found?),
                }
            }
            Ok(answer)
        }
        Err(error) if error.not_found() => Ok(HashMap::new()),
        found => found,
    }
}

async fn of_clusters(client: &Client, clusters: Vec<String>) -> Result<HashMap<String, Vec<Instance>>> {
    let request = client.describe_db_instances().filters(filter("db-cluster-id", clusters)).max_records(PAGE);
    Ok(by_cluster(lists!(RDS, "DescribeDBInstances", request, db_instances)?))
}

pub(super) fn by_cluster(found: Vec<DbInstance>) -> HashMap<String, Vec<Instance>> {
    let mut answer: HashMap<String, Vec<Instance>> = HashMap::new();
    for instance in found.into_iter().filter_map(from_aws) {
        answer.entry(instance.cluster_identifier.to_ascii_lowercase()).or_default().push(instance);
    }
    for instances in answer.values_mut() {
        instances.sort_by(|a, b| a.identifier.cmp(&b.identifier));
    }
    answer
}

fn from_aws(found: DbInstance) -> Option<Instance> {
    let groups = found.vpc_security_groups.unwrap_or_default().into_iter();
    Some(Instance {
        identifier: found.db_instance_identifier?,
        cluster_identifier: found.db_cluster_identifier?,
        status: found.db_instance_status.unwrap_or_default(),
        class: found.db_instance_class.unwrap_or_default(),
        engine: found.engine.unwrap_or_default(),
        engine_version: found.engine_version.unwrap_or_default(),
        vpc_id: found.db_subnet_group.and_then(|group| group.vpc_id),
        security_group_ids: groups.filter_map(|group| group.vpc_security_group_id).collect(),
        memberships: memberships(found.domain_memberships),
    })
}
