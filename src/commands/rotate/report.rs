//! What a rotation reports: a line for people or an object for programs, for each change.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::commands::report::Changes;
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
        match from {
            None => self.added(label, version),
            Some(from) if from == version => self.change(version, label, "unchanged", None),
            Some(from) => self.change(version, label, "moved", Some(from)),
        }
    }

    /// Reports a label that no version had.
    pub fn added(&self, label: &str, version: i64) -> Result<ExitCode, Errors> {
        self.change(version, label, "added", None)
    }

    /// Reports a label that no version has any more.
    pub fn removed(&self, label: &str, version: i64) -> Result<ExitCode, Errors> {
        self.change(version, label, "removed", None)
    }

    fn change(
        &self,
        version: i64,
        label: &str,
        result: &str,
        from: Option<i64>,
    ) -> Result<ExitCode, Errors> {
        let would = if self.dry_run { "would be " } else { "" };
        let what = match (result, from) {
            ("unchanged", _) => "already exists".to_owned(),
            (_, Some(from)) => format!("{would}{result} from version {from}"),
            (_, None) => format!("{would}{result}"),
        };
        let line = format!("{}:{version} label {label} {what}\n", self.name);
        let mut object = self.object(version, result);
        object["label"] = label.into();
        if let Some(from) = from {
            object["moved_from"] = from.into();
        }
        self.report(&line, object)
    }

    /// Reports, in these words, that a label stays on a version.
    pub fn stays(&self, label: &str, version: i64, line: &str) -> Result<ExitCode, Errors> {
        let mut object = self.object(version, "unchanged");
        object["label"] = label.into();
        self.changes.keep([object]);
        self.changes.plan(line)
    }

    /// Reports that nothing is to be done.
    pub fn nothing(&self, line: &str) -> Result<ExitCode, Errors> {
        self.changes.plan(line)
    }

    /// Reports a version that would be written.
    pub fn would_write(&self, version: i64) -> Result<ExitCode, Errors> {
        let line = format!("{}:{version} would be written\n", self.name);
        self.report(&line, self.object(version, "written"))
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

    fn object(&self, version: i64, result: &str) -> Value {
        json!({
            "parameter": self.name,
            "version": version,
            "result": result,
            "dry_run": self.dry_run,
        })
    }
}
