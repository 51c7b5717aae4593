//! A session of AWS: region, credentials and endpoint are known.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use tokio::sync::Mutex;

use crate::aws::copies::with_originals;
use crate::aws::credentials::Providers;
use crate::aws::error::Error;
use crate::aws::http_client::ServiceTransport;
use crate::aws::identity::{Identity, Source};
use crate::aws::provider_failure::Failure;
use crate::aws::refusal::{Endpoint, WithoutName};
use crate::aws::region;
use crate::aws::settings::{self, CONNECT, Caller, Service, Settings, behavior, without_password};
use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::net::retry::{Backoff, Next, Reason};
use crate::net::transport::Transport;

/// Shared by all calls of a launch to one region.
#[derive(Debug)]
pub struct Session {
    service: &'static Service,
    config: SdkConfig,
    region: String,
    /// The setting that the region is from.
    region_from: &'static str,
    caller: Arc<SignedIn>,
}

/// The caller, whatever region is called.
#[derive(Debug)]
struct SignedIn {
    identity: Identity,
    renewing: Mutex<()>,
    providers: Providers,
    transport: Transport,
}

impl Session {
    /// Finds region, credentials and endpoint, the first two at the same time.
    pub async fn open(
        caller: &Caller,
        service: &'static Service,
        progress: &Progress,
    ) -> Result<Self, Vec<Error>> {
        let settings = Settings::read(caller, service, progress).await;
        let mut settings = settings.map_err(|error| vec![error])?;
        let transport = Transport::new(&settings.variables, &settings.credential_endpoints());
        let mut providers = Providers::new(&settings, &transport, progress);
        // Assuming a role requires the region.
        if settings.region.is_none()
            && settings.profiles.get("role_arn").is_some()
            && let Some(region) = providers.region().await
        {
            settings.region = Some((region, "the instance metadata service"));
            providers = Providers::new(&settings, &transport, progress);
        }

        let known = settings.region.clone();
        let region = async {
            match known {
                Some(region) => Some(region),
                None => Some((providers.region().await?, "the instance metadata service")),
            }
        };
        let (region, credentials) = both(region, sign_in(&providers, progress)).await;
        let ((region, region_from), (source, credentials)) = match (region, credentials) {
            (Some(region), Ok(credentials)) => (region, credentials),
            (Some(_), Err(error)) => return Err(vec![error]),
            (None, Ok(_)) => return Err(vec![Error::NoRegion]),
            // What this machine does not allow may be why the region was not found.
            (None, Err(error @ Error::Limited(_))) => return Err(vec![error]),
            (None, Err(error)) => return Err(vec![Error::NoRegion, error]),
        };
        let identity = Identity::new(source, credentials);
        Ok(Self {
            service,
            config: config(&settings, region.clone(), &identity, service, &transport),
            region,
            region_from,
            caller: Arc::new(SignedIn {
                identity,
                renewing: Mutex::default(),
                providers,
                transport,
            }),
        })
    }

    /// The same caller in the region of an ARN. An endpoint of one's own stays the same, and the
    /// requests are signed for that region.
    pub fn in_region(&self, region: &str, from: &'static str) -> Result<Self, Error> {
        settings::check_region(region, from, self.config.endpoint_url())?;
        let config = self.config.clone().into_builder();
        Ok(Self {
            service: self.service,
            config: config.region(Region::new(region.to_owned())).build(),
            region: region.to_owned(),
            region_from: from,
            caller: Arc::clone(&self.caller),
        })
    }

    pub fn at(&self, service: &'static Service) -> Result<Self, Error> {
        Ok(Self {
            service,
            config: self.config.clone(),
            region: self.region.clone(),
            region_from: self.region_from,
            caller: Arc::clone(&self.caller),
        })
    }

