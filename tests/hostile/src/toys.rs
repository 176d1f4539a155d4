//! The toy provider as a target, in a folder that is empty before each input.

use std::path::Path;

use tempfile::TempDir;
use tf_provider::value::Value;

use crate::Target;

#[path = "../../../tf-provider/tests/toy/provider.rs"]
#[expect(dead_code, unreachable_pub, reason = "a whole program, of which the provider is used")]
mod provider;

/// The toy provider, configured with a folder of its own.
#[derive(Debug)]
pub struct Toys {
    target: Target<provider::ToyProvider>,
    folder: TempDir,
}

impl Toys {
    /// Makes the folder. Panics where that is impossible.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no folder: {error}"));
        let config = Value::object([("folder", folder.path().to_string_lossy().into_owned().into())]);
        Self { target: Target::new(provider::ToyProvider, config, "folder"), folder }
    }

    /// The provider.
    pub fn target(&self) -> &Target<impl tf_provider::framework::Provider + use<>> {
        &self.target
    }

    /// As [`Target::calls`]; the toys that were made are removed afterwards.
    pub fn calls(&self, bytes: &[u8]) -> Vec<&'static str> {
        let called = self.target.calls(bytes);
        empty(self.folder.path());
        called
    }
}

fn empty(folder: &Path) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("no folder: {error}"));
    for entry in entries.flatten() {
        let _ = std::fs::remove_file(entry.path());
    }
}
