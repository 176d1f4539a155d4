//! What one of IAM's servers knows and another does not yet.

use std::time::Duration;

use aws_simulator::{Config, Fault, FaultKind, Options, Service, Simulator};
use serde_json::json;

use super::{CONSOLE_NAME, TYPE, end, start, with_role};
use crate::directory::until;
use crate::support::{Action, Core, Object};

/// A simulator whose new roles stay unseen for some requests.
async fn start_late(hidden_reads: u32) -> (Simulator, Core, Object) {
    let options = Options { iam_hidden_reads: hidden_reads, ..Options::default() };
    let simulator = Simulator::start(Config { options, ..Config::default() }).await;
    let core = Core::on(&simulator).await;
    let role = core.resource(TYPE);
    (simulator, core, role)
}

#[tokio::test]
async fn it_waits_until_the_role_takes_its_permissions_and_is_visible() {
    for policy in ["managed", "inline"] {
        let (simulator, _, mut role) = start_late(3).await;
        let state = role.apply(&json!({"policy": policy})).await.unwrap();
        assert_eq!(role.warnings().to_string(), "");
        assert_eq!(role.refresh().await.unwrap(), state);
        end(&simulator, role).await;
    }
}

#[tokio::test]
async fn a_role_of_a_lost_answer_is_looked_for_until_it_shows() {
    let (simulator, _, mut role) = start_late(5).await;
    simulator.fault(Fault::new(Service::Iam, "CreateRole", FaultKind::ResetAfter).times(1));
    role.apply(&json!({})).await.unwrap();
    assert_eq!(simulator.count("CreateRole"), 1);
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_role_that_a_lost_request_never_made_is_not_invented() {
    let (simulator, _, mut role) = start().await;
    simulator.fault(Fault::new(Service::Iam, "CreateRole", FaultKind::ResetBefore).times(1));
    let told = role.apply(&json!({})).await.unwrap_err().to_string();
    assert!(told.contains("CreateRole") && told.contains(CONSOLE_NAME), "{told}");
    assert!(role.state_json().is_null());
    role.apply(&json!({})).await.unwrap();
    end(&simulator, role).await;
}

#[tokio::test]
async fn after_a_stop_a_role_still_gets_its_permissions() {
    let (simulator, core, role) = start_late(4).await;
    let applying = role.apply_in_background(&json!({}));
    until(|| simulator.count("AttachRolePolicy") > 0).await;
    core.stop().await;
    let (role, applied) = applying.await.unwrap();
    applied.unwrap();
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached.len(), 1));
    end(&simulator, role).await;
}

/// A simulator whose clock stands still, and whose new roles stay unseen until it has moved on.
async fn start_hidden() -> (Simulator, Core, Object) {
    let options = Options { iam_delay: Duration::from_mins(1), ..Options::default() };
    let simulator = Simulator::start(Config { options, ..Config::default() }).await;
    simulator.with(|state| state.clock.freeze());
    let core = Core::on(&simulator).await;
    let role = core.resource(TYPE);
    (simulator, core, role)
}

