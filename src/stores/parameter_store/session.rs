//! A session of AWS with the client of Parameter Store.

use std::sync::Arc;

use aws_sdk_ssm::Client;

use crate::aws::caller::Caller;
use crate::aws::refusal::Asked;
use crate::aws::session::Session as AwsSession;
use crate::aws::settings::Service;
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
        let opened = AwsSession::open(caller, &SERVICE, progress).await;
        let aws =
            opened.map_err(|errors| errors.into_iter().map(Error::Aws).collect::<Vec<_>>())?;
        Ok(Self {
            client: Client::new(&aws.config()),
            reading,
            aws: Arc::new(aws),
        })
    }

    /// The same, for another kind of reading.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self {
            reading,
            ..self.clone()
        }
    }

    pub fn region(&self) -> &str {
        self.aws.region()
    }

    /// Region and endpoint, for messages.
    pub fn place(&self) -> String {
        self.aws.place()
    }

    pub fn principal(&self) -> String {
        self.aws.principal()
    }

    /// Where the trusted certificates came from, and how many they are, if any were needed yet.
    pub fn anchors(&self) -> Option<(String, usize)> {
        self.aws.anchors()
    }

    pub fn asked(&self) -> Asked {
        self.aws.asked()
    }

    /// The access key that signs the next request.
    pub fn signer(&self) -> String {
        self.aws.signer()
    }

    /// Replaces the credentials of `signer`, which have run out. Whether there are other ones now.
    pub async fn renew(&self, signer: String, progress: &Progress) -> Result<bool, Error> {
        Ok(self.aws.renew(&signer, progress).await?)
    }
}
