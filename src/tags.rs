//! `tags` and `tags_all`, as in the AWS provider: `tags` are the resource's own, `tags_all` adds the provider's
//! default tags, and ignored tags show in neither.

use std::collections::BTreeMap;

use tf_provider::framework::{Plan, View, model::Model};
use tf_provider::value::Value;

use crate::aws::{Aws, Tags, UnknownTags};

/// What AWS refuses in tags (<https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html>): more than 50, keys
/// of more than 128 characters or none, values of more than 256, and keys that begin with `aws:`, which are its own.
pub(crate) fn check(tags: &Value) -> Result<(), String> {
    let Some(tags) = tags.as_map() else { return Ok(()) };
    if tags.len() > 50 {
        return Err(format!("These are {} tags; AWS allows 50 for an object.", tags.len()));
    }
    for (key, value) in tags {
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(format!(
                "The key {key:?} begins with aws:, which is reserved for AWS. Take the tag out."
            ));
        }
        if key.is_empty() || key.chars().count() > 128 {
            return Err(format!("The key {key:?} must have 1 to 128 characters."));
        }
        if value.as_str().is_some_and(|value| value.chars().count() > 256) {
            return Err(format!("The value of the tag {key:?} must have at most 256 characters."));
        }
    }
    Ok(())
}

/// The tags that an object of ours has when all is as configured.
pub(crate) fn all(aws: &Aws, own: Option<&Tags>) -> Tags {
    let mut all = aws.default_tags.clone();
    all.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    all.retain(|key, _| !aws.ignore_tags.ignores(key));
    all
}

/// From the tags that AWS shows to `tags` and `tags_all`. A default tag counts as the resource's own only where
/// the state says that it was. `before` are the state's `tags` and `tags_all`.
///
/// While it is not known which tags are ignored, those that the state does not know are, so that no plan takes away what
/// is none of its business; and while the default tags are not known, none that the state does not know is the
/// resource's own.
pub(crate) fn read(aws: &Aws, mut found: Tags, before: (Option<&Tags>, &Tags)) -> (Option<Tags>, Tags) {
    let (before, all_before) = before;
    let unknown = aws.unknown_tags;
    found
        .retain(|key, _| !aws.ignore_tags.ignores(key) && (!unknown.ignored || all_before.contains_key(key)));
    let is_own = |key: &String, value: &String| {
        let was_own = before.is_some_and(|before| before.contains_key(key));
        was_own || (aws.default_tags.get(key) != Some(value) && !unknown.default)
    };
    let own: Tags =
        found.iter().filter(|(key, value)| is_own(key, value)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let own = if own.is_empty() && before.is_none() { None } else { Some(own) };
    (own, found)
}

/// What has to be set and which keys have to go, from one `tags_all` to another.
pub(crate) fn difference(from: &Tags, to: &Tags) -> (Tags, Vec<String>) {
    let set = to.iter().filter(|(key, value)| from.get(*key) != Some(*value));
    let gone = from.keys().filter(|key| !to.contains_key(*key));
    (set.map(|(key, value)| (key.clone(), value.clone())).collect(), gone.cloned().collect())
}

/// Plans `tags_all` from `tags`.
pub(crate) fn plan<M: Model>(
    plan: &mut Plan<'_, M>,
    own: &View<BTreeMap<String, View<String>>>,
    prior: Option<&View<BTreeMap<String, View<String>>>>,
    client: Option<&Aws>,
) {
    let known = match own {
        View::Known(tags) => {
            tags.iter().map(|(key, value)| Some((key.clone(), value.text()?.to_owned()))).collect()
        }
        View::Null => Some(Tags::new()),
        View::Unknown => None,
    };
    let is_known = |aws: &&Aws| aws.unknown_tags == UnknownTags::default();
    let (Some(aws), Some(own)) = (client.filter(is_known), known) else {
        return plan.set_unknown("tags_all");
    };
    let all = all(aws, Some(&own));
    let same = prior.and_then(View::known).is_some_and(|prior| {
        prior.len() == all.len()
            && prior.iter().all(|(key, value)| value.text() == all.get(key).map(String::as_str))
    });
    if !same || plan.has_changes() {
        plan.set("tags_all", all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_refuses() {
        fn check(key: &str, value: &str, expect: Option<&str>) {
            let tags = Value::Map([(key.to_owned(), Value::string(value))].into());
            let told = super::check(&tags).err();
            match expect {
                Some(part) => {
                    assert!(told.as_deref().is_some_and(|told| told.contains(part)), "{key}: {told:?}");
                }
                None => assert_eq!(told, None, "{key}"),
            }
        }
        check("team", "db", None);
        check("team:aws:x", "", None);
        check("aws:x", "db", Some("reserved"));
        check("AWS:x", "db", Some("reserved"));
        check("", "db", Some("1 to 128"));
        check(&"k".repeat(129), "db", Some("1 to 128"));
        check(&"ü".repeat(128), &"ü".repeat(256), None);
        check("team", &"v".repeat(257), Some("at most 256"));
        let many = (0..51).map(|n| (n.to_string(), Value::UNKNOWN)).collect();
        assert!(super::check(&Value::Map(many)).unwrap_err().contains("51"));
    }

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_difference_sets_and_removes() {
        let (set, gone) = difference(
            &tags(&[("a", "1"), ("b", "1"), ("c", "1")]),
            &tags(&[("a", "1"), ("b", "2"), ("d", "1")]),
        );
        assert_eq!((set, gone), (tags(&[("b", "2"), ("d", "1")]), vec!["c".to_owned()]));
    }
}
