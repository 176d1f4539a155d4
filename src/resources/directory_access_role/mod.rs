//! `aurorakerberos_directory_access_role`: the IAM role with which Aurora calls Directory Service (step 3 of the guide).

mod create;
mod delete;
pub(crate) mod document;
pub(crate) mod grant;
pub(crate) mod names;
mod planned;
mod read;

use std::sync::Arc;

use tf_provider::framework::{
    Apply, Config, Context, DefaultTimeouts, Diagnostics, Failure, Plan, Resource, Scope, Timeouts, validate,
};

use crate::aws::{Aws, Freshness, Tags};
use crate::tags;

pub(crate) use planned::PlannedRoles;

/// The name that the console gives the role.
const CONSOLE_NAME: &str = "rds-directoryservice-kerberos-access-role";
const MANAGED: &str = "managed";
const INLINE: &str = "inline";
/// What `policy` reads as when the role has neither of the two.
const NONE: &str = "none";
/// The key of the private state that lists the policies which this resource gave the role.
const GIVEN: &str = "policies";

tf_provider::model! {
    /// Manages the IAM role with which Amazon Aurora calls AWS Directory Service when a cluster joins a directory.
    ///
    /// The role trusts `rds.amazonaws.com` and `directoryservice.rds.amazonaws.com`; a role without the second one is
    /// refused by RDS with "IAM role provided is not valid". It is a role of its own: the one that RDS for SQL Server
    /// uses for Windows authentication does not work with Aurora.
    ///
    /// Where Terraform or the provider is killed during the creation and before the state is written, the next apply
    /// fails, names the role that is there, and tells the `import` block that adopts it.
    ///
    /// What others change of the trust policy or the permissions shows in the plan and is mended. Policies that others
    /// attach stay; while there are any, the role is not destroyed unless `force_detach_policies` is set.
    pub struct DirectoryAccessRole / DirectoryAccessRoleView {
        /// Name of the role, which identifies it.
        pub id: String => computed().kept(),
        /// Name of the role. Without it and `name_prefix` this is `rds-directoryservice-kerberos-access-role`, as in
        /// the AWS console. Another name is another role.
        pub name: String => optional().computed().kept().replace().validate(names::role_name),
        /// What the role's name begins with; 26 characters that make it unique follow. Excludes `name`. A role that an
        /// apply was killed over is not found again under a prefix, because the next one has another name.
        pub name_prefix: Option<String> => optional().validate(names::role_name_prefix),
        /// Path of the role. Another path is another role.
        pub path: String => optional().default("/").replace().validate(names::path),
        /// Description of the role, of at most 1000 characters.
        pub description: Option<String> => optional().length(1, 1000).validate(names::description),
        /// ARN of the managed policy that bounds the role's permissions.
        pub permissions_boundary: Option<String> => optional().validate(names::policy_arn),
        /// Longest session in seconds, from 3600 (one hour) to 43200 (twelve hours).
        pub max_session_duration: i64 => optional().default(tf_provider::value::Value::from(3600)).between(3600, 43_200),
        /// Where the permissions come from: `managed` attaches AWS's policy `AmazonRDSDirectoryServiceAccess`, `inline`
        /// writes the guide's four actions into the role. A change adds the new ones before it takes the old ones away.
        /// A role that has lost its permissions reads as `none`.
        pub policy: String => optional().default(MANAGED).one_of(&[MANAGED, INLINE]),
        /// Whether destroying the role also takes away the policies that others gave it.
        pub force_detach_policies: bool => optional().default(false),
        /// Tags of the role. They win over the provider's `default_tags` of the same key.
        pub tags: Option<Tags> => optional().validate(tags::check),
        /// Tags of the role with the provider's `default_tags`.
        pub tags_all: Tags => computed().kept(),
        /// ARN of the role.
        pub arn: String => computed().kept(),
        /// Identifier of the role that no other role ever has, not even a later one of the same name.
        pub unique_id: String => computed().kept(),
        /// Trust policy of the role as JSON. Documents that mean the same count as the same.
        pub assume_role_policy: String => computed().kept(),
        /// When the role was created, as an RFC 3339 timestamp.
        pub create_date: String => computed().kept(),
        /// How long operations may take.
        pub timeouts: Option<Timeouts> => block(),
    }
}

