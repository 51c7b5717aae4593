//! What leaves the process, as the kernel sees it.

use parameter_store::{Identity, Server, Tls};

use crate::support::memory::Memory;
use crate::support::{ENVSECRETS, Ended, Fault, Launch, SENTINEL, World, can_trace, demo};

/// Calls that bring bytes in. The answer arrives through them, over plain HTTP readable.
const INCOMING: [&str; 5] = ["read", "readv", "recv", "recvfrom", "recvmsg"];

/// Calls that make a file, or give one a name.
const CREATING: [&str; 15] = [
    "creat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "symlink",
    "symlinkat",
    "truncate",
    "ftruncate",
    "memfd_create",
];

/// Modes of `open` that would leave something behind.
const WRITING: [&str; 6] = [
    "O_WRONLY",
    "O_RDWR",
    "O_CREAT",
    "O_TRUNC",
    "O_APPEND",
    "O_TMPFILE",
];

/// A launcher under strace.
struct Traced {
    ended: Ended,
    log: String,
}

/// Runs a launcher under strace, or gives `None` where that is impossible.
fn traced(story: &str, world: &World, server: &Server, arguments: &[&str]) -> Option<Traced> {
    if !can_trace(story) {
        return None;
    }
    let log = world.directory.path().join("strace.log");
    let strace = [
        "-f",
        "-v",
        "-y",
        "-s",
        "1000000",
        "-o",
        log.to_str().unwrap(),
        "--",
        ENVSECRETS,
    ];
    let mut launch = Launch::new("strace", &[&strace, arguments].concat());
    launch
        .env("HOME", world.directory.path())
        .env("AWS_ENDPOINT_URL_SSM", server.url())
        .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1")
        .env("SSL_CERT_FILE", world.directory.path().join("ca.pem"));
    let ended = launch.run();
    let log = std::fs::read_to_string(log).unwrap();
    Some(Traced { ended, log })
}

impl Traced {
    /// The calls that are ours, each with its name: up to the one by which we become the program.
    fn ours(&self) -> (Vec<(&str, &str)>, Option<&str>) {
        let mut ours = Vec::new();
        for line in self.log.lines() {
            if line.contains("execve(\"/bin/true\"") {
                return (ours, Some(line));
            }
            ours.push((name_of(line), line));
        }
        (ours, None)
    }

    /// Holds what every launch must keep to until the program runs.
    fn leaves_nothing_behind(&self) {
        let (ours, _) = self.ours();
        assert!(ours.len() > 50, "strace saw a launch: {}", self.log);
        for (name, line) in ours {
            if line.contains(SENTINEL) {
                assert!(INCOMING.contains(&name), "{line}");
            }
            if name.starts_with("open") {
                let writing = WRITING.iter().find(|mode| line.contains(*mode));
                assert_eq!(writing, None, "{line}");
            }
            assert!(!CREATING.contains(&name), "{line}");
        }
        assert!(!self.ended.stderr.contains(SENTINEL), "{:?}", self.ended);
        assert!(!self.ended.text().contains(SENTINEL), "{:?}", self.ended);
    }

    /// The program was started, and got this.
    fn starts_with(&self, entry: &str) {
        assert_eq!(self.ended.code, Some(0), "{:?}", self.ended);
        let (_, last) = self.ours();
        let last = last.expect("the program starts");
        assert!(last.contains(entry), "{last}");
    }

    /// It was not.
    fn starts_nothing(&self, code: i32) {
        assert_eq!(self.ended.code, Some(code), "{:?}", self.ended);
        let (ours, last) = self.ours();
        assert_eq!(last, None);
        let execs = ours.iter().filter(|(name, _)| *name == "execve").count();
        assert_eq!(execs, 1, "only our own: {}", self.log);
    }
}

/// The name of the call in a line: `12345 read(…`, or `12345 <... read resumed>…`.
fn name_of(line: &str) -> &str {
    let call = line.split_once(' ').map_or(line, |(_, call)| call);
    let call = call.trim_start();
    match call.strip_prefix("<... ") {
        Some(resumed) => resumed.split(' ').next().unwrap_or_default(),
        None => call.split('(').next().unwrap_or_default(),
    }
}

#[test]
fn a_secret_leaves_only_through_execve_and_nothing_is_opened_for_writing() {
    let story = "a_secret_leaves_only_through_execve_and_nothing_is_opened_for_writing";
    for options in [["--path", "/prd/app"], ["--secret", "A=/prd/app/a"]] {
        let world = demo();
        let arguments = [&["--verbose"], &options[..], &["--", "/bin/true"]].concat();
        let Some(traced) = traced(story, &world, &world.server, &arguments) else {
            return;
        };
        traced.leaves_nothing_behind();
        traced.starts_with(&format!("\"A={SENTINEL}\""));
    }
}

