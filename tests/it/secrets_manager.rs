//! Launches from Secrets Manager: layers, single secrets, and everything that goes wrong there.

use std::collections::BTreeSet;

use parameter_store::{Fault, Rule};
use serde_json::json;

use crate::support::issuers::assumed;
use crate::support::stand_in::StandIn;
use crate::support::{OTHER_SENTINEL, SENTINEL, World, commands_of, world, world_with};

/// A service with its secrets below prd/app/, and others beside it.
fn service() -> World {
    let world = world();
    world.store.put_secret("prd/app/db/password", SENTINEL);
    world.store.put_secret("prd/app/api-key", OTHER_SENTINEL);
    world.store.put_secret("prd/app2/x", "of another service");
    world.store.put_secret("prd/app", "not below itself");
    world
}

/// The operations that were called, in order.
fn operations(world: &World) -> Vec<String> {
    let requests = world.server.requests();
    requests.iter().map(|it| it.operation.clone()).collect()
}

#[test]
fn a_service_starts_from_either_store_with_the_same_names() {
    let world = service();
    world.store.put("/prd/app/db/password", SENTINEL);
    world.store.put("/prd/app/api-key", OTHER_SENTINEL);
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("DB_PASSWORD={SENTINEL}"),
    ];
    for options in [
        "--path /prd/app",
        "--from /prd/app",
        "--from ssm:///prd/app/",
        "--from secretsmanager://prd/app/",
        "--from sm://prd/app/ --path /prd/app",
        "--from sm://prd/app/ --only api-key --path /prd/app --only db/*",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
}

#[test]
fn an_old_store_is_beaten_by_parameter_store_where_both_are_variables() {
    let world = service();
    world.store.put("/prd/app/api-key", "from parameters");
    let mut launch = world.launch("--clean-env", &["env"]);
    launch.env("ENVSECRETS_PATH", "/prd/app");
    launch.env("ENVSECRETS_FROM", "secretsmanager://prd/app/");
    let expected = format!("API_KEY=from parameters\nDB_PASSWORD={SENTINEL}\n");
    assert_eq!(launch.run().ok(), expected);
    // Typed, the order is that of the command line.
    let options = "--path /prd/app --from sm://prd/app/";
    assert_eq!(
        world.variables(options)[0],
        format!("API_KEY={OTHER_SENTINEL}")
    );
}

#[test]
fn what_only_begins_alike_is_neither_taken_nor_read() {
    let world = service();
    assert_eq!(world.variables("--from sm://prd/app/").len(), 2);
    assert_eq!(operations(&world), ["ListSecrets", "BatchGetSecretValue"]);
    let batch = &world.server.requests()[1];
    let body = batch.body.to_string();
    assert!(body.contains("prd/app/api-key"), "{body}");
    assert!(!body.contains("prd/app2"), "{body}");
}

#[test]
fn a_leading_slash_is_a_part_of_the_name() {
    let world = world();
    world.store.put_secret("/prd/db", "with");
    world.store.put_secret("prd/db", "without");
    for (options, value) in [
        ("--secret X=sm:///prd/db", "with"),
        ("--secret X=sm://prd/db", "without"),
        ("--from sm:///prd/ --rename db=X", "with"),
        ("--from sm://prd/ --rename db=X", "without"),
    ] {
        assert_eq!(
            world.variables(options),
            [format!("X={value}")],
            "{options}"
        );
    }
}

#[test]
fn one_secret_as_a_layer_is_its_json_keys() {
    let world = world();
    let value = json!({"username": "app", "password": SENTINEL, "port": 12345678901234567890_u64, "tls": {"on": true}});
    world.store.put_secret("prd/db", &value.to_string());
    world.store.put_secret("prd/text", SENTINEL);
    assert_eq!(
        world.variables("--from sm://prd/db --prefix DB_"),
        [
            format!("DB_PASSWORD={SENTINEL}"),
            "DB_PORT=12345678901234567890".to_owned(),
            "DB_TLS_ON=true".to_owned(),
            "DB_USERNAME=app".to_owned(),
        ]
    );
    assert_eq!(
        world.variables("--from sm://prd/db#password"),
        [format!("PASSWORD={SENTINEL}")]
    );
    // Globs and renames hold for keys as they do for parameters.
    assert_eq!(
        world.variables("--from sm://prd/db --only tls/* --rename tls/on=TLS"),
        ["TLS=true"]
    );
    let ended = world.launch("--from sm://prd/text", &["env"]).run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: `--from secretsmanager://prd/text` gives no variables: it is not valid JSON at line 1, column 1
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}
"
    );
}

