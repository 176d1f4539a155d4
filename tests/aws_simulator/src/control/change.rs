//! What happens to objects behind the caller's back: other statuses, removals.

use super::{Ask, Refusal};
use crate::clock::Timeline;
use crate::state::{Region, State};

type Done = Result<(), Refusal>;

fn missing(kind: &str, id: &str) -> Refusal {
    Refusal::wrong(format!("there is no {kind} {id}"))
}

/// Puts an object in another status.
pub(super) fn change(state: &mut State, kind: &str, id: &str, ask: &Ask<'_>) -> Done {
    let now = state.clock.now();
    let timeline = |name: &str| Ok::<_, Refusal>(Timeline::new(ask.need(name)?, now));
    let reason = ask.text("reason").map(str::to_owned);
    let region = ask.region(state);
    let none = || missing(kind, id);
    match kind {
        "share" => state.shares.get_mut(id).ok_or_else(none)?.status = timeline("status")?,
        "role" => {
            let role = state.iam(ask.account()).roles.get_mut(id).ok_or_else(none)?;
            if let Some(policy) = ask.text("trust_policy") {
                policy.clone_into(&mut role.trust_policy);
            }
            if let Some(arn) = ask.text("detach") {
                role.attached.retain(|known| known != arn);
            }
            role.attached.extend(ask.text("attach").map(str::to_owned));
        }
        _ => {
            let here = state.region(ask.account(), &region);
            match kind {
                "directory" => {
                    let directory = here.directories.get_mut(id).ok_or_else(none)?;
                    directory.set_stage(ask.need("stage")?, reason.as_deref(), now);
                }
                "trust" => {
                    let trust = here.trusts.get_mut(id).ok_or_else(none)?;
                    trust.state = timeline("state")?;
                    trust.reason = reason;
                }
                "cluster" => here.clusters.get_mut(id).ok_or_else(none)?.status = timeline("status")?,
                "instance" => here.instances.get_mut(id).ok_or_else(none)?.status = timeline("status")?,
                "membership" => {
                    let membership =
                        here.instances.get_mut(id).and_then(|instance| instance.membership.as_mut());
                    let membership = membership.ok_or_else(none)?;
                    membership.set_status(ask.need("status")?, now);
                    if let Some(domain) = ask.text("domain") {
                        domain.clone_into(&mut membership.domain);
                    }
                }
                _ => return Err(Refusal::wrong(format!("objects of kind {kind} have no status to set"))),
            }
        }
    }
    Ok(())
}

/// Removes an object at once.
pub(super) fn remove(state: &mut State, kind: &str, id: &str, ask: &Ask<'_>) -> Done {
    let region = ask.region(state);
    let found = match kind {
        "share" => state.shares.remove(id).is_some(),
        "role" => state.iam(ask.account()).roles.remove(id).is_some(),
        "policy" => state.iam(ask.account()).policies.remove(id).is_some(),
        _ => remove_here(state.region(ask.account(), &region), kind, id)?,
    };
    if found { Ok(()) } else { Err(missing(kind, id)) }
}

fn remove_here(here: &mut Region, kind: &str, id: &str) -> Result<bool, Refusal> {
    Ok(match kind {
        "directory" => {
            let removed = here.directories.remove(id);
            if let Some(directory) = &removed {
                here.security_groups.remove(&directory.security_group);
                here.trusts.retain(|_, trust| trust.directory != id);
            }
            removed.is_some()
        }
        "trust" => here.trusts.remove(id).is_some(),
        "forwarder" => {
            let Some((directory, domain)) = id.split_once('/') else {
                return Err(Refusal::wrong("a forwarder's id is DIRECTORY/DOMAIN"));
            };
            here.directories.get_mut(directory).is_some_and(|known| known.forwarders.remove(domain).is_some())
        }
        "cluster" => {
            here.instances.retain(|_, instance| instance.cluster != id);
            here.clusters.remove(id).is_some()
        }
        "instance" => here.instances.remove(id).is_some(),
        "membership" => {
            here.instances.get_mut(id).is_some_and(|instance| instance.membership.take().is_some())
        }
        "subnet" => here.subnets.remove(id).is_some(),
        "vpc" => here.vpcs.remove(id).is_some(),
        _ => return Err(Refusal::wrong(format!("unknown kind of object: {kind}"))),
    })
}
