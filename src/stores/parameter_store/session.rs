//! A session of AWS with the client of Parameter Store.

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;

use crate::aws::settings::Service;
use crate::stores::session;

/// Parameter Store among the services of AWS.
pub static SERVICE: Service = Service {
    name: "Parameter Store",
    id: "SSM",
    variable: "AWS_ENDPOINT_URL_SSM",
    host: "ssm",
    fips: &["us-", "ca-"],
    largest,
};

/// The largest response to an operation, in bytes: that of as many of the largest entries as we request
/// at once, with every character escaped.
fn largest(operation: &str) -> usize {
    const KIB: usize = 1024;
    /// A byte of a text, as `\u0001`.
    const ESCAPED: usize = 6;
    /// Name and ARN, description, pattern, policies, labels and tags.
    const ATTRIBUTES: usize = 32 * KIB;
    /// The value of an advanced parameter.
    const VALUE: usize = 8 * KIB;
    /// The value of a secret of Secrets Manager. `SourceResult` repeats it in a JSON text of its own,
    /// where the backslash of an escaped byte is escaped too.
    const SECRET: usize = 64 * KIB * (ESCAPED + ESCAPED + 1);
    match operation {
        "GetParameters" | "GetParameter" => 10 * (SECRET + ATTRIBUTES),
        "GetParametersByPath" => 10 * (VALUE * ESCAPED + ATTRIBUTES),
        "GetParameterHistory" => 50 * (VALUE * ESCAPED + ATTRIBUTES),
        "DescribeParameters" => 50 * ATTRIBUTES,
        _ => 0,
    }
    .max(KIB * KIB)
}

/// A session with the client of Parameter Store.
pub type Session = session::Session<Client>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(config: &SdkConfig) -> Self {
        Self::new(config)
    }
}

#[cfg(test)]
mod tests {
    use super::largest;

    #[test]
    fn the_largest_response_follows_from_what_is_requested() {
        for (operation, at_least) in [
            // Ten secrets, fifty versions, and ten parameters by path, with every byte escaped.
            ("GetParameters", 10 * 64 * 1024 * 6),
            ("GetParameterHistory", 50 * 8 * 1024 * 6),
            ("GetParametersByPath", 10 * 8 * 1024 * 6),
            ("PutParameter", 1024 * 1024),
        ] {
            let largest = largest(operation);
            assert!(largest >= at_least, "{operation}: {largest}");
            assert!(largest < 16 * 1024 * 1024, "{operation}: {largest}");
        }
    }
}
