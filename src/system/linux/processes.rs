//! Other processes, and our control group, as `/proc` shows them.
#![forbid(unsafe_code)]

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::libc;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

/// The environment of another process, entry by entry (proc_pid_environ(5)).
///
/// # Errors
///
/// `NotFound` if the process does not exist, or ended in the meantime.
pub fn environment_of(pid: u32) -> io::Result<Vec<Vec<u8>>> {
    let environ = std::fs::read(format!("/proc/{pid}/environ"));
    let environ = environ.map_err(|error| match error.raw_os_error() {
        Some(libc::ESRCH) => io::ErrorKind::NotFound.into(),
        _ => error,
    })?;
    Ok(environ
        .split(|&byte| byte == 0)
        .map(<[u8]>::to_vec)
        .collect())
}

/// The children of a process that can be found (proc_pid_children(5)).
pub fn children(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let pids = children.split_whitespace();
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// Whether a process is a shell that runs a command (proc_pid_cmdline(5)).
pub fn is_shell(pid: u32) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline"));
    arguments.is_ok_and(|arguments| arguments.starts_with(b"sh\0-c\0"))
}

/// Whether a process has our name, which every user may read of every process.
pub fn is_ours(pid: u32) -> bool {
    let name = |pid: &str| std::fs::read(format!("/proc/{pid}/comm")).ok();
    let ours = name("self");
    ours.is_some() && name(&pid.to_string()) == ours
}

/// The soft limit of the number of processes of this user, if it can be found.
pub fn most_processes_of_user() -> Option<u64> {
    let limit = getrlimit(Resource::RLIMIT_NPROC).ok()?;
    Some(limit.0)
}

/// The limit of tasks of our control group, with its file (cgroups(7)). Those of the groups above it
/// are not looked at.
pub fn most_tasks() -> Option<(String, u64)> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, group) = (fields.next()?, fields.next()?);
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            "pids" => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        let file = format!("{root}{}/pids.max", group.trim_end_matches('/'));
        let most = std::fs::read_to_string(&file).ok()?;
        Some((file, most.trim().parse().ok()?))
    })
}

/// The numbers of all processes (proc(5)), in their order.
///
/// # Errors
///
/// If `/proc` cannot be read.
pub fn processes() -> io::Result<Vec<u32>> {
    let mut pids = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        pids.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    pids.sort_unstable();
    Ok(pids)
}

/// The name of what a process runs, of at most 15 bytes (proc_pid_comm(5)).
pub fn name_of(pid: u32) -> Option<Vec<u8>> {
    std::fs::read(format!("/proc/{pid}/comm")).ok()
}

/// The control groups of a process, as proc_pid_cgroup(5) has them.
pub fn control_groups(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default()
}

/// Whether a process runs a program: a thread of the kernel has no arguments, and neither has a process
/// that ended.
pub fn runs_a_program(pid: u32) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline"));
    arguments.is_ok_and(|arguments| !arguments.is_empty())
}

/// When a process began: so long after the start of the system (proc_pid_stat(5), `starttime`;
/// proc_stat(5), `btime`).
pub fn began(pid: u32) -> Option<SystemTime> {
    /// The place of `starttime` among the fields after the name, which is the second of all.
    const START: usize = 19;
    let about = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = about.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot = Duration::from_secs(boot.trim().parse().ok()?);
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses, and may contain some.
    let (_, fields) = text.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(START)?.parse().ok()?;
    let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten()?;
    let a_second = u64::try_from(a_second).ok()?;
    let after = Duration::from_millis(ticks.checked_mul(1000)?.checked_div(a_second)?);
    UNIX_EPOCH.checked_add(boot)?.checked_add(after)
}
