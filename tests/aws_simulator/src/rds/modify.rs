//! ModifyDBCluster, and what it does to the members' memberships.

use super::join::{self, ENABLED, ENABLING, Join, Membership, PENDING, PENDING_LEAVE};
use super::{Cluster, Event, Instance, find_cluster, need, view};
use crate::clock::{Millis, Steps, Timeline};
use crate::config::Options;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{State, World};
use crate::xml::Xml;

pub(super) fn modify(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let id = find_cluster(world, need(params, "DBClusterIdentifier")?)?.id.clone();
    let immediately = params.flag("ApplyImmediately").unwrap_or(false);
    if let Some(reason) = world.state.orders.cluster_busy.take(&id) {
        return Err(ApiError::bad("InvalidDBClusterStateFault", reason));
    }
    let cluster = find_cluster(world, &id)?;
    if cluster.status.word() != "available" {
        return Err(cluster.invalid_state("The DB cluster {id} is not in the available state."));
    }
    match params.get("Domain") {
        // An empty value changes nothing: to leave the domain takes `none` (ModifyDBCluster, Domain).
        None | Some("") => {}
        Some(none) if none.eq_ignore_ascii_case("none") => leave(world, &id, immediately)?,
        Some(domain) => join(world, &id, domain, params.get("DomainIAMRoleName"), immediately)?,
    }
    let (now, step) = (world.now, world.steps().cluster_modify);
    let cluster = find_cluster(world, &id)?;
    if let Some(version) = params.get("EngineVersion") {
        version.clone_into(&mut cluster.engine_version);
    }
    if let Some(protection) = params.flag("DeletionProtection") {
        cluster.deletion_protection = protection;
    }
    cluster.status = Timeline::new("modifying", now).then(step, "available");
    let mut xml = Xml::new();
    view::cluster(world, &mut xml, &id);
    Ok(xml)
}

fn join(world: &mut World<'_>, id: &str, domain: &str, role: Option<&str>, immediately: bool) -> Answer<()> {
    let cluster = find_cluster(world, id)?;
    let known = cluster.join.as_ref().filter(|join| join.domain == domain).map(|join| join.role.clone());
    let role = role.map(str::to_owned).or(known);
    let fqdn = join::check(world, domain, role.as_deref())?;
    let (now, steps) = (world.now, world.steps());
    let retry_needs_reboot = world.state.options.retry_needs_reboot;
    let joined = Join {
        domain: domain.to_owned(),
        fqdn,
        role: role.unwrap_or_default(),
        status: Timeline::new(ENABLING, now).then(steps.cluster_modify + steps.join, ENABLED),
    };
    let mut orders = world.state.orders.clone();
    let here = world.here();
    let mut events: Vec<Event> = Vec::new();
    for instance in here.instances.values_mut().filter(|instance| instance.cluster == id) {
        match &mut instance.membership {
            Some(same) if same.domain == domain && is_under_way(same.status.word()) => {
                same.role.clone_from(&joined.role);
            }
            Some(failed)
                if failed.domain == domain && failed.status.word() == join::FAILED && !retry_needs_reboot =>
            {
                let failure = orders.join_fails.take(&instance.id);
                failed.role.clone_from(&joined.role);
                failed.status = join::joining(
                    Timeline::new(PENDING, now),
                    steps.cluster_modify,
                    &steps,
                    failure.as_deref(),
                );
                events.push(join::ended(instance, end_of(instance), failure.as_deref()));
            }
            membership => {
                let waiting = if immediately { PENDING } else { join::PENDING_MAINTENANCE };
                *membership = Some(Membership::new(&joined, Timeline::new(waiting, now)));
            }
        }
    }
    here.events.append(&mut events);
    world.state.orders = orders;
    find_cluster(world, id)?.join = Some(joined);
    Ok(())
}

/// Whether a member has joined, or will after its reboot.
fn is_under_way(status: &str) -> bool {
    matches!(status, ENABLED | "joined" | ENABLING | PENDING)
}

fn end_of(instance: &Instance) -> Millis {
    instance.membership.as_ref().map_or(0, |membership| membership.status.end())
}

fn leave(world: &mut World<'_>, id: &str, immediately: bool) -> Answer<()> {
    let (now, steps) = (world.now, world.steps());
    let needs_reboot = world.state.options.leave_needs_reboot;
    for instance in world.here().instances.values_mut().filter(|instance| instance.cluster == id) {
        let Some(membership) = &mut instance.membership else { continue };
        let was_in = matches!(membership.status.word(), ENABLED | ENABLING | "joined" | PENDING_LEAVE);
        membership.status = match (was_in, immediately) {
            (true, false) => Timeline::new(join::PENDING_MAINTENANCE_LEAVE, now),
            (true, true) if needs_reboot => Timeline::new(PENDING_LEAVE, now),
            (true, true) => join::leaving(Timeline::new(PENDING_LEAVE, now), steps.leave, &steps),
            // What has not joined has nothing to leave.
            (false, _) => Timeline::new(membership.status.word(), now).then(steps.cluster_modify, join::GONE),
        };
    }
    if let Some(join) = &mut find_cluster(world, id)?.join {
        join.status = Timeline::new(PENDING_LEAVE, now);
    }
    Ok(())
}

impl State {
    /// The maintenance window opens: what waited for it goes on as if applied immediately.
    pub fn open_maintenance_window(&mut self) {
        self.settle();
        let (now, steps, options) = (self.clock.now(), self.steps, self.options.clone());
        for region in self.regions.values_mut() {
            for instance in region.instances.values_mut() {
                if let Some(membership) = &mut instance.membership {
                    maintain(membership, now, &steps, &options);
                }
            }
        }
    }
}

fn maintain(membership: &mut Membership, now: Millis, steps: &Steps, options: &Options) {
    membership.status = match membership.status.word() {
        join::PENDING_MAINTENANCE => Timeline::new(PENDING, now),
        join::PENDING_MAINTENANCE_LEAVE if options.leave_needs_reboot => Timeline::new(PENDING_LEAVE, now),
        join::PENDING_MAINTENANCE_LEAVE => {
            join::leaving(Timeline::new(PENDING_LEAVE, now), steps.leave, steps)
        }
        _ => return,
    };
}

/// Ends a cluster's membership when the last of its members' does, once nothing more has to be done for it.
pub(crate) fn end_leaving<'i>(
    cluster: &mut Cluster,
    instances: impl Iterator<Item = &'i Instance>,
    now: Millis,
) {
    let Some(join) = cluster.join.as_mut().filter(|join| join.status.word() == PENDING_LEAVE) else { return };
    let members = instances.filter(|instance| instance.cluster == cluster.id);
    let mut latest = now;
    for membership in members.filter_map(|instance| instance.membership.as_ref()) {
        if !membership.status.is_moving() {
            return;
        }
        latest = latest.max(membership.status.end());
    }
    let delay = u64::try_from(latest - now).unwrap_or_default();
    join.status = Timeline::new(join::LEAVING, now).then(std::time::Duration::from_millis(delay), join::GONE);
}
