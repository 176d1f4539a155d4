//! A small Terraform core: it starts the provider's binary, configures it, and asks it what Terraform would ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_simulator::Simulator;
use plugin_client::Client;
use plugin_client::tfplugin6 as wire;
use serde_json::{Value as Json, json};
use tf_provider::protocol::msgpack;
use tf_provider::value::{Type, Value};
use tokio::sync::Mutex;

use super::object::Object;
use super::report::Report;
use super::schema::{Schema, read_type};
use super::values::{configuration, typed};
use super::{PROVIDER, simulator};

/// The version that the provider is told.
const TERRAFORM_VERSION: &str = "1.15.5";

/// A running, configured provider. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Core(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    env: BTreeMap<String, String>,
    config: Json,
    client: Mutex<Client>,
    schemas: Schemas,
}

/// Everything that the provider says it has.
#[derive(Debug)]
pub(super) struct Schemas {
    provider: Schema,
    pub(super) resources: BTreeMap<String, Schema>,
    pub(super) identities: BTreeMap<String, Schema>,
    data_sources: BTreeMap<String, Schema>,
    functions: BTreeMap<String, wire::Function>,
}

/// What Terraform 1.15 can do.
pub(super) fn capabilities() -> Option<wire::ClientCapabilities> {
    Some(wire::ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() })
}

/// A value on the wire.
pub(super) fn encode(value: &Value, ty: &Type) -> Option<wire::DynamicValue> {
    let msgpack = msgpack::encode(value, ty).unwrap_or_else(|error| panic!("{error}"));
    Some(wire::DynamicValue { msgpack, json: Vec::new() })
}

/// A value from the wire; absent means null. `what` names it where the provider sent no value of the type.
pub(super) fn decode(value: Option<&wire::DynamicValue>, ty: &Type, what: &str) -> Value {
    match value {
        None => Value::Null,
        Some(value) => {
            assert!(value.json.is_empty(), "{what}: answered in JSON, though asked in MessagePack");
            msgpack::decode(&value.msgpack, ty)
                .unwrap_or_else(|error| panic!("{what}: not of the schema's type: {error}"))
        }
    }
}

/// The text of an error of the connection, as core reports it.
pub(super) fn broken_connection(error: &(impl std::error::Error + ?Sized)) -> Report {
    Report::of_core("Plugin did not respond", error.to_string())
}

/// Calls the provider; a broken connection is a [`Report`].
macro_rules! call {
    ($core:expr, $method:ident, $request:expr) => {{
        let mut provider = $core.provider().await;
        match provider.$method($request).await {
            Ok(answer) => Ok(answer.into_inner()),
            Err(status) => Err($crate::support::core::broken_connection(&status)),
        }
    }};
}
pub(super) use call;

impl Core {
    /// Starts the provider with these environment variables (and few others), asks for its schemas, checks them as
    /// core does, and configures it.
    ///
    /// # Panics
    /// When the provider cannot be started or refuses the configuration: [`Core::try_start`] returns that.
    pub(crate) async fn start(env: &[(&str, &str)], config: &Json) -> Self {
        Self::try_start(env, config).await.unwrap_or_else(|report| panic!("not configured: {report}"))
    }

    /// As [`Core::start`]; what the provider says against its configuration is the error.
    pub(crate) async fn try_start(env: &[(&str, &str)], config: &Json) -> Result<Self, Report> {
        let core = Self::unconfigured(env, config).await;
        core.configure().await?;
        Ok(core)
    }

    /// A provider that talks to that simulator.
    pub(crate) async fn on(simulator: &Simulator) -> Self {
        Self::start(&[], &simulator::provider_config(simulator)).await
    }

    /// As [`Core::on`], with more arguments in the provider block.
    pub(crate) async fn on_with(simulator: &Simulator, more: &Json) -> Self {
        let mut config = simulator::provider_config(simulator);
        for (name, value) in more.as_object().expect("an object") {
            config[name] = value.clone();
        }
        Self::start(&[], &config).await
    }

    /// A provider that knows no configuration, as functions are called.
    pub(crate) async fn unconfigured(env: &[(&str, &str)], config: &Json) -> Self {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let client = start(&env).await;
        let schemas = Schemas::ask(&client).await;
        Self(Arc::new(Shared { env, config: config.clone(), client: Mutex::new(client), schemas }))
    }

