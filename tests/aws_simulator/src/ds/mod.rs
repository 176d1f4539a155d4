//! Directory Service: directories, trusts, conditional forwarders, shares, data access, passwords, tags.

mod access;
mod create;
mod describe;
mod forwarder;
pub(crate) mod input;
pub(crate) mod share;
mod tags;
mod trust;
mod update;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clock::{Millis, Timeline};
use crate::error::{Answer, ApiError};
use crate::state::{Tags, World};
use input::Input;

/// An AWS Managed Microsoft AD.
#[derive(Debug, Clone)]
pub struct Directory {
    /// `d-…`.
    pub id: String,
    /// The domain's name.
    pub name: String,
    /// The NetBIOS name.
    pub short_name: String,
    /// What it was created with.
    pub description: Option<String>,
    /// `Standard` or `Enterprise`.
    pub edition: String,
    /// `IPv4`, `IPv6` or `Dual-stack`.
    pub network_type: String,
    /// The VPC's id.
    pub vpc: String,
    /// The subnets' ids, two.
    pub subnets: Vec<String>,
    /// The subnets' zones.
    pub zones: Vec<String>,
    /// The addresses of the first two domain controllers.
    pub dns: Vec<String>,
    /// The security group of the domain controllers.
    pub security_group: String,
    /// A DirectoryStage.
    pub stage: Timeline,
    /// Why the stage is what it is.
    pub stage_reason: Option<String>,
    /// When it was created.
    pub launched: Millis,
    /// How many answers of DescribeDirectories leave it out yet.
    pub hidden_reads: u32,
    /// When it is gone.
    pub gone_at: Option<Millis>,
    /// The alias of the access URL, once set.
    pub alias: Option<String>,
    /// Whether single sign-on is on.
    pub sso: bool,
    /// How many domain controllers it shall have.
    pub controllers: u64,
    /// How many it had before the last change, while that is under way.
    pub controllers_before: Option<(u64, Millis)>,
    /// A DataAccessStatus.
    pub data_access: Timeline,
    /// Addresses of DNS servers by remote domain.
    pub forwarders: BTreeMap<String, Vec<String>>,
    /// Upgrades of the edition: when each began and will end.
    pub upgrades: Vec<(Millis, Millis)>,
    /// Users whose password may be reset. `Admin` is always among them.
    pub users: Vec<String>,
    /// How often a password was reset, by user.
    pub password_resets: BTreeMap<String, u32>,
    /// Its tags.
    pub tags: Tags,
}

impl Directory {
    pub(crate) fn settle(&mut self, now: Millis) {
        self.stage.settle(now);
        self.data_access.settle(now);
        self.controllers_before = self.controllers_before.filter(|(_, until)| *until > now);
        // The only upgrade there is.
        if self.edition == "Standard" && self.upgrades.iter().any(|(_, end)| *end <= now) {
            "Enterprise".clone_into(&mut self.edition);
        }
    }

    /// Whether AWS lets it be worked with.
    pub(crate) fn is_usable(&self) -> bool {
        matches!(self.stage.word(), "Active" | "Impaired" | "Updating")
    }

    /// Puts it in another stage, as AWS would on an incident.
    pub fn set_stage(&mut self, stage: &str, reason: Option<&str>, now: Millis) {
        self.stage = Timeline::new(stage, now);
        self.stage_reason = reason.map(str::to_owned);
    }
}

