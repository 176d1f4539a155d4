//! Which clusters have an operation under way, or an association that this process made.
//!
//! Two associations of one configuration that are about the same cluster would undo each other's work. Terraform does
//! not tell a provider which resources there are, so this is what can be known: two operations at the same time, and
//! two creates by one process. What this does not do: find an association in another state.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Clusters by identifier.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<BTreeMap<String, Mark>>);

#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    taken: bool,
    kept: bool,
}

/// An operation on a cluster; it ends when dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    cluster: String,
    was_kept: bool,
}

impl Turns {
    fn marks(&self) -> MutexGuard<'_, BTreeMap<String, Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an operation; none while another one is under way.
    pub(super) fn take(&self, cluster: &str) -> Option<Turn<'_>> {
        let mut marks = self.marks();
        let mark = marks.entry(cluster.to_owned()).or_default();
        if mark.taken {
            return None;
        }
        mark.taken = true;
        Some(Turn { turns: self, cluster: cluster.to_owned(), was_kept: mark.kept })
    }

    /// The cluster has no association any more.
    pub(super) fn forget(&self, cluster: &str) {
        if let Some(mark) = self.marks().get_mut(cluster) {
            mark.kept = false;
        }
    }
}

impl Turn<'_> {
    /// Whether this process has made an association of the cluster before.
    pub(super) fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Remembers that the cluster has an association now.
    pub(super) fn keep(&self) {
        if let Some(mark) = self.turns.marks().get_mut(&self.cluster) {
            mark.kept = true;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(mark) = self.turns.marks().get_mut(&self.cluster) {
            mark.taken = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let turns = Turns::default();
        let first = turns.take("a").unwrap();
        assert!(turns.take("a").is_none());
        assert!(turns.take("b").is_some());
        drop(first);
        assert!(!turns.take("a").unwrap().was_kept());
    }

    #[test]
    fn what_was_made_is_remembered_until_it_is_destroyed() {
        let turns = Turns::default();
        turns.take("a").unwrap().keep();
        assert!(turns.take("a").unwrap().was_kept());
        turns.forget("a");
        assert!(!turns.take("a").unwrap().was_kept());
    }
}
