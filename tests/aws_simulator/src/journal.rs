//! The journal: every call in its order, without secrets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::query::Params;
use crate::service::Service;

/// What stands for a secret that was given.
pub const GIVEN: &str = "(given)";

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its place among all calls, from 1.
    pub number: u64,
    /// When it came, on the state machines' clock.
    pub at: Millis,
    /// Which service was called.
    pub service: Service,
    /// Which operation.
    pub operation: String,
    /// By which account; empty when the caller was not recognised.
    pub account: String,
    /// In which region.
    pub region: String,
    /// With what. Passwords, tokens and notes stand as [`GIVEN`].
    pub parameters: BTreeMap<String, Value>,
    /// `ok`, AWS's error code, or what happened to the connection: `reset`.
    pub outcome: String,
    /// The status of the answer; 0 when there was none.
    pub status: u16,
    /// Whether the handler ran and did not refuse: an answer may be lost after its effect.
    pub effective: bool,
    /// The answer's request id.
    pub request_id: String,
    /// The caller's user agent.
    pub user_agent: String,
}

impl Call {
    /// A text parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    /// As the control interface tells it.
    pub fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "at": self.at,
            "service": self.service.name(),
            "operation": self.operation,
            "account": self.account,
            "region": self.region,
            "parameters": self.parameters,
            "outcome": self.outcome,
            "status": self.status,
            "effective": self.effective,
            "request_id": self.request_id,
            "user_agent": self.user_agent,
        })
    }
}

/// The calls so far.
#[derive(Debug, Default)]
pub struct Journal {
    calls: Vec<Call>,
    count: u64,
}

impl Journal {
    /// All of them, in their order.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Forgets them. Numbers go on.
    pub fn clear(&mut self) {
        self.calls.clear();
    }

    pub(crate) fn push(&mut self, mut call: Call) {
        self.count += 1;
        call.number = self.count;
        self.calls.push(call);
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    name.contains("Password")
        || name.contains("Secret")
        || matches!(name, "WebIdentityToken" | "TokenCode" | "ShareNotes")
}

fn redact(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), redact_member(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(redact).collect(),
        plain => plain.clone(),
    }
}

fn redact_member(name: &str, value: &Value) -> Value {
    if is_secret(name) { GIVEN.into() } else { redact(value) }
}

/// The parameters of a JSON body.
pub(crate) fn summary_of_json(body: &Value) -> BTreeMap<String, Value> {
    let members = body.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), redact_member(name, value))).collect()
}

/// The parameters of a form.
pub(crate) fn summary_of_form(params: &Params) -> BTreeMap<String, Value> {
    let own = params.iter().filter(|(name, _)| !matches!(*name, "Action" | "Version"));
    own.map(|(name, value)| (name.to_owned(), redact_member(name, &value.into()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &Value, expect: &Value) {
        assert_eq!(json!(summary_of_json(body)), *expect);
    }

    #[test]
    fn secrets_are_not_kept() {
        check(
            &json!({"UserName": "Admin", "NewPassword": "x", "Inner": {"Password": "y", "Limit": 1}}),
            &json!({"UserName": "Admin", "NewPassword": GIVEN, "Inner": {"Password": GIVEN, "Limit": 1}}),
        );
        check(&json!({"NextToken": "t"}), &json!({"NextToken": "t"}));
        let form = Params::parse("Action=A&MasterUserPassword=p&WebIdentityToken=w&Domain=d-1");
        assert_eq!(
            json!(summary_of_form(&form)),
            json!({"MasterUserPassword": GIVEN, "WebIdentityToken": GIVEN, "Domain": "d-1"})
        );
    }
}
