//! What the words of a domain membership's status mean.
//!
//! Source: "Managing a DB cluster in a domain" in the Aurora User Guide,
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/postgresql-kerberos-managing.html>. The API has the
//! status as a free text, so an unknown word must be expected.

/// What `status` says of an instance that has no membership though its cluster should be in a domain.
pub(super) const NOT_JOINED: &str = "not-joined";
/// What `status` says of a cluster without instances on which AWS shows no membership.
pub(super) const NO_INSTANCES: &str = "no-instances";

/// Where a membership stands. The order is from the worst to the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// Joining failed, or leaving did.
    Failed,
    /// There is no membership.
    Absent,
    /// A word that AWS did not document.
    Unknown,
    /// On the way out.
    Leaving,
    /// Told to leave; a reboot or some time is needed.
    LeavePending,
    /// Told to join in the next maintenance window.
    Deferred,
    /// Told to join; the next reboot begins it.
    Pending,
    /// Joining.
    Joining,
    /// A cluster that has nothing to join.
    NoInstances,
    /// Joined.
    Joined,
}

impl Standing {
    /// The meaning of a status.
    pub(super) fn of(status: &str) -> Self {
        match status {
            "kerberos-enabled" | "joined" => Self::Joined,
            "enabling-kerberos" | "joining" | "pending-join" => Self::Joining,
            "pending-enable-kerberos" => Self::Pending,
            "pending-maintenance-enable-kerberos" => Self::Deferred,
            "pending-disable-kerberos" | "pending-maintenance-disable-kerberos" => Self::LeavePending,
            "disabling-kerberos" | "removing" => Self::Leaving,
            NOT_JOINED | "" => Self::Absent,
            NO_INSTANCES => Self::NoInstances,
            word if word.contains("fail") => Self::Failed,
            _ => Self::Unknown,
        }
    }

    /// Whether a state in which the worst membership stands so is what the configuration asks for. Without reboots a
    /// membership that awaits one is all that can be had, and without an immediate change one that awaits the
    /// maintenance window.
    pub(super) fn suffices(self, rolling: bool, immediately: bool) -> bool {
        match self {
            Self::Joined | Self::NoInstances => true,
            Self::Pending | Self::Joining => !rolling,
            Self::Deferred => !immediately,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        fn check(status: &str, expect: Standing) {
            assert_eq!(Standing::of(status), expect, "{status}");
        }
        check("kerberos-enabled", Standing::Joined);
        check("joined", Standing::Joined);
        check("enable-kerberos-failed", Standing::Failed);
        check("failed", Standing::Failed);
        check("pending-maintenance-enable-kerberos", Standing::Deferred);
        check("disabling-kerberos", Standing::Leaving);
        check("active", Standing::Unknown);
    }

    #[test]
    fn what_suffices() {
        fn check(status: &str, rolling: bool, immediately: bool, expect: bool) {
            assert_eq!(Standing::of(status).suffices(rolling, immediately), expect, "{status} {rolling}");
        }
        check("kerberos-enabled", true, true, true);
        check("pending-enable-kerberos", true, true, false);
        check("pending-enable-kerberos", false, true, true);
        check("pending-maintenance-enable-kerberos", true, false, true);
        check("pending-maintenance-enable-kerberos", false, true, false);
        check("enable-kerberos-failed", false, false, false);
        check("not-joined", false, true, false);
        check("active", false, true, false);
    }
}
