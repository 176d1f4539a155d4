//! What AWS shows of a cluster and its members at one moment.
//!
//! Aurora PostgreSQL shows memberships on the instances, Aurora MySQL on the cluster; so both are read. Where any
//! instance shows one, the instances count, and one without is not joined. Where only the cluster does, its membership
//! stands for every instance.

use std::collections::BTreeSet;

use super::standing::{NO_INSTANCES, NOT_JOINED, Standing};
use crate::aws::{self, Aws, Cluster, DomainMembership, Freshness, Instance};

/// A cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The cluster's identifier as AWS spells it.
    pub(super) identifier: String,
    /// The cluster's status.
    pub(super) status: String,
    pub(super) engine: String,
    pub(super) engine_version: String,
    /// The readers in the order of their names, then the writer. Instances that are being deleted are left out.
    pub(super) members: Vec<Member>,
    /// The membership that stands on the cluster itself.
    pub(super) cluster_membership: Option<DomainMembership>,
}

/// An instance of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) writer: bool,
    /// The instance's status.
    pub(super) status: String,
    /// Its membership, or the cluster's where that stands for it.
    pub(super) membership: Option<DomainMembership>,
    /// Whether the membership is the instance's own.
    pub(super) own: bool,
}

impl Member {
    pub(super) fn standing(&self) -> Standing {
        self.membership.as_ref().map_or(Standing::Absent, |found| Standing::of(&found.status))
    }

    /// The status of its membership, for a user.
    pub(super) fn status_word(&self) -> &str {
        self.membership.as_ref().map_or(NOT_JOINED, |found| &found.status)
    }

    pub(super) fn role_word(&self) -> &'static str {
        if self.writer { "writer" } else { "reader" }
    }

    pub(super) fn is_available(&self) -> bool {
        self.status == "available"
    }
}

impl Facts {
    pub(super) fn of(cluster: Cluster, instances: Vec<Instance>) -> Self {
        let first = |all: &[DomainMembership]| all.iter().find(|one| !one.domain.is_empty()).cloned();
        let cluster_membership = first(&cluster.memberships);
        let shown_on_instances = instances.iter().any(|instance| first(&instance.memberships).is_some());
        let stands_for_all = if shown_on_instances { None } else { cluster_membership.clone() };
        let is_writer =
            |id: &str| cluster.members.iter().any(|member| member.writer && member.instance_identifier == id);
        let mut members: Vec<Member> = instances
            .into_iter()
            .filter(|instance| !matches!(instance.status.as_str(), "deleting" | "deleted"))
            .map(|instance| {
                let own = first(&instance.memberships);
                Member {
                    writer: is_writer(&instance.identifier),
                    id: instance.identifier,
                    status: instance.status,
                    own: own.is_some() || shown_on_instances,
                    membership: own.or_else(|| stands_for_all.clone()),
                }
            })
            .collect();
        members.sort_by(|one, other| (one.writer, &one.id).cmp(&(other.writer, &other.id)));
        Self {
            identifier: cluster.identifier,
            status: cluster.status,
            engine: cluster.engine,
            engine_version: cluster.engine_version,
            members,
            cluster_membership,
        }
    }

    /// Every membership that shows.
    pub(super) fn memberships(&self) -> impl Iterator<Item = &DomainMembership> {
        self.members.iter().filter_map(|member| member.membership.as_ref()).chain(&self.cluster_membership)
    }

    /// The directories in which any membership is.
    pub(super) fn directories(&self) -> BTreeSet<String> {
        self.memberships().map(|found| found.domain.clone()).collect()
    }

    /// The worst of the members' statuses, for a user.
    pub(super) fn worst(&self) -> String {
        let of_members = self.members.iter().map(Member::status_word);
        let worst = of_members.min_by_key(|status| Standing::of(status));
        let alone = || self.cluster_membership.as_ref().map_or(NO_INSTANCES, |found| &found.status);
        worst.unwrap_or_else(alone).to_owned()
    }

    /// One line a member, for messages.
    pub(super) fn lines(&self) -> String {
        if self.members.is_empty() {
            return format!("  - cluster {}: {}, no instances", self.identifier, self.status);
        }
        let line = |member: &Member| {
            format!("  - {} ({}): {}, {}", member.id, member.role_word(), member.status, member.status_word())
        };
        self.members.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Looks at a cluster. None: it does not exist.
pub(super) async fn observe(aws: &Aws, cluster: &str) -> aws::Result<Option<Facts>> {
    let (found, instances) = tokio::join!(
        aws.rds().find_cluster(cluster, Freshness::Now),
        aws.rds().list_instances(cluster, Freshness::Now),
    );
    let Some(found) = found? else { return Ok(None) };
    Ok(Some(Facts::of(found, instances?)))
}

/// What a listing shows of a cluster: good enough to confirm a state, never to write one.
pub(super) async fn glance(aws: &Aws, cluster: &str) -> Option<Facts> {
    let (found, instances) = aws.rds().glance_at_cluster(cluster).await?;
    Some(Facts::of(found, instances))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn membership(status: &str) -> DomainMembership {
        DomainMembership {
            domain: "d-1234567890".into(),
            status: status.into(),
            ..DomainMembership::default()
        }
    }

    /// Members as `name=status`, the first being the writer; an empty status is none.
    fn facts(cluster: Option<&str>, members: &[(&str, &str, &str)]) -> Facts {
        let found = Cluster {
            members: members
                .iter()
                .enumerate()
                .map(|(n, (id, ..))| aws::Member { instance_identifier: (*id).into(), writer: n == 0 })
                .collect(),
            memberships: cluster.map(membership).into_iter().collect(),
            ..Cluster::default()
        };
        let instances = members.iter().map(|(id, status, joined)| Instance {
            identifier: (*id).into(),
            status: (*status).into(),
            memberships: Some(*joined)
                .filter(|joined| !joined.is_empty())
                .map(membership)
                .into_iter()
                .collect(),
            ..Instance::default()
        });
        Facts::of(found, instances.collect())
    }

    #[test]
    fn instances_count_where_they_show_anything() {
        fn check(cluster: Option<&str>, members: &[(&str, &str, &str)], worst: &str, seen: &[&str]) {
            let facts = facts(cluster, members);
            let words: Vec<_> =
                facts.members.iter().map(|m| format!("{} {}", m.id, m.status_word())).collect();
            assert_eq!(
                (facts.worst().as_str(), words),
                (worst, seen.iter().map(ToString::to_string).collect())
            );
        }
        let joined = "kerberos-enabled";
        check(
            None,
            &[("w", "available", joined), ("b", "available", ""), ("a", "available", joined)],
            "not-joined",
            &["a kerberos-enabled", "b not-joined", "w kerberos-enabled"],
        );
        check(
            Some("enabling-kerberos"),
            &[("w", "available", ""), ("a", "available", "")],
            "enabling-kerberos",
            &["a enabling-kerberos", "w enabling-kerberos"],
        );
        check(
            None,
            &[("w", "available", joined), ("a", "deleting", "enable-kerberos-failed")],
            joined,
            &["w kerberos-enabled"],
        );
        check(None, &[], "no-instances", &[]);
        check(Some(joined), &[], joined, &[]);
        check(
            None,
            &[("w", "available", "pending-enable-kerberos"), ("a", "available", "enable-kerberos-failed")],
            "enable-kerberos-failed",
            &["a enable-kerberos-failed", "w pending-enable-kerberos"],
        );
    }
}
