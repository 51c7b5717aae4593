//! envsecrets fetches a program's secrets, puts them in the environment, and then *becomes* the
//! program.
//!
//! The modules stand in the order in which a launch meets them. Dependencies point down this list
//! and never in a circle.

mod cli;
mod plan;
mod commands;
mod launch;
mod error;
mod arrival;
mod contract;
mod references;
mod documents;
mod files;
mod ssm;
mod aws;
mod environment;
mod template;
mod naming;
mod pattern;
mod fingerprint;
mod parameter;
mod places;
mod exec;
mod process;
mod signals;
mod terminal;
mod output;
mod exit;

use std::convert::Infallible;
use std::ffi::OsString;
use std::process::ExitCode;

use cli::Wish;
use error::{Error, Errors};
use plan::Plan;

/// musl's own allocator gives memory back and fetches it again with every page of parameters.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// The SDK has one use for `pow`, in retries that we turn off, and for that every start would load the
/// mathematical library of the system.
#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

fn main() -> ExitCode {
    match run(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(errors) => errors.report(),
    }
}

fn run(arguments: &[OsString]) -> Result<ExitCode, Errors> {
    if let Some(command) = commands::named(arguments) {
        return command.run(arguments);
    }
    let variable = |name: &str| std::env::var_os(name);
    let any = process::has_variables(cli::PREFIX.as_bytes());
    match cli::parse(arguments, any.then_some(variable))? {
        Wish::Print(text) => commands::print(text.as_bytes()),
        Wish::Check {
            options,
            program,
            format,
            names_only,
        } => commands::check::run(options, program, format, names_only),
        Wish::Launch { options, program } => {
            let Err(errors) = launch(options, program);
            Err(errors)
        }
    }
}

/// Either fails, or does not return: on success this process is the program.
fn launch(options: cli::Options, program: Vec<OsString>) -> Result<Infallible, Errors> {
    let mut plan = Plan::new(options, program)?;
    let name = plan.program.first().ok_or_else(no_program)?;
    if process::has_borrowed_rights() {
        return Err(Error::BorrowedRights.into());
    }
    let program = exec::find(name, std::env::var_os("PATH").as_deref())?;
    let inherited = process::environment();
    plan.follow(&inherited).map_err(error::several)?;
    let places = places::open_all(&plan.files, plan.file_owner.as_ref()).map_err(error::several)?;
    let guard = process::guard();
    signals::stand_ready();
    if !plan.request.is_empty() {
        arrival::wait(plan.start_jitter);
    }
    let answer = launch::fetch(&plan)?;
    let derived = launch::derive(&plan, &answer, &places);
    let outcome = launch::prepare(&plan, Some(&program), &answer, &derived, inherited);
    if let Some(errors) = Errors::new(outcome.problems) {
        return Err(errors);
    }
    let written = places.write(&outcome.files)?;
    places.warn();
    process::hand_over(guard);
    let Err(error) = exec::replace(&program, outcome.arguments, outcome.merged.entries);
    written.remove();
    Err(error.into())
}

fn no_program() -> Error {
    Error::Usage(cli::UsageError::new(
        "nothing says which program to start",
        "it stands after `--`: envsecrets --path /prd/app -- PROGRAM; `envsecrets check` needs none",
    ))
}
