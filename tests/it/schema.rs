//! The schema as Terraform sees it, against a snapshot: a change of what users write is a change of this file, to be
//! read in review.

use std::fs;

use serde_json::Value as Json;

use crate::support::terraform::{Install, Program, Workspace};
use crate::support::witness::{is_ci, root};

const SNAPSHOT: &str = "tests/snapshots/schema.json";
const ADDRESS: &str = "registry.terraform.io/aurorakerberos/aurorakerberos";

/// What is needed to ask for the schema.
const PROVIDER_TF: &str = r#"
terraform {
  required_providers {
    aurorakerberos = { source = "aurorakerberos/aurorakerberos" }
  }
}
"#;

fn seen_by(program: &Program) -> Json {
    let workspace = Workspace::new(program, Install::Overrides, "", &[("main.tf", PROVIDER_TF)]);
    workspace.schemas()["provider_schemas"][ADDRESS].clone()
}

#[test]
fn terraform_sees_the_schema_of_the_snapshot() {
    let Some(program) = Program::from_pypi() else { return };
    let mut seen = seen_by(&program);
    // Object keys are sorted by the parser; what remains is a line feed at the end.
    seen.sort_all_objects();
    let text = format!("{seen:#}\n");
    let file = root().join(SNAPSHOT);
    let snapshot = fs::read_to_string(&file).unwrap_or_default();
    if snapshot.replace("\r\n", "\n") == text {
        return;
    }
    assert!(!is_ci(), "{SNAPSHOT} is stale; run the tests outside CI and commit what they change");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    panic!("{SNAPSHOT} was stale; it is written now: read the change and commit it");
}

/// Attributes that an older Terraform does not show are left out of the comparison; it must show the same types.
#[test]
fn an_older_terraform_sees_the_same_types() {
    let Some(program) = Program::on_path() else { return };
    let seen = seen_by(&program);
    // Where it is missing, the other test writes it.
    let text = fs::read_to_string(root().join(SNAPSHOT)).expect("there is a snapshot");
    let snapshot: Json = serde_json::from_str(&text).unwrap();
    for kind in ["resource_schemas", "data_source_schemas", "functions"] {
        let names = |schemas: &Json| -> Vec<String> {
            schemas[kind].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&seen), names(&snapshot), "{kind}");
    }
    assert_eq!(seen["provider"], snapshot["provider"]);
}
