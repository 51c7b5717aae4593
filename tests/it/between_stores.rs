//! `list`, `diff` and `copy` with places of Secrets Manager: what is where, whether it is the same, and
//! the way from one store to the other.

use parameter_store::{Kind, PutParameter};
use serde_json::{Value, json};

use crate::support::moto::Moto;
use crate::support::{
    Ended, Fault, OTHER_SENTINEL, SENTINEL, Server, World, is_date, leak, until, world,
};

/// Versions of secrets, as long as those of AWS.
const FIRST: &str = "11111111-0000-4000-8000-000000000000";
const SECOND: &str = "22222222-0000-4000-8000-000000000000";

/// A prefix with secrets, and what only begins like it.
fn secrets() -> World {
    let world = world();
    world.store.plant_secret(
        "prd/app/db/password",
        &json!({
            "description": "for the database",
            "kms": "alias/app",
            "tags": { "team": "web" },
            "versions": [
                { "value": "before", "id": FIRST },
                { "value": SENTINEL, "id": SECOND },
            ],
        }),
    );
    let plain = json!({ "value": OTHER_SENTINEL, "id": FIRST });
    world.store.plant_secret("prd/app/token", &plain);
    world.store.plant_secret("prd/app2/token", &plain);
    world
}

fn run(world: &World, words: &str) -> Ended {
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = world.envsecrets(&words).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

/// The same, at the pace of a test.
fn copy(world: &World, words: &str) -> Ended {
    run(world, &format!("copy {words} --write-rate 1000"))
}

/// What a run that went well printed.
#[track_caller]
fn copied(world: &World, words: &str) -> (String, String) {
    let ended = copy(world, words);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (ended.text(), ended.stderr)
}

/// A text with `DATE` for each date.
fn dated(text: &str) -> String {
    let word = |word: &str| match is_date(word.trim_matches(['"', ','])) {
        true => word.replace(word.trim_matches(['"', ',']), "DATE"),
        false => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(|text| line(text) + "\n").collect()
}

fn value(world: &World, name: &str) -> String {
    world.envsecrets(&["get", name]).run().ok()
}

/// The tag that says where a copy comes from.
fn source(world: &World, name: &str) -> Value {
    let words = ["list", name, "--columns", "name,tags", "--format", "json"];
    let path = name.rsplit_once('/').map_or("/", |(path, _)| path);
    let words = words.map(|word| if word == name { path } else { word });
    let text = world.envsecrets(&words).run().ok();
    let all: Value = serde_json::from_str(&text).unwrap();
    let mut all = all.as_array().unwrap().iter();
    let one = all.find(|it| it["name"] == name).unwrap();
    one["tags"]["envsecrets:source"].clone()
}

/// How often something was written.
fn writes(world: &World) -> usize {
    let requests = world.server.requests();
    let writes = ["PutParameter", "AddTagsToResource"];
    let is_write = |operation: &str| writes.contains(&operation);
    requests.iter().filter(|it| is_write(&it.operation)).count()
}

#[test]
fn a_prefix_is_listed_with_versions_stages_and_variables() {
    let world = secrets();
    assert_eq!(
        dated(&run(&world, "list secretsmanager://prd/app/").ok()),
        "\
NAME                                  VARIABLE     TYPE    VERSION   STAGES                                    KEY        MODIFIED              DESCRIPTION
secretsmanager://prd/app/db/password  DB_PASSWORD  Secret  22222222  AWSCURRENT=22222222 AWSPREVIOUS=11111111  alias/app  DATE  for the database
secretsmanager://prd/app/token        TOKEN        Secret  11111111  AWSCURRENT=11111111                                  DATE
"
    );
    let text = run(&world, "list secretsmanager://prd/app/ --all --format json").ok();
    let mut reported: Value = serde_json::from_str(&text).unwrap();
    for one in reported.as_array_mut().unwrap() {
        one["modified"] = json!(is_date(one["modified"].as_str().unwrap()));
    }
    assert_eq!(
        reported,
        json!([
            {
                "name": "secretsmanager://prd/app/db/password",
                "variable": "DB_PASSWORD",
                "type": "Secret",
                "version": SECOND,
                "stages": { "AWSCURRENT": SECOND, "AWSPREVIOUS": FIRST },
                "key": "alias/app",
                "modified": true,
                "tags": { "team": "web" },
                "description": "for the database",
            },
            {
                "name": "secretsmanager://prd/app/token",
                "variable": "TOKEN",
                "type": "Secret",
                "version": FIRST,
                "stages": { "AWSCURRENT": FIRST },
                "key": null,
                "modified": true,
                "tags": {},
                "description": null,
            },
        ])
    );
    let requested = world.server.requests();
    assert!(requested.iter().all(|it| it.operation == "ListSecrets"));
}

#[test]
fn a_single_secret_a_flat_name_and_a_tree_are_listed_too() {
    let world = secrets();
    let columns = "--columns name,variable,version";
    for (place, text) in [
        (
            "secretsmanager://prd/app/token",
            "\
NAME                            VARIABLE  VERSION
secretsmanager://prd/app/token  -         11111111
",
        ),
        (
            "sm://prd/app2/*",
            "\
NAME                             VARIABLE  VERSION
secretsmanager://prd/app2/token  TOKEN     11111111
",
        ),
        (
            "secretsmanager://prd/app/?region=us-east-1 --tree --tag team=web",
            "\
NAME                       VARIABLE     VERSION
secretsmanager://prd/app/
└── db
    └── password           DB_PASSWORD  22222222
",
        ),
        ("secretsmanager://prd/app/ --tag team=data", "no secrets\n"),
    ] {
        let ended = run(&world, &format!("list {place} {columns}"));
        assert_eq!(ended.ok(), text, "{place}");
    }
}

#[test]
fn parameters_are_listed_by_a_place_as_by_a_path() {
    let world = world();
    for name in [
        "/prd/app/a",
        "/prd/app/b/c",
        "/prd/app2/d",
        "prd.app.e",
        "prd.app2",
    ] {
        world.store.put(name, SENTINEL);
    }
    let listed = |place: &str| run(&world, &format!("list {place} --columns name,variable")).ok();
    let both = "NAME          VARIABLE\n/prd/app/a    A\n/prd/app/b/c  B_C\n";
    assert_eq!(listed("/prd/app"), both);
    assert_eq!(listed("ssm:///prd/app/"), both);
    assert_eq!(listed("ssm:///prd/app/?region=us-east-1"), both);
    assert_eq!(
        listed("ssm://prd.app.*"),
        "NAME       VARIABLE\nprd.app.e  E\n"
    );
    assert_eq!(
        listed("ssm:///prd/app/a"),
        "NAME        VARIABLE\n/prd/app/a  -\n"
    );
    let requests = world.server.requests();
    let mut regions = requests.iter().filter_map(|it| it.region.as_deref());
    assert!(regions.all(|region| region == "us-east-1"));
    run(&world, "list ssm:///prd/app/?region=eu-west-1");
    assert_eq!(world.region().as_deref(), Some("eu-west-1"));
}

#[test]
fn what_cannot_be_listed_is_refused() {
    let world = secrets();
    let place = format!("us-east-1 at {}", world.server.url());
    for (place, code, error, hint) in [
        (
            "secretsmanager://prd/none/",
            66,
            format!("no secrets exist below `secretsmanager://prd/none/` in {place}"),
            "check name, account and region for typos; the list of Secrets Manager may lack what \
             was created in the last minutes; a layer that may be empty is `--optional-from`",
        ),
        (
            "secretsmanager://prd/none",
            66,
            format!("secret `secretsmanager://prd/none` does not exist in {place}"),
            "check names, stages, versions, account and region for typos",
        ),
        (
            "secretsmanager://prd/app/token#x",
            64,
            "`list` reads no values, and a key is in one: `secretsmanager://prd/app/token#x`"
                .to_owned(),
            "leave it out",
        ),
        (
            "secretsmanager://prd/app/?json",
            64,
            "`list` reads no values, and keys are in them: `secretsmanager://prd/app/?json`"
                .to_owned(),
            "leave it out",
        ),
        (
            "secretsmanager://prd/app/ --type String",
            64,
            "`--type` chooses parameters by their type: `secretsmanager://prd/app/`".to_owned(),
            "leave it out",
        ),
        (
            "ssm:///prd/app/db --tag team",
            64,
            "`--tag` chooses among several: `ssm:///prd/app/db`".to_owned(),
            "leave it out",
        ),
        (
            "secretsmanager://prd/app/ --expiring 9d",
            64,
            "`--expiring` chooses parameters by their policies: `secretsmanager://prd/app/`"
                .to_owned(),
            "leave it out",
        ),
        (
            "/prd/app?region=eu-west-1",
            64,
            "the place has options or a key, and no scheme".to_owned(),
            "begin with the scheme: `ssm:///prd/app/`, and then the options",
        ),
        (
            "s33://bucket/key",
            64,
            "the place has the unknown scheme `s33` at character 1".to_owned(),
            "did you mean `s3://`?",
        ),
        (
            "ssm:///prd/app/?fallback-region=eu-west-1",
            64,
            "`ssm:///prd/app/?fallback-region=eu-west-1` has a `fallback-region`, which `list` \
             cannot use"
                .to_owned(),
            "leave it out: the catalogue is that of one region",
        ),
    ] {
        assert_eq!(
            run(&world, &format!("list {place}")).failed(code),
            format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n"),
            "{place}"
        );
    }
}

#[test]
fn two_stores_are_compared_by_name_and_value() {
    let world = secrets();
    world.store.put("/prd/app/db/password", "other");
    world.store.put("/prd/app/only-here", SENTINEL);
    let put = PutParameter::new("/prd/app/token", OTHER_SENTINEL).kind(Kind::String);
    world.store.put_parameter(put).unwrap();
    let ended = run(&world, "diff secretsmanager://prd/app/ /prd/app");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        ended.text(),
        "\
CHANGE   NAME         A         B   DIFFERS
changed  db/password  22222222  v1  value
added    only-here    -         v1
"
    );
    let ended = run(
        &world,
        "diff /prd/app secretsmanager://prd/app/ --format json",
    );
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        serde_json::from_str::<Value>(&ended.text()).unwrap(),
        json!([
            {
                "name": "db/password",
                "change": "changed",
                "differs": ["value"],
                "a": { "version": 1, "type": "SecureString" },
                "b": { "version": SECOND },
            },
            {
                "name": "only-here",
                "change": "removed",
                "differs": [],
                "a": { "version": 1, "type": "SecureString" },
                "b": null,
            },
        ])
    );
}

