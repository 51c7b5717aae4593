//! Signals before the program starts.
//!
//! An ordinary process needs no handler: the default action of TERM, INT, HUP and QUIT
//! ends it by that very signal, and one that our parent ignores stays ignored. PID 1 has no
//! default actions (pid_namespaces(7)): without a handler `docker stop` would wait for its whole
//! grace period. So there, and only there, those signals get a handler that exits with 128+n,
//! which is what the container engines report for a death by signal n. A handler is reset to the
//! default by `execve`, so the program sees what it would have seen without us.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};

use crate::system::handler;
use crate::system::os::{self, Arrivals};

/// The signals that stop a container (`STOPSIGNAL` is often QUIT) or a session.
const STOPPING: [Signal; 4] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Makes us killable while we fetch, if we are PID 1.
pub fn stand_ready() {
    if std::process::id() != 1 {
        return;
    }
    let die = SigAction::new(SigHandler::Handler(die), SaFlags::empty(), SigSet::empty());
    for signal in STOPPING {
        // SAFETY: `die` calls nothing but `kill` and `_exit`, which are async-signal-safe
        // (signal-safety(7)).
        unsafe { handle(signal, &die) };
    }
}

/// Handles a signal that has its default action, and tells whether it had. One that our parent
/// ignored must stay ignored: a handler would become the default action at exec, and that would undo
/// `nohup`. A handler of ours stays too.
///
/// # Safety
///
/// The handler must call only what is async-signal-safe.
unsafe fn handle(signal: Signal, action: &SigAction) -> bool {
    // SAFETY: the caller promises it.
    let Ok(before) = (unsafe { sigaction(signal, action) }) else {
        return false;
    };
    let is_handled = matches!(before.handler(), SigHandler::SigDfl);
    if !is_handled {
        // SAFETY: this restores the previous disposition.
        let _ = unsafe { sigaction(signal, &before) };
    }
    is_handled
}

/// Signals that would end us, held back while this exists: those that arrive wait for its end.
///
/// It holds them for the whole process if no other thread takes them, see [`take_none`].
#[derive(Debug)]
pub struct Held {
    before: SigSet,
}

impl Held {
    /// Holds back every signal that would end us and can wait.
    pub fn hold() -> Self {
        // Faults of the code cannot wait, and the others do not end us (signal(7)). For SIGPIPE and
        // SIGXFSZ a write fails instead.
        const NOT: [Signal; 16] = [
            Signal::SIGSEGV,
            Signal::SIGBUS,
            Signal::SIGFPE,
            Signal::SIGILL,
            Signal::SIGTRAP,
            Signal::SIGSYS,
            Signal::SIGABRT,
            Signal::SIGPIPE,
            Signal::SIGXFSZ,
            Signal::SIGCHLD,
            Signal::SIGCONT,
            Signal::SIGTSTP,
            Signal::SIGTTIN,
            Signal::SIGTTOU,
            Signal::SIGURG,
            Signal::SIGWINCH,
        ];
        let mut held = SigSet::all();
        for signal in NOT.into_iter().chain(os::HARMLESS) {
            held.remove(signal);
        }
        // It can only fail on a flag that does not exist.
        let before = held.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        Self {
            before: before.unwrap_or_else(|_| SigSet::empty()),
        }
    }

    /// A signal that has arrived in the meantime and will end us, if there is one.
    pub fn arrived(&self) -> Option<i32> {
        let mut pending = MaybeUninit::<nix::libc::sigset_t>::uninit();
        // SAFETY: the call fills the set, and tells whether it has; sets of signals are only read
        // otherwise.
        unsafe {
            if nix::libc::sigpending(pending.as_mut_ptr()) != 0 {
                return None;
            }
            let pending = pending.assume_init();
            let has = |set, signal| nix::libc::sigismember(set, signal) == 1;
            (1..=os::last_signal()).find(|&signal| {
                has(&pending, signal) && !has(self.before.as_ref(), signal) && ends_us(signal)
            })
        }
    }

