//! A session of AWS: region, credentials and endpoint are known.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

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

use crate::aws::assumption::Assumption;
use crate::aws::copies::with_originals;
use crate::aws::credentials::Providers;
use crate::aws::error::Error;
use crate::aws::hosts::{self, Kinds};
use crate::aws::http_client::ServiceTransport;
use crate::aws::identity::{Identity, Source};
use crate::aws::provider_failure::Failure;
use crate::aws::refusal::{Endpoint, WithoutName};
use crate::aws::region;
use crate::aws::settings::{CONNECT, Caller, Service, Settings, behavior, without_password};
use crate::net::environment::Variables;
use crate::net::progress::Progress;
use crate::net::retry::{Backoff, Next, Reason};
use crate::net::runtime::either_fails;
use crate::net::transport::Transport;

/// Shared by all calls of a launch to one region.
#[derive(Debug, Clone)]
pub struct Session {
    service: &'static Service,
    config: SdkConfig,
    region: String,
    /// The setting that the region is from.
    region_from: &'static str,
    caller: Arc<SignedIn>,
}

/// The caller, whatever region and service is called.
#[derive(Debug)]
struct SignedIn {
    settings: Settings,
    identity: Identity,
    renewing: Mutex<()>,
    providers: Providers,
    role: Option<Assumption>,
    transport: Transport,
    /// By how many seconds the clock of AWS is ahead of ours, for requests that no client signs: each
    /// client of the SDK knows for itself.
    offset: AtomicI64,
}

