//! The way from credstash to Parameter Store: comparing, copying, and the page that describes it; with the
//! real credstash, which writes what is read here.

use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::moto::Moto;
use crate::support::{
    Ended, Fault, Launch, OTHER_SENTINEL, SENTINEL, World, can, commands_of, leak, until, which,
    world,
};

/// Secrets below `prd.`, of which one has two versions, and others beside them.
fn secrets() -> World {
    let world = world();
    let before = json!({ "value": "before", "version": "0000000000000000001" });
    world.store.plant_credstash("prd.db-pass", &before);
    let now = json!({ "value": SENTINEL, "version": "0000000000000000002" });
    world.store.plant_credstash("prd.db-pass", &now);
    world
        .store
        .plant_credstash("prd.some.property", &OTHER_SENTINEL.into());
    world.store.plant_credstash("prdXother", &"other".into());
    world
}

fn run(world: &World, words: &str) -> Ended {
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = world.envsecrets(&words).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

/// What a run that went well printed, apart from its notes.
#[track_caller]
fn done(ended: Ended) -> String {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.text()
}

fn copy(world: &World, words: &str) -> Ended {
    run(world, &format!("copy {words} --write-rate 1000"))
}

#[test]
fn secrets_are_compared_copied_and_copied_again() {
    let world = secrets();
    let differs = run(&world, "diff credstash:///prd.* /prd");
    assert_eq!(
        (differs.code, differs.text().as_str()),
        (
            Some(1),
            "\
CHANGE   NAME           A   B  DIFFERS
removed  db-pass        v2  -
removed  some.property  v1  -
"
        )
    );
    let copied = copy(&world, "credstash:///prd.* /prd");
    assert_eq!(
        done(copied),
        "\
STEP  PARAMETER           TYPE          SIZE  NOTE
new   /prd/db-pass        SecureString  29
new   /prd/some.property  SecureString  29
"
    );
    assert_eq!(run(&world, "diff credstash:///prd.* /prd").ok(), "");
    let text = run(&world, "list /prd --columns name,tags --format json").ok();
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        listed,
        json!([
            {
                "name": "/prd/db-pass",
                "tags": { "envsecrets:source": "credstash://credential-store/prd.db-pass:2:1" },
            },
            {
                "name": "/prd/some.property",
                "tags": { "envsecrets:source": "credstash://credential-store/prd.some.property:1:1" },
            },
        ])
    );
    // Changed in the source, changed here by hand, and neither.
    let newer = json!({ "value": "newer", "version": "0000000000000000003" });
    world.store.plant_credstash("prd.db-pass", &newer);
    world.store.put("/prd/some.property", "by hand");
    world.store.plant_credstash("prd.new", &"new".into());
    let again = copy(&world, "credstash:///prd.* /prd");
    assert_eq!(
        (again.code, again.text().as_str()),
        (
            Some(73),
            "\
STEP     PARAMETER           TYPE          SIZE  NOTE
changed  /prd/db-pass        SecureString  5     value; now at version 1; changed in the source
new      /prd/new            SecureString  3
kept     /prd/some.property  SecureString  29    now at version 2; changed here
"
        ),
        "{again:?}"
    );
    let writes = |world: &World| world.bodies("PutParameter").len();
    let before = writes(&world);
    done(copy(
        &world,
        "credstash:///prd.* /prd --exclude some.property",
    ));
    assert_eq!(writes(&world), before);
}

#[test]
fn a_copy_that_is_killed_is_resumed() {
    let world = secrets();
    let fault = Fault::Throttle.always().operation("PutParameter");
    world
        .server
        .set_faults([fault.naming("/prd/some.property")]);
    let words = ["copy", "credstash:///prd.*", "/prd", "--write-rate", "1000"];
    let running = world.envsecrets(&words).start();
    until("one is written, and the other is not", || {
        world.store.len() == 1 && world.bodies("PutParameter").len() > 1
    });
    running.signal(Signal::SIGKILL);
    running.end();
    world.server.clear_faults();
    assert_eq!(
        done(copy(&world, "credstash:///prd.* /prd")),
        "\
STEP       PARAMETER           TYPE          SIZE  NOTE
unchanged  /prd/db-pass        SecureString  29    copied
new        /prd/some.property  SecureString  29
"
    );
    assert_eq!(run(&world, "diff credstash:///prd.* /prd").ok(), "");
}

