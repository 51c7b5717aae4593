//! What to try on Linux, for messages.
#![forbid(unsafe_code)]

/// For a path whose file system is not memory.
pub const NOT_MEMORY: &str = "a secret is written to tmpfs or ramfs only: `RuntimeDirectory=` of systemd, \
     `--tmpfs /run` of Docker, an `emptyDir` with `medium: Memory` of Kubernetes; or omit `@/PATH`, and \
     the program gets a descriptor";

/// For a path whose directory does not exist.
pub const NO_DIRECTORY: &str = "envsecrets does not create it: `RuntimeDirectory=` of systemd, \
     `--tmpfs /run/app` of Docker or an `emptyDir` of Kubernetes does";

/// For a path where other users could put another file.
pub const UNSAFE_DIRECTORY: &str = "use a directory that belongs to you or to root, as do all those above \
     it, and to which no one else may write (`chmod go-w`), or set its sticky bit (`chmod +t`); or omit \
     `@/PATH`, and the program gets a descriptor";

/// For a file without a path, where the system has none.
pub const NO_UNNAMED_FILE: &str = "write it to a path in memory with `--file NAME=PARAMETER@/PATH`";

/// For too many open files on the machine.
pub const FILES: &str =
    "too many files are open on this machine: find out by which processes, or raise `fs.file-max`";

/// For the environment of another process that cannot be read.
pub const OTHER_PROCESS: &str = "run this as root, or as the user of the process; under systemd root needs \
     the capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";
