//! At a terminal: signals as a file (signalfd(2)), and the longest line.
#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::libc;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// The longest line of a terminal, with its newline: the kernel discards what follows, without an
/// error (termios(3), "Canonical and noncanonical mode").
pub const LONGEST_LINE: usize = 4096;

/// Signals that are blocked, and arrive here instead.
#[derive(Debug)]
pub struct Arrivals(SignalFd);

impl Arrivals {
    /// Takes these signals, which this thread blocks.
    ///
    /// # Errors
    ///
    /// If no descriptor is left.
    pub fn of(signals: &SigSet) -> io::Result<Self> {
        Ok(Self(SignalFd::with_flags(
            signals,
            SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK,
        )?))
    }

    /// The next one that has arrived, if there is one, and whether a key of the terminal sent it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn next(&self) -> io::Result<Option<(Signal, bool)>> {
        let Some(info) = self.0.read_signal()? else {
            return Ok(None);
        };
        let signal = Signal::try_from(info.ssi_signo.cast_signed())?;
        Ok(Some((signal, info.ssi_code == libc::SI_KERNEL)))
    }
}

impl AsFd for Arrivals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
