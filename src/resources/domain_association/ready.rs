//! The checks once more, right before the first change: what was unknown at plan time is known now.

use std::collections::BTreeSet;
use std::time::Duration;

use tf_provider::framework::{Blame, Context, Diagnostics, Failure, Progress, Severity, wait_until};
use tf_provider::value::Path;

use super::checks::{self, Look, Subject};
use super::judge::When;
use super::step::Goal;
use crate::aws::{Aws, Freshness};
use crate::resources::directory_access_role::PlannedRoles;
use crate::resources::late::scaled;

/// How long IAM may show a role of a moment ago otherwise than it is, on this service's side. RDS gets its own time.
const ROLE_PATIENCE: Duration = Duration::from_mins(2);

/// Fails when anything would keep the cluster from joining. Gives the directories in which the
/// cluster is until now, as far as that may be looked at.
pub(super) async fn before_the_first_change(
    aws: &Aws,
    goal: &Goal,
    is_new: bool,
    context: &Context,
) -> Result<Option<BTreeSet<String>>, Failure> {
    let subject = Subject {
        cluster: Some(goal.cluster.clone()),
        directory: Some(goal.directory_id.clone()),
        role: None,
        is_new,
    };
    let (found, facts) = checks::check(aws, &subject, &PlannedRoles::default(), When::Apply).await;
    refuse(&found)?;
    let patience = scaled(context, ROLE_PATIENCE, 100);
    let began = tokio::time::Instant::now();
    let mut freshness = Freshness::Recent;
    wait_until(
        context,
        &format!("role {} to be usable by Aurora", goal.iam_role_name),
        || {
            let look = Look { when: When::Apply, freshness };
            freshness = Freshness::Now;
            async move { Ok(checks::check_role(aws, &goal.iam_role_name, Some(&goal.directory_id), look).await) }
        },
        |found| match refuse(&found) {
            Ok(()) => Progress::Done(()),
            Err(_) if began.elapsed() < patience => {
                let summary = found.iter().next().map(|first| first.summary.clone()).unwrap_or_default();
                Progress::Pending(summary)
            }
            Err(failure) => Progress::Failed(failure),
        },
    )
    .await?;
    Ok(facts.map(|facts| facts.directories()))
}

fn refuse(found: &Diagnostics) -> Result<(), Failure> {
    if found.has_error() { Err(failure(found)) } else { Ok(()) }
}

/// The errors among the messages as one failure.
pub(super) fn failure(found: &Diagnostics) -> Failure {
    let errors: Vec<_> = found.iter().filter(|one| one.severity == Severity::Error).collect();
    let texts: Vec<String> = errors.iter().map(|one| format!("{}. {}", one.summary, one.detail)).collect();
    let path = errors.iter().find_map(|one| one.path.clone()).unwrap_or_else(Path::root);
    let failure = Failure::config(path, texts.join("\n\n"));
    debug_assert_eq!(failure.blame, Blame::Config);
    failure.advise("Nothing was changed.")
}
