//! Deleting a directory, and saying what holds it where AWS does not.

use std::collections::BTreeSet;
use std::fmt;

use tf_provider::framework::{Context, Failure, Progress, wait_until};

use super::plan::is_on_the_way;
use crate::aws::{self, Aws, DomainUser, Freshness, Share, Trust, blocked_by_authorized_applications};

/// How many refusals are waited out while what holds the directory shows no sign of letting go: it may be destroyed in
/// the same run and not have begun to.
const REFUSALS_WHILE_HELD: u32 = 5;
/// How many, while nothing that can be seen holds it: Directory Service lags some minutes behind RDS. With polls every
/// 2 to 8 seconds these are about five minutes.
const REFUSALS_WITHOUT_HOLDER: u32 = 45;

/// How many answers in a row may show a stage from before the deletion.
const LAGGING: u32 = 3;

/// What keeps AWS from deleting a directory.
#[derive(Debug, Default)]
struct Holders {
    users: Vec<DomainUser>,
    shares: Vec<Share>,
    trusts: Vec<Trust>,
    /// What could not be asked, and why.
    unknown: Vec<String>,
}

/// The answer to one request to delete.
#[expect(clippy::large_enum_variant, reason = "one a delete, and never stored")]
enum Answer {
    Accepted,
    Gone,
    Refused { error: aws::Error, stage: String, holders: Holders },
}

pub(super) async fn delete(aws: &Aws, id: &str, context: &Context) -> Result<(), Failure> {
    let mut refusals = 0;
    let what = format!("AWS to let directory {id} be deleted");
    let accepted =
        wait_until(context, &what, || ask(aws, id), |answer| decide(id, answer, &mut refusals)).await?;
    if !accepted {
        return Ok(());
    }
    let (mut began, mut lagging) = (false, 0);
    wait_until(
        context,
        &format!("directory {id} to be gone"),
        || async { Ok(aws.ds().find_directory(id, Freshness::Now).await?) },
        |found: Option<aws::Directory>| match found {
            None => Progress::Done(()),
            Some(found) if began && found.stage != "Deleting" && lagging == LAGGING => {
                Progress::Failed(given_up(&found))
            }
            Some(found) => {
                lagging = if began && found.stage != "Deleting" { lagging + 1 } else { 0 };
                began |= found.stage == "Deleting";
                Progress::Pending(found.stage)
            }
        },
    )
    .await
}

fn given_up(found: &aws::Directory) -> Failure {
    let reason = found.stage_reason.as_deref().unwrap_or("AWS gives no reason.");
    Failure::unexpected(format!(
        "AWS began to delete directory {} and gave it up: it is in the stage {}. {reason}",
        found.id, found.stage
    ))
    .advise("Mend what the reason says, or ask AWS Support where it says nothing, and destroy it again.")
}

async fn ask(aws: &Aws, id: &str) -> Result<Answer, Failure> {
    match aws.ds().delete_directory(id).await {
        Ok(()) => Ok(Answer::Accepted),
        Err(error) if error.not_found() => Ok(Answer::Gone),
        Err(error) if matches!(error.kind, aws::Kind::Refused | aws::Kind::Conflict) => {
            let stage = match aws.ds().find_directory(id, Freshness::Now).await? {
                None => return Ok(Answer::Gone),
                Some(found) => found.stage,
            };
            Ok(Answer::Refused { error, stage, holders: Holders::find(aws, id).await })
        }
        Err(error) => Err(error.into()),
    }
}

/// `true`: AWS deletes it. `false`: it is gone.
fn decide(id: &str, answer: Answer, refusals: &mut u32) -> Progress<bool> {
    let (error, stage, holders) = match answer {
        Answer::Accepted => return Progress::Done(true),
        Answer::Gone => return Progress::Done(false),
        Answer::Refused { error, stage, holders } => (error, stage, holders),
    };
    // Somebody's deletion is under way.
    if stage == "Deleting" {
        return Progress::Done(true);
    }
    if is_on_the_way(&stage) {
        return Progress::Pending(stage);
    }
    if holders.are_letting_go() {
        *refusals = 0;
        return Progress::Pending(format!("in use by {holders}"));
    }
    let patience = if !holders.is_empty() {
        REFUSALS_WHILE_HELD
    } else if blocked_by_authorized_applications(&error) {
        REFUSALS_WITHOUT_HOLDER
    } else {
        0
    };
    if *refusals < patience {
        *refusals += 1;
        return Progress::Pending(format!("{stage}, in use by {holders}"));
    }
    Progress::Failed(still_in_use(id, error, &holders))
}

fn still_in_use(id: &str, error: aws::Error, holders: &Holders) -> Failure {
    let blocked = blocked_by_authorized_applications(&error);
    let mut failure = Failure::from(error);
    if !holders.is_empty() {
        failure.problem = format!("{} Directory {id} is still in use by {holders}.", failure.problem);
        failure = failure.advise(
            "Take the clusters out of the domain (destroy their aurorakerberos_domain_association, or modify them with the \
             domain \"none\"), end the shares and delete the trusts; then run again.",
        );
    } else if blocked {
        failure.problem = format!(
            "{} No Aurora cluster, RDS instance, share or trust of this account and Region that uses directory {id} was found.",
            failure.problem
        );
        failure = failure.advise(
            "Other AWS applications use directories too: Amazon WorkSpaces, FSx, QuickSight, Connect, AWS Client VPN and \
             others. The directory's page in the AWS console lists them. Take it away from them and run again.",
        );
    }
    if !holders.unknown.is_empty() {
        failure = failure.advise(format!("Not everything could be asked: {}", holders.unknown.join(" ")));
    }
    failure
}

