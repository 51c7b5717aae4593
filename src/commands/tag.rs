//! `envsecrets tag`: tags of a parameter, which are not part of its versions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use super::args::{Connection, Format, Name, Printing, Tags, no_tag, tag_key};
use super::choice::{self, Globs};
use super::report::Changes;
use super::{origin, report};
use crate::launch::error::{Errors, Failure, Problems};
use crate::options::UsageError;
use crate::output::tally::Tally;
use crate::stores::parameter_store::manage::Store;
use crate::stores::parameter_store::put::{TAGS_OF_AWS, too_many_tags};
use crate::{exit, output};

/// Add tags to a parameter, or remove them; without either, show its tags
///
/// An existing tag gets the new value. Tags are not part of a version: no new version is written.
#[derive(Debug, Parser)]
#[command(name = "tag", bin_name = "envsecrets tag", after_long_help = EXAMPLES)]
#[command(disable_help_flag = true)]
pub struct TagArguments {
    /// The parameter, such as /prd/app/db-password, or with `--recursive` a path
    #[arg(value_name = "NAME|PATH")]
    name: String,

    /// Tags to add or to change
    #[arg(value_name = "KEY=VALUE")]
    tags: Vec<String>,

    /// Remove this tag; may be repeated
    #[arg(long, value_name = "KEY", help_heading = "What to change")]
    remove: Vec<String>,

    /// Remove all other tags, but those of AWS and the one that `copy` sets
    #[arg(long, help_heading = "What to change", conflicts_with = "remove")]
    replace: bool,

    /// Change all parameters below the path, at any depth
    ///
    /// If one of them cannot be changed, none is; with `--remove`, those that have the tag are.
    #[arg(long, short, help_heading = "What to change")]
    recursive: bool,

    #[command(flatten)]
    globs: Globs,

    /// Print what would change, and change nothing
    #[arg(long, help_heading = "What to change")]
    dry_run: bool,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Set the owner
      envsecrets tag /prd/app/db-password team=web owner=alice@example.com

  Show the tags
      envsecrets tag /prd/app/db-password

  The owner of a whole service
      envsecrets tag --recursive /prd/app owner=alice@example.com \\
          --exclude 'shared/*'

  Exactly these tags
      envsecrets tag /prd/app/db-password --replace team=web

