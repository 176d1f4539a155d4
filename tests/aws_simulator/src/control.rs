//! Steering over HTTP, JSON, at `/_simulator/`.

use crate::dispatch::Request;
use crate::server::{Shared, lock};
use serde_json::json;

/// Answers a request: status and body.
pub(crate) fn answer(state: &Shared, _request: &Request) -> (u16, String) {
    let mut state = lock(state);
    (200, json!({ "leftovers": state.leftovers() }).to_string())
}
