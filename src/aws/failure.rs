//! From this layer's errors to the framework's failures.

use tf_provider::framework::{Failure, Refusal};

use super::error::{Error, Kind};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let hint = error.hint();
        let problem = match error.kind {
            Kind::Unreadable => format!("AWS's answer cannot be used: {}", error.message),
            Kind::Unreachable => format!("AWS could not be reached: {}", error.message),
            Kind::Interrupted => format!("The call to AWS was interrupted: {}", error.message),
            _ => error.message,
        };
        let refusal = Refusal {
            service: error.service.to_owned(),
            operation: error.operation.to_owned(),
            code: error.code,
            request_id: error.request_id,
        };
        let failure = Self::refused(refusal, problem);
        match hint {
            Some(hint) => failure.advise(hint),
            None => failure,
        }
    }
}
