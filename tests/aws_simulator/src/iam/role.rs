//! Roles.

use std::collections::BTreeMap;

use super::document::check_trust_policy;
use super::{Hidden, Role, find_role, find_role_to_change, no_such, page, page_end, role_view};
use crate::clock::iso_seconds;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

fn validation(value: &str, member: &str, rule: &str) -> ApiError {
    ApiError::bad(
        "ValidationError",
        format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
        ),
    )
}

fn check_name(name: &str) -> Answer<()> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.len() > 64 {
        return Err(validation(name, "roleName", "Member must have length less than or equal to 64"));
    }
    if !name.chars().all(known) {
        let message = "The specified value for roleName is invalid. It must contain only alphanumeric characters \
                       and/or the following: +=,.@_-";
        return Err(ApiError::bad("ValidationError", message));
    }
    Ok(())
}

fn check_session(params: &Params) -> Answer<Option<u32>> {
    let Some(text) = params.get("MaxSessionDuration") else { return Ok(None) };
    match text.parse::<u32>() {
        Ok(seconds) if (3600..=43_200).contains(&seconds) => Ok(Some(seconds)),
        _ => Err(validation(text, "maxSessionDuration", "Member must have value between 3600 and 43200")),
    }
}

/// A boundary must be a policy that exists.
fn check_boundary(world: &mut World<'_>, arn: &str) -> Answer<()> {
    if world.iam().policies.contains_key(arn) {
        return Ok(());
    }
    let message = format!("Scope ARN: {arn} does not exist or is not attachable.");
    Err(no_such(message))
}

pub(super) fn create(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let name = params.need("RoleName")?;
    check_name(name)?;
    let document = params.need("AssumeRolePolicyDocument")?;
    check_trust_policy(document)?;
    let path = params.get("Path").unwrap_or("/");
    if !path.starts_with('/') || !path.ends_with('/') {
        let message = "The specified value for path is invalid. It must begin and end with / and contain only \
                       alphanumeric characters and/or / characters.";
        return Err(ApiError::bad("ValidationError", message));
    }
    let max_session = check_session(params)?.unwrap_or(3600);
    let boundary = params.get("PermissionsBoundary").map(str::to_owned);
    if let Some(arn) = &boundary {
        check_boundary(world, arn)?;
    }
    if world.iam().roles.contains_key(name) {
        let message = format!("Role with name {name} already exists.");
        return Err(ApiError::new(409, "EntityAlreadyExists", message));
    }
    let id = format!("AROA{}", world.state.letters(17));
    let hidden = Hidden::new(world);
    let role = Role {
        id,
        name: name.to_owned(),
        path: path.to_owned(),
        arn: format!("arn:{}:iam::{}:role{path}{name}", world.caller.partition(), world.caller.account),
        trust_policy: document.to_owned(),
        description: params.get("Description").filter(|text| !text.is_empty()).map(str::to_owned),
        max_session,
        boundary,
        attached: Vec::new(),
        inline: BTreeMap::new(),
        instance_profiles: Vec::new(),
        created: world.now + world.state.clock.skew,
        tags: params.tags("Tags.member"),
        hidden_from_iam: hidden,
        hidden_from_rds: hidden,
    };
    let mut xml = Xml::new();
    xml.node("Role", |xml| role_view(xml, &role, true));
    world.iam().roles.insert(name.to_owned(), role);
    Ok(xml)
}

pub(super) fn get(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    let mut xml = Xml::new();
    xml.node("Role", |xml| role_view(xml, role, true));
    Ok(xml)
}

pub(super) fn list(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let (size, now) = (world.state.options.page_size, world.now);
    let all = world.iam().roles.values_mut().filter(|role| role.path.starts_with(prefix));
    let all = all.filter_map(|role| role.hidden_from_iam.read(now).then_some(&*role));
    let (roles, next) = page(all.collect(), params, size)?;
    let mut xml = Xml::new();
    xml.list("Roles", "member", roles, |xml, role| role_view(xml, role, false));
    page_end(&mut xml, next.as_deref());
    Ok(xml)
}

pub(super) fn update(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let max_session = check_session(params)?;
    let role = find_role(world, params)?;
    // What is left out goes back to nothing and to an hour (UpdateRole).
    role.description = params.get("Description").filter(|text| !text.is_empty()).map(str::to_owned);
    role.max_session = max_session.unwrap_or(3600);
    Ok(Xml::new())
}

pub(super) fn update_description(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    role.description = params.get("Description").filter(|text| !text.is_empty()).map(str::to_owned);
    let mut xml = Xml::new();
    xml.node("Role", |xml| role_view(xml, role, true));
    Ok(xml)
}

pub(super) fn update_trust(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let document = params.need("PolicyDocument")?;
    find_role(world, params)?;
    check_trust_policy(document)?;
    document.clone_into(&mut find_role_to_change(world, params)?.trust_policy);
    Ok(Xml::new())
}

pub(super) fn delete(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    let conflict = |message: &str| Err(ApiError::new(409, "DeleteConflict", message));
    if !role.instance_profiles.is_empty() {
        return conflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    if !role.attached.is_empty() {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !role.inline.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    let name = role.name.clone();
    world.iam().roles.remove(&name);
    Ok(Xml::new())
}

pub(super) fn tag(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    role.tags.extend(params.tags("Tags.member"));
    if role.tags.len() > 50 {
        let message = "The number of tags has reached the maximum limit.";
        return Err(ApiError::new(409, "LimitExceeded", message));
    }
    Ok(Xml::new())
}

pub(super) fn untag(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    for key in params.list("TagKeys.member") {
        role.tags.remove(key);
    }
    Ok(Xml::new())
}

pub(super) fn list_tags(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role(world, params)?;
    let mut xml = Xml::new();
    xml.tags("Tags", "member", &role.tags);
    page_end(&mut xml, None);
    Ok(xml)
}

pub(super) fn put_boundary(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let arn = params.need("PermissionsBoundary")?;
    find_role(world, params)?;
    check_boundary(world, arn)?;
    find_role_to_change(world, params)?.boundary = Some(arn.to_owned());
    Ok(Xml::new())
}

pub(super) fn delete_boundary(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let role = find_role_to_change(world, params)?;
    if role.boundary.take().is_none() {
        return Err(no_such(format!("Role {} does not have a permission boundary.", role.name)));
    }
    Ok(Xml::new())
}

pub(super) fn instance_profiles(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (partition, account) = (world.caller.partition(), world.caller.account.clone());
    let role = find_role(world, params)?;
    let mut xml = Xml::new();
    xml.list("InstanceProfiles", "member", &role.instance_profiles, |xml, name| {
        xml.text("Path", "/")
            .text("InstanceProfileName", name)
            .text("InstanceProfileId", &format!("AIPA{}", &crate::seed::opaque(name)[..17]))
            .text("Arn", &format!("arn:{partition}:iam::{account}:instance-profile/{name}"))
            .text("CreateDate", &iso_seconds(role.created))
            .list("Roles", "member", [&*role], |xml, role| role_view(xml, role, false));
    });
    page_end(&mut xml, None);
    Ok(xml)
}
