//! From this layer's errors to the framework's failures.

use tf_provider::framework::{Failure, Refusal};

use super::error::{Error, Kind};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (hint, transient) = (error.hint(), error.transient());
        let problem = match error.kind {
            Kind::Unreadable if !error.answered_by_another() => {
                format!("AWS's answer cannot be used: {}", error.message)
            }
            Kind::Unreachable => format!("AWS could not be reached: {}", error.message),
            Kind::Interrupted => format!("The call to AWS was interrupted: {}", error.message),
            _ => error.message,
        };
        let advised = |failure: Self, hint: Option<String>| match hint {
            Some(hint) => failure.advise(hint),
            None => failure,
        };
        match error.kind {
            Kind::Stopped { .. } => return advised(Self::stopped(problem), hint),
            Kind::OutOfTime { .. } => return advised(Self::timed_out(problem), hint),
            _ => {}
        }
        let refusal = Refusal {
            service: error.service.to_owned(),
            operation: error.operation.to_owned(),
            code: error.code,
            request_id: error.request_id,
            transient,
        };
        advised(Self::refused(refusal, problem), hint)
    }
}
