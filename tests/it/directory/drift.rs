//! Directories that were not made here, and what others do to one that was.

use aws_simulator::{Boundary, Service, wall_clock};
use serde_json::{Value as Json, json};

use super::{PASSWORD, TYPE, assert_settled, changed, config, config_with, created, end, id, start};
use crate::support::{Action, Core};

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
