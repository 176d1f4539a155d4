//! Creating a directory, exactly once.
//!
//! CreateMicrosoftAD has no idempotency token. Where its answer is lost, the directory may be there: then exactly one
//! directory of the same name and network that was not there before is the one. It is adopted; only where there is none
//! for as long as a new one may stay invisible is the request sent again. No clock is asked: this machine's may be wrong.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tf_provider::framework::{Apply, Context, Diagnostic, Failure, Progress, wait_until};
use tokio::time::Instant;

use super::update;
use super::{Directory, alias_of};
use crate::adoption::adopt;
use crate::aws::{self, Aws, CreateDirectory, Freshness};
use crate::resources::late::pause;

/// How often the request is sent where AWS keeps losing it without effect.
const REQUESTS: u32 = 5;
/// How long a new directory may stay invisible.
const INVISIBLE: Duration = Duration::from_mins(2);
/// How often the list is looked at after each lost answer: for [`INVISIBLE`].
const LOOKS: u32 = 21;
const BETWEEN_LOOKS: Duration = Duration::from_secs(6);
/// How often, where Terraform asks to stop. The next apply finds what comes to light later.
const LOOKS_WHEN_STOPPED: u32 = 5;

/// The directories that this process created, by their names in lower case.
///
/// The ids of a name are held while one of that name is being created, so that a directory which a lost answer left
/// behind is told from one that another resource of the same configuration is just creating.
#[derive(Debug, Default)]
pub(super) struct Created(Mutex<HashMap<String, Arc<Ids>>>);

type Ids = tokio::sync::Mutex<BTreeSet<String>>;

impl Created {
    fn of(&self, name: &str) -> Arc<Ids> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.entry(name.to_lowercase()).or_default().clone()
    }
}

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

