//! What handlers of signals do: almost nothing is allowed in them (signal-safety(7)).

use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::libc;

/// Writes the number of a signal to a descriptor, which is one end of a pipe.
/// Async-signal-safe.
pub fn write(signal: i32, pipe: &AtomicI32) {
    let Ok(signal) = u8::try_from(signal) else {
        return;
    };
    let pipe = pipe.load(Ordering::SeqCst);
    // SAFETY: `write` is async-signal-safe, and reads one byte of ours.
    keeping_errno(|| unsafe { libc::write(pipe, (&raw const signal).cast(), 1) });
}

/// Calls a function, and restores `errno` for the code that was interrupted. Async-signal-safe if that function
/// is.
pub fn keeping_errno<T>(work: impl FnOnce() -> T) {
    let errno = Errno::last_raw();
    work();
    Errno::set_raw(errno);
}
