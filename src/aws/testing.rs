//! A double of AWS on loopback for the tests of this module: it answers what a test tells it to, in AWS's wire
//! formats, and keeps what it was asked. So the whole client is under test: serialisation, signing, retries,
//! timeouts, the sorting of errors.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Aws, Endpoints, Settings, configure};

/// What the double was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `CreateMicrosoftAD`, from the header of JSON 1.1 or the form of the query protocols.
    pub(crate) operation: String,
    /// How many times it has been called, this one included.
    pub(crate) call: usize,
    /// JSON, or the decoded form with its first two fields left out.
    pub(crate) body: String,
    /// The head of the request, as sent.
    pub(crate) head: String,
}

/// What the double does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers.
    Answer(u16, String),
    /// Answers with a clock that is this many seconds ahead.
    AnswerAhead(i64, u16, String),
    /// Closes the connection without an answer.
    Reset,
    /// Never answers.
    Never,
    /// Answers with success and the first half of a body.
    Half,
    /// Answers with one more header.
    Page(u16, &'static str, String),
    /// Answers with success and a body that never ends.
    Endless,
}

pub(crate) fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, body.into())
}

/// An error of JSON 1.1.
pub(crate) fn json_error(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({ "__type": code, "Message": message, "RequestId": "r-json" });
    Reply::Answer(status, body.to_string())
}

/// An error of the query protocols.
pub(crate) fn xml_error(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-xml</RequestId></ErrorResponse>"
    );
    Reply::Answer(status, body)
}

/// A success of the query protocols.
pub(crate) fn xml(operation: &str, result: &str) -> Reply {
    ok(format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"))
}

pub(crate) struct Double {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    written: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Double {
    /// The double, and the clients that talk to it.
    pub(crate) async fn with_aws(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (Self, Aws) {
        let double = Self::start(reply).await;
        let settings = Settings {
            skip_credentials_validation: true,
            skip_requesting_account_id: true,
            ..double.settings()
        };
        let aws = configure(&settings).await.unwrap();
        (double, aws)
    }

    pub(crate) async fn start(reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
        let written: Arc<AtomicUsize> = Arc::default();
        let (reply, kept, sent) = (Arc::new(reply), Arc::clone(&asked), Arc::clone(&written));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, kept, sent) = (Arc::clone(&reply), Arc::clone(&kept), Arc::clone(&sent));
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(request) = read(&mut stream, &kept).await else { return };
                    match reply(&request) {
                        Reply::Endless => write_on(&mut stream, &sent).await,
                        reply => write(&mut stream, &reply).await,
                    }
                });
            }
        });
        Self { url, asked, written, task }
    }

    pub(crate) fn settings(&self) -> Settings {
        settings(&self.url)
    }

    /// `Operation body` of each call, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|request| format!("{} {}", request.operation, request.body)).collect()
    }

    /// The operations called, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.operation.clone()).collect()
    }

    /// The bytes of endless answers that were taken.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::Relaxed)
    }

    /// The heads of the requests, in order.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|request| request.head.clone()).collect()
    }
}

/// Settings that send everything to one address and do not wait long.
pub(crate) fn settings(url: &str) -> Settings {
    let endpoint = || Some(url.to_owned());
    Settings {
        region: Some("eu-central-1".to_owned()),
        access_key: Some("AKIATEST".into()),
        secret_key: Some("secret".into()),
        endpoints: Endpoints {
            ds: endpoint(),
            ec2: endpoint(),
            iam: endpoint(),
            rds: endpoint(),
            resourcegroupstaggingapi: endpoint(),
            sts: endpoint(),
        },
        max_retries: Some(3),
        read_timeout: Some(Duration::from_millis(300)),
        retry_pause: Some(Duration::from_millis(1)),
        ..Settings::default()
    }
}

async fn read(stream: &mut TcpStream, kept: &Mutex<Vec<Request>>) -> Option<Request> {
    let mut bytes = Vec::new();
    let (head, body_start) = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break (String::from_utf8_lossy(&bytes[..end]).into_owned(), end + 4);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < body_start + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[body_start..]).into_owned();
    let (operation, body) = match header("x-amz-target") {
        Some(target) => (target.rsplit('.').next().unwrap_or_default().to_owned(), body),
        None => form(&body),
    };
    let mut kept = kept.lock().unwrap();
    let call = kept.iter().filter(|earlier| earlier.operation == operation).count() + 1;
    let request = Request { operation, call, body, head };
    kept.push(request.clone());
    Some(request)
}

fn form(body: &str) -> (String, String) {
    let fields: Vec<(&str, String)> = body
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(key, value)| {
            let value = value.replace('+', " ");
            (key, percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
        })
        .collect();
    let by_key: HashMap<&str, &String> = fields.iter().map(|(key, value)| (*key, value)).collect();
    let operation = by_key.get("Action").map_or_else(String::new, |action| (*action).clone());
    let rest: Vec<String> = fields.iter().skip(2).map(|(key, value)| format!("{key}={value}")).collect();
    (operation, rest.join("&"))
}

async fn write(stream: &mut TcpStream, reply: &Reply) {
    let (status, length, body) = match reply {
        Reply::Answer(status, body) | Reply::AnswerAhead(_, status, body) | Reply::Page(status, _, body) => {
            (*status, body.len(), body.as_str())
        }
        Reply::Half => (200, 100, "{\"Direc"),
        Reply::Reset | Reply::Endless => return,
        Reply::Never => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            return;
        }
    };
    let ahead = if let Reply::AnswerAhead(seconds, ..) = reply { *seconds } else { 0 };
    let more = if let Reply::Page(_, header, _) = reply { format!("{header}\r\n") } else { String::new() };
    let date = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead))
        .strftime("%a, %d %b %Y %H:%M:%S GMT");
    let answer = format!(
        "HTTP/1.1 {status} X\r\ndate: {date}\r\ncontent-length: {length}\r\nconnection: close\r\nx-amzn-requestid: r-1\r\n{more}\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Writes a body without length until nobody takes it any more.
async fn write_on(stream: &mut TcpStream, sent: &AtomicUsize) {
    let piece = vec![b' '; 64 << 10];
    let mut next: &[u8] = b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n";
    while stream.write_all(next).await.is_ok() {
        sent.fetch_add(next.len(), Ordering::Relaxed);
        next = &piece;
    }
}
