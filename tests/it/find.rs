//! `envsecrets find`: where a name is, and where a value that has leaked.

use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::terminal::Terminal;
use crate::support::{Ended, Fault, OTHER_SENTINEL, SENTINEL, World, leak, world, world_with};

fn find(world: &World, arguments: &[&str]) -> Ended {
    world.envsecrets(&[&["find"], arguments].concat()).run()
}

fn find_value(world: &World, arguments: &str, value: &str) -> Ended {
    world
        .piped(&format!("find --value {arguments}"), value)
        .run()
}

/// The words of a table without its dates.
#[track_caller]
fn cells(ended: &Ended) -> Vec<Vec<String>> {
    let text = ended.text();
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    let line = |line: &str| {
        let words = line.split_whitespace();
        let words = words.filter(|word| humantime::parse_rfc3339(word).is_err());
        words.map(str::to_owned).collect()
    };
    text.lines().map(line).collect()
}

fn names() -> World {
    world_with(&[
        ("/prd/app/db/password", SENTINEL),
        ("/prd/app/db/host", SENTINEL),
        ("/stg/app/db-password", SENTINEL),
        ("/stg/password/x", SENTINEL),
        ("prd.password", SENTINEL),
    ])
}

#[test]
fn names_are_found_across_paths() {
    let world = names();
    for (globs, found) in [
        (
            &["*password"][..],
            &[
                "/prd/app/db/password",
                "/stg/app/db-password",
                "prd.password",
            ][..],
        ),
        (&["password"], &["/prd/app/db/password"]),
        (&["**/password/**"], &["/stg/password/x"]),
        (
            &["/prd/**", "/stg/*/db*"],
            &[
                "/prd/app/db/host",
                "/prd/app/db/password",
                "/stg/app/db-password",
            ],
        ),
        (&["prd.*"], &["prd.password"]),
    ] {
        let ended = find(&world, globs);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let rows = cells(&ended);
        assert_eq!(rows[0], ["PARAMETER", "VERSION", "TYPE", "MODIFIED"]);
        let names: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(names, found, "{globs:?}");
        assert_eq!(rows[1][1..], ["1", "SecureString"]);
    }
    // Nothing is decrypted.
    assert!(
        world
            .operations()
            .iter()
            .all(|it| it == "DescribeParameters")
    );
    // The catalogue is narrowed where all patterns begin with text.
    assert_eq!(
        world.bodies("DescribeParameters")[3]["ParameterFilters"],
        json!([{ "Key": "Name", "Option": "BeginsWith", "Values": ["/prd/", "/stg/"] }])
    );
}

#[test]
fn a_name_that_no_parameter_has_is_a_no() {
    let world = names();
    for (arguments, printed) in [
        (&["nothing"][..], ""),
        (&["nothing", "--format", "json"], "[]\n"),
    ] {
        let ended = find(&world, arguments);
        assert_eq!((ended.code, ended.text()), (Some(1), printed.to_owned()));
        assert_eq!(ended.stderr, "envsecrets: no parameter has such a name\n");
    }
}

#[test]
fn a_program_gets_the_names_in_a_fixed_order_of_keys() {
    let text = find(&names(), &["host", "--format", "json"]).ok();
    let keys = ["name", "version", "type", "modified"].map(|key| text.find(&format!("\"{key}\"")));
    assert!(
        keys.is_sorted() && keys.iter().all(Option::is_some),
        "{text}"
    );
    let mut found: Value = serde_json::from_str(&text).unwrap();
    assert!(
        found[0]
            .as_object_mut()
            .unwrap()
            .remove("modified")
            .is_some()
    );
    assert_eq!(
        found,
        json!([{ "name": "/prd/app/db/host", "version": 1, "type": "SecureString" }])
    );
}

