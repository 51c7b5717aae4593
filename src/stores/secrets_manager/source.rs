//! The sources of Secrets Manager.
#![forbid(unsafe_code)]

use std::fmt;

use crate::aws::arn::{self, Arn};
use crate::glob::Glob;
use crate::stores::error::Error;

/// How a place in Secrets Manager begins, and so the name of everything that is read there.
pub const SCHEME: &str = "secretsmanager://";

/// One secret, or a set of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// All secrets whose names begin with this, which ends with `/`. A `/` at its beginning is a part
    /// of the names.
    Below {
        prefix: String,
    },
    /// All secrets whose names match a glob, which begins with literal text.
    Matching {
        glob: Glob,
    },
    One(Selector),
}

/// One secret at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// Its name, or its ARN, with or without the six characters that end it.
    pub id: String,
    /// The stage of the version, such as AWSPREVIOUS.
    pub stage: Option<String>,
    /// The identifier of the version.
    pub version: Option<String>,
}

impl Selector {
    /// The region, if it is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        Some(Arn::of("secretsmanager", &self.id)?.region())
    }

    /// Whether a secret that was returned is the one that this names.
    pub fn names(&self, name: &str, found: Option<&str>) -> bool {
        match arn::is_meant(&self.id) {
            true => found.is_some_and(|found| arn::is_same_secret(&self.id, found)),
            false => self.id == name,
        }
    }
}

impl Source {
    /// The glob of a set that has one.
    pub fn glob(&self) -> Option<&Glob> {
        match self {
            Self::Matching { glob } => Some(glob),
            Self::Below { .. } | Self::One(_) => None,
        }
    }

    /// The beginning that the names of a set share, with the scheme that they have here.
    pub fn root(&self) -> String {
        match self {
            Self::One(_) => String::new(),
            set => format!("{SCHEME}{}", set.prefix()),
        }
    }

    /// The beginning that the names of a set share, as the service has them.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Below { prefix } => prefix,
            Self::Matching { glob } => glob.beginning(),
            Self::One(_) => "",
        }
    }

    /// Whether a name is one of the set. The service's own filter is loose.
    pub fn admits(&self, name: &str) -> bool {
        match self {
            Self::Below { prefix } => {
                let rest = name.strip_prefix(prefix.as_str());
                rest.is_some_and(|rest| !rest.is_empty())
            }
            Self::Matching { glob } => glob.matches(name),
            Self::One(_) => false,
        }
    }

    /// The error for a set without a secret, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, shown: String, place: String) -> Option<Error> {
        match self {
            Self::Below { .. } => Some(Error::Empty {
                things: "secret",
                path: shown,
                label: None,
                place,
            }),
            Self::Matching { .. } => Some(Error::NoMatch {
                things: "secret",
                glob: shown,
                label: None,
                place,
            }),
            Self::One(_) => None,
        }
    }

    pub fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// The region of a single secret that is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::One(selector) => selector.region(),
            Self::Below { .. } | Self::Matching { .. } => None,
        }
    }

    /// The options of its place that choose a version.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let selector = match self {
            Self::One(selector) => Some(selector),
            Self::Below { .. } | Self::Matching { .. } => None,
        };
        let stage = selector.and_then(|it| it.stage.as_deref());
        let version = selector.and_then(|it| it.version.as_deref());
        let options = [("stage", stage), ("version", version)];
        options
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below { prefix } => write!(f, "{SCHEME}{prefix}"),
            Self::Matching { glob } => write!(f, "{SCHEME}{}", glob.text()),
            Self::One(selector) if arn::is_meant(&selector.id) => f.write_str(&selector.id),
            Self::One(selector) => write!(f, "{SCHEME}{}", selector.id),
        }
    }
}
