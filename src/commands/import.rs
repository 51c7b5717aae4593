//! `envsecrets import`: the values of a file, each into a parameter below a path.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::Place;
use super::formats::{self, Entry, Found, Problem, Source};
use super::transfer::{self, Manner};
use crate::launch::error::{Errors, Failure};
use crate::launch::naming;
use crate::options::UsageError;
use crate::stores::parameter_store::manage::Put;
use crate::stores::parameter_store::names;
use crate::{exit, output};

/// More than all parameters of an account hold is no file of secrets.
const LARGEST: u64 = 128 * 1024 * 1024;

/// Write the values of a file into parameters below a path
///
/// Reads .env files, JSON, YAML, Java properties, what `chamber export` and `credstash getall -f json`
/// print, and what `aws ssm get-parameters-by-path --output json` prints. Numbers and words stay as
/// they are written, `NO` and `1.10` too. Each key is the name of a parameter below PATH, and keys
/// within keys are joined with `/`. What is to be written is printed first, never a value; what is
/// there already with the same value is left as it is, so that the same command again finishes what
/// was cut short.
#[derive(Debug, Parser)]
#[command(
    name = "import",
    bin_name = "envsecrets import",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Import {
    /// The file to read, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The format, if the name of the file does not say
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "What to read")]
    format: Option<Source>,

    /// Leave out values that are empty, which Parameter Store cannot hold
    #[arg(long, help_heading = "What to read")]
    skip_empty: bool,

    /// Write below this path
    #[arg(long, value_name = "PATH", help_heading = "Under what name")]
    path: String,

    /// Take this from the beginning of each key or, of what AWS printed, of each name
    #[arg(long, value_name = "TEXT", help_heading = "Under what name")]
    strip: Option<String>,

    /// Keep letters, or turn them into lower or upper case
    #[arg(long, value_enum, value_name = "CASE", default_value_t = NameCase::Keep, help_heading = "Under what name")]
    case: NameCase,

    /// Turn this in keys into `/`
    ///
    /// With `_` DB_PASSWORD is the parameter DB/PASSWORD, and to a launch it is DB_PASSWORD still.
    #[arg(long, value_name = "TEXT", help_heading = "Under what name")]
    separator: Option<String>,

    /// String, StringList or SecureString, instead of what the file says, or SecureString
    #[arg(long, value_name = "TYPE", help_heading = "What to write")]
    r#type: Option<String>,

    /// The KMS key that encrypts them: id, ARN or alias
    #[arg(long, value_name = "KEY", help_heading = "What to write")]
    key_id: Option<String>,

    /// Standard, Advanced or Intelligent-Tiering
    #[arg(
        long,
        value_name = "TIER",
        default_value = "Intelligent-Tiering",
        help_heading = "What to write"
    )]
    tier: String,

    /// A tag for each of them; may be repeated
    #[arg(long, value_name = "KEY=VALUE", help_heading = "What to write")]
    tag: Vec<String>,

    #[command(flatten)]
    manner: Manner,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NameCase {
    Keep,
    Lower,
    Upper,
}

const EXAMPLES: &str = "\
Examples:
  What would be written?
      envsecrets import .env --path /prd/app --dry-run

  From Credstash: db.password is /prd/app/db/password
      credstash getall -f json >all.json
      envsecrets import all.json --path /prd/app --separator .

  From chamber into another account, through a pipe
      chamber export app | envsecrets import - --path /app --profile prd

  From another path
      aws ssm get-parameters-by-path --path /stg/app --recursive \\
          --with-decryption --output json >stg.json
      envsecrets import stg.json --strip /stg/app --path /prd/app

Exit status:
  0 if all is there now, 65 if the file cannot be read as it is or holds what Parameter Store cannot, \
66 if there is no such file, 73 if something is there with another value and `--overwrite` was not \
said, otherwise that of a launch.";

