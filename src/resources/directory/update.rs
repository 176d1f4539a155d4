//! Changing a directory in place.

use tf_provider::framework::{Apply, Context, Failure, Progress, Secret, wait_until};

use super::create::active;
use super::plan::is_on_the_way;
use super::{Directory, alias_of, read};
use crate::aws::{self, Aws, DirectoryUpdate, DomainController, Freshness};
use crate::tags;

pub(super) async fn apply(
    aws: &Aws,
    prior: Directory,
    planned: Directory,
    apply: &Apply<Directory>,
) -> Result<Directory, Failure> {
    let id = planned.id.clone();
    let ds = aws.ds();
    let mut found = ds.find_directory(&id, Freshness::Now).await?.ok_or_else(|| gone(&id))?;
    // Where an earlier apply ended before the directory was done. An upgrade under way is waited for below.
    let upgrades =
        prior.edition.as_deref() == Some("Standard") && planned.edition.as_deref() == Some("Enterprise");
    if is_on_the_way(&found.stage) && !upgrades {
        found = active(aws, &id, apply).await?;
    }

    let tags_all = tags::all(aws, planned.tags.as_ref());
    let (set, removed) = tags::difference(&prior.tags_all, &tags_all);
    if !removed.is_empty() {
        ds.remove_tags(&id, &removed).await?;
    }
    if !set.is_empty() {
        ds.add_tags(&id, &set).await?;
    }
    if let Some((attribute, password)) = password_to_set(&prior, &planned) {
        ds.reset_user_password(&id, "Admin", &aws::Secret::new(password.expose()))
            .await
            .map_err(|error| Failure::from(error).at(attribute))?;
    }
    // All else is read back at the next refresh, should anything fail from here on.
    apply.save(&Directory {
        admin_password: planned.admin_password.clone(),
        admin_password_wo_version: planned.admin_password_wo_version,
        timeouts: planned.timeouts.clone(),
        tags: planned.tags.clone(),
        tags_all: tags_all.clone(),
        ..prior.clone()
    });
    if upgrades {
        found = upgrade(aws, found, apply).await?;
    }
    let data_access = match planned.enable_directory_data_access {
        // The state has what was asked for when the creation was interrupted, and nobody has looked since.
        Some(_) if !read::tells_data_access(&prior.stage) => {
            read::is_data_access_enabled(aws, &id).await.ok()
        }
        _ => prior.enable_directory_data_access,
    };
    let found = settings(aws, &found, &planned, data_access, apply).await?;

    let mut updated = Directory { tags_all, ..planned };
    // What the plan left open; the rest must be as it was planned, and is.
    if updated.stage.is_empty() {
        updated.observe_stage(&found);
    }
    if updated.access_url.is_empty() {
        updated.access_url = found.access_url.clone().unwrap_or_default();
    }
    if updated.dns_ip_addresses.is_empty() {
        updated.dns_ip_addresses = super::sorted(&found.dns_ip_addresses);
    }
    Ok(updated)
}

fn gone(id: &str) -> Failure {
    Failure::unexpected(format!("Directory {id} is gone since the plan was made."))
        .advise("Plan again: the next plan creates a new one.")
}

/// The password that has to be sent, and the attribute that it comes from. The first password after an import is only
/// recorded: the state of an imported directory knows of none.
fn password_to_set<'a>(prior: &Directory, planned: &'a Directory) -> Option<(&'static str, &'a Secret)> {
    if prior.admin_password.is_none() && prior.admin_password_wo_version.is_none() {
        return None;
    }
    if let Some(password) = &planned.admin_password_wo {
        let is_new = match (prior.admin_password_wo_version, &prior.admin_password) {
            (Some(version), _) => planned.admin_password_wo_version != Some(version),
            (None, stored) => stored.as_ref() != Some(password),
        };
        return is_new.then_some(("admin_password_wo", password));
    }
    let password = planned.admin_password.as_ref()?;
    (prior.admin_password.as_ref() != Some(password)).then_some(("admin_password", password))
}

