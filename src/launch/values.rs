//! Values of options that are the same for several of them.

use std::time::Duration;

use crate::glob::Glob;
use crate::options::{TIMEOUT, UsageError};
use crate::variable::VarName;

/// The name of a variable, as `flag` takes one.
pub fn variable(flag: &'static str, name: &str) -> Result<VarName, UsageError> {
    VarName::parse(name).ok_or_else(|| {
        UsageError::new(
            format!("`{name}`, in `{flag}`, is not a valid variable name"),
            "names are letters, digits and `_`, and do not begin with a digit",
        )
        .about(flag)
    })
}

/// Patterns, as `flag` takes them.
pub fn globs(
    flag: &'static str,
    texts: &[String],
    glob: fn(&str) -> Result<Glob, globset::Error>,
) -> Result<Vec<Glob>, UsageError> {
    let parse = |text: &String| {
        glob(text).map_err(|error| {
            UsageError::new(
                format!("`{flag} {text}` is not a pattern: {}", error.kind()),
                "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away",
            )
            .about(flag)
        })
    };
    texts.iter().map(parse).collect()
}

/// The time limit of `--timeout`, or the default; `None` for no limit.
pub fn timeout(text: Option<&str>) -> Result<Option<Duration>, UsageError> {
    match text {
        None => Ok(Some(TIMEOUT)),
        Some(text) => match duration("--timeout", text, "`0` means no limit")? {
            Duration::ZERO => Ok(None),
            timeout => Ok(Some(timeout)),
        },
    }
}

/// What is left of a time limit. One that is used up would count as no limit, so a second stays.
pub fn left(limit: Option<Duration>, waited: Duration) -> Option<Duration> {
    limit.map(|limit| {
        limit
            .saturating_sub(waited)
            .max(limit.min(Duration::from_secs(1)))
    })
}

/// A length of time, as a person writes one.
pub fn duration(flag: &'static str, text: &str, zero: &str) -> Result<Duration, UsageError> {
    match text {
        "0" => Ok(Duration::ZERO),
        text => humantime::parse_duration(text).map_err(|error| {
            UsageError::new(
                format!("`{flag} {text}` is not a duration: {error}"),
                format!("write it like `30s`, `500ms` or `2m`; {zero}"),
            )
            .about(flag)
        }),
    }
}
