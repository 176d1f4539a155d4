//! Amazon RDS, as far as Aurora clusters and their domain memberships go.
//!
//! API reference: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/>.

mod catalog;
mod cluster;
mod events;
mod instance;
mod sweep;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::Filter;

use super::batch::{Generation, Joiner};
use super::codes::RDS;
use super::error::Result;
use super::glance::Glance;

pub use catalog::KerberosSupport;
pub use cluster::{Cluster, DomainUser, Member};
pub use events::Event;
pub use instance::Instance;
use sweep::Sweep;

/// Identifiers in one filter. A page holds 100 objects, so one page answers.
const CLUSTERS_PER_REQUEST: usize = 100;
/// A cluster has at most 16 instances, so these fit on some pages of 100.
const CLUSTERS_OF_INSTANCES_PER_REQUEST: usize = 50;
/// The largest page that AWS gives.
const PAGE: i32 = 100;

/// The client of RDS.
#[derive(Debug)]
pub struct Rds {
    client: Client,
    generation: Generation,
    clusters: Joiner<String, Result<Cluster>>,
    instances: Joiner<String, Vec<Instance>>,
    recent_clusters: Joiner<String, Result<Cluster>>,
    recent_instances: Joiner<String, Vec<Instance>>,
    catalog: Joiner<catalog::Key, KerberosSupport>,
    glance: Glance<(Cluster, Vec<Instance>)>,
}

/// The membership of a cluster or an instance in a domain.
///
/// Aurora PostgreSQL shows it on the instances, Aurora MySQL on the cluster; the two must both be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DomainMembership {
    /// The directory's id.
    pub domain: String,
    /// A free string: `joined`, `kerberos-enabled`, `enabling-kerberos`, `pending-enable-kerberos`,
    /// `pending-maintenance-enable-kerberos`, `pending-disable-kerberos`, `pending-maintenance-disable-kerberos`,
    /// `disabling-kerberos`, `enable-kerberos-failed`, `failed`, …
    pub status: String,
    /// The domain's fully qualified name.
    pub fqdn: Option<String>,
    /// The role that RDS uses towards Directory Service.
    pub iam_role_name: Option<String>,
}

impl Rds {
    pub(crate) fn new(client: Client, generation: Generation) -> Self {
        let (clusters, instances, catalog) = (client.clone(), client.clone(), client.clone());
        let (recent_clusters, recent_instances, listed) = (client.clone(), client.clone(), client.clone());
        let (all_clusters, all_instances) = (Arc::new(Sweep::default()), Arc::new(Sweep::default()));
        Self {
            clusters: Joiner::new(
                (RDS, "DescribeDBClusters"),
                generation.clone(),
                CLUSTERS_PER_REQUEST,
                move |ids| cluster::describe(clusters.clone(), ids),
            ),
            instances: Joiner::new(
                (RDS, "DescribeDBInstances"),
                generation.clone(),
                CLUSTERS_OF_INSTANCES_PER_REQUEST,
                move |ids| instance::describe(instances.clone(), ids),
            ),
            recent_clusters: Joiner::new(
                (RDS, "DescribeDBClusters"),
                generation.clone(),
                CLUSTERS_PER_REQUEST,
                move |ids| sweep::clusters(recent_clusters.clone(), Arc::clone(&all_clusters), ids),
            ),
            recent_instances: Joiner::new(
                (RDS, "DescribeDBInstances"),
                generation.clone(),
                CLUSTERS_OF_INSTANCES_PER_REQUEST,
                move |ids| sweep::instances(recent_instances.clone(), Arc::clone(&all_instances), ids),
            ),
            // Nothing that this process writes changes the catalogue of engines.
            catalog: Joiner::new(
                (RDS, "DescribeOrderableDBInstanceOptions"),
                Generation::default(),
                1,
                move |keys| catalog::describe(catalog.clone(), keys),
            ),
            glance: Glance::new((RDS, "DescribeDBClusters"), generation.clone(), move || {
                sweep::everything(listed.clone())
            }),
            client,
            generation,
        }
    }
}

fn filter(name: &str, values: Vec<String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values)).build()
}

fn memberships(found: Option<Vec<aws_sdk_rds::types::DomainMembership>>) -> Vec<DomainMembership> {
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|found| DomainMembership {
            domain: found.domain.unwrap_or_default(),
            status: found.status.unwrap_or_default(),
            fqdn: found.fqdn,
            iam_role_name: found.iam_role_name,
        })
        .collect()
}
