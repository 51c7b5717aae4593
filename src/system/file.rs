//! Reading a file of any kind, within bounds of time and size.
//!
//! A path can lead to a named pipe that no one writes to, a terminal, or a device without an end. A
//! pipe is also how a shell passes the output of a command (`<(…)`), so none of them is refused:
//! they are read for as long as there is time, and no further than a file of their purpose can be
//! long.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;

use crate::output;
use crate::system::{os, signals};

pub use crate::system::os::{InMemory, in_memory};

/// The longest file of settings, or token, in bytes. What is longer is a device, or a log given by
/// mistake.
pub const LONGEST: usize = 1024 * 1024;

/// How long a file may take before a line reports it.
const FIRST_REPORT: Duration = Duration::from_secs(2);

/// Why a file was not read.
#[derive(Debug)]
pub enum Unread {
    Failed(io::Error),
    TooLong {
        /// The bound, in bytes.
        longest: usize,
    },
    /// It was not read to its end by the deadline.
    Late {
        /// What it waits for, such as "it is a named pipe that no one writes to".
        kind: &'static str,
    },
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Errno> for Unread {
    fn from(error: Errno) -> Self {
        Self::Failed(error.into())
    }
}

/// A bound in bytes, for messages.
pub fn size(bytes: usize) -> String {
    match bytes / (1024 * 1024) {
        0 => format!("{} KiB", bytes / 1024),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

/// Whether a file can be read without a wait, and is not longer than `longest`: a plain file. One
/// that cannot be opened counts as plain too, because that is found without a wait.
///
/// # Errors
///
/// `TooLong` for a longer plain file.
pub fn is_plain(path: &Path, longest: usize) -> Result<bool, Unread> {
    let Ok(about) = path.metadata() else {
        return Ok(true);
    };
    if about.is_dir() {
        return Ok(true);
    }
    // Files that the kernel makes up have no length, and some of them block (/proc/kmsg).
    if !about.is_file() || about.len() == 0 {
        return Ok(false);
    }
    match usize::try_from(about.len()) {
        Ok(length) if length <= longest => Ok(true),
        _ => Err(Unread::TooLong { longest }),
    }
}

/// Reads a file of at most `longest` bytes by the deadline, if there is one. A signal ends the
/// process as at any other time. A plain file is read directly.
///
/// # Errors
///
/// If it cannot be read, is longer, or does not end by the deadline.
pub fn read(path: &Path, longest: usize, deadline: Option<Instant>) -> Result<Vec<u8>, Unread> {
    let mut file = open(path)?;
    let about = file.metadata()?;
    if about.is_file() && about.len() > 0 {
        let length = usize::try_from(about.len()).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(length.min(longest) + 1);
        file.take(longest as u64 + 1).read_to_end(&mut bytes)?;
        return match bytes.len() <= longest {
            true => Ok(bytes),
            false => Err(Unread::TooLong { longest }),
        };
    }
    // PID 1 has no default actions, and this may be before anything else that waits.
    signals::stand_ready();
    let mut wait = Wait::new(path, deadline);
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    // Without a writer, a read returns the end of the file, also from a named pipe whose writer is
    // still to come: hence the wait first. A pipe without a name gets no writer any more.
    // Then it is read only when that cannot wait.
    let waits_in_read = os::waits_in_read(&file);
    let mut ready = !waits_in_read && os::is_pipe_without_name(&file);
    loop {
        if !ready {
            wait.until_ready(&mut file)?;
        }
        match file.read(&mut piece) {
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ready = false;
                continue;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        }
        if bytes.len() > longest {
            return Err(Unread::TooLong { longest });
        }
        // The end may be known already, and then poll(2) reports nothing more.
        ready = !waits_in_read;
        wait.check()?;
    }
}

/// Opens a file without waiting for a writer (fifo(7)), and without making a terminal ours.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let opened = File::options()
        .read(true)
        .custom_flags(flags.bits())
        .open(path);
    match opened {
        // A plain file with a lease (open(2)).
        Err(error) if error.kind() == ErrorKind::WouldBlock => File::open(path),
        opened => opened,
    }
}

/// The time that a file takes.
struct Wait<'p> {
    path: &'p Path,
    deadline: Option<Instant>,
    /// When the wait is reported.
    report: Option<Instant>,
}

impl<'p> Wait<'p> {
    fn new(path: &'p Path, deadline: Option<Instant>) -> Self {
        Self {
            path,
            deadline,
            report: Some(Instant::now() + FIRST_REPORT),
        }
    }

    /// Waits until the file has bytes or has ended.
    fn until_ready(&mut self, file: &mut File) -> Result<(), Unread> {
        loop {
            let next = self.deadline.into_iter().chain(self.report).min();
            let left = next.map(|next| {
                let left = next.saturating_duration_since(Instant::now());
                // Up to a millisecond more, so that the wait is over after it.
                left.saturating_add(Duration::from_millis(1))
            });
            match os::until_readable([file.as_fd()], left) {
                Err(Errno::EINTR) | Ok([false]) => {}
                Err(error) => return Err(error.into()),
                Ok([true]) => return Ok(()),
            }
            let now = Instant::now();
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                let kind = kind_at_the_end(file);
                return Err(Unread::Late { kind });
            }
            if self.report.is_some_and(|report| report <= now) {
                self.report = None;
                let left = self.deadline.map_or(String::new(), |deadline| {
                    let left = deadline.saturating_duration_since(now).as_secs();
                    format!("; giving up in {left} s")
                });
                let (path, kind) = (self.path.display(), kind(file));
                output::note(format_args!("waiting for `{path}`: {kind}{left}"));
            }
        }
    }

    /// Fails after the deadline, for a file that gives bytes for ever.
    fn check(&self) -> Result<(), Unread> {
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => Err(Unread::Late {
                kind: "it does not end",
            }),
            _ => Ok(()),
        }
    }
}

/// What kind of file gives nothing.
fn kind(file: &File) -> &'static str {
    match file.metadata() {
        Ok(about) if !about.file_type().is_fifo() => "it is a terminal or a device",
        Ok(_) if os::is_pipe_without_name(file) => "it is a pipe, and its writer has not closed it",
        Ok(_) => "it is a named pipe",
        Err(_) => "it gives nothing",
    }
}

/// The same at the deadline, when a byte that comes now is not missed any more.
fn kind_at_the_end(file: &mut File) -> &'static str {
    match kind(file) {
        // Without a writer, a read returns the end of the file instead of an error.
        "it is a named pipe" if os::waits_in_read(file) => {
            "it is a named pipe, and its writer has not closed it"
        }
        "it is a named pipe" => match file.read(&mut [0]) {
            Ok(0) => "it is a named pipe that no one writes to",
            _ => "it is a named pipe, and its writer has not closed it",
        },
        kind => kind,
    }
}

#[cfg(test)]
mod tests;
