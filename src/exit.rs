//! The exit codes, and what each one means for a supervisor.
//!
//! They are the BSD `sysexits` numbers, because systemd prints them by name
//! (`status=75/TEMPFAIL`), and because `docker run` uses 125 for failures of its own. 0 is not
//! here: a launch that succeeds does not exit, it becomes the program.

/// Invalid flags or arguments. Do not retry.
pub const USAGE: u8 = 64;
/// The parameters cannot become an environment: a collision, an unusable or refused name, a NUL,
/// too large, a violated contract; or a secret cannot be decrypted. Do not retry.
pub const DATAERR: u8 = 65;
/// No parameters below a path, or a required one is missing. Do not retry.
pub const NOINPUT: u8 = 66;
/// An invalid response, or a bug of ours. Do not retry.
pub const SOFTWARE: u8 = 70;
/// This machine does not allow what is needed, for good: too few open files, no sockets, no threads,
/// a system call that is filtered. Do not retry.
pub const OSERR: u8 = 71;
/// Parameter Store could not be reached, or kept throttling, until the deadline; or this machine lacks
/// memory or files that others may release. Retry.
pub const TEMPFAIL: u8 = 75;
/// AWS denied permission. Do not retry.
pub const NOPERM: u8 = 77;
/// No region, no credentials, an unreadable profile or contract, an untrusted certificate, no
/// directory in memory for a file. Do not retry.
pub const CONFIG: u8 = 78;
/// The program was found but cannot be executed (POSIX, `env`, the shells). Do not retry.
pub const CANNOT_EXECUTE: u8 = 126;
/// The program was not found (POSIX, `env`, the shells). Do not retry.
pub const NOT_FOUND: u8 = 127;

// Only of commands.

/// The compared things differ, as in diff(1).
pub const DIFFERENT: u8 = 1;
/// The user declined: not a failure, but a script must not continue.
pub const DECLINED: u8 = 1;
/// The target exists already, or is not as expected: nothing was written.
pub const CANTCREAT: u8 = 73;
/// The result could not be written, such as to a full disk.
pub const IOERR: u8 = 74;
