//! Faults, orders, steps, clock, options, accounts, clusters and networks from JSON.

use std::time::Duration;

use serde_json::Value;

use super::{Ask, Refusal};
use crate::clock::Steps;
use crate::config::{Account, Options, ShownOn};
use crate::faults::{Fault, FaultKind};
use crate::seed::{ClusterSeed, MemberSeed};
use crate::service::Service;
use crate::state::State;

type Done = Result<(), Refusal>;

pub(super) fn fault(state: &mut State, ask: &Ask<'_>) -> Done {
    let delay = Duration::from_millis(ask.number("delay_ms").unwrap_or(1000));
    let kind = match ask.need("kind")? {
        "refused" => FaultKind::Refused(
            ask.number("status").and_then(|status| u16::try_from(status).ok()).unwrap_or(400),
            ask.need("code")?.to_owned(),
            ask.text("message").unwrap_or_default().to_owned(),
        ),
        name => FaultKind::named(name, delay)
            .ok_or_else(|| Refusal::wrong(format!("unknown kind of fault: {name}")))?,
    };
    let operation = ask.text("operation").unwrap_or("*");
    let fault = match ask.text("service").unwrap_or("*") {
        "*" if operation == "*" => Fault::everywhere(kind),
        name => {
            let service = Service::named(name);
            let service = service.ok_or_else(|| Refusal::wrong(format!("unknown service: {name}")))?;
            Fault::new(service, operation, kind)
        }
    };
    let fault =
        fault.from_call(ask.number("first").unwrap_or(1)).times(ask.number("times").unwrap_or(u64::MAX));
    state.faults.add(fault);
    Ok(())
}

pub(super) fn order(state: &mut State, ask: &Ask<'_>) -> Done {
    let kind = ask.need("kind")?;
    let times = ask.number("times").and_then(|times| u32::try_from(times).ok()).unwrap_or(u32::MAX);
    let list =
        state.orders.list(kind).ok_or_else(|| Refusal::wrong(format!("unknown kind of order: {kind}")))?;
    list.add(ask.text("object").unwrap_or("*"), ask.text("reason").unwrap_or("as ordered"), times);
    Ok(())
}

fn members<'a>(ask: &Ask<'a>) -> impl Iterator<Item = (&'a String, &'a Value)> {
    ask.body.as_object().into_iter().flatten()
}

pub(super) fn steps(state: &mut State, ask: &Ask<'_>) -> Done {
    let duration = |value: &Value| {
        let millis = value.as_u64().ok_or_else(|| Refusal::wrong("a step is a number of milliseconds"))?;
        Ok::<_, Refusal>(Duration::from_millis(millis))
    };
    let mut steps = state.steps;
    if let Some(all) = ask.body.get("all") {
        steps = Steps::all(duration(all)?);
    }
    for (name, value) in members(ask).filter(|(name, _)| *name != "all") {
        if !steps.set(name, duration(value)?) {
            return Err(Refusal::wrong(format!(
                "unknown step: {name}; there are {}",
                Steps::NAMES.join(", ")
            )));
        }
    }
    state.steps = steps;
    Ok(())
}

pub(super) fn clock(state: &mut State, ask: &Ask<'_>) {
    match ask.body.get("freeze").and_then(Value::as_bool) {
        Some(true) => state.clock.freeze(),
        Some(false) => state.clock.thaw(),
        None => {}
    }
    if let Some(skew) = ask.body.get("skew_ms").and_then(Value::as_i64) {
        state.clock.skew = skew;
    }
    state.clock.advance(Duration::from_millis(ask.number("advance_ms").unwrap_or(0)));
}

pub(super) fn options(state: &mut State, ask: &Ask<'_>) -> Done {
    let mut options = state.options.clone();
    for (name, value) in members(ask) {
        if set_option(&mut options, name, value).is_none() {
            return Err(Refusal::wrong(format!("unknown option or wrong value: {name} = {value}")));
        }
    }
    state.options = options;
    Ok(())
}

