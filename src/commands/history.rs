//! `envsecrets history`: who wrote which version of a parameter, or of all below a path, and when. Never
//! a value.

use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use serde::Serialize;

use super::args::{self, Connection, Format, Name, Path, Printing};
use super::{report, table};
use crate::aws::arn;
use crate::date;
use crate::launch::error::{Errors, Failure};
use crate::options::UsageError;
use crate::parameter::Tier;
use crate::stores::parameter_store::Reading;
use crate::stores::parameter_store::manage::{Description, Filter, Policy, Version};
use crate::{exit, output};

/// Show the versions of a parameter, or what changed below a path, without values
///
/// Those of a parameter are shown oldest first. With `--since`, or a `/` at its end, PATH is the beginning of
/// names: the versions of all parameters below it, and of the parameter of this name, are shown newest first.
/// Parameter Store keeps a hundred versions of each, and none of what was deleted. Nothing is decrypted.
#[derive(Debug, Parser)]
#[command(name = "history", bin_name = "envsecrets history")]
#[command(override_usage = "envsecrets history [OPTIONS] NAME\n       \
        envsecrets history [OPTIONS] PATH --since TIME\n       \
        envsecrets history [OPTIONS] PATH/")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct History {
    /// The parameter, such as /prd/app/db-password, or a path
    #[arg(value_name = "NAME|PATH")]
    name: String,

    /// Show what was written below PATH since this day or moment (UTC), or for this long, such as 3d
    #[arg(long, value_name = "TIME", help_heading = "What to print")]
    since: Option<String>,

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
      envsecrets history /prd/app/db-password --format json |
          jq '.versions[] | select(.labels != [])'

  What changed below a path since Monday, and who did it
      envsecrets history /prd/app --since 2026-11-23

  In the last three days, in the whole account
      envsecrets history / --since 3d

Exit status:
  0 if it was printed, also if nothing changed; 66 if the parameter does not exist, or nothing is below the \
path; otherwise that of a launch.";

/// The output, without a value.
#[derive(Debug, Serialize)]
struct Output<'a> {
    parameter: &'a str,
    versions: Vec<report::Object<11>>,
}

/// The output for a path, without a value.
#[derive(Debug, Serialize)]
struct OfPath<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    versions: Vec<OfOne<'a>>,
}

/// A version with the name of its parameter before it.
#[derive(Debug, Serialize)]
struct OfOne<'a> {
    parameter: &'a str,
    #[serde(flatten)]
    version: report::Object<11>,
}

/// Prints the versions.
pub fn run(history: History) -> Result<ExitCode, Errors> {
    match history.since.is_some() || history.name.ends_with('/') {
        true => of_path(&history),
        false => of_parameter(&history),
    }
}

