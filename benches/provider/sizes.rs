//! Sizes of the binaries and of the archives that a registry hands out.

use std::fs;
use std::process::Command;

use crate::Result;
use crate::page::{Page, Table};
use crate::stats::{mega, megabytes, ratio};
use crate::subject::{Kind, Subject};
use crate::targets::Found;

/// Packs each binary as a release does: alone in a zip, deflated.
pub(crate) fn measure(subjects: &[Subject], page: &mut Page, found: &mut Found) -> Result<()> {
    page.section(
        "Sizes",
        "The binary, and a zip of it (deflate, python3's zipfile at its highest level). Ours is the release build for the \
         target above; what `.goreleaser.yml` releases for Linux is the static build for musl, which is not measured here.",
    );
    let mut table = Table::new(&["provider", "binary", "zip", "zip, ours ="]);
    let mut ours = 0;
    for subject in subjects {
        let binary = fs::metadata(&subject.path)?.len();
        let zip = zipped(subject)?;
        if subject.kind == Kind::Ours {
            ours = zip;
            found.ours.zip = Some(zip);
        }
        table.row([subject.name.clone(), megabytes(binary), megabytes(zip), ratio(mega(ours), mega(zip))]);
    }
    page.table(&table);
    Ok(())
}

fn zipped(subject: &Subject) -> Result<u64> {
    const PACK: &str = "import sys, zipfile\n\
                        with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as archive:\n    \
                        archive.write(sys.argv[2], 'terraform-provider')\n";
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("release.zip");
    let status = Command::new("python3").args(["-c", PACK]).arg(&archive).arg(&subject.path).status()?;
    if !status.success() {
        return Err(format!("python3 could not pack {}", subject.path.display()).into());
    }
    Ok(fs::metadata(archive)?.len())
}
