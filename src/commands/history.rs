//! `envsecrets history`: who wrote which version of a parameter, and when. Never a value.

use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;

use super::args::{Connection, Format, Name, Printing};
use super::{report, table};
use crate::aws::arn;
use crate::date;
use crate::launch::error::Errors;
use crate::parameter::Tier;
use crate::stores::parameter_store::Reading;
use crate::stores::parameter_store::manage::{Policy, Version};

/// Show the versions of a parameter, without their values
///
/// Oldest first. Parameter Store keeps a hundred versions. Nothing is decrypted.
#[derive(Debug, Parser)]
#[command(name = "history", bin_name = "envsecrets history")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
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
  0 if it was printed, 66 if the parameter does not exist, otherwise that of a launch.";

/// The output, without a value.
#[derive(Debug, Serialize)]
struct Output<'a> {
    parameter: &'a str,
    versions: Vec<report::Object<11>>,
}

/// Prints the versions.
pub fn run(history: History) -> Result<ExitCode, Errors> {
    let name = Name::parse(&history.name)?;
    let store = history.connection.open()?;
    let versions = store.history(&name, Reading::Names)?;
    let text = match history.printing.format {
        Format::Table => table(&versions),
        Format::Json => report::json(&Output {
            parameter: &name,
            versions: versions.iter().map(object).collect(),
        }),
    };
    report::print(text.as_bytes())
}

/// A version, without its value.
fn object(version: &Version) -> report::Object<11> {
    let it = &version.description;
    let not_empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    report::Object([
        ("version", it.version.into()),
        ("type", it.kind.as_str().into()),
        ("modified", it.modified.and_then(date::in_seconds).into()),
        ("modified_by", it.modified_by.clone().into()),
        ("labels", version.labels.clone().into()),
        ("tier", it.tier.as_ref().map(Tier::as_str).into()),
        ("key_id", it.key_id.clone().into()),
        ("description", not_empty(&it.description).into()),
        ("data_type", it.data_type.clone().into()),
        ("pattern", not_empty(&it.pattern).into()),
        ("policies", it.policies.iter().map(policy).collect()),
    ])
}

/// The policy as stored, or its text if it is not JSON.
fn policy(policy: &Policy) -> serde_json::Value {
    let text = || policy.text.clone().into();
    serde_json::from_str(&policy.text).unwrap_or_else(|_| text())
}

fn table(versions: &[Version]) -> String {
    let row = |version: &Version| {
        let it = &version.description;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            it.version.to_string(),
            it.modified.and_then(date::in_seconds).unwrap_or_default(),
            text(it.modified_by.as_deref().map(arn::short)),
            version.labels.join(","),
            it.kind.to_string(),
            text(it.tier.as_ref().map(Tier::as_str)),
            text(it.key_id.as_deref()),
            text(it.description.as_deref()),
        ]
    };
    let rows: Vec<[String; 8]> = versions.iter().map(row).collect();
    table::columns(
        "VERSION MODIFIED BY LABELS TYPE TIER KEY DESCRIPTION",
        &rows,
    )
}
