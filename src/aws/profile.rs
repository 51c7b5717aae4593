//! The credentials of a profile: what it begins with, and the roles that are assumed from there.
//!
//! Roles are assumed here and not by the SDK, which asks for no MFA code, runs the command of
//! `credential_process` without bounds, and panics on credentials that cannot become a header. What
//! a profile means is decided as the SDK decides it, and whatever is wrong with a profile is left to
//! the SDK to report.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_credential_types::Credentials;
use aws_credential_types::attributes::AccountId;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};

use crate::aws::assume_role::{Request, is_denied, timed_name};
use crate::aws::credential_process::CredentialProcess;
use crate::aws::error::Error;
use crate::aws::files::{self, LONGEST};
use crate::aws::hint::Hint;
use crate::aws::identity::Source;
use crate::aws::unfit::{flaw_in, flaw_in_container, flaw_in_environment, flaw_of};
use crate::net::progress::Progress;
use crate::system::terminal::Terminal;

const RUNNING: &str = "the command of `credential_process` has not ended";

/// How long a code that was typed may be used again after a request that had no answer. It changes
/// every 30 seconds.
const CODE_LIFETIME: Duration = Duration::from_secs(30);

/// What takes long, and what to try.
type Activity = (&'static str, Hint);

/// What is being waited for, and for how long.
#[derive(Debug, Clone)]
pub struct Waiting(Arc<Mutex<(Option<Activity>, Progress)>>);

impl Waiting {
    pub fn new(progress: &Progress) -> Self {
        Self(Arc::new(Mutex::new((None, progress.clone()))))
    }

    /// Begins anew, with the time that there is now.
    pub fn restart(&self, progress: &Progress) {
        *self.locked() = (None, progress.clone());
    }

    /// What takes so long, if it is known.
    pub fn what(&self) -> Option<Activity> {
        self.locked().0
    }

    fn progress(&self) -> Progress {
        self.locked().1.clone()
    }

    fn set(&self, what: Option<Activity>) {
        self.locked().0 = what;
    }

    fn locked(&self) -> MutexGuard<'_, (Option<Activity>, Progress)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A profile, and the means to get its credentials.
pub struct ProfileProvider {
    pub profiles: ProfileSet,
    /// For the SDK's providers.
    pub config: ProviderConfig,
    /// Configures clients of STS, but for their credentials; or what is wrong with the endpoint of
    /// an issuer.
    pub sts: Result<SdkConfig, Error>,
    /// Providers of what the profile can name as `credential_source`.
    pub named: Box<dyn Fn(Source) -> Box<dyn ProvideCredentials> + Send + Sync>,
    /// The SDK's own, for all that is not decided here.
    pub sdk: ProfileFileCredentialsProvider,
    pub waiting: Waiting,
    pub typed: Mutex<Option<Typed>>,
}

/// A code that was typed.
pub struct Typed {
    /// The serial number of the device.
    device: String,
    code: String,
    at: Instant,
}

impl fmt::Debug for ProfileProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProfileProvider(…)")
    }
}

impl ProvideCredentials for ProfileProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// How a profile leads to credentials.
#[derive(Debug, PartialEq, Eq)]
struct Chain<'p> {
    base: Base<'p>,
    /// In the order in which they are assumed.
    roles: Vec<Role<'p>>,
}

/// The first credentials.
#[derive(Debug, PartialEq, Eq)]
enum Base<'p> {
    /// The keys in a profile, by its name.
    Keys(&'p str),
    /// The command of `credential_process` in a profile, by its name.
    Process(&'p str),
    WebIdentity(&'p str),
    Named(Source),
    /// A sign-in with IAM Identity Center.
    SignIn(&'p str),
}

/// A role to assume, by the profile that has it.
#[derive(Debug, PartialEq, Eq)]
struct Role<'p>(&'p str);

/// Follows `source_profile`. `None` if the profile is invalid, or has no credentials.
fn resolve(profiles: &ProfileSet) -> Option<Chain<'_>> {
    let mut name = profiles.selected_profile();
    let mut visited = Vec::new();
    let mut roles = Vec::new();
    let base = loop {
        if visited.contains(&name) {
            return None;
        }
        visited.push(name);
        let profile = profiles.get_profile(name)?;
        // Keys in a profile that another one refers to beat its role.
        if visited.len() > 1 && has_keys(profile) {
            break Base::Keys(name);
        }
        let has_token = profile.get("web_identity_token_file").is_some();
        if has_token || profile.get("role_arn").is_none() {
            break base(profile)?;
        }
        roles.push(Role(name));
        match (
            profile.get("source_profile"),
            profile.get("credential_source"),
        ) {
            (Some(source), None) if source != name => name = source,
            (Some(_), None) | (None, Some(_)) => match base(profile)? {
                // Only the SDK can read it, and it would begin with the role.
                Base::SignIn(_) => return None,
                base => break base,
            },
            _ => return None,
        }
    };
    roles.reverse();
    Some(Chain { base, roles })
}

/// What a profile begins with, in the order of the SDK.
fn base(profile: &Profile) -> Option<Base<'_>> {
    const SIGN_IN: [&str; 5] = [
        "sso_session",
        "sso_account_id",
        "sso_region",
        "sso_role_name",
        "sso_start_url",
    ];
    let name = profile.name();
    let has = |key: &str| profile.get(key).is_some();
    if let Some(source) = profile.get("credential_source") {
        return match source.to_ascii_lowercase().as_str() {
            "environment" => Some(Base::Named(Source::Environment)),
            "ecscontainer" => Some(Base::Named(Source::Container)),
            "ec2instancemetadata" => Some(Base::Named(Source::Instance)),
            _ => None,
        };
    }
    if has("web_identity_token_file") {
        return has("role_arn").then_some(Base::WebIdentity(name));
    }
    if SIGN_IN.into_iter().any(has) {
        return Some(Base::SignIn(name));
    }
    if has("login_session") {
        return None;
    }
    if has("credential_process") {
        return Some(Base::Process(name));
    }
    has_keys(profile).then_some(Base::Keys(name))
}

