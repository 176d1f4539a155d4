//! Whole commands of Terraform over many objects of kinds that both providers have.

use std::collections::BTreeMap;

use crate::page::{Page, Table};
use crate::stats::{median, megabytes, ratio, time};
use crate::subject::{Kind, Subject};
use crate::targets::Found;
use crate::terraform::{Cost, Workspace};
use crate::{Result, say};

/// What a configuration holds many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Objects {
    /// Directories of the edition Standard.
    Directories,
    /// IAM roles that Aurora may take, with AWS's policy attached. Two resources in the AWS provider, one in this one.
    Roles,
}

/// A command, and what it is run with. The order is that of a life.
const COMMANDS: [(&str, &[&str]); 5] = [
    ("validate", &["validate", "-no-color"]),
    ("plan (create)", &["plan", "-input=false", "-no-color"]),
    ("apply", &["apply", "-input=false", "-no-color", "-auto-approve"]),
    ("plan (nothing to do)", &["plan", "-input=false", "-no-color", "-detailed-exitcode"]),
    ("destroy", &["destroy", "-input=false", "-no-color", "-auto-approve"]),
];
const EMPTY_PLAN: usize = 3;

/// How many objects, and how many lives of them.
const WHOLE: &[(Objects, usize, usize)] = &[
    (Objects::Directories, 1, 3),
    (Objects::Directories, 10, 3),
    (Objects::Directories, 20, 3),
    (Objects::Directories, 100, 3),
    (Objects::Directories, 500, 1),
    (Objects::Roles, 1, 3),
    (Objects::Roles, 10, 3),
    (Objects::Roles, 100, 3),
    (Objects::Roles, 500, 1),
];
const QUICK: &[(Objects, usize, usize)] = &[
    (Objects::Directories, 20, 1),
    (Objects::Directories, 100, 1),
    (Objects::Roles, 10, 1),
    (Objects::Roles, 100, 1),
];

impl Objects {
    fn name(self) -> &'static str {
        match self {
            Self::Directories => "directories",
            Self::Roles => "roles with their policy",
        }
    }

    fn configuration(self, kind: Kind, count: usize) -> String {
        match (self, kind) {
            (Self::Directories, Kind::Aws) => format!(
                r#"resource "aws_directory_service_directory" "d" {{
  count    = {count}
  name     = "d${{count.index}}.example.com"
  password = "Correct-Horse-7"
  edition  = "Standard"
  type     = "MicrosoftAD"
  tags     = {{ team = "db", n = count.index }}

  vpc_settings {{
    vpc_id     = "vpc-0a1b2c3d4e5f60001"
    subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  }}
}}
"#
            ),
            (Self::Directories, _) => format!(
                r#"resource "aurorakerberos_directory" "d" {{
  count                     = {count}
  name                      = "d${{count.index}}.example.com"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = "Correct-Horse-7"
  admin_password_wo_version = 1
  tags                      = {{ team = "db", n = count.index }}
}}
"#
            ),
            (Self::Roles, Kind::Aws) => format!(
                r#"resource "aws_iam_role" "r" {{
  count = {count}
  name  = "r${{count.index}}"
  tags  = {{ team = "db", n = count.index }}
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ Service = ["rds.amazonaws.com", "directoryservice.rds.amazonaws.com"] }}
    }}]
  }})
}}

resource "aws_iam_role_policy_attachment" "r" {{
  count      = {count}
  role       = aws_iam_role.r[count.index].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess"
}}
"#
            ),
            (Self::Roles, _) => format!(
                r#"resource "aurorakerberos_directory_access_role" "r" {{
  count = {count}
  name  = "r${{count.index}}"
  tags  = {{ team = "db", n = count.index }}
}}
"#
            ),
        }
    }
}

/// Costs by objects, count, command and subject.
type Costs = BTreeMap<(Objects, usize, usize, usize), Vec<Cost>>;

