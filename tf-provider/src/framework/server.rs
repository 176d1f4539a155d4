//! A provider at work: the framework's answer to everything that Terraform asks, in values and without any wire
//! format. [`crate::protocol`] translates.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::context::{Context, Setting};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::erased::{AnyDataSource, AnyResource};
use super::failure::{Failure, Verb};
use super::function::Function;
use super::model::{Mismatch, Model as _};
use super::private::Private;
use super::provider::{Configuration, Configured, Provider, Registry};
use super::resource::Config;
use super::schema::Schema;
use super::validate;
use crate::value::{Path, Type, Value};

/// How long an operation may take that has no timeout of its own.
const READ_TIMEOUT: Duration = Duration::from_mins(10);

/// A provider at work.
pub struct Server<P: Provider> {
    pub(super) provider: P,
    pub(super) registry: Registry<P::Client>,
    client: RwLock<Client<P::Client>>,
    stop: Mutex<CancellationToken>,
    offer: OnceLock<Offer<P>>,
    poll_interval: Option<Duration>,
}

impl<P: Provider> std::fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// Where the provider's configuration stands.
enum Client<C> {
    /// Terraform has not sent it.
    Missing,
    /// It depends on values that are not known yet.
    Waiting(Vec<Path>),
    /// It works.
    Ready(Arc<C>),
}

/// What the provider offers with all schemas and types worked out. Every call needs them, and they never change.
struct Offer<P: Provider> {
    schemas: Schemas,
    provider_type: Type,
    kinds: BTreeMap<String, Kind<P>>,
    data_kinds: BTreeMap<String, DataKind<P>>,
}

/// Every schema of a provider, by full type name.
#[derive(Debug)]
pub struct Schemas {
    /// The `provider` block.
    pub provider: Schema,
    /// Resources.
    pub resources: BTreeMap<String, Schema>,
    /// What identifies an object of each resource type.
    pub identities: BTreeMap<String, Schema>,
    /// Data sources.
    pub data_sources: BTreeMap<String, Schema>,
}

impl<P: Provider> Server<P> {
    /// A server for that provider, not configured yet. The environment variable `<NAME>_POLL_INTERVAL` (a duration
    /// such as `200ms`) overrides every poll interval: for tests.
    pub fn new(provider: P) -> Self {
        let mut registry = Registry::default();
        provider.offer(&mut registry);
        let variable = format!("{}_POLL_INTERVAL", P::NAME.to_uppercase());
        let poll_interval = std::env::var(variable).ok().and_then(|text| super::duration::parse(&text));
        Self {
            provider,
            registry,
            client: RwLock::new(Client::Missing),
            stop: Mutex::default(),
            offer: OnceLock::new(),
            poll_interval,
        }
    }

    fn offer(&self) -> &Offer<P> {
        self.offer.get_or_init(|| {
            let kinds = self.registry.resources.values().map(|resource| Kind::of(resource.clone()));
            let kinds: BTreeMap<_, _> = kinds.map(|kind| (kind.type_name.clone(), kind)).collect();
            let data_kinds = self.registry.data_sources.values().map(|kind| DataKind::of(kind.clone()));
            let data_kinds: BTreeMap<_, _> = data_kinds.map(|kind| (kind.type_name.clone(), kind)).collect();
            let schemas = Schemas {
                provider: P::Config::schema(),
                resources: kinds.iter().map(|(name, kind)| (name.clone(), kind.schema.clone())).collect(),
                identities: kinds.iter().map(|(name, kind)| (name.clone(), kind.identity.clone())).collect(),
                data_sources: {
                    data_kinds.iter().map(|(name, kind)| (name.clone(), kind.schema.clone())).collect()
                },
            };
            Offer { provider_type: schemas.provider.object_type(), schemas, kinds, data_kinds }
        })
    }

    /// Every schema, made once.
    pub fn schemas(&self) -> &Schemas {
        &self.offer().schemas
    }

