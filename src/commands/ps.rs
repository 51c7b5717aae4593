//! `envsecrets ps`: which programs of this host have outdated secrets.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use super::args::{Connection, Format, Printing};
use super::place;
use super::{report, table};
use crate::launch::error::{self, Error, Errors, Failure};
use crate::launch::fingerprint::{Change, Fingerprint, Present};
use crate::launch::versions;
use crate::parameter::{Presence, Reading};
use crate::stores::{self, Answer, Given, Layer, Source, Unneeded};
use crate::system::process;
use crate::system::processes::{self, Home, Process};
use crate::{date, exit, output};

/// List the programs of this host that were launched with a fingerprint, and what of theirs is outdated
///
/// Every process whose environment has a fingerprint (`--fingerprint NAME` of its launch) is listed,
/// children that inherited it too: with its unit or container, and the parameters that it has at an older
/// version than a launch would get now. All names of all processes are read together, once for each
/// account and region. No value is read, and no permission to decrypt is needed. What was added below a
/// path since then is not seen: `envsecrets stale`, with the options of the launch, reports that too.
#[derive(Debug, Parser)]
#[command(name = "ps", bin_name = "envsecrets ps")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Ps {
    /// List only processes with outdated secrets
    #[arg(long, help_heading = "What to print")]
    stale: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Which programs run with which secrets?
      sudo envsecrets ps

  Restart the units that have outdated secrets, and only those
      envsecrets ps --stale --format json |
          jq -r '.[].unit // empty' | sort -u | xargs -r systemctl try-restart

  The processes that still have a value that was replaced
      envsecrets ps --stale --format json |
          jq '.[] | select(any(.changes[]; .name == \"/prd/app/db\"))'

States:
  current   has the versions that a launch would get now
  stale     a parameter has another version now: restart it
  missing   a parameter does not exist any more: a restart may fail
  unknown   it could not be compared; stderr says why

Exit status:
  1 if something is stale, otherwise 0; if something is unknown, and nothing stale, that of the failure: \
75 if Parameter Store could not be reached, 77 if AWS refused. Processes that may not be read are counted, \
and change nothing about that.";

/// A process with one of its fingerprints.
struct Row {
    pid: u32,
    program: String,
    since: Option<String>,
    home: Home,
    /// The variable that has it.
    variable: String,
    /// `None` if it is damaged or of another version of envsecrets.
    fingerprint: Option<Fingerprint>,
    state: State,
}

#[derive(Debug)]
enum State {
    Current,
    Stale(Vec<Change>),
    Missing(Vec<Change>),
    Unknown,
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Stale(_) => "stale",
            Self::Missing(_) => "missing",
            Self::Unknown => "unknown",
        }
    }

    fn changes(&self) -> &[Change] {
        match self {
            Self::Stale(changes) | Self::Missing(changes) => changes,
            Self::Current | Self::Unknown => &[],
        }
    }

    /// What these changes mean for a process.
    fn of(changes: Vec<Change>) -> Self {
        let is_missing = |change: &Change| matches!(change, Change::Removed { .. });
        match changes.as_slice() {
            [] => Self::Current,
            changes if changes.iter().any(is_missing) => Self::Missing(changes.to_vec()),
            changes => Self::Stale(changes.to_vec()),
        }
    }
}

