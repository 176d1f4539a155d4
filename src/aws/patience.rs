//! How long a call may take: AWS's throttling is waited out for as long as the operation may take, and no longer.
//!
//! The number of retries bounds how long a request is repeated, and an account whose other callers use up AWS's rates
//! can be throttled for longer than that. A create, update or delete has a bound of its own, its timeout: until then a
//! throttled request is repeated, however few retries the provider configuration allows. Throttling is the one failure
//! of which it is certain that the request had no effect and that it passes by itself, so even creates are repeated.
//!
//! A create that has saved its object has a reason more: an error taints the object, which is then replaced. Whatever
//! fails in passing there, in a call that does no harm twice, is tried for some more rounds.
//!
//! The retries of the SDK go on for minutes where AWS is out of reach. A call that may be given up, because the same
//! request again does no harm, is given up when Terraform asks the provider to stop or the operation's time is over;
//! each has a moment all the same, so that what is left to do after that is done where AWS answers. A call that must not
//! be made twice is given up between two attempts, and never while AWS may have it.
//!
//! What this does not do: throttled reads of a refresh, of a data source and of a plan, and the calls that configure the
//! provider, end with their retries.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tf_provider::framework::{Context, Verb};
use tokio::time::Instant;

use super::error::{Error, Kind, Result};
use super::retry::Flight;

/// The pause before another round, in milliseconds. The longest pause of the SDK's own retries is 20 seconds.
const PAUSE: std::ops::Range<u64> = 5_000..20_000;

/// How many rounds a create has for what fails in passing once its object is saved.
const ROUNDS: u32 = 3;

/// How long a call has to answer after a stop, and after the end of the operation's time.
const MOMENT: Duration = Duration::from_secs(5);

/// The service, and the operation that is called.
pub(super) type Name = (&'static str, &'static str);

/// Makes a call that may be given up, and makes it again while AWS throttles it and the operation that the task carries
/// out goes on.
pub(super) async fn patiently<T, F>(name: Name, mut call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut rounds = 0;
    loop {
        // On the heap, since the SDK's requests are vast and stand on one another.
        match Box::pin(within_reason(name, call())).await {
            Err(error) if error.kind == Kind::Throttled && another_round(&error).await => {}
            Err(error)
                if error.transient() && rounds < ROUNDS && would_taint() && another_round(&error).await =>
            {
                rounds += 1;
            }
            Err(error) if error.transient() && is_stopped() => return Err(error.after_a_stop()),
            answer => return answer,
        }
    }
}

/// The same with a call whose answer is the only way to learn of what it made.
pub(super) async fn to_the_end<T, F>(name: Name, mut call: impl FnMut(Flight) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    loop {
        let flight = Flight::default();
        match Box::pin(between_attempts(name, &flight, call(flight.clone()))).await {
            Err(error) if error.kind == Kind::Throttled && another_round(&error).await => {}
            answer => return answer,
        }
    }
}

/// The call's answer; or none where nobody waits for it any more, and AWS has not taken it.
async fn between_attempts<T>(
    (service, operation): Name,
    flight: &Flight,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(context) = Context::current() else { return call.await };
    let mut call = pin!(call);
    let (kind, when) = tokio::select! {
        biased;
        answer = call.as_mut() => return answer,
        () = context.stopped() => (Kind::Stopped { sent: false }, "the provider was asked to stop"),
        () = tokio::time::sleep_until(context.deadline()) => {
            (Kind::OutOfTime { sent: false }, "the operation's time was over")
        }
    };
    // What begins now has its moment, as every call has.
    let mut moment = pin!(tokio::time::sleep(MOMENT));
    poll_fn(|cx| {
        if let Poll::Ready(answer) = call.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        let is_late = moment.as_mut().poll(cx).is_ready();
        if flight.has_turned_back() || (is_late && !flight.is_in_the_air()) {
            let message = format!(
                "{service} {operation} had not come through when {when}: AWS could not be reached or took no requests. \
                 It had no effect."
            );
            return Poll::Ready(Err(Error { service, operation, kind, code: None, message, request_id: None }));
        }
        Poll::Pending
    })
    .await
}

