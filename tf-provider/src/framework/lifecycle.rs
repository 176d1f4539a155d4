//! Plan, apply, read, import and upgrade of resources.

use super::context::Context;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::erased::PlanInput;
use super::failure::{Failure, Verb};
use super::plan::{self, Proposal};
use super::private::Private;
use super::provider::Provider;
use super::resource::{configured_timeout, has_attribute};
use super::server::{Kind, Server, guard, only};
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

/// Set between an import and the read that follows it.
const IMPORTED: &str = ".import_before_read";

impl<P: Provider> Server<P> {
    /// Plans a create, an update or a destroy.
    pub async fn plan(&self, kind: &Kind<P>, request: PlanRequest) -> PlanResponse {
        let PlanRequest { config, prior, proposed, private, identity } = request;
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

        let input = PlanInput { config: &config, prior: &prior, planned: &planned };
        let edits = match kind.resource.adjust(input, client.as_deref()) {
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
            let input = PlanInput { config: &config, prior: &prior, planned: &planned };
            let checked = guard(async { Ok(kind.resource.check(client, input, &context).await) }).await;
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
        let result = guard(work).await;
        tracing::info!(object, ok = result.is_ok(), "{} ended", verb.infinitive());
        match result {
            Ok(state) => self.applied(kind, &context, &planned, state, identity),
            Err(failure) => {
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
        if state.is_null() {
            return ObjectResponse { state, private, identity: None, diagnostics };
        }
        let mut state = plan::without_write_only(attributes, state);
        plan::keep_spelling(attributes, planned, &mut state);
        for path in plan::inconsistencies(attributes, planned, &state) {
            let problem = format!("After the apply, {path} is not what was planned.");
            diagnostics.push(Failure::bug(problem).at(path).describe(context.verb(), &context.object()));
        }
        let identity = self.identity_of(kind, &state, old_identity, context, &mut diagnostics);
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
        let state = saved
            .map_or_else(|| prior.clone(), |saved| plan::without_write_only(&kind.schema.attributes, saved));
        let identity = if state.is_null() {
            None
        } else {
            self.identity_of(kind, &state, identity, context, &mut diagnostics)
        };
        diagnostics.push(diagnostic);
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
        let imported = private.remove(IMPORTED).is_some();
        let context = self.begin(Verb::Read, &object, Some(kind.resource.timeouts().read), private);
        let result = match self.client() {
            Ok(client) => guard(kind.resource.read(&client, state.clone(), context.clone())).await,
            Err(failure) => Err(failure),
        };
        let attributes = &kind.schema.attributes;
        let (mut diagnostics, private, _) = context.leave();
        match result {
            Ok(Some(new)) => {
                let mut new = plan::without_write_only(attributes, new);
                plan::keep_spelling(attributes, &state, &mut new);
                // An import by id has no identity yet, and one by identity may have left optional parts open.
                let old = identity.filter(|_| !imported);
                let identity = self.identity_of(kind, &new, old, &context, &mut diagnostics);
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

    /// Begins an import: core reads the object next.
    pub fn import(&self, kind: &Kind<P>, target: ImportTarget) -> ObjectResponse {
        let none = |diagnostic: Diagnostic| ObjectResponse {
            state: Value::Null,
            private: Private::default(),
            identity: None,
            diagnostics: diagnostic.into(),
        };
        let (identity, given) = match target {
            ImportTarget::Id(id) => match kind.resource.import_id(&id) {
                Ok(identity) => (identity, id),
                Err(problem) => {
                    let failure = Failure { path: None, ..Failure::config(Path::root(), problem) };
                    return none(failure.describe(Verb::Import, &kind.type_name));
                }
            },
            ImportTarget::Identity(identity) => (identity, "by identity".to_owned()),
        };
        match kind.resource.imported(&identity) {
            Ok(state) => {
                let mut private = Private::default();
                private.set(IMPORTED, *b"true");
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

    /// The identity of an object; it never changes once it is complete.
    fn identity_of(
        &self,
        kind: &Kind<P>,
        state: &Value,
        old: Option<Value>,
        context: &Context,
        diagnostics: &mut Diagnostics,
    ) -> Option<Value> {
        let Ok(client) = self.client() else { return old };
        let object = context.object();
        match kind.resource.identity(&client, state) {
            Ok(new) => {
                let changed =
                    |(name, before): (&String, &Value)| !before.is_null() && before != new.member(name);
                let old = old.unwrap_or_default();
                if old.as_map().is_some_and(|members| members.iter().any(changed)) {
                    let problem = "The object's identity changed, which no object's ever does.";
                    diagnostics.push(Failure::bug(problem).describe(context.verb(), &object));
                }
                Some(new)
            }
            Err(failure) => {
                diagnostics.push(failure.describe(context.verb(), &object));
                None
            }
        }
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
    match kind.resource.label(value) {
        label if label.is_empty() => kind.type_name.clone(),
        label => format!("{} ({label})", kind.type_name),
    }
}
