//! Writing one parameter whose newest version is known, and reporting what became of it.

use std::ops::Range;
use std::process::ExitCode;
use std::time::SystemTime;

use super::{report, table};
use crate::launch::error::{Errors, Failure};
use crate::parameter::Tier;
use crate::secret::Secret;
use crate::stores::parameter_store::manage::{Description, Put, Store, Written};
use crate::stores::parameter_store::{self, Reading, Selector};
use crate::{exit, output};

/// The newest version of a parameter, or nothing if it is not there.
pub fn newest(store: &Store, name: &str) -> Result<Option<Description>, parameter_store::Error> {
    match store.history(name, Reading::Names) {
        Ok(versions) => Ok(versions.into_iter().next_back().map(|it| it.description)),
        Err(parameter_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The value of one version, or nothing if it is not there.
pub fn value_at(
    store: &Store,
    name: &str,
    version: i64,
) -> Result<Option<Secret>, parameter_store::Error> {
    let selector = Selector::new(name.to_owned(), Some(version.to_string()));
    let mut found = store.named(&[selector], Reading::Values)?;
    Ok(found
        .pop()
        .and_then(|(_, parameter)| Some(parameter?.value)))
}

/// Whether a version holds this value already. A value that cannot be read any more, because its key
/// is gone, must be replaceable, and who may only write must be able to: then it does not count.
pub fn holds(
    store: &Store,
    name: &str,
    version: i64,
    value: &Secret,
) -> Result<bool, parameter_store::Error> {
    match value_at(store, name, version) {
        Ok(there) => Ok(there.as_ref() == Some(value)),
        Err(
            error @ (parameter_store::Error::KeyDenied { .. }
            | parameter_store::Error::Denied { .. }),
        ) => {
            output::note(format_args!(
                "the value that is there is not compared with the new one: {error}"
            ));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether all these versions hold our value. What cannot be read is not.
pub fn are_ours(store: &Store, name: &str, versions: Range<i64>, value: &Secret) -> bool {
    versions.into_iter().all(|version| {
        value_at(store, name, version).is_ok_and(|there| there.as_ref() == Some(value))
    })
}

/// What follows a version if only its value changes. All is said again, for of what is left out the
/// service promises to keep the policies, and nothing else (PutParameter, `Policies`).
pub fn successor(name: &str, there: &Description, value: Secret) -> Put {
    Put {
        name: name.to_owned(),
        value,
        kind: Some(there.kind.clone()),
        overwrite: true,
        description: there.description.clone(),
        key_id: there.key_id.clone().filter(|_| there.kind.is_encrypted()),
        tier: Some(Tier::Intelligent),
        tags: Vec::new(),
        policies: None,
        data_type: there.data_type.clone(),
        pattern: there.pattern.clone(),
    }
}

/// Refuses to write if another version than the wanted one is the newest.
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

/// Says that a parameter becomes an advanced one because of its size.
pub fn warn_of_size(name: &str, value: &Secret, there: Option<&Tier>) {
    let (size, most) = (value.size(), Tier::Standard.most());
    if size > most && there != Some(&Tier::Advanced) {
        output::note(format_args!(
            "`{name}` needs the advanced tier, which is charged for: the value has {size} bytes, \
             and a standard one holds {most}"
        ));
    }
}

/// What is said of a version: its name as other commands take it, and what became of it.
pub fn line(name: &str, version: i64, what: &str, expiry: Option<SystemTime>) -> String {
    let expiry = expiry.and_then(table::written);
    let expiry = expiry.map_or(String::new(), |expiry| format!(", expires {expiry}"));
    format!("{name}:{version} {what}{expiry}\n")
}

/// Says that nothing had to be written.
pub fn unchanged(name: &str, version: i64) -> Result<ExitCode, Errors> {
    report::print(line(name, version, "unchanged", None).as_bytes())
}

/// Says what would be written, `how` besides.
pub fn would_be(
    name: &str,
    version: i64,
    how: &str,
    expiry: Option<SystemTime>,
) -> Result<ExitCode, Errors> {
    let what = format!("would be written{how}");
    report::print(line(name, version, &what, expiry).as_bytes())
}

/// Says what was written, `how` besides.
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

/// Looks whether somebody else wrote between our look at version `seen` and what we wrote: then the
/// version that we made is not the next one. The service has no other way to know. If only the version
/// that we saw was to be replaced, that is an error.
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
            "`{name}` was written more than once, because an answer was lost"
        ));
        return None;
    }
    if ours <= seen {
        let what = format!(
            "`{name}` was deleted by somebody else after version {seen}, and is now at version \
             {ours}, which is ours"
        );
        return Some(Failure::new(exit::CANTCREAT, what));
    }
    let (first, last) = (others.start, others.end - 1);
    let (versions, were) = match first == last {
        true => (format!("version {first}"), "was"),
        false => (format!("versions {first} to {last}"), "were"),
    };
    let what = format!(
        "{versions} of `{name}` {were} written by somebody else in between, and version {ours}, \
         which is ours, is the newest"
    );
    let hint = format!(
        "find out whose value is right: `envsecrets history {name}` shows who wrote what, and \
         `envsecrets rollback {name} {last}` makes the other one the newest"
    );
    Some(Failure::new(exit::CANTCREAT, what).hint(hint))
}
