//! Creating a role: one request that makes it, its permissions, and the wait until IAM shows both.
//!
//! IAM is eventually consistent: one of its servers may not know for some seconds what another has made (IAM User Guide,
//! *Changes that I make are not always immediately visible*).

use std::time::Duration;

use tf_provider::framework::{Apply, Blame, Context, Diagnostic, Failure, Progress, wait_until};
use tokio::time::Instant;

use super::read::{is_visible, set_facts};
use super::{CONSOLE_NAME, DirectoryAccessRole, INLINE, NONE, delete, grant, seconds};
use crate::adoption::adopt;
use crate::aws::{self, Aws, CreateRole, Freshness, Kind, Role};
use crate::resources::late::pause;
use crate::tags;

/// How long a role that a lost request made is looked for.
const UNSEEN: Duration = Duration::from_secs(20);
/// How much of that, and how long for a role to take its permissions, once Terraform has asked to stop.
const AFTER_A_STOP: Duration = Duration::from_secs(5);
/// The pause between these looks and calls.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn create(
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
    let created = request(client, &to_create(&role), apply).await?;
    set_facts(&mut role, &created);
    apply.save(&DirectoryAccessRole { policy: NONE.to_owned(), ..role.clone() });
    match give(client, &role, &role.policy, apply).await {
        // Some requests more, and the role is whole. With an error Terraform would replace it; without one the next plan
        // finds out what it lacks.
        Err(failure) if matches!(failure.blame, Blame::Stopped | Blame::TimedOut) => {
            match give_at_last(client, &role, apply).await {
                Ok(()) => {}
                Err(error) if is_too_early(&error) || error.transient() || error.ambiguous() => {
                    apply.warn(without_permissions(&role.name, &error.into()));
                    return Ok(role);
                }
                Err(error) => return Err(error.into()),
            }
        }
        given => given?,
    }
    apply.save(&role);
    until_visible(client, &role, apply).await;
    Ok(role)
}

fn without_permissions(role: &str, failure: &Failure) -> Diagnostic {
    Diagnostic::warning(
        format!("Role {role} may have no permissions yet"),
        format!(
            "IAM made the role, which is in the state, and there was no time left until it took its permissions: {failure} \
             The next apply gives them to it. Until then Aurora cannot use it."
        ),
    )
}

