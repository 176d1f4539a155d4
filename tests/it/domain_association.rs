//! `aurorakerberos_domain_association`, over the real gRPC surface, against the simulator.

mod interrupted;
mod later;

use std::time::Duration;

use aws_simulator::{ClusterSeed, Config, Fault, FaultKind, Options, Service, Simulator, Steps};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, unknown};

const CLUSTER: &str = "c";

/// A simulator with a cluster `c` of instances `c-1` (the writer), `c-2`, …, an Active directory and a usable role.
struct Stage {
    simulator: Simulator,
    core: Core,
    directory: Object,
    role: Object,
    directory_id: String,
}

fn directory_config(name: &str) -> Json {
    json!({
        "name": name,
        "subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "admin_password_wo": "Correct-Horse-7",
        "admin_password_wo_version": 1,
    })
}

impl Stage {
    async fn with_options(members: usize, options: Options) -> Self {
        let simulator = Simulator::start(Config { options, ..Config::default() }).await;
        simulator.seed_cluster(&ClusterSeed::new(CLUSTER, "aurora-postgresql", "16.6", members));
        let core = Core::on(&simulator).await;
        let mut directory = core.resource("aurorakerberos_directory");
        let created = directory.apply(&directory_config("corp.example.com")).await.unwrap();
        let directory_id = created["id"].as_str().unwrap().to_owned();
        let mut role = core.resource("aurorakerberos_directory_access_role");
        role.apply(&json!({})).await.unwrap();
        simulator.clear_journal();
        Self { simulator, core, directory, role, directory_id }
    }

    async fn new(members: usize) -> Self {
        Self::with_options(members, Options::default()).await
    }

    /// Every step takes so many milliseconds.
    fn slow(&self, millis: u64) {
        self.simulator.set_steps(Steps::all(Duration::from_millis(millis)));
    }

    fn association(&self) -> Object {
        self.core.resource("aurorakerberos_domain_association")
    }

    fn config(&self) -> Json {
        self.config_with(&json!({}))
    }

