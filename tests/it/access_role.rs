//! `aurorakerberos_directory_access_role`, over the real gRPC surface, against the simulator.

mod eventual;

use aws_simulator::{DEFAULT_ACCOUNT, Fault, FaultKind, Role, Service, Simulator};
use serde_json::{Value as Json, json};

use crate::support::{Action, Core, Object, simulator, unknown};

const TYPE: &str = "aurorakerberos_directory_access_role";
const CONSOLE_NAME: &str = "rds-directoryservice-kerberos-access-role";
const MANAGED: &str = "arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess";
const INLINE: &str = "aurorakerberos-directory-access";

async fn start() -> (Simulator, Core, Object) {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    let role = core.resource(TYPE);
    (simulator, core, role)
}

fn with_role<T>(simulator: &Simulator, name: &str, work: impl FnOnce(&mut Role) -> T) -> T {
    simulator.with(|state| {
        let iam = state.iam(DEFAULT_ACCOUNT);
        work(iam.roles.get_mut(name).expect("the role"))
    })
}

async fn end(simulator: &Simulator, mut role: Object) {
    role.destroy().await.unwrap();
    assert_eq!(simulator.leftovers(), [""; 0]);
}

#[tokio::test]
async fn without_arguments_it_is_the_consoles_role() {
    let (simulator, _, mut role) = start().await;
    let plan = role.plan(&json!({})).await.unwrap();
    assert_eq!(plan.planned["name"], CONSOLE_NAME);
    let state = role.apply_plan(&plan, &json!({})).await.unwrap();
    assert_eq!(state["arn"], format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/{CONSOLE_NAME}"));
    assert_eq!((&state["path"], &state["policy"]), (&json!("/"), &json!("managed")));
    let trust: Json = serde_json::from_str(state["assume_role_policy"].as_str().unwrap()).unwrap();
    let services = &trust["Statement"][0]["Principal"]["Service"];
    assert_eq!(*services, json!(["directoryservice.rds.amazonaws.com", "rds.amazonaws.com"]));
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached, [MANAGED]));
    assert_eq!(role.refresh().await.unwrap(), state);
    assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::NoOp);
    end(&simulator, role).await;
}

#[tokio::test]
async fn every_argument_is_set_changed_and_cleared() {
    let (simulator, _, mut role) = start().await;
    simulator.with(|state| {
        let policies = &mut state.iam(DEFAULT_ACCOUNT).policies;
        let policy = policies[MANAGED].clone();
        for name in ["PowerUserAccess", "ReadOnlyAccess"] {
            policies.insert(format!("arn:aws:iam::aws:policy/{name}"), policy.clone());
        }
    });
    let mut config = json!({
        "name": "kerberos",
        "path": "/service/",
        "description": "For Aurora",
        "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        "max_session_duration": 7200,
        "policy": "inline",
        "tags": {"team": "db"},
        "timeouts": {"create": "5m"},
    });
    let state = role.apply(&config).await.unwrap();
    for name in
        ["name", "path", "description", "permissions_boundary", "max_session_duration", "policy", "tags"]
    {
        assert_eq!(state[name], config[name], "{name}");
    }
    assert_eq!(state["tags_all"], json!({"team": "db"}));
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&config).await.unwrap().action, Action::NoOp);

    config["description"] = json!("For Aurora PostgreSQL");
    config["permissions_boundary"] = json!("arn:aws:iam::aws:policy/ReadOnlyAccess");
    config["max_session_duration"] = json!(3600);
    config["tags"] = json!({"team": "platform", "stage": "prod"});
    let plan = role.plan(&config).await.unwrap();
    assert_eq!((plan.action, plan.planned["arn"].clone()), (Action::Update, state["arn"].clone()));
    role.apply_plan(&plan, &config).await.unwrap();
    with_role(&simulator, "kerberos", |role| {
        assert_eq!(role.description.as_deref(), Some("For Aurora PostgreSQL"));
        assert_eq!(role.boundary.as_deref(), Some("arn:aws:iam::aws:policy/ReadOnlyAccess"));
        assert_eq!(role.max_session, 3600);
        assert_eq!(role.tags.len(), 2);
    });

    let cleared = json!({"name": "kerberos", "path": "/service/", "policy": "inline"});
    role.apply(&cleared).await.unwrap();
    let state = role.refresh().await.unwrap();
    assert_eq!(state["description"], Json::Null);
    assert_eq!(state["permissions_boundary"], Json::Null);
    assert_eq!(state["tags_all"], json!({}));
    assert_eq!(role.plan(&cleared).await.unwrap().action, Action::NoOp);
    end(&simulator, role).await;
}

