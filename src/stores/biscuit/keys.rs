//! The keys that a file of Biscuit names, for the policy of its reader.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::aws::files;
use crate::net::progress::Progress;
use crate::stores::biscuit::file::{self, Kind};
use crate::stores::biscuit::read::{LONGEST, malformed};
use crate::stores::biscuit::source::Source;
use crate::stores::error::Error;

/// The keys with which what a source names is sealed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// As the file has them: ARNs, unless someone wrote others.
    pub ids: Vec<String>,
    /// Whether any value is sealed at all.
    pub is_sealed: bool,
}

/// The keys of the entries of a source; `None` if its file does not exist here.
///
/// # Errors
///
/// If the file cannot be read in time, or is none of Biscuit.
pub fn keys(source: &Source, timeout: Option<Duration>) -> Result<Option<Keys>, Error> {
    let progress = Progress::start(timeout);
    let Some(content) = files::content(Path::new(&source.path), LONGEST, &progress)? else {
        return Ok(None);
    };
    let secrets = file::parse(&content.bytes).map_err(|flaw| malformed(&source.path, &flaw))?;
    let is_wanted = |name: &str| source.name.as_deref().is_none_or(|wanted| wanted == name);
    let entries = secrets.iter().filter(|(name, _)| is_wanted(name));
    let entries = entries.flat_map(|(_, entries)| entries);
    let sealed = entries.filter(|entry| matches!(entry.kind(), Ok(Kind::Sealed(_))));
    let ids: BTreeSet<String> = sealed.map(|entry| entry.key_id.clone()).collect();
    Ok(Some(Keys {
        is_sealed: !ids.is_empty(),
        ids: ids.into_iter().filter(|id| !id.is_empty()).collect(),
    }))
}
