//! Answers that are well formed, and not to what was requested.

use serde_json::{Value, json};

use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Ended, SENTINEL, World, leak, world};

/// What a command makes of a Parameter Store that gives this answer to everything.
fn run(words: &[&str], answer: Value) -> Ended {
    let world: World = world();
    let server = StandIn::start(move |_, _| Reply::ok(answer.to_string()));
    let mut launch = world.envsecrets(words);
    launch.env("AWS_ENDPOINT_URL_SSM", server.url());
    let ended = launch.run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

fn parameter(name: &str, version: i64, selector: Option<&str>) -> Value {
    json!({
        "Parameters": [{
            "Name": name,
            "Type": "SecureString",
            "Value": SENTINEL,
            "Version": version,
            "Selector": selector,
            "ARN": format!("arn:aws:ssm:us-east-1:123456789012:parameter{name}"),
        }],
        "InvalidParameters": [],
    })
}

#[track_caller]
fn invalid(words: &[&str], answer: Value, why: &str) {
    let ended = run(words, answer);
    let printed = ended.failed(70);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(
        lines[0].starts_with("envsecrets: error: the response for parameter"),
        "{printed}"
    );
    assert_eq!(
        lines[1],
        format!("envsecrets:   caused by: it contains {why}"),
        "{words:?}"
    );
}

#[test]
fn another_version_is_not_taken_for_the_one_that_was_requested() {
    let seven = "version 7 in place of `/p/a:3`";
    for (selector, why) in [
        (None, seven),
        (Some(":3"), seven),
        (Some(":7"), seven),
        (Some(":live"), seven),
    ] {
        for words in [
            &["--secret", "A=/p/a:3", "--", "echo", "started"][..],
            &["get", "/p/a:3"],
            &["check", "--secret", "A=/p/a:3"],
            &["export", "--format", "json", "--secret", "A=/p/a:3"],
            &["--file", "A=/p/a:3", "--", "echo", "started"],
            &["--json", "/p/a:3", "--", "echo", "started"],
        ] {
            invalid(words, parameter("/p/a", 7, selector), why);
        }
    }
    // By its ARN too.
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/p/a:3";
    invalid(
        &["get", arn],
        parameter("/p/a", 7, None),
        &format!("version 7 in place of `{arn}`"),
    );
    // Some servers return no version.
    let world = world();
    let server = StandIn::start(|_, _| Reply::ok(parameter("/p/a", 0, None).to_string()));
    let mut launch = world.envsecrets(&["get", "/p/a:3"]);
    launch.env("AWS_ENDPOINT_URL_SSM", server.url());
    assert_eq!(launch.run().ok(), SENTINEL);
}

#[test]
fn another_label_is_not_taken_for_the_one_that_was_requested() {
    for selector in [":other", ":7"] {
        invalid(
            &["--secret", "A=/p/a:live", "--", "echo", "started"],
            parameter("/p/a", 7, Some(selector)),
            "neither a value nor an error for `/p/a:live`",
        );
    }
    let ended = run(
        &["--path", "/p", "--label", "live", "--", "echo", "started"],
        parameter("/p/a", 7, Some(":other")),
    );
    let printed = ended.failed(70);
    let why =
        "envsecrets:   caused by: it contains parameter `/p/a` at `other` in place of label `live`";
    assert_eq!(printed.lines().nth(1), Some(why), "{printed}");
    // The newest version has no selector.
    invalid(
        &["--secret", "A=/p/a", "--", "echo", "started"],
        parameter("/p/a", 7, Some(":live")),
        "neither a value nor an error for `/p/a`",
    );
}

#[test]
fn another_name_is_not_taken_for_the_one_that_was_requested() {
    invalid(
        &["--secret", "A=/p/a", "--", "echo", "started"],
        parameter("/p/b", 1, None),
        "neither a value nor an error for `/p/a`",
    );
    let mut both = parameter("/p/a", 1, None);
    let other = parameter("/p/b", 1, None)["Parameters"][0].clone();
    both["Parameters"].as_array_mut().unwrap().push(other);
    invalid(
        &["--secret", "A=/p/a", "--", "echo", "started"],
        both,
        "parameter `/p/b`, which was not requested",
    );
    let ended = run(&["list", "/p"], parameter("/q/b", 1, None));
    let printed = ended.failed(70);
    let why = "envsecrets:   caused by: it contains parameter `/q/b`, which was not requested";
    assert_eq!(printed.lines().nth(1), Some(why), "{printed}");
    for words in [
        &["history", "/p/a"][..],
        &["rollback", "/p/a", "1"],
        &["label", "/p/a", "live"],
        &["rotate", "/p/a", "--generate", "--with", "/bin/true"],
    ] {
        invalid(
            words,
            parameter("/p/b", 1, None),
            "parameter `/p/b`, which was not requested",
        );
    }
}
