//! A parameter as it was read: a name that may be printed, and a value that may not.
#![forbid(unsafe_code)]

use std::time::SystemTime;

use crate::secret::Secret;

/// One parameter of Parameter Store, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The full name, such as `/prd/app/db-password`.
    pub name: String,
    /// The decrypted value.
    pub value: Secret,
    /// The version that was read; 0 if the service did not say.
    pub version: i64,
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// When this version was written, if the service said so.
    pub modified: Option<SystemTime>,
    /// The Amazon Resource Name, if the service said so.
    pub arn: Option<String>,
    /// The `:version` or `:label` that was asked for, with its colon, if any was.
    pub selector: Option<String>,
}

/// Whether a parameter, or any below a path, must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

/// What is read of each parameter.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    #[default]
    Values,
    /// Everything but the value: nothing is decrypted, and what stands in its place is dropped at
    /// once.
    Names,
}
