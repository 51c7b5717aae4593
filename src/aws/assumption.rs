//! The role of a caller: assumed with the credentials of the usual chain, and again when its own
//! expire.
//!
//! The roles of profiles are in `profile`, because they are part of what a profile means.

use std::fmt;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use tokio::sync::Mutex;

use crate::aws::assume_role::Request;
use crate::aws::credentials::{Providers, sts};
use crate::aws::error::Error;
use crate::aws::hint::Hint;
use crate::aws::identity::{Source, principal};
use crate::aws::issuers::endpoint_of_sts;
use crate::aws::provider_failure::{Failure, classify};
use crate::aws::role::{Role, is_in_name, is_name};
use crate::aws::settings::Settings;
use crate::aws::unfit::flaw_in;
use crate::net::progress::Wait;
use crate::net::transport::{Journal, Transport};
use crate::system::machine;

/// The role of a caller, and the credentials that it is assumed with.
pub struct Assumption {
    role: Role,
    session_name: String,
    sts: SdkConfig,
    journal: Journal,
    /// They may have cost a question for a code, and are usually valid for longer than the role's.
    base: Mutex<Option<(Source, Credentials)>>,
}

impl fmt::Debug for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assumption(…)")
    }
}

impl Assumption {
    /// Prepares the call. The region must be known.
    ///
    /// # Errors
    ///
    /// If the endpoint of STS or the name of the session is invalid.
    pub fn new(role: Role, settings: &Settings, transport: &Transport) -> Result<Self, Error> {
        let journal = Journal::default();
        let endpoint = endpoint_of_sts(settings)?;
        Ok(Self {
            role,
            session_name: session_name(settings)?,
            sts: sts(settings, endpoint, transport.with_journal(&journal)),
            journal,
            base: Mutex::default(),
        })
    }

    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Assumes the role once, with the credentials from before where those are still valid.
    pub async fn credentials(
        &self,
        providers: &Providers,
        wait: &Wait<'_>,
    ) -> Result<(Source, Credentials), Failure> {
        let mut base = self.base.lock().await;
        let now = SystemTime::now();
        let is_valid = |it: &Credentials| it.expiry().is_none_or(|expiry| expiry > now);
        if let Some((source, credentials)) = &*base
            && is_valid(credentials)
        {
            match self.assume(*source, credentials, wait).await {
                // Not all credentials tell when they expire.
                Err(Failure::Certain(Error::Role {
                    hint: Hint::Expired,
                    ..
                })) => {}
                result => return Ok((*source, result?)),
            }
        }
        let (source, credentials) = providers.credentials(wait).await?;
        let (_, credentials) = base.insert((source, credentials));
        let assumed = self.assume(source, credentials, wait).await?;
        Ok((source, assumed))
    }

    async fn assume(
        &self,
        source: Source,
        base: &Credentials,
        wait: &Wait<'_>,
    ) -> Result<Credentials, Failure> {
        wait.call("STS");
        self.journal.take();
        let request = Request {
            role: &self.role.arn,
            session_name: self.session_name.clone(),
            external_id: self.role.external_id.as_deref(),
            code: None,
            duration: None,
        };
        let unusable = |why, hint| {
            Failure::Certain(Error::Role {
                role: self.role.arn.clone(),
                principal: principal(source, base),
                why,
                hint,
            })
        };
        let result = request.send(&self.sts, base.clone()).await;
        let issued = result.map_err(CredentialsError::provider_error).flatten();
        match issued {
            Ok(credentials) => match flaw_in(&credentials) {
                Some(flaw) => Err(unusable(flaw, Hint::Unfit)),
                None => Ok(credentials),
            },
            Err(error) => {
                let exchange = self.journal.take();
                match classify(Source::Profile, &error, exchange, Hint::Nothing) {
                    Failure::Certain(Error::Credentials { why, hint, .. }) => {
                        Err(unusable(why, self.hint(hint)))
                    }
                    failure => Err(failure),
                }
            }
        }
    }

    fn hint(&self, hint: Hint) -> Hint {
        match (hint, &self.role.external_id) {
            (Hint::AssumeRole, None) => Hint::TrustPolicy,
            (Hint::AssumeRole, Some(_)) => Hint::ExternalId,
            (hint, _) => hint,
        }
    }
}

/// The name of our sessions, which CloudTrail shows beside the role: what variable or profile name,
/// or else where we run.
fn session_name(settings: &Settings) -> Result<String, Error> {
    const VARIABLE: &str = "AWS_ROLE_SESSION_NAME";
    const KEY: &str = "role_session_name";
    /// AssumeRole, `RoleSessionName`.
    const LONGEST: usize = 64;
    let given = settings.variables.get(VARIABLE).map(|it| (VARIABLE, it));
    let given = given.or_else(|| Some((KEY, settings.profiles.get(KEY)?.to_owned())));
    match given {
        Some((_, text)) if is_name(&text, 2, LONGEST) => Ok(text),
        Some((name, value)) => Err(Error::Setting {
            name,
            value,
            expected: "2 to 64 letters, digits, and any of `_+=,.@-`".to_owned(),
        }),
        None => Ok(name_of_session(&machine::name(), LONGEST)),
    }
}

/// The name of the program and of the machine, as far as that fits.
fn name_of_session(machine: &str, longest: usize) -> String {
    let fits = |it: char| u8::try_from(it).is_ok_and(is_in_name);
    let machine = machine.chars().filter(|it| fits(*it));
    let name: String = concat!(env!("CARGO_PKG_NAME"), "-")
        .chars()
        .chain(machine)
        .collect();
    let name = name.chars().take(longest).collect::<String>();
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_after_the_machine_as_far_as_sts_accepts_that() {
        for (machine, expected) in [
            (
                "ip-10-0-0-1.ec2.internal",
                "envsecrets-ip-10-0-0-1.ec2.internal",
            ),
            ("", "envsecrets"),
            ("bär\u{7f} 1", "envsecrets-br1"),
            (
                "a-pod-with-the-longest-name-that-a-label-of-dns-can-have-0123456",
                "envsecrets-a-pod-with-the-longest-name-that-a-label-of-dns-can-h",
            ),
        ] {
            let name = name_of_session(machine, 64);
            assert_eq!(name, expected);
            assert!(is_name(&name, 2, 64));
        }
    }
}
