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
mod formats;
mod transfer;
mod statements;
mod table;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

#[cfg(test)]
use clap::CommandFactory;
use clap::{ArgAction, ArgMatches, Args};

use crate::launch::error::{self, Error, Errors, Failure};
use crate::launch::plan;
use crate::options::flags::{self, Parsed};
use crate::options::{self, UsageError, help, variables};
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::{Request, Selector, Verbosity};
use crate::system::{process, signals};
use crate::{exit, output};

/// A command: how it is called, and what it does.
#[derive(Debug)]
pub struct Entry {
    pub name: &'static str,
    /// How it is called, for what is generated from that.
    #[cfg(test)]
    pub command: fn() -> clap::Command,
    pub help: help::Texts,
    /// Takes the names of all commands beside its words.
    run: fn(&[OsString], &[&str]) -> Result<ExitCode, Errors>,
}

/// Ties the name of a command to its arguments and to what it does.
macro_rules! command {
    ($name:literal, $arguments:ty, $run:path) => {
        command!(@entry $name, $arguments, |arguments, _| $run(arguments))
    };
    // Its options are those with matches: variables set those that the matches do not have.
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
                    let run: fn($arguments, &ArgMatches) -> _ = $run;
                    run(arguments, &matches)
                }
                Parsed::Help | Parsed::Version => {
                    print(include_bytes!(concat!("../options/help/", $name, "-short.txt")))
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
    command!("history", history::History, history::run),
    command!("rollback", rollback::Rollback, rollback::run),
    command!("label", label::Label, label::run),
    command!("tag", tag::TagArguments, tag::run),
    command!("delete", delete::Delete, delete::run),
    command!("import", import::Import, import::run),
    command!("export", export::Export, with matches: export::run),
    command!("diff", diff::Diff, diff::run),
    command!("copy", copy::Copy, copy::run),
    command!("policy", policy::Policy, with matches: policy::run),
    command!("stale", stale::Stale, with matches: stale::run),
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
        if let Some(text) = self.help.requested(arguments) {
            return print(text.as_bytes());
        }
        if process::has_borrowed_rights() {
            return Err(Error::BorrowedRights.into());
        }
        (self.run)(&arguments[1..], NAMES)
    }
}

/// Where to ask, and as whom: the same for all commands.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The region, instead of ENVSECRETS_REGION, AWS_REGION or that of the profile
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    pub region: Option<String>,

    /// The profile, instead of ENVSECRETS_PROFILE or AWS_PROFILE
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    pub profile: Option<String>,

    /// Give up on one thing after this time, such as 30s; 0 for never [default: 2m]
    #[arg(long, value_name = "DURATION", help_heading = "AWS")]
    pub timeout: Option<String>,

    /// Say on stderr who is asked as whom; never a value
    #[arg(long, short, help_heading = "Other")]
    pub verbose: bool,

    /// Print this: `-h` in short, `--help` with examples
    #[arg(long, short, action = ArgAction::Help, help_heading = "Other")]
    help: Option<bool>,
}

/// Where the second of two paths is, where that is not where the first is.
#[derive(Debug, Clone, Args)]
pub struct To {
    /// The region of B, if that is another one
    #[arg(long, value_name = "REGION", help_heading = "AWS")]
    to_region: Option<String>,

    /// The profile for B, if that is another one
    #[arg(long, value_name = "PROFILE", help_heading = "AWS")]
    to_profile: Option<String>,
}

impl To {
    /// Whether it is another place at all.
    pub fn is_said(&self) -> bool {
        self.to_region.is_some() || self.to_profile.is_some()
    }

    /// The same place, but for what is said here.
    pub fn place(&self, place: &Place) -> Place {
        Place {
            region: self.to_region.clone().or_else(|| place.region.clone()),
            profile: self.to_profile.clone().or_else(|| place.profile.clone()),
            ..place.clone()
        }
    }
}

