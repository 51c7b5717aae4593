//! Values that contain several variables.
//!
//! A message names keys and positions, never a value: a value that cannot be read is as secret as
//! one that can.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::json::{self, Members};
use crate::launch::dotenv::{self, Assignment};
use crate::launch::values;
use crate::options::{DocumentKind, DotenvDialect, UsageError};
use crate::secret::Secret;
use crate::stores::{Place, Source, place};

/// A secret that contains several variables, as `--json` and `--dotenv` name one.
#[derive(Debug)]
pub struct Document {
    pub flag: &'static str,
    pub kind: DocumentKind,
    pub source: Source,
    /// The key whose value contains them, if it is not all of it.
    pub key: Option<String>,
    /// What the names of the variables begin with.
    pub prefix: String,
}

impl Document {
    /// Parses `PARAMETER`, or for JSON also `PREFIX=PARAMETER`.
    ///
    /// # Errors
    ///
    /// If the prefix cannot begin a name, or the parameter cannot be one.
    pub fn parse(text: &str, kind: DocumentKind) -> Result<Self, UsageError> {
        let (flag, hint) = match kind {
            DocumentKind::Json => (
                "--json",
                "the form is `--json PARAMETER` or `--json PREFIX=PARAMETER`",
            ),
            DocumentKind::Dotenv => ("--dotenv", "the form is `--dotenv PARAMETER`"),
        };
        // No name of a parameter contains a `=`, and that of a secret only after its own `/`.
        let (prefix, parameter) = match text.split_once('=') {
            Some((prefix, rest)) if kind == DocumentKind::Json && !prefix.contains('/') => {
                (values::variable(flag, prefix)?.to_string(), rest)
            }
            _ => (String::new(), text),
        };
        let Place { source, key, .. } = place::one(parameter).map_err(|fault| {
            let hint = fault.hint.clone().unwrap_or_else(|| hint.to_owned());
            let what = format!("{}, in `{flag}`, {}", fault.shown(parameter), fault.why);
            UsageError::new(what, hint).about(flag)
        })?;
        Ok(Self {
            flag,
            kind,
            source,
            key,
            prefix,
        })
    }

    /// The place, for messages.
    pub fn place(&self) -> String {
        values::written(&self.source, self.key.as_deref())
    }
}

/// How deep objects may be nested.
const DEEPEST: usize = 32;

/// A parameter that cannot be split into variables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{flag} {parameter}` gives no variables: {problem}")]
pub struct Unreadable {
    pub flag: &'static str,
    pub parameter: String,
    pub problem: Problem,
}

/// Why a value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("it is not valid JSON at line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("it is not a JSON object")]
    NotObject,
    #[error("the key `{key}` does not exist")]
    NoKey { key: String },
    #[error(transparent)]
    Dotenv(#[from] dotenv::Problem),
    #[error("it is empty")]
    Nothing,
    #[error("it is not text")]
    Binary,
    #[error("it is larger than 1 MiB")]
    TooLarge,
    #[error("its name does not end with `.env`, `.json`, `.yaml`, `.yml` or `.properties`")]
    NoFormat,
    #[error("line {line}, `{key}`, is for a shell to evaluate")]
    Shell { line: usize, key: String },
    /// A problem with a file in another format.
    #[error("{what}")]
    File { what: String, hint: &'static str },
    #[error("the key `{key}` contains objects nested more than {DEEPEST} deep")]
    TooDeep { key: String },
    #[error("the key `{key}` occurs more than once")]
    Twice { key: String },
    #[error("the key `{key}` contains {what}, which a variable cannot contain")]
    Unfit { key: String, what: &'static str },
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Dotenv(problem) => problem.hint(),
            Self::Binary => "`--file NAME=PLACE` passes bytes as a file",
            Self::TooLarge => "`--file NAME=PLACE` passes it as a file, up to 64 MiB",
            Self::NoFormat => {
                "`?format=dotenv`, `json`, `yaml` or `properties` in the place gives the format"
            }
            Self::Shell { .. } => {
                "nothing is evaluated here: write the value itself, or quote a `$` that is meant, \
                 NAME='VALUE'"
            }
            Self::File { hint, .. } => hint,
            Self::Nothing => "check the value, or leave the option out",
            Self::TooDeep { .. } => "store it flatter",
            Self::NotJson { .. } | Self::NotObject => {
                "the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}"
            }
            Self::NoKey { .. } => "keys are case-sensitive: check the spelling",
            Self::Twice { .. } => "readers disagree on which one to use: store it once",
            Self::Unfit { .. } => "a variable contains text, a number, `true` or `false`",
        }
    }
}

