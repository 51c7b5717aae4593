//! The commands, a file for each.
//!
//! Here belongs what one command does: its arguments with their help, what it prints, and its exit
//! status. What several commands share is here too: values of arguments (`args`), places
//! (`place`), new values (`new_value`), writing one parameter (`write`) or many (`transfer`), copies of
//! parameters (`duplicate`), patterns that choose some (`choice`), asking at the terminal (`confirmation`), also
//! before a deletion (`deletion`), whether a launch could use them (`launchable`), where copies come from (`origin`), files (`formats`), tables and
//! standard output (`table`, `report`). A launch does not pass through here: it is in `launch`. Requests
//! to AWS belong in `stores`, and settings of a launch in `options`.
//!
//! To add a command: write its file, with a `clap` type and `run`; add it to `ALL`; renew the help,
//! the man page and the completions with `ENVSECRETS_WRITE=1 cargo test -p envsecrets --bin
//! envsecrets`; add a file of stories in `tests/it`, and a line in CHANGELOG.md.

pub mod check;
pub mod init;
pub mod get;
pub mod put;
pub mod list;
pub mod find;
pub mod history;
pub mod rollback;
pub mod rotate;
pub mod label;
pub mod tag;
pub mod delete;
pub mod import;
pub mod export;
pub mod diff;
pub mod copy;
pub mod relocate;
pub mod policy;
pub mod stale;
pub mod ps;
pub mod completions;
mod args;
mod place;
mod write;
mod new_value;
mod launchable;
mod origin;
mod transfer;
mod duplicate;
mod choice;
mod confirmation;
mod deletion;
mod formats;
mod table;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ArgMatches;
#[cfg(test)]
use clap::CommandFactory;

use crate::launch::error::Errors;
use crate::options::flags::{self, Parsed};
use crate::options::{self, help, variables};
use crate::output;
use crate::system::process;
pub use report::print_help;

/// A command: its name, help and function.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    /// Its arguments, for generated files.
    #[cfg(test)]
    pub command: fn() -> clap::Command,
    pub help: help::Texts,
    /// Takes its arguments and the names of all commands.
    run: fn(&[OsString], &[&str]) -> Result<ExitCode, Errors>,
}

/// Connects the name of a command with its arguments and its function.
macro_rules! command {
    ($name:literal, $arguments:ty, $run:path) => {
        command!(@entry $name, $arguments, |arguments, _| $run(arguments))
    };
    // Variables set the options that are not in the matches.
    ($name:literal, $arguments:ty, with matches: $run:path) => {
        command!(@entry $name, $arguments, $run)
    };
    (@entry $name:literal, $arguments:ty, $run:expr) => {
        Entry {
            name: $name,
            #[cfg(test)]
            command: <$arguments>::command,
            help: help::Texts {
                short: include_str!(concat!("../options/help/", $name, "-short.txt")),
                long: include_str!(concat!("../options/help/", $name, "-long.txt")),
            },
            run: |words, commands| match flags::parse::<$arguments>(words, commands)? {
                Parsed::Arguments(arguments, matches) => {
                    output::color::decide(options::color(&matches, variables::inherited)?);
                    let run: fn($arguments, &ArgMatches) -> _ = $run;
                    run(arguments, &matches)
                }
                Parsed::Help | Parsed::Version => {
                    print_help(include_str!(concat!("../options/help/", $name, "-short.txt")))
                }
            },
        }
    };
}

/// In the order of the manual.
pub const ALL: &[Entry] = &[
    command!("check", check::Check, with matches: check::run),
    command!("init", init::Init, with matches: init::run),
    command!("get", get::Get, get::run),
    command!("put", put::Put, put::run),
    command!("list", list::List, list::run),
    command!("find", find::Find, find::run),
    command!("history", history::History, history::run),
    command!("rollback", rollback::Rollback, rollback::run),
    command!("rotate", rotate::Rotate, rotate::run),
    command!("label", label::Label, label::run),
    command!("tag", tag::TagArguments, tag::run),
    command!("delete", delete::Delete, delete::run),
    command!("import", import::Import, import::run),
    command!("export", export::Export, with matches: export::run),
    command!("diff", diff::Diff, diff::run),
    command!("copy", copy::Copy, copy::run),
    command!("move", relocate::Move, relocate::run),
    command!("policy", policy::Policy, with matches: policy::run),
    command!("stale", stale::Stale, with matches: stale::run),
    command!("ps", ps::Ps, ps::run),
    command!("completions", completions::Completions, completions::run),
];

/// The names of all commands.
pub const NAMES: &[&str] = &{
    let mut names = [""; ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = ALL[index].name;
        index += 1;
    }
    names
};

/// The command that the first argument names, if any.
pub fn named(arguments: &[OsString]) -> Option<&'static Entry> {
    let word = arguments
        .get(1)
        .filter(|word| !options::starts_with_dash(word))?;
    ALL.iter().find(|entry| word == entry.name)
}

/// Prints what the reader of a command that failed has to get on standard output, if anything.
pub fn failed(arguments: &[OsString]) {
    export::failed(arguments);
}

impl Entry {
    /// Runs the command, and returns the exit code.
    ///
    /// # Errors
    ///
    /// All errors, each with its exit code.
    pub fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Errors> {
        if let Some(text) = self.help.requested(arguments) {
            return print_help(text);
        }
        // Most read values, or our own credentials: no file and no pipe is read before this.
        process::guard();
        (self.run)(&arguments[1..], NAMES)
    }
}
