//! References: inherited variables whose whole value names a secret.
//!
//! The forms are those that deployment files already use: `ssm://NAME`, `secretsmanager://NAME`,
//! `sm://NAME`, and the ARNs of parameters and secrets. A value is never repeated in a message: a text
//! that only looks like a reference may be a secret.
#![forbid(unsafe_code)]

mod near;

use std::collections::BTreeMap;

use crate::launch::documents;
use crate::parameter::{Parameter, Reading};
use crate::stores::Source;
use crate::stores::arn::{self, Arn};
use crate::stores::parameter_store::names::SECRETS;
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
    /// The ARN by which a secret was named. Parameter Store knows secrets by their names only, so
    /// the response has to be compared with it.
    pub arn: Option<String>,
}

/// Why a variable cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the reference in `{name}` cannot be read: it {why}")]
    Malformed { name: String, why: &'static str },
    #[error("the value of `{name}` is nearly a reference to {what}, and would reach the program")]
    Nearly { name: String, what: &'static str },
    #[error("the reference in `{name}` is for {service}, which envsecrets does not support")]
    Foreign { name: String, service: &'static str },
    #[error("the variable name `{name}` is not UTF-8, and its value is a reference")]
    NotText { name: String },
    #[error("`{name}` is inherited more than once, with different references")]
    Twice { name: String },
    #[error("the reference in `{name}` is to the secret `{arn}`, but `{selector}` {found}")]
    Another {
        name: VarName,
        arn: String,
        selector: String,
        found: String,
    },
    #[error("the reference in `{name}` is to one key of `{selector}`, but {problem}")]
    Key {
        name: VarName,
        selector: String,
        problem: documents::Problem,
    },
}

impl Error {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
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
            Self::Another { .. } => {
                "use the whole ARN, with the six characters at its end; secrets of other accounts \
                 and regions cannot be read through Parameter Store"
            }
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
            Err(Unreadable::Malformed(why)) => errors.push(Error::Malformed { name: shown(), why }),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unreadable {
    Malformed(&'static str),
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
    if !b"agks".contains(first) {
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
    let kind = Kind::of(value)?;
    let target = std::str::from_utf8(value)
        .map_err(|_| "is not UTF-8")
        .and_then(|text| kind.target(text));
    Some(target.map_err(Unreadable::Malformed))
}

/// How a reference is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What follows this many bytes is a parameter.
    Parameter(usize),
    /// What follows this many bytes is a secret, by name or by ARN.
    Secret(usize),
}

impl Kind {
    fn of(value: &[u8]) -> Option<Self> {
        for scheme in ["secretsmanager://", "sm://"] {
            if value.starts_with(scheme.as_bytes()) {
                return Some(Self::Secret(scheme.len()));
            }
        }
        if value.starts_with(b"ssm://") {
            return Some(Self::Parameter("ssm://".len()));
        }
        // ARNs of other things, such as documents, are ordinary values.
        let text = value
            .starts_with(b"arn:")
            .then(|| String::from_utf8_lossy(value))?;
        let arn = Arn::parse(&text)?;
        match arn.service() {
            "ssm" if arn.resource().starts_with("parameter/") => Some(Self::Parameter(0)),
            "secretsmanager" if arn.resource().starts_with("secret:") => Some(Self::Secret(0)),
            _ => None,
        }
    }

    fn target(self, text: &str) -> Result<Target, &'static str> {
        // Names hold no `#`, and a key may hold anything.
        let (text, key) = match text.split_once('#') {
            Some((_, "")) => return Err("ends with `#`, and names no key"),
            Some((text, key)) => (text, Some(key.to_owned())),
            None => (text, None),
        };
        match self {
            Self::Parameter(start) => {
                let text = &text[start..];
                if !arn::is_meant(text) && text.contains('/') && !text.starts_with('/') {
                    return Err("names a parameter in a hierarchy without its first `/`");
                }
                Ok(Target {
                    source: Source::one(text)?,
                    key,
                    arn: None,
                })
            }
            Self::Secret(start) => secret(&text[start..], key),
        }
    }
}

/// A secret: `NAME`, `NAME:STAGE`, `NAME:VERSION`, or an ARN that ends like that or, as in ECS task
/// definitions, with `:KEY:STAGE:VERSION`.
fn secret(text: &str, mut key: Option<String>) -> Result<Target, &'static str> {
    let mut arn = None;
    let mut version = None;
    let name;
    if arn::is_meant(text) {
        const NO_SECRET: &str = "is not the ARN of a secret";
        let parsed = Arn::of("secretsmanager", text).ok_or(NO_SECRET)?;
        let fields: Vec<&str> = parsed.resource().split(':').collect();
        let ["secret", id, rest @ ..] = fields.as_slice() else {
            return Err(NO_SECRET);
        };
        match rest {
            [] => {}
            &[one] => version = Some(one),
            &[member, stage, id] => {
                if !member.is_empty() && key.replace(member.to_owned()).is_some() {
                    return Err("names two keys");
                }
                version = match (stage, id) {
                    ("", "") => None,
                    (one, "") | ("", one) => Some(one),
                    _ => {
                        return Err("names both a stage and a version: only one is allowed");
                    }
                };
            }
            _ => return Err(NO_SECRET),
        }
        arn =
            Some(text[..text.len() - rest.iter().map(|it| it.len() + 1).sum::<usize>()].to_owned());
        name = arn::secret_name(id);
    } else {
        match text.split_once(':') {
            Some((before, after)) => {
                name = before;
                version = Some(after);
            }
            None => name = text,
        }
    }
    if name.is_empty() {
        return Err("names no secret");
    }
    let in_stage = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if version.is_some_and(|it| it.is_empty() || !it.chars().all(in_stage)) {
        return Err(
            "names an invalid stage or version: only letters, digits, `_`, `.` and `-` are allowed",
        );
    }
    let version = version.map_or(String::new(), |it| format!(":{it}"));
    Ok(Target {
        source: Source::one(&format!("{SECRETS}{name}{version}"))?,
        key,
        arn,
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
    if let Some(arn) = &target.arn
        && !read
            .arn
            .as_deref()
            .is_some_and(|found| arn::is_same_secret(arn, found))
    {
        return Err(Error::Another {
            name: name.clone(),
            arn: arn.clone(),
            selector: selector(),
            found: read
                .arn
                .as_ref()
                .map_or("has no ARN".to_owned(), |found| format!("is `{found}`")),
        });
    }
    let mut parameter = read.clone();
    if let Some(key) = &target.key {
        if reading == Reading::Values {
            parameter.value = documents::pick(&read.value, key).map_err(|problem| Error::Key {
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
