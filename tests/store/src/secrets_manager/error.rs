//! The refusals, in the words of the service.

use crate::api::ApiError;

pub(super) fn not_found() -> ApiError {
    ApiError::new(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
}

/// `kind` is `staging label` or `VersionId`.
pub(super) fn no_value(kind: &str, selector: &str) -> ApiError {
    ApiError::new(
        "ResourceNotFoundException",
        format!("Secrets Manager can't find the specified secret value for {kind}: {selector}"),
    )
}

pub(super) fn deleted() -> ApiError {
    invalid_request(
        "You can't perform this operation on the secret because it was marked for deletion.",
    )
}

pub(super) fn invalid_request(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidRequestException", message)
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

pub(super) fn invalid_name() -> ApiError {
    ApiError::validation(
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    )
}

pub(super) fn exists(name: &str) -> ApiError {
    ApiError::new(
        "ResourceExistsException",
        format!("The operation failed because the secret {name} already exists."),
    )
}

pub(super) fn token_in_use(token: &str, arn: &str) -> ApiError {
    ApiError::new(
        "ResourceExistsException",
        format!(
            "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
        ),
    )
}

/// As for an ARN of an account that does not share the secret.
pub(super) fn not_shared(arn: &str) -> ApiError {
    ApiError::new(
        "AccessDeniedException",
        format!(
            "User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn} because no resource-based policy allows the secretsmanager:GetSecretValue action"
        ),
    )
}
