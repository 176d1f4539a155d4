//! Leaving a domain.

use std::time::Duration;

use tf_provider::framework::{Context, Failure, Private, Progress, wait_until};
use tokio::time::Instant;

use super::facts::{Facts, Member, observe};
use super::round::Round;
use super::standing::Standing;
use crate::aws::{self, Aws, Kind};
use crate::resources::late::scaled;

const SENT: &str = "leave";
const JOINED: &str = "directory";
const PERHAPS: &str = "perhaps";
/// AWS does not say whether leaving needs a reboot. Whatever still waits after this time is rebooted.
const UNDISTURBED: Duration = Duration::from_mins(3);
const REST: Duration = Duration::from_secs(10);

/// The next thing to do on the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Modify,
    Reboot(String),
    Wait(String),
    Done,
}

/// What is to be left, and what has been done for it.
#[derive(Debug)]
struct Leaving {
    cluster: String,
    directory_id: String,
    /// The directory that it may have been moved to by a modification whose answer was lost.
    perhaps: Option<String>,
    rolling: bool,
    sent: bool,
    /// Whether the members have had the time to leave by themselves.
    long_enough: bool,
    rebooted: Vec<String>,
}

/// Takes the cluster out of the domain, and waits until no member has a membership. A cluster that is gone has left.
///
/// Leaving is applied immediately even where joining waits for the maintenance window: a destroy that takes a week is
/// none. A cluster that has meanwhile joined another domain is left alone.
pub(super) async fn leave(
    aws: &Aws,
    cluster: &str,
    directory_id: &str,
    rolling: bool,
    context: &Context,
) -> Result<(), Failure> {
    let mut leaving = Leaving {
        cluster: cluster.to_owned(),
        directory_id: directory_id.to_owned(),
        perhaps: context.private(|private| perhaps(private)),
        rolling,
        sent: context.private(|private| private.get(SENT).is_some()),
        long_enough: false,
        rebooted: Vec::new(),
    };
    let began = Instant::now();
    let undisturbed = scaled(context, UNDISTURBED, 100);
    let mut rest: Option<(Instant, String)> = None;
    loop {
        let step = wait_until(
            context,
            &format!("cluster {cluster} to leave directory {directory_id}"),
            || async { Ok(observe(aws, cluster).await?) },
            |found| {
                let Some(facts) = found else { return Progress::Done(Step::Done) };
                leaving.long_enough = began.elapsed() > undisturbed;
                match (leaving.next(&facts), &rest) {
                    (Step::Wait(reason), _) => Progress::Pending(reason),
                    (Step::Modify | Step::Reboot(_), Some((until, reason))) if Instant::now() < *until => {
                        Progress::Pending(reason.clone())
                    }
                    (step, _) => Progress::Done(step),
                }
            },
        )
        .await?;
        let changed = match step {
            Step::Done => return Ok(()),
            Step::Wait(_) => Ok(()),
            Step::Modify => aws.rds().leave_domain(cluster, true).await.map(|()| {
                leaving.sent = true;
                Round::end(context);
                context.private(|private| private.set(SENT, *b"sent"));
                tracing::info!(object = context.object(), "modified cluster {cluster} to leave its domain");
            }),
            Step::Reboot(instance) => {
                let answer = aws.rds().reboot_instance(&instance).await;
                // One whose answer was lost may have happened, and is not asked for again.
                if answer.is_ok() || answer.as_ref().is_err_and(aws::Error::ambiguous) {
                    tracing::info!(object = context.object(), "rebooted {instance} to leave its domain");
                    leaving.rebooted.push(instance);
                    continue;
                }
                answer
            }
        };
        match changed {
            Err(error) if error.kind == Kind::Conflict || error.transient() => {
                let pause = context.poll_interval().map_or(REST, |poll| poll.min(REST));
                rest = Some((Instant::now() + pause, format!("waiting after a refusal ({error})")));
            }
            Err(error) if error.not_found() => {}
            changed => changed?,
        }
    }
}

/// Notes which directory the cluster was joined to; that it was told to leave is over then.
pub(super) fn note_joined(context: &Context, directory_id: &str) {
    context.private(|private| {
        private.remove(SENT);
        private.remove(PERHAPS);
        private.set(JOINED, directory_id.as_bytes());
    });
}

/// Notes which directory the cluster may have been joined to, by a modification whose answer was lost. What it was joined
/// to before stays noted, since it may be there still.
pub(super) fn note_perhaps(context: &Context, directory_id: &str) {
    context.private(|private| {
        private.remove(SENT);
        private.set(PERHAPS, directory_id.as_bytes());
    });
}

/// The directory that the cluster may have been joined to; none where no answer was lost, or it has joined since.
pub(super) fn perhaps(private: &Private) -> Option<String> {
    directory(private, PERHAPS)
}

fn directory(private: &Private, key: &str) -> Option<String> {
    String::from_utf8(private.get(key)?.to_vec()).ok()
}

/// Notes which directory the cluster was to be joined to, where nothing is noted yet: a create that failed may not have
/// come so far.
pub(super) fn note_directory(context: &Context, directory_id: &str) {
    context.private(|private| {
        if private.get(JOINED).is_none() {
            private.set(JOINED, directory_id.as_bytes());
        }
    });
}

