//! A program that a command runs for what it does, and waits for.
//!
//! It is one file, without a shell and without arguments: what it is given is in variables, or in files
//! in memory. It does not outlive us.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use crate::secret::Content;
use crate::system::child::{self, status_of};
use crate::system::exec::Program;
use crate::system::memory_file::{self, Target};
use crate::system::os;
use crate::system::signals::{self, Caught, Stop};
use crate::variable::VarName;

/// How long it may take to end after a signal, as docker-stop(1) waits.
const GRACE: Duration = Duration::from_secs(10);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// What runs a text file without `#!` (POSIX `execvp`).
const SHELL: &str = "/bin/sh";

/// A program to run.
#[derive(Debug)]
pub struct Helper<'h> {
    pub program: &'h Program,
    /// What it gets besides our environment.
    pub variables: &'h [(&'h str, OsString)],
    /// The same as files in memory: each variable has the path of one.
    pub files: &'h [(VarName, Content)],
    /// Whether its standard output is returned; otherwise it is our standard error.
    pub output: Output,
    /// How long it may run, if there is a limit.
    pub limit: Option<Duration>,
}

/// Where its standard output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To our standard error, as it is.
    Stderr,
    /// To us: at most so many bytes, and one more.
    Returned(usize),
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    /// What it wrote to standard output, if that is returned.
    pub output: Vec<u8>,
    /// The signal that was to stop us, and that it got too.
    pub stopped: Option<Stop>,
}

/// How it ended, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Status(ExitStatus),
    /// It ran for longer than its limit, and was stopped.
    Late(Duration),
}

impl Outcome {
    /// Whether it exited with 0.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(status) if status.success())
    }

    /// Whether it exited with another status, of its own accord.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Status(status) if status.code().is_some_and(|code| code != 0))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => match (status.code(), status.signal()) {
                (Some(code), _) => write!(f, "exited with status {code}"),
                (None, Some(signal)) => write!(f, "was ended by signal {signal}"),
                (None, None) => write!(f, "ended"),
            },
            Self::Late(limit) => write!(
                f,
                "was stopped, because it ran for more than {}",
                humantime::format_duration(*limit)
            ),
        }
    }
}

impl Helper<'_> {
    /// Runs it to its end. A signal that was to stop us is passed on to it.
    ///
    /// # Errors
    ///
    /// If it cannot be started, or what it writes cannot be read.
    pub fn run(&self, signals: &Caught) -> io::Result<Ended> {
        let mut process = self.start()?;
        let pipe = process.child.stdout.take().map(OwnedFd::from);
        if let Some(pipe) = &pipe {
            let flags = OFlag::from_bits_retain(fcntl(pipe.as_fd(), FcntlArg::F_GETFL)?);
            fcntl(pipe.as_fd(), FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        }
        let mut pipe = pipe.map(std::fs::File::from);
        let most = match self.output {
            Output::Stderr => 0,
            Output::Returned(most) => most.saturating_add(1),
        };
        let (mut output, started) = (Vec::new(), Instant::now());
        let (mut stopped, mut is_late, mut kill_at) = (None, false, None);
        loop {
            let ended = process.end()?;
            read(pipe.as_mut(), &mut output, most)?;
            if let Some(outcome) = ended {
                let outcome = match (is_late, self.limit) {
                    (true, Some(limit)) => Outcome::Late(limit),
                    _ => outcome,
                };
                process.finish();
                return Ok(Ended {
                    outcome,
                    output,
                    stopped,
                });
            }
            if let Some(stop) = signals.next() {
                process.pass_on(stop);
                stopped = Some(stop);
                kill_at = kill_at.or(Instant::now().checked_add(GRACE));
            }
            if !is_late && self.limit.is_some_and(|limit| started.elapsed() > limit) {
                is_late = true;
                process.signal(Signal::SIGTERM);
                kill_at = kill_at.or(Instant::now().checked_add(GRACE));
            }
            if kill_at.is_some_and(|at| Instant::now() >= at) {
                process.signal(Signal::SIGKILL);
            }
            std::thread::sleep(LOOK);
        }
    }

    fn start(&self) -> io::Result<Process> {
        let targets: Vec<(&VarName, &Target)> = self
            .files
            .iter()
            .map(|(name, _)| (name, &Target::Descriptor))
            .collect();
        let failed = |error: memory_file::Error| io::Error::other(error.to_string());
        let files = memory_file::open_all(&targets, None).map_err(|mut errors| {
            let error = errors.pop().map(failed);
            error.unwrap_or_else(|| io::Error::other("no file in memory"))
        })?;
        let contents: Vec<(usize, &Content)> = self
            .files
            .iter()
            .enumerate()
            .map(|(index, (_, content))| (index, content))
            .collect();
        // The descriptors are inherited until `files` is dropped, and nothing else is started.
        let mut written = files.write(&contents).map_err(failed)?;
        written.release();
        let mut variables = self.variables.to_vec();
        for (index, (name, _)) in self.files.iter().enumerate() {
            let path = files.value(index, &Target::Descriptor);
            variables.push((name.as_str(), path.into()));
        }
        signals::keep_statuses();
        let path = self.program.path();
        let spawned = match self.spawn(path, None, &variables) {
            Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
                self.spawn(Path::new(SHELL), Some(path.as_os_str()), &variables)
            }
            spawned => spawned,
        };
        drop(written);
        spawned
    }

    fn spawn(
        &self,
        file: &Path,
        script: Option<&OsStr>,
        variables: &[(&str, OsString)],
    ) -> io::Result<Process> {
        let mut command = Command::new(file);
        match script {
            Some(script) => command.arg(script),
            None => command.arg0(&self.program.name),
        };
        let has_group = child::prepare(&mut command);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdout(match self.output {
            Output::Stderr => Stdio::from(io::stderr().as_fd().try_clone_to_owned()?),
            Output::Returned(_) => Stdio::piped(),
        });
        let parent = getpid();
        let end_with_us = move || {
            os::end_with_parent()?;
            // We may have ended before that.
            match getppid() == parent {
                true => Ok(()),
                false => Err(Errno::ESRCH.into()),
            }
        };
        // SAFETY: `end_with_parent` and getppid(2) are async-signal-safe, and nothing is allocated.
        unsafe { command.pre_exec(end_with_us) };
        let child = command.spawn()?;
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok(Process {
            child,
            has_group,
            target: if has_group { -id } else { id },
            finished: false,
        })
    }
}

/// One that runs.
struct Process {
    child: Child,
    has_group: bool,
    /// For kill(2): its number, with a minus sign for its group.
    target: i32,
    /// Whether it has ended, so that it is not killed.
    finished: bool,
}

impl Process {
    fn end(&self) -> io::Result<Option<Outcome>> {
        Ok(status_of(self.child.id())?.map(Outcome::Status))
    }

    /// What a key of the terminal sent, its group got already.
    fn pass_on(&self, stop: Stop) {
        if self.has_group || !stop.from_terminal {
            self.signal(stop.signal());
        }
    }

    fn signal(&self, signal: Signal) {
        let _ = kill(Pid::from_raw(self.target), signal);
    }

    /// Leaves alone what it may have put into the background.
    fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.finished {
            self.signal(Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

/// Reads what is there, and drops what is more than wanted.
fn read(pipe: Option<&mut std::fs::File>, output: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let Some(pipe) = pipe else {
        return Ok(());
    };
    let mut piece = [0; 4096];
    loop {
        match pipe.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                let room = most.saturating_sub(output.len()).min(count);
                output.extend_from_slice(&piece[..room]);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
