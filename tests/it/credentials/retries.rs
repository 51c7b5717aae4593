//! Failures that may pass: tried again until the deadline.

use std::path::Path;
use std::time::Duration;

use super::{LINKS, linked};
use crate::support::SENTINEL;
use crate::support::aws::world_with_x;
use crate::support::issuers::refused;
use crate::support::network::closed_address;
use crate::support::stand_in::{Reply, StandIn};

#[test]
fn a_credentials_service_may_fail_for_a_while() {
    for (link, key, act) in LINKS {
        for trouble in [
            Reply::Answer(500, SENTINEL.to_owned()),
            Reply::Answer(503, String::new()),
            Reply::Answer(429, String::new()),
            Reply::HangUp,
        ] {
            let situation = format!("{link}: {trouble:?}");
            let reply = trouble.clone();
            let stand_in = StandIn::start(move |call, number| match number {
                1..=2 => reply.clone(),
                _ => act(call),
            });
            let world = world_with_x();
            let ended = linked(&world, link, &stand_in.url()).run();
            assert_eq!(ended.code, Some(0), "{situation}: {ended:?}");
            assert_eq!(ended.text(), format!("{SENTINEL}\n"), "{situation}");
            assert!(!ended.stderr.contains(SENTINEL), "{situation}");
            assert_eq!(world.signer().as_deref(), Some(key), "{situation}");
        }
    }
}

#[test]
fn sts_may_be_busy_for_a_while() {
    for code in [
        "Throttling",
        "RequestLimitExceeded",
        "IDPCommunicationError",
    ] {
        for (link, key, act) in &LINKS[..2] {
            let sts = StandIn::start(move |call, number| match number {
                1..=2 => refused(400, code, "later"),
                _ => act(call),
            });
            let world = world_with_x();
            world.read_as(&mut linked(&world, link, &sts.url()), key, code);
        }
    }
}

#[test]
fn a_credentials_service_may_be_mute_for_a_while() {
    std::thread::scope(|scope| {
        for (link, key, act) in LINKS {
            scope.spawn(move || {
                let stand_in = StandIn::start(move |call, number| match number {
                    1 => Reply::Mute,
                    _ => act(call),
                });
                let world = world_with_x();
                let ended = linked(&world, link, &stand_in.url()).run();
                assert_eq!(ended.code, Some(0), "{link}: {ended:?}");
                assert_eq!(world.signer().as_deref(), Some(key), "{link}");
            });
        }
    });
}

#[test]
fn a_credentials_service_may_come_late() {
    std::thread::scope(|scope| {
        // The metadata service of an instance may never exist.
        for (link, key, act) in &LINKS[..4] {
            scope.spawn(move || {
                let world = world_with_x();
                let address = closed_address();
                let mut launch = linked(&world, link, &format!("http://{address}"));
                // The reason of a wait is printed after a moment.
                let printed = world.directory.file("said", "", 0o600);
                let stderr = std::fs::File::create(&printed).unwrap();
                launch.command.stderr(stderr);
                let running = launch.start();
                wait_for_text(&printed, "Connection refused (os error 111); giving up in ");
                let _stand_in = StandIn::at(address, |call, _| act(call));
                let ended = running.end();
                assert_eq!(ended.text(), format!("{SENTINEL}\n"), "{link}: {ended:?}");
                assert_eq!(world.signer().as_deref(), Some(*key), "{link}");
            });
        }
    });
}

/// Waits until a file contains this text.
fn wait_for_text(file: &Path, text: &str) {
    let started = std::time::Instant::now();
    loop {
        let printed = std::fs::read_to_string(file).unwrap();
        if printed.contains(text) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{printed}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn who_never_hands_out_credentials_is_named_at_the_deadline() {
    let closed = closed_address();
    for (link, who) in [
        ("role", "the profile"),
        ("web identity", "the web identity token"),
        ("sign-in", "the profile"),
        ("container", "the container's credential endpoint"),
    ] {
        let world = world_with_x();
        let ended = linked(&world, link, &format!("http://{closed}"))
            .env("ENVSECRETS_TIMEOUT", "1s")
            .run();
        let printed: Vec<&str> = ended.failed(75).lines().collect();
        assert_eq!(
            printed[..2],
            [
                &format!("envsecrets: error: {who} did not answer within 1s for AWS credentials"),
                &format!(
                    "envsecrets:   caused by: cannot connect to {closed}: tcp connect error: Connection refused (os error 111)"
                ),
            ]
        );
    }
}
