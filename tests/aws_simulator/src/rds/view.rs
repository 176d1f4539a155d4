//! How clusters and instances look in answers.

use super::join::{Join, Membership, rank};
use super::{Cluster, Instance};
use crate::clock::iso;
use crate::config::ShownOn;
use crate::state::{Region, World};
use crate::xml::Xml;

fn shown_on(world: &World<'_>, engine: &str) -> ShownOn {
    let options = &world.state.options;
    if engine.contains("postgres") { options.postgresql_shown_on } else { options.mysql_shown_on }
}

fn membership_view(xml: &mut Xml, domain: &str, fqdn: &str, role: &str, status: &str) {
    xml.node("DomainMembership", |xml| {
        xml.text("Domain", domain).text("Status", status).text("FQDN", fqdn).text("IAMRoleName", role);
    });
}

/// The members of a cluster, the writer first, and its membership's status: the worst of theirs.
fn cluster_status<'a>(join: &'a Join, members: &[&'a Instance]) -> &'a str {
    let statuses = members.iter().filter_map(|member| member.membership.as_ref()).map(|m| m.status.word());
    statuses.min_by_key(|status| rank(status)).unwrap_or(join.status.word())
}

/// Writes `DBCluster`.
pub(super) fn cluster(world: &mut World<'_>, xml: &mut Xml, id: &str) {
    let shown = world.here().clusters.get(id).map(|cluster| cluster.engine.clone());
    let shown = shown.is_some_and(|engine| shown_on(world, &engine).cluster());
    let here = world.here();
    if let Some(cluster) = here.clusters.get(id) {
        xml.node("DBCluster", |xml| cluster_fields(xml, here, cluster, shown));
    }
}

fn cluster_fields(xml: &mut Xml, here: &Region, cluster: &Cluster, shown: bool) {
    let mut members: Vec<&Instance> = here.instances.values().filter(|i| i.cluster == cluster.id).collect();
    members.sort_by_key(|member| !member.writer);
    let mut zones: Vec<&str> = members.iter().map(|member| member.zone.as_str()).collect();
    zones.sort_unstable();
    zones.dedup();
    let host = |kind: &str| format!("{}.{kind}-{}", cluster.id, cluster.domain);
    xml.text("AllocatedStorage", "1")
        .texts("AvailabilityZones", "AvailabilityZone", zones)
        .text("BackupRetentionPeriod", "7")
        .text("DBClusterIdentifier", &cluster.id)
        .text("DBClusterArn", &cluster.arn)
        .text("DbClusterResourceId", &cluster.resource_id)
        .text("DBSubnetGroup", "default")
        .text("Status", cluster.status.word())
        .text("Endpoint", &host("cluster"))
        .text("ReaderEndpoint", &host("cluster-ro"))
        .text("HostedZoneId", "Z2R2ITUGPM61AM")
        .value("MultiAZ", members.len() > 1)
        .text("Engine", &cluster.engine)
        .text("EngineVersion", &cluster.engine_version)
        .text("EngineMode", "provisioned")
        .value("Port", cluster.port)
        .text("MasterUsername", "postgres")
        .text("ClusterCreateTime", &iso(cluster.created))
        .value("DeletionProtection", cluster.deletion_protection)
        .text("StorageEncrypted", "true")
        .text("IAMDatabaseAuthenticationEnabled", "false")
        .text("NetworkType", "IPV4");
    xml.list("DBClusterMembers", "DBClusterMember", members.iter(), |xml, member| {
        xml.text("DBInstanceIdentifier", &member.id)
            .value("IsClusterWriter", member.writer)
            .text("DBClusterParameterGroupStatus", "in-sync")
            .text("PromotionTier", "1");
    });
    xml.node("VpcSecurityGroups", |xml| {
        let group = here.security_groups.values().find(|group| group.name == "default");
        if let Some(group) = group {
            xml.node("VpcSecurityGroupMembership", |xml| {
                xml.text("VpcSecurityGroupId", &group.id).text("Status", "active");
            });
        }
    });
    xml.node("DomainMemberships", |xml| {
        if let Some(join) = cluster.join.as_ref().filter(|_| shown) {
            let status = cluster_status(join, &members);
            membership_view(xml, &join.domain, &join.fqdn, &join.role, status);
        }
    });
    xml.tags("TagList", "Tag", &cluster.tags);
}

/// Writes `DBInstance`.
pub(super) fn instance(world: &mut World<'_>, xml: &mut Xml, id: &str) {
    let shown = world.here().instances.get(id).map(|instance| instance.engine.clone());
    let shown = shown.is_some_and(|engine| shown_on(world, &engine).instances());
    let here = world.here();
    if let Some(instance) = here.instances.get(id) {
        xml.node("DBInstance", |xml| instance_fields(xml, here, instance, shown));
    }
}

fn instance_fields(xml: &mut Xml, here: &Region, instance: &Instance, shown: bool) {
    xml.text("DBInstanceIdentifier", &instance.id)
        .text("DBInstanceArn", &instance.arn)
        .text("DbiResourceId", &instance.resource_id)
        .text("DBInstanceClass", &instance.class)
        .text("Engine", &instance.engine)
        .text("EngineVersion", &instance.engine_version)
        .text("DBInstanceStatus", instance.status.word())
        .text("DBClusterIdentifier", &instance.cluster)
        .text("MasterUsername", "postgres")
        .text("AvailabilityZone", &instance.zone)
        .text("InstanceCreateTime", &iso(instance.created))
        .text("AllocatedStorage", "1")
        .text("StorageType", "aurora")
        .text("PromotionTier", "1")
        .text("PubliclyAccessible", "false")
        .text("MultiAZ", "false");
    xml.node("Endpoint", |xml| {
        xml.text("Address", &format!("{}.{}", instance.id, instance.domain))
            .value("Port", instance.port)
            .text("HostedZoneId", "Z2R2ITUGPM61AM");
    });
    let vpc = here.vpcs.keys().next().map(String::as_str);
    xml.node("DBSubnetGroup", |xml| {
        xml.text("DBSubnetGroupName", "default")
            .text("DBSubnetGroupDescription", "default")
            .optional("VpcId", vpc)
            .text("SubnetGroupStatus", "Complete");
        let subnets = here.subnets.values().filter(|subnet| Some(subnet.vpc.as_str()) == vpc);
        xml.list("Subnets", "Subnet", subnets, |xml, subnet| {
            xml.text("SubnetIdentifier", &subnet.id)
                .node("SubnetAvailabilityZone", |xml| {
                    xml.text("Name", &subnet.zone);
                })
                .text("SubnetStatus", "Active");
        });
    });
    xml.node("DomainMemberships", |xml| {
        if let Some(Membership { domain, fqdn, role, status }) =
            instance.membership.as_ref().filter(|_| shown)
        {
            membership_view(xml, domain, fqdn, role, status.word());
        }
    });
    xml.tags("TagList", "Tag", &instance.tags);
}