fn of_path(history: &History) -> Result<ExitCode, Errors> {
    let path = Path::parse(&history.name)?;
    let now = SystemTime::now();
    let since = history.since.as_deref();
    let since = since.map(|text| since_when(text, now)).transpose()?;
    let store = history.connection.open()?;
    let is_new = |it: &Description| {
        since.is_none_or(|since| it.modified.is_none_or(|modified| modified >= since))
    };
    let mut found = store.describe(&Vec::from_iter(Filter::below(&path)))?;
    if path != Path::root() {
        found.extend(store.describe(&[Filter::new("Name", "Equals", path.to_string())])?);
    }
    if found.is_empty() {
        let what = format!("no parameters exist below `{path}` in {}", store.place());
        let hint = "check path, account and region for typos";
        return Err(Failure::new(exit::NOINPUT, what).hint(hint).into());
    }
    // The date of a parameter is that of its newest version: what is older has no newer one.
    found.retain(is_new);
    let names: Vec<String> = found.into_iter().map(|it| it.name).collect();
    let histories = store.histories(&names, Reading::Names)?;
    let versions = histories.into_iter().flatten().flatten();
    let mut versions: Vec<Version> = versions.filter(|it| is_new(&it.description)).collect();
    versions.sort_by(|one, other| {
        let (one, other) = (&one.description, &other.description);
        let newest_first = other.modified.cmp(&one.modified);
        let by_name = newest_first.then_with(|| one.name.cmp(&other.name));
        by_name.then(other.version.cmp(&one.version))
    });
    let text = match history.printing.format {
        Format::Table if versions.is_empty() => String::new(),
        Format::Table => table_of_path(&versions),
        Format::Json => report::json(&OfPath {
            path: &path,
            since: since.and_then(date::in_seconds),
            versions: versions
                .iter()
                .map(|version| OfOne {
                    parameter: &version.description.name,
                    version: object(version),
                })
                .collect(),
        }),
    };
    report::print(text.as_bytes())?;
    if versions.is_empty() {
        output::note(format_args!(
            "nothing was written below `{path}` since then"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A day or a moment, or a duration before now.
fn since_when(text: &str, now: SystemTime) -> Result<SystemTime, UsageError> {
    let is_date = text.contains('-');
    if !is_date {
        let age = args::age("--since", Some(text))?.unwrap_or_default();
        let before = now.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        return Ok(before.max(SystemTime::UNIX_EPOCH));
    }
    let whole = match text.contains([':', 'T']) {
        true => text.to_owned(),
        false => format!("{text}T00:00:00Z"),
    };
    humantime::parse_rfc3339_weak(&whole).map_err(|_| {
        UsageError::new(
            format!("`--since {text}` is neither a date nor a duration"),
            "use a day such as `2026-11-23`, a moment such as `2026-11-23T08:30:00Z`, or a duration such as \
             `3d`",
        )
    })
}

/// Versions of several parameters, newest first.
fn table_of_path(versions: &[Version]) -> String {
    let row = |version: &Version| {
        let it = &version.description;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            it.modified.and_then(date::in_seconds).unwrap_or_default(),
            it.name.clone(),
            it.version.to_string(),
            text(it.modified_by.as_deref().map(arn::short)),
            version.labels.join(","),
            it.kind.to_string(),
            text(it.description.as_deref()),
        ]
    };
    let rows: Vec<[String; 7]> = versions.iter().map(row).collect();
    table::shown(
        "MODIFIED PARAMETER VERSION BY LABELS TYPE DESCRIPTION",
        &rows,
        &["TYPE", "DESCRIPTION", "LABELS", "BY"],
        table::ELSEWHERE,
    )
}

fn of_parameter(history: &History) -> Result<ExitCode, Errors> {
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
    table::shown(
        "VERSION MODIFIED BY LABELS TYPE TIER KEY DESCRIPTION",
        &rows,
        &["KEY", "TIER", "TYPE", "DESCRIPTION"],
        table::ELSEWHERE,
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn since_is_a_day_a_moment_or_a_duration() {
        let now = humantime::parse_rfc3339("2026-11-27T12:00:00Z").unwrap();
        for (text, moment) in [
            ("2026-11-23", "2026-11-23T00:00:00Z"),
            ("2026-11-23T08:30:00Z", "2026-11-23T08:30:00Z"),
            ("2026-11-23 08:30:00", "2026-11-23T08:30:00Z"),
            ("3d", "2026-11-24T12:00:00Z"),
            ("90m", "2026-11-27T10:30:00Z"),
            ("0", "2026-11-27T12:00:00Z"),
            ("100000y", "1970-01-01T00:00:00Z"),
        ] {
            let moment = humantime::parse_rfc3339(moment).unwrap();
            assert_eq!(since_when(text, now).unwrap(), moment, "{text}");
        }
        for text in ["yesterday", "2026-13-01", "2026-11-23T", "", "-3d"] {
            assert!(since_when(text, now).is_err(), "{text}");
        }
        assert!(since_when("1s", now).unwrap() == now - Duration::from_secs(1));
    }
}
