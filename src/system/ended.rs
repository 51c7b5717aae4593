//! Whether a process that we have started has ended.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::libc;

/// How a child of ours ended, if it has. Its number stays its own, and so that of its group, until it is
/// waited for (waitid(2)); `nix` has this call for some systems only.
///
/// # Errors
///
/// `ECHILD` if its status is not kept.
pub fn status_of(child: u32) -> Result<Option<ExitStatus>, Errno> {
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call fills the structure, for which all zeroes are a valid value and mean that no process
    // has ended.
    let (waited, about) = unsafe {
        let mut about: libc::siginfo_t = std::mem::zeroed();
        let waited = libc::waitid(libc::P_PID, child, &mut about, flags);
        (Errno::result(waited), about)
    };
    match waited {
        Ok(_) => {}
        Err(Errno::EINTR) => return Ok(None),
        Err(errno) => return Err(errno),
    }
    // SAFETY: these fields are set for the end of a process, and zero without one.
    let (pid, status) = unsafe { (about.si_pid(), about.si_status()) };
    Ok(match about.si_code {
        _ if pid == 0 => None,
        libc::CLD_EXITED => Some(ExitStatus::from_raw(status << 8)),
        libc::CLD_KILLED | libc::CLD_DUMPED => Some(ExitStatus::from_raw(status)),
        _ => None,
    })
}
