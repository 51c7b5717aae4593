//! Reading the files of a contract, and what is wrong with them.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::contract::{AsFile, Key, Place, Setting, Shape, Value};
use super::contract::{enumerated, keys_of_changed, keys_of_variables, listed};
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
    NotToml {
        place: Place,
        why: String,
        hint: &'static str,
    },
    #[error("`{}` is not TOML 1.0: {what} (line {}, column {})", place.file, place.line, place.column)]
    Newer {
        place: Place,
        what: &'static str,
        hint: &'static str,
    },
    #[error("unknown key `{key}` (from {place})")]
    UnknownKey {
        place: Place,
        key: String,
        hint: String,
    },
    #[error("`{key}` {is}, and must be {must} (from {place})")]
    WrongType {
        place: Place,
        key: String,
        is: String,
        must: String,
        hint: String,
    },
    #[error("`{key}` contains a NUL character (from {place})")]
    Nul { place: Place, key: String },
    #[error("the `{key}` of {name} is empty (from {place})")]
    Empty {
        place: Place,
        key: &'static str,
        name: VarName,
    },
    #[error("`{name}`, in `[{table}]`, is not a valid variable name (from {place})")]
    NotAName {
        place: Place,
        name: String,
        table: String,
    },
    #[error("{name}, in `[profiles.{profile}.variables]`, is not in `[variables]` (from {place})")]
    NotDeclared {
        place: Place,
        name: VarName,
        profile: String,
        declared: Vec<String>,
    },
    #[error(
        "`{pattern}`, the `pattern` of {name}, is not a regular expression: {why} (from {place})"
    )]
    NotAPattern {
        place: Place,
        name: VarName,
        pattern: String,
        why: String,
    },
    #[error("the `pattern` of {name} contains a backspace (from {place})")]
    Backspace { place: Place, name: VarName },
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
    #[error("{}", no_profile(files, name))]
    NoProfile {
        files: Vec<String>,
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
            Self::NotToml { hint, .. } | Self::Newer { hint, .. } => (*hint).to_owned(),
            Self::UnknownKey { hint, .. } | Self::WrongType { hint, .. } => hint.clone(),
            Self::Nul { .. } => "no option and no variable can contain one: remove it".to_owned(),
            Self::Empty { key: "file", .. } => {
                "`true` passes the value in memory, and a path puts it there: file = true, or file = \
                 \"/run/app/tls.key\""
                    .to_owned()
            }
            Self::Empty { .. } => {
                "name the parameter, from = \"/prd/app/db\", or leave it out where a path gives it"
                    .to_owned()
            }
            Self::NotAName { .. } => {
                "names are letters, digits and `_`, and do not begin with a digit".to_owned()
            }
            Self::NotDeclared { name, declared, .. } => {
                match nearest(name.as_str(), declared) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!(
                        "a profile changes `required` and `pattern` of variables that are declared: \
                         add `[variables.{name}]`"
                    ),
                }
            }
            Self::Backspace { .. } => {
                "in double quotes TOML reads `\\b` as a backspace; in single quotes it stays as \
                 written: pattern = '\\bfoo\\b'"
                    .to_owned()
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
            Self::NoProfile { files, name, known } => {
                let (it_has, its) = match files.len() {
                    1 => ("it has", "its"),
                    _ => ("they have", "their"),
                };
                match nearest(name, known) {
                    Some(meant) => {
                        format!("did you mean `{meant}`? {its} profiles are {}", listed(known))
                    }
                    None if known.is_empty() => {
                        format!("{it_has} no profiles; a profile is a table, such as `[profiles.prd]`")
                    }
                    None => format!("{its} profiles are {}", listed(known)),
                }
            }
        }
    }

    /// The position in the file, if it is about one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Unreadable { .. } | Self::Late { .. } | Self::NoProfile { .. } => None,
            Self::NotToml { place, .. }
            | Self::Newer { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::WrongType { place, .. }
            | Self::Nul { place, .. }
            | Self::Empty { place, .. }
            | Self::NotAName { place, .. }
            | Self::NotDeclared { place, .. }
            | Self::NotAPattern { place, .. }
            | Self::Backspace { place, .. }
            | Self::FileOfNothing { place, .. }
            | Self::DecodedText { place, .. }
            | Self::Twice { place, .. } => Some(place),
        }
    }

    /// Whether the file is no TOML that can be read everywhere.
    pub fn is_syntax(&self) -> bool {
        matches!(self, Self::NotToml { .. } | Self::Newer { .. })
    }
}

