//! The sources of credstash.
#![forbid(unsafe_code)]

use std::fmt;

use crate::stores::encoding::encode;
use crate::stores::error::Error;
use crate::stores::keys::Keyring;

/// How a place in credstash begins, and so the name of everything that is read there.
const SCHEME: &str = "credstash://";
/// The table that credstash uses if nothing names another.
pub const DEFAULT_TABLE: &str = "credential-store";

/// One secret, or a set of them, in one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub table: Table,
    pub what: What,
    pub keyring: Keyring,
}

/// A table of DynamoDB, by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table(pub String);

/// What of a table is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// All secrets whose names begin with this text; the whole table if it is empty.
    Beginning(String),
    One(Selector),
}

/// One secret at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    pub name: String,
    /// The version as the user wrote it; the newest by default.
    pub version: Option<String>,
}

impl Table {
    /// The name that a secret has here: its place, in which only what would end a name is encoded, since any
    /// text can be a name in credstash.
    pub fn place_of(&self, name: &str) -> String {
        let mut text = format!("{SCHEME}{}/", self.0);
        for character in name.chars() {
            match character {
                '*' => text.push_str("%2A"),
                '#' | '?' | '%' => encode(&mut text, &character.to_string()),
                it if it.is_whitespace() || it.is_control() => {
                    encode(&mut text, &it.to_string());
                }
                it => text.push(it),
            }
        }
        text
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Source {
    /// The beginning that the names of a set share, as they are here.
    pub fn root(&self) -> String {
        match &self.what {
            What::One(_) => String::new(),
            What::Beginning(prefix) => self.table.place_of(prefix),
        }
    }

    pub fn is_one(&self) -> bool {
        matches!(self.what, What::One(_))
    }

    /// The error for a set without a secret, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, shown: String, place: String) -> Option<Error> {
        match &self.what {
            What::One(_) => None,
            What::Beginning(prefix) if prefix.is_empty() || prefix.ends_with('/') => {
                Some(Error::Empty {
                    things: "secret",
                    path: shown,
                    label: None,
                    place,
                })
            }
            What::Beginning(_) => Some(Error::NoMatch {
                things: "secret",
                glob: shown,
                label: None,
                place,
            }),
        }
    }

    /// The options of its place: each with its name and its value, encoded.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let encoded = |value: &str| {
            let mut text = String::new();
            encode(&mut text, value);
            text
        };
        let mut options = Vec::new();
        if let What::One(Selector {
            version: Some(version),
            ..
        }) = &self.what
        {
            options.push(("version", encoded(version)));
        }
        options.extend(self.keyring.options());
        options
    }
}

/// Whether what follows a colon is a version: a number. Other versions are options.
pub fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As a place is written, without its options; always with its table.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::One(selector) => {
                let text = self.table.place_of(&selector.name);
                let (before, last) = text.split_at(text.rfind([':', '/']).unwrap_or(text.len()));
                match last.strip_prefix([':', '/']) {
                    // They would be a version, or a set.
                    Some(digits) if last.starts_with(':') && is_version(digits) => {
                        write!(f, "{before}%3A{digits}")
                    }
                    Some("") if last == "/" => write!(f, "{before}%2F"),
                    _ => f.write_str(&text),
                }
            }
            What::Beginning(prefix) => {
                f.write_str(&self.root())?;
                match prefix.is_empty() || prefix.ends_with('/') {
                    true => Ok(()),
                    false => f.write_str("*"),
                }
            }
        }
    }
}
