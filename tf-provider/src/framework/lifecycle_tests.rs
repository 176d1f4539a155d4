//! Tests of the lifecycle with a resource that does each thing wrong on request. What goes right is tested from
//! outside, with the toy provider.

use super::super::attribute_values::Secret;
use super::super::context::{Apply, detached};
use super::super::model::Model as _;
use super::super::provider::{Configuration, Configured, Registry};
use super::super::resource::{DefaultTimeouts, Resource};
use super::*;
use crate::framework::plan::empty_object;

crate::model! {
    /// Nothing to set.
    struct Settings / SettingsView {}
}

crate::model! {
    /// Something that misbehaves.
    struct Odd / OddView {
        /// Which misbehaviour.
        pub name: String => required().replace(),
        /// Identifier.
        pub id: String => computed(),
        /// Secret, of a type that cannot be null.
        pub secret_wo: Secret => required().write_only(),
    }
}

crate::model! {
    /// What identifies it.
    struct OddIdentity / OddIdentityView {
        /// Identifier.
        pub id: Option<String> => required(),
    }
}

struct Odds;

impl Resource for Odds {
    type Client = ();
    type Model = Odd;
    type Identity = OddIdentity;
    const NAME: &'static str = "odd";
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(1, 1, 1);

    fn label(&self, odd: &Odd) -> String {
        assert_ne!(odd.name, "unlabelled");
        odd.name.clone()
    }

    fn identity(&self, (): &(), odd: &Odd) -> OddIdentity {
        assert_ne!(odd.name, "unidentified");
        OddIdentity { id: Some(odd.id.clone()).filter(|_| odd.name != "anonymous") }
    }

    fn parse_import_id(&self, id: &str) -> Result<OddIdentity, String> {
        assert_ne!(id, "panic");
        Ok(OddIdentity { id: Some(id.to_owned()) })
    }

    fn imported(&self, identity: OddIdentity) -> Result<Odd, Failure> {
        Ok(Odd { id: identity.id.unwrap_or_default(), ..Odd::default() })
    }

    async fn create(&self, (): &(), odd: Odd, _: &Apply<Odd>) -> Result<Odd, Failure> {
        // Code that is handed no context finds the operation that it is part of, and only there.
        assert_eq!(Context::current().map(|context| context.verb()), Some(Verb::Create));
        assert!(detached(async { Context::current() }).await.is_none());
        Ok(Odd { id: "o-1".to_owned(), ..odd })
    }

    async fn read(&self, (): &(), odd: Odd, _: &Context) -> Result<Option<Odd>, Failure> {
        assert!(Context::current().is_none());
        Ok(Some(odd))
    }

    async fn update(&self, (): &(), _: Odd, odd: Odd, _: &Apply<Odd>) -> Result<Odd, Failure> {
        Ok(Odd { id: "o-2".to_owned(), ..odd })
    }

    async fn delete(&self, (): &(), _: Odd, _: &Apply<Odd>) -> Result<(), Failure> {
        Ok(())
    }
}

struct OddProvider;

impl Provider for OddProvider {
    type Config = Settings;
    type Client = ();
    const NAME: &'static str = "strange";
    const VERSION: &'static str = "0.0.0";
    const ADDRESS: &'static str = "registry.terraform.io/example/strange";
    const BINARY: &'static str = "terraform-provider-strange";
    const LOG_TARGETS: &'static [&'static str] = &[];

    async fn configure(&self, _: Configuration<Settings>) -> Result<Configured<()>, Failure> {
        Ok(Configured::Ready(()))
    }

    fn offer(&self, registry: &mut Registry<()>) {
        registry.resource(Odds);
    }
}

async fn server() -> Server<OddProvider> {
    let server = Server::new(OddProvider);
    assert!(server.configure(&Value::object::<&str>([]), String::new()).await.is_empty());
    server
}

fn odd(name: &str, id: Value) -> Value {
    let Value::Map(mut members) = empty_object(&Odd::attributes()) else { unreachable!() };
    members.insert("name".to_owned(), name.into());
    members.insert("id".to_owned(), id);
    Value::Map(members)
}

fn identity(id: &str) -> Value {
    Value::object([("id", id.into())])
}

fn told(diagnostics: &Diagnostics) -> String {
    let texts = diagnostics.iter().map(|diagnostic| diagnostic.detail.lines().next().unwrap_or_default());
    texts.collect::<Vec<_>>().join(" | ")
}

async fn create(name: &str, old: Option<Value>) -> ObjectResponse {
    let server = server().await;
    let kind = server.resource("strange_odd").unwrap();
    let request = ApplyRequest {
        config: odd(name, Value::Null),
        prior: Value::Null,
        planned: odd(name, Value::UNKNOWN),
        private: Private::default(),
        identity: old,
    };
    server.apply(kind, request).await
}

#[tokio::test]
async fn whatever_is_wrong_after_a_create_its_state_is_kept() {
    for (name, expect) in [
        ("fine", ""),
        ("unlabelled", ""),
        ("unidentified", "The provider panicked."),
        ("anonymous", "Missing resource identity: after the create, the object has none."),
    ] {
        let made = create(name, None).await;
        assert_eq!(told(&made.diagnostics), expect, "{name}");
        assert_eq!(made.state.to_json(), odd(name, "o-1".into()).to_json(), "{name}");
    }
}

#[tokio::test]
async fn a_replacement_gets_an_identity_of_its_own() {
    let server = server().await;
    let kind = server.resource("strange_odd").unwrap();
    let config = odd("new", Value::Null);
    // How core plans the second half of a replacement: without a state, but with the old object's identity.
    let request = PlanRequest {
        config: config.clone(),
        prior: Value::Null,
        proposed: config,
        private: Private::default(),
        identity: Some(identity("o-0")),
    };
    assert_eq!(server.plan(kind, request).await.identity, None);
    let made = create("new", Some(identity("o-0"))).await;
    assert_eq!((told(&made.diagnostics).as_str(), made.identity), ("", Some(identity("o-1"))));
}

#[tokio::test]
async fn an_update_must_not_change_the_identity() {
    let server = server().await;
    let kind = server.resource("strange_odd").unwrap();
    let request = ApplyRequest {
        config: odd("same", Value::Null),
        prior: odd("same", "o-1".into()),
        planned: odd("same", Value::UNKNOWN),
        private: Private::default(),
        identity: Some(identity("o-1")),
    };
    let updated = server.apply(kind, request).await;
    assert_eq!(told(&updated.diagnostics), "The object's identity changed, which no object's ever does.");
    assert_eq!(updated.state.member("id").as_str(), Some("o-2"));
}

#[tokio::test]
async fn an_import_holds_no_write_only_value_and_survives_a_panic() {
    let server = server().await;
    let kind = server.resource("strange_odd").unwrap();
    let imported = server.import(kind, ImportTarget::Id("o-1".to_owned()));
    assert!(imported.state.member("secret_wo").is_null() && imported.diagnostics.is_empty());
    let read = server.read(kind, imported.state, imported.private, imported.identity).await;
    assert!(read.private == Private::default() && read.identity == Some(identity("o-1")));
    let failed = server.import(kind, ImportTarget::Id("panic".to_owned()));
    assert_eq!(told(&failed.diagnostics), "The provider panicked.");
}

#[tokio::test]
async fn what_is_offered_twice_is_a_problem() {
    let mut server = server().await;
    assert_eq!(server.problems(), [""; 0]);
    server.registry.resource(Odds);
    assert_eq!(server.problems(), ["resource \"odd\": offered twice"]);
}
