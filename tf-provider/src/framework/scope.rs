//! Where an object lives: its account, its Region, or whatever else the provider's configuration decides.
//!
//! A provider that is configured for another place than the one in which an object was made finds nothing there. To take
//! that for "gone" would make the state forget the object, and a destroy succeed that destroys nothing. So the place is
//! noted beside the state, and compared before anything is asked or done.

use super::failure::Failure;
use super::private::Private;
use crate::value::{Path, Value};

/// The key of the framework's note in the private state.
const KEY: &str = ".scope";

/// What a client's configuration says of the place of its objects: names for messages, such as `Region`, with their
/// values. What is not known is left out and compared with nothing.
pub type Scope = Vec<(&'static str, String)>;

/// Notes where an object is.
pub(super) fn note(private: &mut Private, scope: &Scope) {
    if !scope.is_empty() {
        let members = scope.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into()));
        let note = serde_json::Value::Object(members.collect());
        private.keep(KEY, note.to_string().into_bytes());
    }
}

fn elsewhere(problem: String) -> Failure {
    Failure { path: None, ..Failure::config(Path::root(), problem) }
}

/// Refuses an object that was made elsewhere.
pub(super) fn check(private: &Private, scope: &Scope) -> Result<(), Failure> {
    let noted = private.kept(KEY).and_then(|note| serde_json::from_slice::<serde_json::Value>(note).ok());
    let noted = noted.unwrap_or_default();
    let differs = |(name, now): &&(&'static str, String)| noted[*name].as_str().is_some_and(|was| was != now);
    let (was, now): (Vec<String>, Vec<String>) = scope
        .iter()
        .filter(differs)
        .map(|(name, now)| {
            (format!("{name} {}", noted[*name].as_str().unwrap_or_default()), format!("{name} {now}"))
        })
        .unzip();
    if was.is_empty() {
        return Ok(());
    }
    let (was, now) = (was.join(" and "), now.join(" and "));
    Err(elsewhere(format!(
        "The object of the state is in {was}, and the provider is configured for {now}. Nothing was asked of it or done to \
         it."
    ))
    .advise(format!(
        "Configure the provider for {was}, or give the resource a provider that is. To move the object, destroy it \
         there first. If it is to be managed here no longer, `terraform state rm` takes it out of the state and leaves \
         it where it is."
    )))
}

/// Refuses an identity that names another place than the provider is configured for, by its optional members.
pub(super) fn check_identity(optional: &[&str], given: &Value, own: &Value) -> Result<(), Failure> {
    for name in optional {
        let (given, own) = (given.member(name), own.member(name));
        if let (Some(given), Some(own)) = (given.as_str(), own.as_str())
            && given != own
        {
            return Err(elsewhere(format!(
                "The identity says {name} {given:?}, and the provider is configured for {own:?}. Nothing was imported."
            ))
            .advise("Import it with a provider that is configured for the place where the object is."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn compare(noted: &[(&'static str, &str)], now: &[(&'static str, &str)], expect: Option<&str>) {
        let scope = |pairs: &[(&'static str, &str)]| -> Scope {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let mut private = Private::default();
        note(&mut private, &scope(noted));
        // As it comes back from Terraform.
        let private = Private::from_bytes(&private.to_bytes());
        let told = check(&private, &scope(now)).err().map(|failure| failure.problem);
        match (told, expect) {
            (Some(told), Some(expect)) => assert!(told.contains(expect), "{told}"),
            (told, expect) => assert_eq!(told.as_deref(), expect),
        }
    }

    #[test]
    fn an_object_is_where_it_was_made() {
        let (one, other) = (("account", "1"), ("account", "2"));
        let (here, there) = (("Region", "us-east-1"), ("Region", "eu-west-1"));
        compare(&[one, here], &[one, here], None);
        compare(
            &[one, here],
            &[one, there],
            Some("is in Region us-east-1, and the provider is configured for Region eu-west-1."),
        );
        compare(&[one, here], &[other, there], Some("is in account 1 and Region us-east-1, and"));
        // What is not known on one side says nothing.
        compare(&[], &[other, there], None);
        compare(&[one, here], &[here], None);
        compare(&[here], &[other, here], None);
    }

    #[test]
    fn an_identity_may_leave_its_place_open() {
        let identity = |region: Value| Value::object([("id", "a".into()), ("region", region)]);
        let own = identity("us-east-1".into());
        let check = |given: Value| check_identity(&["region"], &identity(given), &own).is_ok();
        assert!(check(Value::Null) && check("us-east-1".into()) && !check("eu-west-1".into()));
    }
}
