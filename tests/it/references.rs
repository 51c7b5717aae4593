//! Secrets in the shapes in which programs and deployment files want them.

use crate::support::{Ended, SENTINEL, World, is_date, offline, world, world_with};

/// What the program gets of these inherited variables, by name.
fn resolved(world: &World, options: &str, inherited: &[(&str, &str)]) -> Ended {
    let mut launch = world.launch(options, &["env"]);
    for (name, value) in inherited {
        launch.env(name, value);
    }
    launch.run()
}

/// The lines of these names, in order of the names.
#[track_caller]
fn lines(ended: &Ended, names: &[&str]) -> Vec<String> {
    let text = ended.ok();
    names
        .iter()
        .flat_map(|name| {
            let start = format!("{name}=");
            let mine = text.lines().filter(move |line| line.starts_with(&start));
            mine.map(str::to_owned)
        })
        .collect()
}

#[test]
fn a_container_of_ssm_env_changes_one_word_of_its_entrypoint() {
    let world = world_with(&[
        ("prod.app.cookie-secret", "super-secret"),
        ("secret", "super_secret_v1"),
        ("secret", "super_secret_v2"),
        ("/foo/bar", "bar"),
    ]);
    // The environments of its README.
    let ended = resolved(
        &world,
        "--resolve",
        &[
            ("RAILS_ENV", "production"),
            ("COOKIE_SECRET", "ssm://prod.app.cookie-secret"),
            ("OLD_SECRET", "ssm://secret:1"),
            ("NEW_SECRET", "ssm://secret:2"),
            ("SSM_EXAMPLE", "ssm:///foo/bar"),
        ],
    );
    let names = [
        "RAILS_ENV",
        "COOKIE_SECRET",
        "OLD_SECRET",
        "NEW_SECRET",
        "SSM_EXAMPLE",
    ];
    assert_eq!(
        lines(&ended, &names),
        [
            "RAILS_ENV=production",
            "COOKIE_SECRET=super-secret",
            "OLD_SECRET=super_secret_v1",
            "NEW_SECRET=super_secret_v2",
            "SSM_EXAMPLE=bar"
        ]
    );
}

#[test]
fn a_pod_of_secrets_init_changes_one_word_of_its_command() {
    let world = world_with(&[("/api/key", "key-1"), ("/api/key", "key-2")]);
    world
        .store
        .put_secret("mydbpassword", "very-secret-password");
    let ended = resolved(
        &world,
        "--resolve",
        &[
            (
                "MY_DB_PASSWORD",
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:mydbpassword-AbCdEf",
            ),
            (
                "MY_API_KEY",
                "arn:aws:ssm:us-east-1:123456789012:parameter/api/key",
            ),
            (
                "MY_OLD_API_KEY",
                "arn:aws:ssm:us-east-1:123456789012:parameter/api/key:1",
            ),
        ],
    );
    assert_eq!(
        lines(&ended, &["MY_DB_PASSWORD", "MY_API_KEY", "MY_OLD_API_KEY"]),
        [
            "MY_DB_PASSWORD=very-secret-password",
            "MY_API_KEY=key-2",
            "MY_OLD_API_KEY=key-1"
        ]
    );
}

#[test]
fn a_task_of_aws_env_changes_one_word_of_its_command() {
    let world = world_with(&[("/parameter", "from the parameter")]);
    world.store.put_secret("secret", "from the secret");
    world.store.put_secret(
        "prd/db",
        "{\"user\":\"app\",\"password\":\"pässword\",\"port\":5432}",
    );
    let ended = resolved(
        &world,
        "--resolve",
        &[
            ("SECRETSMANAGER", "sm://secret"),
            ("PARAMETERSTORE", "ssm:///parameter"),
            ("PASSWORD", "sm://prd/db#password"),
            ("PORT", "sm://prd/db#port"),
        ],
    );
    assert_eq!(
        lines(
            &ended,
            &["SECRETSMANAGER", "PARAMETERSTORE", "PASSWORD", "PORT"]
        ),
        [
            "SECRETSMANAGER=from the secret",
            "PARAMETERSTORE=from the parameter",
            "PASSWORD=pässword",
            "PORT=5432"
        ]
    );
}

