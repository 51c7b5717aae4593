//! The output of commands on standard output.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::launch::error::{Errors, Failure};
use crate::options::UsageError;
use crate::system::process;
use crate::{exit, output};

/// The descriptor of standard output.
const STDOUT: u8 = 1;
/// The error of write(2) for a descriptor that is not open (EBADF), on every Unix.
const BAD_DESCRIPTOR: i32 = 9;

/// Prints the requested output.
pub fn print(what: &[u8]) -> Result<ExitCode, Errors> {
    let hint = "the output may be incomplete: do not use it";
    written(what, "cannot write to standard output", hint)
}

/// Reports what was done.
pub fn done(what: &[u8]) -> Result<ExitCode, Errors> {
    let failed = "cannot report on standard output what was done";
    written(what, failed, "the change was made")
}

fn written(what: &[u8], failed: &str, hint: &str) -> Result<ExitCode, Errors> {
    let outcome = match process::was_closed(STDOUT) {
        // Rust's start-up opened /dev/null in its place, where everything would seem to be written.
        true if !what.is_empty() => Err(io::Error::from_raw_os_error(BAD_DESCRIPTOR)),
        _ => output::print(what),
    };
    match outcome {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let failure = Failure::new(exit::IOERR, failed).because(error);
            Err(failure.hint(hint).into())
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
