//! Mutual TLS between a host and its plugin, which go-plugin calls AutoMTLS.
//!
//! Each side makes a certificate for this one run and tells it to the other outside the connection:
//! the host in `PLUGIN_CLIENT_CERT`, the plugin in the handshake line. So there is nothing to chain
//! and no name to check: the only question is whether the peer holds the key of *that* certificate.
//! WebPKI's client verifier cannot ask it, because the host's certificate is its own CA and is
//! refused as `CaUsedAsEndEntity`. The host's key is on P-521, which aws-lc-rs has and ring has not.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};

/// A server that only the holder of one certificate can talk to.
pub(super) struct Server {
    pub(super) config: Arc<ServerConfig>,
    /// The server's own certificate, for the handshake line.
    pub(super) certificate: CertificateDer<'static>,
}

impl Server {
    /// Makes a key and a certificate for this run, and refuses every client but `client`'s holder.
    ///
    /// Fails when the random source or rustls does, not because of `client`'s content: a certificate
    /// that nobody can hold makes a server that nobody can reach.
    pub(super) fn new(
        client: CertificateDer<'static>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        let certificate = own.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(crypto.clone())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(PinnedClient { client, crypto }))
            .with_single_cert(vec![certificate.clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // No resumption: every connection shows the certificate and proves its key.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), certificate })
    }
}

/// Accepts one certificate, byte for byte. That its key signed this handshake is still checked.
#[derive(Debug)]
struct PinnedClient {
    client: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.as_ref() == self.client.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
