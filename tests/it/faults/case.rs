//! The cases: each operation of a run without faults, with each fault, at its first call, at later ones and at its last
//! one.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_simulator::{FaultKind, Service};

use super::scenario::{Cast, Walk, stage};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    Throttled,
    Failure500,
    Failure503,
    Refused,
    ResetBefore,
    AnswerLost,
    Late,
    Truncated,
    AccessDenied,
    ExpiredToken,
}

impl Trouble {
    pub(super) const ALL: [Self; 10] = [
        Self::Throttled,
        Self::Failure500,
        Self::Failure503,
        Self::Refused,
        Self::ResetBefore,
        Self::AnswerLost,
        Self::Late,
        Self::Truncated,
        Self::AccessDenied,
        Self::ExpiredToken,
    ];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Failure500 => "status 500",
            Self::Failure503 => "status 503",
            Self::Refused => "connection refused",
            Self::ResetBefore => "reset before the effect",
            Self::AnswerLost => "answer lost",
            Self::Late => "answer too late",
            Self::Truncated => "body truncated",
            Self::AccessDenied => "access denied",
            Self::ExpiredToken => "token expired",
        }
    }

    /// As the simulator orders it; a refused connection is none of a call.
    pub(super) fn kind(self) -> Option<FaultKind> {
        Some(match self {
            Self::Throttled => FaultKind::Throttled,
            Self::Failure500 => FaultKind::InternalFailure,
            Self::Failure503 => FaultKind::ServiceUnavailable,
            Self::Refused => return None,
            Self::ResetBefore => FaultKind::ResetBefore,
            Self::AnswerLost => FaultKind::ResetAfter,
            Self::Late => FaultKind::Delay(Duration::from_millis(1500)),
            Self::Truncated => FaultKind::Truncated,
            Self::AccessDenied => FaultKind::AccessDenied,
            Self::ExpiredToken => FaultKind::ExpiredToken,
        })
    }

    /// Whether it passes with nobody doing anything.
    pub(super) fn is_transient(self) -> bool {
        !matches!(self, Self::AccessDenied | Self::ExpiredToken)
    }

    /// Whether AWS answers with a code.
    pub(super) fn has_code(self) -> bool {
        use Trouble::{AccessDenied, ExpiredToken, Failure500, Failure503, Throttled};
        matches!(self, Throttled | Failure500 | Failure503 | AccessDenied | ExpiredToken)
    }
}

/// Which calls of the operation go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    /// The first one and its retries.
    First,
    /// The second one of three or more, and its retries: of the operations that waits ask, the first look of a wait
    /// after a creation.
    Second,
    /// The one in the middle of four or more, and its retries.
    Middle,
    /// The last one of a run without faults, once.
    Last,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Case {
    pub(super) service: Service,
    pub(super) operation: String,
    pub(super) trouble: Trouble,
    pub(super) when: When,
    /// The call among those of the operation, from 1.
    pub(super) call: u64,
    /// How many calls of any operation come before it.
    pub(super) before: u64,
    pub(super) cast: Cast,
}

impl Case {
    fn key(&self) -> (Service, &str) {
        (self.service, &self.operation)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.when {
            When::First => "first calls",
            When::Second => "second calls",
            When::Middle => "calls in the middle",
            When::Last => "last call",
        };
        write!(f, "{}:{}, {}, {when}", self.service.name(), self.operation, self.trouble.words())
    }
}

/// The calls of an operation in a run without faults.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The scenario that calls it.
    cast: Cast,
    /// How many calls of any operation come before each.
    pub(crate) before: Vec<u64>,
}

pub(crate) type Calls = BTreeMap<(Service, String), Places>;

pub(crate) async fn learn() -> Calls {
    let mut calls = Calls::new();
    for cast in [Cast::OneOfEach, Cast::Crowd] {
        let mut scenario = stage(cast).await;
        for walk in Walk::ALL {
            scenario.disturb(walk);
            scenario.run(walk).await.unwrap();
        }
        assert_eq!(scenario.simulator.leftovers(), [""; 0]);
        for (before, call) in scenario.simulator.journal().into_iter().enumerate() {
            let places = calls
                .entry((call.service, call.operation))
                .or_insert_with(|| Places { cast, before: Vec::new() });
            if places.cast == cast {
                places.before.push(before as u64);
            }
        }
    }
    calls
}

/// Every case, in the order of operations and faults.
pub(super) fn cases(calls: &Calls) -> Vec<Case> {
    let mut cases = Vec::new();
    for ((service, operation), places) in calls {
        let count = places.before.len();
        let whens = [
            Some((When::First, 0)),
            (count > 2).then_some((When::Second, 1)),
            (count > 3).then_some((When::Middle, count / 2)),
            Some((When::Last, count - 1)),
        ];
        for trouble in Trouble::ALL {
            for (when, call) in whens.into_iter().flatten() {
                let (service, operation, before) = (*service, operation.clone(), places.before[call]);
                let (cast, call) = (places.cast, call as u64 + 1);
                cases.push(Case { service, operation, trouble, when, call, before, cast });
            }
        }
    }
    cases
}

/// One fault for each operation, another one for the next: ten operations in a row meet all ten faults, each at another
/// one of its calls.
pub(super) fn spread(cases: &[Case]) -> Vec<Case> {
    let of_operation = cases.chunk_by(|one, other| one.key() == other.key());
    of_operation
        .enumerate()
        .map(|(row, cases)| {
            let whens = cases.len() / Trouble::ALL.len();
            // 3 has no common factor with 10.
            cases[whens * (3 * row % Trouble::ALL.len()) + row % whens].clone()
        })
        .collect()
}
