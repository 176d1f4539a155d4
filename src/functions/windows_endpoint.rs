//! `windows_endpoint`: the name that Windows clients connect to when their users are on premises.

use tf_provider::framework::{Function, FunctionDefinition, FunctionError};
use tf_provider::value::{Type, Value};

use super::{parameter, text};
use crate::krb5::{InvalidEndpoint, windows_endpoint};

/// The function.
pub(crate) struct WindowsEndpoint;

impl Function for WindowsEndpoint {
    fn definition(&self) -> FunctionDefinition {
        FunctionDefinition {
            name: "windows_endpoint",
            summary: "The endpoint for Windows clients of an on-premises Active Directory",
            doc: "Returns the name under which Windows clients must connect when their users are in an on-premises Active \
                  Directory: the endpoint with the domain of the AWS Managed Microsoft AD in place of \
                  `rds.amazonaws.com`, as AWS's guide asks (step 2, note). Other clients use the endpoint itself.\n\n\
                  The function only spells the name. A record in the clients' DNS must make it lead to the cluster.\n\n\
                  Custom endpoints and a global database's own endpoint are errors, since Windows clients cannot use them \
                  with an on-premises directory. In a global database, endpoints of the primary Region alone work, which \
                  their names do not show."
                .to_owned(),
            parameters: vec![
                parameter(
                    "endpoint",
                    "Endpoint of the cluster or of an instance, without a port.",
                    Type::String,
                ),
                parameter(
                    "domain",
                    "Domain of the AWS Managed Microsoft AD, not of the on-premises directory.",
                    Type::String,
                ),
            ],
            variadic: None,
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        match windows_endpoint(text(arguments, 0), text(arguments, 1)) {
            Ok(endpoint) => Ok(endpoint.into()),
            Err(error) => {
                let at = usize::from(matches!(error, InvalidEndpoint::Domain(_)));
                Err(FunctionError::at(at, error.to_string()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_argument() {
        let call = |endpoint: &str, domain: &str| WindowsEndpoint.call(&[endpoint.into(), domain.into()]);
        let endpoint = "c.cluster-x.us-east-1.rds.amazonaws.com";
        assert_eq!(call(endpoint, "corp.example.com"), Ok("c.cluster-x.us-east-1.corp.example.com".into()));
        assert_eq!(call("db.example.com", "a.b").unwrap_err().argument, Some(0));
        assert_eq!(call(endpoint, "a b").unwrap_err().argument, Some(1));
    }
}
