//! What an operation has at hand: how long it may take, whether it must stop, where warnings and notes go.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::failure::{Failure, Verb};
use super::model::Model;
use super::private::Private;
use crate::value::Value;

tokio::task_local! {
    /// The operation that the present task carries out.
    static CURRENT: Option<Context>;
}

/// Does work that belongs to no operation, though one may be the first to wait for it.
pub async fn detached<T>(work: impl Future<Output = T>) -> T {
    CURRENT.scope(None, work).await
}

/// What an operation has at hand. Clones share one operation.
#[derive(Clone, Debug)]
pub struct Context(Arc<Operation>);

#[derive(Debug)]
struct Operation {
    verb: Verb,
    object: Mutex<String>,
    started: Instant,
    deadline: Instant,
    stop: CancellationToken,
    poll_interval: Option<Duration>,
    notes: Mutex<Notes>,
}

/// What an operation leaves behind whatever becomes of it.
#[derive(Debug, Default)]
struct Notes {
    warnings: Diagnostics,
    private: Private,
    saved: Option<Value>,
}

/// What an operation is about: how the framework makes a [`Context`].
#[derive(Debug, Clone)]
pub struct Setting {
    /// What is being done.
    pub verb: Verb,
    /// Type and label of the object, for messages and log lines.
    pub object: String,
    /// How long it may take.
    pub timeout: Duration,
    /// Cancelled when the provider is asked to stop, by Terraform or by SIGTERM.
    pub stop: CancellationToken,
    /// Overrides every poll interval; for tests.
    pub poll_interval: Option<Duration>,
    /// Private state so far.
    pub private: Private,
}

impl Context {
    /// Begins an operation: its timeout runs from here.
    pub fn begin(setting: Setting) -> Self {
        let started = Instant::now();
        Self(Arc::new(Operation {
            verb: setting.verb,
            object: Mutex::new(setting.object),
            started,
            deadline: started + setting.timeout,
            stop: setting.stop,
            poll_interval: setting.poll_interval,
            notes: Mutex::new(Notes { private: setting.private, ..Notes::default() }),
        }))
    }

    /// The operation that the present task carries out: a create, update or delete, a read, or the checks of a plan. For code below the resources that is handed no
    /// context, and has to know how long it may take and when to stop.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok().flatten()
    }

    /// Does work as this operation: [`Context::current`] gives it there.
    pub async fn carry_out<T>(&self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(Some(self.clone()), work).await
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is being done.
    pub fn verb(&self) -> Verb {
        self.0.verb
    }

    /// Type and label of the object.
    pub fn object(&self) -> String {
        self.0.object.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names the object anew, once its id is known.
    pub fn set_object(&self, object: impl Into<String>) {
        *self.0.object.lock().unwrap_or_else(PoisonError::into_inner) = object.into();
    }

    /// How long the operation has been running.
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// How long it may take in all.
    pub fn timeout(&self) -> Duration {
        self.0.deadline - self.0.started
    }

    /// How much of that is left.
    pub fn remaining(&self) -> Duration {
        self.0.deadline.saturating_duration_since(Instant::now())
    }

    /// When its time is over.
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The poll interval that tests set.
    pub fn poll_interval(&self) -> Option<Duration> {
        self.0.poll_interval
    }

    /// Returns once the provider is asked to stop.
    pub async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// Whether the provider was asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Fails once the provider was asked to stop: for the moment before a change begins that need not begin. `undone`
    /// says what is left to do.
    pub fn go_on(&self, undone: &str) -> Result<(), Failure> {
        if !self.is_stopped() {
            return Ok(());
        }
        let nothing_yet = self.verb() == Verb::Create && !self.has_saved();
        let outlook = if nothing_yet {
            "The next apply begins anew."
        } else {
            "The state holds what was done so far; the next apply goes on from there."
        };
        Err(Failure::stopped(format!("The provider was asked to stop. Left to do: {undone}."))
            .advise(outlook))
    }

    /// Adds a warning to the result.
    pub fn warn(&self, warning: Diagnostic) {
        self.notes().warnings.push(warning);
    }

    /// Works on the private state.
    pub fn private<T>(&self, work: impl FnOnce(&mut Private) -> T) -> T {
        work(&mut self.notes().private)
    }

    /// Whether the operation has saved a state, so that Terraform knows the object whatever happens next.
    pub fn has_saved(&self) -> bool {
        self.notes().saved.is_some()
    }

    /// What the operation leaves behind so far: warnings, private state, and the state that it saved last.
    pub fn leave(&self) -> (Diagnostics, Private, Option<Value>) {
        let notes = self.notes();
        (notes.warnings.clone(), notes.private.clone(), notes.saved.clone())
    }
}

/// What create, update and delete have at hand: a [`Context`] that also saves.
#[derive(Debug)]
pub struct Apply<M> {
    context: Context,
    model: PhantomData<fn(M)>,
}

impl<M: Model> Apply<M> {
    /// Work on that operation.
    pub fn new(context: Context) -> Self {
        Self { context, model: PhantomData }
    }

    /// Keeps this as the object's state whatever happens next: an error, a panic, a stop. Call it the moment
    /// the API has given an id, before any wait, so that nothing which costs money is ever orphaned.
    pub fn save(&self, model: &M) {
        self.context.notes().saved = Some(model.encode());
    }
}

impl<M> Deref for Apply<M> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}