/// Lists the processes.
pub fn run(ps: Ps) -> Result<ExitCode, Errors> {
    let caller = ps.connection.start()?;
    let (processes, unread) = processes::all().map_err(|error| {
        Failure::new(exit::OSERR, "the processes of this system cannot be listed")
            .because(error)
            .hint("`envsecrets stale --is FINGERPRINT` compares one fingerprint anywhere")
    })?;
    let mut rows: Vec<Row> = processes.into_iter().flat_map(rows).collect();
    let mut failures = Vec::new();
    let mut places: BTreeMap<String, Vec<&mut Row>> = BTreeMap::new();
    for row in &mut rows {
        let Some(fingerprint) = &row.fingerprint else {
            let what = format!(
                "the value of {} of process {} is damaged, or of another version of envsecrets",
                row.variable, row.pid
            );
            failures.push(Error::Command(Failure::new(exit::DATAERR, what)));
            continue;
        };
        if fingerprint.names().is_none() {
            let what = format!(
                "the fingerprint of process {} has too many parameters to list them",
                row.pid
            );
            let hint = "use `envsecrets stale --pid PID` with the options of the launch";
            let failure = Failure::new(exit::DATAERR, what).hint(hint);
            failures.push(Error::Command(failure));
            continue;
        }
        let place = fingerprint.place().unwrap_or_default().to_owned();
        places.entry(place).or_default().push(row);
    }
    for (place, rows) in places {
        let mut caller = caller.clone();
        if let Some((region, _)) = place.split_once('/') {
            caller.region = Some(Given::new(region, "a fingerprint"));
        }
        if let Err(errors) = compare(&caller, &place, rows) {
            for error in errors.into_vec() {
                if !failures.contains(&error) {
                    failures.push(error);
                }
            }
        }
    }
    let is_stale = |row: &Row| matches!(row.state, State::Stale(_));
    let any_stale = rows.iter().any(is_stale);
    let shown: Vec<&Row> = rows
        .iter()
        .filter(|row| !ps.stale || is_stale(row))
        .collect();
    let text = match ps.printing.format {
        Format::Table if shown.is_empty() => String::new(),
        Format::Table => table(&shown),
        Format::Json => report::json(
            &shown
                .iter()
                .map(|row| Output::from(*row))
                .collect::<Vec<_>>(),
        ),
    };
    report::print(text.as_bytes())?;
    if unread > 0 {
        let (what, verb) = match unread {
            1 => ("process".to_owned(), "is"),
            _ => ("processes".to_owned(), "are"),
        };
        if process::is_root() {
            output::note(format_args!(
                "{unread} {what} {verb} not listed: this root may not read their environment"
            ));
            output::hint(process::OTHER_PROCESS_HINT);
        } else {
            output::note(format_args!(
                "{unread} {what} of other users {verb} not listed: only root can read their environment"
            ));
        }
    }
    let errors = Errors::new(failures);
    match (any_stale, errors) {
        (true, Some(errors)) => {
            errors.report();
            Ok(ExitCode::from(exit::DIFFERENT))
        }
        (true, None) => Ok(ExitCode::from(exit::DIFFERENT)),
        (false, Some(errors)) => Err(errors),
        (false, None) => Ok(ExitCode::SUCCESS),
    }
}

/// A row for each fingerprint of a process.
fn rows(process: Process) -> Vec<Row> {
    let carried = versions::carried(&process.environment);
    let row = |(variable, fingerprint)| Row {
        pid: process.pid,
        program: process.program.clone(),
        since: process.since.and_then(date::in_seconds),
        home: process.home.clone(),
        variable,
        fingerprint,
        state: State::Unknown,
    };
    carried.into_iter().map(row).collect()
}

/// Compares the processes whose secrets are in one account and region, with one reading of all names.
fn compare(caller: &stores::Caller, place: &str, rows: Vec<&mut Row>) -> Result<(), Errors> {
    let mut sources: BTreeMap<String, Source> = BTreeMap::new();
    for row in &rows {
        let names = row
            .fingerprint
            .iter()
            .filter_map(Fingerprint::names)
            .flatten();
        for name in names {
            if let Some(source) = place::single(name) {
                sources.insert(name.to_owned(), source);
            }
        }
    }
    if sources.is_empty() {
        return Ok(());
    }
    let mut layers: Vec<Layer> = Vec::new();
    for source in sources.values() {
        if !layers.iter().any(|layer| layer.source == *source) {
            layers.push(Layer {
                source: source.clone(),
                presence: Presence::Optional,
                wanted_by: Vec::new(),
                unneeded: Unneeded::default(),
            });
        }
    }
    let answer = stores::read(caller, &layers, Reading::Names).map_err(error::several)?;
    elsewhere(&answer, &sources, place)?;
    let present = |name: &str| {
        let found = answer.one(sources.get(name)?);
        Some(found.map_or(Present::Missing, |it| {
            Present::Version(versions::version(it))
        }))
    };
    for row in rows {
        if let Some(fingerprint) = &row.fingerprint {
            row.state = fingerprint
                .changes_of(present)
                .map_or(State::Unknown, State::of);
        }
    }
    Ok(())
}

