//! The contract: what a repository says of the secrets that its program needs.
//!
//! It is a file of the same settings as the options, in TOML, with the variables that the program is
//! known to need. Nothing of it is a secret, and yet no message repeats more of it than a key, a
//! pattern, or a name.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::parameter::Presence;
use crate::pattern::Pattern;
use crate::variable::VarName;

/// What a file says, with one of its profiles or none.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The file, as it was named.
    pub file: String,
    /// What the profile says, and where it says nothing, what the top of the file says.
    pub(super) settings: BTreeMap<String, Setting>,
    pub variables: Vec<Declared>,
    /// The names of all profiles.
    pub profiles: Vec<String>,
    /// The one that was chosen.
    pub profile: Option<String>,
}

/// What a key is set to, and where.
#[derive(Debug, Clone)]
pub struct Setting {
    pub value: Value,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Switch(bool),
    Text(String),
    List(Vec<String>),
}

/// A variable that the program is known to need, or to know.
#[derive(Debug, Clone)]
pub struct Declared {
    pub name: VarName,
    /// What it is for.
    pub description: Option<String>,
    pub presence: Presence,
    /// The parameter that it is read from, if that is not a matter of paths.
    pub from: Option<String>,
    /// Whether its value is given as a file.
    pub file: Option<AsFile>,
    pub pattern: Option<Pattern>,
    pub place: Place,
}

/// Where a value stands that is given as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsFile {
    Descriptor,
    Path(String),
}

/// A point in a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        write!(f, "{file}, line {line}, column {column}")
    }
}

/// A key that may stand in a table, and what it can be set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Switch,
    Text,
    List,
    SwitchOrList,
    SwitchOrText,
    Choice(Vec<String>),
}

impl Contract {
    /// What a key is set to; keys are named as options are, without their dashes.
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.profile {
            Some(profile) => write!(f, "`{}`, with its profile `{profile}`", self.file),
            None => write!(f, "`{}`", self.file),
        }
    }
}

/// The keys of `[variables.NAME]`, and what each is for.
pub fn keys_of_variables() -> [(&'static str, Shape, &'static str); 5] {
    [
        ("description", Shape::Text, "What it is for"),
        (
            "required",
            Shape::Switch,
            "Whether the program must not start without it; it must not unless this is `false`",
        ),
        (
            "from",
            Shape::Text,
            "The parameter that it is read from, as `--secret` takes it, if no path gives it",
        ),
        (
            "file",
            Shape::SwitchOrText,
            "Give the value as a file: `true`, or the file's path in memory",
        ),
        (
            "pattern",
            Shape::Text,
            "A regular expression that must match the whole value",
        ),
    ]
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("`true` or `false`"),
            Self::Text => f.write_str("a text"),
            Self::List => f.write_str("a list of texts"),
            Self::SwitchOrList => f.write_str("`true`, `false` or a list of texts"),
            Self::SwitchOrText => f.write_str("`true`, `false` or a text"),
            Self::Choice(words) => write!(f, "one of {}", listed(words)),
        }
    }
}

/// Names in backticks, with commas.
pub fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A text as TOML has it.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
