//! `envsecrets tag`: tags of a parameter, which are not part of its versions.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Connection, Name, Tags, no_tag};
use super::report;
use crate::launch::error::{Errors, Failure};
use crate::{exit, output};

/// Add tags to a parameter, or remove them; without either, show its tags
///
/// An existing tag gets the new value. Tags are not part of a version: no new version is written.
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

    /// Tags to add or to change
    #[arg(value_name = "KEY=VALUE")]
    tags: Vec<String>,

    /// Remove this tag; may be repeated
    #[arg(long, value_name = "KEY", help_heading = "What to change")]
    remove: Vec<String>,

    /// Print what would change, and change nothing
    #[arg(long, help_heading = "What to change")]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Set the owner
      envsecrets tag /prd/app/db-password team=web owner=alice@example.com

  Show the tags
      envsecrets tag /prd/app/db-password

  Remove the owner
      envsecrets tag /prd/app/db-password --remove owner

Exit status:
  0 if the tags are as requested, 66 if the parameter, or a tag to remove, does not exist (then \
nothing was changed), otherwise that of a launch.";

/// Adds, removes or shows tags.
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
    let existing = store.tags(&name)?;
    if let Some(key) = tag.remove.iter().find(|key| !existing.contains_key(*key)) {
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
        for (key, value) in &existing {
            let _ = writeln!(lines, "{}={}", output::clean(key), output::clean(value));
        }
        return report::print(lines.as_bytes());
    }
    let mut changed = Vec::new();
    for (key, value) in wanted.iter() {
        let what = match existing.get(key) {
            Some(old) if old == value => "already exists".to_owned(),
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
