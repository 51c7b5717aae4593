//! What is done beside launching: the life of a secret, a file for each command.
//!
//! A launch does not come through here. A command is known by the first word of the command line,
//! and has an argument parser and a help of its own.

pub mod check;
pub mod init;
pub mod get;
pub mod put;
pub mod list;
pub mod history;
pub mod rollback;
pub mod label;
pub mod tag;
pub mod delete;
pub mod import;
pub mod export;
pub mod diff;
pub mod copy;
pub mod policy;
pub mod stale;
mod args;
mod write;
mod transfer;
mod formats;
mod table;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ArgMatches;
#[cfg(test)]
use clap::CommandFactory;

use crate::launch::error::{Error, Errors};
use crate::options::help::{self, Length};
use crate::options::{self, Understood};
use crate::system::process;
pub use report::print;

/// A command: how it is called, and what it does.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    /// How it is called, for what is generated from that.
    #[cfg(test)]
    pub command: fn() -> clap::Command,
    /// The help, short and long, rendered beforehand.
    pub help: [&'static str; 2],
    run: fn(&[OsString]) -> Result<ExitCode, Errors>,
}

/// Ties the name of a command to its arguments and to what it does.
macro_rules! command {
    ($name:literal, $arguments:ty, $run:path) => {
        command!(@entry $name, $arguments, |arguments, _| $run(arguments))
    };
    // Its options are those of a launch, for which variables count where no flag was given.
    ($name:literal, $arguments:ty, of a launch: $run:path) => {
        command!(@entry $name, $arguments, $run)
    };
    (@entry $name:literal, $arguments:ty, $run:expr) => {
        Entry {
            name: $name,
            #[cfg(test)]
            command: <$arguments>::command,
            help: [
                include_str!(concat!("../options/help/", $name, "-short.txt")),
                include_str!(concat!("../options/help/", $name, "-long.txt")),
            ],
            run: |words| match options::understand::<$arguments>(words)? {
                Understood::Meant(arguments, matches) => {
                    let run: fn($arguments, &ArgMatches) -> _ = $run;
                    run(arguments, &matches)
                }
                Understood::Asked(_) => {
                    print(include_bytes!(concat!("../options/help/", $name, "-short.txt")))
                }
            },
        }
    };
}

/// All but `check`, in the order of the manual.
pub const ALL: &[Entry] = &[
    command!("init", init::Init, of a launch: init::run),
    command!("get", get::Get, get::run),
    command!("put", put::Put, put::run),
    command!("list", list::List, list::run),
    command!("history", history::History, history::run),
    command!("rollback", rollback::Rollback, rollback::run),
    command!("label", label::Label, label::run),
    command!("tag", tag::TagArguments, tag::run),
    command!("delete", delete::Delete, delete::run),
    command!("import", import::Import, import::run),
    command!("export", export::Export, of a launch: export::run),
    command!("diff", diff::Diff, diff::run),
    command!("copy", copy::Copy, copy::run),
    command!("policy", policy::Policy, of a launch: policy::run),
    command!("stale", stale::Stale, of a launch: stale::run),
];

/// The command that the first word names, if it does.
pub fn named(arguments: &[OsString]) -> Option<&'static Entry> {
    let word = arguments
        .get(1)
        .filter(|word| !options::starts_with_dash(word))?;
    ALL.iter().find(|entry| word == entry.name)
}

impl Entry {
    /// Does what the command line says, and gives the exit code.
    ///
    /// # Errors
    ///
    /// All that went wrong, each with its exit code.
    pub fn run(&self, arguments: &[OsString]) -> Result<ExitCode, Errors> {
        match help::length(arguments) {
            Some(Length::Short) => return print(self.help[0].as_bytes()),
            Some(Length::Long) => return print(self.help[1].as_bytes()),
            None => {}
        }
        if process::has_borrowed_rights() {
            return Err(Error::BorrowedRights.into());
        }
        (self.run)(&arguments[1..])
    }
}
