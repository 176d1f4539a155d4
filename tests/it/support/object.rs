//! One managed object, with what Terraform would keep of it: state, private state, identity, taint.

use plugin_client::tfplugin6 as wire;
use serde_json::Value as Json;
use tf_provider::protocol::json;
use tf_provider::value::{Type, Value};
use tokio::task::JoinHandle;

use super::core::{Core, call, capabilities, decode, encode};
use super::proposed::proposed;
use super::report::{self, Report};
use super::rules::{self, Broken};
use super::schema::Schema;
use super::values::configuration;

/// What a plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    NoOp,
    Create,
    Update,
    /// Delete, then create.
    Replace,
    Delete,
}

/// A plan.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) action: Action,
    /// The object after the apply; `<unknown>` stands where that shows only then.
    #[expect(clippy::struct_field_names, reason = "the protocol's own word")]
    pub(crate) planned: Json,
    /// The attributes whose change replaces the object, as core counts them: only those that do change.
    pub(crate) replace: Vec<String>,
    /// Warnings.
    pub(crate) diagnostics: Report,
    config: Value,
    value: Value,
    private: Vec<u8>,
    identity: Option<Value>,
}

/// What lies in the state file.
#[derive(Debug, Clone, Default)]
struct Stored {
    value: Value,
    private: Vec<u8>,
    identity: Option<Value>,
    tainted: bool,
}

/// A managed object of one type, existing or not.
///
/// After each answer of the provider it checks what core checks, and panics naming the rule that the provider broke.
/// Errors leave it as Terraform leaves its state: a failed create with a state is tainted, and replaced next.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    core: Core,
    type_name: String,
    stored: Stored,
    warnings: Report,
}

impl Object {
    pub(super) fn new(core: Core, type_name: &str) -> Self {
        let known = core.schemas().resources.contains_key(type_name);
        assert!(known, "the provider has no resource {type_name}");
        Self { core, type_name: type_name.to_owned(), stored: Stored::default(), warnings: Report::default() }
    }

    pub(crate) fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Goes on with another provider, as where the configuration of the provider was changed.
    pub(crate) fn with(mut self, core: &Core) -> Self {
        self.core = core.clone();
        self
    }

    /// The state; null when there is none.
    pub(crate) fn state_json(&self) -> Json {
        self.stored.value.to_json()
    }

    /// The identity; null when there is none.
    pub(crate) fn identity_json(&self) -> Json {
        self.stored.identity.as_ref().map_or(Json::Null, Value::to_json)
    }

    /// The private state, as text.
    pub(crate) fn private_text(&self) -> String {
        String::from_utf8_lossy(&self.stored.private).into_owned()
    }

    /// Whether the next apply replaces the object, since its create failed.
    pub(crate) fn is_tainted(&self) -> bool {
        self.stored.tainted
    }

    /// `terraform taint`.
    pub(crate) fn taint(&mut self) {
        self.stored.tainted = true;
    }

    /// The warnings of the last operation that was not a plan.
    pub(crate) fn warnings(&self) -> &Report {
        &self.warnings
    }

    /// Validates a configuration, in which values may be [`super::unknown`].
    pub(crate) async fn validate(&self, config: &Json) -> Report {
        let config = configuration(&self.schema().members, config, &self.type_name);
        match self.validated(&config).await {
            Ok(report) | Err(report) => report,
        }
    }

    /// Validates and plans. Warnings are in the plan; with an error there is none.
    pub(crate) async fn plan(&self, config: &Json) -> Result<Planned, Report> {
        let config = configuration(&self.schema().members, config, &self.type_name);
        let mut told = self.validated(&config).await?;
        let mut plan = self.planned(&config).await?;
        told.extend(plan.diagnostics);
        plan.diagnostics = told;
        Ok(plan)
    }

    /// Validates, plans, and applies what was planned. Returns the new state.
    pub(crate) async fn apply(&mut self, config: &Json) -> Result<Json, Report> {
        let plan = self.plan(config).await?;
        self.apply_plan(&plan, config).await
    }

    /// Applies a plan. What was [`super::unknown`] in its configuration is known in this one. As core does, this
    /// plans once more, and nothing that was known may have changed.
    pub(crate) async fn apply_plan(&mut self, plan: &Planned, config: &Json) -> Result<Json, Report> {
        let config = configuration(&self.schema().members, config, &self.type_name);
        self.must(
            rules::conforms(&plan.config, &config),
            "the test applies another configuration than it planned",
        );
        self.warnings = Report::default();
        if plan.action == Action::NoOp {
            return Ok(self.state_json());
        }
        if plan.action == Action::Replace {
            self.delete_leg().await?;
        }
        let told = self.validated(&config).await?;
        let again = self.planned(&config).await?;
        self.must(rules::conforms(&plan.value, &again.value), "the plan at apply is not the plan of before");
        let expected = if plan.action == Action::Replace { Action::Create } else { plan.action };
        let eased = again.action == Action::NoOp && expected == Action::Update;
        assert!(
            eased || again.action == expected,
            "{}: {expected:?} became {:?}",
            self.type_name,
            again.action
        );
        self.warnings.extend(told);
        if eased {
            return Ok(self.state_json());
        }
        self.change(&config, &again.value, again.private, again.identity.as_ref()).await?;
        Ok(self.state_json())
    }