#[tokio::test]
async fn names() {
    let (simulator, _, mut role) = start().await;
    let prefixed = json!({"name_prefix": "aurora-"});
    let plan = role.plan(&prefixed).await.unwrap();
    assert_eq!(plan.planned["name"], "<unknown>");
    let state = role.apply_plan(&plan, &prefixed).await.unwrap();
    let name = state["name"].as_str().unwrap();
    assert!(name.starts_with("aurora-") && name.len() == "aurora-".len() + 26, "{name}");
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&prefixed).await.unwrap().action, Action::NoOp);
    // A prefix that the name has too needs no other role; another one does, and so does none.
    assert_eq!(role.plan(&json!({"name_prefix": "aurora"})).await.unwrap().action, Action::Update);
    let plan = role.plan(&json!({"name_prefix": "other-"})).await.unwrap();
    assert_eq!((plan.action, plan.replace), (Action::Replace, vec!["name".to_owned()]));
    let plan = role.plan(&json!({})).await.unwrap();
    assert_eq!((plan.action, plan.planned["name"].as_str()), (Action::Replace, Some(CONSOLE_NAME)));
    let plan = role.plan(&json!({"name": "fixed"})).await.unwrap();
    assert_eq!(plan.action, Action::Replace);
    role.apply_plan(&plan, &json!({"name": "fixed"})).await.unwrap();
    let plan = role.plan(&json!({"name": "fixed", "path": "/x/"})).await.unwrap();
    assert_eq!((plan.action, plan.replace), (Action::Replace, vec!["path".to_owned()]));
    let plan = role.plan(&json!({"name_prefix": unknown()})).await.unwrap();
    assert_eq!(plan.planned["name"], "<unknown>");
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_changed_trust_policy_is_mended_and_one_of_the_same_meaning_is_none() {
    let (simulator, _, mut role) = start().await;
    role.apply(&json!({})).await.unwrap();
    let in_other_words = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"A","Effect":"Allow","Principal":{"Service":"rds.amazonaws.com"},"Action":["sts:AssumeRole"]},
        {"Sid":"B","Effect":"Allow","Principal":{"Service":["directoryservice.rds.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;
    with_role(&simulator, CONSOLE_NAME, |role| in_other_words.clone_into(&mut role.trust_policy));
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::NoOp);
    let with_more = in_other_words.replace(
        r#""Statement":["#,
        r#""Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},"#,
    );
    with_role(&simulator, CONSOLE_NAME, |role| role.trust_policy.clone_from(&with_more));
    let state = role.refresh().await.unwrap();
    assert_eq!(state["assume_role_policy"], with_more, "the plan shows what was added");
    assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::Update);
    role.apply(&json!({})).await.unwrap();
    with_role(&simulator, CONSOLE_NAME, |role| assert!(!role.trust_policy.contains(r#""AWS""#)));
    end(&simulator, role).await;
}

#[tokio::test]
async fn lost_permissions_are_given_back() {
    for policy in ["managed", "inline"] {
        let (simulator, _, mut role) = start().await;
        let config = json!({"policy": policy});
        role.apply(&config).await.unwrap();
        with_role(&simulator, CONSOLE_NAME, |role| {
            role.attached.clear();
            role.inline
                .values_mut()
                .for_each(|document| *document = document.replace("ds:Authorize", "ds:Un"));
        });
        assert_eq!(role.refresh().await.unwrap()["policy"], "none");
        let plan = role.plan(&config).await.unwrap();
        assert_eq!((plan.action, plan.planned["policy"].as_str()), (Action::Update, Some(policy)));
        role.apply_plan(&plan, &config).await.unwrap();
        assert_eq!(role.refresh().await.unwrap()["policy"], policy);
        end(&simulator, role).await;
    }
}

#[tokio::test]
async fn a_switch_of_the_policy_adds_before_it_takes_away() {
    let (simulator, _, mut role) = start().await;
    role.apply(&json!({})).await.unwrap();
    for (policy, expect) in [
        ("inline", ["PutRolePolicy", "DetachRolePolicy"]),
        ("managed", ["AttachRolePolicy", "DeleteRolePolicy"]),
    ] {
        simulator.clear_journal();
        role.apply(&json!({"policy": policy})).await.unwrap();
        let journal = simulator.journal();
        let changes: Vec<&str> = journal
            .iter()
            .map(|call| call.operation.as_str())
            .filter(|operation| operation.ends_with("RolePolicy") && !operation.starts_with("Get"))
            .collect();
        assert_eq!(changes, expect);
        role.refresh().await.unwrap();
        assert_eq!(role.plan(&json!({"policy": policy})).await.unwrap().action, Action::NoOp);
    }
    // The half-done switch keeps the old one, and the next apply completes it.
    simulator.fault(Fault::new(Service::Iam, "PutRolePolicy", FaultKind::AccessDenied));
    role.apply(&json!({"policy": "inline"})).await.unwrap_err();
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached, [MANAGED]));
    simulator.clear_faults();
    simulator.fault(Fault::new(Service::Iam, "DetachRolePolicy", FaultKind::AccessDenied).times(1));
    role.apply(&json!({"policy": "inline"})).await.unwrap_err();
    with_role(&simulator, CONSOLE_NAME, |role| assert!(role.inline.contains_key(INLINE)));
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&json!({"policy": "inline"})).await.unwrap().action, Action::Update);
    role.apply(&json!({"policy": "inline"})).await.unwrap();
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached, [""; 0]));
    // What a request without an answer gave is this resource's too.
    simulator.fault(Fault::new(Service::Iam, "AttachRolePolicy", FaultKind::ResetAfter));
    let mut role = role.with(&Core::on_with(&simulator, &json!({"max_retries": 0})).await);
    role.apply(&json!({"policy": "managed"})).await.unwrap_err();
    simulator.clear_faults();
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached, [MANAGED]));
    end(&simulator, role).await;
}