    fn config_with(&self, more: &Json) -> Json {
        let mut config = json!({
            "cluster_identifier": CLUSTER,
            "directory_id": self.directory_id,
            "iam_role_name": "rds-directoryservice-kerberos-access-role",
            "reboot_strategy": "rolling",
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    }

    /// The instances for which a reboot took effect, in order.
    fn reboots(&self) -> Vec<String> {
        let journal = self.simulator.journal();
        let reboots = journal.iter().filter(|call| call.operation == "RebootDBInstance" && call.effective);
        reboots.filter_map(|call| call.parameter("DBInstanceIdentifier")).map(str::to_owned).collect()
    }

    fn modifications(&self) -> usize {
        let journal = self.simulator.journal();
        journal.iter().filter(|call| call.operation == "ModifyDBCluster" && call.effective).count()
    }

    /// Every instance was rebooted exactly once, the writer last, never two at once.
    fn assert_rolled(&self, members: usize) {
        let mut expect: Vec<String> = (2..=members).map(|n| format!("{CLUSTER}-{n}")).collect();
        expect.sort();
        expect.push(format!("{CLUSTER}-1"));
        assert_eq!(self.reboots(), expect);
        let most = self.simulator.here(|region| region.clusters[CLUSTER].most_rebooting);
        assert_eq!(most, 1, "instances that rebooted at the same time");
    }

    /// Puts every membership of the cluster's instances in that status, as an incident would.
    fn set_status(&self, instance: &str, status: &str) {
        self.simulator.with(|state| {
            let now = state.clock.now();
            let region = state.region(aws_simulator::DEFAULT_ACCOUNT, "us-east-1");
            let member = region.instances.get_mut(instance).unwrap();
            member.membership.as_mut().unwrap().set_status(status, now);
        });
    }

    fn add_reader(&self, id: &str) {
        self.simulator.here(|region| {
            let mut reader = region.instances["c-1"].clone();
            id.clone_into(&mut reader.id);
            (reader.writer, reader.membership, reader.reboots) = (false, None, 0);
            region.instances.insert(reader.id.clone(), reader);
        });
    }

    /// Waits until that many calls of the operation took effect.
    async fn until(&self, operation: &str, count: usize) {
        for _ in 0..2000 {
            let journal = self.simulator.journal();
            if journal.iter().filter(|call| call.operation == operation && call.effective).count() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{operation} was not called {count} times");
    }

    /// Destroys everything; the simulator then holds nothing that no state knows.
    async fn end(mut self, mut association: Object) {
        self.simulator.set_steps(Steps::default());
        association.destroy().await.unwrap();
        assert!(association.state_json().is_null());
        self.role.destroy().await.unwrap();
        self.directory.destroy().await.unwrap();
        assert_eq!(self.simulator.leftovers(), [""; 0]);
    }
}

async fn joins(members: usize) {
    let stage = Stage::new(members).await;
    stage.slow(30);
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    stage.assert_rolled(members);
    assert_eq!(stage.modifications(), 1);
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(state["domain_fqdn"], "corp.example.com");
    assert_eq!(state["realm"], "CORP.EXAMPLE.COM");
    assert_eq!(state["engine"], "aurora-postgresql");
    assert_eq!(state["pending_reboot"], json!([]));
    let memberships = state["domain_memberships"].as_array().unwrap();
    assert_eq!(memberships.len(), members);
    assert_eq!(memberships[members - 1]["role"], "writer");
    assert_eq!(association.refresh().await.unwrap(), state);
    assert_eq!(association.plan(&stage.config()).await.unwrap().action, Action::NoOp);
    stage.end(association).await;
}

#[tokio::test]
async fn a_single_instance_joins() {
    joins(1).await;
}

#[tokio::test]
async fn a_cluster_of_three_joins() {
    joins(3).await;
}

#[tokio::test]
async fn a_cluster_of_sixteen_joins() {
    joins(16).await;
}

#[tokio::test]
async fn a_cluster_without_instances_joins_and_leaves() {
    let stage = Stage::new(0).await;
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "no-instances");
    assert_eq!(state["realm"], "CORP.EXAMPLE.COM", "the directory tells it");
    association.refresh().await.unwrap();
    assert_eq!(association.plan(&stage.config()).await.unwrap().action, Action::NoOp);
    stage.end(association).await;
}

#[tokio::test]
async fn serverless_members_join() {
    let stage = Stage::new(2).await;
    stage.simulator.here(|region| {
        region.instances.values_mut().for_each(|member| "db.serverless".clone_into(&mut member.class));
    });
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.end(association).await;
}

#[tokio::test]
async fn aurora_mysql_shows_its_membership_on_the_cluster() {
    let stage = Stage::new(1).await;
    stage.slow(30);
    let config = stage.config_with(&json!({"cluster_identifier": "aurora-mysql-demo"}));
    let mut association = stage.association();
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(stage.reboots(), ["aurora-mysql-demo-2", "aurora-mysql-demo-1"]);
    association.refresh().await.unwrap();
    assert_eq!(association.plan(&config).await.unwrap().action, Action::NoOp);
    stage.end(association).await;
}

#[tokio::test]
async fn a_member_that_fails_ends_the_apply_with_the_reason() {
    let stage = Stage::new(3).await;
    stage.slow(30);
    stage.simulator.with(|state| state.orders.join_fails.add("c-2", "The DNS name cannot be resolved.", 1));
    let mut association = stage.association();
    let told = association.apply(&stage.config()).await.unwrap_err().to_string();
    for part in [
        "c-2 failed to join the domain",
        "Failed to join a host to a domain. The DNS name cannot be resolved.",
        "Security groups",
        "is in stage Active",
        "rebooted c-2",
        "c-3 (reader): available, pending-enable-kerberos",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert_eq!(stage.reboots(), ["c-2"], "the others were spared");
    assert!(association.is_tainted());
    assert_eq!(association.state_json()["status"], "enable-kerberos-failed");
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.end(association).await;
}

#[tokio::test]
async fn another_directory_is_joined_in_place() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    stage.slow(20);
    let mut second = stage.core.resource("aurorakerberos_directory");
    let plan = association.plan(&stage.config_with(&json!({"directory_id": unknown()}))).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.planned["realm"], "<unknown>");
    let created = second.apply(&directory_config("two.example.com")).await.unwrap();
    stage.simulator.clear_journal();
    let config = stage.config_with(&json!({"directory_id": created["id"]}));
    let state = association.apply_plan(&plan, &config).await.unwrap();
    assert_eq!((&state["status"], &state["realm"]), (&json!("kerberos-enabled"), &json!("TWO.EXAMPLE.COM")));
    assert_eq!(stage.reboots(), ["c-2", "c-1"]);
    // Somebody moves it back by hand: the plan shows the way here.
    let first = stage.directory_id.clone();
    stage.simulator.here(|region| {
        let member = region.instances.get_mut("c-1").unwrap();
        member.membership.as_mut().unwrap().domain.clone_from(&first);
    });
    assert_eq!(association.refresh().await.unwrap()["directory_id"], first);
    assert_eq!(association.plan(&config).await.unwrap().action, Action::Update);
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    association.destroy().await.unwrap();
    second.destroy().await.unwrap();
    stage.end(association).await;
}

#[tokio::test]
async fn another_role_is_taken_in_place_without_a_reboot() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    let mut second = stage.core.resource("aurorakerberos_directory_access_role");
    second.apply(&json!({"name": "second", "policy": "inline"})).await.unwrap();
    stage.simulator.clear_journal();
    let config = stage.config_with(&json!({"iam_role_name": "second"}));
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["domain_memberships"][0]["iam_role_name"], "second");
    assert_eq!((stage.modifications(), stage.reboots()), (1, Vec::new()));
    association.destroy().await.unwrap();
    second.destroy().await.unwrap();
    stage.end(association).await;
}

