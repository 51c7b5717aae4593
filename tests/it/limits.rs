//! A machine that does not allow what a start needs.

use std::os::unix::process::CommandExt;

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use parameter_store::Identity;

use crate::support::aws::READ_X;
use crate::support::refusing::{Refused, sockets};
use crate::support::tls::secure;
use crate::support::{ENVSECRETS, Ended, Launch, SENTINEL, World, can, each, world_with};

const SOCKETS: &str = "allow them: `RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6` and `SystemCallFilter=@system-service` in a systemd unit, the seccomp profile of a container";
const FILES: &str = "raise it: `LimitNOFILE=` in a systemd unit, `ulimit -n` in a shell, `--ulimit nofile=` of `docker run`";
const THREADS: &str = "raise it: `LimitNPROC=` or `TasksMax=` in a systemd unit, `ulimit -u` in a shell, `--pids-limit` of `docker run`";

/// The messages about a limit.
fn limited(what: &str, why: &str, hint: &str) -> String {
    format!(
        "envsecrets: error: this machine does not allow {what}\n\
         envsecrets:   caused by: {why}\n\
         envsecrets: hint: {hint}\n"
    )
}

fn world() -> World {
    world_with(&[("/app/x", SENTINEL)])
}

/// A launch with a limit of this process.
fn with_limit(launch: &mut Launch, resource: Resource, limit: u64) -> Ended {
    let limit_it = move || Ok(setrlimit(resource, limit, limit)?);
    launch.before(limit_it).run()
}

