//! What changes a directory in place: alias, single sign-on, domain controllers, edition.

use serde_json::{Value, json};

use super::input::{Input, constraint, invalid};
use super::{find, find_usable, renamed, seconds};
use crate::clock::Timeline;
use crate::error::{Answer, ApiError};
use crate::state::World;

pub(super) fn alias(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let alias = input.need("Alias")?;
    let lower = alias.to_lowercase();
    let fits = (1..=62).contains(&alias.len())
        && !lower.starts_with("d-")
        && alias.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !alias.starts_with('-')
        && !alias.ends_with('-');
    if !fits {
        let rule =
            "Member must satisfy regular expression pattern: ^(?!D-|d-)([\\da-zA-Z]+)([-]*[\\da-zA-Z])*";
        return Err(constraint(alias, "Alias", rule));
    }
    // The alias is a host name below awsapps.com, so it is taken for every account.
    let taken = |world: &World<'_>| {
        let all = world.state.regions.values().flat_map(|region| region.directories.values());
        all.filter_map(|directory| directory.alias.as_ref()).any(|known| known.eq_ignore_ascii_case(alias))
    };
    let taken = taken(world);
    let directory = find(world, id)?;
    if directory.alias.is_some() {
        return Err(invalid(format!("Directory {id} already has an alias.")));
    }
    if taken {
        let message = format!("Alias {alias} already exists.");
        return Err(ApiError::bad("EntityAlreadyExistsException", message));
    }
    directory.alias = Some(alias.to_owned());
    Ok(json!({ "DirectoryId": id, "Alias": alias }))
}

pub(super) fn sso(world: &mut World<'_>, input: Input<'_>, on: bool) -> Answer<Value> {
    let directory = find(world, input.need_id("DirectoryId", "d-")?)?;
    if on && directory.alias.is_none() {
        let message = format!("Directory {} has no alias: create one before single sign-on.", directory.id);
        return Err(ApiError::bad("ClientException", message));
    }
    directory.sso = on;
    Ok(json!({}))
}

pub(super) fn controllers(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let desired = input.number("DesiredNumber").unwrap_or(0);
    if desired < 2 {
        let rule = "Member must have value greater than or equal to 2";
        return Err(constraint(&desired.to_string(), "DesiredNumber", rule));
    }
    let (now, step) = (world.now, world.steps().directory_update);
    let directory = find_usable(world, id)?;
    if desired > 20 {
        let message = "The maximum allowed number of domain controllers per directory is 20.";
        return Err(ApiError::bad("DomainControllerLimitExceededException", message));
    }
    if desired != directory.controllers {
        directory.stage = Timeline::new("Updating", now).then(step, "Active");
        directory.controllers_before = Some((directory.controllers, directory.stage.end()));
        directory.controllers = desired;
    }
    Ok(json!({}))
}

pub(super) fn setup(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let kind = input.word("UpdateType", &["OS", "NETWORK", "SIZE"])?;
    let (now, step) = (world.now, world.steps().directory_update);
    let directory = find(world, id).map_err(renamed)?;
    if directory.stage.word() != "Active" {
        let message = format!("Directory {id} is not available: its stage is {}.", directory.stage.word());
        return Err(ApiError::bad("DirectoryUnavailableException", message));
    }
    match kind {
        Some("SIZE") => {}
        Some(other) => {
            let message = format!("Update type {other} is not supported for directory {id}.");
            return Err(ApiError::bad("UnsupportedOperationException", message));
        }
        None => return Err(invalid("UpdateType is required.")),
    }
    let size = input.inner("DirectorySizeUpdateSettings")?.word("DirectorySize", &["Small", "Large"])?;
    match (size, directory.edition.as_str()) {
        (Some("Large"), "Standard") => {
            directory.stage = Timeline::new("Updating", now).then(step, "Active");
            directory.upgrades.push((now, directory.stage.end()));
            Ok(json!({}))
        }
        (Some("Large"), _) | (Some("Small"), "Standard") => {
            let message = format!("Directory {id} is already in the desired state.");
            Err(ApiError::bad("DirectoryInDesiredStateException", message))
        }
        (Some(_), _) => {
            let message = format!("Directory {id} cannot be made smaller.");
            Err(ApiError::bad("UnsupportedOperationException", message))
        }
        (None, _) => Err(invalid("DirectorySize is required.")),
    }
}

pub(super) fn describe(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let kind = input.word("UpdateType", &["OS", "NETWORK", "SIZE"])?;
    let (now, region) = (world.now, world.caller.region.clone());
    let directory = find(world, id).map_err(renamed)?;
    let upgrades = directory.upgrades.iter().filter(|_| kind == Some("SIZE"));
    let activities: Vec<Value> = upgrades
        .map(|(start, end)| {
            json!({
                "Region": region,
                "Status": if now < *end { "Updating" } else { "Updated" },
                "InitiatedBy": "Customer",
                "StartTime": seconds(*start),
                "LastUpdatedDateTime": seconds(now.min(*end)),
            })
        })
        .collect();
    Ok(json!({ "UpdateActivities": activities }))
}