#[test]
fn every_kind_of_place_is_a_side() {
    let world = secrets();
    let pair = format!(r#"{{"user":"x","pass":{{"word":"{SENTINEL}"}}}}"#);
    world.store.put_secret("prd/json", &pair);
    world.store.put_secret("prd/sets/one", &pair);
    world.store.put("/json", &pair);
    world.store.put("/b/user", "x");
    world.store.put("/b/pass/word", SENTINEL);
    world.store.put("/one/user", "x");
    world.store.put("/sets/one", &pair);
    world.store.put("/sets/one/user", "x");
    world.store.put("/sets/one/pass/word", SENTINEL);
    world.store.put("flat.token", OTHER_SENTINEL);
    world
        .store
        .plant_secret("bytes/x", &json!({ "binary": "YWJj" }));
    world.store.put("/bytes/x", "abc");
    let file = format!("user=x\npass_word={SENTINEL}\n");
    let file = world.directory.file("b.env", &file, 0o600);
    let file = file.display();
    let arn = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf";
    world.store.put_secret(arn, &pair);
    let pairs = [
        "secretsmanager://prd/json /b".to_owned(),
        "secretsmanager://prd/json#user ssm:///one/".to_owned(),
        "ssm:///json secretsmanager://prd/json?stage=AWSCURRENT".to_owned(),
        "secretsmanager://prd/sets/?json /sets".to_owned(),
        "secretsmanager://prd/app2/ ssm://flat.*".to_owned(),
        "sm://bytes/ /bytes".to_owned(),
        "secretsmanager://prd/app/ secretsmanager://prd/app/".to_owned(),
        format!("secretsmanager://prd/json {file}"),
        format!("{file} secretsmanager://prd/json"),
        format!("{arn} /b"),
        "secretsmanager://prd/json /b --to-region eu-west-1".to_owned(),
    ];
    for pair in pairs {
        assert_eq!(run(&world, &format!("diff {pair}")).ok(), "", "{pair}");
    }
    // The bytes differ.
    world
        .store
        .plant_secret("bytes/x", &json!({ "binary": "YWJk" }));
    let ended = run(&world, "diff sm://bytes/ /bytes");
    assert_eq!(ended.code, Some(1), "{ended:?}");
}

#[test]
fn a_comparison_with_what_is_missing_or_no_json_fails() {
    let world = secrets();
    world.store.put_secret("prd/twice/a", r#"{"b":"x"}"#);
    world.store.put_secret("prd/twice/a/b", r#"{"c":"x"}"#);
    let place = format!("us-east-1 at {}", world.server.url());
    for (sides, code, error) in [
        (
            "secretsmanager://prd/none/ /none",
            66,
            format!(
                "envsecrets: error: no secrets exist below `secretsmanager://prd/none/` in {place}\n\
                 envsecrets: hint: check name, account and region for typos; the list of Secrets \
                 Manager may lack what was created in the last minutes; a layer that may be empty is \
                 `--optional-from`\n"
            ),
        ),
        (
            "secretsmanager://prd/none /none",
            66,
            format!(
                "envsecrets: error: secret `secretsmanager://prd/none` does not exist in {place}\n\
                 envsecrets: hint: check names, stages, versions, account and region for typos\n"
            ),
        ),
        (
            "secretsmanager://prd/app/token /none",
            65,
            "envsecrets: error: `secretsmanager://prd/app/token` has no keys to read: it is not \
             valid JSON at line 1, column 2\n\
             envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \
             \"password\": \"…\"}\n"
                .to_owned(),
        ),
        (
            "secretsmanager://prd/twice/?json /none",
            65,
            "envsecrets: error: both a key and a secret of `secretsmanager://prd/twice/` are called \
             `a/b`\n\
             envsecrets: hint: leave out `json`, or read the secrets one by one\n"
                .to_owned(),
        ),
        (
            "secretsmanager:/prd/app /none",
            66,
            "envsecrets: error: cannot read `secretsmanager:/prd/app`\n\
             envsecrets:   caused by: No such file or directory (os error 2)\n\
             envsecrets: hint: check its name for typos, and its permissions\n"
                .to_owned(),
        ),
    ] {
        let ended = run(&world, &format!("diff {sides}"));
        assert_eq!(ended.failed(code), error, "{sides}");
    }
}

#[test]
fn a_copy_from_secrets_manager_is_equal_and_says_where_it_is_from() {
    let world = secrets();
    assert_eq!(
        copied(&world, "secretsmanager://prd/app/ /prd/app"),
        (
            "\
STEP  PARAMETER             TYPE          SIZE  NOTE
new   /prd/app/db/password  SecureString  29
new   /prd/app/token        SecureString  29
"
            .to_owned(),
            "envsecrets: wrote 2 parameters\n".to_owned()
        )
    );
    assert_eq!(
        run(&world, "diff secretsmanager://prd/app/ /prd/app").ok(),
        ""
    );
    assert_eq!(
        source(&world, "/prd/app/db/password"),
        format!("secretsmanager://prd/app/db/password:{SECOND}:1")
    );
    // The service starts from either, and from a mixture, with the same names.
    let from = world.variables("--from secretsmanager://prd/app/");
    assert_eq!(world.variables("--path /prd/app"), from);
    assert_eq!(
        world.variables("--from secretsmanager://prd/app/ --path /prd/app"),
        from
    );

    // The second time there is nothing to do.
    world.server.clear_requests();
    assert_eq!(
        copied(&world, "secretsmanager://prd/app/ /prd/app"),
        (
            "\
STEP       PARAMETER             TYPE          SIZE  NOTE
unchanged  /prd/app/db/password  SecureString  29    copied
unchanged  /prd/app/token        SecureString  29    copied
"
            .to_owned(),
            "envsecrets: nothing to write: 2 parameters are up to date\n".to_owned()
        )
    );
    assert_eq!(writes(&world), 0);
    // A copy of the copy is not a copy of the secret.
    copied(&world, "/prd/app /other");
    assert_eq!(source(&world, "/other/token"), Value::Null);
}

#[test]
fn what_changed_in_the_source_is_written_and_what_changed_here_is_kept() {
    let world = secrets();
    copied(&world, "secretsmanager://prd/app/ /prd/app");
    world.store.put_secret("prd/app/db/password", "rotated");
    world.store.put_secret("prd/app/token", "rotated too");
    world.store.put("/prd/app/token", "mine");
    let ended = copy(&world, "secretsmanager://prd/app/ /prd/app --dry-run");
    let table = "\
STEP     PARAMETER             TYPE          SIZE  NOTE
changed  /prd/app/db/password  SecureString  7     value; now at version 1; changed in the source
kept     /prd/app/token        SecureString  11    now at version 2; changed here
";
    let kept = "\
envsecrets: error: 1 parameter was changed here since it was copied, and is kept
envsecrets:   caused by: `/prd/app/token`: now at version 2
envsecrets: hint: `--overwrite` replaces them with what the source has
";
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(
        (ended.text().as_str(), ended.stderr.as_str()),
        (table, kept)
    );
    assert_eq!(value(&world, "/prd/app/db/password"), SENTINEL);

    let ended = copy(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    let wrote = "envsecrets: wrote 1 parameter\n";
    assert_eq!(
        (ended.text(), ended.stderr),
        (table.to_owned(), format!("{wrote}{kept}"))
    );
    assert_eq!(value(&world, "/prd/app/db/password"), "rotated");
    assert_eq!(value(&world, "/prd/app/token"), "mine");

    let (table, _) = copied(&world, "secretsmanager://prd/app/ /prd/app --overwrite");
    assert_eq!(
        table,
        "\
STEP       PARAMETER             TYPE          SIZE  NOTE
unchanged  /prd/app/db/password  SecureString  7     copied
changed    /prd/app/token        SecureString  11    value; now at version 2; changed here
"
    );
    assert_eq!(
        run(&world, "diff secretsmanager://prd/app/ /prd/app").ok(),
        ""
    );
    let (_, noted) = copied(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(
        noted,
        "envsecrets: nothing to write: 2 parameters are up to date\n"
    );
}

#[test]
fn what_is_no_copy_is_not_overwritten() {
    let world = secrets();
    world.store.put("/prd/app/token", "mine");
    let ended = copy(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(
        ended.stderr,
        "envsecrets: error: 1 parameter already exists, and differs\n\
         envsecrets:   caused by: `/prd/app/token`: value; now at version 1\n\
         envsecrets: hint: nothing was written: use `--overwrite` to write new versions\n"
    );
    assert_eq!((ended.code, world.store.len()), (Some(73), 1));
    // Nor is the copy of another secret.
    copied(&world, "secretsmanager://prd/app2/ /prd/app2");
    world.store.put_secret("prd/app3/token", "another");
    let ended = copy(&world, "secretsmanager://prd/app3/ /prd/app2");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(value(&world, "/prd/app2/token"), OTHER_SENTINEL);
}

#[test]
fn a_copy_killed_between_value_and_tag_is_mended() {
    let world = secrets();
    copied(&world, "secretsmanager://prd/app/ /prd/app");
    world.store.put_secret("prd/app/db/password", "rotated");
    world.store.put_secret("prd/app/token", "rotated too");
    let before = source(&world, "/prd/app/db/password");
    world
        .server
        .set_faults([Fault::Throttle.always().operation("AddTagsToResource")]);
    world.server.clear_requests();
    let words = "copy secretsmanager://prd/app/ /prd/app --write-rate 1000";
    let words: Vec<&str> = words.split_whitespace().collect();
    let running = world.envsecrets(&words).start();
    until("the value is written, and the tag is not", || {
        !world.bodies("AddTagsToResource").is_empty()
    });
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.end();
    world.server.clear_faults();
    assert_eq!(value(&world, "/prd/app/db/password"), "rotated");
    assert_eq!(source(&world, "/prd/app/db/password"), before);

    assert_eq!(
        copied(&world, "secretsmanager://prd/app/ /prd/app"),
        (
            "\
STEP     PARAMETER             TYPE          SIZE  NOTE
changed  /prd/app/db/password  SecureString  7     tag of the source
changed  /prd/app/token        SecureString  11    value; now at version 1; changed in the source
"
            .to_owned(),
            "envsecrets: wrote 2 parameters\n".to_owned()
        )
    );
    let tag = source(&world, "/prd/app/db/password");
    assert!(tag.as_str().unwrap().ends_with(":2"), "{tag}");
    assert_eq!(world.store.len(), 2);
    world.server.clear_requests();
    copied(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(writes(&world), 0);
}

#[test]
fn a_tag_that_is_refused_is_reported_and_written_later() {
    let world = secrets();
    copied(&world, "secretsmanager://prd/app/ /prd/app");
    world.store.put_secret("prd/app/token", "rotated");
    world
        .server
        .set_faults([Fault::AccessDenied.always().operation("AddTagsToResource")]);
    let ended = copy(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    let (denied, rest) = ended
        .stderr
        .split_once("envsecrets:   caused by: ")
        .unwrap();
    let place = format!("us-east-1 at {}", world.server.url());
    assert_eq!(
        denied,
        format!(
            "envsecrets: error: AWS denied permission to tag parameter `/prd/app/token` in {place}\n"
        )
    );
    let (_, rest) = rest.split_once('\n').unwrap();
    assert_eq!(
        rest,
        "envsecrets: error: 0 of 1 parameter written\n\
         envsecrets:   caused by: perhaps written: /prd/app/token\n\
         envsecrets: hint: allow ssm:AddTagsToResource on \
         arn:aws:ssm:us-east-1:123456789012:parameter/*\n\
         envsecrets: hint: run the same command again to write the rest\n"
    );
    world.server.clear_faults();
    let (table, _) = copied(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(
        table,
        "\
STEP       PARAMETER             TYPE          SIZE  NOTE
unchanged  /prd/app/db/password  SecureString  29    copied
changed    /prd/app/token        SecureString  7     tag of the source
"
    );
}

#[test]
fn a_copy_keeps_the_type_of_what_exists_and_needs_no_key_for_plain_text() {
    let world = secrets();
    let put = PutParameter::new("/prd/app/token", OTHER_SENTINEL).kind(Kind::String);
    world.store.put_parameter(put).unwrap();
    world.store.put_secret("prd/app/token", &"x".repeat(5000));
    let words = "secretsmanager://prd/app/ /prd/app --key-id alias/app --overwrite";
    let (table, _) = copied(&world, words);
    assert_eq!(
        table,
        "\
STEP     PARAMETER             TYPE          SIZE  NOTE
new      /prd/app/db/password  SecureString  29
changed  /prd/app/token        String        5000  value; now at version 1; needs the advanced tier, which is charged for
"
    );
    let puts = world.bodies("PutParameter");
    let keys: Vec<&Value> = puts.iter().map(|put| &put["KeyId"]).collect();
    assert_eq!(keys, [&json!("alias/app"), &Value::Null]);
    let same = copy(
        &world,
        "secretsmanager://prd/app/ /x --rename token=db/password",
    );
    assert_eq!(
        same.failed(65),
        "envsecrets: error: Parameter Store cannot store all of these values\n\
         envsecrets:   caused by: `/x/db/password` is given twice\n\
         envsecrets: hint: nothing was written: leave them out or change them, and try again\n"
    );
}

#[test]
fn what_parameter_store_cannot_hold_is_all_named_before_anything_is_written() {
    let world = secrets();
    world.store.put_secret("prd/app/a+b", SENTINEL);
    world.store.put_secret("prd/app/big", &"x".repeat(8193));
    world.store.put_secret("prd/app/braces", "{{db}}");
    world
        .store
        .plant_secret("prd/app/keystore", &json!({ "binary": "AAECAw==" }));
    let ended = copy(&world, "secretsmanager://prd/app/ /prd/app");
    assert_eq!(
        ended.failed(65),
        "envsecrets: error: Parameter Store cannot hold all of this below `/prd/app`\n\
         envsecrets:   caused by: `secretsmanager://prd/app/a+b` would be `/prd/app/a+b`, which \
         contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are \
         allowed: `--rename a+b=NEW` gives it another name\n\
         envsecrets:   caused by: `/prd/app/big` would have 8193 bytes, of at most 8192: `--exclude \
         big` leaves it out, and as an object of S3 a launch passes it with `--file \
         NAME=s3://BUCKET/KEY`\n\
         envsecrets:   caused by: `/prd/app/braces` would contain `{{…}}`, which refers to another \
         parameter: `--exclude braces` leaves it out\n\
         envsecrets:   caused by: `secretsmanager://prd/app/keystore` is not text: `--exclude \
         keystore` leaves it out, and a launch passes it with `--file \
         NAME=secretsmanager://prd/app/keystore`\n\
         envsecrets: hint: nothing was written: name others, or leave them out, and try again\n"
    );
    assert_eq!(world.store.len(), 0);
    let options = "--rename a+b=a/b --exclude big --exclude keystore --exclude braces";
    copied(
        &world,
        &format!("secretsmanager://prd/app/ /prd/app {options}"),
    );
    assert_eq!(value(&world, "/prd/app/a/b"), SENTINEL);
    let tag = source(&world, "/prd/app/a/b");
    let tag = tag.as_str().unwrap();
    assert!(tag.starts_with("secretsmanager://prd/app/a+b:"), "{tag}");
    for (options, error, hint) in [
        (
            "--exclude nothing",
            "`--exclude nothing` matches nothing",
            "give names relative to the path: `envsecrets list` shows what exists",
        ),
        (
            "--rename nothing=else",
            "`--rename nothing=else` matches nothing that would be copied",
            "give names relative to A: `envsecrets list` shows what exists",
        ),
        (
            "--rename nothing",
            "`--rename nothing` is not NAME=NEW",
            "the form is `--rename NAME=NEW`, such as `--rename db+main=db/main`; both are relative",
        ),
        (
            "--rename a=b --rename a=c",
            "`--rename` gives `a` two names",
            "leave one of them out",
        ),
    ] {
        for place in ["secretsmanager://prd/app2/", "/prd/app"] {
            let ended = copy(&world, &format!("{place} /x {options}"));
            assert_eq!(
                ended.failed(64),
                format!("envsecrets: error: {error}\nenvsecrets: hint: {hint}\n")
            );
        }
    }
}

#[test]
fn keys_are_copied_as_parameters() {
    let world = world();
    let pair = format!(r#"{{"user":"x","pass":{{"word":"{SENTINEL}"}},"n":1}}"#);
    world.store.put_secret("prd/db", &pair);
    world.store.put_secret("prd/all/one", &pair);
    copied(&world, "secretsmanager://prd/db /db");
    copied(&world, "secretsmanager://prd/db#user /one");
    copied(&world, "secretsmanager://prd/all/?json /all");
    let place = "secretsmanager://prd/db /db --dry-run";
    assert_eq!(
        copied(&world, place).0,
        "\
STEP       PARAMETER      TYPE          SIZE  NOTE
unchanged  /db/n          SecureString  1     copied
unchanged  /db/pass/word  SecureString  29    copied
unchanged  /db/user       SecureString  1     copied
"
    );
    let tag = source(&world, "/one/user");
    let tag = tag.as_str().unwrap();
    assert!(tag.starts_with("secretsmanager://prd/db=23user:"), "{tag}");
    assert_eq!(
        world.variables("--from secretsmanager://prd/all/?json"),
        world.variables("--path /all")
    );
}

#[test]
fn a_copy_keeps_another_region_equal() {
    let world = world();
    let put = PutParameter::new("/prd/app/x", SENTINEL)
        .description("of a service")
        .tag("team", "web");
    world.store.put_parameter(put).unwrap();
    world.store.put("prd.app.y", SENTINEL);
    world.store.put_secret("prd/app/z", SENTINEL);
    let words = "ssm:///prd/app/?region=us-east-1 /copy";
    copied(&world, words);
    assert_eq!(
        source(&world, "/copy/x"),
        "ssm:///prd/app/x=3Fregion=3Dus-east-1:1:1"
    );
    world.store.put("/prd/app/x", "rotated");
    let (table, _) = copied(&world, words);
    assert_eq!(
        table,
        "\
STEP     PARAMETER  TYPE          SIZE  NOTE
changed  /copy/x    SecureString  7     value; now at version 1; changed in the source
"
    );
    copied(&world, "ssm://prd.app.* /flat");
    assert_eq!(value(&world, "/flat/y"), SENTINEL);
    copied(
        &world,
        "secretsmanager://prd/app/ /secrets --to-region eu-west-1",
    );
    let mut requests = world.server.requests().into_iter();
    let put = requests.rfind(|it| it.operation == "PutParameter").unwrap();
    assert_eq!(put.region.as_deref(), Some("eu-west-1"));
    let words = "ssm:///prd/app/?fallback-region=eu-west-1 /copy";
    assert_eq!(
        copy(&world, words).failed(64),
        "envsecrets: error: `ssm:///prd/app/?fallback-region=eu-west-1` has a `fallback-region`, which \
         `copy` cannot use\n\
         envsecrets: hint: leave it out: what another region has may be older\n"
    );
}

#[test]
fn faults_of_secrets_manager_are_reported_and_nothing_is_written() {
    let world = secrets();
    world.store.put("/prd/app/token", "mine");
    let prefix = "secretsmanager://prd/app/";
    for (fault, operations, code) in [
        (
            Fault::AccessDenied,
            &["ListSecrets", "BatchGetSecretValue"][..],
            77,
        ),
        (Fault::KmsAccessDenied, &["BatchGetSecretValue"], 77),
        (Fault::DecryptionFailure, &["BatchGetSecretValue"], 77),
        (
            Fault::MissingName,
            &["ListSecrets", "BatchGetSecretValue"],
            70,
        ),
        (
            Fault::TruncatedJson,
            &["ListSecrets", "BatchGetSecretValue"],
            70,
        ),
        (Fault::Throttle, &["ListSecrets", "BatchGetSecretValue"], 75),
        (
            Fault::Status(503),
            &["ListSecrets", "BatchGetSecretValue"],
            75,
        ),
        (Fault::OtherSecret, &["BatchGetSecretValue"], 70),
        (
            Fault::Unlisted(vec![
                "prd/app/db/password".to_owned(),
                "prd/app/token".to_owned(),
            ]),
            &["ListSecrets"],
            66,
        ),
    ] {
        for operation in operations {
            let rule = fault.clone().always().operation(*operation);
            world.server.set_faults([rule]);
            for command in ["list", "diff", "copy"] {
                if command == "list" && *operation != "ListSecrets" {
                    continue;
                }
                let words = match command {
                    "list" => format!("list {prefix} --timeout 1s"),
                    "diff" => format!("diff {prefix} /none --timeout 1s"),
                    _ => format!("copy {prefix} /prd/app --timeout 1s --overwrite"),
                };
                let ended = run(&world, &words);
                assert_eq!(ended.code, Some(code), "{fault:?} {operation} {ended:?}");
                assert_eq!(ended.text(), "", "{fault:?} {operation}");
            }
            world.server.clear_faults();
        }
    }
    assert_eq!(value(&world, "/prd/app/token"), "mine");
    assert_eq!(world.store.len(), 1);
    // What passes does no harm.
    let server: &Server = &world.server;
    server.set_faults([
        Fault::Throttle.first(1).operation("BatchGetSecretValue"),
        Fault::InternalServerError.first(1).operation("ListSecrets"),
    ]);
    copied(&world, &format!("{prefix} /prd/app --overwrite"));
}

#[test]
fn secrets_written_by_the_aws_cli_are_listed_compared_and_copied() {
    let story = "secrets_written_by_the_aws_cli_are_listed_compared_and_copied";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let aws = |words: &[&str]| {
        let all = [&["secretsmanager"], words].concat();
        let mut launch = crate::support::Launch::new("aws", &all);
        let ended = moto.settings(&mut launch).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    };
    let create = |name: &str, value: &str| {
        aws(&["create-secret", "--name", name, "--secret-string", value]);
    };
    create("prd/app/db/password", SENTINEL);
    create("prd/app/token", "t0ken");
    create("prd/app2/token", "of another service");
    let run = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let ended = moto.envsecrets(&words).run();
        assert_eq!(leak(&ended.stdout), None, "{ended:?}");
        ended
    };
    assert_eq!(
        run("list secretsmanager://prd/app/ --columns name,variable").ok(),
        "\
NAME                                  VARIABLE
secretsmanager://prd/app/db/password  DB_PASSWORD
secretsmanager://prd/app/token        TOKEN
"
    );
    let ended = run("copy secretsmanager://prd/app/ /prd/app --write-rate 1000");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(run("diff secretsmanager://prd/app/ /prd/app").ok(), "");
    aws(&[
        "put-secret-value",
        "--secret-id",
        "prd/app/token",
        "--secret-string",
        "rotated",
    ]);
    let ended = run("diff secretsmanager://prd/app/ /prd/app");
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let ended = run("copy secretsmanager://prd/app/ /prd/app --write-rate 1000");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(run("get /prd/app/token").ok(), "rotated");
}
