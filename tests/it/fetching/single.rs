//! Single parameters, by whatever name.

use std::time::Duration;

use parameter_store::PutParameter;

use super::{reported, secrets};
use crate::support::{Fault, World, until, world, world_with};

/// The names of each call for single parameters.
fn requested(world: &World) -> Vec<Vec<String>> {
    let requests = world.server.requests();
    let names = requests.iter().filter_map(|request| {
        let names = request.body["Names"].as_array()?;
        Some(
            names
                .iter()
                .filter_map(|name| Some(name.as_str()?.to_owned()))
                .collect(),
        )
    });
    names.collect()
}

#[test]
fn a_parameter_is_named_in_every_way_that_the_service_knows() {
    let world = world_with(&[
        ("/prd/app/db", "first"),
        ("prd.some.property", "flat"),
        ("rooted", "rooted"),
    ]);
    world.store.put("/prd/app/db", "second");
    world.store.put("/prd/app/db", "third");
    world.store.label("/prd/app/db", 2, "live");
    world.store.put_secret("prod/db", "of Secrets Manager");
    let shared = "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca";
    world
        .store
        .share(
            shared,
            &PutParameter::new("/common/ca", "of another account"),
        )
        .unwrap();
    let own = "arn:aws:ssm:us-east-1:123456789012:parameter/prd/app/db";
    for (parameter, value) in [
        ("/prd/app/db", "third"),
        ("/prd/app/db:1", "first"),
        ("/prd/app/db:live", "second"),
        ("prd.some.property", "flat"),
        ("rooted", "rooted"),
        ("/rooted", "rooted"),
        (own, "third"),
        (&format!("{own}:1"), "first"),
        (&format!("{own}:live"), "second"),
        (shared, "of another account"),
        (&format!("{shared}:1"), "of another account"),
        (
            "/aws/reference/secretsmanager/prod/db",
            "of Secrets Manager",
        ),
    ] {
        assert_eq!(
            secrets(&world, &["--secret", &format!("X={parameter}")]),
            [format!("X={value}")],
            "{parameter}"
        );
    }
}

#[test]
fn one_parameter_may_fill_several_variables_in_several_versions() {
    let world = world_with(&[("/db", "first")]);
    world.store.put("/db", "second");
    world.store.label("/db", 1, "live");
    let own = "arn:aws:ssm:us-east-1:123456789012:parameter/db";
    let options = [
        "--secret",
        "NEW=/db",
        "--secret",
        "OLD=/db:1",
        "--secret",
        "LIVE=/db:live",
        "--secret",
        &format!("ARN={own}"),
        "--secret",
        "AGAIN=/db",
    ];
    assert_eq!(
        secrets(&world, &options),
        [
            "AGAIN=second",
            "ARN=second",
            "LIVE=first",
            "NEW=second",
            "OLD=first"
        ]
    );
    // The service refuses a call that names one parameter twice; one name is requested once.
    let mut calls = requested(&world);
    calls.sort();
    assert_eq!(calls, [["/db"], ["/db:1"], ["/db:live"], [own]]);
}

