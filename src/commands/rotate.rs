//! `envsecrets rotate`: a new value, the change where the value is used, and the labels that programs
//! read.

mod labels;
mod programs;
mod report;
mod rotation;
mod state;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;

use super::args::{Connection, Name, Printing, not_empty};
use super::confirmation;
use super::new_value::{self, Generation};
use super::report::Changes;
use super::write::{self, Existing};
use crate::launch::error::{Error, Errors, Failure, Problems};
use crate::launch::values;
use crate::options::UsageError;
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{Store, Version};
use crate::stores::parameter_store::put::{Checked, MOST_LABELS};
use crate::stores::parameter_store::{self, Reading};
use crate::system::exec::{self, Program};
use crate::system::terminal::Terminal;
use crate::{exit, output};
use labels::Labelled;
use programs::{Passing, Programs, Valued, Values};
use report::Report;
use rotation::{Before, OldValue, Rotation, Stopped};
use state::{Action, Change, Decision, LIVE, Labels, PENDING, PREVIOUS, Place, Refusal, Standing};

/// Requests that change something, a second: five belong to one rotation.
const WRITES_A_SECOND: f64 = 10.0;

/// Give a parameter a new value, and change it where it is used
///
/// For parameters that programs read by the label `live`, as `--secret VARIABLE=NAME:live` and `--label
/// live` do. A new version gets the label `pending`; the program of `--with` makes the change, such as
/// that of the password in a database; the program of `--probe` tries the new value; then `live` moves
/// to the new version, and `previous` to the old one. If a step fails, `live` stays, and the program of
/// `--undo` runs.
///
/// PROGRAM is one file, without arguments and without a shell. It gets ROTATE_NAME, the values as
/// ROTATE_OLD and ROTATE_NEW, and their versions as ROTATE_OLD_VERSION and ROTATE_NEW_VERSION. That of
/// `--probe` gets ROTATE_VALUE and ROTATE_VERSION, and exits with 0 if the value is accepted. What they
/// print goes to standard error, except for the value of `--new-from`. That of `--with` may run again
/// after a run that was killed, and so must accept a change that is made already.
///
/// What reads the parameter without a label gets the new value as soon as it is written. A parameter
/// without `live` gets that label after a confirmation.
#[derive(Debug, Parser)]
#[command(name = "rotate", bin_name = "envsecrets rotate")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Rotate {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    generation: Generation,

    /// Take what this program prints to standard output; it gets ROTATE_OLD
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::ExecutablePath)]
    #[arg(conflicts_with = "generate", help_heading = "The value")]
    new_from: Option<OsString>,

    /// The program that makes the change
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::ExecutablePath)]
    #[arg(required_unless_present = "abandon", help_heading = "What to run")]
    with: Option<OsString>,

    /// The program that tries a value
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::ExecutablePath)]
    #[arg(help_heading = "What to run")]
    probe: Option<OsString>,

    /// The program that undoes the change if a step fails, and for `--abandon`
    ///
    /// It also runs if the change was not made, or only in part. With `--probe` the old value is tried
    /// afterwards.
    #[arg(long, value_name = "PROGRAM", value_hint = clap::ValueHint::ExecutablePath)]
    #[arg(help_heading = "What to run")]
    undo: Option<OsString>,

    /// Pass values as variables, or as files in memory
    ///
    /// With `file` the variables are ROTATE_OLD_FILE, ROTATE_NEW_FILE and ROTATE_VALUE_FILE, each with
    /// the path of a file.
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Passing::Env)]
    #[arg(help_heading = "What to run")]
    passing: Passing,

    /// Fail unless the probe refuses the old value after the change
    #[arg(long, requires = "probe", help_heading = "What to run")]
    expect_old_refused: bool,

    /// Repeat a probe for this time [default: 30s]
    #[arg(
        long,
        value_name = "DURATION",
        requires = "probe",
        help_heading = "What to run"
    )]
    probe_timeout: Option<String>,

    /// Stop any other program after this time; 0 for never [default: 5m]
    #[arg(long, value_name = "DURATION", help_heading = "What to run")]
    program_timeout: Option<String>,

    /// Go on with a rotation that has begun
    ///
    /// With `--probe`, the change is not made again if the new value is accepted already.
    #[arg(long, conflicts_with = "abandon", help_heading = "When to rotate")]
    resume: bool,

    /// Give up a rotation that has begun: undo the change, and remove `pending`
    #[arg(long, help_heading = "When to rotate")]
    abandon: bool,

    /// Do not ask for confirmation when a parameter gets `live` for the first time
    #[arg(long, short, help_heading = "When to rotate")]
    yes: bool,

    /// Print what would be done, and run and change nothing
    #[arg(long, help_heading = "When to rotate")]
    dry_run: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  A password of a database
      envsecrets rotate /prd/app/db-password --generate --with ./alter-role \\
          --probe ./log-in --undo ./alter-role-back

  What it would do
      envsecrets rotate /prd/app/db-password --generate --with ./alter-role \\
          --dry-run

  After a run that was killed
      envsecrets rotate /prd/app/db-password --with ./alter-role \\
          --probe ./log-in --resume

