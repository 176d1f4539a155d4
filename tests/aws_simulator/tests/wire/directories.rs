//! Directories: their stages, their rules, what changes in place.

use serde_json::{Value, json};

use super::client::{Client, SUBNETS, directory_input, instant, second, stepwise};

/// The code of CreateMicrosoftAD with one member changed.
fn check(member: &str, value: &Value, expect: &str) {
    let simulator = instant();
    let mut input = directory_input("corp.example.com");
    input[member] = value.clone();
    let answer = Client::new(&simulator).ds("CreateMicrosoftAD", &input);
    assert_eq!(answer.code(), expect, "{}", answer.body);
    assert_eq!(simulator.leftovers().is_empty(), answer.status != 200);
}

fn network(vpc: &str, subnets: &[&str]) -> Value {
    json!({ "VpcId": vpc, "SubnetIds": subnets })
}

#[test]
fn wrong_input_is_refused_with_its_code() {
    check("Name", &json!("corp.example.com"), "");
    check("Name", &json!("corp"), "ValidationException");
    check("Name", &json!(null), "ValidationException");
    check("Password", &json!("MyAdmin-123"), "InvalidParameterException");
    check("Password", &json!("short-1"), "InvalidParameterException");
    check("Edition", &json!("Huge"), "ValidationException");
    check("ShortName", &json!("A:B"), "InvalidParameterException");
}

#[test]
fn subnets_must_be_two_of_the_vpc_in_two_zones() {
    let both = aws_simulator::SECOND_VPC;
    check("VpcSettings", &network(aws_simulator::VPC, &SUBNETS[..1]), "InvalidParameterException");
    check("VpcSettings", &network(both, &SUBNETS), "InvalidParameterException");
    check("VpcSettings", &network("vpc-0a1b2c3d", &SUBNETS), "ClientException");
    check(
        "VpcSettings",
        &network(aws_simulator::VPC, &[SUBNETS[0], SUBNETS[0]]),
        "InvalidParameterException",
    );
    check("VpcSettings", &network(aws_simulator::VPC, &["subnet-1", "subnet-2"]), "ValidationException");
}

#[test]
fn a_directory_passes_its_stages_and_leaves_nothing() {
    let simulator = stepwise();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let mut stages = Vec::new();
    for _ in 0..4 {
        let view = client.describe(&id);
        stages.push((view["Stage"].as_str().unwrap().to_owned(), view["DnsIpAddrs"].is_array()));
        second(&simulator);
    }
    let expect = [("Requested", false), ("Creating", false), ("Created", true), ("Active", true)];
    assert_eq!(stages, expect.map(|(stage, dns)| (stage.to_owned(), dns)));

    client.ds("DeleteDirectory", &json!({ "DirectoryId": id })).ok();
    assert_eq!(client.describe(&id)["Stage"], "Deleting");
    assert_eq!(simulator.leftovers().len(), 2, "the directory and its security group");
    second(&simulator);
    let gone = client.ds("DescribeDirectories", &json!({ "DirectoryIds": [id] }));
    let message = format!("Directory {id} does not exist.");
    assert_eq!(gone.error(), (400, "EntityDoesNotExistException".to_owned(), message));
    assert!(simulator.leftovers().is_empty());
}

#[test]
fn a_directory_can_be_ordered_to_fail() {
    let simulator = instant();
    simulator.with(|state| state.orders.directory_fails.add("corp.example.com", "no addresses left", 1));
    let client = Client::new(&simulator);
    let failed = client.describe(&client.directory("corp.example.com"));
    assert_eq!((&failed["Stage"], &failed["StageReason"]), (&json!("Failed"), &json!("no addresses left")));
    assert_eq!(client.describe(&client.directory("corp.example.com"))["Stage"], "Active");
}

