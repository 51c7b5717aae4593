//! A session of AWS with the client of a store.

use std::ops::Deref;
use std::sync::Arc;

use aws_config::SdkConfig;

use crate::aws::session::Session as AwsSession;
use crate::aws::settings::{Caller, Service};
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::Reading;
use crate::stores::error::Error;

/// The client of one service.
pub trait Client: Clone {
    /// The service among those of AWS.
    const SERVICE: &'static Service;

    fn new(config: &SdkConfig) -> Self;
}

#[derive(Debug, Clone)]
pub struct Session<C> {
    pub client: C,
    pub reading: Reading,
    aws: Arc<AwsSession>,
}

impl<C: Client> Session<C> {
    /// Signs in.
    ///
    /// # Errors
    ///
    /// All that is wrong with region, credentials and settings, as far as it is found at the same
    /// time.
    pub async fn open(
        caller: &Caller,
        reading: Reading,
        progress: &Progress,
    ) -> Result<Self, Vec<Error>> {
        let aws = AwsSession::open(caller, C::SERVICE, progress).await;
        let aws = aws.map_err(|errors| errors.into_iter().map(Error::Aws).collect::<Vec<_>>())?;
        Ok(Self::new(Arc::new(aws), reading))
    }

    /// The client for a session of its service.
    pub fn new(aws: Arc<AwsSession>, reading: Reading) -> Self {
        Self {
            client: C::new(aws.config()),
            reading,
            aws,
        }
    }

    /// The same caller for the region of these ARNs; `None` for names, and for ARNs of its own
    /// region.
    pub fn in_region(&self, region: Option<&str>) -> Result<Self, Error> {
        match region {
            Some(region) => self.at(region, "an ARN"),
            None => Ok(self.clone()),
        }
    }

    /// The same caller in another region, which `from` names: `an ARN`, `a place`.
    ///
    /// # Errors
    ///
    /// If it is not a region, or a proxy that is meant for its endpoint is invalid.
    pub fn at(&self, region: &str, from: &'static str) -> Result<Self, Error> {
        let aws = self.aws.in_region(region, from)?;
        output::detail(format_args!("requesting from {} too", aws.place()));
        Ok(Self::new(Arc::new(aws), self.reading))
    }

    /// The same caller in another region, which `from` named.
    pub fn in_region_of(&self, region: &str, from: &'static str) -> Result<Self, Error> {
        let aws = self.aws.in_region(region, from)?;
        Ok(Self::new(Arc::new(aws), self.reading))
    }

    /// A region other than that of the session.
    pub fn other_region<'r>(&self, region: Option<&'r str>) -> Option<&'r str> {
        region.filter(|region| *region != self.region())
    }

    /// Where things of these regions are, for messages: each place once. `None` is the region of the
    /// session.
    pub fn places<'r>(&self, regions: impl IntoIterator<Item = Option<&'r str>>) -> String {
        let mut places = Vec::new();
        for region in regions {
            let place = match self.other_region(region) {
                Some(region) => self.place_of(region),
                None => self.place(),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.join(" and ")
    }

    /// The same caller, with another kind of reading.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self {
            reading,
            ..self.clone()
        }
    }
}

impl<C> Deref for Session<C> {
    type Target = AwsSession;

    fn deref(&self) -> &AwsSession {
        &self.aws
    }
}
