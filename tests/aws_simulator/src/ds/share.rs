//! Sharing of a directory with other accounts.

use serde_json::{Value, json};

use super::input::{Input, check_id, invalid, page};
use super::{find, no_directory, seconds};
use crate::clock::{Millis, Timeline};
use crate::error::{Answer, ApiError};
use crate::state::World;

/// A directory's share with one account.
#[derive(Debug, Clone)]
pub struct Share {
    /// The id that the directory has in the account that it is shared with.
    pub id: String,
    /// Whose directory it is.
    pub owner_account: String,
    /// The directory's id.
    pub owner_directory: String,
    /// Where both are.
    pub region: String,
    /// With whom it is shared.
    pub target_account: String,
    /// `HANDSHAKE` or `ORGANIZATIONS`.
    pub method: String,
    /// The owner's note.
    pub notes: Option<String>,
    /// A ShareStatus.
    pub status: Timeline,
    /// When it was created.
    pub created: Millis,
    /// When it is gone.
    pub gone_at: Option<Millis>,
}

fn view(share: &Share) -> Value {
    let mut view = json!({
        "OwnerAccountId": share.owner_account,
        "OwnerDirectoryId": share.owner_directory,
        "ShareMethod": share.method,
        "SharedAccountId": share.target_account,
        "SharedDirectoryId": share.id,
        "ShareStatus": share.status.word(),
        "CreatedDateTime": seconds(share.created),
        "LastUpdatedDateTime": seconds(share.status.since()),
    });
    if let Some(notes) = &share.notes {
        view["ShareNotes"] = notes.as_str().into();
    }
    view
}

pub(super) fn share(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let method = input.word("ShareMethod", &["ORGANIZATIONS", "HANDSHAKE"])?;
    let method = method.ok_or_else(|| invalid("ShareMethod is required."))?;
    let target = input.inner("ShareTarget")?;
    let account = target.need("Id")?;
    target.word("Type", &["ACCOUNT"])?;
    let own_account = &world.caller.account;
    if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) || account == own_account {
        let message = format!("The target account {account} is not valid.");
        return Err(ApiError::bad("InvalidTargetException", message));
    }
    let directory = find(world, id)?;
    if directory.stage.word() != "Active" {
        let message = format!("Directory {id} is in stage {}; sharing needs Active.", directory.stage.word());
        return Err(ApiError::bad("ClientException", message));
    }
    let shares = world.state.shares.values().filter(|share| share.owner_directory == id);
    let shares: Vec<&str> = shares.map(|share| share.target_account.as_str()).collect();
    if shares.contains(&account) {
        let message = format!("Directory {id} is already shared with account {account}.");
        return Err(ApiError::bad("DirectoryAlreadySharedException", message));
    }
    if shares.len() >= world.state.options.share_limit {
        let message = format!("Directory {id} cannot be shared with more accounts.");
        return Err(ApiError::bad("ShareLimitExceededException", message));
    }
    let shared_id = world.state.id("d-", 10);
    let (now, step) = (world.now, world.steps().share);
    let failure = world.state.orders.share_fails.take(account);
    let sharing = Timeline::new("Sharing", now);
    let status = match (failure, method) {
        (Some(_), _) => sharing.then(step, "ShareFailed"),
        (None, "ORGANIZATIONS") => sharing.then(step, "Shared"),
        (None, _) => Timeline::new("PendingAcceptance", now),
    };
    let share = Share {
        id: shared_id.clone(),
        owner_account: own_account.clone(),
        owner_directory: id.to_owned(),
        region: world.caller.region.clone(),
        target_account: account.to_owned(),
        method: method.to_owned(),
        notes: input.str("ShareNotes").map(str::to_owned),
        status,
        created: now,
        gone_at: None,
    };
    world.state.shares.insert(shared_id.clone(), share);
    Ok(json!({ "SharedDirectoryId": shared_id }))
}

pub(super) fn unshare(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let account = input.inner("UnshareTarget")?.need("Id")?;
    find(world, id)?;
    let (now, step) = (world.now, world.steps().share);
    let mut shares = world.state.shares.values_mut();
    let share = shares.find(|share| share.owner_directory == id && share.target_account == account);
    let share = share.ok_or_else(|| {
        let message = format!("Directory {id} is not shared with account {account}.");
        ApiError::bad("DirectoryNotSharedException", message)
    })?;
    remove(share, now, step);
    Ok(json!({ "SharedDirectoryId": share.id }))
}

fn remove(share: &mut Share, now: Millis, step: std::time::Duration) {
    if share.gone_at.is_none() {
        share.status = Timeline::new("Deleting", now).then(step, "Deleted");
        share.gone_at = Some(share.status.end());
    }
}

/// DeleteDirectory by the account that the directory is shared with.
pub(super) fn leave(world: &mut World<'_>, id: &str) -> Answer<Value> {
    let in_use =
        world.here().clusters.values().any(|c| c.join.as_ref().is_some_and(|join| join.domain == id));
    if in_use {
        return Err(ApiError::bad(
            "ClientException",
            "Cannot delete the directory because it still has authorized applications.",
        ));
    }
    let (now, step) = (world.now, world.steps().share);
    if let Some(share) = world.state.shares.get_mut(id) {
        remove(share, now, step);
    }
    Ok(json!({ "DirectoryId": id }))
}

/// A share that awaits the caller's answer.
fn find_pending<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Share> {
    let account = &world.caller.account;
    let share = world.state.shares.get_mut(id).filter(|share| share.target_account == *account);
    let share = share.ok_or_else(|| no_directory(id))?;
    match share.status.word() {
        "PendingAcceptance" => Ok(share),
        "Shared" | "Sharing" => {
            let message = format!("Directory {id} is already shared.");
            Err(ApiError::bad("DirectoryAlreadySharedException", message))
        }
        other => Err(invalid(format!("The share of directory {id} is {other}."))),
    }
}

pub(super) fn accept(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("SharedDirectoryId", "d-")?;
    let (now, step) = (world.now, world.steps().share);
    let share = find_pending(world, id)?;
    share.status = Timeline::new("Sharing", now).then(step, "Shared");
    Ok(json!({ "SharedDirectory": view(share) }))
}

pub(super) fn reject(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("SharedDirectoryId", "d-")?;
    let (now, step) = (world.now, world.steps().share);
    let share = find_pending(world, id)?;
    share.status = Timeline::new("Rejecting", now).then(step, "Rejected");
    Ok(json!({ "SharedDirectoryId": id }))
}

pub(super) fn describe(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("OwnerDirectoryId", "d-")?;
    let wanted = input.list("SharedDirectoryIds");
    for id in &wanted {
        check_id(id, "SharedDirectoryIds", "d-")?;
    }
    find(world, id)?;
    let size = world.state.options.page_size;
    let shares: Vec<&Share> =
        world.state.shares.values().filter(|share| share.owner_directory == id).collect();
    if let Some(missing) = wanted.iter().find(|id| !shares.iter().any(|share| share.id == **id)) {
        return Err(no_directory(missing));
    }
    let picked = shares.into_iter().filter(|share| wanted.is_empty() || wanted.contains(&share.id.as_str()));
    let (views, next) = page(picked.map(view).collect(), input, size)?;
    let mut answer = json!({ "SharedDirectories": views });
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}
