//! What a command prints on standard output.

use std::io::IsTerminal;
use std::process::ExitCode;

use serde::Serialize;

use crate::launch::error::{Errors, Failure};
use crate::options::UsageError;
use crate::{exit, output};

/// Prints what a command was asked for.
pub fn print(what: &[u8]) -> Result<ExitCode, Errors> {
    let hint = "part of it may be there: do not use it";
    written(what, "cannot write to standard output", hint)
}

/// Says what was done.
pub fn done(what: &[u8]) -> Result<ExitCode, Errors> {
    let failed = "what was done cannot be said on standard output";
    written(what, failed, "it is done all the same")
}

fn written(what: &[u8], failed: &str, hint: &str) -> Result<ExitCode, Errors> {
    match output::print(what) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let failure = Failure::new(exit::IOERR, failed).because(error);
            Err(failure.hint(hint).into())
        }
    }
}

/// JSON for people and programs, fit for a terminal.
pub fn json(what: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(what);
    output::clean_json(&json.unwrap_or_else(|error| error.to_string())) + "\n"
}

/// Refuses to print values where a person, and who looks over their shoulder, would read them,
/// unless that is wanted.
pub fn may_show(show: bool) -> Result<(), UsageError> {
    if show || !std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(UsageError::new(
        "a value would be shown on the terminal",
        "say `--show` if that is wanted, or send it into a pipe or a file",
    ))
}
