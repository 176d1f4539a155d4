//! What every crate and every release keeps to. What may be linked is cargo-deny's business: `deny.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::witness::root;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The manifests of the repository.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match name.as_str() {
            "Cargo.toml" => vec![path],
            "target" => Vec::new(),
            _ if path.is_dir() && !name.starts_with('.') => manifests(&path),
            _ => Vec::new(),
        }
    });
    found.collect()
}

#[test]
fn no_crate_may_be_unsafe() {
    let forbids = |manifest: &str| manifest.contains("unsafe_code = \"forbid\"");
    assert!(forbids(&read(&root().join("Cargo.toml"))), "the workspace allows unsafe code");
    let manifests = manifests(&root());
    assert!(manifests.iter().any(|path| path.ends_with("fuzz/Cargo.toml")), "{manifests:?}");
    for path in manifests {
        let manifest = read(&path).replace("\r\n", "\n");
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert!(inherits || forbids(&manifest), "{} has no lints", path.display());
    }
}

#[test]
fn releases_and_checks_are_built_from_the_lock_file() {
    let goreleaser = read(&root().join(".goreleaser.yml"));
    let flags = goreleaser.lines().find(|line| line.trim_start().starts_with("flags:")).unwrap();
    assert!(flags.contains("\"--locked\""), "{flags}");
    let building =
        ["cargo test", "cargo clippy", "cargo doc", "cargo deny --", "cargo install", "cargo build"];
    for script in [".ci/run", "fuzz/run"] {
        for line in read(&root().join(script)).lines().filter(|line| !line.starts_with('#')) {
            let builds =
                building.iter().any(|command| line.contains(command)) && !line.contains("--version 2>");
            assert!(!builds || line.contains("--locked"), "{script}: {line}");
        }
    }
}
