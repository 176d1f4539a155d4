//! RDS: Aurora clusters and their instances, and their membership of a domain.

mod catalogue;
mod cluster;
mod events;
mod instance;
pub(crate) mod join;
pub(crate) mod modify;
mod tags;
mod view;

use crate::clock::{Millis, Timeline};
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{Tags, World};
use crate::xml::Xml;
pub use join::{Join, Membership};

/// A database cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `cluster-…`.
    pub resource_id: String,
    /// Such as `aurora-postgresql`.
    pub engine: String,
    /// Such as `16.6`.
    pub engine_version: String,
    /// Its status.
    pub status: Timeline,
    /// What its endpoints' names end in.
    pub domain: String,
    /// The port of its endpoints.
    pub port: u16,
    /// The domain that it is joined to.
    pub join: Option<Join>,
    /// When it was created.
    pub created: Millis,
    /// When it is gone.
    pub gone_at: Option<Millis>,
    /// The largest number of its members that were rebooting at one time.
    pub most_rebooting: usize,
    /// Whether it refuses to be deleted.
    pub deletion_protection: bool,
    /// Its tags.
    pub tags: Tags,
    /// Whether it was there at the start.
    pub seeded: bool,
}

/// A database instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `db-…`.
    pub resource_id: String,
    /// Its cluster's identifier.
    pub cluster: String,
    /// Such as `db.r6g.large`.
    pub class: String,
    /// Its cluster's.
    pub engine: String,
    /// Its cluster's.
    pub engine_version: String,
    /// Such as `us-east-1a`.
    pub zone: String,
    /// Whether it is the cluster's writer.
    pub writer: bool,
    /// Its status.
    pub status: Timeline,
    /// What its endpoint's name ends in.
    pub domain: String,
    /// The port of its endpoint.
    pub port: u16,
    /// Its membership of a domain.
    pub membership: Option<Membership>,
    /// How often it was rebooted.
    pub reboots: u32,
    /// When it was created.
    pub created: Millis,
    /// When it is gone.
    pub gone_at: Option<Millis>,
    /// Its tags.
    pub tags: Tags,
    /// Whether it was there at the start.
    pub seeded: bool,
}

/// What happened to a cluster or an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When. Those of the future are not told yet.
    pub at: Millis,
    /// The object's identifier.
    pub source: String,
    /// Its ARN.
    pub source_arn: String,
    /// `db-instance` or `db-cluster`.
    pub source_type: &'static str,
    /// Such as `availability`.
    pub category: &'static str,
    /// What is told.
    pub message: String,
}

/// A maintenance that awaits an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMaintenance {
    /// The object's ARN.
    pub resource: String,
    /// Such as `system-update`.
    pub action: String,
    /// What it is.
    pub description: String,
}

impl Cluster {
    pub(crate) fn new(id: &str, engine: &str, engine_version: &str, now: Millis) -> Self {
        Self {
            id: id.to_owned(),
            arn: String::new(),
            resource_id: String::new(),
            engine: engine.to_owned(),
            engine_version: engine_version.to_owned(),
            status: Timeline::new("available", now),
            domain: String::new(),
            port: if engine.contains("postgres") { 5432 } else { 3306 },
            join: None,
            created: now,
            gone_at: None,
            most_rebooting: 0,
            deletion_protection: false,
            tags: Tags::new(),
            seeded: false,
        }
    }

    pub(crate) fn settle(&mut self, now: Millis) {
        self.status.settle(now);
        if let Some(join) = &mut self.join {
            join.status.settle(now);
        }
        if self.join.as_ref().is_some_and(|join| join.status.word() == join::GONE) {
            self.join = None;
        }
    }

    /// A fault that names its status.
    fn invalid_state(&self, message: &str) -> ApiError {
        ApiError::bad("InvalidDBClusterStateFault", message.replace("{id}", &self.id))
    }
}

impl Instance {
    pub(crate) fn new(id: &str, cluster: &str, class: &str, now: Millis) -> Self {
        Self {
            id: id.to_owned(),
            arn: String::new(),
            resource_id: String::new(),
            cluster: cluster.to_owned(),
            class: class.to_owned(),
            engine: String::new(),
            engine_version: String::new(),
            zone: String::new(),
            writer: false,
            status: Timeline::new("available", now),
            domain: String::new(),
            port: 0,
            membership: None,
            reboots: 0,
            created: now,
            gone_at: None,
            tags: Tags::new(),
            seeded: false,
        }
    }

