//! One start, from the options to the program.
//!
//! Everything between parsed options and the program belongs here, in the order of [`run`]. The
//! commands that examine a start (`check`, `export`, `init`, `policy`, `stale`) go the same way up
//! to [`prepare()`]. Code that calls a store or the kernel does not belong here, and neither does a
//! command.

pub mod plan;
pub mod layers;
pub mod values;
mod contract_values;
pub mod references;
mod content;
pub mod documents;
pub mod dotenv;
pub mod encryption;
pub mod formats;
pub mod template;
pub mod files;
mod read;
pub mod naming;
pub mod environment;
pub mod fingerprint;
pub mod versions;
mod contract;
mod prepare;
pub mod error;
mod start_jitter;

use std::convert::Infallible;
use std::ffi::OsString;

use crate::options::{Options, UsageError};
use crate::parameter::Reading;
use crate::system::{exec, process, signals};
use error::{Error, Errors};
use plan::Plan;

pub use layers::path;
pub use prepare::{Outcome, prepare};
pub use read::{Secrets, read, taken};

/// Starts the program. It returns only if that fails: on success this process is the program.
///
/// # Errors
///
/// All problems that could be found at the same time.
pub fn run(options: Options, program: Vec<OsString>) -> Result<Infallible, Errors> {
    let inherited = process::environment();
    let plan = Plan::new(options, program, &inherited, Reading::Values)?;
    let name = plan.program.first().ok_or_else(no_program)?;
    let path = std::env::var_os("PATH");
    let program = exec::find(name, path.as_deref())?;
    exec::not_ourselves(&program, path.as_deref())?;
    let files = files::open(&plan.files, plan.file_owner.as_ref()).map_err(error::several)?;
    files.clean();
    let guard = process::guard();
    signals::stand_ready();
    process::release_relocations();
    if !plan.layers.is_empty() {
        start_jitter::wait(plan.start_jitter);
    }
    let secrets = read(&plan, &files)?;
    let outcome = prepare(&plan, Some(&program), &secrets, inherited);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    // Before signals are held back: standard error may block.
    files.warn();
    template::Template::warn(&plan.templates);
    let mut written = files.write(&outcome.files)?;
    process::hand_over(guard);
    written.release();
    let Err(error) = exec::replace(&program, outcome.arguments, outcome.merged.entries);
    written.undo();
    Err(error.into())
}

fn no_program() -> Error {
    Error::Usage(UsageError::new(
        "no program given",
        "put it after `--`: envsecrets --path /prd/app -- PROGRAM; `envsecrets check` needs none",
    ))
}