#[tokio::test]
async fn what_others_attached_keeps_the_role() {
    let (simulator, _, mut role) = start().await;
    role.apply(&json!({})).await.unwrap();
    let foreign = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    with_role(&simulator, CONSOLE_NAME, |role| {
        role.attached.push(foreign.to_owned());
        role.inline.insert("theirs".to_owned(), "{}".to_owned());
    });
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::NoOp, "it is none of our business");
    let told = role.destroy().await.unwrap_err().to_string();
    assert!(
        told.contains(&format!("attached policy {foreign}")) && told.contains("inline policy theirs"),
        "{told}"
    );
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.attached.len(), 2, "nothing was taken away"));
    role.apply(&json!({"force_detach_policies": true})).await.unwrap();
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_role_that_is_there_is_not_taken() {
    let (simulator, core, mut role) = start().await;
    role.apply(&json!({})).await.unwrap();
    let mut second = core.resource(TYPE);
    let told = second.apply(&json!({})).await.unwrap_err();
    assert_eq!(told.paths(), ["name"]);
    assert!(
        told.to_string().contains("import {\n  to = aurorakerberos_directory_access_role.NAME\n"),
        "{told}"
    );
    assert!(second.state_json().is_null());
    end(&simulator, role).await;
}

#[tokio::test]
async fn a_lost_answer_orphans_no_role() {
    for kind in [FaultKind::ResetAfter, FaultKind::Truncated] {
        let (simulator, _, mut role) = start().await;
        simulator.fault(Fault::new(Service::Iam, "CreateRole", kind).times(1));
        role.apply(&json!({})).await.unwrap();
        assert_eq!(simulator.count("CreateRole"), 1);
        end(&simulator, role).await;
    }
}

#[tokio::test]
async fn a_failed_attachment_keeps_the_role_in_the_state() {
    let (simulator, _, mut role) = start().await;
    simulator.fault(Fault::new(Service::Iam, "AttachRolePolicy", FaultKind::AccessDenied));
    role.apply(&json!({})).await.unwrap_err();
    assert!(role.is_tainted());
    assert_eq!(role.state_json()["policy"], "none");
    simulator.clear_faults();
    role.apply(&json!({})).await.unwrap();
    end(&simulator, role).await;
}

