//! The whole provider under real Terraform, both versions, installed both ways.

use std::time::Duration;

use aws_simulator::{Config, DEFAULT_ACCOUNT, Simulator, Steps};
use serde_json::Value as Json;

use crate::support::terraform::{Install, Program, Workspace};

const DIRECTORY: &str = "aurorakerberos_directory.corp";
const TRUST: &str = "aurorakerberos_directory_trust.onprem";
const ROLE: &str = "aurorakerberos_directory_access_role.aurora";
const ASSOCIATION: &str = "aurorakerberos_domain_association.demo";

const PASSWORDS: [&str; 2] = ["Correct-Horse-7", "Both-Sides-Know-8"];

/// All resource types and the data source, with the guide's steps 1, 2, 3, 6 and 8.
const MAIN: &str = r#"
terraform {
  required_providers {
    aurorakerberos = { source = "aurorakerberos/aurorakerberos" }
  }
}

variable "admin_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "trust_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "aurorakerberos_directory" "corp" {
  name                      = "corp.example.com"
  short_name                = "CORP"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1
  tags                      = { team = "db" }
}

resource "aurorakerberos_directory_trust" "onprem" {
  directory_id                            = aurorakerberos_directory.corp.id
  remote_domain_name                      = "onprem.example.org"
  trust_direction                         = "Two-Way"
  trust_password_wo                       = var.trust_password
  trust_password_wo_version               = 1
  conditional_forwarder_ip_addrs          = ["10.1.0.10"]
  delete_associated_conditional_forwarder = true
}

resource "aurorakerberos_directory_access_role" "aurora" {
  name = "aurora-directory-access"
}

resource "aurorakerberos_domain_association" "demo" {
  cluster_identifier = "aurora-demo"
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name
  reboot_strategy    = "rolling"
}

data "aurorakerberos_krb5_conf" "clients" {
  directory_id = aurorakerberos_directory.corp.id

  # The realms of its trusts are read too.
  depends_on = [aurorakerberos_directory_trust.onprem]
}

output "krb5_conf" {
  value = data.aurorakerberos_krb5_conf.clients.content
}
"#;

fn simulator() -> Simulator {
    let simulator = Simulator::try_start(&Config::default()).unwrap();
    simulator.set_steps(Steps::all(Duration::from_millis(30)));
    simulator
}

fn workspace(program: &Program, install: Install, simulator: &Simulator) -> Workspace {
    let workspace = Workspace::new(program, install, &simulator.url(), &[("main.tf", MAIN)])
        .env("TF_VAR_admin_password", PASSWORDS[0])
        .env("TF_VAR_trust_password", PASSWORDS[1]);
    if install == Install::Mirror {
        workspace.init();
    }
    workspace
}

