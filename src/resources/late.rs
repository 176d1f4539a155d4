//! Objects that AWS shows late.
//!
//! An answer that an object does not exist takes it out of the state. Of an object that was asked for a moment ago, it
//! may only mean that the server which answers has not heard of it; the state would lose what it alone knows.

use std::time::Duration;

use tf_provider::framework::Context;

/// The longest pause once Terraform has asked the provider to stop.
const WHEN_STOPPED: Duration = Duration::from_secs(1);

/// A time that is shorter in tests, which poll faster.
pub(super) fn scaled(context: &Context, time: Duration, polls: u32) -> Duration {
    context.poll_interval().map_or(time, |poll| (poll * polls).max(Duration::from_secs(5)).min(time))
}

/// Looks `looks` times at most, as long as what is seen is `doubtful`; gives what was seen last. A stop ends the looks.
pub(super) async fn look_again<T, E, F>(
    context: &Context,
    looks: u32,
    between: Duration,
    mut look: impl FnMut() -> F,
    doubtful: impl Fn(&T) -> bool,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut seen = look().await?;
    for _ in 1..looks {
        if !doubtful(&seen) || context.is_stopped() {
            break;
        }
        tracing::info!(object = context.object(), "not visible yet");
        pause(context, between).await;
        seen = look().await?;
    }
    Ok(seen)
}

/// Sleeps between two looks; a stop makes the pause a short one.
pub(super) async fn pause(context: &Context, between: Duration) {
    let between = context.poll_interval().map_or(between, |poll| poll.min(between));
    if !context.is_stopped() {
        tokio::select! {
            () = tokio::time::sleep(between) => return,
            () = context.stopped() => {}
        }
    }
    tokio::time::sleep(between.min(WHEN_STOPPED)).await;
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tf_provider::framework::context::Setting;
    use tf_provider::framework::private::Private;
    use tf_provider::framework::{Failure, Verb};
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn context(stop: &CancellationToken) -> Context {
        Context::begin(Setting {
            verb: Verb::Read,
            object: "thing".to_owned(),
            timeout: Duration::from_mins(10),
            stop: stop.clone(),
            poll_interval: None,
            private: Private::default(),
        })
    }

    /// Looks at what shows at the third look; gives what was seen, and after how many looks.
    async fn check(context: &Context, looks: u32) -> (bool, u32) {
        let looked = Cell::new(0);
        let look = || {
            looked.set(looked.get() + 1);
            let seen = looked.get() == 3;
            async move { Ok::<_, Failure>(seen) }
        };
        let seen = look_again(context, looks, Duration::from_secs(6), look, |seen| !seen).await.unwrap();
        (seen, looked.get())
    }

    #[tokio::test(start_paused = true)]
    async fn it_looks_until_there_is_no_doubt() {
        let context = context(&CancellationToken::new());
        assert_eq!(check(&context, 5).await, (true, 3));
        assert_eq!(check(&context, 2).await, (false, 2));
        assert_eq!(context.elapsed().as_secs(), 18);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_shortens_a_pause_and_ends_the_looks() {
        let stop = CancellationToken::new();
        let context = context(&stop);
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            stop.cancel();
        };
        let (ended, ()) = tokio::join!(check(&context, 5), stopping);
        assert_eq!((ended, context.elapsed().as_secs()), ((false, 2), 3));
    }
}
