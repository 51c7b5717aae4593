//! References to parameters in inherited variables: `--resolve`.

use crate::support::{SENTINEL, is_date, offline, world, world_with};

#[test]
fn a_container_of_ssm_env_changes_one_word_of_its_entrypoint() {
    let world = world_with(&[
        ("prod.app.cookie-secret", "super-secret"),
        ("secret", "super_secret_v1"),
        ("secret", "super_secret_v2"),
        ("/foo/bar", "bar"),
    ]);
    // The environments of its README.
    let ended = world.run_inheriting(
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
        ended.lines_of(&names),
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
    let ended = world.run_inheriting(
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
        ended.lines_of(&["MY_DB_PASSWORD", "MY_API_KEY", "MY_OLD_API_KEY"]),
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
    let ended = world.run_inheriting(
        "--resolve",
        &[
            ("SECRETSMANAGER", "sm://secret"),
            ("PARAMETERSTORE", "ssm:///parameter"),
            ("PASSWORD", "sm://prd/db#password"),
            ("PORT", "sm://prd/db#port"),
        ],
    );
    assert_eq!(
        ended.lines_of(&["SECRETSMANAGER", "PARAMETERSTORE", "PASSWORD", "PORT"]),
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
    store.put_secret(
        "appauth:9d4cb84b-0000-4000-8000-000000000000",
        "{\"username\":\"once\"}",
    );
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:appauth-AbCdEf";
    let inherited = [
        ("A", format!("{arn}:username::")),
        ("B", format!("{arn}:username:AWSPREVIOUS:")),
        (
            "C",
            format!("{arn}:username::9d4cb84b-0000-4000-8000-000000000000"),
        ),
        ("D", "secretsmanager://appauth:AWSPREVIOUS".to_owned()),
    ];
    let inherited: Vec<(&str, &str)> = inherited.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let ended = world.run_inheriting("--resolve", &inherited);
    assert_eq!(
        ended.lines_of(&["A", "B", "C", "D"]),
        ["A=now", "B=before", "C=once", "D={\"username\":\"before\"}"]
    );
}

#[test]
fn a_parameter_that_another_account_shares_is_referred_to_by_its_arn() {
    let world = world();
    let arn = "arn:aws:ssm:us-east-1:210987654321:parameter/common/ca";
    let put = parameter_store::PutParameter::new("/common/ca", "shared");
    world.store.share(arn, &put).unwrap();
    let ended = world.run_inheriting("--resolve", &[("CA", arn)]);
    assert_eq!(ended.lines_of(&["CA"]), ["CA=shared"]);
}

#[test]
fn all_references_and_single_parameters_are_requested_together() {
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
    let ended = world.run_inheriting("--resolve --secret W=/p/9", &inherited);
    assert_eq!(
        ended.lines_of(&["V0", "V8", "AGAIN", "W"]),
        ["V0=x", "V8=x", "AGAIN=x", "W=x"]
    );
    assert_eq!(world.server.requests().len(), 1);
}

#[test]
fn without_references_no_request_is_sent_and_nothing_is_needed() {
    let world = world();
    // No region, no credentials, and a profile that does not exist: none of it is used.
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
    let mut reported = offline(&world.directory, &["--resolve", "-v", "--", "echo", "ran"]);
    let ended = reported.run();
    assert_eq!(ended.text(), "ran\n");
    assert_eq!(
        ended.stderr,
        "envsecrets: no references found: nothing to fetch\n"
    );
}

#[test]
fn without_the_option_a_reference_is_an_ordinary_value() {
    let world = world_with(&[("/app/a", "a"), ("/b", "b")]);
    let ended = world.run_inheriting("--path /app", &[("B", "ssm:///b")]);
    assert_eq!(ended.lines_of(&["A", "B"]), ["A=a", "B=ssm:///b"]);
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
        let ended = world.run_inheriting(options, &inherited);
        assert_eq!(ended.lines_of(&["X"]), [value], "{options}");
    }
    // What does not count is not requested either.
    for options in [
        "--resolve --secret X=/one",
        "--resolve --unset X",
        "--resolve --clean-env",
    ] {
        let ended = world.run_inheriting(options, &[("X", "ssm:///not-there")]);
        ended.ok();
    }
}

#[test]
fn a_name_that_no_parameter_could_give_is_kept_because_it_is_inherited() {
    let world = world_with(&[("/db", "hunter2")]);
    let name = "spring.datasource.password";
    let ended = world.run_inheriting("--resolve", &[(name, "ssm:///db")]);
    assert_eq!(ended.lines_of(&[name]), [format!("{name}=hunter2")]);
}

#[test]
fn a_name_that_runs_code_is_refused_because_the_operator_did_not_write_the_value() {
    let world = world_with(&[("/x", "-javaagent:x.jar")]);
    let inherited = [("JAVA_TOOL_OPTIONS", "ssm:///x")];
    let ended = world.run_inheriting("--resolve", &inherited);
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: parameter `/x` would become JAVA_TOOL_OPTIONS, which can run code: Java \
         takes options from it
envsecrets: hint: the name was given, but who may write the parameter chooses the value: to allow \
         it all the same, use `--allow-name NAME`
"
    );
    let ended = world.run_inheriting("--resolve --allow-name JAVA_TOOL_OPTIONS", &inherited);
    assert_eq!(
        ended.lines_of(&["JAVA_TOOL_OPTIONS"]),
        ["JAVA_TOOL_OPTIONS=-javaagent:x.jar"]
    );
}

#[test]
fn all_references_to_nothing_are_reported_with_their_variables() {
    let world = world_with(&[("/there", SENTINEL)]);
    let ended = world.run_inheriting(
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
envsecrets: error: parameters `/gone/a:live`, `/gone/c` do not exist in us-east-1 at {url}
envsecrets:   caused by: `A` refers to `/gone/a:live`
envsecrets: error: secret `secretsmanager://gone` does not exist in us-east-1 at {url}
envsecrets:   caused by: `B` refers to `secretsmanager://gone`
envsecrets: hint: check names, versions, labels, account and region for typos
envsecrets: hint: check names, stages, versions, account and region for typos
",
            url = world.server.url()
        )
    );
}

