//! Joins that end early, by a stop, a kill or a lost answer, and go on with the next apply.

use std::time::Duration;

use aws_simulator::{ClusterSeed, Fault, FaultKind, Region, Service};
use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;

use super::{CLUSTER, Stage, directory_config};
use crate::support::{Action, Object, Report};

/// An apply that goes on beside the test.
type Creating = JoinHandle<(Object, Result<Json, Report>)>;

/// Ctrl-C after the modification and so many reboots; then a second apply.
async fn interrupted(reboots: usize) {
    let stage = Stage::new(3).await;
    stage.slow(60);
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("ModifyDBCluster", 1).await;
    stage.until("RebootDBInstance", reboots).await;
    stage.core.stop().await;
    let (mut association, result) = running.await.unwrap();
    result.expect("an interrupted create is no error, else Terraform would replace the object");
    assert!(!association.is_tainted());
    assert!(
        association.warnings().to_string().contains("The next apply goes on"),
        "{:?}",
        association.warnings()
    );
    // The next run of Terraform is another process.
    stage.core.shutdown().await;
    stage.core.restart().await;
    association.refresh().await.unwrap();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(stage.modifications(), 1);
    stage.assert_rolled(3);
    stage.end(association).await;
}

#[tokio::test]
async fn interrupted_after_the_modification_it_goes_on() {
    interrupted(0).await;
}

#[tokio::test]
async fn interrupted_after_the_first_reboot_it_goes_on() {
    interrupted(1).await;
}

#[tokio::test]
async fn interrupted_after_the_second_reboot_it_goes_on() {
    interrupted(2).await;
}

#[tokio::test]
async fn interrupted_after_the_last_reboot_it_goes_on() {
    interrupted(3).await;
}

/// SIGKILL after the modification and so many reboots: Terraform knows nothing of a create. Then a second apply.
async fn killed(reboots: usize) {
    let stage = Stage::new(3).await;
    stage.slow(60);
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("ModifyDBCluster", 1).await;
    stage.until("RebootDBInstance", reboots).await;
    stage.core.kill().await;
    let (mut association, result) = running.await.unwrap();
    result.unwrap_err();
    assert!(association.state_json().is_null());
    stage.core.restart().await;
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(stage.modifications(), 1);
    stage.assert_rolled(3);
    stage.end(association).await;
}

#[tokio::test]
async fn killed_after_the_modification_it_goes_on() {
    killed(0).await;
}

#[tokio::test]
async fn killed_after_the_first_reboot_it_goes_on() {
    killed(1).await;
}

#[tokio::test]
async fn killed_after_the_second_reboot_it_goes_on() {
    killed(2).await;
}

#[tokio::test]
async fn killed_after_the_last_reboot_it_goes_on() {
    killed(3).await;
}

#[tokio::test]
async fn killed_where_only_the_cluster_shows_its_membership_it_goes_on() {
    let stage = Stage::new(0).await;
    stage.slow(60);
    stage.simulator.seed_cluster(&ClusterSeed::new(CLUSTER, "aurora-mysql", "8.0.mysql_aurora.3.08.0", 3));
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("RebootDBInstance", 2).await;
    stage.core.kill().await;
    let (mut association, result) = running.await.unwrap();
    result.unwrap_err();
    // Nothing shows any more that two of the three were rebooted, but the events.
    tokio::time::sleep(Duration::from_millis(200)).await;
    stage.core.restart().await;
    association.apply(&stage.config()).await.unwrap();
    stage.assert_rolled(3);
    stage.end(association).await;
}

#[tokio::test]
async fn an_interrupted_update_goes_on() {
    let stage = Stage::new(3).await;
    let mut association = stage.association();
    association.apply(&stage.config_with(&json!({"reboot_strategy": "none"}))).await.unwrap();
    stage.slow(60);
    let running = association.apply_in_background(&stage.config());
    stage.until("RebootDBInstance", 1).await;
    stage.core.stop().await;
    let (mut association, result) = running.await.unwrap();
    let told = result.unwrap_err().to_string();
    assert!(told.contains("rebooted c-2"), "{told}");
    assert!(!association.is_tainted());
    association.refresh().await.unwrap();
    association.apply(&stage.config()).await.unwrap();
    assert_eq!(stage.modifications(), 1);
    stage.assert_rolled(3);
    stage.end(association).await;
}

/// Stops a creation, which is in the state then, with a warning that says these parts; the next apply goes on.
async fn stopped_it_goes_on(stage: Stage, creating: Creating, parts: &[&str]) {
    stage.core.stop().await;
    let (mut association, result) = creating.await.unwrap();
    result.unwrap();
    let told = association.warnings().to_string();
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(!association.is_tainted());
    stage.slow(60);
    stage.simulator.clear_faults();
    stage.core.restart().await;
    association.refresh().await.unwrap();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.end(association).await;
}

