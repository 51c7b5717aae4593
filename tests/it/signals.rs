//! Stopped while fetching: an ordinary process, PID 1, and one whose parent ignores the signal.

use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, kill, pthread_sigmask, signal};
use nix::unistd::Pid;

use crate::support::{ENVSECRETS, Fault, Launch, World, can, can_unshare, until, world_with};

/// A Parameter Store that takes the request and never answers.
fn mute() -> World {
    let world = world_with(&[("/prd/app/x", "1")]);
    world.server.set_faults([Fault::Hang.always()]);
    world
}

#[test]
fn an_ordinary_process_dies_of_the_signal_at_once() {
    for stop in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let world = mute();
        let running = world
            .envsecrets(&["--path", "/prd/app", "--", "true"])
            .start();
        until("the request arrives", || world.server.calls() > 0);
        let stopped = Instant::now();
        running.signal(stop);
        let ended = running.end();
        assert_eq!((ended.code, ended.signal), (None, Some(stop as i32)));
        assert!(stopped.elapsed() < Duration::from_secs(1));
        assert_eq!((ended.text(), ended.stderr), (String::new(), String::new()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pid_1_exits_with_128_and_the_signal_at_once() {
    let unshare = ["--pid", "--fork", "--kill-child"];
    if !can(
        "pid_1_exits_with_128_and_the_signal_at_once",
        "root, for a PID namespace",
        can_unshare(&unshare),
    ) {
        return;
    }
    for stop in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        let world = mute();
        let mut arguments = unshare.to_vec();
        arguments.extend(["--", ENVSECRETS, "--path", "/prd/app", "--", "true"]);
        let mut launch = Launch::new("unshare", &arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", world.server.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", "us-east-1");
        let running = launch.start();
        until("the request arrives", || world.server.calls() > 0);
        let stopped = Instant::now();
        let children = format!("/proc/{0}/task/{0}/children", running.pid());
        let child = std::fs::read_to_string(children)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        kill(Pid::from_raw(child), stop).unwrap();
        let ended = running.end();
        assert_eq!(ended.code, Some(128 + stop as i32), "{ended:?}");
        assert!(stopped.elapsed() < Duration::from_secs(1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_is_pid_1_gets_no_handler_of_ours() {
    let unshare = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    if !can(
        "a_program_that_is_pid_1_gets_no_handler_of_ours",
        "root, for a PID namespace",
        can_unshare(&unshare),
    ) {
        return;
    }
    let world = world_with(&[("/prd/app/x", "1")]);
    let portrait = |wrapper: &[&str]| {
        let mut arguments = [&unshare[..], &["--"], wrapper].concat();
        arguments.extend(["cat", "/proc/self/status"]);
        let mut launch = Launch::new("unshare", &arguments);
        launch
            .env("AWS_ENDPOINT_URL_SSM", world.server.url())
            .env("AWS_ACCESS_KEY_ID", "AKIDENVSECRETSTEST01")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .env("AWS_REGION", "us-east-1");
        let seen = launch.run().ok();
        seen.lines()
            .filter(|line| line.starts_with("Pid:") || line.starts_with("Sig"))
            .filter(|line| !line.starts_with("SigQ:"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let ours = portrait(&[ENVSECRETS, "--path", "/prd/app", "--"]);
    assert!(ours.starts_with("Pid:\t1\n"), "{ours}");
    assert!(ours.ends_with("SigCgt:\t0000000000000000"), "{ours}");
    assert_eq!(ours, portrait(&["env"]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_our_parent_ignores_stays_ignored_before_and_after() {
    let world = world_with(&[("/prd/app/x", "1")]);
    world.server.set_faults([Fault::Throttle.first(2)]);
    let running = world
        .envsecrets(&[
            "--path",
            "/prd/app",
            "--",
            "grep",
            "^SigIgn:",
            "/proc/self/status",
        ])
        .before(|| {
            // SAFETY: these set dispositions, which is async-signal-safe.
            unsafe {
                signal(Signal::SIGPIPE, SigHandler::SigDfl)?;
                signal(Signal::SIGTERM, SigHandler::SigIgn)?;
            }
            Ok(())
        })
        .start();
    until("the request arrives", || world.server.calls() > 0);
    running.signal(Signal::SIGTERM);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ignored = u64::from_str_radix(ended.text()["SigIgn:".len()..].trim(), 16).unwrap();
    let bit = |signal: Signal| 1 << (signal as i32 - 1);
    assert_eq!(
        ignored & (bit(Signal::SIGTERM) | bit(Signal::SIGPIPE)),
        bit(Signal::SIGTERM)
    );
}

#[test]
fn signals_that_the_test_run_itself_ignores_or_blocks_change_no_result() {
    let stories = [
        "exec::nothing_about_the_process_changes",
        "exec::the_exit_status_is_the_programs",
        "exec::the_program_gets_its_secrets",
        "put::one_that_is_killed_while_it_writes_leaves_no_trace_of_the_value",
        "signals::a_signal_that_our_parent_ignores_stays_ignored_before_and_after",
        "signals::an_ordinary_process_dies_of_the_signal_at_once",
        "terminal::a_signal_restores_the_terminal",
    ];
    let tests = std::env::current_exe().unwrap();
    let arguments = [&["--exact"], &stories[..]].concat();
    let ended = Launch::new(tests, &arguments)
        .before(|| {
            // As nohup(1), shells in the background and careless parents leave them.
            let mut blocked = SigSet::empty();
            for inherited in [
                Signal::SIGHUP,
                Signal::SIGINT,
                Signal::SIGQUIT,
                Signal::SIGPIPE,
                Signal::SIGTERM,
                Signal::SIGUSR1,
            ] {
                // SAFETY: this sets a disposition, which is async-signal-safe.
                unsafe { signal(inherited, SigHandler::SigIgn) }?;
                blocked.add(inherited);
            }
            pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&blocked), None)?;
            Ok(())
        })
        .run();
    let result = format!("test result: ok. {} passed; 0 failed;", stories.len());
    assert!(ended.text().contains(&result), "{ended:?}");
}