  Remove the owner
      envsecrets tag /prd/app/db-password --remove owner

Exit status:
  0 if the tags are as requested, 66 if the parameter, or a tag to remove, does not exist, 73 if it \
would have too many tags (then nothing was changed), otherwise that of a launch.";

/// Adds, removes or shows tags.
pub fn run(tag: TagArguments) -> Result<ExitCode, Errors> {
    Changes::reported(tag.printing.format, |changes| change(&tag, changes))
}

fn change(tag: &TagArguments, changes: &Changes) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let wanted = problems.take(Tags::parse(&tag.tags));
    for (index, key) in tag.remove.iter().enumerate() {
        problems.take(tag_key(key));
        let again = tag.remove[..index].contains(key);
        let mut wanted = wanted.iter().flat_map(|wanted| wanted.iter());
        if again || wanted.any(|(other, _)| other == key) {
            problems.add(no_tag(key, "is given twice"));
        }
    }
    if tag.replace && tag.tags.is_empty() {
        let hint = "give the tags that are to be left, or use `--remove KEY`";
        problems.add(UsageError::new(
            "`--replace` without tags would remove all",
            hint,
        ));
    }
    let choice = problems.take(tag.globs.choice());
    let (path, name) = match tag.recursive {
        true => (problems.take(choice::path(&tag.name, "changed")), None),
        false => {
            problems.take(tag.globs.without_path("leave them out"));
            (None, problems.take(Name::writable(&tag.name)))
        }
    };
    let (Some(wanted), Some(choice)) = (wanted, choice) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let store = tag.connection.open()?;
    let mut all: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    if let Some(name) = name {
        all.push((name.to_string(), store.tags(&name)?));
    }
    if let Some(path) = path {
        let found = choice::below(&store, &path, &choice)?;
        let names: Vec<String> = found.into_iter().map(|it| it.name).collect();
        let tags = store.tags_of(&names)?;
        let existing = names.into_iter().zip(tags);
        all.extend(existing.filter_map(|(name, tags)| Some((name, tags?))));
    }
    if wanted.is_empty() && tag.remove.is_empty() {
        let (mut lines, mut objects) = (String::new(), Vec::new());
        for (name, tags) in &all {
            for (key, value) in tags {
                objects.push(object(name, key, Some(value), "present", false));
                let before = if tag.recursive {
                    format!("{name} ")
                } else {
                    String::new()
                };
                let (key, value) = (output::clean(key), output::clean(value));
                let _ = writeln!(lines, "{before}{key}={value}");
            }
        }
        return match tag.printing.format {
            Format::Table => report::show(&lines),
            Format::Json => changes.done("", objects),
        };
    }
    let mut problems = Problems::default();
    if tag.recursive {
        for key in &tag.remove {
            if !all.iter().any(|(_, tags)| tags.contains_key(key)) {
                let what = format!("no parameter below `{}` has the tag `{key}`", tag.name);
                let hint = "nothing was changed; `envsecrets list --all` shows tags";
                problems.add(Failure::new(exit::NOINPUT, what).hint(hint));
            }
        }
    }
    let mut steps = Vec::new();
    for (name, existing) in &all {
        if let Some(step) = problems.take(tag.step(name, existing, &wanted)) {
            steps.push(step);
        }
    }
    problems.none()?;
    let tally = Tally::start("parameters changed", steps.len());
    for (done, step) in steps.iter().enumerate() {
        tally.done(done);
        step.take(&store, tag.dry_run, changes)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A tag and what became of it, for programs.
fn object(name: &str, key: &str, value: Option<&str>, result: &str, dry_run: bool) -> Value {
    let mut object = json!({
        "parameter": name,
        "key": key,
        "result": result,
        "dry_run": dry_run,
    });
    if let Some(value) = value {
        object["value"] = value.into();
    }
    object
}

/// What is to be done for the tags of one parameter.
#[derive(Debug)]
struct Step {
    name: String,
    changed: Vec<(String, String)>,
    /// The report of what is added or changed.
    lines: String,
    objects: Vec<Value>,
    remove: Vec<String>,
    /// As many as there may be, and others in place of some of them.
    removed_first: bool,
}

impl TagArguments {
    /// The tags that are to go.
    fn removed(
        &self,
        name: &str,
        existing: &BTreeMap<String, String>,
        wanted: &Tags,
    ) -> Result<Vec<String>, Errors> {
        if self.replace {
            let is_kept = |key: &String| {
                let is_wanted = wanted.iter().any(|(wanted, _)| wanted == key);
                is_wanted || key.starts_with(TAGS_OF_AWS) || key == origin::TAG
            };
            return Ok(existing
                .keys()
                .filter(|key| !is_kept(key))
                .cloned()
                .collect());
        }
        let mut problems = Problems::default();
        let (present, missing): (Vec<&String>, Vec<&String>) = self
            .remove
            .iter()
            .partition(|key| existing.contains_key(*key));
        for key in missing.into_iter().filter(|_| !self.recursive) {
            let what = format!("`{name}` has no tag `{key}`");
            problems.add(Failure::new(exit::NOINPUT, what).hint(format!(
                "nothing was changed; `envsecrets tag {name}` shows its tags"
            )));
        }
        let present = present.into_iter().cloned().collect();
        problems.none().map(|()| present)
    }

    fn step(
        &self,
        name: &str,
        existing: &BTreeMap<String, String>,
        wanted: &Tags,
    ) -> Result<Step, Errors> {
        let mut problems = Problems::default();
        let remove = problems.take(self.removed(name, existing, wanted));
        let mut rest = existing.clone();
        rest.retain(|key, _| !remove.as_ref().is_some_and(|remove| remove.contains(key)));
        if let Some(what) = too_many_tags(name, Some(&rest), wanted) {
            problems
                .add(Failure::new(exit::CANTCREAT, what).hint(
                    "nothing was changed: use `--remove` for tags that are no longer needed",
                ));
        }
        problems.none()?;
        let would = if self.dry_run { "would be " } else { "" };
        let (mut changed, mut lines, mut objects) = (Vec::new(), String::new(), Vec::new());
        for (key, value) in wanted.iter() {
            let result = match existing.get(key) {
                Some(old) if old == value => "unchanged",
                Some(_) => "changed",
                None => "added",
            };
            objects.push(object(name, key, Some(value), result, self.dry_run));
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
        Ok(Step {
            name: name.to_owned(),
            changed,
            lines,
            objects,
            remove: remove.unwrap_or_default(),
            removed_first: too_many_tags(name, Some(existing), wanted).is_some(),
        })
    }
}

impl Step {
    fn take(&self, store: &Store, dry_run: bool, changes: &Changes) -> Result<(), Errors> {
        let name = &self.name;
        let would = if dry_run { "would be " } else { "" };
        let add = || -> Result<_, Errors> {
            if !self.changed.is_empty() && !dry_run {
                store.add_tags(name, &self.changed)?;
            }
            changes.done(&self.lines, self.objects.clone())
        };
        let remove = || -> Result<_, Errors> {
            if !self.remove.is_empty() && !dry_run {
                store.remove_tags(name, &self.remove)?;
            }
            let lines = self.remove.iter().map(|key| {
                let key = output::clean(key);
                format!("{name} tag {key} {would}removed\n")
            });
            let objects = self.remove.iter();
            let objects = objects.map(|key| object(name, key, None, "removed", dry_run));
            changes.done(&lines.collect::<String>(), objects)
        };
        match self.removed_first {
            true => remove().and_then(|_| add()),
            false => add().and_then(|_| remove()),
        }
        .map(drop)
    }
}
