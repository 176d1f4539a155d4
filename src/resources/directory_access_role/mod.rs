//! `aurorakerberos_directory_access_role`: the IAM role with which Aurora calls Directory Service (step 3 of the guide).

mod delete;
pub(crate) mod document;
pub(crate) mod grant;
pub(crate) mod names;
mod planned;
mod read;

use std::sync::Arc;
use std::time::Duration;

use tf_provider::framework::{
    Apply, Blame, Config, Context, DefaultTimeouts, Diagnostics, Failure, Plan, Progress, Resource, Timeouts,
    validate, wait_until,
};

use crate::adoption::adopt;
use crate::aws::{self, Aws, CreateRole, Freshness, Kind, Role, Tags};
use crate::tags;

pub(crate) use planned::PlannedRoles;
use read::{set_facts, until_visible};

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
        pub description: Option<String> => optional().length(1, 1000),
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
        mut role: DirectoryAccessRole,
        apply: &Apply<DirectoryAccessRole>,
    ) -> Result<DirectoryAccessRole, Failure> {
        apply.go_on("creating the role")?;
        if role.name.is_empty() {
            role.name = role.name_prefix.as_deref().map_or_else(|| CONSOLE_NAME.to_owned(), unique_name);
        }
        role.id.clone_from(&role.name);
        role.tags_all = tags::all(client, role.tags.as_ref());
        let created = create_role(client, &to_create(&role)).await?;
        set_facts(&mut role, &created);
        apply.save(&DirectoryAccessRole { policy: NONE.to_owned(), ..role.clone() });
        match give(client, &role, &role.policy, apply).await {
            // One request more, and the role is whole; with an error Terraform would replace it.
            Err(failure) if failure.blame == Blame::Stopped => {
                give_once(client, &role.name, &role.policy).await?;
                note_given(apply, &role.policy);
            }
            given => given?,
        }
        apply.save(&role);
        match until_visible(client, &role, apply).await {
            // The role is complete; only the wait for the last reader to see it was cut short.
            Err(failure) if failure.blame == Blame::Stopped => Ok(role),
            waited => waited.map(|()| role),
        }
    }

    async fn read(
        &self,
        client: &Aws,
        role: DirectoryAccessRole,
        _context: &Context,
    ) -> Result<Option<DirectoryAccessRole>, Failure> {
        read::read(client, role).await
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
            give(client, &role, &role.policy, apply).await?;
            reached.policy.clone_from(&role.policy);
            apply.save(&reached);
            delete::take(client, name, &prior.policy, apply).await?;
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

/// A name that no role has yet: the time and random digits behind the prefix.
fn unique_name(prefix: &str) -> String {
    let time = jiff::Timestamp::now().strftime("%Y%m%d%H%M%S");
    format!("{prefix}{time}{:012x}", fastrand::u64(..1 << 48))
}

fn seconds(role: &DirectoryAccessRole) -> Option<i32> {
    i32::try_from(role.max_session_duration).ok()
}

fn to_create(role: &DirectoryAccessRole) -> CreateRole {
    CreateRole {
        name: role.name.clone(),
        path: Some(role.path.clone()),
        description: role.description.clone(),
        assume_role_policy: grant::trust_policy(),
        max_session_duration: seconds(role),
        permissions_boundary: role.permissions_boundary.clone(),
        tags: role.tags_all.clone(),
    }
}

/// Creates the role. An answer that was lost is looked for: a role that nobody can tell from ours is ours.
async fn create_role(client: &Aws, input: &CreateRole) -> Result<Role, Failure> {
    let error = match client.iam().create_role(input).await {
        Ok(role) => return Ok(role),
        Err(error) => error,
    };
    if error.kind == Kind::AlreadyExists {
        let name = &input.name;
        return Err(Failure::from(error).at("name").advise(format!(
            "{}For a second role, set another name or a name_prefix.",
            adopt("aurorakerberos_directory_access_role", name)
        )));
    }
    if error.ambiguous()
        && let Ok(Some(found)) = client.iam().find_role(&input.name, Freshness::Now).await
        && is_ours(&found, input)
    {
        return Ok(found);
    }
    Err(error.into())
}

fn is_ours(found: &Role, input: &CreateRole) -> bool {
    let age = found.create_date.map(|created| jiff::Timestamp::now().duration_since(created).as_secs());
    age.is_some_and(|age| age.abs() < 300)
        && Some(&found.path) == input.path.as_ref()
        && found.tags == input.tags
        && found.description == input.description
        && grant::same_meaning(&found.assume_role_policy, &input.assume_role_policy)
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

/// Gives the role one of the two policies, and notes that it was this resource that did.
async fn give(
    client: &Aws,
    role: &DirectoryAccessRole,
    policy: &str,
    context: &Context,
) -> Result<(), Failure> {
    // A role that was created a moment ago may not be there yet for this call.
    let again = |error: &aws::Error| error.not_found() || error.kind == Kind::Conflict;
    let what = format!("role {} to take its permissions", role.name);
    retry(context, &what, || give_once(client, &role.name, policy), again).await?;
    note_given(context, policy);
    Ok(())
}

async fn give_once(client: &Aws, role: &str, policy: &str) -> aws::Result<()> {
    if policy == INLINE {
        client.iam().put_inline_policy(role, grant::INLINE_POLICY, &grant::inline_policy()).await
    } else {
        client.iam().attach_policy(role, &grant::managed_policy(&client.partition)).await
    }
}

fn note_given(context: &Context, policy: &str) {
    context.private(|private| {
        let mut given = delete::given(private.get(GIVEN));
        given.insert(policy.to_owned());
        private.set(GIVEN, given.into_iter().collect::<Vec<_>>().join(",").into_bytes());
    });
}

/// Makes a call until it is done; `again` says which refusals pass by themselves.
async fn retry<T, F>(
    context: &Context,
    what: &str,
    mut call: impl FnMut() -> F,
    again: impl Fn(&aws::Error) -> bool,
) -> Result<T, Failure>
where
    F: Future<Output = aws::Result<T>>,
{
    let patience = patience(context);
    wait_until(
        context,
        what,
        || {
            let call = call();
            async move { Ok(call.await) }
        },
        |answer| match answer {
            Ok(value) => Progress::Done(value),
            Err(error) if again(&error) && context.elapsed() < patience => Progress::pending(error),
            Err(error) => Progress::Failed(error.into()),
        },
    )
    .await
}

/// How long IAM may take to make up its mind. Tests that poll faster have less of it.
fn patience(context: &Context) -> Duration {
    context.poll_interval().map_or(Duration::from_mins(2), |poll| (poll * 50).max(Duration::from_secs(10)))
}
