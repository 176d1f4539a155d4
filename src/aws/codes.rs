//! AWS's error codes, sorted; and the few messages that must be read because one code has two meanings.

use super::error::{Error, Kind};

/// The name that Directory Service has in errors and logs.
pub(crate) const DIRECTORY_SERVICE: &str = "Directory Service";
/// The name that RDS has in errors and logs.
pub(crate) const RDS: &str = "RDS";
/// The name that IAM has in errors and logs.
pub(crate) const IAM: &str = "IAM";
/// The name that EC2 has in errors and logs.
pub(crate) const EC2: &str = "EC2";
/// The name that STS has in errors and logs.
pub(crate) const STS: &str = "STS";

/// The name that the Resource Groups Tagging API has in errors and logs.
pub(crate) const TAGGING: &str = "Resource Groups Tagging API";

/// The prefix of the service's actions in an IAM policy.
pub(crate) fn iam_prefix(service: &str) -> &'static str {
    match service {
        RDS => "rds",
        IAM => "iam",
        EC2 => "ec2",
        STS => "sts",
        TAGGING => "tag",
        _ => "ds",
    }
}

/// Sorts an error answer. The query protocols leave out the suffix that the models have (`DBInstanceNotFound`
/// for `DBInstanceNotFoundFault`), so both spellings stand here.
pub(crate) fn kind(code: Option<&str>, message: &str, status: u16) -> Kind {
    match code.unwrap_or_default() {
        "EntityDoesNotExistException"
        | "DirectoryDoesNotExistException"
        | "DBClusterNotFoundFault"
        | "DBClusterNotFound"
        | "DBInstanceNotFoundFault"
        | "DBInstanceNotFound"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "InvalidSubnetID.NotFound" => Kind::NotFound,
        "EntityAlreadyExistsException"
        | "EntityAlreadyExists"
        | "DirectoryAlreadySharedException"
        | "DirectoryInDesiredStateException" => Kind::AlreadyExists,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "InsufficientPermissionsException" => Kind::AccessDenied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "RequestInTheFuture"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch" => Kind::Credentials,
        // The list of the AWS SDKs' retry specification.
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "SlowDown"
        | "EC2ThrottledException" => Kind::Throttled,
        "InvalidDBClusterStateFault"
        | "InvalidDBClusterState"
        | "InvalidDBInstanceStateFault"
        | "InvalidDBInstanceState"
        | "DeleteConflict"
        | "DeleteConflictException"
        | "ConcurrentModification"
        | "ConcurrentModificationException"
        | "EntityTemporarilyUnmodifiable"
        | "DirectoryUnavailableException" => Kind::Conflict,
        "DirectoryLimitExceededException"
        | "DomainControllerLimitExceededException"
        | "ShareLimitExceededException"
        | "SnapshotLimitExceededException"
        | "LimitExceeded"
        | "LimitExceededException" => Kind::Limit,
        // RDS reports a missing permission of the caller to pass a role, and the like, without a code of its own.
        _ if status == 403 && code.is_some() => Kind::AccessDenied,
        _ if status >= 500 => Kind::Server,
        _ if status == 429 || message == "Rate exceeded" => Kind::Throttled,
        _ => Kind::Refused,
    }
}

/// DeleteDirectory answers `ClientException` for every fault of the caller; this one ends when the clusters
/// and shares that still use the directory have let go of it.
pub fn blocked_by_authorized_applications(error: &Error) -> bool {
    error.code.as_deref() == Some("ClientException") && error.message.contains("authorized applications")
}

/// RDS answers with a general validation code while IAM's role has not reached it yet. IAM is eventually
/// consistent, so this ends by itself when the role is right, and never when it is not.
pub fn role_not_visible_yet(error: &Error) -> bool {
    matches!(error.code.as_deref(), Some("InvalidParameterCombination" | "InvalidParameterValue"))
        && (error.message.contains("IAM role provided is not valid")
            || error.message.contains("IAM role ARN value is invalid"))
}

/// RDS answers `InvalidDBInstanceState` both for an instance that is busy for a while and for one that can
/// never be rebooted; this is the former.
pub fn instance_is_busy(error: &Error) -> bool {
    matches!(error.code.as_deref(), Some("InvalidDBInstanceState" | "InvalidDBInstanceStateFault"))
        && error.message.contains("in-progress management operation")
}