#[test]
fn sockets_that_are_not_allowed_are_reported_at_once() {
    let world = world();
    let port = world.server.port();
    let both = "AF_INET and AF_INET6";
    for (error, why) in [
        (
            libc::EAFNOSUPPORT,
            "Address family not supported by protocol (os error 97)",
        ),
        (libc::EPERM, "Operation not permitted (os error 1)"),
        (libc::EACCES, "Permission denied (os error 13)"),
        (libc::ENOSYS, "Function not implemented (os error 38)"),
    ] {
        for (host, families) in [
            ("127.0.0.1", "AF_INET"),
            ("[::1]", "AF_INET6"),
            ("localhost", "AF_INET"),
            ("parameters.test", both),
        ] {
            let url = format!("http://{host}:{port}");
            let ended = world
                .envsecrets(&READ_X)
                .env("AWS_ENDPOINT_URL_SSM", &url)
                .refusing(&sockets(&[libc::AF_INET, libc::AF_INET6]), error)
                .run();
            assert_eq!(
                ended.failed_at_once(71),
                limited(&format!("sockets of {families}"), why, SOCKETS),
                "{host}"
            );
        }
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn one_family_is_enough() {
    let world = world();
    let url = format!("http://localhost:{}", world.server.port());
    let ended = world
        .envsecrets(&READ_X)
        .env("AWS_ENDPOINT_URL_SSM", &url)
        .refusing(&sockets(&[libc::AF_INET6]), libc::EAFNOSUPPORT)
        .run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
}

#[test]
fn system_calls_that_are_not_allowed_are_reported_and_nothing_panics() {
    let world = world();
    let calls = [
        libc::SYS_socketpair,
        libc::SYS_epoll_create1,
        libc::SYS_eventfd2,
        libc::SYS_epoll_ctl,
        libc::SYS_connect,
        libc::SYS_getsockopt,
        libc::SYS_setsockopt,
        libc::SYS_prctl,
        libc::SYS_prlimit64,
        libc::SYS_getrandom,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_recvfrom,
        libc::SYS_sendto,
    ];
    let cases: Vec<_> = calls
        .into_iter()
        .flat_map(|call| [libc::EPERM, libc::ENOSYS].map(|error| (call, error)))
        .collect();
    each(&cases, |&(call, error)| {
        let refused = Refused {
            call,
            first: Vec::new(),
        };
        let ended = world
            .envsecrets(&READ_X)
            .env("ENVSECRETS_TIMEOUT", "1s")
            .refusing(&refused, error)
            .run();
        let situation = format!("call {call}, error {error}");
        ends_well(&ended, &[0, 71, 75], &situation);
    });
}

/// Neither a signal nor a panic, but one of these codes.
#[track_caller]
fn ends_well(ended: &Ended, codes: &[i32], situation: &str) {
    let code = ended
        .code
        .unwrap_or_else(|| panic!("{situation}: {ended:?}"));
    assert!(codes.contains(&code), "{situation}: {ended:?}");
    for word in ["panicked", "overflowed", "fatal runtime error"] {
        assert!(!ended.stderr.contains(word), "{situation}: {ended:?}");
    }
}

#[test]
fn what_others_can_release_is_waited_for() {
    let world = world();
    let url = world.server.url();
    for (error, what, why, hint) in [
        (
            libc::ENFILE,
            "another open file",
            "Too many open files in system (os error 23)",
            "too many files are open on this machine: find out by which processes, or raise `fs.file-max`",
        ),
        (
            libc::ENOMEM,
            "more memory",
            "Cannot allocate memory (os error 12)",
            "free memory, or raise the limit of memory: `MemoryMax=` in a systemd unit, the memory limit of a container",
        ),
    ] {
        let ended = world
            .envsecrets(&READ_X)
            .env("ENVSECRETS_TIMEOUT", "1s")
            .refusing(&sockets(&[libc::AF_INET]), error)
            .run();
        assert_eq!(ended.code, Some(75), "{ended:?}");
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(
            [lines[0], lines[1], lines[lines.len() - 1]],
            [
                &format!(
                    "envsecrets: error: Parameter Store did not answer within 1s for parameters below `/app` in us-east-1 at {url}"
                ),
                &format!("envsecrets:   caused by: this machine does not allow {what}: {why}"),
                &format!("envsecrets: hint: {hint}"),
            ]
        );
    }
}

#[test]
fn however_few_files_may_be_open_the_limit_is_named() {
    let it = secure(Identity::Valid);
    let plain = world();
    let config = plain
        .directory
        .file("contract.toml", "path = [\"/app\"]\n", 0o600);
    let config = config.to_str().unwrap();
    let from_contract = ["--config", config, "--", "printenv", "X"];
    // Fewer do not suffice for the loader.
    let limits: Vec<u64> = (4..=20).collect();
    each(&limits, |&limit| {
        for (kind, mut launch, enough) in [
            ("http", plain.envsecrets(&READ_X), 10),
            ("a contract", plain.envsecrets(&from_contract), 10),
            (
                "a file",
                plain.launch("--file F=/app/x", &["echo", SENTINEL]),
                12,
            ),
            ("TLS", it.trusting(), 13),
        ] {
            launch.before(|| {
                let flag = libc::CLOSE_RANGE_CLOEXEC as i32;
                // Whatever these tests inherited themselves.
                // SAFETY: `close_range` is a system call and nothing else.
                unsafe { libc::close_range(3, u32::MAX, flag) };
                Ok(())
            });
            let ended = with_limit(&mut launch, Resource::RLIMIT_NOFILE, limit);
            let situation = format!("{kind}, {limit}");
            ends_well(&ended, &[0, 71], &situation);
            match ended.code {
                Some(0) => assert_eq!(ended.ok(), format!("{SENTINEL}\n")),
                _ if ended.stderr.contains("for the file of F") => {}
                _ => {
                    let why =
                        format!("RLIMIT_NOFILE is {limit}: Too many open files (os error 24)");
                    let expected = limited("another open file", &why, FILES);
                    assert_eq!(ended.failed(71), expected, "{situation}");
                }
            }
            assert!(
                limit < enough || ended.code == Some(0),
                "{situation}: {ended:?}"
            );
        }
    });
}

#[test]
fn with_few_files_several_reads_share_the_connections_that_there_are() {
    let names: Vec<String> = (0..8)
        .map(|number| format!("/p{number}/n{number}"))
        .collect();
    let values: Vec<(&str, &str)> = names.iter().map(|name| (&**name, SENTINEL)).collect();
    let world = world_with(&values);
    let paths: String = (0..8).map(|number| format!("--path /p{number} ")).collect();
    for limit in [10, 11, 12, 13] {
        let mut launch = world.launch(&paths, &["printenv", "N7"]);
        launch.before(|| {
            let flag = libc::CLOSE_RANGE_CLOEXEC as i32;
            // Whatever these tests inherited themselves.
            // SAFETY: `close_range` is a system call and nothing else.
            unsafe { libc::close_range(3, u32::MAX, flag) };
            Ok(())
        });
        let ended = with_limit(&mut launch, Resource::RLIMIT_NOFILE, limit);
        assert_eq!(ended.ok(), format!("{SENTINEL}\n"), "{limit}");
    }
}

#[test]
fn a_stack_that_is_too_small_is_named() {
    let world = world();
    // Less does not suffice for the kernel to start anything.
    for kilobytes in [32, 64, 127, 8192] {
        let mut launch = world.envsecrets(&READ_X);
        let ended = with_limit(&mut launch, Resource::RLIMIT_STACK, kilobytes * 1024);
        ends_well(&ended, &[0, 71], &format!("{kilobytes} KiB"));
        assert_eq!(ended.code == Some(0), kilobytes == 8192, "{ended:?}");
        if kilobytes < 128 {
            let (first, rest) = ended.stderr.split_once('\n').unwrap();
            assert_eq!(
                first,
                "envsecrets: error: this machine does not allow a stack that is large enough"
            );
            let why = format!(
                "envsecrets:   caused by: RLIMIT_STACK is {}, and ",
                kilobytes * 1024
            );
            assert!(rest.starts_with(&why), "{ended:?}");
            assert!(
                rest.ends_with(
                    "envsecrets: hint: raise it: `LimitSTACK=` in a systemd unit, `ulimit -s` in a shell\n"
                ),
                "{ended:?}"
            );
        }
    }
}

#[test]
fn however_little_memory_there_is_nothing_aborts() {
    let world = world();
    let it = secure(Identity::Valid);
    let size = std::fs::metadata(ENVSECRETS).unwrap().len();
    for resource in [Resource::RLIMIT_AS, Resource::RLIMIT_DATA] {
        let limits: Vec<u64> = (0..50).map(|step| size / 12 + step * 700 * 1024).collect();
        each(&limits, |&limit| {
            for mut launch in [world.envsecrets(&READ_X), it.trusting()] {
                let ended = with_limit(&mut launch, resource, limit);
                let situation = format!("{resource:?}, {limit}");
                // The kernel, the loader or the runtime of Rust may not have enough to start us.
                let is_before_us = ended.signal == Some(libc::SIGSEGV)
                    || ended.signal == Some(libc::SIGKILL)
                    || ended.code == Some(127)
                    || ended
                        .stderr
                        .contains("failed to allocate an alternative stack");
                if is_before_us && !ended.stderr.starts_with("envsecrets: ") {
                    continue;
                }
                ends_well(&ended, &[0, 71], &situation);
            }
        });
    }
}

#[test]
fn without_a_thread_an_address_is_read_and_a_name_is_not() {
    let story = "without_a_thread_an_address_is_read_and_a_name_is_not";
    const OTHER: u32 = 65534;
    let is_root = nix::unistd::geteuid().is_root();
    if !can(story, "root, to become another user", is_root) {
        return;
    }
    let world = world();
    let named = format!("http://parameters.test:{}", world.server.port());
    for limit in [0, 1] {
        let launch = |url: &str| {
            let mut launch = world.public(&READ_X);
            launch.env("AWS_ENDPOINT_URL_SSM", url);
            launch.command.uid(OTHER).gid(OTHER);
            with_limit(&mut launch, Resource::RLIMIT_NPROC, limit)
        };
        assert_eq!(launch(&world.server.url()).ok(), format!("{SENTINEL}\n"));
        let why =
            format!("RLIMIT_NPROC is {limit}: Resource temporarily unavailable (os error 11)");
        let ended = launch(&named);
        assert_eq!(
            ended.failed_at_once(71),
            limited("another thread", &why, THREADS)
        );
    }
}
