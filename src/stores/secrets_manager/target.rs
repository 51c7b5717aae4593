//! What a request to Secrets Manager is for, and what can be wrong with its answer.

use std::fmt;

use crate::output::quoted;
use crate::stores::call::Flaw;
use crate::stores::listing::Endless;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The list of all secrets whose names begin with a text.
    List { prefix: String },
    /// The values of several secrets at once, by their ARNs, which are those of these names.
    Batch {
        ids: Vec<String>,
        names: Vec<String>,
    },
    /// The value of one secret, by its name or ARN.
    Value { id: String },
    /// What is known of one secret, but its value.
    Description { id: String },
}

impl Target {
    /// The operation, as a verb for messages.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::List { .. } => "list",
            Self::Batch { .. } | Self::Value { .. } => "read",
            Self::Description { .. } => "describe",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { prefix } => write!(f, "secrets whose names begin with `{prefix}`"),
            Self::Batch { names, .. } => match names.as_slice() {
                [_] => write!(f, "secret {}", quoted(names)),
                [shown @ .., _, _] if shown.len() >= SHOWN => {
                    let (shown, rest) = names.split_at(SHOWN);
                    write!(f, "secrets {} and {} more", quoted(shown), rest.len())
                }
                names => write!(f, "secrets {}", quoted(names)),
            },
            Self::Value { id } | Self::Description { id } => write!(f, "secret `{id}`"),
        }
    }
}

/// How many secrets of a batch a message names.
const SHOWN: usize = 3;

/// What is wrong with an invalid response. No program is started after one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponse {
    #[error("a secret without a name")]
    NoName,
    #[error("secret `{name}` without an ARN")]
    NoArn { name: String },
    #[error("secret `{name}` with neither a text nor bytes")]
    NoValue { name: String },
    #[error("secret `{name}` twice, with different values")]
    Conflict { name: String },
    #[error("secret `{name}`, which was not requested")]
    Unrequested { name: String },
    #[error("neither a value nor an error for `{name}`")]
    Unanswered { name: String },
    #[error("another version in place of `{name}`")]
    OtherVersion { name: String },
    #[error("no list of secrets")]
    NoList,
    #[error(transparent)]
    Endless(#[from] Endless),
}

impl Flaw for InvalidResponse {
    fn may_pass(&self) -> bool {
        *self == Self::NoList
    }
}