/// What AWS may have done is in the state, and the next apply goes on from there.
#[tokio::test]
async fn a_modification_without_an_answer_is_in_the_state() {
    for kind in [FaultKind::Delay(Duration::from_mins(1)), FaultKind::ResetAfter] {
        let stage = Stage::new(2).await;
        stage.slow(300);
        stage.simulator.fault(Fault::new(Service::Rds, "ModifyDBCluster", kind).times(1));
        let running = stage.association().apply_in_background(&stage.config());
        stage.until("ModifyDBCluster", 1).await;
        stopped_it_goes_on(stage, running, &["The next apply goes on"]).await;
    }
}

/// The same when the repeated request was refused, since the first had come through, and nobody has looked since.
#[tokio::test]
async fn a_stop_before_the_look_that_would_tell_loses_nothing() {
    let stage = Stage::new(2).await;
    stage.slow(5000);
    let late = |time| FaultKind::Delay(Duration::from_millis(time));
    let modify = |kind| Fault::new(Service::Rds, "ModifyDBCluster", kind).times(1);
    stage.simulator.fault(modify(FaultKind::ResetAfter));
    stage.simulator.fault(modify(late(1500)).from_call(2));
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("ModifyDBCluster", 1).await;
    while stage.simulator.count("ModifyDBCluster") < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stage.simulator.fault(Fault::new(Service::Rds, "DescribeDBClusters", late(3000)));
    tokio::time::sleep(Duration::from_millis(1800)).await;
    let parts = ["asked for cluster c to join", "an answer was lost", "The next apply goes on"];
    stopped_it_goes_on(stage, running, &parts).await;
}

/// An update of which nobody knows whether it came through: the cluster may still be where it was.
#[tokio::test]
async fn after_an_undecided_move_a_destroy_leaves_where_the_cluster_is() {
    for kind in [FaultKind::InternalFailure, FaultKind::ResetAfter] {
        let stage = Stage::new(2).await;
        let mut association = stage.association();
        association.apply(&stage.config()).await.unwrap();
        let mut second = stage.core.resource("aurorakerberos_directory");
        let created = second.apply(&directory_config("two.example.com")).await.unwrap();
        let modify = |kind| Fault::new(Service::Rds, "ModifyDBCluster", kind);
        stage.simulator.fault(modify(kind).times(1));
        stage.simulator.fault(modify(FaultKind::AccessDenied).from_call(2));
        let config = stage.config_with(&json!({"directory_id": created["id"]}));
        let told = association.apply(&config).await.unwrap_err().to_string();
        assert!(told.contains("an answer was lost") && !told.contains("Nothing was changed"), "{told}");
        stage.simulator.clear_faults();
        stage.core.restart().await;
        association.refresh().await.unwrap();
        association.destroy().await.unwrap();
        assert!(association.warnings().is_empty(), "{}", association.warnings());
        let joined =
            |region: &mut Region| region.instances.values().any(|member| member.membership.is_some());
        assert!(!stage.simulator.here(joined), "it is in a domain still");
        second.destroy().await.unwrap();
        stage.end(association).await;
    }
}

/// Nothing shows on a cluster without instances whether it was told to join.
#[tokio::test]
async fn an_undecided_join_of_a_cluster_without_instances_is_asked_for_again() {
    let stage = Stage::new(0).await;
    let late = FaultKind::Delay(Duration::from_mins(1));
    stage.simulator.fault(Fault::new(Service::Rds, "ModifyDBCluster", late).times(1));
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("ModifyDBCluster", 1).await;
    stage.core.stop().await;
    let (mut association, result) = running.await.unwrap();
    result.unwrap();
    stage.core.restart().await;
    association.refresh().await.unwrap();
    let plan = association.plan(&stage.config()).await.unwrap();
    assert_eq!(plan.action, Action::Update, "it may never have been told");
    association.apply_plan(&plan, &stage.config()).await.unwrap();
    assert_eq!(stage.modifications(), 2);
    association.refresh().await.unwrap();
    assert_eq!(association.plan(&stage.config()).await.unwrap().action, Action::NoOp);
    stage.end(association).await;
}

#[tokio::test]
async fn a_reboot_whose_answer_is_lost_happens_once() {
    let stage = Stage::new(2).await;
    stage.slow(60);
    stage.simulator.fault(Fault::new(Service::Rds, "RebootDBInstance", FaultKind::ResetAfter).times(1));
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.assert_rolled(2);
    stage.end(association).await;
}
