//! Creating a directory, exactly once.
//!
//! CreateMicrosoftAD has no idempotency token. Where its answer is lost, the directory may be there: then exactly one
//! directory of the same name and network that was not there before is the one. It is adopted; only where there is none is
//! the request sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tf_provider::framework::{Apply, Context, Diagnostic, Failure, Progress, wait_until};
use tokio::sync::Mutex;

use super::update;
use super::{Directory, alias_of};
use crate::aws::{self, Aws, CreateDirectory, Freshness};

/// How often the request is sent where AWS keeps losing it without effect.
const REQUESTS: u32 = 5;
/// How often the list is looked at after each lost answer, since a new directory may take a while to show.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(6);
/// How far AWS's clock and this machine's may be apart: Signature Version 4 allows five minutes.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How long a new directory may stay invisible.
const INVISIBLE: Duration = Duration::from_mins(2);

/// The VPC of the subnets, from EC2.
pub(super) async fn vpc_of(aws: &Aws, subnet_ids: &BTreeSet<String>) -> Result<String, Failure> {
    let ids: Vec<String> = subnet_ids.iter().cloned().collect();
    let subnets = aws.ec2().find_subnets(&ids).await.map_err(|error| {
        Failure::from(error)
            .at("subnet_ids")
            .advise("The provider asks EC2 for the VPC of the subnets; set vpc_id to do without.")
    })?;
    let vpcs: BTreeSet<String> = subnets.into_iter().map(|subnet| subnet.vpc_id).collect();
    let mut vpcs = vpcs.into_iter();
    match (vpcs.next(), vpcs.next()) {
        (Some(vpc), None) => Ok(vpc),
        _ => Err(Failure::config("subnet_ids", "The two subnets lie in different VPCs.")
            .advise("Choose two subnets of one VPC, in different Availability Zones.")),
    }
}

/// What a look at the directories says about a request whose answer was lost.
#[derive(Debug, PartialEq, Eq)]
enum Trace {
    /// It left nothing behind.
    None,
    /// It made this directory.
    One(String),
    /// It cannot be told which of these it made.
    Several(Vec<String>),
}

/// Looks for what the request may have made: same name, network and description, not known before, launched since.
fn trace(
    found: &[aws::Directory],
    wanted: &CreateDirectory,
    known: &BTreeSet<String>,
    began: Timestamp,
) -> Trace {
    let subnets = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let is_it = |found: &&aws::Directory| {
        found.name.eq_ignore_ascii_case(&wanted.name)
            && found.vpc_id.as_deref() == Some(wanted.vpc_id.as_str())
            && subnets(&found.subnet_ids) == subnets(&wanted.subnet_ids)
            && found.description.as_deref().unwrap_or_default()
                == wanted.description.as_deref().unwrap_or_default()
            && !known.contains(&found.id)
            && found.launch_time.is_none_or(|launched| launched >= began - CLOCK_SKEW)
    };
    let mut ids: Vec<String> = found.iter().filter(is_it).map(|found| found.id.clone()).collect();
    ids.sort();
    match (ids.pop(), ids.is_empty()) {
        (None, _) => Trace::None,
        (Some(id), true) => Trace::One(id),
        (Some(id), false) => {
            ids.push(id);
            Trace::Several(ids)
        }
    }
}

/// Asks for the directory and gives its id.
pub(super) async fn request(
    aws: &Aws,
    wanted: &CreateDirectory,
    created: &Mutex<BTreeSet<String>>,
    apply: &Apply<Directory>,
) -> Result<String, Failure> {
    let mut created = created.lock().await;
    let began = Timestamp::now();
    let before = aws.ds().find_directories_by_name(&wanted.name).await?;
    let mut known: BTreeSet<String> = before.into_iter().map(|directory| directory.id).collect();
    known.extend(created.iter().cloned());
    let mut requests = 1;
    loop {
        let lost = match aws.ds().create_directory(wanted).await {
            Ok(id) => {
                created.insert(id.clone());
                return Ok(id);
            }
            Err(error) if error.ambiguous() => error,
            Err(error) => return Err(error.into()),
        };
        tracing::warn!(name = wanted.name, "the answer to CreateMicrosoftAD was lost: {lost}");
        if let Some(id) = look(aws, wanted, &known, began, &lost, apply).await? {
            created.insert(id.clone());
            apply.warn(adopted(&id, wanted, &lost));
            return Ok(id);
        }
        if requests == REQUESTS {
            return Err(lost.into());
        }
        requests += 1;
        apply.go_on("creating the directory; the requests so far had no effect")?;
    }
}

