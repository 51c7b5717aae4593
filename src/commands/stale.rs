//! `envsecrets stale`: whether a running program has outdated secrets.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{ArgMatches, Parser};

use super::args::{Format, Help, Printing};
use super::{place, report};
use crate::launch::environment;
use crate::launch::error::{self, Error, Errors, Failure};
use crate::launch::fingerprint::{Change, Fingerprint, Incomparable, Unreadable};
use crate::launch::plan::Plan;
use crate::launch::versions;
use crate::options::flags::Flags;
use crate::options::{self, UsageError, variables};
use crate::stores::parameter_store::Reading;
use crate::system::memory_file::MemoryFiles;
use crate::system::{process, signals};
use crate::variable::VarName;
use crate::{exit, launch, output};

/// Check whether the secrets of a running program have changed since its launch
///
/// The program must have been launched with `--fingerprint NAME`. This variable is compared with
/// the current versions and labels, including added and removed parameters. Give the same options
/// as for the launch. No value is read, and no permission to decrypt is needed, except for secrets
/// that are read through Parameter Store (`/aws/reference/secretsmanager/NAME`).
#[derive(Debug, Parser)]
#[command(name = "stale", bin_name = "envsecrets stale")]
#[command(override_usage = "envsecrets stale [OPTIONS] --pid PID\n       \
        envsecrets stale [OPTIONS] --is FINGERPRINT")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Stale {
    /// Find the fingerprint in the environment of this process
    ///
    /// In the variable that `--fingerprint` names, or in the only one with a fingerprint. If the
    /// process has none, as an init, its children are searched. Requires root, or the user of the
    /// process.
    #[arg(long, value_name = "PID", help_heading = COMPARE)]
    pid: Option<String>,

    /// A fingerprint, such as a program reports
    #[arg(long, value_name = "FINGERPRINT", help_heading = COMPARE)]
    is: Option<String>,

    /// Exit with 0 also if no comparison is possible, for probes that would kill the program
    ///
    /// An outage of Parameter Store is no reason to stop a running program, and neither are several
    /// fingerprints, or one of a launch with other options. Errors are still printed to stderr, and
    /// invalid options still give 64.
    #[arg(long, help_heading = "What to do")]
    probe: bool,

    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
}

const COMPARE: &str = "What to compare with";

const EXAMPLES: &str = "\
Examples:
  A program with a fingerprint
      envsecrets --path /prd/app --fingerprint SECRETS_FINGERPRINT -- ./serve

  Does it have the newest secrets?
      envsecrets stale --path /prd/app --pid 4711

  A probe in a container that is configured by variables
      envsecrets stale --probe --pid 1

  Before and after, without a program
      before=$(envsecrets check --path /prd/app --fingerprint X --format json |
          jq -r .fingerprint.value)
      envsecrets stale --path /prd/app --is \"$before\"

Exit status:
  0 if nothing has changed, 1 if something has: the changes are on standard output. With `--probe` \
only these, and 64 for invalid options. If a launch would fail now, its exit status is used instead, since a restart \
would not help: 66 if a parameter is missing, 75 if Parameter Store could not be reached, 77 if \
AWS refused. 64 if the program was launched with other options, 65 if its fingerprint is invalid, \
66 if the process does not exist or has no fingerprint, 77 if its environment cannot be read \
without more permissions, 78 if its secrets are from another account or region.";

/// Compares, and prints the changes.
pub fn run(stale: Stale, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let is_probe = stale.probe;
    match compare(stale, matches) {
        // Options that are invalid are so from the first probe on, and are better seen then.
        Err(errors) if is_probe && !is_invalid(&errors) => {
            errors.report();
            output::note(format_args!(
                "it is not known whether the secrets are outdated: the probe succeeds"
            ));
            Ok(ExitCode::SUCCESS)
        }
        outcome => outcome,
    }
}

