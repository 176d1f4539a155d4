//! The one HTTP client that every service client and credential provider shares.
//!
//! Connectors, and with them the system's trusted certificates, come into being with the first request of
//! their scheme: a provider that is only asked for its schema pays for none, and one that talks to a plain
//! `http` endpoint never parses a certificate.
//!
//! The SDK takes an answer into memory whole, however long it is, so answers are bounded here.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::page::Asked;

/// The longest answer that is taken, in mebibytes. The longest that AWS gives here are pages of a thousand roles with
/// their policies: some mebibytes.
const LONGEST_ANSWER: usize = 64;

/// How the client reaches AWS.
#[derive(Clone)]
pub(crate) struct Transport {
    /// The proxy for `http` endpoints.
    pub(crate) http_proxy: ProxyConfig,
    /// The proxy for `https` endpoints.
    pub(crate) https_proxy: ProxyConfig,
    /// Certificates to trust instead of the system's, in PEM, known to be valid.
    pub(crate) ca_bundle: Option<Vec<u8>>,
}

// The SDK writes its parts into its own trace, and the address of a proxy can hold a password.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

/// The client.
#[derive(Clone, Debug)]
pub(crate) struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    transport: Transport,
    connectors: Mutex<HashMap<Key, SharedHttpConnector>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    route: Route,
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Route {
    /// Loopback, and the addresses at which AWS serves credentials to the machine itself. Go's HTTP client,
    /// and so the AWS provider, sends the former past every proxy; the latter mean another machine behind one.
    Direct {
        tls: bool,
    },
    Http,
    Https,
}

impl Client {
    pub(crate) fn new(transport: Transport) -> Self {
        Self(Arc::new(Shared { transport, connectors: Mutex::default() }))
    }
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(ByRoute { shared: Arc::clone(&self.0), settings: settings.clone() })
    }
}

/// Chooses the connector by the request's scheme and host.
#[derive(Debug)]
struct ByRoute {
    shared: Arc<Shared>,
    settings: HttpConnectorSettings,
}

impl HttpConnector for ByRoute {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match route(request.uri()) {
            Some(route) => {
                let asked = Asked(authority(request.uri()).to_owned());
                let answer = self.shared.connector(route, &self.settings).call(request);
                HttpConnectorFuture::new(async move {
                    let mut answer = answer.await?.map(bounded);
                    answer.add_extension(asked);
                    Ok(answer)
                })
            }
            None => HttpConnectorFuture::ready(Err(ConnectorError::user(
                format!("{} is not an http or https address", request.uri()).into(),
            ))),
        }
    }
}

impl Shared {
    fn connector(&self, route: Route, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        let key =
            Key { route, connect_timeout: settings.connect_timeout(), read_timeout: settings.read_timeout() };
        self.connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_insert_with(|| SharedHttpConnector::new(self.build(route, settings)))
            .clone()
    }

    fn build(&self, route: Route, settings: &HttpConnectorSettings) -> Connector {
        let (proxy, tls) = match route {
            Route::Direct { tls } => (ProxyConfig::disabled(), tls),
            // A proxy may itself be reached by TLS.
            Route::Http => (self.transport.http_proxy.clone(), !self.transport.http_proxy.is_disabled()),
            Route::Https => (self.transport.https_proxy.clone(), true),
        };
        let mut trusted = if tls && self.transport.ca_bundle.is_none() {
            TrustStore::default()
        } else {
            TrustStore::empty()
        };
        if let Some(bundle) = self.transport.ca_bundle.as_ref().filter(|_| tls) {
            trusted.add_pem_certificate(bundle.as_slice());
        }
        let builder: ConnectorBuilder = Connector::builder()
            .connector_settings(settings.clone())
            .sleep_impl(TokioSleep::new())
            .proxy_config(proxy);
        let builder = builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        match TlsContext::builder().with_trust_store(trusted).build() {
            Ok(context) => builder.tls_context(context).build(),
            Err(_) => builder.build(),
        }
    }
}

/// An answer was longer than any of AWS's.
#[derive(Debug)]
struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is longer than {LONGEST_ANSWER} MiB, which no answer of AWS is")
    }
}

impl std::error::Error for TooLong {}

/// The body, which ends with an error where it becomes too long.
fn bounded(body: SdkBody) -> SdkBody {
    let body = Limited::new(body, LONGEST_ANSWER << 20);
    SdkBody::from_body_1_x(
        body.map_err(|error| if error.is::<LengthLimitError>() { Box::new(TooLong).into() } else { error }),
    )
}

/// Host and port of a URL, without user and password.
fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn route(uri: &str) -> Option<Route> {
    let tls = match uri.split_once("://")? {
        ("http", _) => false,
        ("https", _) => true,
        _ => return None,
    };
    let authority = authority(uri);
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let near = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || host == "fd00:ec2::254" || host == "fd00:ec2::23",
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    };
    Some(match (near, tls) {
        (true, tls) => Route::Direct { tls },
        (false, false) => Route::Http,
        (false, true) => Route::Https,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Double, Reply};
    use super::super::{Kind, Settings, configure};
    use super::*;

    #[tokio::test]
    async fn an_endless_answer_is_an_error() {
        let double = Double::start(|_| Reply::Endless).await;
        let settings = Settings {
            skip_credentials_validation: true,
            skip_requesting_account_id: true,
            max_retries: Some(0),
            ..double.settings()
        };
        let error = configure(&settings).await.unwrap().sts().caller_identity().await.unwrap_err();
        assert_eq!(error.kind, Kind::Unreadable);
        assert!(
            error.message.ends_with("the answer is longer than 64 MiB, which no answer of AWS is"),
            "{error}"
        );
        // What was sent beyond that lay in the buffers of the connection.
        let taken = double.written() >> 20;
        assert!((64..96).contains(&taken), "{taken} MiB");
    }

    #[test]
    fn routes() {
        fn check(uri: &str, expect: Option<Route>) {
            assert_eq!(route(uri), expect, "{uri}");
        }
        check("https://ds.eu-central-1.amazonaws.com/", Some(Route::Https));
        check("http://aws.example:8080/x?y=http://localhost", Some(Route::Http));
        check("http://localhost:4566", Some(Route::Direct { tls: false }));
        check("https://127.0.0.1:1/", Some(Route::Direct { tls: true }));
        check("http://[::1]:80/", Some(Route::Direct { tls: false }));
        check("http://169.254.169.254/latest", Some(Route::Direct { tls: false }));
        check("http://localhost.example/", Some(Route::Http));
        check("http://user:password@localhost/", Some(Route::Direct { tls: false }));
        check("ftp://x/", None);
        check("x", None);
    }
}