/// Looks for the directory that a lost request made, for as long as one may take to show.
async fn look(
    aws: &Aws,
    wanted: &CreateDirectory,
    known: &BTreeSet<String>,
    began: Timestamp,
    lost: &aws::Error,
    context: &Context,
) -> Result<Option<String>, Failure> {
    for look in 1..=LOOKS {
        let found = aws.ds().find_directories_by_name(&wanted.name).await.map_err(|error| {
            Failure::from(error).advise(format!(
                "The answer to CreateMicrosoftAD was lost before ({lost}), so a directory {} may exist that this state \
                 does not know. Look for it in the AWS console, and import or delete it before the next apply.",
                wanted.name
            ))
        })?;
        match trace(&found, wanted, known, began) {
            Trace::One(id) => return Ok(Some(id)),
            Trace::Several(ids) => {
                return Err(Failure::unexpected(format!(
                    "The answer to CreateMicrosoftAD was lost ({lost}), and there are several new directories {} in \
                     these subnets: {}. It cannot be told which of them is this resource's.",
                    wanted.name,
                    ids.join(", ")
                ))
                .advise("Import the right one (terraform import), and delete those that nobody needs."));
            }
            Trace::None if look == LOOKS => {}
            // Even when Terraform asks to stop: giving up here could leave a directory behind.
            Trace::None => tokio::time::sleep(context.poll_interval().unwrap_or(BETWEEN_LOOKS)).await,
        }
    }
    Ok(None)
}

fn adopted(id: &str, wanted: &CreateDirectory, lost: &aws::Error) -> Diagnostic {
    Diagnostic::warning(
        format!("Adopted directory {id} after a lost answer"),
        format!(
            "The answer to the request that creates the directory was lost ({lost}). {id} is the only directory {} in {} \
             and its subnets that was launched since, so it is the one, and no second one was created.",
            wanted.name, wanted.vpc_id
        ),
    )
}

/// Waits for the new directory and does what CreateMicrosoftAD does not.
pub(super) async fn finish(
    aws: &Aws,
    directory: &mut Directory,
    apply: &Apply<Directory>,
) -> Result<(), Failure> {
    let found = active(aws, &directory.id, apply).await?;
    directory.observe(aws, &found);
    directory.observe_stage(&found);
    apply.save(directory);
    let found = update::settings(aws, &found, directory, Some(false), apply).await?;
    directory.observe_stage(&found);
    // What the configuration leaves to AWS.
    directory.alias = alias_of(&found);
    directory.enable_sso = Some(found.sso_enabled);
    directory.desired_number_of_domain_controllers = directory
        .desired_number_of_domain_controllers
        .or(found.desired_number_of_domain_controllers.map(i64::from));
    Ok(())
}

/// Waits until the directory is Active.
pub(super) async fn active(aws: &Aws, id: &str, context: &Context) -> Result<aws::Directory, Failure> {
    let mut seen = false;
    wait_until(
        context,
        &format!("directory {id} to become Active"),
        || async { Ok(aws.ds().find_directory(id, Freshness::Now).await?) },
        |found: Option<aws::Directory>| {
            seen |= found.is_some();
            match found {
                None if !seen && context.elapsed() < INVISIBLE => Progress::pending("not visible yet"),
                found => progress(id, found),
            }
        },
    )
    .await
}

