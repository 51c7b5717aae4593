//! `envsecrets stale`: whether a program that runs has secrets that are no longer the newest.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{ArgMatches, Parser};

use super::args::Help;
use super::report;
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

/// Tell whether a running program has secrets that have changed since
///
/// The program must have been launched with `--fingerprint NAME`. What that variable says is compared
/// with what is there now: versions and labels, what came and what went. The options are those of the
/// launch, and say the same. No value is read, and no right to decrypt is needed, but for secrets of
/// Secrets Manager.
#[derive(Debug, Parser)]
#[command(
    name = "stale",
    bin_name = "envsecrets stale",
    override_usage = "envsecrets stale [OPTIONS] --pid PID\n       \
        envsecrets stale [OPTIONS] --is FINGERPRINT",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Stale {
    /// Find the fingerprint in the environment of this process
    ///
    /// In the variable that `--fingerprint` names, or in the only one that holds a fingerprint. If it
    /// has none, as an init, those that it started are looked at. Takes root, or the user that the
    /// process runs as.
    #[arg(long, value_name = "PID", help_heading = COMPARE)]
    pid: Option<String>,

    /// The fingerprint itself, such as a program has told it
    #[arg(long, value_name = "FINGERPRINT", help_heading = COMPARE)]
    is: Option<String>,

    /// Exit with 0 also if it cannot be told, for probes that would kill the program
    ///
    /// An outage of Parameter Store is no reason to stop what runs. What is wrong is said on stderr all
    /// the same, and options that make no sense, or are not those of the launch, still give 64.
    #[arg(long, help_heading = "What to do")]
    probe: bool,

    #[command(flatten)]
    flags: Flags,
    #[command(flatten)]
    help: Help,
}

const COMPARE: &str = "What to compare with";

const EXAMPLES: &str = "\
Examples:
  A program that can be asked
      envsecrets --path /prd/app --fingerprint SECRETS_FINGERPRINT -- ./serve

  Does it have the newest secrets?
      envsecrets stale --path /prd/app --pid 4711

  In a container, whose variables say what is read, for a probe
      envsecrets stale --probe --pid 1

  Before and after, without a program
      before=$(envsecrets check --path /prd/app --fingerprint X --format json |
          jq -r .fingerprint.value)
      envsecrets stale --path /prd/app --is \"$before\"

Exit status:
  0 if nothing has changed, 1 if something has: what, is on standard output. With `--probe` no other \
than these and 64. A launch that would \
fail now gives its own exit status instead, since to start the program anew would not help: 66 if a \
parameter is missing, 75 if Parameter Store could not be reached, 77 if AWS refused. 64 if the \
program was launched with other options, 65 if what it has cannot be read as a fingerprint, 66 if \
there is no such process or it has none, 77 if its environment may not be read, 78 if its secrets \
are from another account or region.";

/// Compares, and prints what has changed.
pub fn run(stale: Stale, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let is_probe = stale.probe;
    match compare(stale, matches) {
        Err(errors) if is_probe && errors.code() != exit::USAGE => {
            errors.report();
            Ok(ExitCode::SUCCESS)
        }
        told => told,
    }
}

fn compare(stale: Stale, matches: &ArgMatches) -> Result<ExitCode, Errors> {
    let options = options::merge(stale.flags, matches, Some(variables::inherited))?;
    let inherited = process::environment();
    let plan = Plan::new(options, Vec::new(), &inherited, Reading::Names)?;
    let source = Source::of(stale.pid.as_deref(), stale.is)?;
    plan.references().map_err(error::several)?;

    // From here on we may hold what is in the environment of another.
    process::guard();
    let then = match source {
        Source::Text(text) => parsed(text.as_bytes(), "what `--is` says")?,
        Source::Process(pid) => match of_program(pid, plan.fingerprint.as_ref())? {
            Found::Fingerprint(fingerprint) => fingerprint,
            Found::Launching => {
                output::note(format_args!(
                    "process {pid} is still being launched, with what is there now"
                ));
                return Ok(ExitCode::SUCCESS);
            }
            Found::Nothing => return Err(bare(pid, plan.fingerprint.as_ref()).into()),
        },
    };
    if !then.is_of(versions::options(&plan)) {
        return Err(incomparable(Incomparable::Options).into());
    }

    signals::stand_ready();
    let secrets = launch::read(&plan, &MemoryFiles::default())?;
    let outcome = launch::prepare(&plan, None, &secrets, inherited);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let now = versions::fingerprint(&plan, &secrets.answer, &outcome.assigned);
    let changes = then.changes(&now).map_err(incomparable)?;
    if changes.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    report::print(table(&changes).as_bytes())?;
    Ok(ExitCode::from(exit::DIFFERENT))
}

/// Where the fingerprint is.
enum Source {
    Text(String),
    Process(u32),
}

impl Source {
    fn of(pid: Option<&str>, text: Option<String>) -> Result<Self, UsageError> {
        match (pid, text) {
            (None, None) => Err(UsageError::new(
                "nothing says what to compare with",
                "say `--pid PID`, of a program that was launched with `--fingerprint NAME`, or `--is \
                 FINGERPRINT`",
            )),
            (Some(_), Some(_)) => Err(UsageError::new(
                "`--pid` and `--is` are both given",
                "leave one of them out",
            )),
            (None, Some(text)) => Ok(Self::Text(text)),
            // systemd has 0 where there is none.
            (Some("0"), None) => Err(UsageError::new(
                "`--pid 0` is no process",
                "is the program running? for systemd, 0 means that it is not",
            )),
            (Some(pid), None) => match pid.parse() {
                Ok(pid) => Ok(Self::Process(pid)),
                Err(_) => Err(UsageError::new(
                    format!("`--pid {pid}` is not the number of a process"),
                    "such as `--pid 4711`; in a container the program is usually 1",
                )),
            },
        }
    }
}

