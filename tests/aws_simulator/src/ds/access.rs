//! Directory data access, and users' passwords.

use serde_json::{Value, json};

use super::create::check_password;
use super::input::{Input, constraint};
use super::{find, find_usable, renamed};
use crate::clock::Timeline;
use crate::error::{Answer, ApiError};
use crate::state::World;

pub(super) fn switch(world: &mut World<'_>, input: Input<'_>, on: bool) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let (now, step) = (world.now, world.steps().data_access);
    let (passing, end) = if on { ("Enabling", "Enabled") } else { ("Disabling", "Disabled") };
    let status = find_usable(world, id).map_err(renamed)?.data_access.word().to_owned();
    if status == end || status == passing {
        let message = format!("Directory data access of {id} is already {status}.");
        return Err(ApiError::bad("DirectoryInDesiredStateException", message));
    }
    let fails = world.state.orders.data_access_fails.take(id).is_some();
    let end = if fails { "Failed" } else { end };
    find(world, id)?.data_access = Timeline::new(passing, now).then(step, end);
    Ok(json!({}))
}

pub(super) fn describe(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let directory = find(world, input.need_id("DirectoryId", "d-")?).map_err(renamed)?;
    Ok(json!({ "DataAccessStatus": directory.data_access.word() }))
}

pub(super) fn reset_password(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let user = input.need("UserName")?;
    let password = input.need("NewPassword")?;
    if !(1..=127).contains(&password.chars().count()) {
        let rule = "Member must have length between 1 and 127";
        return Err(constraint("***", "NewPassword", rule));
    }
    let directory = find_usable(world, id)?;
    let Some(known) = directory.users.iter().find(|known| known.eq_ignore_ascii_case(user)).cloned() else {
        let message = format!("User {user} does not exist in directory {id}.");
        return Err(ApiError::bad("UserDoesNotExistException", message));
    };
    // Active Directory refuses passwords that contain the account's name.
    if check_password(password, &known).is_err() {
        let message = "The new password does not conform to the password policy of the directory.";
        return Err(ApiError::bad("InvalidPasswordException", message));
    }
    *directory.password_resets.entry(known).or_default() += 1;
    Ok(json!({}))
}