#[test]
fn twenty_five_are_read_in_three_calls_at_the_same_time() {
    let world = world();
    let mut options = Vec::new();
    for number in 0..25 {
        let name = format!("/flat-{number:02}");
        world.store.put(&name, &format!("value {number}"));
        options.extend(["--secret".to_owned(), format!("V{number:02}={name}")]);
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();

    // No request is answered, so that one which waited for another would never be sent.
    world.server.set_faults([Fault::Hang.always()]);
    let mut running = world
        .envsecrets(&[&options[..], &["--", "true"]].concat())
        .start();
    until("all ask", || world.server.calls() == 3);
    running.child.kill().unwrap();
    running.end();
    let mut sizes: Vec<usize> = requested(&world).iter().map(Vec::len).collect();
    sizes.sort();
    assert_eq!(sizes, [5, 10, 10]);

    world.server.clear_faults();
    let expected: Vec<String> = (0..25)
        .map(|number| format!("V{number:02}=value {number}"))
        .collect();
    assert_eq!(secrets(&world, &options), expected);
}

#[test]
fn a_single_parameter_beats_every_layer_wherever_it_stands() {
    let world = world_with(&[("/app/x", "layer"), ("/app/y", "layer"), ("/x", "single")]);
    for options in [
        ["--secret", "X=/x", "--path", "/app"],
        ["--path", "/app", "--secret", "X=/x"],
    ] {
        assert_eq!(secrets(&world, &options), ["X=single", "Y=layer"]);
    }
}

#[test]
fn what_is_missing_is_requested_again_for_two_seconds_and_then_all_of_it_is_reported() {
    let world = world_with(&[("/there", "1")]);
    let ended = world
        .envsecrets(&[
            "--secret",
            "A=/there",
            "--secret",
            "B=/gone",
            "--secret",
            "C=/there:9",
            "--secret",
            "D=/there:nolabel",
            "--secret",
            "E=arn:aws:ssm:us-east-1:210987654321:parameter/not/shared",
            "--",
            "true",
        ])
        .run();
    assert_eq!(
        reported(&world, &ended, 66),
        "envsecrets: error: parameters `/gone`, `/there:9`, `/there:nolabel`, \
         `arn:aws:ssm:us-east-1:210987654321:parameter/not/shared` do not exist in us-east-1 at URL\n\
         envsecrets: hint: check names, versions, labels, account and region for typos\n"
    );
    assert!(ended.took > Duration::from_millis(1500), "{:?}", ended.took);
    // Only what is missing is requested again.
    let calls = requested(&world);
    let times = |name: &str| {
        calls
            .iter()
            .filter(|names| names.iter().any(|one| one == name))
            .count()
    };
    assert_eq!(
        [
            times("/there"),
            times("/gone"),
            times("/there:9"),
            times("/there:nolabel")
        ],
        [1, 4, 4, 4]
    );
}

#[test]
fn a_parameter_that_was_just_written_is_found_after_a_moment() {
    let world = world_with(&[("/a", "1")]);
    let running = world
        .envsecrets(&[
            "--secret",
            "A=/a",
            "--secret",
            "B=/b",
            "--",
            "sh",
            "-c",
            "echo $A $B",
        ])
        .start();
    until("it is asked for", || world.server.calls() > 0);
    world.store.put("/b", "2");
    assert_eq!(running.end().ok(), "1 2\n");
}

#[test]
fn what_is_missing_is_reported_as_missing_however_short_the_time() {
    let world = world();
    let ended = world
        .envsecrets(&["--secret", "A=/a", "--timeout", "900ms", "--", "true"])
        .run();
    assert_eq!(
        reported(&world, &ended, 66),
        "envsecrets: error: parameter `/a` does not exist in us-east-1 at URL\n\
         envsecrets: hint: check names, versions, labels, account and region for typos\n"
    );
}

#[test]
fn a_parameter_that_comes_twice_is_one_if_it_is_the_same() {
    let world = world_with(&[("/a", "1"), ("/b", "2")]);
    world.server.set_faults([Fault::DuplicateParameter]);
    let options = ["--secret", "A=/a", "--secret", "B=/b"];
    assert_eq!(secrets(&world, &options), ["A=1", "B=2"]);
}

#[test]
fn what_comes_unrequested_or_does_not_come_starts_nothing() {
    let world = world_with(&[("/a", "1"), ("/b", "2")]);
    for (fault, what) in [
        (
            Fault::OutsidePath,
            "parameter `/outside/of/the-request`, which was not requested",
        ),
        (Fault::NullName, "a parameter without a name"),
        (Fault::NullValue, "parameter `/a` without a value"),
        (Fault::MissingName, "a parameter without a name"),
        (Fault::MissingValue, "parameter `/a` without a value"),
        (
            Fault::ConflictingParameter,
            "parameter `/a` twice, with different values",
        ),
    ] {
        world.server.set_faults([fault]);
        let ended = world
            .envsecrets(&["--secret", "A=/a", "--secret", "B=/b", "--", "true"])
            .run();
        assert_eq!(
            reported(&world, &ended, 70),
            format!(
                "envsecrets: error: the response for parameters `/a`, `/b` from us-east-1 at URL is invalid\n\
                 envsecrets:   caused by: it contains {what}\n\
                 envsecrets: hint: another server may respond in place of \
                 AWS: check the endpoint, proxies, and captive portals\n"
            )
        );
    }
}
