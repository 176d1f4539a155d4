//! Creates that must not be sent twice.
//!
//! CreateMicrosoftAD, CreateTrust and the like have no idempotency token: a second request after a lost answer
//! makes a second object, which costs money and which no state knows. The SDK would send it. With
//! [`AtMostOnce`] it still waits out throttling and a connection that never came about, with its own backoff,
//! and gives every other failure back, so that the caller can look at what is there.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
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
