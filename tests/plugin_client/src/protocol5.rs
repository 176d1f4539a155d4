//! Protocol 5, as far as the start of a provider needs it.
//!
//! The messages of these three calls are those of protocol 6 on the wire, under other names, save that a provider may
//! change its configuration while it validates it. So there is no second set of generated messages here.

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::tfplugin6::{
    Diagnostic, DynamicValue, configure_provider, get_provider_schema, validate_provider_config,
};
use crate::{Client, MAX_MESSAGE, Result};

/// The calls of a protocol-5 provider that come before any resource's.
#[derive(Debug)]
pub struct Provider {
    grpc: Grpc<Channel>,
}

/// The answer to PrepareProviderConfig.
#[derive(Clone, PartialEq, Message)]
struct Prepared {
    #[prost(message, optional, tag = "1")]
    config: Option<DynamicValue>,
    #[prost(message, repeated, tag = "2")]
    diagnostics: Vec<Diagnostic>,
}

impl Provider {
    /// The calls over the connection of `client`, whose handshake said protocol 5.
    pub fn new(client: &Client) -> Self {
        let grpc = Grpc::new(client.channel())
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        Self { grpc }
    }

    /// GetSchema.
    pub async fn schema(&mut self) -> Result<get_provider_schema::Response> {
        self.call("/tfplugin5.Provider/GetSchema", get_provider_schema::Request {}).await
    }

    /// PrepareProviderConfig: the configuration with the provider's defaults, and what is wrong with it.
    pub async fn prepare(
        &mut self,
        config: Option<DynamicValue>,
    ) -> Result<(Option<DynamicValue>, Vec<Diagnostic>)> {
        let request = validate_provider_config::Request { config };
        let answer: Prepared = self.call("/tfplugin5.Provider/PrepareProviderConfig", request).await?;
        Ok((answer.config, answer.diagnostics))
    }

    /// Configure. The capabilities that protocol 6 tells of are dropped.
    pub async fn configure(
        &mut self,
        request: configure_provider::Request,
    ) -> Result<configure_provider::Response> {
        let request = configure_provider::Request { client_capabilities: None, ..request };
        self.call("/tfplugin5.Provider/Configure", request).await
    }

    async fn call<Q, A>(&mut self, path: &'static str, request: Q) -> Result<A>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        self.grpc.ready().await?;
        let codec = ProstCodec::<Q, A>::default();
        let answer =
            self.grpc.unary(tonic::Request::new(request), PathAndQuery::from_static(path), codec).await?;
        Ok(answer.into_inner())
    }
}
