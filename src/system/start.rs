//! What this process was given, recorded before Rust's start-up changes it.
//!
//! The C runtime calls [`note`] before `main`, the only time at which the original state is visible:
//! each system has its own section for that.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use nix::libc;

/// Whether SIGPIPE was ignored when we started, before Rust's start-up ignored it anyway.
static SIGPIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Which of descriptors 0, 1 and 2 were closed when we started (bit n for descriptor n), before
/// Rust's start-up opened `/dev/null` in their place.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Records the state. Only for the section of functions that the C runtime calls before `main`.
pub extern "C" fn note() {
    // SAFETY: `sigaction` with a null action only reads, into a structure that is ours and for
    // which all zeroes are a valid value.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGPIPE, std::ptr::null(), &mut action) == 0 {
            SIGPIPE_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
        }
    }
    let mut closed = 0;
    for descriptor in 0..3 {
        // SAFETY: F_GETFD reads a flag; an error means that the descriptor is not open.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
            closed |= 1 << descriptor;
        }
    }
    CLOSED.store(closed, Ordering::Relaxed);
}

/// Whether SIGPIPE was ignored.
pub fn ignored_sigpipe() -> bool {
    SIGPIPE_IGNORED.load(Ordering::Relaxed)
}

/// Whether one of the descriptors 0, 1 and 2 was closed.
pub fn was_closed(descriptor: libc::c_int) -> bool {
    CLOSED.load(Ordering::Relaxed) & 1 << descriptor != 0
}
