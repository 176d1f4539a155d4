//! Steering over HTTP: JSON in and out, at `/_simulator/`, without a signature.
//!
//! | request | what it does |
//! |---|---|
//! | `GET state` | everything that exists, by account and region |
//! | `GET leftovers` | what exists that was not there at the start |
//! | `GET journal[?operation=NAME][&since=NUMBER]`, `DELETE journal` | the calls |
//! | `POST faults`, `DELETE faults` | `{"service","operation","kind","first","times","delay_ms"}`, or for `refused` also `"status","code","message"` |
//! | `POST orders`, `DELETE orders` | `{"kind":"join_fails","object":"aurora-demo-2","reason","times"}` |
//! | `POST steps` | `{"all": MS}` and `{"NAME": MS}` |
//! | `POST clock` | `{"advance_ms","freeze","skew_ms"}` |
//! | `POST options` | `{"NAME": VALUE}` |
//! | `POST accounts` | `{"access_key","secret_key","account_id"}` |
//! | `POST clusters` | `{"id","engine","engine_version","members":[{"id","class","writer","zone"}]}`, or `"members": 3` |
//! | `POST vpcs` | `{"id","second_octet","subnets":[{"id","zone"}]}` |
//! | `POST objects/KIND/ID` | puts an object in another status, as AWS would on an incident |
//! | `DELETE objects/KIND/ID` | removes an object at once, as somebody else would |
//! | `POST maintenance` | opens the maintenance window |
//!
//! Where an object is: `"account"` and `"region"` in the body or in the query; the default ones when left out.

mod change;
mod dump;
mod setup;

use serde_json::{Value, json};

use crate::config::DEFAULT_ACCOUNT;
use crate::dispatch::Request;
use crate::faults::Faults;
use crate::query::Params;
use crate::server::{Shared, lock};
use crate::state::State;

/// An answer, or why there is none: 400 with the words, 404 without.
enum Refusal {
    Unknown,
    Wrong(String),
}

impl Refusal {
    fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }
}

type Outcome = Result<Value, Refusal>;

/// What was asked, taken apart.
struct Ask<'a> {
    body: &'a Value,
    query: &'a Params,
}

impl Ask<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str).or_else(|| self.query.get(name))
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::wrong(format!("{name} is missing")))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.body.get(name).and_then(Value::as_u64).or_else(|| self.query.get(name)?.parse().ok())
    }

    fn account(&self) -> &str {
        self.text("account").unwrap_or(DEFAULT_ACCOUNT)
    }

    fn region(&self, state: &State) -> String {
        self.text("region").map_or_else(|| state.default_region.clone(), str::to_owned)
    }
}

/// Answers a request: status and body.
pub(crate) fn answer(state: &Shared, request: &Request) -> (u16, String) {
    let query = Params::parse(&request.query);
    let empty = request.body.is_empty();
    let body = if empty { Ok(json!({})) } else { serde_json::from_slice(&request.body) };
    let Ok(body) = body else { return (400, json!({ "error": "the body is not JSON" }).to_string()) };
    let path = request.path.trim_start_matches("/_simulator").trim_matches('/');
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let mut state = lock(state);
    state.settle();
    match route(&mut state, &request.method, &path, &Ask { body: &body, query: &query }) {
        Ok(value) => (200, value.to_string()),
        Err(Refusal::Unknown) => (404, json!({ "error": "there is nothing at this path" }).to_string()),
        Err(Refusal::Wrong(message)) => (400, json!({ "error": message }).to_string()),
    }
}

fn route(state: &mut State, method: &str, path: &str, ask: &Ask<'_>) -> Outcome {
    let object = path.strip_prefix("objects/").and_then(|object| object.split_once('/'));
    match (method, path, object) {
        ("GET", "state", _) => return Ok(dump::state(state)),
        ("GET", "leftovers", _) => return Ok(state.leftovers().into()),
        ("GET", "journal", _) => return Ok(journal(state, ask)),
        ("DELETE", "journal", _) => state.journal.clear(),
        ("POST", "faults", _) => setup::fault(state, ask)?,
        ("DELETE", "faults", _) => state.faults = Faults::default(),
        ("POST", "orders", _) => setup::order(state, ask)?,
        ("DELETE", "orders", _) => state.orders = crate::config::Orders::default(),
        ("POST", "steps", _) => setup::steps(state, ask)?,
        ("POST", "clock", _) => setup::clock(state, ask),
        ("POST", "options", _) => setup::options(state, ask)?,
        ("POST", "accounts", _) => setup::account(state, ask)?,
        ("POST", "clusters", _) => setup::cluster(state, ask)?,
        ("POST", "vpcs", _) => setup::vpc(state, ask)?,
        ("POST", "maintenance", _) => state.open_maintenance_window(),
        ("POST", _, Some((kind, id))) => change::change(state, kind, id, ask)?,
        ("DELETE", _, Some((kind, id))) => change::remove(state, kind, id, ask)?,
        _ => return Err(Refusal::Unknown),
    }
    Ok(json!({}))
}

fn journal(state: &State, ask: &Ask<'_>) -> Value {
    let (operation, since) = (ask.text("operation"), ask.number("since").unwrap_or(0));
    let calls = state.journal.calls().iter();
    let picked =
        calls.filter(|call| call.number > since && operation.is_none_or(|name| name == call.operation));
    picked.map(crate::journal::Call::to_json).collect()
}
