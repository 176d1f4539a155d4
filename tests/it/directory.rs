//! `aurorakerberos_directory` against the simulator, over the real gRPC surface. Tests with a number in their name are the
//! open requests of that number at the AWS provider.

mod creation;
mod deletion;
mod drift;

use std::time::Duration;

use aws_simulator::{Fault, FaultKind, Service, Simulator, Steps, VPC};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, simulator, unknown};

const TYPE: &str = "aurorakerberos_directory";
pub(crate) const PASSWORD: &str = "Corr3ct-horse";
const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];

/// The smallest configuration with a write-only password.
pub(crate) fn config() -> Json {
    json!({
        "name": "corp.example.com",
        "edition": "Standard",
        "subnet_ids": SUBNETS,
        "admin_password_wo": PASSWORD,
        "admin_password_wo_version": 1,
    })
}

/// The smallest configuration with these arguments besides, null for those that are left out.
fn config_with(more: &Json) -> Json {
    let mut config = config();
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

async fn start() -> (Simulator, Object) {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    let directory = core.resource(TYPE);
    (simulator, directory)
}

/// A directory that exists.
async fn created(config: &Json) -> (Simulator, Object) {
    let (simulator, mut directory) = start().await;
    directory.apply(config).await.unwrap();
    (simulator, directory)
}

/// Longer than any test waits: a step of that length ends when the test says so.
const HOUR: Duration = Duration::from_hours(1);

/// Waits until that is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn id(directory: &Object) -> String {
    directory.state_json()["id"].as_str().unwrap().to_owned()
}

