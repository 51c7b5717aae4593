//! `envsecrets label`: labels of versions.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;

use super::args::{self, Connection, Labels, Name, Path, Printing};
use super::choice::{self, Choice, Globs};
use super::report::Changes;
use super::report::label::{Change, Outcome};
use super::write::{self, bearer};
use crate::launch::error::{Error, Errors, Failure, Problems};
use crate::output::tally::Tally;
use crate::stores::parameter_store::Reading;
use crate::stores::parameter_store::manage::{Store, Version};
use crate::stores::parameter_store::put::{MOST_LABELS, MOST_VERSIONS};
use crate::{exit, output};

/// Add labels to a version of a parameter, or remove them
///
/// A label is on one version at a time, and moves from the version that has it. `get NAME:LABEL`,
/// `--secret VARIABLE=NAME:LABEL` and `--label` read the version that has it.
#[derive(Debug, Parser)]
#[command(name = "label", bin_name = "envsecrets label")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Label {
    /// The parameter, such as /prd/app/db-password, or with `--recursive` a path
    #[arg(value_name = "NAME|PATH")]
    name: String,

    /// Labels, such as live or v2026-11
    #[arg(required = true, value_name = "LABEL")]
    labels: Vec<String>,

    /// The version [default: the newest, or with `--remove` the one with the label]
    #[arg(long, value_name = "VERSION", value_parser = args::version)]
    #[arg(help_heading = "What to change")]
    version: Option<i64>,

    /// Remove the labels
    #[arg(long, help_heading = "What to change")]
    remove: bool,

    /// Change all parameters below the path, at any depth: the newest version of each
    ///
    /// With `--remove` those that have a label. If one of them cannot be changed, none is.
    #[arg(
        long,
        short,
        help_heading = "What to change",
        conflicts_with = "version"
    )]
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
  The newest version is live from the next start on
      envsecrets label /prd/app/db-password live

  Back to an earlier version
      envsecrets label /prd/app/db-password live --version 7

  The newest versions of a whole service
      envsecrets label --recursive /prd/app live --exclude 'tmp/*'

Exit status:
  0 if the labels are as requested, 66 if the parameter, the version, or a label to remove does \
not exist, 73 if the version would have too many labels (then nothing was changed), otherwise that of a launch.";

/// Adds, moves or removes labels.
pub fn run(label: Label) -> Result<ExitCode, Errors> {
    Changes::reported(label.printing.format, |changes| change(&label, changes))
}

fn change(label: &Label, changes: &Changes) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let labels = problems.take(Labels::parse(&label.labels));
    let choice = problems.take(label.globs.choice());
    if label.recursive {
        let path = problems.take(choice::path(&label.name, "changed"));
        let (Some(path), Some(labels), Some(choice)) = (path, labels, choice) else {
            return Err(problems.into_errors());
        };
        return label.below(&path, &labels, &choice, changes);
    }
    problems.take(label.globs.without_path("leave them out"));
    let name = problems.take(Name::writable(&label.name));
    let (Some(name), Some(labels)) = (name, labels) else {
        return Err(problems.into_errors());
    };
    problems.none()?;
    let store = label.connection.open()?;
    let versions = store.history(&name, Reading::Names)?;
    match label.remove {
        true => {
            let found = label.bearers(&labels, &name, &versions)?;
            label.take_off(&store, &name, found, changes)
        }
        false => {
            let step = label.step(&labels, &name, &versions)?;
            label.put_on(&store, &name, &step, changes)
        }
    }
}

/// What is to be done for the labels of one parameter.
#[derive(Debug)]
struct Step {
    version: i64,
    /// The labels that are not on it.
    missing: Vec<String>,
    /// The report.
    lines: String,
    objects: Vec<Value>,
    /// Whether its version is the oldest that there is room for.
    is_oldest: bool,
}

/// The versions that have some of these labels, with those.
fn bearers(labels: &Labels, versions: &[Version]) -> BTreeMap<i64, Vec<String>> {
    let mut bearers: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for label in labels.iter() {
        if let Some(version) = bearer(versions, label) {
            bearers.entry(version).or_default().push(label.clone());
        }
    }
    bearers
}

