//! What a provider is, and the list of what it has.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use super::diagnostic::Diagnostics;
use super::erased::{AnyDataSource, AnyResource, Erased, ErasedData};
use super::failure::Failure;
use super::function::Function;
use super::model::Model;
use super::resource::{Config, DataSource, Resource};
use crate::value::Path;

/// A provider: its configuration, and what it offers.
pub trait Provider: Send + Sync + 'static {
    /// The attributes of the `provider` block.
    type Config: Model;
    /// What the configuration is made into; resources and data sources work with it.
    type Client: Send + Sync + 'static;

    /// Local name, the prefix of every type: `aurorakerberos`.
    const NAME: &'static str;
    /// Version, without a `v`.
    const VERSION: &'static str;
    /// Address in the registry.
    const ADDRESS: &'static str;
    /// Name of the binary, `terraform-provider-` and the local name.
    const BINARY: &'static str;
    /// Crates whose log events are passed on to Terraform. Name only crates that never log a secret: no HTTP
    /// client, no SDK.
    const LOG_TARGETS: &'static [&'static str];

    /// Checks a configuration beyond its schema. Values may be unknown.
    fn validate(&self, _config: &Config<'_, Self::Config>, _found: &mut Diagnostics) {}

    /// Makes a client of the configuration.
    fn configure(
        &self,
        configuration: Configuration<Self::Config>,
    ) -> impl Future<Output = Result<Configured<Self::Client>, Failure>> + Send;

    /// Everything that the provider offers.
    fn offer(&self, registry: &mut Registry<Self::Client>);
}

/// What Terraform sent to configure the provider.
#[derive(Debug, Clone)]
pub struct Configuration<M> {
    /// The `provider` block, with unknown values absent.
    pub config: M,
    /// Where values are unknown: while Terraform plans, they may depend on objects that do not exist yet.
    pub unknown: Vec<Path>,
    /// Version of the Terraform that calls.
    pub terraform_version: String,
}

/// What became of the provider's configuration.
#[derive(Debug)]
pub enum Configured<C> {
    /// It works.
    Ready(C),
    /// These values, which are not known yet, are needed first. Planning goes on as far as it can without.
    Waiting(Vec<Path>),
}

/// The list of what a provider offers, by name.
pub struct Registry<C> {
    pub(super) resources: BTreeMap<&'static str, Arc<dyn AnyResource<C>>>,
    pub(super) data_sources: BTreeMap<&'static str, Arc<dyn AnyDataSource<C>>>,
    pub(super) functions: BTreeMap<&'static str, Arc<dyn Function>>,
    /// What was offered again under a name that was taken.
    pub(super) twice: Vec<String>,
}

impl<C> Default for Registry<C> {
    fn default() -> Self {
        Self {
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            functions: BTreeMap::new(),
            twice: Vec::new(),
        }
    }
}

impl<C> std::fmt::Debug for Registry<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("resources", &self.resources.keys())
            .field("data_sources", &self.data_sources.keys())
            .field("functions", &self.functions.keys())
            .field("twice", &self.twice)
            .finish()
    }
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// Offers a resource.
    pub fn resource(&mut self, resource: impl Resource<Client = C>) -> &mut Self {
        let erased = Arc::new(Erased(resource));
        let name = erased.name();
        if self.resources.insert(name, erased).is_some() {
            self.twice.push(format!("resource {name:?}: offered twice"));
        }
        self
    }

    /// Offers a data source.
    pub fn data_source(&mut self, data_source: impl DataSource<Client = C>) -> &mut Self {
        let erased = Arc::new(ErasedData(data_source));
        let name = erased.name();
        if self.data_sources.insert(name, erased).is_some() {
            self.twice.push(format!("data source {name:?}: offered twice"));
        }
        self
    }

    /// Offers a function.
    pub fn function(&mut self, function: impl Function) -> &mut Self {
        let name = function.definition().name;
        if self.functions.insert(name, Arc::new(function)).is_some() {
            self.twice.push(format!("function {name:?}: offered twice"));
        }
        self
    }
}
