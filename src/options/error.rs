//! What is wrong with the options, and what to try; clap's errors in our own form.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{contract, contract_file};

/// Invalid options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct UsageError {
    pub what: String,
    pub hint: String,
    pub kind: Kind,
    /// The options that it is about, such as `--path`.
    flags: Vec<&'static str>,
    /// What was found beside it, to be reported with it.
    others: Vec<UsageError>,
}

/// Something wrong with a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is, if it is about a position.
    pub place: Option<contract::Place>,
    pub error: UsageError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    /// The options are in a file that cannot be read.
    Unreadable,
    /// The options are in a file that was not read by the deadline.
    Late,
}

impl UsageError {
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            kind: Kind::Invalid,
            flags: Vec::new(),
            others: Vec::new(),
        }
    }

    /// One error for all that is wrong with a contract, or `None` if nothing is.
    ///
    /// A hint that is not for all of them names its lines, and with several files those too.
    pub fn of_contract(files: &[contract::File], mut faults: Vec<Fault>) -> Option<Self> {
        /// How many are printed. The rest is likely to have the same reason.
        const MOST: usize = 100;
        let file = |fault: &Fault| {
            let place = fault.place.as_ref()?;
            files.iter().position(|file| file.name == place.file)
        };
        let line = |fault: &Fault| fault.place.as_ref().map_or(usize::MAX, |it| it.line);
        // What is about no line of a file comes last.
        let position = |fault: &Fault| {
            let column = fault.place.as_ref().map_or(0, |it| it.column);
            (file(fault).unwrap_or(files.len()), line(fault), column)
        };
        // What cannot be parsed may be the reason for everything else.
        faults.sort_by_key(|it| (it.error.kind == Kind::Invalid, position(it)));
        let more = faults.len().saturating_sub(MOST);
        let rest = faults.split_off(faults.len() - more);
        let hints: BTreeSet<&str> = faults.iter().map(|it| it.error.hint.as_str()).collect();
        let lines_of = |hint: &str| {
            let same = faults.iter().filter(|it| it.error.hint == hint);
            let same = same.filter_map(|it| Some((file(it)?, line(it))));
            let mut lines: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            for (file, line) in same {
                lines.entry(file).or_default().insert(line);
            }
            let lines = lines.iter().map(|(file, lines)| {
                let lines = numbered(lines);
                match files {
                    [_] => lines,
                    _ => format!("{}, {lines}", files[*file].name),
                }
            });
            let lines: Vec<String> = lines.collect();
            match lines.as_slice() {
                [] => hint.to_owned(),
                lines => format!("{}: {hint}", lines.join("; ")),
            }
        };
        let named = match hints.len() {
            0 | 1 => Vec::new(),
            _ => faults.iter().map(|it| lines_of(&it.error.hint)).collect(),
        };
        for (fault, hint) in faults.iter_mut().zip(named) {
            fault.error.hint = hint;
        }
        let mut errors = faults.into_iter().map(|it| it.error);
        let mut first = errors.next()?;
        first.others = errors.collect();
        if more > 0 {
            let problems = if more == 1 { "problem" } else { "problems" };
            let inside = files.iter().enumerate().filter(|(index, _)| {
                let mut rest = rest.iter();
                rest.any(|it| file(it).is_none_or(|file| file == *index))
            });
            let inside: Vec<&str> = inside.map(|(_, file)| file.name.as_str()).collect();
            let verb = if inside.len() == 1 { "has" } else { "have" };
            let inside = contract::enumerated(&inside, "and");
            first.others.push(Self::new(
                format!("{inside} {verb} {more} more {problems}"),
                "correct the first ones, then try again: the rest may have the same reason",
            ));
        }
        Some(first)
    }

    /// What was found beside it.
    pub fn take_others(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.others)
    }

    /// Names an option that this is about, so that `with_origins` can add where that was set.
    #[must_use]
    pub fn about(mut self, flag: &'static str) -> Self {
        self.flags.push(flag);
        self
    }

    /// Names the position in the contract of the entry that this is about, whatever option has its
    /// form.
    #[must_use]
    pub fn declared_at(mut self, place: &contract::Place) -> Self {
        self.what.push_str(&format!(" (from {place})"));
        self.flags.clear();
        self
    }

    /// Names the variable, or the position in the contract, of an option that was not typed.
    #[must_use]
    pub fn with_origins(mut self, origins: &[Origin]) -> Self {
        for Origin { flag, origin } in origins {
            if self.flags.contains(&flag.as_str()) {
                self.what.push_str(&format!(" (from {origin})"));
            }
        }
        self
    }
}

/// `line 3`, or `lines 3, 5`.
fn numbered(lines: &BTreeSet<usize>) -> String {
    let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
    let lines = if numbers.len() == 1 { "line" } else { "lines" };
    format!("{lines} {}", numbers.join(", "))
}

/// Where an option was set that was not typed.
#[derive(Debug, Clone)]
pub struct Origin {
    pub flag: String,
    /// The name of the variable, or the position in the contract.
    pub origin: String,
}

