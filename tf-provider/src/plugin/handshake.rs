//! What the host tells a plugin through its environment, and the line with which the plugin answers.
//! Pure: no environment is read here and nothing is printed.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Version of go-plugin's own protocol, the first field of the line.
const CORE_PROTOCOL: u32 = 1;

/// Ports that go-plugin uses when the host names none.
const DEFAULT_PORTS: RangeInclusive<u16> = 10_000..=25_000;

/// What the host asked for.
///
/// `PLUGIN_PROTOCOL_VERSIONS` is not in it: a plugin that serves one version prints that one, and a
/// host that did not list it reports the mismatch better than the plugin could.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// `PLUGIN_CLIENT_CERT`: the only certificate whose holder may connect. `None` means plain text.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// `PLUGIN_MIN_PORT` and `PLUGIN_MAX_PORT`, for hosts without unix sockets.
    pub(super) ports: RangeInclusive<u16>,
    /// `PLUGIN_UNIX_SOCKET_DIR`: where the socket's private directory is to be made.
    pub(super) socket_dir: Option<PathBuf>,
    /// `PLUGIN_UNIX_SOCKET_GROUP`: name or number of a group that may connect.
    pub(super) socket_group: Option<String>,
    /// `PLUGIN_MULTIPLEX_GRPC` was given, so the host expects a seventh field.
    pub(super) asks_multiplex: bool,
}

/// Why the environment cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvalidHost(String);

impl std::fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidHost {}

