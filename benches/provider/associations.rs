//! What AWS is asked for many domain associations on one directory and one role.

use std::collections::BTreeMap;

use aws_simulator::ClusterSeed;

use crate::Result;
use crate::page::{Page, Table};
use crate::stats::{megabytes, time};
use crate::subject::Subject;
use crate::targets::Found;
use crate::terraform::Workspace;

/// A writer and a reader.
const MEMBERS: usize = 2;

fn configuration(count: usize) -> String {
    format!(
        r#"resource "aurorakerberos_directory" "corp" {{
  name                      = "corp.example.com"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = "Correct-Horse-7"
  admin_password_wo_version = 1
}}

resource "aurorakerberos_directory_access_role" "aurora" {{}}

resource "aurorakerberos_domain_association" "c" {{
  count              = {count}
  cluster_identifier = "c${{count.index}}"
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name
  reboot_strategy    = "rolling"
}}
"#
    )
}

/// Joins so many clusters.
pub(crate) fn measure(ours: &Subject, count: usize, page: &mut Page, found: &mut Found) -> Result<()> {
    let workspace = Workspace::new(ours, &configuration(count))?;
    for index in 0..count {
        workspace.simulator.seed_cluster(&ClusterSeed::new(
            &format!("c{index}"),
            "aurora-postgresql",
            "16.6",
            MEMBERS,
        ));
    }
    page.section(
        &format!("{count} domain associations"),
        &format!(
            "On one directory and one role, which exist before; clusters of {MEMBERS} members; Terraform's default parallelism \
             of 10; polls at the product's own pace."
        ),
    );
    let apply = ["apply", "-input=false", "-no-color", "-auto-approve"];
    let first =
        ["-target=aurorakerberos_directory.corp", "-target=aurorakerberos_directory_access_role.aurora"];
    workspace.run(&[&apply[..], &first].concat())?;
    let plan = ["plan", "-input=false", "-no-color"];
    let steps = [
        ("first plan", &plan[..]),
        ("apply", &apply),
        ("empty plan", &["plan", "-input=false", "-no-color", "-detailed-exitcode"]),
    ];
    let mut table = Table::new(&["command", "AWS calls", "wall", "peak memory", "which calls"]);
    for (name, arguments) in steps {
        let cost = workspace.run(arguments)?;
        if name == "empty plan" {
            found.empty_plan_associations = Some((count, cost.calls));
        }
        table.row([
            name.to_owned(),
            cost.calls.to_string(),
            time(cost.wall),
            megabytes(cost.memory),
            operations(&workspace),
        ]);
    }
    page.table(&table);
    Ok(())
}

/// The operations of the last command, the most frequent first.
fn operations(workspace: &Workspace) -> String {
    let mut counts = BTreeMap::<String, usize>::new();
    for call in workspace.simulator.journal() {
        *counts.entry(call.operation).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}