fn no_profile(files: &[String], name: &str) -> String {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let verb = if files.len() == 1 { "has" } else { "have" };
    format!("{} {verb} no profile `{name}`", enumerated(&files, "and"))
}

/// Reads one file of a contract: all of it, whichever profile is chosen.
///
/// # Errors
///
/// If it cannot be read, or is not read by the deadline. The values of its settings are not checked
/// here.
pub fn read(file: &str, keys: &[Key], deadline: Option<Instant>) -> Result<Part, Error> {
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
    Ok(parse(file, &text, keys))
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

/// One file of a contract, as far as it can be understood.
#[derive(Debug)]
pub struct Part {
    pub file: String,
    /// Those at its top.
    pub settings: BTreeMap<String, Setting>,
    pub variables: Vec<Entry>,
    pub profiles: BTreeMap<String, Profile>,
    problems: Vec<Error>,
    /// At most one for each line, in the order of the file.
    syntax: Vec<Error>,
}

/// What a profile changes.
#[derive(Debug, Default)]
pub struct Profile {
    pub settings: BTreeMap<String, Setting>,
    /// The keys at the top, and in earlier files, that do not count.
    pub cleared: Vec<String>,
    pub variables: Vec<Entry>,
}

/// What one file says of a variable, at its top or in a profile; `None` where it says nothing.
#[derive(Debug)]
pub struct Entry {
    pub name: VarName,
    pub place: Place,
    pub description: Option<String>,
    pub presence: Option<Presence>,
    pub from: Option<String>,
    /// How it is passed as a file, or `None` if it is not.
    pub file: Option<Option<AsFile>>,
    /// The pattern, or `None` to have no pattern.
    pub pattern: Option<Option<Pattern>>,
    /// Whether nothing is wrong with it. A key that is wrong may be the one that is missed.
    pub is_whole: bool,
}

/// Parses the text of a file.
pub(super) fn parse(file: &str, text: &str, keys: &[Key]) -> Part {
    let mut reader = Reader::new(file, text, keys);
    let (document, errors) = DeTable::parse_recoverable(text);
    let document = document.get_ref();
    let mut settings = BTreeMap::new();
    let mut variables = Vec::new();
    let mut profiles: BTreeMap<String, Profile> = BTreeMap::new();
    for (key, value) in in_order(document) {
        match key.get_ref().as_ref() {
            "variables" => {
                for (name, table) in reader.table(key, value) {
                    variables.extend(reader.variable(name, table));
                }
            }
            "profiles" => {
                for (name, table) in reader.table(key, value) {
                    let profile = reader.profile(name, table);
                    profiles.insert(name.get_ref().to_string(), profile);
                }
            }
            _ => {
                if let Some((key, setting)) = reader.setting(key, value, Table::Top) {
                    settings.insert(key, setting);
                }
            }
        }
    }
    for key in ["secret", "file"] {
        reader.contradictions(key, &settings, &variables);
    }
    reader.newer(document);
    Part {
        file: file.to_owned(),
        settings,
        variables,
        profiles,
        syntax: reader.syntax(&errors),
        problems: reader.problems,
    }
}

impl Part {
    /// Adds what is wrong with it in view of all files.
    pub fn add(&mut self, problem: Error) {
        self.problems.push(problem);
    }

    /// Whether it is TOML to its end.
    pub fn is_toml(&self) -> bool {
        self.syntax.is_empty()
    }

    /// Takes all problems, in the order of the file, but what is not TOML first. After a syntax
    /// error it is uncertain what the rest of its line means.
    pub fn take_problems(&mut self) -> Vec<Error> {
        let position = |error: &Error| error.place().map(|it| (it.line, it.column));
        let line = |error: &Error| error.place().map(|it| it.line);
        let mut syntax = std::mem::take(&mut self.syntax);
        let broken: BTreeSet<Option<usize>> = syntax.iter().map(line).collect();
        let certain = |error: &Error| !broken.contains(&line(error));
        // Where a string or list has no end, everything after it means something else.
        let unclosed = syntax.iter().any(|error| match error {
            Error::NotToml { why, .. } => why.contains("unclosed") || why.contains("missing comma"),
            _ => false,
        });
        let mut others = std::mem::take(&mut self.problems);
        others.retain(|error| error.place().is_none() || (!unclosed && certain(error)));
        others.sort_by_key(|error| {
            let place = position(error).unwrap_or((usize::MAX, 0));
            (!error.is_syntax(), place)
        });
        syntax.extend(others);
        syntax
    }
}

type Spelled<'t, 'i> = &'t Spanned<Cow<'i, str>>;
type Valued<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// The entries of a table in the order of the file, so that the first mistake is reported first.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(Spelled<'t, 'i>, Valued<'t, 'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Where a key is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table<'t> {
    Top,
    Profile,
    Variable(&'t str),
    /// A variable in a profile.
    Changed(&'t str),
}

/// Reads the parts of a contract, and keeps what is wrong with them.
struct Reader<'s> {
    file: &'s str,
    text: &'s str,
    /// Where each line begins.
    lines: Vec<usize>,
    options: &'s [Key],
    of_variables: Vec<Key>,
    of_changed: Vec<Key>,
    problems: Vec<Error>,
}

impl<'s> Reader<'s> {
    fn new(file: &'s str, text: &'s str, options: &'s [Key]) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        let key = |(name, shape): (&str, Shape)| {
            let name = name.to_owned();
            Key { name, shape }
        };
        Self {
            file,
            text,
            lines: std::iter::once(0).chain(ends).collect(),
            options,
            of_variables: keys_of_variables()
                .map(|(name, shape, _)| key((name, shape)))
                .into(),
            of_changed: keys_of_changed()
                .map(|(name, shape, _)| key((name, shape)))
                .into(),
            problems: Vec::new(),
        }
    }

    fn place(&self, offset: usize) -> Place {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= end);
        let start = self.lines[line - 1];
        Place {
            file: self.file.to_owned(),
            line,
            column: self.text[start..end].chars().count() + 1,
        }
    }

    /// What is not TOML: the first error of each line.
    fn syntax(&self, errors: &[toml::de::Error]) -> Vec<Error> {
        let mut syntax: Vec<Error> = errors.iter().map(|error| self.not_toml(error)).collect();
        syntax.sort_by_key(|error| error.place().map(|it| (it.line, it.column)));
        syntax.dedup_by_key(|error| error.place().map(|it| it.line));
        syntax
    }

    fn not_toml(&self, error: &toml::de::Error) -> Error {
        let span = error.span().unwrap_or(self.text.len()..self.text.len());
        Error::NotToml {
            place: self.place(span.start),
            why: error.message().to_owned(),
            hint: self.hint_for_syntax(error.message(), span.start),
        }
    }

    /// The usual reasons for a text that is not TOML.
    fn hint_for_syntax(&self, why: &str, offset: usize) -> &'static str {
        let bytes = self.text.as_bytes();
        let at = |offset: usize| bytes.get(offset).copied();
        let escapes = at(offset) == Some(b'\\') || (offset > 0 && at(offset - 1) == Some(b'\\'));
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line.saturating_sub(1)];
        let key = self.text[start..].chars();
        let key: String = key
            .take_while(|it| it.is_ascii_alphanumeric() || ['_', '-', ' ', '"', ':'].contains(it))
            .collect();
        if self.text.starts_with('\u{feff}') {
            "save the file as UTF-8 without a byte order mark"
        } else if escapes && !why.contains("duplicate") {
            "in double quotes TOML reads `\\` as the beginning of an escape; in single quotes it stays \
             as written: pattern = '\\d+'"
        } else if why.contains("duplicate") {
            "a key or table can be given once: put its entries together, or leave one of them out"
        } else if key.contains(':') {
            "a setting is written with `=`: path = [\"/prd/app\"]"
        } else {
            "put strings in quotes, lists in brackets: path = [\"/prd/app\"]"
        }
    }

    /// The entries of a table; nothing of another type of value, which is reported.
    fn table<'t, 'i>(
        &mut self,
        key: Spelled<'_, '_>,
        value: Valued<'t, 'i>,
    ) -> Vec<(Spelled<'t, 'i>, Valued<'t, 'i>)> {
        self.table_or(
            key,
            value,
            "tables are written like `[variables.DB_PASSWORD]` and `[profiles.prd]`".to_owned(),
        )
    }

    fn table_or<'t, 'i>(
        &mut self,
        key: Spelled<'_, '_>,
        value: Valued<'t, 'i>,
        hint: String,
    ) -> Vec<(Spelled<'t, 'i>, Valued<'t, 'i>)> {
        match value.get_ref() {
            DeValue::Table(table) => in_order(table),
            other => {
                self.problems.push(Error::WrongType {
                    place: self.place(key.span().start),
                    key: key.get_ref().to_string(),
                    is: format!("is {}", kind(other)),
                    must: "a table".to_owned(),
                    hint,
                });
                Vec::new()
            }
        }
    }

    fn profile(&mut self, name: Spelled<'_, '_>, table: Valued<'_, '_>) -> Profile {
        let mut profile = Profile::default();
        let hint = match self.options.iter().any(|key| key.name == **name.get_ref()) {
            true => "the keys of a profile are in its own table, such as `[profiles.dev]`",
            false => "a profile is a table, such as `[profiles.dev]`",
        };
        for (key, value) in self.table_or(name, table, hint.to_owned()) {
            if key.get_ref() == "variables" {
                for (variable, table) in self.table(key, value) {
                    let changed = self.changed(name.get_ref(), variable, table);
                    profile.variables.extend(changed);
                }
            } else if let Some((key, setting)) = self.setting(key, value, Table::Profile) {
                let shape = self.options.iter().find(|it| it.name == key);
                match (shape.map(|it| &it.shape), &setting.value) {
                    (Some(Shape::Text | Shape::Choice(_)), Value::Switch(_)) => {
                        profile.cleared.push(key);
                    }
                    _ => {
                        profile.settings.insert(key, setting);
                    }
                }
            }
        }
        profile
    }

    /// What a profile changes of a variable.
    fn changed(
        &mut self,
        profile: &str,
        name: Spelled<'_, '_>,
        table: Valued<'_, '_>,
    ) -> Option<Entry> {
        let place = self.place(name.span().start);
        let parsed = self.variable_name(
            name.get_ref(),
            &place,
            format!("profiles.{profile}.variables"),
        );
        let (mut presence, mut pattern) = (None, None);
        let known = self.problems.len();
        let hint = format!(
            "a variable is a table: {} = {{ required = false }}",
            name.get_ref()
        );
        for (key, value) in self.table_or(name, table, hint) {
            let found = self.setting(key, value, Table::Changed(name.get_ref()));
            let Some((key, Setting { value, place })) = found else {
                continue;
            };
            match (key.as_str(), value) {
                ("required", Value::Switch(true)) => presence = Some(Presence::Required),
                ("required", Value::Switch(false)) => presence = Some(Presence::Optional),
                ("pattern", Value::Switch(_)) => pattern = Some(None),
                ("pattern", Value::Text(text)) => {
                    pattern = Some(self.pattern(parsed.as_ref(), text, place));
                }
                _ => {}
            }
        }
        Some(Entry {
            name: parsed?,
            place,
            description: None,
            presence,
            from: None,
            file: None,
            pattern,
            is_whole: self.problems.len() == known,
        })
    }

    fn variable_name(&mut self, name: &str, place: &Place, table: String) -> Option<VarName> {
        let parsed = VarName::parse(name);
        if parsed.is_none() {
            self.problems.push(Error::NotAName {
                place: place.clone(),
                name: name.to_owned(),
                table,
            });
        }
        parsed
    }

    fn pattern(&mut self, name: Option<&VarName>, text: String, place: Place) -> Option<Pattern> {
        let name = name?.clone();
        if text.contains('\u{8}') {
            self.problems.push(Error::Backspace { place, name });
            return None;
        }
        match Pattern::parse(&text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                self.problems.push(Error::NotAPattern {
                    place,
                    name,
                    pattern: text,
                    why,
                });
                None
            }
        }
    }

    fn variable(&mut self, name: Spelled<'_, '_>, table: Valued<'_, '_>) -> Option<Entry> {
        let place = self.place(name.span().start);
        let parsed = self.variable_name(name.get_ref(), &place, "variables".to_owned());
        let (mut description, mut presence, mut pattern) = (None, None, None);
        let (mut from, mut file) = (None, None);
        let known = self.problems.len();
        let hint = format!(
            "a variable is a table: {0} = {{}} if a path gives it, or {0} = {{ from = \"/prd/app/db\" }}",
            name.get_ref()
        );
        for (key, value) in self.table_or(name, table, hint) {
            let found = self.setting(key, value, Table::Variable(name.get_ref()));
            let Some((key, Setting { value, place })) = found else {
                continue;
            };
            match (key.as_str(), value) {
                ("from", Value::Text(text)) if text.is_empty() => {
                    self.empty(parsed.as_ref(), "from", place);
                }
                ("file", Value::Text(text)) if text.is_empty() => {
                    self.empty(parsed.as_ref(), "file", place);
                }
                ("description", Value::Text(text)) => description = Some(text),
                ("required", Value::Switch(true)) => presence = Some(Presence::Required),
                ("required", Value::Switch(false)) => presence = Some(Presence::Optional),
                ("from", Value::Text(text)) => from = Some(text),
                ("file", Value::Switch(true)) => file = Some(Some(AsFile::Descriptor)),
                ("file", Value::Switch(false)) => file = Some(None),
                ("file", Value::Text(path)) => file = Some(Some(AsFile::Path(path))),
                ("pattern", Value::Text(text)) => {
                    pattern = Some(self.pattern(parsed.as_ref(), text, place));
                }
                _ => {}
            }
        }
        Some(Entry {
            name: parsed?,
            place,
            description,
            presence,
            from,
            file,
            pattern,
            is_whole: self.problems.len() == known,
        })
    }

    fn empty(&mut self, name: Option<&VarName>, key: &'static str, place: Place) {
        let name = name.cloned();
        let problem = name.map(|name| Error::Empty { place, key, name });
        self.problems.extend(problem);
    }

    /// The value of one key, if the key is known and has a value of its type.
    fn setting(
        &mut self,
        key: Spelled<'_, '_>,
        value: Valued<'_, '_>,
        table: Table<'_>,
    ) -> Option<(String, Setting)> {
        let name = key.get_ref().to_string();
        let keys = match table {
            Table::Top | Table::Profile => self.options,
            Table::Variable(_) => &self.of_variables,
            Table::Changed(_) => &self.of_changed,
        };
        let Some(known) = keys.iter().find(|known| known.name == name) else {
            self.problems.push(Error::UnknownKey {
                place: self.place(key.span().start),
                hint: self.hint_for_key(&name, value.get_ref(), table, keys),
                key: name,
            });
            return None;
        };
        let place = self.place(value.span().start);
        let value = match typed(&known.shape, value, table) {
            Ok(value) => value,
            Err(Mistyped { is, hint, item }) => {
                let place = item.map_or(place, |span| self.place(span.start));
                let hint = hint
                    .unwrap_or_else(|| hint_for_type(&name, &known.shape, value.get_ref(), table));
                let must = known.shape.to_string();
                let key = name;
                self.problems.push(Error::WrongType {
                    place,
                    key,
                    is,
                    must,
                    hint,
                });
                return None;
            }
        };
        let nul = match &value {
            Value::Text(text) => text.contains('\0'),
            Value::List(items) => items.iter().any(|item| item.contains('\0')),
            Value::Switch(_) => false,
        };
        if nul {
            self.problems.push(Error::Nul { place, key: name });
            return None;
        }
        Some((name, Setting { value, place }))
    }

    /// What an unknown key may be meant for.
    fn hint_for_key(
        &self,
        key: &str,
        value: &DeValue<'_>,
        table: Table<'_>,
        keys: &[Key],
    ) -> String {
        let plain = plain(key);
        let is_option = self.options.iter().any(|it| it.name == plain);
        let of_variable = self.of_variables.iter().any(|it| it.name == plain);
        match table {
            Table::Top | Table::Profile => {
                if matches!(plain.as_str(), "config" | "config-profile") {
                    return format!(
                        "a file cannot name itself or its profile: use `--{plain}`, or leave it out"
                    );
                }
                if matches!(
                    plain.as_str(),
                    "program" | "command" | "cmd" | "args" | "exec"
                ) {
                    return "the program is given on the command line: envsecrets --config FILE -- \
                            PROGRAM"
                        .to_owned();
                }
                if let DeValue::Table(entries) = value
                    && table == Table::Top
                {
                    return meant_table(&plain, entries);
                }
                if matches!(value, DeValue::Table(_)) && OF_VARIABLES.contains(&plain.as_str()) {
                    return "did you mean `variables`?".to_owned();
                }
                if of_variable {
                    let changed = self.of_changed.iter().any(|it| it.name == plain);
                    return match changed && table == Table::Profile {
                        true => format!(
                            "`{plain}` belongs in a variable: `[variables.NAME]`, or \
                             `[profiles.NAME.variables.NAME]`"
                        ),
                        false => format!("`{plain}` belongs in `[variables.NAME]`"),
                    };
                }
            }
            Table::Variable(name) => {
                let meant = match plain.as_str() {
                    "optional" => return "write required = false".to_owned(),
                    "default" | "value" => {
                        return "a contract contains no values: store it as a parameter, or set the \
                                variable for the program elsewhere"
                            .to_owned();
                    }
                    "parameter" | "source" | "arn" | "secret" | "path" | "ssm" | "name" => {
                        Some("from")
                    }
                    "regex" | "regexp" | "match" | "matches" | "format" => Some("pattern"),
                    "desc" | "comment" | "doc" | "help" | "about" => Some("description"),
                    _ => None,
                };
                if let Some(meant) = meant {
                    return format!("did you mean `{meant}`?");
                }
                if is_option {
                    return format!(
                        "`{plain}` is an option: put it at the top of the file, before \
                         `[variables.{name}]`, or in a profile"
                    );
                }
            }
            Table::Changed(name) => match plain.as_str() {
                "from" => {
                    return format!(
                        "in a profile write secret = [\"{name}=/dev/app/db\"], or file = \
                         [\"{name}=/dev/app/db\"] for a file"
                    );
                }
                "file" => {
                    return format!("in a profile write file = [\"{name}=/dev/app/db\"]");
                }
                "description" => {
                    return format!(
                        "it is the same in every profile: put it in `[variables.{name}]`"
                    );
                }
                "optional" => return "write required = false".to_owned(),
                _ if is_option => {
                    return format!("`{plain}` is an option: put it in the profile itself");
                }
                _ => {}
            },
        }
        let known: Vec<String> = keys.iter().map(|it| it.name.clone()).collect();
        let tables = match table {
            Table::Top => ["variables", "profiles"].as_slice(),
            Table::Profile => &["variables"],
            Table::Variable(_) | Table::Changed(_) => &[],
        };
        let tables = tables.iter().map(|it| (*it).to_owned());
        let all: Vec<String> = known.iter().cloned().chain(tables).collect();
        match nearest(&plain, &all) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.len() < 10 => format!("known keys are {}", listed(&known)),
            None => "keys are the names of options, without their dashes: see `envsecrets --help`"
                .to_owned(),
        }
    }

    /// Refuses variables to which the top of the file gives a parameter in two ways.
    fn contradictions(
        &mut self,
        key: &'static str,
        settings: &BTreeMap<String, Setting>,
        variables: &[Entry],
    ) {
        let Some(Setting { value, place }) = settings.get(key) else {
            return;
        };
        let Value::List(items) = value else {
            return;
        };
        let named: BTreeSet<&str> = items
            .iter()
            .filter_map(|item| Some(item.split_once('=')?.0))
            .collect();
        for declared in variables {
            if declared.from.is_some() && named.contains(declared.name.as_str()) {
                self.problems.push(Error::Twice {
                    place: place.clone(),
                    key,
                    name: declared.name.clone(),
                });
            }
        }
    }

    /// Refuses what only TOML 1.1 has, since other readers of the file, such as those for its
    /// schema, have TOML 1.0.
    fn newer(&mut self, document: &DeTable<'_>) {
        if self.text.starts_with('\u{feff}') {
            self.problems.push(Error::Newer {
                place: self.place(0),
                what: "it begins with a byte order mark",
                hint: "save the file as UTF-8 without a byte order mark",
            });
        }
        let mut found = Vec::new();
        newer_in(self.text, document, &mut found);
        for (offset, what, hint) in found {
            let place = self.place(offset);
            self.problems.push(Error::Newer { place, what, hint });
        }
    }
}

