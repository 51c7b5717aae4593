//! What leaves the process, as the kernel sees it.

use crate::support::{ENVSECRETS, Launch, SENTINEL, can, which, world_with};

/// Calls that bring bytes in. The answer arrives through them, over plain HTTP readable.
const INCOMING: [&str; 5] = ["read(", "readv(", "recv(", "recvfrom(", "recvmsg("];

#[test]
fn a_secret_leaves_only_through_execve_and_nothing_is_opened_for_writing() {
    let story = "a_secret_leaves_only_through_execve_and_nothing_is_opened_for_writing";
    if !can(story, "strace", which("strace").is_some()) {
        return;
    }
    let world = world_with(&[
        ("/prd/app/password", SENTINEL),
        ("/prd/app/empty/other", "x"),
    ]);
    let log = world.directory.path().join("strace.log");
    let mut arguments = vec!["-f", "-v", "-s", "1000000", "-o", log.to_str().unwrap()];
    arguments.extend([
        "--",
        ENVSECRETS,
        "--verbose",
        "--path",
        "/prd/app",
        "--",
        "/bin/true",
    ]);
    let mut launch = Launch::new("strace", &arguments);
    launch
        .env("HOME", world.directory.path())
        .env("AWS_ENDPOINT_URL_SSM", world.server.url())
        .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_REGION", "us-east-1");
    let ended = launch.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains(SENTINEL));

    let log = std::fs::read_to_string(log).unwrap();
    let mut ours = Vec::new();
    for line in log.lines() {
        ours.push(line);
        if line.contains("execve(\"/bin/true\"") {
            break;
        }
    }
    let (last, before) = ours.split_last().unwrap();
    assert!(
        last.contains(&format!("PASSWORD={SENTINEL}")),
        "the program gets it: {last}"
    );
    assert!(before.len() > 50, "strace saw a launch");
    for line in before {
        let call = line
            .split_once(' ')
            .map_or(*line, |(_, call)| call.trim_start());
        if line.contains(SENTINEL) {
            assert!(
                INCOMING.iter().any(|incoming| call.starts_with(incoming)),
                "{line}"
            );
        }
        if call.starts_with("open") {
            for writing in [
                "O_WRONLY",
                "O_RDWR",
                "O_CREAT",
                "O_TRUNC",
                "O_APPEND",
                "O_TMPFILE",
            ] {
                assert!(!line.contains(writing), "{line}");
            }
        }
        for creating in [
            "creat(",
            "mkdir",
            "mknod",
            "link(",
            "rename",
            "symlink",
            "memfd_create(",
            "truncate",
        ] {
            assert!(!call.starts_with(creating), "{line}");
        }
    }
}
