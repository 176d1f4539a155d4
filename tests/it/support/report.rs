//! What a provider told the user, in a form for snapshots.

use std::fmt;

use plugin_client::tfplugin6 as wire;

/// Errors and warnings of one operation, in their order.
///
/// It displays as one paragraph each: `error at subnet_ids: summary — detail`. `Debug` is the same, so that `unwrap`
/// shows what a user would see.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Report(Vec<Entry>);

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    is_error: bool,
    path: String,
    summary: String,
    detail: String,
}

impl Report {
    /// An error that core itself reports.
    pub(super) fn of_core(summary: &str, detail: impl Into<String>) -> Self {
        Self(vec![Entry {
            is_error: true,
            path: String::new(),
            summary: summary.to_owned(),
            detail: detail.into(),
        }])
    }

    pub(super) fn of(diagnostics: &[wire::Diagnostic]) -> Self {
        Self(diagnostics.iter().map(Entry::of).collect())
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Whether there is an error in it.
    pub(crate) fn has_error(&self) -> bool {
        self.0.iter().any(|entry| entry.is_error)
    }

    /// Whether nothing was told.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The details of the errors.
    pub(crate) fn errors(&self) -> Vec<&str> {
        self.0.iter().filter(|entry| entry.is_error).map(|entry| entry.detail.as_str()).collect()
    }

    /// The paths that are blamed, in their order; empty for a message about the whole.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.0.iter().map(|entry| entry.path.as_str()).collect()
    }

    /// The text with the parts of it replaced that are new in each run: AWS's request ids.
    pub(crate) fn stable(&self) -> String {
        let text = self.to_string();
        let mut parts = text.split("request id ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
            format!("{text}request id …{rest}")
        })
    }

    /// The warnings alone.
    pub(crate) fn warnings(&self) -> Self {
        Self(self.0.iter().filter(|entry| !entry.is_error).cloned().collect())
    }
}

impl Entry {
    fn of(diagnostic: &wire::Diagnostic) -> Self {
        let severity = diagnostic.severity();
        // Terraform drops what has no severity, so the user would never see it.
        assert_ne!(severity, wire::diagnostic::Severity::Invalid, "a diagnostic without severity");
        assert!(!diagnostic.summary.is_empty(), "a diagnostic without summary: {}", diagnostic.detail);
        Self {
            is_error: severity == wire::diagnostic::Severity::Error,
            path: diagnostic.attribute.as_ref().map(path).unwrap_or_default(),
            summary: diagnostic.summary.clone(),
            detail: diagnostic.detail.clone(),
        }
    }
}

/// A path as in HCL: `realm[0].kdc[1]`.
pub(super) fn path(path: &wire::AttributePath) -> String {
    use wire::attribute_path::step::Selector;
    let mut text = String::new();
    for step in &path.steps {
        match step.selector.as_ref().expect("a step of an attribute path has a selector") {
            Selector::AttributeName(name) if text.is_empty() => text.push_str(name),
            Selector::AttributeName(name) => text = format!("{text}.{name}"),
            Selector::ElementKeyString(key) => text = format!("{text}[{key:?}]"),
            Selector::ElementKeyInt(index) => text = format!("{text}[{index}]"),
        }
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, entry) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            f.write_str(if entry.is_error { "error" } else { "warning" })?;
            if !entry.path.is_empty() {
                write!(f, " at {}", entry.path)?;
            }
            write!(f, ": {} — {}", entry.summary, entry.detail)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
