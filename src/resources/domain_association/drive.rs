//! Joining a domain: looks, decides with [`next`], does that one thing, notes it, and looks again.

use std::collections::BTreeSet;
use std::time::Duration;

use tf_provider::framework::{Context, Failure, Progress, wait_until};
use tokio::time::Instant;

use super::facts::{Facts, observe};
use super::round::{Millis, Reboot, Round, now};
use super::step::{Goal, Step, next};
use super::{explain, leave};
use crate::aws::{self, Aws, Flight, Kind};
use crate::resources::late::scaled;

/// How long AWS may go on to show what was before a change.
const SETTLE: Duration = Duration::from_mins(2);
/// How far back the reboots of a process that was killed are looked for, in minutes.
const RECENT: i32 = 10;
/// How long to leave AWS alone after it refused a change for now.
const REST: Duration = Duration::from_secs(10);
/// How long RDS may take to believe in a role that IAM says to be right.
const ROLE_PATIENCE: Duration = Duration::from_mins(10);

/// [`SETTLE`] in milliseconds.
pub(super) fn settle(context: &Context) -> Millis {
    Millis::try_from(scaled(context, SETTLE, 40).as_millis()).unwrap_or(Millis::MAX)
}

/// Joins the cluster and returns what it is then. `keep` is given the facts after each change, to save them.
///
/// `found_in` are the directories in which it was found, by the first look where that is not known before; should it come
/// into another one, somebody else is at work.
pub(super) async fn join(
    aws: &Aws,
    goal: &Goal,
    found_in: Option<BTreeSet<String>>,
    context: &Context,
    mut keep: impl FnMut(&Facts),
) -> Result<Facts, Failure> {
    let mut join = Join {
        aws,
        goal,
        found_in,
        context,
        round: Round::load(context).filter(|round| round.is_for(goal)),
        began: now(),
        latest: None,
        rest: None,
        role_refused: None,
        modification: Flight::default(),
        done: Vec::new(),
    };
    loop {
        let (step, facts) = match join.look().await {
            Ok(found) => found,
            Err(failure) => return Err(join.ended(failure, &mut keep)),
        };
        match step {
            Step::Done => {
                Round::end(context);
                leave::note_joined(context, &goal.directory_id);
                return Ok(facts);
            }
            Step::Failed(members) => {
                Round::end(context);
                keep(&facts);
                let since = join.round.as_ref().map_or(join.began, |round| round.began);
                let failure = explain::failed(aws, goal, &facts, &members, since).await;
                return Err(join.with_progress(failure));
            }
            Step::Wait(_) => {}
            Step::Modify => {
                if let Err(failure) = join.modify(&facts).await {
                    return Err(join.ended(failure, &mut keep));
                }
            }
            // Without notes this may be the work of a process that was killed.
            Step::Reboot(_) if join.round.is_none() => join.take_up(&facts).await,
            Step::Reboot(instance) => {
                let rebooted = join.reboot(&facts, &instance).await;
                rebooted.map_err(|failure| join.with_progress(failure))?;
            }
        }
        // Before anything was done there is nothing to keep: the cluster may be on its way into somebody else's directory.
        if join.is_at_work(&facts) {
            keep(&facts);
        }
    }
}

struct Join<'a> {
    aws: &'a Aws,
    goal: &'a Goal,
    found_in: Option<BTreeSet<String>>,
    context: &'a Context,
    round: Option<Round>,
    began: Millis,
    latest: Option<Facts>,
    /// Until when to leave AWS alone, and why.
    rest: Option<(Instant, String)>,
    role_refused: Option<Instant>,
    /// Tells whether an attempt to modify the cluster may have had an effect without an answer: then the cluster may be on
    /// its way by this operation's doing, although the one that was repeated found it busy.
    modification: Flight,
    /// What this operation did so far, a line each.
    done: Vec<String>,
}