/// Where a directory stands on its way to Active.
fn progress(id: &str, found: Option<aws::Directory>) -> Progress<aws::Directory> {
    let Some(found) = found else {
        return Progress::Failed(
            Failure::unexpected(format!("Directory {id} is gone: somebody deleted it, or AWS did."))
                .advise("The next plan finds out and creates a new one."),
        );
    };
    match found.stage.as_str() {
        "Active" => Progress::Done(found),
        // An impaired directory may heal by itself.
        "Requested" | "Creating" | "Created" | "Updating" | "Restoring" | "Impaired" => {
            Progress::Pending(found.stage)
        }
        stage => {
            let reason = found.stage_reason.as_deref().unwrap_or("AWS gives no reason.");
            Progress::Failed(Failure::unexpected(format!("Directory {id} is in the stage {stage}: {reason}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> CreateDirectory {
        CreateDirectory {
            name: "corp.example.com".to_owned(),
            short_name: None,
            description: None,
            edition: aws::Edition::Standard,
            password: "x".into(),
            vpc_id: "vpc-1".to_owned(),
            subnet_ids: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            tags: aws::Tags::new(),
        }
    }

    fn began() -> Timestamp {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }

    fn directory(id: &str) -> aws::Directory {
        aws::Directory {
            id: id.to_owned(),
            name: "corp.example.com".to_owned(),
            vpc_id: Some("vpc-1".to_owned()),
            subnet_ids: vec!["subnet-2".to_owned(), "subnet-1".to_owned()],
            launch_time: Some(began()),
            ..aws::Directory::default()
        }
    }

    fn check(found: &[aws::Directory], known: &[&str], expect: &Trace) {
        let known = known.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(trace(found, &wanted(), &known, began()), *expect);
    }

    #[test]
    fn exactly_one_new_directory_is_adopted() {
        let one = |id: &str| Trace::One(id.to_owned());
        check(&[], &[], &Trace::None);
        check(&[directory("d-1")], &[], &one("d-1"));
        check(&[directory("d-1"), directory("d-2")], &["d-1"], &one("d-2"));
        check(&[directory("d-1")], &["d-1"], &Trace::None);
        let both = Trace::Several(vec!["d-1".to_owned(), "d-2".to_owned()]);
        check(&[directory("d-2"), directory("d-1")], &[], &both);
    }

    #[test]
    fn others_are_left_alone() {
        let other = |change: fn(&mut aws::Directory)| {
            let mut found = directory("d-1");
            change(&mut found);
            check(&[found], &[], &Trace::None);
        };
        other(|found| found.name = "other.example.com".to_owned());
        other(|found| found.vpc_id = Some("vpc-2".to_owned()));
        other(|found| found.subnet_ids[0] = "subnet-3".to_owned());
        other(|found| found.description = Some("somebody else's".to_owned()));
        other(|found| found.launch_time = "2026-01-01T11:54:59Z".parse().ok());
    }

    #[test]
    fn stages_end_the_wait_or_not() {
        let check = |stage: &str, expect: &str| {
            let found = aws::Directory {
                stage: stage.to_owned(),
                stage_reason: Some("No capacity.".to_owned()),
                ..directory("d-1")
            };
            let shown = match progress("d-1", Some(found)) {
                Progress::Pending(state) => format!("pending {state}"),
                Progress::Done(found) => format!("done {}", found.id),
                Progress::Failed(failure) => failure.problem,
            };
            assert_eq!(shown, expect);
        };
        check("Requested", "pending Requested");
        check("Created", "pending Created");
        check("Active", "done d-1");
        check("Failed", "Directory d-1 is in the stage Failed: No capacity.");
        check("Deleting", "Directory d-1 is in the stage Deleting: No capacity.");
        check("Dreaming", "Directory d-1 is in the stage Dreaming: No capacity.");
        assert!(matches!(progress("d-1", None), Progress::Failed(_)));
    }
}
