//! Calls to hold: the test says which one, is told when it is there, and decides what becomes of it.
//!
//! A hold stops one call at one of its two boundaries: before it takes effect, or after that and before its answer. So
//! a test can end a client at that very moment, without sleeping and hoping. What this does not do: hold the calls of
//! a client that waits for answers no longer; its connection is closed, and the call with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::service::Service;

/// Where a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    /// Before the handler runs.
    Before,
    /// After the handler ran, before the answer goes out.
    After,
}

/// How far a held call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Awaited,
    Held,
    /// It goes on as if nothing had been.
    Released,
    /// It ends where it is, and its connection with it.
    Cut,
}

/// A call that is held, or will be. Dropping this releases it.
#[derive(Debug)]
pub struct Hold(Arc<watch::Sender<Stage>>);

impl Hold {
    /// Returns once the call is there.
    pub async fn reached(&self) {
        let mut stage = self.0.subscribe();
        // The sender lives in `self`.
        let _ = stage.wait_for(|stage| *stage >= Stage::Held).await;
    }

    /// As [`Hold::reached`], from code that is not async. False: it did not come in that time.
    pub fn reached_within(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while !self.is_reached() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Whether the call is, or was, there.
    pub fn is_reached(&self) -> bool {
        *self.0.borrow() >= Stage::Held
    }

    /// Lets the call go on. One that has not come yet will not be held.
    pub fn release(&self) {
        self.end(Stage::Released);
    }

    /// Closes the call's connection. A call that was held before its effect never takes it.
    pub fn cut(&self) {
        self.end(Stage::Cut);
    }

    fn end(&self, as_what: Stage) {
        self.0.send_if_modified(|stage| {
            let open = *stage <= Stage::Held;
            if open {
                *stage = if *stage == Stage::Held { as_what } else { Stage::Released };
            }
            open
        });
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}

/// The server's side of a hold that has met its call.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) boundary: Boundary,
    stage: Arc<watch::Sender<Stage>>,
}

impl Gate {
    /// Holds the call. Whether it may go on.
    pub(crate) async fn pass(self) -> bool {
        let mut stage = self.stage.subscribe();
        self.stage.send_if_modified(|stage| {
            let awaited = *stage == Stage::Awaited;
            if awaited {
                *stage = Stage::Held;
            }
            awaited
        });
        match stage.wait_for(|stage| *stage > Stage::Held).await {
            Ok(stage) => *stage == Stage::Released,
            Err(_) => true,
        }
    }
}

#[derive(Debug)]
struct Order {
    service: Service,
    operation: String,
    boundary: Boundary,
    /// How many calls come before the one to hold.
    before: u64,
    stage: Arc<watch::Sender<Stage>>,
}

/// The holds that are ordered and have not met their calls.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<Vec<Order>>);

impl Holds {
    /// Orders a hold of the n-th call of the operation from now on, counted from 1.
    pub(crate) fn add(&self, service: Service, operation: &str, n: u64, boundary: Boundary) -> Hold {
        let stage = Arc::new(watch::Sender::new(Stage::Awaited));
        let order = Order {
            service,
            operation: operation.to_owned(),
            boundary,
            before: n.saturating_sub(1),
            stage: Arc::clone(&stage),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(order);
        Hold(stage)
    }

    /// What holds this call. Every order counts it.
    pub(crate) fn take(&self, service: Service, operation: &str) -> Option<Gate> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        orders.retain(|order| *order.stage.borrow() == Stage::Awaited);
        let mut met = None;
        for (place, order) in orders.iter_mut().enumerate() {
            if order.service != service || order.operation != operation {
                continue;
            }
            match order.before.checked_sub(1) {
                Some(before) => order.before = before,
                None => met = met.or(Some(place)),
            }
        }
        met.map(|place| orders.remove(place))
            .map(|order| Gate { boundary: order.boundary, stage: order.stage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: u64, expect: &[bool]) {
        let holds = Holds::default();
        let _hold = holds.add(Service::Ds, "CreateTrust", n, Boundary::Before);
        let met: Vec<bool> =
            expect.iter().map(|_| holds.take(Service::Ds, "CreateTrust").is_some()).collect();
        assert_eq!(met, expect);
    }

    #[test]
    fn one_call_is_held() {
        check(1, &[true, false]);
        check(3, &[false, false, true, false]);
        let holds = Holds::default();
        let hold = holds.add(Service::Ds, "CreateTrust", 1, Boundary::Before);
        assert!(holds.take(Service::Rds, "CreateTrust").is_none());
        assert!(holds.take(Service::Ds, "DeleteTrust").is_none());
        drop(hold);
        assert!(holds.take(Service::Ds, "CreateTrust").is_none());
    }
}
