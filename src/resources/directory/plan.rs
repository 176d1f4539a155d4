//! What the schema cannot say about a plan: passwords, editions, the alias, stages on the way, and the subnets.

use futures_util::future::join_all;
use tf_provider::framework::{Diagnostic, Diagnostics, Plan, View};
use tf_provider::value::Value;

use super::{Directory, DirectoryView};
use crate::aws::{Aws, Subnet};
use crate::tags;

/// Every change of the edition but the one upgrade that AWS offers.
pub(super) fn edition_replaces(old: &Value, new: &Value) -> bool {
    !(old.as_str() == Some("Standard") && new.as_str() == Some("Enterprise"))
}

/// The form of an alias (CreateAlias, `Alias`).
pub(super) fn check_alias(value: &Value) -> Result<(), String> {
    let Some(alias) = value.as_str() else { return Ok(()) };
    let fits = (1..=62).contains(&alias.len())
        && alias.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !alias.starts_with('-')
        && !alias.ends_with('-')
        && !alias.to_ascii_lowercase().starts_with("d-");
    if fits {
        return Ok(());
    }
    Err("An alias has from 1 to 62 letters, digits and inner hyphens, and does not begin with \"d-\"."
        .to_owned())
}

/// Whether AWS is still working on a directory in this stage, so that its other attributes may yet change.
pub(crate) fn is_on_the_way(stage: &str) -> bool {
    matches!(stage, "Requested" | "Creating" | "Created" | "Updating" | "Restoring")
}

pub(super) fn adjust(plan: &mut Plan<'_, Directory>, client: Option<&Aws>) {
    let own = plan.config.tags.clone();
    let prior_tags = plan.prior.as_ref().map(|prior| prior.tags_all.clone());
    tags::plan(plan, &own, prior_tags.as_ref(), client);
    match plan.prior.clone() {
        None => adjust_create(plan),
        Some(prior) => adjust_update(plan, &prior),
    }
}

fn adjust_create(plan: &mut Plan<'_, Directory>) {
    if plan.config.admin_password.is_null() && plan.config.admin_password_wo.is_null() {
        let detail = "A new directory needs a password for its user Admin. Set admin_password_wo and \
                      admin_password_wo_version (Terraform 1.11 and later; the password is not stored), or admin_password.";
        plan.report(Diagnostic::error("Missing password of the user Admin", detail).at("admin_password_wo"));
    }
    if plan.config.enable_sso == View::Known(true) && plan.config.alias.is_null() {
        plan.report(sso_without_alias());
    }
    // What AWS does by itself: better seen in the plan than after the apply.
    if plan.config.edition.is_null() {
        plan.set("edition", "Enterprise".to_owned());
    }
    if plan.config.enable_sso.is_null() {
        plan.set("enable_sso", false);
    }
}

fn adjust_update(plan: &mut Plan<'_, Directory>, prior: &DirectoryView) {
    if prior.stage.text().is_some_and(is_on_the_way) {
        for name in ["stage", "dns_ip_addresses", "security_group_id", "access_url", "availability_zones"] {
            plan.set_unknown(name);
        }
    }
    if plan.changes("alias") {
        plan.set_unknown("access_url");
    }
    if plan.changes("desired_number_of_domain_controllers") {
        plan.set_unknown("dns_ip_addresses");
    }
    if plan.changes("enable_sso")
        && plan.config.enable_sso == View::Known(true)
        && plan.planned.alias.is_null()
    {
        plan.report(sso_without_alias());
    }
    if prior.edition.text() == Some("Standard") && plan.planned.edition.text() == Some("Enterprise") {
        let detail = "The directory is upgraded in place. This takes four to five hours, and AWS has no way back to Standard.";
        plan.report(Diagnostic::warning("The upgrade to Enterprise cannot be undone", detail).at("edition"));
    }
    if let Some(attribute) = only_recorded(prior, &plan.planned) {
        let detail = "The state does not know of a password for this directory, as after an import, so the one in the \
                      configuration is taken to be in force and is not sent to AWS. To set it, apply this first, and then \
                      raise admin_password_wo_version (or change admin_password).";
        plan.report(Diagnostic::warning("The password of the user Admin is not reset", detail).at(attribute));
    }
}

fn sso_without_alias() -> Diagnostic {
    let detail =
        "Single sign-on goes through the directory's access URL, which needs an alias. Set alias as well.";
    Diagnostic::error("Single sign-on needs an alias", detail).at("enable_sso")
}

/// The attribute of a password that this plan records without sending it.
fn only_recorded(prior: &DirectoryView, planned: &DirectoryView) -> Option<&'static str> {
    if !prior.admin_password.is_null() || !prior.admin_password_wo_version.is_null() {
        None
    } else if !planned.admin_password_wo_version.is_null() {
        Some("admin_password_wo_version")
    } else if planned.admin_password.is_null() {
        None
    } else {
        Some("admin_password")
    }
}