impl Place {
    /// What is the same for all that is asked.
    ///
    /// # Errors
    ///
    /// If an option is empty or no duration.
    pub fn request(&self) -> Result<Request, UsageError> {
        let or_variable = |given: &Option<String>, name: &str| {
            let variable = || std::env::var(format!("{}{name}", variables::PREFIX)).ok();
            let given = given.clone().map(Some);
            given.unwrap_or_else(|| variable().filter(|value| !value.is_empty()))
        };
        let region = or_variable(&self.region, "REGION");
        let profile = or_variable(&self.profile, "PROFILE");
        for (flag, value) in [("--region", &region), ("--profile", &profile)] {
            if value.as_deref() == Some("") {
                return Err(UsageError::new(
                    format!("`{flag}` is empty"),
                    "give it a value, or leave it out",
                ));
            }
        }
        Ok(Request {
            region,
            profile,
            timeout: plan::timeout(or_variable(&self.timeout, "TIMEOUT").as_deref())?,
            verbosity: match self.verbose {
                true => Verbosity::Told,
                false => Verbosity::Silent,
            },
            ..Request::default()
        })
    }

    /// Opens Parameter Store. From here on we hold secrets.
    ///
    /// # Errors
    ///
    /// Those of `request`, and those of finding region, credentials and the service.
    pub fn open(&self) -> Result<Store, Errors> {
        let request = self.request()?;
        process::guard();
        signals::stand_ready();
        let store = Store::open(&request).map_err(error::several)?;
        if self.verbose {
            output::note(format_args!(
                "asking {} as {}",
                store.place(),
                store.principal()
            ));
        }
        Ok(store)
    }
}

/// Prints what a command was asked for.
///
/// # Errors
///
/// If it cannot be written, with `exit::IOERR`.
pub fn print(what: &[u8]) -> Result<ExitCode, Errors> {
    match output::print(what) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::new(exit::IOERR, "cannot write to standard output")
            .because(error)
            .hint("part of it may be there: do not use it")
            .into()),
    }
}

/// Says what was done.
///
/// # Errors
///
/// If it cannot be written, with `exit::IOERR`. What was done is done.
pub fn say(what: &[u8]) -> Result<ExitCode, Errors> {
    match output::print(what) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::new(
            exit::IOERR,
            "what was done cannot be said on standard output",
        )
        .because(error)
        .hint("it is done all the same")
        .into()),
    }
}

/// Refuses to print values where a person, and who looks over their shoulder, would read them,
/// unless that is wanted.
///
/// # Errors
///
/// If standard output is a terminal and `show` was not said.
pub fn may_show(show: bool) -> Result<(), UsageError> {
    if show || !std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(UsageError::new(
        "a value would be shown on the terminal",
        "say `--show` if that is wanted, or send it into a pipe or a file",
    ))
}

/// The name of one parameter, at a version or label if `text` says so.
///
/// # Errors
///
/// If it cannot be one.
pub fn selector(text: &str) -> Result<Selector, UsageError> {
    Selector::parse(text).map_err(|why| {
        UsageError::new(
            format!("`{text}` {why}"),
            "a parameter is called like `/prd/app/db-password`, with `:VERSION` or `:LABEL` where \
             those are allowed",
        )
    })
}

/// The name of a parameter that is changed: whatever its version, and of this account.
///
/// # Errors
///
/// If it cannot be one.
pub fn name(text: &str) -> Result<String, UsageError> {
    let refused = |why: &str| {
        UsageError::new(
            format!("`{text}` {why}"),
            "a parameter is called like `/prd/app/db-password`",
        )
    };
    if text.starts_with("arn:") {
        return Err(refused("is an ARN, and a parameter is changed by its name"));
    }
    if text.contains(':') {
        return Err(refused(
            "names a version or label, and no version is changed",
        ));
    }
    selector(text)?;
    if text.ends_with('/') {
        return Err(refused("ends with `/`, as a path does"));
    }
    if text.contains('/') && !text.starts_with('/') {
        return Err(refused("has levels, and does not begin with `/`"));
    }
    Ok(text.to_owned())
}

/// The number of a version, as it is written on a command line.
pub fn version_number(text: &str) -> Result<i64, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("a version is a number, from 1 on")
}
