//! `envsecrets rollback`: writes an older value as the newest version.

use std::process::ExitCode;

use clap::Parser;

use super::args::{self, Condition, Connection, Name, Printing};
use super::launchable::{self, Others, Strictness};
use super::write::{self, Existing};
use crate::exit;
use crate::launch::error::{Errors, Failure};
use crate::stores::parameter_store::manage::Version;
use crate::stores::parameter_store::{Error, Reading};

/// Write an older value of a parameter as its newest version
///
/// Without VERSION it is the value of the version before the newest. Type, key, description, tier
/// and policies are kept, labels are not moved, and nothing is lost: the undone version still
/// exists. If both values are the same, nothing is written.
#[derive(Debug, Parser)]
#[command(name = "rollback", bin_name = "envsecrets rollback")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Rollback {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// The version, or its label, to take the value from
    #[arg(value_name = "VERSION")]
    version: Option<String>,

    #[command(flatten)]
    condition: Condition,

    #[command(flatten)]
    printing: Printing,

    #[command(flatten)]
    connection: Connection,
}

const EXAMPLES: &str = "\
Examples:
  Undo the last change
      envsecrets rollback /prd/app/db-password

  Back to a labelled version
      envsecrets rollback /prd/app/db-password stable

Exit status:
  0 if it is written, or was the same already, 65 if Parameter Store cannot store the value any \
more, or a launch could not use it (`--strict`), 66 if the parameter or version does not exist, 73 \
if the parameter cannot get a new version, another version is the newest, or another user wrote in between (`--if-version`), otherwise \
that of a launch.";

/// Writes, unless the value is the same already.
pub fn run(rollback: Rollback) -> Result<ExitCode, Errors> {
    let name = Name::writable(&rollback.name)?;
    let store = rollback.connection.open()?;
    let versions = store.history(&name, Reading::Names)?;
    let existing = Existing::of(&versions).ok_or_else(|| no_version(&name, "no versions"))?;
    let newest = &existing.newest;
    let if_version = rollback.condition.if_version;
    write::expect_version(&name, if_version, newest.version)?;
    let wanted = wanted(&name, &versions, rollback.version.as_deref())?;
    if wanted == newest.version {
        return write::unchanged(&name, newest.version, rollback.printing.format);
    }
    let Some(value) = write::value_at(&store, &name, wanted)? else {
        return Err(no_version(&name, &format!("no version {wanted}")).into());
    };
    // An unreadable newest value can be the reason for the rollback.
    if write::has_value(&store, &name, newest.version, &value)? {
        return write::unchanged(&name, newest.version, rollback.printing.format);
    }
    let origin = format!(" with the value of version {wanted}");
    let next = write::successor(&name, newest, value);
    let mut next = write::checked(&store, vec![(next, existing.known(None))])?;
    let Some(next) = next.pop() else {
        return Err(Error::internal("nothing to write").into());
    };
    let known = launchable::without_value(&name, Some(&newest.kind));
    launchable::check(
        &store,
        &launchable::path_of(&name),
        [&*next].into_iter(),
        Others::Known(vec![known]),
        Strictness::of(rollback.condition.strict),
    )?;
    write::warn_of_size(&name, &next.value, newest.tier.as_ref());
    if rollback.condition.dry_run {
        return write::would_be(
            &name,
            newest.version.saturating_add(1),
            &origin,
            None,
            rollback.printing.format,
        );
    }
    let written = write::put(&store, &next)?;
    let code = write::done(&name, &written, &origin, None, rollback.printing.format)?;
    write::undisturbed(&store, &next, newest.version, &written, if_version)?;
    Ok(code)
}

/// The requested version.
fn wanted(name: &str, versions: &[Version], text: Option<&str>) -> Result<i64, Failure> {
    let number = |version: &Version| version.description.version;
    let Some(text) = text else {
        let before = versions.iter().rev().nth(1).map(number);
        return before.ok_or_else(|| no_version(name, "no version before the newest"));
    };
    let found = match args::version(text) {
        Ok(wanted) => versions.iter().find(|it| number(it) == wanted),
        Err(_) => versions
            .iter()
            .find(|it| it.labels.iter().any(|label| label == text)),
    };
    found
        .map(number)
        .ok_or_else(|| no_version(name, &format!("no version `{text}`")))
}

fn no_version(name: &str, what: &str) -> Failure {
    let failure = Failure::new(exit::NOINPUT, format!("`{name}` has {what}"));
    failure.hint(format!(
        "nothing was written; `envsecrets history {name}` shows versions and labels"
    ))
}