#[test]
fn keys_are_taken_as_well_where_the_place_asks_for_them() {
    let world = world();
    world
        .store
        .put_secret("prd/app/db", &format!("{{\"password\":\"{SENTINEL}\"}}"));
    world.store.put_secret("prd/app/motd", "hello");
    let variables = world.variables("--from sm://prd/app/?json --exclude motd");
    assert_eq!(
        variables,
        [
            format!("DB={{\"password\":\"{SENTINEL}\"}}"),
            format!("DB_PASSWORD={SENTINEL}")
        ]
    );
    // It is never decided by what a secret contains.
    let ended = world.launch("--from sm://prd/app/?json", &["env"]).run();
    assert!(
        ended
            .failed(65)
            .contains("`--from secretsmanager://prd/app/motd` gives no variables")
    );
    assert!(!ended.text().contains(SENTINEL));
}

#[test]
fn stages_and_versions_choose_what_is_read() {
    let world = world();
    let id = "11111111-2222-4333-8444-555555555555";
    world.store.plant_secret(
        "prd/db",
        &json!({"versions": [{"value": "before"}, {"value": "now"},
            {"value": "next", "stages": ["AWSPENDING"], "id": id}]}),
    );
    for (place, value) in [
        ("sm://prd/db", "now"),
        ("sm://prd/db:AWSCURRENT", "now"),
        ("sm://prd/db?stage=AWSPREVIOUS", "before"),
        ("sm://prd/db:AWSPREVIOUS", "before"),
        (&format!("sm://prd/db?version={id}"), "next"),
        (&format!("sm://prd/db:{id}"), "next"),
        (
            &format!("sm://prd/db?stage=AWSPENDING&version={id}"),
            "next",
        ),
    ] {
        let variables = world.variables(&format!("--secret X={place}"));
        assert_eq!(variables, [format!("X={value}")], "{place}");
    }
    let ended = world
        .launch("--secret X=sm://prd/db:nosuch", &["env"])
        .run();
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: secret `secretsmanager://prd/db?stage=nosuch` does not exist in us-east-1 at {}
envsecrets: hint: check names, stages, versions, account and region for typos
",
            world.server.url()
        )
    );
}

#[test]
fn bytes_become_a_file_and_nothing_else() {
    let world = world();
    world
        .store
        .plant_secret("prd/app/keystore", &json!({"binary": "AAH/gA=="}));
    world.store.put_secret("prd/app/text", SENTINEL);
    let script = "od -An -tx1 < \"$K\"";
    let ended = world
        .launch("--file K=sm://prd/app/keystore", &["sh", "-c", script])
        .run();
    assert_eq!(ended.ok(), " 00 01 ff 80\n");
    let excluded = "--from sm://prd/app/ --exclude keystore";
    assert_eq!(world.variables(excluded), [format!("TEXT={SENTINEL}")]);
    for (options, error, hint) in [
        (
            "--secret K=sm://prd/app/keystore",
            "the value of `secretsmanager://prd/app/keystore` is not text, which a variable must be",
            "pass it as a file with `--file NAME=PLACE`, and leave it out of a layer with `--exclude \
             GLOB`",
        ),
        (
            "--from sm://prd/app/",
            "the value of `secretsmanager://prd/app/keystore` is not text, which a variable must be",
            "pass it as a file with `--file NAME=PLACE`, and leave it out of a layer with `--exclude \
             GLOB`",
        ),
        (
            "--from sm://prd/app/keystore",
            "`--from secretsmanager://prd/app/keystore` gives no variables: it is not text",
            "`--file NAME=PLACE` passes bytes as a file",
        ),
        (
            "--secret K=sm://prd/app/keystore#key",
            "`secretsmanager://prd/app/keystore` cannot become K: it is not text",
            "`--file NAME=PLACE` passes bytes as a file",
        ),
        (
            "--file K=base64:sm://prd/app/keystore",
            "the value of secret `secretsmanager://prd/app/keystore`, for K, cannot be decoded: it \
             is bytes already, not text",
            "leave `text:` or `base64:` out: bytes are passed as they are",
        ),
    ] {
        let ended = world.launch(options, &["env"]).run();
        let expected = format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(65), expected, "{options}");
    }
}

