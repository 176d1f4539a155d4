//! A parser that takes only what every client reads alike, and refuses the rest.

use super::corpus::Meaning;

/// Reads a whole file, or says which line is not as it must be.
pub(super) fn parse(file: &str) -> Result<Meaning, String> {
    let body = file.strip_suffix('\n').ok_or("the file does not end in a line break")?;
    let mut meaning = Meaning::default();
    let mut sections = Vec::new();
    let mut in_block = false;
    for (number, line) in body.split('\n').enumerate() {
        let at = |what: &str| format!("line {}: {what}: {line:?}", number + 1);
        if line.len() > 2_047 {
            return Err(at("too long"));
        }
        if !line.bytes().all(|b| (0x20..0x7f).contains(&b)) || line.ends_with(' ') {
            return Err(at("a character that does not belong here"));
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if in_block || sections.contains(&name) {
                return Err(at("a section inside a block, or for the second time"));
            }
            sections.push(name);
            continue;
        }
        let section = *sections.last().ok_or_else(|| at("text before the first section"))?;
        let depth = line.len() - line.trim_start_matches(' ').len();
        match (section, in_block, depth) {
            ("realms", false, 1) => {
                let name = line[1..].strip_suffix(" = {").ok_or_else(|| at("not a block's first line"))?;
                if !upper(name) || meaning.realms.iter().any(|(known, _)| known == name) {
                    return Err(at("not a realm, or for the second time"));
                }
                meaning.realms.push((name.to_owned(), [].into()));
                in_block = true;
            }
            ("realms", true, 1) if line == " }" => in_block = false,
            ("realms", true, 2) => {
                let (tag, value) = relation(&line[2..]).ok_or_else(|| at("not a relation"))?;
                if !["kdc", "master_kdc", "admin_server", "kpasswd_server"].contains(&tag) {
                    return Err(at("an unknown tag"));
                }
                let (_, relations) = meaning.realms.last_mut().ok_or_else(|| at("no realm"))?;
                relations.entry(tag.to_owned()).or_default().push(value.to_owned());
            }
            ("libdefaults" | "domain_realm", false, 1) => {
                let (tag, value) = relation(&line[1..]).ok_or_else(|| at("not a relation"))?;
                if section == "domain_realm" && (tag != tag.to_lowercase() || !upper(value)) {
                    return Err(at("not a domain and its realm"));
                }
                let relations = if section == "libdefaults" {
                    &mut meaning.libdefaults
                } else {
                    &mut meaning.domain_realm
                };
                if relations.insert(tag.to_owned(), value.to_owned()).is_some() {
                    return Err(at("a tag for the second time"));
                }
            }
            _ => return Err(at("out of place")),
        }
    }
    if in_block || sections.first() != Some(&"libdefaults") {
        return Err("a block is open, or [libdefaults] is not first".to_owned());
    }
    Ok(meaning)
}

fn relation(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.split_once(" = ")?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['{', '}', '"', '#', ';', '*', '=']);
    (plain(tag) && plain(value) && !tag.contains(' ')).then_some((tag, value))
}

fn upper(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
        && !name.is_empty()
}
