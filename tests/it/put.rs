//! `envsecrets put`: what is written, what is kept, and what is refused before any request.

use std::io::ErrorKind;

use parameter_store::{Kind, PutParameter, Tier};
use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::moto::Moto;
use crate::support::{
    Ended, Fault, Launch, SENTINEL, World, can, each, leak, pipe_of, until, which, world,
    world_with,
};

fn put(world: &World, arguments: &str, input: impl AsRef<[u8]>) -> Ended {
    world.piped(&format!("put {arguments}"), input).run()
}

/// What is there now.
fn value(world: &World, selector: &str) -> String {
    world.envsecrets(&["get", selector]).run().ok()
}

#[test]
fn a_new_parameter_is_encrypted_and_its_version_and_tier_are_printed() {
    let world = world();
    let ended = put(&world, "/prd/app/db", "hunter2\n");
    assert_eq!(ended.ok(), "/prd/app/db:1 written, Standard\n");
    assert_eq!(
        world.bodies("PutParameter"),
        [json!({
            "Name": "/prd/app/db",
            "Value": "hunter2",
            "Type": "SecureString",
            "Tier": "Intelligent-Tiering",
            "Overwrite": false,
        })]
    );
}

#[test]
fn all_attributes_that_are_given_are_written() {
    let world = world();
    let ended = put(
        &world,
        "/prd/app/db --type securestring --key-id alias/app --tier advanced --description db \
         --tag team=web --tag note=a=b --expires 2099-01-31 --notify-before 12h --notify-unchanged 90d \
         --data-type text --pattern [a-z]+2",
        "hunter2",
    );
    assert_eq!(
        ended.ok(),
        "/prd/app/db:1 written, Advanced, expires 2099-01-31T00:00:00Z\n"
    );
    let mut bodies = world.bodies("PutParameter");
    let policies = bodies[0]["Policies"].take();
    assert_eq!(
        serde_json::from_str::<Value>(policies.as_str().unwrap()).unwrap(),
        json!([
            {
                "Type": "Expiration",
                "Version": "1.0",
                "Attributes": { "Timestamp": "2099-01-31T00:00:00.000Z" },
            },
            {
                "Type": "ExpirationNotification",
                "Version": "1.0",
                "Attributes": { "Before": "12", "Unit": "Hours" },
            },
            {
                "Type": "NoChangeNotification",
                "Version": "1.0",
                "Attributes": { "After": "90", "Unit": "Days" },
            },
        ])
    );
    assert_eq!(
        bodies,
        [json!({
            "Name": "/prd/app/db",
            "Value": "hunter2",
            "Type": "SecureString",
            "KeyId": "alias/app",
            "Tier": "Advanced",
            "Overwrite": false,
            "Description": "db",
            "Tags": [
                { "Key": "team", "Value": "web" },
                { "Key": "note", "Value": "a=b" },
            ],
            "Policies": null,
            "DataType": "text",
            "AllowedPattern": "[a-z]+2",
        })]
    );
}

#[test]
fn a_pipe_of_one_line_loses_its_newline_and_a_file_loses_nothing() {
    let world = world();
    let line = world.directory.file("line", "hunter2\n", 0o600);
    let line = line.to_str().unwrap();
    let key = world.directory.file("key", "-----\nAAAA\n-----\n", 0o600);
    let key = key.to_str().unwrap();
    let note =
        format!("envsecrets: `{line}` ends with a newline, which becomes part of the value\n");
    for (arguments, input, written, printed) in [
        ("", "hunter2\n", "hunter2", ""),
        ("", "hunter2\r\n", "hunter2", ""),
        ("", "hunter2", "hunter2", ""),
        ("", "a\nb\n", "a\nb\n", ""),
        ("", "ünï \\ \"' $HOME\t\n", "ünï \\ \"' $HOME\t", ""),
        ("--from-file -", "hunter2\n", "hunter2\n", ""),
        (&format!("--from-file {line}"), "", "hunter2\n", &note),
        (
            &format!("--from-file {key}"),
            "",
            "-----\nAAAA\n-----\n",
            "",
        ),
    ] {
        world.store.delete("/p");
        let ended = put(&world, &format!("/p {arguments}"), input);
        assert_eq!(ended.text(), "/p:1 written, Standard\n", "{ended:?}");
        assert_eq!(ended.stderr, printed);
        assert_eq!(value(&world, "/p"), written, "{arguments} {input:?}");
    }
}

