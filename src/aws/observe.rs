//! What every call leaves behind: one log line, one count, AWS's time, and our name in the User-Agent.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::Format;
use aws_types::request_id::RequestId as _;
use jiff::{SignedDuration, Timestamp};

/// How often AWS was called, retries counted singly.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU64>);

impl Calls {
    /// The number of requests sent since the provider was configured.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// AWS's clock, as its answers tell it: within a second and the answer's time on the way.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The present moment by AWS's clock; by this machine's before AWS has answered.
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        Timestamp::now().checked_add(ahead).unwrap_or_else(|_| Timestamp::now())
    }

    /// Takes in the `Date` header of an answer.
    fn learn(&self, date: &str) {
        if let Ok(date) = DateTime::from_str(date, Format::HttpDate) {
            self.0.store(date.secs() - Timestamp::now().as_second(), Ordering::Relaxed);
        }
    }
}

/// Logs each call at debug: service, operation, request id, attempts, milliseconds, outcome. Never a parameter,
/// a body or a header, for any of them can hold a secret.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    calls: Calls,
    clock: Clock,
    user_agent: Arc<UserAgent>,
}

/// What stands before and after the SDK's own words in the User-Agent header.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserAgent {
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Observer {
    pub(crate) fn new(calls: Calls, user_agent: UserAgent) -> Self {
        Self { calls, clock: Clock::default(), user_agent: Arc::new(user_agent) }
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }
}

#[derive(Debug)]
struct Call {
    started: Instant,
    attempts: AtomicU64,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Observer {
    fn name(&self) -> &'static str {
        "Observer"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Call { started: Instant::now(), attempts: AtomicU64::new(0) });
        Ok(())
    }

    // The User-Agent is not part of the signature, so it may still be written here, after the SDK has.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.calls.0.fetch_add(1, Ordering::Relaxed);
        if let Some(call) = cfg.load::<Call>() {
            call.attempts.fetch_add(1, Ordering::Relaxed);
        }
        let headers = context.request_mut().headers_mut();
        let sdk = headers.get("user-agent").unwrap_or_default();
        let whole = [self.user_agent.before.as_str(), sdk, self.user_agent.after.as_str()];
        let whole: Vec<_> = whole.into_iter().filter(|part| !part.is_empty()).collect();
        headers.try_insert("user-agent", Cow::Owned(whole.join(" ")))?;
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) =
            cfg.load::<Metadata>().map_or(("?", "?"), |metadata| (metadata.service(), metadata.name()));
        let (milliseconds, attempts) = cfg.load::<Call>().map_or((0, 0), |call| {
            (call.started.elapsed().as_millis(), call.attempts.load(Ordering::Relaxed))
        });
        if let Some(date) = context.response().and_then(|answer| answer.headers().get("date")) {
            self.clock.learn(date);
        }
        let status = context.response().map_or(0, |answer| answer.status().as_u16());
        let request_id =
            context.response().and_then(|answer| answer.headers().request_id()).unwrap_or("none");
        let outcome = match context.output_or_error() {
            Some(Ok(_)) => "done",
            Some(Err(error)) if error.is_operation_error() => "refused",
            Some(Err(error)) if error.is_timeout_error() => "timed out",
            Some(Err(error)) if error.is_connector_error() => "not sent or not answered",
            Some(Err(_)) => "failed",
            None => "given up",
        };
        tracing::debug!(service, operation, outcome, status, request_id, attempts, milliseconds, "AWS call");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fmt::Debug;
    use std::sync::Mutex;

    use tracing::field::{Field, Visit};
    use tracing::span;

    use super::super::testing::{Double, json_error, ok};
    use super::super::{CreateDirectory, Edition, Settings, Tags, configure};

    thread_local! {
        /// Whether the events of this thread are kept.
        static WATCHED: Cell<bool> = const { Cell::new(false) };
    }

    /// Keeps every event of every target as text, of watched threads. It is the whole process's subscriber: with one for a
    /// scope, another test that comes first to a line of code would have it cached as disabled.
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<Mutex<Vec<String>>>);

    struct Text(String);

    impl Visit for Text {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            use std::fmt::Write as _;
            let _ = write!(self.0, " {}={value:?}", field.name());
        }
    }

    impl tracing::Subscriber for Lines {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            if !WATCHED.get() {
                return;
            }
            let mut text = Text(event.metadata().target().to_owned());
            event.record(&mut text);
            self.0.lock().unwrap().push(text.0);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    #[tokio::test]
    async fn each_call_is_one_line_without_parameters() {
        let double = Double::start(|request| match request.call {
            1 => json_error(400, "ThrottlingException", "Rate exceeded"),
            2 => ok(r#"{"DirectoryId":"d-mark"}"#),
            _ => json_error(400, "ClientException", "answermark"),
        })
        .await;
        let settings = Settings {
            secret_key: Some("secretkeymark".into()),
            http_proxy: Some("http://user:proxymark@127.0.0.1:1".into()),
            skip_credentials_validation: true,
            skip_requesting_account_id: true,
            ..double.settings()
        };
        let aws = configure(&settings).await.unwrap();
        let input = CreateDirectory {
            name: "namemark".to_owned(),
            short_name: None,
            description: None,
            edition: Edition::Standard,
            password: "passwordmark".into(),
            vpc_id: "vpc-mark".to_owned(),
            subnet_ids: Vec::new(),
            tags: Tags::new(),
        };
        let lines = Lines::default();
        tracing::subscriber::set_global_default(lines.clone()).unwrap();
        WATCHED.set(true);
        aws.ds().create_directory(&input).await.unwrap();
        aws.ds().create_directory(&input).await.unwrap_err();
        WATCHED.set(false);
        let all = lines.0.lock().unwrap();
        let ours: Vec<&String> = all.iter().filter(|line| line.starts_with("aurorakerberos::")).collect();
        let [done, refused] = ours.as_slice() else { panic!("{ours:#?}") };
        assert!(
            done.contains(r#"service="Directory Service" operation="CreateMicrosoftAD" outcome="done" status=200 request_id="r-1" attempts=2"#),
            "{done}"
        );
        assert!(refused.contains(r#"outcome="refused" status=400 request_id="r-1" attempts=1"#), "{refused}");
        assert!(!ours.iter().any(|line| line.contains("mark")), "{ours:#?}");
        // At trace the SDK writes whole answers, but at least no password and no secret key of ours.
        let leaks = |secret: &str| all.iter().any(|line| line.contains(secret));
        assert!(leaks("answermark"), "the SDK's own lines are not here");
        assert!(!leaks("passwordmark") && !leaks("proxymark") && !leaks("secretkeymark"));
    }
}
