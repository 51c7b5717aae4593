//! What a request to DynamoDB is for, and what can be wrong with its answer.

use std::fmt;

use crate::redaction::{WORD, quote};
use crate::stores::call::Flaw;
use crate::stores::credstash::source::Table;
use crate::stores::listing::Endless;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All secrets of a table.
    Table(Table),
    /// A row of one secret, by its place.
    Secret { table: Table, place: String },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "the secrets of table `{table}`"),
            Self::Secret { place, .. } => write!(f, "secret `{place}`"),
        }
    }
}

/// What no row of credstash has, as the rest of a sentence that begins with the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRow {
    #[error("it has no attribute `{attribute}`")]
    Without { attribute: &'static str },
    #[error("its attribute `{attribute}` is not Base64")]
    NotBase64 { attribute: &'static str },
    #[error("its attribute `hmac` is not hexadecimal")]
    NotHexadecimal,
    #[error("it names no digest, and its MAC has the size of none")]
    NoDigest,
    #[error(
        "its digest is `{}`, which credstash 1.17 cannot read either",
        quote(name, WORD)
    )]
    Digest { name: String },
}

/// What is wrong with an invalid response. No program is started after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponse {
    #[error("no list of items")]
    NoList,
    #[error("an item without `{attribute}`")]
    NoAttribute { attribute: &'static str },
    #[error("an item whose `{attribute}` has another type than credstash gives it")]
    OtherType { attribute: &'static str },
    #[error("secret `{place}`, which was not requested")]
    Unrequested { place: String },
    #[error(transparent)]
    Endless(#[from] Endless),
}

impl Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        matches!(self, Self::NoList)
    }
}
