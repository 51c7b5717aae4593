//! What macOS does by POSIX, where Linux has something of its own.

mod files;
mod prompt;
mod unnamed;

use std::path::PathBuf;

use nix::errno::Errno;
use nix::unistd::{SysconfVar, getegid, geteuid, getgid, getuid, sysconf};

use crate::system::argument_limits::ArgumentLimits;

pub use files::{DIRECTORY, is_pipe_without_name, may, waits_in_read};
pub use prompt::{Arrivals, until_readable};
pub use unnamed::{
    InMemory, in_memory, is_sealed, lead_to, path_of, seal, try_owner, unnamed_file,
};

/// What gives us more privileges than our caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elevation {
    SetUserId,
    SetGroupId,
}

impl Elevation {
    /// What to remove.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetUserId => "the set-user-ID bit",
            Self::SetGroupId => "the set-group-ID bit",
        }
    }
}

/// What our ids tell: those of the program, beside those of its caller.
pub fn elevation_by_ids() -> Option<Elevation> {
    if getuid() != geteuid() {
        Some(Elevation::SetUserId)
    } else if getgid() != getegid() {
        Some(Elevation::SetGroupId)
    } else {
        None
    }
}

/// Lets the kernel end this process with the one that has started it: no call does, so that one whose
/// launcher is killed by SIGKILL goes on.
pub fn end_with_parent() -> Result<(), Errno> {
    Ok(())
}

/// A path of the program that this process runs.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The limits of `execve`: no string has one of its own. In total it is ARG_MAX (sysconf(3)), which on
/// macOS also counts the two null pointers at the end of the lists, and the alignment of what follows
/// (`exec_extract_strings` of XNU's kern_exec.c).
pub fn argument_limits() -> ArgumentLimits {
    /// What macOS has, in bytes.
    const USUAL: usize = 1024 * 1024;
    const RESERVED: usize = 3 * size_of::<usize>();
    let total = sysconf(SysconfVar::ARG_MAX).ok().flatten();
    let total = total.and_then(|total| usize::try_from(total).ok());
    ArgumentLimits {
        string: usize::MAX,
        total: total.unwrap_or(USUAL).saturating_sub(RESERVED),
        origin: "that of this system (`getconf ARG_MAX`)",
    }
}
