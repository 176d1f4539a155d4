//! A small client: it signs, sends, and takes answers apart. Blocking, a connection for each call.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aws_simulator::sigv4::{Signed, signature, signing_key};
use aws_simulator::{Account, Config, DEFAULT_ACCOUNT, Simulator, Steps};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];
pub(crate) const ROLE: &str = "access";
pub(crate) const POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess";

/// A simulator whose clock stands still and whose steps take a second each.
pub(crate) fn stepwise() -> Simulator {
    let config = Config { steps: Steps::all(Duration::from_secs(1)), ..Config::default() };
    let simulator = Simulator::try_start(&config).unwrap();
    simulator.with(|state| state.clock.freeze());
    simulator
}

/// A simulator where everything is done at once.
pub(crate) fn instant() -> Simulator {
    Simulator::try_start(&Config::default()).unwrap()
}

pub(crate) fn second(simulator: &Simulator) {
    simulator.advance(Duration::from_secs(1));
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Asserts success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// Status, code and message of an error, in either protocol.
    pub(crate) fn error(&self) -> (u16, String, String) {
        if let Ok(json) = serde_json::from_str::<Value>(&self.body) {
            let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            return (self.status, text("__type"), text("Message"));
        }
        (self.status, self.text("Code"), self.text("Message"))
    }

    pub(crate) fn code(&self) -> String {
        self.error().1
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of the first element of that name.
    pub(crate) fn text(&self, name: &str) -> String {
        self.texts(name).into_iter().next().unwrap_or_default()
    }

    /// The texts of all elements of that name.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = self.body.split(&open).skip(1);
        pieces.map(|piece| piece.split(&close).next().unwrap_or_default().to_owned()).collect()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    /// How far the client's clock is ahead.
    pub(crate) skew_ms: i64,
}

impl Client {
    pub(crate) fn new(simulator: &Simulator) -> Self {
        Self {
            address: simulator.url().trim_start_matches("http://").to_owned(),
            access_key: "test".to_owned(),
            secret: "test".to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
            skew_ms: 0,
        }
    }

    /// A client of another account, which is made known.
    pub(crate) fn of_account(simulator: &Simulator, account: &str) -> Self {
        simulator.add_account(&Account::new(account, "other", account));
        Self { access_key: account.to_owned(), secret: "other".to_owned(), ..Self::new(simulator) }
    }

    pub(crate) fn ds(&self, operation: &str, body: &Value) -> Answer {
        self.try_ds(operation, body).unwrap()
    }

    pub(crate) fn try_ds(&self, operation: &str, body: &Value) -> io::Result<Answer> {
        let target = format!("DirectoryService_20150416.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        self.signed("ds", &headers, &body.to_string())
    }

    pub(crate) fn query(&self, service: &str, operation: &str, params: &[(&str, &str)]) -> Answer {
        let version = match service {
            "rds" => "2014-10-31",
            "iam" => "2010-05-08",
            "ec2" => "2016-11-15",
            _ => "2011-06-15",
        };
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let mut body = format!("Action={operation}&Version={version}");
        for (name, value) in params {
            body.extend(["&", name, "=", &encode(value)]);
        }
        self.signed(service, &[("content-type", "application/x-www-form-urlencoded")], &body).unwrap()
    }

    fn signed(&self, service: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Answer> {
        let now = Timestamp::now().as_millisecond() + self.skew_ms;
        let date = Timestamp::from_millisecond(now).unwrap().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut headers: Vec<(&str, &str)> = headers.to_vec();
        headers.extend([("host", self.address.as_str()), ("x-amz-date", date.as_str())]);
        if let Some(token) = &self.token {
            headers.push(("x-amz-security-token", token));
        }
        headers.sort_unstable();
        let request = Signed {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: body.as_bytes(),
            date: &date,
            region: &self.region,
            service,
        };
        let key = signing_key(&self.secret, &date[..8], &self.region, service);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}/{}/{service}/aws4_request, SignedHeaders={}, Signature={}",
            self.access_key,
            &date[..8],
            self.region,
            names.join(";"),
            signature(&request, &key)
        );
        headers.push(("authorization", &authorization));
        self.send("POST", "/", &headers, body)
    }

    /// Sends a request as it is.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut text =
            format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            text.extend(["host: ", &self.address, "\r\n"]);
        }
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
    }

    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, &format!("/_simulator/{path}"), &[], &body.to_string()).unwrap()
    }

    /// Creates a directory and gives its id.
    pub(crate) fn directory(&self, name: &str) -> String {
        let answer = self.ds("CreateMicrosoftAD", &directory_input(name)).ok().json();
        answer["DirectoryId"].as_str().unwrap().to_owned()
    }

    /// What DescribeDirectories says of one.
    pub(crate) fn describe(&self, id: &str) -> Value {
        self.ds("DescribeDirectories", &json!({ "DirectoryIds": [id] })).ok().json()["DirectoryDescriptions"]
            [0]
        .clone()
    }

    /// Creates the role that Aurora needs.
    pub(crate) fn role(&self) {
        self.create_role(&["rds.amazonaws.com", "directoryservice.rds.amazonaws.com"]).ok();
        self.query("iam", "AttachRolePolicy", &[("RoleName", ROLE), ("PolicyArn", POLICY)]).ok();
    }

    pub(crate) fn create_role(&self, services: &[&str]) -> Answer {
        let document = trust_policy(services);
        self.query("iam", "CreateRole", &[("RoleName", ROLE), ("AssumeRolePolicyDocument", &document)])
    }

    /// Joins a cluster.
    pub(crate) fn join(&self, cluster: &str, domain: &str) -> Answer {
        let params = [
            ("DBClusterIdentifier", cluster),
            ("Domain", domain),
            ("DomainIAMRoleName", ROLE),
            ("ApplyImmediately", "true"),
        ];
        self.query("rds", "ModifyDBCluster", &params)
    }

    pub(crate) fn reboot(&self, instance: &str) -> Answer {
        self.query("rds", "RebootDBInstance", &[("DBInstanceIdentifier", instance)])
    }

    pub(crate) fn reboot_all(&self, instances: &[&str]) {
        for id in instances {
            self.reboot(id).ok();
        }
    }

    /// The membership statuses of a cluster's instances, `-` for none.
    pub(crate) fn memberships(&self, cluster: &str) -> Vec<String> {
        let filter =
            [("Filters.Filter.1.Name", "db-cluster-id"), ("Filters.Filter.1.Values.Value.1", cluster)];
        let answer = self.query("rds", "DescribeDBInstances", &filter).ok();
        let memberships = answer.texts("DomainMemberships").into_iter().map(|inside| {
            let status = Answer { status: 200, head: String::new(), body: inside }.text("Status");
            if status.is_empty() { "-".to_owned() } else { status }
        });
        memberships.collect()
    }
}

pub(crate) fn trust_policy(services: &[&str]) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": services }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

pub(crate) fn directory_input(name: &str) -> Value {
    json!({
        "Name": name,
        "Password": "S3cret-enough",
        "Edition": "Standard",
        "VpcSettings": { "VpcId": aws_simulator::VPC, "SubnetIds": SUBNETS },
    })
}

#[test]
fn the_default_account_is_the_documented_one() {
    let simulator = instant();
    let answer = Client::new(&simulator).query("sts", "GetCallerIdentity", &[]).ok();
    assert_eq!(answer.text("Account"), DEFAULT_ACCOUNT);
    assert!(answer.head.contains("x-amzn-requestid: "), "{}", answer.head);
}