tf_provider::model! {
    /// What identifies a role.
    pub struct RoleIdentity / RoleIdentityView {
        /// Name of the role.
        pub name: String => required().validate(names::role_name),
        /// Account of the role.
        pub account_id: Option<String> => optional(),
    }
}

/// The resource.
#[derive(Debug, Default)]
pub(crate) struct DirectoryAccessRoles {
    planned: Arc<PlannedRoles>,
}

impl DirectoryAccessRoles {
    /// The resource, which tells `planned` of its plans.
    pub(crate) fn new(planned: Arc<PlannedRoles>) -> Self {
        Self { planned }
    }
}

impl Resource for DirectoryAccessRoles {
    type Client = Aws;
    type Model = DirectoryAccessRole;
    type Identity = RoleIdentity;

    const NAME: &'static str = "directory_access_role";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(10, 10, 10);

    fn label(&self, model: &DirectoryAccessRole) -> String {
        if model.name.is_empty() { model.id.clone() } else { model.name.clone() }
    }

    fn identity(&self, client: &Aws, model: &DirectoryAccessRole) -> RoleIdentity {
        RoleIdentity { name: model.name.clone(), account_id: client.account_id.clone() }
    }

    fn scope(&self, client: &Aws) -> Scope {
        super::in_account(client)
    }

    fn parse_import_id(&self, id: &str) -> Result<RoleIdentity, String> {
        match names::role_name(&id.into()) {
            Ok(()) => Ok(RoleIdentity { name: id.to_owned(), account_id: None }),
            Err(_) => Err(format!(
                "The import id must be the name of the role, such as {CONSOLE_NAME}: from 1 to 64 letters, digits and \
                 any of _+=,.@-, without path and not an ARN."
            )),
        }
    }

    fn imported(&self, identity: RoleIdentity) -> Result<DirectoryAccessRole, Failure> {
        names::role_name(&identity.name.as_str().into())
            .map_err(|problem| Failure::config("name", problem))?;
        Ok(DirectoryAccessRole { name: identity.name, ..DirectoryAccessRole::default() })
    }

    fn validate(&self, config: &Config<'_, DirectoryAccessRole>, found: &mut Diagnostics) {
        validate::at_most_one_of(config.value, &["name", "name_prefix"], found);
    }

    fn adjust_plan(&self, plan: &mut Plan<'_, DirectoryAccessRole>, client: Option<&Aws>) {
        plan_name(plan);
        let desired = grant::trust_policy();
        let kept = plan.prior.as_ref().and_then(|prior| prior.assume_role_policy.text());
        if !kept.is_some_and(|kept| grant::same_meaning(kept, &desired)) {
            plan.set("assume_role_policy", desired);
        }
        let own = plan.planned.tags.clone();
        let prior = plan.prior.as_ref().map(|prior| prior.tags_all.clone());
        tags::plan(plan, &own, prior.as_ref(), client);
    }

    async fn check_plan(
        &self,
        _client: &Aws,
        plan: &Plan<'_, DirectoryAccessRole>,
        _context: &Context,
    ) -> Diagnostics {
        if let Some(name) = plan.planned.name.text() {
            self.planned.add(name);
        }
        Diagnostics::new()
    }

    async fn create(
        &self,
        client: &Aws,
        role: DirectoryAccessRole,
        apply: &Apply<DirectoryAccessRole>,
    ) -> Result<DirectoryAccessRole, Failure> {
        create::create(client, role, apply).await
    }

    async fn read(
        &self,
        client: &Aws,
        role: DirectoryAccessRole,
        context: &Context,
    ) -> Result<Option<DirectoryAccessRole>, Failure> {
        read::read(client, role, context).await
    }

