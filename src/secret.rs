//! Types that cannot be printed: the value of a parameter, and the content of a file.
#![forbid(unsafe_code)]

use std::fmt;
use std::os::fd::OwnedFd;
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
#[derive(Clone)]
pub struct Content(Arc<Held>);

/// Where bytes are kept.
pub enum Held {
    /// In the memory of this process.
    Own(Vec<u8>),
    /// In a file in memory that contains nothing else, because they are too many for our own.
    File { file: OwnedFd, size: usize },
}

impl Content {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Held::Own(bytes)))
    }

    /// The content of a file in memory that has this size, in bytes, and does not change any more.
    pub fn in_file(file: OwnedFd, size: usize) -> Self {
        Self(Arc::new(Held::File { file, size }))
    }

    pub fn expose(&self) -> &Held {
        &self.0
    }

    /// The bytes, if they are in the memory of this process; they are copied if a clone exists.
    ///
    /// # Errors
    ///
    /// The content itself, if it is in a file.
    pub fn into_own(self) -> Result<Vec<u8>, Self> {
        match Arc::try_unwrap(self.0) {
            Ok(Held::Own(bytes)) => Ok(bytes),
            Ok(file) => Err(Self(Arc::new(file))),
            Err(shared) => match &*shared {
                Held::Own(bytes) => Ok(bytes.clone()),
                Held::File { .. } => Err(Self(shared)),
            },
        }
    }

    pub fn size(&self) -> usize {
        match &*self.0 {
            Held::Own(bytes) => bytes.len(),
            Held::File { size, .. } => *size,
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// Two files are not read for this: each is the same as itself alone.
impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            (Held::Own(one), Held::Own(other)) => one == other,
            _ => Arc::ptr_eq(&self.0, &other.0),
        }
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Secret};

    #[test]
    fn own_bytes_are_taken_out_of_a_content_and_the_same_of_its_clones() {
        let content = Content::new(b"abc".to_vec());
        assert_eq!(content.clone().into_own().unwrap(), b"abc");
        assert_eq!(content.into_own().unwrap(), b"abc");
        let file = || std::fs::File::open("/dev/null").unwrap().into();
        let content = Content::in_file(file(), 3);
        assert_eq!(content.size(), 3);
        assert_eq!(content.clone().into_own(), Err(content.clone()));
        assert_ne!(content, Content::in_file(file(), 3));
        assert_ne!(content, Content::new(b"abc".to_vec()));
    }

    #[test]
    fn a_secret_hides_itself_from_debug() {
        assert_eq!(
            format!("{:?}", Secret::new("hunter2".to_owned())),
            "Secret(…)"
        );
    }
}
