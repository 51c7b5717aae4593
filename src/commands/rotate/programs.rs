//! The programs that make a new value, make the change, try a value, and undo the change.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::parameter::Tier;
use crate::secret::{Content, Secret};
use crate::system::exec::Program;
use crate::system::helper::{Ended, Helper, Outcome, Output};
use crate::system::signals::{Caught, Stop};
use crate::variable::VarName;

/// The first pause between two probes, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How often a pause is interrupted to look for signals.
const LOOK: Duration = Duration::from_millis(10);
/// The least time for a probe, however late it begins.
const LEAST: Duration = Duration::from_secs(5);

/// How a program gets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Passing {
    Env,
    File,
}

/// What is run.
#[derive(Debug)]
pub struct Programs {
    pub new_from: Option<Program>,
    pub with: Option<Program>,
    pub probe: Option<Program>,
    pub undo: Option<Program>,
    pub passing: Passing,
    /// How long a program may run, if there is a limit.
    pub limit: Option<Duration>,
    /// How long probes are repeated.
    pub probe_time: Duration,
}

/// A value and its version.
#[derive(Debug, Clone)]
pub struct Valued {
    pub version: i64,
    pub value: Secret,
}

/// What programs are given.
#[derive(Debug)]
pub struct Values<'v> {
    pub name: &'v str,
    pub old: Valued,
    pub new: Valued,
}

/// What a probe has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Accepted,
    Refused,
}

/// How often a probe is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    Once,
    UntilTheEnd,
}

/// Why a program did not do what it is for.
#[derive(Debug)]
pub struct Fault {
    pub why: String,
    /// The signal that was to stop us.
    pub stop: Option<Stop>,
}

impl Programs {
    /// What `--new-from` prints, nothing without it: bytes, of which some are missing if they are too many for
    /// a value.
    pub fn new_value(&self, signals: &Caught, name: &str, old: &Valued) -> Result<Vec<u8>, Fault> {
        let Some(program) = &self.new_from else {
            return Ok(Vec::new());
        };
        let texts = [("ROTATE_OLD_VERSION", old.version.to_string())];
        let values = [("ROTATE_OLD", &old.value)];
        // A newline at the end is not part of the value.
        let output = Output::Returned(Tier::Advanced.most() + "\r\n".len());
        let ended = self.run(
            program,
            signals,
            name,
            &texts,
            &values,
            (output, self.limit),
        )?;
        success(program, &ended).map(|()| ended.output)
    }

    /// Makes the change.
    pub fn change(&self, signals: &Caught, values: &Values<'_>) -> Result<(), Fault> {
        self.both(self.with.as_ref(), signals, values)
    }

    /// Undoes the change.
    pub fn undo(&self, signals: &Caught, values: &Values<'_>) -> Result<(), Fault> {
        self.both(self.undo.as_ref(), signals, values)
    }

    /// Runs a program with both values, if there is one.
    fn both(
        &self,
        program: Option<&Program>,
        signals: &Caught,
        values: &Values<'_>,
    ) -> Result<(), Fault> {
        let Some(program) = program else {
            return Ok(());
        };
        let (old, new) = (&values.old, &values.new);
        let texts = [
            ("ROTATE_OLD_VERSION", old.version.to_string()),
            ("ROTATE_NEW_VERSION", new.version.to_string()),
        ];
        let values_of = [("ROTATE_OLD", &old.value), ("ROTATE_NEW", &new.value)];
        let how = (Output::Stderr, self.limit);
        let ended = self.run(program, signals, values.name, &texts, &values_of, how)?;
        success(program, &ended)
    }

    /// Tries a value, if there is a program for that.
    pub fn probe(
        &self,
        signals: &Caught,
        name: &str,
        tried: &Valued,
        wanted: Wanted,
        patience: Patience,
    ) -> Result<(), Fault> {
        let Some(program) = &self.probe else {
            return Ok(());
        };
        let (started, mut pause) = (Instant::now(), PAUSES.0);
        loop {
            let left = self.probe_time.saturating_sub(started.elapsed());
            let texts = [("ROTATE_VERSION", tried.version.to_string())];
            let values = [("ROTATE_VALUE", &tried.value)];
            let how = (Output::Stderr, Some(left.max(LEAST)));
            let ended = self.run(program, signals, name, &texts, &values, how)?;
            if let Some(stop) = ended.stopped {
                return Err(fault(program, ended.outcome, Some(stop)));
            }
            let is_found = match wanted {
                Wanted::Accepted => ended.outcome.is_success(),
                Wanted::Refused => ended.outcome.is_refusal(),
            };
            if is_found {
                return Ok(());
            }
            if patience == Patience::Once || started.elapsed() + pause >= self.probe_time {
                return Err(unwanted(program, ended.outcome, tried.version, wanted));
            }
            if let Some(stop) = wait(pause, signals) {
                return Err(fault(program, ended.outcome, Some(stop)));
            }
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    fn run(
        &self,
        program: &Program,
        signals: &Caught,
        name: &str,
        texts: &[(&str, String)],
        values: &[(&str, &Secret)],
        (output, limit): (Output, Option<Duration>),
    ) -> Result<Ended, Fault> {
        let mut variables: Vec<(&str, OsString)> = vec![("ROTATE_NAME", name.into())];
        variables.extend(texts.iter().map(|(name, text)| (*name, text.into())));
        let mut files = Vec::new();
        for (name, value) in values {
            match self.passing {
                Passing::Env => variables.push((name, value.expose().into())),
                Passing::File => {
                    let content = Content::new(value.expose().as_bytes().to_vec());
                    let name = VarName::inherited(&format!("{name}_FILE"));
                    files.push((name, content));
                }
            }
        }
        let helper = Helper {
            program,
            variables: &variables,
            files: &files,
            output,
            limit,
        };
        helper.run(signals).map_err(|error| Fault {
            why: format!("`{}` cannot be run: {error}", program.name.display()),
            stop: None,
        })
    }
}

/// Waits, unless a signal is to stop us.
fn wait(pause: Duration, signals: &Caught) -> Option<Stop> {
    let started = Instant::now();
    while started.elapsed() < pause {
        if let Some(stop) = signals.next() {
            return Some(stop);
        }
        std::thread::sleep(LOOK);
    }
    None
}

/// A signal counts as a failure, whatever the program made of it.
fn success(program: &Program, ended: &Ended) -> Result<(), Fault> {
    match (ended.outcome.is_success(), ended.stopped) {
        (true, None) => Ok(()),
        (_, stop) => Err(fault(program, ended.outcome, stop)),
    }
}

fn fault(program: &Program, outcome: Outcome, stop: Option<Stop>) -> Fault {
    let program = program.name.display();
    let why = match stop {
        Some(stop) => format!("{} arrived, and `{program}` {outcome}", stop.signal()),
        None => format!("`{program}` {outcome}"),
    };
    Fault { why, stop }
}

fn unwanted(program: &Program, outcome: Outcome, version: i64, wanted: Wanted) -> Fault {
    let tried = match wanted {
        Wanted::Accepted => format!("with the value of version {version}"),
        Wanted::Refused => {
            format!("with the value of version {version}, which is to be refused")
        }
    };
    Fault {
        why: format!("`{}` {outcome} {tried}", program.name.display()),
        stop: None,
    }
}
