//! `envsecrets history`: who wrote which version of a parameter, and when. Never a value.

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use super::args::{Connection, Format, Name, Printing};
use super::{report, table};
use crate::aws::arn;
use crate::launch::error::Errors;
use crate::parameter::Tier;
use crate::stores::parameter_store::Reading;
use crate::stores::parameter_store::manage::{Policy, Version};

/// Show the versions of a parameter, without their values
///
/// Oldest first. Parameter Store keeps a hundred versions. Nothing is decrypted.
#[derive(Debug, Parser)]
#[command(
    name = "history",
    bin_name = "envsecrets history",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct History {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Who changed it, and when
      envsecrets history /prd/app/db-password

  The versions with a label, for a script
      envsecrets history /prd/app/db-password --format json | jq '.versions[] | \
select(.labels != [])'

Exit status:
  0 if it was printed, 66 if there is no such parameter, otherwise that of a launch.";

/// The output, without a value.
#[derive(Debug, Serialize)]
struct Output<'a> {
    parameter: &'a str,
    versions: Vec<One<'a>>,
}

#[derive(Debug, Serialize)]
struct One<'a> {
    version: i64,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_by: Option<&'a str>,
    labels: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'a str>,
    policies: Vec<serde_json::Value>,
}

/// Prints the versions.
pub fn run(history: History) -> Result<ExitCode, Errors> {
    let name = Name::parse(&history.name)?;
    let store = history.connection.open()?;
    let versions = store.history(&name, Reading::Names)?;
    let output = Output {
        parameter: &name,
        versions: versions.iter().map(One::from).collect(),
    };
    let text = match history.printing.format {
        Format::Table => output.table(),
        Format::Json => report::json(&output),
    };
    report::print(text.as_bytes())
}

impl<'a> From<&'a Version> for One<'a> {
    fn from(version: &'a Version) -> Self {
        let description = &version.description;
        Self {
            version: description.version,
            r#type: description.kind.as_str(),
            modified: description.modified.and_then(table::written),
            modified_by: description.modified_by.as_deref(),
            labels: &version.labels,
            tier: description.tier.as_ref().map(Tier::as_str),
            key_id: description.key_id.as_deref(),
            description: description
                .description
                .as_deref()
                .filter(|text| !text.is_empty()),
            data_type: description.data_type.as_deref(),
            pattern: description
                .pattern
                .as_deref()
                .filter(|text| !text.is_empty()),
            policies: description.policies.iter().map(policy).collect(),
        }
    }
}

/// The policy as stored, or its text if it is not JSON.
fn policy(policy: &Policy) -> serde_json::Value {
    let text = || policy.text.clone().into();
    serde_json::from_str(&policy.text).unwrap_or_else(|_| text())
}

impl Output<'_> {
    fn table(&self) -> String {
        let rows: Vec<[String; 8]> = self
            .versions
            .iter()
            .map(|it| {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                [
                    it.version.to_string(),
                    it.modified.clone().unwrap_or_default(),
                    text(it.modified_by.map(arn::short)),
                    it.labels.join(","),
                    it.r#type.to_owned(),
                    text(it.tier),
                    text(it.key_id),
                    text(it.description),
                ]
            })
            .collect();
        let head = [
            "VERSION",
            "MODIFIED",
            "BY",
            "LABELS",
            "TYPE",
            "TIER",
            "KEY",
            "DESCRIPTION",
        ];
        table::columns(&head, &rows)
    }
}