/// Nothing may be left that no state knows.
async fn end(simulator: &Simulator, mut directory: Object) {
    directory.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

async fn assert_settled(directory: &mut Object, config: &Json) {
    directory.refresh().await.unwrap();
    let plan = directory.plan(config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp, "{}", plan.planned);
}

/// Changes in place from one configuration to the other, and settles there.
async fn changed(directory: &mut Object, config: &Json) -> Json {
    directory.refresh().await.unwrap();
    let plan = directory.plan(config).await.unwrap();
    assert_eq!((plan.action, plan.replace.len()), (Action::Update, 0), "{}", plan.planned);
    directory.apply_plan(&plan, config).await.unwrap();
    assert_settled(directory, config).await;
    directory.state_json()
}

#[tokio::test]
async fn a_whole_life() {
    let (simulator, mut directory) = start().await;
    simulator.set_steps(Steps::all(Duration::from_millis(30)));
    let state = directory.apply(&config()).await.unwrap();
    let id = id(&directory);
    assert_eq!(state["arn"], format!("arn:aws:ds:us-east-1:111122223333:directory/{id}"));
    assert_eq!(state["access_url"], format!("{id}.awsapps.com"));
    assert_eq!(state["vpc_id"], VPC);
    assert_eq!(state["short_name"], "CORP");
    assert_eq!(state["stage"], "Active");
    assert_eq!(state["availability_zones"], json!(["us-east-1a", "us-east-1b"]));
    assert_eq!(state["dns_ip_addresses"].as_array().unwrap().len(), 2);
    assert!(state["security_group_id"].as_str().unwrap().starts_with("sg-"));
    assert!(state["launch_time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(state["owner_account_id"], "111122223333");
    assert_eq!((&state["enable_sso"], &state["enable_directory_data_access"]), (&json!(false), &Json::Null));
    assert_eq!((&state["alias"], &state["desired_number_of_domain_controllers"]), (&Json::Null, &json!(2)));
    let identity = json!({"id": id, "account_id": "111122223333", "region": "us-east-1"});
    assert_eq!(directory.identity_json(), identity);
    assert!(directory.warnings().is_empty(), "{}", directory.warnings());
    assert_settled(&mut directory, &config()).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn every_argument_at_creation() {
    let config = config_with(&json!({
        "short_name": "EXAMPLE", "description": "for tests", "vpc_id": VPC, "alias": "corp-tests", "enable_sso": true,
        "desired_number_of_domain_controllers": 3, "enable_directory_data_access": true, "tags": {"a": "1"},
        "edition": null, "timeouts": {"create": "5m"},
    }));
    let (simulator, mut directory) = start().await;
    simulator.set_steps(Steps::all(Duration::from_millis(30)));
    let plan = directory.plan(&config).await.unwrap();
    assert_eq!(plan.planned["edition"], "Enterprise");
    let state = directory.apply_plan(&plan, &config).await.unwrap();
    assert_eq!(state["access_url"], "corp-tests.awsapps.com");
    assert_eq!(state["tags_all"], json!({"a": "1"}));
    // The VPC was given, so that EC2 was asked for the check of the plan alone.
    assert_settled(&mut directory, &config).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn every_argument_in_place() {
    let (simulator, mut directory) = created(&config()).await;
    simulator.set_steps(Steps::all(Duration::from_millis(30)));
    let state =
        changed(&mut directory, &config_with(&json!({"desired_number_of_domain_controllers": 4}))).await;
    assert_eq!(state["desired_number_of_domain_controllers"], 4);
    // Left out again, it stays.
    assert_settled(&mut directory, &config()).await;
    let state = changed(&mut directory, &config_with(&json!({"alias": "corp-1", "enable_sso": true}))).await;
    assert_eq!(state["access_url"], "corp-1.awsapps.com");
    let mut config =
        config_with(&json!({"alias": "corp-1", "enable_sso": false, "enable_directory_data_access": true}));
    let state = changed(&mut directory, &config).await;
    assert_eq!((&state["enable_sso"], &state["enable_directory_data_access"]), (&json!(false), &json!(true)));
    config["enable_directory_data_access"] = Json::Null;
    changed(&mut directory, &config).await;
    let enabled =
        || simulator.here(|region| region.directories.values().next().unwrap().data_access.word().to_owned());
    assert_eq!(enabled(), "Disabled");
    config["enable_directory_data_access"] = json!(true);
    changed(&mut directory, &config).await;
    config["enable_directory_data_access"] = json!(false);
    changed(&mut directory, &config).await;
    assert_eq!(enabled(), "Disabled");
    config["tags"] = json!({"a": "1", "b": "2"});
    changed(&mut directory, &config).await;
    config["tags"] = json!({"b": "3"});
    let state = changed(&mut directory, &config).await;
    assert_eq!(state["tags_all"], json!({"b": "3"}));
    let tags = simulator.here(|region| region.directories.values().next().unwrap().tags.clone());
    assert_eq!(json!(tags), json!({"b": "3"}));
    config["tags"] = Json::Null;
    assert_eq!(changed(&mut directory, &config).await["tags_all"], json!({}));
    config["timeouts"] = json!({"delete": "30m"});
    changed(&mut directory, &config).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn default_tags_go_into_tags_all() {
    let simulator = simulator::start().await;
    let core = Core::on_with(&simulator, &json!({"default_tags": {"tags": {"team": "db"}}})).await;
    let mut directory = core.resource(TYPE);
    let config = config_with(&json!({"tags": {"a": "1"}}));
    let state = directory.apply(&config).await.unwrap();
    assert_eq!(state["tags_all"], json!({"a": "1", "team": "db"}));
    assert_settled(&mut directory, &config).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn arguments_that_replace() {
    let (simulator, directory) = created(&config_with(&json!({"alias": "corp-1"}))).await;
    let check = async |more: Json, expect: &[&str]| {
        let plan = directory.plan(&config_with(&more)).await.unwrap();
        let action = if expect.is_empty() { Action::NoOp } else { Action::Replace };
        assert_eq!(
            (plan.action, plan.replace.as_slice()),
            (action, expect.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>().as_slice())
        );
    };
    check(json!({"name": "other.example.com"}), &["name"]).await;
    check(json!({"short_name": "OTHER"}), &["short_name"]).await;
    check(json!({"description": "other"}), &["description"]).await;
    check(json!({"subnet_ids": [SUBNETS[0], "subnet-0a1b2c3d4e5f60003"]}), &["subnet_ids"]).await;
    check(json!({"alias": "corp-2"}), &["alias"]).await;
    // Another spelling, or what AWS chose by itself, is no change.
    check(json!({"name": "Corp.Example.Com", "alias": "corp-1"}), &[]).await;
    check(json!({"short_name": "corp", "vpc_id": VPC}), &[]).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_done() {
    let (simulator, directory) = start().await;
    let check = async |more: Json, path: &str| {
        let told = match directory.plan(&config_with(&more)).await {
            Ok(plan) => panic!("planned: {}", plan.planned),
            Err(told) => told,
        };
        assert_eq!(told.paths(), [path], "{told}");
    };
    check(json!({"name": "corp"}), "name").await;
    check(json!({"name": "corp.example.com."}), "name").await;
    check(json!({"short_name": "a/b"}), "short_name").await;
    check(json!({"edition": "Premium"}), "edition").await;
    check(json!({"subnet_ids": [SUBNETS[0]]}), "subnet_ids").await;
    check(json!({"subnet_ids": [SUBNETS[0], SUBNETS[1], "subnet-0a1b2c3d4e5f60003"]}), "subnet_ids").await;
    check(json!({"subnet_ids": [SUBNETS[0], "sub-1"]}), "subnet_ids").await;
    check(json!({"vpc_id": "vpc"}), "vpc_id").await;
    check(json!({"desired_number_of_domain_controllers": 1}), "desired_number_of_domain_controllers").await;
    check(json!({"alias": "d-corp"}), "alias").await;
    check(json!({"enable_sso": true}), "enable_sso").await;
    check(json!({"timeouts": {"create": "soon"}}), "timeouts.create").await;
    // Passwords: none, two, and one that does not obey the rule.
    check(json!({"admin_password_wo": null, "admin_password_wo_version": null}), "admin_password_wo").await;
    check(json!({"admin_password": PASSWORD}), "admin_password_wo").await;
    check(json!({"admin_password_wo_version": null}), "admin_password_wo").await;
    check(json!({"admin_password_wo": null}), "admin_password_wo_version").await;
    check(json!({"admin_password_wo": "Administrat0r"}), "admin_password_wo").await;
    assert_eq!(simulator.count("CreateMicrosoftAD"), 0);
    assert_eq!(simulator.leftovers(), [""; 0]);
}

#[tokio::test]
async fn a_weak_password_is_named_rule_by_rule_and_never_shown() {
    let (_simulator, directory) = start().await;
    let told = directory.validate(&config_with(&json!({"admin_password_wo": "adminx"}))).await;
    insta::assert_snapshot!(told, @r#"error at admin_password_wo: Invalid value for admin_password_wo — The password of the directory's user Admin must have from 8 to 64 characters, and has 6; it must have characters of at least three of four classes, and has no upper-case letters (A-Z), no digits (0-9), no other characters such as !@#$%; it must not contain the word "admin", in upper or lower case."#);
}

#[tokio::test]
async fn unknown_values_are_planned_around() {
    let (simulator, mut directory) = start().await;
    let mut open = config();
    open["subnet_ids"] = json!([unknown(), unknown()]);
    open["admin_password_wo"] = unknown();
    let plan = directory.plan(&open).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    directory.apply_plan(&plan, &config()).await.unwrap();
    open["subnet_ids"] = unknown();
    assert_eq!(directory.plan(&open).await.unwrap().action, Action::Replace);
    end(&simulator, directory).await;
}

#[tokio::test]
async fn issue_48242_the_write_only_password_is_stored_nowhere() {
    let (simulator, mut directory) = start().await;
    let plan = directory.plan(&config()).await.unwrap();
    assert!(!plan.planned.to_string().contains(PASSWORD));
    directory.apply_plan(&plan, &config()).await.unwrap();
    let next = config_with(&json!({"admin_password_wo": "An0ther-horse", "admin_password_wo_version": 2}));
    changed(&mut directory, &next).await;
    let stored = format!("{} {}", directory.state_json(), directory.private_text());
    assert!(!stored.contains(PASSWORD) && !stored.contains("An0ther"), "{stored}");
    let tags = simulator.here(|region| json!(region.directories.values().next().unwrap().tags));
    assert!(!tags.to_string().contains("orse"));
    end(&simulator, directory).await;
}

#[tokio::test]
async fn issue_16745_a_new_password_is_set_in_place() {
    let stored = |password: &str| {
        config_with(
            &json!({"admin_password_wo": null, "admin_password_wo_version": null, "admin_password": password}),
        )
    };
    let (simulator, mut directory) = created(&config()).await;
    let before = id(&directory);
    let next = config_with(&json!({"admin_password_wo": "An0ther-horse", "admin_password_wo_version": 2}));
    changed(&mut directory, &next).await;
    assert_eq!(simulator.count("ResetUserPassword"), 1);
    // The version alone counts: no other attribute says that the password changed.
    let same = config_with(&json!({"admin_password_wo_version": 2}));
    assert_settled(&mut directory, &same).await;
    changed(&mut directory, &stored("Y3t-another")).await;
    changed(&mut directory, &stored("Th3-fourth-one")).await;
    assert_eq!(simulator.count("ResetUserPassword"), 3);
    assert_settled(&mut directory, &stored("Th3-fourth-one")).await;
    // The same password, no longer stored, need not be set again.
    changed(&mut directory, &config_with(&json!({"admin_password_wo": "Th3-fourth-one"}))).await;
    assert_eq!(simulator.count("ResetUserPassword"), 3);
    assert_eq!(id(&directory), before);
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_password_that_could_not_be_set_is_set_by_the_next_apply() {
    let (simulator, mut directory) = created(&config()).await;
    simulator.fault(Fault::new(Service::Ds, "ResetUserPassword", FaultKind::AccessDenied).times(1));
    let next = config_with(&json!({"admin_password_wo": "An0ther-horse", "admin_password_wo_version": 2}));
    let told = directory.apply(&next).await.unwrap_err();
    assert_eq!(told.paths(), ["admin_password_wo"], "{told}");
    assert_eq!(directory.state_json()["admin_password_wo_version"], 1);
    changed(&mut directory, &next).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn issue_48366_the_edition_is_upgraded_in_place() {
    let (simulator, mut directory) = created(&config()).await;
    let before = id(&directory);
    simulator.set_steps(Steps::all(Duration::from_millis(60)));
    let next = config_with(&json!({"edition": "Enterprise"}));
    let plan = directory.plan(&next).await.unwrap();
    insta::assert_snapshot!(plan.diagnostics, @"warning at edition: The upgrade to Enterprise cannot be undone — The directory is upgraded in place. This takes four to five hours, and AWS has no way back to Standard.");
    changed(&mut directory, &next).await;
    assert_eq!(id(&directory), before);
    assert_eq!(simulator.count("UpdateDirectorySetup"), 1);
    let back = directory.plan(&config()).await.unwrap();
    assert_eq!((back.action, back.replace), (Action::Replace, vec!["edition".to_owned()]));
    end(&simulator, directory).await;
}

#[tokio::test]
async fn an_upgrade_that_outlasts_its_apply_is_gone_on_with() {
    let (simulator, mut directory) = created(&config()).await;
    simulator.set_steps(Steps { directory_update: HOUR, ..Steps::default() });
    let mut next = config_with(&json!({"edition": "Enterprise", "timeouts": {"update": "2s"}}));
    let told = directory.apply(&next).await.unwrap_err();
    assert!(told.to_string().contains("upgrade under way"), "{told}");
    assert!(!directory.is_tainted());
    next["timeouts"] = Json::Null;
    directory.refresh().await.unwrap();
    let before = simulator.count("DescribeUpdateDirectory");
    let running = directory.apply_in_background(&next);
    until(|| simulator.count("DescribeUpdateDirectory") > before + 3).await;
    simulator.advance(HOUR);
    let (mut directory, result) = running.await.unwrap();
    result.unwrap();
    assert_eq!(simulator.count("UpdateDirectorySetup"), 1);
    assert_settled(&mut directory, &next).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn subnets_are_checked_at_plan() {
    let (simulator, directory) = start().await;
    simulator.here(|region| {
        region.seed_vpc(
            "us-east-1",
            "vpc-0a1b2c3d4e5f60009",
            9,
            &[("subnet-0a1b2c3d4e5f60091", 'a'), ("subnet-0a1b2c3d4e5f60092", 'a')],
        );
    });
    let plan = async |more: Json| {
        directory.plan(&config_with(&more)).await.err().map(|told| told.to_string()).unwrap_or_default()
    };
    insta::assert_snapshot!(plan(json!({"subnet_ids": [SUBNETS[0], "subnet-0123456789abcdef0"]})).await, @"error at subnet_ids: Subnet subnet-0123456789abcdef0 does not exist — There is no subnet subnet-0123456789abcdef0 in the Region us-east-1 of this account.");
    insta::assert_snapshot!(plan(json!({"subnet_ids": ["subnet-0a1b2c3d4e5f60091", "subnet-0a1b2c3d4e5f60092"]})).await, @"error at subnet_ids: Subnets in one Availability Zone — Subnets subnet-0a1b2c3d4e5f60091 and subnet-0a1b2c3d4e5f60092 both lie in us-east-1a. The two domain controllers need subnets in different Availability Zones.");
    insta::assert_snapshot!(plan(json!({"subnet_ids": [SUBNETS[1], "subnet-0a1b2c3d4e5f60091"]})).await, @"error at subnet_ids: Subnets of two VPCs — Subnet subnet-0a1b2c3d4e5f60002 lies in vpc-0a1b2c3d4e5f60001, subnet subnet-0a1b2c3d4e5f60091 in vpc-0a1b2c3d4e5f60009. Both must be of one VPC.");
    insta::assert_snapshot!(plan(json!({"vpc_id": "vpc-0a1b2c3d4e5f60009"})).await, @r"
    error at subnet_ids: Subnet of another VPC — Subnet subnet-0a1b2c3d4e5f60001 lies in vpc-0a1b2c3d4e5f60001, not in vpc-0a1b2c3d4e5f60009. Choose subnets of the VPC, or leave vpc_id out.
    error at subnet_ids: Subnet of another VPC — Subnet subnet-0a1b2c3d4e5f60002 lies in vpc-0a1b2c3d4e5f60001, not in vpc-0a1b2c3d4e5f60009. Choose subnets of the VPC, or leave vpc_id out.
    ");
}

#[tokio::test]
async fn without_permission_for_ec2_the_check_is_a_warning() {
    let (simulator, mut directory) = start().await;
    simulator.fault(Fault::new(Service::Ec2, "DescribeSubnets", FaultKind::AccessDenied));
    let plan = directory.plan(&config()).await.unwrap();
    assert_eq!(plan.diagnostics.paths(), ["subnet_ids"], "{}", plan.diagnostics);
    assert!(plan.diagnostics.to_string().contains("ec2:DescribeSubnets"), "{}", plan.diagnostics);
    let told = directory.apply(&config()).await.unwrap_err();
    assert!(told.to_string().contains("set vpc_id to do without"), "{told}");
    assert_eq!(simulator.leftovers(), [""; 0]);
    directory.apply(&config_with(&json!({"vpc_id": VPC}))).await.unwrap();
    end(&simulator, directory).await;
}
