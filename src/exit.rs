//! The exit codes, and what each one promises a supervisor.
//!
//! They are the BSD `sysexits` numbers, because systemd prints them by name
//! (`status=75/TEMPFAIL`), and because `docker run` uses 125 for failures of its own. 0 is not
//! here: a launch that succeeds does not exit, it becomes the program.

/// The flags or arguments make no sense. Do not retry.
pub const USAGE: u8 = 64;
/// What was read cannot become an environment: a collision, an unusable or refused name, a NUL,
/// too large, not as the contract says. Do not retry.
pub const DATAERR: u8 = 65;
/// Nothing below a path, or something required is missing. Do not retry.
pub const NOINPUT: u8 = 66;
/// An answer that we could not understand, or a bug of ours. Do not retry.
pub const SOFTWARE: u8 = 70;
/// Parameter Store could not be reached, or kept throttling, until the deadline. Retry.
pub const TEMPFAIL: u8 = 75;
/// AWS refused. Do not retry.
pub const NOPERM: u8 = 77;
/// No region, no credentials, an unreadable profile or contract, an untrusted certificate, no place in memory
/// for a file. Do not retry.
pub const CONFIG: u8 = 78;
/// The program was found but cannot be executed (POSIX, `env`, the shells). Do not retry.
pub const CANNOT_EXECUTE: u8 = 126;
/// The program was not found (POSIX, `env`, the shells). Do not retry.
pub const NOT_FOUND: u8 = 127;

// Only of commands.

/// What was compared is not the same, as of diff(1).
pub const DIFFERENT: u8 = 1;
/// A person was asked, and said no: that is no failure, but a script must not go on.
pub const DECLINED: u8 = 1;
/// What was to be made is there already, or is not what it was thought to be: nothing was written.
pub const CANTCREAT: u8 = 73;
/// What there is to say could not be written, such as to a full disk.
pub const IOERR: u8 = 74;
