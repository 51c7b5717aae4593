//! Limits of this machine, and what it does not allow: which one it is, and whether it may pass.

use std::io;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

use crate::system::{memory, os};

/// How many descriptors the async runtime takes, one for the first connection included.
const DESCRIPTORS: usize = 7;

/// How much stack a start needs, in bytes. Without optimisation it is much more.
const STACK: u64 = if cfg!(debug_assertions) { 512 } else { 128 } * 1024;

/// A limit that was met, for messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Limit {
    /// What this machine does not allow, as a sentence.
    pub what: String,
    /// The limit and its value, with the error of the system.
    pub why: String,
    /// What to try.
    pub hint: &'static str,
    pub term: Term,
    /// The error of the system.
    errno: Errno,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// It will be met again, until someone changes it.
    Lasting,
    /// It depends on what else runs on the machine.
    Passing,
}

const DESCRIPTORS_HINT: &str = "raise it: `LimitNOFILE=` in a systemd unit, `ulimit -n` in a shell, \
                                `--ulimit nofile=` of `docker run`";
const MEMORY_HINT: &str = "free memory, or raise the limit of memory: `MemoryMax=` in a systemd unit, \
                           the memory limit of a container";
const SOCKETS_HINT: &str = "allow them: `RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6` and \
                            `SystemCallFilter=@system-service` in a systemd unit, the seccomp profile \
                            of a container";
const CALLS_HINT: &str = "allow it: `SystemCallFilter=@system-service` in a systemd unit, the seccomp \
                          profile of a container";
const ADDRESSES_HINT: &str = "raise it: `LimitAS=` in a systemd unit, `ulimit -v` in a shell";
const STACK_HINT: &str = "raise it: `LimitSTACK=` in a systemd unit, `ulimit -s` in a shell";
const THREADS_HINT: &str = "raise it: `LimitNPROC=` or `TasksMax=` in a systemd unit, `ulimit -u` in a \
                            shell, `--pids-limit` of `docker run`";

impl Limit {
    fn new(what: &str, why: String, hint: &'static str, term: Term, errno: Errno) -> Self {
        Self {
            what: format!("this machine does not allow {what}"),
            why,
            hint,
            term,
            errno,
        }
    }

    pub fn is_lasting(&self) -> bool {
        self.term == Term::Lasting
    }

    /// The same while other files or connections of ours are open: then it passes with them, if it
    /// is about their number.
    #[must_use]
    pub fn with_others_open(mut self) -> Self {
        if self.errno == Errno::EMFILE {
            self.term = Term::Passing;
        }
        self
    }

    /// The sentence with its reason, in one line.
    pub fn in_one_line(&self) -> String {
        format!("{}: {}", self.what, self.why)
    }
}

/// The limit that opening a file or a socket has met, or any other system call that makes a
/// descriptor.
pub fn of_file(error: &io::Error) -> Option<Limit> {
    let errno = errno(error)?;
    let (what, why, hint, term) = match errno {
        Errno::EMFILE => (
            "another open file",
            with(limit_of("RLIMIT_NOFILE", Resource::RLIMIT_NOFILE), error),
            DESCRIPTORS_HINT,
            Term::Lasting,
        ),
        Errno::ENFILE => (
            "another open file",
            error.to_string(),
            os::hints::FILES,
            Term::Passing,
        ),
        Errno::ENOMEM | Errno::ENOBUFS => {
            ("more memory", error.to_string(), MEMORY_HINT, Term::Passing)
        }
        _ => return None,
    };
    Some(Limit::new(what, why, hint, term, errno))
}

/// The limit that writing to memory has met. Files in memory report it as if a disk were full.
pub fn of_memory(error: &io::Error) -> Limit {
    of_file(error).unwrap_or_else(|| {
        let errno = errno(error).unwrap_or(Errno::UnknownErrno);
        let (why, term) = (error.to_string(), Term::Passing);
        Limit::new("more memory", why, MEMORY_HINT, term, errno)
    })
}

/// The limit that making a socket of this family has met. A filter of system calls has its own choice
/// of errors.
pub fn of_socket(family: &str, error: &io::Error) -> Option<Limit> {
    let errno = errno(error)?;
    let is_refused = matches!(
        errno,
        Errno::EAFNOSUPPORT | Errno::EPROTONOSUPPORT | Errno::EPERM | Errno::EACCES | Errno::ENOSYS
    );
    if !is_refused {
        return of_file(error);
    }
    let what = format!("sockets of {family}");
    let (why, term) = (error.to_string(), Term::Lasting);
    Some(Limit::new(&what, why, SOCKETS_HINT, term, errno))
}

/// Whether a thread has enough address space for its stack, and for what Rust and the C library make
/// with it: they would panic without that.
///
/// # Errors
///
/// The limit that stands against it.
pub fn room_for_a_thread() -> Result<(), Limit> {
    /// Rust's 2 MiB of stack, and as much again.
    const SIZE: usize = 4 * 1024 * 1024;
    match limit_of("RLIMIT_AS", Resource::RLIMIT_AS) {
        Some(why) if !memory::fits(SIZE) => {
            let (what, hint) = ("another thread", ADDRESSES_HINT);
            Err(Limit::new(what, why, hint, Term::Lasting, Errno::ENOMEM))
        }
        _ => Ok(()),
    }
}

