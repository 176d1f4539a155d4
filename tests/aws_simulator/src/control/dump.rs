//! Everything that exists, as JSON.

use serde_json::{Map, Value, json};

use crate::clock::Timeline;
use crate::iam::Iam;
use crate::rds::{Cluster, Instance};
use crate::state::{Region, State};

pub(super) fn state(state: &State) -> Value {
    let regions: Map<String, Value> = state
        .regions
        .iter()
        .map(|((account, name), region)| (format!("{account}/{name}"), region_view(region)))
        .collect();
    let iam: Map<String, Value> =
        state.iam.iter().map(|(account, iam)| (account.clone(), iam_view(iam))).collect();
    let shares: Map<String, Value> = state
        .shares
        .values()
        .map(|share| {
            let view = json!({
                "owner_account": share.owner_account,
                "owner_directory": share.owner_directory,
                "target_account": share.target_account,
                "method": share.method,
                "status": share.status.word(),
            });
            (share.id.clone(), view)
        })
        .collect();
    json!({ "now": state.clock.now(), "regions": regions, "iam": iam, "shares": shares })
}

fn by_id<'a, T: 'a>(
    objects: impl Iterator<Item = (&'a String, &'a T)>,
    view: impl Fn(&'a T) -> Value,
) -> Map<String, Value> {
    objects.map(|(id, object)| (id.clone(), view(object))).collect()
}

fn region_view(region: &Region) -> Value {
    json!({
        "vpcs": region.vpcs.keys().collect::<Vec<_>>(),
        "subnets": by_id(region.subnets.iter(), |subnet| json!({ "vpc": subnet.vpc, "zone": subnet.zone })),
        "security_groups": region.security_groups.keys().collect::<Vec<_>>(),
        "directories": by_id(region.directories.iter(), |directory| json!({
            "name": directory.name,
            "edition": directory.edition,
            "stage": directory.stage.word(),
            "stage_reason": directory.stage_reason,
            "alias": directory.alias,
            "sso": directory.sso,
            "controllers": directory.controllers,
            "data_access": directory.data_access.word(),
            "forwarders": directory.forwarders,
            "password_resets": directory.password_resets,
            "tags": directory.tags,
        })),
        "trusts": by_id(region.trusts.iter(), |trust| json!({
            "directory": trust.directory,
            "remote_domain": trust.remote_domain,
            "direction": trust.direction,
            "kind": trust.kind,
            "selective_auth": trust.selective_auth,
            "state": trust.state.word(),
            "reason": trust.reason,
        })),
        "clusters": by_id(region.clusters.iter(), cluster_view),
        "instances": by_id(region.instances.iter(), instance_view),
    })
}

fn join_view(domain: &str, fqdn: &str, role: &str, status: &Timeline) -> Value {
    json!({ "domain": domain, "fqdn": fqdn, "role": role, "status": status.word() })
}

fn cluster_view(cluster: &Cluster) -> Value {
    json!({
        "engine": cluster.engine,
        "engine_version": cluster.engine_version,
        "status": cluster.status.word(),
        "most_rebooting": cluster.most_rebooting,
        "join": cluster.join.as_ref().map(|join| join_view(&join.domain, &join.fqdn, &join.role, &join.status)),
    })
}

fn instance_view(instance: &Instance) -> Value {
    let membership = instance.membership.as_ref();
    json!({
        "cluster": instance.cluster,
        "class": instance.class,
        "writer": instance.writer,
        "status": instance.status.word(),
        "reboots": instance.reboots,
        "membership": membership.map(|m| join_view(&m.domain, &m.fqdn, &m.role, &m.status)),
    })
}

fn iam_view(iam: &Iam) -> Value {
    json!({
        "roles": by_id(iam.roles.iter(), |role| json!({
            "arn": role.arn,
            "trust_policy": role.trust_policy,
            "description": role.description,
            "max_session": role.max_session,
            "boundary": role.boundary,
            "attached": role.attached,
            "inline": role.inline,
            "tags": role.tags,
        })),
        "policies": iam.policies.keys().collect::<Vec<_>>(),
    })
}
