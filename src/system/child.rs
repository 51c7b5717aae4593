//! What all programs that we start and wait for have in common: how they begin, and how they end.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::libc;

use crate::system::process;
use crate::system::terminal::Terminal;

/// Gives a command the environment that we were given, and returns whether it gets a process group of its own.
///
/// Its standard input is ours if that is a terminal, and empty otherwise: what a pipe or a file
/// contains is for the program. With a terminal, also one that only a prompt opens itself, it stays in our
/// process group, because the kernel would stop another group at its first prompt (setpgid(2)).
pub fn prepare(command: &mut Command) -> bool {
    for (name, value) in process::changed_variables() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if !Terminal::is_interactive() {
        command.stdin(Stdio::null());
    }
    let has_group = Terminal::open().is_err();
    if has_group {
        command.process_group(0);
    }
    has_group
}

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
