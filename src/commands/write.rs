//! Writing one parameter whose newest version is known, and reporting the result.

use std::collections::BTreeMap;
use std::ops::Range;
use std::process::ExitCode;
use std::time::SystemTime;

use super::args::Format;
use super::report::{self, Changes};
use crate::launch::error::{Errors, Failure, Problems};
use crate::parameter::Tier;
use crate::redaction::{WORD, quote};
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{Description, Store, Version, Written};
use crate::stores::parameter_store::put::{Checked, Known, MOST_VERSIONS, Oldest, Put};
use crate::stores::parameter_store::{Error, Reading, Selector};
use crate::system::signals;
use crate::{date, exit, output};

/// A parameter that exists.
#[derive(Debug)]
pub struct Existing {
    /// Its newest version.
    pub newest: Description,
    /// Its oldest version, if there is no room for one more.
    oldest: Option<Oldest>,
}

impl Existing {
    /// A parameter with these versions, oldest first; `None` if there are none.
    pub fn of(versions: &[Version]) -> Option<Self> {
        Some(Self {
            newest: versions.last()?.description.clone(),
            oldest: oldest(versions),
        })
    }

    /// What is known of it, with its tags if those are known.
    pub fn known<'k>(&'k self, tags: Option<&'k BTreeMap<String, String>>) -> Known<'k> {
        let oldest = self.oldest.as_ref();
        Known { tags, oldest }
    }
}

/// The oldest of these versions, if it would have to make room for one more.
pub fn oldest(versions: &[Version]) -> Option<Oldest> {
    let oldest = versions
        .first()
        .filter(|_| versions.len() >= MOST_VERSIONS)?;
    Some(Oldest {
        version: oldest.description.version,
        labels: oldest.labels.clone(),
    })
}

/// The version that has a label.
pub fn bearer(versions: &[Version], label: &str) -> Option<i64> {
    let has = |version: &&Version| version.labels.iter().any(|it| it == label);
    versions.iter().find(has).map(|it| it.description.version)
}

