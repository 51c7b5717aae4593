//! A real PostgreSQL, for one story.

use std::fs::File;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use super::{Directory, Launch, can, inherit_no_signal, until, which};

/// What it needs.
const NEEDS: &str = "psql, initdb and postgres (Debian: postgresql)";
/// The password of its superuser.
const ADMIN: &str = "of-the-superuser";

/// A server on a socket in a directory of its own. It ends when this is dropped.
pub struct Postgres {
    server: Child,
    directory: Directory,
}

/// Where Debian and others install the programs of the server.
fn programs() -> Option<PathBuf> {
    let beside = which("initdb").and_then(|it| it.parent().map(Path::to_owned));
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let installed = versions.flatten().map(|it| it.path().join("bin"));
    beside
        .into_iter()
        .chain(installed)
        .find(|it| it.join("initdb").exists() && it.join("postgres").exists())
}

/// The user of the server: it does not run as root.
fn user() -> Option<(u32, u32)> {
    match geteuid().is_root() {
        true => {
            let user = User::from_name("postgres").ok()??;
            Some((user.uid.as_raw(), user.gid.as_raw()))
        }
        false => Some((geteuid().as_raw(), nix::unistd::getegid().as_raw())),
    }
}

impl Postgres {
    /// Starts one, or gives `None` where that is impossible.
    pub fn start(story: &str) -> Option<Self> {
        let there = programs().zip(user()).filter(|_| which("psql").is_some());
        if !can(story, NEEDS, there.is_some()) {
            return None;
        }
        let (programs, (user, group)) = there?;
        let directory = Directory::new();
        let own = |path: &Path| chown(path, Some(user), Some(group)).unwrap();
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), all).unwrap();
        own(directory.path());
        let password = directory.file("password", ADMIN, 0o600);
        own(&password);
        let data = directory.path().join("data");
        let command = |program: &str| {
            let mut command = Command::new(programs.join(program));
            let log = File::options()
                .create(true)
                .append(true)
                .open(directory.path().join("log"))
                .unwrap();
            command
                .current_dir("/")
                .env("LC_ALL", "C")
                .arg("-D")
                .arg(&data)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log);
            if geteuid().is_root() {
                command.uid(user).gid(group);
            }
            command
        };
        let made = command("initdb")
            .args(["--auth=scram-sha-256", "--username=postgres", "--no-sync"])
            .arg(format!("--pwfile={}", password.display()))
            .status()
            .unwrap();
        assert!(made.success(), "{}", log(&directory));
        inherit_no_signal();
        let mut server = command("postgres");
        server
            .arg("-k")
            .arg(directory.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off"]);
        // SAFETY: prctl(2) is async-signal-safe.
        unsafe { server.pre_exec(|| Ok(set_pdeathsig(Signal::SIGQUIT)?)) };
        let postgres = Self {
            server: server.spawn().unwrap(),
            directory,
        };
        until("PostgreSQL listens", || {
            postgres.psql("SELECT").run().code == Some(0)
        });
        Some(postgres)
    }

    /// The variables by which its superuser reaches it.
    pub fn settings<'l>(&self, launch: &'l mut Launch) -> &'l mut Launch {
        launch
            .env("PGHOST", self.directory.path())
            .env("PGDATABASE", "postgres")
            .env("PGUSER", "postgres")
            .env("PGPASSWORD", ADMIN)
    }

    /// psql(1) as the superuser.
    pub fn psql(&self, sql: &str) -> Launch {
        let mut launch = Launch::new("psql", &["-qwXAtc", sql]);
        self.settings(&mut launch);
        launch
    }

    /// What the superuser gets.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.psql(sql).run().ok()
    }
}

fn log(directory: &Directory) -> String {
    std::fs::read_to_string(directory.path().join("log")).unwrap_or_default()
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Immediate shutdown (postgres(1)).
        if let Ok(pid) = i32::try_from(self.server.id()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        }
        let _ = self.server.wait();
    }
}
