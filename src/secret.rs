//! Types that cannot be printed: the value of a parameter, and the content of a file.
#![forbid(unsafe_code)]

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Every secret that this process holds or held, for the texts that must not contain one.
#[cfg(not(test))]
static SECRETS: Mutex<Vec<Arc<String>>> = Mutex::new(Vec::new());

// Unit tests share a process, and each has a thread.
#[cfg(test)]
thread_local! {
    static SECRETS: Mutex<Vec<Arc<String>>> = const { Mutex::new(Vec::new()) };
}

/// All secrets so far.
pub fn secrets() -> Vec<Arc<String>> {
    with_secrets(|secrets| secrets.clone())
}

/// Notes a secret that is not a [`Secret`]: a password, a key, a token.
pub fn conceal(text: &str) {
    note(Arc::new(text.to_owned()));
}

fn note(secret: Arc<String>) {
    with_secrets(|secrets| secrets.push(secret));
}

fn with_secrets<T>(what: impl FnOnce(&mut Vec<Arc<String>>) -> T) -> T {
    let locked = |secrets: &Mutex<Vec<Arc<String>>>| {
        what(&mut secrets.lock().unwrap_or_else(PoisonError::into_inner))
    };
    #[cfg(not(test))]
    return locked(&SECRETS);
    #[cfg(test)]
    SECRETS.with(locked)
}

/// A value that cannot be printed by accident: there is no `Display`, and `Debug` hides it. Each is
/// noted, so that no text from outside can repeat it in a message (`redaction`).
///
/// It is not wiped from memory when dropped. On success `execve` discards our whole address
/// space within milliseconds, and on failure the process ends; the copies that matter, in TLS
/// and JSON buffers, would not be ours to wipe.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Arc<String>);

impl Secret {
    pub fn new(value: String) -> Self {
        let value = Arc::new(value);
        note(Arc::clone(&value));
        Self(value)
    }

    /// The value itself. Only `environment` and `files`, which hand it to the program, `documents`,
    /// which takes one apart, and checks that do not print it may call this.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The size in bytes, as Parameter Store and the kernel count it.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The bytes of a file, which cannot be printed by accident. Clones share them: they may be many.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content(Arc<Vec<u8>>);

impl Content {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_hides_itself_from_debug() {
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "Secret(…)"
        );
    }
}
