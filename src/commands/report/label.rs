//! What becomes of a label of a version: a line for people, an object for programs.

use serde_json::{Value, json};

/// A label, and what becomes of it on a version.
#[derive(Debug, Clone, Copy)]
pub struct Change<'c> {
    /// The parameter.
    pub name: &'c str,
    pub version: i64,
    pub label: &'c str,
    pub outcome: Outcome,
    /// Whether this would only be done.
    pub dry_run: bool,
}

/// What becomes of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No version had it.
    Added,
    Moved {
        /// The version that had it.
        from: i64,
    },
    Unchanged,
    Removed,
}

impl Outcome {
    /// That of putting a label on a version, `from` the one that has it.
    pub fn of_putting(version: i64, from: Option<i64>) -> Self {
        match from {
            None => Self::Added,
            Some(from) if from == version => Self::Unchanged,
            Some(from) => Self::Moved { from },
        }
    }
}

impl Change<'_> {
    /// The line for people, with its newline.
    pub fn line(&self) -> String {
        let Self {
            name,
            version,
            label,
            ..
        } = self;
        let would = if self.dry_run { "would be " } else { "" };
        let what = match self.outcome {
            Outcome::Added => format!("{would}added"),
            Outcome::Moved { from } => format!("{would}moved from version {from}"),
            Outcome::Unchanged => "already exists".to_owned(),
            Outcome::Removed => format!("{would}removed"),
        };
        format!("{name}:{version} label {label} {what}\n")
    }

    /// The object for programs.
    pub fn object(&self) -> Value {
        let result = match self.outcome {
            Outcome::Added => "added",
            Outcome::Moved { .. } => "moved",
            Outcome::Unchanged => "unchanged",
            Outcome::Removed => "removed",
        };
        let mut object = json!({
            "parameter": self.name,
            "version": self.version,
            "label": self.label,
            "result": result,
            "dry_run": self.dry_run,
        });
        if let Outcome::Moved { from } = self.outcome {
            object["moved_from"] = from.into();
        }
        object
    }
}
