//! Values that hold several values.
//!
//! A message names keys and places, never a value: what cannot be read is as secret as what can.
#![forbid(unsafe_code)]

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::parameter::Secret;

/// Why a value does not hold what was wanted of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("that is not JSON: it cannot be read at line {line}, column {column}")]
    NotJson { line: usize, column: usize },
    #[error("that is not a JSON object")]
    NotObject,
    #[error("there is no key `{key}`")]
    NoKey { key: String },
    #[error("the key `{key}` is there more than once")]
    Twice { key: String },
    #[error("the key `{key}` holds {what}, which no variable can hold")]
    Unfit { key: String, what: &'static str },
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotJson { .. } | Self::NotObject => {
                "the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}"
            }
            Self::NoKey { .. } => "keys are compared letter by letter; look at how it is written",
            Self::Twice { .. } => "readers disagree on which one counts: store it once",
            Self::Unfit { .. } => "variables hold texts, numbers, `true` and `false`",
        }
    }
}

/// The value of one key of a JSON object: a text as it is meant, a number as it is written.
pub fn pick(value: &Secret, key: &str) -> Result<Secret, Problem> {
    let mut found = None;
    for (name, raw) in members(value.expose())? {
        if name == key && found.replace(raw).is_some() {
            return Err(Problem::Twice { key: name });
        }
    }
    let raw = found.ok_or_else(|| Problem::NoKey {
        key: key.to_owned(),
    })?;
    scalar(raw).map_err(|what| Problem::Unfit {
        key: key.to_owned(),
        what,
    })
}

/// The members of a JSON object in their order, duplicates too, each value as it is written.
fn members(text: &str) -> Result<Vec<(String, &RawValue)>, Problem> {
    // What the parser says can repeat the text, so that only the place is taken from it.
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

/// A text, a number or a truth; otherwise what it is instead.
fn scalar(raw: &RawValue) -> Result<Secret, &'static str> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text)
            .map(Secret::new)
            .map_err(|_| "a text that is no Unicode"),
        Some(b'{') => Err("an object"),
        Some(b'[') => Err("a list"),
        Some(b'n') => Err("null"),
        _ => Ok(Secret::new(text.to_owned())),
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests;