/// Reads the file, and writes what it holds.
pub fn run(import: Import) -> Result<ExitCode, Errors> {
    let path = below(&import.path)?;
    let kind = one_of("--type", import.r#type.as_deref(), &KINDS)?;
    let tier = one_of("--tier", Some(&import.tier), &TIERS)?;
    let tags = tags(&import.tag)?;
    import.manner.rate()?;
    for (flag, text) in [
        ("--strip", &import.strip),
        ("--separator", &import.separator),
        ("--key-id", &import.key_id),
    ] {
        if text.as_deref() == Some("") {
            let hint = "give it a value, or leave it out";
            return Err(UsageError::new(format!("`{flag}` is empty"), hint).into());
        }
    }
    let text = text(&import.file)?;
    let format = import
        .format
        .or_else(|| formats::guess(&import.file, &text));
    let format = format.ok_or_else(|| {
        UsageError::new(
            format!("nothing says what format {} has", told(&import.file)),
            "say `--format dotenv`, `json`, `yaml`, `properties` or `aws`",
        )
    })?;
    let mut found =
        formats::read(format, &text).map_err(|problems| failure(&import.file, problems))?;
    drop(text);
    if import.skip_empty {
        leave_out_the_empty(&mut found);
    }
    let mut wanted = Vec::new();
    let mut problems = Vec::new();
    let mut otherwise = Vec::new();
    for entry in found.entries.drain(..) {
        let name = match import.name(&path, found.full_names, &entry) {
            Ok(name) => name,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let variable = variable(naming::relative(&path, &name));
        if found.variables && variable != entry.key {
            otherwise.push(format!("`{}` is {variable}", entry.key));
        }
        let kind = kind.clone().or(entry.kind);
        let encrypted = kind.as_deref().is_none_or(|kind| kind == "SecureString");
        wanted.push(Put {
            name,
            value: entry.value,
            kind,
            key_id: import.key_id.clone().filter(|_| encrypted),
            tier: tier.clone(),
            tags: tags.clone(),
            ..Put::default()
        });
    }
    if !problems.is_empty() {
        return Err(failure(&import.file, problems).into());
    }
    if !otherwise.is_empty() {
        let otherwise = otherwise.join(", ");
        output::note(format_args!(
            "to a launch without `--case keep` {otherwise}"
        ));
    }
    let mut store = import.place.open()?;
    transfer::transfer(&mut store, wanted, &import.manner)
}

impl Import {
    /// The name of the parameter for one key.
    fn name(&self, path: &str, full: bool, entry: &Entry) -> Result<String, Problem> {
        const STRIP: &str = "say with `--strip` what they begin with there and not here";
        let key = entry.key.as_str();
        let relative = match (&self.strip, full) {
            (Some(strip), true) => {
                let strip = strip.trim_end_matches('/');
                key.strip_prefix(strip)
                    .and_then(|rest| rest.strip_prefix('/'))
            }
            (Some(strip), false) => key.strip_prefix(strip.as_str()),
            (None, true) if path == "/" => key.strip_prefix('/').or(Some(key)),
            (None, true) => key
                .strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('/')),
            (None, false) => Some(key),
        };
        let relative = relative.ok_or_else(|| match &self.strip {
            Some(strip) => Problem::new(
                format!("`{key}` does not begin with `{strip}`"),
                "with `--strip` every one must; or import them apart",
            ),
            None => Problem::new(format!("`{key}` is not below `{path}`"), STRIP),
        })?;
        let mut relative = match self.case {
            NameCase::Keep => relative.to_owned(),
            NameCase::Lower => relative.to_ascii_lowercase(),
            NameCase::Upper => relative.to_ascii_uppercase(),
        };
        if let Some(separator) = &self.separator {
            relative = relative.replace(separator.as_str(), "/");
        }
        let why = match names::valid_name(&relative) {
            Err(why) => Some(why),
            Ok(()) if relative.split('/').any(str::is_empty) => {
                Some("has nothing before, after or between its `/`")
            }
            Ok(()) => None,
        };
        if let Some(why) = why {
            return Err(Problem::new(
                format!("the key `{key}` would name `{relative}`, which {why}"),
                "give it another name in the file, or leave it out there",
            ));
        }
        Ok(format!("{}/{relative}", path.trim_end_matches('/')))
    }
}

/// The variable that a launch without further options makes of a relative name.
pub(super) fn variable(relative: &str) -> String {
    let character = |it: char| match it.is_ascii_alphanumeric() {
        true => it.to_ascii_uppercase(),
        false => '_',
    };
    relative.chars().map(character).collect()
}

/// Values of `--type` and `--tier`.
const KINDS: [&str; 3] = ["SecureString", "String", "StringList"];
const TIERS: [&str; 3] = ["Intelligent-Tiering", "Standard", "Advanced"];

/// The one of these that is meant, whatever the case of its letters.
fn one_of(flag: &str, text: Option<&str>, known: &[&str]) -> Result<Option<String>, UsageError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let mut all = known.iter();
    match all.find(|known| known.eq_ignore_ascii_case(text)) {
        Some(found) => Ok(Some((*found).to_owned())),
        None => Err(UsageError::new(
            format!("`{flag} {text}` is nothing that there is"),
            format!("say one of `{}`", known.join("`, `")),
        )),
    }
}

