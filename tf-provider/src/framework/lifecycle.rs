//! Plan, apply, read, import and upgrade of resources.

use super::agreement;
use super::context::Context;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::erased::PlanInput;
use super::failure::{Failure, Verb};
use super::identity::{self, Change};
use super::plan::{self, Proposal};
use super::private::Private;
use super::provider::Provider;
use super::resource::{configured_timeout, has_attribute};
use super::schema::Presence;
use super::scope;
use super::server::{Kind, Server, guard, guard_now, only};
use crate::value::{Path, Value};

/// What Terraform asks to plan.
#[derive(Debug)]
pub struct PlanRequest {
    /// The configuration; null for a destroy.
    pub config: Value,
    /// The state; null for a create.
    pub prior: Value,
    /// What core merged from the two; null for a destroy.
    pub proposed: Value,
    /// Private state.
    pub private: Private,
    /// The object's identity, where there is one.
    pub identity: Option<Value>,
}

/// A plan.
#[derive(Debug)]
pub struct PlanResponse {
    /// The object after the apply, as far as it is known.
    pub planned: Value,
    /// Attributes whose change replaces the object.
    pub replace: Vec<Path>,
    /// Private state.
    pub private: Private,
    /// The object's identity, where it is known.
    pub identity: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// What Terraform asks to apply.
#[derive(Debug)]
pub struct ApplyRequest {
    /// The configuration; null for a destroy.
    pub config: Value,
    /// The state; null for a create.
    pub prior: Value,
    /// The plan; null for a destroy.
    pub planned: Value,
    /// Private state.
    pub private: Private,
    /// The object's identity, where there is one.
    pub identity: Option<Value>,
}

/// An object as it is after an operation.
#[derive(Debug)]
pub struct ObjectResponse {
    /// The object; null when there is none.
    pub state: Value,
    /// Private state.
    pub private: Private,
    /// The object's identity, where there is one.
    pub identity: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// How an import names its object.
#[derive(Debug)]
pub enum ImportTarget {
    /// By import id.
    Id(String),
    /// By identity.
    Identity(Value),
}

/// What every failed create says whose object is in the state.
const TAINTED: &str = "The state holds the object, and Terraform marks it as tainted: the next apply replaces it. To \
    keep it and go on from here instead, run `terraform untaint` on it before the next apply.";

/// Set between an import and the read that follows it.
const IMPORTED: &str = ".import_before_read";

impl<P: Provider> Server<P> {
    /// Plans a create, an update or a destroy.
    pub async fn plan(&self, kind: &Kind<P>, request: PlanRequest) -> PlanResponse {
        let PlanRequest { config, prior, proposed, private, identity } = request;
        // What is to be created has none yet. Core sends one all the same when it plans a replacement for the second
        // time: that of the old object.
        let identity = identity.filter(|_| !prior.is_null());
        if proposed.is_null() {
            let diagnostics = Diagnostics::new();
            return PlanResponse {
                planned: Value::Null,
                replace: Vec::new(),
                private,
                identity,
                diagnostics,
            };
        }
        let attributes = &kind.schema.attributes;
        let object = object_of(kind, if prior.is_null() { &proposed } else { &prior });
        let client = self.client().ok();
        let Proposal { planned, mut replace } = plan::propose(attributes, &config, &prior, &proposed);

        let input = PlanInput { config: &config, prior: &prior, planned: &planned, private: &private };
        let edits = match guard_now(|| kind.resource.adjust(input, client.as_deref())) {
            Ok(edits) => edits,
            Err(failure) => {
                let diagnostics = only(failure.describe(Verb::Plan, &object));
                return PlanResponse { planned, replace: Vec::new(), private, identity, diagnostics };
            }
        };
        let mut diagnostics = edits.found;
        let unchanged_before = planned == prior;
        let mut planned = planned;
        for (name, value) in &edits.set {
            match &mut planned {
                Value::Map(members) if has_attribute(attributes, name) => {
                    members.insert((*name).to_owned(), value.clone());
                }
                _ => diagnostics.push(
                    Failure::bug(format!("The plan sets {name:?}, which is no attribute."))
                        .describe(Verb::Plan, &object),
                ),
            }
        }
        if unchanged_before && planned != prior {
            let settled = edits.set.iter().map(|(name, _)| Path::of(*name)).collect();
            plan::mark_unknown(attributes, &config, &prior, &mut planned, &settled);
        }
        if !prior.is_null() {
            replace.extend(edits.replace);
        }
        let changed = planned != prior;
        if let (Some(client), true, false) = (&client, changed, diagnostics.has_error()) {
            let context = self.begin(Verb::Plan, &object, None, private.clone());
            let input = PlanInput { config: &config, prior: &prior, planned: &planned, private: &private };
            let checking = async { Ok(kind.resource.check(client, input, &context).await) };
            let checked = guard(context.carry_out(checking)).await;
            match checked {
                Ok(found) => diagnostics.extend(found),
                Err(failure) => diagnostics.push(failure.describe(Verb::Plan, &object)),
            }
            diagnostics.extend(context.leave().0);
        }
        PlanResponse { planned, replace: replace.into_iter().collect(), private, identity, diagnostics }
    }