Two at the same time:
  Of two runs that begin at the same time at most one makes the change, as long as Parameter Store \
shows each what the other has written. It can be late by a second or two. A run cannot tell whether \
another one that has begun still runs: use `--resume` and `--abandon` only if it does not.

Signals:
  A signal that stops it is passed on to the program that runs. The step counts as failed: `live` \
stays, `--undo` runs, and then the signal ends envsecrets.

Exit status:
  0 if `live` is on the new version, or nothing was left to resume or abandon, 1 if you answered no, \
64 if there is no terminal to ask for confirmation, 65 if the new value is invalid, 66 if the \
parameter does not exist, 73 if a rotation has begun and is not complete (`--resume` or `--abandon`), \
75 if a program failed, or another user was faster, and no rotation is left begun, 126 and 127 if a \
program cannot be executed or does not exist, otherwise that of a launch.";

/// Rotates, or goes on, or gives up.
pub fn run(rotate: Rotate) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let name = problems.take(Name::writable(&rotate.name));
    problems.take(rotate.connection.caller());
    let programs = problems.take(rotate.programs());
    if rotate.action() == Action::Rotate
        && !rotate.generation.is_wanted()
        && rotate.new_from.is_none()
    {
        problems.add(UsageError::new(
            "nothing gives the new value",
            "use `--generate`, or `--new-from PROGRAM`",
        ));
    }
    // Its options are checked before any request.
    let generated = problems.take(rotate.generation.generated());
    let (Some(name), Some(programs), Some(generated)) = (name, programs, generated) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let mut store = rotate.connection.open()?;
    store.set_writes_a_second(WRITES_A_SECOND);
    let mut stop = None;
    let outcome = Changes::reported(rotate.printing.format, |changes| {
        let run = Run {
            options: &rotate,
            store: &store,
            name: &name,
            programs: &programs,
            generated,
            report: Report {
                name: &name,
                dry_run: rotate.dry_run,
                changes,
            },
        };
        run.run().map_err(|stopped| {
            stop = stopped.stop;
            stopped.errors
        })
    });
    match (outcome, stop) {
        (Err(errors), Some(stop)) => {
            errors.report();
            stop.end()
        }
        (outcome, _) => outcome,
    }
}

impl Rotate {
    fn action(&self) -> Action {
        match (self.resume, self.abandon) {
            (true, _) => Action::Resume,
            (_, true) => Action::Abandon,
            _ => Action::Rotate,
        }
    }

