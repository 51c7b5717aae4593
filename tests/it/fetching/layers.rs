//! Layers: read at the same time, applied in order.

use std::time::Duration;

use super::{reported, secrets};
use crate::support::{Fault, World, until, world, world_with};

/// The paths that were requested, sorted.
fn requested(world: &World) -> Vec<String> {
    let requests = world.server.requests();
    let mut paths: Vec<String> = requests
        .iter()
        .filter_map(|request| Some(request.body["Path"].as_str()?.to_owned()))
        .collect();
    paths.sort();
    paths
}

#[test]
fn layers_and_single_parameters_are_requested_at_the_same_time() {
    let world = world();
    // No request is answered, so that one which waited for another would never be sent.
    world.server.set_faults([Fault::Hang.always()]);
    let mut running = world
        .envsecrets(&[
            "--path",
            "/prd/common",
            "--optional-path",
            "/prd/host",
            "--path",
            "/prd/app",
            "--secret",
            "X=/x",
            "--",
            "true",
        ])
        .start();
    until("all ask", || world.server.calls() == 4);
    running.child.kill().unwrap();
    running.end();
    assert_eq!(requested(&world), ["/prd/app", "/prd/common", "/prd/host"]);
}

#[test]
fn a_later_layer_overrides_an_earlier_one_whichever_answers_first() {
    let world = world_with(&[
        ("/prd/common/level", "info"),
        ("/prd/common/region", "eu"),
        ("/prd/app/level", "debug"),
        ("/prd/app/name", "app"),
    ]);
    for slow in ["/prd/common", "/prd/app"] {
        let pause = Duration::from_millis(300);
        world
            .server
            .set_faults([Fault::Delay(pause).always().path(slow)]);
        assert_eq!(
            secrets(&world, &["--path", "/prd/common", "--path", "/prd/app"]),
            ["LEVEL=debug", "NAME=app", "REGION=eu"],
            "{slow} is slow"
        );
        assert_eq!(
            secrets(&world, &["--path", "/prd/app", "--path", "/prd/common"]),
            ["LEVEL=info", "NAME=app", "REGION=eu"],
            "{slow} is slow"
        );
    }
}

#[test]
fn a_path_given_twice_is_read_once_and_counts_where_it_stands_last() {
    let world = world_with(&[("/a/x", "of a"), ("/b/x", "of b")]);
    let options = ["--path", "/a", "--path", "/b", "--optional-path", "/a/"];
    assert_eq!(secrets(&world, &options), ["X=of a"]);
    assert_eq!(requested(&world), ["/a", "/b"]);
}

#[test]
fn a_path_is_not_the_beginning_of_another_one() {
    let world = world_with(&[
        ("/app/x", "below"),
        ("/app", "a parameter called like the path"),
        ("/app2/y", "of another service"),
        ("/application/z", "of a third one"),
        ("/APP/v", "in capitals"),
    ]);
    assert_eq!(secrets(&world, &["--path", "/app"]), ["X=below"]);
}

#[test]
fn slashes_at_the_end_and_doubled_ones_mean_the_same_path() {
    let world = world_with(&[("/prd/app/x/y", "1")]);
    for path in ["/prd/app", "/prd/app/", "//prd///app//"] {
        world.server.clear_requests();
        assert_eq!(secrets(&world, &["--path", path]), ["X_Y=1"], "{path}");
        assert_eq!(requested(&world), ["/prd/app"], "{path}");
    }
}

#[test]
fn the_root_is_a_path_too() {
    let world = world_with(&[("/prd/app/x", "1"), ("/y", "2"), ("flat.name", "3")]);
    assert_eq!(
        secrets(&world, &["--path", "/"]),
        ["FLAT_NAME=3", "PRD_APP_X=1", "Y=2"]
    );
}