    /// Creates, updates or destroys. Whatever happens, the answer holds the best known state.
    pub async fn apply(&self, kind: &Kind<P>, request: ApplyRequest) -> ObjectResponse {
        let ApplyRequest { config, prior, planned, private, identity } = request;
        let (verb, operation, default) = match (prior.is_null(), planned.is_null()) {
            (true, _) => (Verb::Create, "create", kind.resource.timeouts().create),
            (false, true) => (Verb::Delete, "delete", kind.resource.timeouts().delete),
            (false, false) => (Verb::Update, "update", kind.resource.timeouts().update),
        };
        let identity = identity.filter(|_| verb != Verb::Create);
        let current = if planned.is_null() { &prior } else { &planned };
        let known = if prior.is_null() { &planned } else { &prior };
        let object = object_of(kind, known);
        let timeout = configured_timeout(current, operation).unwrap_or(default);
        let context = self.begin(verb, &object, Some(timeout), private);
        let attributes = &kind.schema.attributes;

        let client = match self.client() {
            Ok(client) => client,
            Err(failure) => {
                return self.left_behind(kind, &context, &prior, identity, failure.describe(verb, &object));
            }
        };
        let scope = kind.resource.scope(&client);
        if verb == Verb::Create {
            context.private(|private| scope::note(private, &scope));
        } else if let Err(failure) = context.private(|private| scope::check(private, &scope)) {
            let (_, private, _) = context.leave();
            let diagnostics = only(failure.describe(verb, &object));
            return ObjectResponse { state: prior, private, identity, diagnostics };
        }
        tracing::info!(object, "{} begins", verb.infinitive());
        let work = async {
            match verb {
                Verb::Delete => {
                    kind.resource.delete(&client, prior.clone(), context.clone()).await.map(|()| Value::Null)
                }
                Verb::Create => {
                    let planned = plan::with_write_only(attributes, &config, planned.clone());
                    kind.resource.create(&client, planned, context.clone()).await
                }
                _ => {
                    let planned = plan::with_write_only(attributes, &config, planned.clone());
                    kind.resource.update(&client, prior.clone(), planned, context.clone()).await
                }
            }
        };
        let result = guard(context.carry_out(work)).await;
        tracing::info!(object, ok = result.is_ok(), "{} ended", verb.infinitive());
        let result = match result {
            Ok(Value::Null) if verb != Verb::Delete => Err(missing_state(verb)),
            result => result,
        };
        match result {
            Ok(state) => self.applied(kind, &context, &planned, state, identity),
            Err(failure) => {
                let tainted = verb == Verb::Create && context.has_saved();
                let failure = failure.advise(if tainted { TAINTED } else { "" });
                let diagnostic = failure.describe(verb, &Self::object_now(kind, &context, &prior));
                self.left_behind(kind, &context, &prior, identity, diagnostic)
            }
        }
    }