    pub(crate) fn settle(&mut self, now: Millis) {
        self.status.settle(now);
        if let Some(membership) = &mut self.membership {
            membership.status.settle(now);
        }
        if self.membership.as_ref().is_some_and(|membership| membership.status.word() == join::GONE) {
            self.membership = None;
        }
    }

    fn event(&self, at: Millis, category: &'static str, message: &str) -> Event {
        Event {
            at,
            source: self.id.clone(),
            source_arn: self.arn.clone(),
            source_type: "db-instance",
            category,
            message: message.to_owned(),
        }
    }
}

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, params: &Params) -> Option<Answer<Xml>> {
    Some(match operation {
        "CreateDBCluster" => cluster::create(world, params),
        "DeleteDBCluster" => cluster::delete(world, params),
        "DescribeDBClusters" => cluster::describe(world, params),
        "ModifyDBCluster" => modify::modify(world, params),
        "CreateDBInstance" => instance::create(world, params),
        "DeleteDBInstance" => instance::delete(world, params),
        "DescribeDBInstances" => instance::describe(world, params),
        "RebootDBInstance" => instance::reboot(world, params),
        "DescribeEvents" => events::describe(world, params),
        "DescribeOrderableDBInstanceOptions" => catalogue::orderable(world, params),
        "DescribeDBEngineVersions" => catalogue::engine_versions(params),
        "DescribePendingMaintenanceActions" => events::maintenance(world, params),
        "AddTagsToResource" => tags::add(world, params),
        "RemoveTagsFromResource" => tags::remove(world, params),
        "ListTagsForResource" => tags::list(world, params),
        _ => return None,
    })
}

/// An identifier, given as such or within an ARN.
fn identifier(given: &str) -> &str {
    if given.starts_with("arn:") { given.rsplit(':').next().unwrap_or(given) } else { given }
}

fn need<'p>(params: &'p Params, name: &str) -> Answer<&'p str> {
    params.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        ApiError::bad(
            "InvalidParameterValue",
            format!("The parameter {name} must be provided and must not be blank."),
        )
    })
}

fn find_cluster<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Cluster> {
    // Identifiers are kept in lower case and found in any.
    let id = identifier(id).to_lowercase();
    world.here().clusters.get_mut(&id).ok_or_else(|| no_cluster(&id))
}

fn no_cluster(id: &str) -> ApiError {
    ApiError::new(404, "DBClusterNotFoundFault", format!("DBCluster {id} not found."))
}

fn find_instance<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Instance> {
    let id = identifier(id).to_lowercase();
    world.here().instances.get_mut(&id).ok_or_else(|| no_instance(&id))
}

fn no_instance(id: &str) -> ApiError {
    ApiError::new(404, "DBInstanceNotFound", format!("DBInstance {id} not found."))
}

/// A page of `all`, from `Marker`, at most `MaxRecords` long.
fn page<T>(all: Vec<T>, params: &Params, default: usize) -> Answer<(Vec<T>, Option<String>)> {
    let start = match params.get("Marker").filter(|marker| !marker.is_empty()) {
        Some(marker) => marker.parse().map_err(|_| {
            ApiError::bad("InvalidParameterValue", "Invalid value for parameter Marker.".to_owned())
        })?,
        None => 0,
    };
    let size = match params.get("MaxRecords") {
        Some(text) => match text.parse::<usize>() {
            Ok(size) if (20..=100).contains(&size) => size.min(default.max(1)),
            _ => {
                let message = format!("Invalid value {text} for MaxRecords. Must be between 20 and 100");
                return Err(ApiError::bad("InvalidParameterValue", message));
            }
        },
        None => default.max(1),
    };
    let total = all.len();
    let page: Vec<T> = all.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    Ok((page, (next < total).then(|| next.to_string())))
}

/// The filters of a describe call, each known.
fn filters<'p>(params: &'p Params, known: &[&str]) -> Answer<Vec<(&'p str, Vec<&'p str>)>> {
    let filters = params.filters("Filters.Filter", "Values.Value");
    match filters.iter().find(|(name, _)| !known.contains(name)) {
        Some((name, _)) => {
            Err(ApiError::bad("InvalidParameterValue", format!("Unrecognized filter name: {name}")))
        }
        None => Ok(filters),
    }
}