#[test]
fn an_arn_is_read_in_its_own_account_and_region() {
    let world = world();
    let arn = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf";
    let value = format!("{{\"password\":\"{SENTINEL}\"}}");
    world.store.plant_secret(arn, &json!({ "value": value }));
    for options in [
        format!("--secret X={arn}#password"),
        format!("--secret X={arn}:password::"),
    ] {
        world.server.clear_requests();
        assert_eq!(world.variables(&options), [format!("X={SENTINEL}")]);
        let requests = world.server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].region.as_deref(), Some("eu-west-1"));
    }
    let ended = world.run_inheriting("--resolve", &[("X", &format!("{arn}#password"))]);
    assert_eq!(ended.lines_of(&["X"]), [format!("X={SENTINEL}")]);
}

#[test]
fn what_parameter_store_shows_is_still_read_there_where_it_is_written_out() {
    let world = world();
    world.store.put_secret("prd/db", SENTINEL);
    let options = "--secret X=/aws/reference/secretsmanager/prd/db";
    assert_eq!(world.variables(options), [format!("X={SENTINEL}")]);
    assert_eq!(operations(&world), ["GetParameters"]);
}

#[test]
fn a_thousand_secrets_take_fifty_calls_and_their_list() {
    let world = world();
    for number in 0..1000 {
        world
            .store
            .put_secret(&format!("prd/app/s{number:04}"), "x");
    }
    assert_eq!(world.variables("--from sm://prd/app/").len(), 1000);
    let all = operations(&world);
    let count = |wanted: &str| all.iter().filter(|it| *it == wanted).count();
    assert_eq!(
        (count("BatchGetSecretValue"), count("ListSecrets")),
        (50, 10)
    );
    assert_eq!(all.len(), 60);
}

#[test]
fn nothing_below_a_prefix_is_reported_as_such() {
    let world = service();
    let url = world.server.url();
    let ended = world.launch("--from sm://prd/none/", &["env"]).run();
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: no secrets exist below `secretsmanager://prd/none/` in us-east-1 at {url}
envsecrets: hint: check name, account and region for typos; the list of Secrets Manager may lack what was created in the last minutes; a layer that may be empty is `--optional-from`
"
        )
    );
    let options =
        "--optional-from sm://prd/none/ --optional-from sm://prd/gone --from sm://prd/app/";
    assert_eq!(world.variables(options).len(), 2);
}

#[test]
fn what_is_missing_in_two_stores_is_reported_at_once() {
    let world = service();
    let url = world.server.url();
    let options = "--secret A=/gone/a --secret B=sm://gone/b --from sm://gone/c/";
    let ended = world.launch(options, &["env"]).run();
    let text = ended.failed(66);
    for error in [
        format!("error: parameter `/gone/a` does not exist in us-east-1 at {url}"),
        format!("error: secret `secretsmanager://gone/b` does not exist in us-east-1 at {url}"),
        format!("error: no secrets exist below `secretsmanager://gone/c/` in us-east-1 at {url}"),
    ] {
        assert!(text.contains(&error), "{text}");
    }
}

#[test]
fn a_list_that_lags_is_caught_by_what_is_required() {
    let world = service();
    let lag = Fault::Unlisted(vec!["prd/app/api-key".to_owned()]).always();
    world.server.set_faults([lag]);
    let ended = world
        .launch("--from sm://prd/app/ --require API_KEY", &["env"])
        .run();
    assert!(
        ended
            .failed(66)
            .starts_with("envsecrets: error: API_KEY is required, but missing\n")
    );
}

