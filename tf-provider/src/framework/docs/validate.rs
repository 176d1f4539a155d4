//! What the registry refuses or shows wrongly, found before it is published.
//!
//! The checks are those of `tfplugindocs validate` (folders, names, sizes, front matter, a page for each type
//! and none beside) and those of a careful reader (links within the page, open code blocks). Sources:
//! <https://developer.hashicorp.com/terraform/registry/providers/docs>, "Directory Structure", "YAML
//! Frontmatter" and "Storage Limits".

use std::collections::{BTreeMap, BTreeSet};

use super::text::prose;
use super::{Pages, Provider};

/// The folders that the registry shows.
pub(super) const FOLDERS: [&str; 7] =
    ["actions", "data-sources", "ephemeral-resources", "functions", "guides", "list-resources", "resources"];

/// The registry takes pages of fewer bytes than this.
const MAX_SIZE: usize = 500_000;
/// The registry takes at most so many pages.
const MAX_PAGES: usize = 2000;

/// What is wrong with the pages of a provider; empty where nothing is.
pub fn validate(provider: &Provider, pages: &Pages) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in pages {
        problems.extend(page_problems(path, text).into_iter().map(|problem| format!("{path}: {problem}")));
    }
    if pages.len() > MAX_PAGES {
        problems.push(format!("docs: {} pages, and the registry takes {MAX_PAGES}", pages.len()));
    }
    let expected: BTreeSet<String> = provider.page_paths().collect();
    let missing = expected.iter().filter(|path| !pages.contains_key(*path));
    problems.extend(missing.map(|path| format!("{path}: missing")));
    let orphaned = pages.keys().filter(|path| !expected.contains(*path));
    problems.extend(orphaned.map(|path| format!("{path}: belongs to nothing that the provider offers")));
    let prefix = format!("{}_", provider.name);
    let types = provider.objects.iter().map(|object| &object.type_name);
    let foreign = types.filter(|name| **name != provider.name && !name.starts_with(&prefix));
    problems.extend(foreign.map(|name| format!("{name}: does not begin with `{prefix}`")));
    problems
}

fn page_problems(path: &str, text: &str) -> Vec<String> {
    let mut problems = path_problem(path).into_iter().collect::<Vec<_>>();
    if text.len() >= MAX_SIZE {
        problems.push(format!("{} bytes, and the registry takes fewer than {MAX_SIZE}", text.len()));
    }
    match front_matter(text) {
        Ok((fields, body)) => {
            problems.extend(front_matter_problems(path, &fields));
            problems.extend(body_problems(body));
        }
        Err(problem) => problems.push(problem.to_owned()),
    }
    problems
}

fn path_problem(path: &str) -> Option<String> {
    let is_name = |name: &str| {
        let all = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
        all && !name.is_empty()
    };
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["docs", "index.md"] => None,
        ["docs", folder, file] if FOLDERS.contains(&folder) => match file.strip_suffix(".md") {
            Some(name) if is_name(name) => None,
            Some(_) => Some("the name has more than lower-case letters, digits, `_` and `-`".to_owned()),
            None => Some("the extension is not `.md`".to_owned()),
        },
        _ => Some("not in a folder that the registry shows".to_owned()),
    }
}

/// The fields of the front matter and the page after it. Of YAML it knows what [`super::render`] writes:
/// comments, quoted scalars on one line, and literal blocks.
fn front_matter(text: &str) -> Result<(BTreeMap<&str, String>, &str), &'static str> {
    let (head, body) = text
        .strip_prefix("---\n")
        .and_then(|text| text.split_once("\n---\n"))
        .ok_or("has no front matter between two lines `---`")?;
    let mut fields = BTreeMap::new();
    let mut block: Option<&str> = None;
    for line in head.lines() {
        if let (Some(key), Some(line)) = (block, line.strip_prefix("  ")) {
            fields.entry(key).or_insert_with(String::new).push_str(line);
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once(": ").ok_or("the front matter is not `key: value`")?;
        block = (value == "|-").then_some(key);
        let value = match value.strip_prefix('"') {
            _ if block.is_some() => "",
            Some(value) => {
                value.strip_suffix('"').ok_or("a quoted value in the front matter does not end")?
            }
            None => value,
        };
        if fields.insert(key, value.to_owned()).is_some() {
            return Err("a key stands twice in the front matter");
        }
    }
    Ok((fields, body))
}