#[tokio::test]
async fn what_does_not_concern_aws_changes_nothing_there() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    stage.simulator.clear_journal();
    let config = stage.config_with(&json!({
        "cluster_identifier": "C",
        "reboot_strategy": "none",
        "apply_immediately": false,
        "timeouts": {"create": "3h"},
    }));
    let plan = association.plan(&config).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    assert_eq!(plan.planned["status"], "kerberos-enabled");
    let changed = association.apply_plan(&plan, &config).await.unwrap();
    assert_eq!(changed["domain_memberships"], state["domain_memberships"]);
    assert_eq!((stage.modifications(), stage.reboots()), (0, Vec::new()));
    stage.end(association).await;
}

#[tokio::test]
async fn without_reboots_the_apply_ends_with_what_to_reboot() {
    let stage = Stage::new(3).await;
    let config = stage.config_with(&json!({"reboot_strategy": "none"}));
    let mut association = stage.association();
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["status"], "pending-enable-kerberos");
    assert_eq!(state["pending_reboot"], json!(["c-2", "c-3", "c-1"]));
    let told = association.warnings().to_string();
    for id in ["c-2  # reader", "c-3  # reader", "c-1  # writer"] {
        let command = format!("aws rds reboot-db-instance --region us-east-1 --db-instance-identifier {id}");
        assert!(told.contains(&command), "{told}");
    }
    assert_eq!(stage.reboots(), [""; 0]);
    association.refresh().await.unwrap();
    assert_eq!(association.plan(&config).await.unwrap().action, Action::NoOp);
    for instance in ["c-2", "c-3", "c-1"] {
        stage.set_status(instance, "kerberos-enabled");
        association.refresh().await.unwrap();
        assert_eq!(association.plan(&config).await.unwrap().action, Action::NoOp);
    }
    assert_eq!(association.state_json()["status"], "kerberos-enabled");
    stage.end(association).await;
}

#[tokio::test]
async fn a_later_choice_to_reboot_is_carried_out() {
    let stage = Stage::new(2).await;
    let mut association = stage.association();
    association.apply(&stage.config_with(&json!({"reboot_strategy": "none"}))).await.unwrap();
    association.refresh().await.unwrap();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert_eq!(stage.modifications(), 1);
    stage.assert_rolled(2);
    stage.end(association).await;
}

#[tokio::test]
async fn the_maintenance_window_is_left_to_come() {
    let stage = Stage::new(2).await;
    let config = stage.config_with(&json!({"apply_immediately": false}));
    let mut association = stage.association();
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["status"], "pending-maintenance-enable-kerberos");
    assert!(association.warnings().to_string().contains("maintenance window: c-2, c-1"));
    association.refresh().await.unwrap();
    assert_eq!(association.plan(&config).await.unwrap().action, Action::NoOp);
    stage.simulator.with(aws_simulator::State::open_maintenance_window);
    association.refresh().await.unwrap();
    let state = association.apply(&config).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    stage.assert_rolled(2);
    stage.end(association).await;
}

#[tokio::test]
async fn a_timeout_says_how_far_it_came() {
    let stage = Stage::new(1).await;
    stage.slow(400);
    let mut association = stage.association();
    let config = stage.config_with(&json!({"timeouts": {"create": "1s", "update": "1m"}}));
    let told = association.apply(&config).await.unwrap_err().to_string();
    for part in ["Waited 1s", "Done so far", "modified cluster c", "c-1 (writer)"] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(association.is_tainted());
    stage.end(association).await;
}

#[tokio::test]
async fn what_is_busy_is_waited_for() {
    let stage = Stage::new(2).await;
    stage.simulator.with(|state| {
        state.orders.instance_busy.add("c-2", "", 3);
        state.orders.cluster_busy.add(CLUSTER, "The DB cluster is not in the available state.", 2);
    });
    let mut association = stage.association();
    association.apply(&stage.config()).await.unwrap();
    assert_eq!(stage.simulator.count("ModifyDBCluster"), 3);
    assert_eq!(stage.simulator.count("RebootDBInstance"), 5);
    stage.assert_rolled(2);
    stage.end(association).await;
}

#[tokio::test]
async fn looks_that_fail_in_passing_do_not_end_the_wait() {
    let stage = Stage::new(2).await;
    stage.slow(100);
    let running = stage.association().apply_in_background(&stage.config());
    stage.until("ModifyDBCluster", 1).await;
    stage.simulator.fault(Fault::new(Service::Rds, "DescribeDBInstances", FaultKind::ResetBefore).times(3));
    let (association, result) = running.await.unwrap();
    result.unwrap();
    stage.end(association).await;
}

#[tokio::test]
async fn iam_may_take_its_time() {
    let options =
        Options { iam_delay: Duration::from_millis(400), iam_hidden_reads: 2, ..Options::default() };
    let stage = Stage::with_options(1, options).await;
    let mut association = stage.association();
    let state = association.apply(&stage.config()).await.unwrap();
    assert_eq!(state["status"], "kerberos-enabled");
    assert!(stage.simulator.count("ModifyDBCluster") > 1, "RDS did not know the role at first");
    stage.end(association).await;
}
