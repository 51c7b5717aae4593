//! Values of options that are the same for several of them.

use std::fmt;
use std::time::Duration;

use crate::glob::Glob;
use crate::options::{UsageError, usual_timeout};
use crate::stores::parameter_store::names;
use crate::stores::role::{self, Role};
use crate::stores::{Place, Source, encode, place};
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

/// The variable and the place of `--secret`.
pub fn secret(text: &str) -> Result<Exact, UsageError> {
    let hint =
        "the form is `--secret NAME=PARAMETER`, such as `--secret DB_PASSWORD=/prd/app/db:live`";
    let Some((name, parameter)) = text.split_once('=') else {
        return Err(
            UsageError::new(format!("`--secret {text}` is not NAME=PARAMETER"), hint)
                .about("--secret"),
        );
    };
    let name = variable("--secret", name)?;
    let Place { source, key, .. } = place::one(parameter).map_err(|fault| {
        let shown = fault.shown(parameter);
        let what = format!("{shown}, for {name}, {}", fault.why);
        UsageError::new(what, fault.hint.unwrap_or_else(|| hint.to_owned()))
    })?;
    Ok(Exact { name, source, key })
}

/// A variable that is made from one secret, or from one key of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    pub name: VarName,
    pub source: Source,
    /// The key of a JSON object.
    pub key: Option<String>,
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.source, self.key.as_deref()))
    }
}

/// A place as it is written: a source, and a key if one is taken of it.
pub fn written(source: &Source, key: Option<&str>) -> String {
    with_key(source.to_string(), key)
}

/// A place with a key, if one is taken of it.
pub fn with_key(mut text: String, key: Option<&str>) -> String {
    let Some(key) = key else {
        return text;
    };
    if !place::is_whole(&text) {
        text.insert_str(0, "ssm://");
    }
    text.push('#');
    encode(&mut text, key);
    text
}

/// What is wrong with the place that a flag got.
pub fn faulty(flag: &'static str, text: &str, fault: place::Fault) -> UsageError {
    let what = format!("{}, in `{flag}`, {}", fault.shown(text), fault.why);
    let hint = fault.hint.unwrap_or_else(|| {
        "envsecrets-places(7) describes all places; such as /prd/app or secretsmanager://prd/app/"
            .to_owned()
    });
    UsageError::new(what, hint).about(flag)
}

/// A flag without a value, as an unset variable in a script leaves behind.
pub fn empty(flag: &'static str) -> UsageError {
    UsageError::new(
        format!("`{flag}` is empty"),
        "give it a value, or leave it out",
    )
    .about(flag)
}

/// A flag that gives one variable two parameters.
pub fn two_parameters(flag: &'static str, name: &str) -> UsageError {
    UsageError::new(
        format!("`{flag}` gives {name} two parameters"),
        "one variable holds one value: leave one of them out",
    )
    .about(flag)
}

/// The role of `--role` and `--external-id`.
pub fn role(arn: Option<&str>, external_id: Option<&str>) -> Result<Option<Role>, UsageError> {
    let external_id = external_id.map(self::external_id).transpose()?;
    match (arn, external_id) {
        (Some(arn), external_id) => Ok(Some(Role {
            external_id: external_id.map(str::to_owned),
            ..role_arn(arn)?
        })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(UsageError::new(
            "`--external-id` does nothing without `--role`",
            "add `--role ARN`, or leave `--external-id` out; for the role of a profile set \
             `external_id` there",
        )
        .about("--external-id")),
    }
}

/// The role of `--role`, without an external id.
pub fn role_arn(text: &str) -> Result<Role, UsageError> {
    wrong_role("--role", text, role::role(text))
}

/// The external id of `--external-id`.
pub fn external_id(text: &str) -> Result<&str, UsageError> {
    wrong_role("--external-id", text, role::external_id(text))
}

/// A part of a role, as `flag` has it.
pub fn wrong_role<T>(
    flag: &'static str,
    text: &str,
    parsed: Result<T, role::Flaw>,
) -> Result<T, UsageError> {
    if text.is_empty() {
        return Err(empty(flag));
    }
    parsed.map_err(|role::Flaw { what, hint }| {
        UsageError::new(format!("`{text}`, in `{flag}`, {what}"), hint).about(flag)
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
        None => Ok(Some(usual_timeout())),
        Some(text) => match duration("--timeout", text, "`0` means no limit")? {
            Duration::ZERO => Ok(None),
            timeout => Ok(Some(timeout)),
        },
    }
}

/// The longest wait of `--start-jitter`.
pub fn start_jitter(text: &str) -> Result<Duration, UsageError> {
    duration("--start-jitter", text, "`0` means no wait")
}

/// What is left of a time limit. One that is used up would count as no limit, so a second stays.
pub fn left(limit: Option<Duration>, waited: Duration) -> Option<Duration> {
    limit.map(|limit| {
        limit
            .saturating_sub(waited)
            .max(limit.min(Duration::from_secs(1)))
    })
}

/// Checks a label of versions (LabelParameterVersion, `Labels`).
///
/// # Errors
///
/// If no version can have it.
pub fn label(text: &str) -> Result<(), UsageError> {
    if text.is_empty() {
        return Err(empty("--label"));
    }
    if text.len() <= names::LONGEST_LABEL && text.chars().all(names::in_label) {
        return Ok(());
    }
    let what = format!("`{text}`, in `--label`, cannot be a label");
    let hint = "labels are 100 letters, digits, `_`, `.` and `-` at most; `envsecrets history` shows those \
                of a parameter";
    Err(UsageError::new(what, hint).about("--label"))
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