impl Join<'_> {
    /// Whether what becomes of the cluster is this operation's work.
    fn is_at_work(&self, facts: &Facts) -> bool {
        let goal = &self.goal.directory_id;
        let came = || {
            facts.directories().contains(goal)
                && self.found_in.as_ref().is_some_and(|found_in| !found_in.contains(goal))
        };
        self.round.is_some() || (self.modification.is_lost() && came())
    }

    /// The join is over. What may have come of it must be in the state, also when nobody has looked since its answer was
    /// lost, or AWS does not show it yet; not when the cluster is somebody else's now.
    fn ended(&mut self, failure: Failure, keep: &mut impl FnMut(&Facts)) -> Failure {
        if self.round.is_none() && self.modification.is_lost() {
            let goal = self.goal;
            leave::note_perhaps(self.context, &goal.directory_id);
            self.note(&format!(
                "asked for cluster {} to join {}; an answer was lost",
                goal.cluster, goal.directory_id
            ));
        }
        let found_in = self.found_in.clone().unwrap_or_default();
        let facts = self.latest.as_ref().filter(|facts| {
            self.is_at_work(facts)
                || (self.modification.is_lost() && elsewhere(self.goal, &found_in, facts).is_none())
        });
        if let Some(facts) = facts {
            keep(facts);
        }
        self.with_progress(failure)
    }

    /// Looks until there is something to do.
    async fn look(&mut self) -> Result<(Step, Facts), Failure> {
        let Self { aws, goal, found_in, context, round, latest, rest, .. } = self;
        let settle = settle(context);
        wait_until(
            context,
            &format!("cluster {} to join directory {}", goal.cluster, goal.directory_id),
            || async { Ok(observe(aws, &goal.cluster).await?) },
            |found| {
                let Some(facts) = found else { return Progress::Failed(vanished(&goal.cluster)) };
                let found_in = found_in.get_or_insert_with(|| facts.directories());
                if let Some(other) = elsewhere(goal, found_in, &facts) {
                    let failure = explain::taken(&goal.cluster, &other, round.is_some());
                    *latest = Some(facts);
                    return Progress::Failed(failure);
                }
                let now = now();
                if let Some(round) = round.as_mut() {
                    round.learn(&facts, settle, now);
                    round.store(context);
                }
                let step = next(goal, &facts, round.as_ref(), settle, now);
                *latest = Some(facts.clone());
                match (step, rest.as_ref()) {
                    (Step::Wait(reason), _) => Progress::Pending(reason),
                    (Step::Modify | Step::Reboot(_), Some((until, reason))) if Instant::now() < *until => {
                        Progress::Pending(reason.clone())
                    }
                    (step, _) => Progress::Done((step, facts)),
                }
            },
        )
        .await
    }

    async fn modify(&mut self, facts: &Facts) -> Result<(), Failure> {
        let goal = self.goal;
        let begun = now();
        let modified = self
            .aws
            .rds()
            .join_domain(
                &goal.cluster,
                &goal.directory_id,
                &goal.iam_role_name,
                goal.immediately,
                &self.modification,
            )
            .await;
        match modified {
            Ok(()) => {
                let newer = Round::begin(goal, facts, true, begun);
                // A modification for a reader that came later does not undo the reboots of the others.
                let reboots = self.round.take().map(|round| round.reboots).unwrap_or_default();
                let round = Round { reboots, ..newer };
                round.store(self.context);
                leave::note_joined(self.context, &goal.directory_id);
                self.round = Some(round);
                self.note(&format!("modified cluster {} to join {}", goal.cluster, goal.directory_id));
                Ok(())
            }
            Err(error) if aws::role_not_visible_yet(&error) => self.role_refused(error),
            Err(error) if error.kind == Kind::Conflict || error.transient() => {
                self.take_rest(&error);
                Ok(())
            }
            // Given up, or refused when it was sent again.
            Err(error) if self.modification.is_lost() => Err(error.into()),
            Err(error) => Err(Failure::from(error).advise(
                "Nothing was changed. The hints of AWS on joining a domain: the directory must be Active, and the role \
                 must be one that Aurora can use.",
            )),
        }
    }

    /// The role is right, else the checks before would have said so; IAM tells RDS of it in its own time.
    fn role_refused(&mut self, error: aws::Error) -> Result<(), Failure> {
        let first = *self.role_refused.get_or_insert_with(Instant::now);
        if first.elapsed() < ROLE_PATIENCE {
            self.take_rest(&error);
            return Ok(());
        }
        let role = &self.goal.iam_role_name;
        Err(Failure::from(error).at("iam_role_name").advise(format!(
            "RDS has refused the role {role} for ten minutes. It must trust rds.amazonaws.com and \
             directoryservice.rds.amazonaws.com and allow the four actions of AmazonRDSDirectoryServiceAccess; \
             aurorakerberos_directory_access_role makes such a role."
        )))
    }

    /// Notes the reboots of a moment ago, which RDS's events tell. Whether they were for this join is not sure: one that
    /// shows no effect in time is made (again).
    async fn take_up(&mut self, facts: &Facts) {
        // It came there by the modification whose answer was lost.
        if self.modification.is_lost() {
            leave::note_joined(self.context, &self.goal.directory_id);
        }
        let now = now();
        let mut round = Round::begin(self.goal, facts, false, now);
        let members: Vec<String> = facts.members.iter().map(|member| member.id.clone()).collect();
        match self.aws.rds().list_recent_events(&self.goal.cluster, &members, RECENT).await {
            // RDS-EVENT-0006, "DB instance restarted".
            Ok(events) => {
                for event in events.iter().filter(|event| event.message.contains("restarted")) {
                    if members.contains(&event.source) {
                        round.reboots.insert(event.source.clone(), Reboot { at: now, sure: false });
                    }
                }
            }
            // Each of them may have been rebooted.
            Err(error) => {
                tracing::warn!(%error, "the events of recent reboots cannot be read");
                round.reboots.extend(members.into_iter().map(|id| (id, Reboot { at: now, sure: false })));
            }
        }
        round.store(self.context);
        self.round = Some(round);
    }

    /// Asks for a reboot. The note of it is written before the call, so that no accident makes it happen twice.
    async fn reboot(&mut self, facts: &Facts, instance: &str) -> Result<(), Failure> {
        let mut round =
            self.round.take().unwrap_or_else(|| Round::begin(self.goal, facts, false, self.began));
        round.reboots.insert(instance.to_owned(), Reboot { at: now(), sure: false });
        round.store(self.context);
        let answer = self.aws.rds().reboot_instance(instance).await;
        let refused = match &answer {
            Ok(()) => {
                round.reboots.insert(instance.to_owned(), Reboot { at: now(), sure: true });
                self.note(&format!("rebooted {instance}"));
                false
            }
            // Whether it happened will show.
            Err(error) if error.ambiguous() => {
                self.note(&format!("asked for the reboot of {instance}; the answer was lost"));
                false
            }
            Err(_) => true,
        };
        if refused {
            round.reboots.remove(instance);
        }
        round.store(self.context);
        self.round = Some(round);
        match answer {
            // Busy, gone, or too much asked for: the next look decides.
            Err(error)
                if refused
                    && (aws::instance_is_busy(&error)
                        || error.kind == Kind::Conflict
                        || error.not_found()
                        || error.transient()) =>
            {
                self.take_rest(&error);
                Ok(())
            }
            Err(error) if refused => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn take_rest(&mut self, error: &aws::Error) {
        tracing::info!(object = self.context.object(), reason = %error, "AWS refuses for now");
        let rest = self.context.poll_interval().map_or(REST, |poll| poll.min(REST));
        self.rest = Some((Instant::now() + rest, format!("waiting after a refusal ({error})")));
    }

    fn note(&mut self, what: &str) {
        let time = jiff::Timestamp::now().strftime("%H:%M:%S UTC");
        tracing::info!(object = self.context.object(), "{what}");
        self.done.push(format!("  - {time} {what}"));
    }

    /// A failure that also says how far the join came.
    fn with_progress(&self, failure: Failure) -> Failure {
        let mut problem = failure.problem.clone();
        if !self.done.is_empty() {
            problem.push_str("\n\nDone so far:\n");
            problem.push_str(&self.done.join("\n"));
        }
        if let Some(facts) = &self.latest {
            problem.push_str("\n\nMembers:\n");
            problem.push_str(&facts.lines());
        }
        Failure { problem, ..failure }
    }
}

/// The directory into which the cluster has come that is neither the goal nor one of before.
fn elsewhere(goal: &Goal, found_in: &BTreeSet<String>, facts: &Facts) -> Option<String> {
    facts.directories().into_iter().find(|other| *other != goal.directory_id && !found_in.contains(other))
}

fn vanished(cluster: &str) -> Failure {
    Failure::config(
        "cluster_identifier",
        format!("There is no cluster {cluster} in this account and Region any more."),
    )
}

#[cfg(test)]
mod tests {
    use super::super::facts::Member;
    use super::*;
    use crate::aws::DomainMembership;

    #[test]
    fn a_directory_that_is_neither_goal_nor_origin_is_somebody_elses() {
        let check = |found_in: &[&str], now: &[&str], expect: Option<&str>| {
            let goal = Goal { directory_id: "d-goal".to_owned(), ..Goal::default() };
            let member = |(n, domain): (usize, &&str)| Member {
                id: format!("i{n}"),
                membership: Some(DomainMembership {
                    domain: (*domain).to_owned(),
                    ..DomainMembership::default()
                }),
                ..Member::default()
            };
            let facts = Facts { members: now.iter().enumerate().map(member).collect(), ..Facts::default() };
            let found_in = found_in.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(elsewhere(&goal, &found_in, &facts).as_deref(), expect, "{found_in:?} {now:?}");
        };
        check(&[], &[], None);
        check(&[], &["d-goal"], None);
        check(&["d-old"], &["d-old", "d-goal"], None);
        check(&[], &["d-new"], Some("d-new"));
        check(&["d-old"], &["d-goal", "d-new"], Some("d-new"));
    }
}
