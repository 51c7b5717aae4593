//! One launcher of many: arriving spread out, keeping what it has, and leaving the path's quota by
//! exact names.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parameter_store::Throttle;

use crate::support::{
    ENVSECRETS, Ended, Fault, Launch, SENTINEL, World, can, can_unshare, world, world_with,
};

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A launch with what is said on stderr in a file, and a wait until it says that it waits.
fn waiting(mut launch: Launch, world: &World) -> crate::support::Running {
    let said = world.directory.file("stderr", "", 0o600);
    let file = std::fs::File::options().append(true).open(&said).unwrap();
    launch.command.stderr(Stdio::from(file));
    let running = launch.start();
    until("the launcher says that it waits", || {
        let text = std::fs::read_to_string(&said).unwrap();
        text.starts_with("envsecrets: waiting ")
            && text.ends_with(" s before the first call, as `--start-jitter` asks\n")
    });
    running
}

#[test]
fn a_start_jitter_spreads_arrivals_and_leaves_each_its_whole_timeout() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let launch = || {
        // Most would be past their deadline before their first call, if the wait were part of it.
        world
            .envsecrets(&["--path", "/prd/app", "--timeout", "3s", "--", "true"])
            .env("ENVSECRETS_START_JITTER", "8s")
            .start()
    };
    let fleet: Vec<_> = (0..8).map(|_| launch()).collect();
    for running in fleet {
        assert_eq!(running.end().code, Some(0));
    }
    let arrivals: Vec<Instant> = world.server.requests().iter().map(|it| it.at).collect();
    let (first, last) = (
        arrivals.iter().min().unwrap(),
        arrivals.iter().max().unwrap(),
    );
    assert_eq!(arrivals.len(), 8);
    assert!(last.duration_since(*first) > Duration::from_secs(1));
}

#[test]
fn a_mistake_is_told_before_the_start_is_spread() {
    let world = world_with(&[("/prd/app/x", "1")]);
    for (arguments, code) in [
        (
            &[
                "--start-jitter",
                "1000h",
                "--path",
                "/prd/app",
                "--",
                "jaav",
            ][..],
            127,
        ),
        (
            &["--start-jitter", "1000h", "--path", "prd/app", "--", "true"],
            64,
        ),
        (&["--start-jitter", "1000h", "--path", "/prd/app"], 64),
    ] {
        let ended = world.envsecrets(arguments).run();
        let told = ended.failed(code);
        assert!(told.starts_with("envsecrets: error: "), "{told}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_check_does_not_wait_for_its_turn() {
    let world = world_with(&[("/prd/app/x", "1")]);
    let check = ["check", "--start-jitter", "1000h", "--path", "/prd/app"];
    world.envsecrets(&check).run().ok();
}

#[test]
fn a_signal_ends_the_wait_for_a_turn() {
    for stop in [Signal::SIGTERM, Signal::SIGINT] {
        let world = world_with(&[("/prd/app/x", "1")]);
        let launch = [
            "--start-jitter",
            "1000h",
            "--path",
            "/prd/app",
            "--",
            "true",
        ];
        let running = waiting(world.envsecrets(&launch), &world);
        running.signal(stop);
        let ended = running.end();
        assert_eq!((ended.code, ended.signal), (None, Some(stop as i32)));
        assert_eq!(world.server.calls(), 0);
    }
}

#[test]
fn a_signal_ends_the_wait_of_pid_1_for_a_turn() {
    let story = "a_signal_ends_the_wait_of_pid_1_for_a_turn";
    let unshare = ["--pid", "--fork", "--kill-child"];
    if !can(story, "root, for a PID namespace", can_unshare(&unshare)) {
        return;
    }
    let world = world_with(&[("/prd/app/x", "1")]);
    let ours = [
        "--",
        ENVSECRETS,
        "--start-jitter",
        "1000h",
        "--path",
        "/prd/app",
        "--",
        "true",
    ];
    let running = waiting(
        Launch::new("unshare", &[&unshare[..], &ours].concat()),
        &world,
    );
    let children = format!("/proc/{0}/task/{0}/children", running.pid());
    let child = std::fs::read_to_string(children).unwrap();
    kill(
        Pid::from_raw(child.trim().parse().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(running.end().code, Some(128 + Signal::SIGTERM as i32));
}

#[test]
fn a_launcher_that_was_stopped_and_cut_off_goes_on_where_it_was() {
    let world = world();
    world.store.generate("/prd/app", 25);
    // The second page is refused, and the connection breaks when it is asked for again.
    world
        .server
        .set_faults([Fault::Throttle.nth(2), Fault::ResetBeforeReply.nth(3)]);
    let running = world
        .envsecrets(&["--path", "/prd/app", "--clean-env", "--", "/usr/bin/env"])
        .start();
    until("the second page is refused", || world.server.calls() > 1);
    running.signal(Signal::SIGSTOP);
    let stat = format!("/proc/{}/stat", running.pid());
    until("it is stopped", || {
        std::fs::read_to_string(&stat).unwrap().contains(") T ")
    });
    running.signal(Signal::SIGCONT);
    assert_eq!(running.end().ok().lines().count(), 25);

    let requests = world.server.requests();
    let tokens: Vec<&str> = requests
        .iter()
        .map(|it| it.body["NextToken"].as_str().unwrap_or("none"))
        .collect();
    let (second, third) = (tokens[1], tokens[4]);
    assert_eq!(tokens, ["none", second, second, second, third]);
    assert!(second != "none" && second != third);
}

#[test]
fn a_fleet_that_is_throttled_starts_and_nobody_reads_a_page_twice() {
    let world = world();
    world.store.generate("/prd/app", 45);
    let throttle = Throttle {
        rate: 40.0,
        burst: 10.0,
        refusal_cost: 0.0,
    };
    world.server.set_throttle(Some(throttle));
    let launch = || {
        world
            .envsecrets(&["--path", "/prd/app", "--clean-env", "--", "/usr/bin/env"])
            .start()
    };
    let fleet: Vec<_> = (0..15).map(|_| launch()).collect();
    for running in fleet {
        let ended = running.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.text().lines().count(), 45);
    }
    assert!(world.server.throttled() > 0);
    assert_eq!(world.server.calls() - world.server.throttled(), 15 * 5);
}
