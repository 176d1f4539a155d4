//! One AWS call for many readers.
//!
//! Terraform reads its objects one by one, ten or more at a time; AWS answers for many at once and limits how
//! often it is asked. A [`Joiner`] gathers the reads that arrive within a short window into one request, lets
//! identical reads share the one that is already on its way, and hands the answer or the error to each.
//!
//! Read your writes: a read that begins after a write has ended never takes an answer from before it. Every
//! write of this process to the service raises a [`Generation`]; a request remembers the generation in which it was sent, and
//! only readers of the same generation may share it.
//!
//! What this does not do: it never guesses about changes that others make. An answer is as old as the request
//! that fetched it, and [`Joiner::find_recent`] says how old is still good.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use tf_provider::framework::context::detached;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::Result;
use super::patience::{Name, patiently};

/// How long a read waits for others to join it. Long enough for Terraform's parallel reads of one walk, short
/// beside an AWS call.
pub(crate) const WINDOW: Duration = Duration::from_millis(8);

/// Answers are forgotten after this time even when nobody asks for them again.
const REMEMBER: Duration = Duration::from_mins(1);

/// Counts the writes of this process to a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generation(Arc<AtomicU64>);

impl Generation {
    /// To be held for the time of a write. The generation rises when it is dropped: also when the write failed
    /// or was given up, since it may have taken effect.
    pub(crate) fn writing(&self) -> Writing {
        Writing(self.clone())
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A write in progress.
#[must_use = "the write ends when this is dropped"]
pub(crate) struct Writing(Generation);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Answer<K, V> = Result<Arc<HashMap<K, V>>>;
type Pending<K, V> = Shared<BoxFuture<Answer<K, V>>>;
type Fetch<K, V> = dyn Fn(Vec<K>) -> BoxFuture<Result<HashMap<K, V>>> + Send + Sync;

/// Joins reads of one operation.
pub(crate) struct Joiner<K: 'static, V: 'static>(Arc<Inner<K, V>>);

struct Inner<K: 'static, V: 'static> {
    name: Name,
    fetch: Box<Fetch<K, V>>,
    generation: Generation,
    limit: usize,
    window: Duration,
    state: Mutex<State<K, V>>,
}

struct State<K: 'static, V: 'static> {
    next: u64,
    requests: Vec<Request<K, V>>,
    remembered: HashMap<K, Remembered<V>>,
}

/// A request that gathers its keys, or is on its way.
struct Request<K: 'static, V: 'static> {
    number: u64,
    keys: HashSet<K>,
    /// `None` while it gathers.
    sent_in: Option<u64>,
    full: Arc<Notify>,
    /// Weak, so that a request that nobody waits for any more is dropped rather than resumed much later.
    answer: WeakShared<BoxFuture<Answer<K, V>>>,
}

struct Remembered<V> {
    sent_in: u64,
    sent_at: Instant,
    value: Option<V>,
}

/// What an earlier answer says about a key.
enum Known<V> {
    Value(V),
    Absent,
    Nothing,
}

impl<K, V> Joiner<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// `fetch` calls the operation of that name for up to `limit` keys. A key that is missing in its answer does not exist: when AWS
    /// refuses a whole request for the sake of one unknown id, it is for `fetch` to ask again for the others.
    pub(crate) fn new<F>(
        name: Name,
        generation: Generation,
        limit: usize,
        fetch: impl Fn(Vec<K>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<HashMap<K, V>>> + Send + 'static,
    {
        Self(Arc::new(Inner {
            name,
            fetch: Box::new(move |keys| Box::pin(fetch(keys))),
            generation,
            limit,
            window: WINDOW,
            state: Mutex::new(State { next: 0, requests: Vec::new(), remembered: HashMap::new() }),
        }))
    }

    /// Reads `key` from AWS, in a request with others where there are others.
    pub(crate) async fn find(&self, key: &K) -> Result<Option<V>> {
        let answer = patiently(self.0.name, || self.0.join(key)).await?;
        Ok(answer.get(key).cloned())
    }

    /// Like [`find`](Self::find), but content with an answer that AWS gave at most `age` ago and since which
    /// this process has written nothing.
    pub(crate) async fn find_recent(&self, key: &K, age: Duration) -> Result<Option<V>> {
        match self.0.recall(key, age) {
            Known::Value(value) => Ok(Some(value)),
            Known::Absent => Ok(None),
            Known::Nothing => self.find(key).await,
        }
    }

    /// Like [`find_recent`](Self::find_recent), but what was not there a moment ago is asked for again.
    pub(crate) async fn find_again(&self, key: &K, age: Duration) -> Result<Option<V>> {
        match self.0.recall(key, age) {
            Known::Value(value) => Ok(Some(value)),
            Known::Absent | Known::Nothing => self.find(key).await,
        }
    }
}

impl<K, V> Inner<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    // Nothing panics while the lock is held, so a poisoned state is still whole.
    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(self: &Arc<Self>, key: &K) -> Pending<K, V> {
        let mut state = self.state();
        let now = self.generation.now();
        state.requests.retain(Request::is_pending);
        for request in &mut state.requests {
            let Some(answer) = request.answer.upgrade() else { continue };
            let known = request.keys.contains(key);
            let joins = match request.sent_in {
                Some(generation) => known && generation == now,
                None => known || request.keys.len() < self.limit,
            };
            if joins {
                if request.sent_in.is_none() {
                    request.keys.insert(key.clone());
                    if request.keys.len() == self.limit {
                        request.full.notify_one();
                    }
                }
                return answer;
            }
        }
        self.open(&mut state, key)
    }

    fn open(self: &Arc<Self>, state: &mut State<K, V>, key: &K) -> Pending<K, V> {
        let number = state.next;
        state.next += 1;
        let full = Arc::new(Notify::new());
        if self.limit == 1 {
            full.notify_one();
        }
        // How long to be patient is each reader's own affair.
        let answer = detached(Arc::clone(self).run(number, Arc::clone(&full))).boxed().shared();
        if let Some(weak) = answer.downgrade() {
            let keys = HashSet::from([key.clone()]);
            state.requests.push(Request { number, keys, sent_in: None, full, answer: weak });
        }
        answer
    }

    async fn run(self: Arc<Self>, number: u64, full: Arc<Notify>) -> Answer<K, V> {
        tokio::select! {
            () = tokio::time::sleep(self.window) => {}
            () = full.notified() => {}
        }
        let sent_at = Instant::now();
        let (keys, generation) = self.send(number);
        let answer = Arc::new((self.fetch)(keys.clone()).await?);
        self.remember(keys, &answer, generation, sent_at);
        Ok(answer)
    }

    /// Closes the gathering: from here on, only readers of this generation may join.
    fn send(&self, number: u64) -> (Vec<K>, u64) {
        let mut state = self.state();
        let generation = self.generation.now();
        let keys = state
            .requests
            .iter_mut()
            .find(|request| request.number == number)
            .map(|request| {
                request.sent_in = Some(generation);
                request.keys.iter().cloned().collect()
            })
            .unwrap_or_default();
        (keys, generation)
    }

    fn remember(&self, asked: Vec<K>, answer: &HashMap<K, V>, sent_in: u64, sent_at: Instant) {
        let mut state = self.state();
        state.remembered.retain(|_, entry| entry.sent_at.elapsed() < REMEMBER);
        // More may have come back than was asked for, and what was asked for and did not come does not exist.
        let unasked = answer.keys().cloned();
        for key in asked.into_iter().chain(unasked) {
            let value = answer.get(&key).cloned();
            state.remembered.insert(key, Remembered { sent_in, sent_at, value });
        }
    }

    fn recall(&self, key: &K, age: Duration) -> Known<V> {
        let state = self.state();
        let fresh =
            |entry: &&Remembered<V>| entry.sent_in == self.generation.now() && entry.sent_at.elapsed() < age;
        match state.remembered.get(key).filter(fresh) {
            Some(Remembered { value: Some(value), .. }) => Known::Value(value.clone()),
            Some(_) => Known::Absent,
            None => Known::Nothing,
        }
    }
}

impl<K, V> Request<K, V> {
    fn is_pending(&self) -> bool {
        self.answer.upgrade().is_some_and(|answer| answer.peek().is_none())
    }
}

impl<K, V> std::fmt::Debug for Joiner<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joiner").field("limit", &self.0.limit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::super::error::{Error, Kind};
    use super::*;

    /// A double of AWS that knows the even numbers, counts its calls and answers when it is allowed to.
    struct Aws {
        calls: Arc<Mutex<Vec<Vec<u32>>>>,
        gate: Arc<Semaphore>,
        fails: Arc<AtomicU64>,
        content: Arc<AtomicU64>,
        generation: Generation,
        joiner: Arc<Joiner<u32, u64>>,
    }

    fn aws(limit: usize, open: usize) -> Aws {
        let calls: Arc<Mutex<Vec<Vec<u32>>>> = Arc::default();
        let (gate, fails, content) = (Arc::new(Semaphore::new(open)), Arc::default(), Arc::default());
        let generation = Generation::default();
        let shared = (Arc::clone(&calls), Arc::clone(&gate), Arc::clone(&fails), Arc::clone(&content));
        let joiner = Joiner::new(("Test", "Find"), generation.clone(), limit, move |mut keys: Vec<u32>| {
            let (calls, gate, fails, content): (_, _, Arc<AtomicU64>, Arc<AtomicU64>) = shared.clone();
            async move {
                keys.sort_unstable();
                calls.lock().unwrap().push(keys.clone());
                let value = content.load(Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                if fails.load(Ordering::SeqCst) > 0 {
                    return Err(Error::incomplete("Test", "Find", "sense"));
                }
                Ok(keys.into_iter().filter(|key| key % 2 == 0).map(|key| (key, value)).collect())
            }
        });
        Aws { calls, gate, fails, content, generation, joiner: Arc::new(joiner) }
    }

    impl Aws {
        fn calls(&self) -> Vec<Vec<u32>> {
            self.calls.lock().unwrap().clone()
        }

        fn start(&self, key: u32) -> tokio::task::JoinHandle<Result<Option<u64>>> {
            let joiner = Arc::clone(&self.joiner);
            tokio::spawn(async move { joiner.find(&key).await })
        }

        async fn until_calls(&self, count: usize) {
            let started = Instant::now();
            while self.calls().len() < count {
                assert!(started.elapsed() < Duration::from_secs(5), "no call {count}: {:?}", self.calls());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    #[tokio::test]
    async fn reads_of_one_moment_are_one_request_and_an_unknown_key_fails_nobody() {
        let aws = aws(10, 10);
        let found = join_all([2, 4, 4, 5].map(|key| aws.start(key))).await;
        let found: Vec<_> = found.into_iter().map(|result| result.unwrap().unwrap()).collect();
        assert_eq!(found, [Some(0), Some(0), Some(0), None]);
        assert_eq!(aws.calls(), [vec![2, 4, 5]]);
    }

    #[tokio::test]
    async fn a_full_request_leaves_at_once_and_the_rest_follow_in_the_next() {
        let aws = aws(2, 10);
        join_all([2, 4, 6].map(|key| aws.start(key))).await;
        assert_eq!(aws.calls(), [vec![2, 4], vec![6]]);
    }

    #[tokio::test]
    async fn an_identical_read_shares_the_request_on_its_way() {
        let aws = aws(10, 0);
        let first = aws.start(2);
        aws.until_calls(1).await;
        let (second, other) = (aws.start(2), aws.start(4));
        aws.until_calls(2).await;
        aws.gate.add_permits(2);
        for read in [first, second, other] {
            assert_eq!(read.await.unwrap(), Ok(Some(0)));
        }
        assert_eq!(aws.calls(), [vec![2], vec![4]]);
    }

    #[tokio::test]
    async fn a_read_after_a_write_is_not_answered_from_before_it() {
        let aws = aws(10, 0);
        let before = aws.start(2);
        aws.until_calls(1).await;
        let writing = aws.generation.writing();
        aws.content.store(1, Ordering::SeqCst);
        drop(writing);
        let after = aws.start(2);
        aws.until_calls(2).await;
        aws.gate.add_permits(2);
        assert_eq!(before.await.unwrap(), Ok(Some(0)));
        assert_eq!(after.await.unwrap(), Ok(Some(1)));
    }

    #[tokio::test]
    async fn a_recent_answer_serves_again_until_the_next_write() {
        let aws = aws(10, 10);
        let age = Duration::from_secs(30);
        for key in [2, 2, 3, 3] {
            aws.joiner.find_recent(&key, age).await.unwrap();
        }
        assert_eq!(aws.calls(), [vec![2], vec![3]]);
        assert_eq!(aws.joiner.find_again(&2, age).await, Ok(Some(0)));
        assert_eq!(aws.calls().len(), 2);
        assert_eq!(aws.joiner.find_recent(&2, Duration::ZERO).await, Ok(Some(0)));
        assert_eq!(aws.calls().len(), 3);
        drop(aws.generation.writing());
        aws.joiner.find_recent(&2, age).await.unwrap();
        assert_eq!(aws.calls().len(), 4);
        // What does not exist may come into being.
        aws.joiner.find_recent(&3, age).await.unwrap();
        aws.joiner.find_again(&3, age).await.unwrap();
        assert_eq!(aws.calls()[4..], [vec![3], vec![3]]);
    }

    #[tokio::test]
    async fn an_error_reaches_every_waiter_and_is_not_remembered() {
        let aws = aws(10, 10);
        aws.fails.store(1, Ordering::SeqCst);
        for result in join_all([2, 4].map(|key| aws.start(key))).await {
            assert_eq!(result.unwrap().unwrap_err().kind, Kind::Unreadable);
        }
        aws.fails.store(0, Ordering::SeqCst);
        assert_eq!(aws.joiner.find_recent(&2, Duration::from_secs(30)).await, Ok(Some(0)));
    }

    #[tokio::test]
    async fn a_waiter_that_leaves_takes_nobody_with_it() {
        let aws = aws(10, 0);
        let (first, second) = (aws.start(2), aws.start(2));
        aws.until_calls(1).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        aws.gate.add_permits(1);
        assert_eq!(second.await.unwrap(), Ok(Some(0)));
        // And a request that everybody has left is asked anew.
        let abandoned = aws.start(4);
        aws.until_calls(2).await;
        abandoned.abort();
        assert!(abandoned.await.unwrap_err().is_cancelled());
        let again = aws.start(4);
        aws.until_calls(3).await;
        aws.gate.add_permits(1);
        assert_eq!(again.await.unwrap(), Ok(Some(0)));
    }
}
