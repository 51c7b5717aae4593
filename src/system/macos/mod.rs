//! What macOS does in its own way, beside what it does as `posix` says.

pub mod hints;
mod mounts;
mod processes;

use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::stat::FileStat;

use crate::system::posix::elevation_by_ids;
use crate::system::start;

pub use crate::system::posix::{
    Arrivals, DIRECTORY, Elevation, InMemory, argument_limits, end_with_parent, in_memory,
    is_pipe_without_name, is_sealed, lead_to, may, own_program, path_of, seal, try_owner,
    unnamed_file, until_readable, waits_in_read,
};
pub use mounts::{file_system, swap_is_on};
pub use processes::{
    began, children, control_groups, environment_of, is_ours, is_shell, most_processes_of_user,
    most_tasks, name_of, processes, runs_a_program,
};

/// Runs before Rust's start-up: the loader calls the functions of this section before `main` (dyld,
/// `S_MOD_INIT_FUNC_POINTERS` of mach-o/loader.h).
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static NOTE: extern "C" fn() = start::note;

/// Where `execvp` looks when PATH is not set (`_PATH_DEFPATH` of paths.h).
pub const DEFAULT_PATH: &str = "/usr/bin:/bin";

/// The longest line of a terminal, with its newline (`MAX_CANON` of sys/syslimits.h).
pub const LONGEST_LINE: usize = 1024;

/// Signals that end no process unless it handles them, beside those of POSIX (sigaction(2)).
pub const HARMLESS: [Signal; 2] = [Signal::SIGINFO, Signal::SIGIO];

/// The name of the system if it has no files in memory without a name.
pub const WITHOUT_UNNAMED_FILES: Option<&str> = Some("macOS");

/// What gives us more privileges than our caller has, if anything does (issetugid(2)).
pub fn elevation() -> Option<Elevation> {
    // SAFETY: this reads a flag of the process.
    match unsafe { libc::issetugid() } {
        0 => None,
        _ => elevation_by_ids().or(Some(Elevation::SetUserId)),
    }
}

/// The highest number of a signal (`NSIG` of signal.h, less one).
pub fn last_signal() -> libc::c_int {
    31
}

/// Keeps our memory away from other processes: macOS does so by itself, unless they are root or may debug
/// us (taskgated(8)). `PT_DENY_ATTACH` would outlive `execve`, and end a program that is debugged.
pub fn hide_memory() {}

/// Gives back memory that only the dynamic loader reads: dyld keeps none.
pub fn release_relocations() {}

/// Device and number of a file.
pub fn identity(about: &FileStat) -> (u64, u64) {
    // As `std` has the first.
    (i64::from(about.st_dev).cast_unsigned(), about.st_ino)
}

/// Renames a file within a directory, unless a file of the new name exists (renameatx_np(2)).
pub fn rename_to_free(directory: impl AsFd, from: &OsStr, to: &OsStr) -> nix::Result<()> {
    let name = |name: &OsStr| CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL);
    let (from, to) = (name(from)?, name(to)?);
    let directory = directory.as_fd().as_raw_fd();
    // SAFETY: both names are C strings that live until the call returns.
    let renamed = unsafe {
        let (from, to) = (from.as_ptr(), to.as_ptr());
        libc::renameatx_np(directory, from, directory, to, libc::RENAME_EXCL)
    };
    Errno::result(renamed).map(drop)
}