/// Looks for what the request may have made: same name, network and description, not known before.
fn trace(found: &[aws::Directory], wanted: &CreateDirectory, known: &BTreeSet<String>) -> Trace {
    let subnets = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let is_it = |found: &&aws::Directory| {
        found.name.eq_ignore_ascii_case(&wanted.name)
            && found.vpc_id.as_deref() == Some(wanted.vpc_id.as_str())
            && subnets(&found.subnet_ids) == subnets(&wanted.subnet_ids)
            && found.description.as_deref().unwrap_or_default()
                == wanted.description.as_deref().unwrap_or_default()
            && !known.contains(&found.id)
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
    created: &Created,
    apply: &Apply<Directory>,
) -> Result<String, Failure> {
    let created = created.of(&wanted.name);
    let mut created = tokio::select! {
        created = created.lock() => created,
        () = apply.stopped() => {
            apply.go_on("creating the directory")?;
            created.lock().await
        }
        () = tokio::time::sleep_until(apply.deadline()) => {
            return Err(Failure::timed_out(format!(
                "Another directory {} was being created by the same configuration for all that time.",
                wanted.name
            ))
            .advise("Nothing was created."));
        }
    };
    let mut found = aws.ds().find_directories_by_name(&wanted.name, Freshness::Recent).await?;
    if before(&found, wanted, &created) != Before::Clear {
        found = aws.ds().find_directories_by_name(&wanted.name, Freshness::Now).await?;
    }
    check_before(before(&found, wanted, &created), wanted, apply)?;
    let mut known: BTreeSet<String> = found.into_iter().map(|directory| directory.id).collect();
    known.extend(created.iter().cloned());
    let mut requests = 1;
    loop {
        apply.go_on(if requests == 1 {
            "creating the directory"
        } else {
            "creating the directory; the requests so far had no effect"
        })?;
        let lost = match aws.ds().create_directory(wanted).await {
            Ok(id) => {
                created.insert(id.clone());
                return Ok(id);
            }
            Err(error) if error.ambiguous() => error,
            Err(error) => return Err(error.into()),
        };
        tracing::warn!(name = wanted.name, "the answer to CreateMicrosoftAD was lost: {lost}");
        if let Some(id) = look(aws, wanted, &known, &lost, apply).await? {
            created.insert(id.clone());
            apply.warn(adopted(&id, wanted, &lost));
            return Ok(id);
        }
        if requests == REQUESTS {
            return Err(lost.into());
        }
        requests += 1;
    }
}

/// What a look at the directories of that name in that VPC says before the first request.
#[derive(Debug, PartialEq, Eq)]
enum Before {
    /// There is none that could be meant.
    Clear,
    /// There are these, and an import of them would be replaced, so they are not this resource's.
    Others(Vec<String>),
    /// This one could be this resource's as it is.
    Adoptable(String),
}

/// Looks for what an apply may have made that was killed before Terraform could write the id down. Whatever is changed in
/// place may differ; where it is known to this process, it is another resource's.
fn before(found: &[aws::Directory], wanted: &CreateDirectory, known: &BTreeSet<String>) -> Before {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let subnets = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let (mut adoptable, mut others) = (None, Vec::new());
    for found in found {
        if found.vpc_id.as_deref() != Some(wanted.vpc_id.as_str())
            || matches!(found.stage.as_str(), "Deleting" | "Deleted")
            || known.contains(&found.id)
        {
            continue;
        }
        let short_name = found.short_name.as_deref().unwrap_or_default();
        let description = found.description.as_deref().unwrap_or_default();
        let shrinks =
            found.edition.as_deref() == Some("Enterprise") && wanted.edition == aws::Edition::Standard;
        let fits = subnets(&found.subnet_ids) == subnets(&wanted.subnet_ids)
            && wanted.short_name.as_deref().is_none_or(|wanted| same(wanted, short_name))
            && wanted.description.as_deref().is_none_or(|wanted| wanted == description)
            && !shrinks;
        if fits {
            adoptable.get_or_insert_with(|| found.id.clone());
        } else {
            others.push(found.id.clone());
        }
    }
    match adoptable {
        Some(id) => Before::Adoptable(id),
        None if others.is_empty() => Before::Clear,
        None => Before::Others(others),
    }
}

/// Refuses a second directory where the first could be adopted: it would cost as much again, and the first one, should
/// a killed apply have left it, would be lost.
fn check_before(before: Before, wanted: &CreateDirectory, context: &Context) -> Result<(), Failure> {
    let CreateDirectory { name, vpc_id, .. } = wanted;
    match before {
        Before::Clear => Ok(()),
        Before::Others(ids) => {
            context.warn(Diagnostic::warning(
                format!("Another directory {name} in {vpc_id}"),
                format!(
                    "There is {} already, with other subnets or other properties that never change. If nobody knows of it, \
                     an apply that was interrupted may have left it behind: then delete it.",
                    ids.join(", ")
                ),
            ));
            Ok(())
        }
        Before::Adoptable(id) => Err(Failure::config(
            "name",
            format!("There is a directory {name} in {vpc_id} already: {id}."),
        )
        .advise(format!(
            "Nothing was created. {}If this resource replaces it, take create_before_destroy out of the configuration, so \
             that it is destroyed first. Otherwise choose another name or VPC, or delete it.",
            adopt("aurorakerberos_directory", &id)
        ))),
    }
}

/// Looks for the directory that a lost request made, for as long as one may take to show.
async fn look(
    aws: &Aws,
    wanted: &CreateDirectory,
    known: &BTreeSet<String>,
    lost: &aws::Error,
    context: &Context,
) -> Result<Option<String>, Failure> {
    let uncertain = |failure: Failure| {
        failure.advise(format!(
            "The answer to CreateMicrosoftAD was lost before ({lost}), so a directory {} may exist that this state \
             does not know. If there is one, the next apply names it, and says how to adopt it.",
            wanted.name
        ))
    };
    for look in 1..=LOOKS {
        let found = match aws.ds().find_directories_by_name(&wanted.name, Freshness::Now).await {
            Ok(found) => found,
            Err(error) if error.transient() && look < LOOKS => {
                tracing::warn!(name = wanted.name, "the directories cannot be listed: {error}");
                Vec::new()
            }
            Err(error) => return Err(uncertain(error.into())),
        };
        match trace(&found, wanted, known) {
            Trace::One(id) => return Ok(Some(id)),
            Trace::Several(ids) => {
                return Err(Failure::unexpected(format!(
                    "The answer to CreateMicrosoftAD was lost ({lost}), and there are several new directories {} in \
                     these subnets: {}. It cannot be told which of them is this resource's.",
                    wanted.name,
                    ids.join(", ")
                ))
                .advise("Look which of them is, and delete those that nobody needs. The next apply says how to adopt it."));
            }
            Trace::None if look == LOOKS => {}
            Trace::None if look >= LOOKS_WHEN_STOPPED && context.is_stopped() => {
                return Err(uncertain(Failure::stopped(
                    "The provider was asked to stop while it looked for the directory that a request had made.",
                )));
            }
            // At first even when Terraform asks to stop: giving up here could leave a directory behind.
            Trace::None => pause(context, BETWEEN_LOOKS).await,
        }
    }
    Ok(None)
}

fn adopted(id: &str, wanted: &CreateDirectory, lost: &aws::Error) -> Diagnostic {
    Diagnostic::warning(
        format!("Adopted directory {id} after a lost answer"),
        format!(
            "The answer to the request that creates the directory was lost ({lost}). {id} is the only directory {} in {} \
             and its subnets that was not there before, so it is the one, and no second one was created.",
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
    let (mut seen, began) = (false, Instant::now());
    wait_until(
        context,
        &format!("directory {id} to become Active"),
        || async { Ok(aws.ds().find_directory(id, Freshness::Now).await?) },
        |found: Option<aws::Directory>| {
            seen |= found.is_some();
            match found {
                None if !seen && began.elapsed() < INVISIBLE => Progress::pending("not visible yet"),
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

    fn directory(id: &str) -> aws::Directory {
        aws::Directory {
            id: id.to_owned(),
            name: "corp.example.com".to_owned(),
            vpc_id: Some("vpc-1".to_owned()),
            subnet_ids: vec!["subnet-2".to_owned(), "subnet-1".to_owned()],
            ..aws::Directory::default()
        }
    }

    fn check(found: &[aws::Directory], known: &[&str], expect: &Trace) {
        let known = known.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(trace(found, &wanted(), &known), *expect);
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
    }

    #[test]
    fn what_could_be_adopted_is_not_made_again() {
        let check = |change: fn(&mut aws::Directory), expect: &Before| {
            let mut found = aws::Directory {
                short_name: Some("CORP".to_owned()),
                edition: Some("Standard".to_owned()),
                stage: "Active".to_owned(),
                ..directory("d-1")
            };
            change(&mut found);
            let wanted = CreateDirectory { short_name: Some("corp".to_owned()), ..wanted() };
            assert_eq!(before(&[found], &wanted, &BTreeSet::from(["d-2".to_owned()])), *expect);
        };
        let (adoptable, others) =
            (Before::Adoptable("d-1".to_owned()), Before::Others(vec!["d-1".to_owned()]));
        check(|_| {}, &adoptable);
        // As the user may have changed the configuration since, or somebody the directory.
        check(|found| found.stage = "Failed".to_owned(), &adoptable);
        check(|found| found.description = Some("Users".to_owned()), &adoptable);
        check(|found| found.short_name = Some("OTHER".to_owned()), &others);
        check(|found| found.subnet_ids[0] = "subnet-3".to_owned(), &others);
        check(|found| found.edition = Some("Enterprise".to_owned()), &others);
        check(|found| found.vpc_id = Some("vpc-2".to_owned()), &Before::Clear);
        check(|found| found.stage = "Deleting".to_owned(), &Before::Clear);
        check(|found| found.id = "d-2".to_owned(), &Before::Clear);
        assert_eq!(before(&[], &wanted(), &BTreeSet::new()), Before::Clear);
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