/// Alias, single sign-on, domain controllers and data access, as far as they are not as planned. Gives the directory as
/// it is then.
pub(super) async fn settings(
    aws: &Aws,
    found: &aws::Directory,
    planned: &Directory,
    data_access: Option<bool>,
    context: &Context,
) -> Result<aws::Directory, Failure> {
    let (ds, id) = (aws.ds(), found.id.as_str());
    let mut changed = false;
    if let Some(alias) = planned.alias.as_deref().filter(|alias| alias_of(found).as_deref() != Some(*alias)) {
        set_alias(aws, id, alias).await?;
        changed = true;
    }
    if let Some(enabled) = planned.enable_sso.filter(|enabled| *enabled != found.sso_enabled) {
        ds.set_sso(id, enabled).await.map_err(|error| Failure::from(error).at("enable_sso"))?;
        changed = true;
    }
    let desired = planned.desired_number_of_domain_controllers;
    if let Some(number) =
        desired.filter(|number| found.desired_number_of_domain_controllers.map(i64::from) != Some(*number))
    {
        set_number_of_controllers(aws, id, number, context).await?;
        changed = true;
    }
    // An argument that is taken away takes back what it had switched on.
    let wanted = planned.enable_directory_data_access.or(data_access.map(|_| false));
    if let Some(enabled) = wanted.filter(|enabled| Some(*enabled) != data_access) {
        set_data_access(aws, id, enabled, context).await?;
    }
    if !changed {
        return Ok(found.clone());
    }
    ds.find_directory(id, Freshness::Now).await?.ok_or_else(|| gone(id))
}

