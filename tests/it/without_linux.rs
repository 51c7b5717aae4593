//! Where the system has no files in memory without a name, and no `/proc`: macOS, and Linux built with
//! `BUILD_ENVSECRETS_POSIX=1`.

use crate::support::{SENTINEL, demo, world_with};

/// The name of the system, as messages have it, and what it has where Linux has more to say.
const SYSTEM: &str = if cfg!(target_os = "macos") {
    "macOS"
} else {
    "POSIX"
};
const NO_UNNAMED_FILE: &str = if cfg!(target_os = "macos") {
    "omit `--file`, and pass it as a variable; or write it to a path on a tmpfs with `--file \
     NAME=PARAMETER@/PATH`: `sudo mount_tmpfs -s 1m DIRECTORY` mounts one"
} else {
    "write it to a path in memory with `--file NAME=PARAMETER@/PATH`"
};

#[test]
fn a_file_without_a_path_is_refused_with_what_to_use_before_anything_is_read() {
    let world = demo();
    for options in ["--file KEY=/prd/app/a", "--file KEY=base64:/prd/app/a"] {
        assert_eq!(
            world.refusal(options, 78),
            format!(
                "envsecrets: error: {SYSTEM} has no files in memory without a path, as the file of KEY \
                 would be\n\
                 envsecrets: hint: {NO_UNNAMED_FILE}\n"
            )
        );
    }
    assert_eq!(world.operations(), [""; 0]);
}

#[test]
fn a_path_that_is_not_in_memory_is_refused_and_nothing_is_written() {
    let world = demo();
    let path = world.directory.path().canonicalize().unwrap().join("key");
    let printed = world.refusal(&format!("--file KEY=/prd/app/a@{}", path.display()), 78);
    let start = format!(
        "envsecrets: error: `{}`, for KEY, would not be in memory: ",
        path.display()
    );
    assert!(printed.starts_with(&start), "{printed}");
    assert!(!path.exists());
    assert_eq!(world.operations(), [""; 0]);
}

#[test]
fn settings_that_no_one_can_copy_are_refused_and_empty_ones_are_not() {
    let world = world_with(&[("/app/x", SENTINEL)]);
    let launch = |file: &str| {
        let mut launch = world.launch("--path /app", &["printenv", "X"]);
        launch.env("AWS_CONFIG_FILE", file);
        launch
    };
    assert_eq!(launch("/dev/null").run().ok(), format!("{SENTINEL}\n"));
    let mut piped = launch("/dev/stdin");
    let settings = b"[default]\nregion = eu-central-1\n";
    piped.command.stdin(crate::support::pipe_of(settings));
    assert_eq!(
        piped.run().failed(78),
        "envsecrets: error: `/dev/stdin`, from AWS_CONFIG_FILE, cannot be read\n\
         envsecrets:   caused by: it is not a plain file with a path in UTF-8, and this system has no \
         files in memory into which it could be copied\n\
         envsecrets: hint: give a plain file of the usual size\n"
    );
}

/// The calls of a launch with several secrets. What the Rust and C libraries do by themselves is theirs.
#[cfg(target_os = "linux")]
#[test]
fn no_call_is_one_that_only_linux_has() {
    use crate::support::{ENVSECRETS, Launch, can_trace};

    /// Each has a counterpart for macOS in `src/system/posix`.
    const OURS: &str = "trace=signalfd,signalfd4,memfd_create,prctl,renameat2,capget,waitid,poll,\
                        readlink,openat";
    /// The C library looks at the stack of the main thread.
    const ALLOWED: &str = "/proc/self/maps";

    if !can_trace("no_call_is_one_that_only_linux_has") {
        return;
    }
    let world = demo();
    let log = world.directory.path().join("calls");
    let log = log.to_str().unwrap();
    let strace = ["-f", "-o", log, "-e", OURS, "--", ENVSECRETS];
    let launch = ["--path", "/prd/app", "--", "/bin/sh", "-c", "kill -KILL $$"];
    let mut launch = world.with_settings(Launch::new("strace", &[&strace[..], &launch].concat()));
    launch.run();
    let calls = std::fs::read_to_string(log).unwrap();
    assert!(calls.contains("openat("), "{calls}");
    for call in ["signalfd", "memfd_create", "prctl", "renameat2", "capget"] {
        assert!(!calls.contains(call), "{call} in:\n{calls}");
    }
    let proc = calls
        .lines()
        .find(|line| line.contains("\"/proc") && !line.contains(ALLOWED));
    assert_eq!(proc, None);
}
