//! What Linux does in its own way: files in memory, `/proc`, capabilities, signals as files.
//!
//! Each item has its counterpart in `macos`; what calls them is the same on both systems.

mod arguments;
pub mod hints;
mod memory_file;
mod mounts;
mod prompt;
mod privileges;
mod processes;
mod relocations;

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::stat::FileStat;
use nix::sys::statfs::fstatfs;
use nix::unistd::{AccessFlags, eaccess};

use crate::system::start;

pub use crate::system::readable::until_readable;
pub use arguments::argument_limits;
pub use memory_file::{
    InMemory, in_memory, is_sealed, lead_to, path_of, seal, try_owner, unnamed_file,
};
pub use mounts::{file_system, swap_is_on};
pub use privileges::{Elevation, elevation};
pub use processes::{
    began, children, control_groups, environment_of, is_ours, is_shell, most_processes_of_user,
    most_tasks, name_of, processes, runs_a_program,
};
pub use prompt::{Arrivals, LONGEST_LINE};
pub use relocations::release_relocations;

/// Runs before Rust's start-up: the C runtime calls the functions of this section before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE: extern "C" fn() = start::note;

/// Where glibc's `execvp` looks when PATH is not set.
pub const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// How a directory is opened that is not read: for what is in it.
pub const DIRECTORY: OFlag = OFlag::O_PATH
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// The name of the system if it has no files in memory without a name.
pub const WITHOUT_UNNAMED_FILES: Option<&str> = None;

/// Signals that end no process unless it handles them, beside those of POSIX.
pub const HARMLESS: [Signal; 0] = [];

/// A path of the program that this process runs.
pub fn own_program() -> Option<PathBuf> {
    Some(PathBuf::from("/proc/self/exe"))
}

/// Whether we may use a file in this way, by our effective ids.
pub fn may(file: &Path, how: AccessFlags) -> Result<(), Errno> {
    eaccess(file, how)
}

/// The highest number of a signal.
pub fn last_signal() -> libc::c_int {
    libc::SIGRTMAX()
}

/// Keeps our memory out of core dumps, and away from other processes of the same user. `execve` resets
/// that (prctl(2), `PR_SET_DUMPABLE`).
pub fn hide_memory() {
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Lets the kernel end this process with the one that has started it (PR_SET_PDEATHSIG(2const)).
/// Async-signal-safe.
pub fn end_with_parent() -> Result<(), Errno> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
}

/// Device and number of a file.
pub fn identity(about: &FileStat) -> (u64, u64) {
    (about.st_dev, about.st_ino)
}

/// Whether this is a pipe that pipe(2) made.
pub fn is_pipe_without_name(file: &File) -> bool {
    // PIPEFS_MAGIC of statfs(2).
    const PIPES: i128 = 0x5049_5045;
    let kind = fstatfs(file).map(|about| i128::from(about.filesystem_type().0));
    kind.is_ok_and(|kind| kind == PIPES)
}

/// Whether a read waits although the file was opened with O_NONBLOCK: never, since each way to open it
/// makes a description of its own.
pub fn waits_in_read(_: &File) -> bool {
    false
}

/// Renames a file within a directory, unless a file of the new name exists (renameat2(2)).
///
/// By the system call itself: glibc has a function for it since 2.28.
pub fn rename_to_free(directory: impl AsFd, from: &OsStr, to: &OsStr) -> nix::Result<()> {
    // linux/fs.h; musl has no name for it.
    const RENAME_NOREPLACE: libc::c_uint = 1;
    let name = |name: &OsStr| CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL);
    let (from, to) = (name(from)?, name(to)?);
    let directory = directory.as_fd().as_raw_fd();
    // SAFETY: both names are C strings that live until the call returns.
    let renamed = unsafe {
        let call = libc::SYS_renameat2;
        let (from, to) = (from.as_ptr(), to.as_ptr());
        libc::syscall(call, directory, from, directory, to, RENAME_NOREPLACE)
    };
    Errno::result(renamed).map(drop)
}
