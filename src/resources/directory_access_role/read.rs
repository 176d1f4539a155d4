//! What a role is read as.

use std::time::Duration;

use tf_provider::framework::{Context, Failure};

use super::{DirectoryAccessRole, INLINE, MANAGED, NONE, grant};
use crate::aws::{self, AttachedPolicy, Aws, Freshness, Role, WholeRole};
use crate::resources::late::look_again;
use crate::tags;

/// How often a role is looked at that is too young to be gone, or whose policies belong to no role, as another of IAM's
/// servers has it.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// How old a role is that all servers know, in seconds.
const YOUNG: i64 = 300;

/// The role; none where it is gone, which GetRole alone can say: with it goes the state's only note of the role. One of many that is as the state says is confirmed by a listing of all.
pub(super) async fn read(
    client: &Aws,
    role: DirectoryAccessRole,
    context: &Context,
) -> Result<Option<DirectoryAccessRole>, Failure> {
    let whole = client.iam().glance_at_role(&role.name).await;
    if whole.is_some_and(|whole| listed(client, &role, whole) == role) {
        return Ok(Some(role));
    }
    let look = || async {
        let (found, policy) =
            tokio::join!(client.iam().find_role(&role.name, Freshness::Now), read_policy(client, &role));
        Ok::<_, Failure>((found?, policy?))
    };
    let disagree = |(found, policy): &(Option<Role>, Option<&str>)| match found {
        None => is_young(client, &role),
        Some(_) => policy.is_none(),
    };
    let (found, policy) = look_again(context, LOOKS, BETWEEN_LOOKS, look, disagree).await?;
    let Some(found) = found else { return Ok(None) };
    if let Some(policy) = policy {
        return Ok(Some(observed(client, &role, found, policy)));
    }
    Err(Failure::unexpected(format!(
        "IAM shows the role {}, and says of its policies that there is no such role.",
        role.name
    ))
    .advise("Its servers do not agree yet. Run again in a minute."))
}

/// Whether the role exists.
pub(super) async fn exists(client: &Aws, role: &DirectoryAccessRole, context: &Context) -> aws::Result<bool> {
    let look = || client.iam().find_role(&role.name, Freshness::Now);
    let doubtful = |found: &Option<Role>| found.is_none() && is_young(client, role);
    Ok(look_again(context, LOOKS, BETWEEN_LOOKS, look, doubtful).await?.is_some())
}

/// Whether the role was made so short a time ago that one of IAM's servers may not know it yet.
pub(super) fn is_young(client: &Aws, role: &DirectoryAccessRole) -> bool {
    let created = role.create_date.parse::<jiff::Timestamp>();
    created.is_ok_and(|created| client.clock().now().duration_since(created).as_secs().abs() < YOUNG)
}

fn listed(client: &Aws, role: &DirectoryAccessRole, whole: WholeRole) -> DirectoryAccessRole {
    let inline = whole.inline.get(grant::INLINE_POLICY).map(String::as_str);
    let policy = policy_word(&role.policy, is_attached(client, &whole.attached), inline);
    observed(client, role, whole.role, policy)
}

/// The role as AWS shows it.
fn observed(client: &Aws, role: &DirectoryAccessRole, found: Role, policy: &str) -> DirectoryAccessRole {
    let mut role = DirectoryAccessRole { policy: policy.to_owned(), ..role.clone() };
    set_facts(&mut role, &found);
    role.path = found.path;
    role.description = found.description;
    role.permissions_boundary = found.permissions_boundary;
    role.max_session_duration = found.max_session_duration.map_or(3600, i64::from);
    (role.tags, role.tags_all) = tags::read(client, found.tags, (role.tags.as_ref(), &role.tags_all));
    role
}

pub(super) fn set_facts(role: &mut DirectoryAccessRole, found: &Role) {
    role.id.clone_from(&found.name);
    role.arn.clone_from(&found.arn);
    role.unique_id.clone_from(&found.unique_id);
    role.create_date = found.create_date.map(|date| date.to_string()).unwrap_or_default();
    if !grant::same_meaning(&role.assume_role_policy, &found.assume_role_policy) {
        role.assume_role_policy.clone_from(&found.assume_role_policy);
    }
}

/// Which of the two policies the role has. None: there is no such role, for the server that was asked.
async fn read_policy(client: &Aws, role: &DirectoryAccessRole) -> Result<Option<&'static str>, Failure> {
    let iam = client.iam();
    let Some(attached) = iam.find_attached_policies(&role.name, Freshness::Now).await? else {
        return Ok(None);
    };
    let managed = is_attached(client, &attached);
    // The inline policy is asked for only where it can matter.
    let inline = if managed && role.policy != INLINE {
        None
    } else {
        iam.find_inline_policy(&role.name, grant::INLINE_POLICY).await?
    };
    Ok(Some(policy_word(&role.policy, managed, inline.as_deref())))
}

fn is_attached(client: &Aws, attached: &[AttachedPolicy]) -> bool {
    let arn = grant::managed_policy(&client.partition);
    attached.iter().any(|policy| policy.arn == arn)
}

/// What `policy` reads as, from what it was, whether AWS's policy is attached, and our inline one. Of both, what it
/// was counts.
fn policy_word(before: &str, managed: bool, inline: Option<&str>) -> &'static str {
    if managed && before != INLINE {
        return MANAGED;
    }
    let inline = inline.is_some_and(|document| grant::same_meaning(document, &grant::inline_policy()));
    match (managed, inline) {
        (_, true) => INLINE,
        (true, false) => MANAGED,
        (false, false) => NONE,
    }
}

/// Whether IAM shows the role as it was made.
pub(super) async fn is_visible(client: &Aws, role: &DirectoryAccessRole) -> Result<bool, Failure> {
    let (found, policy) =
        tokio::join!(client.iam().find_role(&role.name, Freshness::Now), read_policy(client, role));
    Ok(found?.is_some() && policy?.is_some_and(|policy| policy == role.policy))
}
