//! Objects that the provider cannot see: in another Region or account than it is configured for, and behind answers that
//! are none. Nothing of that takes an object out of the state.

use aws_simulator::{Account, ClusterSeed, Config, Fault, FaultKind, Service, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{Core, Object, simulator};

const DIRECTORY: &str = "aurorakerberos_directory";
const TRUST: &str = "aurorakerberos_directory_trust";
const ROLE: &str = "aurorakerberos_directory_access_role";
const ASSOCIATION: &str = "aurorakerberos_domain_association";

/// One object of each kind.
struct World {
    simulator: Simulator,
    core: Core,
    objects: Vec<Object>,
    configs: Vec<Json>,
}

async fn world() -> World {
    let accounts = vec![
        Account::new("test", "test", aws_simulator::DEFAULT_ACCOUNT),
        Account::new("other", "other", "444455556666"),
    ];
    let simulator = Simulator::start(Config { accounts, ..Config::default() }).await;
    simulator.seed_cluster(&ClusterSeed::new("c", "aurora-postgresql", "16.6", 1));
    let core = Core::on(&simulator).await;
    let mut objects = Vec::new();
    let mut configs = vec![simulator::directory(), json!({"name": "kerberos"})];
    for kind in [DIRECTORY, ROLE] {
        let mut object = core.resource(kind);
        object.apply(&configs[objects.len()]).await.unwrap();
        objects.push(object);
    }
    let directory = objects[0].state_json()["id"].clone();
    configs.push(json!({
        "directory_id": directory, "remote_domain_name": "onprem.example.com", "trust_direction": "One-Way: Outgoing",
        "trust_password_wo": "Both-Sides-Know-8", "trust_password_wo_version": 1,
        "conditional_forwarder_ip_addrs": ["10.1.0.10"],
    }));
    configs.push(json!({
        "cluster_identifier": "c", "directory_id": directory, "iam_role_name": "kerberos", "reboot_strategy": "rolling",
    }));
    for kind in [TRUST, ASSOCIATION] {
        let mut object = core.resource(kind);
        object.apply(&configs[objects.len()]).await.unwrap();
        objects.push(object);
    }
    World { simulator, core, objects, configs }
}

impl World {
    async fn end(self) {
        for object in self.objects.into_iter().rev() {
            object.with(&self.core).destroy().await.unwrap();
        }
        assert_eq!(self.simulator.leftovers(), [""; 0]);
    }
}

/// Refreshes, changes and destroys the object with a provider that is configured for another place.
async fn is_refused(object: &Object, config: &Json, there: &Core, expect: &[&str]) {
    let mut object = object.clone().with(there);
    let before = object.state_json();
    let refreshed = object.refresh().await.unwrap_err();
    let mut changed = config.clone();
    changed["timeouts"] = json!({"update": "7m"});
    let applied = object.apply(&changed).await.unwrap_err();
    let destroyed = object.destroy().await.unwrap_err();
    for told in [refreshed, applied, destroyed] {
        let told = told.to_string();
        for part in expect.iter().chain(&["Nothing was", "terraform state rm"]) {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
    assert_eq!(object.state_json(), before, "the state still knows it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_another_region_or_account_is_left_alone() {
    let world = world().await;
    let region = Core::on_with(&world.simulator, &json!({"region": "eu-west-2"})).await;
    let account =
        Core::on_with(&world.simulator, &json!({"access_key": "other", "secret_key": "other"})).await;
    world.simulator.clear_journal();
    for (object, config) in world.objects.iter().zip(&world.configs) {
        if object.type_name() != ROLE {
            is_refused(object, config, &region, &["Region us-east-1", "Region eu-west-2"]).await;
        }
        is_refused(object, config, &account, &["account 111122223333", "account 444455556666"]).await;
    }
    let writes = world.simulator.journal().into_iter().map(|call| call.operation);
    let writes: Vec<String> = writes
        .filter(|name| !["Describe", "Get", "List"].iter().any(|read| name.starts_with(read)))
        .collect();
    assert_eq!(writes, [""; 0]);
    // A role is of the account, whatever the Region.
    let mut role = world.objects[1].clone().with(&region);
    assert_eq!(role.refresh().await.unwrap(), world.objects[1].state_json());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_names_another_place_is_not_imported() {
    let world = world().await;
    let whole: Vec<Json> = world.objects.iter().map(Object::identity_json).collect();
    for (object, identity) in world.objects.iter().zip(whole) {
        for (part, other) in [("region", "eu-west-2"), ("account_id", "444455556666")] {
            let mut elsewhere = identity.clone();
            if elsewhere[part].is_null() {
                continue;
            }
            elsewhere[part] = json!(other);
            let told = world.core.resource(object.type_name()).import_identity(&elsewhere).await.unwrap_err();
            let told = told.to_string();
            assert!(told.contains(part) && told.contains(other) && told.contains("Nothing was"), "{told}");
        }
        world.core.resource(object.type_name()).import_identity(&identity).await.unwrap();
    }
    world.end().await;
}

/// A success that says nothing does not say that there is nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_list_takes_nothing_out_of_the_state() {
    let mut world = world().await;
    for (n, service, operation) in [
        (0, Service::Ds, "DescribeDirectories"),
        (1, Service::Iam, "GetRole"),
        (2, Service::Ds, "DescribeTrusts"),
        (2, Service::Ds, "DescribeConditionalForwarders"),
        (3, Service::Rds, "DescribeDBClusters"),
        (3, Service::Rds, "DescribeDBInstances"),
    ] {
        let object = &mut world.objects[n];
        let before = object.state_json();
        world.simulator.fault(Fault::new(service, operation, FaultKind::Empty));
        let told = match object.refresh().await {
            Err(told) => told.to_string(),
            Ok(state) => panic!("{operation}: {state}"),
        };
        assert!(told.contains(operation), "{told}");
        // The others are asked to go without a look at them.
        if service == Service::Rds {
            object.destroy().await.unwrap_err();
        }
        assert_eq!(object.state_json(), before, "{operation}");
        world.simulator.clear_faults();
    }
    world.end().await;
}
