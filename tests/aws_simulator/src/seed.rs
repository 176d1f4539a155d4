//! What every account and region begins with: a network, two clusters, AWS's managed policies.

use crate::clock::Millis;
use crate::ec2::{SecurityGroup, Subnet, Vpc};
use crate::iam::{Iam, Policy};
use crate::rds::{Cluster, Instance};
use crate::state::{Region, Tags};

/// The seeded VPC; its subnets are `subnet-0a1b2c3d4e5f60001`, `…2` and `…3`, in three zones.
pub const VPC: &str = "vpc-0a1b2c3d4e5f60001";

/// The second seeded VPC; its subnets are `subnet-0a1b2c3d4e5f60011` and `…12`, in two zones.
pub const SECOND_VPC: &str = "vpc-0a1b2c3d4e5f60002";

/// The seeded Aurora PostgreSQL cluster, of three instances, `aurora-demo-1` being the writer.
pub const POSTGRESQL_CLUSTER: &str = "aurora-demo";

/// The seeded Aurora MySQL cluster, of two instances, `aurora-mysql-demo-1` being the writer.
pub const MYSQL_CLUSTER: &str = "aurora-mysql-demo";

/// The name of the managed policy that lets RDS call Directory Service.
pub const DIRECTORY_POLICY: &str = "service-role/AmazonRDSDirectoryServiceAccess";

/// The document of that policy, as the AWS Managed Policy Reference Guide prints it.
const DIRECTORY_POLICY_DOCUMENT: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": [
                "ds:DescribeDirectories",
                "ds:AuthorizeApplication",
                "ds:UnauthorizeApplication",
                "ds:GetAuthorizedApplicationDetails"
            ],
            "Effect": "Allow",
            "Resource": "*"
        }
    ]
}"#;

/// A cluster to put in place, as if it had been there for long.
#[derive(Debug, Clone)]
pub struct ClusterSeed {
    /// The cluster's identifier.
    pub id: String,
    /// Such as `aurora-postgresql`.
    pub engine: String,
    /// Such as `16.6`.
    pub engine_version: String,
    /// Its instances.
    pub members: Vec<MemberSeed>,
}

/// An instance of a [`ClusterSeed`].
#[derive(Debug, Clone)]
pub struct MemberSeed {
    /// The instance's identifier.
    pub id: String,
    /// Such as `db.r6g.large` or `db.serverless`.
    pub class: String,
    /// Whether it is the writer.
    pub writer: bool,
    /// The letter of its zone: `a`, `b`, …
    pub zone: char,
}

impl ClusterSeed {
    /// A cluster with instances `{id}-1`, `{id}-2`, …, the first one being the writer, in zones a, b, c in turn.
    pub fn new(id: &str, engine: &str, engine_version: &str, members: usize) -> Self {
        let member = |n: usize| MemberSeed {
            id: format!("{id}-{}", n + 1),
            class: "db.r6g.large".to_owned(),
            writer: n == 0,
            zone: ['a', 'b', 'c'][n % 3],
        };
        Self {
            id: id.to_owned(),
            engine: engine.to_owned(),
            engine_version: engine_version.to_owned(),
            members: (0..members).map(member).collect(),
        }
    }
}

impl Region {
    /// Puts a cluster in place, replacing one of that identifier.
    pub fn seed_cluster(&mut self, account: &str, region: &str, seed: &ClusterSeed, now: Millis) {
        let mut cluster = Cluster::new(&seed.id, &seed.engine, &seed.engine_version, now);
        cluster.seeded = true;
        cluster.arn = format!("{}:cluster:{}", rds_arn(account, region), seed.id);
        cluster.resource_id = format!("cluster-{}", opaque(&seed.id));
        cluster.domain = format!("{}.{region}.rds.amazonaws.com", &opaque(account)[..12].to_lowercase());
        self.instances.retain(|_, instance| instance.cluster != seed.id);
        for member in &seed.members {
            let mut instance = Instance::new(&member.id, &seed.id, &member.class, now);
            instance.seeded = true;
            instance.arn = format!("{}:db:{}", rds_arn(account, region), member.id);
            instance.resource_id = format!("db-{}", opaque(&member.id));
            instance.zone = format!("{region}{}", member.zone);
            instance.writer = member.writer;
            instance.engine.clone_from(&seed.engine);
            instance.engine_version.clone_from(&seed.engine_version);
            instance.domain.clone_from(&cluster.domain);
            instance.port = cluster.port;
            self.instances.insert(member.id.clone(), instance);
        }
        self.clusters.insert(seed.id.clone(), cluster);
    }

