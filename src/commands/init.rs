//! `envsecrets init`: a contract from what is there, for a repository to begin with.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Parser};

use super::args::{self, Help};
use super::report;
use crate::launch;
use crate::launch::Outcome;
use crate::launch::error::{Errors, Failure};
use crate::launch::files::Encoding;
use crate::launch::naming::Origin;
use crate::launch::plan::Plan;
use crate::options::contract::{Key, Value, quoted};
use crate::options::flags::Flags;
use crate::options::{self, LayerKind, Options, UsageError, variables};
use crate::parameter::Presence;
use crate::parameter::Reading;
use crate::stores::Answer;
use crate::system::memory_file::MemoryFiles;
use crate::system::memory_file::Target;
use crate::system::{process, signals};
use crate::{exit, output};

/// Write envsecrets.toml from what there is: names, and no value
///
/// The options are those of a launch. What they say is written down as keys, and each variable that
/// the program would get as a declaration, to be described and kept under version control. Values are
/// not read: nothing is decrypted, and no right to decrypt is needed.
#[derive(Debug, Parser)]
#[command(
    name = "init",
    bin_name = "envsecrets init",
    override_usage = "envsecrets init [OPTIONS]",
    after_long_help = EXAMPLES,
    disable_help_flag = true,
    // Those that are refused, or mean nothing here.
    mut_arg("config", |it| it.hide(true)),
    mut_arg("config_profile", |it| it.hide(true)),
    mut_arg("strict", |it| it.hide(true)),
    mut_arg("json", |it| it.hide(true)),
    mut_arg("dotenv", |it| it.hide(true))
)]
pub struct Init {
    /// Write to this file, which must not be there yet; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "envsecrets.toml", value_hint = clap::ValueHint::FilePath, help_heading = "What to write")]
    output: PathBuf,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
}

const EXAMPLES: &str = "\
Examples:
  What the service needs now, to be described and committed
      envsecrets init --path /prd/app --region eu-central-1

  In CI: is all of it still there, and nothing else?
      envsecrets check --config envsecrets.toml --strict --names-only

Exit status:
  0 if the file was written, 73 if there is one already, 74 if it cannot be written, otherwise that of \
a launch.";

/// What stands first in a file that is written.
const HEAD: &str = "\
# The secrets that this program needs, by name. To start it: envsecrets --config FILE -- PROGRAM
# A variable can have a description, required = false, from = \"/PARAMETER\", file = true and a
# pattern = '[a-z]+'. To hold the path to it: envsecrets check --config FILE --strict
";

/// Reads what there is, and writes it down.
///
/// # Errors
///
/// Those of a launch, as far as they can be known without values; and if the file is there already.
pub fn run(init: Init, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    if init.flags.config.is_some() || init.flags.config_profile.is_some() {
        let (what, hint) = ("`init` writes a contract, and reads none", "leave it out");
        return Err(UsageError::new(what, hint).into());
    }
    // What is set for the program's sake names the file that is to be written.
    let variable = |name: &str| match name.strip_prefix(variables::PREFIX) {
        Some("CONFIG" | "CONFIG_PROFILE" | "STRICT") => None,
        _ => std::env::var_os(name),
    };
    let said = options::settings(matches, variable)?;
    let mut options = options::merge(init.flags, matches, Some(variable))?;
    options.strict = false;
    sensible(&options)?;
    let plan = Plan::new(options, Vec::new(), &[], Reading::Names)?;
    let file = args::output_file(Some(init.output));
    if let Some(file) = file.as_deref().filter(|it| it.symlink_metadata().is_ok()) {
        return Err(there_already(file).into());
    }

    process::guard();
    signals::stand_ready();
    let secrets = launch::read(&plan, &MemoryFiles::default())?;
    let outcome = launch::prepare(&plan, None, &secrets, Vec::new());
    let text = contract(&plan, &said, &secrets.answer, &outcome);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let Some(file) = file else {
        return report::print(text.as_bytes());
    };
    write(&file, &text)?;
    let count = outcome.assigned.variables.len();
    output::note(format_args!(
        "`{}` declares {count} {}: describe what they are for, and commit it",
        file.display(),
        if count == 1 { "variable" } else { "variables" },
    ));
    Ok(ExitCode::SUCCESS)
}

