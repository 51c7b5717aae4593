//! Commands that are started in a clean environment, and how they end.

use std::ffi::OsStr;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{SigSet, Signal};

use super::PATIENCE;

/// Enough for a launch that does not wait, on a busy machine too.
const AT_ONCE: Duration = Duration::from_secs(15);

/// The highest number of a signal: with those for real time, of which macOS has none.
const LAST_SIGNAL: libc::c_int = if cfg!(target_os = "linux") { 64 } else { 31 };

/// The launcher under test.
pub const ENVSECRETS: &str = env!("CARGO_BIN_EXE_envsecrets");

/// A command about to be run, with a clean environment, and signals that are neither ignored nor
/// blocked.
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

    /// Starts the process, and tries again while its program is open for writing (ETXTBSY). A story
    /// that has just written a copy of the program has closed it, but another thread may have
    /// forked before that: its child holds the descriptor until it executes a program of its own.
    fn spawn(&mut self) -> Child {
        inherit_no_signal();
        for _ in 0..200 {
            match self.command.spawn() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                spawned => return spawned.expect("the command can be started"),
            }
        }
        panic!("the program is still open for writing");
    }

    pub fn start(&mut self) -> Running {
        let started = Instant::now();
        let mut child = self.spawn();
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

/// Keeps from what this thread starts the signals that this process ignores or blocks, as under nohup(1)
/// or in the background of a shell. A signal that is ignored stays so in another program, one that is
/// handled does not (execve(2)). A closure in each child would do as well, but then it is forked, with a
/// copy of the page tables of this process, instead of spawned.
pub fn inherit_no_signal() {
    extern "C" fn nothing(_: libc::c_int) {}
    static ONCE: Once = Once::new();
    SigSet::empty()
        .thread_set_mask()
        .expect("a mask can be set");
    ONCE.call_once(|| {
        let ours = libc::SIGPIPE;
        for number in (1..=LAST_SIGNAL).filter(|number| *number != ours) {
            // SAFETY: `sigaction` is a C struct of which each bit pattern is valid; it is only read
            // where the call fills it.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: with a null pointer for the new action this only reads the present one.
            let read = unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) };
            if read == 0 && action.sa_sigaction == libc::SIG_IGN {
                // SAFETY: the handler does nothing.
                unsafe { libc::signal(number, nothing as *const () as libc::sighandler_t) };
            }
        }
    });
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
    pub child: Child,
    started: Instant,
    stdout: Option<std::thread::JoinHandle<Vec<u8>>>,
    stderr: Option<std::thread::JoinHandle<Vec<u8>>>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, signal).expect("the process exists");
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
            // Often at first, since most end at once; hundreds wait at a time.
            let pause = self.started.elapsed() / 16;
            std::thread::sleep(pause.clamp(Duration::from_millis(1), Duration::from_millis(20)));
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
            printed: without_slowness(&stderr),
            stderr,
            took,
        }
    }
}

/// What a launcher printed, but for the line that it prints after two seconds without any answer:
/// on a machine that is busy enough, that is true of every launch. Stories of waiting check all of
/// it.
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
    /// The same, but for what a launcher prints only on a slow machine.
    printed: String,
    pub took: Duration,
}

impl Ended {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Stderr without the lines about waiting, which a slow machine adds to any short wait.
    pub fn without_waiting(&self) -> String {
        let lines = self.stderr.split_inclusive('\n');
        lines
            .filter(|line| !line.starts_with("envsecrets: waiting for "))
            .collect()
    }

    /// The output of a launch that went well, and printed nothing of its own.
    #[track_caller]
    pub fn ok(&self) -> String {
        assert_eq!(
            (self.code, self.printed.as_str()),
            (Some(0), ""),
            "{self:?}"
        );
        self.text()
    }

    /// The lines `NAME=…` of the output of a launch that succeeded, in the order of `names`.
    #[track_caller]
    pub fn lines_of(&self, names: &[&str]) -> Vec<String> {
        let text = self.ok();
        names
            .iter()
            .flat_map(|name| {
                let start = format!("{name}=");
                let lines = text.lines().filter(move |line| line.starts_with(&start));
                lines.map(str::to_owned)
            })
            .collect()
    }

    /// The messages of a launch that failed with this code before the program started.
    #[track_caller]
    pub fn failed(&self, code: u8) -> &str {
        assert_eq!(self.code, Some(code.into()), "{self:?}");
        assert_eq!(self.text(), "", "the program must not have started");
        &self.printed
    }

    /// The same for a launch that did not wait first: what is certain is reported long before the
    /// default deadline of two minutes.
    #[track_caller]
    pub fn failed_at_once(&self, code: u8) -> &str {
        assert!(self.took < AT_ONCE, "{self:?}");
        self.failed(code)
    }
}

/// A standard input with this content.
pub fn pipe_of(bytes: &[u8]) -> std::io::PipeReader {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(bytes).unwrap();
    reader
}