#[test]
fn what_parameter_store_cannot_hold_is_reported_before_anything_is_written() {
    let world = secrets();
    world.store.plant_credstash("prd.a b", &SENTINEL.into());
    world.store.plant_credstash("prd.c:d", &SENTINEL.into());
    let large = SENTINEL.repeat(400);
    world.store.plant_credstash("prd.large", &large.into());
    world
        .store
        .plant_credstash("prd.key", &json!({ "bytes": "/wD+" }));
    let refused = copy(&world, "credstash:///prd.* /prd");
    assert_eq!((refused.code, world.store.len()), (Some(65), 0));
    let store = "credstash://credential-store";
    let cannot = "which contains a character that no parameter name can: only letters, digits, `_`, `.`, `-` and `/` are allowed";
    assert_eq!(
        refused.stderr,
        format!(
            "\
envsecrets: error: Parameter Store cannot hold all of this below `/prd`
envsecrets:   caused by: `{store}/prd.a%20b` would be `/prd/a%20b`, {cannot}: `--rename a%20b=NEW` gives it another name
envsecrets:   caused by: `{store}/prd.c:d` would be `/prd/c:d`, {cannot}: `--rename c:d=NEW` gives it another name
envsecrets:   caused by: `{store}/prd.key` is not text: `--exclude key` leaves it out, and a launch passes it with `--file NAME={store}/prd.key`
envsecrets:   caused by: `/prd/large` would have 11600 bytes, of at most 8192: `--exclude large` leaves it out, and as an object of S3 a launch passes it with `--file NAME=s3://BUCKET/KEY`
envsecrets: hint: nothing was written: name others, or leave them out, and try again
"
        )
    );
    // What only the advanced tier holds is reported before it is written, and not again.
    let advanced = "x".repeat(4097);
    world.store.plant_credstash("prd.large", &advanced.into());
    let words = "--rename a%20b=a-b --rename c:d=c/d --exclude key";
    assert_eq!(
        done(copy(&world, &format!("credstash:///prd.* /prd {words}"))),
        "\
STEP  PARAMETER           TYPE          SIZE  NOTE
new   /prd/a-b            SecureString  29
new   /prd/c/d            SecureString  29
new   /prd/db-pass        SecureString  29
new   /prd/large          SecureString  4097  needs the advanced tier, which is charged for
new   /prd/some.property  SecureString  29
"
    );
    let again = done(copy(&world, &format!("credstash:///prd.* /prd {words}")));
    assert!(!again.contains("advanced"), "{again}");
}

#[test]
fn fingerprints_and_stale_compare_versions_without_any_key() {
    let world = secrets();
    let options = "--fingerprint FINGERPRINT --from credstash:///prd.* --only db-pass";
    let variables = world.variables(options);
    let fingerprint = variables
        .iter()
        .find_map(|line| line.strip_prefix("FINGERPRINT="))
        .unwrap();
    let stale = |world: &World| {
        let words = format!("stale --is {fingerprint} --from credstash:///prd.* --only db-pass");
        run(world, &words)
    };
    world.server.clear_requests();
    assert_eq!(stale(&world).code, Some(0));
    assert!(world.bodies("Decrypt").is_empty());
    let newer = json!({ "value": "newer", "version": "0000000000000000003" });
    world.store.plant_credstash("prd.db-pass", &newer);
    assert_eq!(stale(&world).code, Some(1));
}

