//! Parameters without paths: `--names 'prd.app.*'`.

use serde_json::{Value, json};

use crate::support::{Fault, SENTINEL, World, world_with};

fn flat() -> World {
    world_with(&[
        ("prd.app.db-password", "hunter2"),
        ("prd.app.db.user", "app"),
        ("prd.application", "other"),
        ("prd.other.x", "x"),
        ("/prd/app/y", "y"),
    ])
}

/// The secrets that the program gets, sorted.
fn seen(world: &World, options: &str) -> Vec<String> {
    let options = format!("{options} --clean-env --timeout 30s");
    let text = world.launch(&options, &["/usr/bin/env"]).run().ok();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_variable_is_named_after_what_follows_the_literal_beginning() {
    let world = flat();
    for (names, expected) in [
        (
            "prd.app.*",
            ["DB_PASSWORD=hunter2", "DB_USER=app"].as_slice(),
        ),
        ("prd.app.db-*", &["PASSWORD=hunter2"]),
        ("prd.app.{db.user,none}", &["DB_USER=app"]),
        ("prd.*.x", &["OTHER_X=x"]),
        ("/prd/app/?", &["Y=y"]),
    ] {
        assert_eq!(
            seen(&world, &format!("--names {names}")),
            expected,
            "{names}"
        );
    }
}

#[test]
fn a_star_stops_at_a_slash_as_everywhere() {
    let world = world_with(&[("/prd/a", "1"), ("/prd/app/y", "y")]);
    assert_eq!(seen(&world, "--names /prd/*"), ["A=1"]);
    assert_eq!(seen(&world, "--names /prd/**"), ["A=1", "APP_Y=y"]);
}

#[test]
fn patterns_and_paths_are_layers_in_the_order_in_which_they_stand() {
    let world = world_with(&[("app.key", "flat"), ("/app/key", "path")]);
    assert_eq!(seen(&world, "--names app.* --path /app"), ["KEY=path"]);
    assert_eq!(seen(&world, "--path /app --names app.*"), ["KEY=flat"]);
}

#[test]
fn filters_renames_and_labels_work_as_they_do_below_a_path() {
    let world = flat();
    world.store.put("prd.app.db.user", "newer");
    world.store.label("prd.app.db.user", 1, "live");
    for (options, expected) in [
        ("--exclude db-*", ["DB_USER=newer"].as_slice()),
        ("--only db.*", &["DB_USER=newer"]),
        ("--only db.* --rename db.user=PGUSER", &["PGUSER=newer"]),
        ("--only db.* --prefix APP_", &["APP_DB_USER=newer"]),
        // Those without the label are left aside.
        ("--label live", &["DB_USER=app"]),
    ] {
        let options = format!("--names prd.app.* {options}");
        assert_eq!(seen(&world, &options), expected, "{options}");
    }
}

#[test]
fn hundreds_of_names_are_read_in_batches_of_ten() {
    let world = world_with(&[]);
    for number in 0..120 {
        world.store.put(&format!("many.p{number:03}"), "v");
    }
    assert_eq!(seen(&world, "--names many.*").len(), 120);
    let calls = |operation: &str| {
        let requests = world.server.requests();
        requests
            .iter()
            .filter(|it| it.operation == operation)
            .count()
    };
    // Three pages of fifty, and twelve batches.
    assert_eq!(
        (calls("DescribeParameters"), calls("GetParameters")),
        (3, 12)
    );
}

#[test]
fn two_names_that_become_one_variable_are_an_error() {
    let world = world_with(&[("a.x-y", "1"), ("a.x.y", "2")]);
    assert_eq!(
        world.launch("--names a.*", &["true"]).run().failed(65),
        "envsecrets: error: parameters `a.x-y` and `a.x.y` would both become X_Y\n\
         envsecrets: hint: give one of them another name with `--rename PARAMETER=NAME`, or leave one \
         out with `--exclude GLOB`\n"
    );
}

#[test]
fn nothing_that_matches_is_an_error() {
    let world = flat();
    let place = format!("us-east-1 at {}", world.server.url());
    let hint = "envsecrets: hint: check glob, account, region and label for typos; `*` \
                stops at `/`, `**` does not\n";
    assert_eq!(
        world
            .launch("--names prd.none.*", &["true"])
            .run()
            .failed(66),
        format!("envsecrets: error: no parameter name matches `prd.none.*` in {place}\n{hint}")
    );
    assert_eq!(
        world
            .launch("--names prd.app.* --label none", &["true"])
            .run()
            .failed(66),
        format!(
            "envsecrets: error: no parameter name matches `prd.app.*` at label `none` in \
             {place}\n{hint}"
        )
    );
}

#[test]
fn an_invalid_pattern_is_reported_before_any_request() {
    let world = flat();
    for (names, printed) in [
        (
            "*.password",
            "envsecrets: error: `--names *.password` does not begin with literal text\n\
             envsecrets: hint: begin with literal text, such as `prd.app.*`: all names of the account would have to be searched otherwise\n",
        ),
        (
            "prd.app.key",
            "envsecrets: error: `--names prd.app.key` is one name, not a pattern\nenvsecrets: hint: use \
             `--secret NAME=prd.app.key`, or `--names 'prd.app.key*'`\n",
        ),
        (
            "prd.[a",
            "envsecrets: error: `--names prd.[a` is not a pattern: unclosed character class; missing \
             ']'\nenvsecrets: hint: `*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it \
             away\n",
        ),
        (
            "prd:app*",
            "envsecrets: error: `prd:app`, with which `--names` begins, contains a character \
             that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are allowed\nenvsecrets: \
             hint: names contain only letters, digits, `_`, `.`, `-` and `/`\n",
        ),
    ] {
        let ended = world.launch(&format!("--names {names}"), &["true"]).run();
        assert_eq!(ended.failed(64), printed);
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_caller_without_access_to_the_catalogue_learns_what_to_allow() {
    let world = flat();
    world
        .server
        .set_faults([Fault::AccessDenied.always().operation("DescribeParameters")]);
    let ended = world.launch("--names prd.app.*", &["true"]).run();
    let printed = ended.failed(77);
    let (first, rest) = printed.split_once('\n').unwrap();
    assert_eq!(
        first,
        format!(
            "envsecrets: error: AWS denied permission to list parameters whose names begin with `prd.app.` in \
             us-east-1 at {}",
            world.server.url()
        )
    );
    let hint = rest.lines().last().unwrap();
    assert_eq!(hint, "envsecrets: hint: allow ssm:DescribeParameters on *");
}

#[test]
fn a_check_names_the_pattern_that_a_variable_comes_from_and_pins_it() {
    let world = flat();
    let check = |options: &str| {
        let words = format!("check --names prd.app.* {options}");
        let words: Vec<&str> = words.split_whitespace().collect();
        world.envsecrets(&words).run()
    };
    let report: Value = serde_json::from_str(&check("--format json --names-only").ok()).unwrap();
    assert_eq!(report["variables"][0]["from"], json!("prd.app.*"));
    assert_eq!(
        check("--format names").ok(),
        "DB_PASSWORD=prd.app.db-password\nDB_USER=prd.app.db.user\n"
    );
}

#[test]
fn no_failure_shows_a_value() {
    let world = world_with(&[("a.x", SENTINEL), ("a.y", SENTINEL)]);
    for (fault, code) in [
        (Fault::AccessDenied.always().operation("GetParameters"), 77),
        (
            Fault::ConflictingParameter
                .always()
                .operation("GetParameters"),
            70,
        ),
        (
            Fault::CloseMidBody.always().operation("DescribeParameters"),
            75,
        ),
        (
            Fault::MissingName.always().operation("DescribeParameters"),
            70,
        ),
        (Fault::NulInValue.always().operation("GetParameters"), 65),
    ] {
        world.server.set_faults([fault]);
        let ended = world.launch("-v --names a.* --timeout 2s", &["true"]).run();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(!format!("{}{}", ended.text(), ended.stderr).contains(SENTINEL));
    }
}
