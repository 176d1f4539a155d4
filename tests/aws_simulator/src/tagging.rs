//! The Resource Groups Tagging API: GetResources, for directories.

use serde_json::{Value, json};

use crate::ds::input::{Input, invalid};
use crate::error::Answer;
use crate::state::World;

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, body: &Value) -> Option<Answer<Value>> {
    Some(match operation {
        "GetResources" => resources(world, Input(body)),
        _ => return None,
    })
}

/// What was never tagged is not shown.
fn resources(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    if input.list("ResourceTypeFilters") != ["ds:directory"] {
        return Err(invalid("The simulator knows the resource type ds:directory only."));
    }
    let caller = world.caller;
    let prefix = format!("arn:{}:ds:{}:{}:directory/", caller.partition(), caller.region, caller.account);
    let all: Vec<Value> = world
        .here()
        .directories
        .values()
        .filter(|directory| !directory.tags.is_empty())
        .map(|directory| {
            let tags: Vec<Value> =
                directory.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
            json!({ "ResourceARN": format!("{prefix}{}", directory.id), "Tags": tags })
        })
        .collect();
    let start: usize = input.str("PaginationToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let size = input.number("ResourcesPerPage").and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
    if !(1..=100).contains(&size) {
        return Err(invalid("ResourcesPerPage must lie between 1 and 100."));
    }
    let token = if start + size < all.len() { (start + size).to_string() } else { String::new() };
    let page: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    Ok(json!({ "ResourceTagMappingList": page, "PaginationToken": token }))
}