    /// Puts a VPC in place with a default security group and a subnet for each of `zones`: `(id, zone letter)`.
    pub fn seed_vpc(&mut self, region: &str, vpc: &str, second_octet: u8, subnets: &[(&str, char)]) {
        let cidr = format!("10.{second_octet}.0.0/16");
        self.vpcs.insert(vpc.to_owned(), Vpc { id: vpc.to_owned(), cidr: cidr.clone(), tags: Tags::new() });
        for (n, (id, zone)) in subnets.iter().enumerate() {
            let subnet = Subnet {
                id: (*id).to_owned(),
                vpc: vpc.to_owned(),
                cidr: format!("10.{second_octet}.{n}.0/24"),
                zone: format!("{region}{zone}"),
                tags: Tags::new(),
            };
            self.subnets.insert(subnet.id.clone(), subnet);
        }
        let group = SecurityGroup {
            id: vpc.replacen("vpc-", "sg-", 1),
            name: "default".to_owned(),
            description: "default VPC security group".to_owned(),
            vpc: vpc.to_owned(),
            cidr,
            seeded: true,
        };
        self.security_groups.insert(group.id.clone(), group);
    }
}

fn rds_arn(account: &str, region: &str) -> String {
    let partition = match region.get(..3) {
        Some("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:rds:{region}:{account}")
}

/// Twenty-six letters and digits that hang on the name alone, as in the resource ids of RDS.
pub(crate) fn opaque(name: &str) -> String {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut letters = fastrand::Rng::with_seed(seed);
    (0..26).map(|_| letters.alphanumeric().to_ascii_uppercase()).collect()
}

pub(crate) fn region(account: &str, name: &str, now: Millis) -> Region {
    let mut region = Region::default();
    let subnets = [
        ("subnet-0a1b2c3d4e5f60001", 'a'),
        ("subnet-0a1b2c3d4e5f60002", 'b'),
        ("subnet-0a1b2c3d4e5f60003", 'c'),
    ];
    region.seed_vpc(name, VPC, 0, &subnets);
    let subnets = [("subnet-0a1b2c3d4e5f60011", 'a'), ("subnet-0a1b2c3d4e5f60012", 'b')];
    region.seed_vpc(name, SECOND_VPC, 1, &subnets);
    let postgresql = ClusterSeed::new(POSTGRESQL_CLUSTER, "aurora-postgresql", "16.6", 3);
    region.seed_cluster(account, name, &postgresql, now);
    let mysql = ClusterSeed::new(MYSQL_CLUSTER, "aurora-mysql", "8.0.mysql_aurora.3.08.0", 2);
    region.seed_cluster(account, name, &mysql, now);
    region
}

pub(crate) fn iam() -> Iam {
    let mut iam = Iam::default();
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let arn = format!("arn:{partition}:iam::aws:policy/{DIRECTORY_POLICY}");
        let policy = Policy {
            id: "ANPAIL4KBY57XWMYUHKUU".to_owned(),
            name: "AmazonRDSDirectoryServiceAccess".to_owned(),
            path: "/service-role/".to_owned(),
            document: DIRECTORY_POLICY_DOCUMENT.to_owned(),
            description: "Allow RDS to access Directory Service Managed AD on behalf of the customer for \
                          domain-joined SQL Server DB instances."
                .to_owned(),
            // 2016-02-26, when AWS published the policy.
            created: 1_456_444_800_000,
            tags: Tags::new(),
        };
        iam.policies.insert(arn, policy);
    }
    iam
}
