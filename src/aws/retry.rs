//! Creates that must not be sent twice.
//!
//! CreateMicrosoftAD, CreateTrust and the like have no idempotency token: a second request after a lost answer
//! makes a second object, which costs money and which no state knows. The SDK would send it. With
//! [`AtMostOnce`] it still waits out throttling and a connection that never came about, with its own backoff,
//! and gives every other failure back, so that the caller can look at what is there.
//!
//! While it waits like that, nothing is under way that could make an object: a [`Flight`] tells, so that the wait can be
//! ended, and a request that AWS may have is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
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
        let had_no_effect = if let Some(connection) = error.as_connector_error() {
            never_connected(connection)
        } else {
            error.is_operation_error()
                && (throttled || ctx.response().is_some_and(|answer| answer.status().is_client_error()))
        };
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

/// Where the attempts of a request are: neither of these before the first one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flight(Arc<AtomicU8>);

const IN_THE_AIR: u8 = 1;
const TURNED_BACK: u8 = 2;

impl Flight {
    /// Whether AWS may have the request, or have carried it out.
    pub(crate) fn is_in_the_air(&self) -> bool {
        self.0.load(Ordering::Relaxed) == IN_THE_AIR
    }

    /// Whether the last attempt failed.
    pub(crate) fn has_turned_back(&self) -> bool {
        self.0.load(Ordering::Relaxed) == TURNED_BACK
    }

    pub(crate) fn take_off(&self) {
        self.0.store(IN_THE_AIR, Ordering::Relaxed);
    }

    pub(crate) fn turn_back(&self) {
        self.0.store(TURNED_BACK, Ordering::Relaxed);
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
        if matches!(context.output_or_error(), Some(Err(_))) {
            self.turn_back();
        }
        Ok(())
    }
}
