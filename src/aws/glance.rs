//! A cheap look at many objects, to confirm that nothing has changed.
//!
//! A refresh reads every object of a state, and nearly all of them are as the state says. AWS lists a hundred of
//! them for the price of one look, though often with less detail or a little later. A [`Glance`] holds such a
//! listing for the time of one walk. What it shows may only *confirm* a state: a reader to whom it shows anything
//! else, or nothing, asks about its object by name. So no value out of a listing ever comes into a state, and a
//! listing that fails, or may not be made, costs a walk nothing but the attempt.
//!
//! A listing serves a walk, in which each object is read once. Who reads an object again has reason to: that begins
//! another walk, as does a pause. However long a listing takes, it serves those that waited for it and, for the time of
//! [`GOOD_FOR`], those that follow. With a write of this process listings are forgotten, as in the module
//! [`batch`](super::batch).

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use tokio::time::Instant;

use super::batch::{Generation, Joiner, WINDOW};
use super::error::Result;
use super::patience::Name;

/// A walk is over when nobody reads for that time.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a listing serves after it was asked for. Terraform reads some hundred objects in that time.
const GOOD_FOR: Duration = Duration::from_secs(30);

/// A listing that takes longer than this is not worth its time again.
const TOO_SLOW: Duration = Duration::from_secs(15);

/// The number of objects in a walk from which on a listing is made. Fewer are cheaper to ask for by name.
const FROM: usize = 5;

/// Retries of a listing: some, because by name there are more requests to be throttled; not all, because there is another
/// way.
pub(crate) fn few_attempts(all: Option<&RetryConfig>) -> RetryConfig {
    const FEW: u32 = 4;
    let all = all.cloned().unwrap_or_else(RetryConfig::standard);
    let few = all.max_attempts().min(FEW);
    all.with_max_attempts(few)
}

/// Looks at objects of one kind.
pub(crate) struct Glance<V: 'static> {
    listings: Joiner<(), Arc<HashMap<String, V>>>,
    walk: Mutex<Walk>,
    hopeless: Arc<AtomicBool>,
}

/// What was read lately.
struct Walk {
    since: Instant,
    /// The latest read, or its end where it waited for a listing.
    latest: Instant,
    keys: HashSet<String>,
    /// Whether a listing has failed; it is not tried again before the next walk.
    failed: bool,
}

impl Walk {
    fn new() -> Self {
        let now = Instant::now();
        Self { since: now, latest: now, keys: HashSet::new(), failed: false }
    }
}

impl<V: Clone + Send + Sync + 'static> Glance<V> {
    /// `list`, a call of the operation of that name, gives every object by its key; none where there are too many to
    /// list. After none, a refusal, or an answer that took long, it is not called again; after any other failure, not
    /// before the next walk.
    pub(crate) fn new<F>(
        name: Name,
        generation: Generation,
        list: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Option<HashMap<String, V>>>> + Send + 'static,
    {
        let hopeless = Arc::new(AtomicBool::new(false));
        let gives_up = Arc::clone(&hopeless);
        let listings = Joiner::new(name, generation, 1, move |_| {
            let (listing, gives_up) = (list(), Arc::clone(&gives_up));
            async move {
                let began = Instant::now();
                let listed = listing.await;
                let in_vain = match &listed {
                    Ok(listed) => listed.is_none() || began.elapsed() > TOO_SLOW,
                    Err(error) => !error.transient(),
                };
                gives_up.fetch_or(in_vain, Ordering::Relaxed);
                Ok(listed?.map(|objects| ((), Arc::new(objects))).into_iter().collect())
            }
        });
        Self { listings, walk: Mutex::new(Walk::new()), hopeless }
    }

    /// What a listing shows of the object; none where it shows nothing, or where no listing is at hand and none
    /// is worth its price.
    pub(crate) async fn at(&self, key: &str) -> Option<V> {
        if self.hopeless.load(Ordering::Relaxed) {
            return None;
        }
        self.enter(key);
        let mut since = self.worthwhile_since();
        if since.is_none() {
            // Terraform reads ten at a time, and the others of the ten are on their way.
            tokio::time::sleep(WINDOW).await;
            since = self.worthwhile_since();
        }
        let listed = self.listings.find_recent(&(), since?.elapsed().min(GOOD_FOR)).await;
        let mut walk = self.walk();
        walk.latest = Instant::now();
        walk.failed |= listed.is_err();
        drop(walk);
        listed.ok()??.get(key).cloned()
    }

    fn walk(&self) -> MutexGuard<'_, Walk> {
        self.walk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A read of that object, which may begin another walk.
    fn enter(&self, key: &str) {
        let mut walk = self.walk();
        if walk.latest.elapsed() > PAUSE || walk.keys.contains(key) {
            *walk = Walk::new();
        }
        walk.latest = Instant::now();
        walk.keys.insert(key.to_owned());
    }

    /// When the walk began, where it is long enough for a listing.
    fn worthwhile_since(&self) -> Option<Instant> {
        let walk = self.walk();
        let is_long = walk.keys.len() >= FROM && !walk.failed;
        (is_long && !self.hopeless.load(Ordering::Relaxed)).then_some(walk.since)
    }
}

