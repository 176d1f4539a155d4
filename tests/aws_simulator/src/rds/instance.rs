//! Creating, deleting, describing and rebooting of instances.

use super::join::{self, Membership, PENDING, PENDING_LEAVE};
use super::{Instance, filters, find_cluster, find_instance, identifier, need, no_instance, page, view};
use crate::clock::Timeline;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::seed::opaque;
use crate::state::World;
use crate::xml::Xml;

const BUSY: &str = "Instance cannot currently reboot due to an in-progress management operation";

fn one(world: &mut World<'_>, id: &str) -> Xml {
    let mut xml = Xml::new();
    view::instance(world, &mut xml, id);
    xml
}

pub(super) fn create(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let id = need(params, "DBInstanceIdentifier")?.to_lowercase();
    let class = need(params, "DBInstanceClass")?;
    need(params, "Engine")?;
    let cluster = find_cluster(world, need(params, "DBClusterIdentifier")?)?.clone();
    if world.here().instances.contains_key(&id) {
        return Err(ApiError::bad("DBInstanceAlreadyExists", "DB instance already exists"));
    }
    let (now, steps) = (world.now, world.steps());
    let mut instance = Instance::new(&id, &cluster.id, class, now);
    instance.arn = world.arn("rds", &format!("db:{id}"));
    instance.resource_id = format!("db-{}", opaque(&id));
    let members = world.here().instances.values().filter(|other| other.cluster == cluster.id);
    let (count, has_writer) = members.fold((0, false), |(n, writer), other| (n + 1, writer | other.writer));
    let zone = ['a', 'b', 'c'][count % 3];
    instance.zone = params
        .get("AvailabilityZone")
        .map_or_else(|| format!("{}{zone}", world.caller.region), str::to_owned);
    instance.writer = !has_writer;
    instance.engine = cluster.engine;
    instance.engine_version = cluster.engine_version;
    instance.domain = cluster.domain;
    instance.port = cluster.port;
    instance.tags = params.tags("Tags.Tag");
    instance.status = Timeline::new("creating", now).then(steps.database_create, "available");
    if let Some(join) = cluster.join.filter(|_| world.state.options.new_members_join) {
        let failure = world.state.orders.join_fails.take(&id);
        let status =
            join::joining(Timeline::new(PENDING, now), steps.database_create, &steps, failure.as_deref());
        let event = join::ended(&instance, status.end(), failure.as_deref());
        instance.membership = Some(Membership::new(&join, status));
        world.here().events.push(event);
    }
    let event = instance.event(instance.status.end(), "creation", "DB instance created");
    let here = world.here();
    here.events.push(event);
    here.instances.insert(id.clone(), instance);
    Ok(one(world, &id))
}

pub(super) fn delete(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (now, step) = (world.now, world.steps().database_delete);
    let instance = find_instance(world, need(params, "DBInstanceIdentifier")?)?;
    if instance.gone_at.is_some() {
        let message = format!("Instance {} is already being deleted.", instance.id);
        return Err(ApiError::bad("InvalidDBInstanceState", message));
    }
    instance.status = Timeline::new("deleting", now).then(step, "deleted");
    instance.gone_at = Some(instance.status.end());
    let (id, cluster, writer) = (instance.id.clone(), instance.cluster.clone(), instance.writer);
    if writer {
        instance.writer = false;
        let mut others = world.here().instances.values_mut();
        let next = others.find(|other| other.cluster == cluster && other.gone_at.is_none());
        // The last one stays what it was.
        match next {
            Some(next) => next.writer = true,
            None => find_instance(world, &id)?.writer = true,
        }
    }
    Ok(one(world, &id))
}

pub(super) fn reboot(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let given = need(params, "DBInstanceIdentifier")?;
    let (now, steps) = (world.now, world.steps());
    let instance = find_instance(world, given)?;
    let (id, cluster) = (instance.id.clone(), instance.cluster.clone());
    let available = instance.status.word() == "available";
    let modifying = find_cluster(world, &cluster).is_ok_and(|cluster| cluster.status.word() != "available");
    if world.state.orders.instance_busy.take(&id).is_some() || !available || modifying {
        return Err(ApiError::bad("InvalidDBInstanceState", BUSY));
    }
    let pending =
        |instance: &Instance| instance.membership.as_ref().is_some_and(|m| m.status.word() == PENDING);
    let failure =
        if pending(find_instance(world, &id)?) { world.state.orders.join_fails.take(&id) } else { None };

    let instance = find_instance(world, &id)?;
    instance.reboots += 1;
    instance.status = Timeline::new("rebooting", now).then(steps.reboot, "available");
    let mut events = vec![
        instance.event(now, "availability", "DB instance shutdown"),
        instance.event(instance.status.end(), "availability", "DB instance restarted"),
    ];
    if let Some(membership) = &mut instance.membership {
        match membership.status.word() {
            PENDING => {
                let waiting = Timeline::new(PENDING, now);
                membership.status = join::joining(waiting, steps.reboot, &steps, failure.as_deref());
                let end = membership.status.end();
                events.push(join::ended(instance, end, failure.as_deref()));
            }
            PENDING_LEAVE if !membership.status.is_moving() => {
                membership.status = join::leaving(Timeline::new(PENDING_LEAVE, now), steps.reboot, &steps);
            }
            _ => {}
        }
    }
    let here = world.here();
    here.events.append(&mut events);
    let members = here.instances.values().filter(|member| member.cluster == cluster);
    let rebooting = members.filter(|member| member.status.word() == "rebooting").count();
    if let Some(cluster) = here.clusters.get_mut(&cluster) {
        cluster.most_rebooting = cluster.most_rebooting.max(rebooting);
    }
    Ok(one(world, &id))
}

pub(super) fn describe(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let filters =
        filters(params, &["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"])?;
    let size = world.state.options.page_size;
    let wanted = params.get("DBInstanceIdentifier").map(|id| identifier(id).to_lowercase());
    let here = world.here();
    if let Some(id) = wanted.as_ref().filter(|id| !here.instances.contains_key(*id)) {
        return Err(no_instance(id));
    }
    let fits = |instance: &Instance| {
        filters.iter().all(|(name, values)| {
            let domain = instance.membership.as_ref().map(|membership| membership.domain.as_str());
            values.iter().any(|value| match *name {
                "db-cluster-id" => identifier(value).eq_ignore_ascii_case(&instance.cluster),
                "db-instance-id" => identifier(value).eq_ignore_ascii_case(&instance.id),
                "dbi-resource-id" => *value == instance.resource_id,
                "domain" => Some(*value) == domain,
                "engine" => *value == instance.engine,
                _ => false,
            })
        })
    };
    let all = here.instances.values().filter(|instance| wanted.as_ref().is_none_or(|id| *id == instance.id));
    let ids: Vec<String> =
        all.filter(|instance| fits(instance)).map(|instance| instance.id.clone()).collect();
    let (ids, next) = page(ids, params, size)?;
    let mut xml = Xml::new();
    xml.node("DBInstances", |xml| ids.iter().for_each(|id| view::instance(world, xml, id)));
    xml.optional("Marker", next.as_deref());
    Ok(xml)
}