/// The directory that the cluster was joined to by this resource, as its private state says; none after an import.
pub(super) fn noted(private: &Private) -> Option<String> {
    directory(private, JOINED)
}

impl Leaving {
    fn next(&self, facts: &Facts) -> Step {
        let is_ours = |domain: &str| domain == self.directory_id || self.perhaps.as_deref() == Some(domain);
        let mut ours = facts.memberships().filter(|found| is_ours(&found.domain));
        let anything_shows = facts.memberships().next().is_some();
        if facts.status == "deleting" {
            return Step::Wait("the cluster is being deleted".to_owned());
        }
        let all_going = facts.memberships().filter(|found| is_ours(&found.domain)).all(|found| {
            Standing::of(&found.status) <= Standing::LeavePending
                && Standing::of(&found.status) >= Standing::Leaving
        });
        match ours.next() {
            // Aurora PostgreSQL shows nothing on a cluster without instances, so it is told to leave in any case.
            None if facts.members.is_empty() && !anything_shows && !self.sent => self.modify(facts),
            None if self.sent && facts.status != "available" => {
                Step::Wait(format!("cluster {} is {}", self.cluster, facts.status))
            }
            None => Step::Done,
            Some(_) if !self.sent && !all_going => self.modify(facts),
            Some(_) => self.going(facts),
        }
    }

    fn modify(&self, facts: &Facts) -> Step {
        match facts.status.as_str() {
            "available" => Step::Modify,
            status => Step::Wait(format!("cluster {} is {status}", self.cluster)),
        }
    }

    fn going(&self, facts: &Facts) -> Step {
        let staying: Vec<&Member> =
            facts.members.iter().filter(|member| member.membership.is_some()).collect();
        let describe = || {
            let words: Vec<String> =
                staying.iter().map(|member| format!("{} is {}", member.id, member.status_word())).collect();
            if words.is_empty() {
                format!("cluster {} has a membership", self.cluster)
            } else {
                words.join(", ")
            }
        };
        let waits = |member: &&&Member| {
            member.standing() == Standing::LeavePending && !self.rebooted.contains(&member.id)
        };
        let quiet = facts.status == "available" && facts.members.iter().all(Member::is_available);
        let moving = staying.iter().any(|member| member.standing() == Standing::Leaving);
        match staying.iter().find(waits) {
            Some(member) if self.long_enough && self.rolling && quiet && !moving => {
                Step::Reboot(member.id.clone())
            }
            Some(_) if self.long_enough && !self.rolling => Step::Wait(format!(
                "{}; reboot_strategy is \"none\", so reboot what waits for it by hand",
                describe()
            )),
            _ => Step::Wait(describe()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::DomainMembership;

    const DIRECTORY: &str = "d-1234567890";

    fn membership(status: &str) -> Option<DomainMembership> {
        (status != "-").then(|| {
            let (status, domain) = status.split_once('@').unwrap_or((status, DIRECTORY));
            DomainMembership { domain: domain.into(), status: status.into(), ..DomainMembership::default() }
        })
    }

    fn facts(members: &[&str]) -> Facts {
        let member = |(n, status): (usize, &&str)| Member {
            id: format!("i{n}"),
            status: "available".into(),
            membership: membership(status),
            own: true,
            writer: n + 1 == members.len(),
        };
        Facts {
            status: "available".into(),
            members: members.iter().enumerate().map(member).collect(),
            ..Facts::default()
        }
    }

    fn leaving(sent: bool) -> Leaving {
        Leaving {
            cluster: "c".into(),
            directory_id: DIRECTORY.into(),
            perhaps: None,
            rolling: true,
            sent,
            long_enough: false,
            rebooted: Vec::new(),
        }
    }

    #[test]
    fn the_way_out() {
        fn check(leaving: &Leaving, members: &[&str], expect: &Step) {
            assert_eq!(leaving.next(&facts(members)), *expect, "{members:?} {leaving:?}");
        }
        let wait = |text: &str| Step::Wait(text.to_owned());
        check(&leaving(false), &["kerberos-enabled", "kerberos-enabled"], &Step::Modify);
        check(&leaving(false), &["enable-kerberos-failed", "-"], &Step::Modify);
        check(&leaving(false), &["-", "-"], &Step::Done);
        check(&leaving(false), &["kerberos-enabled@d-0000000000"], &Step::Done);
        let perhaps = Leaving { perhaps: Some("d-0000000000".into()), ..leaving(false) };
        check(&perhaps, &["kerberos-enabled@d-0000000000"], &Step::Modify);
        check(&perhaps, &["kerberos-enabled"], &Step::Modify);
        check(&leaving(false), &[], &Step::Modify);
        check(&leaving(true), &[], &Step::Done);
        check(&leaving(true), &["-", "disabling-kerberos"], &wait("i1 is disabling-kerberos"));
        check(&leaving(false), &["-", "disabling-kerberos"], &wait("i1 is disabling-kerberos"));
        check(&leaving(true), &["pending-disable-kerberos"], &wait("i0 is pending-disable-kerberos"));
        let late = Leaving { long_enough: true, ..leaving(true) };
        check(&late, &["pending-disable-kerberos", "-"], &Step::Reboot("i0".into()));
        let rebooted = Leaving { rebooted: vec!["i0".into()], ..late };
        check(&rebooted, &["pending-disable-kerberos", "-"], &wait("i0 is pending-disable-kerberos"));
    }
}
