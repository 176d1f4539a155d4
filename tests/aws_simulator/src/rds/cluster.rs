//! Creating, deleting and describing of clusters.

use super::join::{self, ENABLED, ENABLING, Join};
use super::{Cluster, filters, find_cluster, identifier, need, no_cluster, page, view};
use crate::clock::Timeline;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::seed::opaque;
use crate::state::World;
use crate::xml::Xml;

const ENGINES: &[(&str, &str)] = &[
    ("aurora-postgresql", "16.6"),
    ("aurora-mysql", "8.0.mysql_aurora.3.08.0"),
    ("postgres", "16.6"),
    ("mysql", "8.0.40"),
];

fn check_identifier(id: &str) -> Answer<()> {
    let fits = (1..=63).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && !id.ends_with('-')
        && !id.contains("--")
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        return Ok(());
    }
    let message = format!(
        "The parameter DBClusterIdentifier is not a valid identifier: {id}. Identifiers must begin with a letter; \
         must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two \
         consecutive hyphens."
    );
    Err(ApiError::bad("InvalidParameterValue", message))
}

pub(super) fn create(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let id = need(params, "DBClusterIdentifier")?.to_lowercase();
    check_identifier(&id)?;
    let engine = need(params, "Engine")?;
    let Some((engine, default_version)) = ENGINES.iter().find(|(known, _)| *known == engine) else {
        return Err(ApiError::bad("InvalidParameterValue", format!("Invalid DB engine: {engine}")));
    };
    if world.here().clusters.contains_key(&id) {
        return Err(ApiError::bad("DBClusterAlreadyExistsFault", "DB Cluster already exists"));
    }
    let (now, steps) = (world.now, world.steps());
    let join = match params.get("Domain") {
        Some(domain) if !domain.is_empty() && domain != "none" => {
            let role = params.get("DomainIAMRoleName");
            let fqdn = join::check(world, domain, role)?;
            let status = Timeline::new(ENABLING, now).then(steps.database_create + steps.join, ENABLED);
            Some(Join { domain: domain.to_owned(), fqdn, role: role.unwrap_or_default().to_owned(), status })
        }
        _ => None,
    };
    let version = params.get("EngineVersion").unwrap_or(default_version);
    let mut cluster = Cluster::new(&id, engine, version, now);
    cluster.arn = world.arn("rds", &format!("cluster:{id}"));
    cluster.resource_id = format!("cluster-{}", opaque(&id));
    let host = opaque(&world.caller.account)[..12].to_lowercase();
    cluster.domain = format!("{host}.{}.rds.{}", world.caller.region, world.caller.dns_suffix());
    cluster.status = Timeline::new("creating", now).then(steps.database_create, "available");
    cluster.join = join;
    cluster.tags = params.tags("Tags.Tag");
    cluster.deletion_protection = params.flag("DeletionProtection").unwrap_or(false);
    if let Some(port) = params.get("Port").and_then(|port| port.parse().ok()) {
        cluster.port = port;
    }
    world.here().clusters.insert(id.clone(), cluster);
    let mut xml = Xml::new();
    view::cluster(world, &mut xml, &id);
    Ok(xml)
}

pub(super) fn delete(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (now, step) = (world.now, world.steps().database_delete);
    let cluster = find_cluster(world, need(params, "DBClusterIdentifier")?)?;
    if cluster.deletion_protection {
        let message = "Cannot delete protected Cluster, please disable deletion protection and try again.";
        return Err(ApiError::bad("InvalidParameterCombination", message));
    }
    let skip = params.flag("SkipFinalSnapshot").unwrap_or(false);
    if !skip && params.get("FinalDBSnapshotIdentifier").is_none() {
        let message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.";
        return Err(ApiError::bad("InvalidParameterCombination", message));
    }
    let id = cluster.id.clone();
    let here = world.here();
    if here.instances.values().any(|instance| instance.cluster == id && instance.gone_at.is_none()) {
        let message = "Cluster cannot be deleted, it still contains DB instances in non-deleting state.";
        return Err(ApiError::bad("InvalidDBClusterStateFault", message));
    }
    if let Some(cluster) = here.clusters.get_mut(&id).filter(|cluster| cluster.gone_at.is_none()) {
        cluster.status = Timeline::new("deleting", now).then(step, "deleted");
        cluster.gone_at = Some(cluster.status.end());
    }
    let mut xml = Xml::new();
    view::cluster(world, &mut xml, &id);
    Ok(xml)
}

pub(super) fn describe(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let known = ["clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine"];
    let filters = filters(params, &known)?;
    let size = world.state.options.page_size;
    let wanted = params.get("DBClusterIdentifier").map(|id| identifier(id).to_lowercase());
    if wanted.is_none() && world.state.options.clusters_by_name_only {
        let message = format!(
            "User: {} is not authorized to perform: rds:DescribeDBClusters on resource: arn:aws:rds:{}:{}:cluster:*",
            world.caller.arn, world.caller.region, world.caller.account
        );
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    let here = world.here();
    if let Some(id) = wanted.as_ref().filter(|id| !here.clusters.contains_key(*id)) {
        return Err(no_cluster(id));
    }
    let fits = |cluster: &Cluster| {
        filters.iter().all(|(name, values)| {
            let domain = cluster.join.as_ref().map(|join| join.domain.as_str());
            values.iter().any(|value| match *name {
                "db-cluster-id" => identifier(value).eq_ignore_ascii_case(&cluster.id),
                "db-cluster-resource-id" => *value == cluster.resource_id,
                "domain" => Some(*value) == domain,
                "engine" => *value == cluster.engine,
                _ => false,
            })
        })
    };
    let all = here.clusters.values().filter(|cluster| wanted.as_ref().is_none_or(|id| *id == cluster.id));
    let ids: Vec<String> = all.filter(|cluster| fits(cluster)).map(|cluster| cluster.id.clone()).collect();
    let (ids, next) = page(ids, params, size)?;
    let mut xml = Xml::new();
    xml.node("DBClusters", |xml| ids.iter().for_each(|id| view::cluster(world, xml, id)));
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}