#[tokio::test]
async fn it_is_imported() {
    let (simulator, core, mut role) = start().await;
    let config = json!({"name": "kerberos", "policy": "inline", "tags": {"team": "db"}});
    let state = role.apply(&config).await.unwrap();
    let mut by_id = core.resource(TYPE);
    assert_eq!(by_id.import_id("kerberos").await.unwrap(), with_force(&state, &Json::Bool(false)));
    assert_eq!(by_id.plan(&config).await.unwrap().action, Action::NoOp);
    let mut by_identity = core.resource(TYPE);
    by_identity.import_identity(&json!({"name": "kerberos"})).await.unwrap();
    assert_eq!(by_identity.identity_json(), role.identity_json());
    for (id, expect) in [("a/b", "must be the name of the role"), ("nobody", "non-existent")] {
        let told = core.resource(TYPE).import_id(id).await.unwrap_err().to_string();
        assert!(told.contains(expect), "{told}");
    }
    end(&simulator, by_id).await;
    assert!(role.refresh().await.unwrap().is_null(), "gone outside of its state");
}

fn with_force(state: &Json, force: &Json) -> Json {
    let mut state = state.clone();
    state["force_detach_policies"] = force.clone();
    state
}

#[tokio::test]
async fn partitions_have_policies_of_their_own() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let simulator = simulator::start().await;
        let core = Core::on_with(&simulator, &json!({"region": region})).await;
        let mut role = core.resource(TYPE);
        let state = role.apply(&json!({})).await.unwrap();
        assert!(state["arn"].as_str().unwrap().starts_with(&format!("arn:{partition}:iam::")), "{state}");
        assert!(!state["assume_role_policy"].as_str().unwrap().contains(".cn"));
        with_role(&simulator, CONSOLE_NAME, |role| {
            assert_eq!(role.attached, [MANAGED.replacen("arn:aws:", &format!("arn:{partition}:"), 1)]);
        });
        role.refresh().await.unwrap();
        assert_eq!(role.plan(&json!({})).await.unwrap().action, Action::NoOp);
        end(&simulator, role).await;
    }
}

#[tokio::test]
async fn default_tags_are_added() {
    let simulator = simulator::start().await;
    let core = Core::on_with(&simulator, &json!({"default_tags": {"tags": {"owner": "platform"}}})).await;
    let mut role = core.resource(TYPE);
    let config = json!({"tags": {"team": "db"}});
    let state = role.apply(&config).await.unwrap();
    assert_eq!(state["tags_all"], json!({"owner": "platform", "team": "db"}));
    with_role(&simulator, CONSOLE_NAME, |role| drop(role.tags.remove("owner")));
    role.refresh().await.unwrap();
    assert_eq!(role.plan(&config).await.unwrap().action, Action::Update);
    role.apply(&config).await.unwrap();
    with_role(&simulator, CONSOLE_NAME, |role| assert_eq!(role.tags.len(), 2));
    end(&simulator, role).await;
}

#[tokio::test]
async fn malformed_values_are_refused_at_once() {
    let (_simulator, core, _) = start().await;
    for (config, path) in [
        (json!({"name": "a b"}), "name"),
        (json!({"name": "x", "name_prefix": "y"}), "name_prefix"),
        (json!({"name_prefix": "a".repeat(39)}), "name_prefix"),
        (json!({"path": "service"}), "path"),
        (json!({"description": ""}), "description"),
        (json!({"permissions_boundary": "PowerUserAccess"}), "permissions_boundary"),
        (json!({"max_session_duration": 60}), "max_session_duration"),
        (json!({"policy": "none"}), "policy"),
        (json!({"tags": {"aws:owner": "me"}}), "tags"),
    ] {
        let told = core.resource(TYPE).validate(&config).await;
        assert_eq!(told.paths(), [path], "{told}");
        assert!(told.has_error());
    }
}

#[tokio::test]
async fn a_boundary_that_a_lost_request_took_away_is_away() {
    let (simulator, _, mut role) = start().await;
    let bounded = json!({"name": "kerberos", "permissions_boundary": MANAGED});
    role.apply(&bounded).await.unwrap();
    let lost = Fault::new(Service::Iam, "DeleteRolePermissionsBoundary", FaultKind::ResetAfter);
    simulator.fault(lost.times(1));
    let state = role.apply(&json!({"name": "kerberos"})).await.unwrap();
    assert!(state["permissions_boundary"].is_null(), "{state}");
    with_role(&simulator, "kerberos", |role| assert_eq!(role.boundary, None));
    assert_eq!(simulator.count("DeleteRolePermissionsBoundary"), 2);
    end(&simulator, role).await;
}
