//! An error as AWS words it: status, code, message.

/// What a handler answers instead of a result. The protocol's layer writes it as JSON or XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// Status 400, as nearly every error of Directory Service has.
    pub(crate) fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }
}

pub(crate) type Answer<T> = Result<T, ApiError>;
