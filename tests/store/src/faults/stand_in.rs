//! Replies that have nothing to do with the store: refusals, and answers of another server.

use std::borrow::Cow;

use super::Fault;
use crate::api::ApiError;
use crate::credstash;
use crate::server::{Received, Response, Service, clock};

const PRINCIPAL: &str = "arn:aws:sts::123456789012:assumed-role/app/i-1";

pub(super) fn response(fault: &Fault, call: &Received) -> Option<Response> {
    let response = match fault {
        Fault::CaptivePortal => Response::html(
            200,
            "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in to use this network.</body></html>",
        ),
        Fault::EmptyBody => Response::ok(Vec::new()),
        Fault::EmptyObject => Response::ok(b"{}".to_vec()),
        Fault::Redirect(address) => Response::html(301, "").header("Location", address),
        Fault::Status(status) => Response::html(*status, &format!("<html>{status}</html>")),
        _ => Response::error(&refusal(fault, call)?, call.service),
    };
    Some(match fault {
        Fault::ThrottleRetryAfterMillis(millis) => response.header("x-amz-retry-after", millis),
        Fault::ThrottleRetryAfterSeconds(seconds) => response.header("Retry-After", seconds),
        _ => response,
    })
}

/// The refusal that a fault is, if it is one.
pub(super) fn refusal(fault: &Fault, call: &Received) -> Option<ApiError> {
    let of_secrets = call.service == Service::SecretsManager;
    let of_credstash = matches!(call.service, Service::DynamoDb | Service::Kms);
    let error = match fault {
        Fault::InternalServerError if of_secrets => ApiError {
            status: 500,
            ..ApiError::new(
                "InternalServiceError",
                "An error occurred on the server side.",
            )
        },
        Fault::AccessDenied if of_secrets => ApiError::new("AccessDeniedException", denied(call)),
        Fault::KmsAccessDenied if of_secrets => {
            ApiError::new("AccessDeniedException", "Access to KMS is not allowed")
        }
        Fault::AccessDenied | Fault::KmsAccessDenied if of_credstash => {
            let (action, resource) = credstash::denied(call);
            ApiError::new(
                "AccessDeniedException",
                format!(
                    "User: {PRINCIPAL} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
                ),
            )
        }
        Fault::DecryptionFailure => decryption_failure(),
        Fault::KmsUnknownKey if of_secrets => decryption_failure(),
        Fault::InternalServerError => ApiError {
            status: 500,
            ..ApiError::new("InternalServerError", "An internal error occurred.")
        },
        Fault::Throttle
        | Fault::ThrottleRetryAfterMillis(_)
        | Fault::ThrottleRetryAfterSeconds(_) => ApiError::throttled_by(call.service),
        Fault::AccessDenied => ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {PRINCIPAL} is not authorized to perform: ssm:{0} on resource: {1} because no identity-based policy allows the ssm:{0} action",
                call.operation,
                resource(call)
            ),
        ),
        Fault::KmsAccessDenied => ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {PRINCIPAL} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
            ),
        ),
        Fault::KmsUnknownKey => ApiError::new(
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)",
        ),
        Fault::ExpiredToken => ApiError::new(
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
        Fault::UnrecognizedClient => ApiError::new(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        Fault::InvalidSignature => ApiError::new(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        ),
        Fault::Validation => ApiError::validation("The request is not valid."),
        Fault::InvalidKeyId => ApiError::new("InvalidKeyId", "The query key ID isn't valid."),
        Fault::Error {
            status,
            code,
            message,
        } => ApiError {
            status: *status,
            code: Cow::Owned(code.clone()),
            message: Some(message.clone()),
        },
        _ => return None,
    };
    Some(error)
}

/// What KMS says through Secrets Manager, of a key that is disabled or does not exist.
fn decryption_failure() -> ApiError {
    ApiError::new(
        "DecryptionFailure",
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    )
}

/// What IAM says through Secrets Manager. It names the secret as the request does; listings are of no
/// resource.
fn denied(call: &Received) -> String {
    let action = &call.operation;
    let id = call.body["SecretId"]
        .as_str()
        .or(call.body["Name"].as_str());
    let resource = id.map(|id| format!(" on resource: {id}"));
    format!(
        "User: {PRINCIPAL} is not authorized to perform: secretsmanager:{action}{} because no identity-based policy allows the secretsmanager:{action} action",
        resource.unwrap_or_default()
    )
}

/// What an IAM policy would have to name.
fn resource(call: &Received) -> String {
    let name = [
        &call.body["Path"],
        &call.body["Name"],
        &call.body["Names"][0],
    ]
    .into_iter()
    .find_map(|name| name.as_str())
    .unwrap_or("*");
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let region = call.region.as_deref().unwrap_or("us-east-1");
    let name = name.trim_start_matches('/');
    format!("arn:aws:ssm:{region}:123456789012:parameter/{name}")
}

/// The refusal of a request whose date is too far from a clock that is `minutes` ahead.
pub(super) fn skewed(minutes: i64, code: &str, call: &Received) -> Option<Response> {
    const ALLOWED: i64 = 5 * 60;
    let here = clock::whole_seconds() + minutes * 60;
    let stamp = call.header("x-amz-date").unwrap_or_default();
    let there = clock::from_amz_date(stamp).unwrap_or(0);
    if (here - there).abs() <= ALLOWED {
        return None;
    }
    let now = clock::amz_date(here);
    let message = if there < here {
        let bound = clock::amz_date(here - ALLOWED);
        format!("Signature expired: {stamp} is now earlier than {bound} ({now} - 5 min.)")
    } else {
        let bound = clock::amz_date(here + ALLOWED);
        format!("Signature not yet current: {stamp} is still later than {bound} ({now} + 5 min.)")
    };
    let error = ApiError {
        status: 400,
        code: Cow::Owned(code.to_owned()),
        message: Some(message),
    };
    Some(Response::error(&error, call.service))
}