/// Whether an error would end a create whose object is in the state.
fn would_taint() -> bool {
    Context::current().is_some_and(|context| context.verb() == Verb::Create && context.has_saved())
}

/// Whether Terraform has asked to stop the operation that the task carries out.
fn is_stopped() -> bool {
    Context::current().is_some_and(|context| context.is_stopped())
}

/// The call's answer, as long as somebody waits for it.
async fn within_reason<T>((service, operation): Name, call: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(context) = Context::current() else { return call.await };
    let given_up = |kind, why: &str| {
        let message = format!("{service} {operation} had no answer when {why}.");
        Err(Error { service, operation, kind, code: None, message, request_id: None })
    };
    let stopped = async {
        context.stopped().await;
        tokio::time::sleep(MOMENT).await;
    };
    tokio::select! {
        biased;
        answer = call => answer,
        () = stopped => given_up(Kind::Stopped { sent: true }, "the provider was asked to stop"),
        () = tokio::time::sleep_until(context.deadline().max(Instant::now() + MOMENT)) => {
            given_up(Kind::OutOfTime { sent: true }, "the operation's time was over")
        }
    }
}

/// Waits before another round; false where there is to be none.
async fn another_round(error: &Error) -> bool {
    let changes = |context: &Context| matches!(context.verb(), Verb::Create | Verb::Update | Verb::Delete);
    let Some(context) = Context::current().filter(changes) else { return false };
    let pause = context.poll_interval().unwrap_or_else(|| Duration::from_millis(fastrand::u64(PAUSE)));
    // What would begin after the end of the operation needs not be waited for.
    if context.is_stopped() || context.remaining() <= pause {
        return false;
    }
    tracing::info!(
        object = context.object(),
        operation = error.operation,
        remaining_seconds = context.remaining().as_secs(),
        "AWS is asked again: {error}"
    );
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        () = context.stopped() => false,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tf_provider::framework::Apply;
    use tf_provider::framework::context::Setting;
    use tokio_util::sync::CancellationToken;

    use super::*;

    const STOPPED: Kind = Kind::Stopped { sent: true };
    const OUT_OF_TIME: Kind = Kind::OutOfTime { sent: true };

    fn throttled() -> Error {
        Error {
            service: "Test",
            operation: "Call",
            kind: Kind::Throttled,
            code: None,
            message: "Rate exceeded".to_owned(),
            request_id: None,
        }
    }

    fn context(stop: &CancellationToken) -> Context {
        operation(Verb::Create, stop)
    }

    fn operation(verb: Verb, stop: &CancellationToken) -> Context {
        Context::begin(Setting {
            verb,
            object: "thing".to_owned(),
            timeout: Duration::from_mins(10),
            stop: stop.clone(),
            poll_interval: None,
            private: tf_provider::framework::private::Private::default(),
        })
    }

    /// Calls what is throttled that many times; says whether it succeeded, and how often it was called.
    async fn check(times: u32, kind: Kind) -> (bool, u32) {
        let calls = Cell::new(0);
        let answer = patiently(("Test", "Call"), || {
            calls.set(calls.get() + 1);
            let answer = if calls.get() > times { Ok(()) } else { Err(Error { kind, ..throttled() }) };
            async move { answer }
        });
        (answer.await.is_ok(), calls.get())
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_waited_out_within_an_operation() {
        let operation = context(&CancellationToken::new());
        assert_eq!(operation.carry_out(check(30, Kind::Throttled)).await, (true, 31));
        assert!(operation.elapsed() > Duration::from_mins(3), "{:?}", operation.elapsed());
        assert_eq!(check(1, Kind::Throttled).await, (false, 1), "no operation, no patience");
        let read = self::operation(Verb::Read, &CancellationToken::new());
        assert_eq!(
            read.carry_out(check(1, Kind::Throttled)).await,
            (false, 1),
            "a read ends with its retries"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn its_timeout_ends_it() {
        let operation = context(&CancellationToken::new());
        let (done, calls) = operation.carry_out(check(u32::MAX, Kind::Throttled)).await;
        assert!(!done && (30..=120).contains(&calls), "{calls}");
        assert!(operation.elapsed() < Duration::from_mins(10), "{:?}", operation.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_else_is_waited_out() {
        for kind in [Kind::Server, Kind::Interrupted, Kind::Unreachable, Kind::Conflict, Kind::Refused] {
            let operation = context(&CancellationToken::new());
            assert_eq!(operation.carry_out(check(1, kind)).await, (false, 1), "{kind:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_create_that_would_be_tainted_bears_more() {
        tf_provider::model! {
            /// A thing.
            struct Thing / ThingView {}
        }
        for (verb, times, expect) in
            [(Verb::Create, 3, (true, 4)), (Verb::Create, 9, (false, 4)), (Verb::Update, 3, (false, 1))]
        {
            let operation = operation(verb, &CancellationToken::new());
            Apply::new(operation.clone()).save(&Thing {});
            assert_eq!(
                operation.carry_out(check(times, Kind::Unreachable)).await,
                expect,
                "{verb:?} {times}"
            );
            assert_eq!(operation.carry_out(check(1, Kind::Refused)).await, (false, 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_after_a_stop_has_failed_for_it() {
        let stop = CancellationToken::new();
        stop.cancel();
        let failing = patiently(("Test", "Call"), || async {
            Err::<(), _>(Error { kind: Kind::Server, ..throttled() })
        });
        let error = context(&stop).carry_out(failing).await.unwrap_err();
        assert_eq!(error.kind, STOPPED);
        assert_eq!(error.message, "The provider was asked to stop, and this call had failed: Rate exceeded.");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_it() {
        let stop = CancellationToken::new();
        let operation = context(&stop);
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            stop.cancel();
        };
        let ((done, _), ()) = tokio::join!(operation.carry_out(check(u32::MAX, Kind::Throttled)), stopping);
        assert!(!done);
        assert_eq!(operation.elapsed().as_secs(), 30);
    }

    /// Makes a call that never answers; says how it ended, and after how many seconds.
    async fn unanswered(context: &Context) -> (Kind, u64) {
        let call = patiently(("Test", "Call"), std::future::pending::<Result<()>>);
        (context.carry_out(call).await.unwrap_err().kind, context.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_an_answer_is_given_up_with_its_operation() {
        let stop = CancellationToken::new();
        let operation = context(&stop);
        assert_eq!(unanswered(&operation).await, (OUT_OF_TIME, 600));
        // What comes after the end has its moment.
        assert_eq!(unanswered(&operation).await, (OUT_OF_TIME, 605));
        let operation = context(&stop);
        stop.cancel();
        assert_eq!(unanswered(&operation).await, (STOPPED, 5));
    }

    /// Makes a call that must not be made twice, and stops it after a second; says how it ended, and after how long.
    async fn stopped_once<F>(call: impl FnMut(Flight) -> F) -> (Option<Error>, u64)
    where
        F: Future<Output = Result<()>>,
    {
        let stop = CancellationToken::new();
        let operation = context(&stop);
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        };
        let (answer, ()) = tokio::join!(operation.carry_out(to_the_end(("Test", "Call"), call)), stopping);
        (answer.err(), operation.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_aws_may_have_is_not_given_up() {
        let ended = stopped_once(|flight| async move {
            flight.take_off();
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(())
        });
        assert!(matches!(ended.await, (None, 60)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_it_has_not_is_given_up() {
        // Seconds before an attempt, of the attempt, and of the pause after it.
        for (before, attempt, expect) in [(0, 0, 1), (0, 30, 30), (60, 0, 6)] {
            let ended = stopped_once(|flight| async move {
                tokio::time::sleep(Duration::from_secs(before)).await;
                flight.take_off();
                tokio::time::sleep(Duration::from_secs(attempt)).await;
                flight.turn_back();
                tokio::time::sleep(Duration::from_mins(1)).await;
                Ok(())
            });
            let (error, seconds) = ended.await;
            let error = error.unwrap();
            assert_eq!((error.kind, seconds), (Kind::Stopped { sent: false }, expect));
            assert!(!error.ambiguous());
        }
    }
}
