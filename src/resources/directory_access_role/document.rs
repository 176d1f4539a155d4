//! IAM policy documents, as far as their meaning goes: when two say the same, whom one trusts, what several allow.
//!
//! Pure. The grammar is IAM's ("IAM JSON policy elements reference" in the IAM User Guide): an element may be one text
//! or a list, actions are compared without regard to case, `*` and `?` are wildcards. What this does not do: evaluate
//! conditions. A statement with a condition is taken as one that may apply, so it can grant but does not deny.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allow: bool,
    principals: Choice,
    actions: Choice,
    resources: Choice,
    /// The condition in one spelling; empty where there is none.
    condition: String,
}

/// Which values an element picks.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    /// The element is not there.
    Absent,
    /// The listed ones.
    These(BTreeSet<String>),
    /// All but the listed ones: `NotAction` and its like.
    AllBut(BTreeSet<String>),
}

impl Document {
    /// Reads a document. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let statements = match value.get("Statement") {
            Some(Value::Array(all)) => all.iter().map(Statement::read).collect::<Result<_, _>>()?,
            Some(one @ Value::Object(_)) => vec![Statement::read(one)?],
            _ => return Err("it has no statements".to_owned()),
        };
        Ok(Self { statements })
    }

    /// Whether two documents say the same, however they are written: order, one text against a list of one, one
    /// statement against several, and statement ids make no difference.
    pub(crate) fn same_meaning(&self, other: &Self) -> bool {
        self.atoms() == other.atoms()
    }

    /// Every combination of one principal, one action and one resource that a statement is about.
    fn atoms(&self) -> BTreeSet<(bool, String, String, String, String)> {
        let mut atoms = BTreeSet::new();
        for statement in &self.statements {
            for principal in statement.principals.parts() {
                for action in statement.actions.parts() {
                    for resource in statement.resources.parts() {
                        let condition = statement.condition.clone();
                        atoms.insert((
                            statement.allow,
                            principal.clone(),
                            action.clone(),
                            resource,
                            condition,
                        ));
                    }
                }
            }
        }
        atoms
    }

    /// Whether, as a trust policy, it lets a service assume the role.
    pub(crate) fn trusts(&self, service: &str) -> bool {
        let wanted = format!("Service:{service}");
        let concerns = |statement: &Statement| {
            let principal = match &statement.principals {
                Choice::Absent => false,
                // A wildcard within a name is no wildcard in a trust policy.
                Choice::These(these) => these.contains("*") || these.contains(&wanted),
                Choice::AllBut(these) => !these.contains(&wanted),
            };
            principal && statement.actions.picks("sts:assumerole")
        };
        decide(self.statements.iter().filter(|statement| concerns(statement)))
    }
}

/// Whether policies together allow an action on a resource.
pub(crate) fn allows(documents: &[Document], action: &str, resource: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let concerns = |statement: &&Statement| {
        let on_resource = match &statement.resources {
            Choice::Absent => true,
            resources => resources.picks(resource),
        };
        statement.actions.picks(&action) && on_resource
    };
    decide(documents.iter().flat_map(|document| &document.statements).filter(concerns))
}

/// A denial wins, if it surely applies; without a permission nothing is allowed.
fn decide<'a>(statements: impl Iterator<Item = &'a Statement>) -> bool {
    let mut allowed = false;
    for statement in statements {
        if statement.allow {
            allowed = true;
        } else if statement.condition.is_empty() {
            return false;
        }
    }
    allowed
}

impl Choice {
    fn read(statement: &Map<String, Value>, name: &str, read: fn(&Value) -> BTreeSet<String>) -> Self {
        match (statement.get(name), statement.get(&format!("Not{name}"))) {
            (Some(these), _) => Self::These(read(these)),
            (None, Some(others)) => Self::AllBut(read(others)),
            (None, None) => Self::Absent,
        }
    }

    fn picks(&self, value: &str) -> bool {
        let named = |patterns: &BTreeSet<String>| patterns.iter().any(|pattern| matches(pattern, value));
        match self {
            Self::Absent => false,
            Self::These(these) => named(these),
            Self::AllBut(others) => !named(others),
        }
    }

    /// What it stands for in a comparison: its values one by one, or the exclusion as a whole.
    fn parts(&self) -> Vec<String> {
        match self {
            Self::Absent => vec![String::new()],
            Self::These(these) => these.iter().cloned().collect(),
            Self::AllBut(others) => vec![format!("not {others:?}")],
        }
    }
}

impl Statement {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(statement) = value else { return Err("a statement is no object".to_owned()) };
        let allow = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("a statement's effect is neither Allow nor Deny".to_owned()),
        };
        Ok(Self {
            allow,
            principals: Choice::read(statement, "Principal", principals),
            actions: Choice::read(statement, "Action", |value| {
                texts(value).map(str::to_ascii_lowercase).collect()
            }),
            resources: Choice::read(statement, "Resource", |value| texts(value).map(str::to_owned).collect()),
            condition: statement.get("Condition").map(condition).unwrap_or_default(),
        })
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let all = match value {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    all.iter().filter_map(Value::as_str)
}

fn principals(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                texts(names).map(move |name| {
                    // `{"AWS": "*"}` means everyone, as "*" alone does.
                    if kind == "AWS" && name == "*" { "*".to_owned() } else { format!("{kind}:{name}") }
                })
            })
            .collect(),
        text => texts(text).map(str::to_owned).collect(),
    }
}

/// A condition in one spelling: operators and keys in order, single values as lists in order.
fn condition(value: &Value) -> String {
    let Value::Object(operators) = value else { return value.to_string() };
    let mut lines = BTreeSet::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values: BTreeSet<String> = match values {
                Value::Array(all) => all.iter().map(plain).collect(),
                one => BTreeSet::from([plain(one)]),
            };
            lines.insert(format!("{operator} {} {values:?}", key.to_ascii_lowercase()));
        }
    }
    lines.into_iter().collect::<Vec<_>>().join("; ")
}

