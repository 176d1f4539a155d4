//! `principal`: the database user of a directory user.

use tf_provider::framework::{Function, FunctionDefinition, FunctionError};
use tf_provider::value::{Type, Value};

use super::{parameter, text};
use crate::krb5::{InvalidPrincipal, principal};

/// The function.
pub(crate) struct Principal;

impl Function for Principal {
    fn definition(&self) -> FunctionDefinition {
        FunctionDefinition {
            name: "principal",
            summary: "The database user of a directory user",
            doc: "Returns the name that a PostgreSQL user must have so that a user of a directory can log in as it: \
                  `alice@CORP.EXAMPLE.COM`, the alias in lower case and the domain in upper case, as AWS's guide asks \
                  (step 7). PostgreSQL compares the name byte by byte with the one on the Kerberos ticket, and the \
                  ticket bears the name as the user typed it: users type their alias in lower case, too.\n\n\
                  With an on-premises Active Directory, the domain is that of the on-premises directory, where the user \
                  is.\n\n\
                  It is an error where no such user could ever log in: an empty name, a name that already holds a domain, \
                  a character that Active Directory does not allow, the prefix `pg_`, or more than 63 bytes in all (which \
                  PostgreSQL would cut off without an error)."
                .to_owned(),
            parameters: vec![
                parameter("user", "Alias of the user, without the domain: `alice`.", Type::String),
                parameter("domain", "Domain of the directory: `corp.example.com`.", Type::String),
            ],
            variadic: None,
            returns: Type::String,
            deprecated: None,
        }
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        match principal(text(arguments, 0), text(arguments, 1)) {
            Ok(principal) => Ok(principal.to_string().into()),
            Err(error) => {
                let at = usize::from(matches!(error, InvalidPrincipal::Domain(_)));
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
        let call = |user: &str, domain: &str| Principal.call(&[user.into(), domain.into()]);
        assert_eq!(call("Alice", "corp.example.com"), Ok("alice@CORP.EXAMPLE.COM".into()));
        let at = |result: Result<Value, FunctionError>| result.unwrap_err().argument;
        assert_eq!(at(call("", "a.b")), Some(0));
        assert_eq!(at(call("alice", "a@b")), Some(1));
        assert_eq!(at(call(&"x".repeat(64), "a.b")), Some(0));
    }
}