async fn set_alias(aws: &Aws, id: &str, alias: &str) -> Result<(), Failure> {
    let error = match aws.ds().create_alias(id, alias).await {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    // The request is not sent twice; after a lost answer the alias may be there.
    if error.ambiguous()
        && let Ok(Some(found)) = aws.ds().find_directory(id, Freshness::Now).await
        && alias_of(&found).as_deref() == Some(alias)
    {
        return Ok(());
    }
    let taken = error.kind == aws::Kind::AlreadyExists;
    let failure = Failure::from(error).at("alias");
    Err(if taken { failure.advise("Aliases are unique in all of AWS. Choose another one.") } else { failure })
}

async fn set_number_of_controllers(
    aws: &Aws,
    id: &str,
    number: i64,
    context: &Context,
) -> Result<(), Failure> {
    let at = |failure: Failure| failure.at("desired_number_of_domain_controllers");
    let wire = i32::try_from(number).map_err(|_| {
        at(Failure::config("desired_number_of_domain_controllers", "AWS knows no such number."))
    })?;
    aws.ds().set_number_of_domain_controllers(id, wire).await.map_err(|error| at(error.into()))?;
    wait_until(
        context,
        &format!("directory {id} to have {number} domain controllers"),
        || async {
            let controllers = aws.ds().list_domain_controllers(id).await?;
            let found = aws.ds().find_directory(id, Freshness::Now).await?;
            Ok((controllers, found.map(|found| found.stage)))
        },
        |(controllers, stage): (Vec<DomainController>, Option<String>)| match stage {
            None => Progress::Failed(gone(id)),
            Some(stage) => controllers_progress(&controllers, &stage, number),
        },
    )
    .await
    .map_err(at)
}

fn controllers_progress(controllers: &[DomainController], stage: &str, number: i64) -> Progress<()> {
    let left: Vec<_> = controllers.iter().filter(|controller| controller.status != "Deleted").collect();
    let ready = left.iter().filter(|controller| controller.status == "Active").count();
    let all = i64::try_from(left.len()).unwrap_or(i64::MAX);
    if let Some(failed) = left.iter().find(|controller| controller.status == "Failed") {
        let reason = failed.status_reason.as_deref().unwrap_or("AWS gives no reason.");
        return Progress::Failed(Failure::unexpected(format!(
            "Domain controller {} failed: {reason}",
            failed.id
        )));
    }
    if all == number && ready == left.len() && !is_on_the_way(stage) {
        return Progress::Done(());
    }
    Progress::Pending(format!("{stage}, {ready} of {all} domain controllers active"))
}

async fn set_data_access(aws: &Aws, id: &str, enabled: bool, context: &Context) -> Result<(), Failure> {
    let at = |failure: Failure| failure.at("enable_directory_data_access");
    match aws.ds().set_data_access(id, enabled).await {
        Ok(()) => {}
        // It is as it should be, or on its way there.
        Err(error) if error.kind == aws::Kind::AlreadyExists => {}
        Err(error) => return Err(at(error.into())),
    }
    let target = if enabled { "Enabled" } else { "Disabled" };
    wait_until(
        context,
        &format!("data access of directory {id} to become {target}"),
        || async { Ok(aws.ds().find_data_access(id).await?) },
        |status: Option<String>| match status {
            None => Progress::Failed(gone(id)),
            Some(status) if status == target => Progress::Done(()),
            Some(status) if status == "Failed" => Progress::Failed(
                Failure::unexpected(format!("AWS failed to make data access of directory {id} {target}."))
                    .advise(
                        "Apply again to try again; if it fails again, see the directory in the AWS console.",
                    ),
            ),
            Some(status) => Progress::Pending(status),
        },
    )
    .await
    .map_err(at)
}

/// Upgrades to Enterprise, or waits for the upgrade that is under way.
async fn upgrade(aws: &Aws, found: aws::Directory, context: &Context) -> Result<aws::Directory, Failure> {
    let (ds, id) = (aws.ds(), found.id.as_str());
    let at = |failure: Failure| failure.at("edition");
    let before = ds.list_size_updates(id).await?;
    let is_under_way = before.first().is_some_and(|latest| latest.status == "Updating");
    let mut sent = false;
    if !is_under_way && found.edition.as_deref() != Some("Enterprise") {
        sent = true;
        match ds.upgrade_to_enterprise(id).await {
            Ok(()) => {}
            Err(error) if error.kind == aws::Kind::AlreadyExists => {}
            // The request is not sent twice; after a lost answer the upgrade may have begun.
            Err(error) => {
                let began = error.ambiguous() && ds.list_size_updates(id).await?.len() > before.len();
                if !began {
                    return Err(at(error.into()));
                }
            }
        }
    }
    wait_until(
        context,
        &format!("directory {id} to become Enterprise"),
        || async { Ok((ds.find_directory(id, Freshness::Now).await?, ds.list_size_updates(id).await?)) },
        |(found, updates): (Option<aws::Directory>, Vec<DirectoryUpdate>)| match found {
            None => Progress::Failed(gone(id)),
            // Until the new upgrade is in the history, its latest entry is that of an old one.
            Some(found) => {
                upgrade_progress(found, updates.iter().find(|update| !sent || !before.contains(update)))
            }
        },
    )
    .await
    .map_err(at)
}

fn upgrade_progress(found: aws::Directory, latest: Option<&DirectoryUpdate>) -> Progress<aws::Directory> {
    match latest.map(|update| update.status.as_str()) {
        Some("UpdateFailed") => {
            let reason = latest.and_then(|update| update.status_reason.as_deref());
            let reason = reason.unwrap_or("AWS gives no reason.");
            Progress::Failed(Failure::unexpected(format!(
                "The upgrade of directory {} failed: {reason}",
                found.id
            )))
        }
        Some("Updating") => Progress::Pending(format!("{}, upgrade under way", found.stage)),
        _ if found.edition.as_deref() == Some("Enterprise") && !is_on_the_way(&found.stage) => {
            Progress::Done(found)
        }
        _ => Progress::Pending(format!(
            "{}, {}",
            found.stage,
            found.edition.as_deref().unwrap_or("without edition")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(version: Option<i64>, stored: Option<&str>, write_only: Option<&str>) -> Directory {
        Directory {
            admin_password_wo_version: version,
            admin_password: stored.map(Secret::new),
            admin_password_wo: write_only.map(Secret::new),
            ..Directory::default()
        }
    }

    #[test]
    fn passwords_are_set_when_they_are_new() {
        let check = |prior: (Option<i64>, Option<&str>), planned: Directory, expect: Option<&str>| {
            let prior = directory(prior.0, prior.1, None);
            let found = password_to_set(&prior, &planned).map(|(attribute, _)| attribute);
            assert_eq!(found, expect, "{prior:?} to {planned:?}");
        };
        let (wo, stored) = (Some("admin_password_wo"), Some("admin_password"));
        check((Some(1), None), directory(Some(1), None, Some("a")), None);
        check((Some(1), None), directory(Some(2), None, Some("a")), wo);
        check((Some(2), None), directory(Some(1), None, Some("a")), wo);
        check((None, Some("a")), directory(None, Some("a"), None), None);
        check((None, Some("a")), directory(None, Some("b"), None), stored);
        // From one attribute to the other.
        check((None, Some("a")), directory(Some(1), None, Some("a")), None);
        check((None, Some("a")), directory(Some(1), None, Some("b")), wo);
        check((Some(1), None), directory(None, Some("a"), None), stored);
        // After an import the state knows of no password.
        check((None, None), directory(Some(1), None, Some("a")), None);
        check((None, None), directory(None, Some("a"), None), None);
        check((Some(1), None), directory(None, None, None), None);
    }

    #[test]
    fn controllers_are_counted() {
        let check = |statuses: &[&str], stage: &str, expect: &str| {
            let controllers: Vec<_> = statuses
                .iter()
                .map(|status| DomainController {
                    id: "dc-1".to_owned(),
                    dns_ip_address: None,
                    subnet_id: None,
                    availability_zone: None,
                    status: (*status).to_owned(),
                    status_reason: None,
                })
                .collect();
            let shown = match controllers_progress(&controllers, stage, 3) {
                Progress::Done(()) => "done".to_owned(),
                Progress::Pending(state) => state,
                Progress::Failed(failure) => failure.problem,
            };
            assert_eq!(shown, expect);
        };
        check(&["Active"; 3], "Active", "done");
        check(&["Active", "Active", "Active", "Deleted"], "Active", "done");
        check(&["Active", "Active"], "Active", "Active, 2 of 2 domain controllers active");
        check(&["Active", "Active", "Creating"], "Updating", "Updating, 2 of 3 domain controllers active");
        check(&["Active"; 3], "Updating", "Updating, 3 of 3 domain controllers active");
        check(&["Active", "Failed"], "Active", "Domain controller dc-1 failed: AWS gives no reason.");
    }

    #[test]
    fn an_upgrade_is_over_when_history_and_edition_say_so() {
        let check = |edition: &str, stage: &str, status: Option<&str>, expect: &str| {
            let found = aws::Directory {
                id: "d-1".to_owned(),
                edition: Some(edition.to_owned()),
                stage: stage.to_owned(),
                ..aws::Directory::default()
            };
            let update = status.map(|status| DirectoryUpdate {
                status: status.to_owned(),
                status_reason: Some("Quota.".to_owned()),
                start_time: None,
            });
            let shown = match upgrade_progress(found, update.as_ref()) {
                Progress::Done(_) => "done".to_owned(),
                Progress::Pending(state) => state,
                Progress::Failed(failure) => failure.problem,
            };
            assert_eq!(shown, expect);
        };
        check("Enterprise", "Active", Some("Updated"), "done");
        check("Enterprise", "Active", None, "done");
        check("Enterprise", "Updating", Some("Updated"), "Updating, Enterprise");
        check("Enterprise", "Active", Some("Updating"), "Active, upgrade under way");
        check("Standard", "Active", Some("Updated"), "Active, Standard");
        check("Standard", "Active", Some("UpdateFailed"), "The upgrade of directory d-1 failed: Quota.");
    }
}
