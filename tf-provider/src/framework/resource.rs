//! What a resource and a data source are.

use std::future::Future;
use std::time::Duration;

use super::context::{Apply, Context};
use super::diagnostic::{Diagnostic, Diagnostics};
use super::failure::Failure;
use super::model::{AttributeValue, Model};
use super::private::Private;
use super::schema::{Attribute, Schema};
use super::scope::Scope;
use crate::value::{Path, Value};

/// A model as configuration and plans have it.
pub type ViewOf<M> = <M as AttributeValue>::View;

/// A kind of object that the provider manages.
///
/// Each method is one idea: the framework decodes, plans, times, catches panics, keeps saved states, encodes and
/// words the errors. Planning is the framework's own, driven by the schema; [`Resource::adjust_plan`] and
/// [`Resource::check_plan`] add what the schema cannot say.
pub trait Resource: Send + Sync + 'static {
    /// What the provider's configuration was made into.
    type Client: Send + Sync + 'static;
    /// The attributes.
    type Model: Model;
    /// What identifies an object for good: required attributes are those that an import must give.
    type Identity: Model;

    /// Type name without the provider's prefix.
    const NAME: &'static str;
    /// How long operations may take where the `timeouts` block says nothing.
    const TIMEOUTS: DefaultTimeouts;
    /// Version of the state layout.
    const VERSION: i64 = 0;
    /// Whether an object keeps being the same one while its identity changes. Rare: an identity that an update in
    /// place can change finds nothing afterwards.
    const MUTABLE_IDENTITY: bool = false;

    /// What the user knows an object by: its id, else its name.
    fn label(&self, model: &Self::Model) -> String;

    /// The object's identity.
    fn identity(&self, client: &Self::Client, model: &Self::Model) -> Self::Identity;

    /// Where the client's objects of this kind are, for instance its account and its Region. An object that was made
    /// elsewhere is neither read nor changed: it would be taken for gone.
    fn scope(&self, _client: &Self::Client) -> Scope {
        Scope::new()
    }

    /// Reads an import id. The error says what the right form is.
    fn parse_import_id(&self, id: &str) -> Result<Self::Identity, String>;

    /// What is known of an imported object before it is read: enough for [`Resource::read`].
    fn imported(&self, identity: Self::Identity) -> Result<Self::Model, Failure>;

    /// Checks a configuration beyond its schema, without the API. Values may be unknown.
    fn validate(&self, _config: &Config<'_, Self::Model>, _found: &mut Diagnostics) {}

    /// Adjusts the plan that the schema gives. Called for creates and updates; it must give the same result
    /// for the same input. Without a client the provider is not configured yet.
    fn adjust_plan(&self, _plan: &mut Plan<'_, Self::Model>, _client: Option<&Self::Client>) {}

    /// Asks the API, at plan time, about what would fail at apply time. It changes nothing.
    fn check_plan(
        &self,
        _client: &Self::Client,
        _plan: &Plan<'_, Self::Model>,
        _context: &Context,
    ) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(Diagnostics::new())
    }

    /// Creates the object. `planned` holds the configuration's write-only values too; computed attributes that
    /// are not known yet are absent.
    fn create(
        &self,
        client: &Self::Client,
        planned: Self::Model,
        apply: &Apply<Self::Model>,
    ) -> impl Future<Output = Result<Self::Model, Failure>> + Send;

    /// Reads the object as it is now. `None`: it is gone.
    fn read(
        &self,
        client: &Self::Client,
        state: Self::Model,
        context: &Context,
    ) -> impl Future<Output = Result<Option<Self::Model>, Failure>> + Send;

    /// Changes the object in place.
    fn update(
        &self,
        client: &Self::Client,
        prior: Self::Model,
        planned: Self::Model,
        apply: &Apply<Self::Model>,
    ) -> impl Future<Output = Result<Self::Model, Failure>> + Send;

    /// Destroys the object; one that is gone already counts as destroyed.
    fn delete(
        &self,
        client: &Self::Client,
        state: Self::Model,
        apply: &Apply<Self::Model>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Brings a stored state of an older version to the current layout.
    fn upgrade(&self, from: i64, _state: serde_json::Value) -> Result<serde_json::Value, String> {
        Err(format!("there is no upgrade from version {from}"))
    }
}

/// A kind of object that the provider only reads.
pub trait DataSource: Send + Sync + 'static {
    /// What the provider's configuration was made into.
    type Client: Send + Sync + 'static;
    /// The attributes.
    type Model: Model;

    /// Type name without the provider's prefix.
    const NAME: &'static str;

    /// Checks a configuration beyond its schema, without the API. Values may be unknown.
    fn validate(&self, _config: &Config<'_, Self::Model>, _found: &mut Diagnostics) {}

    /// Reads. `client` is an error while the provider is not configured: a data source that needs no API does
    /// not look at it.
    fn read(
        &self,
        client: Result<&Self::Client, Failure>,
        config: Self::Model,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Model, Failure>> + Send;
}

/// How long operations may take where the `timeouts` block says nothing.
#[derive(Debug, Clone, Copy)]
pub struct DefaultTimeouts {
    /// Create.
    pub create: Duration,
    /// Read.
    pub read: Duration,
    /// Update.
    pub update: Duration,
    /// Delete.
    pub delete: Duration,
}

impl DefaultTimeouts {
    /// So many minutes for create, update and delete; reads have ten.
    pub const fn minutes(create: u64, update: u64, delete: u64) -> Self {
        const fn of(minutes: u64) -> Duration {
            Duration::from_secs(minutes * 60)
        }
        Self { create: of(create), read: of(10), update: of(update), delete: of(delete) }
    }
}

/// A configuration under validation: the typed view, and the value for checks across attributes.
#[derive(Debug)]
pub struct Config<'a, M: Model> {
    /// The typed view.
    pub view: ViewOf<M>,
    /// The value that it views.
    pub value: &'a Value,
}

/// A plan under adjustment.
#[derive(Debug)]
pub struct Plan<'a, M: Model> {
    /// The configuration.
    pub config: ViewOf<M>,
    /// The state before; `None` for a create.
    pub prior: Option<ViewOf<M>>,
    /// The planned state as the schema gives it; edits do not show here.
    pub planned: ViewOf<M>,
    /// Private state of the object as it was; for a replacement, of the one that is replaced.
    pub private: &'a Private,
    value: &'a Value,
    prior_value: &'a Value,
    edits: Edits,
}