    fn applied(
        &self,
        kind: &Kind<P>,
        context: &Context,
        planned: &Value,
        state: Value,
        old_identity: Option<Value>,
    ) -> ObjectResponse {
        let attributes = &kind.schema.attributes;
        let (mut diagnostics, private, _) = context.leave();
        if context.verb() == Verb::Delete {
            return ObjectResponse { state: Value::Null, private, identity: None, diagnostics };
        }
        let mut state = plan::without_write_only(attributes, state);
        plan::keep_spelling(attributes, planned, &mut state);
        for path in agreement::inconsistencies(attributes, planned, &state) {
            let problem = format!("After the apply, {path} is not what was planned.");
            diagnostics.push(Failure::bug(problem).at(path).describe(context.verb(), &context.object()));
        }
        let (identity, problem) = self.identity_of(kind, &state, old_identity, Change::Fixed, context);
        diagnostics.extend(problem);
        ObjectResponse { state, private, identity, diagnostics }
    }

    /// The answer of a failed operation: the state that it saved last, else the state from before.
    fn left_behind(
        &self,
        kind: &Kind<P>,
        context: &Context,
        prior: &Value,
        identity: Option<Value>,
        diagnostic: Diagnostic,
    ) -> ObjectResponse {
        let (mut diagnostics, private, saved) = context.leave();
        diagnostics.push(diagnostic);
        let state = saved
            .map_or_else(|| prior.clone(), |saved| plan::without_write_only(&kind.schema.attributes, saved));
        let identity = if state.is_null() {
            None
        } else {
            // What is wrong with it follows from the failure; that one is told.
            self.identity_of(kind, &state, identity, Change::Fixed, context).0
        };
        ObjectResponse { state, private, identity, diagnostics }
    }

