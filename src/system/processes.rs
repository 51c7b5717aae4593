//! The processes of this host: which exist, what they run, and where they belong (proc(5)).

use std::fs;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::unistd::{SysconfVar, sysconf};

use crate::system::process;

/// A process with its environment, as far as both can be read.
#[derive(Debug)]
pub struct Process {
    pub pid: u32,
    /// The name of what it runs, of at most 15 bytes, as proc_pid_comm(5) has it.
    pub program: String,
    /// When it began.
    pub since: Option<SystemTime>,
    pub home: Home,
    pub environment: Vec<Vec<u8>>,
}

/// What a process belongs to, by its control group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    /// The systemd unit, such as `app.service`.
    pub unit: Option<String>,
    /// The beginning of the identifier of its container, as container engines show it.
    pub container: Option<String>,
}

/// All processes whose environment can be read, but for our own and others of our program, by their
/// numbers; and how many may not be read. Those that end meanwhile, and threads of the kernel, do not
/// count.
///
/// # Errors
///
/// If this system has no list of processes.
pub fn all() -> io::Result<(Vec<Process>, usize)> {
    let (mut processes, mut unread) = (Vec::new(), 0);
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        pids.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    pids.sort_unstable();
    let boot = boot();
    for pid in pids.into_iter().filter(|pid| !process::is_ours(*pid)) {
        match process::environment_of(pid) {
            Ok(environment) => {
                // After the environment: another program may have taken its place meanwhile.
                let Ok(program) = fs::read(format!("/proc/{pid}/comm")) else {
                    continue;
                };
                let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"));
                processes.push(Process {
                    pid,
                    program: String::from_utf8_lossy(&program).trim_end().to_owned(),
                    since: boot.and_then(|boot| boot.checked_add(age_at_boot(pid)?)),
                    home: Home::of(&groups.unwrap_or_default()),
                    environment,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                // A thread of the kernel has no arguments, and neither has a process that ended.
                let arguments = fs::read(format!("/proc/{pid}/cmdline"));
                unread += usize::from(arguments.is_ok_and(|arguments| !arguments.is_empty()));
            }
            Err(_) => {}
        }
    }
    Ok((processes, unread))
}

/// When this system was started (proc_stat(5)).
fn boot() -> Option<SystemTime> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let seconds = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds.trim().parse().ok()?))
}

/// How long after the start of the system a process began (proc_pid_stat(5), `starttime`).
fn age_at_boot(pid: u32) -> Option<Duration> {
    /// Counted from the one after the name, which is the second.
    const START: usize = 19;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses, and may contain some.
    let (_, fields) = text.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(START)?.parse().ok()?;
    let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
    let a_second = a_second.and_then(|ticks| u64::try_from(ticks).ok())?;
    Some(Duration::from_millis(
        ticks.checked_mul(1000)?.checked_div(a_second)?,
    ))
}

impl Home {
    /// That of a process with these control groups (proc_pid_cgroup(5)): of the second version, or of
    /// the hierarchy of systemd or the first with a path.
    fn of(groups: &str) -> Self {
        let lines = groups.lines().filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers) = (fields.next()?, fields.next()?);
            Some((
                number,
                controllers,
                fields.next().filter(|path| *path != "/")?,
            ))
        });
        let rank = |number: &str, controllers: &str| match (number, controllers) {
            ("0", "") => 0,
            (_, "name=systemd") => 1,
            _ => 2,
        };
        let first = lines.min_by_key(|(number, controllers, _)| rank(number, controllers));
        first.map_or_else(Self::default, |(_, _, path)| Self::at(path))
    }

    /// That of a control group with this path.
    fn at(path: &str) -> Self {
        let parts = || path.split('/').rev();
        Self {
            // A unit may divide its own group. The scope of a container has its number.
            unit: parts()
                .find(|part| {
                    let is_scope = part.ends_with(".scope") && container(part).is_none();
                    part.ends_with(".service") || is_scope
                })
                .map(str::to_owned),
            container: parts().find_map(container),
        }
    }
}

/// The beginning of the identifier of a container, if a part of a path has one: `docker-ID.scope`,
/// `cri-containerd-ID.scope`, `libpod-ID.scope`, or the identifier alone.
fn container(part: &str) -> Option<String> {
    /// As engines show it.
    const SHOWN: usize = 12;
    const LENGTH: usize = 64;
    let id = part.strip_suffix(".scope").unwrap_or(part);
    let id = id.rsplit(['-', ':']).next().unwrap_or(id);
    let is_id = id.len() == LENGTH && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id[..SHOWN].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_group_names_a_unit_or_a_container() {
        let id = "0123456789abcdef".repeat(4);
        let docker = format!("0::/system.slice/docker-{id}.scope");
        let plain = format!("12:pids:/docker/{id}\n1:name=systemd:/docker/{id}");
        let pod = format!(
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/\
             cri-containerd-{id}.scope"
        );
        let podman =
            format!("0::/user.slice/user-1000.slice/user@1000.service/libpod-{id}.scope/container");
        for (groups, unit, container) in [
            ("0::/system.slice/app.service", Some("app.service"), None),
            (
                "0::/system.slice/app.service/worker",
                Some("app.service"),
                None,
            ),
            (
                "0::/user.slice/user-0.slice/user@0.service/app.slice/own.service",
                Some("own.service"),
                None,
            ),
            (
                "0::/user.slice/user-0.slice/session-3.scope",
                Some("session-3.scope"),
                None,
            ),
            (
                "4:cpu:/\n1:name=systemd:/system.slice/app.service\n0::/",
                Some("app.service"),
                None,
            ),
            (&docker, None, Some("0123456789ab")),
            (&plain, None, Some("0123456789ab")),
            (&pod, None, Some("0123456789ab")),
            (&podman, Some("user@1000.service"), Some("0123456789ab")),
            ("0::/", None, None),
            ("0::/init.scope", Some("init.scope"), None),
            ("", None, None),
            ("invalid", None, None),
        ] {
            let home = Home::of(groups);
            let found = (home.unit.as_deref(), home.container.as_deref());
            assert_eq!(found, (unit, container), "{groups}");
        }
    }
}
