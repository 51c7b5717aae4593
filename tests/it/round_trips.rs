//! What one command prints of places, another one takes: exact names, contracts and fingerprints.

use serde_json::json;

use crate::support::{Ended, Fault, OTHER_SENTINEL, SENTINEL, World, leak, world};

/// Something at every kind of place.
fn everywhere() -> World {
    let world = world();
    world.store.put("/prd/app/db", SENTINEL);
    world.store.put("prd.flat.token", SENTINEL);
    let pair = format!(r#"{{"login":"x","pass":{{"word":"{SENTINEL}"}},"a, b":"1"}}"#);
    world.store.put("/prd/json", &pair);
    world.store.put_secret("prd/app/a+b=c", SENTINEL);
    world.store.put_secret("prd/app/both", OTHER_SENTINEL);
    world.store.put_secret("prd/keys/one", &pair);
    world.store.put_secret("prd/single", &pair);
    let arn = "arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf";
    world.store.put_secret(arn, &pair);
    world.store.label("/prd/app/db", 1, "live");
    world.store.label("prd.flat.token", 1, "live");
    world.store.plant_credstash("prd.app.db", &SENTINEL.into());
    world.store.plant_credstash("prd.app.a+b", &SENTINEL.into());
    world.store.put_object("secrets", "prd.json", &pair);
    world
}

fn run(world: &World, words: &[&str]) -> Ended {
    let ended = world.envsecrets(words).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

#[test]
fn exact_names_give_the_same_variables_whatever_the_place() {
    let world = everywhere();
    for (options, names) in [
        ("--path /prd/app", "DB=/prd/app/db\n"),
        ("--path /prd/app --label live", "DB=/prd/app/db:live\n"),
        (
            "--from ssm:///prd/app/?region=us-east-1 --label live",
            "DB=ssm:///prd/app/db:live?region=us-east-1\n",
        ),
        ("--from ssm://prd.flat.*", "TOKEN=prd.flat.token\n"),
        (
            "--from ssm:///prd/json",
            "A__B=ssm:///prd/json#a%2C%20b\n\
             LOGIN=ssm:///prd/json#login\n\
             PASS_WORD=ssm:///prd/json#pass/word\n",
        ),
        (
            "--from secretsmanager://prd/app/ --rename a+b=c=AB",
            "AB=secretsmanager://prd/app/a+b=c\nBOTH=secretsmanager://prd/app/both\n",
        ),
        (
            "--from sm://prd/app/?region=us-east-1 --only both",
            "BOTH=secretsmanager://prd/app/both?region=us-east-1\n",
        ),
        (
            "--from secretsmanager://prd/keys/?json&region=us-east-1",
            "ONE=secretsmanager://prd/keys/one?region=us-east-1\n\
             ONE_A__B=secretsmanager://prd/keys/one?region=us-east-1#a%2C%20b\n\
             ONE_LOGIN=secretsmanager://prd/keys/one?region=us-east-1#login\n\
             ONE_PASS_WORD=secretsmanager://prd/keys/one?region=us-east-1#pass/word\n",
        ),
        (
            "--from secretsmanager://prd/single?stage=AWSCURRENT",
            "A__B=secretsmanager://prd/single?stage=AWSCURRENT#a%2C%20b\n\
             LOGIN=secretsmanager://prd/single?stage=AWSCURRENT#login\n\
             PASS_WORD=secretsmanager://prd/single?stage=AWSCURRENT#pass/word\n",
        ),
        (
            "--from secretsmanager://prd/single#login",
            "LOGIN=secretsmanager://prd/single#login\n",
        ),
        (
            "--from arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf#login",
            "LOGIN=arn:aws:secretsmanager:eu-west-1:999988887777:secret:shared-AbCdEf#login\n",
        ),
        (
            "--from credstash:///prd.app.* --rename a+b=AB",
            "AB=credstash://credential-store/prd.app.a+b\n\
             DB=credstash://credential-store/prd.app.db\n",
        ),
        (
            "--from s3://secrets/prd.json",
            "A__B=s3://secrets/prd.json#a%2C%20b\n\
             LOGIN=s3://secrets/prd.json#login\n\
             PASS_WORD=s3://secrets/prd.json#pass/word\n",
        ),
        (
            "--secret X=secretsmanager://prd/single#pass/word",
            "X=secretsmanager://prd/single#pass/word\n",
        ),
    ] {
        let words: Vec<&str> = options.split_whitespace().collect();
        let check = [&["check", "--format", "names"], &words[..]].concat();
        assert_eq!(run(&world, &check).ok(), names, "{options}");
        let exact: Vec<String> = names
            .lines()
            .map(|line| format!("--secret={line}"))
            .collect();
        let all = |options: &[&str]| {
            let words = [&["--clean-env"], options, &["--", "env"]].concat();
            world.envsecrets(&words).run().ok()
        };
        let exact: Vec<&str> = exact.iter().map(String::as_str).collect();
        assert_eq!(all(&exact), all(&words), "{options}");
        // The same from a variable, which is a list.
        let list = names.trim_end().replace('\n', ",");
        let mut launch = world.envsecrets(&["--clean-env", "--", "env"]);
        let text = launch.env("ENVSECRETS_SECRET", list).run().ok();
        assert_eq!(text, all(&words), "{options}");
    }
}

#[test]
fn what_is_exported_is_what_a_launch_has() {
    let world = everywhere();
    for place in [
        "secretsmanager://prd/single",
        "credstash:///prd.app.d*",
        "s3://secrets/prd.json",
    ] {
        let export = [
            "export", "--format", "json", "--output", "-", "--from", place,
        ];
        let exported = world.envsecrets(&export).run().ok();
        let exported: serde_json::Value = serde_json::from_str(&exported).unwrap();
        let launched = world.variables(&format!("--from {place}"));
        let pairs = exported.as_object().unwrap().iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
        assert_eq!(pairs.collect::<Vec<_>>(), launched, "{place}");
    }
}

#[test]
fn a_contract_is_made_of_a_store_that_is_left() {
    let world = everywhere();
    let words = ["init", "--output", "-", "--from", "credstash:///prd.app.d*"];
    let text = run(&world, &words).ok();
    let (_, body) = text.split_once("\n\n").unwrap();
    assert_eq!(
        body,
        "from = [\"credstash:///prd.app.d*\"]\n\n\
         [variables.B] # credstash://credential-store/prd.app.db\n"
    );
    let file = world.directory.file("made.toml", &text, 0o600);
    let config = ["check", "--config", file.to_str().unwrap(), "--strict"];
    run(&world, &config).ok();
}

#[test]
fn a_contract_that_was_made_of_places_is_kept() {
    let world = everywhere();
    let bytes = json!({ "binary": "AAECAw==" });
    world.store.plant_secret("prd/keystore", &bytes);
    let options = "--from secretsmanager://prd/app/ --rename a+b=c=AB --from \
                   secretsmanager://prd/single#login --optional-from secretsmanager://prd/keys/ --path \
                   /prd/app --secret WORD=secretsmanager://prd/single?region=us-east-1#pass/word --file \
                   STORE=secretsmanager://prd/keystore";
    let words: Vec<&str> = options.split_whitespace().collect();
    let text = run(&world, &[&["init", "--output", "-"], &words[..]].concat()).ok();
    let (_, body) = text.split_once("\n\n").unwrap();
    assert_eq!(
        body,
        r##"from = ["secretsmanager://prd/app/", "secretsmanager://prd/single#login"]
optional-from = ["secretsmanager://prd/keys/"]
path = ["/prd/app"]
rename = ["a+b=c=AB"]

[variables.AB] # secretsmanager://prd/app/a+b=c

[variables.BOTH] # secretsmanager://prd/app/both

[variables.DB] # /prd/app/db

[variables.LOGIN] # secretsmanager://prd/single#login

[variables.ONE] # secretsmanager://prd/keys/one
required = false

[variables.STORE]
from = "secretsmanager://prd/keystore"
file = true

[variables.WORD]
from = "secretsmanager://prd/single?region=us-east-1#pass/word"
"##
    );
    let file = world.directory.file("made.toml", &text, 0o600);
    let file = file.to_str().unwrap();
    run(&world, &["check", "--config", file, "--strict"]).ok();
    run(
        &world,
        &["check", "--config", file, "--strict", "--names-only"],
    )
    .ok();
    let launched = |options: &[&str]| {
        let names = r#"env | grep -v "^STORE=" | sort; cat "$STORE""#;
        let words = [&["--clean-env"], options, &["--", "/bin/sh", "-c", names]].concat();
        world.envsecrets(&words).run().stdout
    };
    assert_eq!(launched(&["--config", file]), launched(&words));
    // The names of keys are in values, which are not read.
    let ended = run(&world, &["init", "--from", "secretsmanager://prd/single"]);
    assert_eq!(
        ended.failed(64),
        "envsecrets: error: `init` reads no values, and the names of `--from \
         secretsmanager://prd/single` are in a value\n\
         envsecrets: hint: leave it out, and add it and its variables to the file by hand\n"
    );
}

/// The fingerprint of a launch.
fn fingerprint(world: &World, options: &str) -> String {
    let options = format!("{options} --fingerprint PRINT");
    let text = world.launch(&options, &["printenv", "PRINT"]).run().ok();
    text.trim_end().to_owned()
}

fn stale(world: &World, options: &str, then: &str) -> Ended {
    let words = ["stale", "--is", then].into_iter();
    run(world, &words.chain(options.split(' ')).collect::<Vec<_>>())
}

#[test]
fn a_rotated_secret_is_stale_and_no_value_is_read() {
    const OLD: &str = "11111111-0000-4000-8000-000000000000";
    const NEW: &str = "22222222-0000-4000-8000-000000000000";
    for (options, name, shown) in [
        (
            "--from secretsmanager://prd/app/",
            "prd/app/both",
            "secretsmanager://prd/app/both",
        ),
        (
            "--from sm://prd/app/?region=us-east-1",
            "prd/app/both",
            "secretsmanager://prd/app/both?region=us-east-1",
        ),
        (
            "--from secretsmanager://prd/keys/?json",
            "prd/keys/one",
            "secretsmanager://prd/keys/one",
        ),
        (
            "--from secretsmanager://prd/single",
            "prd/single",
            "secretsmanager://prd/single",
        ),
        (
            "--secret X=secretsmanager://prd/single#login",
            "prd/single",
            "secretsmanager://prd/single",
        ),
        (
            "--json secretsmanager://prd/single",
            "prd/single",
            "secretsmanager://prd/single",
        ),
        (
            "--file F=secretsmanager://prd/single",
            "prd/single",
            "secretsmanager://prd/single",
        ),
    ] {
        let options = format!("{options} --rename a+b=c=AB --path /prd/app");
        let options = match options.contains("app/ ") || options.contains("app/?") {
            true => options,
            false => options.replace(" --rename a+b=c=AB", ""),
        };
        let world = everywhere();
        let value = |secret: &str, id: &str| {
            let value = format!(r#"{{"login":"{secret}"}}"#);
            world
                .store
                .plant_secret(name, &json!({ "value": value, "id": id }));
        };
        value("x", OLD);
        let then = fingerprint(&world, &options);
        world.server.clear_requests();
        assert_eq!(stale(&world, &options, &then).ok(), "", "{options}");
        let requests = world.server.requests();
        for request in &requests {
            let reads_no_value = match request.operation.as_str() {
                "ListSecrets" | "DescribeSecret" => true,
                "GetParametersByPath" => request.body["WithDecryption"] == false,
                _ => false,
            };
            assert!(reads_no_value, "{options}: {request:?}");
        }
        value(SENTINEL, NEW);
        let ended = stale(&world, &options, &then);
        assert_eq!(ended.code, Some(1), "{options} {ended:?}");
        assert_eq!(
            ended.text(),
            format!("changed  {shown}  11111111 -> 22222222\n"),
            "{options}"
        );
    }
}

#[test]
fn secrets_that_come_and_go_are_stale_and_another_stage_is_not() {
    let world = everywhere();
    let options = "--from secretsmanager://prd/app/ --rename a+b=c=AB";
    let then = fingerprint(&world, options);
    // As a rotation that is not finished does, and a change of the description alone.
    world.store.put_secret("prd/app/both:AWSPENDING", "next");
    assert_eq!(stale(&world, options, &then).ok(), "");
    let bytes = json!({ "value": SENTINEL, "id": "33333333-0000-4000-8000-000000000000" });
    world.store.plant_secret("prd/app/new", &bytes);
    world.store.delete_secret("prd/app/both");
    let ended = stale(&world, options, &then);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let text = ended.text();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("added    secretsmanager://prd/app/new   -> 33333333")
    );
    let gone = lines.next().unwrap();
    assert!(
        gone.starts_with("removed  secretsmanager://prd/app/both  ") && gone.ends_with(" ->"),
        "{gone}"
    );
}

#[test]
fn a_probe_of_a_store_that_fails_is_no_reason_to_restart() {
    let world = everywhere();
    let options = "--from secretsmanager://prd/keys/ --timeout 1s";
    let then = fingerprint(&world, options);
    for (fault, code) in [
        (Fault::AccessDenied, 77),
        (Fault::Throttle, 75),
        (Fault::Status(503), 75),
        (Fault::MissingName, 70),
        (Fault::Unlisted(vec!["prd/keys/one".to_owned()]), 66),
    ] {
        let rule = fault.clone().always().operation("ListSecrets");
        world.server.set_faults([rule]);
        let ended = stale(&world, options, &then);
        assert_eq!(ended.code, Some(code), "{fault:?} {ended:?}");
        let ended = stale(&world, &format!("{options} --probe"), &then);
        assert_eq!(ended.code, Some(0), "{fault:?} {ended:?}");
        world.server.clear_faults();
    }
}
