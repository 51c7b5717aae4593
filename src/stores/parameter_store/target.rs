//! What a request to Parameter Store is for, for messages and for IAM.

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
    /// The catalogue (DescribeParameters).
    Catalogue {
        /// Its filter, such as `below /prd/app`.
        part: String,
    },
    /// Parameters of any version, and the operation on them.
    Some {
        operation: Operation,
        names: Vec<String>,
    },
}

/// What is done with one parameter, or with several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Put,
    Delete,
    Label,
    Unlabel,
    ReadHistory,
    ReadTags,
    AddTags,
    RemoveTags,
}

impl Operation {
    /// The IAM action.
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
    /// The operation, as a verb for messages.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Path { .. } | Self::Names(_) => "read",
            Self::Catalogue { .. } => "list",
            Self::Some { operation, .. } => match operation {
                Operation::Put => "write",
                Operation::Delete => "delete",
                Operation::Label | Operation::Unlabel => "label",
                Operation::ReadHistory => "read the history of",
                Operation::ReadTags => "read the tags of",
                Operation::AddTags | Operation::RemoveTags => "tag",
            },
        }
    }

    /// What the key is used for.
    pub fn cipher(&self) -> &'static str {
        match self {
            Self::Some {
                operation: Operation::Put,
                ..
            } => "encrypt",
            _ => "decrypt",
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
