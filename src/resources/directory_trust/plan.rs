//! What the schema cannot say about a plan: passwords, verifications that are due, and the directory.

use tf_provider::framework::{Diagnostic, Diagnostics, Plan};

use super::state::is_on_the_way;
use super::{INCOMING, Trust, TrustView, bare};
use crate::aws::{self, Aws, Freshness};
use crate::resources::directory;

const STATE: [&str; 4] =
    ["trust_state", "trust_state_reason", "last_updated_time", "state_last_updated_time"];

pub(super) fn adjust(plan: &mut Plan<'_, Trust>) {
    match plan.prior.clone() {
        None => {
            if plan.config.trust_password.is_null() && plan.config.trust_password_wo.is_null() {
                let detail = "A new trust needs the password that both sides agreed on. Set trust_password_wo and \
                              trust_password_wo_version (Terraform 1.11 and later; the password is not stored), or \
                              trust_password.";
                plan.report(
                    Diagnostic::error("Missing password of the trust", detail).at("trust_password_wo"),
                );
            }
            if plan.config.selective_auth.is_null() {
                plan.set("selective_auth", "Disabled".to_owned());
            }
        }
        Some(prior) => adjust_update(plan, &prior),
    }
}

fn adjust_update(plan: &mut Plan<'_, Trust>, prior: &TrustView) {
    let forwarder =
        plan.changes("conditional_forwarder_ip_addrs") && prior.trust_direction.text() != Some(INCOMING);
    if plan.changes("selective_auth") || forwarder || must_look_again(prior, &plan.planned) {
        for name in STATE {
            plan.set_unknown(name);
        }
    }
    // From the stored password to the write-only one: known here only, since the state holds no write-only values.
    if let (Some(stored), Some(write_only)) =
        (prior.trust_password.known(), plan.config.trust_password_wo.known())
        && prior.trust_password_wo_version.is_null()
        && stored != write_only
    {
        plan.replace("trust_password_wo_version");
    }
    if let Some(attribute) = only_recorded(prior, &plan.planned) {
        let detail = "The state does not know of this password, as after an import, so the one in the configuration is taken \
                      to be the one that both sides agreed on. AWS cannot change the password of a trust: to set another \
                      one, apply this first, and then raise trust_password_wo_version (or change trust_password), which \
                      replaces the trust.";
        plan.report(Diagnostic::warning("The password of the trust is only recorded", detail).at(attribute));
    }
}

/// Whether the state is one that does not last, or that the configuration does not put up with. A trust that can be
/// verified does not stay `Created`: an apply that ended early did not come to it.
fn must_look_again(prior: &TrustView, planned: &TrustView) -> bool {
    let Some(state) = prior.trust_state.text() else { return false };
    if prior.trust_direction.text() == Some(INCOMING) {
        return is_on_the_way(state);
    }
    let required = planned.require_verified.known() == Some(&true);
    is_on_the_way(state) || matches!(state, "Created" | "Updated") || required && state != "Verified"
}

/// The attribute of a password that this plan records without sending it.
fn only_recorded(prior: &TrustView, planned: &TrustView) -> Option<&'static str> {
    let was_known = !prior.trust_password.is_null() || !prior.trust_password_wo_version.is_null();
    let now_version = !planned.trust_password_wo_version.is_null();
    let now_stored = !planned.trust_password.is_null();
    match (was_known, now_version, now_stored) {
        (false, true, _) => Some("trust_password_wo_version"),
        (false, _, true) => Some("trust_password"),
        // From the write-only password to the stored one: the old one is nowhere to compare with.
        (true, _, true) if prior.trust_password.is_null() => Some("trust_password"),
        _ => None,
    }
}

/// Asks Directory Service, at plan time, for what CreateTrust would refuse after the rest of the plan was applied.
pub(super) async fn check_directory(aws: &Aws, plan: &Plan<'_, Trust>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(id) = plan.planned.directory_id.text() else { return found };
    if !plan.changes("directory_id") && !plan.changes("remote_domain_name") {
        return found;
    }
    match aws.ds().find_directory(id, Freshness::Recent).await {
        Ok(directory) => {
            let remote = plan.planned.remote_domain_name.text();
            found.extend(judge(id, directory.as_ref(), remote, &aws.region));
        }
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            let detail = format!("The directory could not be checked before the apply. {error}\n\n{hint}");
            found.warn_at("directory_id", "The directory was not checked", detail.trim_end());
        }
    }
    found
}

