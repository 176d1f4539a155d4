//! Destroying a role: what this resource gave it goes, what others gave it stays or makes it fail.

use std::collections::BTreeSet;

use tf_provider::framework::{Context, Failure};

use super::create::retry;
use super::{DirectoryAccessRole, GIVEN, INLINE, MANAGED, grant, read};
use crate::aws::{self, Aws, Freshness, Kind};

/// What a role has that keeps it from being destroyed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Holdings {
    attached: Vec<String>,
    inline: Vec<String>,
    profiles: Vec<String>,
}

impl Holdings {
    fn is_empty(&self) -> bool {
        self.attached.is_empty() && self.inline.is_empty() && self.profiles.is_empty()
    }

    /// One line each, for a message.
    fn lines(&self) -> String {
        let attached = self.attached.iter().map(|arn| format!("  - attached policy {arn}"));
        let inline = self.inline.iter().map(|name| format!("  - inline policy {name}"));
        let profiles = self.profiles.iter().map(|name| format!("  - instance profile {name}"));
        attached.chain(inline).chain(profiles).collect::<Vec<_>>().join("\n")
    }

    /// The part that this resource did not give the role. The inline policy has a name that nobody else uses, and a note
    /// of it is lost where an apply was killed; AWS's own policy may be anybody's.
    fn foreign(&self, given: &BTreeSet<String>, partition: &str) -> Self {
        let managed = grant::managed_policy(partition);
        let is_ours = |arn: &String| *arn == managed && given.contains(MANAGED);
        Self {
            attached: self.attached.iter().filter(|arn| !is_ours(arn)).cloned().collect(),
            inline: self.inline.iter().filter(|name| *name != grant::INLINE_POLICY).cloned().collect(),
            profiles: self.profiles.clone(),
        }
    }
}

/// The policies that the private state notes as given by this resource.
pub(super) fn given(note: Option<&[u8]>) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(note.unwrap_or_default());
    text.split(',').filter(|policy| !policy.is_empty()).map(str::to_owned).collect()
}

/// Takes one of the two policies away, if this resource gave it.
pub(super) async fn take(client: &Aws, role: &str, policy: &str, context: &Context) -> Result<(), Failure> {
    let taken = match policy {
        INLINE => client.iam().delete_inline_policy(role, grant::INLINE_POLICY).await,
        MANAGED => client.iam().detach_policy(role, &grant::managed_policy(&client.partition)).await,
        _ => Ok(()),
    };
    match taken {
        Err(error) if !error.not_found() => return Err(error.into()),
        _ => {}
    }
    note(context, |given| given.remove(policy));
    Ok(())
}

/// Changes the private state's note of the policies that this resource gave.
pub(super) fn note(context: &Context, change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
    context.private(|private| {
        let mut given = given(private.get(GIVEN));
        change(&mut given);
        private.set(GIVEN, given.into_iter().collect::<Vec<_>>().join(",").into_bytes());
    });
}

pub(super) async fn delete(
    client: &Aws,
    role: &DirectoryAccessRole,
    context: &Context,
) -> Result<(), Failure> {
    let mut given = given(context.private(|private| private.get(GIVEN).map(<[u8]>::to_vec)).as_deref());
    // An imported role has no notes: what its state says to be its policy counts as its own.
    given.insert(role.policy.clone());
    // IAM may still see a policy that was detached a moment ago, or one that was attached show late.
    let what = format!("role {} to be deleted", role.name);
    let again = |error: &aws::Error| error.kind == Kind::Conflict;
    match retry(context, &what, || once(client, role, &given, context), again).await? {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// Takes away what the role has, and deletes it; refuses where others gave it something.
async fn once(
    client: &Aws,
    role: &DirectoryAccessRole,
    given: &BTreeSet<String>,
    context: &Context,
) -> aws::Result<Option<Failure>> {
    let (iam, name) = (client.iam(), role.name.as_str());
    let Some(holdings) = holdings(client, role, context).await? else { return Ok(None) };
    let foreign = holdings.foreign(given, &client.partition);
    let in_the_way = if role.force_detach_policies {
        Holdings { profiles: foreign.profiles, ..Holdings::default() }
    } else {
        foreign
    };
    if !in_the_way.is_empty() {
        let problem = format!(
            "The role has what this resource did not give it, so it is left as it is:\n{}",
            in_the_way.lines()
        );
        return Ok(Some(Failure::unexpected(problem).advise(
            "Take these away, or set force_detach_policies = true and apply before the destroy; instance profiles \
             must let go of the role by themselves.",
        )));
    }
    for arn in &holdings.attached {
        gone(iam.detach_policy(name, arn).await)?;
    }
    for policy in &holdings.inline {
        gone(iam.delete_inline_policy(name, policy).await)?;
    }
    gone(iam.delete_role(name).await)?;
    Ok(None)
}

/// What is gone needs not be taken away.
fn gone(answer: aws::Result<()>) -> aws::Result<()> {
    match answer {
        Err(error) if error.not_found() => Ok(()),
        answer => answer,
    }
}

/// None: the role is gone, which GetRole alone can say. What another server knows nothing of is not in the way, or
/// DeleteRole refuses.
async fn holdings(
    client: &Aws,
    role: &DirectoryAccessRole,
    context: &Context,
) -> aws::Result<Option<Holdings>> {
    let (iam, name) = (client.iam(), role.name.as_str());
    let (attached, inline, profiles) = tokio::join!(
        iam.find_attached_policies(name, Freshness::Now),
        iam.find_inline_policies(name, Freshness::Now),
        iam.list_instance_profiles(name)
    );
    let (attached, inline) = (attached?, inline?);
    let profiles = match profiles {
        Ok(profiles) => Some(profiles),
        Err(error) if error.not_found() => None,
        // The permission to look is no part of what a destroy needs: DeleteRole itself refuses.
        Err(error) if error.kind == Kind::AccessDenied => Some(Vec::new()),
        Err(error) => return Err(error),
    };
    let is_whole = attached.is_some() && inline.is_some() && profiles.is_some();
    if !is_whole && !read::exists(client, role, context).await? {
        return Ok(None);
    }
    let mut inline: Vec<String> = inline.unwrap_or_default().into_keys().collect();
    inline.sort();
    let attached = attached.unwrap_or_default().into_iter().map(|policy| policy.arn).collect();
    Ok(Some(Holdings { attached, inline, profiles: profiles.unwrap_or_default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_is_ours() {
        fn check(note: &[u8], expect: &str) {
            let holdings = Holdings {
                attached: vec![grant::managed_policy("aws"), "arn:aws:iam::aws:policy/x".to_owned()],
                inline: vec![grant::INLINE_POLICY.to_owned(), "other".to_owned()],
                profiles: Vec::new(),
            };
            assert_eq!(holdings.foreign(&given(Some(note)), "aws").lines(), expect);
        }
        check(b"managed,inline", "  - attached policy arn:aws:iam::aws:policy/x\n  - inline policy other");
        check(b"managed", "  - attached policy arn:aws:iam::aws:policy/x\n  - inline policy other");
        check(
            b"inline",
            "  - attached policy arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess\n  - attached policy arn:aws:iam::aws:policy/x\n  - inline policy other",
        );
    }
}
