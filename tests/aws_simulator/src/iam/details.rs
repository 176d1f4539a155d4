//! GetAccountAuthorizationDetails, for roles.

use super::{encode, page, page_end};
use crate::clock::iso_seconds;
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::World;
use crate::xml::Xml;

pub(super) fn details(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let filter = params.list("Filter.member");
    if filter != ["Role"] {
        let message = "The simulator knows GetAccountAuthorizationDetails for the filter Role only.";
        return Err(ApiError::bad("ValidationError", message));
    }
    let (size, now) = (world.state.options.page_size, world.now);
    let all =
        world.iam().roles.values_mut().filter_map(|role| role.hidden_from_iam.read(now).then_some(&*role));
    let (roles, next) = page(all.collect(), params, size)?;
    let mut xml = Xml::new();
    xml.list("RoleDetailList", "member", roles, |xml, role| {
        xml.text("Path", &role.path)
            .text("RoleName", &role.name)
            .text("RoleId", &role.id)
            .text("Arn", &role.arn)
            .text("CreateDate", &iso_seconds(role.created))
            .text("AssumeRolePolicyDocument", &encode(&role.trust_policy))
            .list("RolePolicyList", "member", &role.inline, |xml, (name, document)| {
                xml.text("PolicyName", name).text("PolicyDocument", &encode(document));
            })
            .list("AttachedManagedPolicies", "member", &role.attached, |xml, arn| {
                xml.text("PolicyName", arn.rsplit('/').next().unwrap_or(arn)).text("PolicyArn", arn);
            });
        if let Some(boundary) = &role.boundary {
            xml.node("PermissionsBoundary", |xml| {
                xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", boundary);
            });
        }
        xml.tags("Tags", "member", &role.tags);
    });
    page_end(&mut xml, next.as_deref());
    Ok(xml)
}