    async fn update(
        &self,
        client: &Aws,
        prior: DirectoryAccessRole,
        mut role: DirectoryAccessRole,
        apply: &Apply<DirectoryAccessRole>,
    ) -> Result<DirectoryAccessRole, Failure> {
        let iam = client.iam();
        let name = role.name.as_str();
        role.tags_all = tags::all(client, role.tags.as_ref());
        // What is done is saved step by step: an error in the middle leaves a state that says how far it came.
        let mut reached = DirectoryAccessRole { timeouts: role.timeouts.clone(), ..prior.clone() };
        // Permissions first: whatever else fails, the role must be able to do its work.
        if prior.policy != role.policy {
            create::give(client, &role, &role.policy, apply).await?;
            delete::take(client, name, &prior.policy, apply).await?;
            reached.policy.clone_from(&role.policy);
            apply.save(&reached);
        }
        if !grant::same_meaning(&prior.assume_role_policy, &role.assume_role_policy) {
            iam.update_assume_role_policy(name, &role.assume_role_policy).await?;
            reached.assume_role_policy.clone_from(&role.assume_role_policy);
            apply.save(&reached);
        }
        if prior.description != role.description || prior.max_session_duration != role.max_session_duration {
            let description = role.description.as_deref().unwrap_or_default();
            iam.update_role(name, description, seconds(&role)).await?;
            reached.description.clone_from(&role.description);
            reached.max_session_duration = role.max_session_duration;
            apply.save(&reached);
        }
        if prior.permissions_boundary != role.permissions_boundary {
            set_boundary(client, name, role.permissions_boundary.as_deref()).await?;
            reached.permissions_boundary.clone_from(&role.permissions_boundary);
            apply.save(&reached);
        }
        let (set, gone) = tags::difference(&prior.tags_all, &role.tags_all);
        if !gone.is_empty() {
            iam.untag_role(name, &gone).await?;
        }
        if !set.is_empty() {
            iam.tag_role(name, &set).await?;
        }
        Ok(role)
    }

    async fn delete(
        &self,
        client: &Aws,
        role: DirectoryAccessRole,
        apply: &Apply<DirectoryAccessRole>,
    ) -> Result<(), Failure> {
        delete::delete(client, &role, apply).await
    }
}

/// Without `name` and `name_prefix` the name is the console's; a prefix keeps every name that begins with it.
fn plan_name(plan: &mut Plan<'_, DirectoryAccessRole>) {
    if !plan.config.name.is_null() {
        return;
    }
    let before = plan.prior.as_ref().and_then(|prior| prior.name.text()).map(str::to_owned);
    let fits = match &plan.config.name_prefix {
        prefix if prefix.is_null() => before.as_deref() == Some(CONSOLE_NAME),
        prefix => match (prefix.text(), before.as_deref()) {
            (Some(prefix), Some(before)) => before.starts_with(prefix),
            _ => false,
        },
    };
    if fits {
        return;
    }
    if plan.config.name_prefix.is_null() {
        plan.set("name", CONSOLE_NAME.to_owned());
    } else {
        plan.set_unknown("name");
    }
    if before.is_some() {
        plan.replace("name");
    }
}

fn seconds(role: &DirectoryAccessRole) -> Option<i32> {
    i32::try_from(role.max_session_duration).ok()
}

/// Sets the boundary, or takes it away. IAM answers that there is none as it answers that there is no role; where the
/// answer to a first request was lost, the role without a boundary is what was asked for.
async fn set_boundary(client: &Aws, name: &str, boundary: Option<&str>) -> Result<(), Failure> {
    let result = client.iam().set_permissions_boundary(name, boundary).await;
    if boundary.is_none()
        && matches!(&result, Err(error) if error.not_found())
        && let Some(found) = client.iam().find_role(name, Freshness::Now).await?
        && found.permissions_boundary.is_none()
    {
        return Ok(());
    }
    Ok(result?)
}
