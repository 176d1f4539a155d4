//! The endpoint that Windows clients use when their users are in an on-premises directory.

use std::fmt;

use super::host::{Host, HostPort, InvalidHost};
use super::realm::{DomainKey, InvalidDomain};

/// Why an endpoint has no form for Windows clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidEndpoint {
    /// The endpoint is not a host's name.
    Host(InvalidHost),
    /// A port stands after the endpoint, which is a name only.
    Port,
    /// The endpoint does not end in a suffix for which AWS documents this form.
    Suffix(String),
    /// A custom endpoint: AWS says that Windows clients cannot use it with an on-premises directory.
    Custom,
    /// A global database's own endpoint: AWS says that Windows clients use instance and cluster endpoints only.
    Global,
    /// The domain is not a domain's name.
    Domain(InvalidDomain),
}

/// The suffixes that the directory's domain stands in for.
const SUFFIXES: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];

/// The name that Windows clients connect to when their users come from an on-premises Active Directory: the endpoint
/// with the domain of the AWS Managed Microsoft AD (not the on-premises one) in place of `rds.amazonaws.com`.
///
/// The name must also lead to the cluster, by a DNS record or the client's `hosts` file; this function only spells it.
/// It cannot see whether a cluster endpoint belongs to a global database's primary Region, where alone it works.
///
/// Fails on custom endpoints, global endpoints, and endpoints outside the documented suffixes. Those of the Regions in
/// China that end in `.rds.REGION.amazonaws.com.cn` are refused too: AWS does not say what stands for that part.
///
/// Source: AWS, *Connecting to PostgreSQL with Kerberos authentication*; *Setting up …*, step 2, note.
///
/// ```
/// # use aurorakerberos::krb5::{InvalidEndpoint, windows_endpoint};
/// assert_eq!(
///     windows_endpoint("my-cluster.cluster-abc.us-east-1.rds.amazonaws.com", "corp.example.com")?,
///     "my-cluster.cluster-abc.us-east-1.corp.example.com"
/// );
/// assert_eq!(
///     windows_endpoint("readers.cluster-custom-abc.us-east-1.rds.amazonaws.com", "corp.example.com"),
///     Err(InvalidEndpoint::Custom)
/// );
/// # Ok::<(), InvalidEndpoint>(())
/// ```
pub fn windows_endpoint(endpoint: &str, domain: &str) -> Result<String, InvalidEndpoint> {
    let HostPort { host, port } = HostPort::parse(endpoint).map_err(InvalidEndpoint::Host)?.value;
    if port.is_some() {
        return Err(InvalidEndpoint::Port);
    }
    let Host::Name(host) = host else { return Err(InvalidEndpoint::Suffix(endpoint.to_owned())) };
    let stem = SUFFIXES
        .iter()
        .find_map(|suffix| host.strip_suffix(suffix))
        .ok_or_else(|| InvalidEndpoint::Suffix(endpoint.to_owned()))?;
    if stem.split('.').any(|label| label.starts_with("cluster-custom-")) {
        return Err(InvalidEndpoint::Custom);
    }
    if stem.ends_with(".global") {
        return Err(InvalidEndpoint::Global);
    }
    let domain = DomainKey::parse(domain).map_err(InvalidEndpoint::Domain)?.value;
    let whole = format!("{stem}.{}", domain.itself());
    // Both parts are names; together they may be longer than a name can be.
    HostPort::parse(&whole).map_err(InvalidEndpoint::Host)?;
    Ok(whole)
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(error) => write!(f, "the endpoint is not a host's name: {error}"),
            Self::Port => f.write_str("the endpoint has a port; give the name alone"),
            Self::Suffix(endpoint) => write!(
                f,
                "{endpoint:?} does not end in {}; AWS documents the form for Windows clients for these alone",
                SUFFIXES.join(" or ")
            ),
            Self::Custom => f.write_str(
                "it is a custom endpoint, which Windows clients with an on-premises Active Directory cannot use; take the \
                 cluster's or an instance's endpoint",
            ),
            Self::Global => f.write_str(
                "it is the endpoint of a global database; Windows clients with an on-premises Active Directory use the \
                 cluster's or an instance's endpoint in the primary Region",
            ),
            Self::Domain(error) => write!(f, "the domain is not a domain's name: {error}"),
        }
    }
}

impl std::error::Error for InvalidEndpoint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        fn check(endpoint: &str, domain: &str, expect: Result<&str, InvalidEndpoint>) {
            assert_eq!(
                windows_endpoint(endpoint, domain),
                expect.map(str::to_owned),
                "{endpoint:?} {domain:?}"
            );
        }
        let suffix = |endpoint: &str| Err(InvalidEndpoint::Suffix(endpoint.to_owned()));
        check("c.cluster-x.us-east-1.rds.amazonaws.com", "a.b", Ok("c.cluster-x.us-east-1.a.b"));
        check("c.cluster-ro-x.us-east-1.rds.amazonaws.com", "a.b", Ok("c.cluster-ro-x.us-east-1.a.b"));
        check("i-1.x.us-east-1.rds.amazonaws.com", "a.b", Ok("i-1.x.us-east-1.a.b"));
        check("C.Cluster-X.us-east-1.RDS.amazonaws.com", "A.B", Ok("c.cluster-x.us-east-1.a.b"));
        check("c.x.cn-north-1.rds.amazonaws.com.cn", "a.b", Ok("c.x.cn-north-1.a.b"));
        check("e.cluster-custom-x.us-east-1.rds.amazonaws.com", "a.b", Err(InvalidEndpoint::Custom));
        check("g.global-x.global.rds.amazonaws.com", "a.b", Err(InvalidEndpoint::Global));
        for endpoint in [
            "c.x.rds.cn-north-1.amazonaws.com.cn",
            "rds.amazonaws.com",
            "db.example.com",
            "xrds.amazonaws.com",
            "10.0.0.1",
        ] {
            check(endpoint, "a.b", suffix(endpoint));
        }
        check("c.x.us-east-1.rds.amazonaws.com:5432", "a.b", Err(InvalidEndpoint::Port));
        check("https://c", "a.b", Err(InvalidEndpoint::Host(InvalidHost::Url)));
        check("c.x.rds.amazonaws.com", "*.b", Err(InvalidEndpoint::Domain(InvalidDomain::Wildcard)));
        check("c.x.rds.amazonaws.com", "10.0.0.1", Err(InvalidEndpoint::Domain(InvalidDomain::Address)));
        let long = ["y".repeat(60), "y".repeat(60), "y".repeat(60), "y".repeat(60)].join(".");
        assert!(windows_endpoint("c.x.rds.amazonaws.com", &long).is_ok());
        assert!(matches!(
            windows_endpoint("cluster-12.x.rds.amazonaws.com", &long),
            Err(InvalidEndpoint::Host(InvalidHost::Name(_)))
        ));
    }
}
