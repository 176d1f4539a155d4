//! DescribeDirectories, DescribeDomainControllers, GetDirectoryLimits.

use serde_json::{Map, Value, json};

use super::input::{Input, check_id, page};
use super::share::Share;
use super::{Directory, find, no_directory, seconds};
use crate::clock::Millis;
use crate::error::Answer;
use crate::state::World;

pub(super) fn directories(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let wanted = input.list("DirectoryIds");
    for id in &wanted {
        check_id(id, "DirectoryIds", "d-")?;
    }
    let size = world.state.options.page_size;
    let mut hidden = Vec::new();
    for directory in world.here().directories.values_mut().filter(|directory| directory.hidden_reads > 0) {
        directory.hidden_reads -= 1;
        hidden.push(directory.id.clone());
    }
    let skew = world.state.clock.skew;
    let (account, region) = (&world.caller.account, &world.caller.region);
    let state = &*world.state;
    let own = state.regions.get(&(account.clone(), region.clone()));
    let own = own.into_iter().flat_map(|region| region.directories.values());
    let mut all: Vec<(String, Value)> = own
        .filter(|directory| !hidden.contains(&directory.id))
        .map(|directory| (directory.id.clone(), own_view(directory, region, skew)))
        .collect();
    for share in
        state.shares.values().filter(|share| share.target_account == *account && share.region == *region)
    {
        let owner = state.regions.get(&(share.owner_account.clone(), share.region.clone()));
        if let Some(directory) = owner.and_then(|region| region.directories.get(&share.owner_directory)) {
            all.push((share.id.clone(), shared_view(share, directory)));
        }
    }
    if let Some(missing) = wanted.iter().find(|id| !all.iter().any(|(known, _)| known == *id)) {
        return Err(no_directory(missing));
    }
    all.retain(|(id, _)| wanted.is_empty() || wanted.contains(&id.as_str()));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let views: Vec<Value> = all.into_iter().map(|(_, view)| view).collect();
    let (views, next) = page(views, input, size)?;
    let mut answer = json!({ "DirectoryDescriptions": views });
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}

/// Whether the domain controllers are far enough to have addresses.
fn has_network(directory: &Directory) -> bool {
    !matches!(directory.stage.word(), "Requested" | "Creating" | "Failed")
}

/// AWS tells times by its own clock.
fn own_view(directory: &Directory, region: &str, skew: Millis) -> Value {
    let mut view = Map::new();
    let mut put = |name: &str, value: Value| view.insert(name.to_owned(), value);
    put("DirectoryId", directory.id.as_str().into());
    put("Name", directory.name.as_str().into());
    put("ShortName", directory.short_name.as_str().into());
    put("Type", "MicrosoftAD".into());
    put("Edition", directory.edition.as_str().into());
    put("Size", if directory.edition == "Standard" { "Small" } else { "Large" }.into());
    let alias = directory.alias.as_ref().unwrap_or(&directory.id);
    put("Alias", alias.as_str().into());
    put("AccessUrl", format!("{alias}.awsapps.com").into());
    if let Some(description) = &directory.description {
        put("Description", description.as_str().into());
    }
    put("Stage", directory.stage.word().into());
    let failing = matches!(directory.stage.word(), "Failed" | "Impaired" | "Inoperable" | "RestoreFailed");
    if let Some(reason) = directory.stage_reason.as_ref().filter(|_| failing) {
        put("StageReason", reason.as_str().into());
    }
    put("LaunchTime", seconds(directory.launched + skew));
    put("StageLastUpdatedDateTime", seconds(directory.stage.since()));
    let mut settings = json!({ "VpcId": directory.vpc, "SubnetIds": directory.subnets });
    if has_network(directory) {
        put("DnsIpAddrs", directory.dns.clone().into());
        settings["SecurityGroupId"] = directory.security_group.as_str().into();
        settings["AvailabilityZones"] = directory.zones.clone().into();
    }
    put("VpcSettings", settings);
    put("SsoEnabled", directory.sso.into());
    put("DesiredNumberOfDomainControllers", directory.controllers.into());
    put("OsVersion", "SERVER_2019".into());
    put("RegionsInfo", json!({ "PrimaryRegion": region, "AdditionalRegions": [] }));
    put("NetworkType", directory.network_type.as_str().into());
    Value::Object(view)
}

