//! The page of figures, `tests/RELIABILITY.md`: each test that measures reliability owns a section of it, and rewrites
//! and fails when the section no longer says what the test found. In CI it only fails.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::witness::{is_ci, root};

const PAGE: &str = "tests/RELIABILITY.md";

/// The tests of one binary run beside each other, and they share the page.
static WRITING: Mutex<()> = Mutex::new(());

/// Holds the section `name` of the page against `text`, which begins with its heading.
///
/// A text must hang on nothing but what is tested: no times, no counts that a slow machine changes.
pub(crate) fn check_section(name: &str, text: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let file = root().join(PAGE);
    let page = std::fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
    let fresh = with_section(&page, name, text.trim_end());
    if page != fresh {
        assert!(!is_ci(), "{PAGE} is stale; run the tests outside CI and commit what they change");
        std::fs::write(&file, fresh).unwrap();
        panic!("{PAGE} was stale; it is written now: read the change and commit it");
    }
}

/// Writes a section whose figures are those of one run on one day. In CI it is left as it is.
pub(crate) fn record_section(name: &str, text: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_ci() {
        let file = root().join(PAGE);
        let page = std::fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
        std::fs::write(&file, with_section(&page, name, text.trim_end())).unwrap();
    }
}

/// The text of a section, where the page has it.
fn section(name: &str) -> Option<String> {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(root().join(PAGE)).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- {name} -->"))?;
    Some(rest.split_once(&format!("<!-- /{name} -->"))?.0.to_owned())
}

/// What tells one set of cases from another.
pub(crate) fn digest<C: Display>(cases: &[C]) -> String {
    // Calls that are made at the same time come in any order.
    let mut names: Vec<String> = cases.iter().map(ToString::to_string).collect();
    names.sort_unstable();
    let digest = Sha256::digest(names.join("\n").as_bytes());
    let (number, _) = digest.split_at(8);
    format!("{:016x}", number.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte)))
}

/// The day, for a record.
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// Holds the cases of the whole run that a section records against those of today.
pub(crate) fn check_record(name: &str, digest: &str, how: &str) {
    assert!(
        section(name).is_none_or(|recorded| recorded.contains(digest)),
        "the cases are no longer those of the whole run that is recorded; run it: {how}"
    );
}

/// The page with that section replaced, or added at the end.
fn with_section(page: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let section = format!("{open}{text}\n{close}");
    match (page.find(&open), page.find(&close)) {
        (Some(start), Some(end)) => format!("{}{section}{}", &page[..start], &page[end + close.len()..]),
        _ => format!("{}\n\n{section}", page.trim_end()),
    }
}

#[test]
fn a_section_is_replaced_where_it_stands_and_added_where_it_is_missing() {
    let check = |page: &str, expect: &str| assert_eq!(with_section(page, "a", "## A"), expect);
    check("# Page\n", "# Page\n\n<!-- a -->\n## A\n<!-- /a -->\n");
    check("# Page\n<!-- a -->\nold\n<!-- /a -->\nrest\n", "# Page\n<!-- a -->\n## A\n<!-- /a -->\nrest\n");
}
