//! References: inherited variables whose whole value names a secret.
//!
//! The forms are those that deployment files already use: `ssm://NAME`, `secretsmanager://NAME`,
//! `sm://NAME`, and the ARNs of parameters and secrets; every other place with `ref+` before it, since
//! `s3://bucket/key` and `/usr/bin` are ordinary values. A value is never repeated in a message: a text
//! that only looks like a reference may be a secret.
#![forbid(unsafe_code)]

mod near;

use std::collections::BTreeMap;

use crate::launch::{content, documents};
use crate::options::DotenvDialect;
use crate::parameter::{Parameter, Reading};
use crate::stores::arn::Arn;
use crate::stores::place::{self, Fault};
use crate::stores::{Place, Source};
use crate::variable::VarName;
use near::{Meant, near};

/// A variable, and what its value refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub name: VarName,
    pub target: Target,
}

/// What a value refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub source: Source,
    /// The one key of a JSON object that is used, instead of the whole object.
    pub key: Option<String>,
}

/// Why a variable cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the reference in `{name}` cannot be read: it {why}")]
    Malformed {
        name: String,
        why: String,
        hint: Option<String>,
    },
    #[error("the value of `{name}` is nearly a reference to {what}, and would reach the program")]
    Nearly { name: String, what: &'static str },
    #[error("the reference in `{name}` is for {service}, which envsecrets does not support")]
    Foreign { name: String, service: &'static str },
    #[error("the variable name `{name}` is not UTF-8, and its value is a reference")]
    NotText { name: String },
    #[error("`{name}` is inherited more than once, with different references")]
    Twice { name: String },
    #[error("the reference in `{name}` is to one key of `{selector}`, but {problem}")]
    Key {
        name: VarName,
        selector: String,
        problem: documents::Problem,
    },
}

impl Error {
    /// What to try.
    pub fn hint(&self) -> &str {
        match self {
            Self::Malformed {
                hint: Some(hint), ..
            } => hint,
            Self::Malformed { .. } | Self::Nearly { .. } => {
                "a reference looks like `ssm:///prd/app/db`, `ssm:///prd/app/db:LABEL`, \
                 `secretsmanager://NAME` or `secretsmanager://NAME#KEY`, or is the ARN of one; it must \
                 be the whole value"
            }
            Self::Foreign { .. } => {
                "put the secret into Parameter Store or Secrets Manager, or remove the variable with \
                 `--unset NAME`"
            }
            Self::NotText { .. } => "give it another name",
            Self::Twice { .. } => "programs disagree on which one to use: remove one of them",
            Self::Key { problem, .. } => problem.hint(),
        }
    }
}

/// All references among these entries of an environment.
pub fn find<'e>(entries: impl Iterator<Item = &'e [u8]>) -> Result<Vec<Reference>, Vec<Error>> {
    let mut found: BTreeMap<VarName, Target> = BTreeMap::new();
    let mut errors = Vec::new();
    for entry in entries {
        let Some(at) = entry.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        let (name, value) = (&entry[..at], &entry[at + 1..]);
        let Some(target) = parse(value) else {
            continue;
        };
        let shown = || String::from_utf8_lossy(name).into_owned();
        let Ok(text) = std::str::from_utf8(name) else {
            errors.push(Error::NotText { name: shown() });
            continue;
        };
        match target {
            Ok(target) => {
                let name = VarName::inherited(text);
                if let Some(other) = found.insert(name, target.clone())
                    && other != target
                {
                    errors.push(Error::Twice { name: shown() });
                }
            }
            Err(Unreadable::Malformed(Fault { why, hint, .. })) => {
                let name = shown();
                errors.push(Error::Malformed { name, why, hint });
            }
            Err(Unreadable::Nearly(meant)) => errors.push(Error::Nearly {
                name: shown(),
                what: match meant {
                    Meant::Parameter => "a parameter",
                    Meant::Secret => "a secret of Secrets Manager",
                },
            }),
            Err(Unreadable::Foreign(service)) => errors.push(Error::Foreign {
                name: shown(),
                service,
            }),
        }
    }
    if errors.is_empty() {
        let all = found.into_iter();
        Ok(all
            .map(|(name, target)| Reference { name, target })
            .collect())
    } else {
        Err(errors)
    }
}