fn shared_view(share: &Share, owner: &Directory) -> Value {
    let mut view = json!({
        "DirectoryId": share.id,
        "Name": owner.name,
        "ShortName": owner.short_name,
        "Type": "SharedMicrosoftAD",
        "Edition": owner.edition,
        "Alias": share.id,
        "AccessUrl": format!("{}.awsapps.com", share.id),
        "Stage": owner.stage.word(),
        "ShareStatus": share.status.word(),
        "ShareMethod": share.method,
        "LaunchTime": seconds(share.created),
        "StageLastUpdatedDateTime": seconds(share.status.since()),
        "SsoEnabled": false,
        "DesiredNumberOfDomainControllers": 0,
        "DnsIpAddrs": owner.dns,
        "OwnerDirectoryDescription": {
            "DirectoryId": owner.id,
            "AccountId": share.owner_account,
            "DnsIpAddrs": owner.dns,
            "VpcSettings": {
                "VpcId": owner.vpc,
                "SubnetIds": owner.subnets,
                "SecurityGroupId": owner.security_group,
                "AvailabilityZones": owner.zones,
            },
        },
    });
    if let Some(notes) = &share.notes {
        view["ShareNotes"] = notes.as_str().into();
    }
    view
}

pub(super) fn controllers(world: &mut World<'_>, input: Input<'_>) -> Answer<Value> {
    let id = input.need_id("DirectoryId", "d-")?;
    let wanted = input.list("DomainControllerIds");
    let size = world.state.options.page_size;
    let directory = find(world, id)?;
    let wanted_count = usize::try_from(directory.controllers).unwrap_or(usize::MAX);
    let before = directory.controllers_before.map_or(directory.controllers, |(before, _)| before);
    let before = usize::try_from(before).unwrap_or(usize::MAX);
    let status = match directory.stage.word() {
        "Requested" | "Creating" | "Created" => "Creating",
        "Active" | "Updating" => "Active",
        "Deleting" | "Deleted" => "Deleting",
        _ => "Impaired",
    };
    let view = |n: usize| {
        let place = n % directory.subnets.len().max(1);
        let address = directory.dns.get(place).map(String::as_str).unwrap_or_default();
        let (network, host) = address.rsplit_once('.').unwrap_or((address, "10"));
        let host = host.parse::<usize>().unwrap_or(10) + n / 2;
        json!({
            "DirectoryId": directory.id,
            "DomainControllerId": format!("dc-{:010x}", fastrand::Rng::with_seed(n as u64 ^ hash(&directory.id)).u64(..1 << 40)),
            "DnsIpAddr": format!("{network}.{host}"),
            "VpcId": directory.vpc,
            "SubnetId": directory.subnets.get(place),
            "AvailabilityZone": directory.zones.get(place),
            "Status": match n {
                n if n >= before => "Creating",
                n if n >= wanted_count => "Deleting",
                _ => status,
            },
            "LaunchTime": seconds(directory.launched),
            "StatusLastUpdatedDateTime": seconds(directory.stage.since()),
        })
    };
    let mut views: Vec<Value> = (0..wanted_count.max(before)).map(view).collect();
    views.retain(|v| {
        wanted.is_empty() || v["DomainControllerId"].as_str().is_some_and(|id| wanted.contains(&id))
    });
    let (views, next) = page(views, input, size)?;
    let mut answer = json!({ "DomainControllers": views });
    if let Some(token) = next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(17, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

pub(super) fn limits(world: &mut World<'_>) -> Value {
    let limit = world.state.options.directory_limit;
    let count = world.here().directories.len();
    json!({ "DirectoryLimits": {
        "CloudOnlyDirectoriesLimit": 10,
        "CloudOnlyDirectoriesCurrentCount": 0,
        "CloudOnlyDirectoriesLimitReached": false,
        "CloudOnlyMicrosoftADLimit": limit,
        "CloudOnlyMicrosoftADCurrentCount": count,
        "CloudOnlyMicrosoftADLimitReached": count >= limit,
        "ConnectedDirectoriesLimit": 10,
        "ConnectedDirectoriesCurrentCount": 0,
        "ConnectedDirectoriesLimitReached": false,
    } })
}
