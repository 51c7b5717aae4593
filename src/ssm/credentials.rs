//! As whom to ask: the standard chain of credentials, one provider after the other.
//!
//! The chain is our own, out of the SDK's providers, because the SDK's chain answers only "no
//! provider gave credentials" and tries each once. Whether a failure may pass is read off the
//! journal of the transport: the providers wrap their errors in too many ways.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_types::region::Region;

use super::error::{Advice, Error};
use super::settings::Settings;
use super::transport::{Exchange, Journal, Outcome, Transport, describe};

/// Where credentials can come from, in the order in which they are looked for.
pub struct Chain {
    links: Vec<(Source, Box<dyn ProvideCredentials>)>,
    journal: Journal,
    imds: aws_config::imds::Client,
    /// Without credentials from elsewhere, the instance may know the region.
    region_from_imds: bool,
    profile_looked_for: String,
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
            .with_behavior_version(Some(super::session::behavior()))
            .with_http_client(transport.with_journal(&journal));
        let imds = aws_config::imds::Client::builder()
            .configure(&config)
            .max_attempts(1)
            .build();

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
                .imds_client(imds.clone());
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
        Self {
            links,
            journal,
            imds,
            region_from_imds: last_resort || profile_on_instance,
            profile_looked_for: settings.profile.clone(),
        }
    }

    /// The region of the instance that we run on, if it may be asked and says so.
    pub async fn region(&self) -> Option<String> {
        if !self.region_from_imds {
            return None;
        }
        let provider = ImdsRegionProvider::builder()
            .imds_client(self.imds.clone())
            .build();
        provider.region().await.map(|region| region.to_string())
    }

    /// Goes along the chain once.
    pub async fn credentials(&self) -> Result<(Source, Credentials), Trouble> {
        let mut tried = Vec::new();
        for (source, provider) in &self.links {
            self.journal.take();
            let error = match provider.provide_credentials().await {
                Ok(credentials) => return Ok((*source, credentials)),
                Err(error) => error,
            };
            let exchange = self.journal.take();
            match error {
                CredentialsError::CredentialsNotLoaded(_) => match (source, exchange) {
                    (Source::Instance, Some(exchange)) => match self.instance_trouble(&exchange) {
                        Some(trouble) => return Err(trouble),
                        None => tried.push(self.absence(*source, Some(&exchange))),
                    },
                    _ => tried.push(self.absence(*source, None)),
                },
                error => return Err(sort(*source, &error, exchange)),
            }
        }
        Err(Trouble::Certain(Error::NoCredentials {
            tried,
            on_ec2: is_ec2(),
        }))
    }

    /// What a link of the chain lacks, for the person who has to give it that.
    fn absence(&self, source: Source, exchange: Option<&Exchange>) -> String {
        match source {
            Source::Environment => {
                "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set".into()
            }
            Source::Profile => {
                format!(
                    "profile `{}`: it has no credentials",
                    self.profile_looked_for
                )
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
                        | Outcome::Mute(why)
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

    /// Nothing at the address of IMDS means "not on EC2", unless the firmware says that we are.
    /// A connection that is taken and then stays mute is typical of a container with a hop limit
    /// of 1, but a busy instance does that too.
    fn instance_trouble(&self, exchange: &Exchange) -> Option<Trouble> {
        let told = |why| format!("instance metadata service: {why}");
        match &exchange.outcome {
            Outcome::Mute(why) => Some(Trouble::Passing(told(why), Advice::HopLimit)),
            Outcome::Failed(why) => is_ec2().then(|| Trouble::Passing(told(why), Advice::Nothing)),
            Outcome::Answered(_) | Outcome::Untrusted(_) | Outcome::Impossible(_) => None,
        }
    }
}

/// Sorts the failure of a provider that is configured but gave nothing.
fn sort(source: Source, error: &CredentialsError, exchange: Option<Exchange>) -> Trouble {
    let why = match (&exchange, source) {
        // The metadata client's own words repeat the answer, body and all.
        (
            Some(Exchange {
                outcome: Outcome::Answered(status),
                host,
            }),
            Source::Instance,
        ) => {
            format!("{host} answered with HTTP status {status}")
        }
        (
            Some(Exchange {
                outcome: Outcome::Failed(why) | Outcome::Mute(why) | Outcome::Impossible(why),
                ..
            }),
            _,
        ) => why.clone(),
        _ => describe(error),
    };
    let certain = |advice| {
        let (source_name, why) = (source.name(), why.clone());
        Trouble::Certain(Error::Credentials {
            source_name,
            why,
            advice,
        })
    };
    let passing = |advice| Trouble::Passing(format!("{}: {why}", source.name()), advice);
    if matches!(error, CredentialsError::ProviderTimedOut(_)) {
        return passing(Advice::Nothing);
    }
    match exchange.map(|exchange| exchange.outcome) {
        Some(Outcome::Mute(_)) if source == Source::Instance => passing(Advice::HopLimit),
        Some(Outcome::Mute(_) | Outcome::Failed(_)) => passing(Advice::Nothing),
        Some(Outcome::Answered(status)) if status >= 500 || status == 429 || status == 408 => {
            passing(Advice::Nothing)
        }
        Some(Outcome::Answered(_)) if source == Source::Instance => certain(Advice::InstanceRole),
        Some(Outcome::Answered(_)) if why.contains("AccessDenied") => certain(Advice::AssumeRole),
        Some(Outcome::Untrusted(_)) => certain(Advice::UnknownIssuer),
        Some(Outcome::Answered(_) | Outcome::Impossible(_)) => certain(Advice::Nothing),
        None if why.contains("SSO") || why.contains("sso") || why.contains("login") => {
            certain(Advice::SignIn)
        }
        None => certain(Advice::Nothing),
    }
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
        match sort(source, &error, exchange) {
            Trouble::Passing(what, advice) => format!("passing: {what} ({advice:?})"),
            Trouble::Certain(Error::Credentials { advice, why, .. }) => {
                format!("{advice:?}: {why}")
            }
            Trouble::Certain(error) => error.to_string(),
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_is_certain() {
        let failed = |why: &str| Some(Outcome::Failed(why.to_owned()));
        let answered = |status| Some(Outcome::Answered(status));
        let error = |why: &'static str| CredentialsError::provider_error(why);
        for (source, why, outcome, expected) in [
            (
                Source::Profile,
                "E",
                failed("reset"),
                "passing: the profile: ",
            ),
            (
                Source::Profile,
                "E",
                answered(500),
                "passing: the profile: ",
            ),
            (
                Source::Profile,
                "E",
                answered(429),
                "passing: the profile: ",
            ),
            (
                Source::Profile,
                "E",
                answered(408),
                "passing: the profile: ",
            ),
            (Source::Profile, "E", answered(400), "Nothing: "),
            (
                Source::Profile,
                "AccessDenied",
                answered(403),
                "AssumeRole: ",
            ),
            (Source::Profile, "the SSO token", None, "SignIn: "),
            (Source::Profile, "E", None, "Nothing: "),
            (
                Source::Profile,
                "E",
                Some(Outcome::Untrusted("x".to_owned())),
                "UnknownIssuer: ",
            ),
            (
                Source::Instance,
                "a body with a HUNTER2",
                answered(404),
                "InstanceRole: HOST answered with HTTP status 404",
            ),
            (
                Source::Instance,
                "a body with a HUNTER2",
                answered(503),
                "passing: the instance metadata service: HOST answered with HTTP status 503",
            ),
            (
                Source::Instance,
                "E",
                Some(Outcome::Mute("HOST is mute".to_owned())),
                "passing: the instance metadata service: HOST is mute (HopLimit)",
            ),
        ] {
            let found = sorted(source, error(why), outcome.clone());
            assert!(found.starts_with(expected), "{outcome:?}: {found}");
            assert!(!found.contains("HUNTER2"), "{found}");
        }
        let late = CredentialsError::provider_timed_out(Duration::from_secs(1));
        let found = sorted(Source::Container, late, None);
        assert!(
            found.starts_with("passing: the container's credential endpoint: "),
            "{found}"
        );
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