#[test]
fn any_place_is_a_reference_after_its_mark() {
    let world = world_with(&[("/prd/a", "1")]);
    world.store.put_secret("prd/b", "{\"k\": 2}");
    let arn = "ref+arn:aws:secretsmanager:us-east-1:123456789012:secret:prd/b-AbCdEf#k";
    let places = [
        ("A", "ref+/prd/a"),
        ("B", "ref+awssecrets://prd/b#k"),
        ("C", arn),
    ];
    let ended = world.run_inheriting("--resolve", &places);
    assert_eq!(ended.lines_of(&["A", "B", "C"]), ["A=1", "B=2", "C=2"]);
    // Without it, what other tools write for the same service is nearly one.
    let ended = world.run_inheriting("--resolve", &[("A", "awssecrets://prd/b")]);
    let text = ended.failed(64);
    assert!(text.contains("nearly a reference"), "{text}");
}

#[test]
fn what_looks_like_a_reference_stops_the_launch_before_any_call() {
    let world = world();
    let ended = world.run_inheriting(
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
envsecrets: error: the reference in `A` cannot be read: it has a space or a control character at character 14
envsecrets: error: the reference in `B` is for KMS, which envsecrets does not support
envsecrets: error: the reference in `C` cannot be read: it ends with a colon, but has no stage or version
envsecrets: hint: a space in a name is written `%20`; was something pasted with its line end?
envsecrets: hint: put the secret into Parameter Store or Secrets Manager, or remove the variable with `--unset NAME`
envsecrets: hint: a reference looks like `ssm:///prd/app/db`, `ssm:///prd/app/db:LABEL`, `secretsmanager://NAME` or `secretsmanager://NAME#KEY`, or is the ARN of one; it must be the whole value
"
    );
    assert_eq!(world.server.requests().len(), 0);
}

#[test]
fn the_secret_of_another_account_is_not_mistaken_for_ours() {
    let world = world();
    world.store.put_secret("db", SENTINEL);
    let arn = "arn:aws:secretsmanager:us-east-1:999999999999:secret:db-AbCdEf";
    let ended = world.run_inheriting("--resolve", &[("DB", arn)]);
    assert_eq!(
        ended.failed(77),
        format!(
            "\
envsecrets: error: AWS denied permission to read secret `{arn}` in us-east-1 at {}
envsecrets:   caused by: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn} because no resource-based policy allows the secretsmanager:GetSecretValue action (request id 5e1f7e57-0000-4000-8000-000000000001)
envsecrets: hint: allow secretsmanager:GetSecretValue on {arn} in the resource policy of the secret, and in the caller's own
",
            world.server.url()
        )
    );
}

