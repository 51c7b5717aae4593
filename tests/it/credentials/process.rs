//! The command of `credential_process`: what it reads, how long it runs, and how much it may print.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::{PROFILE_UNUSABLE, ROLE};
use crate::support::aws::{fails, world_with_x};
use crate::support::issuers::{assumed, credentials_json};
use crate::support::stand_in::StandIn;
use crate::support::terminal::Terminal;
use crate::support::{Launch, SENTINEL, World, pipe_of, until};

const KEY: &str = "ASIAPROCESS000000000";

/// Configures a command, in which `ANSWER` is one that prints credentials.
fn world_with_process(command: &str) -> World {
    let world = world_with_x();
    let answer = world.directory.file("answer", credentials_json(KEY), 0o600);
    let script = command.replace("ANSWER", &format!("cat '{}'", answer.display()));
    let script = world.directory.file("process", script, 0o700);
    world.aws_config(format!(
        "[default]\ncredential_process = sh {}\n",
        script.display()
    ));
    world
}

/// In a session without a terminal.
fn detached(launch: &mut Launch) -> &mut Launch {
    launch.before(|| Ok(nix::unistd::setsid().map(drop)?))
}

/// Whether a process still runs.
#[cfg(target_os = "linux")]
fn runs(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    status.is_ok_and(|status| !status.contains(") Z "))
}

#[cfg(not(target_os = "linux"))]
fn runs(pid: &str) -> bool {
    let status = Launch::new("ps", &["-o", "stat=", "-p", pid.trim()]).run();
    status.code == Some(0) && !status.text().starts_with('Z')
}

/// The numbers of the processes that a command has written down.
fn pids(world: &World, count: usize) -> Vec<String> {
    let file = world.directory.path().join("pids");
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    until("the command has started", || {
        read().lines().count() == count
    });
    read().lines().map(str::to_owned).collect()
}

/// A command that starts another, and ends with it.
const SLOW: &str = "cd \"${0%/*}\"\nsleep 50 & echo $! >> pids\necho $$ >> pids\nwait\n";

#[test]
fn it_does_not_read_what_the_program_is_to_read() {
    let world = world_with_process("cat > /dev/null\nANSWER\n");
    let count = ["--path", "/app", "--", "wc", "-l"];
    for file in [false, true] {
        let mut launch = world.envsecrets(&count);
        launch
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY");
        let lines = b"1\n2\n3\n4\n5\n";
        match file {
            true => {
                let file = world.directory.file("lines", lines, 0o600);
                launch.command.stdin(std::fs::File::open(file).unwrap());
            }
            false => {
                launch.command.stdin(pipe_of(lines));
            }
        }
        assert_eq!(launch.run().ok(), "5\n");
        assert_eq!(world.signer().as_deref(), Some(KEY));
    }
}

#[test]
fn it_reads_what_is_typed_at_a_terminal() {
    let world = world_with_process("read line\n[ \"$line\" = open ] && ANSWER\n");
    let terminal = Terminal::new();
    let running = terminal.start(&mut world.without_credentials(&[]));
    terminal.types("open\n");
    assert_eq!(running.end().ok(), format!("{SENTINEL}\n"));
}

#[test]
fn at_the_deadline_it_is_killed_with_all_that_it_started() {
    let world = world_with_process(SLOW);
    let mut launch = world.without_credentials(&["--timeout", "1s"]);
    fails(
        detached(&mut launch),
        75,
        "the profile did not answer within 1s for AWS credentials",
        &["the command of `credential_process` has not ended"],
        "run the command by itself to see what it waits for; `--timeout` sets how long it may take",
    );
    let pids = pids(&world, 2);
    until("all of it is gone", || !pids.iter().any(|pid| runs(pid)));
}

#[test]
fn at_a_signal_it_is_killed_with_all_that_it_started() {
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let world = world_with_process(SLOW);
        let running = detached(&mut world.without_credentials(&[])).start();
        let pids = pids(&world, 2);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(
            (ended.signal, ended.without_waiting().as_str()),
            (Some(signal as i32), "")
        );
        until("all of it is gone", || !pids.iter().any(|pid| runs(pid)));
    }
}

