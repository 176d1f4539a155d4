//! Interruptions of real Terraform, both versions: a spread of what the matrix holds as a whole.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_simulator::{Boundary, Config, Service, Simulator};

use super::case::Way;
use super::life::{Kind, Step};
use crate::support::processes::{kill, providers_of, wait_for_end};
use crate::support::terraform::{Install, Program, Running, Workspace};

/// How many cases run at a time.
const WORKERS: usize = 4;

/// Longer than Terraform takes to come to a call, and to notice a signal.
const LONG: Duration = Duration::from_mins(1);

const COMMAND: [&str; 4] = ["-input=false", "-no-color", "-auto-approve", "-parallelism=4"];

/// One interruption: of which step of which object, at which call, how.
pub(super) struct Case {
    kind: Kind,
    step: Step,
    call: (Service, &'static str, u64),
    boundary: Boundary,
    way: Way,
    /// Whether the next apply asks for an import. None: it depends on who is quicker.
    adopts: Option<bool>,
}

const fn case(
    (kind, step): (Kind, Step),
    call: (Service, &'static str, u64),
    boundary: Boundary,
    way: Way,
    adopts: Option<bool>,
) -> Case {
    Case { kind, step, call, boundary, way, adopts }
}

pub(super) const CASES: &[Case] = {
    use Boundary::{After, Before};
    use Kind::{Association, Directory, Role, Trust};
    use Service::{Ds, Iam, Rds};
    use Step::{Change, Create, Destroy};
    use Way::{GroupTerminated, ProviderKilled, Stopped, StoppedTwice, TerraformKilled};
    const DIRECTORY: (Service, &str, u64) = (Ds, "CreateMicrosoftAD", 1);
    const TRUST: (Service, &str, u64) = (Ds, "CreateTrust", 1);
    &[
        case((Directory, Create), DIRECTORY, After, ProviderKilled, Some(true)),
        case((Directory, Create), DIRECTORY, After, TerraformKilled, Some(true)),
        case((Directory, Create), DIRECTORY, After, Stopped, Some(false)),
        case((Directory, Create), DIRECTORY, After, StoppedTwice, Some(true)),
        case((Directory, Create), DIRECTORY, After, GroupTerminated, Some(false)),
        case((Directory, Create), DIRECTORY, Before, TerraformKilled, Some(false)),
        case((Directory, Change), (Ds, "AddTagsToResource", 1), After, StoppedTwice, None),
        case((Directory, Destroy), (Ds, "DeleteDirectory", 1), After, TerraformKilled, Some(false)),
        case((Trust, Create), TRUST, After, TerraformKilled, Some(true)),
        case((Trust, Create), TRUST, After, Stopped, Some(false)),
        case((Role, Create), (Iam, "CreateRole", 1), After, ProviderKilled, Some(true)),
        case((Role, Create), (Iam, "AttachRolePolicy", 1), After, TerraformKilled, Some(true)),
        case((Role, Create), (Iam, "CreateRole", 1), After, Stopped, Some(false)),
        case((Role, Create), (Iam, "CreateRole", 1), After, GroupTerminated, Some(false)),
        case((Role, Destroy), (Iam, "DeleteRole", 1), Before, ProviderKilled, Some(false)),
        case((Association, Create), (Rds, "ModifyDBCluster", 1), After, ProviderKilled, Some(false)),
        case((Association, Create), (Rds, "RebootDBInstance", 1), After, TerraformKilled, Some(false)),
        case((Association, Create), (Rds, "RebootDBInstance", 2), After, Stopped, Some(false)),
        case((Association, Create), (Rds, "RebootDBInstance", 2), After, GroupTerminated, Some(false)),
        case((Association, Destroy), (Rds, "ModifyDBCluster", 1), After, StoppedTwice, Some(false)),
        // While the destroy is planned: of three objects, of which the next one is asked about.
        case((Association, Destroy), (Ds, "DescribeDirectories", 1), Before, GroupTerminated, Some(false)),
    ]
};

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.boundary == Boundary::Before { "before" } else { "after" };
        write!(f, "{}, {}, {side} {}, {}", self.kind, self.step, self.call.1, self.way.words())
    }
}

const DIRECTORY: &str = r#"
resource "aurorakerberos_directory" "corp" {
  name                      = "corp.example.com"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = "Correct-Horse-7"
  admin_password_wo_version = 1
  tags                      = { team = "TEAM" }
}
"#;

