//! A command of the user's that gives us something, such as credentials.
//!
//! It does not read what the program is to read, and does not outlive us.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::system::child::{self, status_of};
use crate::system::process;
use crate::system::signals::EndsWithUs;

/// A command that runs. Unless it has ended, it is killed when this is dropped, or when a signal
/// ends us: with all of its process group, if that is its own.
#[derive(Debug)]
pub struct Subprocess {
    child: Child,
    /// For kill(2): its number, with a minus sign for its group.
    target: i32,
    /// Whether it is finished with, so that it is not killed.
    finished: bool,
    ends_with_us: Option<EndsWithUs>,
}

/// What it writes.
#[derive(Debug)]
pub struct Pipes {
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
}

/// How a command ended.
#[derive(Debug, Clone, Copy)]
pub enum End {
    Status(ExitStatus),
    /// Our parent ignores SIGCHLD, so that the kernel keeps no status (wait(2)).
    Unknown,
}

impl Subprocess {
    /// Starts a command of sh(1), with what [`child::prepare`] gives it.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(command: &str) -> io::Result<(Self, Pipes)> {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell.stdout(Stdio::piped()).stderr(Stdio::piped());
        let has_group = child::prepare(&mut shell);
        let started = EndsWithUs::start(|| {
            let child = shell.spawn()?;
            let id = i32::try_from(child.id()).map_err(io::Error::other)?;
            let target = if has_group { -id } else { id };
            Ok(((child, target), target))
        });
        let ((mut child, target), ends_with_us) = started?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let subprocess = Self {
            child,
            target,
            finished: false,
            ends_with_us: Some(ends_with_us),
        };
        match (stdout, stderr) {
            (Some(stdout), Some(stderr)) => Ok((
                subprocess,
                Pipes {
                    stdout: stdout.into(),
                    stderr: stderr.into(),
                },
            )),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    ///
    /// If that cannot be found.
    pub fn end(&self) -> io::Result<Option<End>> {
        match status_of(self.child.id()) {
            Ok(status) => Ok(status.map(End::Status)),
            Err(Errno::ECHILD) => Ok(Some(End::Unknown)),
            Err(error) => Err(error.into()),
        }
    }

    /// Leaves alone what it may have put into the background.
    pub fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Subprocess {
    fn drop(&mut self) {
        if !self.finished {
            // Unless the shell became the command, that is its child.
            let commands = match self.target > 0 && process::is_shell(self.child.id()) {
                true => process::children(self.child.id()),
                false => Vec::new(),
            };
            let commands = commands
                .into_iter()
                .filter_map(|pid| i32::try_from(pid).ok());
            for target in commands.chain([self.target]) {
                let _ = kill(Pid::from_raw(target), Signal::SIGKILL);
            }
        }
        // First, since the number may be another process's after the wait.
        self.ends_with_us = None;
        // One that was killed is not waited for: the kernel may take its time, and we end too.
        let _ = match self.finished {
            true => self.child.wait().map(Some),
            false => self.child.try_wait(),
        };
    }
}