#[test]
fn an_optional_layer_may_be_empty_and_keeps_its_place() {
    let world = world_with(&[("/base/x", "base"), ("/app/x", "app"), ("/app/y", "app")]);
    let options = [
        "--path",
        "/base",
        "--optional-path",
        "/host",
        "--path",
        "/app",
    ];
    assert_eq!(secrets(&world, &options), ["X=app", "Y=app"]);
    world.store.put("/host/x", "host");
    world.store.put("/host/z", "host");
    assert_eq!(secrets(&world, &options), ["X=app", "Y=app", "Z=host"]);
    let options = [
        "--path",
        "/base",
        "--path",
        "/app",
        "--optional-path",
        "/host",
    ];
    assert_eq!(secrets(&world, &options), ["X=host", "Y=app", "Z=host"]);
}

#[test]
fn nothing_but_empty_optional_layers_is_fine() {
    let world = world();
    assert_eq!(secrets(&world, &["--optional-path", "/host"]), [""; 0]);
}

#[test]
fn an_optional_layer_may_be_empty_but_not_refused() {
    let world = world_with(&[("/app/x", "1")]);
    world
        .server
        .set_faults([Fault::AccessDenied.always().path("/host")]);
    let ended = world
        .envsecrets(&["--path", "/app", "--optional-path", "/host", "--", "true"])
        .run();
    assert_eq!(
        reported(&world, &ended, 77),
        "envsecrets: error: AWS denied permission to read parameters below `/host` in us-east-1 at \
         URL\n\
         envsecrets:   caused by: AccessDeniedException: User: \
         arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: \
         ssm:GetParametersByPath on resource: arn:aws:ssm:us-east-1:123456789012:parameter/host \
         because no identity-based policy allows the ssm:GetParametersByPath action (request id \
         ID)\n\
         envsecrets: hint: allow ssm:GetParametersByPath on \
         arn:aws:ssm:us-east-1:123456789012:parameter/host and \
         arn:aws:ssm:us-east-1:123456789012:parameter/host/*\n"
    );
}

#[test]
fn everything_that_is_missing_is_reported_at_once_in_the_order_given() {
    let world = world_with(&[("/app/x", "1")]);
    let ended = world
        .envsecrets(&[
            "--path", "/typo", "--secret", "B=/b:7", "--secret", "X=/app/x", "--secret", "A=/a",
            "--path", "/app", "--path", "/another", "--", "true",
        ])
        .run();
    assert_eq!(
        reported(&world, &ended, 66),
        "envsecrets: error: no parameters exist below `/typo` in us-east-1 at URL\n\
         envsecrets: error: no parameters exist below `/another` in us-east-1 at URL\n\
         envsecrets: error: parameters `/a`, `/b:7` do not exist in us-east-1 at URL\n\
         envsecrets: hint: check path, account and region for typos; a layer that may be \
         empty is `--optional-path`\n\
         envsecrets: hint: check names, versions, labels, account and region for typos\n"
    );
}

#[test]
fn paths_are_read_at_their_label() {
    let world = world_with(&[("/app/x", "old"), ("/app/y", "old")]);
    world.store.label("/app/x", 1, "live");
    world.store.put("/app/x", "new");
    assert_eq!(
        secrets(&world, &["--path", "/app", "--label", "live"]),
        ["X=old"]
    );
    // Thirteen pages, most of them empty: the label is on the last of many parameters.
    world.store.generate("/many", 600);
    world.store.label("/many/name-00599", 1, "live");
    assert_eq!(
        secrets(&world, &["--path", "/many", "--label", "live"]),
        ["NAME_00599=value-00599-abcdefghijklmnopqrst"]
    );
}

#[test]
fn a_label_that_nothing_has_is_reported() {
    let world = world_with(&[("/app/x", "1")]);
    let ended = world
        .envsecrets(&["--path", "/app", "--label", "live", "--", "true"])
        .run();
    assert_eq!(
        reported(&world, &ended, 66),
        "envsecrets: error: no parameters exist below `/app` at label `live` in us-east-1 at URL\n\
         envsecrets: hint: check path, label and region for typos; the label must be on \
         a version of each parameter\n"
    );
}
