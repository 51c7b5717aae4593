//! An error as the service words it.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Value, json};

use crate::server::Service;

/// A refusal: HTTP status, error code and, usually, a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// 400 for nearly everything that the service refuses.
    pub status: u16,
    /// The code that a client matches on, such as `ParameterNotFound`.
    pub code: Cow<'static, str>,
    /// The text for people. The service leaves it out for a parameter that it cannot find.
    pub message: Option<String>,
}

impl ApiError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: Cow::Borrowed(code),
            message: Some(message.into()),
        }
    }

    pub(crate) fn bare(code: &'static str) -> Self {
        Self {
            status: 400,
            code: Cow::Borrowed(code),
            message: None,
        }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A field that breaks a constraint of the service's model.
    pub(crate) fn constraint(field: &str, shown: &str, constraint: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value {shown} at '{field}' failed to satisfy constraint: {constraint}"
        ))
    }

    /// The account's calls are used up for the moment.
    pub(crate) fn throttled() -> Self {
        Self::new("ThrottlingException", "Rate exceeded")
    }

    /// The same, in the words of a service.
    pub(crate) fn throttled_by(service: Service) -> Self {
        match service {
            Service::DynamoDb => Self::new(
                "ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
            ),
            _ => Self::throttled(),
        }
    }

    /// The body of an answer. The services spell its field in two ways, and clients read both.
    pub(crate) fn body(&self, service: Service) -> Value {
        let field = match service {
            Service::ParameterStore | Service::DynamoDb | Service::Kms => "message",
            Service::SecretsManager | Service::Objects => "Message",
        };
        match &self.message {
            Some(message) => json!({ "__type": self.code, field: message }),
            None => json!({ "__type": self.code }),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => f.write_str(&self.code),
        }
    }
}

impl std::error::Error for ApiError {}
