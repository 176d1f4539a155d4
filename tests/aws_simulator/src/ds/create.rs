//! CreateMicrosoftAD and DeleteDirectory.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::input::{Input, constraint, invalid};
use super::{Directory, find, is_domain, no_directory};
use crate::clock::Timeline;
use crate::ec2::{SecurityGroup, is_id};
use crate::error::{Answer, ApiError};
use crate::state::{Region, World};

pub(super) fn create(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let name = input.need("Name")?;
    let password = input.need("Password")?;
    let settings = input.inner("VpcSettings")?;
    let vpc = settings.need("VpcId")?;
    let subnets = settings.list("SubnetIds");
    let edition = input.word("Edition", &["Enterprise", "Standard", "Hybrid"])?.unwrap_or("Enterprise");
    let network = input.word("NetworkType", &["Dual-stack", "IPv4", "IPv6"])?.unwrap_or("IPv4");
    if !is_domain(name) || name.ends_with('.') {
        let rule = "Member must satisfy regular expression pattern: ^([a-zA-Z0-9]+[\\\\.-])+([a-zA-Z0-9])+$";
        return Err(constraint(name, "Name", rule));
    }
    check_password(password, "Admin")?;
    let default_short_name = || name.split('.').next().unwrap_or(name).to_uppercase();
    let short_name = input.str("ShortName").map_or_else(default_short_name, str::to_owned);
    let forbidden = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];
    if short_name.is_empty()
        || short_name.len() > 15
        || short_name.starts_with('.')
        || short_name.contains(forbidden)
    {
        return Err(invalid(format!("Invalid NetBIOS name: {short_name}.")));
    }
    let description = input.str("Description");
    if let Some(long) = description.filter(|text| text.len() > 128) {
        return Err(constraint(long, "Description", "Member must have length less than or equal to 128"));
    }
    let inner =
        |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "_@#%*+=:?./!\\-".contains(c);
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(wrong) = description.filter(|text| !text.starts_with(first) || !text.chars().all(inner)) {
        let pattern = "Member must satisfy regular expression pattern: ^([a-zA-Z0-9_])[\\\\a-zA-Z0-9_@#%*+=:?./!\\s-]*$";
        return Err(constraint(wrong, "Description", pattern));
    }
    let zones = check_network(world.here(), vpc, &subnets)?;

    let limit = world.state.options.directory_limit;
    let here = world.here();
    if here.directories.len() >= limit {
        let message = format!("Microsoft AD directory limit exceeded. The limit in this Region is {limit}.");
        return Err(ApiError::bad("DirectoryLimitExceededException", message));
    }
    let networks = subnets.iter().filter_map(|id| here.subnets.get(*id));
    let dns = networks.map(|subnet| address(&subnet.cidr, here.directories.len())).collect();
    let vpc_cidr = here.vpcs.get(vpc).map(|vpc| vpc.cidr.clone()).unwrap_or_default();

    let id = world.state.id("d-", 10);
    let security_group = world.state.id("sg-", 17);
    let (now, step) = (world.now, world.steps().directory_create);
    let failure = world.state.orders.directory_fails.take(name);
    let stage = Timeline::new("Requested", now).then(step, "Creating");
    let stage = match failure {
        Some(_) => stage.then(step, "Failed"),
        None => stage.then(step, "Created").then(step, "Active"),
    };
    let hidden_reads = world.state.options.directory_hidden_reads;
    let here = world.here();
    here.security_groups.insert(
        security_group.clone(),
        SecurityGroup {
            id: security_group.clone(),
            name: format!("{id}_controllers"),
            description: format!("AWS created security group for {id} directory controllers"),
            vpc: vpc.to_owned(),
            cidr: vpc_cidr,
            seeded: false,
        },
    );
    let directory = Directory {
        id: id.clone(),
        name: name.to_owned(),
        short_name,
        description: description.map(str::to_owned),
        edition: edition.to_owned(),
        network_type: network.to_owned(),
        vpc: vpc.to_owned(),
        subnets: subnets.iter().map(|id| (*id).to_owned()).collect(),
        zones,
        dns,
        security_group,
        stage,
        stage_reason: failure,
        launched: now,
        hidden_reads,
        gone_at: None,
        alias: None,
        sso: false,
        controllers: 2,
        controllers_before: None,
        data_access: Timeline::new("Disabled", now),
        forwarders: BTreeMap::new(),
        upgrades: Vec::new(),
        users: vec!["Admin".to_owned()],
        password_resets: BTreeMap::new(),
        tags: input.tags("Tags"),
    };
    here.directories.insert(id.clone(), directory);
    Ok(json!({ "DirectoryId": id }))
}