    /// The service that is called.
    pub fn service(&self) -> &'static Service {
        self.service
    }

    /// The configuration of a service's client.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// Region and endpoint, for messages.
    pub fn place(&self) -> String {
        self.place_of(&self.region)
    }

    /// A region and its endpoint, for messages.
    pub fn place_of(&self, region: &str) -> String {
        match self.config.endpoint_url() {
            Some(endpoint) => format!("{region} at {}", without_password(endpoint)),
            None => region.to_owned(),
        }
    }

    pub fn principal(&self) -> String {
        self.caller.identity.principal()
    }

    /// The source and the number of the trusted certificates, if any were needed yet.
    pub fn anchors(&self) -> Option<(String, usize)> {
        let (origin, count) = self.caller.transport.anchors()?;
        Some((with_originals(origin), count))
    }

    /// The endpoint, for messages about a call that failed.
    pub fn endpoint(&self) -> Endpoint {
        let target = match self.config.endpoint_url() {
            Some(endpoint) => endpoint.to_owned(),
            None => self.service.url(&self.region),
        };
        let is_proxied = self.caller.transport.is_proxied(&target);
        Endpoint {
            service: self.service,
            place: self.place(),
            proxy: Variables.proxy_of(&target).filter(|_| is_proxied),
            anchors: self.anchors(),
            without_name: self.without_name(),
        }
    }

    /// Why the name of the endpoint may not exist for good.
    fn without_name(&self) -> Option<WithoutName> {
        if self.config.endpoint_url().is_some() {
            return None;
        }
        if !region::is_known(&self.region) {
            return Some(WithoutName::Region {
                region: self.region.clone(),
                from: self.region_from,
            });
        }
        let fips = self.config.use_fips() == Some(true) && !region::may_have_fips(&self.region);
        fips.then_some(WithoutName::Fips)
    }

    /// The access key that signs the next request.
    pub fn signer(&self) -> String {
        self.caller.identity.access_key_id()
    }

    /// Replaces the credentials of `signer`, which have expired. Returns whether there are others
    /// now.
    pub async fn renew(&self, signer: &str, progress: &Progress) -> Result<bool, Error> {
        // The credentials of all calls expire at the same time; one call renews them for all.
        let _guard = self.caller.renewing.lock().await;
        if self.caller.identity.access_key_id() != signer {
            return Ok(true);
        }
        let (source, credentials) = sign_in(&self.caller.providers, progress).await?;
        let renewed = credentials.access_key_id() != signer;
        self.caller.identity.replace(source, credentials);
        Ok(renewed)
    }
}

/// The region and the account of the settings, without a network call.
pub async fn configured(
    caller: &Caller,
    service: &Service,
) -> Result<(Option<String>, Option<String>), Error> {
    let progress = Progress::start(caller.timeout);
    let settings = Settings::read(caller, service, &progress).await?;
    let account = settings.account();
    Ok((settings.region.map(|(region, _)| region), account))
}

/// The configuration of a client. The loader of `aws_config` is not used: it reads a dozen settings
/// that we do not need, and panics on some values of `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`.
fn config(
    settings: &Settings,
    region: String,
    identity: &Identity,
    service: &'static Service,
    transport: &Transport,
) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(behavior())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(identity.clone()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build())
        // An attempt has a time limit of its own, which covers this and more.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(IdentityCache::no_cache())
        .http_client(ServiceTransport {
            transport: transport.clone(),
            service,
        });
    config
        .set_endpoint_url(settings.endpoint.clone())
        .set_use_fips(settings.fips)
        .set_use_dual_stack(settings.dual_stack)
        .set_app_name(settings.app_name())
        .set_framework_metadata(ourselves());
    config.build()
}

/// Our name and version, which CloudTrail shows in `userAgent` beside the name of the SDK.
fn ourselves() -> Option<FrameworkMetadata> {
    FrameworkMetadata::new(env!("CARGO_PKG_NAME"), Some(env!("CARGO_PKG_VERSION"))).ok()
}

/// Gets credentials, and retries while the failure may pass.
async fn sign_in(
    providers: &Providers,
    progress: &Progress,
) -> Result<(Source, Credentials), Error> {
    let waiting = progress.wait_for("AWS", "AWS credentials".to_owned());
    let mut backoff = Backoff::default();
    loop {
        match providers.credentials(&waiting).await {
            Ok(credentials) => return Ok(credentials),
            Err(Failure::Certain(error)) => return Err(error),
            Err(Failure::Passing(what, hint)) => waiting.problem(&what, hint.text()),
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
