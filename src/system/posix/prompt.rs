//! Waiting at a terminal: for what is typed, and for signals, which a handler writes to a pipe.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::time::TimeVal;

use crate::system::{handler, readable};

/// Where the handler writes, if it may.
static PIPE: AtomicI32 = AtomicI32::new(NONE);
const NONE: i32 = -1;

/// Signals that arrive here instead of ending or stopping us, while this exists.
#[derive(Debug)]
pub struct Arrivals {
    reader: PipeReader,
    _writer: PipeWriter,
    /// The signals that have a handler now, with what they had before.
    before: Vec<(Signal, SigAction)>,
}

impl Arrivals {
    /// Takes these signals, which this thread blocks, and blocks again when this is dropped. Those that
    /// our parent ignores stay ignored.
    ///
    /// # Errors
    ///
    /// If no descriptor is left.
    pub fn of(signals: &SigSet) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        PIPE.store(writer.as_raw_fd(), Ordering::SeqCst);
        let note = SigAction::new(SigHandler::Handler(note), SaFlags::empty(), SigSet::empty());
        let mut arrivals = Self {
            reader,
            _writer: writer,
            before: Vec::new(),
        };
        for signal in signals {
            // SAFETY: `note` calls nothing but `write`, which is async-signal-safe
            // (signal-safety(7)).
            let before = unsafe { sigaction(signal, &note) }?;
            if matches!(before.handler(), SigHandler::SigIgn) {
                // SAFETY: this restores the previous disposition.
                unsafe { sigaction(signal, &before) }?;
            } else {
                arrivals.before.push((signal, before));
            }
        }
        arrivals.handled().thread_unblock()?;
        Ok(arrivals)
    }

    fn handled(&self) -> SigSet {
        self.before.iter().map(|(signal, _)| *signal).collect()
    }

    /// The next one that has arrived, if there is one, and whether a key of the terminal sent it: that is
    /// not known here.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn next(&self) -> io::Result<Option<(Signal, bool)>> {
        let mut number = [0];
        match (&self.reader).read_exact(&mut number) {
            Ok(()) => Ok(Some((Signal::try_from(i32::from(number[0]))?, false))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl AsFd for Arrivals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        let _ = self.handled().thread_block();
        for (signal, before) in &self.before {
            // SAFETY: this restores the previous disposition.
            let _ = unsafe { sigaction(*signal, before) };
        }
        PIPE.store(NONE, Ordering::SeqCst);
    }
}

extern "C" fn note(signal: i32) {
    handler::write(signal, &PIPE);
}

/// Waits until one of these can be read or has ended, for no longer than `left` if that is given.
/// Returns which.
///
/// By select(2): poll(2) of macOS knows no terminals ("BUGS"). By poll(2) all the same for descriptors with
/// numbers that are too high for select(2).
///
/// # Errors
///
/// `EINTR` if a signal was handled.
pub fn until_readable<const N: usize>(
    files: [BorrowedFd<'_>; N],
    left: Option<Duration>,
) -> Result<[bool; N], Errno> {
    let fits = |file: &BorrowedFd<'_>| {
        usize::try_from(file.as_raw_fd()).is_ok_and(|number| number < libc::FD_SETSIZE)
    };
    if !files.iter().all(fits) {
        return readable::until_readable(files, left);
    }
    let mut ready = FdSet::new();
    for file in files {
        ready.insert(file);
    }
    let mut timeout = left.map(|left| {
        let seconds = left.as_secs().try_into().unwrap_or(i32::MAX.into());
        let microseconds = left.subsec_micros().try_into().unwrap_or_default();
        TimeVal::new(seconds, microseconds)
    });
    select(None, &mut ready, None, None, timeout.as_mut())?;
    Ok(files.map(|file| ready.contains(file)))
}
