//! What one of IAM's servers knows and another does not yet.

use aws_simulator::{Config, Fault, FaultKind, Options, Service, Simulator};
use serde_json::json;

use super::{CONSOLE_NAME, TYPE, end, start, with_role};
use crate::directory::until;
use crate::support::{Core, Object};

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
async fn a_stop_leaves_no_role_without_its_permissions() {
    // A server that comes to know the role soon after the stop, and one that does not.
    for (hidden_reads, whole) in [(4, true), (100_000, false)] {
        let (simulator, core, role) = start_late(hidden_reads).await;
        let applying = role.apply_in_background(&json!({}));
        until(|| simulator.count("AttachRolePolicy") > 0).await;
        core.stop().await;
        let (role, applied) = applying.await.unwrap();
        assert_eq!(applied.is_ok(), whole, "{applied:?}");
        assert_eq!(role.is_tainted(), !whole);
        with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached.len(), usize::from(whole)));
        if whole {
            end(&simulator, role).await;
        } else {
            assert_eq!(role.state_json()["policy"], "none", "the state knows the role");
        }
    }
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
        let (simulator, _, mut role) = start().await;
        role.apply(&json!({"policy": "inline"})).await.unwrap();
        simulator.fault(Fault::new(Service::Iam, operation, no_such_role()).times(1));
        match role.destroy().await {
            Ok(()) => {}
            // What the list did not show kept IAM from deleting the role, which the state still holds.
            Err(told) => {
                assert!(told.to_string().contains("DeleteConflict"), "{operation}: {told}");
                simulator.clear_faults();
                role.destroy().await.unwrap();
            }
        }
        assert_eq!(simulator.leftovers(), [""; 0], "{operation}");
    }
}
