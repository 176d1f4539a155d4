//! Answers about what a provider does not have.

use crate::framework::Diagnostic;

/// The provider has nothing of that name.
pub(super) fn no_such(what: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {what} {name:?}"),
        format!(
            "This provider has no {what} of that name. Terraform and the provider may be of different versions."
        ),
    )
}

/// The provider does not do that.
pub(super) fn not_offered(what: &str) -> Diagnostic {
    Diagnostic::error(
        "Not supported by this provider",
        format!("This provider does not offer {what}, and says so in its capabilities."),
    )
}
