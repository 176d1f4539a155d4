//! Many objects at once under real Terraform, and two providers at once on the same object.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use aws_simulator::{ClusterSeed, Config, Simulator, Steps};
use serde_json::{Value as Json, json};

use crate::support::figures::check_section;
use crate::support::terraform::{Install, Program, Workspace};
use crate::support::{Core, Object, simulator};

/// What Terraform's `-parallelism` is set to; its default is 10.
const PARALLELISM: [usize; 3] = [1, 10, 50];

const DIRECTORIES: usize = 20;
const TRUSTS: usize = 60;
const ROLES: usize = 60;
const ASSOCIATIONS: usize = 60;

/// Two hundred objects. The quota of a Region is 20 directories.
fn configuration() -> String {
    format!(
        r#"
terraform {{
  required_providers {{
    aurorakerberos = {{ source = "aurorakerberos/aurorakerberos" }}
  }}
}}

resource "aurorakerberos_directory" "each" {{
  count                     = {DIRECTORIES}
  name                      = "corp${{count.index}}.example.com"
  short_name                = "CORP${{count.index}}"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = "Correct-Horse-7"
  admin_password_wo_version = 1
  tags                      = {{ number = count.index }}
}}

resource "aurorakerberos_directory_trust" "each" {{
  count                                   = {TRUSTS}
  directory_id                            = aurorakerberos_directory.each[count.index % {DIRECTORIES}].id
  remote_domain_name                      = "onprem${{count.index}}.example.org"
  trust_direction                         = "Two-Way"
  trust_password_wo                       = "Both-Sides-Know-8"
  trust_password_wo_version               = 1
  conditional_forwarder_ip_addrs          = ["10.1.0.10"]
  delete_associated_conditional_forwarder = true
}}

resource "aurorakerberos_directory_access_role" "each" {{
  count = {ROLES}
  name  = "access-${{count.index}}"
}}

resource "aurorakerberos_domain_association" "each" {{
  count              = {ASSOCIATIONS}
  cluster_identifier = "cluster-${{count.index}}"
  directory_id       = aurorakerberos_directory.each[count.index % {DIRECTORIES}].id
  iam_role_name      = aurorakerberos_directory_access_role.each[count.index].name
  reboot_strategy    = "rolling"
}}
"#
    )
}

/// What differs between two runs that did the same: what AWS makes up, and moments.
const MADE_UP: [&str; 9] = [
    "create_date",
    "created_time",
    "dns_ip_addresses",
    "last_updated_time",
    "launch_time",
    "security_group_id",
    "state_last_updated_time",
    "trust_id",
    "unique_id",
];

/// The state by address, with ids replaced by names.
fn normal(state: &Json) -> BTreeMap<String, String> {
    let resources = state["values"]["root_module"]["resources"].as_array().unwrap();
    let names = |kind: &str, name: &str| -> Vec<(String, String)> {
        let all = resources.iter().filter(|resource| resource["type"] == kind);
        all.map(|found| &found["values"])
            .map(|values| [&values["id"], &values[name]].map(|text| text.as_str().unwrap().to_owned()).into())
            .collect()
    };
    let ids = [
        names("aurorakerberos_directory", "name"),
        names("aurorakerberos_directory_trust", "remote_domain_name"),
    ]
    .concat();
    let normal = |resource: &Json| {
        let mut values = resource["values"].clone();
        values.as_object_mut().unwrap().retain(|name, _| !MADE_UP.contains(&name.as_str()));
        let text = ids.iter().fold(values.to_string(), |text, (id, name)| text.replace(id, name));
        (resource["address"].as_str().unwrap().to_owned(), text)
    };
    resources.iter().map(normal).collect()
}

/// Creates, plans, and destroys everything; gives the state in between, and how often AWS was called.
fn run(program: &Program, parallelism: usize) -> (BTreeMap<String, String>, usize) {
    let simulator = Simulator::try_start(&Config::default()).unwrap();
    for n in 0..ASSOCIATIONS {
        let seed = ClusterSeed::new(&format!("cluster-{n}"), "aurora-postgresql", "16.6", 1 + n % 2);
        simulator.seed_cluster(&seed);
    }
    let main = configuration();
    let workspace =
        Workspace::new(program, Install::Overrides, &simulator.url(), &[("main.tf", main.as_str())])
            .env("AURORAKERBEROS_POLL_INTERVAL", "2ms");
    let parallel = format!("-parallelism={parallelism}");
    let terraform = |words: &[&str]| {
        workspace.run(&[words, &["-input=false", "-no-color", parallel.as_str()]].concat()).ok()
    };
    let started = Instant::now();
    terraform(&["apply", "-auto-approve"]);
    let state = normal(&workspace.show());
    terraform(&["plan", "-detailed-exitcode"]);
    terraform(&["destroy", "-auto-approve"]);
    assert_eq!(simulator.leftovers(), [""; 0], "at parallelism {parallelism}");
    let calls = simulator.journal().len();
    let _ = writeln!(
        std::io::stderr(),
        "{} objects at parallelism {parallelism}: {calls} calls of AWS, {:.0?}",
        state.len(),
        started.elapsed()
    );
    (state, calls)
}

