//! Conditional forwarders: which DNS servers know a remote domain.

use serde_json::{Value, json};

use super::input::{Input, constraint};
use super::{check_addresses, find, find_usable, is_domain};
use crate::error::{Answer, ApiError};
use crate::state::World;

/// The remote domain. The documentation lets it end in a dot; the service does not.
fn domain(input: Input<'_>) -> Answer<&str> {
    let name = input.need("RemoteDomainName")?;
    if !is_domain(name) || name.ends_with('.') {
        let rule =
            "Member must satisfy regular expression pattern: ^([a-zA-Z0-9]+[\\\\.-])+([a-zA-Z0-9])+[.]?$";
        return Err(constraint(name, "RemoteDomainName", rule));
    }
    Ok(name)
}

fn no_forwarder(name: &str) -> ApiError {
    let message = format!("Conditional forwarder for domain {name} does not exist.");
    ApiError::bad("EntityDoesNotExistException", message)
}

fn owned(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

pub(super) fn create(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let (name, addresses) = (domain(input)?, input.list("DnsIpAddrs"));
    check_addresses(&addresses)?;
    let directory = find_usable(world, input.need_id("DirectoryId", "d-")?)?;
    if directory.forwarders.contains_key(name) {
        let message = format!("Conditional forwarder for domain {name} already exists.");
        return Err(ApiError::bad("EntityAlreadyExistsException", message));
    }
    directory.forwarders.insert(name.to_owned(), owned(&addresses));
    Ok(json!({}))
}

pub(super) fn update(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let (name, addresses) = (domain(input)?, input.list("DnsIpAddrs"));
    check_addresses(&addresses)?;
    let directory = find_usable(world, input.need_id("DirectoryId", "d-")?)?;
    *directory.forwarders.get_mut(name).ok_or_else(|| no_forwarder(name))? = owned(&addresses);
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let name = domain(input)?;
    let directory = find_usable(world, input.need_id("DirectoryId", "d-")?)?;
    directory.forwarders.remove(name).ok_or_else(|| no_forwarder(name))?;
    Ok(json!({}))
}

pub(super) fn describe(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let wanted = input.list("RemoteDomainNames");
    let directory = find(world, input.need_id("DirectoryId", "d-")?)?;
    if let Some(missing) = wanted.iter().find(|name| !directory.forwarders.contains_key(**name)) {
        return Err(no_forwarder(missing));
    }
    let picked =
        directory.forwarders.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()));
    let views: Vec<Value> = picked
        .map(|(name, addresses)| {
            json!({ "RemoteDomainName": name, "DnsIpAddrs": addresses, "ReplicationScope": "Domain" })
        })
        .collect();
    Ok(json!({ "ConditionalForwarders": views }))
}