/// AWS answers with the code of a wrong signature when the signature is right but its time is not.
pub fn is_clock_skew(error: &Error) -> bool {
    match error.code.as_deref() {
        Some("RequestTimeTooSkewed" | "RequestInTheFuture") => true,
        Some("SignatureDoesNotMatch" | "InvalidSignatureException" | "AuthFailure") => {
            error.message.contains("Signature expired") || error.message.contains("Signature not yet current")
        }
        _ => false,
    }
}

/// The session token is too old.
pub fn is_expired(error: &Error) -> bool {
    matches!(error.code.as_deref(), Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired"))
        || (error.kind == Kind::Credentials && error.code.is_none() && error.message.contains("expired"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> Error {
        Error {
            service: RDS,
            operation: "ModifyDBCluster",
            kind: kind(Some(code), message, 400),
            code: Some(code.to_owned()),
            message: message.to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn codes_with_two_meanings() {
        fn check(decide: fn(&Error) -> bool, code: &str, message: &str, expect: bool) {
            assert_eq!(decide(&error(code, message)), expect, "{code}: {message}");
        }
        let blocked = "Cannot delete the directory because it still has authorized applications. Additional directory details: [d-1234567890].";
        check(blocked_by_authorized_applications, "ClientException", blocked, true);
        check(blocked_by_authorized_applications, "ClientException", "Invalid directory ID.", false);
        check(blocked_by_authorized_applications, "ServiceException", blocked, false);

        let role =
            "IAM role provided is not valid, please check that the role exists and has the correct policies";
        let arn = "IAM role ARN value is invalid or does not include the required permissions for: DIRECTORY_SERVICE";
        check(role_not_visible_yet, "InvalidParameterCombination", role, true);
        check(role_not_visible_yet, "InvalidParameterValue", arn, true);
        check(role_not_visible_yet, "InvalidParameterValue", "Invalid DB cluster identifier", false);
        check(role_not_visible_yet, "AccessDenied", role, false);

        let busy = "Instance cannot currently reboot due to an in-progress management operation.";
        check(instance_is_busy, "InvalidDBInstanceState", busy, true);
        check(instance_is_busy, "InvalidDBInstanceState", "Instance is in state deleting.", false);
        check(instance_is_busy, "InvalidParameterValue", busy, false);

        let skew = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z";
        check(is_clock_skew, "SignatureDoesNotMatch", skew, true);
        check(is_clock_skew, "InvalidSignatureException", "Signature not yet current: x", true);
        check(
            is_clock_skew,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match",
            false,
        );
    }

    #[test]
    fn support_is_given_a_request_id_only_where_there_is_one() {
        let check = |id: Option<&str>, expect: &str| {
            let mut failed = error("InternalFailure", "");
            failed.kind = Kind::Server;
            failed.request_id = id.map(str::to_owned);
            assert!(failed.hint().unwrap().ends_with(expect), "{id:?}");
        };
        check(Some("r-1"), "if it stays, give the request id to AWS Support.");
        check(None, "if it stays, ask AWS Support.");
    }

    #[test]
    fn kinds() {
        fn check(code: &str, status: u16, expect: Kind) {
            let code = (!code.is_empty()).then_some(code);
            assert_eq!(kind(code, "", status), expect, "{code:?} {status}");
        }
        check("EntityDoesNotExistException", 400, Kind::NotFound);
        check("NoSuchEntity", 404, Kind::NotFound);
        check("DBInstanceNotFound", 404, Kind::NotFound);
        check("ClientException", 400, Kind::Refused);
        check("ServiceException", 500, Kind::Server);
        check("RequestLimitExceeded", 503, Kind::Throttled);
        check("ThrottlingException", 400, Kind::Throttled);
        check("ExpiredToken", 403, Kind::Credentials);
        check("SomethingNew", 403, Kind::AccessDenied);
        check("RequestInTheFuture", 403, Kind::Credentials);
        // A proxy's page.
        check("", 403, Kind::Refused);
        check("InvalidDBClusterStateFault", 400, Kind::Conflict);
        check("DirectoryLimitExceededException", 400, Kind::Limit);
        check("", 502, Kind::Server);
        check("", 429, Kind::Throttled);
        check("", 400, Kind::Refused);
    }
}