/// What cannot be written down from names alone.
fn sensible(options: &Options) -> Result<(), UsageError> {
    if let Some((_, kind)) = options.documents.first() {
        let flag = match kind {
            options::DocumentKind::Json => "--json",
            options::DocumentKind::Dotenv => "--dotenv",
        };
        return Err(UsageError::new(
            format!("`init` reads no values, and the names of `{flag}` are in a value"),
            "leave it out, and write it and its variables into the file by hand",
        ));
    }
    // As they stand in the file.
    let rank = |kind: &LayerKind| match kind {
        LayerKind::Required => 0,
        LayerKind::Optional => 1,
        LayerKind::Names => 2,
    };
    if !options.layers.is_sorted_by_key(|(_, kind)| rank(kind)) {
        return Err(UsageError::new(
            "in a contract paths come first, then optional paths, then names",
            "put the options into that order: `--path`, `--optional-path`, `--names`",
        ));
    }
    Ok(())
}

/// The text of the file.
fn contract(plan: &Plan, said: &[(Key, Value)], answer: &Answer, outcome: &Outcome<'_>) -> String {
    let mut text = HEAD.to_owned();
    text.push('\n');
    for (key, value) in said {
        // Single parameters have a declaration each, and the last two are about this call.
        if !["secret", "file", "strict", "verbose"].contains(&key.name.as_str()) {
            let _ = writeln!(text, "{} = {}", key.name, written(value));
        }
    }
    // What stands in a layer that may be empty alone is there as long as that is.
    let required = plan.sets().filter(|it| it.presence == Presence::Required);
    let lasting: BTreeSet<&str> = required
        .flat_map(|layer| answer.all(&layer.source))
        .map(|it| it.name.as_str())
        .collect();
    for (name, assignment) in &outcome.assigned.variables {
        let parameter = output::clean(&assignment.parameter.name);
        let _ = write!(text, "\n[variables.{name}]");
        match assignment.origin {
            Origin::Layer(_) => {
                let _ = writeln!(text, " # {parameter}");
                let mut sources = assignment.overridden.iter().chain([&assignment.parameter]);
                if !sources.any(|it| lasting.contains(it.name.as_str())) {
                    text.push_str("required = false\n");
                }
            }
            Origin::Exact => {
                let mut exact = plan.exact.iter();
                let selector = exact.find(|(exact, _)| exact == name);
                let from = selector.map_or(parameter, |(_, selector)| selector.to_string());
                let _ = writeln!(text, "\nfrom = {}", quoted(&from));
            }
            Origin::File => {
                let mut files = plan.files.iter();
                if let Some(file) = files.find(|file| file.name == *name) {
                    let encoding = match file.encoding {
                        Encoding::Plain => "",
                        Encoding::Base64 => "base64:",
                    };
                    let from = quoted(&format!("{encoding}{}", file.source));
                    let place = match &file.target {
                        Target::Descriptor => "true".to_owned(),
                        Target::Path(path) => quoted(&path.to_string_lossy()),
                    };
                    let _ = writeln!(text, "\nfrom = {from}\nfile = {place}");
                }
            }
            Origin::Keys(_) | Origin::Reference => text.push('\n'),
        }
    }
    text
}

fn written(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Text(text) => quoted(text),
        Value::List(list) => {
            let quoted: Vec<String> = list.iter().map(|text| quoted(text)).collect();
            format!("[{}]", quoted.join(", "))
        }
    }
}

fn there_already(file: &Path) -> Failure {
    Failure::new(
        exit::CANTCREAT,
        format!("there is a `{}` already", file.display()),
    )
    .hint("`--output -` prints it, to be compared; `--output FILE` writes to another one")
}

/// Writes a file that was not there.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let opened = std::fs::File::create_new(file);
    let written = opened.and_then(|mut opened| {
        opened.write_all(text.as_bytes()).inspect_err(|_| {
            // A part of it would be taken for the whole.
            let _ = std::fs::remove_file(file);
        })
    });
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(file),
        _ => Failure::new(exit::IOERR, format!("cannot write `{}`", file.display())).because(error),
    })
}
