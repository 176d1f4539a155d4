//! Creates that must not be sent twice.
//!
//! CreateMicrosoftAD, CreateTrust and the like have no idempotency token: a second request after a lost answer
//! makes a second object, which costs money and which no state knows. The SDK would send it. With
//! [`AtMostOnce`] it still waits out throttling and a connection that never came about, with its own backoff,
//! and gives every other failure back, so that the caller can look at what is there.
//!
//! While it waits like that, nothing is under way that could make an object: a [`Flight`] tells, so that the wait can be
//! ended, and a request that AWS may have is not. It also tells of a request that may be sent again whether the refusal of
//! a later attempt says anything of an earlier one, whose answer was lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, Error, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;

use super::error::never_connected;

/// Forbids a retry wherever the first request may have taken effect.
#[derive(Debug)]
pub(crate) struct AtMostOnce;

impl ClassifyRetry for AtMostOnce {
    fn classify_retry(&self, ctx: &InterceptorContext) -> RetryAction {
        self.classify_retry_v2(ctx, &RetryAction::NoActionIndicated)
    }

    fn classify_retry_v2(&self, ctx: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        let throttled = matches!(
            previous,
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        );
        let Some(Err(error)) = ctx.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let had_no_effect = had_no_effect(error, ctx.response()) || (throttled && error.is_operation_error());
        if had_no_effect { RetryAction::NoActionIndicated } else { RetryAction::RetryForbidden }
    }

    fn name(&self) -> &'static str {
        "at most once"
    }

    // After every classifier of the SDK, whose verdict on throttling is needed here.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Whether it is certain that a failed attempt changed nothing: AWS never had it, or refused it.
fn had_no_effect(error: &OrchestratorError<Error>, response: Option<&HttpResponse>) -> bool {
    if let Some(connection) = error.as_connector_error() {
        never_connected(connection)
    } else {
        error.is_operation_error() && response.is_some_and(|answer| answer.status().is_client_error())
    }
}

/// Where the attempts of a request are, and whether one of them may have had an effect that no answer tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flight(Arc<Attempts>);

#[derive(Debug, Default)]
struct Attempts {
    /// Neither of these before the first attempt.
    latest: AtomicU8,
    is_lost: AtomicBool,
}

const IN_THE_AIR: u8 = 1;
const TURNED_BACK: u8 = 2;

impl Flight {
    /// Whether AWS may have the request, or have carried it out.
    pub(crate) fn is_in_the_air(&self) -> bool {
        self.0.latest.load(Ordering::Relaxed) == IN_THE_AIR
    }

    /// Whether the last attempt failed.
    pub(crate) fn has_turned_back(&self) -> bool {
        self.0.latest.load(Ordering::Relaxed) == TURNED_BACK
    }

    /// Whether an attempt may have had an effect, asked of a request that was given up or refused in the end.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_in_the_air() || self.0.is_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn take_off(&self) {
        // An attempt that never ended was given up by whoever waited for it.
        if self.0.latest.swap(IN_THE_AIR, Ordering::Relaxed) == IN_THE_AIR {
            self.0.is_lost.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn turn_back(&self) {
        self.0.latest.store(TURNED_BACK, Ordering::Relaxed);
    }
}

#[dyn_dispatch_hint]
impl Intercept for Flight {
    fn name(&self) -> &'static str {
        "Flight"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.take_off();
        Ok(())
    }

    // A success stays in the air until the caller has it.
    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            // One that failed before it was sent, for want of credentials, was none.
            if self.is_in_the_air() && !had_no_effect(error, context.response()) {
                self.0.is_lost.store(true, Ordering::Relaxed);
            }
            self.turn_back();
        }
        Ok(())
    }
}
