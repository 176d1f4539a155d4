//! What every answer has in common: diagnostics, panic safety, a span for its log lines.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::convert;
use super::proto;
use crate::framework::Diagnostic;

/// An answer that can say what went wrong.
pub(super) trait Answer: Sized {
    /// The answer that holds nothing but that message.
    fn failed(diagnostic: Diagnostic) -> Self;
}

macro_rules! answers {
    ($($module:ident),+ $(,)?) => {
        $(impl Answer for proto::$module::Response {
            #[allow(clippy::needless_update, reason = "some answers hold nothing but diagnostics")]
            fn failed(diagnostic: Diagnostic) -> Self {
                Self { diagnostics: vec![convert::diagnostic(diagnostic)], ..Self::default() }
            }
        })+
    };
}

answers!(
    apply_resource_change,
    close_ephemeral_resource,
    configure_provider,
    configure_state_store,
    delete_state,
    generate_resource_config,
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    get_states,
    import_resource_state,
    lock_state,
    move_resource_state,
    open_ephemeral_resource,
    plan_action,
    plan_resource_change,
    read_data_source,
    read_resource,
    renew_ephemeral_resource,
    unlock_state,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_action_config,
    validate_data_resource_config,
    validate_ephemeral_resource_config,
    validate_list_resource_config,
    validate_provider_config,
    validate_resource_config,
    validate_state_store,
    write_state_bytes,
);

impl Answer for proto::call_function::Response {
    fn failed(diagnostic: Diagnostic) -> Self {
        let text = format!("{}: {}", diagnostic.summary, diagnostic.detail);
        Self { result: None, error: Some(proto::FunctionError { text, function_argument: None }) }
    }
}

/// Runs one call in a span of its own. An error is an answer too, and so is a panic: to Terraform a broken
/// connection would mean a lost state.
pub(super) async fn answer<A: Answer>(
    address: &'static str,
    rpc: &'static str,
    subject: &str,
    work: impl Future<Output = Result<A, Diagnostic>>,
) -> Result<tonic::Response<A>, tonic::Status> {
    // At error level, so that no filter takes the fields from the lines within.
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = format!("{:032x}", fastrand::u128(..)),
        tf_proto_version = "6.11",
        tf_provider_addr = address,
        tf_resource_type = subject,
    );
    async {
        tracing::trace!("received request");
        let started = Instant::now();
        let result = AssertUnwindSafe(work).catch_unwind().await;
        let answer = match result {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostic)) => {
                tracing::error!(diagnostic_summary = diagnostic.summary, "the call failed");
                A::failed(diagnostic)
            }
            Err(_) => A::failed(panicked(rpc)),
        };
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(tf_req_duration_ms = elapsed, "served request");
        Ok(tonic::Response::new(answer))
    }
    .instrument(span)
    .await
}

fn panicked(rpc: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The provider panicked in {rpc}"),
        "This is a defect of the provider. Set TF_LOG=ERROR to see where, and please report it to its developers.",
    )
}
