//! Waiting: for how long, and what is printed meanwhile.

use std::time::Duration;

use super::{masked, reported};
use crate::support::{Ended, Fault, World, each, world, world_with};

const SECOND: Duration = Duration::from_secs(1);

/// A Parameter Store that answers its first call so late, or not at all.
fn late(fault: Fault) -> World {
    let world = world_with(&[("/prd/app/a", "1")]);
    world.server.set_faults([fault.first(1)]);
    world
}

fn launch(world: &World, options: &[&str]) -> Ended {
    let options = [
        &["--path", "/prd/app"],
        options,
        &["--", "sh", "-c", "echo $A"],
    ]
    .concat();
    world.envsecrets(&options).run()
}

#[test]
fn a_deadline_is_written_as_people_write_durations() {
    let deadlines = [
        ("500ms", SECOND / 2, "500ms"),
        ("1s", SECOND, "1s"),
        ("0m 1s 200ms", SECOND * 6 / 5, "1s 200ms"),
        ("1500000us", SECOND * 3 / 2, "1s 500ms"),
    ];
    each(&deadlines, |&(text, deadline, shown)| {
        let world = late(Fault::Hang);
        let ended = launch(&world, &["--timeout", text]);
        assert_eq!(
            reported(&world, &ended, 75),
            format!(
                "envsecrets: error: Parameter Store did not answer within {shown} for parameters \
                 below `/prd/app` in us-east-1 at URL\n\
                 envsecrets:   caused by: no answer came\n\
                 envsecrets:   caused by: 1 call was made, 0 throttled\n\
                 envsecrets: hint: check the network between this machine and the \
                 endpoint, and `AWS_REGION`; `--timeout` sets how long to retry\n"
            )
        );
        assert!(
            ended.took >= deadline && ended.took < 10 * SECOND,
            "{ended:?}"
        );
    });
}

#[test]
fn an_invalid_duration_is_refused_before_any_request() {
    let world = world();
    for (text, why) in [
        ("5", "time unit needed, for example 5sec or 5ms"),
        ("soon", "expected number at 0"),
        ("", "value was empty"),
    ] {
        let ended = launch(&world, &["--timeout", text]);
        assert_eq!(
            ended.failed(64),
            format!(
                "envsecrets: error: `--timeout {text}` is not a duration: {why}\n\
                 envsecrets: hint: write it like `30s`, `500ms` or `2m`; `0` means no limit\n"
            )
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn without_a_deadline_we_wait_and_promise_no_end() {
    let world = late(Fault::Delay(3 * SECOND));
    let ended = launch(&world, &["--timeout", "0"]);
    assert_eq!(ended.text(), "1\n");
    assert_eq!(
        ended.stderr.replace(&world.server.url(), "URL"),
        "envsecrets: waiting for parameters below `/prd/app` in us-east-1 at URL: no answer yet\n"
    );
}

#[test]
fn a_wait_of_less_than_two_seconds_is_not_reported() {
    let world = late(Fault::Delay(SECOND * 3 / 2));
    assert_eq!(launch(&world, &[]).ok(), "1\n");
}

#[test]
fn a_longer_wait_is_reported_once_with_its_reason() {
    // Which is printed depends on what happened, not on how long that took.
    let causes = [
        (Fault::Delay(3 * SECOND).first(1), "no answer yet"),
        (
            Fault::ThrottleRetryAfterSeconds(3).first(1),
            "ThrottlingException: Rate exceeded (request id ID)",
        ),
    ];
    each(&causes, |(fault, why)| {
        let world = world_with(&[("/prd/app/a", "1")]);
        world.server.set_faults([fault.clone()]);
        let ended = launch(&world, &[]);
        assert_eq!(ended.text(), "1\n");
        assert_eq!(
            masked(&ended.stderr.replace(&world.server.url(), "URL")),
            format!(
                "envsecrets: waiting for parameters below `/prd/app` in us-east-1 at URL: {why}; \
                 giving up in N s\n"
            )
        );
    });
}

#[test]
fn a_call_that_does_not_end_is_made_again_after_ten_seconds() {
    let pause = Duration::from_millis(300);
    let faults = [
        Fault::Hang,
        Fault::SlowHeaders(pause),
        Fault::StalledBody,
        Fault::DrippedBody(pause),
    ];
    each(&faults, |fault| {
        let world = late(fault.clone());
        let ended = launch(&world, &[]);
        assert_eq!(ended.text(), "1\n", "{ended:?}");
        assert_eq!(
            masked(&ended.stderr.replace(&world.server.url(), "URL")),
            "envsecrets: waiting for parameters below `/prd/app` in us-east-1 at URL: no answer \
             yet; giving up in N s\n"
        );
        assert_eq!(world.server.calls(), 2);
        assert!(
            ended.took >= 10 * SECOND && ended.took < 20 * SECOND,
            "{ended:?}"
        );
    });
}

#[test]
fn the_service_is_obeyed_when_it_requests_a_wait() {
    for (fault, wait) in [
        (Fault::ThrottleRetryAfterMillis(700), SECOND * 7 / 10),
        (Fault::ThrottleRetryAfterSeconds(1), SECOND),
    ] {
        let world = late(fault);
        assert_eq!(launch(&world, &[]).ok(), "1\n");
        let [first, second] = &world.server.requests()[..] else {
            panic!("two calls");
        };
        let waited = second.at - first.at;
        assert!(waited >= wait && waited < wait + 5 * SECOND, "{waited:?}");
    }
}

#[test]
fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    for (fault, requested) in [
        (Fault::ThrottleRetryAfterMillis(90_000), "1m 30s"),
        (Fault::ThrottleRetryAfterSeconds(60), "1m"),
    ] {
        let world = late(fault);
        let ended = launch(&world, &["--timeout", "59s"]);
        let reported = reported(&world, &ended, 75);
        assert_eq!(
            super::between(&reported, ", but only ", "s remain", "N"),
            format!(
                "envsecrets: error: Parameter Store asks to wait {requested}, but only Ns remain for \
                 parameters below `/prd/app`\n\
                 envsecrets:   caused by: ThrottlingException: Rate exceeded (request id ID)\n\
                 envsecrets:   caused by: 1 call was made, 1 throttled\n\
                 envsecrets: hint: the quota of Parameter Store is shared by the whole account and \
                 region: start fewer at once, allow more time with `--timeout`, or raise the \
                 quota\n"
            )
        );
        assert!(ended.took < 30 * SECOND, "{ended:?}");
        assert_eq!(world.server.calls(), 1);
    }
}

#[test]
fn there_is_one_deadline_for_all_requests() {
    // Each page is quick enough, and all together are not.
    let world = world();
    world.store.generate("/prd/app", 100);
    world.server.set_faults([Fault::Delay(SECOND / 5).always()]);
    let ended = launch(&world, &["--timeout", "1s"]);
    let reported = reported(&world, &ended, 75);
    assert_eq!(
        reported.lines().next(),
        Some(
            "envsecrets: error: Parameter Store did not answer within 1s for parameters below \
             `/prd/app` in us-east-1 at URL"
        )
    );
    assert!(
        (2..=6).contains(&world.server.calls()),
        "{}",
        world.server.calls()
    );
}
