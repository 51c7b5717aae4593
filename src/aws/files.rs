//! The files that the SDK reads for settings and credentials.
//!
//! The SDK reads a file in one call, however long it is and however long that takes. So we look at
//! each file first. A plain one of a reasonable size is left to the SDK. Any other, such as a named
//! pipe, is read here, within the deadline, and the SDK gets a copy in memory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::aws::copies;
use crate::aws::error::Error;
use crate::net::environment::Variables;
use crate::net::progress::Progress;
pub use crate::system::file::LONGEST;
use crate::system::file::{self, Unread};
use crate::system::process;

/// The files of settings: the variable that names each, and where it is otherwise.
const SETTINGS: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", "~/.aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];

/// The files of trusted certificates, of which the variable that is set first counts.
const CERTIFICATES: [&str; 2] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE"];

/// The longest file of certificates, in bytes. What a system trusts is a quarter of a mebibyte.
const LONGEST_BUNDLE: usize = 16 * 1024 * 1024;

/// Where the home directory is, for us and for the SDK, as the AWS CLI finds it: from the user
/// database if HOME is not set, and the root directory if it is empty (`expanduser` of Python).
pub fn find_home() {
    match std::env::var_os("HOME") {
        Some(home) if home.is_empty() => process::set("HOME", "/"),
        Some(_) => {}
        None => {
            if let Some(home) = process::home_of_user() {
                process::set("HOME", home);
            }
        }
    }
}

/// Makes the files of settings and of certificates readable.
///
/// # Errors
///
/// If one is too long, or is not read by the deadline.
pub fn prepare_settings(progress: &Progress) -> Result<(), Error> {
    for (variable, default) in SETTINGS {
        let named = Variables.os(variable);
        let path = with_home(named.as_deref().unwrap_or(OsStr::new(default)));
        let from = named.is_some().then_some(variable);
        if let Some(copy) = prepare(&path, from, LONGEST, progress)? {
            process::set(variable, copy);
        }
    }
    if let Some(variable) = CERTIFICATES.into_iter().find(|it| Variables.is_set(it)) {
        prepare_variable(variable, LONGEST_BUNDLE, progress)?;
    }
    Ok(())
}

/// Makes a file readable for the SDK that only a variable names.
///
/// # Errors
///
/// If it is too long, or is not read by the deadline.
pub fn prepare_variable(
    variable: &'static str,
    longest: usize,
    progress: &Progress,
) -> Result<(), Error> {
    if let Some(path) = Variables.os(variable)
        && let Some(copy) = prepare(Path::new(&path), Some(variable), longest, progress)?
    {
        process::set(variable, copy);
    }
    Ok(())
}

/// The text of a file that a variable names, such as one with a token, or that has its usual place.
/// `None` if it has a usual place, and does not exist.
///
/// # Errors
///
/// If it cannot be read, is too long or no text, or is not read by the deadline.
pub fn text(
    path: &OsStr,
    from: Option<&'static str>,
    progress: &Progress,
) -> Result<Option<String>, Error> {
    let path = with_home(path);
    let failed = |why: Unread| error(&path, from, why, progress.timeout());
    let bytes = match file::read(&path, LONGEST, progress.deadline()) {
        Ok(bytes) => bytes,
        Err(Unread::Failed(why))
            if from.is_none() && why.kind() == std::io::ErrorKind::NotFound =>
        {
            return Ok(None);
        }
        Err(why) => return Err(failed(why)),
    };
    let text = String::from_utf8(bytes).map_err(|_| Error::Unreadable {
        file: path.display().to_string(),
        from,
        why: "it is not UTF-8".to_owned(),
    })?;
    Ok(Some(text))
}

/// What a file has.
#[derive(Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    /// When it was written, if the file system has that.
    pub modified: Option<SystemTime>,
}

/// The content of a file of at most `longest` bytes that a place names; `None` if it does not exist.
///
/// # Errors
///
/// If it cannot be read, is longer, or is not read by the deadline.
pub fn content(path: &Path, longest: usize, progress: &Progress) -> Result<Option<Content>, Error> {
    let modified = path.metadata().and_then(|about| about.modified()).ok();
    match file::read(path, longest, progress.deadline()) {
        Ok(bytes) => Ok(Some(Content { bytes, modified })),
        Err(Unread::Failed(why)) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(error(path, None, why, progress.timeout())),
    }
}

/// The path under which the SDK can read a file, if that is another one.
///
/// # Errors
///
/// If it is too long, or is not read by the deadline.
pub fn prepare(
    path: &Path,
    from: Option<&'static str>,
    longest: usize,
    progress: &Progress,
) -> Result<Option<String>, Error> {
    let plain = file::is_plain(path, longest);
    let is_text = path.to_str().is_some();
    if matches!(plain, Ok(true)) && is_text {
        return Ok(None);
    }
    let deadline = progress.deadline();
    let read = plain.and_then(|_| file::read(path, longest, deadline));
    let bytes = match read {
        Ok(bytes) => bytes,
        // Reported where its content is missed.
        Err(Unread::Failed(_)) => return Ok(None),
        Err(why) => return Err(error(path, from, why, progress.timeout())),
    };
    let copy = file::in_memory(&bytes).map_err(|why| {
        let why = Unread::Failed(why);
        error(path, from, why, progress.timeout())
    })?;
    Ok(Some(copies::keep(path.display().to_string(), copy)))
}

/// Refuses a file that only the SDK can find and change, if it is not a plain one.
///
/// # Errors
///
/// If it is too long, or not a plain file.
pub fn refuse_unless_plain(path: &Path) -> Result<(), Error> {
    match file::is_plain(path, LONGEST) {
        Ok(true) => Ok(()),
        // An empty file is only that.
        Ok(false) if path.is_file() => Ok(()),
        Ok(false) => Err(Error::Unreadable {
            file: path.display().to_string(),
            from: None,
            why: "it is not a plain file".to_owned(),
        }),
        Err(why) => Err(error(path, None, why, None)),
    }
}

/// The files of settings that cannot be read, and why: the SDK treats them as empty.
pub fn unreadable_settings() -> Vec<String> {
    let mut unreadable = Vec::new();
    for (variable, default) in SETTINGS {
        let named = Variables.os(variable);
        let path = with_home(named.as_deref().unwrap_or(OsStr::new(default)));
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                let path = copies::with_originals(path.display().to_string());
                unreadable.push(format!("`{path}`: {error}"));
            }
            Ok(_) => {}
        }
    }
    unreadable
}

/// A path whose `~` is the home directory, as the SDK expands it.
fn with_home(path: &OsStr) -> PathBuf {
    let rest = path.as_bytes().strip_prefix(b"~/");
    match (rest, Variables.os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(OsStr::from_bytes(rest)),
        _ => PathBuf::from(path),
    }
}

fn error(path: &Path, from: Option<&'static str>, why: Unread, timeout: Option<Duration>) -> Error {
    let file = path.display().to_string();
    match why {
        Unread::Failed(why) => Error::Unreadable {
            file,
            from,
            why: why.to_string(),
        },
        Unread::TooLong { longest } => Error::Unreadable {
            file,
            from,
            why: format!("it is longer than {}", file::size(longest)),
        },
        Unread::Late { kind } => Error::Late {
            file,
            from,
            kind,
            timeout: timeout.unwrap_or_default(),
        },
    }
}
