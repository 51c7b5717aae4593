//! Our process: its state is recorded at the start and restored before the program starts.
//!
//! `execve` passes on ignored signals, limits and descriptors. Everything that Rust's start-up or we
//! change for our few milliseconds is restored, so that the program gets what it would have got
//! without us. Also other processes: their environment, and their children.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{Uid, User};

use crate::system::{os, start};

/// What each system does in its own way.
pub use crate::system::os::hints::OTHER_PROCESS as OTHER_PROCESS_HINT;
pub use crate::system::os::{children, environment_of, is_ours, is_shell, release_relocations};

/// Writes to standard output, without a buffer.
///
/// # Errors
///
/// Also if standard output was closed when we started, or is not open for writing: `std` takes that
/// for a success.
pub fn write_to_stdout(what: &[u8]) -> io::Result<()> {
    if start::was_closed(libc::STDOUT_FILENO) && !what.is_empty() {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: descriptor 1 is open, since Rust's start-up opens it if it is closed, and it is not closed
    // by this file.
    let stdout = unsafe { File::from_raw_fd(libc::STDOUT_FILENO) };
    ManuallyDrop::new(stdout).write_all(what)
}

/// What `guard` changed, for `hand_over` to restore.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    core: Option<(rlim_t, rlim_t)>,
}

/// Keeps our memory, which will contain secrets, out of core dumps and, where the system can, away
/// from other processes of the same user.
///
/// `RLIMIT_CORE` is inherited, so it is restored. Nothing here can fail in a way that should stop a
/// program from starting.
pub fn guard() -> Guard {
    os::hide_memory();
    let core = getrlimit(Resource::RLIMIT_CORE).ok();
    if let Some((_, hard)) = core {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
    Guard { core }
}

/// Restores everything that was changed since the start. Called just before `execve`.
pub fn hand_over(guard: Guard) {
    if let Some((soft, hard)) = guard.core {
        let _ = setrlimit(Resource::RLIMIT_CORE, soft, hard);
    }
    if !start::ignored_sigpipe() {
        // SAFETY: the default action involves no code of ours.
        let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    }
    for descriptor in 0..3 {
        if start::was_closed(descriptor) {
            // Closed by exec rather than now, so that a failing exec can still be reported.
            // SAFETY: this sets a flag on a descriptor that Rust's start-up opened.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// The same open file under another number, the lowest that is free from `first` on.
pub fn duplicate(file: impl AsFd, first: RawFd) -> nix::Result<OwnedFd> {
    let number = fcntl(file, FcntlArg::F_DUPFD_CLOEXEC(first))?;
    // SAFETY: the descriptor was created by the line above, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Whether we are root, with or without its capabilities.
pub fn is_root() -> bool {
    Uid::effective().is_root()
}

/// The width of the terminal at standard output, if it is one: COLUMNS, as in POSIX (Base Definitions,
/// 8.3), or what the kernel knows.
pub fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let given = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    if let Some(width) = given.filter(|&width| width > 0) {
        return Some(width);
    }
    // SAFETY: the request fills a structure that is ours, and for which all zeroes are a valid value
    // (ioctl_tty(2)).
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        let result = libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size);
        (result == 0).then_some(size)
    };
    size.map(|size| size.ws_col.into())
        .filter(|&width| width > 0)
}

/// The variables that we changed in our own environment, with their original values.
static CHANGED: Mutex<Vec<(&'static str, Option<OsString>)>> = Mutex::new(Vec::new());

/// Removes variables from our own environment. The environment for the program is read before.
pub fn forget(names: impl IntoIterator<Item = &'static str>) {
    for name in names {
        change(name, None);
    }
}

/// Sets a variable in our own environment. The environment for the program is read before.
pub fn set(name: &'static str, value: impl AsRef<OsStr>) {
    change(name, Some(value.as_ref()));
}

fn change(name: &'static str, value: Option<&OsStr>) {
    let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    if !changed.iter().any(|(known, _)| *known == name) {
        changed.push((name, std::env::var_os(name)));
    }
    // SAFETY: this is called before the first name is resolved, and until then no other thread
    // reads or changes the environment.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}

/// The variables that we changed in our own environment, with the values that we were given.
pub fn changed_variables() -> Vec<(&'static str, Option<OsString>)> {
    CHANGED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The home directory of the user in the user database (getpwuid(3)).
pub fn home_of_user() -> Option<PathBuf> {
    User::from_uid(Uid::effective()).ok()?.map(|user| user.dir)
}

/// Our initial environment: every entry byte for byte, in order.
///
/// `std::env::vars_os` would drop entries without `=`.
pub fn environment() -> Vec<Vec<u8>> {
    entries().map(<[u8]>::to_vec).collect()
}

/// Whether a variable exists whose name begins with this.
pub fn has_variables(beginning: &[u8]) -> bool {
    entries().any(|entry| entry.starts_with(beginning))
}

fn entries() -> impl Iterator<Item = &'static [u8]> {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    // SAFETY: this reads a pointer that the C runtime has set.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        // SAFETY: `environ` is null or points to an array of C strings that ends with a null pointer
        // (environ(7)); nothing in this program changes its environment while this runs.
        unsafe {
            if next.is_null() || (*next).is_null() {
                return None;
            }
            let entry = std::ffi::CStr::from_ptr(*next);
            next = next.add(1);
            Some(entry.to_bytes())
        }
    })
}
