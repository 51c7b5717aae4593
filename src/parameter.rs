//! A parameter as we hold it: a name we may print, and a value we may not.
#![forbid(unsafe_code)]

use std::fmt;
use std::time::SystemTime;

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

/// A value that cannot be printed by accident: there is no `Display`, and `Debug` hides it.
///
/// It is not wiped from memory when dropped. On success `execve` discards our whole address
/// space within milliseconds, and on failure the process ends; the copies that matter, in TLS
/// and JSON buffers, would not be ours to wipe.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself. Only `environment` and `files`, which hand it to the program, `documents`,
    /// which takes one apart, and checks that do not repeat it have a reason to call this.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The size in bytes, as Parameter Store and the kernel count it.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_hides_itself_from_debug() {
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "Secret(…)"
        );
    }
}
