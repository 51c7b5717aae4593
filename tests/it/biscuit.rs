//! Launches from files of Biscuit, everything that goes wrong there, and the way to Parameter Store.

use std::path::Path;

use parameter_store::{Fault, Service};
use serde_json::json;

use crate::support::biscuit::{entry, entry_of, secret};
use crate::support::moto::Moto;
use crate::support::{
    Ended, Launch, OTHER_SENTINEL, SENTINEL, World, commands_of, leak, offline, pipe_of, world,
};

const TEMPLATE: &str = "_keys:\n- key_id: arn:aws:kms:us-east-1:123456789012:key/x\n  key_manager: kms\n  algorithm: secretbox\n";

/// The secrets of a service under the keys of two regions, in `app.yml`.
fn service() -> World {
    let world = world();
    let both = |name, value: &str, algorithm| {
        let regions = ["eu-west-1", "us-east-1"];
        secret(
            name,
            &regions.map(|region| entry(name, value.as_bytes(), algorithm, region)),
        )
    };
    let text = [
        TEMPLATE,
        &both("db_pass", SENTINEL, "secretbox"),
        &both("api-key", OTHER_SENTINEL, "aesgcm256"),
    ];
    world.directory.file("app.yml", text.concat(), 0o644);
    world
}

/// A world with this file.
fn world_of(text: &str) -> World {
    let world = world();
    world.directory.file("app.yml", text, 0o644);
    world
}

/// The place of the file of a story.
fn file(world: &World) -> String {
    format!(
        "biscuit://{}",
        world.directory.path().join("app.yml").display()
    )
}

/// Options in which `FILE` stands for that place.
fn with_file(world: &World, options: &str) -> String {
    options.replace("FILE", &file(world))
}

fn variables(world: &World, options: &str) -> Vec<String> {
    world.variables(&with_file(world, options))
}

/// What was called, and in which region.
fn calls(world: &World) -> Vec<(String, String)> {
    let requests = world.server.requests().into_iter();
    requests
        .map(|it| (it.operation, it.region.unwrap_or_default()))
        .collect()
}

/// A message without the address of the stand-in and the directory of the story.
fn plain(world: &World, text: &str) -> String {
    text.replace(&world.server.url(), "http://127.0.0.1:PORT")
        .replace(&world.directory.path().display().to_string(), "/DIR")
}

#[track_caller]
fn refusal(world: &World, options: &str, code: u8) -> String {
    let text = world.refusal(&with_file(world, options), code);
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    plain(world, &text)
}

