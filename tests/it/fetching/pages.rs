//! Pages: all of them, in whatever portions they come.

use super::{reported, secrets};
use crate::support::{Fault, SENTINEL, World, world, world_with};

/// A Parameter Store with so many parameters below `/prd/app`, each with a value of its own.
fn world_of(count: usize) -> World {
    let world = world();
    for number in 0..count {
        let name = format!("/prd/app/p{number:03}");
        world.store.put(&name, &format!("{SENTINEL}-{number}"));
    }
    world
}

/// What a program should get of that.
fn all(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("P{number:03}={SENTINEL}-{number}"))
        .collect()
}

#[test]
fn every_page_is_read_however_many_there_are() {
    for (count, pages) in [(1, 1), (9, 1), (10, 1), (11, 2), (100, 10)] {
        let world = world_of(count);
        assert_eq!(secrets(&world, &["--path", "/prd/app"]), all(count));
        assert_eq!(world.server.calls(), pages, "{count}");
    }
}

#[test]
fn an_empty_page_with_a_token_is_not_the_end() {
    // The service may send such pages at the beginning, in the middle and at the end.
    for nth in [1, 2, 3] {
        let world = world_of(21);
        world.server.set_faults([Fault::EmptyPages(3).nth(nth)]);
        assert_eq!(secrets(&world, &["--path", "/prd/app"]), all(21));
        assert_eq!(world.server.calls(), 3 + 3);
    }
}

#[test]
fn a_parameter_that_comes_twice_is_one_if_it_is_the_same() {
    let world = world_of(11);
    world
        .server
        .set_faults([Fault::DuplicateParameter.always()]);
    assert_eq!(secrets(&world, &["--path", "/prd/app"]), all(11));
}

#[test]
fn invalid_pages_start_nothing() {
    for (fault, what) in [
        (
            Fault::RepeatedToken.always(),
            "the same page token a second time, so that the set would never be complete",
        ),
        (
            Fault::TokenCycle.always(),
            "the same page token a second time, so that the set would never be complete",
        ),
        (
            Fault::TokenCycle.after(1),
            "the same page token a second time, so that the set would never be complete",
        ),
        (
            Fault::EndlessEmptyPages.always(),
            "1000 empty pages in a row",
        ),
        (
            Fault::ConflictingParameter.always(),
            "parameter `/prd/app/p000` twice, with different values",
        ),
        (Fault::NullName.nth(2), "a parameter without a name"),
        (Fault::MissingName.nth(2), "a parameter without a name"),
        (
            Fault::NullValue.nth(2),
            "parameter `/prd/app/p010` without a value",
        ),
        (
            Fault::MissingValue.nth(2),
            "parameter `/prd/app/p010` without a value",
        ),
        (
            Fault::OutsidePath.nth(2),
            "parameter `/outside/of/the-request`, which is not below the path",
        ),
    ] {
        let world = world_of(11);
        world.server.set_faults([fault]);
        let ended = world.envsecrets(&["--path", "/prd/app", "--", "env"]).run();
        assert_eq!(
            reported(&world, &ended, 70),
            format!(
                "envsecrets: error: the response for parameters below `/prd/app` from us-east-1 at \
                 URL is invalid\n\
                 envsecrets:   caused by: it contains {what}\n\
                 envsecrets: hint: another server may respond in place of \
                 AWS: check the endpoint, proxies, and captive portals\n"
            )
        );
    }
}

#[test]
fn pages_that_have_arrived_are_not_requested_again() {
    let world = world_of(31);
    world.server.set_faults([
        Fault::ResetBeforeReply.nth(2),
        Fault::CloseMidBody.nth(4),
        Fault::Throttle.nth(5),
        Fault::Status(503).nth(7),
    ]);
    assert_eq!(secrets(&world, &["--path", "/prd/app"]), all(31));
    assert_eq!(world.server.calls(), 4 + 4);
    let first_pages = world
        .server
        .requests()
        .iter()
        .filter(|request| request.body.get("NextToken").is_none())
        .count();
    assert_eq!(first_pages, 1);
}

#[test]
fn half_of_the_pages_start_nothing() {
    for (fault, code, what) in [
        (
            Fault::AccessDenied,
            77,
            "AWS denied permission to read parameters below `/prd/app` in us-east-1 at URL",
        ),
        (
            Fault::KmsAccessDenied,
            77,
            "AWS refused to decrypt parameters below `/prd/app` in us-east-1 at URL",
        ),
        (
            Fault::CaptivePortal,
            70,
            "the response for parameters below `/prd/app` from us-east-1 at URL is invalid",
        ),
        (
            Fault::CloseMidBody,
            75,
            "Parameter Store did not answer within 700ms for parameters below `/prd/app` in \
             us-east-1 at URL",
        ),
        (
            Fault::Hang,
            75,
            "Parameter Store did not answer within 700ms for parameters below `/prd/app` in \
             us-east-1 at URL",
        ),
    ] {
        let world = world_of(11);
        world.server.set_faults([fault.after(1)]);
        let ended = world
            .envsecrets(&["--path", "/prd/app", "--timeout", "700ms", "--", "env"])
            .run();
        let reported = reported(&world, &ended, code);
        let first = reported.lines().next();
        assert_eq!(first, Some(format!("envsecrets: error: {what}").as_str()));
    }
}

#[test]
fn a_page_that_would_hold_something_else_now_is_refused() {
    // Between two pages of one listing the token of the first has become invalid.
    let world = world_of(11);
    let refusal = Fault::Error {
        status: 400,
        code: "InvalidNextToken".to_owned(),
        message: "The specified token isn't valid.".to_owned(),
    };
    world.server.set_faults([refusal.after(1)]);
    let ended = world.envsecrets(&["--path", "/prd/app", "--", "env"]).run();
    assert_eq!(
        reported(&world, &ended, 64),
        "envsecrets: error: AWS rejected the request for parameters below `/prd/app` in us-east-1 \
         at URL\n\
         envsecrets:   caused by: InvalidNextToken: The specified token isn't valid. (request id \
         ID)\n"
    );
    assert_eq!(world.server.calls(), 2);
}

#[test]
fn a_parameter_that_is_deleted_between_two_starts_is_missed_by_name() {
    let world = world_with(&[("/prd/app/a", "1"), ("/prd/app/b", "2")]);
    let options = ["--path", "/prd/app", "--require", "A,B"];
    assert_eq!(secrets(&world, &options), ["A=1", "B=2"]);
    world.store.delete("/prd/app/b");
    let ended = world
        .envsecrets(&[&options[..], &["--", "env"]].concat())
        .run();
    assert_eq!(
        ended.failed(66),
        "envsecrets: error: B is required, but missing\n\
         envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired\n"
    );
}
