//! The services that go-plugin wants beside the plugin's own.
//!
//! Of these the host depends on `GRPCController` alone: a process that does not end on its Shutdown
//! is killed after two seconds, and costs every run those two seconds. Health is documented as
//! required, though Terraform never asks. The stdio and broker streams are open and silent: there is
//! no output to carry after the handshake, and no further service to reach.

use std::pin::Pin;

use futures_util::Stream;
use futures_util::stream::once;
use tokio_stream::StreamExt as _;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

use super::lifetime::Shutdown;
use super::proto::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use super::proto::grpc_controller_server::{GrpcController, GrpcControllerServer};
use super::proto::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use super::proto::{ConnInfo, Empty, StdioData};

/// Adds go-plugin's services to the plugin's own. `host_may_stop` is false in reattach mode, where
/// one process outlives the hosts that use it.
pub(super) async fn add(routes: Routes, shutdown: &Shutdown, host_may_stop: bool) -> Routes {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("plugin", tonic_health::ServingStatus::Serving).await;
    routes
        .add_service(health_service)
        .add_service(GrpcControllerServer::new(Controller { shutdown: shutdown.clone(), host_may_stop }))
        .add_service(GrpcStdioServer::new(Silent(shutdown.clone())))
        .add_service(GrpcBrokerServer::new(Silent(shutdown.clone())))
}

struct Controller {
    shutdown: Shutdown,
    host_may_stop: bool,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        if self.host_may_stop {
            self.shutdown.request("the host asked for it");
        }
        Ok(Response::new(Empty {}))
    }
}

/// A stream that carries nothing and ends with the plugin.
struct Silent(Shutdown);

type Silence<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Silent {
    fn stream<T: Send + 'static>(&self) -> Response<Silence<T>> {
        let shutdown = self.0.clone();
        let end = once(async move { shutdown.requested().await });
        Response::new(Box::pin(end.filter_map(|()| None)))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Silent {
    type StreamStdioStream = Silence<StdioData>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(self.stream())
    }
}

#[tonic::async_trait]
impl GrpcBroker for Silent {
    type StartStreamStream = Silence<ConnInfo>;

    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(self.stream())
    }
}