#[test]
fn a_value_as_an_argument_is_refused_and_not_repeated() {
    let world = world();
    for arguments in [
        vec!["put", "/p", SENTINEL],
        vec!["put", "/p", "--generate", SENTINEL],
        vec!["put", "/p", "--value", SENTINEL],
        vec!["put", "/p", &format!("--value={SENTINEL}")],
        vec!["put", "--value", SENTINEL, "/p"],
        vec!["put", "/p", "--", SENTINEL],
        vec!["put", "/p", "--create-only", SENTINEL, SENTINEL],
    ] {
        let ended = world.envsecrets(&arguments).run();
        assert_eq!(
            ended.failed(64),
            "envsecrets: error: a value cannot be given as an argument: every user of this \
             machine can read arguments, and shells store them\n\
             envsecrets: hint: pipe it in, type it at a terminal, or use `--from-file FILE` or \
             `--generate`\n",
            "{arguments:?}"
        );
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn an_impossible_value_is_refused_before_any_request() {
    let world = world();
    let too_large = [SENTINEL.as_bytes(), &[b'x'; 8192]].concat();
    let ways = "pipe it in, type it at a terminal, or use `--from-file FILE` or `--generate`";
    for (arguments, input, what, hint) in [
        (
            "",
            b"".as_slice(),
            "the value is empty, and Parameter Store does not store empty values",
            ways,
        ),
        (
            "",
            b"\n",
            "the value is empty, and Parameter Store does not store empty values",
            ways,
        ),
        (
            "",
            b"s3ntinel-plaintext-\xff",
            "the value is not UTF-8, and Parameter Store stores only text",
            "encode it, for example with `base64`",
        ),
        (
            "",
            b"s3ntinel-plaintext-\0",
            "the value contains a NUL byte, which an environment variable cannot",
            "convert UTF-16 text, as Windows writes it, to UTF-8; encode binary data with `base64`",
        ),
        (
            "",
            &too_large,
            "the value has more than 8192 bytes, the most that Parameter Store stores",
            "split it into several parameters, or store it elsewhere",
        ),
        (
            "--tier standard",
            &too_large[..4097],
            "the value has 4097 bytes, and a standard parameter has at most 4096",
            "leave out `--tier standard`, or use `--tier advanced`",
        ),
    ] {
        let ended = put(&world, &format!("/p {arguments}"), input);
        let printed = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(65), printed);
        assert_eq!(leak(ended.stderr.as_bytes()), None);
    }
    let ended = put(&world, "/p --from-file /not/there", "");
    assert_eq!(
        ended.failed(66),
        "envsecrets: error: cannot read `/not/there`\n\
         envsecrets:   caused by: No such file or directory (os error 2)\n"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn invalid_options_are_refused_before_anything_is_read() {
    let world = world();
    let called = "a parameter looks like `/prd/app/db-password`";
    let tag = "a tag looks like `team=web`";
    for (arguments, what, hint) in [
        (
            "",
            "the following required arguments were not provided: `<NAME>`",
            "see `envsecrets put --help`",
        ),
        (
            "/p:3",
            "`/p:3` has a version or label, and versions cannot be changed",
            called,
        ),
        (
            "arn:aws:ssm:eu-west-1:123456789012:parameter/p",
            "`arn:aws:ssm:eu-west-1:123456789012:parameter/p` is an ARN, and only a name can be \
             changed",
            called,
        ),
        (
            "prd/p",
            "`prd/p` has levels, and does not begin with `/`",
            called,
        ),
        (
            "/p --type String --key-id alias/k",
            "a String is not encrypted with a key",
            "leave out `--key-id`, or use `--type SecureString`",
        ),
        (
            "/p --tier standard --expires 30d",
            "a standard parameter has no policies",
            "leave out `--tier standard`, or the expiry and the notifications",
        ),
        (
            "/p --expires 2020-01-01",
            "`--expires 2020-01-01` has passed",
            "Parameter Store would delete the parameter at once: use a time in the future",
        ),
        (
            "/p --notify-unchanged 90m",
            "`--notify-unchanged 90m` is not a number of hours or days",
            "use a duration such as `12h` or `14d`, or `never`",
        ),
        ("/p --tag team", "the tag `team` names no value", tag),
        (
            "/p --tag AWS:x=y",
            "the tag `AWS:x` begins with `aws:`, which is reserved for AWS",
            tag,
        ),
        ("/p --tag a=b --tag a=c", "the tag `a` is given twice", tag),
        (
            "/p --type secret",
            "invalid value `secret` for `--type <TYPE>`: possible values are SecureString, String, StringList",
            "a similar value exists: `SecureString`",
        ),
        (
            "/p --if-version 0",
            "invalid value `0` for `--if-version <VERSION>`: a version is a number, from 1 on",
            "see `envsecrets put --help`",
        ),
        (
            "/p --create-only --if-version 1",
            "the argument `--create-only` cannot be used with `--if-version <VERSION>`",
            "see `envsecrets put --help`",
        ),
        (
            "/p --generate=0",
            "`--generate=0` is not a valid length of a value",
            "Parameter Store stores 1 to 8192 bytes",
        ),
        (
            "/p --generate --characters aab",
            "`--characters` must have at least two characters, each of them once",
            "a character given twice would be drawn twice as often",
        ),
        (
            "/p --generate --from-file x",
            "the argument `--generate[=<LENGTH>]` cannot be used with `--from-file <FILE>`",
            "see `envsecrets put --help`",
        ),
    ] {
        let ended = put(&world, arguments, "hunter2");
        let printed = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(64), printed, "{arguments}");
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_value_that_is_made_has_its_length_and_alphabet_and_is_not_shown() {
    let world = world();
    for (arguments, length, is) in [
        (
            "--generate",
            32,
            (|it| it.is_ascii_alphanumeric()) as fn(char) -> bool,
        ),
        ("--generate=20 --alphabet readable", 20, |it| {
            it.is_ascii_alphanumeric() && !"0O1lI".contains(it)
        }),
        ("--generate=64 --alphabet hex", 64, |it| {
            it.is_ascii_digit() || ('a'..='f').contains(&it)
        }),
        ("--generate=6 --alphabet digits", 6, |it| {
            it.is_ascii_digit()
        }),
        ("--generate=100 --alphabet printable", 100, |it| {
            it.is_ascii_graphic()
        }),
        ("--generate=50 --characters abcü", 50, |it| {
            "abcü".contains(it)
        }),
    ] {
        world.store.delete("/p");
        let ended = put(&world, &format!("/p {arguments}"), "");
        assert_eq!(ended.ok(), "/p:1 written, Standard\n", "{arguments}");
        let made = value(&world, "/p");
        assert_eq!(made.chars().count(), length, "{arguments}: {made}");
        assert!(made.chars().all(is), "{arguments}: {made}");
    }
    // Another one each time, so that the one before need not be read.
    world.server.clear_requests();
    let before = value(&world, "/p");
    assert_eq!(
        put(&world, "/p --generate", "").ok(),
        "/p:2 written, Standard\n"
    );
    assert_eq!(
        world.operations(),
        ["GetParameters", "GetParameterHistory", "PutParameter"]
    );
    assert_ne!(value(&world, "/p"), before);
}

/// A parameter about which much is known.
fn old_hand() -> World {
    let world = world();
    let policy = r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2099-01-31T00:00:00.000Z"}}]"#;
    let old = PutParameter::new("/prd/app/db", "hunter1")
        .description("the database")
        .key_id("alias/app")
        .tier(Tier::Advanced)
        .policies(policy)
        .allowed_pattern("[a-z]+[0-9]")
        .tag("team", "web");
    world.store.put_parameter(old).unwrap();
    world
}

fn can_ask_the_cli(story: &str) -> bool {
    let needs = "the AWS CLI (PyPI `awscli`)";
    can(story, needs, which("aws").is_some())
}

/// What the real AWS CLI shows of it, without what changes with each version.
fn catalogued(world: &World, name: &str) -> Value {
    let mut launch = Launch::new(
        "aws",
        &[
            "ssm",
            "get-parameter-history",
            "--name",
            name,
            "--output",
            "json",
        ],
    );
    launch
        .env("HOME", world.directory.path())
        .env("AWS_DEFAULT_REGION", "us-east-1");
    for (name, value) in world.server.environment() {
        launch.env(name, value);
    }
    let ended = launch.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let history: Value = serde_json::from_str(&ended.text()).unwrap();
    let mut last = history["Parameters"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    for field in [
        "Value",
        "LastModifiedDate",
        "LastModifiedUser",
        "Version",
        "Labels",
    ] {
        last.as_object_mut().unwrap().remove(field);
    }
    last
}

#[test]
fn a_rotation_keeps_all_that_is_known_of_a_parameter() {
    let story = "a_rotation_keeps_all_that_is_known_of_a_parameter";
    if !can_ask_the_cli(story) {
        return;
    }
    let world = old_hand();
    let before = catalogued(&world, "/prd/app/db");
    let ended = put(&world, "/prd/app/db", "hunter2");
    assert_eq!(ended.ok(), "/prd/app/db:2 written, Advanced\n");
    assert_eq!(catalogued(&world, "/prd/app/db"), before);
    assert_eq!(before["KeyId"], "alias/app");
    assert_eq!(value(&world, "/prd/app/db"), "hunter2");

    // What is named takes the place of what was there, and the rest stays.
    let ended = put(
        &world,
        "/prd/app/db --key-id alias/other --description new --notify-before 14d --tag stage=prd",
        "hunter3",
    );
    assert_eq!(ended.ok(), "/prd/app/db:3 written, Advanced\n");
    let after = catalogued(&world, "/prd/app/db");
    assert_eq!(after["KeyId"], "alias/other");
    assert_eq!(after["Description"], "new");
    assert_eq!(after["AllowedPattern"], "[a-z]+[0-9]");
    assert_eq!(after["Policies"][0], before["Policies"][0]);
    assert_eq!(after["Policies"][1]["PolicyType"], "ExpirationNotification");
    assert_eq!(
        world.bodies("AddTagsToResource"),
        [json!({
            "ResourceType": "Parameter",
            "ResourceId": "/prd/app/db",
            "Tags": [{ "Key": "stage", "Value": "prd" }],
        })]
    );

    // And all can be taken away.
    let mut launch = world.envsecrets(&[
        "put",
        "/prd/app/db",
        "--description=",
        "--pattern=",
        "--expires=never",
    ]);
    launch.command.stdin(pipe_of(b"hunter3"));
    assert_eq!(launch.run().ok(), "/prd/app/db:4 written, Advanced\n");
    let bare = catalogued(&world, "/prd/app/db");
    assert_eq!(bare["Policies"], json!([]));
    assert_eq!(bare["Description"], "");
    assert_eq!(bare["AllowedPattern"], "");
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let world = old_hand();
    for arguments in [
        "",
        "--description=the\u{a0}database",
        "--key-id alias/app",
        "--type SecureString --data-type text",
        "--tier advanced",
        "--tier intelligent",
        "--pattern [a-z]+[0-9]",
        "--expires 2099-01-31",
        "--notify-before never",
        "--if-version 1",
    ] {
        let arguments: Vec<String> = arguments
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| word.replace('\u{a0}', " "))
            .collect();
        let mut words = vec!["put".to_owned(), "/prd/app/db".to_owned()];
        words.extend(arguments);
        let mut launch = world.envsecrets(&words);
        launch.command.stdin(pipe_of(b"hunter1\n"));
        assert_eq!(launch.run().ok(), "/prd/app/db:1 unchanged\n", "{words:?}");
    }
    assert_eq!(world.bodies("PutParameter"), [Value::Null; 0]);

    // Tags are no part of a version, and so need none.
    let ended = put(&world, "/prd/app/db --tag stage=prd", "hunter1");
    assert_eq!(ended.ok(), "/prd/app/db:1 unchanged\n");
    assert_eq!(world.bodies("AddTagsToResource").len(), 1);

    // All else is.
    let ended = put(&world, "/prd/app/db --description new", "hunter1");
    assert_eq!(ended.ok(), "/prd/app/db:2 written, Advanced\n");
}

#[test]
fn what_cannot_change_is_reported_before_it_is_tried() {
    let world = old_hand();
    world
        .store
        .put_parameter(PutParameter::new("/prd/app/host", "a").kind(Kind::String))
        .unwrap();
    for (arguments, what, hint) in [
        (
            "/prd/app/db --type String",
            "`/prd/app/db` is a SecureString, and the type of a parameter cannot be changed",
            "leave out `--type`, use another name, or delete it first with `envsecrets delete`",
        ),
        (
            "/prd/app/db --tier standard",
            "`/prd/app/db` is an advanced parameter, which cannot become a standard one",
            "leave out `--tier standard`, or delete it first with `envsecrets delete`",
        ),
        (
            "/prd/app/host --key-id alias/app",
            "a String is not encrypted with a key",
            "leave out `--key-id`, or use `--type SecureString`",
        ),
        (
            "/prd/app/host --notify-before 3d",
            "`--notify-before` needs an expiry, and the parameter has none",
            "use `--expires` as well",
        ),
    ] {
        let ended = put(&world, arguments, "hunter2");
        let printed = format!("envsecrets: error: {what}\nenvsecrets: hint: {hint}\n");
        assert_eq!(ended.failed(64), printed);
    }
    assert_eq!(world.bodies("PutParameter"), [Value::Null; 0]);

    // A secret in a parameter that is not encrypted is worth a word.
    let ended = put(&world, "/prd/app/host", "b");
    assert_eq!(ended.text(), "/prd/app/host:2 written, Standard\n");
    assert_eq!(
        ended.stderr,
        "envsecrets: `/prd/app/host` is a String, which is not encrypted, and keeps this type\n"
    );
}

#[test]
fn it_is_reported_when_a_parameter_becomes_an_advanced_one() {
    let world = world();
    let ended = put(&world, "/p", "x".repeat(4097));
    let printed = "envsecrets: `/p` needs the advanced tier, which is charged for: the value has \
        4097 bytes, and a standard parameter has at most 4096\n";
    assert_eq!(ended.stderr, printed);
    assert_eq!(ended.text(), "/p:1 written, Advanced\n");
    // It is one by now.
    assert_eq!(
        put(&world, "/p", "y".repeat(4097)).ok(),
        "/p:2 written, Advanced\n"
    );
    let ended = put(&world, "/q --expires 30d --dry-run", "x");
    assert_eq!(
        ended.stderr,
        "envsecrets: `/q` needs the advanced tier, which is charged for: a standard parameter has \
         no policies\n"
    );
}

#[test]
fn a_dry_run_prints_what_would_be_written_and_writes_nothing() {
    let world = world_with(&[("/p", "hunter1")]);
    for (arguments, code, text) in [
        ("/p --dry-run", 0, "/p:2 would be written\n"),
        ("/q --dry-run --tag a=b", 0, "/q:1 would be written\n"),
        ("/p --dry-run --create-only", 73, ""),
        ("/p --dry-run --if-version 2", 73, ""),
        ("/p --dry-run --generate", 0, "/p:2 would be written\n"),
    ] {
        let ended = put(&world, arguments, "hunter2");
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(ended.text(), text, "{arguments}");
    }
    let ended = put(&world, "/p --dry-run --tag a=b", "hunter1");
    assert_eq!(ended.ok(), "/p:1 unchanged\n");
    let wrote = ["PutParameter", "AddTagsToResource"];
    assert!(
        !world
            .operations()
            .iter()
            .any(|it| wrote.contains(&it.as_str()))
    );
}

#[test]
fn create_only_reads_nothing_and_never_overwrites() {
    let world = world();
    let ended = put(&world, "/p --create-only --tag a=b", "hunter1");
    assert_eq!(ended.ok(), "/p:1 written, Standard\n");
    assert_eq!(world.operations(), ["PutParameter"]);
    // The same value too: what counts is who wrote it.
    for input in ["hunter1", "hunter2"] {
        let ended = put(&world, "/p --create-only", input);
        assert_eq!(
            ended.failed(73),
            format!(
                "envsecrets: error: parameter `/p` already exists in us-east-1 at {}\n\
                 envsecrets: hint: nothing was written; without `--create-only` a new version is \
                 written\n",
                world.server.url()
            )
        );
    }
    assert_eq!(value(&world, "/p"), "hunter1");
}

#[test]
fn create_only_knows_what_it_made_itself_when_the_answer_was_lost() {
    let world = world();
    let lost = Fault::CloseMidBody.first(1).operation("PutParameter");
    world.server.set_faults([lost]);
    let ended = put(&world, "/p --create-only", "hunter1");
    assert_eq!(ended.ok(), "/p:1 written, Standard\n");
    assert_eq!(world.bodies("PutParameter").len(), 2);

    // Another user's is not taken for ours.
    let lost = Fault::CloseMidBody.first(1).operation("PutParameter");
    world.server.set_faults([lost]);
    let ended = put(&world, "/p --create-only", "hunter2");
    assert_eq!(ended.code, Some(73), "{ended:?}");
}

#[test]
fn if_version_writes_after_that_version_alone() {
    let world = world_with(&[("/p", "hunter1")]);
    assert_eq!(
        put(&world, "/p --if-version 1", "hunter2").ok(),
        "/p:2 written, Standard\n"
    );
    let ended = put(&world, "/p --if-version 1", "hunter3");
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/p` is not at version 1, but at version 2\n\
         envsecrets: hint: nothing was written; `envsecrets history /p` shows who wrote what\n"
    );
    let ended = put(&world, "/q --if-version 1", "hunter3");
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/q` is not at version 1: it does not exist\n\
         envsecrets: hint: nothing was written; look at name, account and region\n"
    );
    assert_eq!(value(&world, "/p"), "hunter2");
}

#[test]
fn if_version_reports_a_write_by_another_user_in_between() {
    let world = world_with(&[("/p", "hunter1")]);
    let mut launch = world.piped("put /p --if-version 1", "ours");
    let ended = world.overtake(&mut launch, || {
        world.store.put("/p", "theirs");
    });
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(ended.text(), "/p:3 written, Standard\n");
    assert_eq!(
        ended.without_waiting(),
        "envsecrets: error: version 2 of `/p` was written by another user in between; version 3, \
         written now, is the newest\n\
         envsecrets: hint: check which value is correct: `envsecrets history /p` shows who wrote \
         what, and `envsecrets rollback /p 2` makes the other value the newest\n"
    );
    assert_eq!(value(&world, "/p"), "ours");

    // Without `--if-version` it is reported as well, and is no failure.
    world.server.clear_requests();
    let mut launch = world.piped("put /p", "mine");
    let ended = world.overtake(&mut launch, || {
        world.store.put("/p", "a");
        world.store.put("/p", "b");
    });
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (Some(0), "/p:6 written, Standard\n")
    );
    assert_eq!(
        ended.without_waiting(),
        "envsecrets: versions 4 to 5 of `/p` were written by another user in between; version 6, \
         written now, is the newest\n"
    );
}

#[test]
fn of_many_at_the_same_time_only_one_followed_the_version() {
    let world = world_with(&[("/p", "before")]);
    let writers: Vec<usize> = (0..6).collect();
    let ends = std::sync::Mutex::new(Vec::new());
    each(&writers, |writer| {
        let ended = put(&world, "/p --if-version 1", format!("writer {writer}"));
        ends.lock().unwrap().push(ended);
    });
    let ends = ends.into_inner().unwrap();
    let won = ends.iter().filter(|ended| ended.code == Some(0)).count();
    let lost = ends.iter().filter(|ended| ended.code == Some(73)).count();
    assert_eq!((won, lost), (1, 5), "{ends:?}");
}

#[test]
fn if_version_finds_what_it_wrote_when_the_answer_was_lost() {
    let world = world_with(&[("/p", "hunter1")]);
    let lost = || Fault::CloseMidBody.first(1).operation("PutParameter");
    world.server.set_faults([lost()]);
    let ended = put(&world, "/p --if-version 1", "hunter2");
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (Some(0), "/p:2 written, Standard\n")
    );
    assert_eq!(ended.without_waiting(), "");
    assert_eq!(world.bodies("PutParameter").len(), 1);
}

#[test]
fn a_parameter_that_another_user_creates_or_deletes_in_between_is_read_again() {
    let story = "a_parameter_that_another_user_creates_or_deletes_in_between_is_read_again";
    if !can_ask_the_cli(story) {
        return;
    }
    let world = world();
    let mut launch = world.piped("put /p", "ours");
    let ended = world.overtake(&mut launch, || {
        let theirs = PutParameter::new("/p", "theirs").description("theirs");
        world.store.put_parameter(theirs).unwrap();
    });
    assert_eq!(
        (ended.without_waiting().as_str(), ended.text().as_str()),
        ("", "/p:2 written, Standard\n")
    );
    assert_eq!(catalogued(&world, "/p")["Description"], "theirs");

    // With what was known of it, and so with its type.
    world.server.clear_requests();
    let mut launch = world.piped("put /p --if-version 2", "newer");
    let ended = world.overtake(&mut launch, || {
        world.store.delete("/p");
    });
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(
        ended.without_waiting(),
        "envsecrets: error: `/p` was deleted by another user after version 2; version 1, written \
         now, is the newest\n"
    );
}

#[test]
fn a_parameter_that_is_not_seen_yet_is_looked_for_again() {
    let world = world_with(&[("/p", "hunter1")]);
    let unseen = Fault::Error {
        status: 400,
        code: "ParameterNotFound".to_owned(),
        message: String::new(),
    };
    world
        .server
        .set_faults([unseen.clone().first(2).operation("GetParameterHistory")]);
    let ended = put(&world, "/p", "hunter2");
    assert_eq!(ended.ok(), "/p:2 written, Standard\n");

    world
        .server
        .set_faults([unseen.always().operation("GetParameterHistory")]);
    let ended = put(&world, "/p", "hunter3");
    assert_eq!(
        ended.failed(73),
        "envsecrets: error: `/p` does not exist, but cannot be created because it exists\n\
         envsecrets: hint: nothing was written; another user may be creating and deleting it: try \
         again\n"
    );
}

#[test]
fn what_is_written_but_cannot_be_printed_is_reported_as_that() {
    let world = world();
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut launch = world.piped("put /p", "hunter1");
    launch.command.stdout(full.unwrap());
    let ended = launch.run();
    assert_eq!(
        ended.failed(74),
        "envsecrets: error: cannot report on standard output what was done\n\
         envsecrets:   caused by: No space left on device (os error 28)\n\
         envsecrets: hint: the change was made\n"
    );
    assert_eq!(value(&world, "/p"), "hunter1");
}

#[test]
fn what_the_service_does_not_accept_is_reported_with_what_to_try() {
    let world = world();
    let digits = PutParameter::new("/digits", "1").allowed_pattern("[0-9]+");
    world.store.put_parameter(digits).unwrap();
    // A part of it matches, and that may be enough.
    let ended = put(&world, "/digits", SENTINEL);
    let printed = ended.failed(64);
    assert!(
        printed.contains("caused by: ParameterPatternMismatchException: "),
        "{printed}"
    );
    assert!(
        printed.ends_with(
            "envsecrets: hint: the value does not match the parameter's own pattern: `envsecrets \
             history --format json` shows it, and `envsecrets put --pattern` sets another\n"
        ),
        "{printed}"
    );
    assert_eq!(leak(printed.as_bytes()), None);
}

#[test]
fn a_value_that_cannot_be_read_any_more_can_be_replaced() {
    let world = world_with(&[("/p", "hunter1")]);
    for (fault, why) in [
        (
            Fault::KmsAccessDenied,
            "AWS refused to decrypt parameter `/p:1`",
        ),
        (
            Fault::AccessDenied,
            "AWS denied permission to read parameter `/p:2`",
        ),
    ] {
        world
            .server
            .set_faults([fault.always().operation("GetParameters")]);
        let ended = put(&world, "/p", "hunter2");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(
            ended.stderr,
            format!(
                "envsecrets: the current value is not compared with the new one: {why} in \
                 us-east-1 at {}\n",
                world.server.url()
            )
        );
    }
}

#[test]
fn a_refusal_names_what_to_allow_and_not_the_value() {
    let denied = |operation: &str, verb: &str, url: &str| {
        format!(
            "envsecrets: error: AWS denied permission to {verb} parameter `/p` in us-east-1 at {url}\n\
             envsecrets:   caused by: AccessDeniedException: User: \
             arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: \
             ssm:{operation} on resource: arn:aws:ssm:us-east-1:123456789012:parameter/p because no \
             identity-based policy allows the ssm:{operation} action (request id ID)\n\
             envsecrets: hint: allow ssm:{operation} on \
             arn:aws:ssm:us-east-1:123456789012:parameter/p\n"
        )
    };
    for (operation, verb) in [
        ("GetParameterHistory", "read the history of"),
        ("PutParameter", "write"),
    ] {
        let world = world();
        world
            .server
            .set_faults([Fault::AccessDenied.always().operation(operation)]);
        let ended = put(&world, "/p", SENTINEL);
        let last = world.server.requests().pop().unwrap().request_id;
        assert_eq!(
            ended.failed(77).replace(&last, "ID"),
            denied(operation, verb, &world.server.url())
        );
    }

    // Some refusals repeat what they refuse.
    let world = world();
    world.server.set_faults([Fault::Error {
        status: 400,
        code: "ValidationException".to_owned(),
        message: format!(
            "1 validation error detected: Value '{SENTINEL}' at 'value' failed to satisfy constraint"
        ),
    }
    .always()
    .operation("PutParameter")]);
    let ended = put(&world, "/p", SENTINEL);
    let last = world.server.requests().pop().unwrap().request_id;
    assert_eq!(
        ended.failed(64).replace(&last, "ID"),
        format!(
            "envsecrets: error: AWS rejected the request for parameter `/p` in us-east-1 at {}\n\
             envsecrets:   caused by: ValidationException: 1 validation error detected: Value … at \
             'value' failed to satisfy constraint (request id ID)\n",
            world.server.url()
        )
    );
}

#[test]
fn a_key_that_is_refused_is_distinguished_from_a_parameter_that_is() {
    let world = world();
    world
        .server
        .set_faults([Fault::KmsUnknownKey.always().operation("PutParameter")]);
    let ended = put(&world, "/p --key-id alias/app", SENTINEL);
    let last = world.server.requests().pop().unwrap().request_id;
    assert_eq!(
        ended.failed(77).replace(&last, "ID"),
        format!(
            "envsecrets: error: AWS refused to encrypt parameter `/p` in us-east-1 at {}\n\
             envsecrets:   caused by: AccessDeniedException: The ciphertext refers to a customer \
             master key that does not exist, does not exist in this region, or you are not allowed to \
             access. (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException) (request \
             id ID)\n\
             envsecrets: hint: allow kms:Encrypt, and kms:GenerateDataKey for an advanced parameter, \
             on the key in the caller's policy and in the key's own; the key must exist, be enabled, \
             and be in this region\n",
            world.server.url()
        )
    );
}

#[test]
fn tags_that_are_refused_do_not_hide_that_the_value_is_written() {
    let world = world_with(&[("/p", "hunter1")]);
    world
        .server
        .set_faults([Fault::AccessDenied.always().operation("AddTagsToResource")]);
    let ended = put(&world, "/p --tag a=b", "hunter2");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    assert_eq!(ended.text(), "/p:2 written, Standard\n");
    assert!(
        ended.stderr.starts_with(
            "envsecrets: error: AWS denied permission to tag parameter `/p` in us-east-1"
        ),
        "{ended:?}"
    );
}

#[test]
fn throttling_is_waited_out_until_the_deadline() {
    let world = world_with(&[("/p", "hunter1")]);
    let throttled = || Fault::Throttle.first(2).operation("PutParameter");
    world.server.set_faults([throttled()]);
    assert_eq!(
        put(&world, "/p", "hunter2").ok(),
        "/p:2 written, Standard\n"
    );
    world
        .server
        .set_faults([Fault::Throttle.always().operation("PutParameter")]);
    let ended = put(&world, "/p --timeout 1s", SENTINEL);
    assert_eq!(ended.code, Some(75), "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_is_killed_while_it_writes_leaves_no_trace_of_the_value() {
    let world = world_with(&[("/p", "hunter1")]);
    for signal in [
        nix::sys::signal::Signal::SIGTERM,
        nix::sys::signal::Signal::SIGKILL,
    ] {
        world.server.clear_requests();
        world.store.put("/p", "before");
        world
            .server
            .set_faults([Fault::Hang.always().operation("PutParameter")]);
        let running = world.piped("put /p", SENTINEL).start();
        until("it writes", || !world.bodies("PutParameter").is_empty());
        for file in ["cmdline", "environ", "comm"] {
            match std::fs::read(format!("/proc/{}/{file}", running.pid())) {
                Ok(seen) => assert_eq!(leak(&seen), None, "{file}"),
                // We are not dumpable, so only root may read it.
                Err(error) => assert_eq!(
                    (file, error.kind()),
                    ("environ", ErrorKind::PermissionDenied)
                ),
            }
        }
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.signal, Some(signal as i32), "{ended:?}");
        assert_eq!(
            (ended.text().as_str(), leak(ended.stderr.as_bytes())),
            ("", None)
        );
    }
}

#[test]
fn no_fault_of_any_call_shows_the_old_value_or_the_new_one() {
    let commands = [
        ("put /p --verbose", "operation=GetParameterHistory"),
        ("put /p --verbose", "operation=GetParameters"),
        ("put /p --verbose", "operation=PutParameter"),
        (
            "put /a/new --strict --verbose",
            "operation=GetParametersByPath",
        ),
    ];
    every_fault(&commands, |case| {
        let world = world_with(&[("/p", SENTINEL)]);
        world.server.set_faults([case.rule()]);
        let command = format!("{} --timeout 500ms", case.command);
        let ended = world
            .piped(&command, format!("{SENTINEL}, and new"))
            .noisy()
            .run();
        case.reveals_nothing(&ended, &CODES);
    });
}

#[test]
fn an_answer_without_a_version_is_not_taken_for_one() {
    let world = world();
    world
        .server
        .set_faults([Fault::EmptyObject.always().operation("PutParameter")]);
    let ended = put(&world, "/p", SENTINEL);
    assert_eq!(
        ended.failed(70),
        format!(
            "envsecrets: error: parameter `/p` may be written\n\
             envsecrets:   caused by: the response for parameter `/p` from us-east-1 at {} is invalid\n\
             envsecrets:   caused by: it contains no version of the new value\n\
             envsecrets: hint: `envsecrets history /p` shows whether it is; another server may respond in place of AWS: check \
             the endpoint, proxies, and captive portals\n",
            world.server.url()
        )
    );
}

#[test]
fn what_is_written_into_moto_is_read_by_the_aws_cli() {
    let story = "what_is_written_into_moto_is_read_by_the_aws_cli";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let awkward = "a=b \"quoted\" 'single' $HOME `id` \\ {end},ünï";
    let put = |arguments: &[&str], input: &str| {
        let mut launch = moto.envsecrets(&[&["put"], arguments].concat());
        launch.command.stdin(pipe_of(input.as_bytes()));
        launch.run()
    };
    let read = |name: &str| {
        let read = ["get-parameter", "--with-decryption", "--name", name];
        let answer: Value = serde_json::from_str(&moto.aws(&read)).unwrap();
        answer["Parameter"].clone()
    };
    let about = [
        "--description",
        "the db",
        "--tag",
        "team=web",
        "--key-id",
        "alias/app",
    ];
    let ended = put(
        &[&["/prd/app/db"], &about[..]].concat(),
        &format!("{awkward}\n"),
    );
    assert!(ended.ok().starts_with("/prd/app/db:1 written"), "{ended:?}");
    let there = read("/prd/app/db");
    assert_eq!(there["Value"], awkward);
    assert_eq!(there["Type"], "SecureString");

    assert_eq!(
        put(&["/prd/app/db"], awkward).ok(),
        "/prd/app/db:1 unchanged\n"
    );
    assert!(
        put(&["/prd/app/db"], "new")
            .ok()
            .starts_with("/prd/app/db:2 written")
    );
    assert_eq!(read("/prd/app/db")["Value"], "new");
    let list = [
        "describe-parameters",
        "--query",
        "Parameters[0].[Description,KeyId,Version]",
    ];
    let list: Value = serde_json::from_str(&moto.aws(&list)).unwrap();
    assert_eq!(list, json!(["the db", "alias/app", 2]));
    let tags = moto.aws(&[
        "list-tags-for-resource",
        "--resource-type",
        "Parameter",
        "--resource-id",
        "/prd/app/db",
        "--query",
        "TagList",
    ]);
    let tags: Value = serde_json::from_str(&tags).unwrap();
    assert_eq!(tags, json!([{ "Key": "team", "Value": "web" }]));

    // What the CLI wrote is rotated by us.
    moto.put("/prd/app/host", "a,b", "StringList");
    let ended = put(&["/prd/app/host", "--tag", "x=y"], "c,d");
    assert!(
        ended.text().starts_with("/prd/app/host:2 written"),
        "{ended:?}"
    );
    assert_eq!(read("/prd/app/host")["Type"], "StringList");
    assert_eq!(put(&["/prd/app/host", "--create-only"], "e").code, Some(73));
    assert_eq!(
        put(&["/prd/app/host", "--if-version", "1"], "e").code,
        Some(73)
    );
    assert!(put(&["/prd/app/host", "--if-version", "2", "--generate"], "").code == Some(0));
}
