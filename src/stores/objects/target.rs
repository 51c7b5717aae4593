//! What a request to S3 is for, and what can be wrong with its answer.

use std::fmt;

use crate::stores::call::Flaw;
use crate::stores::objects::source::Source;

/// One object that is read, or looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(pub Source);

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.version {
            None => write!(f, "object `{}`", self.0),
            Some(version) => write!(f, "version `{version}` of object `{}`", self.0),
        }
    }
}

/// What is wrong with an invalid response. No program is started after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponse {
    #[error("content without its length, so that nothing says whether it is whole")]
    NoLength,
    #[error("an object without its ETag")]
    NoTag,
    #[error("another version of the object than the requested one")]
    OtherVersion,
    #[error("only a part of the object")]
    Part,
}

impl Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        true
    }
}
