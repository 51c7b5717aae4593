//! `envsecrets get`: prints the values of single parameters, for scripts.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::args::{self, Connection};
use super::report;
use crate::launch::error::Errors;
use crate::options::UsageError;
use crate::stores::parameter_store::Reading;

/// Print the values of single parameters
///
/// A single value is printed byte for byte, with nothing added; each of several is followed by a
/// newline, or with `--null` by a NUL byte. If one of them is missing, nothing is printed. On a
/// terminal `--show` is required.
#[derive(Debug, Parser)]
#[command(name = "get", bin_name = "envsecrets get", after_long_help = EXAMPLES)]
#[command(disable_help_flag = true)]
pub struct Get {
    /// Names, `NAME:VERSION`, `NAME:LABEL`, or full ARNs
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    /// Print values even to a terminal
    #[arg(long, help_heading = "What to print")]
    show: bool,

    /// End each value with a NUL byte, not only one of several with a newline
    #[arg(long, short = '0', help_heading = "What to print")]
    null: bool,

    /// Print values as they are, or JSON for programs: a string, or a list of several
    ///
    /// A terminal needs `--show` for either. schemas/get.schema.json among the documentation files
    /// describes the JSON.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, help_heading = "What to print", conflicts_with = "null")]
    format: Format,

    #[command(flatten)]
    connection: Connection,
}

/// How values are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

const EXAMPLES: &str = "\
Examples:
  A password for a program that reads one from standard input
      envsecrets get /prd/registry/password |
          podman login --password-stdin -u ci registry.example

  The value of an earlier version
      envsecrets get /prd/app/db-password:7 >old

  On a terminal
      envsecrets get --show /prd/app/db-password

Exit status:
  0 if all values were printed, 66 if a parameter is missing, 74 if they could not be written, \
otherwise that of a launch.";

/// Prints the values.
pub fn run(get: Get) -> Result<ExitCode, Errors> {
    let mut names = Vec::new();
    for text in &get.names {
        let name = args::selector(text)?;
        if names.contains(&name) {
            let what = format!("`{text}` is given twice");
            return Err(UsageError::new(what, "give each parameter once").into());
        }
        names.push(name);
    }
    report::may_show(get.show)?;
    let store = get.connection.open()?;
    let found = store.all_named(&names, Reading::Values)?;
    if get.format == Format::Json {
        let values: Vec<&str> = found.iter().map(|it| it.value.expose()).collect();
        let text = match values.as_slice() {
            [one] => report::json(one),
            several => report::json(&several),
        };
        return report::print(text.as_bytes());
    }
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
