//! As whom to ask: the standard chain of credentials, one provider after the other.
//!
//! The chain is our own, out of the SDK's providers, because the SDK's chain answers only "no
//! provider gave credentials", tries each once, and goes on to the next identity where the one
//! that was asked for is only half configured. Whether a failure may pass is read off the journal
//! of the transport: the providers wrap their errors in too many ways.

use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_types::error::ErrorMetadata;
use aws_types::region::Region;
use aws_types::request_id::RequestId;

use crate::aws::refusal::{is_passing, is_unknown_caller};
use crate::aws::session::CONNECT;
use crate::aws::settings::Settings;
use crate::net::environment::Variables;
use crate::net::failure::chain;
use crate::net::progress::Wait;
use crate::net::transport::{Exchange, Journal, Outcome, Transport};
use crate::stores::error::{Advice, Error, Said};

/// Where credentials can come from, in the order in which they are looked for.
pub struct Chain {
    links: Vec<(Source, Box<dyn ProvideCredentials>)>,
    journal: Journal,
    /// The metadata service of the instance, if it may be asked for the region: without
    /// credentials from elsewhere.
    imds: Option<aws_config::imds::Client>,
    variables: Variables,
    profile: String,
    /// What the profile is about, as far as an error may need it.
    token_file_of_profile: Option<String>,
    profile_wants_login: bool,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain(…)")
    }
}

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Environment,
    Profile,
    WebIdentity,
    Container,
    Instance,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "the environment",
            Self::Profile => "the profile",
            Self::WebIdentity => "the web identity token",
            Self::Container => "the container's credential endpoint",
            Self::Instance => "the instance metadata service",
        }
    }
}

/// Why there are no credentials.
#[derive(Debug)]
pub enum Trouble {
    /// It may pass.
    Passing(String, Advice),
    Certain(Error),
}