#[test]
fn a_secret_that_waits_for_its_deletion_is_named() {
    let world = service();
    let deleted = json!({"value": OTHER_SENTINEL, "deleted": true});
    world.store.plant_secret("prd/app/api-key", &deleted);
    // The list does not have it, and a single secret is refused.
    assert_eq!(
        world.variables("--from sm://prd/app/"),
        [format!("DB_PASSWORD={SENTINEL}")]
    );
    let ended = world
        .launch("--secret X=sm://prd/app/api-key", &["env"])
        .run();
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: secret `prd/app/api-key` in us-east-1 at {} waits for its deletion
envsecrets: hint: `aws secretsmanager restore-secret` takes it back until the time has come
",
            world.server.url()
        )
    );
    let optional = "--optional-from sm://prd/app/api-key --from sm://prd/app/";
    assert_eq!(world.variables(optional).len(), 1);
    let check = "check --names-only --secret X=sm://prd/app/api-key";
    let words: Vec<&str> = check.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    assert!(
        ended
            .failed(66)
            .contains("secret `prd/app/api-key` in us-east-1"),
        "{}",
        ended.stderr
    );
}

/// Faults of one secret among others, or of a whole answer: what the launch ends with.
#[test]
fn one_secret_that_cannot_be_read_fails_all_and_shows_none() {
    let name = "prd/app/api-key";
    let cases: Vec<(Rule, u8, &str)> = vec![
        (
            Fault::AccessDenied.always().naming(name),
            77,
            "AWS denied permission to read secret `prd/app/api-key` in us-east-1",
        ),
        (
            Fault::DecryptionFailure.always().naming(name),
            77,
            "AWS refused to decrypt secret `prd/app/api-key` in us-east-1",
        ),
        (
            Fault::OtherSecret.always().operation("BatchGetSecretValue"),
            70,
            "it contains secret `",
        ),
        (
            Fault::MissingValue
                .always()
                .operation("BatchGetSecretValue"),
            70,
            "with neither a text nor bytes",
        ),
        (
            Fault::MissingName.always().operation("BatchGetSecretValue"),
            70,
            "it contains a secret without a name",
        ),
        (
            Fault::TextAndBinary
                .always()
                .operation("BatchGetSecretValue"),
            70,
            "twice, with different values",
        ),
        (
            Fault::OtherVersion
                .always()
                .operation("BatchGetSecretValue"),
            70,
            "it contains another version in place of",
        ),
        (
            Fault::EmptyObject.always().operation("BatchGetSecretValue"),
            70,
            "no list of secrets",
        ),
        (
            Fault::EmptyObject.always().operation("ListSecrets"),
            70,
            "no list of secrets",
        ),
        (
            Fault::CaptivePortal.always(),
            70,
            "another server may respond in place of AWS",
        ),
    ];
    for (rule, code, text) in cases {
        let world = service();
        let situation = format!("{rule:?}");
        world.server.set_faults([rule]);
        let ended = world.launch("-v --from sm://prd/app/", &["env"]).run();
        let printed = ended.failed(code);
        assert!(printed.contains(text), "{situation}: {printed}");
        for sentinel in [SENTINEL, OTHER_SENTINEL] {
            assert!(!format!("{ended:?}").contains(sentinel), "{situation}");
        }
    }
}

#[test]
fn what_may_pass_is_tried_again() {
    for rule in [
        Fault::Throttle.first(2).operation("ListSecrets"),
        Fault::Throttle.first(2).operation("BatchGetSecretValue"),
        Fault::InternalServerError.first(2),
        Fault::Status(503).first(2),
        Fault::ResetMidBody
            .first(1)
            .operation("BatchGetSecretValue"),
        Fault::TruncatedJson
            .first(1)
            .operation("BatchGetSecretValue"),
        Fault::EmptyBody.first(1).operation("ListSecrets"),
    ] {
        let world = service();
        let situation = format!("{rule:?}");
        world.server.set_faults([rule]);
        assert_eq!(
            world.variables("--from sm://prd/app/").len(),
            2,
            "{situation}"
        );
    }
}

