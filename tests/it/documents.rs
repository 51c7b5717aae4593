//! Parameters that contain several secrets: `--json` and `--dotenv`.

use crate::support::{SENTINEL, world, world_with};

#[test]
fn each_key_of_a_json_object_is_a_variable() {
    let world = world_with(&[(
        "/db",
        r#"{"login": "app", "pass-word": "a\"b$c", "port": 5432, "ratio": 1.10, "tls": {"on": true}}"#,
    )]);
    assert_eq!(
        world.variables("--json /db"),
        [
            "LOGIN=app",
            "PASS_WORD=a\"b$c",
            "PORT=5432",
            "RATIO=1.10",
            "TLS_ON=true"
        ]
    );
    assert_eq!(
        world.variables("--json DB_=/db --case keep"),
        [
            "DB_login=app",
            "DB_pass_word=a\"b$c",
            "DB_port=5432",
            "DB_ratio=1.10",
            "DB_tls_on=true"
        ]
    );
    // `--prefix` is for paths, and so are patterns.
    assert_eq!(world.variables("--json /db --prefix X_").len(), 5);
}

#[test]
fn a_secret_of_secrets_manager_gives_variables_too() {
    let world = world();
    world.store.put_secret("a=b", r#"{"login": "app"}"#);
    assert_eq!(
        world.variables("--json /aws/reference/secretsmanager/a=b"),
        ["LOGIN=app"]
    );
}

#[test]
fn the_lines_of_a_dotenv_text_are_variables_and_nothing_is_expanded_or_run() {
    let world = world_with(&[(
        "/env",
        "# comment\nA=1\nexport B=\"two words\"\nC=$HOME$(id)`id`\nlower='x'",
    )]);
    assert_eq!(
        world.variables("--dotenv /env"),
        ["A=1", "B=two words", "C=$HOME$(id)`id`", "LOWER=x"]
    );
}

#[test]
fn keys_beat_paths_a_later_text_an_earlier_one_and_references_and_secret_beat_them() {
    let world = world_with(&[
        ("/app/x", "path"),
        ("/json", r#"{"x": "json"}"#),
        ("/env", "X=dotenv"),
        ("/ref", "reference"),
        ("/one", "secret"),
    ]);
    for (options, value) in [
        ("--json /json --path /app", "X=json"),
        ("--json /json --dotenv /env", "X=dotenv"),
        ("--dotenv /env --json /json", "X=json"),
        ("--json /json --secret X=/one", "X=secret"),
        ("--json /json --resolve", "X=reference"),
        ("--json /json --resolve --unset X", "X=json"),
        ("--json /json --preserve-env=X", "X=ssm:///ref"),
        ("--json /json --require X", "X=json"),
    ] {
        let ended = world.run_inheriting(options, &[("X", "ssm:///ref")]);
        assert_eq!(ended.lines_of(&["X"]), [value], "{options}");
    }
    // From variables the JSON ones come first.
    let mut launch = world.envsecrets(&["--", "sh", "-c", "echo $X"]);
    launch.env("ENVSECRETS_DOTENV", "/env");
    launch.env("ENVSECRETS_JSON", "/json");
    assert_eq!(launch.run().ok(), "dotenv\n");
}

#[test]
fn texts_and_single_parameters_are_requested_together() {
    let world = world_with(&[("/a", r#"{"a": 1}"#), ("/b", "B=2"), ("/c", "3")]);
    let options = "--json /a --json A2_=/a --dotenv /b --secret C=/c";
    assert_eq!(world.variables(options), ["A=1", "A2_A=1", "B=2", "C=3"]);
    assert_eq!(world.server.requests().len(), 1);
}

#[test]
fn all_that_is_wrong_with_the_texts_is_reported_at_once_and_no_value_of_them() {
    let world = world_with(&[
        (
            "/j",
            &format!(r#"{{"a": null, "b": ["{SENTINEL}"], "c": {{"d": []}}}}"#),
        ),
        ("/t", SENTINEL),
        ("/e", "{}"),
    ]);
    let ended = world.run_inheriting("--json /j --json /t --dotenv /t --json /e", &[]);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: `--json /j` gives no variables: the key `a` contains null, which a variable cannot contain
envsecrets: error: `--json /j` gives no variables: the key `b` contains a list, which a variable cannot contain
envsecrets: error: `--json /j` gives no variables: the key `c/d` contains a list, which a variable cannot contain
envsecrets: error: `--json /t` gives no variables: it is not valid JSON at line 1, column 1
envsecrets: error: `--dotenv /t` gives no variables: line 1 is not NAME=VALUE
envsecrets: error: `--json /e` gives no variables: it is empty
envsecrets: hint: a variable contains text, a number, `true` or `false`
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}
envsecrets: hint: each line is NAME=VALUE; a value of several lines is in quotes
envsecrets: hint: check the value, or leave the option out
"
    );
    assert!(!ended.stderr.contains(SENTINEL));
}

#[test]
fn keys_obey_the_rules_for_names() {
    let world = world_with(&[(
        "/j",
        &format!(
            r#"{{"api-key": "{SENTINEL}", "api_key": "{SENTINEL}", "1st": "{SENTINEL}",
                 "ld_preload": "{SENTINEL}", "nul": "{SENTINEL}\u0000"}}"#
        ),
    )]);
    let ended = world.run_inheriting("--json /j", &[]);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: parameter `/j#1st` would become `1ST`, which is not a valid variable name
envsecrets: error: parameter `/j#ld_preload` would become LD_PRELOAD, which can run code: the C library loads \
         code that it names
envsecrets: error: parameters `/j#api-key` and `/j#api_key` would both become API_KEY
envsecrets: error: the value of parameter `/j#nul` contains a NUL, which a variable cannot contain
envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit: use `--json PREFIX=PLACE`, for a layer `--prefix TEXT` or `--rename KEY=NAME`, or give the key another name where it is stored
envsecrets: hint: to allow it, use `--allow-name NAME`, or give the names of its keys a prefix, with `--json PREFIX=PLACE`, or for a layer `--prefix TEXT` or `--rename KEY=NAME`; otherwise find out who wrote that key
envsecrets: hint: give one of the keys another name where they are stored
envsecrets: hint: store it encoded, such as in base64
"
    );
    assert!(!ended.stderr.contains(SENTINEL));
}

#[test]
fn invalid_options_of_texts_are_reported_before_any_call() {
    let world = world_with(&[("/j", "{}")]);
    for (options, printed) in [
        (
            "--json 1=/j",
            "\
envsecrets: error: `1`, in `--json`, is not a valid variable name
envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit
",
        ),
        (
            "--json A=",
            "\
envsecrets: error: ``, in `--json`, names no parameter
envsecrets: hint: the form is `--json PARAMETER` or `--json PREFIX=PARAMETER`
",
        ),
        (
            "--dotenv A=/j",
            "\
envsecrets: error: `A=/j`, in `--dotenv`, contains a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed
envsecrets: hint: the form is `--dotenv PARAMETER`
",
        ),
    ] {
        let ended = world.run_inheriting(options, &[]);
        assert_eq!(ended.failed(64), printed, "{options}");
    }
    let check = ["check", "--names-only", "--json", "/j"];
    let ended = world.envsecrets(&check).run();
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: `--names-only` reads no values, and the names of `--json` are in a value
envsecrets: hint: leave one of them out
"
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn a_check_shows_each_key_and_no_value() {
    let world = world_with(&[
        ("/app/login", SENTINEL),
        ("/j", &format!(r#"{{"login": "{SENTINEL}"}}"#)),
    ]);
    let arguments = [
        "check", "--path", "/app", "--json", "/j", "--format", "json",
    ];
    let ended = world.envsecrets(&arguments).run();
    assert!(!format!("{ended:?}").contains(SENTINEL));
    let report: serde_json::Value = serde_json::from_str(&ended.ok()).unwrap();
    let it = &report["variables"][0];
    assert_eq!(
        (&it["name"], &it["parameter"], &it["from"], &it["size"]),
        (
            &"LOGIN".into(),
            &"/j#login".into(),
            &"--json".into(),
            &29.into()
        )
    );
    assert_eq!(it["overrides"], serde_json::json!(["/app/login"]));
}