/// Why a text that looks like a reference cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unreadable {
    Malformed(Fault),
    /// It is not written as a reference, but was meant as one.
    Nearly(Meant),
    /// A reference to something else, as other launchers resolve it. The program must not see it.
    Foreign(&'static str),
}

/// What a value refers to; `None` if it is an ordinary value.
fn parse(value: &[u8]) -> Option<Result<Target, Unreadable>> {
    exact(value).or_else(|| Some(Err(Unreadable::Nearly(near(value)?))))
}

/// What a value refers to that begins as a reference does.
fn exact(value: &[u8]) -> Option<Result<Target, Unreadable>> {
    // Most values end here.
    let first = value.first()?;
    if !b"agkrs".contains(first) {
        return None;
    }
    for (scheme, service) in [
        ("kms://", "KMS"),
        ("gcp:secretmanager:", "Google's Secret Manager"),
    ] {
        if value.starts_with(scheme.as_bytes()) {
            return Some(Err(Unreadable::Foreign(service)));
        }
    }
    // What needs no `ref+` before it is what deployment files have in this form already.
    let start = match value.strip_prefix(b"ref+") {
        Some(rest) if is_uri(rest) || rest.starts_with(b"arn:") || rest.starts_with(b"/") => rest,
        Some(_) => return None,
        None if is_reference(value) => value,
        None => return None,
    };
    let target = std::str::from_utf8(start)
        .map_err(|_| Fault::from("is not UTF-8"))
        .and_then(place::one);
    let target = target.map(|Place { source, key, .. }| Target { source, key });
    Some(target.map_err(Unreadable::Malformed))
}

/// Whether a value begins with a scheme, whatever that is.
fn is_uri(value: &[u8]) -> bool {
    let scheme = value
        .iter()
        .position(|&byte| byte == b':')
        .unwrap_or_default();
    value[scheme..].starts_with(b"://") && value[..scheme].iter().all(u8::is_ascii_alphanumeric)
}

/// Whether a value begins as a reference does: with one of the schemes that need no `ref+`, or as the
/// ARN of a parameter or a secret. ARNs of other things, such as documents, are ordinary values.
fn is_reference(value: &[u8]) -> bool {
    const SCHEMES: [&str; 3] = ["ssm://", "secretsmanager://", "sm://"];
    if SCHEMES.iter().any(|it| value.starts_with(it.as_bytes())) {
        return true;
    }
    if !value.starts_with(b"arn:") {
        return false;
    }
    let text = String::from_utf8_lossy(value);
    Arn::parse(&text).is_some_and(|arn| match arn.service() {
        "ssm" => arn.resource().starts_with("parameter/"),
        "secretsmanager" => arn.resource().starts_with("secret:"),
        _ => false,
    })
}

/// The parameter that the program gets: the one that was read, or the value of one of its keys.
pub fn resolve(
    reference: &Reference,
    read: &Parameter,
    reading: Reading,
) -> Result<Parameter, Error> {
    let Reference { name, target } = reference;
    let selector = || target.source.to_string();
    let mut parameter = read.clone();
    if let Some(key) = &target.key {
        if reading == Reading::Values {
            parameter.value = content::text(&target.source, read, Some(key), DotenvDialect::Common)
                .map_err(|problem| Error::Key {
                    name: name.clone(),
                    selector: selector(),
                    problem,
                })?;
        }
        parameter.name = format!("{}#{key}", read.name);
    }
    Ok(parameter)
}

/// Replaces the references by the resolved values.
pub fn replace(entries: &mut [Vec<u8>], resolved: &BTreeMap<&[u8], &[u8]>) {
    for entry in entries {
        let Some(at) = entry.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        if let Some(value) = resolved.get(&entry[..at]) {
            entry.truncate(at + 1);
            entry.extend_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests;
