//! Files with several values, other than .env files: reading them, and lines of them for writing.
//!
//! Errors give keys, names and positions, never the text of a line.
#![forbid(unsafe_code)]

pub mod k8s;
pub mod properties;
pub mod yaml;
mod problem;

use std::collections::BTreeSet;

use crate::launch::encryption;
use crate::secret::Secret;
use crate::stores::objects::Format;
pub use problem::Problem;

/// Refuses what nothing can be read of before another tool has decrypted or decoded it: the whole
/// file, a value anywhere in it, or a Secret of Kubernetes. `format` is `None` for those that only
/// files on disk have.
///
/// # Errors
///
/// What encrypts it, and the line of a value.
pub fn refuse_encrypted(format: Option<Format>, text: &str) -> Result<(), Vec<Problem>> {
    let whole = encryption::of(text.trim_start());
    if let Some(by) = whole {
        let what = format!("it is encrypted by {}", by.name);
        return Err(vec![Problem::new(what, by.hint)]);
    }
    // Its own reader names the lines of all problems.
    if format != Some(Format::Dotenv) {
        let encrypted = |line| encryption::within(line);
        let lines = (1..).zip(text.lines());
        let mut found = lines.filter_map(|(number, line)| Some((number, encrypted(line)?)));
        if let Some((number, by)) = found.next() {
            let what = format!("line {number} is encrypted by {}", by.name);
            return Err(vec![Problem::new(what, by.hint)]);
        }
    }
    if !matches!(format, Some(Format::Yaml | Format::Json)) {
        return Ok(());
    }
    match k8s::kind(text) {
        None => Ok(()),
        Some("SealedSecret") => Err(vec![k8s::sealed()]),
        Some(_) => Err(vec![Problem::new(
            "it is a Secret of Kubernetes, whose values are encoded",
            "use the format `k8s`, which decodes them",
        )]),
    }
}

/// The same pairs, each of whose keys occurs once.
///
/// # Errors
///
/// The keys that occur more than once; or that it is empty.
pub fn distinct(pairs: Vec<(String, Secret)>) -> Result<Vec<(String, Secret)>, Vec<Problem>> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (key, _) in &pairs {
        if !seen.insert(key) {
            problems.push(Problem::new(
                format!("the key `{key}` exists more than once"),
                "readers disagree on which one counts: keep one",
            ));
        }
    }
    if pairs.is_empty() {
        problems.push(Problem::nothing());
    }
    match problems.is_empty() {
        true => Ok(pairs),
        false => Err(problems),
    }
}