impl Chain {
    pub fn new(settings: &Settings, transport: &Transport) -> Self {
        let journal = Journal::default();
        let variables = settings.variables;
        let region = settings
            .region
            .as_ref()
            .map(|(region, _)| Region::new(region.clone()));
        let config = ProviderConfig::without_region()
            .with_region(region)
            .with_use_fips(settings.fips)
            .with_use_dual_stack(settings.dual_stack)
            .with_behavior_version(Some(crate::aws::session::behavior()))
            // One try each, with an end: it is we who try again.
            .with_retry_config(RetryConfig::disabled())
            .with_timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT)
                    .read_timeout(crate::stores::parameter_store::ATTEMPT)
                    .operation_attempt_timeout(crate::stores::parameter_store::ATTEMPT)
                    .build(),
            )
            .with_http_client(transport.with_journal(&journal));
        let metadata = |config: &ProviderConfig| {
            let client = aws_config::imds::Client::builder().configure(config);
            client.max_attempts(1).build()
        };

        let environment = || Box::new(EnvironmentVariableCredentialsProvider::new()) as Box<_>;
        let profile = || {
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&config)
                .profile_name(settings.profile.clone());
            Box::new(provider.build()) as Box<_>
        };
        let web_identity = || {
            let provider = WebIdentityTokenCredentialsProvider::builder().configure(&config);
            Box::new(provider.build()) as Box<_>
        };
        let container =
            || Box::new(EcsCredentialsProvider::builder().configure(&config).build()) as Box<_>;
        let instance = || {
            let provider = ImdsCredentialsProvider::builder()
                .configure(&config)
                .imds_client(metadata(&config));
            Box::new(provider.build()) as Box<_>
        };

        let in_environment =
            variables.is_set("AWS_ACCESS_KEY_ID") && variables.is_set("AWS_SECRET_ACCESS_KEY");
        let in_container = variables.is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            || variables.is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        let in_token = variables.is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
        let links: Vec<(Source, Box<dyn ProvideCredentials>)> = if settings.profile_by_flag {
            vec![(Source::Profile, profile())]
        } else if in_environment {
            vec![(Source::Environment, environment())]
        } else {
            vec![
                (Source::Environment, environment()),
                (Source::Profile, profile()),
                (Source::WebIdentity, web_identity()),
                (Source::Container, container()),
                (Source::Instance, instance()),
            ]
        };
        let profile_on_instance = settings
            .profiles
            .get("credential_source")
            .is_some_and(|source| source == "Ec2InstanceMetadata");
        let last_resort = links.iter().any(|(source, _)| *source == Source::Instance)
            && !in_container
            && !in_token;
        let imds = (last_resort || profile_on_instance).then(|| {
            // It is asked while the chain is, so that it must not write to the chain's journal.
            metadata(&config.clone().with_http_client(transport.clone()))
        });
        let of_profile = |key| settings.profiles.get(key).map(str::to_owned);
        Self {
            links,
            journal,
            imds,
            variables,
            profile: settings.profile.clone(),
            token_file_of_profile: of_profile("web_identity_token_file"),
            profile_wants_login: of_profile("login_session").is_some(),
        }
    }

    /// The region of the instance that we run on, if it may be asked and says so.
    pub async fn region(&self) -> Option<String> {
        let imds = self.imds.clone()?;
        let provider = ImdsRegionProvider::builder().imds_client(imds).build();
        provider.region().await.map(|region| region.to_string())
    }

    /// Goes along the chain once.
    pub async fn credentials(&self, wait: &Wait<'_>) -> Result<(Source, Credentials), Trouble> {
        let mut tried = Vec::new();
        let mut on_ec2 = is_ec2();
        for (source, provider) in &self.links {
            let source = *source;
            wait.call(source.name());
            let error = match self.ask(source, provider.as_ref(), wait).await {
                Ok(credentials) => return Ok((source, credentials)),
                Err(error) => error,
            };
            let exchange = self.journal.take();
            if let Some(why) = self.half_configured(source, &error) {
                return Err(Trouble::Certain(Error::Credentials {
                    source_name: source.name(),
                    why,
                    advice: self.advice(source),
                }));
            }
            if !matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
                return Err(sort(source, &error, exchange, self.advice(source)));
            }
            if let (Source::Instance, Some(exchange)) = (source, &exchange) {
                if let Some(trouble) = instance_trouble(exchange) {
                    return Err(trouble);
                }
                on_ec2 |= matches!(exchange.outcome, Outcome::Answered(_));
            }
            tried.push(self.absence(source, exchange.as_ref()));
        }
        Err(Trouble::Certain(Error::NoCredentials { tried, on_ec2 }))
    }

    /// Asks one provider. Some try again by themselves: whoever waits is told of their trouble too.
    async fn ask(
        &self,
        source: Source,
        provider: &dyn ProvideCredentials,
        wait: &Wait<'_>,
    ) -> Result<Credentials, CredentialsError> {
        self.journal.take();
        let mut asking = std::pin::pin!(provider.provide_credentials());
        std::future::poll_fn(|context| {
            let polled = asking.as_mut().poll(context);
            if polled.is_pending()
                && let Some(Trouble::Passing(why, advice)) = self
                    .journal
                    .last()
                    .and_then(|last| on_the_way(source, &last))
            {
                wait.trouble(&why, advice.text());
            }
            polled
        })
        .await
    }

    /// What is wrong where somebody has begun to configure a link of the chain, and made a
    /// mistake. To go on with whatever identity comes next would be worse than to stop.
    fn half_configured(&self, source: Source, error: &CredentialsError) -> Option<String> {
        let not_loaded = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        let set = |name| self.variables.is_set(name);
        match source {
            Source::Environment if not_loaded && set("AWS_ACCESS_KEY_ID") => {
                Some("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not".to_owned())
            }
            // The provider gives a reason only where there is a profile to have one.
            Source::Profile if not_loaded && error.source().is_some() => Some(reason(error)),
            Source::Profile => unreadable("the profile", self.token_file_of_profile.as_deref()?),
            Source::WebIdentity if not_loaded && set("AWS_WEB_IDENTITY_TOKEN_FILE") => {
                Some("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not".to_owned())
            }
            Source::WebIdentity => self.unreadable_of("AWS_WEB_IDENTITY_TOKEN_FILE"),
            Source::Container => self.unreadable_of("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            Source::Environment | Source::Instance => None,
        }
    }

    fn unreadable_of(&self, variable: &str) -> Option<String> {
        unreadable(variable, &self.variables.get(variable)?)
    }

    /// What to try where the configuration of a link is at fault.
    fn advice(&self, source: Source) -> Advice {
        match source {
            Source::Environment | Source::WebIdentity => Advice::Nothing,
            Source::Profile if self.profile_wants_login => Advice::Login,
            Source::Profile => Advice::Nothing,
            Source::Container => Advice::Container,
            Source::Instance => Advice::Metadata,
        }
    }

    /// What a link of the chain lacks, for the person who has to give it that.
    fn absence(&self, source: Source, exchange: Option<&Exchange>) -> String {
        match source {
            Source::Environment => {
                "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set".into()
            }
            Source::Profile => {
                let files = crate::aws::settings::unreadable_files(self.variables);
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
                    outcome: Outcome::Answered(status),
                }) => {
                    format!("instance metadata at {host}: HTTP status {status}, no role")
                }
                Some(Exchange {
                    outcome:
                        Outcome::Failed(why)
                        | Outcome::Broken(why)
                        | Outcome::Silent(why)
                        | Outcome::Untrusted(why)
                        | Outcome::Impossible(why),
                    ..
                }) => {
                    format!("instance metadata: {why}")
                }
                None => "instance metadata: turned off by AWS_EC2_METADATA_DISABLED".into(),
            },
        }
    }
}
/// Nothing at the address of IMDS means "not on EC2", unless the firmware says that we are. A
/// connection that is taken and then stays mute is typical of a container with a hop limit of 1,
/// but a busy instance does that too.
fn instance_trouble(exchange: &Exchange) -> Option<Trouble> {
    let nobody_there = matches!(exchange.outcome, Outcome::Failed(_)) && !is_ec2();
    let trouble = on_the_way(Source::Instance, exchange);
    trouble.filter(|_| !nobody_there)
}