#[test]
fn a_key_without_a_usable_value_is_reported_without_the_value() {
    let world = world();
    let store = &world.store;
    store.put_secret("text", SENTINEL);
    store.put_secret("list", &format!("[\"{SENTINEL}\"]"));
    store.put_secret("db", &format!("{{\"a\":\"{SENTINEL}\",\"n\":null}}"));
    for (value, code, printed) in [
        (
            "sm://text#a",
            65,
            "`text`, but it is not valid JSON at line 1, column 1
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}",
        ),
        (
            "sm://list#a",
            65,
            "`list`, but it is not a JSON object
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}",
        ),
        (
            "sm://db#b",
            66,
            "`db`, but the key `b` does not exist
envsecrets: hint: keys are case-sensitive: check the spelling",
        ),
        (
            "sm://db#n",
            65,
            "`db`, but the key `n` contains null, which a variable cannot contain
envsecrets: hint: a variable contains text, a number, `true` or `false`",
        ),
    ] {
        let ended = world.run_inheriting("--resolve", &[("DB", value)]);
        let expected = format!(
            "envsecrets: error: the reference in `DB` is to one key of {printed}\n"
        )
        .replacen(" of `", " of `secretsmanager://", 1);
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
    let variables = table.split("\n\n").next().unwrap();
    let rows: Vec<Vec<&str>> = variables
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split("  ").map(str::trim).collect();
            let cells = cells.into_iter().filter(|cell| !cell.is_empty());
            cells.filter(|cell| !is_date(cell)).collect()
        })
        .collect();
    let id = rows[1][2];
    assert_eq!(id.len(), 8, "the beginning of an identifier");
    assert_eq!(
        rows[1..],
        [
            vec![
                "P",
                "secretsmanager://db#p",
                id,
                "Secret",
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
    assert_eq!(report["variables"][0]["parameter"], "secretsmanager://db#p");
}

#[test]
fn what_is_nearly_a_reference_never_reaches_the_program() {
    let world = world_with(&[("/h1/app/db", SENTINEL)]);
    let hint = "a reference looks like `ssm:///prd/app/db`, `ssm:///prd/app/db:LABEL`, \
                `secretsmanager://NAME` or `secretsmanager://NAME#KEY`, or is the ARN of one; it must be \
                the whole value";
    for (value, what) in [
        ("ssm:/h1/app/db", "a parameter"),
        ("SSM:///h1/app/db", "a parameter"),
        ("ssm//h1/app/db", "a parameter"),
        (" ssm:///h1/app/db", "a parameter"),
        ("\"ssm:///h1/app/db\"", "a parameter"),
        ("aws-ssm:///h1/app/db", "a parameter"),
        ("{{resolve:ssm:/h1/app/db}}", "a parameter"),
        ("arn:aws:ssm:us-east-1:parameter/h1/app/db", "a parameter"),
        ("secretsmanager:h1/db", "a secret of Secrets Manager"),
    ] {
        let ended = world.run_inheriting("--resolve", &[("DB", value)]);
        assert_eq!(
            ended.failed(64),
            format!(
                "envsecrets: error: the value of `DB` is nearly a reference to {what}, and would reach \
                 the program\nenvsecrets: hint: {hint}\n"
            )
        );
    }
    assert_eq!(world.server.calls(), 0);
    // Without the option, and for what is not inherited, it is an ordinary value.
    let ended = world.run_inheriting("--resolve --unset DB", &[("DB", "ssm:/a"), ("C", "d")]);
    assert_eq!(ended.lines_of(&["C", "DB"]), ["C=d"]);
    let ended = world.run_inheriting("--secret A=/h1/app/db", &[("DB", "ssm:/a")]);
    assert_eq!(ended.lines_of(&["DB"]), ["DB=ssm:/a"]);
}

#[test]
fn ordinary_values_that_begin_alike_are_passed_on() {
    let world = world();
    let inherited = [
        ("ACTION", "ssm:GetParameters"),
        ("AGENT", "ssm"),
        ("IMPORT", "aws-parameterstore:/config/app/"),
        (
            "DOCUMENT",
            "arn:aws:ssm:us-east-1:123456789012:document/deploy",
        ),
        ("TEXT", "look at ssm:/prd/app"),
        ("WINDOWS", "C:\\ssm"),
        ("URL", "https://host/ssm:///a"),
    ];
    let expected: Vec<String> = inherited
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        world.inheriting("--resolve", &inherited).len(),
        expected.len()
    );
    let ended = world.run_inheriting("--resolve", &inherited);
    assert_eq!(ended.lines_of(&inherited.map(|(name, _)| name)), expected);
}
