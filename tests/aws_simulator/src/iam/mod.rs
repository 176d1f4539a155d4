//! IAM: roles, their policies, managed policies.

mod details;
pub(crate) mod document;
mod policy;
mod role;
mod role_policies;

use std::collections::BTreeMap;

use crate::clock::{Millis, iso_seconds, millis};
use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{Tags, World};
use crate::xml::Xml;

/// What an account has in IAM.
#[derive(Debug, Default)]
pub struct Iam {
    /// By name.
    pub roles: BTreeMap<String, Role>,
    /// By ARN; AWS's own among them.
    pub policies: BTreeMap<String, Policy>,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// `AROA…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    pub trust_policy: String,
    /// Its description.
    pub description: Option<String>,
    /// In seconds.
    pub max_session: u32,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// ARNs of the managed policies attached to it.
    pub attached: Vec<String>,
    /// Documents of its inline policies, by name.
    pub inline: BTreeMap<String, String>,
    /// Names of the instance profiles that hold it.
    pub instance_profiles: Vec<String>,
    /// When it was created.
    pub created: Millis,
    /// Its tags.
    pub tags: Tags,
    pub(crate) hidden_from_iam: Hidden,
    pub(crate) hidden_from_rds: Hidden,
}

/// A managed policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `ANPA…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// What it allows.
    pub document: String,
    /// Its description.
    pub description: String,
    /// When it was created.
    pub created: Millis,
    /// Its tags.
    pub tags: Tags,
}

/// For how long, and for how many more reads, a change stays unseen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hidden {
    until: Millis,
    reads: u32,
}

impl Hidden {
    pub(crate) fn new(world: &World<'_>) -> Self {
        let options = &world.state.options;
        Self { until: world.now + millis(options.iam_delay), reads: options.iam_hidden_reads }
    }

    /// A read: false while the change is unseen.
    pub(crate) fn read(&mut self, now: Millis) -> bool {
        if self.reads > 0 {
            self.reads -= 1;
            return false;
        }
        now >= self.until
    }
}

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, params: &Params) -> Option<Answer<Xml>> {
    if let Err(unseen) = see_role(world, operation, params) {
        return Some(Err(unseen));
    }
    Some(match operation {
        "CreateRole" => role::create(world, params),
        "GetRole" => role::get(world, params),
        "ListRoles" => role::list(world, params),
        "GetAccountAuthorizationDetails" => details::details(world, params),
        "UpdateRole" => role::update(world, params),
        "UpdateRoleDescription" => role::update_description(world, params),
        "UpdateAssumeRolePolicy" => role::update_trust(world, params),
        "DeleteRole" => role::delete(world, params),
        "TagRole" => role::tag(world, params),
        "UntagRole" => role::untag(world, params),
        "ListRoleTags" => role::list_tags(world, params),
        "PutRolePermissionsBoundary" => role::put_boundary(world, params),
        "DeleteRolePermissionsBoundary" => role::delete_boundary(world, params),
        "ListInstanceProfilesForRole" => role::instance_profiles(world, params),
        "AttachRolePolicy" => role_policies::attach(world, params),
        "DetachRolePolicy" => role_policies::detach(world, params),
        "ListAttachedRolePolicies" => role_policies::list_attached(world, params),
        "PutRolePolicy" => role_policies::put(world, params),
        "GetRolePolicy" => role_policies::get(world, params),
        "DeleteRolePolicy" => role_policies::delete(world, params),
        "ListRolePolicies" => role_policies::list(world, params),
        "GetPolicy" => policy::get(world, params),
        "GetPolicyVersion" => policy::get_version(world, params),
        "CreatePolicy" => policy::create(world, params),
        "DeletePolicy" => policy::delete(world, params),
        _ => return None,
    })
}

fn no_such(message: impl Into<String>) -> ApiError {
    ApiError::new(404, "NoSuchEntity", message)
}

/// Whether the server that answers has heard of the role. CreateRole is decided where names are given out.
fn see_role(world: &mut World<'_>, operation: &str, params: &Params) -> Answer<()> {
    let now = world.now;
    let Some(name) = params.get("RoleName").filter(|_| operation != "CreateRole") else { return Ok(()) };
    let seen = world.iam().roles.get_mut(name).is_none_or(|role| role.hidden_from_iam.read(now));
    if seen { Ok(()) } else { Err(no_such_role(name)) }
}

fn no_such_role(name: &str) -> ApiError {
    no_such(format!("The role with name {name} cannot be found."))
}

fn find_role<'w>(world: &'w mut World<'_>, params: &Params) -> Answer<&'w mut Role> {
    let name = params.need("RoleName")?;
    world.iam().roles.get_mut(name).ok_or_else(|| no_such_role(name))
}

/// A change of a role: RDS will see it later.
fn find_role_to_change<'w>(world: &'w mut World<'_>, params: &Params) -> Answer<&'w mut Role> {
    let hidden = Hidden::new(world);
    let role = find_role(world, params)?;
    role.hidden_from_rds = hidden;
    Ok(role)
}

/// A page of `all`, from `Marker`, at most `MaxItems` long, and the elements that tell of more.
fn page<T>(all: Vec<T>, params: &Params, default: usize) -> Answer<(Vec<T>, Option<String>)> {
    let start = match params.get("Marker") {
        Some(marker) => {
            marker.parse().map_err(|_| ApiError::bad("ValidationError", "Invalid Marker.".to_owned()))?
        }
        None => 0,
    };
    let size =
        params.get("MaxItems").and_then(|size| size.parse().ok()).unwrap_or(default).min(default.max(1));
    let total = all.len();
    let page: Vec<T> = all.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    Ok((page, (next < total).then(|| next.to_string())))
}

fn page_end(xml: &mut Xml, next: Option<&str>) {
    xml.value("IsTruncated", next.is_some()).optional("Marker", next);
}

/// A policy document as IAM returns it: percent-encoded (RFC 3986).
fn encode(document: &str) -> String {
    const UNRESERVED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(document, UNRESERVED).to_string()
}

fn role_view(xml: &mut Xml, role: &Role, whole: bool) {
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", &role.arn)
        .text("CreateDate", &iso_seconds(role.created))
        .text("AssumeRolePolicyDocument", &encode(&role.trust_policy))
        .optional("Description", role.description.as_deref())
        .value("MaxSessionDuration", role.max_session);
    // ListRoles leaves these out.
    if whole {
        if let Some(boundary) = &role.boundary {
            xml.node("PermissionsBoundary", |xml| {
                xml.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", boundary);
            });
        }
        if !role.tags.is_empty() {
            xml.tags("Tags", "member", &role.tags);
        }
        xml.node("RoleLastUsed", |_| ());
    }
}
