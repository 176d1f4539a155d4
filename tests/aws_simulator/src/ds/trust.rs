//! Trusts: Creating, Created, and unless incoming only, Verifying and Verified or VerifyFailed.

use serde_json::{Value, json};

use super::input::{Input, check_id, constraint, invalid, page};
use super::{Trust, check_addresses, find, is_domain, seconds};
use crate::clock::Timeline;
use crate::error::{Answer, ApiError};
use crate::state::World;

const INCOMING: &str = "One-Way: Incoming";

fn no_trust(id: &str) -> ApiError {
    ApiError::bad("EntityDoesNotExistException", format!("Trust {id} does not exist."))
}

fn find_trust<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Trust> {
    world.here().trusts.get_mut(id).ok_or_else(|| no_trust(id))
}

pub(super) fn create(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let domain = input.need("RemoteDomainName")?;
    let password = input.need("TrustPassword")?;
    input.need("TrustDirection")?;
    let directions = ["One-Way: Outgoing", INCOMING, "Two-Way"];
    let direction = input.word("TrustDirection", &directions)?.unwrap_or_default();
    let kind = input.word("TrustType", &["Forest", "External"])?.unwrap_or("Forest");
    let selective = input.word("SelectiveAuth", &["Enabled", "Disabled"])?.unwrap_or("Disabled");
    if !is_domain(domain) {
        let rule =
            "Member must satisfy regular expression pattern: ^([a-zA-Z0-9]+[\\\\.-])+([a-zA-Z0-9])+[.]?$";
        return Err(constraint(domain, "RemoteDomainName", rule));
    }
    if !(1..=128).contains(&password.chars().count()) {
        return Err(constraint("***", "TrustPassword", "Member must have length between 1 and 128"));
    }
    let addresses = input.list("ConditionalForwarderIpAddrs");
    if !addresses.is_empty() {
        check_addresses(&addresses)?;
    }
    let remote = domain.trim_end_matches('.').to_lowercase();
    let directory = find(world, id)?;
    if directory.stage.word() != "Active" {
        let message = format!("Directory {id} is in stage {}; a trust needs Active.", directory.stage.word());
        return Err(ApiError::bad("ClientException", message));
    }
    if directory.name.eq_ignore_ascii_case(&remote) {
        return Err(invalid("The remote domain is the directory's own domain."));
    }
    let same = |trust: &Trust| {
        trust.directory == id && trust.remote_domain.trim_end_matches('.').to_lowercase() == remote
    };
    if world.here().trusts.values().any(same) {
        let message = format!("A trust relationship with {domain} already exists for directory {id}.");
        return Err(ApiError::bad("EntityAlreadyExistsException", message));
    }
    if !addresses.is_empty() {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        find(world, id)?.forwarders.insert(domain.trim_end_matches('.').to_owned(), addresses);
    }

    let trust_id = world.state.id("t-", 10);
    let (now, change) = (world.now, world.steps().trust_change);
    let creating = Timeline::new("Creating", now);
    let (state, reason) = match world.state.orders.trust_fails.take(domain) {
        Some(reason) => (creating.then(change, "Failed"), Some(reason)),
        None if direction == INCOMING => (creating.then(change, "Created"), None),
        None => verifying(world, creating.then(change, "Created"), domain),
    };
    let trust = Trust {
        id: trust_id.clone(),
        directory: id.to_owned(),
        remote_domain: domain.to_owned(),
        kind: kind.to_owned(),
        direction: direction.to_owned(),
        selective_auth: selective.to_owned(),
        state,
        reason,
        created: now,
        updated: now,
        gone_at: None,
    };
    world.here().trusts.insert(trust_id.clone(), trust);
    Ok(json!({ "TrustId": trust_id }))
}

/// Goes on with a verification, and says why it will fail if it will.
fn verifying(world: &mut World<'_>, state: Timeline, domain: &str) -> (Timeline, Option<String>) {
    let steps = world.steps();
    let state = state.then(steps.trust_change, "Verifying");
    match world.state.orders.trust_verify_fails.take(domain) {
        Some(reason) => (state.then(steps.trust_verify, "VerifyFailed"), Some(reason)),
        None => (state.then(steps.trust_verify, "Verified"), None),
    }
}

