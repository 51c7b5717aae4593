//! The processes of this host: which exist, what they run, and where they belong.

use std::io;
use std::time::SystemTime;

use crate::system::os;

/// A process with its environment, as far as both can be read.
#[derive(Debug)]
pub struct Process {
    pub pid: u32,
    /// The name of what it runs; of at most 15 bytes on Linux (proc_pid_comm(5)).
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
    for pid in os::processes()?
        .into_iter()
        .filter(|pid| !os::is_ours(*pid))
    {
        match os::environment_of(pid) {
            Ok(environment) => {
                // After the environment: another program may have taken its place meanwhile.
                let Some(program) = os::name_of(pid) else {
                    continue;
                };
                processes.push(Process {
                    pid,
                    program: String::from_utf8_lossy(&program).trim_end().to_owned(),
                    since: os::began(pid),
                    home: Home::of(&os::control_groups(pid)),
                    environment,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                unread += usize::from(os::runs_a_program(pid));
            }
            Err(_) => {}
        }
    }
    Ok((processes, unread))
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
