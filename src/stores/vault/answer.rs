//! What a server answers. Values are kept as they are written: a number of 20 digits stays one.
#![forbid(unsafe_code)]

use serde::Deserialize;
use serde_json::value::RawValue;

/// The envelope of all answers.
#[derive(Deserialize)]
pub struct Answer<'a> {
    #[serde(default)]
    pub lease_id: Option<String>,
    #[serde(default, borrow)]
    pub data: Option<&'a RawValue>,
    #[serde(default)]
    pub auth: Option<Auth>,
    #[serde(default)]
    pub wrap_info: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub warnings: Option<Vec<String>>,
}

/// What is wrong, as a server says it.
#[derive(Default, Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Option<Vec<String>>,
    /// As other implementations have it.
    #[serde(default)]
    error: Option<String>,
}

/// A token, as a sign-in gives it.
#[derive(Deserialize)]
pub struct Auth {
    #[serde(default)]
    pub client_token: String,
    /// `service`, or `batch` for one that cannot be revoked.
    #[serde(default)]
    pub token_type: Option<String>,
    /// What else is required before there is a token.
    #[serde(default)]
    pub mfa_requirement: Option<serde::de::IgnoredAny>,
}

/// The data of a secret of version 2.
#[derive(Deserialize)]
pub struct Versioned<'a> {
    #[serde(default, borrow)]
    pub data: Option<&'a RawValue>,
    pub metadata: Metadata,
}

/// What is known of a version.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    pub version: u64,
    #[serde(default)]
    pub created_time: String,
    /// Empty unless it is deleted, or will be.
    #[serde(default)]
    pub deletion_time: String,
    #[serde(default)]
    pub destroyed: bool,
}

/// The names in a folder.
#[derive(Deserialize)]
pub struct Names {
    pub keys: Vec<String>,
}

/// A mount, as the look-up for user interfaces has it.
#[derive(Deserialize)]
pub struct Mount {
    /// With a `/` at its end.
    pub path: String,
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub options: Option<MountOptions>,
}

#[derive(Deserialize)]
pub struct MountOptions {
    #[serde(default)]
    pub version: Option<String>,
}

/// What a wrapping token stands for: the answer of another request.
#[derive(Default, Deserialize)]
pub struct Unwrapped {
    #[serde(default)]
    pub secret_id: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
}

/// A part of an answer, or `None` if it is another one. The error of the parser can repeat a value.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// The errors of an answer in one line, if it has the form of one. The library of the server puts
/// `1 error occurred:` and bullets around them.
pub fn errors(body: &[u8]) -> Option<Vec<String>> {
    let answer: Errors = serde_json::from_slice(body).ok()?;
    let all = answer.errors.into_iter().flatten().chain(answer.error);
    let line = |text: String| {
        let lines = text.lines().map(|line| {
            let line = line.trim().trim_start_matches("* ");
            match line.ends_with("occurred:") {
                true => "",
                false => line,
            }
        });
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        lines.join("; ")
    };
    Some(all.map(line).filter(|line| !line.is_empty()).collect())
}

#[cfg(test)]
mod tests;
