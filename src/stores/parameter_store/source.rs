//! The sources of Parameter Store.
#![forbid(unsafe_code)]

use std::fmt;

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
    /// The error for a set without a parameter, where one is required. Single parameters are
    /// reported together.
    pub fn empty(&self, place: String) -> Option<Error> {
        match self {
            Self::Below { path, label } => Some(Error::Empty {
                path: path.clone(),
                label: label.clone(),
                place,
            }),
            Self::Matching { glob, label } => Some(Error::NoMatch {
                glob: glob.text().to_owned(),
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