fn has_keys(profile: &Profile) -> bool {
    profile.get("aws_access_key_id").is_some() && profile.get("aws_secret_access_key").is_some()
}

/// An error of ours as one of a provider.
fn certain(error: Error) -> CredentialsError {
    CredentialsError::provider_error(error)
}

/// Why the credentials of a profile cannot be used.
fn unusable(why: impl Into<String>, hint: Hint) -> CredentialsError {
    certain(Error::Credentials {
        source_name: Source::Profile.name(),
        why: why.into(),
        hint,
    })
}

impl ProfileProvider {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let Some(Chain { base, roles }) = resolve(&self.profiles) else {
            return self.sdk.provide_credentials().await;
        };
        let mut credentials = self.base(&base, roles.is_empty()).await?;
        for Role(name) in roles {
            if let Some(flaw) = flaw_in(&credentials) {
                return Err(unusable(
                    format!("{flaw}, for the role of `{name}`"),
                    Hint::Unfit,
                ));
            }
            let Some(profile) = self.profiles.get_profile(name) else {
                continue;
            };
            credentials = self.assume(profile, credentials).await?;
        }
        Ok(credentials)
    }

    async fn base(&self, base: &Base<'_>, alone: bool) -> Result<Credentials, CredentialsError> {
        let profile = |name| {
            let missing = || CredentialsError::not_loaded("the profile does not exist");
            self.profiles.get_profile(name).ok_or_else(missing)
        };
        match base {
            Base::Keys(name) => keys(profile(name)?),
            Base::Process(name) => {
                let profile = profile(name)?;
                let process = CredentialProcess {
                    command: profile.get("credential_process").unwrap_or_default().into(),
                    account: profile.get("aws_account_id").map(str::to_owned),
                };
                self.waiting.set(Some((RUNNING, Hint::Process)));
                let credentials = process.credentials().await;
                self.waiting.set(None);
                credentials
            }
            Base::WebIdentity(name) => self.web_identity(profile(name)?).await,
            Base::Named(source) => {
                let flaw = match source {
                    Source::Environment => flaw_in_environment().map(|flaw| (flaw, Hint::Unfit)),
                    Source::Container => flaw_in_container(),
                    Source::Profile | Source::WebIdentity | Source::Instance => None,
                };
                if let Some((flaw, hint)) = flaw {
                    return Err(unusable(flaw, hint));
                }
                (self.named)(*source).provide_credentials().await
            }
            Base::SignIn(name) => {
                self.sts.as_ref().map_err(|error| certain(error.clone()))?;
                if let Some(file) = self.token_of_sign_in(profile(name)?) {
                    files::refuse_unless_plain(Path::new(&file)).map_err(certain)?;
                }
                if alone {
                    return self.sdk.provide_credentials().await;
                }
                let provider = ProfileFileCredentialsProvider::builder().configure(&self.config);
                let provider = provider.profile_name(*name).build();
                provider.provide_credentials().await
            }
        }
    }

    async fn web_identity(&self, profile: &Profile) -> Result<Credentials, CredentialsError> {
        self.sts.as_ref().map_err(|error| certain(error.clone()))?;
        let file = profile.get("web_identity_token_file").unwrap_or_default();
        let progress = self.waiting.progress();
        let copy = files::prepare(Path::new(file), Some("the profile"), LONGEST, &progress);
        let copy = copy.map_err(certain)?;
        let configuration = StaticConfiguration {
            web_identity_token_file: copy.unwrap_or_else(|| file.to_owned()).into(),
            role_arn: profile.get("role_arn").unwrap_or_default().to_owned(),
            session_name: session_name(profile, "web-identity-token-profile"),
        };
        let provider = WebIdentityTokenCredentialsProvider::builder().configure(&self.config);
        let provider = provider.static_configuration(configuration).build();
        provider.provide_credentials().await
    }

    /// The file with the token of a sign-in. It is named by the session, or else by the portal, as
    /// the AWS CLI names it.
    fn token_of_sign_in(&self, profile: &Profile) -> Option<String> {
        use sha1::{Digest, Sha1};
        let name = profile
            .get("sso_session")
            .or(profile.get("sso_start_url"))?;
        let digest = Sha1::digest(name.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let home = std::env::var("HOME").ok()?;
        Some(format!("{home}/.aws/sso/cache/{digest}.json"))
    }

    /// Assumes the role of a profile.
    async fn assume(
        &self,
        profile: &Profile,
        source: Credentials,
    ) -> Result<Credentials, CredentialsError> {
        let sts = self.sts.clone().map_err(certain)?;
        let role = profile.get("role_arn").unwrap_or_default();
        let serial = profile.get("mfa_serial");
        let code = match serial {
            Some(serial) => Some(self.code(serial, role).await?),
            None => None,
        };
        let request = Request {
            role,
            session_name: session_name(profile, "assume-role-from-profile"),
            external_id: profile.get("external_id"),
            code: serial.zip(code),
            duration: duration(profile)?,
        };
        let result = request.send(&sts, source).await;
        let is_used = match &result {
            Ok(_) => true,
            Err(error) => is_denied(error),
        };
        if is_used {
            *self.typed() = None;
        }
        result.map_err(CredentialsError::provider_error)?
    }

    /// Asks for the code of an MFA device, on the terminal. The time that this takes counts.
    async fn code(&self, serial: &str, role: &str) -> Result<String, CredentialsError> {
        if let Some(typed) = &*self.typed()
            && typed.device == serial
            && typed.at.elapsed() < CODE_LIFETIME
        {
            return Ok(typed.code.clone());
        }
        let Ok(mut terminal) = Terminal::open() else {
            return Err(unusable(
                format!(
                    "the role `{role}` requires a code of the MFA device `{serial}`, and there is \
                     no terminal to ask for it"
                ),
                Hint::NoTerminal,
            ));
        };
        let question = format!("Enter MFA code for {serial}: ");
        let typed = match terminal.ask_hidden(&question, self.waiting.progress().deadline()) {
            Ok(typed) => typed,
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.waiting
                    .set(Some(("no MFA code was typed", Hint::Typing)));
                return std::future::pending().await;
            }
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Vec::new(),
            Err(error) => {
                let why = format!("cannot ask for a code of the MFA device `{serial}`: {error}");
                return Err(unusable(why, Hint::NoTerminal));
            }
        };
        // AWS::STS::AssumeRole, `TokenCode`.
        let code = typed.trim_ascii();
        if code.len() != 6 || !code.iter().all(u8::is_ascii_digit) {
            let why = "what was typed is not an MFA code";
            return Err(unusable(why, Hint::NotACode));
        }
        let code = String::from_utf8_lossy(code).into_owned();
        *self.typed() = Some(Typed {
            device: serial.to_owned(),
            code: code.clone(),
            at: Instant::now(),
        });
        Ok(code)
    }

    fn typed(&self) -> MutexGuard<'_, Option<Typed>> {
        self.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of a profile.
