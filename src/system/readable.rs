//! Waiting for files until there is something to read, by poll(2).
#![forbid(unsafe_code)]

use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Waits until one of these can be read or has ended, for no longer than `left` if that is given.
/// Returns which.
///
/// # Errors
///
/// `EINTR` if a signal was handled.
pub fn until_readable<const N: usize>(
    files: [BorrowedFd<'_>; N],
    left: Option<Duration>,
) -> Result<[bool; N], Errno> {
    let timeout = left.map_or(PollTimeout::NONE, |left| {
        PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
    });
    let mut ready = files.map(|file| PollFd::new(file, PollFlags::POLLIN));
    poll(&mut ready, timeout)?;
    Ok(ready.map(|file| file.any().unwrap_or_default()))
}