/// What a process has.
enum Found {
    Fingerprint(Fingerprint),
    /// Nothing yet: it is envsecrets, about to become the program.
    Launching,
    Nothing,
}

/// The fingerprint of a process, or if it has none, of those that it started: PID 1 of a container
/// may be an init, and the program its child.
fn of_program(pid: u32, name: Option<&VarName>) -> Result<Found, Error> {
    match of_process(pid, name)? {
        Found::Nothing => {}
        found => return Ok(found),
    }
    let children = process::children(pid).into_iter();
    let mut only = None;
    for child in children.filter(|child| *child != std::process::id()) {
        match (of_process(child, name), &only) {
            // One that may not be asked, or just ended, is not the one that was meant.
            (Ok(Found::Nothing) | Err(_), _) => {}
            (Ok(Found::Launching), _) => return Ok(Found::Launching),
            (Ok(Found::Fingerprint(found)), Some(known)) if found != *known => {
                let what = format!("the children of process {pid} have different fingerprints");
                let failure = Failure::new(exit::USAGE, what);
                return Err(failure.hint("name one of them with `--pid`").into());
            }
            (Ok(Found::Fingerprint(found)), _) => only = Some(found),
        }
    }
    Ok(only.map_or(Found::Nothing, Found::Fingerprint))
}

/// The fingerprint in the environment of a process: that of a variable, or the only one.
fn of_process(pid: u32, name: Option<&VarName>) -> Result<Found, Error> {
    let environ = match process::environment_of(pid) {
        Ok(environ) => environ,
        // While it fetches nobody but root may look at it.
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
        // What it has was inherited from another launch.
        _ if process::is_ours(pid) => Ok(Found::Launching),
        ([], _) => Ok(Found::Nothing),
        ([(variable, value)], _) | ([(variable, value), ..], Some(_)) => {
            let what = format!("what {variable} of process {pid} holds");
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
                .hint("say which one with `--fingerprint NAME`")
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
        "launch it with `--fingerprint NAME`; if that was done, it may have written its title over \
         its environment, as nginx and PostgreSQL do: name another of its processes",
    )
    .into()
}

fn unseen(pid: u32, error: &io::Error) -> Error {
    // ESRCH is what a process says that ends meanwhile.
    const ESRCH: i32 = nix::libc::ESRCH;
    let gone = error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH);
    let failure = match error.kind() {
        _ if gone => Failure::new(exit::NOINPUT, format!("there is no process {pid}"))
            .hint("it may have ended; in a container processes have other numbers"),
        ErrorKind::PermissionDenied => Failure::new(
            exit::NOPERM,
            format!("the environment of process {pid} may not be read"),
        )
        .because(error)
        .hint(
            "ask as root, or as the user that it runs as; under systemd root needs the capabilities \
             CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
        ),
        _ => Failure::new(
            exit::NOINPUT,
            format!("the environment of process {pid} cannot be read"),
        )
        .because(error),
    };
    failure.into()
}

/// What stands there may be a secret, and is not repeated.
fn parsed(text: &[u8], what: &str) -> Result<Fingerprint, Error> {
    let (why, hint) = match Fingerprint::parse(text) {
        Ok(fingerprint) => return Ok(fingerprint),
        Err(Unreadable::Foreign) => (
            "is no fingerprint",
            "a fingerprint begins with `envsecrets-v`: was the launch told the same `--fingerprint \
             NAME`?",
        ),
        Err(Unreadable::OtherForm) => (
            "is a fingerprint of another version of envsecrets",
            "ask with that version, or start the program anew",
        ),
        Err(Unreadable::Damaged) => (
            "is a fingerprint of which a part is missing or wrong",
            "take all of it, as it stands; if it does, start the program anew",
        ),
    };
    let failure = Failure::new(exit::DATAERR, format!("{what} {why}"));
    Err(failure.hint(hint).into())
}

fn incomparable(error: Incomparable) -> Error {
    let failure = match error {
        Incomparable::Options => Failure::new(
            exit::USAGE,
            "the program was launched with other options than these",
        )
        .hint(
            "say the same paths, labels, names and patterns as the launch, and set the same \
             variables; if those of the program have changed, start it anew",
        ),
        Incomparable::Places { then, now } => Failure::new(
            exit::CONFIG,
            format!("the program has its secrets from `{then}`, and these are from `{now}`"),
        )
        .hint("use the region and the credentials of the launch, or start the program anew"),
    };
    failure.into()
}

/// A line for each change: what, on what, from and to which version.
fn table(changes: &[Change]) -> String {
    let rows: Vec<[String; 3]> = changes
        .iter()
        .map(|change| match change {
            Change::Version { name, then, now } => row("changed", name, format!("{then} -> {now}")),
            Change::Added { name, now } => row("added", name, format!("-> {now}")),
            Change::Removed { name, then } => row("removed", name, format!("{then} ->")),
            Change::Unlisted => row(
                "changed",
                "(there are too many parameters for the fingerprint to list)",
                String::new(),
            ),
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

fn row(what: &str, name: &str, versions: String) -> [String; 3] {
    [
        what.to_owned(),
        output::clean(name),
        output::clean(&versions),
    ]
}