    /// Lets a signal that has arrived end us.
    pub fn end(self, signal: i32) -> ! {
        drop(self);
        // Only a handler that returns comes here.
        die_of(signal)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

/// Signals that stop us, taken one by one instead of ending us, while this exists. One that was not
/// taken ends us afterwards.
#[derive(Debug)]
pub struct Caught {
    /// Until this is dropped.
    taken: Option<Arrivals>,
    before: SigSet,
}

/// A signal that was to stop us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    signal: Signal,
    /// Whether a key of the terminal sent it: then all of its process group got it.
    pub from_terminal: bool,
}

impl Stop {
    pub fn signal(self) -> Signal {
        self.signal
    }

    /// Ends us by the signal.
    pub fn end(self) -> ! {
        die_of(self.signal as i32)
    }
}

impl Caught {
    /// Catches the signals that would stop us: not those that our parent ignores.
    ///
    /// # Errors
    ///
    /// Without a descriptor for them.
    pub fn catch() -> io::Result<Self> {
        let would_stop = |signal: &Signal| ends_us(*signal as i32);
        let signals: SigSet = STOPPING.into_iter().filter(would_stop).collect();
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let mut caught = Self {
            taken: None,
            before,
        };
        caught.taken = Some(Arrivals::of(&signals)?);
        Ok(caught)
    }

    /// A signal that has arrived, if there is one.
    pub fn next(&self) -> Option<Stop> {
        let (signal, from_terminal) = self.taken.as_ref()?.next().ok().flatten()?;
        Some(Stop {
            signal,
            from_terminal,
        })
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        self.taken = None;
        let _ = self.before.thread_set_mask();
    }
}

/// Whether a signal ends us when it is delivered. What is blocked waits even if it is ignored.
fn ends_us(signal: i32) -> bool {
    let mut action = MaybeUninit::<nix::libc::sigaction>::uninit();
    // SAFETY: with a null pointer for the new action the call only fills the structure.
    let handler = unsafe {
        if nix::libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) != 0 {
            return false;
        }
        action.assume_init().sa_sigaction
    };
    match handler {
        nix::libc::SIG_IGN => false,
        // PID 1 has no default actions.
        nix::libc::SIG_DFL => std::process::id() != 1,
        _ => true,
    }
}

/// Lets this thread take no signals: the main thread does, and may hold them back.
pub fn take_none() {
    let _ = SigSet::all().thread_block();
}

/// Lets a write beyond the limit of the size of files (RLIMIT_FSIZE) fail, instead of ending us by
/// SIGXFSZ without an explanation. What we execute has the default action again, since a handler does
/// not survive that (execve(2)).
pub fn survive_the_limit_of_files() {
    let nothing = SigAction::new(
        SigHandler::Handler(do_nothing),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler calls nothing.
    unsafe { handle(Signal::SIGXFSZ, &nothing) };
}

extern "C" fn do_nothing(_: i32) {}

/// Lets the kernel keep how the processes that we start end, also if our parent ignores SIGCHLD
/// (wait(2), "Notes").
pub fn keep_statuses() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action involves no code of ours.
    let _ = unsafe { sigaction(Signal::SIGCHLD, &default) };
}

/// What is killed before we die: a process, or with a minus sign its group (kill(2)).
static SUBPROCESS: AtomicI32 = AtomicI32::new(NONE);
const NONE: i32 = 0;

/// Kills a process, or with a minus sign its group, when a signal ends us before this is dropped.
#[derive(Debug)]
pub struct EndsWithUs(Vec<Signal>);

impl EndsWithUs {
    /// Starts a process, of which `start` also returns what is to be killed. No signal ends us in
    /// between.
    pub fn start<T>(start: impl FnOnce() -> io::Result<(T, i32)>) -> io::Result<(T, Self)> {
        let signals: SigSet = STOPPING.into_iter().collect();
        let mask = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let started = start().map(|(started, target)| {
            SUBPROCESS.store(target, Ordering::SeqCst);
            (started, Self(Self::handle()))
        });
        mask.thread_set_mask()?;
        started
    }