fn keys(profile: &Profile) -> Result<Credentials, CredentialsError> {
    let get = |key: &str| profile.get(key).map(str::to_owned);
    for key in [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
    ] {
        let name = format!("`{key}` of the profile `{}`", profile.name());
        if let Some(flaw) = get(key).and_then(|text| flaw_of(&name, &text)) {
            return Err(unusable(flaw, Hint::Unfit));
        }
    }
    let mut credentials = Credentials::builder()
        .access_key_id(get("aws_access_key_id").unwrap_or_default())
        .secret_access_key(get("aws_secret_access_key").unwrap_or_default())
        .provider_name("ProfileFile");
    credentials.set_session_token(get("aws_session_token"));
    credentials.set_account_id(get("aws_account_id").map(AccountId::from));
    Ok(credentials.build())
}

/// The name of a session: that of the profile, or one with the time, as the SDK makes it.
fn session_name(profile: &Profile, prefix: &str) -> String {
    let name = profile.get("role_session_name").map(str::to_owned);
    name.unwrap_or_else(|| timed_name(prefix))
}

/// How long the credentials of a role are to be valid, in seconds, as the AWS CLI reads it.
fn duration(profile: &Profile) -> Result<Option<i32>, CredentialsError> {
    let Some(text) = profile.get("duration_seconds") else {
        return Ok(None);
    };
    let invalid = |_| {
        let name = profile.name();
        let why = format!("`duration_seconds` of the profile `{name}` is not a number");
        unusable(why, Hint::Nothing)
    };
    text.parse().map(Some).map_err(invalid)
}

#[cfg(test)]
mod tests;
