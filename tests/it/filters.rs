//! Which parameters become variables, and which must exist.

use crate::support::{SENTINEL, world_of_names, world_with};

const APP: [&str; 6] = [
    "/prd/app/api-key",
    "/prd/app/db/host",
    "/prd/app/db/password",
    "/prd/app/db/replica/host",
    "/prd/app/log.level",
    "/prd/app/tls/key",
];

#[test]
fn only_what_matches_is_taken_and_a_star_stops_at_a_slash() {
    let world = world_of_names(&APP);
    for (glob, names) in [
        ("*", ["API_KEY", "LOG_LEVEL"].as_slice()),
        ("db/*", &["DB_HOST", "DB_PASSWORD"]),
        ("db/**", &["DB_HOST", "DB_PASSWORD", "DB_REPLICA_HOST"]),
        ("**/host", &["DB_HOST", "DB_REPLICA_HOST"]),
        (
            "**",
            &[
                "API_KEY",
                "DB_HOST",
                "DB_PASSWORD",
                "DB_REPLICA_HOST",
                "LOG_LEVEL",
                "TLS_KEY",
            ],
        ),
        ("*/*", &["DB_HOST", "DB_PASSWORD", "TLS_KEY"]),
        ("db/h?st", &["DB_HOST"]),
        ("log?level", &["LOG_LEVEL"]),
        ("[a-l]*", &["API_KEY", "LOG_LEVEL"]),
        ("{db,tls}/*", &["DB_HOST", "DB_PASSWORD", "TLS_KEY"]),
        ("api-key", &["API_KEY"]),
    ] {
        let lines = world.variables(&format!("--path /prd/app --only {glob}"));
        let got: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.split('=').next())
            .collect();
        assert_eq!(got, names, "--only {glob}");
    }
}

#[test]
fn several_patterns_add_up_and_exclude_wins() {
    let world = world_of_names(&APP);
    assert_eq!(
        world.variables("--path /prd/app --only db/** --only api-key --exclude **/password --exclude */replica/*"
        ),
        ["API_KEY=/prd/app/api-key", "DB_HOST=/prd/app/db/host"]
    );
}

#[test]
fn patterns_see_the_name_below_each_path() {
    let world = world_of_names(&[
        "/base/db/host",
        "/base/port",
        "/prd/app/db/user",
        "/prd/app/x",
    ]);
    assert_eq!(
        world.variables("--path /base --path /prd/app --only db/*"),
        ["DB_HOST=/base/db/host", "DB_USER=/prd/app/db/user"]
    );
}

#[test]
fn patterns_do_not_touch_single_parameters() {
    let world = world_of_names(&["/prd/app/db/host", "/prd/app/api-key"]);
    assert_eq!(
        world.variables("--path /prd/app --only db/* --secret KEY=/prd/app/api-key"),
        ["DB_HOST=/prd/app/db/host", "KEY=/prd/app/api-key"]
    );
}

#[test]
fn a_pattern_or_rename_that_matches_nothing_is_an_error() {
    let world = world_of_names(&["/prd/app/db/host"]);
    assert_eq!(
        world.refusal("--path /prd/app --only db/* --only bd/* --exclude *password --rename db/pass=DB_PASSWORD",
            66
        ),
        "envsecrets: error: `--exclude *password` matches no parameter\n\
         envsecrets: error: `--only bd/*` matches no parameter\n\
         envsecrets: error: `--rename db/pass=DB_PASSWORD` matches no parameter\n\
         envsecrets: hint: globs match the name relative to its path, such as `db/*`; `*` stops at \
         `/`, `**` does not; `envsecrets check` lists what exists\n\
         envsecrets: hint: name the parameter relative to its path, such as `db/pass`, or in full\n"
    );
}

#[test]
fn where_all_layers_are_optional_a_pattern_may_match_nothing() {
    let world = world_of_names(&["/prd/app/db/host"]);
    assert_eq!(
        world.variables("--optional-path /prd/app --optional-path /prd/none --exclude *password --rename db/pass=DB_PASSWORD"
        ),
        ["DB_HOST=/prd/app/db/host"]
    );
}

#[test]
fn a_path_does_not_match_what_merely_begins_like_it() {
    let world = world_of_names(&["/app/x", "/app2/y", "/app"]);
    assert_eq!(world.variables("--path /app"), ["X=/app/x"]);
}

