//! Tags of directories.

use serde_json::{Value, json};

use super::input::{Input, page};
use super::no_directory;
use crate::error::{Answer, ApiError};
use crate::state::{Tags, World};

fn tags<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Tags> {
    let directory = world.here().directories.get_mut(id).ok_or_else(|| no_directory(id))?;
    Ok(&mut directory.tags)
}

pub(super) fn add(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let tags = tags(world, input.need_id("ResourceId", "d-")?)?;
    let added = input.tags("Tags");
    if tags.keys().chain(added.keys()).collect::<std::collections::BTreeSet<_>>().len() > 50 {
        let message = "The maximum allowed number of tags is 50.";
        return Err(ApiError::bad("TagLimitExceededException", message));
    }
    tags.extend(added);
    Ok(json!({}))
}

pub(super) fn remove(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let tags = tags(world, input.need_id("ResourceId", "d-")?)?;
    for key in input.list("TagKeys") {
        tags.remove(key);
    }
    Ok(json!({}))
}

pub(super) fn list(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let size = world.state.options.page_size;
    let tags = tags(world, input.need_id("ResourceId", "d-")?)?;
    let all: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    let (tags, next) = page(all, input, size)?;
    let mut answer = json!({ "Tags": tags });
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}