/// Sorts the failure of a provider that is configured but gave nothing. `advice` is for
/// configuration that is at fault.
fn sort(
    source: Source,
    error: &CredentialsError,
    exchange: Option<Exchange>,
    advice: Advice,
) -> Trouble {
    let reason = reason(error);
    let certain = |why, advice| {
        Trouble::Certain(Error::Credentials {
            source_name: source.name(),
            why,
            advice,
        })
    };
    let Some(exchange) = exchange else {
        // A time limit cuts an exchange off before it is noted.
        return if is_late(error) || reason.contains("timeout") {
            Trouble::Passing(reason, Advice::Nothing)
        } else if reason.contains("SSO token") || reason.contains("/sso/cache/") {
            certain(reason, Advice::SignIn)
        } else {
            certain(reason, advice)
        };
    };
    if let Some(trouble) = on_the_way(source, &exchange) {
        return trouble;
    }
    let Exchange { host, outcome } = exchange;
    let status = match outcome {
        Outcome::Answered(status) => status,
        Outcome::Untrusted(why) => return certain(why, Advice::UnknownIssuer),
        Outcome::Impossible(why)
        | Outcome::Silent(why)
        | Outcome::Broken(why)
        | Outcome::Failed(why) => return certain(why, Advice::Proxy),
    };
    let code = reason.split([':', ' ']).next().unwrap_or_default();
    match (source, status) {
        // What is left of an answer in the middle of a chain of them.
        (_, 200..300) if is_late(error) => Trouble::Passing(reason, Advice::Nothing),
        (Source::Container | Source::Instance, 200..300) => {
            certain(format!("the answer of {host}: {reason}"), Advice::Nothing)
        }
        // The words of these providers say less, or repeat the answer, body and all.
        (Source::Container, _) => certain(
            format!("{host} answered with HTTP status {status}"),
            Advice::Container,
        ),
        (Source::Instance, _) => certain(
            format!("{host} answered with HTTP status {status}"),
            Advice::InstanceRole,
        ),
        // The latter is what STS says when it cannot reach who made a web identity.
        _ if is_passing(code)
            || code
                .to_ascii_lowercase()
                .starts_with("idpcommunicationerror") =>
        {
            Trouble::Passing(reason, Advice::Nothing)
        }
        _ if code.starts_with("AccessDenied") => certain(reason, Advice::AssumeRole),
        _ if code.starts_with("ExpiredToken") => certain(reason, Advice::Expired),
        _ if is_unknown_caller(code) => certain(reason, Advice::Keys),
        // The portal of IAM Identity Center.
        _ if code == "UnauthorizedException" => certain(reason, Advice::SignIn),
        _ if code == "ForbiddenException" => certain(reason, Advice::Assignment),
        _ => certain(reason, Advice::Nothing),
    }
}

