//! EC2: the descriptions of subnets, VPCs, security groups and zones.

use crate::error::{Answer, ApiError};
use crate::query::Params;
use crate::state::{Caller, Tags, World};
use crate::xml::Xml;

/// A VPC.
#[derive(Debug, Clone)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Its addresses.
    pub cidr: String,
    /// Its tags.
    pub tags: Tags,
}

/// A subnet.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// The id of its VPC.
    pub vpc: String,
    /// Its addresses.
    pub cidr: String,
    /// Such as `us-east-1a`.
    pub zone: String,
    /// Its tags.
    pub tags: Tags,
}

/// A security group. Its rules are those of a new one: everything from `cidr` in, everything out.
#[derive(Debug, Clone)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The id of its VPC.
    pub vpc: String,
    /// From where traffic is let in.
    pub cidr: String,
    /// Whether it was there at the start.
    pub seeded: bool,
}

/// Answers an operation; `None` when there is none of that name.
pub(crate) fn call(world: &mut World<'_>, operation: &str, params: &Params) -> Option<Answer<Xml>> {
    Some(match operation {
        "DescribeSubnets" => subnets(world, params),
        "DescribeVpcs" => vpcs(world, params),
        "DescribeSecurityGroups" => security_groups(world, params),
        "DescribeAvailabilityZones" => zones(world, params),
        _ => return None,
    })
}

/// `subnet-` or the like, and 8 or 17 hexadecimal digits.
pub(crate) fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// The kinds of ids in EC2's errors.
struct Kind {
    code: &'static str,
    noun: &'static str,
    prefix: &'static str,
}

/// Picks the objects with the wanted ids that pass the filters, in the order of their ids, as a page.
fn select<'a, T>(
    all: impl Iterator<Item = (&'a String, &'a T)>,
    kind: &Kind,
    params: &Params,
    ids: &[&str],
    property: impl Fn(&T, &str) -> Option<Vec<String>>,
) -> Answer<(Vec<&'a T>, Option<String>)> {
    for id in ids {
        if !is_id(id, kind.prefix) {
            let message = format!("Invalid id: \"{id}\" (expecting \"{}...\")", kind.prefix);
            return Err(ApiError::bad(&format!("{}.Malformed", kind.code), message));
        }
    }
    let filters = params.filters("Filter", "Value");
    let all: Vec<(&String, &T)> = all.collect();
    let missing: Vec<&str> =
        ids.iter().filter(|id| !all.iter().any(|(key, _)| key == *id)).copied().collect();
    if !missing.is_empty() {
        return Err(not_found(kind, &missing));
    }
    let mut picked = Vec::new();
    for (id, object) in all {
        let mut fits = ids.is_empty() || ids.contains(&id.as_str());
        for (name, values) in &filters {
            let found = property(object, name).ok_or_else(|| {
                ApiError::bad("InvalidParameterValue", format!("The filter '{name}' is invalid"))
            })?;
            fits &= values.iter().any(|value| found.iter().any(|text| matches_wildcard(value, text)));
        }
        if fits {
            picked.push(object);
        }
    }
    page(picked, params)
}

/// One id is told apart from several.
fn not_found(kind: &Kind, missing: &[&str]) -> ApiError {
    let (noun, ids) = (kind.noun, missing.join(", "));
    let message = match (noun, missing.len()) {
        // The messages of this code have no "ID".
        ("security group", 1) => format!("The security group '{ids}' does not exist"),
        ("security group", _) => format!("The security groups '{ids}' do not exist"),
        (_, 1) => format!("The {noun} ID '{ids}' does not exist"),
        _ => format!("The {noun} IDs '{ids}' do not exist"),
    };
    ApiError::bad(&format!("{}.NotFound", kind.code), message)
}

fn page<'a, T>(all: Vec<&'a T>, params: &Params) -> Answer<(Vec<&'a T>, Option<String>)> {
    let start = match params.get("NextToken") {
        Some(token) => token
            .parse()
            .map_err(|_| ApiError::bad("InvalidParameterValue", "Invalid value for nextToken".to_owned()))?,
        None => 0,
    };
    let size = params.get("MaxResults").and_then(|size| size.parse().ok()).unwrap_or(1000);
    let total = all.len();
    let page: Vec<&T> = all.into_iter().skip(start).take(size).collect();
    let next = start + page.len();
    Ok((page, (next < total).then(|| next.to_string())))
}

