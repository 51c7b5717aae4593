//! What the stories have in common: a Parameter Store, and launchers that talk to nothing else.

pub mod machine;
pub mod stand_ins;

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub use parameter_store::{Fault, Server, Store};

/// The launcher under test.
pub const ENVSECRETS: &str = env!("CARGO_BIN_EXE_envsecrets");

/// A value that must never be seen outside the program.
pub const SENTINEL: &str = "s3ntinel-plaintext-0xdecafbad";

/// No story takes longer; a launcher that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Parameter Store, and a directory for the files of one story.
pub struct World {
    pub store: Store,
    pub server: Server,
    pub directory: Directory,
}

/// A Parameter Store with nothing in it.
pub fn world() -> World {
    let store = Store::new();
    let server = Server::start(&store).expect("a port on loopback");
    World {
        store,
        server,
        directory: Directory::new(),
    }
}

/// A Parameter Store with these parameters.
pub fn world_with(parameters: &[(&str, &str)]) -> World {
    let world = world();
    for (name, value) in parameters {
        world.store.put(name, value);
    }
    world
}

impl World {
    /// A launcher that is told where this Parameter Store is, and nothing else.
    pub fn envsecrets<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Launch {
        let mut launch = offline(&self.directory, arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", self.server.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-real-secret-key")
            .env("AWS_REGION", "us-east-1");
        launch
    }
}

/// A launcher in an environment that configures nothing and never asks the network of this machine.
pub fn offline<S: AsRef<OsStr>>(directory: &Directory, arguments: &[S]) -> Launch {
    let mut launch = Launch::new(ENVSECRETS, arguments);
    launch
        .env("HOME", directory.path())
        .env("AWS_EC2_METADATA_DISABLED", "true");
    launch
}

/// A command about to be run, with a clean environment.
pub struct Launch {
    pub command: Command,
}

impl Launch {
    pub fn new<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command }
    }

    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.command.env(name, value);
        self
    }

    pub fn without(&mut self, name: &str) -> &mut Self {
        self.command.env_remove(name);
        self
    }

    /// Does `prepare` in the new process, before it becomes the command.
    pub fn before(
        &mut self,
        prepare: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static,
    ) -> &mut Self {
        // SAFETY: the closures of these tests call nothing but async-signal-safe functions.
        unsafe { self.command.pre_exec(prepare) };
        self
    }

    /// Runs it to its end.
    pub fn run(&mut self) -> Ended {
        self.start().end()
    }

    pub fn start(&mut self) -> Running {
        let started = Instant::now();
        let mut child = self.command.spawn().expect("the command can be started");
        let stdout = child.stdout.take().map(drain);
        let stderr = child.stderr.take().map(drain);
        Running {
            child,
            started,
            stdout,
            stderr,
        }
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// A command that runs.
pub struct Running {
    pub child: std::process::Child,
    started: Instant,
    stdout: Option<std::thread::JoinHandle<Vec<u8>>>,
    stderr: Option<std::thread::JoinHandle<Vec<u8>>>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, signal).expect("the process is there");
    }

    /// Waits for its end. A command that does not end is killed, and the story fails.
    pub fn end(mut self) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                break status;
            }
            if self.started.elapsed() > PATIENCE {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("still running after {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let took = self.started.elapsed();
        let text = |pipe: Option<std::thread::JoinHandle<Vec<u8>>>| {
            pipe.map(|pipe| pipe.join().expect("a reader"))
                .unwrap_or_default()
        };
        let stdout = text(self.stdout.take());
        let stderr = String::from_utf8_lossy(&text(self.stderr.take())).into_owned();
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout,
            said: without_slowness(&stderr),
            stderr,
            took,
        }
    }
}

/// What a launcher said, but for the line that it says after two seconds without any answer: on a
/// machine that is busy enough, that is true of every launch. Stories of waiting look at it all.
fn without_slowness(stderr: &str) -> String {
    let is_slowness = |line: &&str| {
        line.starts_with("envsecrets: waiting for ") && line.contains(": no answer yet; giving up")
    };
    let lines = stderr.split_inclusive('\n');
    lines.filter(|line| !is_slowness(line)).collect()
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    /// All of stderr.
    pub stderr: String,
    /// The same, but for what only a slow machine makes a launcher say.
    said: String,
    pub took: Duration,
}

impl Ended {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The output of a launch that went well, and said nothing of its own.
    #[track_caller]
    pub fn ok(&self) -> String {
        assert_eq!((self.code, self.said.as_str()), (Some(0), ""), "{self:?}");
        self.text()
    }

    /// What was said by a launch that failed like this, before the program started.
    #[track_caller]
    pub fn failed(&self, code: u8) -> &str {
        assert_eq!(self.code, Some(code.into()), "{self:?}");
        assert_eq!(self.text(), "", "the program must not have started");
        &self.said
    }
}

/// A directory of its own that is removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("envsecrets-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory for temporary files");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).unwrap();
        }
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether a story can be told here. If not, says so by name; where nothing may be skipped, fails.
pub fn can(story: &str, needs: &str, there: bool) -> bool {
    if !there {
        assert!(
            std::env::var_os("ENVSECRETS_TEST_NOTHING_SKIPPED").is_none(),
            "{story} needs {needs}"
        );
        // Written past the test harness, which hides what passing tests print.
        let line = format!("skipped: {story}: needs {needs}\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
    there
}

/// The path of a program on our PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// Whether namespaces of our own can be made, with these options of unshare(1).
pub fn can_unshare(options: &[&str]) -> bool {
    let made = Command::new("unshare")
        .args(options)
        .args(["--", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

/// Environment entries as the kernel shows them.
pub fn entries(environ: &[u8]) -> Vec<Vec<u8>> {
    environ
        .split(|&byte| byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Owned arguments from text.
pub fn strings(arguments: &[&str]) -> Vec<OsString> {
    arguments.iter().map(OsString::from).collect()
}

impl World {
    /// A launcher with these options, written as they would be typed, and this program.
    pub fn launch(&self, options: &str, program: &[&str]) -> Launch {
        let options = options.split_whitespace().chain(["--"]);
        let arguments: Vec<&str> = options.chain(program.iter().copied()).collect();
        self.envsecrets(&arguments)
    }
}
/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does the same with each item, some at a time: launchers mostly wait.
pub fn each<T: Sync>(items: &[T], action: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            action(item);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..items.len().min(8) {
            scope.spawn(work);
        }
    });
}

/// The newest build of the program for a target, if there is one.
pub fn built_for(target: &str) -> Option<PathBuf> {
    let directory = PathBuf::from(ENVSECRETS);
    let directory = directory.ancestors().nth(2)?.join(target);
    let builds = ["release", "debug"].map(|profile| directory.join(profile).join("envsecrets"));
    builds
        .into_iter()
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file)))
        .max()
        .map(|(_, file)| file)
}
