//! What a role is read as.

use std::time::Duration;

use tf_provider::framework::{Context, Failure, Progress, wait_until};

use super::{DirectoryAccessRole, INLINE, MANAGED, NONE, grant};
use crate::aws::{AttachedPolicy, Aws, Freshness, Role, WholeRole};
use crate::tags;

/// The role; none where it is gone. One of many that is as the state says is confirmed by a listing of all.
pub(super) async fn read(
    client: &Aws,
    role: DirectoryAccessRole,
) -> Result<Option<DirectoryAccessRole>, Failure> {
    let whole = client.iam().glance_at_role(&role.name).await;
    if whole.is_some_and(|whole| listed(client, &role, whole) == role) {
        return Ok(Some(role));
    }
    let (found, policy) =
        tokio::join!(client.iam().find_role(&role.name, Freshness::Now), read_policy(client, &role));
    let Some(found) = found? else { return Ok(None) };
    let Some(policy) = policy? else { return Ok(None) };
    Ok(Some(observed(client, &role, found, policy)))
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
    (role.tags, role.tags_all) = tags::read(client, found.tags, role.tags.as_ref());
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

/// Which of the two policies the role has. None: the role is gone.
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

/// The pause between the two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

/// Waits until the role and its permissions are there for two reads in a row: IAM is eventually consistent, and what
/// is created next from this role asks another of its servers.
pub(super) async fn until_visible(
    client: &Aws,
    role: &DirectoryAccessRole,
    context: &Context,
) -> Result<(), Failure> {
    let pause = context.poll_interval().map_or(BETWEEN_LOOKS, |poll| poll.min(BETWEEN_LOOKS));
    wait_until(
        context,
        &format!("role {} to be visible", role.name),
        || async move {
            if !is_visible(client, role).await? {
                return Ok(false);
            }
            tokio::time::sleep(pause).await;
            is_visible(client, role).await
        },
        |visible| if visible { Progress::Done(()) } else { Progress::pending("not visible yet") },
    )
    .await
}

async fn is_visible(client: &Aws, role: &DirectoryAccessRole) -> Result<bool, Failure> {
    let (found, policy) =
        tokio::join!(client.iam().find_role(&role.name, Freshness::Now), read_policy(client, role));
    Ok(found?.is_some() && policy?.is_some_and(|policy| policy == role.policy))
}