/// A parameter, or `None` if it does not exist.
pub fn existing(store: &Store, name: &str) -> Result<Option<Existing>, Error> {
    match store.history(name, Reading::Names) {
        Ok(versions) => Ok(Existing::of(&versions)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Checks all of these, each with what is known of the parameter that it changes.
///
/// # Errors
///
/// Everything for which Parameter Store would refuse any of them.
pub fn checked(store: &Store, puts: Vec<(Put, Known<'_>)>) -> Result<Vec<Checked>, Errors> {
    let count = puts.len();
    let (mut all, mut values, mut existing) = (Vec::new(), Vec::new(), Vec::new());
    for (put, known) in puts {
        match Checked::new(put, store.region(), known) {
            Ok(checked) => all.push(checked),
            Err(refused) => {
                values.extend(refused.values);
                existing.extend(refused.existing);
            }
        }
    }
    let mut problems = Problems::default();
    problems.take(storable(values, count));
    problems.take(changeable(existing));
    problems.none().map(|()| all)
}

/// The error for reasons why `count` values cannot be stored, if there are any.
pub fn storable(causes: Vec<String>, count: usize) -> Result<(), Failure> {
    let (what, hint) = match count {
        1 => (
            "Parameter Store cannot store this value",
            "nothing was written: change it, and try again",
        ),
        _ => (
            "Parameter Store cannot store all of these values",
            "nothing was written: leave them out or change them, and try again",
        ),
    };
    refused(exit::DATAERR, what, causes, hint)
}

/// The error for reasons why existing parameters cannot be changed, if there are any.
pub fn changeable(causes: Vec<String>) -> Result<(), Failure> {
    refused(
        exit::CANTCREAT,
        "Parameter Store would refuse to change what exists",
        causes,
        "nothing was written: `envsecrets label` moves a label to another version or removes it, \
         and `envsecrets tag --remove` removes a tag",
    )
}

fn refused(code: u8, what: &str, causes: Vec<String>, hint: &str) -> Result<(), Failure> {
    match causes.is_empty() {
        true => Ok(()),
        false => Err(Failure {
            causes,
            ..Failure::new(code, what).hint(hint)
        }),
    }
}

/// Writes one value. A signal that stops us meanwhile reports that it may be written.
pub fn put(store: &Store, put: &Checked) -> Result<Written, Error> {
    let name = put.name.clone();
    signals::report_before_dying(move || {
        output::note(format_args!("stopped: parameter `{name}` may be written"));
        output::hint(format_args!(
            "`envsecrets history {name}` shows whether it is"
        ));
    });
    store.put(put)
}

/// The tags of an existing parameter, to which others are to be added; `None` without permission to
/// read them.
pub fn tags(store: &Store, name: &str) -> Result<Option<BTreeMap<String, String>>, Error> {
    match store.tags(name) {
        Ok(tags) => Ok(Some(tags)),
        Err(error @ Error::Denied { .. }) => {
            output::detail(format_args!("the number of tags is not checked: {error}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The value of one version, or `None` if it does not exist.
pub fn value_at(store: &Store, name: &str, version: i64) -> Result<Option<Secret>, Error> {
    let selector = Selector::new(name.to_owned(), Some(version.to_string()));
    let mut found = store.named(&[selector], Reading::Values)?;
    Ok(found
        .pop()
        .and_then(|(_, parameter)| Some(parameter?.value)))
}

/// Whether a version already has this value. Without permission to read, or if its key no longer
/// exists, this is false: the value must still be replaceable.
pub fn has_value(store: &Store, name: &str, version: i64, value: &Secret) -> Result<bool, Error> {
    match value_at(store, name, version) {
        Ok(current) => Ok(current.as_ref() == Some(value)),
        Err(error @ (Error::KeyDenied { .. } | Error::Denied { .. })) => {
            output::note(format_args!(
                "the current value is not compared with the new one: {error}"
            ));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether all these versions have our value. An unreadable one does not.
pub fn are_ours(store: &Store, name: &str, versions: Range<i64>, value: &Secret) -> bool {
    versions.into_iter().all(|version| {
        value_at(store, name, version).is_ok_and(|current| current.as_ref() == Some(value))
    })
}

/// The next version if only the value changes. Everything is repeated, since of omitted fields the
/// service keeps only the policies (PutParameter, `Policies`).
pub fn successor(name: &str, current: &Description, value: Secret) -> Put {
    Put {
        name: name.to_owned(),
        value,
        kind: Some(current.kind.clone()),
        follows: Some(current.version),
        description: current.description.clone(),
        key_id: current
            .key_id
            .clone()
            .filter(|_| current.kind.is_encrypted()),
        tier: Some(Tier::Intelligent),
        tags: Vec::new(),
        policies: None,
        data_type: current.data_type.clone(),
        pattern: current.pattern.clone(),
    }
}

/// Refuses to write if another version than the expected one is the newest.
pub fn expect_version(name: &str, wanted: Option<i64>, newest: i64) -> Result<(), Failure> {
    match wanted {
        Some(wanted) if wanted != newest => {
            let what = format!("`{name}` is not at version {wanted}, but at version {newest}");
            Err(Failure::new(exit::CANTCREAT, what).hint(format!(
                "nothing was written; `envsecrets history {name}` shows who wrote what"
            )))
        }
        _ => Ok(()),
    }
}

/// Reports that a parameter becomes an advanced one because of its size.
pub fn warn_of_size(name: &str, value: &Secret, current: Option<&Tier>) {
    let (size, most) = (value.size(), Tier::Standard.most());
    if size > most && current != Some(&Tier::Advanced) {
        output::note(format_args!(
            "`{name}` needs the advanced tier, which is charged for: the value has {size} bytes, \
             and a standard parameter has at most {most}"
        ));
    }
}

/// The line for a version: its name as other commands take it, and the result.
pub fn line(name: &str, version: i64, what: &str, expiry: Option<SystemTime>) -> String {
    let expiry = expiry.and_then(date::in_seconds);
    let expiry = expiry.map_or(String::new(), |expiry| format!(", expires {expiry}"));
    format!("{name}:{version} {what}{expiry}\n")
}

/// Reports that nothing was written.
pub fn unchanged(name: &str, version: i64, format: Format) -> Result<ExitCode, Errors> {
    match format {
        Format::Table => report::show(&line(name, version, "unchanged", None)),
        Format::Json => object(name, version, "unchanged", None, None),
    }
}

/// The result for programs, with fields that are always the same.
fn object(
    name: &str,
    version: i64,
    result: &str,
    tier: Option<&Tier>,
    expiry: Option<SystemTime>,
) -> Result<ExitCode, Errors> {
    Changes::reported(Format::Json, |changes| {
        let fields = report::Object([
            ("parameter", name.into()),
            ("version", version.into()),
            ("result", result.into()),
            ("tier", tier.map(Tier::as_str).into()),
            ("expires", expiry.and_then(date::in_seconds).into()),
        ]);
        changes.done("", serde_json::to_value(fields).ok())
    })
}

/// Reports what would be written, with `how`.
pub fn would_be(
    name: &str,
    version: i64,
    how: &str,
    expiry: Option<SystemTime>,
    format: Format,
) -> Result<ExitCode, Errors> {
    if format == Format::Json {
        return object(name, version, "would_be_written", None, expiry);
    }
    let what = format!("would be written{how}");
    report::show(&line(name, version, &what, expiry))
}

/// Reports what was written, with `how`.
pub fn done(
    name: &str,
    written: &Written,
    how: &str,
    expiry: Option<SystemTime>,
    format: Format,
) -> Result<ExitCode, Errors> {
    if format == Format::Json {
        return object(
            name,
            written.version,
            "written",
            written.tier.as_ref(),
            expiry,
        );
    }
    let tier = written.tier.as_ref();
    let tier = tier.map_or(String::new(), |tier| {
        format!(", {}", quote(tier.as_str(), WORD))
    });
    let what = format!("written{how}{tier}");
    report::done(&line(name, written.version, &what, expiry))
}

/// Checks whether another user wrote after we read version `seen`: then our version is not the next
/// one. The service has no other way to detect this. It is an error only with `--if-version`.
pub fn undisturbed(
    store: &Store,
    put: &Put,
    seen: i64,
    written: &Written,
    if_version: Option<i64>,
) -> Result<(), Failure> {
    match overtaken(store, put, seen, written) {
        Some(failure) if if_version.is_some() => Err(failure),
        Some(failure) => {
            output::note(failure.what);
            Ok(())
        }
        None => Ok(()),
    }
}

fn overtaken(store: &Store, put: &Put, seen: i64, written: &Written) -> Option<Failure> {
    let (name, ours) = (&put.name, written.version);
    let others = seen + 1..ours;
    if ours == seen + 1 {
        return None;
    }
    if written.lost && ours > seen && are_ours(store, name, others.clone(), &put.value) {
        output::note(format_args!(
            "`{name}` was written more than once, because a response was lost"
        ));
        return None;
    }
    if ours <= seen {
        let what = format!(
            "`{name}` was deleted by another user after version {seen}; version {ours}, written \
             now, is the newest"
        );
        return Some(Failure::new(exit::CANTCREAT, what));
    }
    let (first, last) = (others.start, others.end - 1);
    let (versions, were) = match first == last {
        true => (format!("version {first}"), "was"),
        false => (format!("versions {first} to {last}"), "were"),
    };
    let what = format!(
        "{versions} of `{name}` {were} written by another user in between; version {ours}, \
         written now, is the newest"
    );
    let hint = format!(
        "check which value is correct: `envsecrets history {name}` shows who wrote what, and \
         `envsecrets rollback {name} {last}` makes the other value the newest"
    );
    Some(Failure::new(exit::CANTCREAT, what).hint(hint))
}
