//! envsecrets fetches a program's secrets, puts them in the environment, and then *becomes* the
//! program.
//!
//! A module imports only from those below it in this list; `docs/architecture.md` has the picture.

mod commands;
mod launch;
mod options;
mod stores;
mod aws;
mod net;
mod system;
mod parameter;
mod secret;
mod redaction;
mod json;
mod variable;
mod date;
mod glob;
mod pattern;
mod output;
mod exit;

use std::ffi::OsString;
use std::process::ExitCode;

use launch::error::{Error, Errors};
use net::lambda;
use options::{Invocation, variables};
use system::memory::OrExit;
use system::{limits, panics, process, signals};

/// musl's own allocator gives memory back and fetches it again with every page of parameters.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: OrExit<system::memory::Dlmalloc> = OrExit(system::memory::Dlmalloc::new());

#[cfg(not(target_env = "musl"))]
#[global_allocator]
static ALLOCATOR: OrExit<std::alloc::System> = OrExit(std::alloc::System);

/// The SDK has one use for `pow`, in retries that we turn off, and for that every start would load
/// the mathematical library of the system.
#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

fn main() -> ExitCode {
    panics::report();
    signals::survive_the_limit_of_files();
    let arguments = options::spelled_out(std::env::args_os().collect(), commands::NAMES);
    let arguments = output::color::keep_arguments(arguments);
    match run(arguments) {
        Ok(code) => code,
        Err(errors) => {
            commands::failed(arguments);
            let code = errors.report();
            if errors.code() == exit::NOT_FOUND
                && let Some(hint) = options::meant_for_us(arguments, commands::NAMES)
            {
                output::hint(hint);
            }
            if let Some(api) = std::env::var_os(lambda::API)
                && commands::named(arguments).is_none()
            {
                lambda::initialization_failed(&api.to_string_lossy(), &errors.text());
            }
            code
        }
    }
}

fn run(arguments: &[OsString]) -> Result<ExitCode, Errors> {
    limits::enough_stack()?;
    // Before any file is read: its caller may not be allowed to, and could see it in a message.
    if let Some(elevation) = system::elevation() {
        return Err(Error::BorrowedRights(elevation).into());
    }
    if let Some(command) = commands::named(arguments) {
        return command.run(arguments);
    }
    let any = process::has_variables(variables::PREFIX.as_bytes());
    let variable = any.then_some(variables::inherited);
    match options::parse(arguments, variable, commands::NAMES)? {
        Invocation::Print(text) => commands::print_help(text),
        Invocation::Nothing(help) => {
            output::text(&options::help::for_stream(help, &std::io::stderr()));
            Ok(ExitCode::from(exit::USAGE))
        }
        Invocation::Launch { options, program } => {
            output::color::decide(options.color);
            if any {
                variables::report_unknown();
            }
            let Err(errors) = launch::run(options, program);
            Err(errors)
        }
    }
}