    /// Reads an object. Null: it is gone.
    pub async fn read(
        &self,
        kind: &Kind<P>,
        state: Value,
        private: Private,
        identity: Option<Value>,
    ) -> ObjectResponse {
        let object = object_of(kind, &state);
        let mut private = private;
        let imported = private.take_mark(IMPORTED);
        let context = self.begin(Verb::Read, &object, Some(kind.resource.timeouts().read), private);
        let result = match self.client() {
            Ok(client) => {
                let scope = kind.resource.scope(&client);
                let placed = context.private(|private| scope::check(private, &scope)).and_then(|()| {
                    match identity.as_ref().filter(|_| imported) {
                        Some(given) => Self::check_imported(kind, &client, given, &state),
                        None => Ok(()),
                    }
                });
                match placed {
                    Ok(()) => {
                        context.private(|private| scope::note(private, &scope));
                        let read = kind.resource.read(&client, state.clone(), context.clone());
                        guard(context.carry_out(read)).await
                    }
                    Err(failure) => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        };
        let result = match result {
            Ok(Some(Value::Null)) => Err(missing_state(Verb::Read)),
            result => result,
        };
        let attributes = &kind.schema.attributes;
        let (mut diagnostics, private, _) = context.leave();
        match result {
            Ok(Some(new)) => {
                let mut new = plan::without_write_only(attributes, new);
                plan::keep_spelling(attributes, &state, &mut new);
                // An import by id has no identity yet, and one by identity may have left optional parts open.
                let change = if imported { Change::Free } else { Change::Fixed };
                let (identity, problem) = self.identity_of(kind, &new, identity, change, &context);
                diagnostics.extend(problem);
                ObjectResponse { state: new, private, identity, diagnostics }
            }
            Ok(None) => {
                tracing::warn!(object, "the object is gone; it will be planned anew");
                ObjectResponse { state: Value::Null, private, identity: None, diagnostics }
            }
            Err(failure) => {
                diagnostics.push(failure.describe(Verb::Read, &object));
                ObjectResponse { state, private, identity, diagnostics }
            }
        }
    }

    /// An identity may say where the object is; the import goes where the client does.
    fn check_imported(
        kind: &Kind<P>,
        client: &P::Client,
        given: &Value,
        state: &Value,
    ) -> Result<(), Failure> {
        let schema = kind.resource.identity_schema();
        let optional =
            schema.attributes.iter().filter(|member| member.behaviour.presence != Presence::Required);
        let optional: Vec<&str> = optional.map(|member| member.name).collect();
        let own = guard_now(|| kind.resource.identity(client, state))?;
        scope::check_identity(&optional, given, &own)
    }

    /// Begins an import: core reads the object next.
    pub fn import(&self, kind: &Kind<P>, target: ImportTarget) -> ObjectResponse {
        let none = |diagnostic: Diagnostic| ObjectResponse {
            state: Value::Null,
            private: Private::default(),
            identity: None,
            diagnostics: diagnostic.into(),
        };
        let (identity, given) = match target {
            ImportTarget::Id(id) => match guard_now(|| Ok(kind.resource.import_id(&id))) {
                Ok(Ok(identity)) => (identity, id),
                Err(failure) => return none(failure.describe(Verb::Import, &kind.type_name)),
                Ok(Err(problem)) => {
                    let failure = Failure { path: None, ..Failure::config(Path::root(), problem) };
                    return none(failure.describe(Verb::Import, &kind.type_name));
                }
            },
            ImportTarget::Identity(identity) => (identity, "by identity".to_owned()),
        };
        match guard_now(|| kind.resource.imported(&identity)) {
            Ok(state) => {
                let attributes = &kind.schema.attributes;
                let state = plan::with_empty_blocks(attributes, plan::without_write_only(attributes, state));
                let mut private = Private::default();
                private.mark(IMPORTED);
                ObjectResponse { state, private, identity: Some(identity), diagnostics: Diagnostics::new() }
            }
            Err(failure) => none(failure.describe(Verb::Import, &format!("{} ({given})", kind.type_name))),
        }
    }

    /// Brings a stored state to the current layout. A state of the current version needs no upgrade; attributes
    /// that have since been removed are for the caller to ignore.
    pub fn upgrade(
        &self,
        kind: &Kind<P>,
        from: i64,
        state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostic> {
        let current = kind.schema.version;
        if from == current {
            return Ok(state);
        }
        let upgraded = if from > current {
            Err(format!(
                "The state was written by a newer version of the provider (layout {from}; this one knows layouts up to \
                 {current}). Use that version or a later one."
            ))
        } else {
            kind.resource.upgrade(from, state)
        };
        upgraded.map_err(|problem| {
            Failure { path: None, ..Failure::config(Path::root(), problem) }
                .describe(Verb::Upgrade, &kind.type_name)
        })
    }

    /// The identity of an object after an operation, and what is wrong with it.
    fn identity_of(
        &self,
        kind: &Kind<P>,
        state: &Value,
        old: Option<Value>,
        change: Change,
        context: &Context,
    ) -> (Option<Value>, Option<Diagnostic>) {
        let Ok(client) = self.client() else { return (old, None) };
        let change = if kind.resource.mutable_identity() { Change::Free } else { change };
        let new = guard_now(|| kind.resource.identity(&client, state));
        let (identity, failure) = identity::settle(old, new, change, context.verb());
        (identity, failure.map(|failure| failure.describe(context.verb(), &context.object())))
    }

    /// As [`object_of`], from what is known by now: an id that the create got is better than a name.
    fn object_now(kind: &Kind<P>, context: &Context, prior: &Value) -> String {
        match context.leave().2 {
            Some(saved) => object_of(kind, &saved),
            None if prior.is_null() => context.object(),
            None => object_of(kind, prior),
        }
    }
}

/// Type and label, for messages: `toy_thing (t-1)`.
fn object_of<P: Provider>(kind: &Kind<P>, value: &Value) -> String {
    match guard_now(|| Ok(kind.resource.label(value))).unwrap_or_default() {
        label if label.is_empty() => kind.type_name.clone(),
        label => format!("{} ({label})", kind.type_name),
    }
}

/// The resource answered with no object where there must be one.
fn missing_state(verb: Verb) -> Failure {
    Failure::bug(format!("Missing resource state: after the {}, there is none.", verb.noun()))
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
