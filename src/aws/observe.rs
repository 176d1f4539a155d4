//! What every call leaves behind: one log line, one count, and our name in the User-Agent.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::request_id::RequestId as _;

/// How often AWS was called, retries counted singly.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU64>);

impl Calls {
    /// The number of requests sent since the provider was configured.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Logs each call at debug: service, operation, request id, attempts, milliseconds, outcome. Never a parameter,
/// a body or a header, for any of them can hold a secret.
#[derive(Clone, Debug)]
pub(crate) struct Observer {
    calls: Calls,
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
        Self { calls, user_agent: Arc::new(user_agent) }
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
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
