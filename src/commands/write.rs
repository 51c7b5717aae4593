//! Writing one parameter whose newest version is known, and reporting the result.

use std::ops::Range;
use std::process::ExitCode;
use std::time::SystemTime;

use super::report;
use crate::launch::error::{Errors, Failure};
use crate::parameter::Tier;
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{Description, Put, Store, Written};
use crate::stores::parameter_store::{Error, Reading, Selector};
use crate::{date, exit, output};

/// The newest version of a parameter, or `None` if it does not exist.
pub fn newest(store: &Store, name: &str) -> Result<Option<Description>, Error> {
    match store.history(name, Reading::Names) {
        Ok(versions) => Ok(versions.into_iter().next_back().map(|it| it.description)),
        Err(Error::NotFound { .. }) => Ok(None),
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
        overwrite: true,
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
pub fn unchanged(name: &str, version: i64) -> Result<ExitCode, Errors> {
    report::print(line(name, version, "unchanged", None).as_bytes())
}

/// Reports what would be written, with `how`.
pub fn would_be(
    name: &str,
    version: i64,
    how: &str,
    expiry: Option<SystemTime>,
) -> Result<ExitCode, Errors> {
    let what = format!("would be written{how}");
    report::print(line(name, version, &what, expiry).as_bytes())
}

/// Reports what was written, with `how`.
pub fn done(
    name: &str,
    written: &Written,
    how: &str,
    expiry: Option<SystemTime>,
) -> Result<ExitCode, Errors> {
    let tier = written.tier.as_ref();
    let tier = tier.map_or(String::new(), |tier| format!(", {tier}"));
    let what = format!("written{how}{tier}");
    report::done(line(name, written.version, &what, expiry).as_bytes())
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