    /// The programs, found as far as they are given.
    fn programs(&self) -> Result<Programs, Errors> {
        let mut problems = Problems::default();
        let path = std::env::var_os("PATH");
        let mut find = |flag, program: &Option<OsString>| -> Option<Program> {
            let name = program.as_ref()?;
            problems.take(not_empty(flag, name.to_str()))?;
            let found = exec::find(name, path.as_deref());
            let found = found.and_then(|it| exec::rehearse(&it).map(|()| it));
            problems.take(found.map_err(Error::from))
        };
        let (new_from, with, probe, undo) = (
            find("--new-from", &self.new_from),
            find("--with", &self.with),
            find("--probe", &self.probe),
            find("--undo", &self.undo),
        );
        let time = |flag, given: &Option<String>, usual| -> Result<Duration, UsageError> {
            let zero = "`0` means no limit for `--program-timeout`, and one try for \
                        `--probe-timeout`";
            let given = given.as_deref();
            given.map_or(Ok(usual), |text| values::duration(flag, text, zero))
        };
        let (usual_probe, usual) = (Duration::from_secs(30), Duration::from_mins(5));
        let probe_time = problems.take(time("--probe-timeout", &self.probe_timeout, usual_probe));
        let limit = problems.take(time("--program-timeout", &self.program_timeout, usual));
        problems.none()?;
        Ok(Programs {
            new_from,
            with,
            probe,
            undo,
            passing: self.passing,
            limit: limit.filter(|limit| *limit > Duration::ZERO),
            probe_time: probe_time.unwrap_or(usual_probe),
        })
    }
}

/// All that one run needs.
struct Run<'a> {
    options: &'a Rotate,
    store: &'a Store,
    name: &'a str,
    programs: &'a Programs,
    generated: Option<String>,
    report: Report<'a>,
}

