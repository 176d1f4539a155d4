//! Managed policies. Each has one version, `v1`.

use super::document::check_policy;
use super::{Policy, encode, no_such};
use crate::clock::iso_seconds;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

fn find<'w>(world: &'w mut World<'_>, arn: &str) -> Answer<&'w Policy> {
    world.iam().policies.get(arn).ok_or_else(|| no_such(format!("Policy {arn} was not found.")))
}

fn attachments(world: &mut World<'_>, arn: &str) -> usize {
    world.iam().roles.values().filter(|role| role.attached.iter().any(|known| known == arn)).count()
}

fn view(xml: &mut Xml, arn: &str, policy: &Policy, attachments: usize) {
    xml.node("Policy", |xml| {
        xml.text("PolicyName", &policy.name)
            .text("PolicyId", &policy.id)
            .text("Arn", arn)
            .text("Path", &policy.path)
            .text("DefaultVersionId", "v1")
            .value("AttachmentCount", attachments)
            .value("PermissionsBoundaryUsageCount", 0)
            .value("IsAttachable", true)
            .text("Description", &policy.description)
            .text("CreateDate", &iso_seconds(policy.created))
            .text("UpdateDate", &iso_seconds(policy.created))
            .tags("Tags", "member", &policy.tags);
    });
}

pub(super) fn get(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let arn = params.need("PolicyArn")?;
    let count = attachments(world, arn);
    let mut xml = Xml::new();
    view(&mut xml, arn, find(world, arn)?, count);
    Ok(xml)
}

pub(super) fn get_version(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (arn, version) = (params.need("PolicyArn")?, params.need("VersionId")?);
    let policy = find(world, arn)?;
    if version != "v1" {
        let message = format!("Policy {arn} version {version} does not exist or is not attachable.");
        return Err(no_such(message));
    }
    let mut xml = Xml::new();
    xml.node("PolicyVersion", |xml| {
        xml.text("Document", &encode(&policy.document))
            .text("VersionId", "v1")
            .value("IsDefaultVersion", true)
            .text("CreateDate", &iso_seconds(policy.created));
    });
    Ok(xml)
}

pub(super) fn create(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let (name, document) = (params.need("PolicyName")?, params.need("PolicyDocument")?);
    check_policy(document)?;
    let path = params.get("Path").unwrap_or("/");
    let arn = format!("arn:{}:iam::{}:policy{path}{name}", world.caller.partition(), world.caller.account);
    if world.iam().policies.contains_key(&arn) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(ApiError::new(409, "EntityAlreadyExists", message));
    }
    let policy = Policy {
        id: format!("ANPA{}", world.state.letters(17)),
        name: name.to_owned(),
        path: path.to_owned(),
        document: document.to_owned(),
        description: params.get("Description").unwrap_or_default().to_owned(),
        created: world.now,
        tags: params.tags("Tags.member"),
    };
    let mut xml = Xml::new();
    view(&mut xml, &arn, &policy, 0);
    world.iam().policies.insert(arn, policy);
    Ok(xml)
}

pub(super) fn delete(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let arn = params.need("PolicyArn")?;
    find(world, arn)?;
    if attachments(world, arn) > 0 {
        let message = "Cannot delete a policy attached to entities.";
        return Err(ApiError::new(409, "DeleteConflict", message));
    }
    if arn.contains("::aws:") {
        return Err(ApiError::new(403, "AccessDenied", format!("Policy {arn} is AWS's own.")));
    }
    world.iam().policies.remove(arn);
    Ok(Xml::new())
}