#[test]
fn a_task_definition_of_ecs_names_keys_and_stages_as_it_does_there() {
    let world = world();
    let store = &world.store;
    store.put_secret("appauth", "{\"username\":\"now\"}");
    store.put_secret("appauth:AWSPREVIOUS", "{\"username\":\"before\"}");
    store.put_secret("appauth:9d4cb84b", "{\"username\":\"once\"}");
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:appauth-AbCdEf";
    let inherited = [
        ("A", format!("{arn}:username::")),
        ("B", format!("{arn}:username:AWSPREVIOUS:")),
        ("C", format!("{arn}:username::9d4cb84b")),
        ("D", "secretsmanager://appauth:AWSPREVIOUS".to_owned()),
    ];
    let inherited: Vec<(&str, &str)> = inherited.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let ended = resolved(&world, "--resolve", &inherited);
    assert_eq!(
        lines(&ended, &["A", "B", "C", "D"]),
        ["A=now", "B=before", "C=once", "D={\"username\":\"before\"}"]
    );
}

#[test]
fn a_parameter_that_another_account_shares_is_referred_to_by_its_arn() {
    let world = world();
    let arn = "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca";
    let put = parameter_store::PutParameter::new("/common/ca", "shared");
    world.store.share(arn, &put).unwrap();
    let ended = resolved(&world, "--resolve", &[("CA", arn)]);
    assert_eq!(lines(&ended, &["CA"]), ["CA=shared"]);
}

#[test]
fn all_references_and_single_parameters_are_asked_for_together() {
    let world = world();
    for number in 0..10 {
        world.store.put(&format!("/p/{number}"), "x");
    }
    let references: Vec<(String, String)> = (0..9)
        .map(|number| (format!("V{number}"), format!("ssm:///p/{number}")))
        .collect();
    let mut inherited: Vec<(&str, &str)> = references
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    // Two variables for one parameter are one question.
    inherited.push(("AGAIN", "ssm:///p/0"));
    let ended = resolved(&world, "--resolve --secret W=/p/9", &inherited);
    assert_eq!(
        lines(&ended, &["V0", "V8", "AGAIN", "W"]),
        ["V0=x", "V8=x", "AGAIN=x", "W=x"]
    );
    assert_eq!(world.server.requests().len(), 1);
}

#[test]
fn where_nothing_refers_to_anything_nobody_is_asked_and_nothing_is_needed() {
    let world = world();
    // No region, no credentials, and a profile that is not there: nobody looks.
    let mut launch = offline(
        &world.directory,
        &[
            "--resolve",
            "--start-jitter",
            "1h",
            "--",
            "sh",
            "-c",
            "echo $X",
        ],
    );
    launch.env("X", "plain").env("AWS_PROFILE", "none");
    launch.env("AWS_ENDPOINT_URL_SSM", world.server.url());
    assert_eq!(launch.run().ok(), "plain\n");
    assert_eq!(world.server.requests().len(), 0);

    let mut check = offline(&world.directory, &["check", "--resolve"]);
    assert_eq!(check.run().ok(), "no variables\n");
    let mut told = offline(&world.directory, &["--resolve", "-v", "--", "echo", "ran"]);
    let ended = told.run();
    assert_eq!(ended.text(), "ran\n");
    assert_eq!(
        ended.stderr,
        "envsecrets: nothing refers to a secret, so that nobody is asked\n"
    );
}

#[test]
fn without_the_option_a_reference_is_an_ordinary_value() {
    let world = world_with(&[("/app/a", "a"), ("/b", "b")]);
    let ended = resolved(&world, "--path /app", &[("B", "ssm:///b")]);
    assert_eq!(lines(&ended, &["A", "B"]), ["A=a", "B=ssm:///b"]);
}