fn tags(texts: &[String]) -> Result<Vec<(String, String)>, UsageError> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for text in texts {
        let (key, value) = text.split_once('=').unwrap_or_default();
        if key.is_empty() {
            let what = format!("`--tag {text}` is not KEY=VALUE");
            return Err(UsageError::new(what, "such as `--tag team=payments`"));
        }
        if tags.iter().any(|(known, _)| known == key) {
            let what = format!("`--tag` gives `{key}` two values");
            return Err(UsageError::new(what, "leave one of them out"));
        }
        tags.push((key.to_owned(), value.to_owned()));
    }
    Ok(tags)
}

/// A path below which parameters can be written, without a `/` at its end.
fn below(path: &str) -> Result<String, UsageError> {
    let hint = "a path begins with `/`, such as `/prd/app`";
    let Some(inner) = path.strip_prefix('/') else {
        return Err(UsageError::new(format!("`--path {path}` is no path"), hint));
    };
    let inner = inner.trim_end_matches('/');
    if inner.is_empty() {
        return Ok("/".to_owned());
    }
    match names::valid_name(inner) {
        Err(why) => Err(UsageError::new(format!("`--path {path}` {why}"), hint)),
        Ok(()) if inner.split('/').any(str::is_empty) => {
            Err(UsageError::new(format!("`--path {path}` is no path"), hint))
        }
        Ok(()) => Ok(format!("/{inner}")),
    }
}

pub(super) fn told(file: &Path) -> String {
    match file.as_os_str() == "-" {
        true => "what standard input brings".to_owned(),
        false => format!("`{}`", file.display()),
    }
}

/// All of a file, or of standard input.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let outcome = match file.as_os_str() == "-" {
        true => std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes),
        false => std::fs::File::open(file)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)),
    };
    if let Err(error) = outcome {
        let what = format!("cannot read {}", told(file));
        return Err(Failure::new(exit::NOINPUT, what)
            .because(error)
            .hint("look for typing errors in its name, and at who may read it"));
    }
    if bytes.len() as u64 > LARGEST {
        let what = format!("cannot import {}", told(file));
        let failure = Failure::new(exit::DATAERR, what).because("it is larger than 128 MiB");
        return Err(failure.hint("an account cannot hold that much"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|it| **it == b'\n')
            .count()
            + 1;
        Failure::new(exit::DATAERR, format!("cannot import {}", told(file)))
            .because(format!("line {line} is not UTF-8"))
            .hint("older files, Java properties for one, become UTF-8 with `iconv -f ISO-8859-1`")
    })
}

pub(super) fn failure(file: &Path, problems: Vec<Problem>) -> Failure {
    let mut failure = Failure::new(exit::DATAERR, format!("cannot import {}", told(file)));
    if let Some(first) = problems.first() {
        failure = failure.hint(first.hint);
    }
    for problem in problems {
        failure = failure.because(problem.what);
    }
    failure
}

fn leave_out_the_empty(found: &mut Found) {
    let (empty, rest): (Vec<Entry>, Vec<Entry>) = found
        .entries
        .drain(..)
        .partition(|entry| entry.value.size() == 0);
    found.entries = rest;
    if !empty.is_empty() {
        let names: Vec<String> = empty
            .into_iter()
            .map(|it| format!("`{}`", it.key))
            .collect();
        output::note(format_args!("left out, since empty: {}", names.join(", ")));
    }
}