/// A value that is not of its type.
struct Mistyped {
    is: String,
    hint: Option<String>,
    /// The item of a list that it is about.
    item: Option<std::ops::Range<usize>>,
}

/// The value of a key whose values have this shape.
fn typed(shape: &Shape, value: Valued<'_, '_>, table: Table<'_>) -> Result<Value, Mistyped> {
    match (shape, value.get_ref()) {
        (Shape::Switch | Shape::SwitchOrList | Shape::SwitchOrText, DeValue::Boolean(switch)) => {
            Ok(Value::Switch(*switch))
        }
        // A profile clears what is set at the top.
        (Shape::Text | Shape::Choice(_), DeValue::Boolean(false)) if table == Table::Profile => {
            Ok(Value::Switch(false))
        }
        (Shape::OrNone, DeValue::Boolean(false)) => Ok(Value::Switch(false)),
        (Shape::Text | Shape::SwitchOrText | Shape::OrNone, DeValue::String(text)) => {
            Ok(Value::Text(text.to_string()))
        }
        (Shape::Choice(words), DeValue::String(text))
            if words.iter().any(|word| *word == **text) =>
        {
            Ok(Value::Text(text.to_string()))
        }
        (Shape::List | Shape::SwitchOrList, DeValue::Array(items)) => {
            let mut list = Vec::new();
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::String(text) => list.push(text.to_string()),
                    other => {
                        return Err(Mistyped {
                            is: format!("contains {}", kind(other)),
                            hint: Some("put each item in quotes".to_owned()),
                            item: Some(item.span()),
                        });
                    }
                }
            }
            Ok(Value::List(list))
        }
        (Shape::Choice(words), DeValue::String(text)) => Err(Mistyped {
            is: format!("is `{text}`"),
            hint: nearest(text, words).map(|meant| format!("did you mean `{meant}`?")),
            item: None,
        }),
        (_, other) => Err(Mistyped {
            is: format!("is {}", kind(other)),
            hint: None,
            item: None,
        }),
    }
}