    /// Configures a provider that is [not yet](Core::unconfigured).
    pub(crate) async fn configure(&self) -> Result<(), Report> {
        let schema = &self.0.schemas.provider;
        let config = configuration(&schema.members, &self.0.config, "provider");
        let config = encode(&config, &schema.object_type());
        let request = wire::validate_provider_config::Request { config: config.clone() };
        let mut told = Report::of(&call!(self, validate_provider_config, request)?.diagnostics);
        if !told.has_error() {
            let request = wire::configure_provider::Request {
                terraform_version: TERRAFORM_VERSION.to_owned(),
                config,
                client_capabilities: capabilities(),
            };
            told.extend(Report::of(&call!(self, configure_provider, request)?.diagnostics));
        }
        if told.has_error() { Err(told) } else { Ok(()) }
    }

    /// An object of that type that does not exist yet.
    pub(crate) fn resource(&self, type_name: &str) -> Object {
        Object::new(self.clone(), type_name)
    }

    /// Validates and reads a data source.
    pub(crate) async fn data(&self, type_name: &str, config: &Json) -> Result<Json, Report> {
        self.data_with_warnings(type_name, config).await.map(|(state, _)| state)
    }

    /// As [`Core::data`], with the warnings.
    pub(crate) async fn data_with_warnings(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<(Json, Report), Report> {
        let schema = self.0.schemas.data_sources.get(type_name);
        let schema = schema.unwrap_or_else(|| panic!("the provider has no data source {type_name}"));
        let ty = schema.object_type();
        let config = configuration(&schema.members, config, type_name);
        let request = wire::validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: encode(&config, &ty),
        };
        let mut told = Report::of(&call!(self, validate_data_resource_config, request)?.diagnostics);
        if told.has_error() {
            return Err(told);
        }
        assert!(config.is_wholly_known(), "core reads {type_name} only when its configuration is known");
        let request = wire::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: encode(&config, &ty),
            provider_meta: None,
            client_capabilities: capabilities(),
        };
        let answer = call!(self, read_data_source, request)?;
        told.extend(Report::of(&answer.diagnostics));
        if told.has_error() {
            return Err(told);
        }
        let state = decode(answer.state.as_ref(), &ty, type_name);
        let mut broken = super::rules::stored(&schema.members, &state);
        broken.extend(super::rules::plan_valid(&schema.members, &Value::Null, &config, &state));
        assert!(broken.is_empty(), "the read of {type_name} breaks core's rules:\n{}", broken.join("\n"));
        Ok((state.to_json(), told))
    }

    /// Validates the configuration of a data source, in which values may be unknown.
    pub(crate) async fn validate_data(&self, type_name: &str, config: &Json) -> Report {
        let schema = &self.0.schemas.data_sources[type_name];
        let config = configuration(&schema.members, config, type_name);
        let config = encode(&config, &schema.object_type());
        let request =
            wire::validate_data_resource_config::Request { type_name: type_name.to_owned(), config };
        match call!(self, validate_data_resource_config, request) {
            Ok(answer) => Report::of(&answer.diagnostics),
            Err(report) => report,
        }
    }

    /// Calls a function. The error is the function's own text, with the argument that it blames: `argument 0: …`.
    pub(crate) async fn call(&self, name: &str, arguments: &[Json]) -> Result<Json, String> {
        let function = self.0.schemas.functions.get(name);
        let function = function.unwrap_or_else(|| panic!("the provider has no function {name}"));
        let parameters = function.parameters.iter().chain(function.variadic_parameter.iter().cycle());
        let arguments = arguments.iter().zip(parameters).map(|(argument, parameter)| {
            let at = format!("{name}({})", parameter.name);
            let ty = read_type(&at, &parameter.r#type);
            let value = typed(&ty, argument, &at);
            assert!(parameter.allow_null_value || !value.is_null(), "{at}: core never sends null");
            encode(&value, &ty).expect("a value")
        });
        let request = wire::call_function::Request { name: name.to_owned(), arguments: arguments.collect() };
        // Core calls twice and demands the same answer.
        let answer = call!(self, call_function, request.clone()).map_err(|report| report.to_string())?;
        let again = call!(self, call_function, request).map_err(|report| report.to_string())?;
        assert_eq!(answer, again, "{name} is not pure");
        if let Some(error) = answer.error {
            return Err(match error.function_argument {
                Some(argument) => format!("argument {argument}: {}", error.text),
                None => error.text,
            });
        }
        let returns = read_type(name, &function.r#return.as_ref().expect("a return type").r#type);
        let value = decode(answer.result.as_ref(), &returns, name);
        assert!(value.is_wholly_known(), "{name}: an unknown result of known arguments");
        Ok(value.to_json())
    }

    /// StopProvider: the user pressed Ctrl-C.
    pub(crate) async fn stop(&self) {
        let answer = call!(self, stop_provider, wire::stop_provider::Request {});
        assert_eq!(answer.expect("StopProvider is answered").error, "");
    }

    /// SIGKILL. [`Core::restart`] goes on from there.
    pub(crate) async fn kill(&self) {
        self.0.client.lock().await.kill().await.expect("the process can be killed");
    }

    /// Ends the provider as Terraform does; says how long it took.
    pub(crate) async fn shutdown(&self) -> Duration {
        self.0.client.lock().await.shutdown().await.expect("the process ends after Shutdown")
    }

    /// A new process with the same configuration, as the next run of Terraform has. Objects keep their states.
    pub(crate) async fn restart(&self) {
        self.try_restart().await.unwrap_or_else(|report| panic!("not configured again: {report}"));
    }

    /// The same where AWS may keep it from being configured.
    pub(crate) async fn try_restart(&self) -> Result<(), Report> {
        *self.0.client.lock().await = start(&self.0.env).await;
        self.configure().await
    }

    /// Everything that the present process logged, at any level that `TF_LOG` in its environment allows.
    pub(crate) async fn log(&self) -> Vec<String> {
        self.0.client.lock().await.stderr()
    }

    /// The id of the present process.
    #[cfg(target_os = "linux")]
    pub(crate) async fn pid(&self) -> u32 {
        self.0.client.lock().await.pid()
    }

    /// What the present process wrote to stdout: the handshake line.
    pub(crate) async fn stdout(&self) -> Vec<String> {
        self.0.client.lock().await.stdout()
    }

    /// The types of resources, data sources and functions, by name.
    pub(crate) fn offers(&self) -> Json {
        let Schemas { resources, data_sources, functions, .. } = &self.0.schemas;
        json!({
            "resources": resources.keys().collect::<Vec<_>>(),
            "data_sources": data_sources.keys().collect::<Vec<_>>(),
            "functions": functions.keys().collect::<Vec<_>>(),
        })
    }

    pub(super) fn schemas(&self) -> &Schemas {
        &self.0.schemas
    }

    pub(super) async fn provider(&self) -> plugin_client::Provider {
        self.0.client.lock().await.provider()
    }
}

/// Starts the provider in an environment that holds nothing of the user's: no credentials, no proxy, no log level.
async fn start(env: &BTreeMap<String, String>) -> Client {
    let mut command = std::process::Command::new(PROVIDER);
    command.env_clear();
    for kept in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
        .env("AURORAKERBEROS_POLL_INTERVAL", "20ms")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/nonexistent/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
        .envs(env);
    Client::start(command).await.unwrap_or_else(|error| panic!("the provider does not start: {error}"))
}

impl Schemas {
    async fn ask(client: &Client) -> Self {
        let mut provider = client.provider();
        let request = wire::get_provider_schema::Request {};
        let answer = provider.get_provider_schema(request).await.expect("GetProviderSchema").into_inner();
        assert!(answer.diagnostics.is_empty(), "{}", Report::of(&answer.diagnostics));
        let request = wire::get_resource_identity_schemas::Request {};
        let identities =
            provider.get_resource_identity_schemas(request).await.expect("identities").into_inner();
        assert!(identities.diagnostics.is_empty(), "{}", Report::of(&identities.diagnostics));
        let read = |schemas: &std::collections::HashMap<String, wire::Schema>| {
            schemas.iter().map(|(name, schema)| (name.clone(), Schema::read(name, Some(schema)))).collect()
        };
        let identity = |(name, schema): (&String, _)| (name.clone(), Schema::read_identity(name, schema));
        Self {
            provider: Schema::read("provider", answer.provider.as_ref()),
            resources: read(&answer.resource_schemas),
            identities: identities.identity_schemas.iter().map(identity).collect(),
            data_sources: read(&answer.data_source_schemas),
            functions: answer.functions.into_iter().collect(),
        }
    }
}