#[test]
fn a_reference_beats_paths_and_secret_beats_a_reference() {
    let world = world_with(&[("/app/x", "path"), ("/ref", "reference"), ("/one", "flag")]);
    let inherited = [("X", "ssm:///ref")];
    for (options, value) in [
        ("--resolve --path /app", "X=reference"),
        ("--resolve --path /app --secret X=/one", "X=flag"),
        // What is inherited wins, and that is what it refers to.
        (
            "--resolve --path /app --secret X=/one --preserve-env",
            "X=reference",
        ),
        ("--resolve --path /app --preserve-env=X", "X=reference"),
        ("--resolve --path /app --unset X", "X=path"),
        ("--resolve --path /app --clean-env", "X=path"),
        ("--resolve --clean-env --keep X", "X=reference"),
        ("--resolve --require X", "X=reference"),
    ] {
        let ended = resolved(&world, options, &inherited);
        assert_eq!(lines(&ended, &["X"]), [value], "{options}");
    }
    // What does not count is not asked for either.
    for options in [
        "--resolve --secret X=/one",
        "--resolve --unset X",
        "--resolve --clean-env",
    ] {
        let ended = resolved(&world, options, &[("X", "ssm:///not-there")]);
        ended.ok();
    }
}

#[test]
fn a_name_that_no_parameter_could_give_is_kept_because_it_is_inherited() {
    let world = world_with(&[("/db", "hunter2")]);
    let name = "spring.datasource.password";
    let ended = resolved(&world, "--resolve", &[(name, "ssm:///db")]);
    assert_eq!(lines(&ended, &[name]), [format!("{name}=hunter2")]);
}

#[test]
fn a_name_that_runs_code_is_refused_because_the_operator_did_not_write_the_value() {
    let world = world_with(&[("/x", "-javaagent:x.jar")]);
    let inherited = [("JAVA_TOOL_OPTIONS", "ssm:///x")];
    let ended = resolved(&world, "--resolve", &inherited);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: parameter `/x` would become JAVA_TOOL_OPTIONS, which makes a language runtime \
         load code or change its options
envsecrets: hint: if that is meant, say `--allow-name NAME`; otherwise leave it out with \
         `--exclude GLOB`, and find out who wrote that parameter
"
    );
    let ended = resolved(
        &world,
        "--resolve --allow-name JAVA_TOOL_OPTIONS",
        &inherited,
    );
    assert_eq!(
        lines(&ended, &["JAVA_TOOL_OPTIONS"]),
        ["JAVA_TOOL_OPTIONS=-javaagent:x.jar"]
    );
}

#[test]
fn all_references_to_nothing_are_told_with_their_variables() {
    let world = world_with(&[("/there", SENTINEL)]);
    let ended = resolved(
        &world,
        "--resolve --secret C=/gone/c",
        &[
            ("A", "ssm:///gone/a:live"),
            ("B", "sm://gone"),
            ("D", "ssm:///there"),
        ],
    );
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: there is no parameter `/aws/reference/secretsmanager/gone`, `/gone/a:live`, \
             `/gone/c` in us-east-1 at {}
envsecrets:   caused by: `A` refers to `/gone/a:live`
envsecrets:   caused by: `B` refers to `/aws/reference/secretsmanager/gone`
envsecrets: hint: look for typing errors in names, versions, labels, account and region
",
            world.server.url()
        )
    );
}

#[test]
fn what_looks_like_a_reference_stops_the_launch_before_any_call() {
    let world = world();
    let ended = resolved(
        &world,
        "--resolve",
        &[
            ("A", "ssm:///prd/db password"),
            ("B", &format!("kms://{SENTINEL}")),
            ("C", &format!("sm://{SENTINEL}:")),
        ],
    );
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: the reference in `A` cannot be read: it holds a character that no parameter \
         name can: only letters, digits, `_`, `.`, `-` and `/` are allowed
envsecrets: error: the reference in `B` is for KMS, which envsecrets does not ask
envsecrets: error: the reference in `C` cannot be read: it names no stage or version that can be: \
         letters, digits, `_`, `.` and `-`
envsecrets: hint: references read `ssm:///prd/app/db`, `ssm:///prd/app/db:LABEL`, \
         `secretsmanager://NAME`, `secretsmanager://NAME#KEY`, or are ARNs of these; nothing \
         stands before or after
envsecrets: hint: put the secret into Parameter Store or Secrets Manager; or take the variable \
         away with `--unset NAME`
"
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn the_secret_of_another_account_is_not_mistaken_for_ours() {
    let world = world();
    world.store.put_secret("db", SENTINEL);
    let arn = "arn:aws:secretsmanager:us-east-1:999999999999:secret:db-AbCdEf";
    let ended = resolved(&world, "--resolve", &[("DB", arn)]);
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: the reference in `DB` is to the secret `{arn}`, and \
             `/aws/reference/secretsmanager/db` is \
             `arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf`
envsecrets: hint: write the whole ARN, with the six characters at its end; secrets of other \
             accounts and regions cannot be read through Parameter Store
"
        )
    );
}

