//! `envsecrets tag`: tags of a parameter, which are no part of its versions.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Connection, Name, Tags, no_tag};
use super::report;
use crate::launch::error::{Errors, Failure};
use crate::{exit, output};

/// Tag a parameter, or take tags off; without either, show its tags
///
/// A tag that is there gets the new value. Tags are no part of a version: nothing is written again.
#[derive(Debug, Parser)]
#[command(
    name = "tag",
    bin_name = "envsecrets tag",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct TagArguments {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// Tags to add, or to change
    #[arg(value_name = "KEY=VALUE")]
    tags: Vec<String>,

    /// Take this one off; any number
    #[arg(long, value_name = "KEY", help_heading = "What to change")]
    remove: Vec<String>,

    /// Say what would change, and change nothing
    #[arg(long, help_heading = "What to change")]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Whose it is
      envsecrets tag /prd/app/db-password team=web owner=alice@example.com

  What it is tagged with
      envsecrets tag /prd/app/db-password

  It is nobody's any more
      envsecrets tag /prd/app/db-password --remove owner

Exit status:
  0 if they are as you want them, 66 if there is no such parameter, or no such tag to be taken off (and \
then nothing was changed), otherwise that of a launch.";

/// Adds and takes off, or shows.
pub fn run(tag: TagArguments) -> Result<ExitCode, Errors> {
    let name = Name::parse(&tag.name)?;
    let wanted = Tags::parse(&tag.tags)?;
    for (index, key) in tag.remove.iter().enumerate() {
        let again = tag.remove[..index].contains(key);
        if again || wanted.iter().any(|(other, _)| other == key) {
            return Err(no_tag(key, "is given twice").into());
        }
    }
    let store = tag.connection.open()?;
    let there = store.tags(&name)?;
    if let Some(key) = tag.remove.iter().find(|key| !there.contains_key(*key)) {
        let what = format!("`{name}` has no tag `{key}`");
        return Err(Failure::new(exit::NOINPUT, what)
            .hint(format!(
                "nothing was changed; `envsecrets tag {name}` shows its tags"
            ))
            .into());
    }
    let would = if tag.dry_run { "would be " } else { "" };
    let mut lines = String::new();
    if wanted.is_empty() && tag.remove.is_empty() {
        for (key, value) in &there {
            let _ = writeln!(lines, "{}={}", output::clean(key), output::clean(value));
        }
        return report::print(lines.as_bytes());
    }
    let mut changed = Vec::new();
    for (key, value) in wanted.iter() {
        let what = match there.get(key) {
            Some(old) if old == value => "is there already".to_owned(),
            old => {
                changed.push((key.clone(), value.clone()));
                match old {
                    Some(old) => format!("{would}changed from {}", output::clean(old)),
                    None => format!("{would}added"),
                }
            }
        };
        let _ = writeln!(lines, "{name} tag {key}={value} {what}");
    }
    if !changed.is_empty() && !tag.dry_run {
        store.add_tags(&name, &changed)?;
    }
    report::done(lines.as_bytes())?;
    if !tag.remove.is_empty() && !tag.dry_run {
        store.remove_tags(&name, &tag.remove)?;
    }
    let lines = tag.remove.iter();
    let lines = lines.map(|key| format!("{name} tag {key} {would}removed\n"));
    report::done(lines.collect::<String>().as_bytes())
}