/// What to write instead of a value of the wrong type. It repeats nothing of the value.
fn hint_for_type(key: &str, shape: &Shape, value: &DeValue<'_>, table: Table<'_>) -> String {
    let help = "see `envsecrets --help` for what the option takes";
    let hint = match (shape, value) {
        (_, DeValue::Table(entries)) if table == Table::Top => {
            if key == "profile" {
                let name = first(entries).unwrap_or_else(|| "dev".to_owned());
                return format!("did you mean `[profiles.{name}]`? `profile` is the AWS profile");
            }
            if ["secret", "file"].contains(&key)
                && let Some(name) = first(entries)
            {
                return format!("did you mean `[variables.{name}]`?");
            }
            help
        }
        (Shape::List | Shape::SwitchOrList, DeValue::String(_)) => {
            return format!(
                "put lists in brackets, even with one item: {key} = [{}]",
                match key {
                    "path" | "optional-path" => "\"/prd/app\"",
                    _ => "\"…\"",
                }
            );
        }
        (
            Shape::Text | Shape::SwitchOrText | Shape::OrNone,
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_),
        ) => {
            let example = match key {
                "timeout" | "start-jitter" => "\"30s\"",
                "file-owner" => "\"1000\"",
                "pattern" => "'\\d+'",
                "from" => "\"/prd/app/db\"",
                "file" => "\"/run/app/tls.key\"",
                _ => "\"…\"",
            };
            return format!("put strings in quotes: {key} = {example}");
        }
        (Shape::Text | Shape::Choice(_), DeValue::Boolean(false)) if table == Table::Top => {
            "leave it out; `false` is for a profile, where it clears what is set at the top"
        }
        (Shape::Text | Shape::OrNone, DeValue::Boolean(_)) => "put strings in quotes",
        (Shape::Text | Shape::SwitchOrText | Shape::OrNone, DeValue::Array(_)) => {
            "it takes one string: remove the brackets"
        }
        (Shape::Switch, DeValue::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "false" => "remove the quotes",
            _ => "write `true` or `false`, without quotes",
        },
        (Shape::Switch, DeValue::Integer(_)) => "write `true` or `false`",
        _ => match table {
            Table::Top | Table::Profile => help,
            Table::Variable(_) | Table::Changed(_) => "see docs/contract.md for what the key takes",
        },
    };
    hint.to_owned()
}

