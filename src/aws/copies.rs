//! Copies of files that are not plain files, which the SDK can read as if they were.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::system::file::InMemory;

/// The copies, for as long as we live, with the paths of their originals.
static COPIES: Mutex<Vec<(String, InMemory)>> = Mutex::new(Vec::new());

/// Keeps a copy, and returns its path.
pub fn keep(original: String, copy: InMemory) -> String {
    let path = copy.path.clone();
    copies().push((original, copy));
    path
}

/// A message in which copies have the paths of their originals.
pub fn with_originals(message: String) -> String {
    let replace = |message: String, (original, copy): &(String, InMemory)| {
        message.replace(&copy.path, original)
    };
    copies().iter().fold(message, replace)
}

fn copies() -> MutexGuard<'static, Vec<(String, InMemory)>> {
    COPIES.lock().unwrap_or_else(PoisonError::into_inner)
}