    /// Everything in the provider's schemas and functions that Terraform would reject or this framework could not
    /// honour; empty for a sound provider. Answered to Terraform instead of schemas that it would refuse without a hint.
    pub fn problems(&self) -> Vec<String> {
        fn about(what: &str, problems: Vec<String>) -> impl Iterator<Item = String> {
            problems.into_iter().map(move |problem| format!("{what}: {problem}"))
        }
        let schemas = self.schemas();
        let mut found = self.registry.twice.clone();
        found.extend(about("provider", schemas.provider.provider_problems()));
        for (name, schema) in &schemas.resources {
            found.extend(about(name, schema.problems()));
        }
        for (name, schema) in &schemas.identities {
            found.extend(about(&format!("identity of {name}"), schema.identity_problems()));
        }
        for (name, schema) in &schemas.data_sources {
            found.extend(about(&format!("data source {name}"), schema.data_source_problems()));
        }
        for definition in self.functions().map(|function| function.definition()) {
            found.extend(about(&format!("function {}", definition.name), definition.problems()));
        }
        found
    }

    /// The type of the provider's configuration.
    pub fn provider_type(&self) -> &Type {
        &self.offer().provider_type
    }

    /// The functions by name.
    pub fn functions(&self) -> impl Iterator<Item = &Arc<dyn Function>> {
        self.registry.functions.values()
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<&Arc<dyn Function>> {
        self.registry.functions.get(name)
    }

    /// Checks a provider configuration.
    pub fn validate_provider(&self, config: &Value) -> Diagnostics {
        let schema = &self.schemas().provider;
        let mut found = Diagnostics::new();
        validate::against(schema, config, &mut found);
        match P::Config::view_of(config) {
            Ok(view) => self.provider.validate(&Config { view, value: config }, &mut found),
            Err(mismatch) => mistyped(mismatch, &mut found),
        }
        found
    }

    /// Configures the provider. Unknown values are tolerated: what needs them fails only when it is used.
    pub async fn configure(&self, config: &Value, terraform_version: String) -> Diagnostics {
        let object = provider_object::<P>();
        let unknown = config.unknown_paths();
        let typed = match P::Config::from_value(config) {
            Ok(typed) => typed,
            Err(mismatch) => {
                return Failure::bug(mismatch.to_string()).describe(Verb::Configure, &object).into();
            }
        };
        let configuration = Configuration { config: typed, unknown, terraform_version };
        let configured = guard(self.provider.configure(configuration)).await;
        let client = match configured {
            Ok(Configured::Ready(client)) => Client::Ready(Arc::new(client)),
            Ok(Configured::Waiting(paths)) => Client::Waiting(paths),
            Err(failure) => return failure.describe(Verb::Configure, &object).into(),
        };
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        Diagnostics::new()
    }

    /// Checks the configuration of a resource.
    pub fn validate_resource(&self, kind: &Kind<P>, config: &Value, write_only_allowed: bool) -> Diagnostics {
        let mut found = Diagnostics::new();
        if !write_only_allowed {
            validate::write_only_support(&kind.schema.attributes, config, &mut found);
        }
        validate::against(&kind.schema, config, &mut found);
        match kind.resource.validate(config) {
            Ok(more) => found.extend(more),
            Err(mismatch) => mistyped(mismatch, &mut found),
        }
        found
    }

    /// Checks the configuration of a data source.
    pub fn validate_data_source(&self, kind: &DataKind<P>, config: &Value) -> Diagnostics {
        let mut found = Diagnostics::new();
        validate::against(&kind.schema, config, &mut found);
        match kind.data_source.validate(config) {
            Ok(more) => found.extend(more),
            Err(mismatch) => mistyped(mismatch, &mut found),
        }
        found
    }

    /// Reads a data source.
    pub async fn read_data_source(&self, kind: &DataKind<P>, config: Value) -> (Option<Value>, Diagnostics) {
        let object = format!("data.{}", kind.type_name);
        let context = self.begin(Verb::Read, &object, Some(READ_TIMEOUT), Private::default());
        let client = self.client();
        let reading = async {
            let client = client.as_ref().map(AsRef::as_ref).map_err(Clone::clone);
            kind.data_source.read(client, config, context.clone()).await
        };
        let result = guard(context.carry_out(reading)).await;
        let (mut diagnostics, ..) = context.leave();
        match result {
            Ok(state) => (Some(state), diagnostics),
            Err(failure) => {
                diagnostics.push(failure.describe(Verb::Read, &object));
                (None, diagnostics)
            }
        }
    }

    /// Stops the work in flight; what begins afterwards is not affected, unless it is the [end](Self::end).
    pub fn stop(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        if !stop.is_cancelled() {
            std::mem::take(&mut *stop).cancel();
        }
    }

    /// Stops the work in flight and all that begins afterwards: the process is to end.
    pub fn end(&self) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    /// The resource of that type.
    pub fn resource(&self, type_name: &str) -> Option<&Kind<P>> {
        self.offer().kinds.get(type_name)
    }

    /// The data source of that type.
    pub fn data_source(&self, type_name: &str) -> Option<&DataKind<P>> {
        self.offer().data_kinds.get(type_name)
    }

    /// The client, or why there is none.
    pub(super) fn client(&self) -> Result<Arc<P::Client>, Failure> {
        match &*self.client.read().unwrap_or_else(PoisonError::into_inner) {
            Client::Ready(client) => Ok(client.clone()),
            Client::Missing => Err(Failure::bug("Terraform has not configured the provider.")),
            Client::Waiting(paths) => {
                let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
                Err(Failure {
                    path: None,
                    ..Failure::config(
                        Path::root(),
                        format!(
                            "The provider configuration depends on values that are known only after an apply: {}.",
                            paths.join(", ")
                        ),
                    )
                }
                .advise("Apply what these values come from first (terraform apply -target=…), or set them directly."))
            }
        }
    }

    /// Begins an operation.
    pub(super) fn begin(
        &self,
        verb: Verb,
        object: &str,
        timeout: Option<Duration>,
        private: Private,
    ) -> Context {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Context::begin(Setting {
            verb,
            object: object.to_owned(),
            timeout: timeout.unwrap_or(READ_TIMEOUT),
            stop,
            poll_interval: self.poll_interval,
            private,
        })
    }
}

/// A resource type of a provider.
pub struct Kind<P: Provider> {
    /// Full type name.
    pub type_name: String,
    /// Its schema.
    pub schema: Schema,
    /// The type of its objects.
    pub object_type: Type,
    /// What identifies its objects.
    pub identity: Schema,
    /// The type of their identities.
    pub identity_type: Type,
    pub(super) resource: Arc<dyn AnyResource<P::Client>>,
}

impl<P: Provider> Kind<P> {
    fn of(resource: Arc<dyn AnyResource<P::Client>>) -> Self {
        let (schema, identity) = (resource.schema(), resource.identity_schema());
        Self {
            type_name: full_name::<P>(resource.name()),
            object_type: schema.object_type(),
            schema,
            identity_type: identity.object_type(),
            identity,
            resource,
        }
    }
}

/// A data source type of a provider.
pub struct DataKind<P: Provider> {
    /// Full type name.
    pub type_name: String,
    /// Its schema.
    pub schema: Schema,
    /// The type of its objects.
    pub object_type: Type,
    data_source: Arc<dyn AnyDataSource<P::Client>>,
}

impl<P: Provider> DataKind<P> {
    fn of(data_source: Arc<dyn AnyDataSource<P::Client>>) -> Self {
        let schema = data_source.schema();
        Self {
            type_name: full_name::<P>(data_source.name()),
            object_type: schema.object_type(),
            schema,
            data_source,
        }
    }
}

fn full_name<P: Provider>(name: &str) -> String {
    format!("{}_{name}", P::NAME)
}

impl<P: Provider> std::fmt::Debug for Kind<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Kind").field(&self.type_name).finish()
    }
}

impl<P: Provider> std::fmt::Debug for DataKind<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DataKind").field(&self.type_name).finish()
    }
}

fn provider_object<P: Provider>() -> String {
    format!("provider {}", P::NAME)
}

/// Runs work that may panic; a panic becomes a failure. Its message is not repeated, since it may hold anything;
/// the plugin's panic hook logs where it happened.
pub(super) async fn guard<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
}

/// As [`guard`], for work that does not wait.
pub(super) fn guard_now<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

fn panicked() -> Failure {
    Failure::bug("The provider panicked.")
        .advise("Set TF_LOG=ERROR to see where, and run the operation again: the state holds what was saved.")
}

/// Terraform's types are wider than Rust's (a number may have a fraction), so a mismatch in a configuration is its
/// author's to mend. Where the schema's own checks have spoken already, they say it better.
fn mistyped(mismatch: Mismatch, found: &mut Diagnostics) {
    if found.has_error() {
        return;
    }
    let summary = format!("Invalid value for {}", mismatch.path);
    found.error_at(mismatch.path, summary, format!("The value must be {}.", mismatch.expected));
}

/// Diagnostics that say only that.
pub(super) fn only(diagnostic: Diagnostic) -> Diagnostics {
    diagnostic.into()
}
