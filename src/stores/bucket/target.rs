//! What a request to S3 is for, and what can be wrong with its answer.

use std::fmt;

use crate::stores::call::Flaw;
use crate::stores::listing::Endless;

/// What is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// For messages: ``object `s3://…` ``.
    pub shown: String,
    pub bucket: String,
    pub what: What,
}

/// What of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One object that is read, or looked at.
    Object {
        key: String,
        /// The identifier of its version, if one is requested.
        version: Option<String>,
    },
    /// The keys that begin with this text.
    List { prefix: String },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
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
    #[error("no list of objects")]
    NoList,
    #[error("an object whose key does not begin as requested")]
    Unrequested,
    #[error("a list that goes on, without the token of its next page")]
    NoToken,
    #[error(transparent)]
    Endless(#[from] Endless),
}

impl Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        !matches!(self, Self::Endless(_) | Self::Unrequested)
    }
}
