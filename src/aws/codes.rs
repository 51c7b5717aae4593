//! Error codes that all services of AWS share.

/// Codes by which AWS services throttle (the list of the AWS SDKs).
const THROTTLING: [&str; 15] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    // Another change of the same parameter is under way (PutParameter).
    "TooManyUpdates",
    "TransactionInProgressException",
];

/// Codes of failures that are AWS's own.
const TRANSIENT: [&str; 6] = [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// Codes by which AWS refuses a caller whom it does not know.
const UNKNOWN_CALLER: [&str; 10] = [
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether a call was throttled.
pub fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

/// Whether the service failed on its own account.
pub fn is_transient(code: &str) -> bool {
    TRANSIENT.contains(&code)
}

/// Whether the caller is refused because AWS does not know them.
pub fn is_unknown_caller(code: &str) -> bool {
    UNKNOWN_CALLER.contains(&code)
}

/// Whether temporary credentials have run out.
pub fn is_expired(code: &str) -> bool {
    code.starts_with("ExpiredToken") || code == "RequestExpired"
}
