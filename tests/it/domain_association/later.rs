//! What becomes of a membership later: drift, imports, and leaving the domain.

use aws_simulator::Options;
use serde_json::json;

use super::{CLUSTER, Stage};
use crate::support::Action;

#[tokio::test]
async fn a_membership_that_failed_later_is_mended_by_the_same_modification() {
    let stage = Stage::new(3).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.slow(30);
    stage.set_status("c-3", "enable-kerberos-failed");
    stage.simulator.clear_journal();
    assert_eq!(association.refresh().await.unwrap()["status"], "enable-kerberos-failed");
    let plan = association.plan(&stage.config()).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.planned["realm"], "CORP.EXAMPLE.COM", "what depends on the realm is not disturbed");
    let state = association.apply_plan(&plan, &stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!((stage.modifications(), stage.reboots()), (1, vec!["c-3".to_owned()]));
    stage.end(association).await;
}

#[tokio::test]
async fn a_failed_repair_says_so_and_is_tried_again() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.slow(30);
    stage.set_status("c-2", "enable-kerberos-failed");
    stage.simulator.with(|state| state.orders.join_fails.add("c-2", "No route.", 1));
    association.refresh().await.unwrap();
    let told = association.apply(&stage.config()).await.unwrap_err().to_string();
    assert!(told.contains("No route."), "{told}");
    assert!(!association.is_tainted());
    association.refresh().await.unwrap();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.end(association).await;
}

#[tokio::test]
async fn a_membership_that_vanished_is_mended() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.simulator.here(|region| {
        region.clusters.get_mut(CLUSTER).unwrap().join = None;
        region.instances.values_mut().for_each(|member| member.membership = None);
    });
    assert_eq!(association.refresh().await.unwrap()["status"], "not-joined");
    assert_eq!(association.plan(&stage.config()).await.unwrap().action, Action::Update);
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.end(association).await;
}

#[tokio::test]
async fn a_reader_that_came_later_is_joined_alone() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.add_reader("c-9");
    stage.simulator.clear_journal();
    let state = association.refresh().await.unwrap();
    assert_eq!(state["status"], "not-joined");
    assert_eq!(state["domain_memberships"][1]["instance_identifier"], "c-9");
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(stage.reboots(), ["c-9"]);
    stage.simulator.here(|region| region.instances.remove("c-9"));
    stage.end(association).await;
}

#[tokio::test]
async fn an_association_is_imported() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    let identity = json!({"cluster_identifier": CLUSTER});
    assert_eq!(association.identity_json()["cluster_identifier"], CLUSTER);
    let mut by_id = stage.association();
    assert_eq!(by_id.import_id("C").await.unwrap(), state);
    assert_eq!(by_id.plan(&stage.config()).await.unwrap().action, Action::NoOp);
    let mut by_identity = stage.association();
    assert_eq!(by_identity.import_identity(&identity).await.unwrap(), state);
    let told = stage.association().import_id("d-1234567890/c").await.unwrap_err().to_string();
    assert!(told.contains("such as aurora-demo"), "{told}");
    let told = stage.association().import_id("aurora-demo").await.unwrap_err().to_string();
    assert!(told.contains("non-existent"), "{told}");
    stage.end(association).await;
}

#[tokio::test]
async fn a_cluster_that_is_gone_has_left() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    let mut forgotten = association.clone();
    stage.simulator.here(|region| {
        region.clusters.remove(CLUSTER);
        region.instances.retain(|_, instance| instance.cluster != CLUSTER);
    });
    forgotten.destroy().await.unwrap();
    assert!(association.refresh().await.unwrap().is_null());
    stage.end(association).await;
}

#[tokio::test]
async fn leaving_waits_for_the_last_member() {
    let stage = Stage::new(3).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.slow(60);
    stage.simulator.clear_journal();
    let running = association.destroy_in_background();
    stage.until("ModifyDBCluster", 1).await;
    stage.core.stop().await;
    let (mut association, result) = running.await.unwrap();
    assert!(result.unwrap_err().to_string().contains("Stopped"));
    association.destroy().await.unwrap();
    let journal = stage.simulator.journal();
    let domains: Vec<_> = journal.iter().filter_map(|call| call.parameter("Domain")).collect();
    assert_eq!(domains, ["none"], "asked for once");
    assert_eq!(stage.reboots(), [""; 0]);
    stage.end(association).await;
}

#[tokio::test]
async fn leaving_reboots_where_nothing_else_helps() {
    let stage = Stage::with_options(2, Options { leave_needs_reboot: true, ..Options::default() }).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.simulator.clear_journal();
    association.destroy().await.unwrap();
    stage.assert_rolled(2);
    stage.end(association).await;
}

#[tokio::test]
async fn a_domain_that_others_moved_it_to_is_not_left() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    let other = "d-00000000aa";
    stage.simulator.here(|region| {
        other.clone_into(&mut region.clusters.get_mut(CLUSTER).unwrap().join.as_mut().unwrap().domain);
        let members = region.instances.values_mut().filter_map(|member| member.membership.as_mut());
        members.for_each(|membership| other.clone_into(&mut membership.domain));
    });
    assert_eq!(association.refresh().await.unwrap()["directory_id"], other);
    stage.simulator.clear_journal();
    association.destroy().await.unwrap();
    assert_eq!(stage.modifications(), 0);
    let told = association.warnings().to_string();
    assert!(
        told.contains("Cluster c stays in directory d-00000000aa") && told.contains("--domain none"),
        "{told}"
    );
    stage.simulator.here(|region| {
        region.clusters.get_mut(CLUSTER).unwrap().join = None;
        region.instances.values_mut().for_each(|member| member.membership = None);
    });
    stage.end(association).await;
}