/// `*` stands for any characters, `?` for one.
pub(crate) fn matches_wildcard(pattern: &str, text: &str) -> bool {
    fn go(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => go(&pattern[1..], text) || (!text.is_empty() && go(pattern, &text[1..])),
            (Some(b'?'), Some(_)) => go(&pattern[1..], &text[1..]),
            (Some(p), Some(t)) if p == t => go(&pattern[1..], &text[1..]),
            _ => false,
        }
    }
    go(pattern.as_bytes(), text.as_bytes())
}

fn tag_property(tags: &Tags, name: &str) -> Option<Vec<String>> {
    if name == "tag-key" {
        return Some(tags.keys().cloned().collect());
    }
    let key = name.strip_prefix("tag:")?;
    Some(tags.get(key).cloned().into_iter().collect())
}

fn tag_set(xml: &mut Xml, tags: &Tags) {
    xml.list("tagSet", "item", tags, |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
}

/// Such as `use1-az1` for `us-east-1a`.
fn zone_id(zone: &str) -> String {
    let mut parts: Vec<&str> = zone.split('-').collect();
    let last = parts.pop().unwrap_or_default();
    let first = if parts.is_empty() { "" } else { parts.remove(0) };
    let middle: String = parts.iter().filter_map(|part| part.chars().next()).collect();
    let number: String = last.chars().filter(char::is_ascii_digit).collect();
    let letter = last.bytes().last().unwrap_or(b'a');
    format!("{first}{middle}{number}-az{}", letter.saturating_sub(b'a') + 1)
}

fn subnets(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let Caller { account, region, .. } = world.caller;
    let partition = world.caller.partition();
    let kind = Kind { code: "InvalidSubnetID", noun: "subnet", prefix: "subnet-" };
    let property = |subnet: &Subnet, name: &str| {
        Some(vec![match name {
            "subnet-id" => subnet.id.clone(),
            "vpc-id" => subnet.vpc.clone(),
            "availability-zone" | "availabilityZone" => subnet.zone.clone(),
            "availability-zone-id" => zone_id(&subnet.zone),
            "cidr-block" | "cidr" => subnet.cidr.clone(),
            "state" => "available".to_owned(),
            "owner-id" => account.clone(),
            "default-for-az" => "false".to_owned(),
            _ => return tag_property(&subnet.tags, name),
        }])
    };
    let here = world.here();
    let (picked, next) = select(here.subnets.iter(), &kind, params, &params.list("SubnetId"), property)?;
    let mut xml = Xml::new();
    xml.list("subnetSet", "item", picked, |xml, subnet| {
        xml.text("subnetId", &subnet.id)
            .text("subnetArn", &format!("arn:{partition}:ec2:{region}:{account}:subnet/{}", subnet.id))
            .text("state", "available")
            .text("vpcId", &subnet.vpc)
            .text("ownerId", account)
            .text("cidrBlock", &subnet.cidr)
            .text("availableIpAddressCount", "251")
            .text("availabilityZone", &subnet.zone)
            .text("availabilityZoneId", &zone_id(&subnet.zone))
            .text("defaultForAz", "false")
            .text("mapPublicIpOnLaunch", "false");
        tag_set(xml, &subnet.tags);
    });
    xml.optional("nextToken", next.as_deref());
    Ok(xml)
}

fn vpcs(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let account = &world.caller.account;
    let kind = Kind { code: "InvalidVpcID", noun: "vpc", prefix: "vpc-" };
    let property = |vpc: &Vpc, name: &str| {
        Some(vec![match name {
            "vpc-id" => vpc.id.clone(),
            "cidr" | "cidr-block-association.cidr-block" => vpc.cidr.clone(),
            "state" => "available".to_owned(),
            "owner-id" => account.clone(),
            "is-default" | "isDefault" => "false".to_owned(),
            _ => return tag_property(&vpc.tags, name),
        }])
    };
    let here = world.here();
    let (picked, next) = select(here.vpcs.iter(), &kind, params, &params.list("VpcId"), property)?;
    let mut xml = Xml::new();
    xml.list("vpcSet", "item", picked, |xml, vpc| {
        xml.text("vpcId", &vpc.id)
            .text("ownerId", account)
            .text("state", "available")
            .text("cidrBlock", &vpc.cidr)
            .text("instanceTenancy", "default")
            .text("isDefault", "false");
        tag_set(xml, &vpc.tags);
    });
    xml.optional("nextToken", next.as_deref());
    Ok(xml)
}

fn security_groups(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let account = &world.caller.account;
    let kind = Kind { code: "InvalidGroup", noun: "security group", prefix: "sg-" };
    let property = |group: &SecurityGroup, name: &str| {
        Some(vec![match name {
            "group-id" => group.id.clone(),
            "group-name" => group.name.clone(),
            "vpc-id" => group.vpc.clone(),
            "description" => group.description.clone(),
            "owner-id" => account.clone(),
            _ => return tag_property(&Tags::new(), name),
        }])
    };
    let here = world.here();
    let (picked, next) =
        select(here.security_groups.iter(), &kind, params, &params.list("GroupId"), property)?;
    let mut xml = Xml::new();
    xml.list("securityGroupInfo", "item", picked, |xml, group| {
        xml.text("ownerId", account)
            .text("groupId", &group.id)
            .text("groupName", &group.name)
            .text("groupDescription", &group.description)
            .text("vpcId", &group.vpc);
        for (name, cidr) in [("ipPermissions", group.cidr.as_str()), ("ipPermissionsEgress", "0.0.0.0/0")] {
            xml.list(name, "item", [cidr], |xml, cidr| {
                xml.text("ipProtocol", "-1").list("ipRanges", "item", [cidr], |xml, cidr| {
                    xml.text("cidrIp", cidr);
                });
            });
        }
        tag_set(xml, &Tags::new());
    });
    xml.optional("nextToken", next.as_deref());
    Ok(xml)
}

fn zones(world: &mut World<'_>, params: &Params) -> Answer<Xml> {
    let region = world.caller.region.clone();
    let mut names: Vec<String> = ['a', 'b', 'c'].map(|letter| format!("{region}{letter}")).into();
    names.extend(world.here().subnets.values().map(|subnet| subnet.zone.clone()));
    names.sort();
    names.dedup();
    let (wanted, wanted_ids) = (params.list("ZoneName"), params.list("ZoneId"));
    if let Some(unknown) = wanted.iter().find(|name| !names.iter().any(|known| known == *name)) {
        let message = format!("Invalid availability zone: [{unknown}]");
        return Err(ApiError::bad("InvalidParameterValue", message));
    }
    let filters = params.filters("Filter", "Value");
    names.retain(|name| {
        let id = zone_id(name);
        let by_filters = filters.iter().all(|(filter, values)| {
            let found = match *filter {
                "zone-name" => name,
                "zone-id" => &id,
                "region-name" => &region,
                "state" => "available",
                "opt-in-status" => "opt-in-not-required",
                "zone-type" => "availability-zone",
                _ => return false,
            };
            values.iter().any(|value| matches_wildcard(value, found))
        });
        by_filters
            && (wanted.is_empty() || wanted.contains(&name.as_str()))
            && (wanted_ids.is_empty() || wanted_ids.contains(&id.as_str()))
    });
    let mut xml = Xml::new();
    xml.list("availabilityZoneInfo", "item", names, |xml, name| {
        xml.text("optInStatus", "opt-in-not-required")
            .text("regionName", &region)
            .text("zoneName", &name)
            .text("zoneId", &zone_id(&name))
            .text("groupName", &region)
            .text("networkBorderGroup", &region)
            .text("zoneType", "availability-zone")
            .text("zoneState", "available");
    });
    Ok(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expect: bool) {
        assert_eq!(matches_wildcard(pattern, text), expect, "{pattern} on {text}");
    }

    #[test]
    fn wildcards_match_as_in_filters_and_policies() {
        check("ds:*", "ds:DescribeDirectories", true);
        check("ds:Describe*s", "ds:DescribeDirectories", true);
        check("subnet-?", "subnet-12", false);
        check("*", "", true);
        check("a", "b", false);
    }

    #[test]
    fn ids_have_eight_or_seventeen_digits() {
        assert!(is_id("subnet-0a1b2c3d4e5f60001", "subnet-"));
        assert!(!is_id("subnet-0a1b2c3d4e5f6000g", "subnet-"));
        assert!(!is_id("subnet-1", "subnet-"));
    }

    #[test]
    fn zone_ids_are_short() {
        assert_eq!(zone_id("us-east-1a"), "use1-az1");
    }
}