const TRUST: &str = r#"
resource "aurorakerberos_directory_trust" "onprem" {
  directory_id                            = aurorakerberos_directory.corp.id
  remote_domain_name                      = "onprem.example.org"
  trust_direction                         = "Two-Way"
  trust_password_wo                       = "Both-Sides-Know-8"
  trust_password_wo_version               = 1
  conditional_forwarder_ip_addrs          = ["10.1.0.10"]
  delete_associated_conditional_forwarder = true
}
"#;

const ROLE: &str = r#"
resource "aurorakerberos_directory_access_role" "aurora" {
  name = "aurora-directory-access"
}
"#;

const ASSOCIATION: &str = r#"
resource "aurorakerberos_domain_association" "demo" {
  cluster_identifier = "aurora-demo"
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name
  reboot_strategy    = "rolling"
}
"#;

fn configuration(kind: Kind, step: Step) -> String {
    let parts: &[&str] = match kind {
        Kind::Directory => &[DIRECTORY],
        Kind::Trust => &[DIRECTORY, TRUST],
        Kind::Role => &[ROLE],
        Kind::Association => &[DIRECTORY, ROLE, ASSOCIATION],
    };
    let source = "aurorakerberos/aurorakerberos";
    let providers =
        format!("terraform {{\nrequired_providers {{\naurorakerberos = {{ source = {source:?} }}\n}}\n}}\n");
    providers + &parts.concat().replace("TEAM", if step == Step::Create { "db" } else { "identity" })
}

/// Runs a case. Says whether an import was asked for.
fn run(case: &Case, program: &Program) -> bool {
    let simulator = Simulator::try_start(&Config::default()).unwrap();
    let first = configuration(case.kind, Step::Create);
    let workspace = Workspace::new(program, Install::Overrides, &simulator.url(), &[("main.tf", &first)])
        .env("AURORAKERBEROS_RETRY_PAUSE", "1ms")
        .in_own_group();
    let words = |verb| [&[verb][..], &COMMAND].concat();
    let verb = if case.step == Step::Destroy { "destroy" } else { "apply" };
    if case.step != Step::Create {
        workspace.run(&words("apply")).ok();
    }
    if case.step == Step::Change {
        workspace.write("main.tf", &configuration(case.kind, case.step));
    }

    let (service, operation, nth) = case.call;
    let hold = simulator.hold(service, operation, nth, case.boundary);
    let terraform = workspace.start(&words(verb));
    assert!(hold.reached_within(LONG), "it never calls {operation}:\n{}", terraform.output());
    interrupt(case.way, terraform, || hold.release());
    hold.cut();

    let next = workspace.run(&words(verb));
    let adopts = next.code != Some(0);
    if adopts {
        let block = import_block(&next.stderr)
            .unwrap_or_else(|| panic!("an error without an import block:\n{}", next.stderr));
        workspace.write("import.tf", &block);
        workspace.run(&words(verb)).ok();
    }
    if case.step != Step::Destroy {
        workspace.assert_plan_is_empty();
        workspace.run(&words("destroy")).ok();
    }
    if let Some(creation) = case.kind.creation() {
        let made =
            simulator.journal().iter().filter(|call| call.effective && call.operation == creation).count();
        assert_eq!(made, 1, "{creation} took effect more than once");
    }
    assert_eq!(simulator.leftovers(), [""; 0], "LOST");
    adopts
}

/// Interrupts a Terraform whose provider's call is held, and waits for its end.
fn interrupt(way: Way, terraform: Running, release: impl FnOnce()) {
    let (pid, providers) = (terraform.pid(), providers_of(terraform.pid()));
    assert_eq!(providers.len(), 1, "one provider works while a call is held");
    match way {
        Way::ProviderKilled => kill(providers[0]),
        Way::TerraformKilled => kill(pid),
        Way::Stopped => {
            press_ctrl_c(&terraform, "Interrupt received");
            release();
        }
        Way::GroupTerminated => {
            terraform.terminate_group();
            wait_for_answer(&terraform, "Interrupt received");
            // Longer than a provider lives that does not wait for its calls.
            std::thread::sleep(Duration::from_millis(300));
            release();
        }
        Way::StoppedTwice => {
            press_ctrl_c(&terraform, "Interrupt received");
            press_ctrl_c(&terraform, "Two interrupts received");
        }
    }
    let outcome = terraform.wait();
    assert_ne!(outcome.code, Some(0), "an interrupted run succeeded:\n{}", outcome.stdout);
    if way == Way::GroupTerminated {
        assert!(!outcome.stderr.contains("did not respond"), "a call was cut:\n{}", outcome.stderr);
    }
    // Nobody waits for its end but the system: it must come by itself.
    wait_for_end(providers[0]);
}