/// Two subnets of the VPC, in different zones (CreateMicrosoftAD, VpcSettings). Gives the zones.
fn check_network(region: &Region, vpc: &str, subnets: &[&str]) -> Answer<Vec<String>> {
    if !is_id(vpc, "vpc-") {
        let rule = "Member must satisfy regular expression pattern: ^(vpc-[0-9a-f]{8}|vpc-[0-9a-f]{17})$";
        return Err(constraint(vpc, "vpcSettings.vpcId", rule));
    }
    if let Some(wrong) = subnets.iter().find(|id| !is_id(id, "subnet-")) {
        let rule =
            "Member must satisfy regular expression pattern: ^(subnet-[0-9a-f]{8}|subnet-[0-9a-f]{17})$";
        return Err(constraint(wrong, "vpcSettings.subnetIds", rule));
    }
    let [first, second] = subnets else {
        return Err(invalid(
            "Invalid subnet ID(s). They must correspond to two subnets in different Availability Zones.",
        ));
    };
    if !region.vpcs.contains_key(vpc) {
        return Err(ApiError::bad("ClientException", format!("The vpc ID '{vpc}' does not exist")));
    }
    let mut zones = Vec::new();
    for id in [first, second] {
        match region.subnets.get(*id) {
            Some(subnet) if subnet.vpc == vpc => zones.push(subnet.zone.clone()),
            Some(_) => {
                return Err(invalid(format!("Invalid subnet ID(s): {id} does not belong to VPC {vpc}.")));
            }
            None => {
                return Err(invalid(format!("Invalid subnet ID(s): the subnet ID '{id}' does not exist.")));
            }
        }
    }
    if zones[0] == zones[1] {
        return Err(invalid(
            "Invalid subnet ID(s). They must correspond to two subnets in different Availability Zones.",
        ));
    }
    Ok(zones)
}

/// The rule for the password of a directory's administrator (CreateMicrosoftAD, Password; Aurora User Guide, step 1).
pub(super) fn check_password(password: &str, user: &str) -> Answer<()> {
    let length = password.chars().count();
    let classes = [
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric() && !c.is_whitespace()),
    ];
    let strong = classes.into_iter().filter(|has| *has).count() >= 3;
    let names_user = password.to_lowercase().contains(&user.to_lowercase());
    if (8..=64).contains(&length) && strong && !names_user {
        return Ok(());
    }
    Err(invalid("Invalid password. The password does not meet the complexity requirements."))
}

/// An address in a subnet for the n-th directory: the network's third octets stay, hosts count from 10.
fn address(cidr: &str, n: usize) -> String {
    let network = cidr.rsplit_once('.').map_or("10.0.0", |(network, _)| network);
    format!("{network}.{}", 10 + n % 240)
}

pub(super) fn delete(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    if world.state.shares.get(id).is_some_and(|share| share.target_account == world.caller.account) {
        return super::share::leave(world, id);
    }
    let name = find(world, id)?.name.clone();
    if is_in_use(world, id) || world.state.orders.directory_in_use.take(&name).is_some() {
        return Err(ApiError::bad(
            "ClientException",
            "Cannot delete the directory because it still has authorized applications.",
        ));
    }
    if world.state.shares.values().any(|share| share.owner_directory == id) {
        return Err(ApiError::bad(
            "ClientException",
            "Cannot delete the directory because it is shared with other accounts. Unshare it first.",
        ));
    }
    let (now, step) = (world.now, world.steps().directory_delete);
    let directory = world.here().directories.get_mut(id).ok_or_else(|| no_directory(id))?;
    if directory.gone_at.is_none() {
        directory.stage = Timeline::new("Deleting", now).then(step, "Deleted");
        directory.gone_at = Some(directory.stage.end());
    }
    Ok(json!({ "DirectoryId": id }))
}

/// Whether a cluster of any account is joined to the directory, itself or a share of it.
pub(super) fn is_in_use(world: &World<'_>, id: &str) -> bool {
    let shares = world.state.shares.values().filter(|share| share.owner_directory == id);
    let ids: Vec<&str> = shares.map(|share| share.id.as_str()).chain([id]).collect();
    world.state.regions.values().any(|region| {
        let clusters = region.clusters.values().filter_map(|cluster| cluster.join.as_ref());
        let members = region.instances.values().filter_map(|instance| instance.membership.as_ref());
        clusters
            .map(|join| &join.domain)
            .chain(members.map(|m| &m.domain))
            .any(|domain| ids.contains(&domain.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, expect: bool) {
        assert_eq!(check_password(password, "Admin").is_ok(), expect, "{password}");
    }

    #[test]
    fn passwords_follow_the_guide() {
        check("Passw0rds", true);
        check("passw0rd!", true);
        check("Passwords", false);
        check("Sh0rt!", false);
        check("MyAdMin123!", false);
        check(&"aB3".repeat(21), true);
        check(&"aB3".repeat(22), false);
    }
}
