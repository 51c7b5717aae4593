//! What to try on macOS, for messages.
#![forbid(unsafe_code)]

/// For a path whose file system is not memory.
pub const NOT_MEMORY: &str = "a secret is written to tmpfs only, which macOS 11 and later can mount: \
     `sudo mount_tmpfs -s 1m DIRECTORY` and `sudo chown $USER DIRECTORY`; or omit `--file`, and pass it as a \
     variable";

/// For a path whose directory does not exist.
pub const NO_DIRECTORY: &str =
    "envsecrets does not create it: `mkdir`, and `sudo mount_tmpfs -s 1m DIRECTORY` do";

/// For a path where other users could put another file.
pub const UNSAFE_DIRECTORY: &str = "use a directory that belongs to you or to root, as do all those above \
     it, and to which no one else may write (`chmod go-w`), or set its sticky bit (`chmod +t`)";

/// For a file without a path, where the system has none.
pub const NO_UNNAMED_FILE: &str = "omit `--file`, and pass it as a variable; or write it to a path on a tmpfs \
     with `--file NAME=PARAMETER@/PATH`: `sudo mount_tmpfs -s 1m DIRECTORY` mounts one";

/// For too many open files on the machine.
pub const FILES: &str = "too many files are open on this machine: find out by which processes, or raise \
     `kern.maxfiles` with sysctl(8)";

/// For the environment of another process that cannot be read.
pub const OTHER_PROCESS: &str = "run this as root, or as the user of the process; macOS shows no one the \
     environment of Apple's own programs and of those with a hardened runtime";
