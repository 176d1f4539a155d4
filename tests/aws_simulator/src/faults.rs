//! Faults to order: which call fails, and how. A refused connection is none of them: the simulator cannot know which
//! call it would have carried, so [`crate::Simulator::close`] refuses all, and [`crate::Simulator::close_after`] all
//! after so many calls.

use std::time::Duration;

use crate::service::Service;

/// How a call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The service's own error for too many requests. No effect.
    Throttled,
    /// Status 500. No effect.
    InternalFailure,
    /// Status 503. No effect.
    ServiceUnavailable,
    /// The connection is closed without an answer and without an effect.
    ResetBefore,
    /// The call takes effect; then the connection is closed without an answer.
    ResetAfter,
    /// The call takes effect; the answer comes late.
    Delay(Duration),
    /// The call takes effect; the answer's body ends in the middle, and the connection with it.
    Truncated,
    /// The call takes effect; the answer's body is neither JSON nor XML.
    Malformed,
    /// The call takes effect; the answer is a success that says nothing, as a server that is not AWS may give it.
    Empty,
    /// The caller may not. No effect.
    AccessDenied,
    /// The caller's temporary credentials are over. No effect.
    ExpiredToken,
    /// Another error: status, code and message. No effect.
    Refused(u16, String, String),
}

impl FaultKind {
    /// The kind of that name, as the control interface spells it; `delay` is for `delay` alone.
    pub fn named(name: &str, delay: Duration) -> Option<Self> {
        Some(match name {
            "throttled" => Self::Throttled,
            "internal_failure" => Self::InternalFailure,
            "service_unavailable" => Self::ServiceUnavailable,
            "reset_before" => Self::ResetBefore,
            "reset_after" => Self::ResetAfter,
            "delay" => Self::Delay(delay),
            "truncated" => Self::Truncated,
            "malformed" => Self::Malformed,
            "empty" => Self::Empty,
            "access_denied" => Self::AccessDenied,
            "expired_token" => Self::ExpiredToken,
            _ => return None,
        })
    }
}

/// An order: which calls of an operation go wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    service: Option<Service>,
    operation: String,
    kind: FaultKind,
    first: u64,
    times: u64,
    seen: u64,
}

impl Fault {
    /// Every call of an operation (`*`: of all) goes wrong.
    pub fn new(service: Service, operation: &str, kind: FaultKind) -> Self {
        Self {
            service: Some(service),
            operation: operation.to_owned(),
            kind,
            first: 1,
            times: u64::MAX,
            seen: 0,
        }
    }

    /// Every call of every service goes wrong.
    pub fn everywhere(kind: FaultKind) -> Self {
        Self { service: None, operation: "*".to_owned(), kind, first: 1, times: u64::MAX, seen: 0 }
    }

    /// It begins with the n-th call from now on, counted from 1.
    pub fn from_call(mut self, n: u64) -> Self {
        self.first = n;
        self
    }

    /// It ends after that many calls.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    fn meets(&mut self, service: Service, operation: &str) -> bool {
        let concerns = self.service.is_none_or(|own| own == service)
            && (self.operation == "*" || self.operation == operation);
        if !concerns {
            return false;
        }
        self.seen += 1;
        self.seen >= self.first && self.seen - self.first < self.times
    }
}

/// The faults that are ordered.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Orders a fault. It counts calls from now on.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Takes every order back.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this call: the first order that meets it. All count it.
    pub(crate) fn take(&mut self, service: Service, operation: &str) -> Option<FaultKind> {
        let mut kind = None;
        for fault in &mut self.0 {
            if fault.meets(service, operation) && kind.is_none() {
                kind = Some(fault.kind.clone());
            }
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fault: Fault, expect: &[bool]) {
        let mut faults = Faults::default();
        faults.add(fault);
        let met: Vec<bool> =
            expect.iter().map(|_| faults.take(Service::Ds, "CreateTrust").is_some()).collect();
        assert_eq!(met, expect);
    }

    #[test]
    fn faults_count_calls() {
        let throttled = || Fault::new(Service::Ds, "CreateTrust", FaultKind::Throttled);
        check(throttled(), &[true, true, true]);
        check(throttled().from_call(2).times(1), &[false, true, false]);
        check(Fault::new(Service::Rds, "*", FaultKind::Throttled), &[false]);
        check(Fault::new(Service::Ds, "*", FaultKind::Throttled).times(1), &[true, false]);
        check(Fault::everywhere(FaultKind::ResetAfter).from_call(3), &[false, false, true]);
    }
}