#[test]
fn a_key_that_cannot_be_had_is_told_and_never_its_value() {
    let world = world();
    let store = &world.store;
    store.put_secret("text", SENTINEL);
    store.put_secret("list", &format!("[\"{SENTINEL}\"]"));
    store.put_secret("db", &format!("{{\"a\":\"{SENTINEL}\",\"n\":null}}"));
    for (value, code, said) in [
        (
            "sm://text#a",
            65,
            "`text`, and that is not JSON: it cannot be read at line 1, column 1
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}",
        ),
        (
            "sm://list#a",
            65,
            "`list`, and that is not a JSON object
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}",
        ),
        (
            "sm://db#b",
            66,
            "`db`, and there is no key `b`
envsecrets: hint: keys are compared letter by letter; look at how it is written",
        ),
        (
            "sm://db#n",
            65,
            "`db`, and the key `n` holds null, which no variable can hold
envsecrets: hint: variables hold texts, numbers, `true` and `false`",
        ),
    ] {
        let ended = resolved(&world, "--resolve", &[("DB", value)]);
        let expected = format!(
            "envsecrets: error: the reference in `DB` is to one key of {said}\n"
        )
        .replacen(" of `", " of `/aws/reference/secretsmanager/", 1);
        assert_eq!(ended.failed(code), expected, "{value}");
        assert!(!ended.stderr.contains(SENTINEL));
    }
}

#[test]
fn a_check_shows_references_as_an_origin_of_their_own() {
    let world = world_with(&[("/app/x", SENTINEL), ("/ref", SENTINEL)]);
    world
        .store
        .put_secret("db", &format!("{{\"p\":\"{SENTINEL}\"}}"));
    let check = |options: &[&str]| {
        let arguments = [&["check", "--resolve", "--path", "/app"], options].concat();
        let mut launch = world.envsecrets(&arguments);
        launch.env("X", "ssm:///ref").env("P", "sm://db#p");
        let ended = launch.run();
        assert!(!format!("{ended:?}").contains(SENTINEL));
        ended.ok()
    };
    let table = check(&[]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split("  ").map(str::trim).collect();
            let cells = cells.into_iter().filter(|cell| !cell.is_empty());
            cells.filter(|cell| !is_date(cell)).collect()
        })
        .collect();
    assert_eq!(
        rows[1..],
        [
            vec![
                "P",
                "/aws/reference/secretsmanager/db#p",
                "0",
                "SecureString",
                "29",
                "--resolve"
            ],
            vec![
                "X",
                "/ref",
                "1",
                "SecureString",
                "29",
                "--resolve",
                "overrides /app/x"
            ],
        ]
    );
    let report: serde_json::Value = serde_json::from_str(&check(&["--format", "json"])).unwrap();
    assert_eq!(report["variables"][1]["from"], "--resolve");
    assert_eq!(report["variables"][1]["inherited"], "reference");
    // A reference is pinned where it stands.
    assert_eq!(check(&["--format", "names"]), "");
    let names = check(&["--names-only", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&names).unwrap();
    assert_eq!(
        report["variables"][0]["parameter"],
        "/aws/reference/secretsmanager/db#p"
    );
}