pub(super) fn verify(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("TrustId", "t-")?;
    let (now, step) = (world.now, world.steps().trust_verify);
    let trust = find_trust(world, id)?;
    if trust.direction == INCOMING {
        let message = "A one-way incoming trust cannot be verified from this side.";
        return Err(ApiError::bad("UnsupportedOperationException", message));
    }
    refuse_while_moving(trust)?;
    let domain = trust.remote_domain.clone();
    let failure = world.state.orders.trust_verify_fails.take(&domain);
    let end = if failure.is_some() { "VerifyFailed" } else { "Verified" };
    let trust = find_trust(world, id)?;
    trust.state = Timeline::new("Verifying", now).then(step, end);
    trust.reason = failure;
    Ok(json!({ "TrustId": id }))
}

fn refuse_while_moving(trust: &Trust) -> Answer<()> {
    if trust.state.is_moving() {
        let message = format!("Trust {} is in state {}.", trust.id, trust.state.word());
        return Err(ApiError::bad("ClientException", message));
    }
    Ok(())
}

pub(super) fn update(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("TrustId", "t-")?;
    let selective = input.word("SelectiveAuth", &["Enabled", "Disabled"])?;
    let (now, step) = (world.now, world.steps().trust_change);
    let request = world.state.request_id();
    let trust = find_trust(world, id)?;
    refuse_while_moving(trust)?;
    if let Some(selective) = selective {
        selective.clone_into(&mut trust.selective_auth);
    }
    trust.state = Timeline::new("Updating", now).then(step, "Updated");
    trust.reason = None;
    trust.updated = now;
    Ok(json!({ "TrustId": id, "RequestId": request }))
}

pub(super) fn delete(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("TrustId", "t-")?;
    let (now, step) = (world.now, world.steps().trust_delete);
    let trust = find_trust(world, id)?;
    if trust.gone_at.is_none() {
        trust.state = Timeline::new("Deleting", now).then(step, "Deleted");
        trust.gone_at = Some(trust.state.end());
    }
    let (directory, domain) = (trust.directory.clone(), trust.remote_domain.trim_end_matches('.').to_owned());
    if input.flag("DeleteAssociatedConditionalForwarder")
        && let Ok(directory) = find(world, &directory)
    {
        directory.forwarders.remove(&domain);
    }
    Ok(json!({ "TrustId": id }))
}

pub(super) fn describe(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let wanted = input.list("TrustIds");
    for id in &wanted {
        check_id(id, "TrustIds", "t-")?;
    }
    let size = world.state.options.page_size;
    let directory = input.str("DirectoryId");
    if let Some(id) = directory {
        check_id(id, "DirectoryId", "d-")?;
        find(world, id)?;
    }
    let here = world.here();
    if let Some(missing) = wanted.iter().find(|id| !here.trusts.contains_key(**id)) {
        return Err(no_trust(missing));
    }
    let picked = here.trusts.values().filter(|trust| {
        directory.is_none_or(|id| trust.directory == id)
            && (wanted.is_empty() || wanted.contains(&trust.id.as_str()))
    });
    let (views, next) = page(picked.map(view).collect(), input, size)?;
    let mut answer = json!({ "Trusts": views });
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}

fn view(trust: &Trust) -> Value {
    let mut view = json!({
        "DirectoryId": trust.directory,
        "TrustId": trust.id,
        "RemoteDomainName": trust.remote_domain,
        "TrustType": trust.kind,
        "TrustDirection": trust.direction,
        "TrustState": trust.state.word(),
        "CreatedDateTime": seconds(trust.created),
        "LastUpdatedDateTime": seconds(trust.updated),
        "StateLastUpdatedDateTime": seconds(trust.state.since()),
        "SelectiveAuth": trust.selective_auth,
    });
    let failed = matches!(trust.state.word(), "Failed" | "VerifyFailed" | "UpdateFailed");
    if let Some(reason) = trust.reason.as_ref().filter(|_| failed) {
        view["TrustStateReason"] = reason.as_str().into();
    }
    view
}
