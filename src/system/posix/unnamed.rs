//! Files in memory without a name: POSIX has none that can be read like a file.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::unistd::geteuid;

/// A plain file, for a reader that takes a path and cannot wait: only an empty one exists.
#[derive(Debug)]
pub struct InMemory {
    /// Its path in this process.
    pub path: String,
}

/// Copies bytes into a file in memory.
///
/// # Errors
///
/// If there are any. On a disk, what was in a pipe could be found later.
pub fn in_memory(bytes: &[u8]) -> io::Result<InMemory> {
    if bytes.is_empty() {
        let path = "/dev/null".to_owned();
        return Ok(InMemory { path });
    }
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "it is not a plain file with a path in UTF-8, and this system has no files in memory into which \
         it could be copied",
    ))
}

/// An empty file in memory, without a name, that can be sealed: never.
pub fn unnamed_file() -> Result<File, Errno> {
    Err(Errno::ENOTSUP)
}

/// Lets no one change a file in memory any more: never.
pub fn seal(_: &File) -> Result<(), Errno> {
    Err(Errno::ENOTSUP)
}

/// Whether no one can change a file in memory any more: no such file exists.
pub fn is_sealed(_: BorrowedFd<'_>) -> Result<bool, Errno> {
    Err(Errno::ENOTSUP)
}

/// Makes a descriptor lead to another file in memory: no such file exists.
pub fn lead_to(_: &File, _: impl AsFd) -> Result<(), Errno> {
    Err(Errno::ENOTSUP)
}

/// The path under which a process finds its open descriptor.
pub fn path_of(descriptor: RawFd) -> String {
    format!("/dev/fd/{descriptor}")
}

/// Whether that user can own a file of ours: only root gives files away.
pub fn try_owner(id: u32) -> Result<(), Errno> {
    let ours = geteuid();
    match ours.is_root() || ours.as_raw() == id {
        true => Ok(()),
        false => Err(Errno::EPERM),
    }
}
