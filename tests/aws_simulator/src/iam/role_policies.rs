//! The policies of roles: attached and inline.

use super::document::check_policy;
use super::{encode, find_role, find_role_to_change, no_such, page, page_end};
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

/// Policies that may be attached to a role (IAM quotas).
const ATTACHMENT_LIMIT: usize = 10;

pub(super) fn attach(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let arn = params.need("PolicyArn")?;
    find_role(world, params)?;
    if !world.iam().policies.contains_key(arn) {
        return Err(no_such(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let role = find_role_to_change(world, params)?;
    if !role.attached.iter().any(|known| known == arn) {
        if role.attached.len() >= ATTACHMENT_LIMIT {
            let message = format!("Cannot exceed quota for PoliciesPerRole: {ATTACHMENT_LIMIT}");
            return Err(ApiError::new(409, "LimitExceeded", message));
        }
        role.attached.push(arn.to_owned());
    }
    Ok(Xml::new())
}

pub(super) fn detach(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let arn = params.need("PolicyArn")?;
    let role = find_role_to_change(world, params)?;
    let Some(at) = role.attached.iter().position(|known| known == arn) else {
        return Err(no_such(format!("Policy {arn} was not found.")));
    };
    role.attached.remove(at);
    Ok(Xml::new())
}

pub(super) fn list_attached(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let size = world.state.options.page_size;
    let role = find_role(world, params)?;
    let (attached, next) = page(role.attached.iter().collect(), params, size)?;
    let mut xml = Xml::new();
    xml.list("AttachedPolicies", "member", attached, |xml, arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        xml.text("PolicyName", name).text("PolicyArn", arn);
    });
    page_end(&mut xml, next.as_deref());
    Ok(xml)
}

pub(super) fn put(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (name, document) = (params.need("PolicyName")?, params.need("PolicyDocument")?);
    find_role(world, params)?;
    check_policy(document)?;
    let role = find_role_to_change(world, params)?;
    role.inline.insert(name.to_owned(), document.to_owned());
    Ok(Xml::new())
}

fn no_policy(name: &str) -> ApiError {
    no_such(format!("The role policy with name {name} cannot be found."))
}

pub(super) fn get(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let name = params.need("PolicyName")?;
    let role = find_role(world, params)?;
    let document = role.inline.get(name).ok_or_else(|| no_policy(name))?;
    let mut xml = Xml::new();
    xml.text("RoleName", &role.name).text("PolicyName", name).text("PolicyDocument", &encode(document));
    Ok(xml)
}

pub(super) fn delete(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let name = params.need("PolicyName")?;
    let role = find_role_to_change(world, params)?;
    role.inline.remove(name).ok_or_else(|| no_policy(name))?;
    Ok(Xml::new())
}

pub(super) fn list(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let size = world.state.options.page_size;
    let role = find_role(world, params)?;
    let (names, next) = page(role.inline.keys().map(String::as_str).collect(), params, size)?;
    let mut xml = Xml::new();
    xml.texts("PolicyNames", "member", names);
    page_end(&mut xml, next.as_deref());
    Ok(xml)
}