#[test]
fn at_a_terminal_it_is_killed_alone() {
    // The kernel hangs up on all of the session when we end, since we are its leader here.
    let world = world_with_process(&format!("trap '' HUP\n{SLOW}"));
    let terminal = Terminal::new();
    let running = terminal.start(&mut world.without_credentials(&["--timeout", "1s"]));
    assert_eq!(running.end().code, Some(75));
    let pids = pids(&world, 2);
    until("the command is gone", || !runs(&pids[1]));
    assert!(runs(&pids[0]), "what it put into the background");
    let pid = nix::unistd::Pid::from_raw(pids[0].parse().unwrap());
    nix::sys::signal::kill(pid, Signal::SIGKILL).unwrap();
}

#[test]
fn what_it_puts_into_the_background_is_neither_waited_for_nor_killed() {
    let world = world_with_process("cd \"${0%/*}\"\nsleep 50 & echo $! >> pids\nANSWER\n");
    let mut launch = world.without_credentials(&[]);
    let ended = detached(&mut launch).run();
    assert_eq!(ended.ok(), format!("{SENTINEL}\n"));
    assert!(ended.took < Duration::from_secs(40), "{ended:?}");
    let pids = pids(&world, 1);
    assert!(runs(&pids[0]));
    let pid = nix::unistd::Pid::from_raw(pids[0].parse().unwrap());
    nix::sys::signal::kill(pid, Signal::SIGKILL).unwrap();
}

#[test]
fn what_it_prints_is_bounded() {
    let world = world_with_process("yes\n");
    let why = "Error retrieving credentials from external process: it prints more than 64 KiB";
    fails(
        &mut world.without_credentials(&[]),
        78,
        PROFILE_UNUSABLE,
        &[why],
        "",
    );

    let world = world_with_process("head -c 300000 /dev/zero | tr '\\0' x >&2\nexit 1\n");
    let why = format!(
        "Error retrieving credentials: external process exited with code exit status: 1. Stderr: \
         …{}",
        "x".repeat(800)
    );
    fails(
        &mut world.without_credentials(&[]),
        78,
        PROFILE_UNUSABLE,
        &[&why],
        "",
    );

    // Nor does one block that complains at length before it answers.
    let world = world_with_process("head -c 300000 /dev/zero >&2\nANSWER\n");
    world.read_as(&mut world.without_credentials(&[]), KEY, "a long complaint");
}

#[test]
fn it_gets_the_environment_that_we_were_given() {
    let world = world_with_process("cd \"${0%/*}\"\nenv > environment\nANSWER\n");
    let mut launch = world.without_credentials(&[]);
    launch.env("AWS_SESSION_TOKEN", "");
    world.read_as(&mut launch, KEY, "an empty variable");
    let environment = world.directory.path().join("environment");
    let environment = std::fs::read_to_string(environment).unwrap();
    assert!(
        environment.lines().any(|line| line == "AWS_SESSION_TOKEN="),
        "{environment}"
    );
}

#[test]
fn one_without_a_status_that_we_can_see_can_give_credentials() {
    let ignore = || {
        // SAFETY: this sets a disposition, which is async-signal-safe.
        unsafe { nix::libc::signal(nix::libc::SIGCHLD, nix::libc::SIG_IGN) };
        Ok(())
    };
    let world = world_with_process("ANSWER\n");
    let mut launch = world.without_credentials(&[]);
    world.read_as(launch.before(ignore), KEY, "SIGCHLD is ignored");

    let world = world_with_process("exit 3\n");
    let why = "Error retrieving credentials from external process: it printed no credentials, and \
               its exit status is unknown, because SIGCHLD is ignored";
    let mut launch = world.without_credentials(&[]);
    fails(launch.before(ignore), 78, PROFILE_UNUSABLE, &[why], "");
}

#[test]
fn a_role_is_assumed_with_what_it_gives() {
    let world = world_with_process("cat > /dev/null\nANSWER\n");
    let process = world.directory.path().join("process");
    let process = process.display();
    world.aws_config(format!(
        "[profile app]\n{ROLE}\nsource_profile = base\n[profile base]\ncredential_process = sh \
         {process}\n[profile itself]\n{ROLE}\nsource_profile = itself\ncredential_process = sh \
         {process}\n"
    ));
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    for (number, profile) in ["app", "itself"].into_iter().enumerate() {
        let mut launch = world.without_credentials(&["--profile", profile]);
        launch.env("AWS_ENDPOINT_URL_STS", sts.url());
        launch.command.stdin(pipe_of(b"for the program"));
        world.read_as(&mut launch, "ASIAROLE000000000000", profile);
        assert_eq!(sts.calls()[number].signer(), Some(KEY));
    }
}
