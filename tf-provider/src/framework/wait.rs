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

/// How often in a row asking may fail in passing before it has succeeded once. An API that has never answered may not
/// know the question at all; one that has answered is borne with until the operation's time is over.
const FIRST_FAILURES: u32 = 5;

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
/// Fails when the decision says so, when the operation's timeout is over (naming the last state), when the
/// provider is asked to stop, and when asking fails. A failure [in passing](Failure::is_transient) is none: an hour's
/// wait, whose end with an error would taint an object that is as good as any, goes on when the API answers again.
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
    let mut failures = Some(0);
    loop {
        let answer = tokio::select! {
            answer = ask() => answer,
            () = context.stopped() => return Err(stopped(context, what, last.as_deref())),
            () = tokio::time::sleep_until(context.deadline()) => return Err(timed_out(context, what, last.as_deref())),
        };
        let progress = match answer {
            Ok(answer) => {
                failures = None;
                decide(answer)
            }
            Err(failure)
                if failure.is_transient() && failures.is_none_or(|so_far| so_far < FIRST_FAILURES) =>
            {
                failures = failures.map(|so_far| so_far + 1);
                Progress::Pending(format!("unknown, since the last look failed ({failure})"))
            }
            Err(failure) => Progress::Failed(failure),
        };
        let state = match progress {
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

/// The state is any text: a word of AWS's, or a sentence.
fn last_seen(state: Option<&str>) -> String {
    match state.map(|state| state.trim_end_matches('.')) {
        None => "Its state was not read yet.".to_owned(),
        Some(state) => format!("Last seen: {state}."),
    }
}

/// What becomes of an object that is not done. Of a create that saved something, that is told with every failure.
fn outlook(context: &Context) -> &'static str {
    match context.verb() {
        Verb::Create if !context.has_saved() => {
            "The state does not hold the object: the next apply creates it anew."
        }
        Verb::Create => "",
        _ => "The state holds the object, and the next apply goes on from there.",
    }
}

fn stopped(context: &Context, what: &str, state: Option<&str>) -> Failure {
    Failure::stopped(format!(
        "The provider was asked to stop while it waited for {what}. {}",
        last_seen(state)
    ))
    .advise("Nothing was undone.")
    .advise(outlook(context))
}

fn timed_out(context: &Context, what: &str, state: Option<&str>) -> Failure {
    let setting = match context.verb() {
        Verb::Create => "create",
        Verb::Delete => "delete",
        _ => "update",
    };
    Failure::timed_out(format!(
        "Waited {} for {what}. {}",
        duration::display(context.timeout()),
        last_seen(state)
    ))
    .advise(outlook(context))
    .advise(format!("If it needs more time, set timeouts.{setting}."))
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::super::context::{Apply, Setting};
    use super::super::failure::{Blame, Refusal};
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

    /// Asks what answers with `Some`, and fails in passing with `None`; the last answer stays.
    async fn with_failures(timeout: u64, answers: &[Option<&str>]) -> (Result<String, Failure>, usize) {
        let context = context(timeout, &CancellationToken::new());
        let mut asked = 0;
        let result = wait_until(
            &context,
            "thing t-1 to be ready",
            || {
                asked += 1;
                let answer = answers.get(asked - 1).or(answers.last()).copied().flatten();
                let refusal =
                    Refusal { operation: "DescribeThings".into(), transient: true, ..Refusal::default() };
                let answer =
                    answer.map(str::to_owned).ok_or_else(|| Failure::refused(refusal, "No connection."));
                async move { answer }
            },
            |state| if state == "ready" { Progress::Done(state) } else { Progress::Pending(state) },
        )
        .await;
        (result, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_in_passing_is_asked_again() {
        let (result, asked) = with_failures(600, &[None, None, Some("new"), None, Some("ready")]).await;
        assert_eq!((result.unwrap().as_str(), asked), ("ready", 5));
        let mut outage = vec![Some("new")];
        outage.extend([None; 50]);
        outage.push(Some("ready"));
        assert_eq!(with_failures(3600, &outage).await.0.unwrap(), "ready");
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_never_answered_is_given_up() {
        let (result, asked) = with_failures(3600, &[None]).await;
        assert_eq!((result.unwrap_err().problem.as_str(), asked), ("No connection.", 6));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_tells_the_failure_that_was_seen_last() {
        let failure = with_failures(60, &[Some("new"), None]).await.0.unwrap_err();
        assert!(
            failure.problem.ends_with(
                "Last seen: unknown, since the last look failed (No connection. [ DescribeThings])."
            ),
            "{}",
            failure.problem
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_names_the_last_state_and_the_setting() {
        let context = context(3600, &CancellationToken::new());
        let (result, asked) = run(&context, &["new"]).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.problem, "Waited 1h0m0s for thing t-1 to be ready. Last seen: new.");
        assert!(failure.advice.contains("set timeouts.create."), "{}", failure.advice);
        assert!((440..520).contains(&asked), "{asked} polls in an hour");
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_tells_what_the_state_holds() {
        crate::model! {
            /// A thing.
            struct Thing / ThingView {}
        }
        for (saves, expect) in
            [(false, "The state does not hold the object"), (true, "If it needs more time")]
        {
            let context = context(60, &CancellationToken::new());
            if saves {
                Apply::new(context.clone()).save(&Thing {});
            }
            let failure = run(&context, &["new"]).await.0.unwrap_err();
            assert!(failure.advice.starts_with(expect), "{}", failure.advice);
        }
    }

    #[test]
    fn the_last_state_may_be_a_sentence() {
        let check = |state, expect: &str| assert_eq!(last_seen(state), expect);
        check(None, "Its state was not read yet.");
        check(Some("Creating"), "Last seen: Creating.");
        check(Some("Role x does not exist."), "Last seen: Role x does not exist.");
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
