//! `envsecrets init`: writes a first contract from the parameters that exist.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, Parser};

use super::args::{self, Help};
use super::report;
use crate::launch::error::{Errors, Failure};
use crate::launch::naming::Origin;
use crate::launch::plan::Plan;
use crate::launch::{self, Outcome};
use crate::options::contract::{Key, Value, quoted};
use crate::options::flags::Flags;
use crate::options::{self, LayerKind, Options, UsageError, variables};
use crate::parameter::{Parameter, Presence, Reading};
use crate::stores::Answer;
use crate::system::memory_file::{MemoryFiles, Target};
use crate::system::signals;
use crate::system::whole_file::{self, Readers, Unwritten};
use crate::{exit, output};

/// Write envsecrets.toml from existing parameters: names, and no value
///
/// The options are those of a launch. They are written as keys, and each variable that the program
/// would get as a declaration, to describe and keep under version control. Values are not read:
/// nothing is decrypted, and no permission to decrypt is needed. Beside the file, the JSON Schema of such
/// files is written too, unless it is there: the first line names it to editors, which then complete
/// and check.
#[derive(Debug, Parser)]
#[command(name = "init", bin_name = "envsecrets init")]
#[command(override_usage = "envsecrets init [OPTIONS]")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
// Refused, or without effect here.
#[command(mut_arg("config", |it| it.hide(true)))]
#[command(mut_arg("config_profile", |it| it.hide(true)))]
#[command(mut_arg("strict", |it| it.hide(true)))]
#[command(mut_arg("json", |it| it.hide(true)))]
#[command(mut_arg("dotenv", |it| it.hide(true)))]
pub struct Init {
    /// Write to this file, which must not exist; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "envsecrets.toml", value_hint = clap::ValueHint::FilePath, help_heading = "What to write")]
    output: PathBuf,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
}

const EXAMPLES: &str = "\
Examples:
  What the service needs now, to describe and commit
      envsecrets init --path /prd/app --region eu-central-1

  In CI: does all of it still exist, and nothing else?
      envsecrets check --config envsecrets.toml --strict --names-only

Exit status:
  0 if the file was written, 73 if it already exists, 74 if it cannot be written, otherwise that \
of a launch.";

/// The beginning of a contract.
const HEAD: &str = "\
# The secrets that this program needs, by name. To start it: envsecrets --config FILE -- PROGRAM
# A variable can have a description, required = false, from = \"/PARAMETER\", file = true and a
# pattern = '[a-z]+'. To hold the path to it: envsecrets check --config FILE --strict
";

/// What the schema of contracts is called, as Cargo.toml has it.
pub const SCHEMA: &str = "urn:envsecrets:contract";
/// The schema, and the file beside a contract that has it.
const SCHEMA_TEXT: &str = include_str!("../../packaging/envsecrets.schema.json");
const SCHEMA_FILE: &str = "envsecrets.schema.json";

/// Whether editors find the schema by its name.
fn is_published() -> bool {
    SCHEMA.starts_with("https://")
}

/// The line that names the schema to editors (taplo, "Directives"), which must come first: its address once
/// it has one, else the file beside the contract.
fn directive() -> String {
    match is_published() {
        true => format!("#:schema {SCHEMA}\n"),
        false => format!("#:schema ./{SCHEMA_FILE}\n"),
    }
}

/// Writes the schema into the directory of a contract. An editor refuses a contract whose
/// schema it cannot load. Returns whether it was not there before.
fn write_schema(directory: &Path) -> Result<bool, Failure> {
    let file = directory.join(SCHEMA_FILE);
    match is_published() || file.symlink_metadata().is_ok() {
        true => Ok(false),
        false => write(&file, SCHEMA_TEXT).map(|()| true),
    }
}

/// Reads the parameters, and writes the contract.
///
/// # Errors
///
/// Those of a launch that can be known without values; and if the file already exists.
pub fn run(init: Init, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    if !init.flags.contract.config.is_empty() || init.flags.contract.config_profile.is_some() {
        let (what, hint) = (
            "`init` writes a contract, and does not read one",
            "leave it out",
        );
        return Err(UsageError::new(what, hint).into());
    }
    // These variables are for the launch, and name the file to write.
    let variable = |name: &str| match name.strip_prefix(variables::PREFIX) {
        Some("CONFIG" | "CONFIG_PROFILE" | "STRICT") => None,
        _ => std::env::var_os(name),
    };
    let settings = options::settings(matches, variable)?;
    let mut options = options::merge(init.flags, matches, Some(variable))?;
    variables::report_unknown();
    options.strict = false;
    sensible(&options)?;
    let plan = Plan::new(options, Vec::new(), &[], Reading::Names)?;
    if let Some(option) = plan.named_by_values() {
        return Err(UsageError::new(
            format!("`init` reads no values, and the names of `{option}` are in a value"),
            "leave it out, and add it and its variables to the file by hand",
        )
        .into());
    }
    let file = args::output_file(Some(init.output));
    if let Some(file) = file.as_deref().filter(|it| it.symlink_metadata().is_ok()) {
        return Err(already_exists(file).into());
    }

    signals::stand_ready();
    let secrets = launch::read(&plan, &MemoryFiles::default())?;
    let outcome = launch::prepare(&plan, None, &secrets, Vec::new());
    let mut text = directive();
    text.push_str(&contract(&plan, &settings, &secrets.answer, &outcome));
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let Some(file) = file else {
        return report::show(&text);
    };
    write(&file, &text)?;
    let is_schema_new = write_schema(file.parent().unwrap_or(Path::new("")))?;
    let count = outcome.assigned.variables.len();
    output::note(format_args!(
        "`{}` declares {count} {}: describe their purpose, and commit it{}",
        file.display(),
        if count == 1 { "variable" } else { "variables" },
        match is_schema_new {
            true => format!(" with `{SCHEMA_FILE}`, which is for editors"),
            false => String::new(),
        },
    ));
    Ok(ExitCode::SUCCESS)
}

