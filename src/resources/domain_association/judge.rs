//! The judgements of the checks: pure, from what AWS showed.

use std::collections::BTreeSet;

use tf_provider::framework::{Diagnostic, Diagnostics};

use super::engines::{Verdict, kerberos};
use super::standing::Standing;
use crate::adoption::import_block;
use crate::aws::{Cluster, Directory, DomainMembership, Instance, KerberosSupport, Role};
use crate::resources::directory_access_role::grant;

const CLUSTER: &str = "cluster_identifier";
const DIRECTORY: &str = "directory_id";
const ROLE: &str = "iam_role_name";

/// When a check is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// While planning: other resources of the same apply may still change things.
    Plan,
    /// Right before the first change.
    Apply,
}

fn error(path: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostics {
    Diagnostic::error(summary, detail).at(path).into()
}

fn warning(path: &'static str, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostics {
    Diagnostic::warning(summary, detail).at(path).into()
}

/// A cluster that does not exist (yet).
pub(super) fn missing_cluster(identifier: &str, when: When) -> Diagnostics {
    let summary = format!("Cluster {identifier} does not exist");
    match when {
        When::Plan => warning(
            CLUSTER,
            format!("{summary} yet"),
            "There is no DB cluster of this identifier in the account and Region. That is right if the same apply \
             creates it first; else the apply will fail before it changes anything.",
        ),
        When::Apply => error(
            CLUSTER,
            summary,
            "There is no DB cluster of this identifier in the account and Region of the provider configuration.",
        ),
    }
}

/// A role that does not exist (yet).
pub(super) fn missing_role(name: &str, when: When) -> Diagnostics {
    let summary = format!("Role {name} does not exist");
    match when {
        When::Plan => warning(
            ROLE,
            format!("{summary} yet"),
            "There is no IAM role of this name in the account. That is right if the same apply creates it first; else \
             the apply will fail before it changes anything.",
        ),
        When::Apply => error(
            ROLE,
            summary,
            "There is no IAM role of this name in the account. aurorakerberos_directory_access_role makes one that \
             Aurora can use.",
        ),
    }
}

/// Whether a cluster is one that can join a domain at all.
pub(super) fn cluster(cluster: &Cluster, instances: &[Instance]) -> Diagnostics {
    let id = &cluster.identifier;
    let mut found = Diagnostics::new();
    match kerberos(&cluster.engine, &cluster.engine_version) {
        Verdict::Supported => {}
        Verdict::NotAurora => found.extend(error(
            CLUSTER,
            format!("Cluster {id} is not an Aurora cluster"),
            format!(
                "Its engine is {}. Only aurora-postgresql and aurora-mysql can join a domain as a cluster.",
                cluster.engine
            ),
        )),
        Verdict::TooOld(since) => found.extend(error(
            CLUSTER,
            format!("Cluster {id} runs a version without Kerberos"),
            format!(
                "It runs {} {}; Kerberos authentication begins with {since}. Upgrade the cluster first.",
                cluster.engine, cluster.engine_version
            ),
        )),
        Verdict::Unreadable => found.extend(warning(
            CLUSTER,
            format!("Not checked: whether the version of cluster {id} knows Kerberos"),
            format!(
                "The version {:?} of {} is not written as expected.",
                cluster.engine_version, cluster.engine
            ),
        )),
    }
    // Serverless v2 members are instances of class db.serverless in a cluster of mode provisioned.
    if cluster.engine_mode.as_deref() == Some("serverless") {
        found.extend(error(
            CLUSTER,
            format!("Cluster {id} is Aurora Serverless v1"),
            "Aurora Serverless v1 has no Kerberos authentication; Serverless v2 has.",
        ));
    }
    let outside: Vec<&str> =
        instances.iter().filter(|each| each.vpc_id.is_none()).map(|each| each.identifier.as_str()).collect();
    if !outside.is_empty() || instances.is_empty() && cluster.subnet_group.is_none() {
        let which = if outside.is_empty() { String::new() } else { format!(" ({})", outside.join(", ")) };
        found.extend(error(
            CLUSTER,
            format!("Cluster {id} is not in a VPC"),
            format!("Kerberos authentication works only for clusters in a VPC{which}."),
        ));
    }
    found
}

/// A new association must not take a cluster from another domain, nor pass over that it is joined already.
pub(super) fn other_domain(
    cluster: &Cluster,
    instances: &[Instance],
    directory: Option<&str>,
) -> Diagnostics {
    let id = &cluster.identifier;
    let all = || cluster.memberships.iter().chain(instances.iter().flat_map(|each| &each.memberships));
    let is_foreign =
        |found: &&DomainMembership| Some(found.domain.as_str()) != directory && !found.domain.is_empty();
    let foreign: BTreeSet<&str> = all().filter(is_foreign).map(|found| found.domain.as_str()).collect();
    let names = foreign.iter().copied().collect::<Vec<_>>().join(", ");
    let serves = |found: &DomainMembership| {
        matches!(Standing::of(&found.status), Standing::Joined | Standing::Joining | Standing::Unknown)
    };
    if all().filter(is_foreign).any(serves) {
        return error(
            CLUSTER,
            format!("Cluster {id} is in another domain"),
            format!(
                "It is joined to {names}, and whoever logs in there would be locked out. To move it to the configured \
                 directory, import the association: put this block into the root module, with the address that Terraform \
                 names with this error instead of aurorakerberos_domain_association.NAME, and apply again.\n\n{}\n\n\
                 Otherwise take the cluster out of that domain first. If this resource is tainted, run terraform untaint \
                 on it instead: then the change is made in place.",
                import_block("aurorakerberos_domain_association", id)
            ),
        );
    }
    if !foreign.is_empty() {
        return warning(
            CLUSTER,
            format!("Cluster {id} is moved from another domain"),
            format!(
                "A join to {names} failed or was not finished; the cluster is joined to the configured directory instead."
            ),
        );
    }
    if !instances.is_empty()
        && all().next().is_some()
        && all().all(|found| Standing::of(&found.status) == Standing::Joined)
    {
        return warning(
            CLUSTER,
            format!("Cluster {id} is joined already"),
            "This association takes over the membership that is there, without a modification or a reboot. See that no \
             other configuration, and no domain argument of an aws_rds_cluster, manages the same membership: a destroy \
             of either ends it for both.",
        );
    }
    Diagnostics::new()
}

/// The error of a cluster that two associations of one configuration manage.
pub(super) fn managed_twice(identifier: &str) -> Diagnostics {
    error(
        CLUSTER,
        format!("Cluster {identifier} is managed twice"),
        "Another aurorakerberos_domain_association of this configuration is about the same cluster. A cluster is in one \
         domain at most, so one of the two must go.",
    )
}

/// The second voice on Kerberos, which AWS does not document for Aurora: it never refuses anything.
pub(super) fn second_voice(cluster: &Cluster, class: &str, support: KerberosSupport) -> Diagnostics {
    if support != KerberosSupport::Unsupported {
        return Diagnostics::new();
    }
    warning(
        CLUSTER,
        format!("AWS may not support Kerberos on {class}"),
        format!(
            "DescribeOrderableDBInstanceOptions says SupportsKerberosAuthentication = false for {} {} on {class}. AWS \
             does not document what that says of Aurora; the User Guide lists the version as supported.",
            cluster.engine, cluster.engine_version
        ),
    )
}

/// Whether a directory can be joined.
pub(super) fn directory(id: &str, found: Option<&Directory>, when: When) -> Diagnostics {
    let Some(found) = found else {
        return error(
            DIRECTORY,
            format!("Directory {id} does not exist"),
            "It is neither a directory of this account in this Region nor one that another account shares with it. The \
             id of a shared directory is its id in this account, not the owner's.",
        );
    };
    if !matches!(found.directory_type.as_str(), "MicrosoftAD" | "SharedMicrosoftAD") {
        return error(
            DIRECTORY,
            format!("Directory {id} is no AWS Managed Microsoft AD"),
            format!("Its type is {}; Aurora joins only AWS Managed Microsoft AD.", found.directory_type),
        );
    }
    let is_shared = found.directory_type == "SharedMicrosoftAD";
    if let Some(status) = found.share_status.as_deref().filter(|status| is_shared && *status != "Shared") {
        let advice = if status == "PendingAcceptance" { " Accept it in this account first." } else { "" };
        return error(
            DIRECTORY,
            format!("Directory {id} is not shared yet"),
            format!("The status of its share is {status}; it must be Shared.{advice}"),
        );
    }
    let reason = found.stage_reason.as_ref().map(|reason| format!(" AWS says: {reason}")).unwrap_or_default();
    let not_active = format!("Directory {id} is not Active");
    match found.stage.as_str() {
        "Active" => Diagnostics::new(),
        // It does its work, as well as it can.
        "Updating" | "Impaired" => warning(
            DIRECTORY,
            not_active,
            format!("Its stage is {}.{reason} The join may fail.", found.stage),
        ),
        "Requested" | "Creating" | "Created" if when == When::Plan => warning(
            DIRECTORY,
            format!("{not_active} yet"),
            format!("Its stage is {}.{reason} It must be Active when this is applied.", found.stage),
        ),
        stage => error(DIRECTORY, not_active, format!("Its stage is {stage}; it must be Active.{reason}")),
    }
}

/// Whether a role trusts the services that need it.
pub(super) fn trust(role: &Role) -> Diagnostics {
    let missing = grant::missing_services(&role.assume_role_policy);
    if missing.is_empty() {
        return Diagnostics::new();
    }
    error(
        ROLE,
        format!("Role {} cannot be assumed by Aurora", role.name),
        format!(
            "Its trust policy must let both {} assume it (sts:AssumeRole); it does not let {}. RDS would refuse the \
             role with \"IAM role provided is not valid\".",
            grant::SERVICES.join(" and "),
            missing.join(" and ")
        ),
    )
}

/// Whether a role allows what Aurora does with it.
pub(super) fn permissions(name: &str, missing: &[&str]) -> Diagnostics {
    if missing.is_empty() {
        return Diagnostics::new();
    }
    error(
        ROLE,
        format!("Role {name} does not allow what Aurora needs"),
        format!(
            "These actions are not allowed by its policies: {}. Attach AWS's managed policy \
             service-role/AmazonRDSDirectoryServiceAccess, or allow them on the resource \"*\".",
            missing.join(", ")
        ),
    )
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
