//! A machine in the machine: systemd as PID 1, with other files and processes, but the same
//! network.

use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use crate::support::{Directory, Ended, Launch, can_unshare, inherit_no_signal};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(40);

/// A machine that systemd runs. It ends when this is dropped, with all that runs on it, and leaves
/// nothing behind.
pub struct Machine {
    process: Child,
    /// Its PID 1, by the number that it has outside.
    init: String,
    cgroup: PathBuf,
    directory: Directory,
}

/// What [`possible`] needs.
pub const NEEDS: &str = "root, systemd, D-Bus and a cgroup2 file system";

/// Whether machines can be booted here.
pub fn possible() -> bool {
    let namespaces = ["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup"];
    can_unshare(&namespaces)
        && Path::new("/lib/systemd/systemd").exists()
        && Path::new("/lib/systemd/system/dbus.socket").exists()
        && cgroups().is_some()
}

/// Where cgroups of the second kind can be made.
fn cgroups() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
        let mut mounts = mounts.lines().map(|line| line.split(' '));
        let place = mounts.find_map(|mut fields| match (fields.nth(1), fields.next()) {
            (Some(place), Some("cgroup2")) => Some(PathBuf::from(place)),
            _ => None,
        })?;
        let probe = place.join(format!("envsecrets-probe-{}", std::process::id()));
        std::fs::create_dir(&probe).ok()?;
        std::fs::remove_dir(&probe).ok()?;
        Some(place)
    });
    found.as_deref()
}

/// Waits for something to come about.
#[track_caller]
pub fn until<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Machine {
    /// Boots a machine like this one, but for these files, each a path and a content, and for
    /// these, each a path here and a path there. Scripts become executable. Only for
    /// [`alone`](crate::support::network::alone).
    pub fn boot(files: &[(&str, &str)], borrowed: &[(&Path, &str)]) -> Self {
        let directory = Directory::new();
        for (name, content) in files {
            let script = content.starts_with("#!");
            let mode = if script { 0o755 } else { 0o644 };
            directory.file(&format!("files{name}"), content, mode);
        }
        let root = directory.path().join("machine");
        std::fs::create_dir(&root).unwrap();
        let name = directory.path().file_name().unwrap();
        let cgroup = cgroups().expect("machines are possible").join(name);
        std::fs::create_dir(&cgroup).unwrap();

        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/machine/boot");
        let mut boot = Command::new(script);
        boot.arg(&root)
            .arg(directory.path().join("files"))
            .arg(&cgroup)
            .stdin(Stdio::null());
        for (here, there) in borrowed {
            boot.arg(here).arg(there);
        }
        inherit_no_signal();
        let prepare = || Ok(set_pdeathsig(Signal::SIGKILL)?);
        // SAFETY: prctl(2) is async-signal-safe.
        unsafe { boot.pre_exec(prepare) };
        let mut machine = Self {
            process: boot.spawn().unwrap(),
            init: String::new(),
            cgroup,
            directory,
        };
        let pid = machine.process.id();
        machine.init = until("there is a PID 1", || {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            let child = children.ok()?.trim().to_owned();
            (!child.is_empty()).then_some(child)
        });
        until("it is up", || {
            let over = machine.process.try_wait().unwrap();
            assert!(over.is_none(), "the machine fell over");
            let ended = machine.run(&["systemctl", "is-active", "here.target"]);
            (ended.code == Some(0)).then_some(())
        });
        machine
    }

    /// Runs a command in there, as root.
    pub fn run(&self, command: &[&str]) -> Ended {
        let place = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--target"];
        let mut launch = Launch::new("nsenter", &place);
        launch.command.arg(&self.init).arg("--").args(command);
        launch.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").run()
    }

    /// The output of a command that succeeds. Its words are what is between blanks.
    #[track_caller]
    pub fn shell(&self, command: &str) -> String {
        let ended = self.run(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{command}: {}",
            ended.text()
        );
        ended.text().trim_end().to_owned()
    }

    /// Writes a file in there. A script becomes executable.
    pub fn write(&self, name: &str, content: &str) {
        let script = content.starts_with("#!");
        let mode = if script { "755" } else { "644" };
        let file = self.directory.file("written", content, 0o644);
        let place = format!("/proc/{}/root{name}", self.init);
        let mut install = Launch::new("install", &["-D", "-m", mode]);
        install.command.arg(file).arg(place);
        install.run().ok();
    }

    /// Starts a unit, and does not wait for it.
    #[track_caller]
    pub fn start(&self, unit: &str) {
        self.shell(&format!("systemctl start --no-block {unit}"));
    }

    /// A property of a unit.
    #[track_caller]
    pub fn show(&self, unit: &str, property: &str) -> String {
        self.shell(&format!(
            "systemctl show {unit} --value --property {property}"
        ))
    }

    /// The state of a unit.
    #[track_caller]
    pub fn status(&self, unit: &str) -> String {
        let wanted = "ActiveState,ExecMainStatus,NRestarts,Result";
        let all = self.shell(&format!("systemctl show {unit} --property {wanted}"));
        let mut lines: Vec<&str> = all.lines().collect();
        lines.sort_unstable();
        lines.join(" ")
    }

    /// Waits for a state of a unit.
    #[track_caller]
    pub fn until_it_is(&self, unit: &str, state: &str) {
        until(&format!("{unit} is {state}"), || {
            (self.show(unit, "ActiveState") == state).then_some(())
        });
    }

    /// What a unit has logged, as journalctl shows it: the identifier, and the line.
    pub fn journal(&self, unit: &str) -> String {
        self.lines(unit, |pid| pid != "1")
    }

    /// A property of a unit.
    pub fn remarks(&self, unit: &str) -> String {
        self.lines(unit, |pid| pid == "1")
    }

    fn lines(&self, unit: &str, by: impl Fn(&str) -> bool) -> String {
        self.shell("journalctl --sync");
        let journal = self.shell(&format!(
            "journalctl --unit {unit} --output json --no-pager"
        ));
        let mut lines = String::new();
        for entry in journal.lines() {
            let entry: serde_json::Value = serde_json::from_str(entry).unwrap();
            let field = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
            let (name, pid, message) =
                (field("SYSLOG_IDENTIFIER"), field("_PID"), field("MESSAGE"));
            if by(&pid) {
                writeln!(lines, "{name}[{pid}]: {message}").unwrap();
            }
        }
        lines
    }

    /// What a unit has logged, once there is something.
    #[track_caller]
    pub fn wait_for_message(&self, unit: &str) -> String {
        until(&format!("{unit} says something"), || {
            let journal = self.journal(unit);
            (!journal.is_empty()).then_some(journal)
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let started = Instant::now();
        while remove(&self.cgroup).is_err() && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Removes a cgroup and those below it.
fn remove(cgroup: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(cgroup)?.flatten() {
        if entry.path().is_dir() {
            remove(&entry.path())?;
        }
    }
    std::fs::remove_dir(cgroup)
}