/// The variables in a value, each with its key, or all reasons why it cannot be used. Keys of
/// nested objects are joined with `/`.
pub fn flatten(
    value: &Secret,
    kind: DocumentKind,
    dialect: DotenvDialect,
) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let mut flat = Flat::default();
    match kind {
        DocumentKind::Json => match members(value.expose()) {
            Ok(members) => flat.object("", members, 1),
            Err(problem) => flat.problems.push(problem),
        },
        DocumentKind::Dotenv => flat.dotenv(value.expose(), dialect),
    }
    if flat.found.is_empty() && flat.problems.is_empty() {
        flat.problems.push(Problem::Nothing);
    }
    if flat.problems.is_empty() {
        Ok(flat.found)
    } else {
        Err(flat.problems)
    }
}

#[derive(Default)]
struct Flat {
    found: Vec<(String, Secret)>,
    problems: Vec<Problem>,
}

impl Flat {
    fn object(&mut self, above: &str, members: Vec<(String, &RawValue)>, depth: usize) {
        let mut seen = BTreeSet::new();
        if members.is_empty() && depth > 1 {
            let (key, what) = (above.trim_end_matches('/').to_owned(), "an empty object");
            self.problems.push(Problem::Unfit { key, what });
        }
        for (name, raw) in members {
            let key = format!("{above}{name}");
            if !seen.insert(name) {
                self.problems.push(Problem::Twice { key });
            } else if raw.get().starts_with('{') {
                // A part of valid JSON is valid JSON.
                match self::members(raw.get()) {
                    Ok(_) if depth == DEEPEST => self.problems.push(Problem::TooDeep { key }),
                    Ok(members) => self.object(&format!("{key}/"), members, depth + 1),
                    Err(problem) => self.problems.push(problem),
                }
            } else {
                match scalar(raw) {
                    Ok(value) => self.found.push((key, value)),
                    Err(what) => self.problems.push(Problem::Unfit { key, what }),
                }
            }
        }
    }

    fn dotenv(&mut self, text: &str, dialect: DotenvDialect) {
        let assignments = match dotenv::read(text, dialect) {
            Ok(assignments) => assignments,
            Err(problems) => {
                self.problems
                    .extend(problems.into_iter().map(Problem::Dotenv));
                return;
            }
        };
        let mut seen = BTreeSet::new();
        for Assignment { name, value, .. } in assignments {
            if seen.insert(name.clone()) {
                self.found.push((name, value));
            } else {
                self.problems.push(Problem::Twice { key: name });
            }
        }
    }
}

/// The value of one key of a JSON object: text without its quotes, a number as written. A key of a
/// nested object is named as [`flatten`] names it, unless a key has this very name.
pub fn pick(value: &Secret, key: &str) -> Result<Secret, Problem> {
    let missing = || Problem::NoKey {
        key: key.to_owned(),
    };
    let raw = member(value.expose(), key)?.ok_or_else(missing)?;
    scalar(raw).map_err(|what| Problem::Unfit {
        key: key.to_owned(),
        what,
    })
}

/// The value of a key, as written.
fn member<'t>(text: &'t str, key: &str) -> Result<Option<&'t RawValue>, Problem> {
    let members = members(text)?;
    let one = |wanted: &str| {
        let mut found = members.iter().filter(|(name, _)| name == wanted);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Problem::Twice {
                key: wanted.to_owned(),
            }),
            (first, _) => Ok(first.map(|(_, raw)| *raw)),
        }
    };
    if let Some(raw) = one(key)? {
        return Ok(Some(raw));
    }
    for (at, _) in key.match_indices('/') {
        if let Some(outer) = one(&key[..at])?
            && outer.get().starts_with('{')
            && let Some(raw) = member(outer.get(), &key[at + 1..])?
        {
            return Ok(Some(raw));
        }
    }
    Ok(None)
}

/// The members of a JSON object in order, with duplicates, each value as written.
fn members(text: &str) -> Result<Vec<(String, &RawValue)>, Problem> {
    // The message of the parser can repeat the text, so only the position is used.
    let invalid = |error: serde_json::Error| Problem::NotJson {
        line: error.line(),
        column: error.column(),
    };
    let whole: &RawValue = serde_json::from_str(text).map_err(invalid)?;
    if !whole.get().starts_with('{') {
        return Err(Problem::NotObject);
    }
    let Members(members) = serde_json::from_str(text).map_err(invalid)?;
    Ok(members)
}

/// Text, a number or a boolean; otherwise what it is instead.
fn scalar(raw: &RawValue) -> Result<Secret, &'static str> {
    match json::unfit(raw) {
        Some(what) => Err(what),
        None => json::text(raw)
            .map(Secret::new)
            .ok_or("text that is not Unicode"),
    }
}

#[cfg(test)]
mod tests;
