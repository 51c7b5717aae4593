//! Error codes that all services of AWS share.

/// Codes of throttled calls (the list of the AWS SDKs).
pub const THROTTLING: [&str; 15] = [
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
    // Another change of the same parameter is in progress (PutParameter).
    "TooManyUpdates",
    "TransactionInProgressException",
];

/// Codes of failures of the service itself.
pub const TRANSIENT: [&str; 7] = [
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    // Secrets Manager.
    "InternalServiceError",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// Codes for rejected credentials.
pub const BAD_CREDENTIALS: [&str; 10] = [
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

/// Whether temporary credentials have expired.
pub fn is_expired(code: &str) -> bool {
    code.starts_with("ExpiredToken") || code == "RequestExpired"
}

/// Whether what has this code may pass: throttling, or a failure of the service itself.
pub fn may_pass(code: &str) -> bool {
    THROTTLING.contains(&code) || TRANSIENT.contains(&code)
}
