//! Files that get their name when they are complete.
//!
//! A file is written under a hidden name in the directory where it is to be, and then renamed. Its
//! writer holds its lock (flock(2)) until it has its final name, or the writer ends. So what a
//! killed process left behind is what has such a name and no lock.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{LinkatFlags, UnlinkatFlags, linkat, unlinkat};

use crate::system::os;

/// How hidden names begin. 16 hexadecimal digits follow.
pub const PREFIX: &str = ".envsecrets-";

/// Device and number of a file or directory. File systems in memory hardly use a number again.
pub type Identity = (u64, u64);

/// A file under a hidden name, removed when it is dropped.
#[derive(Debug)]
pub struct Part<'d> {
    directory: BorrowedFd<'d>,
    name: OsString,
    file: File,
    /// Whether it has its final name, and stays.
    named: bool,
}

impl<'d> Part<'d> {
    /// Creates an empty file in a directory, with these permissions as far as umask(2) allows, and
    /// locks it.
    ///
    /// # Errors
    ///
    /// If it cannot be created. Nothing is left then.
    pub fn create(directory: BorrowedFd<'d>, mode: Mode) -> Result<Self, Errno> {
        let flags =
            OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        loop {
            let name = OsString::from(format!("{PREFIX}{:016x}", fastrand::u64(..)));
            let file = match openat(directory, name.as_os_str(), flags, mode) {
                Ok(file) => File::from(file),
                Err(Errno::EEXIST) => continue,
                Err(errno) => return Err(errno),
            };
            let part = Self {
                directory,
                name,
                file,
                named: false,
            };
            // Where files have no locks, no one can lock it in order to remove it either.
            let is_taken = matches!(part.file.try_lock(), Err(TryLockError::WouldBlock));
            // Another start may have taken it for a leftover before it was locked.
            if !is_taken && is_at(directory, &part.name, part.identity()?) {
                return Ok(part);
            }
        }
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Writes all of these bytes.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Errno> {
        (&self.file).write_all(bytes).map_err(errno)
    }

    pub fn identity(&self) -> Result<Identity, Errno> {
        let about = self.file.metadata().map_err(errno)?;
        Ok((about.dev(), about.ino()))
    }

    /// Gives it this name, and replaces the file of that name if there is one.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed. It is removed then.
    pub fn replace(mut self, name: &OsStr) -> Result<(), Errno> {
        let (from, to) = (self.directory, self.directory);
        renameat(from, self.name.as_os_str(), to, name)?;
        self.named = true;
        Ok(())
    }

    /// Gives it this name, unless a file of that name exists.
    ///
    /// # Errors
    ///
    /// `EEXIST` if a file of that name exists, or if it cannot be renamed. It is removed then.
    pub fn publish(mut self, name: &OsStr) -> Result<(), Errno> {
        match os::rename_to_free(self.directory, &self.name, name) {
            // A kernel (before Linux 3.15), a filter or a file system that does not know it.
            Err(Errno::ENOSYS | Errno::EINVAL | Errno::EPERM | Errno::ENOTSUP) => {
                let (from, to) = (self.directory, self.directory);
                let flags = LinkatFlags::empty();
                linkat(from, self.name.as_os_str(), to, name, flags)
            }
            Err(errno) => Err(errno),
            Ok(()) => {
                self.named = true;
                Ok(())
            }
        }
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if !self.named {
            let (directory, name) = (self.directory, self.name.as_os_str());
            let _ = unlinkat(directory, name, UnlinkatFlags::NoRemoveDir);
        }
    }
}

/// Whether a name in a directory is that of this file.
pub fn is_at(directory: BorrowedFd<'_>, name: &OsStr, identity: Identity) -> bool {
    let about = fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW);
    about.is_ok_and(|about| os::identity(&about) == identity)
}

/// Opens an existing file for reading, without a wait whatever it is, and not through a link.
pub fn open(directory: BorrowedFd<'_>, name: &OsStr) -> Result<File, Errno> {
    let flags = OFlag::O_RDONLY
        | OFlag::O_NOFOLLOW
        | OFlag::O_NONBLOCK
        | OFlag::O_NOCTTY
        | OFlag::O_CLOEXEC;
    openat(directory, name, flags, Mode::empty()).map(File::from)
}

/// Opens a directory once more, to read it or lock it.
pub fn open_directory(directory: BorrowedFd<'_>) -> Result<File, Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    openat(directory, ".", flags, Mode::empty()).map(File::from)
}

/// Removes from a directory what a killed process left there, as far as that is possible. Files that
/// a running process is writing are locked, and stay.
pub fn clean(directory: BorrowedFd<'_>) {
    let listing = open_directory(directory).map(|it| Dir::from_fd(it.into()));
    let Ok(Ok(mut listing)) = listing else {
        return;
    };
    for entry in listing.iter().flatten() {
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if !is_hidden(name) {
            continue;
        }
        let Ok(file) = open(directory, name) else {
            continue;
        };
        let is_file = file.metadata().is_ok_and(|about| about.is_file());
        // A shared lock is enough, and needs no permission to write on any file system.
        if is_file && file.try_lock_shared().is_ok() {
            let _ = unlinkat(directory, name, UnlinkatFlags::NoRemoveDir);
        }
    }
}

/// Whether a name is one of those under which files are written.
pub fn is_hidden(name: &OsStr) -> bool {
    let number = name.as_bytes().strip_prefix(PREFIX.as_bytes());
    number.is_some_and(|number| {
        let digit = |it: &u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        number.len() == 16 && number.iter().all(digit)
    })
}

/// The number of an error of the system.
pub fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}