/// The limit that starting a thread has met.
pub fn of_thread(error: &io::Error) -> Limit {
    let errno = errno(error).unwrap_or(Errno::EAGAIN);
    if let Some(limit) = of_file(error) {
        return limit;
    }
    let number = most_processes();
    let why = number
        .as_ref()
        .map_or(error.to_string(), |(limit, _)| with(limit.clone(), error));
    // We are one process, and with a limit of one there will never be two.
    let term = match (errno, number) {
        (Errno::EAGAIN, Some((_, 0..=1))) => Term::Lasting,
        (Errno::EAGAIN, _) => Term::Passing,
        _ => Term::Lasting,
    };
    Limit::new("another thread", why, THREADS_HINT, term, errno)
}

/// Whether the stack may become as large as a start needs it: the kernel would end us otherwise.
///
/// # Errors
///
/// The limit that stands against it.
pub fn enough_stack() -> Result<(), Limit> {
    /// With a margin for what is on the stack already.
    const GROWN: usize = STACK as usize / 4 * 3;
    let limit = memory::stack_limit();
    if limit >= STACK {
        return match limit_of("RLIMIT_AS", Resource::RLIMIT_AS) {
            Some(why) if !memory::grow_stack::<GROWN>() => {
                let (what, hint) = ("more memory", ADDRESSES_HINT);
                Err(Limit::new(what, why, hint, Term::Lasting, Errno::ENOMEM))
            }
            _ => Ok(()),
        };
    }
    let why = format!("RLIMIT_STACK is {limit}, and {STACK} are needed");
    let (what, hint) = ("a stack that is large enough", STACK_HINT);
    Err(Limit::new(what, why, hint, Term::Lasting, Errno::ENOMEM))
}

/// Whether the descriptors can be made that an async runtime needs, of which some are sockets of
/// AF_UNIX: it would panic without them.
///
/// # Errors
///
/// The limit that stands against it.
pub fn room_for_a_runtime() -> Result<(), Limit> {
    let limited =
        |error: io::Error| of_socket("AF_UNIX", &error).unwrap_or_else(|| of_call(&error));
    let (one, _other) = UnixStream::pair().map_err(limited)?;
    let mut held = Vec::with_capacity(DESCRIPTORS - 2);
    for _ in 2..DESCRIPTORS {
        held.push(one.try_clone().map_err(limited)?);
    }
    Ok(())
}

/// The limit that any other system call has met, without which nothing can be done.
pub fn of_call(error: &io::Error) -> Limit {
    of_file(error).unwrap_or_else(|| {
        let errno = errno(error).unwrap_or(Errno::UnknownErrno);
        let term = match errno {
            Errno::EPERM | Errno::EACCES | Errno::ENOSYS => Term::Lasting,
            _ => Term::Passing,
        };
        let what = "a system call that this program needs";
        Limit::new(what, error.to_string(), CALLS_HINT, term, errno)
    })
}

fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw)
}

fn with(limit: Option<String>, error: &io::Error) -> String {
    match limit {
        Some(limit) => format!("{limit}: {error}"),
        None => error.to_string(),
    }
}

/// A limit of this process with its value, if it has one.
fn limit_of(name: &str, resource: Resource) -> Option<String> {
    let (soft, _) = getrlimit(resource).ok()?;
    (soft != RLIM_INFINITY).then(|| format!("{name} is {soft}"))
}

/// The lowest limit of the number of processes, with its value.
fn most_processes() -> Option<(Option<String>, u64)> {
    let of_user = os::most_processes_of_user().filter(|&it| it != RLIM_INFINITY);
    match (of_user, os::most_tasks()) {
        (None, None) => None,
        (Some(user), Some((file, tasks))) if tasks < user => {
            Some((Some(format!("`{file}` is {tasks}")), tasks))
        }
        (None, Some((file, tasks))) => Some((Some(format!("`{file}` is {tasks}")), tasks)),
        (Some(user), _) => Some((Some(format!("RLIMIT_NPROC is {user}")), user)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(errno: Errno) -> io::Error {
        io::Error::from_raw_os_error(errno as i32)
    }

    #[test]
    fn a_limit_lasts_unless_other_processes_can_lift_it() {
        for (errno, term) in [
            (Errno::EMFILE, Some(Term::Lasting)),
            (Errno::ENFILE, Some(Term::Passing)),
            (Errno::ENOMEM, Some(Term::Passing)),
            (Errno::ENOBUFS, Some(Term::Passing)),
            (Errno::ENOENT, None),
            (Errno::EACCES, None),
            (Errno::ECONNREFUSED, None),
        ] {
            let limit = of_file(&error(errno));
            assert_eq!(limit.map(|limit| limit.term), term, "{errno}");
        }
        for (errno, term) in [
            (Errno::EAFNOSUPPORT, Some(Term::Lasting)),
            (Errno::EPERM, Some(Term::Lasting)),
            (Errno::EACCES, Some(Term::Lasting)),
            (Errno::ENOSYS, Some(Term::Lasting)),
            (Errno::EMFILE, Some(Term::Lasting)),
            (Errno::ENFILE, Some(Term::Passing)),
            (Errno::ENETUNREACH, None),
        ] {
            let limit = of_socket("AF_INET", &error(errno));
            assert_eq!(limit.map(|limit| limit.term), term, "{errno}");
        }
    }

    #[test]
    fn a_number_of_descriptors_passes_when_others_of_ours_are_open() {
        let limit = |errno| of_socket("AF_INET", &error(errno)).unwrap();
        let descriptors = limit(Errno::EMFILE).with_others_open();
        assert_eq!(descriptors.term, Term::Passing);
        let family = limit(Errno::EAFNOSUPPORT).with_others_open();
        assert_eq!(family.term, Term::Lasting);
    }

    #[test]
    fn there_is_room_for_a_runtime_here() {
        assert_eq!(room_for_a_runtime(), Ok(()));
    }
}