/// Trouble of an exchange that may pass, whatever it was about.
fn on_the_way(source: Source, exchange: &Exchange) -> Option<Trouble> {
    let Exchange { host, outcome } = exchange;
    match outcome {
        Outcome::Silent(why) if source == Source::Instance => {
            Some(Trouble::Passing(why.clone(), Advice::HopLimit))
        }
        Outcome::Silent(why) | Outcome::Broken(why) | Outcome::Failed(why) => {
            Some(Trouble::Passing(why.clone(), Advice::Nothing))
        }
        Outcome::Answered(status @ (408 | 429 | 500..)) => {
            let why = format!("{host} answered with HTTP status {status}");
            Some(Trouble::Passing(why, Advice::Nothing))
        }
        Outcome::Answered(_) | Outcome::Untrusted(_) | Outcome::Impossible(_) => None,
    }
}

fn is_late(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::ProviderTimedOut(_))
}

/// What a provider says, without the words in which the layers around it wrap that.
fn reason(error: &CredentialsError) -> String {
    const WRAPPING: [&str; 7] = [
        "the credential provider was not enabled",
        "the credentials provider was not properly configured",
        "an error occurred while loading credentials",
        "an error occurred while loading an access token",
        "unexpected credentials error",
        "dispatch failure",
        "service error",
    ];
    let mut parts: Vec<String> = Vec::new();
    for error in chain(error) {
        if let Some(said) = error.downcast_ref::<ErrorMetadata>() {
            // Its own words are those of `Debug`, and the part before it repeats the code.
            let said = Said {
                status: 0,
                code: said.code().map(str::to_owned),
                message: said.message().map(str::to_owned),
                request_id: said.request_id().map(str::to_owned),
            };
            if said.code.is_some() {
                return said.to_string();
            }
            continue;
        }
        let part = error.to_string();
        let part = part
            .trim_start_matches("ProfileFile provider could not be built: ")
            .trim_start_matches("unhandled error: ");
        let known = parts.iter().any(|known| known.contains(part));
        if !WRAPPING.contains(&part) && !part.is_empty() && !known {
            parts.push(part.to_owned());
        }
    }
    if parts.is_empty() {
        return error.to_string();
    }
    parts.join(": ")
}

/// Why a file cannot be read that `from` names, if it cannot.
fn unreadable(from: &str, file: &str) -> Option<String> {
    let error = std::fs::read(file).err()?;
    Some(format!("cannot read `{file}`, from {from}: {error}"))
}

/// Whether this machine is an EC2 instance, by what its firmware says (EC2 User Guide, "Identify
/// instances").
fn is_ec2() -> bool {
    [
        "/sys/class/dmi/id/sys_vendor",
        "/sys/class/dmi/id/bios_vendor",
    ]
    .into_iter()
    .filter_map(|file| std::fs::read_to_string(file).ok())
    .any(|vendor| vendor.trim() == "Amazon EC2")
}

/// The credentials that requests are signed with. They can be replaced when they run out.
#[derive(Clone)]
pub struct Held(Arc<RwLock<(Source, Credentials)>>);

impl Held {
    pub fn new(source: Source, credentials: Credentials) -> Self {
        Self(Arc::new(RwLock::new((source, credentials))))
    }

    pub fn replace(&self, source: Source, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (source, credentials);
    }

    /// Whose credentials these are, without giving them away: where they came from, and the end
    /// of the access key id, as the AWS CLI shows it.
    pub fn principal(&self) -> String {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let id = held.1.access_key_id();
        let tail = id
            .len()
            .checked_sub(4)
            .and_then(|start| id.get(start..))
            .unwrap_or_default();
        format!("{} (access key …{tail})", held.0.name())
    }

    pub fn access_key_id(&self) -> String {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .access_key_id()
            .to_owned()
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held(…)")
    }
}

