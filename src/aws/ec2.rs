//! Amazon EC2, as far as subnets go.
//!
//! API reference: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/>.

use std::collections::HashMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, Subnet as Described};

use super::batch::{Generation, Joiner};
use super::call::{RECENT, pages};
use super::codes::EC2;
use super::error::{Error, Kind, Result};

/// The values that EC2 takes in one filter.
const SUBNETS_PER_REQUEST: usize = 200;

/// The client of EC2.
#[derive(Debug)]
pub struct Ec2 {
    subnets: Joiner<String, Subnet>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// The id.
    pub id: String,
    /// The VPC.
    pub vpc_id: String,
    /// The name of the Availability Zone, which each account has its own mapping for.
    pub availability_zone: String,
    /// The zone's id, which is the same in every account.
    pub availability_zone_id: Option<String>,
}

impl Ec2 {
    pub(crate) fn new(client: Client) -> Self {
        // The provider writes nothing in EC2, so no write makes an answer stale.
        let subnets =
            Joiner::new((EC2, "DescribeSubnets"), Generation::default(), SUBNETS_PER_REQUEST, move |ids| {
                describe(client.clone(), ids)
            });
        Self { subnets }
    }

    /// The subnet, or none where it does not exist.
    pub async fn find_subnet(&self, id: &str) -> Result<Option<Subnet>> {
        // One that was made a moment ago may have come to light meanwhile.
        self.subnets.find_again(&id.to_owned(), RECENT).await
    }

    /// The subnets in the order of the ids. A [`Kind::NotFound`] names every id that does not exist.
    pub async fn find_subnets(&self, ids: &[String]) -> Result<Vec<Subnet>> {
        let found = futures_util::future::try_join_all(ids.iter().map(|id| self.find_subnet(id))).await?;
        let missing: Vec<&str> =
            ids.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(id, _)| id.as_str()).collect();
        if missing.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        Err(Error {
            service: EC2,
            operation: "DescribeSubnets",
            kind: Kind::NotFound,
            code: None,
            message: format!("there is no subnet {} in this Region of this account", missing.join(", ")),
            request_id: None,
        })
    }
}

/// By filter: asked for by their ids, one unknown subnet makes AWS refuse all of them.
async fn describe(client: Client, ids: Vec<String>) -> Result<HashMap<String, Subnet>> {
    let filter = Filter::builder().name("subnet-id").set_values(Some(ids)).build();
    let found: Vec<Described> = pages!(EC2, "DescribeSubnets", client.describe_subnets().filters(filter))?;
    let subnets = found.into_iter().filter_map(|found| {
        Some(Subnet {
            id: found.subnet_id?,
            vpc_id: found.vpc_id.unwrap_or_default(),
            availability_zone: found.availability_zone.unwrap_or_default(),
            availability_zone_id: found.availability_zone_id,
        })
    });
    Ok(subnets.map(|subnet| (subnet.id.clone(), subnet)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Double, Reply, ok, xml_error};
    use super::*;

    #[tokio::test]
    async fn subnets_in_one_request_and_the_missing_ones_named() {
        let (double, aws) = Double::with_aws(|_| {
            ok("<DescribeSubnetsResponse><requestId>r</requestId><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>eu-central-1a</availabilityZone></item></subnetSet></DescribeSubnetsResponse>")
        })
        .await;
        let ids = ["subnet-1", "subnet-8", "subnet-9"].map(str::to_owned);
        assert_eq!(aws.ec2().find_subnets(&ids[..1]).await.unwrap()[0].availability_zone, "eu-central-1a");
        let error = aws.ec2().find_subnets(&ids).await.unwrap_err();
        assert!(error.not_found());
        assert!(error.message.contains("subnet-8, subnet-9"), "{error}");
        // Two calls: the first subnet was still known.
        let asked = double.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked[1].contains("Filter.1.Name=subnet-id&Filter.1.Value.1=subnet-"), "{asked:?}");
        assert!(!asked[1].contains("subnet-1"), "{asked:?}");
    }

    #[tokio::test]
    async fn errors_of_the_ec2_protocol() {
        async fn check(reply: Reply, code: &str, kind: Kind) {
            let (_double, aws) = Double::with_aws(move |_| reply.clone()).await;
            let error = aws.ec2().find_subnet("subnet-1").await.unwrap_err();
            assert_eq!((error.code.as_deref(), error.kind), (Some(code), kind), "{error}");
        }
        let ec2 = |status, code: &str| {
            Reply::Answer(
                status,
                format!(
                    "<Response><Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors><RequestID>r-ec2</RequestID></Response>"
                ),
            )
        };
        check(ec2(403, "UnauthorizedOperation"), "UnauthorizedOperation", Kind::AccessDenied).await;
        check(ec2(503, "RequestLimitExceeded"), "RequestLimitExceeded", Kind::Throttled).await;
        let (_double, aws) = Double::with_aws(|_| xml_error(500, "x", "y")).await;
        assert_eq!(aws.ec2().find_subnet("subnet-1").await.unwrap_err().kind, Kind::Server);
    }
}
