//! Why an operation failed, with blame kept apart.

use std::fmt;

use super::diagnostic::Diagnostic;
use crate::value::Path;

/// Why an operation failed.
///
/// It says what went wrong and what to do next. Which operation on which object it was is the framework's to
/// say, so that every summary reads alike: see [`Failure::describe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is.
    pub blame: Blame,
    /// What went wrong, as one or more sentences.
    pub problem: String,
    /// What to do next; may be empty.
    pub advice: String,
    /// The attribute at fault, where there is one.
    pub path: Option<Path>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blame {
    /// The configuration asks for something impossible.
    Config,
    /// The API said no.
    Refused(Refusal),
    /// The API answered, and the answer cannot be what it promises: an unknown state, a missing field.
    Unexpected,
    /// The operation did not end within its timeout.
    TimedOut,
    /// The provider was asked to stop, by Terraform or by SIGTERM.
    Stopped,
    /// A defect of the provider.
    Bug,
}

/// What an API said when it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The service, by the name that users know.
    pub service: String,
    /// The API operation.
    pub operation: String,
    /// The API's error code, where it gave one.
    pub code: Option<String>,
    /// The id under which the API's support finds the request.
    pub request_id: Option<String>,
    /// Whether the same request may succeed later with nobody doing anything: the API was out of reach, failed, or
    /// was asked too often. A wait goes on then.
    pub transient: bool,
}

/// What the framework was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Checking the configuration of the provider and connecting.
    Configure,
    /// Planning.
    Plan,
    /// Creating.
    Create,
    /// Refreshing or reading.
    Read,
    /// Updating in place.
    Update,
    /// Destroying.
    Delete,
    /// Importing.
    Import,
    /// Upgrading a state of an older provider.
    Upgrade,
}

impl Verb {
    /// As in "Failed to create …".
    pub fn infinitive(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Plan => "plan",
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
            Self::Upgrade => "upgrade the state of",
        }
    }

    /// As in "after the create".
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Configure => "configuration",
            Self::Upgrade => "upgrade",
            other => other.infinitive(),
        }
    }
}

impl Failure {
    fn new(blame: Blame, problem: impl Into<String>) -> Self {
        Self { blame, problem: problem.into(), advice: String::new(), path: None }
    }

    /// The configuration asks, at that attribute, for something impossible.
    pub fn config(path: impl Into<Path>, problem: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::new(Blame::Config, problem) }
    }

    /// The API said no.
    pub fn refused(refusal: Refusal, problem: impl Into<String>) -> Self {
        Self::new(Blame::Refused(refusal), problem)
    }

    /// The API's answer, or the state in which it says an object to be, is none that it promises.
    pub fn unexpected(problem: impl Into<String>) -> Self {
        Self::new(Blame::Unexpected, problem)
    }

    /// The operation did not end in time.
    pub fn timed_out(problem: impl Into<String>) -> Self {
        Self::new(Blame::TimedOut, problem)
    }

    /// The provider was asked to stop while this was the state of affairs.
    pub fn stopped(problem: impl Into<String>) -> Self {
        Self::new(Blame::Stopped, problem)
    }

    /// A defect of the provider.
    pub fn bug(problem: impl Into<String>) -> Self {
        Self::new(Blame::Bug, problem)
    }

    /// Whether asking again later may succeed, with nobody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(&self.blame, Blame::Refused(refusal) if refusal.transient)
    }

    /// Adds what to do next, after what is there already. Nothing adds nothing.
    pub fn advise(mut self, advice: impl AsRef<str>) -> Self {
        let advice = advice.as_ref();
        if !self.advice.is_empty() && !advice.is_empty() && !self.advice.ends_with('\n') {
            self.advice.push(' ');
        }
        self.advice.push_str(advice);
        self
    }

    /// The same failure, about one attribute.
    pub fn at(self, path: impl Into<Path>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// The message for the user. `object` is the type and what the user knows the object by:
    /// `aurorakerberos_directory (d-1234567890)`.
    pub fn describe(self, verb: Verb, object: &str) -> Diagnostic {
        let summary = match self.blame {
            Blame::Stopped => format!("Stopped: {} {object} was interrupted", verb.infinitive()),
            Blame::TimedOut => format!("Timed out: {} {object}", verb.infinitive()),
            _ => format!("Failed to {} {object}", verb.infinitive()),
        };
        let mut detail = self.problem;
        if let Blame::Refused(refusal) = &self.blame {
            detail = format!("{detail}\n\n{refusal}");
        }
        if !self.advice.is_empty() {
            detail = format!("{detail}\n\n{}", self.advice);
        }
        if self.blame == Blame::Bug {
            detail.push_str("\n\nThis is a defect of the provider. Please report it to its developers.");
        }
        Diagnostic { path: self.path, ..Diagnostic::error(summary, detail) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, ": {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match &self.blame {
            Blame::Refused(refusal) => write!(f, " [{refusal}]"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_why_and_what_next() {
        let refusal = Refusal {
            service: "Directory Service".into(),
            operation: "CreateMicrosoftAD".into(),
            code: Some("DirectoryLimitExceededException".into()),
            request_id: Some("r-1".into()),
            transient: false,
        };
        let diagnostic = Failure::refused(refusal, "The limit of 20 directories is reached.")
            .advise("Ask AWS to raise the quota.")
            .at("name")
            .describe(Verb::Create, "toy_directory (corp.example.com)");
        insta::assert_snapshot!(format!("{}\n{}", diagnostic.summary, diagnostic.detail), @r"
        Failed to create toy_directory (corp.example.com)
        The limit of 20 directories is reached.

        Directory Service CreateMicrosoftAD: DirectoryLimitExceededException (request id r-1)

        Ask AWS to raise the quota.
        ");
        assert_eq!(diagnostic.path, Some("name".into()));
    }
}
