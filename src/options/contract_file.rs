//! Reading the file of a contract, and what is wrong with it.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::contract::{AsFile, Contract, Declared, Key, Place, Setting, Shape, Value};
use super::contract::{keys_of_variables, listed};
use crate::parameter::Presence;
use crate::pattern::Pattern;
use crate::system::file::{LONGEST, Unread, read as read_file, size};
use crate::variable::VarName;

/// Why a file is not a contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("`{file}` cannot be read: {why}")]
    Unreadable { file: String, why: String },
    #[error("`{file}` was not read before the deadline: {kind}")]
    Late { file: String, kind: &'static str },
    #[error("`{}` is not TOML: {why} (line {}, column {})", place.file, place.line, place.column)]
    NotToml { place: Place, why: String },
    #[error("unknown key `{key}` (from {place})")]
    UnknownKey {
        place: Place,
        key: String,
        known: Vec<String>,
    },
    #[error("`{key}` {is}, and must be {must} (from {place})")]
    WrongType {
        place: Place,
        key: String,
        is: String,
        must: String,
        hint: &'static str,
    },
    #[error("`{name}`, in `[variables]`, is not a valid variable name (from {place})")]
    NotAName { place: Place, name: String },
    #[error(
        "`{pattern}`, the `pattern` of {name}, is not a regular expression: {why} (from {place})"
    )]
    NotAPattern {
        place: Place,
        name: VarName,
        pattern: String,
        why: String,
    },
    #[error("{name} has `file` and no `from` (from {place})")]
    FileOfNothing { place: Place, name: VarName },
    #[error(
        "the `from` of {name} begins with `{encoding}`, and {name} has no `file` (from {place})"
    )]
    DecodedText {
        place: Place,
        name: VarName,
        encoding: &'static str,
    },
    #[error("`{key}` and `from` give {name} two parameters (from {place})")]
    Twice {
        place: Place,
        key: &'static str,
        name: VarName,
    },
    #[error("`{file}` has no profile `{name}`")]
    NoProfile {
        file: String,
        name: String,
        known: Vec<String>,
    },
}

impl Error {
    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "it is the file of `--config` or ENVSECRETS_CONFIG, relative to the working directory"
                    .to_owned()
            }
            Self::Late { .. } => {
                "start what writes to it, or give a plain file; `--timeout` or ENVSECRETS_TIMEOUT sets \
                 how long to wait"
                    .to_owned()
            }
            Self::NotToml { .. } => {
                "put strings in quotes, lists in brackets: path = [\"/prd/app\"]".to_owned()
            }
            Self::UnknownKey { key, known, .. } => match nearest(key, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.len() < 10 => format!("known keys are {}", listed(known)),
                None => "keys are the names of options, without their dashes: see \
                         `envsecrets --help`"
                    .to_owned(),
            },
            Self::WrongType { hint, .. } => (*hint).to_owned(),
            Self::NotAName { .. } => {
                "names are letters, digits and `_`, and do not begin with a digit".to_owned()
            }
            Self::NotAPattern { .. } => {
                "the syntax is that of Rust's crate `regex`, and it must match the whole value; in \
                 single quotes TOML keeps `\\`: pattern = '\\d+'"
                    .to_owned()
            }
            Self::FileOfNothing { .. } => {
                "add the parameter that the file contains: from = \"/prd/app/tls/key\"".to_owned()
            }
            Self::DecodedText { .. } => {
                "add file = true, or leave it out: only the content of a file is decoded".to_owned()
            }
            Self::Twice { .. } => "one variable holds one value: leave one of them out".to_owned(),
            Self::NoProfile { name, known, .. } => match nearest(name, known) {
                Some(meant) => format!("did you mean `{meant}`? its profiles are {}", listed(known)),
                None if known.is_empty() => {
                    "it has no profiles; a profile is a table, such as `[profiles.prd]`".to_owned()
                }
                None => format!("its profiles are {}", listed(known)),
            },
        }
    }
}

/// Reads a contract.
///
/// # Errors
///
/// If it cannot be read, is not read by the deadline, or is invalid. The values of its settings are not checked here.
pub fn read(
    file: &str,
    profile: Option<&str>,
    keys: &[Key],
    deadline: Option<Instant>,
) -> Result<Contract, Error> {
    let unreadable = |why: String| {
        let file = file.to_owned();
        Error::Unreadable { file, why }
    };
    let bytes = read_file(Path::new(file), LONGEST, deadline).map_err(|error| match error {
        Unread::Failed(error) => unreadable(reason(&error)),
        Unread::TooLong { longest } => unreadable(format!("it is larger than {}", size(longest))),
        Unread::Late { kind } => Error::Late {
            file: file.to_owned(),
            kind,
        },
    })?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    parse(file, &text, profile, keys)
}

