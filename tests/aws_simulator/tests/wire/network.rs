//! EC2's descriptions.

use super::client::{Client, instant};

fn check(operation: &str, params: &[(&str, &str)], element: &str, expect: &[&str]) {
    let simulator = instant();
    let answer = Client::new(&simulator).query("ec2", operation, params);
    assert_eq!(answer.texts(element), expect, "{}", answer.body);
}

#[test]
fn subnets_are_found_by_id_and_filter() {
    check(
        "DescribeSubnets",
        &[("SubnetId.1", "subnet-0a1b2c3d4e5f60002")],
        "availabilityZone",
        &["us-east-1b"],
    );
    let filter = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", aws_simulator::SECOND_VPC)];
    check("DescribeSubnets", &filter, "subnetId", &["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"]);
}

#[test]
fn vpcs_and_groups_and_zones_are_told() {
    check("DescribeVpcs", &[], "vpcId", &[aws_simulator::VPC, aws_simulator::SECOND_VPC]);
    check("DescribeSecurityGroups", &[], "groupName", &["default", "default"]);
    check("DescribeAvailabilityZones", &[], "zoneName", &["us-east-1a", "us-east-1b", "us-east-1c"]);
}

#[test]
fn what_is_not_there_has_its_code() {
    check("DescribeSubnets", &[("SubnetId.1", "subnet-0a1b2c3d")], "Code", &["InvalidSubnetID.NotFound"]);
    check("DescribeSubnets", &[("SubnetId.1", "subnet-x")], "Code", &["InvalidSubnetID.Malformed"]);
    check(
        "DescribeVpcs",
        &[("VpcId.1", "vpc-0a1b2c3d")],
        "Message",
        &["The vpc ID 'vpc-0a1b2c3d' does not exist"],
    );
    let two = [("SubnetId.1", "subnet-0a1b2c3d"), ("SubnetId.2", "subnet-0a1b2c3e")];
    check(
        "DescribeSubnets",
        &two,
        "Message",
        &["The subnet IDs 'subnet-0a1b2c3d, subnet-0a1b2c3e' do not exist"],
    );
    check("DescribeSecurityGroups", &[("GroupId.1", "sg-0a1b2c3d")], "Code", &["InvalidGroup.NotFound"]);
    check(
        "DescribeVpcs",
        &[("Filter.1.Name", "x"), ("Filter.1.Value.1", "y")],
        "Code",
        &["InvalidParameterValue"],
    );
}

#[test]
fn pages_chain() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let first = client.query("ec2", "DescribeSubnets", &[("MaxResults", "3")]).ok();
    assert_eq!(first.texts("subnetId").len(), 3);
    let next = [("MaxResults", "3"), ("NextToken", &first.text("nextToken"))];
    let second = client.query("ec2", "DescribeSubnets", &next).ok();
    assert_eq!((second.texts("subnetId").len(), second.text("nextToken").as_str()), (2, ""));
}
