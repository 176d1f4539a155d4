//! The pages on disk: compared, and rewritten where that is wanted.

use std::fs;
use std::io;
use std::path::Path;

use super::Pages;
use super::page::MARKER;
use super::validate::FOLDERS;

/// What to do about a page on disk that is not as it should be. It is reported in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write it anew, or remove it: on a developer's machine.
    Rewrite,
    /// Leave it: in continuous integration, where nobody would commit it.
    CheckOnly,
}

impl Mode {
    /// [`Mode::CheckOnly`] where the environment variable `CI` is set, as all services of that kind do.
    pub fn from_env() -> Self {
        let is_set = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        if is_set { Self::CheckOnly } else { Self::Rewrite }
    }
}

/// Compares the pages with the files under `root`.
///
/// The error lists every file that is missing, stale or orphaned (it lies where the registry looks, and no page
/// belongs there), with what was done about it; so the caller fails even after a rewrite, and the change is
/// read before it is committed. An orphan without the mark of a generated page is never removed: somebody
/// wrote it.
pub fn check(root: &Path, pages: &Pages, mode: Mode) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for (path, text) in pages {
        let file = root.join(path);
        let state = match fs::read(&file) {
            Ok(found) if String::from_utf8_lossy(&found).replace("\r\n", "\n") == *text => continue,
            Ok(_) => "stale".to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => "missing".to_owned(),
            Err(error) => format!("not readable ({error})"),
        };
        problems.push(reaction(path, &state, mode, "written now; read the change and commit it", || {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(&file, text)
        }));
    }
    let mut found = Vec::new();
    if let Err(error) = collect(root, "docs", &mut found) {
        problems.push(format!("docs: not readable ({error})"));
    }
    found.sort();
    for path in found.iter().filter(|path| is_shown(path) && !pages.contains_key(*path)) {
        let file = root.join(path);
        let is_generated = fs::read(&file)
            .is_ok_and(|text| String::from_utf8_lossy(&text).lines().any(|line| line == MARKER));
        problems.push(if is_generated {
            reaction(path, "orphaned", mode, "removed now; commit that", || fs::remove_file(&file))
        } else {
            format!("{path}: orphaned, and not generated: nothing under docs/ is written by hand")
        });
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn reaction(
    path: &str,
    state: &str,
    mode: Mode,
    done: &str,
    action: impl FnOnce() -> io::Result<()>,
) -> String {
    match mode {
        Mode::CheckOnly => format!("{path}: {state}; run the tests outside CI and commit what they change"),
        Mode::Rewrite => match action() {
            Ok(()) => format!("{path}: {state}; {done}"),
            Err(error) => format!("{path}: {state}, and it cannot be changed: {error}"),
        },
    }
}

/// Whether the registry looks at this file.
fn is_shown(path: &str) -> bool {
    let within = path.strip_prefix("docs/").unwrap_or_default();
    within == "index.md" || within.split_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder))
}

/// Adds the files below a folder, by their path from the root. A folder that is not there has none.
fn collect(root: &Path, folder: &str, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        let page = |name: &str| (format!("docs/{name}.md"), format!("---\n{MARKER}\n---\n{name}\n"));
        [page("index"), page("resources/a"), page("resources/b")].into()
    }

    /// Writes the pages, changes them, and checks. Returns the problems and the files that are there after it.
    fn check_after(mode: Mode, change: impl FnOnce(&Path)) -> (Vec<String>, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        check(root.path(), &pages(), Mode::Rewrite).unwrap_err();
        check(root.path(), &pages(), Mode::CheckOnly).unwrap();
        change(root.path());
        let problems = check(root.path(), &pages(), mode).err().unwrap_or_default();
        let mut found = Vec::new();
        collect(root.path(), "docs", &mut found).unwrap();
        found.sort();
        (problems, found)
    }

    fn spoil(root: &Path) {
        fs::write(root.join("docs/index.md"), "old").unwrap();
        fs::remove_file(root.join("docs/resources/a.md")).unwrap();
        fs::create_dir(root.join("docs/functions")).unwrap();
        fs::write(root.join("docs/functions/gone.md"), format!("---\n{MARKER}\n---\n")).unwrap();
        fs::write(root.join("docs/resources/by-hand.md"), "mine").unwrap();
        fs::write(root.join("docs/architecture.md"), "not for the registry").unwrap();
    }

    #[test]
    fn rewriting_mends_and_reports() {
        let (problems, found) = check_after(Mode::Rewrite, spoil);
        assert_eq!(
            problems,
            [
                "docs/index.md: stale; written now; read the change and commit it",
                "docs/resources/a.md: missing; written now; read the change and commit it",
                "docs/functions/gone.md: orphaned; removed now; commit that",
                "docs/resources/by-hand.md: orphaned, and not generated: nothing under docs/ is written by hand",
            ]
        );
        assert_eq!(
            found,
            [
                "docs/architecture.md",
                "docs/index.md",
                "docs/resources/a.md",
                "docs/resources/b.md",
                "docs/resources/by-hand.md",
            ]
        );
    }

    #[test]
    fn checking_reports_and_changes_nothing() {
        let (problems, found) = check_after(Mode::CheckOnly, spoil);
        assert_eq!(problems.len(), 4);
        assert!(found.contains(&"docs/functions/gone.md".to_owned()));
        assert!(!found.contains(&"docs/resources/a.md".to_owned()));
    }

    #[test]
    fn line_endings_of_a_windows_checkout_are_no_change() {
        let (problems, _) = check_after(Mode::CheckOnly, |root| {
            let file = root.join("docs/index.md");
            let text = fs::read_to_string(&file).unwrap();
            fs::write(file, text.replace('\n', "\r\n")).unwrap();
        });
        assert_eq!(problems, [""; 0]);
    }
}