/// What a resource changed in a plan.
#[derive(Debug, Default)]
pub(super) struct Edits {
    pub(super) set: Vec<(&'static str, Value)>,
    pub(super) replace: Vec<Path>,
    pub(super) found: Diagnostics,
}

impl<'a, M: Model> Plan<'a, M> {
    pub(super) fn new(
        config: &Value,
        prior: &'a Value,
        planned: &'a Value,
        private: &'a Private,
    ) -> Result<Self, super::model::Mismatch> {
        Ok(Self {
            config: M::view_of(config)?,
            prior: if prior.is_null() { None } else { Some(M::view_of(prior)?) },
            planned: M::view_of(planned)?,
            private,
            value: planned,
            prior_value: prior,
            edits: Edits::default(),
        })
    }

    pub(super) fn into_edits(self) -> Edits {
        self.edits
    }

    /// Whether the object is to be created.
    pub fn is_create(&self) -> bool {
        self.prior.is_none()
    }

    /// Whether the schema alone plans any change.
    pub fn has_changes(&self) -> bool {
        self.value != self.prior_value
    }

    /// Whether the attribute's planned value differs from its prior one. True for a create.
    pub fn changes(&self, name: &str) -> bool {
        self.prior.is_none() || self.value.member(name) != self.prior_value.member(name)
    }

    /// Plans a value for a computed attribute.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over literals and fresh values")]
    pub fn set(&mut self, name: &'static str, value: impl AttributeValue) {
        self.edits.set.push((name, value.encode()));
    }

    /// Plans that a computed attribute is known only after the apply. Where nothing else changes, this makes
    /// the plan an update.
    pub fn set_unknown(&mut self, name: &'static str) {
        self.edits.set.push((name, Value::UNKNOWN));
    }

    /// Plans that the object is replaced because of that attribute, which must change.
    pub fn replace(&mut self, path: impl Into<Path>) {
        self.edits.replace.push(path.into());
    }

    /// Adds a message.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.edits.found.push(diagnostic);
    }
}

crate::model! {
    /// How long operations may take, as durations such as `90s`, `45m` or `1h30m`.
    pub struct Timeouts / TimeoutsView {
        /// How long to wait for the object to be created.
        pub create: Option<String> => optional().validate(super::duration::validate),
        /// How long to wait for an update in place.
        pub update: Option<String> => optional().validate(super::duration::validate),
        /// How long to wait for the object to be destroyed.
        pub delete: Option<String> => optional().validate(super::duration::validate),
    }
}

/// The schema of a resource type.
pub(super) fn schema_of<R: Resource>() -> Schema {
    Schema { version: R::VERSION, ..R::Model::schema() }
}

/// The timeout that an object's `timeouts` block sets for an operation.
pub(super) fn configured_timeout(object: &Value, operation: &str) -> Option<Duration> {
    super::duration::parse(object.member("timeouts").member(operation).as_str()?)
}

/// Whether the attribute exists, for edits that name one.
pub(super) fn has_attribute(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.name == name)
}
