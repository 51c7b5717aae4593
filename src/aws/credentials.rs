//! The standard chain of credential providers.
//!
//! The chain is our own, of the SDK's providers, because the SDK's chain reports only "no provider
//! gave credentials", tries each once, and continues with the next identity if the requested one is
//! only partly configured.

use std::error::Error as _;
use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::region::Region;

use crate::aws::error::Error;
use crate::aws::files::{self, LONGEST};
use crate::aws::hint::Hint;
use crate::aws::http_client::TOKEN_IS_NOT_TEXT;
use crate::aws::identity::Source;
use crate::aws::issuers::issuer;
use crate::aws::profile::{ProfileProvider, Waiting};
use crate::aws::provider_failure::{
    Failure, classify, is_ec2, network_failure, of_the_instance, reason,
};
use crate::aws::settings::{CONNECT, Settings, behavior};
use crate::aws::unfit::{flaw_in, flaw_in_container, flaw_in_environment};
use crate::net::call::ATTEMPT;
use crate::net::environment::Variables;
use crate::net::failure::chain;
use crate::net::progress::{Progress, Wait};
use crate::net::transport::{Exchange, Journal, Outcome, Transport};
use crate::secret::conceal;
use crate::system::file::is_plain;

/// The variable that names the file with the token of a container.
const CONTAINER_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The providers of credentials, in the order in which they are tried.
pub struct Providers {
    chain: Vec<(Source, Box<dyn ProvideCredentials>)>,
    journal: Journal,
    waiting: Waiting,
    /// What is wrong with the endpoint for a web identity.
    misdirected: Option<Error>,
    /// The metadata service of the instance, if it may be used for the region: only without
    /// credentials from elsewhere.
    imds: Option<aws_config::imds::Client>,
    variables: Variables,
    profile: String,
    /// Settings of the profile, for errors.
    token_file_of_profile: Option<String>,
    profile_uses_login: bool,
    /// What is wrong with the endpoint of the instance, if it is.
    wrong_metadata_endpoint: Option<String>,
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Providers(…)")
    }
}

impl Providers {
    pub fn new(settings: &Settings, transport: &Transport, progress: &Progress) -> Self {
        let waiting = Waiting::new(progress);
        let journal = Journal::default();
        let variables = settings.variables;
        let http_client = transport.with_journal(&journal);
        let configured = |endpoint| sts(settings, endpoint, http_client.clone());
        let config = ProviderConfig::without_region()
            .with_region(region_of(settings))
            .with_use_fips(settings.fips)
            .with_use_dual_stack(settings.dual_stack)
            .with_behavior_version(Some(behavior()))
            .with_retry_config(RetryConfig::disabled())
            .with_timeout_config(timeouts())
            .with_http_client(http_client.clone());
        let profile = || ProfileProvider {
            profiles: settings.profiles.clone(),
            config: config.clone(),
            sts: issuer(settings).map(configured),
            named: {
                let (config, dns) = (config.clone(), transport.with_journal(&journal));
                Box::new(move |source| named(source, &config, dns.clone()))
            },
            sdk: ProfileFileCredentialsProvider::builder()
                .configure(&config)
                .profile_name(settings.profile.clone())
                .build(),
            waiting: waiting.clone(),
            typed: Mutex::default(),
        };

        let provider = |source| -> Box<dyn ProvideCredentials> {
            match source {
                Source::Profile => Box::new(profile()),
                source => named(source, &config, transport.with_journal(&journal)),
            }
        };

        let in_environment =
            variables.is_set("AWS_ACCESS_KEY_ID") && variables.is_set("AWS_SECRET_ACCESS_KEY");
        let in_container = variables.is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || variables.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let in_token = variables.is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
        let sources: &[Source] = if settings.profile_by_flag {
            &[Source::Profile]
        } else if in_environment {
            &[Source::Environment]
        } else {
            &[
                Source::Environment,
                Source::Profile,
                Source::WebIdentity,
                Source::Container,
                Source::Instance,
            ]
        };
        let profile_on_instance = settings
            .profiles
            .get("credential_source")
            .is_some_and(|source| source == "Ec2InstanceMetadata");
        let last_resort = sources.contains(&Source::Instance) && !in_container && !in_token;
        let misdirected = match in_token {
            true => issuer(settings).err(),
            false => None,
        };
        let imds = (last_resort || profile_on_instance).then(|| {
            // It is called at the same time as the chain, so it must not use the chain's journal.
            metadata_service(&config.clone().with_http_client(transport.clone()))
        });
        let metadata = settings.check_metadata_endpoint();
        let of_profile = |key| settings.profiles.get(key).map(str::to_owned);
        Self {
            chain: sources.iter().map(|&it| (it, provider(it))).collect(),
            journal,
            waiting,
            misdirected,
            imds,
            variables,
            profile: settings.profile.clone(),
            token_file_of_profile: of_profile("web_identity_token_file"),
            profile_uses_login: of_profile("login_session").is_some(),
            wrong_metadata_endpoint: metadata.err().map(|error| error.to_string()),
        }
    }

