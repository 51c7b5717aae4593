//! One start, from the options to the program.

pub mod plan;
pub mod prepare;
pub mod references;
pub mod documents;
pub mod files;
pub mod naming;
pub mod environment;
pub mod template;
pub mod fingerprint;
pub mod error;
mod start_jitter;

use std::convert::Infallible;
use std::ffi::OsString;

use crate::options::{Options, UsageError};
use crate::system::{exec, process, signals};
use error::{Error, Errors};
use plan::Plan;
pub use prepare::{derive, fetch, prepare};

/// Either fails, or does not return: on success this process is the program.
pub fn run(options: Options, program: Vec<OsString>) -> Result<Infallible, Errors> {
    let mut plan = Plan::new(options, program)?;
    let name = plan.program.first().ok_or_else(no_program)?;
    if process::has_borrowed_rights() {
        return Err(Error::BorrowedRights.into());
    }
    let program = exec::find(name, std::env::var_os("PATH").as_deref())?;
    let inherited = process::environment();
    plan.follow(&inherited).map_err(error::several)?;
    let files = files::open(&plan.files, plan.file_owner.as_ref()).map_err(error::several)?;
    let guard = process::guard();
    signals::stand_ready();
    if !plan.request.is_empty() {
        start_jitter::wait(plan.start_jitter);
    }
    let answer = fetch(&plan)?;
    let derived = derive(&plan, &answer, &files);
    let outcome = prepare(&plan, Some(&program), &answer, &derived, inherited);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let written = files.write(&outcome.files)?;
    files.warn();
    process::hand_over(guard);
    let Err(error) = exec::replace(&program, outcome.arguments, outcome.merged.entries);
    written.remove();
    Err(error.into())
}

fn no_program() -> Error {
    Error::Usage(UsageError::new(
        "nothing says which program to start",
        "it stands after `--`: envsecrets --path /prd/app -- PROGRAM; `envsecrets check` needs none",
    ))
}