#[test]
fn the_policy_is_what_the_launch_needs() {
    let world = world();
    let words = "policy --account 123456789012 --from credstash:///prd.*?context=env:prd \
                 --secret X=credstash://team/db?kms-region=eu-west-1 --key-id alias/credstash";
    let ended = run(&world, words);
    let policy: serde_json::Value = serde_json::from_str(&done(ended)).unwrap();
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table";
    let decrypt = |sid: &str, region: &str, condition: serde_json::Value| {
        let mut statement = json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [format!("arn:aws:kms:{region}:123456789012:key/*")],
            "Condition": { "ForAnyValue:StringLike": { "kms:ResourceAliases": ["alias/credstash"] } },
        });
        for (operator, keys) in condition.as_object().unwrap() {
            statement["Condition"][operator] = keys.clone();
        }
        statement
    };
    assert_eq!(
        policy["Statement"],
        json!([
            {
                "Sid": "ReadTables",
                "Effect": "Allow",
                "Action": ["dynamodb:Scan"],
                "Resource": [format!("{table}/credential-store")],
            },
            {
                "Sid": "ReadRows",
                "Effect": "Allow",
                "Action": ["dynamodb:Query"],
                "Resource": [format!("{table}/team")],
                "Condition": { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["db"] } },
            },
            decrypt("DecryptRowsEuWest1ByAlias", "eu-west-1", json!({})),
            decrypt(
                "DecryptRows2ByAlias",
                "us-east-1",
                json!({ "StringEquals": { "kms:EncryptionContext:env": "prd" } }),
            ),
        ])
    );
    let words = "policy --account 123456789012 --for stale --from credstash:///prd.*";
    let policy: serde_json::Value = serde_json::from_str(&done(run(&world, words))).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 1, "{policy}");
    assert_eq!(statements[0]["Action"], json!(["dynamodb:Scan"]));
    assert_eq!(world.server.calls(), 0);
}

/// moto with the table and the key of credstash, unless credstash is missing.
fn credstash(story: &str) -> Option<Moto> {
    let needs = "credstash (PyPI `credstash`)";
    if !can(story, needs, which("credstash").is_some()) {
        return None;
    }
    let moto = Moto::start(story)?;
    let key = tool(
        &moto,
        "aws",
        "kms create-key --query KeyMetadata.KeyId --output text",
    );
    let alias = "kms create-alias --alias-name alias/credstash --target-key-id";
    tool(&moto, "aws", &format!("{alias} {}", key.trim()));
    tool(&moto, "credstash", "setup");
    Some(moto)
}

/// What a tool prints, in the directory of the story: credstash writes a log there.
fn tool(moto: &Moto, program: &str, words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let mut launch = Launch::new(program, &words);
    launch.command.current_dir(moto.directory.path());
    let ended = moto.settings(&mut launch).run();
    assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
    ended.text()
}

