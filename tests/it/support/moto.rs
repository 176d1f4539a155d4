//! moto's server: a double of AWS that this project did not write, so that a misreading of AWS in the simulator does
//! not go unseen.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::witness;

/// A running server, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Moto {
    child: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts one on loopback. Where moto is missing, that is said aloud.
    pub(crate) fn start() -> Option<Self> {
        // The program that moto installs shows that it is there; ours adds a few answers.
        let python = witness::from_venv("moto_server").and_then(|_| witness::from_venv("python"));
        let Some(python) = python else {
            witness::skip("moto_server (moto 5.2.5)", witness::INSTALL);
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .expect("a free port")
            .local_addr()
            .expect("it")
            .port();
        let child = Command::new(python)
            .arg(witness::root().join("tests/moto/server.py"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let mut moto = Self { child, address: (Ipv4Addr::LOCALHOST, port).into() };
        let until = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(moto.address).is_err() {
            let ended = moto.child.try_wait().expect("a child of this process");
            assert!(ended.is_none() && Instant::now() < until, "moto_server does not listen: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(moto)
    }

    /// The one endpoint of every service.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls an operation of a service with a query protocol (`ec2`, `iam`, `rds`) and returns the XML.
    pub(crate) fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        let version = match service {
            "ec2" => "2016-11-15",
            "iam" => "2010-05-08",
            "rds" => "2014-10-31",
            other => panic!("{other} has no query protocol"),
        };
        let own = [("Action", action), ("Version", version)];
        let pairs = own.iter().chain(parameters).map(|(name, value)| format!("{name}={value}"));
        let body = pairs.collect::<Vec<_>>().join("&");
        // moto tells services apart by the scope of the signature, and checks none.
        let head = format!(
            "POST / HTTP/1.0\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).expect("moto listens");
        stream.write_all(format!("{head}{body}").as_bytes()).expect("moto reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("moto answers");
        let status = answer.split_whitespace().nth(1).unwrap_or_default();
        assert_eq!(status, "200", "{action}: {answer}");
        answer
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The texts of all elements of that name.
pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&open).skip(1).filter_map(|part| part.split_once(&close));
    parts.map(|(text, _)| text.to_owned()).collect()
}