#[test]
fn throttling_until_the_deadline_may_pass() {
    let world = service();
    world.server.set_faults([Fault::Throttle.always()]);
    let options = "--from sm://prd/app/ --timeout 2s";
    let ended = world.launch(options, &["env"]).run();
    let text = ended.failed(75);
    assert!(
        text.contains(
            "hint: the quota of Secrets Manager is shared by the whole account and region"
        ),
        "{text}"
    );
}

#[test]
fn a_check_of_names_reads_no_value_and_finds_the_versions() {
    let world = service();
    let arguments = "check --names-only --format json --from sm://prd/app/ --secret X=sm://prd/app";
    let words: Vec<&str> = arguments.split(' ').collect();
    let names: serde_json::Value =
        serde_json::from_str(&world.envsecrets(&words).run().ok()).unwrap();
    let called: BTreeSet<String> = operations(&world).into_iter().collect();
    assert_eq!(
        called,
        BTreeSet::from(["DescribeSecret".to_owned(), "ListSecrets".to_owned()])
    );
    let words: Vec<&str> = words
        .into_iter()
        .filter(|it| *it != "--names-only")
        .collect();
    let values: serde_json::Value =
        serde_json::from_str(&world.envsecrets(&words).run().ok()).unwrap();
    let versions = |report: &serde_json::Value| -> Vec<(String, String)> {
        let variables = report["variables"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        variables
            .map(|it| (text(&it["name"]), text(&it["version"])))
            .collect()
    };
    assert_eq!(versions(&names), versions(&values));
    assert_eq!(versions(&names).len(), 3);
}

#[test]
fn names_of_secrets_collide_as_names_of_parameters_do() {
    let world = world_with(&[("/x/a", "1")]);
    world.store.put_secret("prd/a.b", "1");
    world.store.put_secret("prd/a+b", "2");
    let ended = world.launch("--from sm://prd/", &["env"]).run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: secrets `secretsmanager://prd/a+b` and `secretsmanager://prd/a.b` would both become A_B
envsecrets: hint: give one of them another name with `--rename PARAMETER=NAME`, or leave one out with `--exclude GLOB`
"
    );
    let renamed = "--from sm://prd/ --rename secretsmanager://prd/a+b=PLUS";
    assert_eq!(world.variables(renamed), ["A_B=1", "PLUS=2"]);
}

