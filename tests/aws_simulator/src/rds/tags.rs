//! Tags of clusters and instances, by ARN.

use super::{find_cluster, find_instance, need};
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{Tags, World};
use crate::xml::Xml;

fn tags<'w>(world: &'w mut World<'_>, params: &Params) -> Answer<&'w mut Tags> {
    let arn = need(params, "ResourceName")?;
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    match parts[..] {
        ["arn", _, "rds", _, _, "cluster", id] => Ok(&mut find_cluster(world, id)?.tags),
        ["arn", _, "rds", _, _, "db", id] => Ok(&mut find_instance(world, id)?.tags),
        _ => Err(ApiError::bad("InvalidParameterValue", format!("Invalid resource name: {arn}"))),
    }
}

pub(super) fn add(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    tags(world, params)?.extend(params.tags("Tags.Tag"));
    Ok(Xml::new())
}

pub(super) fn remove(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let tags = tags(world, params)?;
    for key in params.list("TagKeys.member") {
        tags.remove(key);
    }
    Ok(Xml::new())
}

pub(super) fn list(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let tags = tags(world, params)?;
    let mut xml = Xml::new();
    xml.tags("TagList", "Tag", tags);
    Ok(xml)
}