impl Host {
    /// Reads the variables through `get`; an empty variable counts as absent.
    pub(super) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidHost> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let port = |name: &str, default: u16| match get(name) {
            None => Ok(default),
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| InvalidHost(format!("{name} is {text:?}, which is not a port number"))),
        };
        let ports =
            port("PLUGIN_MIN_PORT", *DEFAULT_PORTS.start())?..=port("PLUGIN_MAX_PORT", *DEFAULT_PORTS.end())?;
        if ports.is_empty() {
            return Err(InvalidHost(format!(
                "PLUGIN_MIN_PORT ({}) is above PLUGIN_MAX_PORT ({})",
                ports.start(),
                ports.end()
            )));
        }
        let client_certificate = get("PLUGIN_CLIENT_CERT")
            .map(|pem| {
                CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| {
                    InvalidHost(format!("PLUGIN_CLIENT_CERT holds no PEM certificate: {error}"))
                })
            })
            .transpose()?;
        Ok(Self {
            client_certificate,
            ports,
            socket_dir: get("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            socket_group: get("PLUGIN_UNIX_SOCKET_GROUP"),
            asks_multiplex: get("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }
}

/// Where the plugin can be reached, in go-plugin's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// A path, or `127.0.0.1:port`.
    pub(super) address: String,
}

/// The line that tells the host where and how to connect, without its line feed.
///
/// `certificate` is the server's; the field is empty when the connection is plain text. Standard
/// base64 without padding, because the host decodes with Go's `RawStdEncoding`.
pub(super) fn line(protocol: u32, at: &Address, certificate: Option<&[u8]>, asks_multiplex: bool) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let Address { network, address } = at;
    // The field says whether brokered connections can share this one. They cannot.
    let multiplex = if asks_multiplex { "|false" } else { "" };
    format!("{CORE_PROTOCOL}|{protocol}|{network}|{address}|grpc|{certificate}{multiplex}")
}

/// The value of `TF_REATTACH_PROVIDERS` that makes Terraform use this running process.
pub(super) fn reattach(provider: &str, protocol: u32, pid: u32, at: &Address) -> String {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    format!(
        r#"{{{}:{{"Protocol":"grpc","ProtocolVersion":{protocol},"Pid":{pid},"Test":true,"Addr":{{"Network":{},"String":{}}}}}}}"#,
        text(provider),
        text(at.network),
        text(&at.address),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(env: &[(&str, &str)], expect: &Result<Host, InvalidHost>) {
        let got = Host::from_env(|name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        });
        assert_eq!(&got, expect, "{env:?}");
    }

    fn bare() -> Host {
        Host {
            client_certificate: None,
            ports: DEFAULT_PORTS,
            socket_dir: None,
            socket_group: None,
            asks_multiplex: false,
        }
    }

    #[test]
    fn environment() {
        let refused = |text: &str| Err(InvalidHost(text.into()));
        check(&[], &Ok(bare()));
        check(&[("PLUGIN_CLIENT_CERT", ""), ("PLUGIN_UNIX_SOCKET_DIR", "")], &Ok(bare()));
        check(&[("PLUGIN_PROTOCOL_VERSIONS", "6,5")], &Ok(bare()));
        check(&[("PLUGIN_PROTOCOL_VERSIONS", "nonsense")], &Ok(bare()));
        check(
            &[("PLUGIN_MIN_PORT", "4000"), ("PLUGIN_MAX_PORT", "4001")],
            &Ok(Host { ports: 4000..=4001, ..bare() }),
        );
        check(
            &[("PLUGIN_UNIX_SOCKET_DIR", "/run/x"), ("PLUGIN_UNIX_SOCKET_GROUP", "adm")],
            &Ok(Host { socket_dir: Some("/run/x".into()), socket_group: Some("adm".into()), ..bare() }),
        );
        check(&[("PLUGIN_MULTIPLEX_GRPC", "true")], &Ok(Host { asks_multiplex: true, ..bare() }));
        check(
            &[("PLUGIN_CLIENT_CERT", "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n")],
            &Ok(Host { client_certificate: Some(vec![1, 2, 3].into()), ..bare() }),
        );
        check(
            &[("PLUGIN_MIN_PORT", "4001"), ("PLUGIN_MAX_PORT", "4000")],
            &refused("PLUGIN_MIN_PORT (4001) is above PLUGIN_MAX_PORT (4000)"),
        );
        check(
            &[("PLUGIN_MAX_PORT", "70000")],
            &refused("PLUGIN_MAX_PORT is \"70000\", which is not a port number"),
        );
    }

    #[test]
    fn certificate_that_is_none() {
        for pem in [
            "x",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----",
        ] {
            let got = Host::from_env(|name| (name == "PLUGIN_CLIENT_CERT").then(|| pem.to_owned()));
            assert!(got.unwrap_err().0.starts_with("PLUGIN_CLIENT_CERT holds no PEM certificate: "), "{pem}");
        }
    }

    #[test]
    fn line_fields() {
        let unix = Address { network: "unix", address: "/tmp/a/s".into() };
        let tcp = Address { network: "tcp", address: "127.0.0.1:10000".into() };
        assert_eq!(line(6, &unix, Some(&[0xfb, 0xff]), false), "1|6|unix|/tmp/a/s|grpc|+/8");
        assert_eq!(line(6, &tcp, None, false), "1|6|tcp|127.0.0.1:10000|grpc|");
        assert_eq!(line(5, &tcp, None, true), "1|5|tcp|127.0.0.1:10000|grpc||false");
    }

    #[test]
    fn reattach_is_json() {
        let at = Address { network: "unix", address: "/tmp/\"/s".into() };
        assert_eq!(
            reattach("registry.terraform.io/a/b", 6, 7, &at),
            r#"{"registry.terraform.io/a/b":{"Protocol":"grpc","ProtocolVersion":6,"Pid":7,"Test":true,"Addr":{"Network":"unix","String":"/tmp/\"/s"}}}"#
        );
    }

    proptest::proptest! {
        /// Whatever the environment holds is understood or refused.
        #[test]
        fn environment_of_any_text(min in ".*", max in "[0-9]{0,6}", pem in "(-----BEGIN CERTIFICATE-----\n)?.*") {
            let _ = Host::from_env(|name| match name {
                "PLUGIN_MIN_PORT" => Some(min.clone()),
                "PLUGIN_MAX_PORT" => Some(max.clone()),
                "PLUGIN_CLIENT_CERT" => Some(pem.clone()),
                _ => None,
            });
        }
    }
}