/// Asks EC2, at plan time, for what CreateMicrosoftAD would refuse after the rest of the plan was applied.
pub(super) async fn check_subnets(aws: &Aws, plan: &Plan<'_, Directory>) -> Diagnostics {
    let mut found = Diagnostics::new();
    if !plan.changes("subnet_ids") && !plan.changes("vpc_id") {
        return found;
    }
    let mut subnets = Vec::new();
    let looks = plan
        .planned
        .subnet_ids
        .known_elements()
        .map(|id| async move { (id, aws.ec2().find_subnet(id).await) });
    for (id, look) in join_all(looks).await {
        match look {
            Ok(Some(subnet)) => subnets.push(subnet),
            Ok(None) => found.error_at(
                "subnet_ids",
                format!("Subnet {id} does not exist"),
                format!("There is no subnet {id} in the Region {} of this account.", aws.region),
            ),
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                let detail = format!("The subnets could not be checked before the apply. {error}\n\n{hint}");
                found.warn_at("subnet_ids", "The subnets were not checked", detail.trim_end());
                return found;
            }
        }
    }
    found.extend(judge(&subnets, plan.planned.vpc_id.text()));
    found
}

/// What is wrong with subnets that exist.
fn judge(subnets: &[Subnet], vpc_id: Option<&str>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for subnet in subnets {
        if vpc_id.is_some_and(|vpc_id| vpc_id != subnet.vpc_id) {
            let detail = format!(
                "Subnet {} lies in {}, not in {}. Choose subnets of the VPC, or leave vpc_id out.",
                subnet.id,
                subnet.vpc_id,
                vpc_id.unwrap_or_default()
            );
            found.push(Diagnostic::error("Subnet of another VPC", detail).at("subnet_ids"));
        }
    }
    let [first, second] = subnets else { return found };
    if first.vpc_id != second.vpc_id && vpc_id.is_none() {
        let detail = format!(
            "Subnet {} lies in {}, subnet {} in {}. Both must be of one VPC.",
            first.id, first.vpc_id, second.id, second.vpc_id
        );
        found.push(Diagnostic::error("Subnets of two VPCs", detail).at("subnet_ids"));
    }
    if first.availability_zone == second.availability_zone {
        let detail = format!(
            "Subnets {} and {} both lie in {}. The two domain controllers need subnets in different Availability Zones.",
            first.id, second.id, first.availability_zone
        );
        found.push(Diagnostic::error("Subnets in one Availability Zone", detail).at("subnet_ids"));
    }
    found
}

#[cfg(test)]
mod tests {
    use tf_provider::framework::model::AttributeValue as _;
    use tf_provider::framework::{Model as _, Secret};

    use super::*;

    fn view(version: Option<i64>, password: Option<&str>) -> DirectoryView {
        let directory = Directory {
            admin_password_wo_version: version,
            admin_password: password.map(Secret::new),
            ..Directory::default()
        };
        Directory::view_of(&directory.encode()).unwrap()
    }

    #[test]
    fn a_first_password_after_an_import_is_only_recorded() {
        let check = |prior: (Option<i64>, Option<&str>), planned: (Option<i64>, Option<&str>), expect| {
            assert_eq!(only_recorded(&view(prior.0, prior.1), &view(planned.0, planned.1)), expect);
        };
        check((None, None), (None, None), None);
        check((None, None), (Some(1), None), Some("admin_password_wo_version"));
        check((None, None), (None, Some("p")), Some("admin_password"));
        check((Some(1), None), (Some(2), None), None);
        check((None, Some("p")), (Some(1), None), None);
    }

    #[test]
    fn only_the_upgrade_is_in_place() {
        let check = |old: &str, new: &str, expect| {
            assert_eq!(edition_replaces(&old.into(), &new.into()), expect, "{old} to {new}");
        };
        check("Standard", "Enterprise", false);
        check("Enterprise", "Standard", true);
        check("Hybrid", "Enterprise", true);
    }

    #[test]
    fn aliases() {
        let check = |alias: &str, expect| assert_eq!(check_alias(&alias.into()).is_ok(), expect, "{alias}");
        check("corp-1", true);
        check("a", true);
        check("", false);
        check("d-corp", false);
        check("corp-", false);
        check("corp.example", false);
        check(&"a".repeat(63), false);
    }

    #[test]
    fn subnets_are_judged() {
        let subnet = |id: &str, vpc: &str, zone: &str| Subnet {
            id: id.to_owned(),
            vpc_id: vpc.to_owned(),
            availability_zone: zone.to_owned(),
            availability_zone_id: None,
        };
        let check = |subnets: &[Subnet], vpc: Option<&str>, expect: &[&str]| {
            let found: Vec<String> = judge(subnets, vpc).into_iter().map(|found| found.summary).collect();
            assert_eq!(found, expect);
        };
        let (a, b, c) =
            (subnet("s-a", "vpc-1", "z-a"), subnet("s-b", "vpc-1", "z-b"), subnet("s-c", "vpc-2", "z-a"));
        check(&[a.clone(), b.clone()], None, &[]);
        check(&[a.clone(), b.clone()], Some("vpc-1"), &[]);
        check(&[a.clone(), b], Some("vpc-2"), &["Subnet of another VPC", "Subnet of another VPC"]);
        check(&[a.clone(), c.clone()], None, &["Subnets of two VPCs", "Subnets in one Availability Zone"]);
        check(&[a.clone(), c], Some("vpc-1"), &["Subnet of another VPC", "Subnets in one Availability Zone"]);
        check(&[a], Some("vpc-1"), &[]);
    }
}
