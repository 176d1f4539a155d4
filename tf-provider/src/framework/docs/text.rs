//! Markdown as text: paragraphs, code blocks, lists. It understands as much as doc comments use, which is far
//! from all of Markdown.

/// Joins the lines of each paragraph, since doc comments are wrapped for the editor. Code blocks, lists,
/// headings, quotes and tables keep their lines; indentation common to all lines goes.
pub(super) fn unwrap(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let mut out = String::new();
    let mut in_code = false;
    // Whether the next line may go on where the last one ended.
    let mut open = false;
    for line in text.lines() {
        let line = line.get(common..).unwrap_or_default().trim_end();
        let is_fence = line.trim_start().starts_with("```");
        if open && !in_code && !is_fence && !starts_block(line) && !line.is_empty() {
            out.push(' ');
            out.push_str(line.trim_start());
            continue;
        }
        if !out.is_empty() && (in_code || !line.is_empty() || !out.ends_with('\n')) {
            out.push('\n');
        }
        out.push_str(line);
        in_code ^= is_fence;
        open = !in_code && !is_fence && !line.is_empty() && !line.starts_with(['#', '|']);
    }
    out.trim().to_owned()
}

/// Whether Markdown begins something new at this line even without a blank line before it.
fn starts_block(line: &str) -> bool {
    let line = line.trim_start();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = numbered.len() < line.len() && numbered.starts_with(". ");
    is_numbered
        || ["- ", "* ", "+ ", "> ", "-> ", "~> ", "!> ", "#", "|"].iter().any(|mark| line.starts_with(mark))
}

/// The first paragraph and the rest, of a text without wrapped lines. What follows the first line goes to the
/// rest even without a blank line between: it is a list or code.
pub(super) fn split_first(text: &str) -> (&str, &str) {
    text.split_once('\n').map_or((text, ""), |(first, rest)| (first, rest.trim_matches('\n')))
}

/// The first paragraph on one line, without links, code marks and strong emphasis: for places that show no
/// Markdown.
pub(super) fn summary(text: &str) -> String {
    let text = unwrap(text);
    let mut rest = split_first(&text).0;
    let mut out = String::new();
    while let Some(start) = rest.find('[') {
        let link = rest[start + 1..]
            .split_once("](")
            .and_then(|(label, tail)| tail.split_once(')').map(|(_, tail)| (label, tail)))
            .filter(|(label, _)| !label.contains(['[', ']']));
        let (shown, tail) = link.unwrap_or(("[", &rest[start + 1..]));
        out.push_str(&rest[..start]);
        out.push_str(shown);
        rest = tail;
    }
    out.push_str(rest);
    out.replace("**", "").replace('`', "")
}

/// A block of code. Its fence is longer than any within the code.
pub(super) fn code(language: &str, text: &str) -> String {
    let longest = text.lines().map(|line| line.len() - line.trim_start_matches('`').len()).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1).max(3));
    format!("{fence}{language}\n{}\n{fence}", text.trim_end().trim_start_matches('\n'))
}

/// Puts two spaces before every line that is not empty, so that it belongs to the list item above.
pub(super) fn indented(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") }).collect();
    lines.join("\n")
}

/// The lines outside code blocks.
pub(super) fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    text.lines().filter(move |line| {
        let line = line.trim_start();
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) => {
                if ticks.len() >= open.len() && line == ticks {
                    fence = None;
                }
                false
            }
            None if ticks.len() >= 3 => {
                fence = Some(ticks);
                false
            }
            None => true,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(unwrap(text), expect);
    }

    #[test]
    fn wrapped_lines_are_joined_and_structure_stays() {
        check(" One line\n wrapped.\n\n\n Next.", "One line wrapped.\n\nNext.");
        check("One of:\n- a,\n  wrapped\n- b\n1. c", "One of:\n- a, wrapped\n- b\n1. c");
        check("# Title\ntext\n| a |\n| b |", "# Title\ntext\n| a |\n| b |");
        check("Code:\n```sh\nls\n\n\nls -a\n```\nafter\nit", "Code:\n```sh\nls\n\n\nls -a\n```\nafter it");
    }

    #[test]
    fn a_summary_is_one_plain_line() {
        let text = "The `krb5.conf` of **one**\n[client](https://example.com/a), a [b] and c[0].\n\nMore.";
        assert_eq!(summary(text), "The krb5.conf of one client, a [b] and c[0].");
    }

    #[test]
    fn code_cannot_end_its_own_block() {
        assert_eq!(code("text", "\na\n````\n"), "`````text\na\n````\n`````");
        let page = format!("before\n{}\nafter", code("text", "a\n```\nb"));
        assert_eq!(prose(&page).collect::<Vec<_>>(), ["before", "after"]);
    }
}
