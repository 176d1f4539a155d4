//! The calls of `tfplugin6.Provider`: each in its span and panic guard, the work elsewhere.

use std::pin::Pin;

use futures_util::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::answer::answer;
use super::convert;
use super::proto::{self, provider_server};
use super::rpc::{Rpc, capabilities};
use super::unsupported::{no_such, not_offered};
use crate::framework::Provider;

type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn one<T: Send + 'static>(event: T) -> Events<T> {
    Box::pin(tokio_stream::once(Ok(event)))
}

/// A call: its span, its panic guard, and the work.
macro_rules! call {
    ($self:ident, $rpc:literal, $subject:expr, $work:expr) => {
        answer(P::ADDRESS, $rpc, $subject, $work).await
    };
}

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Rpc<P> {
    type ListResourceStream = Events<proto::list_resource::Event>;
    type InvokeActionStream = Events<proto::invoke_action::Event>;
    type ReadStateBytesStream = Events<proto::read_state_bytes::Response>;

    async fn get_metadata(
        &self,
        _request: Request<proto::get_metadata::Request>,
    ) -> Result<Response<proto::get_metadata::Response>, Status> {
        use proto::get_metadata::{DataSourceMetadata, FunctionMetadata, ResourceMetadata};
        call!(self, "GetMetadata", "", async {
            let schemas = self.server.schemas();
            Ok(proto::get_metadata::Response {
                server_capabilities: Some(capabilities()),
                resources: {
                    let names = schemas.resources.keys().cloned();
                    names.map(|type_name| ResourceMetadata { type_name }).collect()
                },
                data_sources: {
                    let names = schemas.data_sources.keys().cloned();
                    names.map(|type_name| DataSourceMetadata { type_name }).collect()
                },
                functions: {
                    let names = self.server.functions().map(|function| function.definition().name.to_owned());
                    names.map(|name| FunctionMetadata { name }).collect()
                },
                ..proto::get_metadata::Response::default()
            })
        })
    }

    async fn get_provider_schema(
        &self,
        _request: Request<proto::get_provider_schema::Request>,
    ) -> Result<Response<proto::get_provider_schema::Response>, Status> {
        call!(self, "GetProviderSchema", "", async {
            Ok(self.schema.get_or_init(|| self.provider_schema()).clone())
        })
    }

    async fn get_resource_identity_schemas(
        &self,
        _request: Request<proto::get_resource_identity_schemas::Request>,
    ) -> Result<Response<proto::get_resource_identity_schemas::Response>, Status> {
        call!(self, "GetResourceIdentitySchemas", "", async {
            let identities = self.server.schemas().identities.iter();
            Ok(proto::get_resource_identity_schemas::Response {
                identity_schemas: identities
                    .map(|(name, schema)| (name.clone(), convert::identity_schema(schema)))
                    .collect(),
                diagnostics: Vec::new(),
            })
        })
    }

    async fn get_functions(
        &self,
        _request: Request<proto::get_functions::Request>,
    ) -> Result<Response<proto::get_functions::Response>, Status> {
        call!(self, "GetFunctions", "", async {
            Ok(proto::get_functions::Response { functions: self.functions(), diagnostics: Vec::new() })
        })
    }

    async fn validate_provider_config(
        &self,
        request: Request<proto::validate_provider_config::Request>,
    ) -> Result<Response<proto::validate_provider_config::Response>, Status> {
        call!(self, "ValidateProviderConfig", "", async {
            let config = convert::decode(request.get_ref().config.as_ref(), self.server.provider_type())
                .map_err(|malformed| malformed.describe("provider configuration"))?;
            let diagnostics = convert::diagnostics(self.server.validate_provider(&config));
            Ok(proto::validate_provider_config::Response { diagnostics })
        })
    }

    async fn validate_resource_config(
        &self,
        request: Request<proto::validate_resource_config::Request>,
    ) -> Result<Response<proto::validate_resource_config::Response>, Status> {
        let request = request.into_inner();
        call!(self, "ValidateResourceConfig", &request.type_name, async {
            let kind = self.kind(&request.type_name)?;
            let config = convert::decode(request.config.as_ref(), &kind.object_type)
                .map_err(|malformed| malformed.describe("configuration"))?;
            let write_only = request.client_capabilities.is_some_and(|can| can.write_only_attributes_allowed);
            let diagnostics = self.server.validate_resource(kind, &config, write_only);
            Ok(proto::validate_resource_config::Response { diagnostics: convert::diagnostics(diagnostics) })
        })
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<proto::validate_data_resource_config::Request>,
    ) -> Result<Response<proto::validate_data_resource_config::Response>, Status> {
        let request = request.into_inner();
        call!(self, "ValidateDataResourceConfig", &request.type_name, async {
            let kind = self.data_kind(&request.type_name)?;
            let config = convert::decode(request.config.as_ref(), &kind.object_type)
                .map_err(|malformed| malformed.describe("configuration"))?;
            let diagnostics = self.server.validate_data_source(kind, &config);
            Ok(proto::validate_data_resource_config::Response {
                diagnostics: convert::diagnostics(diagnostics),
            })
        })
    }

    async fn configure_provider(
        &self,
        request: Request<proto::configure_provider::Request>,
    ) -> Result<Response<proto::configure_provider::Response>, Status> {
        call!(self, "ConfigureProvider", "", self.configure(request.into_inner()))
    }

    async fn stop_provider(
        &self,
        _request: Request<proto::stop_provider::Request>,
    ) -> Result<Response<proto::stop_provider::Response>, Status> {
        tracing::info!("Terraform asked the provider to stop");
        self.server.stop();
        Ok(Response::new(proto::stop_provider::Response::default()))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<proto::upgrade_resource_state::Request>,
    ) -> Result<Response<proto::upgrade_resource_state::Response>, Status> {
        let request = request.into_inner();
        call!(self, "UpgradeResourceState", &request.type_name, async { self.upgrade_state(&request) })
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<proto::upgrade_resource_identity::Request>,
    ) -> Result<Response<proto::upgrade_resource_identity::Response>, Status> {
        let request = request.into_inner();
        call!(self, "UpgradeResourceIdentity", &request.type_name, async { self.upgrade_identity(&request) })
    }

    async fn read_resource(
        &self,
        request: Request<proto::read_resource::Request>,
    ) -> Result<Response<proto::read_resource::Response>, Status> {
        let request = request.into_inner();
        call!(self, "ReadResource", &request.type_name, self.read(&request))
    }

    async fn plan_resource_change(
        &self,
        request: Request<proto::plan_resource_change::Request>,
    ) -> Result<Response<proto::plan_resource_change::Response>, Status> {
        let request = request.into_inner();
        call!(self, "PlanResourceChange", &request.type_name, self.plan(&request))
    }

    async fn apply_resource_change(
        &self,
        request: Request<proto::apply_resource_change::Request>,
    ) -> Result<Response<proto::apply_resource_change::Response>, Status> {
        let request = request.into_inner();
        call!(self, "ApplyResourceChange", &request.type_name, self.apply(&request))
    }

    async fn import_resource_state(
        &self,
        request: Request<proto::import_resource_state::Request>,
    ) -> Result<Response<proto::import_resource_state::Response>, Status> {
        let request = request.into_inner();
        call!(self, "ImportResourceState", &request.type_name, async { self.import(&request) })
    }

    async fn move_resource_state(
        &self,
        request: Request<proto::move_resource_state::Request>,
    ) -> Result<Response<proto::move_resource_state::Response>, Status> {
        let name = &request.get_ref().target_type_name;
        call!(self, "MoveResourceState", name, async {
            Err(not_offered("moving objects from other resource types"))
        })
    }

    async fn generate_resource_config(
        &self,
        request: Request<proto::generate_resource_config::Request>,
    ) -> Result<Response<proto::generate_resource_config::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "GenerateResourceConfig", name, async { Err(not_offered("generating configuration")) })
    }

    async fn read_data_source(
        &self,
        request: Request<proto::read_data_source::Request>,
    ) -> Result<Response<proto::read_data_source::Response>, Status> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        call!(self, "ReadDataSource", &name, self.read_data(request))
    }

    async fn call_function(
        &self,
        request: Request<proto::call_function::Request>,
    ) -> Result<Response<proto::call_function::Response>, Status> {
        call!(self, "CallFunction", "", async { self.call_function_now(request.get_ref()) })
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<proto::validate_ephemeral_resource_config::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "ValidateEphemeralResourceConfig", name, async {
            Err(no_such("ephemeral resource type", name))
        })
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<proto::open_ephemeral_resource::Request>,
    ) -> Result<Response<proto::open_ephemeral_resource::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "OpenEphemeralResource", name, async { Err(no_such("ephemeral resource type", name)) })
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<proto::renew_ephemeral_resource::Request>,
    ) -> Result<Response<proto::renew_ephemeral_resource::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "RenewEphemeralResource", name, async { Err(no_such("ephemeral resource type", name)) })
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<proto::close_ephemeral_resource::Request>,
    ) -> Result<Response<proto::close_ephemeral_resource::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "CloseEphemeralResource", name, async { Err(no_such("ephemeral resource type", name)) })
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<proto::validate_list_resource_config::Request>,
    ) -> Result<Response<proto::validate_list_resource_config::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "ValidateListResourceConfig", name, async { Err(no_such("list resource type", name)) })
    }

    async fn list_resource(
        &self,
        request: Request<proto::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        let diagnostic = no_such("list resource type", &request.get_ref().type_name);
        Ok(Response::new(one(proto::list_resource::Event {
            diagnostic: vec![convert::diagnostic(diagnostic)],
            ..proto::list_resource::Event::default()
        })))
    }

    async fn validate_action_config(
        &self,
        request: Request<proto::validate_action_config::Request>,
    ) -> Result<Response<proto::validate_action_config::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "ValidateActionConfig", name, async { Err(no_such("action", name)) })
    }

    async fn plan_action(
        &self,
        request: Request<proto::plan_action::Request>,
    ) -> Result<Response<proto::plan_action::Response>, Status> {
        let name = &request.get_ref().action_type;
        call!(self, "PlanAction", name, async { Err(no_such("action", name)) })
    }

    async fn invoke_action(
        &self,
        request: Request<proto::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        use proto::invoke_action::event::{Completed, Type};
        let diagnostics = vec![convert::diagnostic(no_such("action", &request.get_ref().action_type))];
        let completed = Type::Completed(Completed { diagnostics });
        Ok(Response::new(one(proto::invoke_action::Event { r#type: Some(completed) })))
    }

    async fn validate_state_store_config(
        &self,
        request: Request<proto::validate_state_store::Request>,
    ) -> Result<Response<proto::validate_state_store::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "ValidateStateStoreConfig", name, async { Err(no_such("state store", name)) })
    }

    async fn configure_state_store(
        &self,
        request: Request<proto::configure_state_store::Request>,
    ) -> Result<Response<proto::configure_state_store::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "ConfigureStateStore", name, async { Err(no_such("state store", name)) })
    }

    async fn read_state_bytes(
        &self,
        request: Request<proto::read_state_bytes::Request>,
    ) -> Result<Response<Self::ReadStateBytesStream>, Status> {
        let diagnostic = no_such("state store", &request.get_ref().type_name);
        Ok(Response::new(one(proto::read_state_bytes::Response {
            diagnostics: vec![convert::diagnostic(diagnostic)],
            ..proto::read_state_bytes::Response::default()
        })))
    }

    async fn write_state_bytes(
        &self,
        _request: Request<Streaming<proto::write_state_bytes::RequestChunk>>,
    ) -> Result<Response<proto::write_state_bytes::Response>, Status> {
        call!(self, "WriteStateBytes", "", async { Err(not_offered("storing state")) })
    }

    async fn lock_state(
        &self,
        request: Request<proto::lock_state::Request>,
    ) -> Result<Response<proto::lock_state::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "LockState", name, async { Err(no_such("state store", name)) })
    }

    async fn unlock_state(
        &self,
        request: Request<proto::unlock_state::Request>,
    ) -> Result<Response<proto::unlock_state::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "UnlockState", name, async { Err(no_such("state store", name)) })
    }

    async fn get_states(
        &self,
        request: Request<proto::get_states::Request>,
    ) -> Result<Response<proto::get_states::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "GetStates", name, async { Err(no_such("state store", name)) })
    }

    async fn delete_state(
        &self,
        request: Request<proto::delete_state::Request>,
    ) -> Result<Response<proto::delete_state::Response>, Status> {
        let name = &request.get_ref().type_name;
        call!(self, "DeleteState", name, async { Err(no_such("state store", name)) })
    }
}
