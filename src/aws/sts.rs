//! AWS Security Token Service: who we are.

use aws_sdk_sts::Client;

use super::call::send;
use super::codes::STS;
use super::error::{Error, Result};

/// The client of STS.
#[derive(Debug)]
pub struct Sts {
    client: Client,
}

/// The identity behind the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's twelve digits.
    pub account_id: String,
    /// The ARN of the user or session.
    pub arn: String,
}

impl Identity {
    /// `aws`, `aws-cn`, `aws-us-gov`, …: the second part of the ARN.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }
}

impl Sts {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Asks AWS whose credentials these are. No policy can forbid it.
    pub async fn caller_identity(&self) -> Result<Identity> {
        let output = send!(STS, "GetCallerIdentity", self.client.get_caller_identity())?;
        match (output.account, output.arn) {
            (Some(account_id), Some(arn)) => Ok(Identity { account_id, arn }),
            _ => Err(Error::incomplete(STS, "GetCallerIdentity", "account and ARN")),
        }
    }
}
