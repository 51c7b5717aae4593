//! A session of AWS with the client of DynamoDB.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_types::endpoint_config::AccountIdEndpointMode;

use crate::aws::settings::Service;
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

/// The largest page of a table, in bytes: 1 MB of items (Query, Scan), with their attributes in JSON. A byte
/// can be escaped, as `\u0001`.
const LARGEST_PAGE: usize = 8 << 20;

/// A session with the client of DynamoDB.
pub type Session = session::Session<Client>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(config: &SdkConfig) -> Self {
        // Endpoints with the number of the account would be others than those that settings, proxies and
        // messages know.
        let mode = AccountIdEndpointMode::Disabled;
        Self::from_conf(Builder::from(config).account_id_endpoint_mode(mode).build())
    }
}
