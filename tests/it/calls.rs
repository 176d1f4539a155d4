//! How often AWS is called when Terraform walks over many objects, and that what is spared is never the truth: each
//! object is read as Terraform reads it, ten at a time, by a provider that knows nothing yet.

use aws_simulator::{ClusterSeed, Config, DEFAULT_ACCOUNT, Fault, FaultKind, Service, Simulator};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, simulator};

/// Terraform's default.
const PARALLELISM: usize = 10;

/// Refreshes and plans each object, as `terraform plan` does; gives the number of calls.
async fn empty_plan(
    simulator: &Simulator,
    core: &Core,
    objects: &mut [Object],
    config: impl Fn(usize) -> Json,
) -> usize {
    core.restart().await;
    simulator.clear_journal();
    let config = &config;
    let walk = objects.iter_mut().enumerate().map(|(n, object)| async move {
        object.refresh().await.unwrap();
        let plan = object.plan(&config(n)).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{n}: {}", plan.planned);
    });
    stream::iter(walk).buffer_unordered(PARALLELISM).collect::<()>().await;
    simulator.journal().len()
}

/// `count` objects of a kind, applied.
async fn applied(core: &Core, kind: &str, count: usize, config: impl Fn(usize) -> Json) -> Vec<Object> {
    let config = &config;
    let walk = (0..count).map(|n| async move {
        let mut object = core.resource(kind);
        object.apply(&config(n)).await.unwrap();
        object
    });
    stream::iter(walk).buffered(PARALLELISM).collect().await
}

async fn start(simulator: &Simulator) -> Core {
    let env = [("AURORAKERBEROS_POLL_INTERVAL", "2ms"), ("AURORAKERBEROS_RETRY_PAUSE", "1ms")];
    Core::start(&env, &simulator::provider_config(simulator)).await
}

fn role(n: usize) -> Json {
    json!({"name": format!("kerberos-{n}"), "policy": if n.is_multiple_of(2) { "managed" } else { "inline" },
           "description": "For Aurora", "tags": {"n": n.to_string()}})
}

/// Clusters, a directory and a role; and what associates the n-th cluster with the two.
async fn to_associate(clusters: usize, members: usize) -> (Simulator, Core, impl Fn(usize) -> Json) {
    let simulator = Simulator::start(Config::default()).await;
    for n in 0..clusters {
        simulator.seed_cluster(&ClusterSeed::new(&format!("c-{n}"), "aurora-postgresql", "16.6", members));
    }
    let core = start(&simulator).await;
    core.resource("aurorakerberos_directory_access_role").apply(&role(0)).await.unwrap();
    let directory = core.resource("aurorakerberos_directory").apply(&simulator::directory()).await.unwrap();
    let config = move |n: usize| {
        json!({"cluster_identifier": format!("c-{n}"), "directory_id": directory["id"],
               "iam_role_name": "kerberos-0", "reboot_strategy": "rolling"})
    };
    (simulator, core, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_plan_of_200_associations() {
    const COUNT: usize = 200;
    let (simulator, core, config) = to_associate(COUNT, 2).await;
    let mut objects = applied(&core, "aurorakerberos_domain_association", COUNT, &config).await;
    let calls = empty_plan(&simulator, &core, &mut objects, &config).await;
    assert!(calls <= 20, "{calls} calls: {:?}", by_operation(&simulator));
}

/// What the clusters write to RDS makes no answer of IAM or Directory Service stale.
#[tokio::test(flavor = "multi_thread")]
async fn an_apply_of_associations_asks_once_for_what_they_share() {
    const COUNT: usize = 40;
    let (simulator, core, config) = to_associate(COUNT, 2).await;
    core.restart().await;
    simulator.clear_journal();
    applied(&core, "aurorakerberos_domain_association", COUNT, &config).await;
    let began = simulator.journal().first().unwrap().at;
    let seconds = (simulator.journal().last().unwrap().at - began) / 1000;
    // An answer is good for fifteen seconds, and a walk may begin while the first one is on its way.
    let expect = 2 + usize::try_from(seconds / 15).unwrap();
    for operation in ["GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "DescribeDirectories"] {
        let count = simulator.count(operation);
        assert!(count <= expect, "{operation}: {count} in {seconds} s: {:?}", by_operation(&simulator));
    }
    assert_eq!(simulator.count("RebootDBInstance"), 2 * COUNT);
}

/// All trusts of a directory come in one answer, and all its forwarders in another.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_plan_of_20_trusts() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let directory = core.resource("aurorakerberos_directory").apply(&simulator::directory()).await.unwrap();
    let config = |n: usize| {
        json!({"directory_id": directory["id"], "remote_domain_name": format!("onprem{n}.example.com"),
               "trust_direction": "One-Way: Outgoing", "trust_password_wo": "Both-Sides-Know-8",
               "trust_password_wo_version": 1, "conditional_forwarder_ip_addrs": ["10.1.0.10"]})
    };
    let mut objects = applied(&core, "aurorakerberos_directory_trust", 20, &config).await;
    let calls = empty_plan(&simulator, &core, &mut objects, &config).await;
    assert!(calls <= 16, "{calls} calls: {:?}", by_operation(&simulator));
}

/// A caller whose policy names the clusters may ask for each of them and for nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_asked_together_is_asked_one_by_one() {
    const COUNT: usize = 8;
    let (simulator, core, config) = to_associate(COUNT, 1).await;
    simulator.with(|state| state.options.clusters_by_name_only = true);
    let mut objects = applied(&core, "aurorakerberos_domain_association", COUNT, &config).await;
    for object in &objects {
        assert!(object.warnings().is_empty(), "{}", object.warnings());
    }
    empty_plan(&simulator, &core, &mut objects, &config).await;
    // Nobody is hurt by a cluster of others.
    simulator.here(|region| region.clusters.remove("c-7"));
    core.restart().await;
    let walk = objects.iter_mut().map(|object| async move { object.refresh().await.is_ok() });
    let fine = futures_util::future::join_all(walk).await;
    assert_eq!(fine, [true; COUNT]);
}

