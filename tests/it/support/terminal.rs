//! A terminal with a person at it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::libc;
use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, tcgetattr};

use super::{Launch, Running, until};

/// A terminal, and all that it has shown.
pub struct Terminal {
    keyboard: File,
    line: OwnedFd,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub fn new() -> Self {
        let pair = openpty(None, None).unwrap();
        // What other stories start at the same time does not get it.
        for side in [&pair.master, &pair.slave] {
            fcntl(side, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        }
        let keyboard = File::from(pair.master);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (shown, mut reader) = (Arc::clone(&screen), keyboard.try_clone().unwrap());
        std::thread::spawn(move || {
            let mut piece = [0; 1024];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                shown.lock().unwrap().extend(&piece[..count]);
            }
        });
        Self {
            keyboard,
            line: pair.slave,
            screen,
        }
    }

    /// Starts a command before this terminal. What it prints is not shown there.
    pub fn start(&self, launch: &mut Launch) -> Running {
        launch.command.stdin(self.line.try_clone().unwrap());
        let launch = launch.before(|| {
            nix::unistd::setsid()?;
            // SAFETY: this makes the terminal that is standard input that of the new session.
            match unsafe { libc::ioctl(0, libc::TIOCSCTTY as _, 0) } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
        launch.start()
    }

    /// The same for a command that reads something else than what is typed.
    pub fn start_with_input(
        &self,
        launch: &mut Launch,
        input: impl Into<std::process::Stdio>,
    ) -> Running {
        let line = self.line.try_clone().unwrap();
        launch.command.stdin(input);
        let launch = launch.before(move || {
            nix::unistd::setsid()?;
            // SAFETY: this makes a terminal that of the new session.
            match unsafe {
                libc::ioctl(
                    std::os::fd::AsRawFd::as_raw_fd(&line),
                    libc::TIOCSCTTY as _,
                    0,
                )
            } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
        launch.start()
    }

    /// What a command writes to, for it to be shown here.
    pub fn side(&self) -> OwnedFd {
        self.line.try_clone().unwrap()
    }

    /// Sets its width, in columns.
    pub fn resize(&self, columns: u16) {
        let size = libc::winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let line = std::os::fd::AsRawFd::as_raw_fd(&self.line);
        // SAFETY: the request reads a structure that is ours (ioctl_tty(2)).
        let result = unsafe { libc::ioctl(line, libc::TIOCSWINSZ as _, &raw const size) };
        assert_eq!(result, 0);
    }

    pub fn types(&self, text: &str) {
        (&self.keyboard).write_all(text.as_bytes()).unwrap();
    }

    /// All that was shown, with the line ends of a file.
    pub fn shown(&self) -> String {
        let screen = self.screen.lock().unwrap();
        String::from_utf8_lossy(&screen).replace("\r\n", "\n")
    }

    /// Waits until this stands at the end of what is shown.
    #[track_caller]
    pub fn asks(&self, question: &str) {
        until(question, || self.shown().ends_with(question));
    }

    pub fn echoes(&self) -> bool {
        let settings = tcgetattr(&self.line).unwrap();
        settings.local_flags.contains(LocalFlags::ECHO)
    }
}
