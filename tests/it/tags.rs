//! The provider's tags while Terraform does not know them yet.

use aws_simulator::{DEFAULT_ACCOUNT, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, simulator, unknown};

const TYPE: &str = "aurorakerberos_directory_access_role";

fn config() -> Json {
    json!({"name": "kerberos", "tags": {"own": "1"}})
}

/// A role with a tag of its own, of a provider that is configured like that.
async fn applied(provider: &Json) -> (Simulator, Object) {
    let simulator = simulator::start().await;
    let mut role = Core::on_with(&simulator, provider).await.resource(TYPE);
    role.apply(&config()).await.unwrap();
    (simulator, role)
}

fn tags(simulator: &Simulator) -> Json {
    simulator.with(|state| json!(state.iam(DEFAULT_ACCOUNT).roles["kerberos"].tags))
}

/// Plans with the one provider and applies with the other, as core does where the value shows during the apply.
async fn planned_and_applied(simulator: &Simulator, role: Object, plan: &Json, apply: &Json) -> Object {
    let mut role = role.with(&Core::on_with(simulator, plan).await);
    role.refresh().await.unwrap();
    let planned = role.plan(&config()).await.unwrap();
    assert_eq!((planned.action, &planned.planned["tags_all"]), (Action::Update, &json!("<unknown>")));
    let mut role = role.with(&Core::on_with(simulator, apply).await);
    role.apply_plan(&planned, &config()).await.unwrap();
    role
}

#[tokio::test]
async fn default_tags_may_show_during_the_apply() {
    for open in [json!({"tags": {"k": unknown()}}), json!({"tags": unknown()})] {
        let (simulator, role) = applied(&json!({"default_tags": {"tags": {"k": "old"}}})).await;
        let (plan, apply) = (json!({"default_tags": open}), json!({"default_tags": {"tags": {"k": "new"}}}));
        let mut role = planned_and_applied(&simulator, role, &plan, &apply).await;
        assert_eq!(tags(&simulator), json!({"own": "1", "k": "new"}));
        assert_eq!(role.refresh().await.unwrap()["tags"], json!({"own": "1"}));
        assert_eq!(role.plan(&config()).await.unwrap().action, Action::NoOp);
    }
}

#[tokio::test]
async fn while_it_is_not_known_what_is_ignored_nothing_foreign_is_taken_away() {
    let (simulator, role) = applied(&json!({})).await;
    simulator.with(|state| {
        let role = state.iam(DEFAULT_ACCOUNT).roles.get_mut("kerberos").unwrap();
        role.tags.insert("theirs".to_owned(), "x".to_owned());
    });
    let (plan, apply) =
        (json!({"ignore_tags": {"keys": [unknown()]}}), json!({"ignore_tags": {"keys": ["theirs"]}}));
    let mut role = planned_and_applied(&simulator, role, &plan, &apply).await;
    assert_eq!(tags(&simulator), json!({"own": "1", "theirs": "x"}));
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&config()).await.unwrap().action, Action::NoOp);
}