/// A name that no role has yet: the time and random digits behind the prefix.
fn unique_name(prefix: &str) -> String {
    let time = jiff::Timestamp::now().strftime("%Y%m%d%H%M%S");
    format!("{prefix}{time}{:012x}", fastrand::u64(..1 << 48))
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
async fn request(client: &Aws, input: &CreateRole, context: &Context) -> Result<Role, Failure> {
    let error = match client.iam().create_role(input).await {
        Ok(role) => return Ok(role),
        Err(error) => error,
    };
    if error.kind == Kind::AlreadyExists {
        return Err(Failure::from(error).at("name").advise(format!(
            "{}For a second role, set another name or a name_prefix.",
            adopt("aurorakerberos_directory_access_role", &input.name)
        )));
    }
    if !error.ambiguous() {
        return Err(error.into());
    }
    if let Some(found) = look(client, input, context).await {
        return Ok(found);
    }
    Err(Failure::from(error).advise(format!(
        "No role {name} of this apply has shown since. Should there be one later, which no state would know: {}Or delete it.",
        adopt("aurorakerberos_directory_access_role", &input.name),
        name = input.name
    )))
}

/// Looks for the role that a lost request may have made, for as long as one may take to show. A look that fails in
/// passing is no answer. A stop does not end it at once: giving up here could leave a role behind that no state knows.
async fn look(client: &Aws, input: &CreateRole, context: &Context) -> Option<Role> {
    for look in 0..UNSEEN.as_secs() {
        if look >= AFTER_A_STOP.as_secs() && context.is_stopped() {
            return None;
        }
        match client.iam().find_role(&input.name, Freshness::Now).await {
            Ok(Some(found)) if is_ours(&found, input, client.clock().now()) => return Some(found),
            // Who may not look learns nothing from further looks.
            Err(error) if !error.transient() && !error.ambiguous() => return None,
            // None, or none yet but the one that this one replaces.
            answer => tracing::debug!(role = input.name, ?answer, "no role of this apply to be seen"),
        }
        pause(context, PAUSE).await;
    }
    None
}

/// Whether the role is what the request asks for, and was made just before `now`, by AWS's clock.
fn is_ours(found: &Role, input: &CreateRole, now: jiff::Timestamp) -> bool {
    let age = found.create_date.map(|created| now.duration_since(created).as_secs());
    age.is_some_and(|age| age.abs() < 300)
        && Some(&found.path) == input.path.as_ref()
        && found.tags == input.tags
        && found.description == input.description
        && found.permissions_boundary == input.permissions_boundary
        && found.max_session_duration == input.max_session_duration
        && grant::same_meaning(&found.assume_role_policy, &input.assume_role_policy)
}

/// Gives the role one of the two policies. That this resource does so is noted before, since it may be done though its
/// answer is lost.
pub(super) async fn give(
    client: &Aws,
    role: &DirectoryAccessRole,
    policy: &str,
    context: &Context,
) -> Result<(), Failure> {
    let what = format!("role {} to take its permissions", role.name);
    delete::note(context, |given| given.insert(policy.to_owned()));
    retry(context, &what, || give_once(client, &role.name, policy), is_too_early).await
}

/// Gives the permissions although Terraform has asked to stop, for some seconds.
async fn give_at_last(client: &Aws, role: &DirectoryAccessRole, context: &Context) -> aws::Result<()> {
    let mut left = AFTER_A_STOP.as_secs();
    loop {
        match give_once(client, &role.name, &role.policy).await {
            Err(error) if is_too_early(&error) && left > 0 => left -= 1,
            given => return given,
        }
        pause(context, PAUSE).await;
    }
}

/// A role that was created a moment ago may not be there yet for the next call.
fn is_too_early(error: &aws::Error) -> bool {
    error.not_found() || error.kind == Kind::Conflict
}

async fn give_once(client: &Aws, role: &str, policy: &str) -> aws::Result<()> {
    if policy == INLINE {
        client.iam().put_inline_policy(role, grant::INLINE_POLICY, &grant::inline_policy()).await
    } else {
        client.iam().attach_policy(role, &grant::managed_policy(&client.partition)).await
    }
}

/// Makes a call until it is done; `again` says which refusals pass by themselves.
pub(super) async fn retry<T, F>(
    context: &Context,
    what: &str,
    mut call: impl FnMut() -> F,
    again: impl Fn(&aws::Error) -> bool,
) -> Result<T, Failure>
where
    F: Future<Output = aws::Result<T>>,
{
    let (patience, began) = (patience(context), Instant::now());
    wait_until(
        context,
        what,
        || {
            let call = call();
            async move { Ok(call.await) }
        },
        |answer| match answer {
            Ok(value) => Progress::Done(value),
            Err(error) if again(&error) && began.elapsed() < patience => Progress::pending(error),
            Err(error) => Progress::Failed(error.into()),
        },
    )
    .await
}

/// How long IAM may take to make up its mind. Tests that poll faster have less of it.
fn patience(context: &Context) -> Duration {
    context.poll_interval().map_or(Duration::from_mins(2), |poll| (poll * 50).max(Duration::from_secs(10)))
}

/// Waits until IAM shows the role with its permissions, since what is created next from this role asks another of its
/// servers. Once is enough where it is so at once, and twice in a row where it was not.
///
/// The role is made and complete, whatever comes of this: an error would have Terraform replace it. A wait that
/// Terraform cuts short says nothing, and one that fails warns.
async fn until_visible(client: &Aws, role: &DirectoryAccessRole, context: &Context) {
    let (patience, began) = (patience(context), Instant::now());
    let mut needed = 1;
    let waited = wait_until(
        context,
        &format!("role {} to be visible", role.name),
        || is_visible(client, role),
        |visible| {
            needed = if visible { needed - 1 } else { 2 };
            if needed == 0 {
                Progress::Done(())
            } else if began.elapsed() < patience {
                Progress::pending("not visible yet")
            } else {
                Progress::Failed(Failure::unexpected("IAM does not show it with its permissions yet."))
            }
        },
    )
    .await;
    match waited {
        Ok(()) => {}
        Err(failure) if failure.blame == Blame::Stopped => {}
        Err(failure) => context.warn(Diagnostic::warning(
            format!("Role {} was not seen after its creation", role.name),
            format!(
                "IAM made the role and gave it its permissions, and both are in the state. Then it was looked for, which \
                 failed: {failure} What needs the role at once may find it missing; then apply again."
            ),
        )),
    }
}