    /// Handles the signals that have their default action; the others are ignored, or have a
    /// handler of ours that does the same.
    fn handle() -> Vec<Signal> {
        let action = SigAction::new(
            SigHandler::Handler(die_with_subprocess),
            SaFlags::empty(),
            SigSet::empty(),
        );
        let mut handled = STOPPING.to_vec();
        // SAFETY: `die_with_subprocess` calls nothing that is not async-signal-safe
        // (signal-safety(7)).
        handled.retain(|&signal| unsafe { handle(signal, &action) });
        handled
    }
}

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        SUBPROCESS.store(NONE, Ordering::SeqCst);
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        for signal in &self.0 {
            // SAFETY: the default action involves no code of ours.
            let _ = unsafe { sigaction(*signal, &default) };
        }
    }
}

/// Async-signal-safe: it calls `kill`, and restores `errno`.
fn kill_subprocess() {
    let target = SUBPROCESS.load(Ordering::SeqCst);
    if target != NONE {
        // SAFETY: `kill` is async-signal-safe.
        handler::keeping_errno(|| unsafe { nix::libc::kill(target, nix::libc::SIGKILL) });
    }
}

extern "C" fn die_with_subprocess(signal: i32) {
    kill_subprocess();
    // SAFETY: both are async-signal-safe. The signal is blocked until this returns, and ends us then.
    unsafe {
        nix::libc::signal(signal, nix::libc::SIG_DFL);
        nix::libc::raise(signal);
    }
}

/// The pipe to which the handler writes a signal.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// Calls `report` when a signal stops us, before we die of it. The same signal again ends us at
/// once. Signals that our parent ignores stay ignored.
///
/// A handler may do almost nothing (signal-safety(7)). So it writes into a pipe, at whose other end
/// a thread waits.
pub fn report_before_dying(report: impl FnOnce() + Send + 'static) {
    let Ok((mut reader, writer)) = io::pipe() else {
        // Without it there is no report, and all else is the same.
        return;
    };
    let wait = move || {
        let mut signal = [0];
        if let Ok(1) = reader.read(&mut signal) {
            report();
            let _ = SigSet::all().thread_unblock();
            die_of(i32::from(signal[0]));
        }
    };
    // That thread takes no signals, so that the main thread can hold them back.
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let spawned = std::thread::Builder::new().spawn(wait);
    if let Ok(mask) = mask {
        let _ = mask.thread_set_mask();
    }
    if spawned.is_err() {
        return;
    }
    PIPE.store(writer.as_raw_fd(), Ordering::SeqCst);
    // It stays open for as long as we live.
    let _ = writer.into_raw_fd();
    let flags = SaFlags::SA_RESTART | SaFlags::SA_RESETHAND;
    let note = SigAction::new(SigHandler::Handler(note), flags, SigSet::empty());
    for signal in STOPPING {
        // SAFETY: `note` calls nothing but `kill` and `write`, which are async-signal-safe
        // (signal-safety(7)).
        let before = unsafe { sigaction(signal, &note) };
        if let Ok(before) = before
            && matches!(before.handler(), SigHandler::SigIgn)
        {
            // SAFETY: this restores the previous disposition.
            let _ = unsafe { sigaction(signal, &before) };
        }
    }
}

extern "C" fn note(signal: i32) {
    handler::write(signal, &PIPE);
}

/// Dies of a signal, or exits as if we had if we are PID 1, which it would not kill.
fn die_of(signal: i32) -> ! {
    if let Ok(signal) = Signal::try_from(signal)
        && std::process::id() != 1
    {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: the default action involves no code of ours.
        let _ = unsafe { sigaction(signal, &default) };
        let _ = nix::sys::signal::raise(signal);
    }
    // SAFETY: `_exit` does not return.
    unsafe { nix::libc::_exit(128 + signal) }
}

extern "C" fn die(signal: i32) {
    kill_subprocess();
    // SAFETY: `_exit` is async-signal-safe, and does not return.
    unsafe { nix::libc::_exit(128 + signal) }
}