    /// The region of the instance that we run on, if its metadata service may be used.
    pub async fn region(&self) -> Option<String> {
        let imds = self.imds.clone()?;
        let provider = ImdsRegionProvider::builder().imds_client(imds).build();
        provider.region().await.map(|region| region.to_string())
    }

    /// Tries each provider of the chain once.
    pub async fn credentials(&self, wait: &Wait<'_>) -> Result<(Source, Credentials), Failure> {
        let mut tried = Vec::new();
        let mut on_ec2 = is_ec2();
        for (source, provider) in &self.chain {
            let source = *source;
            wait.call(source.name());
            let unfit = |why, hint| {
                Failure::Certain(Error::Credentials {
                    source_name: source.name(),
                    why,
                    hint,
                })
            };
            if source == Source::WebIdentity
                && let Some(error) = &self.misdirected
            {
                return Err(Failure::Certain(error.clone()));
            }
            if let Some((flaw, hint)) = self.flaw_in_settings(source) {
                return Err(unfit(flaw, hint));
            }
            let error = match self.call(source, provider.as_ref(), wait).await {
                Ok(credentials) => {
                    conceal(credentials.secret_access_key());
                    credentials.session_token().into_iter().for_each(conceal);
                    match flaw_in(&credentials) {
                        Some(flaw) => return Err(unfit(flaw, Hint::Unfit)),
                        None => return Ok((source, credentials)),
                    }
                }
                Err(error) => error,
            };
            let exchange = self.journal.take();
            if let Some(why) = self.partly_configured(source, &error) {
                return Err(unfit(why, self.hint(source)));
            }
            if chain(&error).any(|cause| cause.to_string() == TOKEN_IS_NOT_TEXT) {
                return Err(unfit(TOKEN_IS_NOT_TEXT.to_owned(), self.hint(source)));
            }
            if !matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
                return Err(classify(source, &error, exchange, self.hint(source)));
            }
            if let (Source::Instance, Some(exchange)) = (source, &exchange) {
                if let Some(failure) = of_the_instance(exchange) {
                    return Err(failure);
                }
                on_ec2 |= matches!(exchange.outcome, Outcome::Status(_));
            }
            tried.push(self.absence(source, exchange.as_ref()));
        }
        Err(Failure::Certain(Error::NoCredentials { tried, on_ec2 }))
    }

    /// Calls one provider. Some retry by themselves: the reason for the delay is noted then too.
    async fn call(
        &self,
        source: Source,
        provider: &dyn ProvideCredentials,
        wait: &Wait<'_>,
    ) -> Result<Credentials, CredentialsError> {
        self.journal.take();
        self.waiting.restart(wait.progress());
        let mut credentials = std::pin::pin!(provider.provide_credentials());
        std::future::poll_fn(|context| {
            let polled = credentials.as_mut().poll(context);
            if polled.is_pending()
                && let Some((what, hint)) = self.waiting.what()
            {
                wait.problem(what, hint.text());
            }
            if polled.is_pending()
                && let Some(Failure::Passing(why, hint)) = self
                    .journal
                    .last()
                    .and_then(|last| network_failure(source, &last))
            {
                wait.problem(&why, hint.text());
            }
            polled
        })
        .await
    }

    /// What is wrong with settings that become part of a request, and what to try.
    fn flaw_in_settings(&self, source: Source) -> Option<(String, Hint)> {
        match source {
            Source::Environment if self.variables.is_set("AWS_ACCESS_KEY_ID") => {
                flaw_in_environment().map(|flaw| (flaw, Hint::Unfit))
            }
            Source::Container => flaw_in_container(),
            Source::Instance => {
                let wrong = self.wrong_metadata_endpoint.clone();
                wrong.map(|why| (why, self.hint(source)))
            }
            Source::Environment | Source::Profile | Source::WebIdentity => None,
        }
    }

    /// What is wrong with a provider that is only partly configured. To continue with the next
    /// identity would be worse than to stop.
    fn partly_configured(&self, source: Source, error: &CredentialsError) -> Option<String> {
        let not_loaded = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        let set = |name| self.variables.is_set(name);
        match source {
            Source::Environment if not_loaded && set("AWS_ACCESS_KEY_ID") => {
                Some("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not".to_owned())
            }
            // The provider gives a reason only if the profile exists.
            Source::Profile if not_loaded && error.source().is_some() => Some(reason(error)),
            Source::Profile => unreadable("the profile", self.token_file_of_profile.as_deref()?),
            Source::WebIdentity if not_loaded && set("AWS_WEB_IDENTITY_TOKEN_FILE") => {
                Some("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not".to_owned())
            }
            Source::WebIdentity => self.unreadable_of("AWS_WEB_IDENTITY_TOKEN_FILE"),
            Source::Container => self.unreadable_of(CONTAINER_TOKEN_FILE),
            Source::Environment | Source::Instance => None,
        }
    }

    fn unreadable_of(&self, variable: &str) -> Option<String> {
        unreadable(variable, &self.variables.get(variable)?)
    }

    /// What to try if the configuration of a provider is wrong.
    fn hint(&self, source: Source) -> Hint {
        match source {
            Source::Environment | Source::WebIdentity => Hint::Nothing,
            Source::Profile if self.profile_uses_login => Hint::Login,
            Source::Profile => Hint::Nothing,
            Source::Container => Hint::Container,
            Source::Instance => Hint::Metadata,
        }
    }

    /// What a provider lacks, for messages.
    fn absence(&self, source: Source, exchange: Option<&Exchange>) -> String {
        match source {
            Source::Environment => {
                "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set".into()
            }
            Source::Profile => {
                let files = files::unreadable_settings();
                let files: String = files.iter().map(|file| format!("; {file}")).collect();
                format!("profile `{}`: it has no credentials{files}", self.profile)
            }
            Source::WebIdentity => "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set".into(),
            Source::Container => {
                "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and …_FULL_URI are not set"
                    .into()
            }
            Source::Instance => match exchange {
                Some(Exchange {
                    host,
                    outcome: Outcome::Status(status),
                }) => {
                    format!("instance metadata at {host}: HTTP status {status}, no role")
                }
                Some(Exchange {
                    outcome:
                        Outcome::Failed(why)
                        | Outcome::Broken(why)
                        | Outcome::Silent(why)
                        | Outcome::Untrusted(why, _)
                        | Outcome::Permanent(why)
                        | Outcome::Address(why),
                    ..
                }) => {
                    format!("instance metadata: {why}")
                }
                Some(Exchange {
                    outcome: Outcome::Limited(limit),
                    ..
                }) => format!("instance metadata: {}", limit.in_one_line()),
                None => "instance metadata: disabled by AWS_EC2_METADATA_DISABLED".into(),
            },
        }
    }
}

