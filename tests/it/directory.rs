//! `aurorakerberos_directory` against the simulator, over the real gRPC surface. Tests with a number in their name are the
//! open requests of that number at the AWS provider.

use std::time::Duration;

use aws_simulator::{
    Boundary, Fault, FaultKind, Membership, Service, Share, Simulator, Steps, Timeline, VPC, wall_clock,
};
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
async fn issue_27082_an_import_replaces_nothing_and_resets_nothing() {
    let stored =
        json!({"admin_password_wo": null, "admin_password_wo_version": null, "admin_password": PASSWORD});
    let (simulator, mut first) =
        created(&config_with(&json!({"tags": {"a": "1"}, "description": "x"}))).await;
    for password in [json!({}), stored] {
        let mut more = json!({"tags": {"a": "1"}});
        more.as_object_mut().unwrap().extend(password.as_object().unwrap().clone());
        let config = config_with(&more);
        let mut directory = Core::on(&simulator).await.resource(TYPE);
        directory.import_id(&id(&first)).await.unwrap();
        // Without any password in the configuration there is nothing to do at all.
        let bare = config_with(
            &json!({"tags": {"a": "1"}, "admin_password_wo": null, "admin_password_wo_version": null}),
        );
        assert_eq!(directory.plan(&bare).await.unwrap().action, Action::NoOp);
        let plan = directory.plan(&config).await.unwrap();
        assert_eq!((plan.action, plan.replace.len()), (Action::Update, 0));
        assert!(plan.diagnostics.to_string().contains("is not reset"), "{}", plan.diagnostics);
        directory.apply_plan(&plan, &config).await.unwrap();
        assert_eq!(simulator.count("ResetUserPassword"), 0);
        assert_settled(&mut directory, &config).await;
    }
    // From then on a new version is a new password.
    let mut directory = Core::on(&simulator).await.resource(TYPE);
    let identity = json!({"id": id(&first)});
    directory.import_identity(&identity).await.unwrap();
    assert_eq!(directory.identity_json()["region"], "us-east-1");
    directory.apply(&config_with(&json!({"tags": {"a": "1"}}))).await.unwrap();
    changed(&mut directory, &config_with(&json!({"tags": {"a": "1"}, "admin_password_wo_version": 2}))).await;
    assert_eq!(simulator.count("ResetUserPassword"), 1);
    first.refresh().await.unwrap();
    end(&simulator, first).await;
}

