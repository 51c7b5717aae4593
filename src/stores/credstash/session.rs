//! Sessions of AWS with the clients of DynamoDB and KMS.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_kms::Client as KmsClient;
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

/// AWS KMS, which decrypts the data keys.
pub static KMS: Service = Service {
    name: "AWS KMS",
    id: "KMS",
    variable: "AWS_ENDPOINT_URL_KMS",
    host: "kms",
    fips: &[""],
    largest: |_| LARGEST_KEY,
};

/// The largest page of a table, in bytes: 1 MB of items (Query, Scan), with their attributes in JSON. A byte
/// can be escaped, as `\u0001`.
const LARGEST_PAGE: usize = 8 << 20;
/// The largest response with a data key, in bytes: one of 64 bytes, and the ARN of its key.
const LARGEST_KEY: usize = 64 << 10;

/// A session with the client of DynamoDB.
pub type Session = session::Session<Client>;

/// A session with the client of KMS.
pub type Keys = session::Session<KmsClient>;

impl session::Client for Client {
    const SERVICE: &'static Service = &SERVICE;

    fn new(config: &SdkConfig) -> Self {
        // Endpoints with the number of the account would be others than those that settings, proxies and
        // messages know.
        let mode = AccountIdEndpointMode::Disabled;
        Self::from_conf(Builder::from(config).account_id_endpoint_mode(mode).build())
    }
}

impl session::Client for KmsClient {
    const SERVICE: &'static Service = &KMS;

    fn new(config: &SdkConfig) -> Self {
        Self::new(config)
    }
}