impl ProvideCredentials for Held {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        future::ProvideCredentials::ready(Ok(held.1.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// What a failure is sorted into: `passing` or the advice, and why.
    fn sorted(source: Source, error: CredentialsError, outcome: Option<Outcome>) -> String {
        let exchange = outcome.map(|outcome| Exchange {
            host: "HOST".to_owned(),
            outcome,
        });
        match sort(source, &error, exchange, Advice::Container) {
            Trouble::Passing(what, advice) => format!("passing, {advice:?}: {what}"),
            Trouble::Certain(Error::Credentials { advice, why, .. }) => {
                format!("{advice:?}: {why}")
            }
            Trouble::Certain(error) => error.to_string(),
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_is_certain() {
        use Source::{Container, Instance, Profile};
        let text = |outcome: fn(String) -> Outcome| Some(outcome("WHY".to_owned()));
        let answered = |status| Some(Outcome::Answered(status));
        for (source, why, outcome, expected) in [
            (Profile, "E", text(Outcome::Failed), "passing, Nothing: WHY"),
            (Profile, "E", text(Outcome::Broken), "passing, Nothing: WHY"),
            (Profile, "E", text(Outcome::Silent), "passing, Nothing: WHY"),
            (
                Instance,
                "E",
                text(Outcome::Silent),
                "passing, HopLimit: WHY",
            ),
            (Profile, "E", text(Outcome::Untrusted), "UnknownIssuer: WHY"),
            (Profile, "E", text(Outcome::Impossible), "Proxy: WHY"),
            (
                Profile,
                "HUNTER2",
                answered(500),
                "passing, Nothing: HOST answered with HTTP status 500",
            ),
            (
                Container,
                "HUNTER2",
                answered(429),
                "passing, Nothing: HOST answered with HTTP status 429",
            ),
            (
                Instance,
                "HUNTER2",
                answered(408),
                "passing, Nothing: HOST answered with HTTP status 408",
            ),
            (
                Instance,
                "HUNTER2",
                answered(404),
                "InstanceRole: HOST answered with HTTP status 404",
            ),
            (
                Container,
                "HUNTER2",
                answered(403),
                "Container: HOST answered with HTTP status 403",
            ),
            (
                Instance,
                "invalid JSON",
                answered(200),
                "Nothing: the answer of HOST: invalid JSON",
            ),
            (Profile, "E", answered(400), "Nothing: E"),
            (
                Profile,
                "Throttling: slower",
                answered(400),
                "passing, Nothing: Throttling: slower",
            ),
            (
                Profile,
                "IDPCommunicationError: later",
                answered(400),
                "passing, Nothing: IDPCommunicationError: later",
            ),
            (
                Profile,
                "AccessDenied: no",
                answered(403),
                "AssumeRole: AccessDenied: no",
            ),
            (
                Profile,
                "ExpiredTokenException: no",
                answered(400),
                "Expired: ExpiredTokenException: no",
            ),
            (
                Profile,
                "InvalidClientTokenId: no",
                answered(403),
                "Keys: InvalidClientTokenId: no",
            ),
            (
                Profile,
                "UnauthorizedException: no",
                answered(401),
                "SignIn: UnauthorizedException: no",
            ),
            (
                Profile,
                "ForbiddenException: no",
                answered(403),
                "Assignment: ForbiddenException: no",
            ),
            (
                Profile,
                "the SSO token has expired",
                None,
                "SignIn: the SSO token has expired",
            ),
            (Profile, "E", None, "Container: E"),
            (
                Profile,
                "operation attempt timeout",
                None,
                "passing, Nothing: operation attempt timeout",
            ),
        ] {
            let found = sorted(source, CredentialsError::provider_error(why), outcome);
            assert_eq!(found, expected);
        }
        let late = CredentialsError::provider_timed_out(Duration::from_secs(1));
        let found = sorted(Container, late, None);
        assert!(found.starts_with("passing, Nothing: "), "{found}");
    }

    #[test]
    fn a_principal_shows_the_end_of_its_key_id_and_nothing_more() {
        for (id, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", "the environment (access key …MPLE)"),
            ("ABC", "the environment (access key …)"),
            ("", "the environment (access key …)"),
            ("aäää", "the environment (access key …ää)"),
        ] {
            let credentials = Credentials::new(id, "HUNTER2", Some("HUNTER3".into()), None, "test");
            let held = Held::new(Source::Environment, credentials);
            assert_eq!(held.principal(), expected, "{id}");
            assert_eq!(format!("{held:?}"), "Held(…)");
        }
    }
}
