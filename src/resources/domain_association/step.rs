//! What to do next on the way into a domain: pure, from what AWS shows and what was done.
//!
//! An interrupted apply and one that runs through take the same decisions, because nothing here remembers: the round
//! and the facts are all there is.

use super::facts::{Facts, Member};
use super::round::{Millis, Round};
use super::standing::Standing;

/// What a cluster shall become.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Goal {
    pub(super) cluster: String,
    pub(super) directory_id: String,
    pub(super) iam_role_name: String,
    /// Whether instances may be rebooted.
    pub(super) rolling: bool,
    /// Whether not to wait for the maintenance window.
    pub(super) immediately: bool,
}

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Modify the cluster.
    Modify,
    /// Reboot that instance.
    Reboot(String),
    /// Wait; why.
    Wait(String),
    /// The goal is reached.
    Done,
    /// These instances (or, without instances, the cluster) have failed to join.
    Failed(Vec<String>),
}

/// Decides. `settle` is how long AWS may go on to show what was before a modification.
pub(super) fn next(goal: &Goal, facts: &Facts, round: Option<&Round>, settle: Millis, now: Millis) -> Step {
    let Some(round) = round else {
        return if needs_modify(goal, facts) {
            modify(facts)
        } else {
            proceed(goal, facts, &Round::begin(goal, facts, false, now), settle, now)
        };
    };
    // A reader that came after the modification knows nothing of it.
    let newcomer = |member: &Member| {
        member.standing() == Standing::Absent && !round.members.contains(&member.id) && member.is_available()
    };
    if facts.members.iter().any(newcomer) {
        return modify(facts);
    }
    proceed(goal, facts, round, settle, now)
}

fn modify(facts: &Facts) -> Step {
    match facts.status.as_str() {
        "available" => Step::Modify,
        status => Step::Wait(format!("cluster {} is {status}", facts.identifier)),
    }
}

/// Whether anything stands otherwise than a modification for this goal would leave it or make it.
pub(super) fn needs_modify(goal: &Goal, facts: &Facts) -> bool {
    if facts.members.is_empty() {
        return !facts.cluster_membership.as_ref().is_some_and(|found| {
            found.domain == goal.directory_id && Standing::of(&found.status) >= Standing::Pending
        });
    }
    facts.members.iter().any(|member| match &member.membership {
        None => true,
        Some(found) => {
            found.domain != goal.directory_id
                || found.iam_role_name.as_ref().is_some_and(|role| *role != goal.iam_role_name)
                || match member.standing() {
                    Standing::Joined | Standing::Joining | Standing::Pending => false,
                    Standing::Deferred => goal.immediately,
                    _ => true,
                }
        }
    })
}

fn proceed(goal: &Goal, facts: &Facts, round: &Round, settle: Millis, now: Millis) -> Step {
    // An old failure may show for some time after the modification that cures it.
    let is_old = |member: &Member| {
        round.modified && round.failed_before.contains(&member.id) && now - round.began < settle
    };
    let failed: Vec<String> = facts
        .members
        .iter()
        .filter(|member| belongs(goal, member) && member.standing() == Standing::Failed && !is_old(member))
        .map(|member| member.id.clone())
        .collect();
    if !failed.is_empty() {
        return Step::Failed(failed);
    }
    if facts.status != "available" {
        return Step::Wait(format!("cluster {} is {}", facts.identifier, facts.status));
    }
    if facts.members.is_empty() {
        return without_members(facts);
    }
    for member in &facts.members {
        if let Some(reason) = not_reached_yet(goal, member) {
            return Step::Wait(reason);
        }
    }
    if goal.rolling { roll(facts, round) } else { leave_to_others(facts) }
}

fn belongs(goal: &Goal, member: &Member) -> bool {
    member.membership.as_ref().is_some_and(|found| found.domain == goal.directory_id)
}

/// Nothing can be rebooted, and Aurora PostgreSQL shows nothing; instances that come later are a change of their own.
fn without_members(facts: &Facts) -> Step {
    match &facts.cluster_membership {
        Some(found) if Standing::of(&found.status) == Standing::Failed => {
            Step::Failed(vec![facts.identifier.clone()])
        }
        _ => Step::Done,
    }
}

/// Why the modification has not reached a member yet.
fn not_reached_yet(goal: &Goal, member: &Member) -> Option<String> {
    let id = &member.id;
    let Some(found) = &member.membership else { return Some(format!("{id} has no membership yet")) };
    if found.domain != goal.directory_id {
        return Some(format!("{id} is still in {} ({})", found.domain, found.status));
    }
    match member.standing() {
        Standing::Joined | Standing::Joining | Standing::Pending => {}
        Standing::Deferred if !goal.immediately => {}
        _ => return Some(format!("{id} is {}", found.status)),
    }
    match &found.iam_role_name {
        Some(role) if *role != goal.iam_role_name => Some(format!("{id} still uses the role {role}")),
        _ => None,
    }
}

/// Readers one at a time, the writer last. The next one follows when all are available, and when no reboot of before
/// is still without effect; the second one also waits until the first has joined, so that what keeps an instance from
/// joining is found out before all have been rebooted; the writer waits for every reader.
fn roll(facts: &Facts, round: &Round) -> Step {
    if let Some(busy) = facts.members.iter().find(|member| !member.is_available()) {
        return Step::Wait(format!("{} is {}", busy.id, busy.status));
    }
    let rebooted = |member: &&Member| round.reboots.contains_key(&member.id);
    let pending = |member: &&Member| member.standing() == Standing::Pending;
    if let Some(waiting) = facts.members.iter().filter(rebooted).find(|member| member.own && pending(member))
    {
        return Step::Wait(format!("{} was rebooted and is {}", waiting.id, waiting.status_word()));
    }
    let joining = facts.members.iter().find(|member| member.standing() == Standing::Joining);
    let any_joined = facts.members.iter().any(|member| member.standing() == Standing::Joined);
    let next = facts.members.iter().filter(pending).find(|member| !rebooted(member));
    match (next, joining) {
        (Some(next), Some(joining)) if next.writer || !any_joined => {
            Step::Wait(format!("{} is {}", joining.id, joining.status_word()))
        }
        (Some(next), _) => Step::Reboot(next.id.clone()),
        (None, Some(joining)) => Step::Wait(format!("{} is {}", joining.id, joining.status_word())),
        (None, None) => match facts.members.iter().find(pending) {
            Some(member) => Step::Wait(format!("{} is {}", member.id, member.status_word())),
            None => Step::Done,
        },
    }
}

/// Without reboots the work ends when each member has joined or waits for its reboot.
fn leave_to_others(facts: &Facts) -> Step {
    match facts.members.iter().find(|member| member.standing() == Standing::Joining) {
        Some(joining) => Step::Wait(format!("{} is {}", joining.id, joining.status_word())),
        None => Step::Done,
    }
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