/// Other names for `variables`.
const OF_VARIABLES: [&str; 6] = ["var", "vars", "env", "secrets", "parameters", "parameter"];

/// The table that a table of another name may be meant for.
fn meant_table(key: &str, entries: &DeTable<'_>) -> String {
    let name = first(entries);
    match key {
        "profile" | "profil" | "environment" | "environments" | "stage" | "stages" => match name {
            Some(name) => format!("did you mean `[profiles.{name}]`?"),
            None => "did you mean `profiles`?".to_owned(),
        },
        _ => {
            let tables = ["variables", "profiles"].map(str::to_owned);
            let table = match key {
                _ if OF_VARIABLES.contains(&key) => "variables",
                _ => match nearest(key, &tables) {
                    Some(table) => table,
                    None => {
                        return "tables are `[variables.NAME]` and `[profiles.NAME]`; options stand \
                                at the top of the file, in no table"
                            .to_owned();
                    }
                },
            };
            match name {
                Some(name) => format!("did you mean `[{table}.{name}]`?"),
                None => format!("did you mean `{table}`?"),
            }
        }
    }
}

/// The first entry of a table, if that is a table, as `X` is in `[variable.X]`.
fn first(entries: &DeTable<'_>) -> Option<String> {
    let (key, value) = *in_order(entries).first()?;
    let is_short = key.get_ref().len() <= 64;
    (is_short && matches!(value.get_ref(), DeValue::Table(_))).then(|| key.get_ref().to_string())
}