#[test]
fn a_directory_can_be_ordered_to_be_in_use() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    simulator.with(|state| state.orders.directory_in_use.add("corp.example.com", "a file server", 1));
    let delete = || client.ds("DeleteDirectory", &json!({ "DirectoryId": id }));
    assert_eq!(delete().code(), "ClientException");
    delete().ok();
    assert!(simulator.leftovers().is_empty());
}

#[test]
fn a_directory_can_fall_ill() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    simulator.with(|state| {
        let now = state.clock.now();
        let here = state.region(aws_simulator::DEFAULT_ACCOUNT, "us-east-1");
        here.directories.get_mut(&id).unwrap().set_stage("Inoperable", Some("lost its controllers"), now);
    });
    let view = client.describe(&id);
    assert_eq!(
        (&view["Stage"], &view["StageReason"]),
        (&json!("Inoperable"), &json!("lost its controllers"))
    );
    let reset = json!({ "DirectoryId": id, "UserName": "Admin", "NewPassword": "An0ther-one" });
    assert_eq!(client.ds("ResetUserPassword", &reset).code(), "DirectoryUnavailableException");
}

#[test]
fn there_is_a_limit() {
    let simulator = instant();
    simulator.with(|state| state.options.directory_limit = 1);
    let client = Client::new(&simulator);
    client.directory("a.example.com");
    let answer = client.ds("CreateMicrosoftAD", &directory_input("b.example.com"));
    assert_eq!(answer.code(), "DirectoryLimitExceededException");
}

