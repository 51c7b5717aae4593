//! A session of AWS with the client of Parameter Store.

use std::ops::Deref;
use std::sync::Arc;

use aws_sdk_ssm::Client;

use crate::aws::session::Session as AwsSession;
use crate::aws::settings::{Caller, Service};
use crate::net::progress::Progress;
use crate::output;
use crate::parameter::Reading;
use crate::stores::error::Error;
use crate::stores::parameter_store::names::Selector;

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

    /// The same session for the region of these ARNs; `None` for names, and for ARNs of its own
    /// region.
    pub fn in_region(&self, region: Option<&str>) -> Result<Self, Error> {
        let Some(region) = region else {
            return Ok(self.clone());
        };
        let aws = self.aws.in_region(region, "an ARN")?;
        output::detail(format_args!("requesting from {} too", aws.place()));
        Ok(Self {
            client: Client::new(aws.config()),
            reading: self.reading,
            aws: Arc::new(aws),
        })
    }

    /// The region of a parameter that is named by an ARN of another region.
    pub fn other_region<'s>(&self, selector: &'s Selector) -> Option<&'s str> {
        selector.region().filter(|region| *region != self.region())
    }

    /// Where these parameters are, for messages: each place once.
    pub fn places<'s>(&self, selectors: impl IntoIterator<Item = &'s Selector>) -> String {
        let mut places = Vec::new();
        for selector in selectors {
            let place = match self.other_region(selector) {
                Some(region) => self.place_of(region),
                None => self.place(),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.join(" and ")
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
