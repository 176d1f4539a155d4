//! Aurora clusters.

use std::collections::HashMap;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::DbCluster;
use futures_util::future::join_all;

use super::super::call::{Freshness, RECENT, lists, pages, send};
use super::super::error::{Error, Kind, Result};
use super::super::retry::Flight;
use super::{DomainMembership, Instance, PAGE, RDS, Rds, filter, memberships};

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
            Freshness::Now => self.clusters.find(&key).await?,
            Freshness::Recent => self.recent_clusters.find_recent(&key, RECENT).await?,
        }
        .transpose()
    }

    /// The cluster with its instances as a listing shows them, to confirm what is known of it; none where that is
    /// not to be had cheaply.
    pub async fn glance_at_cluster(&self, identifier: &str) -> Option<(Cluster, Vec<Instance>)> {
        self.glance.at(&identifier.to_ascii_lowercase()).await
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
    /// that failed. The flight tells whether a request that was refused in the end may have had an effect: a repeated one
    /// finds the cluster busy with the first.
    pub(crate) async fn join_domain(
        &self,
        cluster: &str,
        directory_id: &str,
        iam_role_name: &str,
        apply_immediately: bool,
        flight: &Flight,
    ) -> Result<()> {
        let _writing = self.generation.writing();
        let request = self
            .client
            .modify_db_cluster()
            .db_cluster_identifier(cluster)
            .domain(directory_id)
            .domain_iam_role_name(iam_role_name)
            .apply_immediately(apply_immediately);
        send!(RDS, "ModifyDBCluster", request, watched flight).map(drop)
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
/// refuse the filter for the sake of an unknown name, or because the caller may only look at some clusters, each is asked
/// for by itself, and what is refused then fails the reader of that one alone.
pub(super) async fn describe(client: Client, ids: Vec<String>) -> Result<Looks> {
    if let [id] = ids.as_slice() {
        return single(&client, id).await;
    }
    let request =
        client.describe_db_clusters().filters(filter("db-cluster-id", ids.clone())).max_records(PAGE);
    match lists!(RDS, "DescribeDBClusters", request, db_clusters) {
        Ok(found) => Ok(looks(by_identifier(found))),
        Err(error) if error.not_found() || error.kind == Kind::AccessDenied => {
            let each = ids.iter().map(|id| async {
                let look = single(&client, id).await;
                look.unwrap_or_else(|error| HashMap::from([(id.clone(), Err(error))]))
            });
            Ok(join_all(each).await.into_iter().flatten().collect())
        }
        Err(error) => Err(error),
    }
}

/// What each look at a cluster gave; a cluster that does not exist is missing.
pub(super) type Looks = HashMap<String, Result<Cluster>>;

pub(super) fn looks(found: HashMap<String, Cluster>) -> Looks {
    found.into_iter().map(|(id, cluster)| (id, Ok(cluster))).collect()
}

/// AWS answers with an error where there is no cluster of that name. An answer without any cluster is none of AWS's.
async fn single(client: &Client, id: &str) -> Result<Looks> {
    match send!(RDS, "DescribeDBClusters", client.describe_db_clusters().db_cluster_identifier(id)) {
        Ok(output) => match output.db_clusters {
            Some(clusters) if !clusters.is_empty() => Ok(looks(by_identifier(clusters))),
            _ => Err(Error::incomplete(RDS, "DescribeDBClusters", "cluster")),
        },
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