impl<V> std::fmt::Debug for Glance<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance").field("hopeless", &self.hopeless).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::super::error::{Error, Kind};
    use super::*;

    type Objects = HashMap<String, u32>;

    /// A glance at the objects `a` to `z`, each of which shows how many listings there were.
    fn glance(answer: fn(Objects) -> Result<Option<Objects>>) -> Shown {
        let (listings, generation) = (Arc::new(AtomicU32::new(0)), Generation::default());
        let counter = Arc::clone(&listings);
        let glance = Glance::new(("Test", "List"), generation.clone(), move || {
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            async move { answer(('a'..='z').map(|key| (key.to_string(), number)).collect()) }
        });
        Shown { glance, listings, generation }
    }

    /// The same, when every listing takes so long.
    fn slow(time: Duration) -> Shown {
        let (listings, generation) = (Arc::new(AtomicU32::new(0)), Generation::default());
        let counter = Arc::clone(&listings);
        let glance = Glance::new(("Test", "List"), generation.clone(), move || {
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::time::sleep(time).await;
                Ok(Some(('a'..='z').map(|key| (key.to_string(), number)).collect()))
            }
        });
        Shown { glance, listings, generation }
    }

    struct Shown {
        glance: Glance<u32>,
        listings: Arc<AtomicU32>,
        generation: Generation,
    }

    impl Shown {
        async fn ten_at_once(&self) -> Vec<Option<u32>> {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let keys: Vec<String> = ('a'..='j').map(String::from).collect();
            futures_util::future::join_all(keys.iter().map(|key| self.glance.at(key))).await
        }

        async fn check(&self, keys: &str, expect: &[Option<u32>]) {
            let mut seen = Vec::new();
            for key in keys.chars() {
                tokio::time::sleep(Duration::from_millis(1)).await;
                seen.push(self.glance.at(&key.to_string()).await);
            }
            assert_eq!(seen, expect, "{keys}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_looks_are_not_worth_a_listing_and_the_next_share_one() {
        let shown = glance(|all| Ok(Some(all)));
        shown.check("abcdef-", &[None, None, None, None, Some(1), Some(1), None]).await;
        assert_eq!(shown.listings.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_read_again_a_write_and_time_begin_anew() {
        let shown = glance(|all| Ok(Some(all)));
        shown.check("abcdef", &[None, None, None, None, Some(1), Some(1)]).await;
        // An object that was read by name counts as one that was read.
        shown.check("aghijk", &[None, None, None, None, Some(2), Some(2)]).await;
        drop(shown.generation.writing());
        shown.check("lm", &[Some(3), Some(3)]).await;
        tokio::time::sleep(PAUSE * 2).await;
        shown.check("nopqr", &[None, None, None, None, Some(4)]).await;
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_come_at_once_share_a_listing() {
        let shown = slow(Duration::from_millis(1));
        assert_eq!(shown.ten_at_once().await, [Some(1); 10]);
    }

    /// A listing of many pages may take longer than a pause.
    #[tokio::test(start_paused = true)]
    async fn a_slow_listing_serves_those_who_follow() {
        for (seconds, listings) in [(8, 1), (20, 1)] {
            let shown = slow(Duration::from_secs(seconds));
            assert_eq!(shown.ten_at_once().await, [Some(1); 10]);
            // What took too long is not done again, and what it showed is not asked for any more.
            let later = if seconds < 15 { Some(1) } else { None };
            shown.check("klmnop", &[later; 6]).await;
            assert_eq!(shown.listings.load(Ordering::SeqCst), listings);
        }
    }

    fn failure(kind: Kind) -> Error {
        Error { kind, ..Error::incomplete("Test", "List", "sense") }
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_that_is_refused_or_too_long_is_not_tried_again() {
        for answer in [|_| Ok(None), |_| Err(failure(Kind::AccessDenied))] {
            let shown = glance(answer);
            shown.check("abcdef", &[None; 6]).await;
            shown.check("abcdef", &[None; 6]).await;
            assert_eq!(shown.listings.load(Ordering::SeqCst), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_that_fails_in_passing_is_tried_again_by_the_next_walk() {
        for kind in [Kind::Throttled, Kind::Server, Kind::Interrupted] {
            let shown = match kind {
                Kind::Throttled => glance(|_| Err(failure(Kind::Throttled))),
                Kind::Server => glance(|_| Err(failure(Kind::Server))),
                _ => glance(|_| Err(failure(Kind::Interrupted))),
            };
            shown.check("abcdef", &[None; 6]).await;
            assert_eq!(shown.listings.load(Ordering::SeqCst), 1, "{kind:?}");
            shown.check("abcdef", &[None; 6]).await;
            assert_eq!(shown.listings.load(Ordering::SeqCst), 2, "{kind:?}");
        }
    }
}
