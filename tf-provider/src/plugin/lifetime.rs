//! When the process ends, and when it does not.
//!
//! Ctrl-C reaches the whole process group, so plugins get SIGINT together with the host. They ignore
//! it: the host then asks for work in flight to stop, waits for it and saves what it made. A plugin
//! that died of the signal would leave objects that no state knows.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How often the parent is looked at. There is no event for its end that does not depend on which
/// of its *threads* started this process (`PR_SET_PDEATHSIG`, prctl(2)).
#[cfg(unix)]
const PARENT_POLL: Duration = Duration::from_millis(250);

/// How long calls in flight may go on once the end was asked for.
pub(super) const GRACE: Duration = Duration::from_millis(100);

/// The request that the process end, handed to whoever has work to give up.
///
/// It is given once and never taken back. It is *not* Terraform's StopProvider, after which a
/// plugin goes on serving.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Waits until the end is asked for. Calls in flight are then cut off after a fraction of a
    /// second.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    pub(super) fn request(&self, why: &str) {
        if !self.0.is_cancelled() {
            tracing::debug!(why, "ending");
            self.0.cancel();
        }
    }
}

/// Who decides when the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The host that started it: it ends with the host, and not on Ctrl-C.
    Host(Parent),
    /// A person at a terminal: it ends on Ctrl-C.
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
pub(super) fn watch(owner: Owner, shutdown: Shutdown) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    match owner {
        Owner::Person => tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => shutdown.request("SIGINT"),
                _ = terminate.recv() => shutdown.request("SIGTERM"),
            }
        }),
        Owner::Host(parent) => {
            // A closed terminal ends the host, which is noticed, unless somebody started it with
            // nohup(1), and then it goes on and needs its plugin.
            let mut hangup = signal(SignalKind::hangup())?;
            tokio::spawn(async move {
                let parent_gone = parent.gone();
                tokio::pin!(parent_gone);
                loop {
                    tokio::select! {
                        _ = interrupt.recv() => tracing::debug!("ignored SIGINT: the host decides what stops"),
                        _ = hangup.recv() => tracing::debug!("ignored SIGHUP: the host decides what stops"),
                        _ = terminate.recv() => return shutdown.request("SIGTERM"),
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
pub(super) fn watch(owner: Owner, shutdown: Shutdown) -> std::io::Result<()> {
    let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while ctrl_c.recv().await.is_some() {
            if owner == Owner::Person {
                return shutdown.request("Ctrl-C");
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
