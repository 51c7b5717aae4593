//! A session of AWS for S3, whose requests no client makes.

use aws_config::SdkConfig;

use crate::aws::settings::Service;
use crate::stores::session;

/// The largest object that is read, in bytes: what is larger is no secret, and its memory is that of
/// the program that is started.
pub const LARGEST: usize = 64 << 20;

/// S3 among the services of AWS.
pub static SERVICE: Service = Service {
    name: "S3",
    id: "S3",
    variable: "AWS_ENDPOINT_URL_S3",
    host: "s3",
    fips: &["us-", "ca-"],
    largest: |_| LARGEST,
};

/// Stands for a client.
#[derive(Debug, Clone, Copy)]
pub struct Signed;

/// A session for S3.
pub type Session = session::Session<Signed>;

impl session::Client for Signed {
    const SERVICE: &'static Service = &SERVICE;

    fn new(_: &SdkConfig) -> Self {
        Self
    }
}
