//! `envsecrets import`: writes the values of a file to parameters below a path.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::args::{self, Attributes, Connection, Format, Key, Path};
use super::choice::Globs;
use super::formats::{Entry, Found, Input, Problem, Source};
use super::report::Changes;
use super::transfer::{self, Manner};
use crate::launch::error::{Errors, Problems};
use crate::launch::naming;
use crate::options::DotenvDialect;
use crate::output;
use crate::parameter::{ParameterType, Tier};
use crate::stores::parameter_store::names;
use crate::stores::parameter_store::put::Put;

/// Write the values of a file to parameters below a path
///
/// Reads .env files, JSON, YAML, Java properties, CSV, Secrets of Kubernetes, what `chamber export` and `credstash getall -f
/// json` print, and what `aws ssm get-parameters-by-path --output json` prints. Numbers and words
/// are kept as written, `NO` and `1.10` too. Each key is the name of a parameter below PATH; nested
/// keys are joined with `/`. First prints what would be written, never a value. Parameters that
/// already have the same value are not written, so an interrupted import can be run again.
#[derive(Debug, Parser)]
#[command(name = "import", bin_name = "envsecrets import")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Import {
    /// The file to read, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The format, if it does not follow from the name of the file
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "What to read")]
    format: Option<Source>,

    /// The reader that decides what the lines of a .env file mean
    ///
    /// By default a line on which `dotenv` of npm, Node's `--env-file` and `python-dotenv` disagree
    /// is an error.
    #[arg(long, value_enum, value_name = "READER", default_value_t = DotenvDialect::Common)]
    #[arg(help_heading = "What to read")]
    dotenv_dialect: DotenvDialect,

    /// Leave out empty values, which Parameter Store cannot store
    #[arg(long, help_heading = "What to read")]
    skip_empty: bool,

    /// Write below this path
    #[arg(long, value_name = "PATH", help_heading = "Under what name")]
    path: String,

    /// Remove this text from the beginning of each key or, in the output of AWS, of each name
    #[arg(long, value_name = "TEXT", help_heading = "Under what name")]
    strip: Option<String>,

    /// Keep letters, or change them to lower or upper case
    #[arg(long, value_enum, value_name = "CASE", default_value_t = NameCase::Keep, help_heading = "Under what name")]
    case: NameCase,

    /// Replace this text in keys by `/`
    ///
    /// With `_` DB_PASSWORD becomes the parameter DB/PASSWORD, which a launch names DB_PASSWORD
    /// again.
    #[arg(long, value_name = "TEXT", help_heading = "Under what name")]
    separator: Option<String>,

    /// A description of all parameters, of up to 1024 characters
    #[arg(long, value_name = "TEXT", help_heading = "Attributes")]
    description: Option<String>,

    #[command(flatten)]
    globs: Globs,

    #[command(flatten)]
    attributes: Attributes,

    #[command(flatten)]
    manner: Manner,

    /// Print a table for people, or JSON for programs
    ///
    /// schemas/import.schema.json among the documentation files describes it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table, help_heading = "What to print")]
    output_format: Format,

    #[command(flatten)]
    connection: Connection,
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

  From Credstash: db.password becomes /prd/app/db/password
      credstash getall -f json >all.json
      envsecrets import all.json --path /prd/app --separator .

  From chamber into another account, through a pipe
      chamber export app | envsecrets import - --path /app --profile prd

  From another path
      aws ssm get-parameters-by-path --path /stg/app --recursive \\
          --with-decryption --output json >stg.json
      envsecrets import stg.json --strip /stg/app --path /prd/app

Exit status:
  0 if all of it exists, 65 if the file cannot be read or has values that Parameter Store cannot \
store, or a launch could not use them (`--strict`), 66 if the file does not exist, 73 if a parameter \
cannot get a new version, or exists with another value and \
`--overwrite` was not given, otherwise that of a launch.";

