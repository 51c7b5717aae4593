//! A client that is ready to ask: region, credentials and endpoint are known.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ssm::Client;
use aws_types::region::Region;
use tokio::sync::Mutex;

use crate::aws::caller::Caller;
use crate::aws::credentials::{Chain, Held, Trouble};
use crate::aws::settings::{Settings, Variables, without_password};
use crate::net::progress::Progress;
use crate::net::retry::{Backoff, Next, Reason};
use crate::net::transport::Transport;
use crate::parameter::Reading;
use crate::stores::error::Error;

/// How long DNS, TCP and TLS together may take (the SDK's own default).
pub const CONNECT: Duration = Duration::from_millis(3100);

/// The defaults of the SDK that we build on, pinned: newer ones change retries and timeouts.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// What the calls of a launch share.
#[derive(Debug, Clone)]
pub struct Session {
    pub client: Client,
    pub reading: Reading,
    region: String,
    endpoint: Option<String>,
    held: Held,
    renewing: Arc<Mutex<()>>,
    chain: Arc<Chain>,
    transport: Transport,
    variables: Variables,
}

/// Finds out where and as whom to ask. Region and credentials are looked for at the same time.
pub async fn open(caller: &Caller, progress: &Progress) -> Result<Session, Vec<Error>> {
    let mut settings = Settings::read(caller).await.map_err(|error| vec![error])?;
    let transport = Transport::new(&settings.variables, &settings.credential_endpoints());
    let mut chain = Chain::new(&settings, &transport);
    // Who assumes a role has to know the region first.
    if settings.region.is_none()
        && settings.profiles.get("role_arn").is_some()
        && let Some(region) = chain.region().await
    {
        settings.region = Some((region, "the instance metadata service"));
        chain = Chain::new(&settings, &transport);
    }
    let chain = Arc::new(chain);

    let known = settings.region.as_ref().map(|(region, _)| region.clone());
    let region = async {
        match known {
            Some(region) => Some(region),
            None => chain.region().await,
        }
    };
    let (region, credentials) = both(region, sign_in(&chain, progress)).await;
    let (region, (source, credentials)) = match (region, credentials) {
        (Some(region), Ok(credentials)) => (region, credentials),
        (Some(_), Err(error)) => return Err(vec![error]),
        (None, Ok(_)) => return Err(vec![Error::NoRegion]),
        (None, Err(error)) => return Err(vec![Error::NoRegion, error]),
    };
    let held = Held::new(source, credentials);

    // Not by the loader of `aws_config`, which looks for a dozen settings that reading parameters
    // has no use for, and panics on some values of `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`.
    let mut config = aws_sdk_ssm::Config::builder()
        .behavior_version(behavior())
        .region(Region::new(region.clone()))
        .credentials_provider(held.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        // An attempt has a time limit of its own, which covers this and more.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(transport.clone());
    config
        .set_identity_cache(IdentityCache::no_cache())
        .set_endpoint_url(settings.endpoint.clone())
        .set_use_fips(settings.fips)
        .set_use_dual_stack(settings.dual_stack)
        .set_app_name(settings.app_name());
    Ok(Session {
        client: Client::from_conf(config.build()),
        reading: Reading::Values,
        region,
        endpoint: settings.endpoint,
        held,
        renewing: Arc::default(),
        chain,
        transport,
        variables: settings.variables,
    })
}

/// Gets credentials, and tries again while the trouble may pass.
async fn sign_in(
    chain: &Chain,
    progress: &Progress,
) -> Result<
    (
        crate::aws::credentials::Source,
        aws_credential_types::Credentials,
    ),
    Error,
> {
    let waiting = progress.wait_for("AWS credentials".to_owned());
    let mut backoff = Backoff::default();
    loop {
        match chain.credentials(&waiting).await {
            Ok(credentials) => return Ok(credentials),
            Err(Trouble::Certain(error)) => return Err(error),
            Err(Trouble::Passing(what, advice)) => waiting.trouble(&what, advice),
        }
        let (elapsed, left) = (progress.elapsed(), progress.left());
        match backoff.next(Reason::Transient, None, elapsed, left, fastrand::f64()) {
            Next::After(wait) => tokio::time::sleep(wait).await,
            Next::Never => std::future::pending().await,
        }
    }
}

/// Waits for two futures at the same time.
async fn both<A: Future, B: Future>(first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    let (mut one, mut two) = (None, None);
    std::future::poll_fn(|context| {
        use std::task::Poll;
        if one.is_none()
            && let Poll::Ready(output) = first.as_mut().poll(context)
        {
            one = Some(output);
        }
        if two.is_none()
            && let Poll::Ready(output) = second.as_mut().poll(context)
        {
            two = Some(output);
        }
        match (one.take(), two.take()) {
            (Some(one), Some(two)) => Poll::Ready((one, two)),
            (unfinished_one, unfinished_two) => {
                (one, two) = (unfinished_one, unfinished_two);
                Poll::Pending
            }
        }
    })
    .await
}

impl Session {
    /// The same, for another kind of reading.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self {
            reading,
            ..self.clone()
        }
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where we ask, for messages.
    pub fn place(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{} at {}", self.region, without_password(endpoint)),
            None => self.region.clone(),
        }
    }

    pub fn principal(&self) -> String {
        self.held.principal()
    }

    pub fn anchors(&self) -> Option<(String, usize)> {
        self.transport.anchors()
    }

    /// The variable that names the proxy through which we ask, if there is one.
    pub fn proxy(&self) -> Option<&'static str> {
        let target = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://ssm.{}.amazonaws.com", self.region),
        };
        if !self.transport.is_proxied(&target) {
            return None;
        }
        self.variables.proxy_of(&target)
    }

    /// Whose signature the next request will bear.
    pub fn signer(&self) -> String {
        self.held.access_key_id()
    }

    /// Replaces the credentials of `signer`, which have run out. Whether there are other ones now.
    pub async fn renew(&self, signer: &str, progress: &Progress) -> Result<bool, Error> {
        // All the calls of a launch run out of credentials at the same time; one of them gets new
        // ones, and the others find that done.
        let _turn = self.renewing.lock().await;
        if self.held.access_key_id() != signer {
            return Ok(true);
        }
        let (source, credentials) = sign_in(&self.chain, progress).await?;
        let renewed = credentials.access_key_id() != signer;
        self.held.replace(source, credentials);
        Ok(renewed)
    }
}

/// The region and the account that settings name, without asking anybody.
pub async fn configured(caller: &Caller) -> Result<(Option<String>, Option<String>), Error> {
    let settings = Settings::read(caller).await?;
    let account = settings.account();
    Ok((settings.region.map(|(region, _)| region), account))
}