/// A listing that takes longer than a walk pauses is made once.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_listing_is_made_once() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 30, role).await;
    let slow = FaultKind::Delay(std::time::Duration::from_secs(6));
    simulator.fault(Fault::new(Service::Iam, "GetAccountAuthorizationDetails", slow));
    let calls = empty_plan(&simulator, &core, &mut objects, role).await;
    assert_eq!(simulator.count("GetAccountAuthorizationDetails"), 1);
    assert!(calls <= 12, "{calls} calls: {:?}", by_operation(&simulator));
}

/// A listing that is throttled is asked for again, and does not end in a call for each object.
#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_listing_is_repeated() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 30, role).await;
    simulator.fault(Fault::new(Service::Iam, "ListRoles", FaultKind::Throttled).times(2));
    let calls = empty_plan(&simulator, &core, &mut objects, role).await;
    assert!(calls <= 14, "{calls} calls: {:?}", by_operation(&simulator));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_plan_of_100_roles() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 100, role).await;
    let calls = empty_plan(&simulator, &core, &mut objects, role).await;
    // The AWS provider makes four a role: GetRole, ListRolePolicies, ListAttachedRolePolicies and another one of
    // these for the attachment.
    assert!(calls <= 12, "{calls} calls: {:?}", by_operation(&simulator));
}

fn directory(n: usize) -> Json {
    let mut config = simulator::directory();
    config["name"] = json!(format!("corp{n}.example.com"));
    config["short_name"] = json!(format!("CORP{n}"));
    config["tags"] = json!({"n": n.to_string()});
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_plan_of_20_directories() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory", 20, directory).await;
    let calls = empty_plan(&simulator, &core, &mut objects, directory).await;
    // The AWS provider makes two a directory, DescribeDirectories and ListTagsForResource.
    assert!(calls <= 10, "{calls} calls: {:?}", by_operation(&simulator));
    // Tags that others changed show, though a listing was at hand.
    core.restart().await;
    simulator.here(|region| {
        for directory in region.directories.values_mut() {
            directory.tags.insert("other".to_owned(), "x".to_owned());
        }
    });
    for object in &mut objects {
        object.refresh().await.unwrap();
        assert_eq!(object.state_json()["tags"]["other"], "x");
    }
    assert_eq!(simulator.count("ListTagsForResource"), 20);
}