impl Run<'_> {
    fn run(&self) -> Result<ExitCode, Stopped> {
        let versions = self.store.history(self.name, Reading::Names)?;
        let labels = labels::among(&versions);
        let rotation = self.rotation(labels);
        match state::decide(labels, self.options.action()) {
            Decision::Refuse(refusal) => Err(refused(self.name, refusal).into()),
            Decision::Nothing { live } => Ok(self.nothing(live)?),
            Decision::First { newest } => self.begin(&rotation, newest, true, labels, &versions),
            Decision::Begin { live, tidy } => {
                if tidy {
                    self.finish(&rotation, live)?;
                }
                self.begin(&rotation, live, false, labels, &versions)
            }
            Decision::Finish { live } => Ok(self.finish(&rotation, live)?),
            Decision::Continue { live, pending } => {
                self.room(live, &versions)?;
                if self.options.dry_run {
                    return Ok(self.would_change(live, pending, labels)?);
                }
                let values = self.values(&rotation, live, pending)?;
                rotation.report_before_dying();
                rotation.complete(&values, Before::PerhapsMade)
            }
            Decision::GiveUp { live, pending } => self.give_up(&rotation, labels, live, pending),
        }
    }

    fn rotation(&self, labels: Labels) -> Rotation<'_> {
        Rotation {
            labels: Labelled {
                store: self.store,
                name: self.name,
            },
            programs: self.programs,
            report: self.report,
            old_value: match self.options.expect_old_refused {
                true => OldValue::MustBeRefused,
                false => OldValue::Ignored,
            },
            standing: Arc::new(Mutex::new(Standing {
                live: Place::of(labels.live),
                pending: Place::of(labels.pending),
                change: match labels.pending {
                    Some(_) => Change::Unknown,
                    None => Change::NotMade,
                },
            })),
        }
    }

    fn values(
        &self,
        rotation: &Rotation<'_>,
        live: i64,
        pending: i64,
    ) -> Result<Values<'_>, Errors> {
        let [old, new] = rotation.values([live, pending])?;
        Ok(Values {
            name: self.name,
            old: Valued {
                version: live,
                value: old,
            },
            new: Valued {
                version: pending,
                value: new,
            },
        })
    }

    /// Reports that nothing is left to do.
    fn nothing(&self, live: Option<i64>) -> Result<ExitCode, Errors> {
        let name = self.name;
        match live {
            Some(live) => {
                let line = format!("{name}:{live} is {LIVE}, and no version is {PENDING}\n");
                self.report.stays(LIVE, live, &line)
            }
            None => {
                let line = format!("no version of {name} is {LIVE} or {PENDING}\n");
                self.report.nothing(&line)
            }
        }
    }

    /// Makes up for the last step of a rotation.
    fn finish(&self, rotation: &Rotation<'_>, live: i64) -> Result<ExitCode, Stopped> {
        if !self.options.dry_run {
            rotation.finish(live)?;
        }
        Ok(self.report.removed(PENDING, live)?)
    }

    fn give_up(
        &self,
        rotation: &Rotation<'_>,
        labels: Labels,
        live: i64,
        pending: i64,
    ) -> Result<ExitCode, Stopped> {
        let programs = [&self.programs.undo, &self.programs.probe];
        if self.options.dry_run {
            self.would_run(&programs)?;
            return Ok(self.report.removed(PENDING, pending)?);
        }
        let values = match programs.into_iter().any(Option::is_some) {
            true => Some(self.values(rotation, live, pending)?),
            false => None,
        };
        rotation.report_before_dying();
        rotation.give_up(values.as_ref(), labels, (live, pending))
    }

    /// Begins a rotation of the value of `live`, a version that has that label or, at the first time, is
    /// to get it.
    fn begin(
        &self,
        rotation: &Rotation<'_>,
        live: i64,
        first: bool,
        labels: Labels,
        versions: &[Version],
    ) -> Result<ExitCode, Stopped> {
        let name = self.name;
        let existing = Existing::of(versions)
            .ok_or_else(|| parameter_store::Error::internal("a history without versions"))?;
        self.room(live, versions)?;
        output::note(format_args!(
            "what reads `{name}` without a label gets the new value as soon as it is written; \
             `{name}:{LIVE}` and `--label {LIVE}` get it at the end"
        ));
        if self.options.dry_run {
            let value = self.generated.clone().map(Secret::new);
            let mut put =
                write::successor(name, &existing.newest, value.clone().unwrap_or_default());
            if value.is_none() {
                // What the program would print is not known.
                put.value = Secret::new("x".to_owned());
                put.pattern = None;
            }
            write::checked(self.store, vec![(put, existing.known(None))])?;
            return Ok(self.would_begin(live, first, labels)?);
        }
        if first && !self.options.yes && !agreed(name, live)? {
            output::note("nothing was changed");
            return Ok(ExitCode::from(exit::DECLINED));
        }
        let [value] = rotation.values([live])?;
        let old = Valued {
            version: live,
            value,
        };
        let value = self.new_value(rotation, &old)?;
        if value == old.value {
            return Err(the_same(name, live).into());
        }
        let put = write::successor(name, &existing.newest, value.clone());
        let checked = write::checked(self.store, vec![(put, existing.known(None))])?;
        let checked: Checked = checked
            .into_iter()
            .next()
            .ok_or_else(|| parameter_store::Error::internal("nothing to write"))?;
        write::warn_of_size(name, &value, existing.newest.tier.as_ref());
        rotation.report_before_dying();
        if first {
            rotation.make_live(live)?;
        }
        let version = rotation.write(&checked, live, existing.newest.version)?;
        let new = Valued { version, value };
        let values = Values { name, old, new };
        rotation.complete(&values, Before::NotMade)
    }

    fn new_value(&self, rotation: &Rotation<'_>, old: &Valued) -> Result<Secret, Stopped> {
        let bytes = match &self.generated {
            Some(word) => word.clone().into_bytes(),
            None => new_value::without_newline(rotation.made_by_program(old)?),
        };
        let instead = "the program of `--new-from` prints the value to standard output";
        Ok(new_value::checked(bytes, instead)?)
    }

    /// Refuses a version that has too many labels to become `previous` at the end.
    fn room(&self, live: i64, versions: &[Version]) -> Result<(), Failure> {
        let version = versions.iter().find(|it| it.description.version == live);
        let others = version.map_or(0, |version| {
            let others = version.labels.iter();
            let others = others.filter(|it| ![LIVE, PREVIOUS].contains(&it.as_str()));
            others.count()
        });
        match others + 2 > MOST_LABELS {
            false => Ok(()),
            true => {
                let what = format!(
                    "`{}:{live}` has {others} labels besides `{LIVE}`, and no room for `{PREVIOUS}`: a \
                     version has at most {MOST_LABELS}",
                    self.name
                );
                let failure = Failure::new(exit::CANTCREAT, what);
                Err(failure.hint("nothing was changed: `envsecrets label --remove` removes labels"))
            }
        }
    }

    fn would_begin(&self, live: i64, first: bool, labels: Labels) -> Result<ExitCode, Errors> {
        let next = labels.newest.saturating_add(1);
        self.would_run(&[&self.programs.new_from])?;
        if first {
            self.report.added(LIVE, live)?;
        }
        self.report.would_write(next)?;
        self.report.added(PENDING, next)?;
        self.would_change(live, next, labels)
    }

    /// What would be done from the change on.
    fn would_change(&self, live: i64, next: i64, labels: Labels) -> Result<ExitCode, Errors> {
        self.would_run(&[&self.programs.with, &self.programs.probe])?;
        self.report.put(PREVIOUS, live, labels.previous)?;
        self.report.put(LIVE, next, Some(live))?;
        self.report.removed(PENDING, next)
    }

    fn would_run(&self, programs: &[&Option<Program>]) -> Result<(), Errors> {
        let mut given = programs.iter().filter_map(|it| it.as_ref());
        given.try_for_each(|it| self.report.would_run(&it.name.display().to_string()))
    }
}

