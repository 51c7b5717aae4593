//! The sources of Parameter Store.
#![forbid(unsafe_code)]

use std::fmt;

use crate::aws::arn;
use crate::glob::Glob;
use crate::stores::error::Error;
use crate::stores::parameter_store::names::Selector;

/// One parameter, or a set of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// All parameters below a path, at any depth. The path has no `/` at its end unless it is `/`.
    Below {
        path: String,
        label: Option<String>,
    },
    /// All parameters whose names match a glob, which begins with literal text.
    Matching {
        glob: Glob,
        label: Option<String>,
    },
    One(Selector),
}

impl Source {
    /// The glob of a set that has one.
    pub fn glob(&self) -> Option<&Glob> {
        match self {
            Self::Matching { glob, .. } => Some(glob),
            Self::Below { .. } | Self::One(_) => None,
        }
    }

    /// The beginning that the names of a set share.
    pub fn root(&self) -> &str {
        match self {
            Self::Below { path, .. } => path,
            Self::Matching { glob, .. } => glob.beginning(),
            Self::One(_) => "",
        }
    }

    pub fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// The region of a single parameter that is named by its ARN.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::One(selector) => selector.region(),
            Self::Below { .. } | Self::Matching { .. } => None,
        }
    }

    /// Writes it in the form that can be followed by options.
    pub fn write_uri(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below { path, .. } if path == "/" => f.write_str("ssm:///"),
            Self::Below { path, .. } => write!(f, "ssm://{path}/"),
            Self::One(selector) if arn::is_meant(selector.base()) => write!(f, "{selector}"),
            Self::Matching { .. } | Self::One(_) => write!(f, "ssm://{self}"),
        }
    }

    /// The error for a set without a parameter, where one is required. Single parameters are
    /// reported together.
    pub fn empty(&self, shown: String, place: String) -> Option<Error> {
        match self {
            Self::Below { label, .. } => Some(Error::Empty {
                things: "parameter",
                path: shown,
                label: label.clone(),
                place,
            }),
            Self::Matching { label, .. } => Some(Error::NoMatch {
                things: "parameter",
                glob: shown,
                label: label.clone(),
                place,
            }),
            Self::One(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below { path, .. } => f.write_str(path),
            Self::Matching { glob, .. } => f.write_str(glob.text()),
            Self::One(selector) => selector.fmt(f),
        }
    }
}
