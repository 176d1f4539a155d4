//! Many cases at a time: most of a case is waiting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How a case ended: with a result, with a panic (its text), or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended<R> {
    Done(R),
    Panicked(String),
    Hangs,
}

/// Runs every case, so many at a time, each for so long at most. Gives them in their order, with how long each took.
pub(crate) async fn run_all<C, R, F>(
    cases: Vec<C>,
    workers: usize,
    hang: Duration,
    run: impl Fn(C) -> F + Send + Sync + 'static,
) -> Vec<(C, Ended<R>, Duration)>
where
    C: Clone + Ord + Send + 'static,
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let queue = Arc::new(Mutex::new(VecDeque::from(cases)));
    let run = Arc::new(run);
    let workers: Vec<_> = (0..workers)
        .map(|_| {
            let (queue, run) = (Arc::clone(&queue), Arc::clone(&run));
            tokio::spawn(async move {
                let mut ended = Vec::new();
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some(case) = next else { return ended };
                    let started = Instant::now();
                    // A rule of Terraform that the provider breaks is a panic.
                    let task = tokio::spawn(tokio::time::timeout(hang, run(case.clone())));
                    let end = match task.await {
                        Ok(Ok(result)) => Ended::Done(result),
                        Ok(Err(_)) => Ended::Hangs,
                        Err(panic) => Ended::Panicked(text_of(panic)),
                    };
                    ended.push((case, end, started.elapsed()));
                }
            })
        })
        .collect();
    let mut ended = Vec::new();
    for worker in workers {
        ended.extend(worker.await.unwrap());
    }
    ended.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    ended
}

fn text_of(error: tokio::task::JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
