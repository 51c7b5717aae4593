//! `envsecrets label`: labels of versions.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;

use super::args::{self, Connection, Labels, Name};
use super::{report, write};
use crate::launch::error::{Error, Errors, Failure, Problems};
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
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
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

    /// Print what would change, and change nothing
    #[arg(long, help_heading = "What to change")]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  The newest version is live from the next start on
      envsecrets label /prd/app/db-password live

  Back to an earlier version
      envsecrets label /prd/app/db-password live --version 7

Exit status:
  0 if the labels are as requested, 66 if the parameter, the version, or a label to remove does \
not exist, 73 if the version would have too many labels (then nothing was changed), otherwise that of a launch.";

/// Adds, moves or removes labels.
pub fn run(label: Label) -> Result<ExitCode, Errors> {
    let mut problems = Problems::default();
    let name = problems.take(Name::writable(&label.name));
    let labels = problems.take(Labels::parse(&label.labels));
    let (Some(name), Some(labels)) = (name, labels) else {
        return Err(problems.into_errors());
    };
    let store = label.connection.open()?;
    let versions = store.history(&name, Reading::Names)?;
    match label.remove {
        true => label.take_off(&labels, &store, &name, &versions),
        false => label.put_on(&labels, &store, &name, &versions),
    }
}

/// The version that has a label.
fn bearer(versions: &[Version], label: &str) -> Option<i64> {
    let has = |version: &&Version| version.labels.iter().any(|it| it == label);
    versions.iter().find(has).map(|it| it.description.version)
}

impl Label {
    fn put_on(
        &self,
        labels: &Labels,
        store: &Store,
        name: &str,
        versions: &[Version],
    ) -> Result<ExitCode, Errors> {
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
        let mut lines = String::new();
        let would = if self.dry_run { "would be " } else { "" };
        for label in labels.iter() {
            let what = match bearer(versions, label) {
                Some(existing) if existing == version => "already exists".to_owned(),
                other => {
                    missing.push(label.clone());
                    match other {
                        Some(other) => format!("{would}moved from version {other}"),
                        None => format!("{would}added"),
                    }
                }
            };
            lines.push_str(&format!("{name}:{version} label {label} {what}\n"));
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
        if let (Some(oldest), false) = (write::oldest(versions), missing.is_empty())
            && oldest.version == version
        {
            output::note(format_args!(
                "version {version} is the oldest of {MOST_VERSIONS}: while it has a label, \
                 Parameter Store refuses new versions of `{name}`"
            ));
        }
        if !missing.is_empty() && !self.dry_run {
            let refused = store.label(name, Some(version), &missing)?;
            if !refused.is_empty() {
                let what = format!("Parameter Store rejects label `{}`", refused.join("`, `"));
                return Err(Error::Command(Failure::new(exit::USAGE, what)).into());
            }
        }
        report::done(&lines)
    }

    fn take_off(
        &self,
        labels: &Labels,
        store: &Store,
        name: &str,
        versions: &[Version],
    ) -> Result<ExitCode, Errors> {
        let mut bearers: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        let mut problems = Vec::new();
        for label in labels.iter() {
            let what = match (bearer(versions, label), self.version) {
                (Some(existing), wanted) if wanted.is_none_or(|it| it == existing) => {
                    bearers.entry(existing).or_default().push(label.clone());
                    continue;
                }
                (Some(existing), _) => {
                    format!("the label `{label}` of `{name}` is on version {existing}")
                }
                (None, _) => format!("no version of `{name}` has the label `{label}`"),
            };
            problems.push(Error::Command(nothing_changed(name, what)));
        }
        if let Some(errors) = Errors::new(problems) {
            return Err(errors);
        }
        for (version, labels) in bearers {
            let would = match self.dry_run {
                true => "would be ",
                false => {
                    // A label that no longer exists is not an error.
                    store.unlabel(name, version, &labels)?;
                    ""
                }
            };
            let lines = labels
                .iter()
                .map(|label| format!("{name}:{version} label {label} {would}removed\n"));
            report::done(&lines.collect::<String>())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn nothing_changed(name: &str, what: String) -> Failure {
    Failure::new(exit::NOINPUT, what).hint(format!(
        "nothing was changed; `envsecrets history {name}` shows versions and labels"
    ))
}
