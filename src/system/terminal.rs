//! Prompts: for hidden input, and for a confirmation.
//!
//! They use the terminal itself, so that standard output stays free for results.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::time::Instant;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::output;
use crate::system::os::{self, Arrivals, LONGEST_LINE};

/// The signals that end or stop us while echo is off: it must be restored before that.
const INTERRUPTING: [Signal; 5] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
];

/// The controlling terminal.
#[derive(Debug)]
pub struct Terminal(File);

/// Why no line was read.
enum Interruption {
    Signal(Signal),
    Failed(io::Error),
}

impl Terminal {
    /// Whether a user could answer: if standard input is a pipe or a file, the run is not
    /// interactive.
    pub fn is_interactive() -> bool {
        io::stdin().is_terminal()
    }

    /// Opens the controlling terminal.
    pub fn open() -> io::Result<Self> {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map(Self)
    }

    /// Shows lines, such as what a question is about.
    pub fn show(&mut self, lines: &str) -> io::Result<()> {
        for line in lines.lines() {
            self.write(line)?;
            self.write("\n")?;
        }
        Ok(())
    }

    /// Asks a question, and returns whether the answer was a clear yes.
    pub fn confirm(&mut self, question: &str) -> io::Result<bool> {
        self.write(&format!("{question} [y/N] "))?;
        let mut answer = Vec::new();
        let mut piece = [0; LONGEST_LINE];
        while !answer.contains(&b'\n') {
            match self.0.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => answer.extend(&piece[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let answer = String::from_utf8_lossy(&answer).trim().to_lowercase();
        Ok(["y", "yes"].contains(&answer.as_str()))
    }

    /// Prompts for a line that is not shown, and returns it without its newline.
    /// Fails if nothing was typed before the end, the line is too long for a terminal, or the
    /// deadline passes (`TimedOut`), if there is one.
    pub fn ask_hidden(&mut self, question: &str, deadline: Option<Instant>) -> io::Result<Vec<u8>> {
        loop {
            match self.hidden_line(question, deadline) {
                Ok(line) => return Ok(line),
                Err(Interruption::Failed(error)) => {
                    if error.kind() == io::ErrorKind::TimedOut {
                        self.write("\n")?;
                    }
                    return Err(error);
                }
                // Most often it ends us. After a stop, the prompt is repeated.
                Err(Interruption::Signal(signal)) => {
                    self.write("\n")?;
                    raise(signal)?;
                }
            }
        }
    }

    fn hidden_line(
        &mut self,
        question: &str,
        deadline: Option<Instant>,
    ) -> Result<Vec<u8>, Interruption> {
        let signals: SigSet = INTERRUPTING.into_iter().collect();
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let line = self.line_without_echo(&signals, question, deadline);
        before.thread_set_mask()?;
        line
    }

    fn line_without_echo(
        &mut self,
        signals: &SigSet,
        question: &str,
        deadline: Option<Instant>,
    ) -> Result<Vec<u8>, Interruption> {
        let signals = Arrivals::of(signals)?;
        let shown = tcgetattr(&self.0)?;
        let mut hidden = shown.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        hidden
            .local_flags
            .insert(LocalFlags::ICANON | LocalFlags::ISIG | LocalFlags::ECHONL);
        // Input from before the prompt is discarded.
        tcsetattr(&self.0, SetArg::TCSAFLUSH, &hidden)?;
        let line = match self.write(question) {
            Ok(()) => self.line(&signals, deadline),
            Err(error) => Err(error.into()),
        };
        tcsetattr(&self.0, SetArg::TCSADRAIN, &shown)?;
        line
    }

    fn line(
        &mut self,
        signals: &Arrivals,
        deadline: Option<Instant>,
    ) -> Result<Vec<u8>, Interruption> {
        let mut line = Vec::new();
        let mut piece = [0; LONGEST_LINE];
        loop {
            let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
            let signal = match os::until_readable([signals.as_fd(), self.0.as_fd()], left) {
                Ok([false, false]) if deadline.is_some_and(|it| it <= Instant::now()) => {
                    return Err(io::Error::from(io::ErrorKind::TimedOut).into());
                }
                Ok([false, false]) | Err(nix::errno::Errno::EINTR) => continue,
                Ok([signal, _]) => signal,
                Err(error) => return Err(error.into()),
            };
            if signal && let Some((signal, _)) = signals.next()? {
                return Err(Interruption::Signal(signal));
            }
            let count = match self.0.read(&mut piece) {
                Ok(0) if line.is_empty() => {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
                Ok(0) => return Ok(line),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            line.extend(&piece[..count]);
            if line.len() >= LONGEST_LINE {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
            }
            if line.last() == Some(&b'\n') {
                line.pop();
                return Ok(line);
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        let (text, end) = match text.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (text, ""),
        };
        self.0.write_all(output::clean(text).as_bytes())?;
        self.0.write_all(end.as_bytes())
    }
}

impl From<io::Error> for Interruption {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<nix::Error> for Interruption {
    fn from(error: nix::Error) -> Self {
        Self::Failed(error.into())
    }
}