/// Refuses what was read in another account: the same names are other parameters there.
fn elsewhere(
    answer: &Answer,
    sources: &BTreeMap<String, Source>,
    place: &str,
) -> Result<(), Failure> {
    let ours = sources.values();
    let mut ours = ours.filter(|it| it.region().is_none() && it.access.is_none());
    let read = ours.find_map(|source| versions::place(answer.one(source)?.arn.as_deref()?));
    match read {
        Some(read) if !place.is_empty() && read != place => {
            let what =
                format!("the secrets of some processes are from `{place}`, and `{read}` was read");
            Err(Failure::new(exit::CONFIG, what)
                .hint("use the credentials of their launch, with `--profile` or `--role`"))
        }
        _ => Ok(()),
    }
}

fn home(home: &Home) -> String {
    match (&home.container, &home.unit) {
        (Some(container), _) => format!("container {container}"),
        (None, Some(unit)) => unit.clone(),
        (None, None) => "-".to_owned(),
    }
}

/// A line for each process, and one for each further change.
fn table(rows: &[&Row]) -> String {
    let mut lines: Vec<[String; 6]> = Vec::new();
    for row in rows {
        let mut changes = row.state.changes().iter().map(|change| match change {
            Change::Version { name, .. }
            | Change::Removed { name, .. }
            | Change::Added { name, .. } => format!("{name} {}", place::versions(change)),
            Change::Unlisted => String::new(),
        });
        lines.push([
            row.pid.to_string(),
            home(&row.home),
            row.program.clone(),
            row.since.clone().unwrap_or_else(|| "-".to_owned()),
            row.state.name().to_owned(),
            changes.next().unwrap_or_default(),
        ]);
        lines.extend(changes.map(|change| {
            let [a, b, c, d, e] = [const { String::new() }; 5];
            [a, b, c, d, e, change]
        }));
    }
    table::shown(
        "PID UNIT PROGRAM SINCE STATE CHANGES",
        &lines,
        &["SINCE", "PROGRAM"],
        table::ELSEWHERE,
    )
}

/// A process in the output, without a value.
#[derive(Debug, Serialize)]
struct Output<'a> {
    pid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    program: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'a str>,
    variable: &'a str,
    state: &'static str,
    changes: Vec<report::Object<3>>,
}

impl<'a> From<&'a Row> for Output<'a> {
    fn from(row: &'a Row) -> Self {
        let change = |change: &Change| {
            let (name, then, now) = match change {
                Change::Version { name, then, now } => (Some(name), Some(then), Some(now)),
                Change::Added { name, now } => (Some(name), None, Some(now)),
                Change::Removed { name, then } => (Some(name), Some(then), None),
                Change::Unlisted => (None, None, None),
            };
            report::Object([
                ("name", name.cloned().into()),
                ("then", then.cloned().into()),
                ("now", now.cloned().into()),
            ])
        };
        Self {
            pid: row.pid,
            unit: row.home.unit.as_deref(),
            container: row.home.container.as_deref(),
            program: &row.program,
            since: row.since.as_deref(),
            variable: &row.variable,
            state: row.state.name(),
            changes: row.state.changes().iter().map(change).collect(),
        }
    }
}
