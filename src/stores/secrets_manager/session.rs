//! A session of AWS with the client of Secrets Manager.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;

use crate::aws::settings::Service;
use crate::stores::session;

/// The most secrets in a BatchGetSecretValue request.
pub const BATCH: usize = 20;
/// The most entries in a ListSecrets response.
pub const PAGE: i32 = 100;

/// Secrets Manager among the services of AWS.
pub static SERVICE: Service = Service {
    name: "Secrets Manager",
    id: "Secrets Manager",
    variable: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    host: "secretsmanager",
    fips: &["us-", "ca-"],
    largest,
};

/// The largest response to an operation, in bytes: that of as many of the largest secrets as we request
/// at once, with every character escaped.
fn largest(operation: &str) -> usize {
    const KIB: usize = 1024;
    /// A byte of a text, as `\u0001`.
    const ESCAPED: usize = 6;
    /// Name and ARN, description, fifty tags, and the stages of all versions.
    const ATTRIBUTES: usize = 64 * KIB;
    /// The value of a secret (AWS Secrets Manager quotas).
    const VALUE: usize = 64 * KIB * ESCAPED;
    match operation {
        "BatchGetSecretValue" => BATCH * (VALUE + ATTRIBUTES),
        "ListSecrets" => PAGE as usize * ATTRIBUTES,
        _ => VALUE + ATTRIBUTES,
    }
}

/// A session with the client of Secrets Manager.
pub type Session = session::Session<Client>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(config: &SdkConfig) -> Self {
        Self::new(config)
    }
}