#[test]
fn a_place_that_is_wrong_stops_a_launch_before_any_call() {
    let world = service();
    for (options, error, hint) in [
        (
            "--from secretsmanager://prd/app/?regoin=eu-west-1",
            "the place, in `--from`, has an unknown option, `regoin`, at character 27",
            "did you mean `region`?",
        ),
        (
            "--optional-from prd/app",
            "`prd/app`, in `--optional-from`, is neither a path nor a place",
            "a path begins with `/`, such as /prd/app, and a place with its scheme, such as \
             secretsmanager://prd/app/",
        ),
        (
            "--from /prd/app?region=eu-west-1",
            "the place, in `--from`, has options or a key, and no scheme",
            "begin with the scheme: `ssm:///prd/app/`, and then the options",
        ),
        (
            "--secret X=sm://prd/app/",
            "`sm://prd/app/`, for X, names a set of secrets, and one is needed",
            "leave out the `/` or `*` at its end, or read the set with `--from`",
        ),
        (
            "--json sm://prd/app?stage=",
            "`sm://prd/app?stage=`, in `--json`, has the option `stage` at character 14 without a \
             value",
            "write `stage=VALUE`, or leave it out",
        ),
        (
            "--from sm://prd/app/ --label live",
            "`--label` is for paths of Parameter Store, and none is given",
            "for a single parameter use `--secret NAME=PARAMETER:LABEL`",
        ),
    ] {
        let ended = world.launch(options, &["env"]).run();
        let expected = format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(64), expected, "{options}");
    }
    let secret = format!("--from sm://user:{SENTINEL}@prd/app/");
    let ended = world.launch(&secret, &["env"]).run();
    assert_eq!(
        ended.failed(64),
        "\
envsecrets: error: the place, in `--from`, has a password before its `@` at character 25
envsecrets: hint: a place is shown in messages, logs and lists of processes, and holds no secret: credentials come from where the store's own tools have them
"
        .replace("25", &(5 + "user:".len() + SENTINEL.len() + 1).to_string())
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_contract_has_places_for_layers_variables_and_files() {
    let world = service();
    world
        .store
        .plant_secret("prd/keystore", &json!({"binary": "AAH/gA=="}));
    let contract = world.directory.file(
        "envsecrets.toml",
        "\
from = ['secretsmanager://prd/app/']

[variables.API_KEY]

[variables.PASSWORD]
from = 'secretsmanager://prd/app/db/password'

[variables.KEYSTORE]
from = 'secretsmanager://prd/keystore'
file = true
",
        0o600,
    );
    let options = format!("--config {} --exclude db/*", contract.display());
    let script = "echo $API_KEY $PASSWORD; od -An -tx1 < \"$KEYSTORE\"";
    let ended = world.launch(&options, &["sh", "-c", script]).run();
    assert_eq!(
        ended.ok(),
        format!("{OTHER_SENTINEL} {SENTINEL}\n 00 01 ff 80\n")
    );
}

#[test]
fn every_command_of_the_docs_does_what_they_describe() {
    let world = service();
    let store = &world.store;
    store.put("/prd/app/db/password", SENTINEL);
    store.put("/prd/app/api-key", OTHER_SENTINEL);
    store.put_secret("prd/db", &format!("{{\"password\":\"{SENTINEL}\"}}"));
    store.plant_secret("prd/keystore", &json!({"binary": "AAH/gA=="}));
    store.put_secret("shared/ca", "shared");
    let sts = StandIn::start(|call, _| assumed(call, "ASIAROLE000000000000"));
    let commands = commands_of(include_str!("../../docs/secrets-manager.md"));
    assert_eq!(commands.len(), 12, "{commands:?}");
    let mut printed = Vec::new();
    for mut words in commands {
        let starts = words.iter().position(|word| word == "--");
        if let Some(at) = starts {
            words.truncate(at + 1);
            words.push("true".to_owned());
        }
        let mut launch = world.envsecrets(&words);
        let ended = launch.env("AWS_ENDPOINT_URL_STS", sts.url()).run();
        assert_eq!(ended.code, Some(0), "{words:?}: {ended:?}");
        for sentinel in [SENTINEL, OTHER_SENTINEL] {
            assert!(!ended.stderr.contains(sentinel), "{words:?}");
            assert!(!ended.text().contains(sentinel), "{words:?}");
        }
        printed.push((words, ended.text()));
    }
    // Comparing after the copy prints nothing, but what only one side has.
    let (_, diff) = printed
        .iter()
        .find(|(words, _)| words[0] == "diff")
        .unwrap();
    assert_eq!(diff, "");
}

#[test]
fn what_is_left_out_is_not_decrypted_and_need_not_have_a_value() {
    let world = service();
    for fault in [
        Fault::KmsAccessDenied,
        Fault::AccessDenied,
        Fault::DecryptionFailure,
    ] {
        let situation = format!("{fault:?}");
        let rule = fault.always().operation("BatchGetSecretValue");
        world.server.set_faults([rule.naming("prd/app/api-key")]);
        for options in [
            "--from sm://prd/app/ --exclude api-key",
            "--from sm://prd/app/ --only db/*",
        ] {
            let expected = [format!("DB_PASSWORD={SENTINEL}")];
            assert_eq!(world.variables(options), expected, "{situation} {options}");
        }
    }
    world.server.clear_faults();
    // It is listed as left out, without a size.
    let check = "check --format json --from sm://prd/app/ --exclude api-key";
    let words: Vec<&str> = check.split(' ').collect();
    let report = world.envsecrets(&words).run().ok();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let filtered = &report["filtered"][0];
    assert_eq!(filtered["parameter"], "secretsmanager://prd/app/api-key");
    assert!(filtered.get("size").is_none(), "{filtered}");

    // A secret that was created without a value.
    let empty = json!({"Name": "prd/app/empty"});
    let created = world
        .store
        .secrets_manager("us-east-1", "CreateSecret", &empty);
    created.unwrap();
    let excluded = "--from sm://prd/app/ --exclude empty";
    assert_eq!(world.variables(excluded).len(), 2);
    let ended = world.launch("--from sm://prd/app/", &["env"]).run();
    assert_eq!(
        ended.failed(66),
        format!(
            "\
envsecrets: error: secret `prd/app/empty` in us-east-1 at {} has no value
envsecrets: hint: no version of it is at AWSCURRENT, as after it was created without a value: put one, or leave it out with `--exclude`
",
            world.server.url()
        )
    );
}

#[test]
fn a_layer_that_may_be_empty_may_have_no_keys() {
    let world = service();
    world.store.put_secret("prd/nothing", "{}");
    world.store.put_secret("prd/some", "{\"a\": 1}");
    let options =
        "--from sm://prd/app/ --optional-from sm://prd/nothing --optional-from sm://prd/some#b";
    assert_eq!(world.variables(options).len(), 2);
    let ended = world.launch("--from sm://prd/nothing", &["env"]).run();
    assert!(ended.failed(66).contains("gives no variables: it is empty"));
}

#[test]
fn a_secret_of_another_account_has_its_arn_as_its_name() {
    let world = world();
    let arn = "arn:aws:secretsmanager:us-east-1:999988887777:secret:shared/x-AbCdEf";
    world.store.plant_secret(arn, &json!({ "value": SENTINEL }));
    let secret = format!("B={arn}");
    for names in [None, Some("--names-only")] {
        let mut words = vec!["check", "--format", "json", "--secret", &secret];
        words.extend(names);
        let report = world.envsecrets(&words).run().ok();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["variables"][0]["parameter"], arn);
    }
}