/// The variables that a program gets which inherits none.
fn variables(moto: &Moto, options: &str) -> Vec<String> {
    let options = options.split(' ');
    let words: Vec<&str> = ["--clean-env"].into_iter().chain(options).collect();
    let words = [&words[..], &["--", "env"]].concat();
    let text = moto.envsecrets(&words).run().ok();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn what_the_real_credstash_writes_is_read_as_it_reads_it() {
    let story = "what_the_real_credstash_writes_is_read_as_it_reads_it";
    let Some(moto) = credstash(story) else {
        return;
    };
    let puts = [
        "put -d SHA dig.SHA s3kr3t-é✓",
        "put -d SHA224 dig.SHA224 s3kr3t-é✓",
        "put -d SHA256 dig.SHA256 s3kr3t-é✓",
        "put -d SHA384 dig.SHA384 s3kr3t-é✓",
        "put -d SHA512 dig.SHA512 s3kr3t-é✓",
        "put -d MD5 dig.MD5 s3kr3t-é✓",
        "put -c note prd.app.db-pass first",
        "put prdXapp.y other",
        "put ctx.x with-a-context env=prd team=a:b",
        "put -v abc ver.x abc",
        "put odd:name/x odd",
    ];
    std::thread::scope(|scope| {
        for put in puts {
            let moto = &moto;
            scope.spawn(move || tool(moto, "credstash", put));
        }
    });
    tool(&moto, "credstash", "put -a prd.app.db-pass second");
    let digests = ["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"];
    let expected = digests.map(|digest| format!("{digest}=s3kr3t-é✓"));
    assert_eq!(variables(&moto, "--from credstash:///dig.*"), expected);
    let one = |place: &str| {
        let options = format!("--secret X=credstash:///{place}");
        variables(&moto, &options).remove(0).split_off(2) + "\n"
    };
    for (place, get) in [
        ("prd.app.db-pass", "get prd.app.db-pass"),
        ("prd.app.db-pass:1", "get -v 1 prd.app.db-pass"),
        (
            "ctx.x?context=env:prd&context=team:a:b",
            "get ctx.x env=prd team=a:b",
        ),
        ("ver.x", "get ver.x"),
        ("odd:name/x", "get odd:name/x"),
    ] {
        assert_eq!(one(place), tool(&moto, "credstash", get), "{place}");
    }
    assert_eq!(
        variables(&moto, "--from credstash:///prd.app.*"),
        ["DB_PASS=second"]
    );
    // Where the original hangs for ever, the secret is named.
    for options in [
        "--from=credstash:///ctx.*",
        "--from=credstash:///ctx.*?context=env:dev",
    ] {
        let ended = moto.envsecrets(&[options, "--", "env"]).run();
        let text = ended.failed(65);
        assert!(
            text.contains("`credstash://credential-store/ctx.x`"),
            "{text}"
        );
    }
    let listed = moto
        .envsecrets(&["list", "credstash:///prd.app.*"])
        .run()
        .ok();
    assert_eq!(
        listed,
        "\
NAME                                          VARIABLE  TYPE    VERSION
credstash://credential-store/prd.app.db-pass  DB_PASS   Secret  2
"
    );
}

/// Runs the commands of the page, with a program that prints the property; returns what each printed.
fn follow_the_page(launch: impl Fn(&[String]) -> Launch, directory: &Path) -> Vec<String> {
    let commands = commands_of(include_str!("../../docs/leaving/credstash.md"));
    assert_eq!(commands.len(), 6, "{commands:?}");
    let run = |words: &Vec<String>| {
        let mut launch = launch(words);
        launch.command.current_dir(directory);
        let ended = launch.run();
        assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
        ended.text()
    };
    commands.iter().map(run).collect()
}

#[test]
fn the_page_is_followed_with_a_real_credstash_and_a_real_java() {
    let story = "the_page_is_followed_with_a_real_credstash_and_a_real_java";
    let there = ["java", "javac", "jar"]
        .iter()
        .all(|it| which(it).is_some());
    if !can(story, "a JDK", there) {
        return;
    }
    let Some(moto) = credstash(story) else {
        return;
    };
    let value = "a b\"c$(d)'e\\f";
    let put = ["put", "prd.some.property", value];
    let mut launch = Launch::new("credstash", &put);
    launch.command.current_dir(moto.directory.path());
    assert_eq!(moto.settings(&mut launch).run().code, Some(0));
    let class = "public class App {
    public static void main(String[] arguments) {
        System.out.print(System.getProperty(\"some.property\"));
    }
}
";
    moto.directory.file("App.java", class, 0o644);
    tool(&moto, "javac", "App.java");
    tool(
        &moto,
        "jar",
        "--create --file app.jar --main-class App App.class",
    );
    let printed = follow_the_page(
        |words| moto.envsecrets(&words.iter().map(String::as_str).collect::<Vec<_>>()),
        moto.directory.path(),
    );
    assert_eq!(printed[0], value);
    assert_eq!(printed[2], value);
    assert_eq!(printed[3], "");
    for (text, number) in printed.iter().zip(0..) {
        assert!(
            number == 0 || number == 2 || !text.contains("c$(d)"),
            "{text}"
        );
    }
}

#[test]
fn the_page_is_followed_without_either() {
    let world = secrets();
    let java = "#!/bin/sh\nprintf %s \"${1#-Dsome.property=}\"\n";
    world.directory.file("java", java, 0o755);
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", world.directory.path().display());
    let printed = follow_the_page(
        |words| {
            let mut launch = world.envsecrets(words);
            launch.env("PATH", &path);
            launch
        },
        world.directory.path(),
    );
    assert_eq!(printed[0], OTHER_SENTINEL);
    assert_eq!(printed[2], OTHER_SENTINEL);
    for text in [&printed[1], &printed[3], &printed[4], &printed[5]] {
        assert_eq!(leak(text.as_bytes()), None, "{text}");
    }
}
