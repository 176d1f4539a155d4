//! The smallest plugin there is: a provider that has nothing and answers every call with an empty
//! message. `ReadResource` of the type `slow` never answers, and that of `panic` panics.

#![allow(missing_docs, reason = "a binary for tests")]

use std::process::ExitCode;

use tf_provider::plugin::{Cookie, Plugin, Services, run};
use tf_provider::protocol::proto;
use tf_provider::protocol::proto::provider_server::{Provider, ProviderServer};
use tokio_stream::Empty;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

struct Nothing;

/// Writes an answer for each call: `name(message module)`.
macro_rules! answer {
    ($($call:ident($module:ident)),* $(,)?) => {
        #[tonic::async_trait]
        impl Provider for Nothing {
            $(
                async fn $call(
                    &self,
                    _: Request<proto::$module::Request>,
                ) -> Result<Response<proto::$module::Response>, Status> {
                    Ok(Response::new(proto::$module::Response::default()))
                }
            )*

            async fn get_provider_schema(
                &self,
                _: Request<proto::get_provider_schema::Request>,
            ) -> Result<Response<proto::get_provider_schema::Response>, Status> {
                let block = proto::schema::Block::default();
                let schema = proto::Schema { version: 0, block: Some(block) };
                Ok(Response::new(proto::get_provider_schema::Response {
                    provider: Some(schema),
                    ..Default::default()
                }))
            }

            async fn read_resource(
                &self,
                request: Request<proto::read_resource::Request>,
            ) -> Result<Response<proto::read_resource::Response>, Status> {
                match request.get_ref().type_name.as_str() {
                    "slow" => std::future::pending().await,
                    "panic" => panic!("this text stands in the source"),
                    secret => panic!("this text is made of {secret}"),
                }
            }

            type ListResourceStream = Empty<Result<proto::list_resource::Event, Status>>;

            async fn list_resource(
                &self,
                _: Request<proto::list_resource::Request>,
            ) -> Result<Response<Self::ListResourceStream>, Status> {
                Ok(Response::new(tokio_stream::empty()))
            }

            type InvokeActionStream = Empty<Result<proto::invoke_action::Event, Status>>;

            async fn invoke_action(
                &self,
                _: Request<proto::invoke_action::Request>,
            ) -> Result<Response<Self::InvokeActionStream>, Status> {
                Ok(Response::new(tokio_stream::empty()))
            }

            type ReadStateBytesStream = Empty<Result<proto::read_state_bytes::Response, Status>>;

            async fn read_state_bytes(
                &self,
                _: Request<proto::read_state_bytes::Request>,
            ) -> Result<Response<Self::ReadStateBytesStream>, Status> {
                Ok(Response::new(tokio_stream::empty()))
            }

            async fn write_state_bytes(
                &self,
                _: Request<Streaming<proto::write_state_bytes::RequestChunk>>,
            ) -> Result<Response<proto::write_state_bytes::Response>, Status> {
                Ok(Response::new(proto::write_state_bytes::Response::default()))
            }
        }
    };
}

answer! {
    apply_resource_change(apply_resource_change),
    call_function(call_function),
    close_ephemeral_resource(close_ephemeral_resource),
    configure_provider(configure_provider),
    configure_state_store(configure_state_store),
    delete_state(delete_state),
    generate_resource_config(generate_resource_config),
    get_functions(get_functions),
    get_metadata(get_metadata),
    get_resource_identity_schemas(get_resource_identity_schemas),
    get_states(get_states),
    import_resource_state(import_resource_state),
    lock_state(lock_state),
    move_resource_state(move_resource_state),
    open_ephemeral_resource(open_ephemeral_resource),
    plan_action(plan_action),
    plan_resource_change(plan_resource_change),
    read_data_source(read_data_source),
    renew_ephemeral_resource(renew_ephemeral_resource),
    stop_provider(stop_provider),
    unlock_state(unlock_state),
    upgrade_resource_identity(upgrade_resource_identity),
    upgrade_resource_state(upgrade_resource_state),
    validate_action_config(validate_action_config),
    validate_data_resource_config(validate_data_resource_config),
    validate_ephemeral_resource_config(validate_ephemeral_resource_config),
    validate_list_resource_config(validate_list_resource_config),
    validate_provider_config(validate_provider_config),
    validate_resource_config(validate_resource_config),
    validate_state_store_config(validate_state_store),
}

fn main() -> ExitCode {
    let plugin = Plugin {
        name: "terraform-provider-plugin-fixture",
        version: "1.2.3",
        address: "registry.terraform.io/tests/plugin-fixture",
        protocol: 6,
        cookie: Cookie::TERRAFORM_PROVIDER,
        log_targets: &["plugin_fixture"],
    };
    run(&plugin, || Services { routes: Routes::new(ProviderServer::new(Nothing)), stop: Box::new(|| {}) })
}