fn run(world: &World, words: &str) -> Ended {
    let words = with_file(world, words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = world.envsecrets(&words).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

#[test]
fn a_service_starts_from_a_file_as_from_parameter_store() {
    let world = service();
    world.store.put("/prd/app/db_pass", SENTINEL);
    world.store.put("/prd/app/api-key", OTHER_SENTINEL);
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("DB_PASS={SENTINEL}"),
    ];
    for options in [
        "--path /prd/app",
        "--from FILE",
        "--from FILE --path /prd/app",
        "--from FILE --only api-key --path /prd/app --only db_pass",
        "--secret API_KEY=FILE#api-key --secret DB_PASS=FILE#db_pass",
        "--optional-from biscuit:///nowhere.yml --from FILE",
    ] {
        assert_eq!(variables(&world, options), expected, "{options}");
    }
    // A path that begins with `.` is one of the working directory.
    let mut launch = world.launch("--clean-env --from biscuit://./app.yml", &["env"]);
    launch.command.current_dir(world.directory.path());
    assert_eq!(launch.run().ok(), expected.join("\n") + "\n");
    // A pipe is read once.
    let options = "--clean-env --from biscuit:///dev/stdin --secret X=biscuit:///dev/stdin#api-key";
    let mut launch = world.launch(options, &["env"]);
    let text = std::fs::read(world.directory.path().join("app.yml")).unwrap();
    launch.command.stdin(pipe_of(&text));
    let expected = format!("{}\nX={OTHER_SENTINEL}\n", expected.join("\n"));
    assert_eq!(launch.run().ok(), expected);
}

#[test]
fn the_key_in_the_own_region_is_used_and_otherwise_the_first_of_the_file() {
    let world = service();
    let east = ("Decrypt".to_owned(), "us-east-1".to_owned());
    let west = ("Decrypt".to_owned(), "eu-west-1".to_owned());
    assert_eq!(variables(&world, "--from FILE").len(), 2);
    assert_eq!(calls(&world), [east.clone(), east.clone()]);
    for (options, expected) in [
        ("--from FILE?region=eu-west-1", &west),
        ("--region eu-west-1 --from FILE", &west),
        ("--region ap-south-1 --from FILE", &west),
        ("--region us-east-1 --from FILE", &east),
    ] {
        world.server.clear_requests();
        assert_eq!(variables(&world, options).len(), 2, "{options}");
        assert_eq!(
            calls(&world),
            [expected.clone(), expected.clone()],
            "{options}"
        );
    }
    // No setting is needed where the file names the region.
    world.server.clear_requests();
    let options = with_file(&world, "--clean-env --from FILE");
    let mut launch = world.launch(&options, &["env"]);
    launch.without("AWS_REGION");
    launch.env("AWS_EC2_METADATA_DISABLED", "true");
    assert_eq!(launch.run().ok().lines().count(), 2);
    assert_eq!(calls(&world), [west.clone(), west]);
    // Both at the same time, in any order.
    let bodies = world.bodies("Decrypt");
    for name in ["api-key", "db_pass"] {
        let context = json!({ "SecretName": name });
        let mut contexts = bodies.iter().map(|body| &body["EncryptionContext"]);
        assert!(contexts.any(|it| *it == context), "{name}");
    }
    assert!(bodies.iter().all(|body| body.get("KeyId").is_none()));
}

#[test]
fn a_key_that_is_no_arn_is_in_the_own_region() {
    let name = "db";
    let text = secret(
        name,
        &[entry(name, SENTINEL.as_bytes(), "secretbox", "us-east-1")],
    );
    let arn = text
        .split("key_id: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let world = world_of(&text.replace(arn, "alias/biscuit"));
    assert_eq!(variables(&world, "--from FILE"), [format!("DB={SENTINEL}")]);
    let world = world_of(&text.replace(arn, "alias/biscuit"));
    refusal(&world, "--region eu-west-1 --from FILE", 65);
}

#[test]
fn what_is_not_sealed_needs_no_aws_at_all() {
    let world = world_of(
        &[
            TEMPLATE,
            &secret("db_pass", &[entry("", SENTINEL.as_bytes(), "none", "")]),
            &secret("empty", &[entry("", b"", "none", "")]),
            &secret("key", &[entry("", b"\xff\x00", "none", "")]),
        ]
        .concat(),
    );
    let expected = format!("DB_PASS={SENTINEL}\nEMPTY=\n");
    let options = with_file(&world, "--clean-env --from FILE --exclude key -- env");
    let words: Vec<&str> = options.split_whitespace().collect();
    // No region, no credentials, and no endpoint.
    let mut launch = offline(&world.directory, &words);
    assert_eq!(launch.run().ok(), expected);
    assert_eq!(world.server.calls(), 0);
    let options = with_file(&world, "--clean-env --file KEY=FILE#key");
    let mut launch = world.launch(&options, &["/bin/sh", "-c", "/usr/bin/od -An -tx1 $KEY"]);
    assert_eq!(launch.run().ok(), " ff 00\n");
    assert_eq!(world.server.calls(), 0);
    // Beside a sealed secret too, where that is left out.
    let sealed = secret("z", &[entry("z", b"z", "secretbox", "us-east-1")]);
    let open = secret("a", &[entry("a", b"a", "none", "")]);
    let world = world_of(&format!("{sealed}{open}"));
    for options in ["--from FILE --exclude z", "--secret A=FILE#a"] {
        assert_eq!(variables(&world, options), ["A=a"], "{options}");
        assert_eq!(world.server.calls(), 0);
    }
}

#[test]
fn keys_and_documents_and_references_are_as_of_other_stores() {
    let document = json!({ "login": "app", "pass": SENTINEL }).to_string();
    let world = world_of(
        &[
            secret(
                "db",
                &[entry("db", document.as_bytes(), "aesgcm256", "us-east-1")],
            ),
            secret(
                "token",
                &[entry(
                    "token",
                    SENTINEL.as_bytes(),
                    "secretbox",
                    "us-east-1",
                )],
            ),
        ]
        .concat(),
    );
    let expected = ["LOGIN=app".to_owned(), format!("PASS={SENTINEL}")];
    assert_eq!(variables(&world, "--from FILE#db"), expected);
    assert_eq!(variables(&world, "--json FILE#db"), expected);
    let one = variables(&world, "--secret X=FILE#db#pass");
    assert_eq!(one, [format!("X={SENTINEL}")]);
    let reference = with_file(&world, "FILE#token");
    assert_eq!(
        world.inheriting(
            "--resolve",
            &[("A", &format!("ref+{reference}")), ("B", &reference)]
        ),
        [format!("A={SENTINEL}"), format!("B={reference}")]
    );
}

#[test]
fn any_text_can_be_a_name() {
    let names = ["a#b", "a b", "a*", "ä/ö", "%41"];
    let text = names.map(|name| {
        let entries = [entry(name, name.as_bytes(), "secretbox", "us-east-1")];
        secret(&format!("\"{name}\""), &entries)
    });
    let world = world_of(&text.concat());
    for (place, name) in [
        ("FILE#a%23b", "a#b"),
        ("FILE#a%20b", "a b"),
        ("FILE#a*", "a*"),
        ("FILE#ä/ö", "ä/ö"),
        ("FILE#%2541", "%41"),
    ] {
        let options = format!("--secret X={place}");
        assert_eq!(variables(&world, &options), [format!("X={name}")]);
    }
}

#[test]
fn the_next_region_is_tried_where_a_key_fails() {
    for (fault, why) in [
        (Fault::KmsAccessDenied, "AWS refused to decrypt"),
        (
            Fault::Error {
                status: 400,
                code: "DisabledException".to_owned(),
                message: "it is disabled".to_owned(),
            },
            "DisabledException",
        ),
    ] {
        let world = service();
        world
            .server
            .set_faults([fault.always().region("us-east-1")]);
        let options = with_file(&world, "--clean-env --from FILE");
        let ended = world.launch(&options, &["env"]).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
        // Once for the region, whatever the number of secrets.
        let reports = ended.stderr.matches("was not opened, for us-east-1: ");
        assert_eq!(reports.count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
    // One that cannot be reached, after half of the time.
    let world = service();
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    let options = with_file(&world, "--clean-env --timeout 4s --from FILE");
    let ended = world.launch(&options, &["env"]).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("was not opened, for us-east-1: it could not be reached in time"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_no_region_opens_is_a_refusal_or_is_waited_for() {
    let world = service();
    world.server.set_faults([Fault::KmsAccessDenied.always()]);
    let text = refusal(&world, "--secret X=FILE#db_pass", 77);
    assert!(
        text.contains(
            "envsecrets: error: AWS refused to decrypt secret `biscuit:///DIR/app.yml#db_pass` in us-east-1 at http://127.0.0.1:PORT\n"
        ),
        "{text}"
    );
    assert!(text.contains("was not opened, for eu-west-1: "), "{text}");
    assert!(
        text.contains("allow kms:Decrypt on the key of the entry"),
        "{text}"
    );
    assert!(text.contains("(request id "), "{text}");
    // One is denied, and the other may come back.
    for region in ["us-east-1", "eu-west-1"] {
        let world = service();
        let denied = match region {
            "us-east-1" => "eu-west-1",
            _ => "us-east-1",
        };
        world.server.set_faults([
            Fault::Status(503).always().region(region),
            Fault::KmsAccessDenied.always().region(denied),
        ]);
        refusal(&world, "--timeout 2s --secret X=FILE#db_pass", 75);
    }
}

#[test]
fn what_may_pass_is_tried_again_and_what_does_not_ends_with_75() {
    let name = "db";
    let entries = [entry(name, SENTINEL.as_bytes(), "secretbox", "us-east-1")];
    let world = world_of(&secret(name, &entries));
    for fault in [
        Fault::Throttle,
        Fault::InternalServerError,
        Fault::Status(503),
        Fault::ResetBeforeReply,
        Fault::TruncatedJson,
        Fault::EmptyObject,
        Fault::CaptivePortal,
    ] {
        world.server.set_faults([fault.clone().first(1)]);
        let expected = [format!("DB={SENTINEL}")];
        assert_eq!(variables(&world, "--from FILE"), expected, "{fault:?}");
    }
    for fault in [Fault::Throttle, Fault::Hang, Fault::InternalServerError] {
        world.server.set_faults([fault.always()]);
        let text = refusal(&world, "--timeout 1s --from FILE", 75);
        assert!(
            text.contains("the data key of secret `biscuit:///DIR/app.yml#db`"),
            "{text}"
        );
    }
    for fault in [
        Fault::EmptyObject,
        Fault::TruncatedJson,
        Fault::CaptivePortal,
    ] {
        world.server.set_faults([fault.always()]);
        let text = refusal(&world, "--timeout 20s --from FILE", 70);
        assert!(text.contains("is invalid"), "{text}");
    }
}

#[test]
fn a_secret_that_was_renamed_or_changed_is_not_opened() {
    let renamed = entry_of("new", SENTINEL.as_bytes(), "secretbox", "us-east-1", "old");
    let world = world_of(&secret("new", &[renamed]));
    let text = refusal(&world, "--from FILE", 65);
    let request = text.rsplit_once("request id ").unwrap().1;
    let request = request.split_once(')').unwrap().0;
    assert_eq!(
        text,
        format!(
            "\
envsecrets: error: secret `biscuit:///DIR/app.yml#new` in us-east-1 at http://127.0.0.1:PORT cannot be decrypted
envsecrets:   caused by: InvalidCiphertextException (request id {request})
envsecrets: hint: the name of a secret is a part of its encryption: put it again with `biscuit put` if it was renamed, or if its entry was changed
"
        )
    );
    for algorithm in ["secretbox", "aesgcm256"] {
        let whole = entry("db", SENTINEL.as_bytes(), algorithm, "us-east-1");
        let (head, sealed) = whole.rsplit_once("ciphertext: ").unwrap();
        let (changed, tag) = (
            format!("{head}ciphertext: AAAA{}", &sealed[4..]),
            "its tag does not match: the entry was changed or damaged",
        );
        for (text, why) in [
            (changed, tag),
            (
                format!("{head}ciphertext: AAAA\n"),
                "its `ciphertext` is shorter than its nonce and its tag",
            ),
            (
                format!("{head}ciphertext: '*'\n"),
                "its `ciphertext` is not Base64",
            ),
            (
                whole.replace("key_manager: kms", "key_manager: testing"),
                "its key manager is `testing`, whose key is the same for everyone",
            ),
            (
                whole.replace(algorithm, "rot13"),
                "its algorithm is `rot13`, which Biscuit 0.1 has not",
            ),
        ] {
            let world = world_of(&secret("db", &[text]));
            for options in ["--from FILE", "--secret X=FILE#db"] {
                let text = refusal(&world, options, 65);
                assert!(
                    text.contains("secret `biscuit:///DIR/app.yml#db`"),
                    "{text}"
                );
                assert!(text.contains(&format!("caused by: {why}\n")), "{text}");
            }
        }
    }
    // Another entry of it that is whole opens it.
    let broken = "- algorithm: secretbox\n  key_manager: testing\n  ciphertext: AAAA\n".to_owned();
    let whole = entry("db", SENTINEL.as_bytes(), "secretbox", "us-east-1");
    let world = world_of(&secret("db", &[broken, whole]));
    let options = with_file(&world, "--clean-env --from FILE");
    let ended = world.launch(&options, &["env"]).run();
    assert_eq!(ended.text(), format!("DB={SENTINEL}\n"));
    assert_eq!(
        plain(&world, &ended.stderr),
        "envsecrets: an entry of secret `biscuit:///DIR/app.yml#db` was not opened, for us-east-1: \
         its key manager is `testing`, whose key is the same for everyone\n"
    );
    let world = world_of("db: []\n");
    let text = refusal(&world, "--from FILE", 65);
    assert!(text.contains("caused by: it has no entries\n"), "{text}");
}

#[test]
fn what_is_missing_is_named_and_what_is_no_file_is_refused() {
    let world = service();
    assert_eq!(
        refusal(&world, "--secret X=FILE#nothing", 66),
        "\
envsecrets: error: secret `biscuit:///DIR/app.yml#nothing` does not exist
envsecrets: hint: check file and name for typos: `biscuit list -f FILE` prints the names of a file
"
    );
    assert_eq!(
        refusal(&world, "--from biscuit:///nowhere/app.yml", 66),
        "\
envsecrets: error: file `/nowhere/app.yml` does not exist
envsecrets: hint: check the path for typos; a layer that may be missing is `--optional-from`
"
    );
    let world = world_of(TEMPLATE);
    assert_eq!(
        refusal(&world, "--from FILE", 66),
        "\
envsecrets: error: no secrets exist in `biscuit:///DIR/app.yml`
envsecrets: hint: check the path for typos; a layer that may be empty is `--optional-from`
"
    );
    let world = world_of(&format!("a: {SENTINEL}\n"));
    assert_eq!(
        refusal(&world, "--from FILE", 65),
        "\
envsecrets: error: `/DIR/app.yml` is no file of Biscuit
envsecrets:   caused by: it is not a mapping of names to lists of entries: line 1 is something else
envsecrets: hint: it maps each name to a list of entries, as `biscuit put` writes it
"
    );
    let text = refusal(&world, "--from biscuit:///dev", 78);
    assert!(text.contains("`/dev` cannot be read"), "{text}");
    let text = refusal(&world, "--timeout 5s --from biscuit:///dev/zero", 78);
    assert!(text.contains("it is longer than 16 MiB"), "{text}");
    // A pipe without an end.
    let (reader, _writer) = std::io::pipe().unwrap();
    let mut launch = world.launch("--timeout 1s --from biscuit:///dev/stdin", &["env"]);
    launch.command.stdin(reader);
    let ended = launch.run();
    assert!(
        ended.stderr.contains("`/dev/stdin` was not read within 1s"),
        "{ended:?}"
    );
    assert_eq!(ended.code, Some(75), "{ended:?}");
}

#[test]
fn what_is_no_place_is_refused_at_once() {
    let world = world();
    for (place, why, hint) in [
        (
            "biscuit://app.yml",
            "has a path that begins with neither `/` nor `./`, at character 11",
            "did you mean `biscuit://./app.yml`?",
        ),
        (
            "biscuit://~/app.yml",
            "has a path that begins with neither `/` nor `./`, at character 11",
            "write the whole path: `~` is replaced by shells, and not in a place",
        ),
        (
            "biscuit:///etc/",
            "names no file",
            "one file is read: all its secrets, or one as `#NAME`; `--only` and `--exclude` take patterns",
        ),
        (
            "biscuit:///",
            "names no file",
            "such as `biscuit:///etc/app.yml#db`, or `biscuit://./app.yml`",
        ),
        (
            "biscuit:///a.yml?fallback-region=eu-west-1",
            "has an unknown option, `fallback-region`, at character 18",
            "its options are `region`, `profile`, `role`, `external-id`",
        ),
    ] {
        let shown = match place.contains('?') {
            true => "the place".to_owned(),
            false => format!("`{place}`"),
        };
        assert_eq!(
            world.refusal(&format!("--from {place}"), 64),
            format!("envsecrets: error: {shown}, in `--from`, {why}\nenvsecrets: hint: {hint}\n")
        );
    }
    let text = world.refusal("--secret X=biscuit:///a.yml#_keys", 64);
    assert!(
        text.contains("names `_keys`, which has the keys of new secrets, and is not a secret"),
        "{text}"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn names_and_versions_are_listed_without_any_key() {
    let world = service();
    let text = plain(
        &world,
        &run(&world, "list FILE --columns name,variable,type").ok(),
    );
    // The columns are as wide as the directory of the story.
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    let text: String = text.lines().map(words).collect();
    assert_eq!(
        text,
        "\
NAME VARIABLE TYPE
biscuit:///DIR/app.yml#api-key API_KEY Secret
biscuit:///DIR/app.yml#db_pass DB_PASS Secret
"
    );
    assert_eq!(world.server.calls(), 0);
    let text = run(&world, "check --from FILE").ok();
    assert!(text.contains("#db_pass"), "{text}");
    assert!(text.contains("#api-key"), "{text}");
    assert_eq!(world.bodies("Decrypt").len(), 2);
}

#[test]
fn fingerprints_and_stale_compare_versions_without_any_key() {
    let world = service();
    let all = variables(&world, "--fingerprint FINGERPRINT --from FILE");
    let fingerprint = all
        .iter()
        .find_map(|line| line.strip_prefix("FINGERPRINT="))
        .unwrap();
    world.server.clear_requests();
    let stale = || run(&world, &format!("stale --is {fingerprint} --from FILE")).code;
    assert_eq!(stale(), Some(0));
    let path = world.directory.path().join("app.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = secret(
        "api-key",
        &[entry("api-key", b"newer", "aesgcm256", "us-east-1")],
    );
    let kept = text.split("api-key:").next().unwrap();
    world
        .directory
        .file("app.yml", format!("{kept}{newer}"), 0o644);
    assert_eq!(stale(), Some(1));
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn secrets_are_compared_copied_and_copied_again() {
    let world = service();
    let copy = |options: &str| {
        run(
            &world,
            &format!("copy FILE /prd --write-rate 1000 {options}"),
        )
    };
    let differs = run(&world, "diff FILE /prd");
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(differs.text().contains("removed  db_pass"), "{differs:?}");
    let copied = copy("");
    assert_eq!(
        copied.text(),
        "\
STEP  PARAMETER     TYPE          SIZE  NOTE
new   /prd/api-key  SecureString  29
new   /prd/db_pass  SecureString  29
",
        "{copied:?}"
    );
    assert_eq!(run(&world, "diff FILE /prd").ok(), "");
    assert_eq!(
        variables(&world, "--path /prd"),
        variables(&world, "--from FILE")
    );
    let writes = world.bodies("PutParameter").len();
    assert_eq!(copy("").code, Some(0));
    assert_eq!(world.bodies("PutParameter").len(), writes);
    world.store.put("/prd/db_pass", "by hand");
    let again = copy("");
    assert_eq!(again.code, Some(73), "{again:?}");
    assert!(again.text().contains("changed here"), "{again:?}");
}

#[test]
fn init_and_export_take_it_as_every_store() {
    let world = service();
    let text = plain(&world, &run(&world, "init --output - --from FILE").ok());
    assert!(
        text.contains("from = [\"biscuit:///DIR/app.yml\"]"),
        "{text}"
    );
    assert!(
        text.contains("[variables.DB_PASS] # biscuit:///DIR/app.yml#db_pass"),
        "{text}"
    );
    let options = with_file(&world, "export --from FILE --format dotenv --output -");
    let words: Vec<&str> = options.split_whitespace().collect();
    let ended = world.envsecrets(&words).run();
    let expected = format!("API_KEY=\"{OTHER_SENTINEL}\"\nDB_PASS=\"{SENTINEL}\"\n");
    assert_eq!(ended.text().replace('\'', "\""), expected, "{ended:?}");
}

#[test]
fn the_policy_has_the_keys_of_the_file() {
    let world = service();
    let key = |region: &str| {
        format!("arn:aws:kms:{region}:123456789012:key/0a1b2c3d-0000-4000-8000-00000000cred")
    };
    let policy = |options: &str| -> serde_json::Value {
        let ended = run(&world, &format!("policy --account 123456789012 {options}"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        serde_json::from_slice(&ended.stdout).unwrap()
    };
    let statement = |sid: &str, region: &str, names: serde_json::Value| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [key(region)],
            "Condition": { "StringLike": { "kms:EncryptionContext:SecretName": names } },
        })
    };
    assert_eq!(
        policy("--from FILE")["Statement"],
        json!([
            statement("DecryptEntries", "us-east-1", json!(["*"])),
            statement("DecryptEntriesEuWest1", "eu-west-1", json!(["*"])),
        ])
    );
    assert_eq!(
        policy("--secret X=FILE#db_pass --secret Y=FILE#api-key")["Statement"],
        json!([
            statement("DecryptEntries", "us-east-1", json!(["api-key", "db_pass"])),
            statement(
                "DecryptEntriesEuWest1",
                "eu-west-1",
                json!(["api-key", "db_pass"])
            ),
        ])
    );
    let ended = run(
        &world,
        "policy --account 123456789012 --from biscuit:///nowhere.yml",
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .text()
            .contains("arn:aws:kms:us-east-1:123456789012:key/*"),
        "{ended:?}"
    );
    assert!(
        ended.stderr.contains("`/nowhere.yml` does not exist here"),
        "{ended:?}"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn many_secrets_wait_for_a_region_once() {
    let mut text = String::new();
    for number in 0..40 {
        let name = format!("n{number:03}");
        let entries = ["us-east-1", "eu-west-1"]
            .map(|region| entry(&name, name.as_bytes(), "secretbox", region));
        text.push_str(&secret(&name, &entries));
    }
    let world = world_of(&text);
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    let options = with_file(&world, "--clean-env --timeout 10s --from FILE");
    let ended = world.launch(&options, &["env"]).run();
    assert_eq!(ended.text().lines().count(), 40, "{ended:?}");
    assert_eq!(
        ended.stderr.matches("was not opened").count(),
        1,
        "{ended:?}"
    );
    let services: Vec<Service> = world
        .server
        .requests()
        .iter()
        .map(|it| it.service)
        .collect();
    assert!(services.iter().all(|it| *it == Service::Kms));
}

/// What the AWS CLI prints, against moto.
fn aws(moto: &Moto, words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let mut launch = Launch::new("aws", &words);
    let ended = moto.settings(&mut launch).run();
    assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
    ended.text().trim().to_owned()
}

#[test]
fn a_data_key_of_moto_opens_an_entry_as_one_of_biscuit_does() {
    let story = "a_data_key_of_moto_opens_an_entry_as_one_of_biscuit_does";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let key = aws(
        &moto,
        "kms create-key --query KeyMetadata.Arn --output text",
    );
    let text = aws(
        &moto,
        &format!(
            "kms generate-data-key --key-id {key} --number-of-bytes 32 --encryption-context SecretName=db --query [Plaintext,CiphertextBlob] --output text"
        ),
    );
    let (plaintext, blob) = text.split_once(char::is_whitespace).unwrap();
    let sealed = crate::support::biscuit::sealed(plaintext, SENTINEL.as_bytes());
    let text = format!(
        "db:\n- key_id: {key}\n  key_manager: kms\n  algorithm: secretbox\n  key_ciphertext: {blob}\n  ciphertext: {sealed}\n"
    );
    let path = moto.directory.file("app.yml", &text, 0o644);
    let place = format!("biscuit://{}", path.display());
    let words = ["--clean-env", "--from", &place, "--", "env"];
    let ended = moto.envsecrets(&words).run();
    assert_eq!(ended.ok(), format!("DB={SENTINEL}\n"));
    // Under another name it is another encryption context.
    moto.directory
        .file("app.yml", text.replace("db:", "dc:"), 0o644);
    let ended = moto.envsecrets(&words).run();
    assert!(
        ended.failed(65).contains("InvalidCiphertextException"),
        "{ended:?}"
    );
}

#[test]
fn the_page_is_followed() {
    let world = service();
    let program = "#!/bin/sh\nprintf %s \"$DB_PASS\"\n";
    world.directory.file("serve", program, 0o755);
    let run = |words: &Vec<String>, directory: &Path| {
        let mut launch = world.envsecrets(words);
        launch.command.current_dir(directory);
        let ended = launch.run();
        assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
        ended.text()
    };
    let commands = commands_of(include_str!("../../docs/leaving/biscuit.md"));
    assert_eq!(commands.len(), 6, "{commands:?}");
    let printed: Vec<String> = commands
        .iter()
        .map(|words| run(words, world.directory.path()))
        .collect();
    assert_eq!(printed[0], SENTINEL);
    assert_eq!(printed[2], SENTINEL);
    assert_eq!(printed[3], "");
    for text in [&printed[1], &printed[3], &printed[4], &printed[5]] {
        assert_eq!(leak(text.as_bytes()), None, "{text}");
    }
}
