//! Policy documents: what IAM refuses, and what they allow.

use serde_json::Value;

use crate::ec2::matches_wildcard;
use crate::error::{Answer, ApiError};

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::bad("MalformedPolicyDocument", message)
}

/// A value that may stand alone or in a list.
fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(single) => vec![single],
        None => Vec::new(),
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    one_or_many(value).into_iter().filter_map(Value::as_str).collect()
}

fn statements(document: &str) -> Answer<Vec<Value>> {
    let parsed: Value =
        serde_json::from_str(document).map_err(|_| malformed("This policy contains invalid Json"))?;
    if !parsed.is_object() {
        return Err(malformed("Syntax errors in policy."));
    }
    if let Some(version) = parsed.get("Version")
        && !matches!(version.as_str(), Some("2012-10-17" | "2008-10-17"))
    {
        return Err(malformed("The policy must contain a valid version string"));
    }
    let found: Vec<Value> = one_or_many(parsed.get("Statement")).into_iter().cloned().collect();
    if found.is_empty() || found.iter().any(|statement| !statement.is_object()) {
        return Err(malformed("Syntax errors in policy."));
    }
    for statement in &found {
        if !matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
            return Err(malformed("Syntax errors in policy."));
        }
        if statement.get("Action").is_none() && statement.get("NotAction").is_none() {
            return Err(malformed("Policy statement must contain actions."));
        }
        let actions = texts(statement.get("Action"));
        if let Some(action) = actions.iter().find(|action| **action != "*" && !action.contains(':')) {
            return Err(malformed(format!(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. ({action})"
            )));
        }
    }
    Ok(found)
}

/// What CreateRole and UpdateAssumeRolePolicy refuse.
pub(crate) fn check_trust_policy(document: &str) -> Answer<()> {
    for statement in statements(document)? {
        if statement.get("Resource").is_some() {
            return Err(malformed("Has prohibited field Resource"));
        }
        let Some(principal) = statement.get("Principal") else {
            return Err(malformed("Missing required field Principal"));
        };
        for service in texts(principal.get("Service")) {
            if !is_service(service) {
                return Err(malformed(format!("Invalid principal in policy: \"SERVICE\":\"{service}\"")));
            }
        }
        for action in texts(statement.get("Action")) {
            if !action.starts_with("sts:") && action != "*" {
                return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
            }
        }
    }
    Ok(())
}

fn is_service(name: &str) -> bool {
    let known = [".amazonaws.com", ".amazonaws.com.cn", ".aws.internal"];
    known.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// What PutRolePolicy and CreatePolicy refuse.
pub(crate) fn check_policy(document: &str) -> Answer<()> {
    for statement in statements(document)? {
        if statement.get("Principal").is_some() {
            return Err(malformed("Policy document should not specify a principal."));
        }
        if statement.get("Resource").is_none() && statement.get("NotResource").is_none() {
            return Err(malformed("Policy statement must contain resources."));
        }
    }
    Ok(())
}

/// Whether a trust policy lets a service assume its role.
pub(crate) fn trusts_service(document: &str, service: &str) -> bool {
    let Ok(statements) = statements(document) else { return false };
    let fits = |statement: &Value| {
        let acts =
            texts(statement.get("Action")).iter().any(|action| matches_wildcard(action, "sts:AssumeRole"));
        let principal = statement.get("Principal");
        let named = principal.and_then(|principal| principal.get("Service"));
        acts && (texts(named).contains(&service) || principal.and_then(Value::as_str) == Some("*"))
    };
    let (allow, deny) = split(&statements, fits);
    allow && !deny
}

/// Whether policies together allow an action on every resource. Conditions are taken as not met.
pub(crate) fn allows<'d>(documents: impl Iterator<Item = &'d str>, action: &str) -> bool {
    let lower = action.to_lowercase();
    let matches = |pattern: &&str| matches_wildcard(&pattern.to_lowercase(), &lower);
    let all: Vec<Value> = documents.filter_map(|document| statements(document).ok()).flatten().collect();
    let fits = |statement: &Value| {
        let acts = match statement.get("NotAction") {
            Some(not) => !texts(Some(not)).iter().any(matches),
            None => texts(statement.get("Action")).iter().any(matches),
        };
        acts && texts(statement.get("Resource")).contains(&"*") && statement.get("Condition").is_none()
    };
    let (allow, deny) = split(&all, fits);
    allow && !deny
}

/// Whether a fitting statement allows, and whether one denies.
fn split(statements: &[Value], fits: impl Fn(&Value) -> bool) -> (bool, bool) {
    let has = |effect: &str| statements.iter().any(|s| s["Effect"] == effect && fits(s));
    (has("Allow"), has("Deny"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, policies: &[&str], expect: bool) {
        assert_eq!(allows(policies.iter().copied(), action), expect, "{action} under {policies:?}");
    }

    const ALL_DS: &str = r#"{"Statement":{"Effect":"Allow","Action":"ds:*","Resource":"*"}}"#;
    const ONE: &str =
        r#"{"Statement":[{"Effect":"Allow","Action":["ds:DescribeDirectories"],"Resource":["*"]}]}"#;
    const DENY: &str = r#"{"Statement":[{"Effect":"Deny","Action":"ds:Authorize*","Resource":"*"}]}"#;

    #[test]
    fn policies_add_up_and_a_denial_wins() {
        check("ds:DescribeDirectories", &[ALL_DS], true);
        check("ds:AuthorizeApplication", &[ONE], false);
        check("ds:AuthorizeApplication", &[ONE, ALL_DS], true);
        check("ds:AuthorizeApplication", &[ALL_DS, DENY], false);
        check("ds:DescribeDirectories", &[], false);
    }

    #[test]
    fn trust_policies_name_services() {
        let document = |service: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":{service}}},"Action":"sts:AssumeRole"}}]}}"#
            )
        };
        let single = document(r#""rds.amazonaws.com""#);
        let both = document(r#"["rds.amazonaws.com","directoryservice.rds.amazonaws.com"]"#);
        assert!(trusts_service(&single, "rds.amazonaws.com"));
        assert!(!trusts_service(&single, "directoryservice.rds.amazonaws.com"));
        assert!(trusts_service(&both, "directoryservice.rds.amazonaws.com"));
        assert!(check_trust_policy(&both).is_ok());
        let error = check_trust_policy(&document(r#""rds""#)).unwrap_err();
        assert_eq!(error.message, r#"Invalid principal in policy: "SERVICE":"rds""#);
    }

    #[test]
    fn malformed_documents_are_refused() {
        for document in ["", "[]", "{}", r#"{"Statement":[{"Effect":"Allow","Action":"ds:*"}]}"#] {
            assert_eq!(check_policy(document).unwrap_err().code, "MalformedPolicyDocument", "{document}");
        }
    }
}
