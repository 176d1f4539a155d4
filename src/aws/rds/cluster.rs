//! Aurora clusters.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbCluster;

use super::super::call::{Freshness, RECENT, pages, send};
use super::super::error::Result;
use super::{DomainMembership, PAGE, RDS, Rds, filter, memberships};

/// A cluster as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The identifier, which AWS keeps in lower case.
    pub identifier: String,
    /// The ARN.
    pub arn: String,
    /// `available`, `modifying`, `creating`, …
    pub status: String,
    /// `aurora-postgresql`, `aurora-mysql`, or the engine of a Multi-AZ cluster that is not Aurora.
    pub engine: String,
    /// The version, such as `16.4` or `8.0.mysql_aurora.3.08.0`.
    pub engine_version: String,
    /// `provisioned`, `serverless`, …
    pub engine_mode: Option<String>,
    /// The DB subnet group, which lies in the cluster's VPC.
    pub subnet_group: Option<String>,
    /// The writer's address.
    pub endpoint: Option<String>,
    /// The readers' address.
    pub reader_endpoint: Option<String>,
    /// The port.
    pub port: Option<i32>,
    /// The instances.
    pub members: Vec<Member>,
    /// The memberships that AWS shows on the cluster itself.
    pub memberships: Vec<DomainMembership>,
}

/// An instance's place in its cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The instance.
    pub instance_identifier: String,
    /// Whether it is the writer.
    pub writer: bool,
}

/// A cluster or an instance that has a membership in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainUser {
    /// The cluster; none for an instance of no cluster.
    pub cluster_identifier: Option<String>,
    /// The instance that the membership shows on; none where it shows on the cluster.
    pub instance_identifier: Option<String>,
    /// The membership's status.
    pub status: String,
}

impl Rds {
    /// The cluster, or none where it does not exist.
    pub async fn find_cluster(&self, identifier: &str, freshness: Freshness) -> Result<Option<Cluster>> {
        let key = identifier.to_ascii_lowercase();
        match freshness {
            Freshness::Now => self.clusters.find(&key).await,
            Freshness::Recent => self.recent_clusters.find_recent(&key, RECENT).await,
        }
    }

    /// The identifiers of the clusters that have any membership, on themselves or on an instance, in a
    /// directory.
    pub async fn list_clusters_in_domain(&self, directory_id: &str) -> Result<Vec<String>> {
        let users = self.list_domain_users(directory_id).await?;
        let names: BTreeSet<String> = users.into_iter().filter_map(|user| user.cluster_identifier).collect();
        Ok(names.into_iter().collect())
    }

    /// Everything that has a membership in a directory: clusters, their instances, and instances of no cluster.
    pub async fn list_domain_users(&self, directory_id: &str) -> Result<Vec<DomainUser>> {
        let domain = || filter("domain", vec![directory_id.to_owned()]);
        let status = |found: Option<Vec<aws_sdk_rds::types::DomainMembership>>| {
            memberships(found).into_iter().find(|one| one.domain == directory_id).map(|one| one.status)
        };
        let clusters: Vec<DbCluster> = pages!(
            RDS,
            "DescribeDBClusters",
            self.client.describe_db_clusters().filters(domain()).max_records(PAGE)
        )?;
        let instances: Vec<aws_sdk_rds::types::DbInstance> = pages!(
            RDS,
            "DescribeDBInstances",
            self.client.describe_db_instances().filters(domain()).max_records(PAGE)
        )?;
        let on_clusters = clusters.into_iter().filter_map(|found| {
            Some(DomainUser {
                status: status(found.domain_memberships)?,
                cluster_identifier: found.db_cluster_identifier,
                instance_identifier: None,
            })
        });
        let on_instances = instances.into_iter().filter_map(|found| {
            Some(DomainUser {
                status: status(found.domain_memberships)?,
                cluster_identifier: found.db_cluster_identifier,
                instance_identifier: found.db_instance_identifier,
            })
        });
        Ok(on_clusters.chain(on_instances).collect())
    }

    /// Joins the cluster to a directory. Sent again with the same directory, it is AWS's own cure for a join
    /// that failed.
    pub async fn join_domain(
        &self,
        cluster: &str,
        directory_id: &str,
        iam_role_name: &str,
        apply_immediately: bool,
    ) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .modify_db_cluster()
            .db_cluster_identifier(cluster)
            .domain(directory_id)
            .domain_iam_role_name(iam_role_name)
            .apply_immediately(apply_immediately);
        send!(RDS, "ModifyDBCluster", request).map(drop)
    }

    /// Takes the cluster out of its domain. For a cluster this is the domain `none`; the switch that instances
    /// have for it does not exist.
    pub async fn leave_domain(&self, cluster: &str, apply_immediately: bool) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .modify_db_cluster()
            .db_cluster_identifier(cluster)
            .domain("none")
            .apply_immediately(apply_immediately);
        send!(RDS, "ModifyDBCluster", request).map(drop)
    }
}

/// One cluster is asked for by its name, which policies can allow by its ARN; several by a filter. Should AWS
/// refuse the filter for the sake of an unknown name, each is asked for by itself.
pub(super) async fn describe(client: Client, ids: Vec<String>) -> Result<HashMap<String, Cluster>> {
    if let [id] = ids.as_slice() {
        return single(&client, id).await;
    }
    let request =
        client.describe_db_clusters().filters(filter("db-cluster-id", ids.clone())).max_records(PAGE);
    let found: Result<Vec<DbCluster>> = pages!(RDS, "DescribeDBClusters", request);
    match found {
        Ok(found) => Ok(by_identifier(found)),
        Err(error) if error.not_found() => {
            let mut answer = HashMap::new();
            for id in &ids {
                answer.extend(single(&client, id).await?);
            }
            Ok(answer)
        }
        Err(error) => Err(error),
    }
}

async fn single(client: &Client, id: &str) -> Result<HashMap<String, Cluster>> {
    match send!(RDS, "DescribeDBClusters", client.describe_db_clusters().db_cluster_identifier(id)) {
        Ok(output) => Ok(by_identifier(output.db_clusters.unwrap_or_default())),
        Err(error) if error.not_found() => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

pub(super) fn by_identifier(found: Vec<DbCluster>) -> HashMap<String, Cluster> {
    found
        .into_iter()
        .filter_map(from_aws)
        .map(|cluster| (cluster.identifier.to_ascii_lowercase(), cluster))
        .collect()
}

fn from_aws(found: DbCluster) -> Option<Cluster> {
    let members = found.db_cluster_members.unwrap_or_default().into_iter().filter_map(|member| {
        Some(Member {
            instance_identifier: member.db_instance_identifier?,
            writer: member.is_cluster_writer.unwrap_or_default(),
        })
    });
    Some(Cluster {
        identifier: found.db_cluster_identifier?,
        arn: found.db_cluster_arn.unwrap_or_default(),
        status: found.status.unwrap_or_default(),
        engine: found.engine.unwrap_or_default(),
        engine_version: found.engine_version.unwrap_or_default(),
        engine_mode: found.engine_mode,
        subnet_group: found.db_subnet_group,
        endpoint: found.endpoint,
        reader_endpoint: found.reader_endpoint,
        port: found.port,
        members: members.collect(),
        memberships: memberships(found.domain_memberships),
    })
}
