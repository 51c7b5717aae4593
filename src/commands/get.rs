//! `envsecrets get`: the values of single parameters, as they are, for scripts.

use std::process::ExitCode;

use clap::Parser;

use super::args::{self, Connection};
use super::report;
use crate::launch::error::Errors;
use crate::options::UsageError;
use crate::stores::parameter_store::Reading;

/// Print the values of single parameters
///
/// One value is printed byte for byte, with nothing added; of several each is followed by a newline,
/// or with `--null` by a NUL byte. All or nothing: if one of them is missing, nothing is printed.
/// On a terminal `--show` must say that this is wanted.
#[derive(Debug, Parser)]
#[command(
    name = "get",
    bin_name = "envsecrets get",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Get {
    /// Names, `NAME:VERSION`, `NAME:LABEL`, or full ARNs
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    /// Print values even where a terminal would show them
    #[arg(long, help_heading = "What to print")]
    show: bool,

    /// End each value with a NUL byte, not only one of several with a newline
    #[arg(long, short = '0', help_heading = "What to print")]
    null: bool,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  A password for a program that reads one from standard input
      envsecrets get /prd/registry/password | podman login --password-stdin -u ci registry.example

  The value that was live before
      envsecrets get /prd/app/db-password:7 >old

  The same in a terminal
      envsecrets get --show /prd/app/db-password

Exit status:
  0 if all values were printed, 66 if a parameter is missing, 74 if they could not be written, \
otherwise that of a launch.";

/// Prints what was asked for.
pub fn run(get: Get) -> Result<ExitCode, Errors> {
    let mut names = Vec::new();
    for text in &get.names {
        let name = args::selector(text)?;
        if names.contains(&name) {
            return Err(twice(text).into());
        }
        names.push(name);
    }
    report::may_show(get.show)?;
    let store = get.connection.open()?;
    let found = store.all_named(&names, Reading::Values)?;
    let end: &[u8] = match (get.null, found.len()) {
        (true, _) => b"\0",
        (false, 1) => b"",
        (false, _) => b"\n",
    };
    let mut bytes = Vec::new();
    for parameter in &found {
        bytes.extend(parameter.value.expose().as_bytes());
        bytes.extend(end);
    }
    report::print(&bytes)
}

fn twice(name: &str) -> UsageError {
    UsageError::new(
        format!("`{name}` is named twice"),
        "name each parameter once",
    )
}
