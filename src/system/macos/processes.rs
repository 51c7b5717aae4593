//! Other processes, as sysctl(3) and libproc.h show them.

use std::io;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::system::process_arguments::ProcessArguments;

/// The most that macOS reports of a process, in bytes (`ARG_MAX`, and the number before it).
const MOST: usize = 1024 * 1024;

/// The environment of another process, entry by entry.
///
/// # Errors
///
/// `NotFound` if the process does not exist, or ended in the meantime, and `PermissionDenied` if it is
/// another user's, or one that macOS shows to no one.
pub fn environment_of(pid: u32) -> io::Result<Vec<Vec<u8>>> {
    let hidden = || io::Error::from(io::ErrorKind::PermissionDenied);
    match arguments_of(pid) {
        Ok(all) => all.environment.ok_or_else(hidden),
        // All failures are EINVAL.
        Err(error) => match number(pid).map(|pid| kill(Pid::from_raw(pid), None)) {
            Some(Err(Errno::ESRCH)) | None => Err(io::ErrorKind::NotFound.into()),
            Some(Err(Errno::EPERM)) => Err(hidden()),
            Some(_) => Err(error),
        },
    }
}

/// Arguments and environment of a process (`KERN_PROCARGS2`).
fn arguments_of(pid: u32) -> io::Result<ProcessArguments> {
    let pid = number(pid).ok_or(io::ErrorKind::NotFound)?;
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, pid];
    let mut bytes = vec![0_u8; MOST];
    let mut size = bytes.len();
    // SAFETY: the call fills a buffer that is ours, whose size it is given.
    let result = unsafe {
        let old = bytes.as_mut_ptr().cast();
        libc::sysctl(
            name.as_mut_ptr(),
            3,
            old,
            &mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    Errno::result(result)?;
    bytes.truncate(size);
    ProcessArguments::parse(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn number(pid: u32) -> Option<libc::pid_t> {
    pid.try_into().ok()
}

/// The children of a process that can be found.
pub fn children(pid: u32) -> Vec<u32> {
    let Some(pid) = number(pid) else {
        return Vec::new();
    };
    let mut pids = [0 as libc::pid_t; 1024];
    let size = size_of_val(&pids).try_into().unwrap_or(libc::c_int::MAX);
    // SAFETY: the call fills a buffer that is ours, whose size it is given, and returns how many it has
    // filled.
    let count = unsafe { libc::proc_listchildpids(pid, pids.as_mut_ptr().cast(), size) };
    let count = usize::try_from(count).unwrap_or_default();
    let pids = pids.iter().take(count);
    pids.filter_map(|&pid| u32::try_from(pid).ok().filter(|&pid| pid != 0))
        .collect()
}

/// Whether a process is a shell that runs a command.
pub fn is_shell(pid: u32) -> bool {
    arguments_of(pid).is_ok_and(|all| all.arguments.starts_with(&[b"sh".into(), b"-c".into()]))
}

/// Whether a process has our name, which every user may read of every process.
pub fn is_ours(pid: u32) -> bool {
    let ours = name_of(std::process::id());
    ours.is_some() && name_of(pid) == ours
}

fn name_of(pid: u32) -> Option<Vec<u8>> {
    let mut name = [0_u8; 2 * libc::MAXCOMLEN + 1];
    let size = u32::try_from(name.len()).ok()?;
    // SAFETY: the call fills a buffer that is ours, whose size it is given.
    let length = unsafe { libc::proc_name(number(pid)?, name.as_mut_ptr().cast(), size) };
    let name = name.get(..usize::try_from(length).ok()?)?;
    (!name.is_empty()).then(|| name.to_vec())
}

/// The soft limit of the number of processes of this user, if it can be found (getrlimit(2)).
pub fn most_processes_of_user() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call fills a structure that is ours.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NPROC, &mut limit) };
    (result == 0).then_some(limit.rlim_cur)
}

/// The limit of tasks of our control group: there are none.
pub fn most_tasks() -> Option<(String, u64)> {
    None
}
