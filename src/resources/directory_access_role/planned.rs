//! The roles that this provider is about to create or change.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Names of roles for which a plan of this provider process says that they will be created or changed. An association
/// that is planned after its role does not complain of what the role's own plan is about to mend.
#[derive(Debug, Default)]
pub(crate) struct PlannedRoles(Mutex<BTreeSet<String>>);

impl PlannedRoles {
    pub(super) fn add(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Whether the role is about to be created or changed.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}
