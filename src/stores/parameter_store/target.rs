//! What a request to Parameter Store is for, for messages and for IAM.

use std::fmt;

use crate::net::call::Effect;
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
    /// A new parameter.
    Create,
    /// A new version of an existing one.
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
            Self::Create | Self::Put => "ssm:PutParameter",
            Self::Delete => "ssm:DeleteParameters",
            Self::Label => "ssm:LabelParameterVersion",
            Self::Unlabel => "ssm:UnlabelParameterVersion",
            Self::ReadHistory => "ssm:GetParameterHistory",
            Self::ReadTags => "ssm:ListTagsForResource",
            Self::AddTags => "ssm:AddTagsToResource",
            Self::RemoveTags => "ssm:RemoveTagsFromResource",
        }
    }

    /// What a request changes, and so whether it is sent again when its response is lost.
    pub fn effect(self) -> Effect {
        match self {
            Self::ReadHistory | Self::ReadTags => Effect::None,
            // Each request writes one more version.
            Self::Put => Effect::Additive,
            // A second request is refused: the parameter exists already.
            Self::Create
            // What is deleted cannot be deleted again.
            | Self::Delete
            // A label is on one version, and a tag has one value: the second request sets the same.
            | Self::Label
            | Self::Unlabel
            | Self::AddTags
            | Self::RemoveTags => Effect::Idempotent,
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
                Operation::Create | Operation::Put => "write",
                Operation::Delete => "delete",
                Operation::Label | Operation::Unlabel => "label",
                Operation::ReadHistory => "read the history of",
                Operation::ReadTags => "read the tags of",
                Operation::AddTags | Operation::RemoveTags => "tag",
            },
        }
    }

    /// What may have changed when the response to a change is lost, and how to see it.
    pub fn lost(&self) -> (String, String) {
        let Self::Some { operation, names } = self else {
            return (format!("{self} may be changed"), String::new());
        };
        let first = names.first().map_or("", String::as_str);
        match operation {
            Operation::Create | Operation::Put => (
                format!("{self} may be written"),
                format!("`envsecrets history {first}` shows whether it is"),
            ),
            Operation::Delete => (
                format!("{self} may be deleted"),
                "the same command again reports what exists".to_owned(),
            ),
            Operation::Label | Operation::Unlabel | Operation::ReadHistory => (
                format!("the labels of {self} may be changed"),
                format!("`envsecrets history {first}` shows them; the same command again is safe"),
            ),
            Operation::AddTags | Operation::RemoveTags | Operation::ReadTags => (
                format!("the tags of {self} may be changed"),
                format!("`envsecrets tag {first}` shows them; the same command again is safe"),
            ),
        }
    }

    /// What the key is used for.
    pub fn cipher(&self) -> &'static str {
        match self {
            Self::Some {
                operation: Operation::Create | Operation::Put,
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