#[test]
fn pages_hold_what_the_caller_asked_for() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let mut ids: Vec<String> =
        ["a.example.com", "b.example.com", "c.example.com"].map(|n| client.directory(n)).into();
    ids.sort();
    let mut seen = Vec::new();
    let mut input = json!({ "Limit": 2 });
    loop {
        let page = client.ds("DescribeDirectories", &input).ok().json();
        let views = page["DirectoryDescriptions"].as_array().unwrap();
        seen.extend(views.iter().map(|view| view["DirectoryId"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else { break };
        input["NextToken"] = token.clone();
    }
    assert_eq!(seen, ids);
}

#[test]
fn what_can_change_in_place_changes() {
    let simulator = stepwise();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let with = |name: &str, value: Value| json!({ "DirectoryId": id, name: value });
    assert_eq!(
        client.ds("UpdateNumberOfDomainControllers", &with("DesiredNumber", json!(3))).code(),
        "DirectoryUnavailableException"
    );
    (0..3).for_each(|_| second(&simulator));

    client.ds("UpdateNumberOfDomainControllers", &with("DesiredNumber", json!(3))).ok();
    assert_eq!(client.describe(&id)["Stage"], "Updating");
    let controllers = || {
        let told = client.ds("DescribeDomainControllers", &json!({ "DirectoryId": id })).ok().json();
        let statuses = told["DomainControllers"].as_array().unwrap().iter();
        statuses.map(|controller| controller["Status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(controllers(), ["Active", "Active", "Creating"]);
    second(&simulator);
    assert_eq!(controllers(), ["Active"; 3]);
    client.ds("UpdateNumberOfDomainControllers", &with("DesiredNumber", json!(2))).ok();
    assert_eq!(controllers(), ["Active", "Active", "Deleting"]);
    second(&simulator);
    assert_eq!(controllers(), ["Active"; 2]);

    let size = |size: &str| json!({ "DirectoryId": id, "UpdateType": "SIZE", "DirectorySizeUpdateSettings": { "DirectorySize": size } });
    client.ds("UpdateDirectorySetup", &size("Large")).ok();
    let update = json!({ "DirectoryId": id, "UpdateType": "SIZE" });
    let status =
        || client.ds("DescribeUpdateDirectory", &update).ok().json()["UpdateActivities"][0]["Status"].clone();
    assert_eq!((status(), &client.describe(&id)["Edition"]), (json!("Updating"), &json!("Standard")));
    second(&simulator);
    assert_eq!((status(), &client.describe(&id)["Edition"]), (json!("Updated"), &json!("Enterprise")));
    assert_eq!(client.ds("UpdateDirectorySetup", &size("Large")).code(), "DirectoryInDesiredStateException");
    assert_eq!(client.ds("UpdateDirectorySetup", &size("Small")).code(), "UnsupportedOperationException");

    assert_eq!(client.ds("EnableSso", &json!({ "DirectoryId": id })).code(), "ClientException");
    client.ds("CreateAlias", &with("Alias", json!("corp-demo"))).ok();
    assert_eq!(client.ds("CreateAlias", &with("Alias", json!("other"))).code(), "InvalidParameterException");
    client.ds("EnableSso", &json!({ "DirectoryId": id })).ok();
    let view = client.describe(&id);
    assert_eq!((&view["AccessUrl"], &view["SsoEnabled"]), (&json!("corp-demo.awsapps.com"), &json!(true)));
}

#[test]
fn data_access_is_switched() {
    let simulator = stepwise();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    (0..3).for_each(|_| second(&simulator));
    let input = json!({ "DirectoryId": id });
    let status = || client.ds("DescribeDirectoryDataAccess", &input).ok().json()["DataAccessStatus"].clone();
    assert_eq!(status(), "Disabled");
    client.ds("EnableDirectoryDataAccess", &input).ok();
    assert_eq!(status(), "Enabling");
    second(&simulator);
    assert_eq!(status(), "Enabled");
    assert_eq!(client.ds("EnableDirectoryDataAccess", &input).code(), "DirectoryInDesiredStateException");
    client.ds("DisableDirectoryDataAccess", &input).ok();
    assert_eq!(status(), "Disabling");
    let unknown = client.ds("DescribeDirectoryDataAccess", &json!({ "DirectoryId": "d-0000000000" }));
    assert_eq!(unknown.code(), "DirectoryDoesNotExistException");
}

#[test]
fn passwords_are_reset_and_never_kept() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let reset = |user: &str, password: &str| {
        client
            .ds("ResetUserPassword", &json!({ "DirectoryId": id, "UserName": user, "NewPassword": password }))
            .code()
    };
    assert_eq!(reset("Admin", "An0ther-one"), "");
    assert_eq!(reset("Admin", "weak"), "InvalidPasswordException");
    assert_eq!(reset("bob", "An0ther-one"), "UserDoesNotExistException");
    let journal = simulator.journal();
    let call = &journal[1];
    assert_eq!(call.parameter("UserName"), Some("Admin"));
    assert_eq!(call.parameter("NewPassword"), Some(aws_simulator::GIVEN));
    let everything = format!("{journal:?} {}", client.control("GET", "state", &json!({})).body);
    assert!(!everything.contains("An0ther-one") && !everything.contains("S3cret-enough"));
    assert_eq!(simulator.here(|here| here.directories[&id].password_resets["Admin"]), 1);
}

#[test]
fn tags_come_and_go() {
    let simulator = instant();
    let client = Client::new(&simulator);
    let id = client.directory("corp.example.com");
    let tags = json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }]);
    client.ds("AddTagsToResource", &json!({ "ResourceId": id, "Tags": tags })).ok();
    client.ds("RemoveTagsFromResource", &json!({ "ResourceId": id, "TagKeys": ["a"] })).ok();
    let left = client.ds("ListTagsForResource", &json!({ "ResourceId": id })).ok().json();
    assert_eq!(left["Tags"], json!([{ "Key": "b", "Value": "2" }]));
}

#[test]
fn accounts_and_regions_do_not_see_each_other() {
    let simulator = instant();
    let client = Client::new(&simulator);
    client.directory("corp.example.com");
    let there = Client { region: "eu-west-1".to_owned(), ..client.clone() };
    let other = Client::of_account(&simulator, "444455556666");
    for stranger in [there, other] {
        let seen = stranger.ds("DescribeDirectories", &json!({})).ok().json();
        assert_eq!(seen["DirectoryDescriptions"], json!([]));
    }
}