/// Refuses what cannot be written from names alone.
fn sensible(options: &Options) -> Result<(), UsageError> {
    if let Some((_, kind)) = options.documents.first() {
        let flag = match kind {
            options::DocumentKind::Json => "--json",
            options::DocumentKind::Dotenv => "--dotenv",
        };
        return Err(UsageError::new(
            format!("`init` reads no values, and the names of `{flag}` are in a value"),
            "leave it out, and add it and its variables to the file by hand",
        ));
    }
    // The order of the file.
    let rank = |kind: &LayerKind| match kind {
        LayerKind::From => 0,
        LayerKind::OptionalFrom => 1,
        LayerKind::Required => 2,
        LayerKind::Optional => 3,
        LayerKind::Names => 4,
    };
    if !options.layers.is_sorted_by_key(|(_, kind)| rank(kind)) {
        return Err(UsageError::new(
            "in a contract the layers of `from` come first, then `optional-from`, paths, optional paths and \
             names",
            "put the options in this order: `--from`, `--optional-from`, `--path`, `--optional-path`, \
             `--names`",
        ));
    }
    Ok(())
}

/// The text of the file.
fn contract(
    plan: &Plan,
    settings: &[(Key, Value)],
    answer: &Answer,
    outcome: &Outcome<'_>,
) -> String {
    let mut text = HEAD.to_owned();
    text.push('\n');
    // As they apply.
    let rank = |name: &str| match name {
        "from" => 0,
        "optional-from" => 1,
        _ => 2,
    };
    let mut settings: Vec<&(Key, Value)> = settings.iter().collect();
    settings.sort_by_key(|(key, _)| rank(&key.name));
    for (key, value) in settings {
        // Single parameters have their own declarations, and the last two are for this call.
        if !["secret", "file", "strict", "verbose"].contains(&key.name.as_str()) {
            let _ = writeln!(text, "{} = {}", key.name, written(value));
        }
    }
    // A variable only from layers that may be empty is not required.
    let required = plan
        .sets
        .iter()
        .filter(|it| it.presence == Presence::Required);
    let lasting: BTreeSet<&str> = required
        .flat_map(|set| answer.all(&set.source))
        .map(|it| it.name.as_str())
        .collect();
    // A key exists as long as its secret.
    let lasts = |it: &Parameter| lasting.contains(it.name.split('#').next().unwrap_or_default());
    for (name, assignment) in &outcome.assigned.variables {
        let parameter = output::clean(&assignment.parameter.place());
        let _ = write!(text, "\n[variables.{name}]");
        match assignment.origin {
            Origin::Layer(_) => {
                let _ = writeln!(text, " # {parameter}");
                let mut sources = assignment.overridden.iter().chain([&assignment.parameter]);
                if !sources.any(|it| lasts(it)) {
                    text.push_str("required = false\n");
                }
            }
            Origin::Exact => {
                let mut exact = plan.exact.iter();
                let selector = exact.find(|exact| exact.name == *name);
                let from = selector.map_or(parameter, ToString::to_string);
                let _ = writeln!(text, "\nfrom = {}", quoted(&from));
            }
            Origin::File => {
                let mut files = plan.files.iter();
                if let Some(file) = files.find(|file| file.name == *name) {
                    let encoding = file.encoding.prefix();
                    let from = quoted(&format!("{encoding}{}", file.place()));
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

fn already_exists(file: &Path) -> Failure {
    Failure::new(
        exit::CANTCREAT,
        format!("`{}` already exists", file.display()),
    )
    .hint("`--output -` prints the contract, to compare it; `--output FILE` writes another file")
}

/// Creates a file, which must not exist.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let created = whole_file::create(file, Readers::Everyone, text.as_bytes());
    created.map_err(|why| match why {
        Unwritten::Unchanged(error) if error.kind() == ErrorKind::AlreadyExists => {
            already_exists(file)
        }
        Unwritten::Unchanged(error) | Unwritten::Torn(error) => {
            Failure::new(exit::IOERR, format!("cannot write `{}`", file.display())).because(error)
        }
    })
}
