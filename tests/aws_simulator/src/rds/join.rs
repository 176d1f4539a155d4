//! How a cluster joins a domain and leaves it.
//!
//! A join begins with ModifyDBCluster: every member waits for its reboot (`pending-enable-kerberos`), then joins
//! (`enabling-kerberos`) and ends `kerberos-enabled` or `enable-kerberos-failed`.

use crate::clock::{Millis, Steps, Timeline};
use crate::error::{Answer, ApiError};
use crate::iam::document::{allows, trusts_service};
use crate::rds::{Event, Instance};
use crate::state::World;

pub(crate) const PENDING: &str = "pending-enable-kerberos";
pub(crate) const PENDING_MAINTENANCE: &str = "pending-maintenance-enable-kerberos";
pub(crate) const ENABLING: &str = "enabling-kerberos";
pub(crate) const ENABLED: &str = "kerberos-enabled";
pub(crate) const FAILED: &str = "enable-kerberos-failed";
pub(crate) const PENDING_LEAVE: &str = "pending-disable-kerberos";
pub(crate) const PENDING_MAINTENANCE_LEAVE: &str = "pending-maintenance-disable-kerberos";
pub(crate) const LEAVING: &str = "disabling-kerberos";
/// The end of a membership: never told, the membership is dropped.
pub(crate) const GONE: &str = "";

/// The domain of a cluster.
#[derive(Debug, Clone)]
pub struct Join {
    /// The directory's id.
    pub domain: String,
    /// The domain's name.
    pub fqdn: String,
    /// The name of the role that RDS uses.
    pub role: String,
    /// What a cluster without members shows as its membership's status.
    pub status: Timeline,
}

/// An instance's membership of a domain.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The directory's id.
    pub domain: String,
    /// The domain's name.
    pub fqdn: String,
    /// The name of the role that RDS uses.
    pub role: String,
    /// Such as `kerberos-enabled`.
    pub status: Timeline,
}

impl Membership {
    pub(crate) fn new(join: &Join, status: Timeline) -> Self {
        Self { domain: join.domain.clone(), fqdn: join.fqdn.clone(), role: join.role.clone(), status }
    }

    /// Puts it in another status, as AWS would on an incident.
    pub fn set_status(&mut self, status: &str, now: Millis) {
        self.status = Timeline::new(status, now);
    }
}

/// How bad a status is, for the one that stands for all.
pub(crate) fn rank(status: &str) -> u8 {
    match status {
        FAILED | "failed" => 0,
        PENDING_MAINTENANCE | PENDING_MAINTENANCE_LEAVE => 1,
        PENDING | PENDING_LEAVE => 2,
        ENABLING | LEAVING => 3,
        ENABLED | "joined" => 5,
        _ => 4,
    }
}

/// Checks directory and role, and gives the domain's name.
pub(crate) fn check(world: &mut World<'_>, domain: &str, role: Option<&str>) -> Answer<String> {
    let fqdn = usable_directory(world, domain)?;
    let Some(role) = role.filter(|role| !role.is_empty()) else {
        let message = "The parameter DomainIAMRoleName must be provided together with the parameter Domain.";
        return Err(ApiError::bad("InvalidParameterCombination", message));
    };
    check_role(world, role)?;
    Ok(fqdn)
}

fn usable_directory(world: &mut World<'_>, id: &str) -> Answer<String> {
    let not_found =
        || ApiError::new(404, "DomainNotFoundFault", format!("The specified domain {id} was not found."));
    let not_active = |stage: &str| {
        let message = format!("The specified domain {id} is not available: its stage is {stage}.");
        ApiError::new(404, "DomainNotFoundFault", message)
    };
    if let Some(directory) = world.here().directories.get(id) {
        return match directory.stage.word() {
            "Active" | "Impaired" | "Updating" => Ok(directory.name.clone()),
            stage => Err(not_active(stage)),
        };
    }
    let (account, region) = (&world.caller.account, &world.caller.region);
    let share = world.state.shares.get(id);
    let share = share.filter(|share| share.target_account == *account && share.region == *region);
    let share = share.ok_or_else(not_found)?;
    if share.status.word() != "Shared" {
        return Err(not_active(share.status.word()));
    }
    let owner = world.state.regions.get(&(share.owner_account.clone(), share.region.clone()));
    let directory = owner.and_then(|region| region.directories.get(&share.owner_directory));
    directory.map(|directory| directory.name.clone()).ok_or_else(not_found)
}

/// The role as RDS needs it: both principals, and the four permissions (Aurora User Guide, step 3).
fn check_role(world: &mut World<'_>, name: &str) -> Answer<()> {
    let now = world.now;
    let suffix = world.caller.dns_suffix();
    let iam = world.iam();
    let invalid = || {
        let message =
            "IAM role provided is not valid, please check that the role exists and has the correct policies";
        ApiError::bad("InvalidParameterCombination", message)
    };
    let role = iam.roles.get_mut(name).ok_or_else(invalid)?;
    if !role.hidden_from_rds.read(now) {
        return Err(invalid());
    }
    // Service principals of the China regions are known by the suffix amazonaws.com too.
    for service in ["rds", "directoryservice.rds"] {
        let trusted = [suffix, "amazonaws.com"]
            .iter()
            .any(|suffix| trusts_service(&role.trust_policy, &format!("{service}.{suffix}")));
        if !trusted {
            return Err(invalid());
        }
    }
    let managed =
        role.attached.iter().filter_map(|arn| iam.policies.get(arn)).map(|policy| policy.document.as_str());
    let documents: Vec<&str> = managed.chain(role.inline.values().map(String::as_str)).collect();
    let actions = [
        "DescribeDirectories",
        "AuthorizeApplication",
        "UnauthorizeApplication",
        "GetAuthorizedApplicationDetails",
    ];
    let granted = actions.iter().all(|action| allows(documents.iter().copied(), &format!("ds:{action}")));
    if granted {
        return Ok(());
    }
    let message = "IAM role ARN value is invalid or does not include the required permissions";
    Err(ApiError::bad("InvalidParameterValue", message))
}

/// The way from a reboot's end, or from now, to the end of a join; `failure` says how it ends.
pub(crate) fn joining(
    from: Timeline,
    delay: std::time::Duration,
    steps: &Steps,
    failure: Option<&str>,
) -> Timeline {
    let end = if failure.is_some() { FAILED } else { ENABLED };
    from.then(delay, ENABLING).then(steps.join, end)
}

/// What RDS tells when a join ends.
pub(crate) fn ended(instance: &Instance, at: Millis, failure: Option<&str>) -> Event {
    match failure {
        Some(reason) => {
            instance.event(at, "failure", &format!("Failed to join a host to a domain. {reason}"))
        }
        None => instance.event(at, "notification", "The host joined the domain."),
    }
}

/// The way out of a domain.
pub(crate) fn leaving(from: Timeline, delay: std::time::Duration, steps: &Steps) -> Timeline {
    from.then(delay, LEAVING).then(steps.leave, GONE)
}