/// A key as an option is written: `optionalPath`, `optional_path`, `--optional-path` and
/// `ENVSECRETS_OPTIONAL_PATH` are `optional-path`.
fn plain(key: &str) -> String {
    let key = key.trim_start_matches('-');
    let key = key.strip_prefix("ENVSECRETS_").unwrap_or(key);
    let mut plain = String::new();
    let mut before = None;
    for character in key.chars() {
        let begins_word = character.is_ascii_uppercase()
            && before.is_some_and(|it: char| it.is_ascii_lowercase());
        if begins_word {
            plain.push('-');
        }
        plain.push(match character {
            '_' => '-',
            other => other.to_ascii_lowercase(),
        });
        before = Some(character);
    }
    plain
}

/// What only TOML 1.1 has: a position, what it is, and what to try.
type Newer = (usize, &'static str, &'static str);

fn newer_in(text: &str, table: &DeTable<'_>, found: &mut Vec<Newer>) {
    for (key, value) in in_order(table) {
        new_escapes(text, key.span(), found);
        newer_value(text, value, found);
    }
}

fn newer_value(text: &str, value: Valued<'_, '_>, found: &mut Vec<Newer>) {
    match value.get_ref() {
        DeValue::String(_) => new_escapes(text, value.span(), found),
        DeValue::Array(items) => {
            for item in items.iter() {
                newer_value(text, item, found);
            }
        }
        DeValue::Table(table) => {
            newer_in(text, table, found);
            let span = value.span();
            if text.get(span.clone()).is_some_and(|it| it.starts_with('{')) {
                inline(text, span, table, found);
            }
        }
        _ => {}
    }
}