fn front_matter_problems(path: &str, fields: &BTreeMap<&str, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for key in ["page_title", "description"] {
        if fields.get(key).is_none_or(|value| value.trim().is_empty()) {
            problems.push(format!("the front matter has no `{key}`"));
        }
    }
    for key in fields.keys() {
        match *key {
            "subcategory" if path == "docs/index.md" => {
                problems.push("the front matter of the index has a `subcategory`".to_owned());
            }
            "page_title" | "description" | "subcategory" => {}
            other => problems.push(format!("the front matter has `{other}`, which is not for the registry")),
        }
    }
    problems
}

fn body_problems(body: &str) -> Vec<String> {
    let mut problems = Vec::new();
    // A code block left open swallows the rest of the page, this last line included.
    let closed = format!("{body}\n\u{0}");
    if prose(&closed).last() != Some("\u{0}") {
        problems.push("a code block is not closed".to_owned());
    }
    let mut anchors = BTreeSet::new();
    for anchor in prose(body).filter_map(|line| line.strip_prefix("<a id=\"")?.split('"').next()) {
        if !anchors.insert(anchor) {
            problems.push(format!("the anchor `{anchor}` stands twice"));
        }
    }
    for line in prose(body) {
        for target in line.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !anchors.contains(target) && !has_heading(body, target) {
                problems.push(format!("a link leads to `#{target}`, which is not there"));
            }
        }
    }
    problems
}

/// Whether a heading of the page gets this anchor: lower case, words joined by `-`, other characters dropped.
fn has_heading(body: &str, anchor: &str) -> bool {
    let mut headings =
        prose(body).filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.any(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.collect::<String>().to_lowercase().replace(' ', "-") == anchor
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "---\npage_title: \"x\"\nsubcategory: \"\"\ndescription: |-\n  d\n---\n";

    #[track_caller]
    fn check(path: &str, text: &str, expect: &[&str]) {
        assert_eq!(page_problems(path, text), expect, "{path}");
    }

    #[test]
    fn paths_are_those_that_the_registry_shows() {
        check("docs/resources/a.md", HEAD, &[]);
        check("docs/resources/a.html.markdown", HEAD, &["the extension is not `.md`"]);
        let name = "the name has more than lower-case letters, digits, `_` and `-`";
        check("docs/resources/A.md", HEAD, &[name]);
        check("docs/r/a.md", HEAD, &["not in a folder that the registry shows"]);
        check("docs/resources/deep/a.md", HEAD, &["not in a folder that the registry shows"]);
    }

    #[test]
    fn front_matter_is_what_the_registry_reads() {
        let path = "docs/resources/a.md";
        check(path, "# Title", &["has no front matter between two lines `---`"]);
        check(path, &HEAD.replace("  d", "d"), &["the front matter is not `key: value`"]);
        check(path, &HEAD.replace("  d", "  "), &["the front matter has no `description`"]);
        check(path, &HEAD.replace("\"x\"", "\"x"), &["a quoted value in the front matter does not end"]);
        let layout = "the front matter has `layout`, which is not for the registry";
        check(path, &HEAD.replace("subcategory", "layout"), &[layout]);
        check(path, &HEAD.replace("subcategory", "page_title"), &["a key stands twice in the front matter"]);
        check("docs/index.md", HEAD, &["the front matter of the index has a `subcategory`"]);
    }

    #[test]
    fn bodies_are_whole() {
        let path = "docs/resources/a.md";
        check(path, &format!("{HEAD}```sh\nls"), &["a code block is not closed"]);
        check(
            path,
            &format!("{HEAD}[a](#b) [c](#d)\n<a id=\"b\"></a>\n"),
            &["a link leads to `#d`, which is not there"],
        );
        check(path, &format!("{HEAD}## Two Words\n[a](#two-words)\n```\n[b](#c)\n```\n"), &[]);
        check(path, &format!("{HEAD}<a id=\"b\"></a>\n<a id=\"b\"></a>\n"), &["the anchor `b` stands twice"]);
        let large = format!("{HEAD}{}", "x".repeat(MAX_SIZE - HEAD.len()));
        check(path, &large, &["500000 bytes, and the registry takes fewer than 500000"]);
        check(path, &large[..MAX_SIZE - 1], &[]);
    }
}
