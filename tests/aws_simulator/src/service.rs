//! The six services: their names, protocols and common errors.

use crate::error::ApiError;
use crate::state::Caller;

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Directory Service.
    Ds,
    /// Relational Database Service.
    Rds,
    /// Identity and Access Management.
    Iam,
    /// Elastic Compute Cloud.
    Ec2,
    /// Security Token Service.
    Sts,
    /// Resource Groups Tagging API.
    Tagging,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 6] = [Self::Ds, Self::Rds, Self::Iam, Self::Ec2, Self::Sts, Self::Tagging];

    /// Its name in signatures and policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ds => "ds",
            Self::Rds => "rds",
            Self::Iam => "iam",
            Self::Ec2 => "ec2",
            Self::Sts => "sts",
            Self::Tagging => "tagging",
        }
    }

    /// The service of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The service of that API version, as requests of the query protocols carry it.
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.version() == version)
    }

    /// Its API version.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ds => "20150416",
            Self::Rds => "2014-10-31",
            Self::Iam => "2010-05-08",
            Self::Ec2 => "2016-11-15",
            Self::Sts => "2011-06-15",
            Self::Tagging => "20170126",
        }
    }

    /// Whether it speaks JSON 1.1; the others speak the query protocols.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Ds | Self::Tagging)
    }

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Ds | Self::Tagging => "",
            Self::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    pub(crate) fn unknown_operation(self, operation: &str) -> ApiError {
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("UnknownOperationException", ""),
            Self::Ec2 => ApiError::bad(
                "InvalidAction",
                format!("The action {operation} is not valid for this web service."),
            ),
            _ => ApiError::bad(
                "InvalidAction",
                format!("Could not find operation {operation} for version {}", self.version()),
            ),
        }
    }

    pub(crate) fn unsigned(self) -> ApiError {
        match self {
            Self::Ds | Self::Tagging => {
                ApiError::bad("MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            _ => ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
        }
    }

    pub(crate) fn unknown_key(self) -> ApiError {
        let message = "The security token included in the request is invalid.";
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("UnrecognizedClientException", message),
            Self::Ec2 => ApiError::new(
                401,
                "AuthFailure",
                "AWS was not able to validate the provided access credentials",
            ),
            _ => ApiError::new(403, "InvalidClientTokenId", message),
        }
    }

    pub(crate) fn wrong_signature(self) -> ApiError {
        let message = "The request signature we calculated does not match the signature you provided. Check your AWS \
                       Secret Access Key and signing method. Consult the service documentation for details.";
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("InvalidSignatureException", message),
            _ => ApiError::new(403, "SignatureDoesNotMatch", message),
        }
    }

    /// A signature too old, or too new: `compared` says which.
    pub(crate) fn skewed(self, compared: &str) -> ApiError {
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("InvalidSignatureException", compared),
            Self::Ec2 => ApiError::bad("RequestExpired", "Request has expired."),
            _ => ApiError::new(403, "SignatureDoesNotMatch", compared),
        }
    }

    pub(crate) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("ExpiredTokenException", message),
            Self::Ec2 => ApiError::bad("RequestExpired", "Request has expired."),
            _ => ApiError::new(403, "ExpiredToken", message),
        }
    }

    pub(crate) fn throttled(self) -> ApiError {
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("ThrottlingException", "Rate exceeded"),
            Self::Ec2 => ApiError::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            _ => ApiError::bad("Throttling", "Rate exceeded"),
        }
    }

    pub(crate) fn internal_failure(self) -> ApiError {
        match self {
            Self::Ec2 => ApiError::new(500, "InternalError", "An internal error has occurred"),
            _ => ApiError::new(
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        }
    }

    pub(crate) fn unavailable(self) -> ApiError {
        let message = "The request has failed due to a temporary failure of the server.";
        match self {
            Self::Ds | Self::Tagging => ApiError::new(503, "ServiceUnavailableException", message),
            Self::Ec2 => {
                ApiError::new(503, "Unavailable", "The server is overloaded and can't handle the request.")
            }
            _ => ApiError::new(503, "ServiceUnavailable", message),
        }
    }

    pub(crate) fn denied(self, caller: &Caller, operation: &str) -> ApiError {
        let action = format!("{}:{operation}", self.name());
        let message = format!(
            "User: {} is not authorized to perform: {action} because no identity-based policy allows the {action} action",
            caller.arn
        );
        match self {
            Self::Ds | Self::Tagging => ApiError::bad("AccessDeniedException", message),
            Self::Ec2 => ApiError::new(
                403,
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation. {message}"),
            ),
            _ => ApiError::new(403, "AccessDenied", message),
        }
    }
}