#[test]
fn a_key_is_renamed_by_either_of_its_names() {
    let world = world();
    let value = format!("{{\"user\":\"{SENTINEL}\"}}");
    world.store.put_secret("j/one", &value);
    for from in ["one#user", "one/user", "secretsmanager://j/one#user"] {
        let options = format!("--from sm://j/?json --only one/* --rename {from}=U1");
        let expected = [format!("U1={SENTINEL}")];
        assert_eq!(world.variables(&options), expected, "{from}");
    }
}

#[test]
fn what_takes_a_path_or_a_name_says_so_of_a_place() {
    let world = service();
    let secret = format!("sm://x/?token={SENTINEL}");
    let name = "a URI is given, and only the name of a parameter can be changed";
    for (arguments, error) in [
        (
            vec!["--path", &secret, "--", "env"],
            "`--path` is given a URI, and takes a path of Parameter Store",
        ),
        (
            vec!["--names", &secret, "--", "env"],
            "`--names` is given a URI, and takes a pattern of flat names",
        ),
        (
            vec!["copy", "/prd/app", &secret],
            "the path is a URI, and only a path can stand here",
        ),
        (vec!["delete", &secret], name),
        (vec!["put", &secret], name),
    ] {
        let ended = world.envsecrets(&arguments).run();
        let text = ended.failed(64);
        assert!(text.contains(error), "{arguments:?}: {text}");
        assert!(!text.contains(SENTINEL), "{arguments:?}: {text}");
    }
    for place in [
        format!("/prd/app?token={SENTINEL}"),
        format!("u:{SENTINEL}@host"),
        format!("sm://prd/db?pass={SENTINEL}"),
        format!("sm://u:{SENTINEL}%40h/x"),
    ] {
        let ended = world.envsecrets(&["--from", &place, "--", "env"]).run();
        assert!(!ended.failed(64).contains(SENTINEL), "{place}");
    }
    let get = format!("sm://u:{SENTINEL}q@h/x");
    let ended = world.envsecrets(&["get", &get]).run();
    assert!(!ended.failed(64).contains(SENTINEL), "{}", ended.stderr);
    // A `@` in a name is no password.
    let ended = world.launch("--file Z=sm://lead/f@g", &["env"]).run();
    let text = ended.failed(66);
    assert!(text.contains("`secretsmanager://lead/f@g`"), "{text}");
}
