//! The output of commands on standard output.

pub mod label;

use std::cell::RefCell;
use std::io::IsTerminal;
use std::process::ExitCode;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::args::Format;
use crate::launch::error::{Errors, Failure};
use crate::options::{UsageError, help};
use crate::system::process;
use crate::{exit, output};

/// Prints the requested lines, without what a terminal does not just show.
pub fn show(lines: &str) -> Result<ExitCode, Errors> {
    print(clean(lines).as_bytes())
}

/// Prints the requested output as it is.
pub fn print(what: &[u8]) -> Result<ExitCode, Errors> {
    let hint = "the output may be incomplete: do not use it";
    written(what, "cannot write to standard output", hint)
}

/// Prints a help, in colours if that is wanted.
pub fn print_help(text: &str) -> Result<ExitCode, Errors> {
    print(help::for_stream(text, &std::io::stdout()).as_bytes())
}

/// Reports what was done, in lines without what a terminal does not just show.
pub fn done(lines: &str) -> Result<ExitCode, Errors> {
    let failed = "cannot report on standard output what was done";
    written(clean(lines).as_bytes(), failed, "the change was made")
}

fn clean(lines: &str) -> String {
    let lines = lines.lines();
    lines.map(|line| output::clean(line) + "\n").collect()
}

fn written(what: &[u8], failed: &str, hint: &str) -> Result<ExitCode, Errors> {
    match output::print(what, process::write_to_stdout) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let failure = Failure::new(exit::IOERR, failed).because(error);
            Err(failure.hint(hint).into())
        }
    }
}

/// What a command that changes something reports: lines as they happen or, with `--format json`, one
/// list at its end, also when a later change has failed.
#[derive(Debug)]
pub struct Changes {
    format: Format,
    objects: RefCell<Vec<Value>>,
}

impl Changes {
    /// Runs what reports changes.
    pub fn reported(
        format: Format,
        run: impl FnOnce(&Self) -> Result<ExitCode, Errors>,
    ) -> Result<ExitCode, Errors> {
        let objects = RefCell::default();
        let changes = Self { format, objects };
        let outcome = run(&changes);
        let objects = changes.objects.take();
        if format == Format::Table || (outcome.is_err() && objects.is_empty()) {
            return outcome;
        }
        let failed = "cannot report on standard output what was done";
        let text = json(&objects);
        let printed = written(text.as_bytes(), failed, "the change was made");
        outcome.and_then(|code| printed.map(|_| code))
    }

    /// Shows people what is going to be done. Programs get what was done instead.
    pub fn plan(&self, lines: &str) -> Result<ExitCode, Errors> {
        match self.format {
            Format::Table => show(lines),
            Format::Json => Ok(ExitCode::SUCCESS),
        }
    }

    /// Keeps for programs what people read elsewhere.
    pub fn keep(&self, objects: impl IntoIterator<Item = Value>) {
        if self.format == Format::Json {
            self.objects.borrow_mut().extend(objects);
        }
    }

    /// Reports some changes.
    pub fn done(
        &self,
        lines: &str,
        objects: impl IntoIterator<Item = Value>,
    ) -> Result<ExitCode, Errors> {
        self.keep(objects);
        match self.format {
            Format::Table => done(lines),
            Format::Json => Ok(ExitCode::SUCCESS),
        }
    }
}

/// A JSON object: these fields in this order, without those that are null.
#[derive(Debug)]
pub struct Object<const N: usize>(pub [(&'static str, Value); N]);

impl<const N: usize> Serialize for Object<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.iter().filter(|(_, value)| !value.is_null());
        serializer.collect_map(fields.map(|(name, value)| (name, value)))
    }
}

/// JSON, safe for a terminal.
pub fn json(what: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(what);
    output::clean_json(&json.unwrap_or_else(|error| error.to_string())) + "\n"
}

/// Refuses to print values to a terminal without `--show`.
pub fn may_show(show: bool) -> Result<(), UsageError> {
    if show || !std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(UsageError::new(
        "a value would be shown on the terminal",
        "use `--show` to print it anyway, or send it to a pipe or a file",
    ))
}