/// The actions of a plan, by address, without those that change nothing.
fn actions(workspace: &Workspace) -> Vec<(String, String)> {
    workspace.run(&["plan", "-input=false", "-no-color", "-out=plan.bin"]).ok();
    let plan: Json = serde_json::from_str(&workspace.run(&["show", "-json", "plan.bin"]).ok()).unwrap();
    let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
    let actions = changes.iter().map(|change| {
        let words: Vec<&str> = change["change"]["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap())
            .collect();
        (change["address"].as_str().unwrap().to_owned(), words.join(","))
    });
    actions.filter(|(_, words)| words != "no-op").collect()
}

fn whole_life(program: Option<Program>, install: Install) {
    let Some(program) = program else { return };
    let simulator = simulator();
    let workspace = workspace(&program, install, &simulator);
    workspace.validate();
    assert!(workspace.plan_has_changes());
    workspace.apply();
    workspace.assert_plan_is_empty();
    assert_eq!(workspace.attributes(ASSOCIATION)["status"], "kerberos-enabled");
    let krb5_conf = workspace.run(&["output", "-raw", "krb5_conf"]).ok();
    assert!(krb5_conf.starts_with('[') && krb5_conf.contains("CORP.EXAMPLE.COM"), "{krb5_conf}");

    import_each(&program, install, &simulator, &workspace);

    // Somebody removes the forwarder and takes the role's permissions away.
    simulator.with(|state| {
        let role = state.iam(DEFAULT_ACCOUNT).roles.values_mut().next().unwrap();
        role.attached.clear();
    });
    simulator
        .here(|region| region.directories.values_mut().for_each(|directory| directory.forwarders.clear()));
    let mut drifted = actions(&workspace);
    // The data source depends on the trust, so it is read again once that has changed.
    drifted.retain(|(_, words)| words != "read");
    drifted.sort();
    assert_eq!(drifted, [(ROLE, "update"), (TRUST, "update")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    workspace.apply();
    workspace.assert_plan_is_empty();
    assert_eq!(simulator.here(|region| region.directories.values().next().unwrap().forwarders.len()), 1);

    workspace.destroy();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

/// Imports all that the first workspace made into a second one. What an import cannot know (versions of passwords,
/// strategies) may be filled in; nothing is replaced, and no password is sent.
fn import_each(program: &Program, install: Install, simulator: &Simulator, made: &Workspace) {
    let imported = workspace(program, install, simulator);
    let text = |address: &str, name: &str| made.attributes(address)[name].as_str().unwrap().to_owned();
    let directory = text(DIRECTORY, "id");
    imported.import(DIRECTORY, &directory);
    imported.import(TRUST, &format!("{directory}/onprem.example.org"));
    imported.import(ROLE, "aurora-directory-access");
    imported.import(ASSOCIATION, "aurora-demo");
    simulator.clear_journal();
    let changes = actions(&imported);
    assert!(changes.iter().all(|(_, words)| words == "update" || words == "read"), "{changes:?}");
    imported.apply();
    imported.assert_plan_is_empty();
    for operation in
        ["CreateMicrosoftAD", "ResetUserPassword", "CreateTrust", "CreateRole", "RebootDBInstance"]
    {
        assert_eq!(simulator.count(operation), 0, "{operation} after an import");
    }
    for (address, name) in
        [(DIRECTORY, "dns_ip_addresses"), (TRUST, "id"), (ROLE, "arn"), (ASSOCIATION, "domain_fqdn")]
    {
        assert_eq!(imported.attributes(address)[name], made.attributes(address)[name], "{address}.{name}");
    }
}

#[test]
fn whole_life_by_overrides_on_path() {
    whole_life(Program::on_path(), Install::Overrides);
}

#[test]
fn whole_life_by_mirror_on_path() {
    whole_life(Program::on_path(), Install::Mirror);
}

#[test]
fn whole_life_by_overrides_from_pypi() {
    whole_life(Program::from_pypi(), Install::Overrides);
}

#[test]
fn whole_life_by_mirror_from_pypi() {
    whole_life(Program::from_pypi(), Install::Mirror);
}

/// Terraform 1.12 and later import by identity.
#[test]
fn identities_import_each_type() {
    let Some(program) = Program::from_pypi() else { return };
    let simulator = simulator();
    let made = workspace(&program, Install::Overrides, &simulator);
    made.apply();
    let directory = made.attributes(DIRECTORY)["id"].as_str().unwrap().to_owned();
    let imported = workspace(&program, Install::Overrides, &simulator);
    let identities = [
        (DIRECTORY, format!("id = {directory:?}")),
        (TRUST, format!("directory_id = {directory:?}\nremote_domain_name = \"onprem.example.org\"")),
        (ROLE, "name = \"aurora-directory-access\"".to_owned()),
        (ASSOCIATION, "cluster_identifier = \"aurora-demo\"".to_owned()),
    ];
    let blocks =
        identities.map(|(to, identity)| format!("import {{\nto = {to}\nidentity = {{\n{identity}\n}}\n}}\n"));
    imported.write("imports.tf", &blocks.concat());
    let said = imported.apply();
    assert!(said.contains("4 imported, 0 added") && said.contains("0 destroyed"), "{said}");
    imported.assert_plan_is_empty();
}

/// Milliseconds since midnight, from the beginning of a line of Terraform's log.
fn time_of(line: &str) -> u64 {
    let time = line.split_once('T').and_then(|(_, rest)| rest.split_once('Z')).map(|(time, _)| time);
    let parts: Vec<u64> =
        time.unwrap_or_default().split([':', '.']).map(|part| part.parse().unwrap()).collect();
    let [hours, minutes, seconds, milliseconds] = parts[..] else { panic!("no time in {line}") };
    ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
}

/// Terraform starts a provider for each step of a run and waits for its end: a slow one is felt at every command.
#[test]
fn every_process_of_a_plan_ends_at_once() {
    let Some(program) = Program::any() else { return };
    let simulator = simulator();
    let workspace = workspace(&program, Install::Overrides, &simulator).env("TF_LOG", "TRACE");
    let log = workspace.run(&["plan", "-input=false", "-no-color"]).stderr;
    let (mut started, mut ended, mut asked) = (0, 0, std::collections::VecDeque::new());
    for line in log.lines() {
        if line.contains("provider: plugin started:") {
            started += 1;
        } else if line.contains("the host asked for it") {
            asked.push_back(time_of(line));
        } else if line.contains("provider: plugin process exited:") {
            ended += 1;
            let asked = asked.pop_front().unwrap_or_else(|| panic!("it ended unasked: {line}"));
            let took = (time_of(line) + 86_400_000 - asked) % 86_400_000;
            assert!(took < 500, "a process took {took} ms to end");
        }
    }
    assert!(started >= 2 && started == ended, "{started} started, {ended} ended:\n{log}");
    assert!(!log.contains("failed to exit gracefully"), "{log}");
}

/// What costs money is never lost: a directory that is on its way when the user presses Ctrl-C lies in the state.
#[cfg(unix)]
#[test]
fn an_interrupted_create_goes_on() {
    let Some(program) = Program::any() else { return };
    let simulator = simulator();
    simulator.set_steps(Steps::all(Duration::from_mins(10)));
    let workspace = workspace(&program, Install::Overrides, &simulator);
    let target = format!("-target={DIRECTORY}");
    let apply = workspace.start(&["apply", "-input=false", "-no-color", "-auto-approve", &target]);
    let until = std::time::Instant::now() + Duration::from_mins(1);
    while simulator.count("CreateMicrosoftAD") == 0 {
        assert!(std::time::Instant::now() < until, "no directory is made: {}", apply.output());
        std::thread::sleep(Duration::from_millis(20));
    }
    simulator.clear_journal();
    while simulator.count("DescribeDirectories") < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    apply.interrupt();
    let said = apply.wait().error();
    assert_eq!(said.replace("Error: execution halted", "").trim(), "");
    let id = simulator.here(|region| region.directories.keys().next().unwrap().clone());
    assert_eq!(workspace.attributes(DIRECTORY)["id"], *id);

    // The next apply goes on with that one.
    simulator.clear_journal();
    simulator.advance(Duration::from_hours(1));
    simulator.set_steps(Steps::all(Duration::ZERO));
    workspace.run(&["apply", "-input=false", "-no-color", "-auto-approve", &target]).ok();
    assert_eq!(workspace.attributes(DIRECTORY)["id"], *id);
    assert_eq!(workspace.attributes(DIRECTORY)["stage"], "Active");
    assert_eq!(simulator.count("CreateMicrosoftAD"), 0);
    workspace.destroy();
    assert_eq!(simulator.leftovers(), [""; 0]);
}