/// Sends SIGINT and waits until Terraform says that it has it.
fn press_ctrl_c(terraform: &Running, answer: &str) {
    terraform.interrupt();
    wait_for_answer(terraform, answer);
}

fn wait_for_answer(terraform: &Running, answer: &str) {
    let until = Instant::now() + LONG;
    while !terraform.output().contains(answer) {
        assert!(Instant::now() < until, "no answer to a signal:\n{}", terraform.output());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The `import` block of an error, with the address that Terraform names beside it.
fn import_block(stderr: &str) -> Option<String> {
    let lines: Vec<&str> = stderr.lines().collect();
    let address = lines.iter().find_map(|line| line.trim().strip_prefix("with ")?.strip_suffix(','))?;
    let start = lines.iter().position(|line| *line == "import {")?;
    let length = lines[start..].iter().position(|line| *line == "}")?;
    let block = lines[start..=start + length].join("\n");
    let type_name = address.split('.').next()?;
    Some(block.replace(&format!("{type_name}.NAME"), address))
}

fn name_of(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[test]
fn real_terraform_loses_nothing_when_it_is_interrupted() {
    // Who started which process is found in /proc.
    if !cfg!(target_os = "linux") {
        return;
    }
    let programs: Vec<Program> = [Program::on_path(), Program::from_pypi()].into_iter().flatten().collect();
    if programs.is_empty() {
        return;
    }
    let only = std::env::var("AURORAKERBEROS_INTERRUPTIONS").ok();
    let wanted = |case: &Case| match only.as_deref() {
        None | Some("" | "all") => true,
        Some(part) => case.to_string().contains(part),
    };
    let cases = CASES.iter().filter(|case| wanted(case)).enumerate();
    let queue = Mutex::new(cases.collect::<VecDeque<_>>());
    let (problems, adopted) = (Mutex::new(Vec::new()), Mutex::new(0));
    let started = Instant::now();
    let count = queue.lock().unwrap().len();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some((place, case)) = next else { return };
                    let program = &programs[place % programs.len()];
                    let ended = std::panic::catch_unwind(|| run(case, program));
                    let problem = match ended {
                        Ok(adopts) => {
                            *adopted.lock().unwrap() += usize::from(adopts);
                            let expected = case.adopts.is_none_or(|expect| expect == adopts);
                            (!expected).then(|| format!("an import was asked for: {adopts}"))
                        }
                        Err(payload) => Some(name_of(payload.as_ref())),
                    };
                    let problem = problem.map(|text| format!("{case}, {}: {text}", program.version));
                    problems.lock().unwrap().extend(problem);
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    let adopted = adopted.into_inner().unwrap();
    let _ = writeln!(
        std::io::stderr(),
        "interruptions of real Terraform: {count} cases, {adopted} were adopted, {} defects; {:.0?}",
        problems.len(),
        started.elapsed(),
    );
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// A directory of the same name is there then, and it is no leftover.
#[test]
fn a_directory_may_be_replaced_before_it_is_destroyed() {
    let Some(program) = Program::any() else { return };
    let simulator = Simulator::try_start(&Config::default()).unwrap();
    let text = |description: &str| {
        let more = format!(
            "  description = {description:?}\n  lifecycle {{\n    create_before_destroy = true\n  }}\n}}\n"
        );
        let configuration = configuration(Kind::Directory, Step::Create);
        configuration.trim_end().strip_suffix('}').unwrap().to_owned() + &more
    };
    let url = simulator.url();
    let workspace = Workspace::new(&program, Install::Overrides, &url, &[("main.tf", &text("first"))]);
    workspace.apply();
    workspace.write("main.tf", &text("second"));
    let said = workspace.apply();
    assert!(said.contains("1 added, 0 changed, 1 destroyed"), "{said}");
    assert!(said.contains("Warning: Another directory corp.example.com in vpc-"), "{said}");
    assert_eq!(simulator.count("CreateMicrosoftAD"), 2);
    workspace.destroy();
    assert_eq!(simulator.leftovers(), [""; 0]);
}
