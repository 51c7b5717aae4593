//! `envsecrets tag`: tags of a parameter, which are not part of its versions.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Connection, Name, Tags, no_tag, tag_key};
use super::report;
use crate::launch::error::{Errors, Failure, Problems};
use crate::stores::parameter_store::put::too_many_tags;
use crate::{exit, output};

/// Add tags to a parameter, or remove them; without either, show its tags
///
/// An existing tag gets the new value. Tags are not part of a version: no new version is written.
#[derive(Debug, Parser)]
#[command(name = "tag", bin_name = "envsecrets tag", after_long_help = EXAMPLES)]
#[command(disable_help_flag = true)]
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
  0 if the tags are as requested, 66 if the parameter, or a tag to remove, does not exist, 73 if it \
would have too many tags (then nothing was changed), otherwise that of a launch.";

/// Adds, removes or shows tags.
pub fn run(tag: TagArguments) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let name = problems.take(Name::writable(&tag.name));
    let wanted = problems.take(Tags::parse(&tag.tags));
    for (index, key) in tag.remove.iter().enumerate() {
        problems.take(tag_key(key));
        let again = tag.remove[..index].contains(key);
        let mut wanted = wanted.iter().flat_map(|wanted| wanted.iter());
        if again || wanted.any(|(other, _)| other == key) {
            problems.add(no_tag(key, "is given twice"));
        }
    }
    let (Some(name), Some(wanted)) = (name, wanted) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let store = tag.connection.open()?;
    let existing = store.tags(&name)?;
    let mut problems = Problems::default();
    for key in tag.remove.iter().filter(|key| !existing.contains_key(*key)) {
        let what = format!("`{name}` has no tag `{key}`");
        problems.add(Failure::new(exit::NOINPUT, what).hint(format!(
            "nothing was changed; `envsecrets tag {name}` shows its tags"
        )));
    }
    let mut rest = existing.clone();
    rest.retain(|key, _| !tag.remove.contains(key));
    if let Some(what) = too_many_tags(&name, Some(&rest), &wanted) {
        problems.add(
            Failure::new(exit::CANTCREAT, what)
                .hint("nothing was changed: use `--remove` for tags that are no longer needed"),
        );
    }
    problems.none()?;
    // As many as there may be, and others in place of some of them.
    let removed_first = too_many_tags(&name, Some(&existing), &wanted).is_some();
    let would = if tag.dry_run { "would be " } else { "" };
    let mut lines = String::new();
    if wanted.is_empty() && tag.remove.is_empty() {
        for (key, value) in &existing {
            let _ = writeln!(lines, "{}={}", output::clean(key), output::clean(value));
        }
        return report::show(&lines);
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
        let tag = output::clean(&format!("{key}={value}"));
        let _ = writeln!(lines, "{name} tag {tag} {what}");
    }
    let add = || -> Result<_, Errors> {
        if !changed.is_empty() && !tag.dry_run {
            store.add_tags(&name, &changed)?;
        }
        report::done(&lines)
    };
    let remove = || -> Result<_, Errors> {
        if !tag.remove.is_empty() && !tag.dry_run {
            store.remove_tags(&name, &tag.remove)?;
        }
        let lines = tag.remove.iter();
        let lines = lines.map(|key| format!("{name} tag {} {would}removed\n", output::clean(key)));
        report::done(&lines.collect::<String>())
    };
    match removed_first {
        true => remove().and_then(|_| add()),
        false => add().and_then(|_| remove()),
    }
}