/// Parameters that hold the sentinel now, earlier, in a document, in a URL, and not at all.
fn leaked() -> World {
    let world = world_with(&[
        ("/prd/app/now", "first"),
        ("/prd/app/earlier", SENTINEL),
        (
            "/prd/app/json",
            &format!(r#"{{"user":"app","db":{{"password":"{SENTINEL}"}}}}"#),
        ),
        ("/prd/app/url", &format!("postgres://app:{SENTINEL}@db/app")),
        ("/prd/app/other", OTHER_SENTINEL),
        ("/stg/app/newline", &format!("{SENTINEL}\n")),
    ]);
    world.store.put("/prd/app/now", SENTINEL);
    world.store.put("/prd/app/earlier", "second");
    world.store.put("/prd/app/earlier", "third");
    world.store.label("/prd/app/earlier", 1, "live");
    world.store.label("/prd/app/earlier", 1, "old");
    world
}

#[test]
fn a_value_is_found_in_new_and_old_versions() {
    let world = leaked();
    for value in [
        SENTINEL.to_owned(),
        format!("{SENTINEL}\n"),
        format!("{SENTINEL}\r\n"),
    ] {
        let ended = find_value(&world, "", &value);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let expected: [&[&str]; 6] = [
            &[
                "PARAMETER",
                "VERSION",
                "STATE",
                "LABELS",
                "MATCH",
                "MODIFIED",
            ],
            &["/prd/app/earlier", "1", "old", "live,old", "whole"],
            &["/prd/app/json", "1", "newest", "key", "db.password"],
            &["/prd/app/now", "2", "newest", "whole"],
            &["/prd/app/url", "1", "newest", "part"],
            &["/stg/app/newline", "1", "newest", "whole"],
        ];
        assert_eq!(cells(&ended), expected);
        assert_eq!(
            ended.stderr,
            "\
envsecrets: hint: if it has leaked, replace it where it is accepted, and give a new value to \
`/prd/app/json`, `/prd/app/now`, `/prd/app/url`, `/stg/app/newline`: `envsecrets rotate` does both, \
`envsecrets put` the second; then restart the programs that have it: `envsecrets ps --stale`
envsecrets: hint: programs that read these labels still get it: move them to a new version of \
`/prd/app/earlier` with `envsecrets label`
envsecrets: hint: old versions can be read by anyone who may read the parameter, until it is deleted or \
has a hundred newer ones: check that nothing accepts the value any more; in the history of \
`/prd/app/earlier`
"
        );
    }
}

#[test]
fn a_search_for_a_value_can_be_narrowed() {
    let world = leaked();
    let ended = find_value(&world, "/stg/** --format json", SENTINEL);
    assert_eq!(leak(&ended.stdout), None);
    let text = ended.text();
    let order = ["name", "version", "newest", "labels", "match", "modified"];
    let keys = order.map(|key| text.find(&format!("\"{key}\"")));
    assert!(
        keys.is_sorted() && keys.iter().all(Option::is_some),
        "{text}"
    );
    let mut found: Value = serde_json::from_str(&text).unwrap();
    assert!(
        found[0]
            .as_object_mut()
            .unwrap()
            .remove("modified")
            .is_some()
    );
    assert_eq!(
        found,
        json!([{
            "name": "/stg/app/newline",
            "version": 1,
            "newest": true,
            "labels": [],
            "match": "whole",
        }])
    );
    let asked = world.bodies("GetParameterHistory");
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (&asked[0]["Name"], &asked[0]["WithDecryption"]),
        (&json!("/stg/app/newline"), &json!(true))
    );

    let ended = find_value(&world, "json --format json", SENTINEL);
    let found: Value = serde_json::from_str(&ended.text()).unwrap();
    assert_eq!(
        (&found[0]["match"], &found[0]["keys"]),
        (&json!("key"), &json!(["db.password"]))
    );
}

#[test]
fn a_value_that_is_nowhere_is_a_no() {
    let world = leaked();
    let ended = find_value(&world, "", "something else");
    assert_eq!(
        ended.failed(1),
        "envsecrets: no version of 6 parameters holds this value\n"
    );
    let ended = find_value(&world, "now", "something else");
    assert_eq!(
        ended.failed(1),
        "envsecrets: no version of `/prd/app/now` holds this value\n"
    );
}

#[test]
fn a_value_is_typed_without_echo() {
    let world = leaked();
    let terminal = Terminal::new();
    let running = terminal.start(&mut world.envsecrets(&["find", "--value", "now"]));
    terminal.asks("value to find (it is not shown): ");
    terminal.types(&format!("{SENTINEL}\n"));
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(leak(terminal.shown().as_bytes()), None);
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_printed() {
    let world = world_with(&[("/p/a", SENTINEL), ("/p/b", SENTINEL)]);
    let denied = Fault::AccessDenied
        .first(1)
        .operation("GetParameterHistory");
    world.server.set_faults([denied]);
    let ended = find_value(&world, "", SENTINEL);
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert_eq!(cells(&ended).len(), 2);
    let error = "envsecrets: error: one parameter could not be searched, and may hold it: `/p/";
    assert!(ended.stderr.contains(error), "{}", ended.stderr);

    // Nothing found is no answer then.
    world.server.set_faults([Fault::AccessDenied
        .always()
        .operation("GetParameterHistory")]);
    let ended = find_value(&world, "", SENTINEL);
    let error =
        "envsecrets: error: 2 parameters could not be searched, and may hold it: `/p/a`, `/p/b`\n";
    assert!(ended.failed(77).starts_with(error), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: allow ssm:GetParameterHistory"),
        "{}",
        ended.stderr
    );
}

#[test]
fn invalid_arguments_are_refused_before_any_request() {
    let world = world();
    for (arguments, what, hint) in [
        (
            &[][..],
            "nothing to find",
            "give a pattern of names, such as '*password*', or use `--value`",
        ),
        (
            &["a", ""],
            "a pattern is empty",
            "give a pattern of names, such as '*password*'; was a variable not set?",
        ),
        (
            &["a[b"],
            "`find a[b` is not a pattern: unclosed character class; missing ']'",
            "`*`, `**`, `?`, `[ab]` and `{a,b}` have a meaning; `\\` takes it away",
        ),
        (
            &["--value"],
            "the value is empty, and Parameter Store does not store empty values",
            "pipe it in, or type it at a terminal",
        ),
    ] {
        let ended = find(&world, arguments);
        let code = if arguments == ["--value"] { 65 } else { 64 };
        assert_eq!(
            ended.failed(code),
            format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n")
        );
    }
    assert_eq!(world.operations(), [""; 0]);
}

#[test]
fn no_fault_reveals_a_value() {
    let command = "find --value --timeout 300ms -v";
    every_fault(&[(command, ""), (command, "after=2")], |case| {
        let world = leaked();
        world.server.set_faults([case.rule()]);
        let ended = world.piped(case.command, SENTINEL).noisy().run();
        case.reveals_nothing(&ended, &CODES);
    });
}
