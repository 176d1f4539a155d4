//! Why a join failed, and what the user has to do by hand: texts for errors and warnings.

use tf_provider::framework::{Diagnostic, Failure};

use super::facts::{Facts, Member};
use super::round::Millis;
use super::standing::Standing;
use super::step::Goal;
use crate::aws::{Aws, Event, Freshness};

/// The latest events that a message lists.
const EVENTS: usize = 20;

/// The error of a join that failed: the events since it began, the directory's stage, and where to look.
pub(super) async fn failed(
    aws: &Aws,
    goal: &Goal,
    facts: &Facts,
    failed: &[String],
    since: Millis,
) -> Failure {
    let instances: Vec<String> = facts.members.iter().map(|member| member.id.clone()).collect();
    // AWS's clock and ours differ a little.
    let since = jiff::Timestamp::from_millisecond(since - 5000).unwrap_or(jiff::Timestamp::MIN);
    let events = match aws.rds().list_events(&goal.cluster, &instances, since).await {
        Ok(events) if events.is_empty() => {
            "RDS has no events of the cluster and its instances since then.".to_owned()
        }
        Ok(events) => format!("RDS events since then:\n{}", event_lines(&events)),
        Err(error) => format!("The RDS events could not be read: {error}"),
    };
    let stage = match aws.ds().find_directory(&goal.directory_id, Freshness::Now).await {
        Ok(Some(directory)) => format!("is in stage {}", directory.stage),
        Ok(None) => "does not exist any more".to_owned(),
        Err(error) => format!("could not be looked at ({error})"),
    };
    Failure::unexpected(format!(
        "{} failed to join the domain of directory {}.\n\n{events}",
        failed.join(", "),
        goal.directory_id
    ))
    .advise(format!(
        "Look at these in turn:\n\
         - Security groups: the cluster's must let traffic to and from the directory's VPC pass.\n\
         - DNS: the directory's domain name must resolve in the cluster's VPC.\n\
         - Role: {role} must trust rds.amazonaws.com and directoryservice.rds.amazonaws.com and allow the actions of \
         AmazonRDSDirectoryServiceAccess.\n\
         - Directory: {directory} {stage}; it must be Active.\n\
         Then apply again: the cluster is modified anew with the same directory, which is AWS's way to retry. One that is \
         replaced leaves the domain first, and joins it from the beginning.",
        role = goal.iam_role_name,
        directory = goal.directory_id,
    ))
}

/// The error of a cluster that somebody else puts into another domain at the same time.
pub(super) fn taken(cluster: &str, other: &str, modified: bool) -> Failure {
    let meanwhile =
        if modified { "after this apply had modified it" } else { "before this apply modified it" };
    Failure::unexpected(format!("Somebody else has modified cluster {cluster} to join directory {other}, {meanwhile}."))
        .advise(format!(
            "A cluster is in one domain at most. Perhaps another configuration manages it: find out who joins it to {other}, \
             and decide for one of the two. Nothing more was changed here."
        ))
}

fn event_lines(events: &[Event]) -> String {
    let line = |event: &Event| {
        let time = event.time.map(|time| time.to_string()).unwrap_or_default();
        format!("  - {time} {}: {}", event.source, event.message)
    };
    let skipped = events.len().saturating_sub(EVENTS);
    events.iter().skip(skipped).map(line).collect::<Vec<_>>().join("\n")
}

/// The members that join with their next reboot: readers first, the writer last.
pub(super) fn pending_reboot(facts: &Facts) -> Vec<&Member> {
    facts.members.iter().filter(|member| member.standing() == Standing::Pending).collect()
}

/// The warning that reboots are left to the user; none where there is nothing to reboot.
pub(super) fn reboot_by_hand(facts: &Facts, region: &str) -> Option<Diagnostic> {
    let pending = pending_reboot(facts);
    if pending.is_empty() {
        return None;
    }
    let commands: Vec<String> = pending
        .iter()
        .map(|member| {
            format!(
                "  aws rds reboot-db-instance --region {region} --db-instance-identifier {}  # {}",
                member.id,
                member.role_word()
            )
        })
        .collect();
    Some(
        Diagnostic::warning(
            format!("Cluster {} joins its domain when its instances are rebooted", facts.identifier),
            format!(
                "reboot_strategy is \"none\", so these instances wait for their reboot. Run the commands in this order, \
                 each after the instance before it is available again:\n{}\n\nThe next refresh shows what has joined.",
                commands.join("\n")
            ),
        )
        .at("reboot_strategy"),
    )
}

/// The warning that the maintenance window is waited for; none where it is not.
pub(super) fn maintenance_window(facts: &Facts) -> Option<Diagnostic> {
    let deferred: Vec<&str> = facts
        .members
        .iter()
        .filter(|member| member.standing() == Standing::Deferred)
        .map(|member| member.id.as_str())
        .collect();
    if deferred.is_empty() {
        return None;
    }
    Some(
        Diagnostic::warning(
            format!("Cluster {} joins its domain in its maintenance window", facts.identifier),
            format!(
                "apply_immediately is false, so these instances wait for the cluster's next maintenance window: {}. The \
                 first apply after it reboots what needs a reboot, if reboot_strategy is \"rolling\".",
                deferred.join(", ")
            ),
        )
        .at("apply_immediately"),
    )
}

/// The warning of a destroy that leaves the cluster in a directory which this resource did not join it to.
pub(super) fn left_where_it_is(goal: &Goal, joined: &str, region: &str) -> Diagnostic {
    let Goal { cluster, directory_id: directory, .. } = goal;
    Diagnostic::warning(
        format!("Cluster {cluster} stays in directory {directory}"),
        format!(
            "This resource joined it to {joined}, and something else has moved it since: somebody, who will want it to \
             stay, or an apply that was killed before its state was written. In the latter case take it out by hand:\n  \
             aws rds modify-db-cluster --region {region} --db-cluster-identifier {cluster} --domain none \
             --apply-immediately"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::DomainMembership;

    fn facts(status: &str) -> Facts {
        let member = |id: &str, writer| Member {
            id: id.into(),
            writer,
            status: "available".into(),
            membership: Some(DomainMembership { status: status.into(), ..DomainMembership::default() }),
            own: true,
        };
        Facts {
            identifier: "c".into(),
            members: vec![member("c-2", false), member("c-1", true)],
            ..Facts::default()
        }
    }

    #[test]
    fn the_commands_are_exact() {
        let warning = reboot_by_hand(&facts("pending-enable-kerberos"), "eu-central-1").unwrap();
        insta::assert_snapshot!(warning.detail, @r#"
        reboot_strategy is "none", so these instances wait for their reboot. Run the commands in this order, each after the instance before it is available again:
          aws rds reboot-db-instance --region eu-central-1 --db-instance-identifier c-2  # reader
          aws rds reboot-db-instance --region eu-central-1 --db-instance-identifier c-1  # writer

        The next refresh shows what has joined.
        "#);
        assert_eq!(reboot_by_hand(&facts("kerberos-enabled"), "x"), None);
        assert!(maintenance_window(&facts("pending-maintenance-enable-kerberos")).is_some());
        assert_eq!(maintenance_window(&facts("pending-enable-kerberos")), None);
    }
}
