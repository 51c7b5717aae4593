//! The credentials in use, and their source.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};

/// A source of credentials.
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

/// The credentials that sign requests. They can be replaced when they expire.
#[derive(Clone)]
pub struct Identity(Arc<RwLock<(Source, Credentials)>>);

impl Identity {
    pub fn new(source: Source, credentials: Credentials) -> Self {
        Self(Arc::new(RwLock::new((source, credentials))))
    }

    pub fn replace(&self, source: Source, credentials: Credentials) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (source, credentials);
    }

    /// The principal for messages.
    pub fn principal(&self) -> String {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        principal(current.0, &current.1)
    }

    /// The principal for messages, if these are the credentials of a role: the role, the end of its
    /// access key id, and the source of the credentials that it was assumed with.
    pub fn principal_in(&self, role: &str) -> String {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (tail, source) = (tail(&current.1), current.0.name());
        format!("the role `{role}` (access key …{tail}) of {source}")
    }

    /// The credentials themselves, for a signature.
    pub fn credentials(&self) -> Credentials {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.1.clone()
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

/// A principal for messages: the source of the credentials and the end of the access key id, as the
/// AWS CLI shows it.
pub fn principal(source: Source, credentials: &Credentials) -> String {
    format!("{} (access key …{})", source.name(), tail(credentials))
}

/// The end of the access key id.
fn tail(credentials: &Credentials) -> &str {
    let id = credentials.access_key_id();
    let start = id.len().checked_sub(4);
    start.and_then(|it| id.get(it..)).unwrap_or_default()
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl ProvideCredentials for Identity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        future::ProvideCredentials::ready(Ok(current.1.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_shows_the_end_of_its_key_id_and_nothing_more() {
        for (id, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", "the environment (access key …MPLE)"),
            ("ABC", "the environment (access key …)"),
            ("", "the environment (access key …)"),
            ("aäää", "the environment (access key …ää)"),
        ] {
            let credentials = Credentials::new(id, "HUNTER2", Some("HUNTER3".into()), None, "test");
            let identity = Identity::new(Source::Environment, credentials);
            assert_eq!(identity.principal(), expected, "{id}");
            assert_eq!(format!("{identity:?}"), "Identity(…)");
        }
    }
}