/// Asks whether `live` may be put on the newest version.
fn agreed(name: &str, newest: i64) -> Result<bool, Failure> {
    if !Terminal::is_interactive() {
        let what = format!(
            "`{name}` has no version with the label `{LIVE}`, and there is no terminal to ask for \
             confirmation"
        );
        return Err(Failure::new(exit::USAGE, what).hint(confirmation::HINT));
    }
    let question = format!(
        "no version of {name} has the label {LIVE}: do all programs read it by that label, and is \
         version {newest} the one to read?"
    );
    confirmation::asked("", &question)
}

fn the_same(name: &str, live: i64) -> Failure {
    let what = format!("the new value of `{name}` is that of version {live}");
    Failure::new(exit::DATAERR, what).hint("nothing was written")
}

fn refused(name: &str, refusal: Refusal) -> Failure {
    let (what, hint) = match refusal {
        Refusal::Begun { live, pending } => (
            format!(
                "a rotation of `{name}` has begun: `{LIVE}` is version {live}, and `{PENDING}` is \
                 version {pending}"
            ),
            "nothing was changed; unless another run is still at work, `--resume` goes on, and \
             `--abandon` gives up, each with the same options"
                .to_owned(),
        ),
        Refusal::Complete { live } => (
            format!("the rotation of `{name}` cannot be given up: version {live} is `{LIVE}`"),
            format!(
                "nothing was changed; `--resume` removes `{PENDING}`, and another rotation gives \
                 another value"
            ),
        ),
        Refusal::NoLive { pending } => (
            format!("version {pending} of `{name}` is `{PENDING}`, and no version is `{LIVE}`"),
            format!(
                "nothing was changed; put the label on the version to read: `envsecrets label {name} \
                 {LIVE} --version VERSION`"
            ),
        ),
        Refusal::Older { live, pending } => (
            format!(
                "`{PENDING}` of `{name}` is version {pending}, older than `{LIVE}`, version {live}"
            ),
            format!(
                "nothing was changed, and no rotation did this; `envsecrets label {name} {PENDING} \
                 --remove` removes the label"
            ),
        ),
    };
    Failure::new(exit::CANTCREAT, what).hint(hint)
}
