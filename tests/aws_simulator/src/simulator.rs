//! The handle that a test holds.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Steps;
use crate::config::{Account, Config, DEFAULT_ACCOUNT};
use crate::faults::{Fault, Faults};
use crate::holds::{Boundary, Hold};
use crate::journal::Call;
use crate::seed::ClusterSeed;
use crate::server::{Server, Shared, lock};
use crate::service::Service;
use crate::state::{Region, State};

/// A running simulator. It stops when dropped. Several may run in one process; they share nothing.
#[derive(Debug)]
pub struct Simulator {
    state: Shared,
    server: Mutex<Option<Server>>,
    address: SocketAddr,
    region: String,
}

impl Simulator {
    /// Starts one on 127.0.0.1.
    ///
    /// # Panics
    /// When loopback cannot be listened on. [`Simulator::try_start`] says so instead.
    #[expect(
        clippy::unused_async,
        reason = "tests start it beside clients that are async; a start may come to wait"
    )]
    #[expect(clippy::expect_used, reason = "a test without its double has nothing to go on with")]
    pub async fn start(config: Config) -> Self {
        Self::try_start(&config).expect("listen on loopback")
    }

    /// Starts one on 127.0.0.1, from code that is not async. Fails when the port is taken.
    pub fn try_start(config: &Config) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::new(config)));
        let server = Server::start(Arc::clone(&state), config.port)?;
        let address = server.address;
        Ok(Self { state, server: Mutex::new(Some(server)), address, region: config.region.clone() })
    }

    /// The one endpoint of every service, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening: connections are refused from now on, those that are open are closed. State is kept.
    pub fn close(&self) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether connections are refused.
    pub fn is_closed(&self) -> bool {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).is_none()
            || lock(&self.state).calls_left == Some(0)
    }

    /// Answers so many calls more, then stops listening, before the last of them has its answer. Until then each
    /// connection carries one call, so that the next one is refused for certain and not reset. [`Simulator::close`]
    /// and [`Simulator::reopen`] bring it back.
    pub fn close_after(&self, calls: u64) {
        if calls == 0 {
            self.close();
        } else {
            self.with(|state| state.calls_left = Some(calls));
        }
    }

    /// Listens again, on the same port. An outgoing connection of anybody may have the port for a moment, so this waits
    /// for it for up to ten seconds; it fails when somebody keeps it.
    pub fn reopen(&self) -> io::Result<()> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if server.is_none() {
            lock(&self.state).calls_left = None;
            let until = Instant::now() + Duration::from_secs(10);
            *server = Some(loop {
                match Server::start(Arc::clone(&self.state), self.address.port()) {
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < until => {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                    started => break started?,
                }
            });
        }
        Ok(())
    }

    /// Looks at the state, or changes it behind the caller's back. What is due has happened.
    pub fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        state.settle();
        work(&mut state)
    }

    /// Looks at, or changes, what the default account has in the default region.
    pub fn here<T>(&self, work: impl FnOnce(&mut Region) -> T) -> T {
        self.with(|state| work(state.region(DEFAULT_ACCOUNT, &self.region)))
    }

    /// Accepts more credentials.
    pub fn add_account(&self, account: &Account) {
        self.with(|state| state.add_account(account));
    }

    /// Puts a cluster in place in the default account and region.
    pub fn seed_cluster(&self, seed: &ClusterSeed) {
        self.with(|state| {
            let now = state.clock.now();
            state.region(DEFAULT_ACCOUNT, &self.region).seed_cluster(
                DEFAULT_ACCOUNT,
                &self.region,
                seed,
                now,
            );
        });
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.with(|state| state.faults.add(fault));
    }

    /// Takes every fault back.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults = Faults::default());
    }

    /// Orders that the n-th call of an operation from now on, counted from 1, is held at that boundary. Nothing but
    /// this call waits.
    pub fn hold(&self, service: Service, operation: &str, n: u64, boundary: Boundary) -> Hold {
        self.with(|state| state.holds.add(service, operation, n, boundary))
    }

    /// How long each step takes, from now on.
    pub fn set_steps(&self, steps: Steps) {
        self.with(|state| state.steps = steps);
    }

    /// Moves the state machines' clock forward.
    pub fn advance(&self, by: Duration) {
        self.with(|state| state.clock.advance(by));
    }

    /// Every call so far.
    pub fn journal(&self) -> Vec<Call> {
        self.with(|state| state.journal.calls().to_vec())
    }

    /// How often an operation was called.
    pub fn count(&self, operation: &str) -> usize {
        self.with(|state| state.journal.calls().iter().filter(|call| call.operation == operation).count())
    }

    /// Forgets the calls.
    pub fn clear_journal(&self) {
        self.with(|state| state.journal.clear());
    }

    /// What exists that was not there at the start: see [`State::leftovers`].
    pub fn leftovers(&self) -> Vec<String> {
        self.with(State::leftovers)
    }
}
