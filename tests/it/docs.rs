//! The pages for the registry, written from the schema and the examples. Where one is stale it is rewritten, and the
//! test fails so that the change is read; in CI it only fails.

use aurorakerberos::AuroraKerberos;
use tf_provider::framework::Server;
use tf_provider::framework::docs::{self, Examples as _};

use crate::support::witness::root;

/// What the provider has, with the sections that stand beside the examples as `notes.md`.
fn described() -> docs::Provider {
    let files = docs::OnDisk::new(root());
    let mut provider = docs::Provider::of(&Server::new(AuroraKerberos), "Aurora Kerberos");
    provider.notes = files.read("examples/provider/notes.md").unwrap_or_default();
    for object in &mut provider.objects {
        let folder = match object.kind {
            docs::ObjectKind::Resource => "resources",
            docs::ObjectKind::DataSource => "data-sources",
            other => panic!("{other:?}: where its notes are is not decided"),
        };
        let notes = format!("examples/{folder}/{}/notes.md", object.type_name);
        object.notes = files.read(&notes).unwrap_or_default();
    }
    provider
}

#[test]
fn pages_are_those_of_schema_and_examples() {
    let written = docs::render(&described(), &docs::OnDisk::new(root()))
        .and_then(|pages| docs::check(&root(), &pages, docs::Mode::from_env()));
    if let Err(problems) = written {
        panic!("\n{}\n", problems.join("\n"));
    }
}

#[test]
fn schemas_are_ones_that_terraform_takes() {
    let server = Server::new(AuroraKerberos);
    let schemas = server.schemas();
    let all = schemas.resources.iter().chain(&schemas.data_sources).chain(&schemas.identities);
    let mut problems: Vec<String> = all
        .flat_map(|(name, schema)| schema.problems().into_iter().map(move |text| format!("{name}: {text}")))
        .collect();
    problems.extend(schemas.provider.problems());
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}