/// The message of the operating system, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let mut reason = text[..end].to_owned();
    if let Some(first) = reason.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    reason
}

/// Parses the text of a contract: all of it, whichever profile is chosen.
fn parse(file: &str, text: &str, profile: Option<&str>, keys: &[Key]) -> Result<Contract, Error> {
    let source = Source { file, text };
    let document = DeTable::parse(text).map_err(|error| Error::NotToml {
        place: source.place(error.span().map_or(text.len(), |span| span.start)),
        why: error.message().to_owned(),
    })?;
    let document = document.get_ref();
    let mut settings = BTreeMap::new();
    let mut variables = Vec::new();
    let mut profiles = BTreeMap::new();
    for (key, value) in in_order(document) {
        match key.get_ref().as_ref() {
            "variables" => {
                for (name, table) in in_order(source.table(key, value)?) {
                    variables.push(source.variable(name, table)?);
                }
            }
            "profiles" => {
                for (name, table) in in_order(source.table(key, value)?) {
                    let mut settings = BTreeMap::new();
                    for (key, value) in in_order(source.table(name, table)?) {
                        let (key, setting) = source.setting(key, value, keys, &[])?;
                        settings.insert(key, setting);
                    }
                    profiles.insert(name.get_ref().to_string(), settings);
                }
            }
            _ => {
                let (key, setting) =
                    source.setting(key, value, keys, &["variables", "profiles"])?;
                settings.insert(key, setting);
            }
        }
    }
    for key in ["secret", "file"] {
        contradiction(key, &settings, &variables)?;
    }
    let known: Vec<String> = profiles.keys().cloned().collect();
    if let Some(name) = profile {
        let Some(chosen) = profiles.remove(name) else {
            let (file, name) = (file.to_owned(), name.to_owned());
            return Err(Error::NoProfile { file, name, known });
        };
        settings.extend(chosen);
    }
    Ok(Contract {
        file: file.to_owned(),
        settings,
        variables,
        profiles: known,
        profile: profile.map(str::to_owned),
    })
}

/// Refuses a variable to which the top of the file gives a parameter in two ways.
fn contradiction(
    key: &'static str,
    settings: &BTreeMap<String, Setting>,
    variables: &[Declared],
) -> Result<(), Error> {
    let Some(Setting { value, place }) = settings.get(key) else {
        return Ok(());
    };
    let Value::List(items) = value else {
        return Ok(());
    };
    let named = items.iter().filter_map(|item| item.split_once('='));
    for (name, _) in named {
        let twice = |it: &&Declared| it.from.is_some() && it.name.as_str() == name;
        if let Some(declared) = variables.iter().find(twice) {
            return Err(Error::Twice {
                place: place.clone(),
                key,
                name: declared.name.clone(),
            });
        }
    }
    Ok(())
}

type Spelled<'t, 'i> = &'t Spanned<std::borrow::Cow<'i, str>>;
type Valued<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// The entries of a table in the order of the file, so that the first mistake is reported first.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(Spelled<'t, 'i>, Valued<'t, 'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

#[derive(Clone, Copy)]
struct Source<'s> {
    file: &'s str,
    text: &'s str,
}

