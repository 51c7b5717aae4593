//! A session of AWS for DynamoDB, of which two operations are called.

use aws_config::SdkConfig;

use crate::aws::settings::Service;
use crate::aws::signed::Operation;
use crate::stores::session;

/// DynamoDB among the services of AWS, which has the tables.
pub static SERVICE: Service = Service {
    name: "DynamoDB",
    id: "DynamoDB",
    variable: "AWS_ENDPOINT_URL_DYNAMODB",
    host: "dynamodb",
    fips: &["us-", "ca-"],
    largest: |_| LARGEST_PAGE,
};

/// The operation Scan (Amazon DynamoDB API Reference).
pub const SCAN: Operation = Operation {
    service: "dynamodb",
    protocol: "1.0",
    target: "DynamoDB_20120810.Scan",
};
/// The operation Query.
pub const QUERY: Operation = Operation {
    target: "DynamoDB_20120810.Query",
    ..SCAN
};

/// The largest page of a table, in bytes: 1 MB of items (Query, Scan), with their attributes in JSON. A byte
/// can be escaped, as `\u0001`.
const LARGEST_PAGE: usize = 8 << 20;

/// Stands for a client: two operations are not worth that of the SDK, which has sixty.
#[derive(Debug, Clone, Copy)]
pub struct Client;

/// A session for DynamoDB.
pub type Session = session::Session<Client>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(_: &SdkConfig) -> Self {
        Self
    }
}
