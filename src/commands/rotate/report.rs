//! What a rotation reports: a line for people or an object for programs, for each change.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::commands::report::Changes;
use crate::commands::report::label::{Change, Outcome};
use crate::launch::error::Errors;

/// Where the changes of one parameter are reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    pub name: &'r str,
    /// Whether what is reported would only be done.
    pub dry_run: bool,
    /// Where to.
    pub changes: &'r Changes,
}

impl Report<'_> {
    /// Reports that a label was put on a version, `from` the one that had it.
    pub fn put(&self, label: &str, version: i64, from: Option<i64>) -> Result<ExitCode, Errors> {
        let change = self.label(label, version, Outcome::of_putting(version, from));
        self.report(&change.line(), change.object())
    }

    /// Reports a label that no version had.
    pub fn added(&self, label: &str, version: i64) -> Result<ExitCode, Errors> {
        self.put(label, version, None)
    }

    /// Reports a label that no version has any more.
    pub fn removed(&self, label: &str, version: i64) -> Result<ExitCode, Errors> {
        let change = self.label(label, version, Outcome::Removed);
        self.report(&change.line(), change.object())
    }

    fn label<'c>(&'c self, label: &'c str, version: i64, outcome: Outcome) -> Change<'c> {
        Change {
            name: self.name,
            version,
            label,
            outcome,
            dry_run: self.dry_run,
        }
    }

    /// Reports, in these words, that a label stays on a version.
    pub fn stays(&self, label: &str, version: i64, line: &str) -> Result<ExitCode, Errors> {
        let change = self.label(label, version, Outcome::Unchanged);
        self.changes.keep([change.object()]);
        self.changes.plan(line)
    }

    /// Reports that nothing is to be done.
    pub fn nothing(&self, line: &str) -> Result<ExitCode, Errors> {
        self.changes.plan(line)
    }

    /// Reports a version that would be written.
    pub fn would_write(&self, version: i64) -> Result<ExitCode, Errors> {
        let line = format!("{}:{version} would be written\n", self.name);
        let object = json!({
            "parameter": self.name,
            "version": version,
            "result": "written",
            "dry_run": self.dry_run,
        });
        self.report(&line, object)
    }

    /// Reports a program that would be run.
    pub fn would_run(&self, program: &str) -> Result<(), Errors> {
        let object = json!({ "program": program, "result": "run", "dry_run": self.dry_run });
        let line = format!("{program} would be run\n");
        self.report(&line, object).map(drop)
    }

    fn report(&self, line: &str, object: Value) -> Result<ExitCode, Errors> {
        match self.dry_run {
            true => {
                self.changes.keep([object]);
                self.changes.plan(line)
            }
            false => self.changes.done(line, [object]),
        }
    }
}