/// One attempt, with a time limit: the retries are ours.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(ATTEMPT)
        .operation_attempt_timeout(ATTEMPT)
        .build()
}

fn region_of(settings: &Settings) -> Option<Region> {
    let (region, _) = settings.region.as_ref()?;
    Some(Region::new(region.clone()))
}

/// The configuration of a client of STS, but for its credentials.
pub fn sts(settings: &Settings, endpoint: Option<String>, http_client: Transport) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(behavior())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .identity_cache(IdentityCache::no_cache())
        .http_client(http_client);
    config
        .set_region(region_of(settings))
        .set_use_fips(settings.fips)
        .set_use_dual_stack(settings.dual_stack)
        .set_endpoint_url(endpoint);
    config.build()
}

/// A provider of the SDK that needs no profile.
fn named(source: Source, config: &ProviderConfig, dns: Transport) -> Box<dyn ProvideCredentials> {
    match source {
        Source::Environment | Source::Profile => {
            Box::new(EnvironmentVariableCredentialsProvider::new())
        }
        Source::WebIdentity => {
            let provider = WebIdentityTokenCredentialsProvider::builder();
            Box::new(provider.configure(config).build())
        }
        Source::Container => {
            let provider = EcsCredentialsProvider::builder().configure(config);
            Box::new(provider.dns(dns).build())
        }
        Source::Instance => {
            let provider = ImdsCredentialsProvider::builder().configure(config);
            Box::new(provider.imds_client(metadata_service(config)).build())
        }
    }
}

fn metadata_service(config: &ProviderConfig) -> aws_config::imds::Client {
    let client = aws_config::imds::Client::builder().configure(config);
    client.max_attempts(1).build()
}

/// Why the file set by `from` cannot be read, if it cannot.
fn unreadable(from: &str, file: &str) -> Option<String> {
    // One that is not plain was read before, as far as it could be.
    if !matches!(is_plain(Path::new(file), LONGEST), Ok(true)) {
        return None;
    }
    let error = std::fs::read(file).err()?;
    Some(format!("cannot read `{file}`, from {from}: {error}"))
}
