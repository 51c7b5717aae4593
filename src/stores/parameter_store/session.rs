//! A session of AWS with the client of Parameter Store.

use std::ops::Deref;
use std::sync::Arc;

use aws_sdk_ssm::Client;

use crate::aws::session::Session as AwsSession;
use crate::aws::settings::{Caller, Service};
use crate::net::progress::Progress;
use crate::parameter::Reading;
use crate::stores::error::Error;

/// Parameter Store among the services of AWS.
pub static SERVICE: Service = Service {
    name: "Parameter Store",
    id: "SSM",
    variable: "AWS_ENDPOINT_URL_SSM",
    host: "ssm",
};

#[derive(Debug, Clone)]
pub struct Session {
    pub client: Client,
    pub reading: Reading,
    aws: Arc<AwsSession>,
}

impl Session {
    pub async fn open(
        caller: &Caller,
        reading: Reading,
        progress: &Progress,
    ) -> Result<Self, Vec<Error>> {
        let aws = AwsSession::open(caller, &SERVICE, progress).await;
        let aws = aws.map_err(|errors| errors.into_iter().map(Error::Aws).collect::<Vec<_>>())?;
        Ok(Self {
            client: Client::new(aws.config()),
            reading,
            aws: Arc::new(aws),
        })
    }

    /// The same session, with another kind of reading.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self {
            reading,
            ..self.clone()
        }
    }
}

impl Deref for Session {
    type Target = AwsSession;

    fn deref(&self) -> &AwsSession {
        &self.aws
    }
}