    /// Applies in another task. The object comes back with the result.
    pub(crate) fn apply_in_background(&self, config: &Json) -> JoinHandle<(Self, Result<Json, Report>)> {
        let (mut object, config) = (self.clone(), config.clone());
        tokio::spawn(async move {
            let result = object.apply(&config).await;
            (object, result)
        })
    }

    /// Upgrades the stored state and reads the object, as every plan of Terraform begins. Null: it is gone.
    pub(crate) async fn refresh(&mut self) -> Result<Json, Report> {
        self.warnings = Report::default();
        if self.stored.value.is_null() {
            return Ok(Json::Null);
        }
        self.upgrade().await?;
        self.read().await?;
        Ok(self.state_json())
    }

    /// Plans the destroy and destroys.
    pub(crate) async fn destroy(&mut self) -> Result<(), Report> {
        self.warnings = Report::default();
        if self.stored.value.is_null() {
            return Ok(());
        }
        let answer = self.ask_plan(&Value::Null, &self.stored, &Value::Null).await?;
        let told = Report::of(&answer.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        let planned = decode(answer.planned_state.as_ref(), &self.ty(), "the plan of a destroy");
        assert!(planned.is_null(), "{}: the plan of a destroy is not null", self.type_name);
        self.stored.private = answer.planned_private;
        self.warnings.extend(told);
        self.delete_leg().await
    }

    /// Destroys in another task. The object comes back with the result.
    pub(crate) fn destroy_in_background(&self) -> JoinHandle<(Self, Result<(), Report>)> {
        let mut object = self.clone();
        tokio::spawn(async move {
            let result = object.destroy().await;
            (object, result)
        })
    }

    /// Imports by id, reads, and returns the state.
    pub(crate) async fn import_id(&mut self, id: &str) -> Result<Json, Report> {
        self.import(id.to_owned(), None).await
    }

    /// Imports by identity, reads, and returns the state.
    pub(crate) async fn import_identity(&mut self, identity: &Json) -> Result<Json, Report> {
        let schema = self.identity_schema();
        let value = configuration(&schema.members, identity, &format!("identity of {}", self.type_name));
        for member in schema.members.iter().filter(|member| member.required) {
            assert!(!value.member(&member.name).is_null(), "core demands {} for an import", member.name);
        }
        self.import(String::new(), Some(value)).await
    }

    async fn import(&mut self, id: String, identity: Option<Value>) -> Result<Json, Report> {
        assert!(self.stored.value.is_null(), "core imports only what is not in the state");
        self.warnings = Report::default();
        let request = wire::import_resource_state::Request {
            type_name: self.type_name.clone(),
            id,
            client_capabilities: capabilities(),
            identity: self.identity_out(identity.as_ref()),
        };
        let answer = call!(self.core, import_resource_state, request)?;
        let told = Report::of(&answer.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        let [imported] = &answer.imported_resources[..] else {
            panic!("{}: an import answers exactly one object", self.type_name)
        };
        assert_eq!(imported.type_name, self.type_name, "the import answers another type");
        let value = decode(imported.state.as_ref(), &self.ty(), "the imported state");
        let found = self.identity_in(imported.identity.as_ref());
        assert!(!value.is_null(), "{}: an import answers null", self.type_name);
        self.must(rules::stored(&self.schema().members, &value), "the import breaks core's rules");
        assert!(identity.is_none() || found.is_some(), "an import by identity answers without identity");
        self.stored = Stored { value, private: imported.private.clone(), identity: found, tainted: false };
        self.warnings.extend(told);
        if let Err(report) = self.read().await {
            self.stored = Stored::default();
            return Err(report);
        }
        if self.stored.value.is_null() {
            return Err(Report::of_core("Cannot import non-existent remote object", ""));
        }
        Ok(self.state_json())
    }

    async fn validated(&self, config: &Value) -> Result<Report, Report> {
        let request = wire::validate_resource_config::Request {
            type_name: self.type_name.clone(),
            config: encode(config, &self.ty()),
            client_capabilities: capabilities(),
        };
        let told = Report::of(&call!(self.core, validate_resource_config, request)?.diagnostics);
        if told.has_error() { Err(told) } else { Ok(told) }
    }

    /// Plans: once, and a second time from nothing where that replaces the object.
    async fn planned(&self, config: &Value) -> Result<Planned, Report> {
        let tainted = self.stored.tainted && !self.stored.value.is_null();
        let prior =
            if tainted { Stored { value: Value::Null, ..self.stored.clone() } } else { self.stored.clone() };
        let first = self.plan_step(config, &prior).await?;
        let replace = first.replace.clone();
        let mut action = match &prior.value {
            Value::Null if tainted => Action::Replace,
            Value::Null => Action::Create,
            prior if *prior == first.value => Action::NoOp,
            _ if !replace.is_empty() => Action::Replace,
            _ => Action::Update,
        };
        let mut step = first;
        if action == Action::Replace && !tainted {
            let nothing = Stored {
                value: Value::Null,
                private: step.private.clone(),
                identity: step.identity.clone(),
                tainted: false,
            };
            let told = step.told;
            step = self.plan_step(config, &nothing).await?;
            // Both plans tell the user the same things; core shows them once.
            if step.told.is_empty() {
                step.told = told;
            }
        }
        if step.value == self.stored.value && !tainted {
            action = Action::NoOp;
        }
        Ok(Planned {
            action,
            planned: step.value.to_json(),
            replace,
            diagnostics: step.told,
            config: config.clone(),
            value: step.value,
            private: step.private,
            identity: step.identity,
        })
    }

    async fn plan_step(&self, config: &Value, prior: &Stored) -> Result<Step, Report> {
        let members = &self.schema().members;
        let proposed = proposed(members, &prior.value, config);
        let answer = self.ask_plan(config, prior, &proposed).await?;
        let told = Report::of(&answer.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        let value = decode(answer.planned_state.as_ref(), &self.ty(), "the plan");
        self.must(rules::plan_valid(members, &prior.value, config, &value), "the plan breaks core's rules");
        let replace = answer
            .requires_replace
            .iter()
            .filter(|path| !prior.value.is_null() && changes(path, &prior.value, &value))
            .map(report::path)
            .collect();
        let identity = self.identity_in(answer.planned_identity.as_ref());
        Ok(Step { value, private: answer.planned_private, identity, replace, told })
    }

    async fn ask_plan(
        &self,
        config: &Value,
        prior: &Stored,
        proposed: &Value,
    ) -> Result<wire::plan_resource_change::Response, Report> {
        let ty = self.ty();
        let request = wire::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: encode(&prior.value, &ty),
            proposed_new_state: encode(proposed, &ty),
            config: encode(config, &ty),
            prior_private: prior.private.clone(),
            client_capabilities: capabilities(),
            prior_identity: self.identity_out(prior.identity.as_ref()),
            ..Default::default()
        };
        let answer = call!(self.core, plan_resource_change, request)?;
        assert!(answer.deferred.is_none(), "deferred, though that is not allowed");
        assert!(!answer.legacy_type_system, "legacy_type_system is for the old Go SDK");
        Ok(answer)
    }

    async fn delete_leg(&mut self) -> Result<(), Report> {
        let (private, identity) = (self.stored.private.clone(), self.stored.identity.clone());
        self.change(&Value::Null, &Value::Null, private, identity.as_ref()).await
    }

    /// ApplyResourceChange, and what core keeps of the answer.
    async fn change(
        &mut self,
        config: &Value,
        planned: &Value,
        private: Vec<u8>,
        identity: Option<&Value>,
    ) -> Result<(), Report> {
        let ty = self.ty();
        let request = wire::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: encode(&self.stored.value, &ty),
            planned_state: encode(planned, &ty),
            config: encode(config, &ty),
            planned_private: private,
            planned_identity: self.identity_out(identity),
            ..Default::default()
        };
        let is_create = self.stored.value.is_null();
        // A broken connection leaves the prior object in the state, and nothing of a create.
        let answer = call!(self.core, apply_resource_change, request)?;
        let told = Report::of(&answer.diagnostics);
        let value = decode(answer.new_state.as_ref(), &ty, "the applied state");
        self.must(rules::stored(&self.schema().members, &value), "the applied state breaks core's rules");
        let failed = told.has_error();
        if !failed {
            let broken = if value.is_null() == planned.is_null() {
                rules::conforms(planned, &value)
            } else {
                vec![format!("planned {}, but now {}", planned.to_json(), value.to_json())]
            };
            self.must(broken, "inconsistent result after apply");
        }
        let new = if failed && value.is_null() {
            // Core cannot tell what became of it, and keeps what it had.
            self.stored.clone()
        } else if value.is_null() {
            Stored::default()
        } else {
            let identity = self.identity_in(answer.new_identity.as_ref());
            self.check_identity(identity.as_ref(), failed);
            let tainted = failed && (is_create || self.stored.tainted);
            Stored { value, private: answer.private, identity, tainted }
        };
        self.stored = new;
        if failed {
            return Err(told);
        }
        self.warnings.extend(told);
        Ok(())
    }

    async fn upgrade(&mut self) -> Result<(), Report> {
        let request = wire::upgrade_resource_state::Request {
            type_name: self.type_name.clone(),
            version: self.schema().version,
            raw_state: Some(wire::RawState {
                json: json::encode(&self.stored.value, &self.ty()).expect("a state of its type"),
                ..Default::default()
            }),
        };
        let answer = call!(self.core, upgrade_resource_state, request)?;
        let told = Report::of(&answer.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        let value = decode(answer.upgraded_state.as_ref(), &self.ty(), "the upgraded state");
        self.must(rules::stored(&self.schema().members, &value), "the upgraded state breaks core's rules");
        self.must(
            rules::conforms(&self.stored.value, &value),
            "an upgrade from the same version changes the state",
        );
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Report> {
        let ty = self.ty();
        let request = wire::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: encode(&self.stored.value, &ty),
            private: self.stored.private.clone(),
            provider_meta: None,
            client_capabilities: capabilities(),
            current_identity: self.identity_out(self.stored.identity.as_ref()),
        };
        let answer = call!(self.core, read_resource, request)?;
        let told = Report::of(&answer.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        assert!(answer.deferred.is_none(), "deferred, though that is not allowed");
        let value = decode(answer.new_state.as_ref(), &ty, "the read state");
        self.must(rules::stored(&self.schema().members, &value), "the read state breaks core's rules");
        self.stored = if value.is_null() {
            Stored::default()
        } else {
            let identity = self.identity_in(answer.new_identity.as_ref());
            self.check_identity(identity.as_ref(), false);
            Stored { value, private: answer.private, identity, tainted: self.stored.tainted }
        };
        self.warnings.extend(told);
        Ok(())
    }

    /// An object that exists has an identity, wholly known, that never changes.
    fn check_identity(&self, new: Option<&Value>, failed: bool) {
        if !self.core.schemas().identities.contains_key(&self.type_name) {
            return;
        }
        let Some(new) = new else {
            assert!(failed, "{}: the answer has no identity", self.type_name);
            return;
        };
        assert!(new.is_wholly_known(), "{}: an unknown part in the identity", self.type_name);
        if let Some(old) = self.stored.identity.as_ref().and_then(Value::as_map) {
            for (name, old) in old.iter().filter(|(_, old)| !old.is_null()) {
                assert_eq!(old.to_json(), new.member(name).to_json(), "the identity's {name} changed");
            }
        }
    }

    fn must(&self, broken: Broken, what: &str) {
        assert!(broken.is_empty(), "{}: {what}:\n{}", self.type_name, broken.join("\n"));
    }

    fn schema(&self) -> &Schema {
        &self.core.schemas().resources[&self.type_name]
    }

    fn identity_schema(&self) -> &Schema {
        let schema = self.core.schemas().identities.get(&self.type_name);
        schema.unwrap_or_else(|| panic!("{} has no identity", self.type_name))
    }

    fn ty(&self) -> Type {
        self.schema().object_type()
    }

    fn identity_out(&self, identity: Option<&Value>) -> Option<wire::ResourceIdentityData> {
        let identity = identity?;
        Some(wire::ResourceIdentityData {
            identity_data: encode(identity, &self.identity_schema().object_type()),
        })
    }

    fn identity_in(&self, data: Option<&wire::ResourceIdentityData>) -> Option<Value> {
        let data = data?.identity_data.as_ref()?;
        let value = decode(Some(data), &self.identity_schema().object_type(), "the identity");
        Some(value).filter(|value| !value.is_null())
    }
}

/// One answer to PlanResourceChange.
struct Step {
    value: Value,
    private: Vec<u8>,
    identity: Option<Value>,
    replace: Vec<String>,
    told: Report,
}

/// Whether the value at the path is another one in the plan. Core ignores a replacement that names no change.
fn changes(path: &wire::AttributePath, prior: &Value, planned: &Value) -> bool {
    use wire::attribute_path::step::Selector;
    let mut at = tf_provider::value::Path::root();
    for step in &path.steps {
        at = match step.selector.as_ref().expect("a selector") {
            Selector::AttributeName(name) => at.attribute(name),
            Selector::ElementKeyString(key) => at.key(key),
            Selector::ElementKeyInt(index) => at.index(usize::try_from(*index).expect("an index")),
        };
    }
    let (old, new) = (prior.at(&at), planned.at(&at));
    assert!(old.is_some() || new.is_some(), "a replacement names {at}, which is nowhere");
    old != new
}
