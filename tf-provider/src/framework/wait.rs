//! Waiting until an object has become what was asked for.

use std::fmt;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

use super::context::Context;
use super::duration;
use super::failure::{Failure, Verb};

/// Where an object stands on the way to its target.
#[derive(Debug)]
pub enum Progress<T> {
    /// On the way, in the named state.
    Pending(String),
    /// There.
    Done(T),
    /// It will not get there.
    Failed(Failure),
}

impl<T> Progress<T> {
    /// On the way, in the named state.
    pub fn pending(state: impl fmt::Display) -> Self {
        Self::Pending(state.to_string())
    }
}

/// Polls come on a grid that all waits of a process share, so that objects which wait at the same time ask at
/// the same time and the calls can be joined. Processes differ by when they started.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

const SHORTEST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(8);

/// How long to sleep before the next poll, given how long the wait has lasted: 2 s at first, then 4 s, then 8 s,
/// so that the end of an hour's wait is noticed within seconds.
fn pause(elapsed: Duration, since_epoch: Duration) -> Duration {
    let grid = if elapsed < Duration::from_secs(30) {
        SHORTEST
    } else if elapsed < Duration::from_mins(2) {
        SHORTEST * 2
    } else {
        LONGEST
    };
    let over = Duration::from_nanos(u64::try_from(since_epoch.as_nanos() % grid.as_nanos()).unwrap_or(0));
    let next = grid.saturating_sub(over);
    // A tick that is almost here would ask again before anything could have changed.
    if next < grid / 4 { next + grid } else { next }
}

/// Asks until the object is there. `what` names the wait in messages and log lines ("directory d-1 to become
/// Active"). The decision from an answer to [`Progress`] is the caller's, pure, and apart from the asking.
///
/// Fails when the decision says so, when the operation's timeout is over (naming the last state), when Terraform
/// asks the provider to stop, and when asking fails.
pub async fn wait_until<A, T, F>(
    context: &Context,
    what: &str,
    mut ask: impl FnMut() -> F,
    mut decide: impl FnMut(A) -> Progress<T>,
) -> Result<T, Failure>
where
    F: Future<Output = Result<A, Failure>>,
{
    let epoch = *EPOCH;
    let started = Instant::now();
    let mut last = None;
    loop {
        let answer = tokio::select! {
            answer = ask() => answer?,
            () = context.stopped() => return Err(stopped(context, what, last.as_deref())),
            () = tokio::time::sleep_until(context.deadline()) => return Err(timed_out(context, what, last.as_deref())),
        };
        let state = match decide(answer) {
            Progress::Done(target) => return Ok(target),
            Progress::Failed(failure) => return Err(failure),
            Progress::Pending(state) => state,
        };
        tracing::info!(
            object = context.object(),
            state,
            elapsed = duration::display(context.elapsed()),
            remaining = duration::display(context.remaining()),
            "waiting for {what}"
        );
        last = Some(state);
        let pause = context.poll_interval().unwrap_or_else(|| pause(started.elapsed(), epoch.elapsed()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = context.stopped() => return Err(stopped(context, what, last.as_deref())),
            () = tokio::time::sleep_until(context.deadline()) => return Err(timed_out(context, what, last.as_deref())),
        }
    }
}

fn in_state(state: Option<&str>) -> String {
    state.map_or_else(|| "its state was not read yet".to_owned(), |state| format!("it was in state {state}"))
}

/// What becomes of an object that is not done. A create that fails leaves what it saved tainted, so that only an
/// object that was there before is gone on with.
fn outlook(context: &Context) -> &'static str {
    match context.verb() {
        Verb::Create if !context.has_saved() => {
            "The state does not hold the object: the next apply creates it anew."
        }
        Verb::Create => "The state holds the object.",
        _ => "The state holds the object, and the next apply goes on from there.",
    }
}