/// An inline table of TOML 1.0 is one line, and ends without a comma.
fn inline(text: &str, span: std::ops::Range<usize>, table: &DeTable<'_>, found: &mut Vec<Newer>) {
    let mut rest: Vec<u8> = text.as_bytes()[span.clone()].to_vec();
    let mut values = Vec::new();
    inner(table, &mut values);
    for range in values {
        for byte in range.filter(|at| span.contains(at)) {
            rest[byte - span.start] = b'.';
        }
    }
    let hint = "write it on one line without a comma at its end, or as a table of its own, such as \
                `[variables.NAME]`";
    if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let what = "an inline table contains a line end";
        found.push((span.start + end, what, hint));
    } else {
        let last = rest.iter().enumerate().rev().skip(1);
        let mut last = last.skip_while(|(_, byte)| byte.is_ascii_whitespace());
        if let Some((at, b',')) = last.next() {
            found.push((span.start + at, "an inline table ends with a comma", hint));
        }
    }
}

/// Where the values of an inline table are, and its keys, which may contain any character.
fn inner(table: &DeTable<'_>, ranges: &mut Vec<std::ops::Range<usize>>) {
    for (key, value) in table.iter() {
        ranges.push(key.span());
        match value.get_ref() {
            // One that dotted keys make; an inline one is judged by itself.
            DeValue::Table(table) => {
                inner(table, ranges);
            }
            _ => ranges.push(value.span()),
        }
    }
}

/// `\e` and `\xHH` in a string with double quotes.
fn new_escapes(text: &str, span: std::ops::Range<usize>, found: &mut Vec<Newer>) {
    let Some(written) = text.get(span.clone()).filter(|it| it.starts_with('"')) else {
        return;
    };
    let bytes = written.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at] == b'\\' {
            if matches!(bytes[at + 1], b'e' | b'x') {
                found.push((
                    span.start + at,
                    "`\\e` and `\\x` are no escapes of a string",
                    "in single quotes `\\` stays as written: pattern = '\\x41'; in double quotes write \
                     `\\u0041`",
                ));
                return;
            }
            at += 1;
        }
        at += 1;
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