#[test]
fn what_is_required_and_missing_is_listed_at_once() {
    let world = world_of_names(&["/prd/app/db/host", "/prd/app/db/user", "/prd/app/draft"]);
    let hint = "envsecrets: hint: `envsecrets check` with the same options lists what exists; a parameter may have been deleted or have expired\n";
    for (require, missing) in [
        (["TOKEN"].as_slice(), "TOKEN is required, but missing"),
        (
            &["DB_HOST,DB_PASSWORD", "API_*", "DB_*"],
            "DB_PASSWORD, API_* are required, but missing",
        ),
        (
            &["{A,B}_KEY,TOKEN"],
            "{A,B}_KEY, TOKEN are required, but missing",
        ),
        // What is merely inherited is no secret that arrived.
        (&["INHERITED"], "INHERITED is required, but missing"),
    ] {
        let mut options = "--path /prd/app --exclude draft".to_owned();
        for names in require {
            options.push_str(&format!(" --require {names}"));
        }
        let ended = world
            .launch(&options, &["echo", "started"])
            .env("INHERITED", "x")
            .run();
        assert_eq!(
            ended.failed(66),
            format!("envsecrets: error: {missing}\n{hint}"),
            "{require:?}"
        );
    }
    assert_eq!(
        world.refusal("--path /prd/app --exclude draft --require db_host", 66),
        "envsecrets: error: db_host is required, but missing\n\
         envsecrets: hint: did you mean DB_HOST (`/prd/app/db/host`) instead of db_host?\n"
    );
    // What was left out is named as that.
    assert_eq!(
        world.refusal("--path /prd/app --exclude draft --require DRAFT", 66),
        "envsecrets: error: DRAFT is required, but missing\n\
         envsecrets:   caused by: DRAFT (`/prd/app/draft`) is left out by `--exclude draft`\n\
         envsecrets: hint: change `exclude` or `only`, or do not require what they leave out\n"
    );
    let options = "--path /prd/app --require DB_HOST,DB_* --require *USER";
    assert_eq!(world.variables(options).len(), 3);
}

#[test]
fn an_inherited_variable_that_is_let_win_satisfies_a_requirement() {
    let world = world_of_names(&["/prd/app/x"]);
    let options = "--path /prd/app --require TOKEN --preserve-env=TOK*";
    let lines = world.inheriting(options, &[("TOKEN", "mine")]);
    assert_eq!(lines, ["TOKEN=mine"]);
}

const EMPTY_HINT: &str = "envsecrets: hint: an inherited variable that is empty does not count: set it, \
    remove it with `--unset NAME`, or leave it out of `--preserve-env`\n";

#[test]
fn an_inherited_variable_that_is_empty_does_not_satisfy_a_requirement() {
    let world = world_with(&[("/app/db", SENTINEL), ("/app/other", "x")]);
    let wins = "DB is inherited, but empty, and wins over parameter `/app/db`";
    let alone = "TOKEN is inherited, but empty";
    for (options, inherited, what, causes) in [
        (
            "--preserve-env --require DB",
            &[("DB", "")][..],
            "DB is",
            &[wins][..],
        ),
        (
            "--preserve-env=DB --require DB",
            &[("DB", "")],
            "DB is",
            &[wins],
        ),
        (
            "--preserve-env --require D*",
            &[("DB", "")],
            "D* is",
            &[wins],
        ),
        (
            "--preserve-env --require TOKEN",
            &[("TOKEN", "")],
            "TOKEN is",
            &[alone],
        ),
        (
            "--preserve-env --require DB,TOKEN",
            &[("DB", ""), ("TOKEN", "")],
            "DB, TOKEN are",
            &[wins, alone],
        ),
        (
            "--preserve-env --secret DB=/app/other --require DB",
            &[("DB", "")],
            "DB is",
            &["DB is inherited, but empty, and wins over parameter `/app/other`"],
        ),
    ] {
        let ended = world.run_inheriting(&format!("--path /app {options}"), inherited);
        let causes: String = causes
            .iter()
            .map(|cause| format!("envsecrets:   caused by: {cause}\n"))
            .collect();
        assert_eq!(
            ended.failed(66),
            format!("envsecrets: error: {what} required, but missing\n{causes}{EMPTY_HINT}")
        );
    }
    // What is not empty, or does not win, is as it was.
    for (options, inherited, value) in [
        ("--preserve-env", "mine", "DB=mine"),
        ("--preserve-env=OTHER", "", &format!("DB={SENTINEL}")),
        ("--unset DB --preserve-env", "", &format!("DB={SENTINEL}")),
        ("", "", &format!("DB={SENTINEL}")),
    ] {
        let ended = world.run_inheriting(
            &format!("--path /app --require DB {options}"),
            &[("DB", inherited)],
        );
        assert_eq!(ended.lines_of(&["DB"]), [value], "{options}");
    }
}

#[test]
fn a_contract_and_a_check_count_it_as_missing_too() {
    let world = world_with(&[("/app/db", SENTINEL)]);
    let contract =
        "path = [\"/app\"]\n[variables.DB]\nrequired = true\ndescription = \"the password\"\n";
    let contract = world.directory.file("envsecrets.toml", contract, 0o644);
    let contract = contract.to_str().unwrap();
    let expected = format!(
        "envsecrets: error: DB (the password) is required, but missing\n\
         envsecrets:   caused by: DB is inherited, but empty, and wins over parameter `/app/db`\n\
         {EMPTY_HINT}"
    );
    let options = ["--config", contract, "--preserve-env"];
    for (before, after) in [(&[][..], &["--", "env"][..]), (&["check"], &[])] {
        let arguments = [before, &options, after].concat();
        let ended = world.envsecrets(&arguments).env("DB", "").run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(66), expected.as_str()),
            "{before:?}"
        );
    }
    // What is exported is not inherited.
    let export = [&["export", "--format", "dotenv", "--show"], &options[..]].concat();
    let ended = world.envsecrets(&export).env("DB", "").run();
    assert!(ended.ok().starts_with("DB="), "{ended:?}");
}
