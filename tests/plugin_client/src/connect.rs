//! From a handshake line to a gRPC connection.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use crate::{Error, Handshake, Identity, Result, tls};

/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

impl Handshake {
    /// Connects to where the line says. With TLS 1.3 a refusal may show only with the first call.
    pub async fn connect(&self, identity: Option<&Identity>) -> Result<Channel> {
        let tls = match &self.certificate {
            Some(server) => Some(TlsConnector::from(Arc::new(tls::config(server.clone(), identity)?))),
            None => None,
        };
        let network = self.network.clone();
        let address = self.address.clone();
        // The connector decides where to; the URI is only the `:authority` of the calls.
        let endpoint = Endpoint::from_static("http://localhost").connect_timeout(CONNECT_TIMEOUT);
        let connector = tower::service_fn(move |_| {
            let (network, address, tls) = (network.clone(), address.clone(), tls.clone());
            async move {
                let socket = dial(&network, &address).await?;
                let transport: Box<dyn Transport> = match tls {
                    Some(tls) => Box::new(tls.connect("localhost".try_into()?, socket).await?),
                    None => socket,
                };
                Ok::<_, Error>(TokioIo::new(transport))
            }
        });
        Ok(endpoint.connect_with_connector(connector).await?)
    }
}

async fn dial(network: &str, address: &str) -> Result<Box<dyn Transport>> {
    match network {
        #[cfg(unix)]
        "unix" => Ok(Box::new(tokio::net::UnixStream::connect(address).await?)),
        "tcp" => {
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream))
        }
        other => Err(format!("a plugin cannot be reached over {other:?}").into()),
    }
}
