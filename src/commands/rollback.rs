//! `envsecrets rollback`: an older value becomes the newest version.

use std::process::ExitCode;

use clap::Parser;

use super::{Place, put};
use crate::launch::error::{Errors, Failure};
use crate::stores::parameter_store::manage::{Store, Version};
use crate::stores::parameter_store::{self, Reading};
use crate::{exit, output};

/// Write an older value of a parameter as its newest version
///
/// Without VERSION it is that of the version before the newest. Type, key, description, tier and
/// policies stay as they are now, labels stay where they are, and nothing is lost: the version that is
/// undone is still there. If both values are the same, nothing is written.
#[derive(Debug, Parser)]
#[command(
    name = "rollback",
    bin_name = "envsecrets rollback",
    after_long_help = EXAMPLES,
    disable_help_flag = true
)]
pub struct Rollback {
    /// The parameter, such as /prd/app/db-password
    #[arg(value_name = "NAME")]
    name: String,

    /// The version, or a label that is on it, whose value is wanted back
    #[arg(value_name = "VERSION")]
    version: Option<String>,

    /// Write only if this is the newest version
    #[arg(
        long,
        value_name = "VERSION",
        value_parser = super::version_number,
        help_heading = "When to write"
    )]
    if_version: Option<i64>,

    /// Say what would be written, and write nothing
    #[arg(long, help_heading = "When to write")]
    dry_run: bool,

    #[command(flatten)]
    place: Place,
}

const EXAMPLES: &str = "\
Examples:
  Undo the last change
      envsecrets rollback /prd/app/db-password

  Back to what was known to work
      envsecrets rollback /prd/app/db-password stable

Exit status:
  0 if it is written, or was the same already, 66 if there is no such parameter or version, 73 if \
another version is the newest, or somebody else wrote in between (`--if-version`), otherwise that of \
a launch.";

/// Writes, unless there is nothing to write.
pub fn run(rollback: Rollback) -> Result<ExitCode, Errors> {
    let name = super::name(&rollback.name)?;
    let store = rollback.place.open()?;
    let versions = store.history(&name, Reading::Names)?;
    let newest = versions.last().ok_or_else(|| no_version(&name, "is"))?;
    let newest = &newest.description;
    if let Some(version) = rollback.if_version
        && version != newest.version
    {
        return Err(put::at_another_version(&name, version, newest.version).into());
    }
    let wanted = wanted(&name, &versions, rollback.version.as_deref())?;
    let unchanged = || {
        let line = put::line(&name, newest.version, "unchanged", None, None);
        super::print(line.as_bytes())
    };
    if wanted == newest.version {
        return unchanged();
    }
    let Some(value) = put::value_at(&store, &name, wanted)? else {
        return Err(no_version(&name, &format!("is no version {wanted}")).into());
    };
    if is_newest(&store, &name, newest.version, &value)? {
        return unchanged();
    }
    let next = put::successor(&name, newest, value.clone());
    let origin = format!("with the value of version {wanted}");
    if rollback.dry_run {
        let what = format!("would be written {origin}");
        let line = put::line(&name, newest.version + 1, &what, None, None);
        return super::print(line.as_bytes());
    }
    put::tell_of_size(&name, &value, newest.tier.as_deref());
    let written = store.put(&next)?;
    let what = format!("written {origin}");
    let tier = written.tier.as_deref();
    let code = super::say(put::line(&name, written.version, &what, tier, None).as_bytes())?;
    if let Some(failure) = put::overtaken(&store, &name, newest.version, &written, &value) {
        if rollback.if_version.is_some() {
            return Err(failure.into());
        }
        output::note(failure.what);
    }
    Ok(code)
}

/// Whether the newest version holds this value already.
fn is_newest(
    store: &Store,
    name: &str,
    newest: i64,
    value: &crate::secret::Secret,
) -> Result<bool, Errors> {
    match put::value_at(store, name, newest) {
        Ok(there) => Ok(there.as_ref() == Some(value)),
        // That may be why the older one is wanted back.
        Err(error @ parameter_store::Error::KeyDenied { .. }) => {
            put::say_not_compared(&error);
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Which version is meant.
fn wanted(name: &str, versions: &[Version], text: Option<&str>) -> Result<i64, Failure> {
    let number = |version: &Version| version.description.version;
    let Some(text) = text else {
        let before = versions.iter().rev().nth(1).map(number);
        return before.ok_or_else(|| no_version(name, "is no version before the newest"));
    };
    let found = match super::version_number(text) {
        Ok(wanted) => versions.iter().find(|it| number(it) == wanted),
        Err(_) => versions
            .iter()
            .find(|it| it.labels.iter().any(|label| label == text)),
    };
    found
        .map(number)
        .ok_or_else(|| no_version(name, &format!("is no version `{text}`")))
}

fn no_version(name: &str, what: &str) -> Failure {
    let failure = Failure::new(exit::NOINPUT, format!("there {what} of `{name}`"));
    failure.hint(format!(
        "nothing was written; `envsecrets history {name}` shows versions and labels"
    ))
}