/// IAM takes `true` and `"true"` for the same.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a pattern with `*` (any text) and `?` (one character) fits the whole text.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                // The star takes one character more.
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#)).unwrap()
    }

    #[test]
    fn meaning() {
        fn check(one: &str, other: &str, expect: bool) {
            assert_eq!(parse(one).same_meaning(&parse(other)), expect, "{one} against {other}");
        }
        let both =
            r#"[{"Sid":"","Effect":"Allow","Principal":{"Service":["a","b"]},"Action":"sts:AssumeRole"}]"#;
        check(
            both,
            r#"{"Effect":"Allow","Principal":{"Service":["b","a"]},"Action":["STS:AssumeRole"]}"#,
            true,
        );
        check(
            both,
            r#"[{"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole"},
                {"Effect":"Allow","Principal":{"Service":"b"},"Action":"sts:AssumeRole"}]"#,
            true,
        );
        check(both, r#"[{"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole"}]"#, false);
        check(
            both,
            r#"[{"Effect":"Allow","Principal":{"Service":["a","b","c"]},"Action":"sts:AssumeRole"}]"#,
            false,
        );
        check(
            both,
            r#"[{"Effect":"Deny","Principal":{"Service":["a","b"]},"Action":"sts:AssumeRole"}]"#,
            false,
        );
        check(
            both,
            r#"[{"Effect":"Allow","Principal":{"Service":["a","b"]},"Action":"sts:AssumeRole",
                "Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}]"#,
            false,
        );
        check(
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:X":true}}}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":["*"],"Condition":{"Bool":{"AWS:x":["true"]}}}"#,
            true,
        );
        check(
            r#"{"Effect":"Allow","NotAction":"a","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"a","Resource":"*"}"#,
            false,
        );
    }

    #[test]
    fn trust() {
        fn check(statements: &str, expect: bool) {
            assert_eq!(parse(statements).trusts("rds.amazonaws.com"), expect, "{statements}");
        }
        let with = |principal: &str| format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole",{principal}}}"#);
        check(&with(r#""Principal":{"Service":"rds.amazonaws.com"}"#), true);
        check(&with(r#""Principal":{"Service":["x","rds.amazonaws.com"]}"#), true);
        check(&with(r#""Principal":"*""#), true);
        check(&with(r#""Principal":{"AWS":"*"}"#), true);
        check(&with(r#""Principal":{"AWS":"rds.amazonaws.com"}"#), false);
        check(&with(r#""Principal":{"Service":"*.amazonaws.com"}"#), false);
        check(&with(r#""NotPrincipal":{"Service":"rds.amazonaws.com"}"#), false);
        check(
            r#"{"Effect":"Allow","Action":"sts:TagSession","Principal":{"Service":"rds.amazonaws.com"}}"#,
            false,
        );
        check(r#"{"Effect":"Allow","Action":"sts:*","Principal":{"Service":"rds.amazonaws.com"}}"#, true);
        check(
            r#"[{"Effect":"Allow","Action":"sts:*","Principal":"*"},
                {"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":"rds.amazonaws.com"}}]"#,
            false,
        );
    }

    #[test]
    fn permissions() {
        fn check(statements: &[&str], expect: bool) {
            let documents: Vec<Document> = statements.iter().map(|text| parse(text)).collect();
            let resource = "arn:aws:ds:us-east-1:111122223333:directory/d-1234567890";
            assert_eq!(allows(&documents, "ds:AuthorizeApplication", resource), expect, "{statements:?}");
        }
        check(&[], false);
        check(&[r#"{"Effect":"Allow","Action":"ds:AuthorizeApplication","Resource":"*"}"#], true);
        check(&[r#"{"Effect":"Allow","Action":["DS:authorize*"],"Resource":"*"}"#], true);
        check(&[r#"{"Effect":"Allow","Action":"ds:?uthorizeApplication","Resource":"*"}"#], true);
        check(&[r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#], true);
        check(&[r#"{"Effect":"Allow","Action":"ds:Describe*","Resource":"*"}"#], false);
        check(&[r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#], true);
        check(&[r#"{"Effect":"Allow","NotAction":"ds:*","Resource":"*"}"#], false);
        check(
            &[r#"{"Effect":"Allow","Action":"ds:*","Resource":"arn:aws:ds:*:*:directory/d-1234567890"}"#],
            true,
        );
        check(&[r#"{"Effect":"Allow","Action":"ds:*","Resource":"arn:aws:ds:*:*:directory/d-2"}"#], false);
        check(&[r#"{"Effect":"Allow","Action":"ds:*","NotResource":"arn:aws:s3:::*"}"#], true);
        let all = r#"{"Effect":"Allow","Action":"ds:*","Resource":"*"}"#;
        check(&[all, r#"{"Effect":"Deny","Action":"ds:AuthorizeApplication","Resource":"*"}"#], false);
        let conditional = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
        check(&[all, conditional], true);
    }

    #[test]
    fn documents_that_are_none() {
        for text in ["", "[]", "{}", r#"{"Statement":["x"]}"#, r#"{"Statement":{"Effect":"Maybe"}}"#] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wildcards() {
        fn check(pattern: &str, text: &str, expect: bool) {
            assert_eq!(matches(pattern, text), expect, "{pattern} {text}");
        }
        check("", "", true);
        check("*", "", true);
        check("a*c", "abbc", true);
        check("a*c*d", "accbcd", true);
        check("a*c", "abcb", false);
        check("a?", "a", false);
        check("**", "abc", true);
    }
}