impl Label {
    /// Changes all parameters below a path that are chosen, once all of them can be.
    fn below(
        &self,
        path: &Path,
        labels: &Labels,
        choice: &Choice,
        changes: &Changes,
    ) -> Result<ExitCode, Errors> {
        let store = self.connection.open()?;
        let found = choice::below(&store, path, choice)?;
        let names: Vec<String> = found.into_iter().map(|it| it.name).collect();
        let histories = store.histories(&names, Reading::Names)?;
        let histories = names.iter().zip(histories);
        let histories: Vec<(&String, Vec<Version>)> = histories
            .filter_map(|(name, versions)| Some((name, versions?)))
            .collect();
        let mut problems = Problems::default();
        if self.remove {
            let mut all = Vec::new();
            for (name, versions) in &histories {
                all.push((*name, bearers(labels, versions)));
            }
            for label in labels.iter() {
                let has =
                    |of: &BTreeMap<i64, Vec<String>>| of.values().flatten().any(|it| it == label);
                if !all.iter().any(|(_, bearers)| has(bearers)) {
                    let what = format!("no parameter below `{path}` has the label `{label}`");
                    let hint = "nothing was changed; `envsecrets list --all` shows labels";
                    problems.add(Failure::new(exit::NOINPUT, what).hint(hint));
                }
            }
            problems.none()?;
            let tally = Tally::start("parameters changed", all.len());
            for (done, (name, bearers)) in all.into_iter().enumerate() {
                tally.done(done);
                self.take_off(&store, name, bearers, changes)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mut steps = Vec::new();
        for (name, versions) in &histories {
            if let Some(step) = problems.take(self.step(labels, name, versions)) {
                steps.push((*name, step));
            }
        }
        problems.none()?;
        let tally = Tally::start("parameters changed", steps.len());
        for (done, (name, step)) in steps.iter().enumerate() {
            tally.done(done);
            self.put_on(&store, name, step, changes)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What is to be done to put labels on a version.
    fn step(&self, labels: &Labels, name: &str, versions: &[Version]) -> Result<Step, Errors> {
        let mut numbers = versions.iter().map(|it| it.description.version);
        let version = match self.version {
            Some(version) => numbers.find(|number| *number == version),
            None => numbers.next_back(),
        };
        let Some(version) = version else {
            let wanted = self.version.unwrap_or_default();
            let what = format!("`{name}` has no version {wanted}");
            return Err(nothing_changed(name, what).into());
        };
        let mut missing = Vec::new();
        let (mut lines, mut objects) = (String::new(), Vec::new());
        for label in labels.iter() {
            let outcome = Outcome::of_putting(version, bearer(versions, label));
            if outcome != Outcome::Unchanged {
                missing.push(label.clone());
            }
            let change = self.change(name, version, label, outcome);
            lines.push_str(&change.line());
            objects.push(change.object());
        }
        let existing = versions.iter().find(|it| it.description.version == version);
        let count = existing.map_or(0, |it| it.labels.len()) + missing.len();
        if count > MOST_LABELS {
            let what =
                format!("`{name}:{version}` would have {count} labels, of at most {MOST_LABELS}");
            return Err(Failure::new(exit::CANTCREAT, what)
                .hint("nothing was changed: `envsecrets label --remove` removes labels")
                .into());
        }
        let is_oldest = write::oldest(versions).is_some_and(|it| it.version == version);
        Ok(Step {
            version,
            missing,
            lines,
            objects,
            is_oldest,
        })
    }

    fn change<'c>(
        &self,
        name: &'c str,
        version: i64,
        label: &'c str,
        outcome: Outcome,
    ) -> Change<'c> {
        Change {
            name,
            version,
            label,
            outcome,
            dry_run: self.dry_run,
        }
    }

    fn put_on(
        &self,
        store: &Store,
        name: &str,
        step: &Step,
        changes: &Changes,
    ) -> Result<ExitCode, Errors> {
        let Step {
            version, missing, ..
        } = step;
        if step.is_oldest && !missing.is_empty() {
            output::note(format_args!(
                "version {version} is the oldest of {MOST_VERSIONS}: while it has a label, \
                 Parameter Store refuses new versions of `{name}`"
            ));
        }
        if !missing.is_empty() && !self.dry_run {
            let refused = store.label(name, Some(*version), missing)?;
            if !refused.is_empty() {
                let what = format!("Parameter Store rejects label `{}`", refused.join("`, `"));
                return Err(Error::Command(Failure::new(exit::USAGE, what)).into());
            }
        }
        changes.done(&step.lines, step.objects.clone())
    }

    /// The versions that the labels are on.
    fn bearers(
        &self,
        labels: &Labels,
        name: &str,
        versions: &[Version],
    ) -> Result<BTreeMap<i64, Vec<String>>, Errors> {
        let mut problems = Vec::new();
        for label in labels.iter() {
            let what = match (bearer(versions, label), self.version) {
                (Some(existing), wanted) if wanted.is_none_or(|it| it == existing) => continue,
                (Some(existing), _) => {
                    format!("the label `{label}` of `{name}` is on version {existing}")
                }
                (None, _) => format!("no version of `{name}` has the label `{label}`"),
            };
            problems.push(Error::Command(nothing_changed(name, what)));
        }
        match Errors::new(problems) {
            Some(errors) => Err(errors),
            None => Ok(bearers(labels, versions)),
        }
    }

    fn take_off(
        &self,
        store: &Store,
        name: &str,
        bearers: BTreeMap<i64, Vec<String>>,
        changes: &Changes,
    ) -> Result<ExitCode, Errors> {
        for (version, labels) in bearers {
            if !self.dry_run {
                // A label that no longer exists is not an error.
                store.unlabel(name, version, &labels)?;
            }
            let of = |label| self.change(name, version, label, Outcome::Removed);
            let lines: String = labels.iter().map(|label| of(label).line()).collect();
            changes.done(&lines, labels.iter().map(|label| of(label).object()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn nothing_changed(name: &str, what: String) -> Failure {
    Failure::new(exit::NOINPUT, what).hint(format!(
        "nothing was changed; `envsecrets history {name}` shows versions and labels"
    ))
}