impl Holders {
    async fn find(aws: &Aws, id: &str) -> Self {
        let (users, shares, trusts) = tokio::join!(
            aws.rds().list_domain_users(id),
            aws.ds().list_shares(id),
            aws.ds().list_trusts(id, Freshness::Now)
        );
        let mut unknown = Vec::new();
        Self {
            users: known(users, &mut unknown),
            shares: known(shares, &mut unknown),
            trusts: known(trusts, &mut unknown),
            unknown,
        }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.shares.is_empty() && self.trusts.is_empty()
    }

    /// Whether anything is on its way out, so that it is worth asking again.
    fn are_letting_go(&self) -> bool {
        let leaving = |status: &str| matches!(status, "pending-disable-kerberos" | "disabling-kerberos");
        self.users.iter().any(|user| leaving(&user.status))
            || self.shares.iter().any(|share| share.status == "Deleting")
            || self.trusts.iter().any(|trust| trust.state == "Deleting")
    }
}

fn known<T>(found: aws::Result<Vec<T>>, unknown: &mut Vec<String>) -> Vec<T> {
    found.unwrap_or_else(|error| {
        unknown.push(format!("{error}."));
        Vec::new()
    })
}

/// "cluster aurora-demo (kerberos-enabled), a share with account 444455556666 (Shared)", each once.
impl fmt::Display for Holders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self.users.iter().map(|user| {
            let name = match (&user.cluster_identifier, &user.instance_identifier) {
                (Some(cluster), _) => format!("cluster {cluster}"),
                (None, instance) => format!("instance {}", instance.as_deref().unwrap_or("without a name")),
            };
            format!("{name} ({})", user.status)
        });
        let shares = self
            .shares
            .iter()
            .map(|share| format!("a share with account {} ({})", share.shared_account_id, share.status));
        let trusts = self
            .trusts
            .iter()
            .map(|trust| format!("a trust with {} ({})", trust.remote_domain_name, trust.state));
        let users: BTreeSet<String> = users.collect();
        let all: Vec<String> = users.into_iter().chain(shares).chain(trusts).collect();
        if all.is_empty() { f.write_str("nothing that can be seen") } else { f.write_str(&all.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_USE: &str = "Cannot delete the directory because it still has authorized applications.";

    fn user(cluster: &str, status: &str) -> DomainUser {
        DomainUser {
            cluster_identifier: Some(cluster.to_owned()),
            instance_identifier: Some(format!("{cluster}-1")),
            status: status.to_owned(),
        }
    }

    fn refused(message: &str, stage: &str, users: Vec<DomainUser>) -> Answer {
        let error = aws::Error {
            service: "Directory Service",
            operation: "DeleteDirectory",
            kind: aws::Kind::Refused,
            code: Some("ClientException".to_owned()),
            message: message.to_owned(),
            request_id: None,
        };
        Answer::Refused { error, stage: stage.to_owned(), holders: Holders { users, ..Holders::default() } }
    }

    /// Gives the same answer until the decision is final: how often it was pending, and the end.
    fn check(answer: impl Fn() -> Answer, expect: (u32, &str)) {
        let (mut refusals, mut pending) = (0, 0);
        let end = loop {
            match decide("d-1", answer(), &mut refusals) {
                Progress::Done(accepted) => break format!("done {accepted}"),
                Progress::Failed(failure) => break failure.problem,
                Progress::Pending(_) if pending == 1000 => break "pending".to_owned(),
                Progress::Pending(_) => pending += 1,
            }
        };
        assert_eq!((pending, end.as_str()), expect);
    }

    #[test]
    fn refusals_are_waited_out_while_there_is_hope() {
        check(|| Answer::Accepted, (0, "done true"));
        check(|| Answer::Gone, (0, "done false"));
        check(|| refused(IN_USE, "Deleting", vec![]), (0, "done true"));
        check(|| refused("Wrong stage.", "Creating", vec![]), (1000, "pending"));
        check(|| refused("No.", "Active", vec![]), (0, "No."));
        let held = "Cannot delete the directory because it still has authorized applications. Directory d-1 is still in \
                    use by cluster demo (kerberos-enabled).";
        let twice = || vec![user("demo", "kerberos-enabled"), user("demo", "kerberos-enabled")];
        check(|| refused(IN_USE, "Active", twice()), (5, held));
        check(|| refused(IN_USE, "Active", vec![user("demo", "disabling-kerberos")]), (1000, "pending"));
        let unseen = "Cannot delete the directory because it still has authorized applications. No Aurora cluster, RDS \
                      instance, share or trust of this account and Region that uses directory d-1 was found.";
        check(|| refused(IN_USE, "Active", vec![]), (45, unseen));
    }
}
