//! Files that a command writes, on any file system: completely or not at all.
//!
//! Signals wait until a file is complete or gone, and then end us. After SIGKILL an incomplete file
//! can be left under a hidden name, and the next write to that directory removes it.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::system::os;
use crate::system::part::{self, Part};
use crate::system::signals::Held;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner, whatever umask(2) is.
    Owner,
    /// Everyone, as far as umask(2) allows.
    Everyone,
}

/// Why a file was not written.
#[derive(Debug)]
pub enum Unwritten {
    /// It is as it was.
    Unchanged(io::Error),
    /// It ends with a piece of what was to be appended.
    Torn(io::Error),
}

impl<E: Into<io::Error>> From<E> for Unwritten {
    fn from(error: E) -> Self {
        Self::Unchanged(error.into())
    }
}

/// Creates a file with this content.
///
/// # Errors
///
/// `AlreadyExists` if a file of that name exists, or if it cannot be written.
pub fn create(file: &Path, readers: Readers, content: &[u8]) -> Result<(), Unwritten> {
    let new = match readers {
        Readers::Owner => New {
            mode: 0o600,
            exact: true,
            replaced: None,
        },
        Readers::Everyone => New {
            mode: 0o666,
            exact: false,
            replaced: None,
        },
    };
    Ok(save(file, &new, content)?)
}

/// Replaces a file, also where a symbolic link leads. Its owner stays as far as possible, and what
/// its owner may do; others may do nothing.
///
/// # Errors
///
/// If it cannot be written.
pub fn replace(file: &Path, content: &[u8]) -> Result<(), Unwritten> {
    let existing = file.metadata()?;
    let new = New {
        mode: existing.mode() & 0o600,
        exact: true,
        replaced: Some(existing),
    };
    Ok(save(&file.canonicalize()?, &new, content)?)
}

/// Appends lines to a file that others append to, too, and begins a new line if the file does not end
/// with one. A file that does not exist is created, for its owner alone.
///
/// # Errors
///
/// If it cannot be written.
pub fn append(file: &Path, lines: &[u8]) -> Result<(), Unwritten> {
    loop {
        return match open_to_append(file) {
            Ok((opened, last)) => append_to(&opened, last, lines),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                match create(file, Readers::Owner, lines) {
                    // Someone else was faster.
                    Err(Unwritten::Unchanged(error))
                        if error.kind() == ErrorKind::AlreadyExists =>
                    {
                        continue;
                    }
                    created => created,
                }
            }
            Err(error) => Err(error.into()),
        };
    }
}

/// A file that takes a name when it is complete.
struct New {
    mode: u32,
    /// Whether it has this mode whatever umask(2) is.
    exact: bool,
    replaced: Option<Metadata>,
}

fn save(file: &Path, new: &New, content: &[u8]) -> io::Result<()> {
    let name = file.file_name().ok_or(ErrorKind::InvalidInput)?;
    if part::is_hidden(name) {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            "the name is one under which files are written",
        ));
    }
    let parent = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let directory = open(parent, os::DIRECTORY, Mode::empty())?;
    let held = Held::hold();
    part::clean(directory.as_fd());
    let part = Part::create(directory.as_fd(), Mode::from_bits_truncate(new.mode as _))?;
    fill(&part, new, content)?;
    if let Some(signal) = held.arrived() {
        drop(part);
        held.end(signal);
    }
    give_name(part, new, name)?;
    // The file exists in any case; this protects against power loss.
    if let Ok(directory) = File::open(parent) {
        let _ = directory.sync_all();
    }
    Ok(())
}

fn fill(part: &Part<'_>, new: &New, content: &[u8]) -> io::Result<()> {
    let file = part.file();
    if new.exact {
        file.set_permissions(Permissions::from_mode(new.mode))?;
    }
    if let Some(replaced) = &new.replaced {
        // Only root can replace the file of another user, who must still be able to read it.
        let _ = fchown(file, Some(replaced.uid()), Some(replaced.gid()));
    }
    part.write(content)?;
    file.sync_all()
}

fn give_name(part: Part<'_>, new: &New, name: &OsStr) -> io::Result<()> {
    match new.replaced {
        Some(_) => part.replace(name)?,
        None => part.publish(name)?,
    }
    Ok(())
}

/// How an existing file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// It is empty, or ends with a line end.
    Complete,
    /// Or it cannot be read, and might.
    Incomplete,
}

fn open_to_append(file: &Path) -> io::Result<(File, Last)> {
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(OFlag::O_NOCTTY.bits());
    match options.clone().read(true).open(file) {
        Ok(opened) => {
            let length = opened.metadata()?.len();
            let mut last = *b"\n";
            if length > 0 {
                opened.read_exact_at(&mut last, length - 1)?;
            }
            let last = match &last {
                b"\n" => Last::Complete,
                _ => Last::Incomplete,
            };
            Ok((opened, last))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Ok((options.open(file)?, Last::Incomplete))
        }
        Err(error) => Err(error),
    }
}

fn append_to(mut file: &File, last: Last, lines: &[u8]) -> Result<(), Unwritten> {
    let lines = match last {
        Last::Complete => lines.to_vec(),
        Last::Incomplete => [b"\n", lines].concat(),
    };
    let held = Held::hold();
    let before = file.metadata()?.len();
    let mut rest = lines.as_slice();
    while !rest.is_empty() {
        let error = match file.write(rest) {
            Ok(0) => ErrorKind::WriteZero.into(),
            Ok(count) => {
                rest = &rest[count..];
                continue;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => error,
        };
        let written = lines.len() - rest.len();
        if written == 0 {
            return Err(error.into());
        }
        // What others have appended in the meantime is not ours to cut off.
        let length = file.metadata().map(|about| about.len()).unwrap_or_default();
        let is_last = length == before + written as u64;
        return match is_last && file.set_len(before).is_ok() {
            true => Err(Unwritten::Unchanged(error)),
            false => Err(Unwritten::Torn(error)),
        };
    }
    drop(held);
    Ok(())
}