/// The variables that the program gets and did not inherit.
#[track_caller]
fn chosen(world: &World, options: &str) -> Vec<String> {
    let text = world
        .launch(&format!("--clean-env {options}"), &["env"])
        .run()
        .ok();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn each_key_of_a_json_object_is_a_variable() {
    let world = world_with(&[(
        "/db",
        r#"{"login": "app", "pass-word": "a\"b$c", "port": 5432, "ratio": 1.10, "tls": {"on": true}}"#,
    )]);
    assert_eq!(
        chosen(&world, "--json /db"),
        [
            "LOGIN=app",
            "PASS_WORD=a\"b$c",
            "PORT=5432",
            "RATIO=1.10",
            "TLS_ON=true"
        ]
    );
    assert_eq!(
        chosen(&world, "--json DB_=/db --case keep"),
        [
            "DB_login=app",
            "DB_pass_word=a\"b$c",
            "DB_port=5432",
            "DB_ratio=1.10",
            "DB_tls_on=true"
        ]
    );
    // `--prefix` is for paths, and so are patterns.
    assert_eq!(chosen(&world, "--json /db --prefix X_").len(), 5);
}

#[test]
fn a_secret_of_secrets_manager_gives_variables_too() {
    let world = world();
    world.store.put_secret("a=b", r#"{"login": "app"}"#);
    assert_eq!(
        chosen(&world, "--json /aws/reference/secretsmanager/a=b"),
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
        chosen(&world, "--dotenv /env"),
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
        let ended = resolved(&world, options, &[("X", "ssm:///ref")]);
        assert_eq!(lines(&ended, &["X"]), [value], "{options}");
    }
    // From variables the JSON ones come first.
    let mut launch = world.envsecrets(&["--", "sh", "-c", "echo $X"]);
    launch.env("ENVSECRETS_DOTENV", "/env");
    launch.env("ENVSECRETS_JSON", "/json");
    assert_eq!(launch.run().ok(), "dotenv\n");
}

#[test]
fn texts_and_single_parameters_are_asked_for_together() {
    let world = world_with(&[("/a", r#"{"a": 1}"#), ("/b", "B=2"), ("/c", "3")]);
    let options = "--json /a --json A2_=/a --dotenv /b --secret C=/c";
    assert_eq!(chosen(&world, options), ["A=1", "A2_A=1", "B=2", "C=3"]);
    assert_eq!(world.server.requests().len(), 1);
}

#[test]
fn all_that_is_wrong_with_the_texts_is_told_at_once_and_no_value_of_them() {
    let world = world_with(&[
        (
            "/j",
            &format!(r#"{{"a": null, "b": ["{SENTINEL}"], "c": {{"d": []}}}}"#),
        ),
        ("/t", SENTINEL),
        ("/e", "{}"),
    ]);
    let ended = resolved(&world, "--json /j --json /t --dotenv /t --json /e", &[]);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: `--json /j` gives no variables: the key `a` holds null, which no variable can hold
envsecrets: error: `--json /j` gives no variables: the key `b` holds a list, which no variable can hold
envsecrets: error: `--json /j` gives no variables: the key `c/d` holds a list, which no variable can hold
envsecrets: error: `--json /t` gives no variables: that is not JSON: it cannot be read at line 1, column 1
envsecrets: error: `--dotenv /t` gives no variables: that is not dotenv: it cannot be read at its beginning
envsecrets: error: `--json /e` gives no variables: there is nothing in it
envsecrets: hint: variables hold texts, numbers, `true` and `false`
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}
envsecrets: hint: lines read NAME=VALUE, and values with spaces, quotes or `\\` stand in quotes
envsecrets: hint: look at what was written there; or leave the option out
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
    let ended = resolved(&world, "--json /j", &[]);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: parameter `/j#1st` would become `1ST`, which is not a name of a variable
envsecrets: error: parameter `/j#ld_preload` would become LD_PRELOAD, which makes the C library load \
         code or files of its choosing
envsecrets: error: parameters `/j#api-key` and `/j#api_key` would both become API_KEY
envsecrets: error: the value of parameter `/j#nul` contains a NUL, which no variable can hold
envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit: write `--json \
         PREFIX=PARAMETER`, or give the key another name where it is stored
envsecrets: hint: if that is meant, say `--allow-name NAME`, or give all names a beginning \
         with `--json PREFIX=PARAMETER`; otherwise find out who wrote that key
envsecrets: hint: give one of the keys another name where they are stored
envsecrets: hint: store it encoded, base64 for one
"
    );
    assert!(!ended.stderr.contains(SENTINEL));
}

#[test]
fn texts_that_are_asked_for_wrongly_are_told_before_any_call() {
    let world = world_with(&[("/j", "{}")]);
    for (options, said) in [
        (
            "--json 1=/j",
            "\
envsecrets: error: `1`, in `--json`, is not a name of a variable
envsecrets: hint: names are letters, digits and `_`, and do not begin with a digit
",
        ),
        (
            "--json A=",
            "\
envsecrets: error: ``, in `--json`, names no parameter
envsecrets: hint: it reads `--json PARAMETER` or `--json PREFIX=PARAMETER`
",
        ),
        (
            "--dotenv A=/j",
            "\
envsecrets: error: `A=/j`, in `--dotenv`, holds a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed
envsecrets: hint: it reads `--dotenv PARAMETER`
",
        ),
    ] {
        let ended = resolved(&world, options, &[]);
        assert_eq!(ended.failed(64), said, "{options}");
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

#[test]
fn values_stand_in_arguments_where_their_names_were() {
    let world = world_with(&[("/some/property", "a b'\"$c")]);
    let program = [
        "printf",
        "[%s]",
        "-Dsome.property={{PROPERTY}}",
        "{{PROPERTY}}{{MINE}}",
        "{{{{PROPERTY}} {x} }}",
        "",
    ];
    let ended = world
        .launch("--path /some --expand", &program)
        .env("MINE", "inherited")
        .run();
    assert_eq!(
        ended.ok(),
        "[-Dsome.property=a b'\"$c][a b'\"$cinherited][{{PROPERTY}} {x} }}][]"
    );
}

#[test]
fn without_the_option_braces_mean_nothing() {
    let world = world_with(&[("/some/property", "x")]);
    let program = ["echo", "{{PROPERTY}}", "{{", "{{{{"];
    let ended = world.launch("--path /some", &program).run();
    assert_eq!(ended.ok(), "{{PROPERTY}} {{ {{{{\n");
}

#[test]
fn an_argument_has_what_the_environment_has() {
    let world = world_with(&[("/some/x", "secret"), ("/ref", "reference")]);
    for (options, value) in [
        ("--path /some", "secret"),
        ("--path /some --preserve-env=X", "ssm:///ref"),
        ("--path /some --resolve", "reference"),
    ] {
        let ended = world
            .launch(&format!("{options} --expand"), &["echo", "{{X}}"])
            .env("X", "ssm:///ref")
            .run();
        assert_eq!(ended.ok(), format!("{value}\n"), "{options}");
    }
}

#[test]
fn the_name_of_the_program_is_not_expanded() {
    let world = world_with(&[("/some/x", "echo")]);
    let ended = world
        .launch("--path /some --expand", &["{{X}}", "started"])
        .run();
    ended.failed(127);
}

#[test]
fn all_names_that_the_program_does_not_get_are_told() {
    let world = world_with(&[("/some/x", SENTINEL)]);
    let program = ["echo", "{{X}}{{PROPERTEE}}", "{{HIDDEN}}", "{{.Names}}"];
    let ended = world
        .launch("--path /some --expand --unset HIDDEN", &program)
        .env("HIDDEN", SENTINEL)
        .run();
    assert_eq!(
        ended.failed(66),
        "\
envsecrets: error: argument 1 of the program holds `{{PROPERTEE}}`, and there is no such variable
envsecrets: error: argument 2 of the program holds `{{HIDDEN}}`, and there is no such variable
envsecrets: error: argument 3 of the program holds `{{.Names}}`, and there is no such variable
envsecrets: hint: `envsecrets check` with the same options lists what there is; `{{{{` writes `{{`
"
    );
    assert!(!ended.stderr.contains(SENTINEL));
}

#[test]
fn a_place_without_end_is_told_before_any_call() {
    let world = world_with(&[("/some/x", SENTINEL)]);
    let ended = world
        .launch("--path /some --expand", &["echo", "a", "{{X}"])
        .run();
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: argument 2 of the program holds `{{` without `}}`
envsecrets: hint: with `--expand`, `{{NAME}}` is the value of NAME; `{{{{` writes `{{`
"
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn an_argument_that_the_kernel_would_not_take_is_told_by_its_number() {
    let world = world();
    world.store.plant("/some/x", &"x".repeat(70_000));
    let ended = world
        .launch("--path /some --expand", &["echo", "{{X}}{{X}}"])
        .run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: argument 1 of the program would be too large: 140001 bytes, and the kernel takes 131072
envsecrets: hint: the limit is 32 pages for one argument, and cannot be raised: let the program read its environment
"
    );
}
