//! Dying well, while we are still ourselves.
//!
//! An ordinary process needs nothing from us: the default action of TERM, INT, HUP and QUIT
//! ends it by that very signal, and one that our parent ignores stays ignored. PID 1 has no
//! default actions (pid_namespaces(7)): without a handler `docker stop` would wait out its whole
//! grace period. So there, and only there, those signals get a handler that exits with 128+n,
//! which is what the container engines report for a death by signal n. A handler is reset to the
//! default by `execve`, so the program sees what it would have seen without us.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

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
        // SAFETY: `die` calls nothing but `_exit`, which is async-signal-safe
        // (signal-safety(7)).
        let before = unsafe { sigaction(signal, &die) };
        if let Ok(before) = before
            && matches!(before.handler(), SigHandler::SigIgn)
        {
            // SAFETY: this puts back the disposition that was there a moment ago. A signal that
            // our parent ignored must stay ignored: a handler would become the default action
            // at exec, and that would undo `nohup`.
            let _ = unsafe { sigaction(signal, &before) };
        }
    }
}

extern "C" fn die(signal: i32) {
    // SAFETY: `_exit` is async-signal-safe, and does not return.
    unsafe { nix::libc::_exit(128 + signal) }
}
