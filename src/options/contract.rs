//! The contract: which secrets the program of a repository needs.
//!
//! It is a TOML file with the options as settings, and the variables that the program needs. It
//! contains no secret, but messages repeat no more of it than a key, a pattern, or a name.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::parameter::Presence;
use crate::pattern::Pattern;
use crate::variable::VarName;

/// The content of one file or several, each with one of its profiles or none. Of two files the
/// later wins, key by key.
#[derive(Debug, Clone)]
pub struct Contract {
    /// In the order in which they were given. There is at least one.
    pub files: Vec<File>,
    /// For each key the last file that has it: in its profile, or else at its top.
    pub(super) settings: BTreeMap<String, Setting>,
    /// Those at the top of the files and of all profiles, chosen or not.
    pub all: Vec<(String, Setting)>,
    /// The lists that are in an earlier file, and do not count.
    pub replaced: Vec<Replaced>,
    pub variables: Vec<Declared>,
    /// Each entry of a file that has `from` or `file`, with what it takes from earlier files.
    pub sources: Vec<Declared>,
    /// The names of the profiles of all files.
    pub profiles: Vec<String>,
    /// The one that was chosen.
    pub profile: Option<String>,
}

/// A file of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As given.
    pub name: String,
    /// The profile that was chosen, if this file has it.
    pub profile: Option<String>,
}

/// A list that a later file replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    pub key: String,
    pub place: Place,
    /// The place of the list that counts instead.
    pub by: Place,
}

/// The value of a key, and its position.
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

/// A variable that the program requires, or accepts.
#[derive(Debug, Clone)]
pub struct Declared {
    pub name: VarName,
    /// What it is for.
    pub description: Option<String>,
    pub presence: Presence,
    /// The parameter that it is read from, if it does not come from a path.
    pub from: Option<String>,
    /// The entry that has `from`, or the same as `place`.
    pub from_place: Place,
    /// Whether its value is passed as a file.
    pub file: Option<AsFile>,
    /// The entry that has `file`, or the same as `place`.
    pub file_place: Place,
    pub pattern: Option<Pattern>,
    /// The entry that has the pattern: that of a profile, or the same as `place`.
    pub pattern_place: Place,
    /// The entry that decides whether it is required, or else the last one.
    pub place: Place,
}

/// The place of a value that is passed as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsFile {
    Descriptor,
    Path(String),
}

/// A point in a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

/// A key of a table, and the type of its value.
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
    /// A string, or `false` for none.
    OrNone,
    Choice(Vec<String>),
}

impl Contract {
    /// The value of a key; keys are the names of options, without their dashes.
    pub fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// The files in backticks, with `last` before the last of several.
    pub fn named(&self, last: &str) -> String {
        let names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        enumerated(&names, last)
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<String> = self.files.iter().map(File::to_string).collect();
        f.write_str(&files.join(", then "))
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        match &self.profile {
            Some(profile) => write!(f, ", with its profile `{profile}`"),
            None => Ok(()),
        }
    }
}

/// The keys of `[variables.NAME]`, with descriptions.
pub fn keys_of_variables() -> [(&'static str, Shape, &'static str); 5] {
    [
        ("description", Shape::Text, "What it is for"),
        (
            "required",
            Shape::Switch,
            "Whether the program requires it, which is so unless this is `false`",
        ),
        (
            "from",
            Shape::Text,
            "The parameter that it is read from, in the form of `--secret`, if no path contains it; \
             with `file` it can begin with `text:` or `base64:`",
        ),
        (
            "file",
            Shape::SwitchOrText,
            "Pass the value as a file: `true`, or the path of the file in memory",
        ),
        (
            "pattern",
            Shape::Text,
            "A regular expression that must match the whole value",
        ),
    ]
}

/// The keys of `[profiles.NAME.variables.NAME]`, with descriptions.
pub fn keys_of_changed() -> [(&'static str, Shape, &'static str); 2] {
    [
        (
            "required",
            Shape::Switch,
            "Whether the program requires it in this profile",
        ),
        (
            "pattern",
            Shape::OrNone,
            "The pattern in this profile, or `false` for none",
        ),
    ]
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch => f.write_str("`true` or `false`"),
            Self::Text => f.write_str("a string"),
            Self::List => f.write_str("a list of strings"),
            Self::SwitchOrList => f.write_str("`true`, `false` or a list of strings"),
            Self::SwitchOrText => f.write_str("`true`, `false` or a string"),
            Self::OrNone => f.write_str("a string or `false`"),
            Self::Choice(words) => write!(f, "one of {}", listed(words)),
        }
    }
}

/// Names in backticks, with commas.
pub fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Names in backticks, as part of a sentence: commas, and `last` before the last of several.
pub fn enumerated(names: &[&str], last: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A string in the syntax of TOML.
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
