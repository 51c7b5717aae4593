//! The names of environment variables.
#![forbid(unsafe_code)]

use std::fmt;

/// A portable name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*`.
///
/// POSIX (Base Definitions, 8.1) promises that utilities handle names of upper-case letters,
/// digits and underscores that do not begin with a digit; lower case is allowed to applications.
/// Shells drop variables with other names, so such a secret would be lost silently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VarName(String);

impl VarName {
    /// The name, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut characters = text.chars();
        let first = characters.next()?;
        let starts = first == '_' || first.is_ascii_alphabetic();
        let goes_on = characters.all(|c| c == '_' || c.is_ascii_alphanumeric());
        (starts && goes_on).then(|| Self(text.to_owned()))
    }

    /// The name of a variable that is inherited: the program would get it under any name.
    pub fn inherited(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VarName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