fn set_option(options: &mut Options, name: &str, value: &Value) -> Option<()> {
    let size = || usize::try_from(value.as_u64()?).ok();
    let shown_on = || {
        Some(match value.as_str()? {
            "instances" => ShownOn::Instances,
            "cluster" => ShownOn::Cluster,
            "both" => ShownOn::Both,
            _ => return None,
        })
    };
    match name {
        "seeded" => options.seeded = value.as_bool()?,
        "directory_limit" => options.directory_limit = size()?,
        "share_limit" => options.share_limit = size()?,
        "page_size" => options.page_size = size()?,
        "postgresql_shown_on" => options.postgresql_shown_on = shown_on()?,
        "mysql_shown_on" => options.mysql_shown_on = shown_on()?,
        "leave_needs_reboot" => options.leave_needs_reboot = value.as_bool()?,
        "new_members_join" => options.new_members_join = value.as_bool()?,
        "retry_needs_reboot" => options.retry_needs_reboot = value.as_bool()?,
        "orderable_kerberos" => options.orderable_kerberos = value.as_bool()?,
        "iam_delay_ms" => options.iam_delay = Duration::from_millis(value.as_u64()?),
        "clusters_by_name_only" => options.clusters_by_name_only = value.as_bool()?,
        "directory_hidden_reads" => options.directory_hidden_reads = u32::try_from(value.as_u64()?).ok()?,
        "iam_hidden_reads" => options.iam_hidden_reads = u32::try_from(value.as_u64()?).ok()?,
        "assumed_roles_must_exist" => options.assumed_roles_must_exist = value.as_bool()?,
        _ => return None,
    }
    Some(())
}

pub(super) fn account(state: &mut State, ask: &Ask<'_>) -> Done {
    let account = Account::new(ask.need("access_key")?, ask.need("secret_key")?, ask.need("account_id")?);
    state.add_account(&account);
    Ok(())
}

pub(super) fn cluster(state: &mut State, ask: &Ask<'_>) -> Done {
    let id = ask.need("id")?;
    let engine = ask.text("engine").unwrap_or("aurora-postgresql");
    let version = if engine.contains("mysql") { "8.0.mysql_aurora.3.08.0" } else { "16.6" };
    let version = ask.text("engine_version").unwrap_or(version);
    let count = ask.number("members").and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let mut seed = ClusterSeed::new(id, engine, version, count);
    for (n, member) in ask.body.get("members").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let text = |name: &str| member.get(name).and_then(Value::as_str);
        seed.members.push(MemberSeed {
            id: text("id").map_or_else(|| format!("{id}-{}", n + 1), str::to_owned),
            class: text("class").unwrap_or("db.r6g.large").to_owned(),
            writer: member.get("writer").and_then(Value::as_bool).unwrap_or(n == 0),
            zone: text("zone").and_then(|zone| zone.chars().last()).unwrap_or('a'),
        });
    }
    let (account, region, now) = (ask.account(), ask.region(state), state.clock.now());
    state.region(account, &region).seed_cluster(account, &region, &seed, now);
    Ok(())
}

pub(super) fn vpc(state: &mut State, ask: &Ask<'_>) -> Done {
    let id = ask.need("id")?;
    let octet = ask.number("second_octet").and_then(|octet| u8::try_from(octet).ok()).unwrap_or(2);
    let mut subnets = Vec::new();
    for subnet in ask.body.get("subnets").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| subnet.get(name).and_then(Value::as_str);
        let id = text("id").ok_or_else(|| Refusal::wrong("a subnet needs an id"))?;
        subnets.push((id, text("zone").and_then(|zone| zone.chars().last()).unwrap_or('a')));
    }
    let region = ask.region(state);
    state.region(ask.account(), &region).seed_vpc(&region, id, octet, &subnets);
    Ok(())
}