fn stopped(context: &Context, what: &str, state: Option<&str>) -> Failure {
    Failure::stopped(format!(
        "Terraform asked the provider to stop while it waited for {what}; {}.",
        in_state(state)
    ))
    .advise(format!("Nothing was undone. {}", outlook(context)))
}

fn timed_out(context: &Context, what: &str, state: Option<&str>) -> Failure {
    let setting = match context.verb() {
        Verb::Create => "create",
        Verb::Delete => "delete",
        _ => "update",
    };
    Failure::timed_out(format!(
        "Waited {} for {what}; {} then.",
        duration::display(context.timeout()),
        in_state(state)
    ))
    .advise(format!("{} If it needs more time, set {setting} in the timeouts block.", outlook(context)))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::super::context::{Apply, Setting};
    use super::super::failure::Blame;
    use super::super::private::Private;
    use super::*;

    fn context(timeout: u64, stop: &CancellationToken) -> Context {
        Context::begin(Setting {
            verb: Verb::Create,
            object: "toy_thing (t-1)".into(),
            timeout: Duration::from_secs(timeout),
            stop: stop.clone(),
            poll_interval: None,
            private: Private::default(),
        })
    }

    async fn run(context: &Context, states: &[&str]) -> (Result<String, Failure>, usize) {
        let mut asked = 0;
        let result = wait_until(
            context,
            "thing t-1 to be ready",
            || {
                asked += 1;
                let state = states.get(asked - 1).or(states.last()).copied().unwrap_or_default();
                async move { Ok(state.to_owned()) }
            },
            |state| match state.as_str() {
                "ready" => Progress::Done(state),
                "broken" => Progress::Failed(Failure::unexpected("It broke.")),
                _ => Progress::Pending(state),
            },
        )
        .await;
        (result, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_target_is_reached() {
        let context = context(60, &CancellationToken::new());
        let (result, asked) = run(&context, &["new", "new", "ready"]).await;
        assert_eq!((result.unwrap().as_str(), asked), ("ready", 3));
    }

    #[tokio::test(start_paused = true)]
    async fn it_fails_at_once_on_a_failed_state() {
        let context = context(60, &CancellationToken::new());
        let (result, asked) = run(&context, &["new", "broken"]).await;
        assert_eq!((result.unwrap_err().blame, asked), (Blame::Unexpected, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_names_the_last_state_and_the_setting() {
        let context = context(3600, &CancellationToken::new());
        let (result, asked) = run(&context, &["new"]).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.problem, "Waited 1h0m0s for thing t-1 to be ready; it was in state new then.");
        assert!(failure.advice.contains("set create in the timeouts block"), "{}", failure.advice);
        assert!((440..520).contains(&asked), "{asked} polls in an hour");
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_tells_what_the_state_holds() {
        crate::model! {
            /// A thing.
            struct Thing / ThingView {}
        }
        for (saves, expect) in
            [(false, "The state does not hold the object"), (true, "The state holds the object.")]
        {
            let context = context(60, &CancellationToken::new());
            if saves {
                Apply::new(context.clone()).save(&Thing {});
            }
            let failure = run(&context, &["new"]).await.0.unwrap_err();
            assert!(failure.advice.starts_with(expect), "{}", failure.advice);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_it_at_once() {
        let stop = CancellationToken::new();
        let context = context(3600, &stop);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            stop.cancel();
        });
        let (result, _) = run(&context, &["new"]).await;
        assert_eq!(result.unwrap_err().blame, Blame::Stopped);
        assert_eq!(context.elapsed().as_millis(), 500);
    }

    #[test]
    fn polls_fall_on_a_shared_grid() {
        let second = Duration::from_secs(1);
        assert_eq!(pause(Duration::ZERO, second * 7), second);
        assert_eq!(pause(Duration::ZERO, Duration::from_millis(7900)), Duration::from_millis(2100));
        assert_eq!(pause(second * 600, second * 603), second * 5);
    }
}
