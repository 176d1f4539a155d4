//! Creations through whatever goes wrong: lost answers, refusals, stops, settings that fail.

use aws_simulator::{Fault, FaultKind, Service, Simulator, Steps};
use serde_json::{Value as Json, json};

use super::{HOUR, TYPE, assert_settled, changed, config, config_with, created, end, id, start, until};
use crate::support::{Action, Core, Object, simulator};

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
