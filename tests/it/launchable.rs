//! Writes that would make a launch of their path fail.

use crate::support::{Ended, Fault, SENTINEL, World, leak, world, world_with};

fn run(world: &World, command: &str, input: &str) -> Ended {
    let ended = world.piped(command, input).run();
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

const HINT: &str = "envsecrets: hint: nothing was written: choose another name or value, or leave out `--strict`\n";

/// What is wrong with a launch of /p after this, by a warning; with `--strict` nothing is written,
/// in a dry run neither.
#[track_caller]
fn warns(world: &World, command: &str, input: &str, problem: &str) {
    for options in ["--strict", "--strict --dry-run"] {
        let before = world.store.values();
        let ended = run(world, &format!("{command} {options}"), input);
        assert_eq!(ended.code, Some(65), "{command}: {ended:?}");
        assert_eq!(
            ended.without_waiting(),
            format!(
                "envsecrets: error: a launch of `/p` would fail\n\
                 envsecrets:   caused by: {problem}\n{HINT}"
            ),
            "{command}"
        );
        assert_eq!(world.store.values(), before);
    }
    let warning = format!("envsecrets: a launch of `/p` would fail: {problem}\n");
    for options in ["--dry-run", ""] {
        let ended = run(world, &format!("{command} {options}"), input);
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
        let start: String = ended
            .without_waiting()
            .split_inclusive('\n')
            .take(1)
            .collect();
        assert_eq!(start, warning, "{command}: {ended:?}");
    }
    let ended = world.launch("--path /p", &["true"]).run();
    assert_eq!(ended.code, Some(65), "{command}: {ended:?}");
    assert!(ended.stderr.contains(problem), "{ended:?}");
}

#[test]
fn a_name_or_a_value_that_a_launch_would_refuse_is_warned_about() {
    for (name, value, problem) in [
        (
            "DB",
            "x",
            "parameters `/p/DB` and `/p/db` would both become DB",
        ),
        (
            "d.b",
            "x",
            "parameters `/p/d-b` and `/p/d.b` would both become D_B",
        ),
        (
            "LD_PRELOAD",
            "x",
            "parameter `/p/LD_PRELOAD` would become LD_PRELOAD, which can run code: the C library loads \
             code that it names",
        ),
        (
            "ld-preload",
            "x",
            "parameter `/p/ld-preload` would become LD_PRELOAD, which can run code: the C library loads \
             code that it names",
        ),
        (
            "2fa",
            "x",
            "parameter `/p/2fa` would become `2FA`, which is not a valid variable name",
        ),
        (
            "f",
            "() { :; }",
            "parameter `/p/f` would become F, which would be a function to old shells",
        ),
    ] {
        let existing = [("/p/db", "x"), ("/p/d-b", "x"), ("/q/z", "x")];
        let world = world_with(&existing);
        warns(&world, &format!("put /p/{name}"), value, problem);

        let world = world_with(&existing);
        let json = serde_json::json!({ name: value }).to_string();
        let file = world.directory.file("x.json", json, 0o600);
        warns(
            &world,
            &format!("import {} --path /p", file.display()),
            "",
            problem,
        );

        let world = world_with(&existing);
        world.store.plant(&format!("/r/{name}"), value);
        warns(&world, "copy /r /p", "", problem);
    }
}

#[test]
fn an_older_value_that_a_launch_would_refuse_is_warned_about() {
    let world = world_with(&[("/p/f", "() {"), ("/p/f", "x")]);
    warns(
        &world,
        "rollback /p/f",
        "",
        "parameter `/p/f` would become F, which would be a function to old shells",
    );
}

#[test]
fn names_that_collide_within_a_file_or_below_a_level_are_found() {
    let world = world_with(&[("/p/db/pass", "x")]);
    let file = world
        .directory
        .file("x.env", "a.b=1\nA_B=2\ndb-pass=3\n", 0o600);
    let command = format!(
        "import {} --path /p --dotenv-dialect npm --strict",
        file.display()
    );
    let ended = run(&world, &command, "");
    assert_eq!(ended.code, Some(65), "{ended:?}");
    assert!(
        ended.stderr.ends_with(&format!(
            "envsecrets: error: a launch of `/p` would fail\n\
             envsecrets:   caused by: parameters `/p/A_B` and `/p/a.b` would both become A_B\n\
             envsecrets:   caused by: parameters `/p/db-pass` and `/p/db/pass` would both become DB_PASS\n\
             {HINT}"
        )),
        "{ended:?}"
    );
}

#[test]
fn what_was_wrong_before_or_is_elsewhere_is_no_reason_to_warn() {
    let world = world_with(&[
        ("/p/db", "x"),
        ("/p/DB", "x"),
        ("/p/LD_PRELOAD", "x"),
        ("/q/db", "x"),
    ]);
    for command in [
        "put /p/db",
        "put /p/LD_PRELOAD",
        "put /p/new",
        "put /q/DBX",
        "put /DB",
    ] {
        let ended = run(&world, &format!("{command} --strict"), "y");
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{command}"
        );
    }
    // A new version has no new name: nothing is looked at.
    world.server.clear_requests();
    run(&world, "put /p/db", "z").ok();
    assert_eq!(
        world.operations(),
        ["GetParameterHistory", "GetParameters", "PutParameter"]
    );
}

#[test]
fn without_permission_to_look_only_strict_refuses() {
    let world = world_with(&[("/p/db", "x")]);
    world.server.set_faults([Fault::AccessDenied
        .always()
        .operation("GetParametersByPath")]);
    let ended = run(&world, "put /p/DB --strict", SENTINEL);
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert!(world.bodies("PutParameter").is_empty());
    assert_eq!(
        run(&world, "put /p/DB", SENTINEL).ok(),
        "/p/DB:1 written, Standard\n"
    );
    // The name alone is enough for some.
    let ended = run(&world, "put /p/2fa", "x");
    assert_eq!(
        ended.stderr,
        "envsecrets: a launch of `/p` would fail: parameter `/p/2fa` would become `2FA`, which is not a \
         valid variable name\n"
    );
}

#[test]
fn create_only_looks_only_if_it_is_strict() {
    let world = world_with(&[("/p/db", "x")]);
    let ended = run(&world, "put /p/DB --create-only --strict", "x");
    assert_eq!(ended.code, Some(65), "{ended:?}");
    world.server.clear_requests();
    let ended = run(&world, "put /p/DB --create-only", "x");
    assert_eq!(ended.ok(), "/p/DB:1 written, Standard\n");
    assert_eq!(world.operations(), ["PutParameter"]);
}

#[test]
fn the_root_is_not_looked_at() {
    let world = world();
    run(&world, "put /p", "x").ok();
    assert_eq!(world.operations(), ["GetParameterHistory", "PutParameter"]);
}
