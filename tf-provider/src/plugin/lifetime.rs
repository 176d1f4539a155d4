//! When the process ends, and when it does not.
//!
//! Ctrl-C reaches the whole process group, so plugins get SIGINT together with the host. They ignore
//! it: the host then asks for work in flight to stop, waits for it and saves what it made. A plugin
//! that died of the signal would leave objects that no state knows.
//!
//! SIGTERM reaches the plugin alone, or the host too: from a service manager, a container's stop, a
//! pipeline's abort. It ends the plugin, but not before the calls in flight were asked to stop, have
//! answered, and no others came.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::calls::Calls;

/// How often the parent is looked at. There is no event for its end that does not depend on which
/// of its *threads* started this process (`PR_SET_PDEATHSIG`, prctl(2)).
#[cfg(unix)]
const PARENT_POLL: Duration = Duration::from_millis(250);

/// How long calls in flight may go on once the end was asked for.
pub(super) const GRACE: Duration = Duration::from_millis(100);

/// How long calls that were asked to stop may take to answer before that. Less than the ten seconds
/// after which a container is killed, so that the host can still save what they answer.
const STOPPING: Duration = Duration::from_secs(8);

/// How long no call may have been in flight for the work to be over. A host that was asked to end as
/// well asks a little more after an answer, and then for the end.
const QUIET: Duration = Duration::from_secs(1);

/// The request that the process end. It is given once and never taken back.
#[derive(Debug, Clone, Default)]
pub(super) struct Shutdown(CancellationToken);

impl Shutdown {
    /// Waits until the end is asked for. Calls in flight are then cut off after a fraction of a
    /// second.
    pub(super) async fn requested(&self) {
        self.0.cancelled().await;
    }

    pub(super) fn request(&self, why: &str) {
        if !self.0.is_cancelled() {
            tracing::debug!(why, "ending");
            self.0.cancel();
        }
    }
}

/// The work in flight, and how to stop it.
pub(super) struct Work {
    pub(super) calls: Calls,
    pub(super) stop: Box<dyn FnOnce() + Send>,
}

impl Work {
    /// Asks the calls in flight to stop, and returns when all have answered and no others come, or
    /// when their time is over.
    async fn end(self, why: &str) {
        tracing::debug!(why, calls = self.calls.in_flight(), "stopping the calls in flight");
        (self.stop)();
        if tokio::time::timeout(STOPPING, self.calls.quiet(QUIET)).await.is_err() {
            tracing::warn!(calls = self.calls.in_flight(), "calls did not stop in time");
        }
    }
}

/// Who decides when the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The host that started it: it ends with the host, and not on Ctrl-C.
    Host(Parent),
    /// A person at a terminal: it ends on Ctrl-C, and at once on a second one.
    Person,
}

/// The process that started this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    #[cfg(unix)]
    pid: Option<rustix::process::Pid>,
}

impl Parent {
    /// To be called as early as can be: a parent that has gone before is not seen going.
    pub(super) fn current() -> Self {
        Self {
            #[cfg(unix)]
            pid: rustix::process::getppid(),
        }
    }

    /// Waits until this process has another parent.
    #[cfg(unix)]
    async fn gone(self) {
        while Self::current() == self {
            tokio::time::sleep(PARENT_POLL).await;
        }
    }
}

/// Takes over the signals, then asks for the end when it is time. Must be called within a runtime.
///
/// Fails when a signal handler cannot be installed.
#[cfg(unix)]
pub(super) fn watch(owner: Owner, work: Work, shutdown: Shutdown) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    match owner {
        Owner::Person => tokio::spawn(async move {
            let why = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            tokio::select! {
                () = work.end(why) => {}
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            shutdown.request(why);
        }),
        Owner::Host(parent) => {
            // A closed terminal ends the host, which is noticed, unless somebody started it with
            // nohup(1), and then it goes on and needs its plugin.
            let mut hangup = signal(SignalKind::hangup())?;
            tokio::spawn(async move {
                let terminated = async move {
                    terminate.recv().await;
                    work.end("SIGTERM").await;
                };
                let parent_gone = parent.gone();
                tokio::pin!(terminated, parent_gone);
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => tracing::debug!("ignored SIGINT: the host decides what stops"),
                        _ = hangup.recv() => tracing::debug!("ignored SIGHUP: the host decides what stops"),
                        () = &mut terminated => return shutdown.request("SIGTERM"),
                        () = &mut parent_gone => return shutdown.request("the host has gone"),
                    }
                }
            })
        }
    };
    Ok(())
}

/// Takes over Ctrl-C. A host that has gone is not noticed here; Windows ends a job's processes
/// together.
#[cfg(windows)]
pub(super) fn watch(owner: Owner, work: Work, shutdown: Shutdown) -> std::io::Result<()> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        match owner {
            Owner::Host(_) => while ctrl_c.recv().await.is_some() {},
            Owner::Person => {
                ctrl_c.recv().await;
                tokio::select! {
                    () = work.end("Ctrl-C") => {}
                    _ = ctrl_c.recv() => {}
                }
                shutdown.request("Ctrl-C");
            }
        }
    });
    Ok(())
}

/// Lets the process open as many files as it is allowed to: the customary soft limit of 1024 is for
/// programs that use select(2), and tokio does not.
pub(super) fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // A refusal leaves the limit as it was, which is no reason not to start.
        let _unchanged = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    /// Ends work that has calls from and until these seconds.
    async fn check(all: &[(f32, f32)], expect: Duration) {
        let calls = Calls::default();
        for (from, until) in all.iter().copied() {
            let call = calls.clone();
            tokio::spawn(async move {
                sleep(Duration::from_secs_f32(from)).await;
                let _in_flight = call.begin();
                sleep(Duration::from_secs_f32(until - from)).await;
            });
        }
        while calls.in_flight() < all.iter().filter(|(from, _)| *from == 0.0).count() {
            tokio::task::yield_now().await;
        }
        let stopped = CancellationToken::new();
        let stop = Box::new({
            let stopped = stopped.clone();
            move || stopped.cancel()
        });
        let begun = Instant::now();
        Work { calls, stop }.end("a test").await;
        let took = begun.elapsed();
        assert!(stopped.is_cancelled());
        assert!(took.abs_diff(expect) < Duration::from_millis(10), "{all:?}: {took:?} instead of {expect:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_waits_for_answers_but_not_for_ever() {
        let seconds = Duration::from_secs_f32;
        check(&[], Duration::ZERO).await;
        check(&[(0.0, 0.5)], seconds(0.5) + QUIET).await;
        check(&[(0.0, 0.5), (1.0, 2.0)], seconds(2.0) + QUIET).await;
        check(&[(0.0, 0.5), (0.0, 1.0), (5.0, 6.0)], seconds(1.0) + QUIET).await;
        check(&[(0.0, 3600.0)], STOPPING).await;
        check(&[(0.0, 3.0), (3.5, 6.0), (6.5, 9.0)], STOPPING).await;
    }
}