impl Source<'_> {
    fn place(self, offset: usize) -> Place {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }

    fn table<'t, 'i>(
        self,
        key: Spelled<'_, '_>,
        value: Valued<'t, 'i>,
    ) -> Result<&'t DeTable<'i>, Error> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => Err(Error::WrongType {
                place: self.place(key.span().start),
                key: key.get_ref().to_string(),
                is: format!("is {}", kind(other)),
                must: "a table".to_owned(),
                hint: "tables are written like `[variables.DB_PASSWORD]` and `[profiles.prd]`",
            }),
        }
    }

    fn variable(self, name: Spelled<'_, '_>, table: Valued<'_, '_>) -> Result<Declared, Error> {
        let place = self.place(name.span().start);
        let Some(parsed) = VarName::parse(name.get_ref()) else {
            let name = name.get_ref().to_string();
            return Err(Error::NotAName { place, name });
        };
        let mut declared = Declared {
            name: parsed,
            description: None,
            presence: Presence::Required,
            from: None,
            file: None,
            pattern: None,
            place,
        };
        let keys = keys_of_variables().map(|(name, shape, _)| {
            let name = name.to_owned();
            Key { name, shape }
        });
        for (key, value) in in_order(self.table(name, table)?) {
            let (key, Setting { value, place }) = self.setting(key, value, &keys, &[])?;
            match (key.as_str(), value) {
                ("description", Value::Text(text)) => declared.description = Some(text),
                ("required", Value::Switch(false)) => declared.presence = Presence::Optional,
                ("from", Value::Text(text)) => declared.from = Some(text),
                ("file", Value::Switch(true)) => declared.file = Some(AsFile::Descriptor),
                ("file", Value::Text(path)) => declared.file = Some(AsFile::Path(path)),
                ("pattern", Value::Text(text)) => {
                    let pattern = Pattern::parse(&text).map_err(|why| Error::NotAPattern {
                        place,
                        name: declared.name.clone(),
                        pattern: text,
                        why,
                    })?;
                    declared.pattern = Some(pattern);
                }
                // The default.
                _ => {}
            }
        }
        if declared.file.is_some() && declared.from.is_none() {
            let (place, name) = (declared.place, declared.name);
            return Err(Error::FileOfNothing { place, name });
        }
        let from = declared.from.as_deref().unwrap_or_default();
        let mut encodings = ["base64:", "text:"].into_iter();
        if let Some(encoding) = encodings.find(|encoding| from.starts_with(encoding))
            && declared.file.is_none()
        {
            let (place, name) = (declared.place, declared.name);
            return Err(Error::DecodedText {
                place,
                name,
                encoding,
            });
        }
        Ok(declared)
    }

    /// The value of one key, if the key is known and has a value of its type.
    fn setting(
        self,
        key: Spelled<'_, '_>,
        value: Valued<'_, '_>,
        keys: &[Key],
        tables: &[&str],
    ) -> Result<(String, Setting), Error> {
        let name = key.get_ref().to_string();
        let Some(known) = keys.iter().find(|known| known.name == name) else {
            let known = keys.iter().map(|known| known.name.as_str());
            let known = known.chain(tables.iter().copied());
            return Err(Error::UnknownKey {
                place: self.place(key.span().start),
                key: name,
                known: known.map(str::to_owned).collect(),
            });
        };
        let place = self.place(value.span().start);
        let value = match (&known.shape, value.get_ref()) {
            (
                Shape::Switch | Shape::SwitchOrList | Shape::SwitchOrText,
                DeValue::Boolean(switch),
            ) => Value::Switch(*switch),
            (Shape::Text | Shape::SwitchOrText, DeValue::String(text)) => {
                Value::Text(text.to_string())
            }
            (Shape::Choice(words), DeValue::String(text))
                if words.iter().any(|word| *word == **text) =>
            {
                Value::Text(text.to_string())
            }
            (Shape::List | Shape::SwitchOrList, DeValue::Array(items)) => {
                let mut list = Vec::new();
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::String(text) => list.push(text.to_string()),
                        other => {
                            return Err(Error::WrongType {
                                place: self.place(item.span().start),
                                key: name,
                                is: format!("contains {}", kind(other)),
                                must: known.shape.to_string(),
                                hint: "put each item in quotes",
                            });
                        }
                    }
                }
                Value::List(list)
            }
            (shape, other) => {
                let hint = match (shape, other) {
                    (Shape::List | Shape::SwitchOrList, DeValue::String(_)) => {
                        "put lists in brackets, even with one item: path = [\"/prd/app\"]"
                    }
                    (
                        Shape::Text | Shape::SwitchOrText,
                        DeValue::Integer(_) | DeValue::Float(_),
                    ) => "put strings in quotes: timeout = \"30s\"",
                    (Shape::Switch, DeValue::String(_)) => "remove the quotes",
                    _ => "see `envsecrets --help` for what the option takes",
                };
                let is = match (shape, other) {
                    (Shape::Choice(_), DeValue::String(text)) => format!("is `{text}`"),
                    _ => format!("is {}", kind(other)),
                };
                let (key, must) = (name, shape.to_string());
                return Err(Error::WrongType {
                    place,
                    key,
                    is,
                    must,
                    hint,
                });
            }
        };
        Ok((name, Setting { value, place }))
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(true) => "`true`",
        DeValue::Boolean(false) => "`false`",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The name that is most similar to what was written, if one is.
fn nearest<'n>(written: &str, known: &'n [String]) -> Option<&'n str> {
    /// Longer than twice any key, and computed at once.
    const LONGEST: usize = 64;
    if written.len() > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('_', "-");
    let near = |name: &&String| strsim::jaro(&written, &name.to_lowercase()) > 0.8;
    let likeness = |name: &&String| {
        let likeness = strsim::jaro(&written, &name.to_lowercase());
        // Whole numbers can be ordered.
        (likeness * 1e6) as u64
    };
    known
        .iter()
        .filter(near)
        .max_by_key(likeness)
        .map(String::as_str)
}

#[cfg(test)]
mod tests;