impl From<contract_file::Error> for UsageError {
    fn from(error: contract_file::Error) -> Self {
        use contract_file::Error as It;
        let kind = match error {
            It::Unreadable { .. } | It::NotToml { .. } | It::Newer { .. } => Kind::Unreadable,
            It::Late { .. } => Kind::Late,
            It::UnknownKey { .. }
            | It::WrongType { .. }
            | It::Nul { .. }
            | It::Empty { .. }
            | It::NotAName { .. }
            | It::NotDeclared { .. }
            | It::Backspace { .. }
            | It::NotAPattern { .. }
            | It::FileOfNothing { .. }
            | It::DecodedText { .. }
            | It::Twice { .. }
            | It::NoProfile { .. } => Kind::Invalid,
        };
        Self {
            what: error.to_string(),
            hint: error.hint(),
            kind,
            flags: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl From<contract_file::Error> for Fault {
    fn from(error: contract_file::Error) -> Self {
        Self {
            place: error.place().cloned(),
            error: error.into(),
        }
    }
}

/// A command line that clap refused.
pub struct CommandLine<'a> {
    pub command: &'a clap::Command,
    pub arguments: &'a [OsString],
    /// The names of all commands.
    pub commands: &'a [&'a str],
}

impl CommandLine<'_> {
    /// Puts clap's error into our own form.
    pub fn explain(&self, error: &clap::Error) -> UsageError {
        let unknown = (error.kind() == ErrorKind::UnknownArgument)
            .then(|| text(error, ContextKind::InvalidArg))
            .flatten();
        if unknown.is_some()
            && let Some((typed, meant)) = self.single_dash()
        {
            let what = format!("unexpected argument `{typed}` found");
            return UsageError::new(what, format!("did you mean `{meant}`?"));
        }
        let launches = ["envsecrets", "check"].contains(&self.command.get_name());
        let hint = match unknown.filter(|word| launches && !word.starts_with('-')) {
            Some(word) => Some(self.misplaced(word)),
            None => suggestion(error),
        };
        let hint = hint.unwrap_or_else(|| match self.command.get_name() {
            _ if launches => "see `envsecrets --help`".to_owned(),
            name => format!("see `envsecrets {name} --help`"),
        });
        UsageError::new(message(error), hint)
    }

    /// The hint for a word before the `--` of a launch.
    fn misplaced(&self, word: &str) -> String {
        let dashes = "put the program after `--`: envsecrets --path /prd/app -- PROGRAM";
        if word == "check" {
            return "put `check` first: envsecrets check --path /prd/app".to_owned();
        }
        if self.commands.contains(&word) {
            return format!("put `{word}` first: see `envsecrets {word} --help`");
        }
        match self.similar_command() {
            Some(name) => format!("{dashes}; or did you mean `envsecrets {name}`?"),
            None => dashes.to_owned(),
        }
    }

    /// The command whose name is most similar to the first word, if that is not an option.
    fn similar_command(&self) -> Option<&str> {
        /// Longer than any command with two slips, and computed at once.
        const LONGEST: usize = 32;
        let word = self.arguments.get(1)?.to_str()?;
        if word.len() > LONGEST {
            return None;
        }
        let distance = |name: &str| strsim::damerau_levenshtein(word, name);
        let words = self.commands.iter().chain(&["help", "version"]);
        let closest = *words.min_by_key(|name| distance(name))?;
        let most = if closest.len() < 6 { 1 } else { 2 };
        (!word.starts_with('-') && distance(closest) <= most).then_some(closest)
    }

    /// An option that was written with one dash, as tools in Go have them, and the correct one.
    /// Clap parses it as several short options, and refuses the first.
    fn single_dash(&self) -> Option<(&str, String)> {
        let options = self.arguments.iter().take_while(|word| *word != "--");
        options.filter_map(|word| word.to_str()).find_map(|word| {
            let typed = word.split('=').next()?;
            let name = typed.strip_prefix('-').filter(|name| name.len() > 1)?;
            let mut known = self.command.get_arguments();
            known
                .any(|argument| argument.get_long() == Some(name))
                .then(|| (typed, format!("--{name}")))
        })
    }
}

/// The message of an error. The arguments as declared here cause no other kind.
fn message(error: &clap::Error) -> String {
    let argument = listed(error, ContextKind::InvalidArg);
    let value = listed(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unexpected argument {argument} found"),
        ErrorKind::InvalidValue => {
            let what = match text(error, ContextKind::InvalidValue) {
                Some("") => format!("a value is required for {argument} but none was supplied"),
                _ => format!("invalid value {value} for {argument}"),
            };
            match texts(error, ContextKind::ValidValue) {
                [] => what,
                known => format!("{what}: possible values are {}", known.join(", ")),
            }
        }
        ErrorKind::ValueValidation => match error.source() {
            Some(why) => format!("invalid value {value} for {argument}: {why}"),
            None => format!("invalid value {value} for {argument}"),
        },
        ErrorKind::TooManyValues => {
            format!("unexpected value {value} for {argument} found; no more were expected")
        }
        ErrorKind::MissingRequiredArgument => {
            format!("the following required arguments were not provided: {argument}")
        }
        ErrorKind::ArgumentConflict => match listed(error, ContextKind::PriorArg) {
            same if same == argument => {
                format!("the argument {argument} cannot be used multiple times")
            }
            other => format!("the argument {argument} cannot be used with {other}"),
        },
        other => other.to_string(),
    }
}

/// The similar name that clap found.
fn suggestion(error: &clap::Error) -> Option<String> {
    let argument = text(error, ContextKind::SuggestedArg).map(|similar| ("argument", similar));
    let value = || text(error, ContextKind::SuggestedValue).map(|similar| ("value", similar));
    let (what, similar) = argument.or_else(value)?;
    Some(format!("a similar {what} exists: `{similar}`"))
}

fn texts(error: &clap::Error, kind: ContextKind) -> &[String] {
    match error.get(kind) {
        Some(ContextValue::String(text)) => std::slice::from_ref(text),
        Some(ContextValue::Strings(texts)) => texts,
        _ => &[],
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    texts(error, kind).first().map(String::as_str)
}

/// In backticks, with commas.
fn listed(error: &clap::Error, kind: ContextKind) -> String {
    contract::listed(texts(error, kind))
}

#[cfg(test)]
mod tests;