/// Whether the options are the reason, and nothing that can change under a running program.
fn is_invalid(errors: &Errors) -> bool {
    let mut errors = errors.as_slice().iter();
    errors.any(|error| matches!(error, Error::Usage(_)) && error.code() == exit::USAGE)
}

fn compare(stale: Stale, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let format = stale.printing.format;
    let options = options::merge(stale.flags, matches, Some(variables::inherited))?;
    variables::report_unknown();
    let inherited = process::environment();
    let plan = Plan::new(options, Vec::new(), &inherited, Reading::Names)?;
    let source = Source::of(stale.pid.as_deref(), stale.is)?;
    plan.references().map_err(error::several)?;

    let then = match source {
        Source::Text(text) => parsed(text.as_bytes(), "the value of `--is`")?,
        Source::Process(pid) => match of_program(pid, plan.fingerprint.as_ref())? {
            Found::Fingerprint(fingerprint) => fingerprint,
            Found::Launching => {
                output::note(format_args!(
                    "process {pid} is still being launched, with the newest secrets"
                ));
                if format == Format::Json {
                    report::print(report::json(&[(); 0]).as_bytes())?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            Found::Nothing => return Err(bare(pid, plan.fingerprint.as_ref()).into()),
        },
    };
    if !then.is_of(versions::options(&plan)) {
        return Err(incomparable(Incomparable::Options).into());
    }

    signals::stand_ready();
    let secrets =
        launch::read(&plan, &MemoryFiles::default()).map_err(|errors| elsewhere(&then, errors))?;
    let mut readers = secrets.answer.readers.iter();
    if let Some((reader, usual)) =
        readers.find_map(|reader| Some((reader, reader.instead_of.as_ref()?)))
    {
        let what = format!(
            "the versions in {} say nothing about those in {usual}, which could not be reached",
            reader.place
        );
        return Err(Failure::new(exit::TEMPFAIL, what)
            .hint("try again later: versions are counted in each region by itself")
            .into());
    }
    let outcome = launch::prepare(&plan, None, &secrets, inherited);
    let now = versions::fingerprint(&plan, &secrets.answer, &outcome.assigned);
    let changes = then.changes(&now).map_err(incomparable)?;
    // After the comparison: from another place, what is missing is no news.
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    if format == Format::Json {
        let objects: Vec<_> = changes.iter().map(object).collect();
        report::print(report::json(&objects).as_bytes())?;
    }
    if changes.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if format == Format::Table {
        report::show(&table(&changes))?;
    }
    Ok(ExitCode::from(exit::DIFFERENT))
}

/// Where the fingerprint is.
enum Source {
    Text(String),
    Process(u32),
}

impl Source {
    fn of(pid: Option<&str>, text: Option<String>) -> Result<Self, Error> {
        match (pid, text) {
            (None, None) => Err(UsageError::new(
                "no fingerprint to compare with",
                "use `--pid PID` of a program that was launched with `--fingerprint NAME`, or \
                 `--is FINGERPRINT`",
            )
            .into()),
            (Some(_), Some(_)) => Err(UsageError::new(
                "`--pid` and `--is` are both given",
                "leave one of them out",
            )
            .into()),
            (None, Some(text)) => Ok(Self::Text(text)),
            // systemd has 0 if no process is running.
            (Some("0"), None) => Err(Failure::new(exit::USAGE, "`--pid 0` is not a process")
                .hint("check that the program is running: for systemd, 0 means that it is not")
                .into()),
            (Some(pid), None) => match pid.parse() {
                Ok(pid) => Ok(Self::Process(pid)),
                Err(_) => Err(UsageError::new(
                    format!("`--pid {pid}` is not the number of a process"),
                    "use a number such as `--pid 4711`; in a container the program is usually 1",
                )
                .into()),
            },
        }
    }
}

/// The result for a process.
enum Found {
    Fingerprint(Fingerprint),
    /// Nothing yet: it is envsecrets, about to become the program.
    Launching,
    Nothing,
}

/// The fingerprint of a process, or else of its children: PID 1 of a container may be an init, and
/// the program its child.
fn of_program(pid: u32, name: Option<&VarName>) -> Result<Found, Error> {
    match of_process(pid, name)? {
        Found::Nothing => {}
        found => return Ok(found),
    }
    let children = process::children(pid).into_iter();
    let mut only = None;
    for child in children.filter(|child| *child != std::process::id()) {
        match (of_process(child, name), &only) {
            // A child that cannot be read, or just ended, is not the program.
            (Ok(Found::Nothing) | Err(_), _) => {}
            (Ok(Found::Launching), _) => return Ok(Found::Launching),
            (Ok(Found::Fingerprint(found)), Some(known)) if found != *known => {
                let what = format!("the children of process {pid} have different fingerprints");
                let failure = Failure::new(exit::USAGE, what);
                return Err(failure.hint("give one of them with `--pid`").into());
            }
            (Ok(Found::Fingerprint(found)), _) => only = Some(found),
        }
    }
    Ok(only.map_or(Found::Nothing, Found::Fingerprint))
}

/// The fingerprint in the environment of a process: in the given variable, or the only one.
fn of_process(pid: u32, name: Option<&VarName>) -> Result<Found, Error> {
    let environ = match process::environment_of(pid) {
        Ok(environ) => environ,
        // While it fetches, only root can read it.
        Err(_) if process::is_ours(pid) => return Ok(Found::Launching),
        Err(error) => return Err(unseen(pid, &error)),
    };
    let mut found: Vec<(&str, &[u8])> = Vec::new();
    for entry in &environ {
        let Some(variable) = environment::name_of(entry) else {
            continue;
        };
        let value = &entry[variable.len() + 1..];
        let Ok(variable) = std::str::from_utf8(variable) else {
            continue;
        };
        let wanted = match name {
            Some(name) => variable == name.as_str(),
            None => Fingerprint::is_meant(value),
        };
        if wanted {
            found.push((variable, value));
        }
    }
    match (found.as_slice(), name) {
        // Its fingerprint is inherited from another launch.
        _ if process::is_ours(pid) => Ok(Found::Launching),
        ([], _) => Ok(Found::Nothing),
        ([(variable, value)], _) | ([(variable, value), ..], Some(_)) => {
            let what = format!("the value of {variable} of process {pid}");
            Ok(Found::Fingerprint(parsed(value, &what)?))
        }
        (several, None) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            let what = format!(
                "process {pid} has more than one fingerprint: {}",
                names.join(", ")
            );
            let failure = Failure::new(exit::USAGE, what);
            Err(failure
                .hint("use `--fingerprint NAME` to choose one")
                .into())
        }
    }
}

fn bare(pid: u32, name: Option<&VarName>) -> Error {
    let what = match name {
        Some(name) => format!("no variable {name}"),
        None => "no fingerprint".to_owned(),
    };
    Failure::new(
        exit::NOINPUT,
        format!("process {pid} has {what} in its environment"),
    )
    .hint(
        "launch it with `--fingerprint NAME`; if it was, it may have overwritten its environment \
         with its title, as nginx and PostgreSQL do: give another of its processes",
    )
    .into()
}

fn unseen(pid: u32, error: &io::Error) -> Error {
    let failure = match error.kind() {
        ErrorKind::NotFound => Failure::new(exit::NOINPUT, format!("process {pid} does not exist"))
            .hint("it may have ended; in a container processes have other numbers"),
        ErrorKind::PermissionDenied => Failure::new(
            exit::NOPERM,
            format!("no permission to read the environment of process {pid}"),
        )
        .because(error)
        .hint(process::OTHER_PROCESS_HINT),
        _ => Failure::new(
            exit::NOINPUT,
            format!("the environment of process {pid} cannot be read"),
        )
        .because(error),
    };
    failure.into()
}

/// The text may be a secret, and is not repeated.
fn parsed(text: &[u8], what: &str) -> Result<Fingerprint, Error> {
    let (why, hint) = match Fingerprint::parse(text) {
        Ok(fingerprint) => return Ok(fingerprint),
        Err(Unreadable::Foreign) => (
            "is not a fingerprint",
            "a fingerprint begins with `envsecrets-v`: check that the launch has the same \
             `--fingerprint NAME`",
        ),
        Err(Unreadable::OtherForm) => (
            "is a fingerprint of another version of envsecrets",
            "use that version, or restart the program",
        ),
        Err(Unreadable::Damaged) => (
            "is an incomplete or damaged fingerprint",
            "give all of it, unchanged; if that fails, restart the program",
        ),
    };
    let failure = Failure::new(exit::DATAERR, format!("{what} {why}"));
    Err(failure.hint(hint).into())
}

/// The reason why nothing was found: the fingerprint is of another region.
fn elsewhere(then: &Fingerprint, errors: Errors) -> Errors {
    let region = |place: &str| place.split(['/', ' ']).next().map(str::to_owned);
    let Some(then) = then.place() else {
        return errors;
    };
    let nowhere = errors.as_slice().iter().find_map(|error| match error {
        Error::Fetch(error) => error.nowhere(),
        _ => None,
    });
    match nowhere.and_then(region) {
        Some(now) if region(then).as_ref() != Some(&now) => {
            let then = then.to_owned();
            let mut failure = incomparable(Incomparable::Places { then, now });
            if let Error::Command(failure) = &mut failure {
                failure
                    .causes
                    .extend(errors.as_slice().iter().map(Error::to_string));
            }
            failure.into()
        }
        _ => errors,
    }
}

fn incomparable(error: Incomparable) -> Error {
    let failure = match error {
        Incomparable::Options => Failure::new(
            exit::USAGE,
            "the program was launched with other options than these",
        )
        .hint(
            "use the same paths, labels, names, patterns and variables as the launch; if those of \
             the program have changed, restart it",
        ),
        Incomparable::Places { then, now } => Failure::new(
            exit::CONFIG,
            format!("the secrets of the program are from `{then}`, and these are from `{now}`"),
        )
        .hint("use the region and the credentials of the launch, or restart the program"),
    };
    failure.into()
}

/// A change, for programs.
fn object(change: &Change) -> report::Object<4> {
    let (what, name, then, now) = match change {
        Change::Version { name, then, now } => ("changed", Some(name), Some(then), Some(now)),
        Change::Added { name, now } => ("added", Some(name), None, Some(now)),
        Change::Removed { name, then } => ("removed", Some(name), Some(then), None),
        Change::Unlisted => ("changed", None, None, None),
    };
    report::Object([
        ("change", what.into()),
        ("name", name.cloned().into()),
        ("then", then.cloned().into()),
        ("now", now.cloned().into()),
    ])
}

/// A line for each change: kind, name, old and new version.
fn table(changes: &[Change]) -> String {
    let rows: Vec<[String; 3]> = changes
        .iter()
        .map(|change| {
            let (what, name) = match change {
                Change::Version { name, .. } => ("changed", name.as_str()),
                Change::Added { name, .. } => ("added", name.as_str()),
                Change::Removed { name, .. } => ("removed", name.as_str()),
                Change::Unlisted => (
                    "changed",
                    "(too many parameters for the fingerprint to list)",
                ),
            };
            [
                what.to_owned(),
                output::clean(name),
                output::clean(&place::versions(change)),
            ]
        })
        .collect();
    let width = rows.iter().map(|[_, name, _]| name.len()).max();
    let width = width.unwrap_or_default();
    rows.iter()
        .map(|[what, name, versions]| {
            let line = format!("{what:7}  {name:width$}  {versions}");
            format!("{}\n", line.trim_end())
        })
        .collect()
}