/// Reads the file, and writes its values.
pub fn run(import: Import) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let path = problems.take(Path::parse(&import.path));
    let tags = problems.take(import.attributes.tags());
    let key = problems.take(import.attributes.key_id());
    problems.take(import.manner.rate());
    let choice = problems.take(import.globs.choice());
    problems.take(args::not_empty(
        "--description",
        import.description.as_deref(),
    ));
    problems.take(args::not_empty("--strip", import.strip.as_deref()));
    problems.take(args::not_empty("--separator", import.separator.as_deref()));
    let (Some(path), Some(tags), Some(key), Some(choice)) = (path, tags, key, choice) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let key = key.map(Key::into_string);
    let input = Input {
        file: &import.file,
        verb: "import",
        flag: "--format",
        dialect: import.dotenv_dialect,
    };
    let mut found = input.read(import.format)?;
    if !found.disputed.is_empty() {
        let lines: Vec<String> = found.disputed.iter().map(usize::to_string).collect();
        output::note(format_args!(
            "bash or Ruby's dotenv may read these lines of {input} otherwise: {}",
            lines.join(", ")
        ));
    }
    if found.chamber {
        output::note(format_args!(
            "if `chamber export` wrote {input}, use `--dotenv-dialect chamber`: its backslashes \
             mean something else"
        ));
    }
    if import.skip_empty {
        leave_out_the_empty(&mut found);
    }
    let mut wanted = Vec::new();
    let tier = import.attributes.tier.clone().unwrap_or(Tier::Intelligent);
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
        if !choice.takes(naming::relative(&path, &name)) {
            continue;
        }
        let variable = naming::usual_variable(naming::relative(&path, &name));
        if found.variables && variable != entry.key {
            otherwise.push(format!("`{}` is {variable}", entry.key));
        }
        let kind = import.attributes.kind.clone().or(entry.kind);
        let encrypted = kind.as_ref().is_none_or(ParameterType::is_encrypted);
        wanted.push(Put {
            name,
            value: entry.value,
            kind,
            key_id: key.clone().filter(|_| encrypted),
            tier: Some(tier.clone()),
            tags: tags.to_vec(),
            description: import.description.clone(),
            ..Put::default()
        });
    }
    if !problems.is_empty() {
        let others = wanted.iter().flat_map(|put| put.problems(None));
        problems.extend(others.map(|what| Problem::new(what, "leave it out or change it")));
        return Err(input.failure(problems).into());
    }
    choice.all_used()?;
    if !otherwise.is_empty() {
        let otherwise = otherwise.join(", ");
        output::note(format_args!(
            "to a launch without `--case keep` {otherwise}"
        ));
    }
    let mut store = import.connection.open()?;
    let wanted = wanted.into_iter().map(Into::into).collect();
    Changes::reported(import.output_format, |changes| {
        transfer::transfer(&mut store, &path, wanted, &import.manner, changes)
    })
}

impl Import {
    /// The name of the parameter for one key.
    fn name(&self, path: &Path, full: bool, entry: &Entry) -> Result<String, Problem> {
        const STRIP: &str = "use `--strip` to remove the beginning that the names have in the file";
        let key = entry.key.as_str();
        let relative = match (&self.strip, full) {
            (Some(strip), true) => {
                let strip = strip.trim_end_matches('/');
                key.strip_prefix(strip)
                    .and_then(|rest| rest.strip_prefix('/'))
            }
            (Some(strip), false) => key.strip_prefix(strip.as_str()),
            (None, true) if *path == Path::root() => key.strip_prefix('/').or(Some(key)),
            (None, true) => key
                .strip_prefix(&**path)
                .and_then(|rest| rest.strip_prefix('/')),
            (None, false) => Some(key),
        };
        let relative = relative.ok_or_else(|| match &self.strip {
            Some(strip) => Problem::new(
                format!("`{key}` does not begin with `{strip}`"),
                "with `--strip` every name must; otherwise import them separately",
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
                Some("has an empty part before, after or between its `/`")
            }
            Ok(()) => None,
        };
        if let Some(why) = why {
            return Err(Problem::new(
                format!("the key `{key}` would name `{relative}`, which {why}"),
                "rename the key in the file, or remove it",
            ));
        }
        Ok(path.join(&relative))
    }
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
        output::note(format_args!("left out because empty: {}", names.join(", ")));
    }
}
