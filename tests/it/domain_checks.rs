//! What `aurorakerberos_domain_association` finds before it changes anything.

use aws_simulator::{ClusterSeed, Fault, FaultKind, Service, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{Core, Object, simulator, unknown};

const ROLE: &str = "rds-directoryservice-kerberos-access-role";

struct Stage {
    simulator: Simulator,
    core: Core,
    config: Json,
}

impl Stage {
    /// A cluster, a directory and a role that fit each other.
    async fn new() -> Self {
        let simulator = simulator::start().await;
        simulator.seed_cluster(&ClusterSeed::new("c", "aurora-postgresql", "16.6", 2));
        let core = Core::on(&simulator).await;
        let directory = core
            .resource("aurorakerberos_directory")
            .apply(&json!({
                "name": "corp.example.com",
                "subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
                "admin_password_wo": "Correct-Horse-7",
                "admin_password_wo_version": 1,
            }))
            .await
            .unwrap();
        core.resource("aurorakerberos_directory_access_role").apply(&json!({})).await.unwrap();
        // The next run of Terraform is another process, which has made nothing.
        core.shutdown().await;
        core.restart().await;
        let config = json!({
            "cluster_identifier": "c",
            "directory_id": directory["id"],
            "iam_role_name": ROLE,
            "reboot_strategy": "rolling",
        });
        Self { simulator, core, config }
    }

    fn with(&self, more: &Json) -> Json {
        let mut config = self.config.clone();
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    }

    fn association(&self) -> Object {
        self.core.resource("aurorakerberos_domain_association")
    }

    /// Severity, path and summary of what a plan tells.
    async fn planned(&self, config: &Json) -> Vec<String> {
        let told = match self.association().plan(config).await {
            Ok(plan) => plan.diagnostics,
            Err(report) => report,
        };
        headlines(&told.to_string())
    }

    fn assert_untouched(&self) {
        let journal = self.simulator.journal();
        let changes = ["ModifyDBCluster", "RebootDBInstance"];
        assert!(!journal.iter().any(|call| changes.contains(&call.operation.as_str())));
    }
}

fn headlines(told: &str) -> Vec<String> {
    let starts = |line: &&str| line.starts_with("error") || line.starts_with("warning");
    let head = |line: &str| line.split(" — ").next().unwrap_or_default().to_owned();
    told.lines().filter(starts).map(head).collect()
}

/// What a plan tells after `change`, and that an apply is refused in the same way before it changes anything.
async fn check(change: impl FnOnce(&Stage), config: &Json, expect: &[&str]) {
    let stage = Stage::new().await;
    change(&stage);
    let config = stage.with(config);
    assert_eq!(stage.planned(&config).await, expect);
    stage.assert_untouched();
}

fn change_role(stage: &Stage, change: impl FnOnce(&mut aws_simulator::Role)) {
    stage.simulator.with(|state| {
        let iam = state.iam(aws_simulator::DEFAULT_ACCOUNT);
        change(iam.roles.get_mut(ROLE).unwrap());
    });
}

#[tokio::test]
async fn nothing_is_said_of_what_fits() {
    check(|_| {}, &json!({}), &[]).await;
}

#[tokio::test]
async fn what_is_not_known_yet_is_not_checked() {
    let config =
        json!({"cluster_identifier": unknown(), "directory_id": unknown(), "iam_role_name": unknown()});
    check(|_| {}, &config, &[]).await;
}

#[tokio::test]
async fn a_cluster_that_may_come_is_a_warning_and_at_apply_an_error() {
    let stage = Stage::new().await;
    let config = stage.with(&json!({"cluster_identifier": "other"}));
    assert_eq!(
        stage.planned(&config).await,
        ["warning at cluster_identifier: Cluster other does not exist yet"]
    );
    let told = stage.association().apply(&config).await.unwrap_err().to_string();
    assert!(
        told.contains("Cluster other does not exist. ") && told.contains("Nothing was changed."),
        "{told}"
    );
    stage.assert_untouched();
}

#[tokio::test]
async fn a_role_that_may_come_is_a_warning_and_at_apply_an_error() {
    let stage = Stage::new().await;
    let config = stage.with(&json!({"iam_role_name": "other"}));
    assert_eq!(stage.planned(&config).await, ["warning at iam_role_name: Role other does not exist yet"]);
    let told = stage.association().apply(&config).await.unwrap_err().to_string();
    assert!(told.contains("Role other does not exist. "), "{told}");
    stage.assert_untouched();
}

#[tokio::test]
async fn a_role_of_the_same_plan_is_trusted() {
    let stage = Stage::new().await;
    stage
        .core
        .resource("aurorakerberos_directory_access_role")
        .plan(&json!({"name": "other"}))
        .await
        .unwrap();
    assert_eq!(stage.planned(&stage.with(&json!({"iam_role_name": "other"}))).await, [""; 0]);
}

#[tokio::test]
async fn engines_and_versions() {
    let seed = |engine: &'static str, version: &'static str| {
        move |stage: &Stage| stage.simulator.seed_cluster(&ClusterSeed::new("c", engine, version, 1))
    };
    check(
        seed("postgres", "16.6"),
        &json!({}),
        &["error at cluster_identifier: Cluster c is not an Aurora cluster"],
    )
    .await;
    check(
        seed("aurora-mysql", "8.0.mysql_aurora.3.02.0"),
        &json!({}),
        &["error at cluster_identifier: Cluster c runs a version without Kerberos"],
    )
    .await;
}

#[tokio::test]
async fn the_second_voice_is_a_warning() {
    check(
        |stage| stage.simulator.with(|state| state.options.orderable_kerberos = false),
        &json!({}),
        &["warning at cluster_identifier: AWS may not support Kerberos on db.r6g.large"],
    )
    .await;
}

#[tokio::test]
async fn a_cluster_outside_a_vpc() {
    check(
        |stage| stage.simulator.here(|region| region.vpcs.clear()),
        &json!({}),
        &["error at cluster_identifier: Cluster c is not in a VPC"],
    )
    .await;
}

#[tokio::test]
async fn directories_that_cannot_be_joined() {
    check(
        |_| {},
        &json!({"directory_id": "d-0000000000"}),
        &["error at directory_id: Directory d-0000000000 does not exist"],
    )
    .await;
    let stage = Stage::new().await;
    stage.simulator.here(|region| {
        let directory = region.directories.values_mut().next().unwrap();
        directory.stage = aws_simulator::Timeline::new("Inoperable", 0);
    });
    let told = stage.planned(&stage.config).await;
    assert!(told.len() == 1 && told[0].ends_with("is not Active"), "{told:?}");
}

#[tokio::test]
async fn roles_that_aurora_cannot_use() {
    check(
        |stage| {
            change_role(stage, |role| {
                role.trust_policy =
                    role.trust_policy.replace("directoryservice.rds.amazonaws.com", "s3.amazonaws.com");
            });
        },
        &json!({}),
        &[&format!("error at iam_role_name: Role {ROLE} cannot be assumed by Aurora")],
    )
    .await;
    let allows_not = format!("error at iam_role_name: Role {ROLE} does not allow what Aurora needs");
    check(|stage| change_role(stage, |role| role.attached.clear()), &json!({}), &[&allows_not]).await;
    // Equivalent statements, with wildcards, are as good as the managed policy.
    let wildcards =
        r#"{"Statement":[{"Effect":"Allow","Action":["ds:Describe*","ds:*Application*"],"Resource":"*"}]}"#;
    check(
        |stage| {
            change_role(stage, |role| {
                role.attached.clear();
                role.inline.insert("own".to_owned(), wildcards.to_owned());
            });
        },
        &json!({}),
        &[],
    )
    .await;
    let deny = r#"{"Statement":[{"Effect":"Deny","Action":"ds:AuthorizeApplication","Resource":"*"}]}"#;
    check(
        |stage| change_role(stage, |role| drop(role.inline.insert("deny".to_owned(), deny.to_owned()))),
        &json!({}),
        &[&allows_not],
    )
    .await;
}

#[tokio::test]
async fn a_cluster_of_another_domain() {
    let stage = Stage::new().await;
    let mut association = stage.association();
    association.apply(&stage.config).await.unwrap();
    stage.core.shutdown().await;
    stage.core.restart().await;
    let other = stage.with(&json!({"directory_id": unknown()}));
    assert_eq!(stage.planned(&other).await, ["error at cluster_identifier: Cluster c is in another domain"]);
    assert_eq!(
        stage.planned(&stage.config).await,
        ["warning at cluster_identifier: Cluster c is joined already"]
    );
}

#[tokio::test]
async fn a_cluster_is_not_managed_twice() {
    let stage = Stage::new().await;
    // Every look takes a while, so that the two plans overlap as those of one run of Terraform do.
    let delay = FaultKind::Delay(std::time::Duration::from_millis(200));
    stage.simulator.fault(Fault::new(Service::Rds, "DescribeDBClusters", delay));
    let (one, other) = tokio::join!(stage.planned(&stage.config), stage.planned(&stage.config));
    let twice = "error at cluster_identifier: Cluster c is managed twice".to_owned();
    assert!(one.contains(&twice) != other.contains(&twice), "{one:?} {other:?}");
    stage.simulator.clear_faults();
    // Plans that did not overlap are caught at apply.
    stage.association().apply(&stage.config).await.unwrap();
    let told = stage.association().apply(&stage.config).await.unwrap_err().to_string();
    assert!(told.contains("Cluster c is managed twice"), "{told}");
}

#[tokio::test]
async fn a_missing_permission_to_look_is_a_warning() {
    for (service, operation, path) in [
        (
            Service::Rds,
            "DescribeDBClusters",
            "cluster_identifier: Not checked: whether cluster c can join a domain",
        ),
        (
            Service::Rds,
            "DescribeDBInstances",
            "cluster_identifier: Not checked: whether cluster c can join a domain",
        ),
        (
            Service::Iam,
            "GetRole",
            &format!("iam_role_name: Not checked: whether Aurora can use the role {ROLE}"),
        ),
        (
            Service::Iam,
            "ListAttachedRolePolicies",
            &format!("iam_role_name: Not checked: what the role {ROLE} allows"),
        ),
    ] {
        let deny = Fault::new(service, operation, FaultKind::AccessDenied);
        check(|stage| stage.simulator.fault(deny), &json!({}), &[&format!("warning at {path}")]).await;
    }
    let stage = Stage::new().await;
    stage.simulator.fault(Fault::new(Service::Ds, "DescribeDirectories", FaultKind::AccessDenied));
    let told = stage.planned(&stage.config).await;
    assert!(told.len() == 1 && told[0].starts_with("warning at directory_id: Not checked"), "{told:?}");
    // Nor does it keep an apply from what may be done.
    stage.association().apply(&stage.config).await.unwrap();
}

#[tokio::test]
async fn malformed_values_are_refused_at_once() {
    let stage = Stage::new().await;
    for (name, value) in [
        ("cluster_identifier", "1c"),
        ("cluster_identifier", "arn:aws:rds:us-east-1:111122223333:cluster:c"),
        ("directory_id", "corp.example.com"),
        ("iam_role_name", "arn:aws:iam::111122223333:role/x"),
        ("reboot_strategy", "parallel"),
        ("timeouts", "x"),
    ] {
        let value = if name == "timeouts" { json!({"create": "soon"}) } else { json!(value) };
        let told = stage.association().validate(&stage.with(&json!({name: value}))).await;
        let path = if name == "timeouts" { "timeouts.create" } else { name };
        assert_eq!(told.paths(), [path], "{told}");
        assert!(told.has_error());
    }
}