#[tokio::test]
async fn imports_that_cannot_be() {
    let (_simulator, mut directory) = start().await;
    let told = directory.import_id("corp.example.com").await.unwrap_err();
    insta::assert_snapshot!(told, @r#"error: Failed to import aurorakerberos_directory — The import id is the id of the directory, of the form d-1234567890: "d-" and ten of the digits 0-9 and a-f."#);
    let told = directory.import_identity(&json!({"id": "d-1"})).await.unwrap_err();
    assert!(told.to_string().contains("of the form d-1234567890"), "{told}");
    let told = directory.import_id("d-0123456789").await.unwrap_err();
    assert!(told.to_string().contains("non-existent"), "{told}");
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

/// A creation whose first answers go wrong like that, and what becomes of it.
async fn created_through(kind: FaultKind, times: u64) -> (Simulator, Object, String) {
    let (simulator, mut directory) = start().await;
    simulator.fault(Fault::new(Service::Ds, "CreateMicrosoftAD", kind).times(times));
    let result = directory.apply(&config()).await;
    let told = result.map_or_else(|told| told.stable(), |_| directory.warnings().to_string());
    (simulator, directory, told)
}

#[tokio::test]
async fn a_directory_whose_answer_was_lost_is_adopted() {
    for kind in [FaultKind::ResetAfter, FaultKind::Truncated, FaultKind::Malformed] {
        let (simulator, mut directory, told) = created_through(kind, 1).await;
        assert!(
            told.contains(&format!("warning: Adopted directory {} after a lost answer", id(&directory))),
            "{told}"
        );
        assert_eq!(simulator.count("CreateMicrosoftAD"), 1);
        assert_settled(&mut directory, &config()).await;
        end(&simulator, directory).await;
    }
}

/// Neither AWS's delay nor a wrong clock here makes a second one.
#[tokio::test]
async fn a_directory_that_shows_late_is_adopted_all_the_same() {
    for hours in [0, 3, -3] {
        let (simulator, mut directory) = start().await;
        simulator.with(|state| {
            state.options.directory_hidden_reads = 15;
            state.clock.skew = hours * 3_600_000;
        });
        simulator.fault(Fault::new(Service::Ds, "CreateMicrosoftAD", FaultKind::ResetAfter).times(1));
        directory.apply(&config()).await.unwrap();
        assert!(directory.warnings().to_string().contains("after a lost answer"), "{}", directory.warnings());
        assert_eq!(simulator.count("CreateMicrosoftAD"), 1, "{hours}");
        end(&simulator, directory).await;
    }
}

/// It was there when the refresh looked, and gone when it asked for its tags.
#[tokio::test]
async fn a_directory_that_goes_during_a_refresh_is_gone() {
    let (simulator, directory) = created(&config()).await;
    let hold = simulator.hold(Service::Ds, "ListTagsForResource", 1, Boundary::Before);
    let mut refreshed = directory.clone();
    let refreshing = tokio::spawn(async move { refreshed.refresh().await });
    hold.reached().await;
    simulator.here(|region| region.directories.clear());
    hold.release();
    assert_eq!(refreshing.await.unwrap().unwrap(), Json::Null);
}

/// An error would taint a directory that is as good as any.
#[tokio::test]
async fn an_outage_does_not_end_the_wait_for_a_directory() {
    let simulator = simulator::start().await;
    simulator.set_steps(Steps { directory_create: HOUR, ..Steps::default() });
    let mut provider = simulator::provider_config(&simulator);
    provider["max_retries"] = json!(0);
    let core = Core::start(&[("AURORAKERBEROS_POLL_INTERVAL", "5ms")], &provider).await;
    let mut directory = core.resource(TYPE);
    // From the second look of the wait on, which comes after the listing before the creation.
    let outage = Fault::new(Service::Ds, "DescribeDirectories", FaultKind::InternalFailure);
    simulator.fault(outage.from_call(3).times(40));
    let meanwhile = async {
        until(|| simulator.count("DescribeDirectories") > 45).await;
        simulator.advance(3 * HOUR);
    };
    let config = config();
    let (applied, ()) = tokio::join!(directory.apply(&config), meanwhile);
    applied.unwrap();
    assert!(!directory.is_tainted());
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_request_without_effect_is_sent_again() {
    for kind in [FaultKind::ResetBefore, FaultKind::InternalFailure, FaultKind::ServiceUnavailable] {
        let (simulator, directory, told) = created_through(kind, 2).await;
        assert_eq!((told.as_str(), simulator.count("CreateMicrosoftAD")), ("", 3));
        assert_eq!(simulator.here(|region| region.directories.len()), 1);
        end(&simulator, directory).await;
    }
}

#[tokio::test]
async fn requests_end_where_aws_keeps_failing() {
    let (simulator, directory, told) = created_through(FaultKind::InternalFailure, u64::MAX).await;
    assert!(
        told.starts_with("error: Failed to create aurorakerberos_directory (corp.example.com)"),
        "{told}"
    );
    assert_eq!(directory.state_json(), Json::Null);
    assert_eq!(simulator.leftovers(), [""; 0]);
}

#[tokio::test]
async fn several_candidates_are_named_and_none_is_adopted() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    let [mut first, mut second] = [core.resource(TYPE), core.resource(TYPE)];
    first.apply(&config()).await.unwrap();
    second.apply(&config()).await.unwrap();
    // Two directories that somebody creates while the requests fail.
    let others = simulator.here(|region| std::mem::take(&mut region.directories));
    simulator.fault(Fault::new(Service::Ds, "CreateMicrosoftAD", FaultKind::InternalFailure));
    let running = Core::on(&simulator).await.resource(TYPE).apply_in_background(&config());
    until(|| simulator.count("CreateMicrosoftAD") > 2).await;
    let ids: Vec<String> = others.keys().cloned().collect();
    simulator.here(|region| region.directories.extend(others));
    let (directory, result) = running.await.unwrap();
    let told = result.unwrap_err().to_string();
    assert!(told.contains(&format!("in these subnets: {}. It cannot be told", ids.join(", "))), "{told}");
    assert_eq!(directory.state_json(), Json::Null);
    second.destroy().await.unwrap();
    end(&simulator, first).await;
}

/// It could be the one that a killed apply left behind, and it would cost as much again.
#[tokio::test]
async fn a_second_directory_of_the_name_is_refused_and_the_first_can_be_adopted() {
    let (simulator, first) = created(&config()).await;
    let id = id(&first);
    let mut second = Core::on(&simulator).await.resource(TYPE);
    let told = second.apply(&config()).await.unwrap_err();
    insta::assert_snapshot!(told.to_string().replace(&id, "d-…"), @r#"
    error at name: Failed to create aurorakerberos_directory (corp.example.com) — There is a directory corp.example.com in vpc-0a1b2c3d4e5f60001 already: d-….

    Nothing was created. If an apply that was interrupted made it, or if it shall be managed here from now on, adopt it: put this block into the root module, with the address that Terraform names with this error instead of aurorakerberos_directory.NAME, and apply again.

    import {
      to = aurorakerberos_directory.NAME
      id = "d-…"
    }

    If this resource replaces it, take create_before_destroy out of the configuration, so that it is destroyed first. Otherwise choose another name or VPC, or delete it.
    "#);
    assert_eq!((second.state_json(), simulator.count("CreateMicrosoftAD")), (Json::Null, 1));
    second.import_id(&id).await.unwrap();
    second.apply(&config()).await.unwrap();
    assert_settled(&mut second, &config()).await;
    // One in another VPC is somebody else's, and one that is being deleted will be gone.
    second.destroy().await.unwrap();
    let vpc = |id: &str| {
        simulator.here(|region| {
            region.directories.values_mut().for_each(|found| id.clone_into(&mut found.vpc));
        });
    };
    let mut third = Core::on(&simulator).await.resource(TYPE);
    third.apply(&config()).await.unwrap();
    vpc("vpc-0000000000000000f");
    let mut fourth = Core::on(&simulator).await.resource(TYPE);
    fourth.apply(&config()).await.unwrap();
    for mut directory in [third, fourth] {
        directory.destroy().await.unwrap();
    }
    assert_eq!(simulator.leftovers(), [""; 0]);
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let (simulator, directory, told) = created_through(FaultKind::Throttled, 2).await;
    assert_eq!((told.as_str(), simulator.here(|region| region.directories.len())), ("", 1));
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_failed_creation_carries_the_reason_and_is_replaced() {
    let (simulator, mut directory) = start().await;
    simulator
        .with(|state| state.orders.directory_fails.add("corp.example.com", "No capacity in us-east-1a.", 1));
    let told = directory.apply(&config()).await.unwrap_err().to_string();
    assert!(told.contains("is in the stage Failed: No capacity in us-east-1a."), "{told}");
    let first = id(&directory);
    assert!(directory.is_tainted());
    directory.refresh().await.unwrap();
    directory.apply(&config()).await.unwrap();
    assert!(!directory.is_tainted() && id(&directory) != first);
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_creation_that_takes_too_long_keeps_its_directory() {
    let (simulator, mut directory) = start().await;
    simulator.set_steps(Steps { directory_create: HOUR, ..Steps::default() });
    let config = config_with(&json!({"timeouts": {"create": "2s"}}));
    let told = directory.apply(&config).await.unwrap_err();
    insta::assert_snapshot!(told.to_string().replace(&id(&directory), "d-…"), @"
    error: Timed out: create aurorakerberos_directory (d-…) — Waited 2s for directory d-… to become Active. Last seen: Requested.

    If it needs more time, set timeouts.create. The state holds the object, and Terraform marks it as tainted: the next apply replaces it. To keep it and go on from here instead, run `terraform untaint` on it before the next apply.
    ");
    assert!(directory.is_tainted());
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_stopped_creation_is_gone_on_with() {
    let (simulator, directory) = start().await;
    simulator.set_steps(Steps { directory_create: HOUR, ..Steps::default() });
    let config =
        config_with(&json!({"alias": "corp-1", "tags": {"a": "1"}, "enable_directory_data_access": true}));
    let core = Core::on(&simulator).await;
    drop(directory);
    let running = core.resource(TYPE).apply_in_background(&config);
    until(|| simulator.count("DescribeDirectories") >= 3).await;
    core.stop().await;
    let (mut directory, result) = running.await.unwrap();
    result.unwrap();
    let told = directory.warnings().to_string();
    assert!(told.contains(&format!("Creation of directory {} was interrupted", id(&directory))), "{told}");
    assert!(!directory.is_tainted());
    // The next run finds it on its way, says so in the plan, and waits.
    directory.refresh().await.unwrap();
    let plan = directory.plan(&config).await.unwrap();
    assert_eq!((plan.action, &plan.planned["stage"]), (Action::Update, &json!("<unknown>")));
    simulator.advance(3 * HOUR);
    let state = directory.apply_plan(&plan, &config).await.unwrap();
    assert_eq!((&state["stage"], &state["access_url"]), (&json!("Active"), &json!("corp-1.awsapps.com")));
    assert_eq!(simulator.count("EnableDirectoryDataAccess"), 1);
    assert_settled(&mut directory, &config).await;
    assert_eq!(simulator.count("CreateMicrosoftAD"), 1);
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_failed_setting_keeps_the_state() {
    let (simulator, mut directory) = created(&config()).await;
    simulator.with(|state| state.orders.data_access_fails.add("*", "", 1));
    let next = config_with(&json!({"enable_directory_data_access": true, "tags": {"a": "1"}}));
    let told = directory.apply(&next).await.unwrap_err();
    assert_eq!(told.paths(), ["enable_directory_data_access"], "{told}");
    assert_eq!(directory.state_json()["tags_all"], json!({"a": "1"}));
    assert!(!directory.is_tainted());
    changed(&mut directory, &next).await;
    end(&simulator, directory).await;
}

#[tokio::test]
async fn an_alias_that_is_taken_is_told_so() {
    let (simulator, mut first) = created(&config_with(&json!({"alias": "corp-1"}))).await;
    let mut second = Core::on(&simulator).await.resource(TYPE);
    let told =
        second.apply(&config_with(&json!({"name": "b.example.com", "alias": "corp-1"}))).await.unwrap_err();
    assert_eq!(told.paths(), ["alias"], "{told}");
    assert!(told.to_string().contains("Choose another one."), "{told}");
    second.destroy().await.unwrap();
    first.refresh().await.unwrap();
    end(&simulator, first).await;
}

#[tokio::test]
async fn drift_is_repaired_and_what_is_gone_is_planned_anew() {
    let config = config_with(&json!({"enable_sso": false, "alias": "corp-1", "tags": {"a": "1"}}));
    let (simulator, mut directory) = created(&config).await;
    simulator.here(|region| {
        let found = region.directories.values_mut().next().unwrap();
        found.sso = true;
        found.tags.insert("a".to_owned(), "2".to_owned());
        found.tags.insert("b".to_owned(), "2".to_owned());
    });
    changed(&mut directory, &config).await;
    simulator.here(|region| {
        region.directories.clear();
        region.security_groups.retain(|_, group| group.seeded);
    });
    assert_eq!(directory.refresh().await.unwrap(), Json::Null);
    assert_eq!(directory.plan(&config).await.unwrap().action, Action::Create);
    // Gone between plan and destroy.
    let mut directory = Core::on(&simulator).await.resource(TYPE);
    directory.apply(&config).await.unwrap();
    simulator.here(|region| {
        region.directories.clear();
        region.security_groups.retain(|_, group| group.seeded);
    });
    end(&simulator, directory).await;
}

#[tokio::test]
async fn an_unwell_directory_is_a_warning() {
    let (simulator, mut directory) = created(&config()).await;
    let id = id(&directory);
    for stage in ["Impaired", "Inoperable", "RestoreFailed"] {
        simulator.here(|region| {
            region.directories.get_mut(&id).unwrap().set_stage(
                stage,
                Some("A controller is down."),
                wall_clock(),
            );
        });
        directory.refresh().await.unwrap();
        let told = directory.warnings().to_string();
        assert!(
            told.starts_with(&format!(
                "warning at stage: Directory {id} is in the stage {stage} — A controller is down."
            )),
            "{told}"
        );
        assert_eq!(directory.plan(&config()).await.unwrap().action, Action::NoOp);
    }
    simulator
        .here(|region| region.directories.get_mut(&id).unwrap().set_stage("Deleted", None, wall_clock()));
    assert_eq!(directory.refresh().await.unwrap(), Json::Null);
    simulator.here(|region| {
        region.directories.clear();
        region.security_groups.retain(|_, group| group.seeded);
    });
}

fn join(simulator: &Simulator, directory: &str, status: &str) {
    simulator.here(|region| {
        region.instances.get_mut("aurora-demo-1").unwrap().membership = Some(Membership {
            domain: directory.to_owned(),
            fqdn: "corp.example.com".to_owned(),
            role: "role".to_owned(),
            status: Timeline::new(status, wall_clock()),
        });
    });
}

fn unjoin(simulator: &Simulator) {
    simulator.here(|region| region.instances.get_mut("aurora-demo-1").unwrap().membership = None);
}

fn share(directory: &str) -> Share {
    Share {
        id: "d-0000000001".to_owned(),
        owner_account: "111122223333".to_owned(),
        owner_directory: directory.to_owned(),
        region: "us-east-1".to_owned(),
        target_account: "444455556666".to_owned(),
        method: "HANDSHAKE".to_owned(),
        notes: None,
        status: Timeline::new("Shared", wall_clock()),
        created: wall_clock(),
        gone_at: None,
    }
}

#[tokio::test]
async fn a_refused_deletion_names_what_holds_the_directory() {
    let (simulator, mut directory) = created(&config()).await;
    let id = id(&directory);
    join(&simulator, &id, "kerberos-enabled");
    simulator.with(|state| state.shares.insert("d-0000000001".to_owned(), share(&id)));
    let told = directory.destroy().await.unwrap_err();
    insta::assert_snapshot!(told.stable().replace(&id, "d-…"), @r#"
    error: Failed to delete aurorakerberos_directory (d-…) — Cannot delete the directory because it still has authorized applications. Directory d-… is still in use by cluster aurora-demo (kerberos-enabled), a share with account 444455556666 (Shared).

    Directory Service DeleteDirectory: ClientException (request id …)

    Take the clusters out of the domain (destroy their aurorakerberos_domain_association, or modify them with the domain "none"), end the shares and delete the trusts; then run again.
    "#);
    assert_eq!(directory.state_json()["id"], id);
    unjoin(&simulator);
    let told = directory.destroy().await.unwrap_err().to_string();
    assert!(told.contains("in use by a share with account 444455556666 (Shared)"), "{told}");
    simulator.with(|state| state.shares.clear());
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_deletion_waits_while_a_cluster_is_leaving() {
    let (simulator, directory) = created(&config()).await;
    join(&simulator, &id(&directory), "disabling-kerberos");
    let running = directory.destroy_in_background();
    // Longer than a refusal without hope is waited out.
    until(|| simulator.count("DeleteDirectory") > 8).await;
    unjoin(&simulator);
    let (directory, result) = running.await.unwrap();
    result.unwrap();
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_deletion_that_takes_too_long_keeps_the_state() {
    let config = config_with(&json!({"timeouts": {"delete": "2s"}}));
    let (simulator, mut directory) = created(&config).await;
    simulator.set_steps(Steps { directory_delete: HOUR, ..Steps::default() });
    let told = directory.destroy().await.unwrap_err().to_string();
    assert!(told.contains("to be gone. Last seen: Deleting."), "{told}");
    directory.refresh().await.unwrap();
    assert!(directory.warnings().to_string().contains("is in the stage Deleting"));
    simulator.advance(HOUR);
    end(&simulator, directory).await;
}