impl Session {
    /// Finds region, credentials and endpoint, the first two at the same time.
    pub async fn open(
        caller: &Caller,
        service: &'static Service,
        progress: &Progress,
    ) -> Result<Self, Vec<Error>> {
        let one = |error| vec![error];
        let settings = Settings::read(caller, progress).await;
        let mut settings = settings.map_err(one)?;
        let endpoint = settings.endpoint(service, settings.known_region());
        let endpoint = endpoint.map_err(one)?;
        let transport = Transport::new(&settings.variables, &settings.credential_endpoints());
        let mut providers = Providers::new(&settings, &transport, progress);
        // Assuming a role requires the region.
        if settings.region.is_none()
            && (settings.role.is_some() || settings.profiles.get("role_arn").is_some())
            && let Some(region) = providers.region().await
        {
            settings.region = Some((region, "the instance metadata service"));
            settings.check_partition().map_err(one)?;
            providers = Providers::new(&settings, &transport, progress);
        }
        let role = match settings.role.clone() {
            Some(_) if settings.region.is_none() => return Err(vec![Error::NoRegion]),
            Some(role) => Some(Assumption::new(role, &settings, &transport).map_err(one)?),
            None => None,
        };

        let known = settings.region.clone();
        let region = async {
            match known {
                Some(region) => Some(region),
                None => Some((providers.region().await?, "the instance metadata service")),
            }
        };
        let credentials = sign_in(&providers, role.as_ref(), progress);
        let Ok::<_, Infallible>((region, credentials)) =
            either_fails(async { Ok(region.await) }, async { Ok(credentials.await) }).await;
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
            config: config(&settings, endpoint, &region, &identity, service, &transport),
            region,
            region_from,
            caller: Arc::new(SignedIn {
                settings,
                identity,
                renewing: Mutex::default(),
                providers,
                role,
                transport,
                offset: AtomicI64::default(),
            }),
        })
    }

    /// The same caller in another region. An endpoint of one's own stays the same, and the requests
    /// are signed for that region.
    ///
    /// `from` is what named it, for messages: `an ARN`, `a place`.
    ///
    /// # Errors
    ///
    /// If it is not a region, or a proxy that is meant for its endpoint is invalid.
    pub fn in_region(&self, region: &str, from: &'static str) -> Result<Self, Error> {
        self.elsewhere(self.service, region, from)
    }

    /// The same caller at another service, in the same region: with the same credentials, which are
    /// renewed for both.
    ///
    /// # Errors
    ///
    /// If the settings of its endpoint are invalid.
    pub fn at(&self, service: &'static Service) -> Result<Self, Error> {
        if std::ptr::eq(service, self.service) {
            return Ok(self.clone());
        }
        self.elsewhere(service, &self.region, self.region_from)
    }

    fn elsewhere(
        &self,
        service: &'static Service,
        region: &str,
        region_from: &'static str,
    ) -> Result<Self, Error> {
        let caller = Arc::clone(&self.caller);
        let endpoint = caller
            .settings
            .endpoint(service, Some((region, region_from)))?;
        let mut config = self.config.clone().into_builder();
        config.set_endpoint_url(endpoint);
        let transport = caller.transport.clone();
        Ok(Self {
            service,
            config: config
                .region(Region::new(region.to_owned()))
                .http_client(ServiceTransport { transport, service })
                .build(),
            region: region.to_owned(),
            region_from,
            caller,
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

    /// Who signs the requests, for messages.
    pub fn principal(&self) -> String {
        let identity = &self.caller.identity;
        match &self.caller.role {
            Some(assumption) => identity.principal_in(&assumption.role().arn),
            None => identity.principal(),
        }
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

    /// The address to which requests are sent that no client of the SDK makes.
    pub fn url(&self) -> String {
        if let Some(own) = self.config.endpoint_url() {
            return format!("{}/", own.trim_end_matches('/'));
        }
        let kinds = Kinds {
            fips: self.config.use_fips() == Some(true),
            dual_stack: self.config.use_dual_stack() == Some(true),
        };
        format!(
            "https://{}/",
            hosts::host(self.service, &self.region, kinds)
        )
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
        let fips =
            self.config.use_fips() == Some(true) && !self.service.may_have_fips(&self.region);
        fips.then_some(WithoutName::Fips)
    }

    /// The access key that signs the next request.
    pub fn signer(&self) -> String {
        self.caller.identity.access_key_id()
    }

    /// The credentials that sign the next request, for those that no client signs.
    pub fn credentials(&self) -> Credentials {
        self.caller.identity.credentials()
    }

    /// The transport that all clients share.
    pub fn transport(&self) -> &Transport {
        &self.caller.transport
    }

    /// The time at AWS, as far as it is known.
    pub fn clock(&self) -> SystemTime {
        shifted(
            SystemTime::now(),
            self.caller.offset.load(Ordering::Relaxed),
        )
    }

    /// Notes by how many seconds the clock of AWS is ahead of ours.
    pub fn set_clock(&self, offset: i64) {
        self.caller.offset.store(offset, Ordering::Relaxed);
    }

    /// Replaces the credentials of `signer`, which have expired. Returns whether there are others
    /// now.
    pub async fn renew(&self, signer: &str, progress: &Progress) -> Result<bool, Error> {
        // The credentials of all calls expire at the same time; one call renews them for all.
        let _guard = self.caller.renewing.lock().await;
        if self.caller.identity.access_key_id() != signer {
            return Ok(true);
        }
        let (source, credentials) =
            sign_in(&self.caller.providers, self.caller.role.as_ref(), progress).await?;
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
    let settings = Settings::read(caller, &progress).await?;
    settings.endpoint(service, settings.known_region())?;
    let account = settings.account();
    Ok((settings.region.map(|(region, _)| region), account))
}

/// The configuration of a client. The loader of `aws_config` is not used: it reads a dozen settings
/// that we do not need, and panics on some values of `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`.
fn config(
    settings: &Settings,
    endpoint: Option<String>,
    region: &str,
    identity: &Identity,
    service: &'static Service,
    transport: &Transport,
) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(behavior())
        .region(Region::new(region.to_owned()))
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
        .set_endpoint_url(endpoint)
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
    role: Option<&Assumption>,
    progress: &Progress,
) -> Result<(Source, Credentials), Error> {
    let waiting = progress.wait_for("AWS", "AWS credentials".to_owned());
    let mut backoff = Backoff::default();
    loop {
        let result = match role {
            None => providers.credentials(&waiting).await,
            Some(role) => role.credentials(providers, &waiting).await,
        };
        match result {
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

/// A time that differs from ours by so many seconds; ours, if there is no such time.
fn shifted(now: SystemTime, offset: i64) -> SystemTime {
    let difference = Duration::from_secs(offset.unsigned_abs());
    let shifted = match offset < 0 {
        true => now.checked_sub(difference),
        false => now.checked_add(difference),
    };
    shifted.unwrap_or(now)
}

#[cfg(test)]
mod tests;
