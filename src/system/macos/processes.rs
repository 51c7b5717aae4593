//! Other processes, as sysctl(3) and libproc.h show them.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// The name of what a process runs (libproc.h).
pub fn name_of(pid: u32) -> Option<Vec<u8>> {
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

/// The numbers of all processes (libproc.h), in their order.
///
/// # Errors
///
/// If the system does not list them.
pub fn processes() -> io::Result<Vec<u32>> {
    /// Room for processes that begin meanwhile.
    const SPARE: usize = 64;
    // SAFETY: without a buffer the call returns how many processes there are.
    let count = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    let mut pids = vec![0 as libc::pid_t; count + SPARE];
    let size = libc::c_int::try_from(size_of_val(pids.as_slice()));
    let size = size.map_err(|_| io::ErrorKind::OutOfMemory)?;
    // SAFETY: the call fills a buffer that is ours, whose size it is given, and returns how many it has
    // filled.
    let count = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), size) };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    let pids = pids.iter().take(count);
    let mut pids: Vec<u32> = pids
        .filter_map(|&pid| u32::try_from(pid).ok().filter(|&pid| pid != 0))
        .collect();
    pids.sort_unstable();
    Ok(pids)
}

/// The control groups of a process: there are none.
pub fn control_groups(_: u32) -> String {
    String::new()
}

/// Whether a process runs a program: the kernel has no threads among the processes.
pub fn runs_a_program(_: u32) -> bool {
    true
}

/// When a process began (libproc.h, `PROC_PIDTBSDINFO`).
pub fn began(pid: u32) -> Option<SystemTime> {
    // SAFETY: all zeroes are a valid value of this structure of numbers.
    let mut about: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    let size = libc::c_int::try_from(size_of_val(&about)).ok()?;
    // SAFETY: the call fills a structure that is ours, whose size it is given.
    let filled = unsafe {
        let about = std::ptr::from_mut(&mut about).cast();
        libc::proc_pidinfo(number(pid)?, libc::PROC_PIDTBSDINFO, 0, about, size)
    };
    let began = Duration::from_secs(about.pbi_start_tvsec);
    (filled == size)
        .then(|| UNIX_EPOCH.checked_add(began))
        .flatten()
}