/// What is wrong with the directory of a new trust.
fn judge(
    id: &str,
    directory: Option<&aws::Directory>,
    remote: Option<&str>,
    region: &str,
) -> Option<Diagnostic> {
    let Some(directory) = directory else {
        let detail = format!("There is no directory {id} in the Region {region} of this account.");
        return Some(Diagnostic::error(format!("Directory {id} does not exist"), detail).at("directory_id"));
    };
    if directory.directory_type != "MicrosoftAD" {
        let detail = format!(
            "It is a {}; only an AWS Managed Microsoft AD, in the account that owns it, can have trusts.",
            directory.directory_type
        );
        return Some(
            Diagnostic::error(format!("Directory {id} cannot have trusts"), detail).at("directory_id"),
        );
    }
    // As after a creation that was interrupted: the same apply may wait for it before it comes to the trust.
    if directory::is_on_the_way(&directory.stage) {
        let detail = format!(
            "It is in the stage {}, and a trust needs an Active directory. The apply fails unless it is Active by then.",
            directory.stage
        );
        return Some(
            Diagnostic::warning(format!("Directory {id} is not Active yet"), detail).at("directory_id"),
        );
    }
    if directory.stage != "Active" {
        let reason = directory.stage_reason.as_deref().unwrap_or("AWS gives no reason.");
        let detail =
            format!("It is in the stage {}: {reason} A trust needs an Active directory.", directory.stage);
        return Some(Diagnostic::error(format!("Directory {id} is not Active"), detail).at("directory_id"));
    }
    if remote.is_some_and(|remote| bare(remote) == bare(&directory.name)) {
        let detail = format!(
            "{} is the name of directory {id} itself. A trust is with another domain.",
            directory.name
        );
        return Some(Diagnostic::error("A directory cannot trust itself", detail).at("remote_domain_name"));
    }
    None
}

#[cfg(test)]
mod tests {
    use tf_provider::framework::model::AttributeValue as _;
    use tf_provider::framework::{Model as _, Secret};

    use super::*;

    fn view(trust: &Trust) -> TrustView {
        Trust::view_of(&trust.encode()).unwrap()
    }

    #[test]
    fn a_first_password_is_only_recorded() {
        let trust = |version: Option<i64>, stored: Option<&str>| {
            view(&Trust {
                trust_password_wo_version: version,
                trust_password: stored.map(Secret::new),
                ..Trust::default()
            })
        };
        let check = |prior: (Option<i64>, Option<&str>), planned: (Option<i64>, Option<&str>), expect| {
            assert_eq!(only_recorded(&trust(prior.0, prior.1), &trust(planned.0, planned.1)), expect);
        };
        check((None, None), (None, None), None);
        check((None, None), (Some(1), None), Some("trust_password_wo_version"));
        check((None, None), (None, Some("p")), Some("trust_password"));
        check((Some(1), None), (Some(2), None), None);
        check((Some(1), None), (None, Some("p")), Some("trust_password"));
        check((None, Some("p")), (None, Some("q")), None);
        check((None, Some("p")), (Some(1), None), None);
    }

    #[test]
    fn states_that_do_not_last_are_looked_at_again() {
        let check = |state: &str, direction: &str, require_verified, expect| {
            let trust = view(&Trust {
                trust_state: state.to_owned(),
                trust_direction: direction.to_owned(),
                require_verified,
                ..Trust::default()
            });
            assert_eq!(must_look_again(&trust, &trust), expect, "{state} {direction} {require_verified}");
        };
        check("Verified", "Two-Way", true, false);
        check("VerifyFailed", "Two-Way", false, false);
        check("VerifyFailed", "Two-Way", true, true);
        check("Verifying", "Two-Way", false, true);
        check("Created", "Two-Way", false, true);
        check("Created", "One-Way: Incoming", true, false);
        check("Creating", "One-Way: Incoming", false, true);
    }

    #[test]
    fn directories_are_judged() {
        let directory = |kind: &str, stage: &str| aws::Directory {
            name: "corp.example.com".to_owned(),
            directory_type: kind.to_owned(),
            stage: stage.to_owned(),
            ..aws::Directory::default()
        };
        let check = |directory: Option<aws::Directory>, remote: &str, expect: &str| {
            let found = judge("d-1", directory.as_ref(), Some(remote), "eu-central-1");
            assert_eq!(found.map(|found| found.summary).unwrap_or_default(), expect);
        };
        check(Some(directory("MicrosoftAD", "Active")), "onprem.example.com", "");
        check(None, "onprem.example.com", "Directory d-1 does not exist");
        check(
            Some(directory("SimpleAD", "Active")),
            "onprem.example.com",
            "Directory d-1 cannot have trusts",
        );
        check(Some(directory("MicrosoftAD", "Failed")), "onprem.example.com", "Directory d-1 is not Active");
        check(
            Some(directory("MicrosoftAD", "Creating")),
            "onprem.example.com",
            "Directory d-1 is not Active yet",
        );
        check(
            Some(directory("MicrosoftAD", "Active")),
            "Corp.Example.Com.",
            "A directory cannot trust itself",
        );
    }
}