/// Lets this provider and, where it is there, the AWS provider live through every row of the list, in turns.
pub(crate) fn measure(subjects: &[Subject], quick: bool, page: &mut Page, found: &mut Found) -> Result<()> {
    let subjects: Vec<&Subject> =
        subjects.iter().filter(|subject| subject.kind != Kind::Other).take(2).collect();
    let list = if quick { QUICK } else { WHOLE };
    let mut costs = Costs::new();
    for &(objects, count, lives) in list {
        say(&format!("{count} {} …", objects.name()));
        for life in 0..lives {
            let mut turns: Vec<_> = subjects.iter().enumerate().collect();
            // Whoever comes first may have it easier, or harder.
            if life % 2 == 1 {
                turns.reverse();
            }
            for (turn, subject) in turns {
                let workspace = Workspace::new(subject, &objects.configuration(subject.kind, count))?;
                for (command, (_, arguments)) in COMMANDS.iter().enumerate() {
                    costs.entry((objects, count, command, turn)).or_default().push(workspace.run(arguments)?);
                }
                let left = workspace.simulator.leftovers();
                if !left.is_empty() {
                    return Err(format!("{} left behind {left:?}", subject.name).into());
                }
            }
        }
    }
    report(&subjects, &costs, page);
    remember(&subjects, &costs, found);
    Ok(())
}

/// The middle of each figure over all lives.
fn middle(costs: &[Cost]) -> Cost {
    fn of<T: Copy + Ord + Default>(costs: &[Cost], which: fn(&Cost) -> T) -> T {
        median(&costs.iter().map(which).collect::<Vec<_>>())
    }
    Cost {
        wall: of(costs, |cost| cost.wall),
        processor: of(costs, |cost| cost.processor),
        memory: of(costs, |cost| cost.memory),
        calls: of(costs, |cost| cost.calls),
    }
}

fn report(subjects: &[&Subject], costs: &Costs, page: &mut Page) {
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
    page.section(
        "Whole commands",
        "Real Terraform with its default parallelism of 10, on a simulator that answers at once; objects have tags; the figures of the \
         providers stand in the order of the heading. Wall time is Terraform's own work and its start included. \
         Processor time is that of all provider processes of the command, peak memory that of the largest one, both from \
         the kernel's account at their end. AWS calls are those in the simulator's journal.",
    );
    for objects in [Objects::Directories, Objects::Roles] {
        let mut table = Table::new(&[
            &format!("{} · {}", objects.name(), names.join(" / ")),
            "wall",
            "processor time of the provider",
            "peak memory",
            "AWS calls",
            "wall, ours =",
        ]);
        let counts: std::collections::BTreeSet<usize> =
            costs.keys().filter(|key| key.0 == objects).map(|key| key.1).collect();
        for count in counts {
            for (command, (name, _)) in COMMANDS.iter().enumerate() {
                let of: Vec<Cost> = (0..subjects.len())
                    .filter_map(|turn| costs.get(&(objects, count, command, turn)))
                    .map(|costs| middle(costs))
                    .collect();
                let each = |text: fn(&Cost) -> String| of.iter().map(text).collect::<Vec<_>>().join(" / ");
                let walls: Vec<f64> = of.iter().map(|cost| cost.wall.as_secs_f64()).collect();
                let compared = match walls[..] {
                    [ours, peer] => ratio(ours, peer),
                    _ => "–".to_owned(),
                };
                table.row([
                    format!("{count}: {name}"),
                    each(|cost| time(cost.wall)),
                    each(|cost| time(cost.processor)),
                    each(|cost| megabytes(cost.memory)),
                    each(|cost| cost.calls.to_string()),
                    compared,
                ]);
            }
        }
        page.table(&table);
    }
}

fn remember(subjects: &[&Subject], costs: &Costs, found: &mut Found) {
    for (turn, subject) in subjects.iter().enumerate() {
        let of =
            |objects, count, command| costs.get(&(objects, count, command, turn)).map(|costs| middle(costs));
        let who = if subject.kind == Kind::Ours { &mut found.ours } else { &mut found.aws };
        let plans = [1, EMPTY_PLAN].iter().flat_map(|command| {
            [Objects::Directories, Objects::Roles].map(|objects| of(objects, 100, *command))
        });
        who.plan_memory = plans.flatten().map(|cost| cost.memory).max();
        who.empty_plan_roles = of(Objects::Roles, 100, EMPTY_PLAN).map(|cost| cost.calls);
        who.empty_plan_directories = of(Objects::Directories, 20, EMPTY_PLAN).map(|cost| cost.calls);
        who.empty_plan_time = [Objects::Directories, Objects::Roles]
            .map(|objects| of(objects, 100, EMPTY_PLAN).map(|cost| cost.wall));
    }
}