/// A trust with another domain.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `t-…`.
    pub id: String,
    /// The directory's id.
    pub directory: String,
    /// The other domain.
    pub remote_domain: String,
    /// `Forest` or `External`.
    pub kind: String,
    /// `One-Way: Outgoing`, `One-Way: Incoming` or `Two-Way`.
    pub direction: String,
    /// `Enabled` or `Disabled`.
    pub selective_auth: String,
    /// A TrustState.
    pub state: Timeline,
    /// Why the state is what it is. Told only while the state is a failed one.
    pub reason: Option<String>,
    /// When it was created.
    pub created: Millis,
    /// When it was changed last.
    pub updated: Millis,
    /// When it is gone.
    pub gone_at: Option<Millis>,
}

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, body: &Value) -> Option<Answer<Value>> {
    let input = Input(body);
    Some(match operation {
        "CreateMicrosoftAD" => create::create(world, input),
        "DeleteDirectory" => create::delete(world, input),
        "DescribeDirectories" => describe::directories(world, input),
        "GetDirectoryLimits" => Ok(describe::limits(world)),
        "DescribeDomainControllers" => describe::controllers(world, input),
        "CreateAlias" => update::alias(world, input),
        "EnableSso" => update::sso(world, input, true),
        "DisableSso" => update::sso(world, input, false),
        "UpdateNumberOfDomainControllers" => update::controllers(world, input),
        "UpdateDirectorySetup" => update::setup(world, input),
        "DescribeUpdateDirectory" => update::describe(world, input),
        "EnableDirectoryDataAccess" => access::switch(world, input, true),
        "DisableDirectoryDataAccess" => access::switch(world, input, false),
        "DescribeDirectoryDataAccess" => access::describe(world, input),
        "ResetUserPassword" => access::reset_password(world, input),
        "AddTagsToResource" => tags::add(world, input),
        "RemoveTagsFromResource" => tags::remove(world, input),
        "ListTagsForResource" => tags::list(world, input),
        "CreateTrust" => trust::create(world, input),
        "DescribeTrusts" => trust::describe(world, input),
        "UpdateTrust" => trust::update(world, input),
        "DeleteTrust" => trust::delete(world, input),
        "VerifyTrust" => trust::verify(world, input),
        "CreateConditionalForwarder" => forwarder::create(world, input),
        "UpdateConditionalForwarder" => forwarder::update(world, input),
        "DeleteConditionalForwarder" => forwarder::delete(world, input),
        "DescribeConditionalForwarders" => forwarder::describe(world, input),
        "ShareDirectory" => share::share(world, input),
        "UnshareDirectory" => share::unshare(world, input),
        "AcceptSharedDirectory" => share::accept(world, input),
        "RejectSharedDirectory" => share::reject(world, input),
        "DescribeSharedDirectories" => share::describe(world, input),
        _ => return None,
    })
}

/// Finds a directory of the caller's, whatever its stage.
fn find<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Directory> {
    world.here().directories.get_mut(id).ok_or_else(|| no_directory(id))
}

/// Finds a directory of the caller's that can be worked with.
fn find_usable<'w>(world: &'w mut World<'_>, id: &str) -> Answer<&'w mut Directory> {
    let directory = find(world, id)?;
    if directory.is_usable() {
        return Ok(directory);
    }
    let stage = directory.stage.word();
    let message = format!("Directory {id} is not available: its stage is {stage}.");
    Err(ApiError::bad("DirectoryUnavailableException", message))
}

fn no_directory(id: &str) -> ApiError {
    ApiError::bad("EntityDoesNotExistException", format!("Directory {id} does not exist."))
}

/// The operations that came after 2022 have another name for it.
fn renamed(error: ApiError) -> ApiError {
    if error.code == "EntityDoesNotExistException" {
        return ApiError { code: "DirectoryDoesNotExistException".to_owned(), ..error };
    }
    error
}

/// A moment as JSON 1.1 writes it: seconds since the epoch, with a fraction.
fn seconds(at: Millis) -> Value {
    let millis = at.rem_euclid(1000);
    let text = format!("{}.{millis:03}", at.div_euclid(1000));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Whether a name can be a domain's.
fn is_domain(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.contains('.')
        && name.len() <= 255
        && name.split(['.', '-']).all(|label| {
            !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// One to four addresses of DNS servers.
fn check_addresses(addresses: &[&str]) -> Answer<()> {
    if addresses.is_empty() || addresses.len() > 4 {
        return Err(input::invalid("The number of DNS IP addresses must be between 1 and 4."));
    }
    match addresses.iter().find(|text| text.parse::<std::net::Ipv4Addr>().is_err()) {
        Some(wrong) => Err(input::constraint(
            wrong,
            "DnsIpAddrs",
            "Member must satisfy regular expression pattern of an IPv4 address",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: bool) {
        assert_eq!(is_domain(name), expect, "{name}");
    }

    #[test]
    fn domains_have_labels() {
        check("corp.example.com", true);
        check("on-prem.example.com.", true);
        check("corp", false);
        check("corp..com", false);
        check("co_rp.com", false);
    }

    #[test]
    fn moments_are_seconds_with_a_fraction() {
        assert_eq!(seconds(1_440_938_160_042).to_string(), "1440938160.042");
    }
}
