//! The provider against moto, a double of AWS that this project did not write.
//!
//! What moto 5.2.5 lacks or gets wrong, and what is therefore not shown here:
//! - Directories are `Active` at once and gone at once: waits are shown against the simulator.
//! - UpdateTrust and VerifyTrust are answered 500, and a trust stays `Creating` for ever: no trust can be made.
//! - Sharing, conditional forwarders and ResetUserPassword are answered 500. DescribeDirectoryDataAccess and
//!   DescribeDomainControllers too, which every read of a directory asks: `tests/moto/server.py` answers these two.
//! - ModifyDBCluster ignores `Domain`, so a cluster never joins nor leaves; memberships read `active`, which is no word
//!   of AWS's, and members show none: no association can be made.
//! - RebootDBCluster, DescribePendingMaintenanceActions and DescribeDBEngineVersions are answered 500.

use serde_json::{Value as Json, json};

use crate::support::moto::{Moto, elements};
use crate::support::{Action, Core};

async fn on(moto: &Moto) -> Core {
    let url = moto.url();
    let config = json!({
        "region": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        // What moto has not is answered 500, which would be tried again for minutes.
        "max_retries": 0,
        "endpoints": [{"ds": url, "ec2": url, "iam": url, "rds": url, "sts": url}],
    });
    Core::start(&[], &config).await
}

/// A directory in two subnets of moto's default network.
fn directory(moto: &Moto) -> Json {
    let answer = moto.query("ec2", "DescribeSubnets", &[]);
    let subnets = elements(&answer, "subnetId");
    json!({
        "name": "corp.example.com",
        "short_name": "CORP",
        "edition": "Standard",
        "subnet_ids": [subnets[0], subnets[1]],
        "admin_password_wo": "Correct-Horse-7",
        "admin_password_wo_version": 1,
        "tags": {"team": "db"},
    })
}

#[tokio::test]
async fn directories_live() {
    let Some(moto) = Moto::start() else { return };
    let core = on(&moto).await;
    let config = directory(&moto);
    let mut directory = core.resource("aurorakerberos_directory");
    let state = directory.apply(&config).await.unwrap();
    assert_eq!(
        (&state["stage"], &state["edition"], &state["name"]),
        (&json!("Active"), &json!("Standard"), &config["name"])
    );
    directory.refresh().await.unwrap();
    assert_eq!(directory.plan(&config).await.unwrap().action, Action::NoOp);

    let mut tagged = config.clone();
    tagged["tags"] = json!({"team": "identity", "cost": "1"});
    assert_eq!(directory.plan(&tagged).await.unwrap().action, Action::Update);
    directory.apply(&tagged).await.unwrap();
    directory.refresh().await.unwrap();
    assert_eq!(directory.plan(&tagged).await.unwrap().action, Action::NoOp);

    let mut imported = core.resource("aurorakerberos_directory");
    imported.import_id(state["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(imported.state_json()["dns_ip_addresses"], state["dns_ip_addresses"]);

    let read = core.data("aurorakerberos_krb5_conf", &json!({"directory_id": state["id"]})).await.unwrap();
    assert_eq!(read["default_realm"], "CORP.EXAMPLE.COM");

    directory.destroy().await.unwrap();
    assert_eq!(imported.refresh().await.unwrap(), Json::Null);
}

#[tokio::test]
async fn access_roles_live() {
    let Some(moto) = Moto::start() else { return };
    let core = on(&moto).await;
    for policy in ["managed", "inline"] {
        let config = json!({"name": "aurora", "policy": policy, "description": "d", "tags": {"team": "db"}});
        let mut role = core.resource("aurorakerberos_directory_access_role");
        let state = role.apply(&config).await.unwrap();
        assert_eq!(state["arn"], "arn:aws:iam::123456789012:role/aurora");
        role.refresh().await.unwrap();
        assert_eq!(role.plan(&config).await.unwrap().action, Action::NoOp);

        let mut other = config.clone();
        other["policy"] = json!(if policy == "managed" { "inline" } else { "managed" });
        other["description"] = json!("e");
        other["tags"] = json!({"cost": "1"});
        assert_eq!(role.plan(&other).await.unwrap().action, Action::Update);
        role.apply(&other).await.unwrap();
        role.refresh().await.unwrap();
        assert_eq!(role.plan(&other).await.unwrap().action, Action::NoOp);

        let mut imported = core.resource("aurorakerberos_directory_access_role");
        imported.import_id("aurora").await.unwrap();
        assert_eq!(imported.state_json()["unique_id"], state["unique_id"]);

        role.destroy().await.unwrap();
        assert_eq!(imported.refresh().await.unwrap(), Json::Null);
    }
}

/// What moto has of the join: the cluster, the directory and the role that it needs are found and accepted. A cluster
/// that is not there is told at plan.
#[tokio::test]
async fn a_join_is_checked_at_plan() {
    let Some(moto) = Moto::start() else { return };
    let core = on(&moto).await;
    let mut directory_object = core.resource("aurorakerberos_directory");
    let directory_state = directory_object.apply(&directory(&moto)).await.unwrap();
    let mut role = core.resource("aurorakerberos_directory_access_role");
    role.apply(&json!({"name": "aurora"})).await.unwrap();
    moto.query(
        "rds",
        "CreateDBCluster",
        &[
            ("DBClusterIdentifier", "aurora-demo"),
            ("Engine", "aurora-postgresql"),
            ("EngineVersion", "16.6"),
            ("MasterUsername", "postgres"),
            ("MasterUserPassword", "Correct-Horse-7"),
        ],
    );
    let config = |cluster: &str| {
        json!({
            "cluster_identifier": cluster,
            "directory_id": directory_state["id"],
            "iam_role_name": "aurora",
            "reboot_strategy": "rolling",
        })
    };
    let association = core.resource("aurorakerberos_domain_association");
    let plan = association.plan(&config("aurora-demo")).await.unwrap();
    assert_eq!((plan.action, plan.diagnostics.to_string().as_str()), (Action::Create, ""));
    let plan = association.plan(&config("aurora-other")).await.unwrap();
    assert_eq!(plan.diagnostics.paths(), ["cluster_identifier"], "{}", plan.diagnostics);
}