#[test]
fn a_file_is_written_to_memory_and_nowhere_else() {
    let story = "a_file_is_written_to_memory_and_nowhere_else";
    let Some(memory) = Memory::new(story) else {
        return;
    };
    let world = demo();
    let path = memory.path("key");
    let (file, at_path) = ("K=/prd/app/a".to_owned(), format!("P=/prd/app/a@{path}"));
    let options = ["--verbose", "--file", &file, "--file", &at_path];
    let arguments = [&options[..], &["--", "/bin/true"]].concat();
    let Some(launch) = traced(story, &world, &world.server, &arguments) else {
        return;
    };
    launch.starts_with("\"K=/proc/self/fd/512\"");
    launch.starts_with(&format!("\"P={path}\""));
    let (ours, last) = launch.ours();
    assert!(!last.unwrap().contains(SENTINEL), "{last:?}");
    let mut written = Vec::new();
    for (name, line) in ours {
        if line.contains(SENTINEL) && !INCOMING.contains(&name) {
            let (_, call) = line.split_once(' ').unwrap();
            written.push(call.trim_start().split(',').next().unwrap());
        }
        if name.starts_with("open") && WRITING.iter().any(|mode| line.contains(mode)) {
            let directory = path.strip_suffix("/key").unwrap();
            assert!(
                line.contains(&format!("<{directory}>, \".envsecrets-")),
                "{line}"
            );
        }
    }
    written.sort_unstable();
    let [nameless, named] = written.as_slice() else {
        panic!("{written:?}");
    };
    assert!(
        nameless.starts_with("pwrite64(512</memfd:envsecrets"),
        "{nameless}"
    );
    let hidden = path.replace("/key", "/.envsecrets-");
    assert!(
        named.starts_with("write(") && named.contains(&hidden),
        "{named}"
    );

    // Of a check nothing is left, and an empty file in memory is all that is made.
    std::fs::remove_file(&path).unwrap();
    let arguments = [&["check"], &options[..]].concat();
    let Some(check) = traced(story, &world, &world.server, &arguments) else {
        return;
    };
    check.starts_nothing(0);
    for (name, line) in check.ours().0 {
        assert!(
            !line.contains(SENTINEL) || INCOMING.contains(&name),
            "{line}"
        );
        assert!(
            !CREATING.contains(&name) || name == "memfd_create",
            "{line}"
        );
        let opens = name.starts_with("open");
        assert!(
            !opens || !WRITING.iter().any(|mode| line.contains(mode)),
            "{line}"
        );
    }
}

#[test]
fn over_tls_a_secret_is_seen_in_nothing_but_execve() {
    let story = "over_tls_a_secret_is_seen_in_nothing_but_execve";
    let world = demo();
    let tls = Tls::new(Identity::Valid);
    let server = Server::start_tls(&world.store, &tls).unwrap();
    world.directory.file("ca.pem", tls.ca_pem(), 0o600);
    let arguments = ["--path", "/prd/app", "--", "/bin/true"];
    let Some(traced) = traced(story, &world, &server, &arguments) else {
        return;
    };
    traced.leaves_nothing_behind();
    traced.starts_with(&format!("\"A={SENTINEL}\""));
    let (ours, _) = traced.ours();
    let seen = ours.iter().find(|(_, line)| line.contains(SENTINEL));
    assert_eq!(seen, None);
}

#[test]
fn a_launch_that_fails_leaves_nothing_behind() {
    let story = "a_launch_that_fails_leaves_nothing_behind";
    for (fault, options, code) in [
        // All is read, and cannot become an environment.
        (None, ["--require", "MISSING"], 66),
        (None, ["--rename", "a=LD_PRELOAD"], 65),
        // Half is read.
        (Some(Fault::CloseMidBody), ["--timeout", "500ms"], 75),
        (Some(Fault::TruncatedJson), ["--timeout", "2m"], 70),
        (Some(Fault::NulInValue), ["--timeout", "2m"], 65),
    ] {
        let world = demo();
        world.server.set_faults(fault);
        let arguments = [&["--path", "/prd/app"], &options[..], &["--", "/bin/true"]].concat();
        let Some(traced) = traced(story, &world, &world.server, &arguments) else {
            return;
        };
        traced.leaves_nothing_behind();
        traced.starts_nothing(code);
    }
}

#[test]
fn a_check_leaves_nothing_behind() {
    let story = "a_check_leaves_nothing_behind";
    for format in ["table", "json"] {
        let world = demo();
        let arguments = [
            "check",
            "--path",
            "/prd/app",
            "--format",
            format,
            "--",
            "/bin/true",
        ];
        let Some(traced) = traced(story, &world, &world.server, &arguments) else {
            return;
        };
        traced.leaves_nothing_behind();
        traced.starts_nothing(0);
        assert!(
            traced.ended.text().contains("/prd/app/a"),
            "{:?}",
            traced.ended
        );
    }
}
