//! A provider as a gRPC service, and the work behind the calls that are not about managed resources.

use std::sync::{Arc, OnceLock};

use super::answer::Answer;
use super::convert;
use super::proto::{self, provider_server};
use super::unsupported::no_such;
use crate::framework::server::{DataKind, Kind};
use crate::framework::{Diagnostic, Provider, Server};
use crate::value::Value;

/// The largest message either side accepts: what Terraform's own plugin SDK serves.
const MAX_MESSAGE: usize = 256 << 20;

/// A provider as a gRPC service.
pub struct Rpc<P: Provider> {
    pub(super) server: Arc<Server<P>>,
    pub(super) schema: OnceLock<proto::get_provider_schema::Response>,
}

impl<P: Provider> std::fmt::Debug for Rpc<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rpc").field(&self.server).finish()
    }
}

/// What the provider can do beyond the first version of the protocol.
pub(super) fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

impl<P: Provider> Rpc<P> {
    /// The service of that provider.
    pub fn new(server: Arc<Server<P>>) -> Self {
        Self { server, schema: OnceLock::new() }
    }

    /// The service with its message limits, ready to be routed to.
    pub fn into_service(self) -> provider_server::ProviderServer<Self> {
        provider_server::ProviderServer::new(self)
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE)
    }

    /// The resource type of that name.
    pub(super) fn kind(&self, type_name: &str) -> Result<&Kind<P>, Diagnostic> {
        self.server.resource(type_name).ok_or_else(|| no_such("resource type", type_name))
    }

    pub(super) fn data_kind(&self, type_name: &str) -> Result<&DataKind<P>, Diagnostic> {
        self.server.data_source(type_name).ok_or_else(|| no_such("data source", type_name))
    }

    pub(super) fn functions(&self) -> std::collections::HashMap<String, proto::Function> {
        let definitions = self.server.functions().map(|function| function.definition());
        definitions.map(|definition| (definition.name.to_owned(), convert::function(&definition))).collect()
    }

    pub(super) fn provider_schema(&self) -> proto::get_provider_schema::Response {
        let problems = self.server.problems();
        if !problems.is_empty() {
            // Core would refuse the provider for them, not always saying why.
            let list = problems.join("\n- ");
            let diagnostic = Diagnostic::error(
                "The provider's schema is unsound",
                format!("This is a defect of the provider. Please report it to its developers:\n- {list}"),
            );
            return Answer::failed(diagnostic);
        }
        let schemas = self.server.schemas();
        let convert = |(name, schema): (&String, _)| (name.clone(), convert::schema(schema));
        proto::get_provider_schema::Response {
            provider: Some(convert::schema(&schemas.provider)),
            resource_schemas: schemas.resources.iter().map(convert).collect(),
            data_source_schemas: schemas.data_sources.iter().map(convert).collect(),
            functions: self.functions(),
            server_capabilities: Some(capabilities()),
            ..proto::get_provider_schema::Response::default()
        }
    }

    fn call(&self, request: &proto::call_function::Request) -> Result<Value, proto::FunctionError> {
        let error = |text: String, position: Option<usize>| proto::FunctionError {
            text,
            function_argument: position.and_then(|position| i64::try_from(position).ok()),
        };
        let function = self
            .server
            .function(&request.name)
            .ok_or_else(|| error(format!("The provider has no function {:?}.", request.name), None))?;
        let definition = function.definition();
        let parameters = definition.parameters.iter().chain(definition.variadic.iter().cycle());
        let arguments = request
            .arguments
            .iter()
            .zip(parameters)
            .enumerate()
            .map(|(position, (argument, parameter))| {
                let argument = convert::decode(Some(argument), &parameter.ty)
                    .map_err(|malformed| error(malformed.describe("argument").detail, Some(position)))?;
                if argument.is_null() && !parameter.allow_null {
                    return Err(error("The argument must not be null.".to_owned(), Some(position)));
                }
                if !argument.is_wholly_known() && !parameter.allow_unknown {
                    return Err(error("The argument must be known.".to_owned(), Some(position)));
                }
                Ok(argument)
            })
            .collect::<Result<Vec<Value>, _>>()?;
        let enough = arguments.len() >= definition.parameters.len();
        if !enough || arguments.len() != request.arguments.len() {
            return Err(error(
                format!("The function {:?} takes another number of arguments.", request.name),
                None,
            ));
        }
        function.call(&arguments).map_err(|failed| error(failed.text, failed.argument))
    }

    pub(super) fn call_function_now(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::call_function::Response, Diagnostic> {
        let result = match self.call(request) {
            Ok(result) => result,
            Err(error) => return Ok(proto::call_function::Response { result: None, error: Some(error) }),
        };
        let returns = self.server.function(&request.name).map(|function| function.definition().returns);
        let ty = returns.ok_or_else(|| no_such("function", &request.name))?;
        Ok(proto::call_function::Response { result: Some(convert::encode(&result, &ty)?), error: None })
    }

    pub(super) async fn read_data(
        &self,
        request: proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostic> {
        let kind = self.data_kind(&request.type_name)?;
        let config = convert::decode(request.config.as_ref(), &kind.object_type)
            .map_err(|malformed| malformed.describe("configuration"))?;
        let (state, diagnostics) = self.server.read_data_source(kind, config).await;
        Ok(proto::read_data_source::Response {
            state: state.map(|state| convert::encode(&state, &kind.object_type)).transpose()?,
            diagnostics: convert::diagnostics(diagnostics),
            deferred: None,
        })
    }

    pub(super) async fn configure(
        &self,
        request: proto::configure_provider::Request,
    ) -> Result<proto::configure_provider::Response, Diagnostic> {
        let config = convert::decode(request.config.as_ref(), self.server.provider_type())
            .map_err(|malformed| malformed.describe("provider configuration"))?;
        let diagnostics = self.server.configure(&config, request.terraform_version).await;
        Ok(proto::configure_provider::Response { diagnostics: convert::diagnostics(diagnostics) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Configuration, Configured, Failure, Registry};

    crate::model! {
        /// Settings that Terraform would refuse.
        struct Settings / SettingsView {
            /// A name that means something else in a provider block.
            pub alias: Option<String> => optional(),
        }
    }

    struct Unsound;

    impl Provider for Unsound {
        type Config = Settings;
        type Client = ();
        const NAME: &'static str = "unsound";
        const VERSION: &'static str = "0.0.0";
        const ADDRESS: &'static str = "registry.terraform.io/example/unsound";
        const BINARY: &'static str = "terraform-provider-unsound";
        const LOG_TARGETS: &'static [&'static str] = &[];

        async fn configure(&self, _: Configuration<Settings>) -> Result<Configured<()>, Failure> {
            Ok(Configured::Ready(()))
        }

        fn offer(&self, _: &mut Registry<()>) {}
    }

    #[test]
    fn an_unsound_schema_is_told_not_sent() {
        let answer = Rpc::new(Arc::new(Server::new(Unsound))).provider_schema();
        assert!(answer.provider.is_none());
        let [diagnostic] = answer.diagnostics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(diagnostic.summary, "The provider's schema is unsound");
        assert!(diagnostic.detail.ends_with("\n- provider: alias: Terraform keeps the name for itself"));
    }
}
