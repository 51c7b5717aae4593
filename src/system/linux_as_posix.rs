//! Linux without what only Linux has: for tests of what macOS does by POSIX, built with
//! `BUILD_ENVSECRETS_POSIX=1`. No one installs this.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::SystemTime;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::stat::FileStat;
use nix::sys::statfs::{FsType, TMPFS_MAGIC, fstatfs};

use crate::system::file_system::{FileSystem, Swap};
use crate::system::start;

#[path = "linux/hints.rs"]
pub mod hints;

pub use crate::system::posix::elevation_by_ids as elevation;
pub use crate::system::posix::{
    Arrivals, DIRECTORY, Elevation, InMemory, argument_limits, end_with_parent, in_memory,
    is_pipe_without_name, is_sealed, lead_to, may, own_program, path_of, seal, try_owner,
    unnamed_file, until_readable, waits_in_read,
};

/// Runs before Rust's start-up: the C runtime calls the functions of this section before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE: extern "C" fn() = start::note;

/// Where `execvp` looks when PATH is not set.
pub const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The longest line of a terminal, with its newline (termios(3)).
pub const LONGEST_LINE: usize = 4096;

/// Signals that end no process unless it handles them, beside those of POSIX.
pub const HARMLESS: [Signal; 0] = [];

/// The name of the system if it has no files in memory without a name.
pub const WITHOUT_UNNAMED_FILES: Option<&str> = Some("POSIX");

/// The highest number of a signal.
pub fn last_signal() -> libc::c_int {
    libc::SIGRTMAX()
}

/// Keeps our memory out of core dumps and away from other processes: nothing does so in POSIX but the
/// limit of core dumps.
pub fn hide_memory() {}

/// Gives back memory that only the dynamic loader reads: not here.
pub fn release_relocations() {}

/// Device and number of a file.
pub fn identity(about: &FileStat) -> (u64, u64) {
    (about.st_dev, about.st_ino)
}

/// Renames a file within a directory, unless a file of the new name exists: no such call.
pub fn rename_to_free(_: impl AsFd, _: &OsStr, _: &OsStr) -> Result<(), Errno> {
    Err(Errno::ENOSYS)
}

/// What a directory lies on: there is no call for that in POSIX, but one of the same name on macOS.
pub fn file_system(directory: &OwnedFd) -> Result<FileSystem, Errno> {
    // RAMFS_MAGIC of statfs(2).
    const RAMFS: FsType = FsType(0x8584_58f6_u32 as _);
    Ok(match fstatfs(directory)?.filesystem_type() {
        TMPFS_MAGIC => FileSystem::Memory(Swap::Possible),
        RAMFS => FileSystem::Memory(Swap::Excluded),
        _ => FileSystem::Other {
            on: "its file system is neither tmpfs nor ramfs".to_owned(),
        },
    })
}

/// Whether swap is on: no call reports that.
pub fn swap_is_on() -> bool {
    false
}

/// The soft limit of the number of processes of this user, if it can be found.
pub fn most_processes_of_user() -> Option<u64> {
    None
}

/// The limit of tasks of our control group: there are none.
pub fn most_tasks() -> Option<(String, u64)> {
    None
}

/// The environment of another process, entry by entry.
///
/// # Errors
///
/// Always.
pub fn environment_of(_: u32) -> io::Result<Vec<Vec<u8>>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The children of a process that can be found.
pub fn children(_: u32) -> Vec<u32> {
    Vec::new()
}

/// Whether a process is a shell that runs a command.
pub fn is_shell(_: u32) -> bool {
    false
}

/// Whether a process has our name.
pub fn is_ours(_: u32) -> bool {
    false
}

/// The numbers of all processes.
///
/// # Errors
///
/// Always.
pub fn processes() -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The name of what a process runs.
pub fn name_of(_: u32) -> Option<Vec<u8>> {
    None
}

/// The control groups of a process.
pub fn control_groups(_: u32) -> String {
    String::new()
}

/// Whether a process runs a program.
pub fn runs_a_program(_: u32) -> bool {
    false
}

/// When a process began.
pub fn began(_: u32) -> Option<SystemTime> {
    None
}
