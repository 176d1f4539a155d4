//! The line that a plugin prints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;

use crate::{Error, Result};

/// The fields of the handshake line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The line as it was printed, without its line feed.
    pub line: String,
    /// Version of go-plugin's own protocol.
    pub core_protocol: u32,
    /// Version of Terraform's protocol.
    pub protocol: u32,
    /// `unix` or `tcp`.
    pub network: String,
    /// A path, or host and port.
    pub address: String,
    /// The server's certificate; `None` when the connection is plain text.
    pub certificate: Option<CertificateDer<'static>>,
    /// The seventh field, if there is one.
    pub multiplex: Option<String>,
}

impl std::str::FromStr for Handshake {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let fields: Vec<_> = line.split('|').collect();
        let [core_protocol, protocol, network, address, "grpc", certificate, rest @ ..] = &fields[..] else {
            return Err(format!("not a handshake line: {line:?}").into());
        };
        let certificate = match *certificate {
            "" => None,
            text => Some(STANDARD_NO_PAD.decode(text)?.into()),
        };
        Ok(Self {
            line: line.to_owned(),
            core_protocol: core_protocol.parse()?,
            protocol: protocol.parse()?,
            network: (*network).to_owned(),
            address: (*address).to_owned(),
            certificate,
            multiplex: match rest {
                [] => None,
                [multiplex] => Some((*multiplex).to_owned()),
                _ => return Err(format!("more than seven fields: {line:?}").into()),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let got: Handshake = "1|6|unix|/a|grpc|+/8".parse().unwrap();
        assert_eq!((got.core_protocol, got.protocol, got.address.as_str()), (1, 6, "/a"));
        assert_eq!(got.certificate.as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(
            "1|6|tcp|a:1|grpc||false".parse::<Handshake>().unwrap().multiplex.as_deref(),
            Some("false")
        );
        for wrong in
            ["", "1|6|unix|/a|grpc", "1|6|unix|/a|netrpc|", "x|6|unix|/a|grpc|", "1|6|unix|/a|grpc|+/8="]
        {
            assert!(wrong.parse::<Handshake>().is_err(), "{wrong}");
        }
    }
}