/// A tagging service that is nowhere said to be beside the emulated Directory Service is AWS's own, and not asked.
#[tokio::test(flavor = "multi_thread")]
async fn tags_are_never_asked_of_another_world() {
    let simulator = Simulator::start(Config::default()).await;
    let url = simulator.url();
    let mut provider = simulator::provider_config(&simulator);
    provider["endpoints"] = json!([{"ds": url, "ec2": url, "iam": url, "rds": url, "sts": url}]);
    let core = Core::start(&[("AURORAKERBEROS_POLL_INTERVAL", "2ms")], &provider).await;
    let mut objects = applied(&core, "aurorakerberos_directory", 6, directory).await;
    empty_plan(&simulator, &core, &mut objects, directory).await;
    assert_eq!((simulator.count("GetResources"), simulator.count("ListTagsForResource")), (0, 6));
}

/// What a listing does not confirm is asked for by name, so what others changed shows, whatever it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_hides_nothing_that_others_changed() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 12, role).await;
    core.restart().await;
    simulator.with(|state| {
        let roles = &mut state.iam(DEFAULT_ACCOUNT).roles;
        let mut change = |n: usize, change: fn(&mut aws_simulator::Role)| {
            change(roles.get_mut(&format!("kerberos-{n}")).unwrap());
        };
        change(7, |role| role.description = None);
        change(8, |role| role.attached.clear());
        change(9, |role| role.inline.clear());
        change(10, |role| drop(role.tags.insert("other".to_owned(), "x".to_owned())));
        roles.remove("kerberos-11");
    });
    simulator.clear_journal();
    for object in &mut objects {
        object.refresh().await.unwrap();
    }
    assert_eq!(simulator.count("GetAccountAuthorizationDetails"), 1, "{:?}", by_operation(&simulator));
    let state = |n: usize| objects[n].state_json();
    assert_eq!(state(6)["description"], "For Aurora");
    assert_eq!(state(7)["description"], Json::Null);
    assert_eq!(state(8)["policy"], "none");
    assert_eq!(state(9)["policy"], "none");
    assert_eq!(state(10)["tags"]["other"], "x");
    assert_eq!(state(11), Json::Null);
}

/// Who reads an object again does not get what a listing showed before.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_read_again_is_read_anew() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 8, role).await;
    empty_plan(&simulator, &core, &mut objects, role).await;
    for round in 0..3 {
        let description = format!("round {round}");
        simulator.with(|state| {
            let role = state.iam(DEFAULT_ACCOUNT).roles.get_mut("kerberos-5").unwrap();
            role.description = Some(description.clone());
        });
        objects[5].refresh().await.unwrap();
        assert_eq!(objects[5].state_json()["description"], description);
    }
}

/// Read your writes: after an update of this process, no answer from before it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_fresh() {
    let simulator = Simulator::start(Config::default()).await;
    let core = start(&simulator).await;
    let mut objects = applied(&core, "aurorakerberos_directory_access_role", 8, role).await;
    empty_plan(&simulator, &core, &mut objects, role).await;
    for n in [5, 6] {
        let mut config = role(n);
        config["description"] = json!("changed");
        objects[n].apply(&config).await.unwrap();
        objects[n].refresh().await.unwrap();
        assert_eq!(objects[n].state_json()["description"], "changed");
        assert_eq!(objects[n].plan(&config).await.unwrap().action, Action::NoOp);
    }
}

/// A caller who may not list everything works as ever, and is not refused a second time.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_to_list_each_is_asked_for_by_name() {
    for operation in ["GetAccountAuthorizationDetails", "ListRoles"] {
        let simulator = Simulator::start(Config::default()).await;
        let core = start(&simulator).await;
        let mut objects = applied(&core, "aurorakerberos_directory_access_role", 20, role).await;
        simulator.fault(Fault::new(Service::Iam, operation, FaultKind::AccessDenied));
        empty_plan(&simulator, &core, &mut objects, role).await;
        assert_eq!(simulator.count(operation), 1, "{:?}", by_operation(&simulator));
        assert_eq!(simulator.count("GetRole"), 20);
    }
}

fn by_operation(simulator: &Simulator) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for call in simulator.journal() {
        *counts.entry(call.operation).or_default() += 1;
    }
    counts
}