#[test]
fn parallelism_changes_nothing_but_the_time() {
    let Some(program) = Program::any() else { return };
    let runs: Vec<_> = std::thread::scope(|scope| {
        let program = &program;
        let threads = PARALLELISM.map(|parallelism| scope.spawn(move || run(program, parallelism)));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (first, _) = &runs[0];
    assert_eq!(first.len(), DIRECTORIES + TRUSTS + ROLES + ASSOCIATIONS);
    for ((state, _), parallelism) in runs.iter().zip(PARALLELISM) {
        for (address, values) in first {
            assert_eq!(state.get(address), Some(values), "{address} at parallelism {parallelism}");
        }
        assert_eq!(state.len(), first.len());
    }
    figures(first.len());
}

/// Two providers, each a process of its own, on one AWS in which changes take a while.
async fn two() -> (Simulator, [Core; 2]) {
    let simulator = simulator::start().await;
    simulator.set_steps(Steps::all(Duration::from_millis(60)));
    simulator.seed_cluster(&ClusterSeed::new("c", "aurora-postgresql", "16.6", 2));
    let env = [("AURORAKERBEROS_POLL_INTERVAL", "10ms")];
    let config = simulator::provider_config(&simulator);
    let cores = [Core::start(&env, &config).await, Core::start(&env, &config).await];
    (simulator, cores)
}

/// Applies both at the same time.
async fn both(objects: [&Object; 2], configs: [&Json; 2]) -> [(Object, Result<Json, String>); 2] {
    let [one, other] = [0, 1].map(|n| objects[n].apply_in_background(configs[n]));
    let (one, other) = tokio::join!(one, other);
    [one, other].map(|ended| {
        let (object, result) = ended.unwrap();
        (object, result.map_err(|told| told.to_string()))
    })
}

async fn role(core: &Core, name: &str) -> Object {
    let mut role = core.resource("aurorakerberos_directory_access_role");
    role.apply(&json!({"name": name})).await.unwrap();
    role
}

async fn directory(core: &Core, name: &str) -> Object {
    let mut directory = core.resource("aurorakerberos_directory");
    let mut config = simulator::directory();
    config["name"] = json!(name);
    directory.apply(&config).await.unwrap();
    directory
}

fn association(directory: &Object) -> Json {
    json!({
        "cluster_identifier": "c",
        "directory_id": directory.state_json()["id"],
        "iam_role_name": "kerberos",
        "reboot_strategy": "rolling",
    })
}

#[tokio::test]
async fn two_providers_that_join_one_cluster_to_one_directory_both_end_with_it_joined() {
    let (simulator, [one, other]) = two().await;
    let (mut role, mut directory) = (role(&one, "kerberos").await, directory(&one, "corp.example.com").await);
    let config = association(&directory);
    let associations = [&one, &other].map(|core| core.resource("aurorakerberos_domain_association"));
    let ended = both([&associations[0], &associations[1]], [&config, &config]).await;
    for (object, result) in &ended {
        assert_eq!(result.as_ref().unwrap()["status"], "kerberos-enabled");
        assert_eq!(object.state_json()["status"], "kerberos-enabled");
    }
    let most = simulator.here(|region| region.clusters["c"].most_rebooting);
    assert_eq!(most, 1, "instances rebooted at the same time");
    for (mut object, _) in ended {
        object.refresh().await.unwrap();
        object.destroy().await.unwrap();
    }
    directory.destroy().await.unwrap();
    role.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

#[tokio::test]
async fn of_two_providers_that_join_one_cluster_to_two_directories_one_says_what_the_other_does() {
    let (simulator, [one, other]) = two().await;
    let mut role = role(&one, "kerberos").await;
    let mut directories = [directory(&one, "a.example.com").await, directory(&other, "b.example.com").await];
    let configs = [association(&directories[0]), association(&directories[1])];
    let associations = [&one, &other].map(|core| core.resource("aurorakerberos_domain_association"));
    let applied = both([&associations[0], &associations[1]], [&configs[0], &configs[1]]);
    let mut ended =
        tokio::time::timeout(Duration::from_mins(1), applied).await.expect("neither waits for ever");
    let lost = ended.iter().position(|(_, result)| result.is_err()).expect("both cannot have it");
    let won = 1 - lost;
    assert_eq!(ended[won].1.as_ref().unwrap()["status"], "kerberos-enabled");
    let told = ended[lost].1.as_ref().unwrap_err();
    let winner = directories[won].state_json()["id"].as_str().unwrap().to_owned();
    for part in
        ["aurorakerberos_domain_association (c)", "Somebody else has modified cluster c", winner.as_str()]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    // What the loser leaves behind does not take the cluster from the winner.
    ended[lost].0.refresh().await.unwrap();
    ended[lost].0.destroy().await.unwrap();
    ended[won].0.refresh().await.unwrap();
    assert_eq!(ended[won].0.state_json()["status"], "kerberos-enabled");
    ended[won].0.destroy().await.unwrap();
    for directory in &mut directories {
        directory.destroy().await.unwrap();
    }
    role.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

/// One of the two has it; the other's error names it, and says how to manage what is there.
fn one_wins(ended: &[(Object, Result<Json, String>); 2], parts: &[&str]) -> usize {
    let lost: Vec<usize> = (0..2).filter(|n| ended[*n].1.is_err()).collect();
    let &[lost] = lost.as_slice() else { panic!("{lost:?} lost") };
    let told = ended[lost].1.as_ref().unwrap_err();
    for part in parts {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(ended[lost].0.state_json().is_null(), "what is not its own is in its state");
    1 - lost
}

#[tokio::test]
async fn of_two_providers_that_create_the_same_role_or_trust_one_wins() {
    let (simulator, [one, other]) = two().await;
    let objects = [&one, &other].map(|core| core.resource("aurorakerberos_directory_access_role"));
    let config = json!({"name": "kerberos"});
    let mut roles = both([&objects[0], &objects[1]], [&config, &config]).await;
    let parts = ["aurorakerberos_directory_access_role (kerberos)", "import {"];
    let won = one_wins(&roles, &parts);
    roles[won].0.destroy().await.unwrap();

    let mut directory = directory(&one, "corp.example.com").await;
    let objects = [&one, &other].map(|core| core.resource("aurorakerberos_directory_trust"));
    let config = json!({
        "directory_id": directory.state_json()["id"],
        "remote_domain_name": "onprem.example.org",
        "trust_direction": "Two-Way",
        "trust_password_wo": "Both-Sides-Know-8",
        "trust_password_wo_version": 1,
    });
    let mut trusts = both([&objects[0], &objects[1]], [&config, &config]).await;
    let won = one_wins(&trusts, &["onprem.example.org", "import {"]);
    trusts[won].0.destroy().await.unwrap();
    directory.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

/// AWS lets two directories have one name. Each state has its own, and an alias is of one of them.
#[tokio::test]
async fn two_providers_that_create_directories_of_one_name_have_one_each() {
    let (simulator, [one, other]) = two().await;
    let objects = [&one, &other].map(|core| core.resource("aurorakerberos_directory"));
    let mut config = simulator::directory();
    config["alias"] = json!("corp-both");
    let mut ended = both([&objects[0], &objects[1]], [&config, &config]).await;
    let ids = [0, 1].map(|n| ended[n].0.state_json()["id"].as_str().map(str::to_owned));
    let told: Vec<&String> = ended.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    let [told] = told[..] else { panic!("{told:?}") };
    match &ids {
        [Some(one), Some(other)] => assert!(one != other && told.contains("corp-both"), "{told}"),
        // On a machine that is busy, one may come when the other's directory shows already.
        [Some(id), None] | [None, Some(id)] => {
            assert!(told.contains(id) && told.contains("import {"), "{told}");
        }
        [None, None] => panic!("neither has one: {told}"),
    }
    for (object, _) in &mut ended {
        object.destroy().await.unwrap();
    }
    assert_eq!(simulator.leftovers(), [""; 0]);
}

fn figures(objects: usize) {
    let levels = PARALLELISM.map(|parallelism| parallelism.to_string()).join(", ");
    check_section(
        "concurrency",
        &format!(
            "## Concurrency (`tests/it/concurrency.rs`)\n\n\
             | | |\n|---|---|\n| objects, applied and destroyed by Terraform | {objects} |\n\
             | `-parallelism` | {levels} |\n| errors | 0 |\n| objects whose states differ | 0 |\n\
             | changes in the second plan | 0 |\n| objects left after the destroy | 0 |\n"
        ),
    );
}
