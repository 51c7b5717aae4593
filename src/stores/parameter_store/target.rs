//! What a request to Parameter Store is for, in words and as IAM knows it.

use std::fmt;

use crate::output::quoted;
use crate::stores::error::below;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Path {
        path: String,
        label: Option<String>,
    },
    Names(Vec<String>),
    /// The catalogue: what DescribeParameters gives.
    Catalogue {
        /// What it is narrowed to, such as `below /prd/app`.
        part: String,
    },
    /// Parameters whatever their version, and what is to be done with them.
    Some {
        doing: Doing,
        names: Vec<String>,
    },
}

/// What is done with one parameter, or with several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    Put,
    Delete,
    Label,
    Unlabel,
    ReadHistory,
    ReadTags,
    AddTags,
    RemoveTags,
}

impl Doing {
    /// The IAM action. Each is named for its one operation.
    pub fn action(self) -> &'static str {
        match self {
            Self::Put => "ssm:PutParameter",
            Self::Delete => "ssm:DeleteParameters",
            Self::Label => "ssm:LabelParameterVersion",
            Self::Unlabel => "ssm:UnlabelParameterVersion",
            Self::ReadHistory => "ssm:GetParameterHistory",
            Self::ReadTags => "ssm:ListTagsForResource",
            Self::AddTags => "ssm:AddTagsToResource",
            Self::RemoveTags => "ssm:RemoveTagsFromResource",
        }
    }
}

impl Target {
    /// What we want to do with it.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Path { .. } | Self::Names(_) => "read",
            Self::Catalogue { .. } => "list",
            Self::Some { doing, .. } => match doing {
                Doing::Put => "write",
                Doing::Delete => "delete",
                Doing::Label | Doing::Unlabel => "label",
                Doing::ReadHistory => "read the history of",
                Doing::ReadTags => "read the tags of",
                Doing::AddTags | Doing::RemoveTags => "tag",
            },
        }
    }

    /// What the key is wanted for.
    pub fn cipher(&self) -> &'static str {
        match self {
            Self::Some {
                doing: Doing::Put, ..
            } => "encrypt",
            Self::Path { .. } | Self::Names(_) | Self::Catalogue { .. } | Self::Some { .. } => {
                "decrypt"
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, label } => {
                write!(f, "parameters {}", below(path, label.as_deref()))
            }
            Self::Names(names) | Self::Some { names, .. } => match names.as_slice() {
                [_] => write!(f, "parameter {}", quoted(names)),
                names => write!(f, "parameters {}", quoted(names)),
            },
            Self::Catalogue { part } => write!(f, "parameters {part}"),
        }
    }
}