#[tokio::test]
async fn a_role_without_permissions_is_kept_and_completed() {
    let (simulator, core, role) = start_hidden().await;
    let applying = role.apply_in_background(&json!({}));
    until(|| simulator.count("AttachRolePolicy") > 0).await;
    core.stop().await;
    let (mut role, applied) = applying.await.unwrap();
    applied.unwrap();
    assert!(!role.is_tainted());
    let told = role.warnings().to_string();
    assert!(told.contains("may have no permissions yet") && told.contains("AttachRolePolicy"), "{told}");
    simulator.advance(Duration::from_mins(1));
    core.restart().await;
    assert_eq!(role.refresh().await.unwrap()["policy"], "none");
    assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::Update);
    role.apply(&json!({})).await.unwrap();
    assert_eq!(simulator.count("CreateRole"), 1);
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_new_role_that_is_not_seen_for_a_moment_is_not_gone() {
    let (simulator, _, mut role) = start().await;
    let state = role.apply(&json!({})).await.unwrap();
    simulator.fault(Fault::new(Service::Iam, "GetRole", no_such_role()).times(2));
    assert_eq!(role.refresh().await.unwrap(), state);
    // Nor is one that is destroyed then.
    for operation in ["GetRole", "ListAttachedRolePolicies"] {
        simulator.fault(Fault::new(Service::Iam, operation, no_such_role()).times(2));
    }
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_wrong_clock_here_makes_no_role_of_a_lost_answer_unknown() {
    for sign in [1, -1] {
        let (simulator, core, mut role) = start().await;
        simulator.with(|state| state.clock.skew = sign * 3 * 3_600_000);
        core.restart().await;
        simulator.fault(Fault::new(Service::Iam, "CreateRole", FaultKind::ResetAfter).from_call(2).times(1));
        role.apply(&json!({})).await.unwrap();
        let made = simulator
            .journal()
            .iter()
            .filter(|call| call.operation == "CreateRole" && call.effective)
            .count();
        assert_eq!(made, 1);
        end(&simulator, role).await;
    }
}

#[tokio::test]
async fn a_role_that_differs_is_somebody_elses() {
    let (simulator, core, mut other) = start().await;
    other.apply(&json!({"max_session_duration": 7200})).await.unwrap();
    let mut role = core.resource(TYPE);
    simulator.fault(Fault::new(Service::Iam, "CreateRole", FaultKind::ResetBefore).times(1));
    let told = role.apply(&json!({})).await.unwrap_err().to_string();
    assert!(told.contains("import {") && told.contains(CONSOLE_NAME), "{told}");
    assert!(role.state_json().is_null());
    end(&simulator, other).await;
}

#[tokio::test]
async fn a_role_that_is_not_seen_after_its_creation_is_a_warning() {
    for operation in ["GetRole", "ListAttachedRolePolicies"] {
        let (simulator, _, mut role) = start().await;
        simulator.fault(Fault::new(Service::Iam, operation, FaultKind::AccessDenied));
        let state = role.apply(&json!({})).await.unwrap();
        assert_eq!((role.is_tainted(), state["policy"].as_str()), (false, Some("managed")));
        let told = role.warnings().to_string();
        assert!(told.contains(operation) && told.contains("was not seen after its creation"), "{told}");
        simulator.clear_faults();
        end(&simulator, role).await;
    }
}

fn no_such_role() -> FaultKind {
    FaultKind::Refused(404, "NoSuchEntity".to_owned(), "The role cannot be found.".to_owned())
}

#[tokio::test]
async fn only_get_role_says_that_a_role_is_gone() {
    let (simulator, _, mut role) = start().await;
    let state = role.apply(&json!({})).await.unwrap();
    // A server that lags behind for a moment, and one that does so for longer.
    simulator.fault(Fault::new(Service::Iam, "ListAttachedRolePolicies", no_such_role()).times(2));
    assert_eq!(role.refresh().await.unwrap(), state);
    simulator.fault(Fault::new(Service::Iam, "ListAttachedRolePolicies", no_such_role()));
    let told = role.refresh().await.unwrap_err().to_string();
    assert!(told.contains("no such role") && told.contains("Run again"), "{told}");
    assert_eq!(role.state_json(), state, "the state still knows the role");
    simulator.clear_faults();
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_destroy_does_not_take_a_list_for_the_role() {
    for operation in ["ListAttachedRolePolicies", "ListRolePolicies", "ListInstanceProfilesForRole"] {
        for policy in ["managed", "inline"] {
            let (simulator, _, mut role) = start().await;
            role.apply(&json!({"policy": policy})).await.unwrap();
            simulator.fault(Fault::new(Service::Iam, operation, no_such_role()).times(1));
            end(&simulator, role).await;
        }
    }
}
