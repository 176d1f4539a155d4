//! What has been done in one attempt to join, so that an interrupted one goes on where it stopped.
//!
//! Kept in the resource's private state, and there the moment it happened. A create whose provider was killed leaves no
//! state at all; then what AWS shows has to do, see [`next`](super::step::next).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tf_provider::framework::Context;

use super::facts::Facts;
use super::standing::Standing;
use super::step::Goal;

const KEY: &str = "join";

/// Milliseconds since the Unix epoch.
pub(super) type Millis = i64;

pub(super) fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// One attempt to join.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) directory_id: String,
    pub(super) iam_role_name: String,
    /// When it began.
    pub(super) began: Millis,
    /// Whether the cluster was modified for it; else it goes on from what was found.
    pub(super) modified: bool,
    /// The members that the modification was for.
    pub(super) members: BTreeSet<String>,
    /// The members that had failed before, and have not been seen in another status since.
    pub(super) failed_before: BTreeSet<String>,
    /// The reboots that were asked for.
    pub(super) reboots: BTreeMap<String, Reboot>,
}

/// A reboot that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reboot {
    pub(super) at: Millis,
    /// Whether AWS has it; false while the answer was lost.
    pub(super) sure: bool,
}

impl Round {
    /// An attempt on a cluster as it is found.
    pub(super) fn begin(goal: &Goal, facts: &Facts, modified: bool, now: Millis) -> Self {
        let failed = facts.members.iter().filter(|member| member.standing() == Standing::Failed);
        Self {
            directory_id: goal.directory_id.clone(),
            iam_role_name: goal.iam_role_name.clone(),
            began: now,
            modified,
            members: facts.members.iter().map(|member| member.id.clone()).collect(),
            failed_before: failed.map(|member| member.id.clone()).collect(),
            reboots: BTreeMap::new(),
        }
    }

    /// Whether it is an attempt to reach that goal.
    pub(super) fn is_for(&self, goal: &Goal) -> bool {
        self.directory_id == goal.directory_id && self.iam_role_name == goal.iam_role_name
    }

    /// Takes in what was seen: a reboot that is seen happened, one that is not seen for `settle` did not.
    pub(super) fn learn(&mut self, facts: &Facts, settle: Millis, now: Millis) {
        // A membership that stands on the cluster moves when the last instance was rebooted, and not before.
        let latest = self.reboots.values().map(|reboot| reboot.at).max().unwrap_or(now);
        let all_rebooted = facts.members.iter().all(|member| self.reboots.contains_key(&member.id));
        for member in &facts.members {
            if member.standing() != Standing::Failed {
                self.failed_before.remove(&member.id);
            }
            let Some(reboot) = self.reboots.get_mut(&member.id).filter(|reboot| !reboot.sure) else {
                continue;
            };
            let moved = member.own && member.standing() != Standing::Pending;
            let is_late =
                if member.own { now - reboot.at > settle } else { all_rebooted && now - latest > settle };
            if moved || !member.is_available() {
                reboot.sure = true;
            } else if is_late {
                self.reboots.remove(&member.id);
            }
        }
    }

    pub(super) fn load(context: &Context) -> Option<Self> {
        let bytes = context.private(|private| private.get(KEY).map(<[u8]>::to_vec))?;
        Self::from_json(&serde_json::from_slice(&bytes).ok()?)
    }

    pub(super) fn store(&self, context: &Context) {
        context.private(|private| private.set(KEY, self.to_json().to_string().into_bytes()));
    }

    /// Forgets the attempt: it has reached its end, good or bad.
    pub(super) fn end(context: &Context) {
        context.private(|private| private.remove(KEY));
    }

    fn to_json(&self) -> Value {
        let reboots = self
            .reboots
            .iter()
            .map(|(id, reboot)| (id.clone(), json!({ "at": reboot.at, "sure": reboot.sure })));
        json!({
            "directory_id": self.directory_id,
            "iam_role_name": self.iam_role_name,
            "began": self.began,
            "modified": self.modified,
            "members": self.members,
            "failed_before": self.failed_before,
            "reboots": reboots.collect::<serde_json::Map<_, _>>(),
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let names = |name: &str| -> Option<BTreeSet<String>> {
            value.get(name)?.as_array()?.iter().map(|each| each.as_str().map(str::to_owned)).collect()
        };
        let reboots = value.get("reboots")?.as_object()?.iter().map(|(id, reboot)| {
            let at = reboot.get("at")?.as_i64()?;
            Some((id.clone(), Reboot { at, sure: reboot.get("sure")?.as_bool()? }))
        });
        Some(Self {
            directory_id: text("directory_id")?,
            iam_role_name: text("iam_role_name")?,
            began: value.get("began")?.as_i64()?,
            modified: value.get("modified")?.as_bool()?,
            members: names("members")?,
            failed_before: names("failed_before")?,
            reboots: reboots.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_round_trip() {
        let round = Round {
            directory_id: "d-1234567890".into(),
            iam_role_name: "r".into(),
            began: 1_700_000_000_123,
            modified: true,
            members: ["a", "b"].map(str::to_owned).into(),
            failed_before: ["b".to_owned()].into(),
            reboots: [("a".to_owned(), Reboot { at: 5, sure: false })].into(),
        };
        assert_eq!(Round::from_json(&round.to_json()), Some(round));
        assert_eq!(Round::from_json(&json!({"directory_id": "d"})), None);
    }
}
