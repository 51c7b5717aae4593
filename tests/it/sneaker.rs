//! Launches from Sneaker, everything that goes wrong there, and the way to Parameter Store.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parameter_store::Fault;
use serde_json::json;

use crate::support::moto::Moto;
use crate::support::sneaker::{archive, envelope, packed, plant, plant_with, sealed};
use crate::support::{
    Ended, Launch, OTHER_SENTINEL, SENTINEL, World, commands_of, leak, pipe_of, world,
};

/// An object that Sneaker wrote, at its last commit, with its data key and the key of KMS.
const OBJECT: &str = "AAAAYGIyMzQyZGZiLTJhMTUtNDMwMS05YzE4LTY0YjkxYjg2ZTg3ZeonDHOwCIF6kAr9lkar6/PjzivuIdf6LOgYyFw05SLHLeXWrpDpD7xPArmPL900UkpmMBKTrHs8n0bo16hmLecP2j6Hiu/RgrWHeNTazWI0YUL74dKKAuj8Il/A";
const KEY: &str = "mEWY8G5W7OxUKdCUorW4G5ZLbXrs8yt7wCHrwRolnb8=";
const KEY_ID: &str = "arn:aws:kms:us-east-1:123456789012:key/b2342dfb-2a15-4301-9c18-64b91b86e87e";

/// A service with its secrets below `prd/app/`, and others beside it.
fn service() -> World {
    let world = world();
    plant(
        &world.store,
        "secrets",
        "prd/app/db-pass",
        SENTINEL.as_bytes(),
    );
    plant(
        &world.store,
        "secrets",
        "prd/app/api/key",
        OTHER_SENTINEL.as_bytes(),
    );
    plant(&world.store, "secrets", "prd/app2/x", b"of another service");
    plant(&world.store, "secrets", "prd/app", b"not below itself");
    // What the console makes for a folder.
    world.store.put_object("secrets", "prd/app/", b"");
    world
}

fn operations(world: &World) -> Vec<String> {
    let requests = world.server.requests();
    requests.iter().map(|it| it.operation.clone()).collect()
}

fn plain(world: &World, text: &str) -> String {
    text.replace(&world.server.url(), "http://127.0.0.1:PORT")
        .replace(&world.directory.path().display().to_string(), "/DIR")
}

#[track_caller]
fn refusal(world: &World, options: &str, code: u8) -> String {
    let text = world.refusal(options, code);
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    plain(world, &text)
}

fn run(world: &World, words: &str) -> Ended {
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = world.envsecrets(&words).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

#[test]
fn a_service_starts_from_a_bucket_as_from_parameter_store() {
    let world = service();
    world.store.put("/prd/app/db-pass", SENTINEL);
    world.store.put("/prd/app/api/key", OTHER_SENTINEL);
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("DB_PASS={SENTINEL}"),
    ];
    for options in [
        "--path /prd/app",
        "--from sneaker://secrets/prd/app/",
        "--from sneaker://secrets/prd/app/ --path /prd/app",
        "--secret API_KEY=sneaker://secrets/prd/app/api/key --secret DB_PASS=sneaker://secrets/prd/app/db-pass",
        "--optional-from sneaker://secrets/none/ --from sneaker://secrets/prd/app/",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
}

#[test]
fn a_set_takes_one_list_and_what_is_excluded_is_not_read() {
    let world = service();
    assert_eq!(
        world.variables("--from sneaker://secrets/prd/app/").len(),
        2
    );
    let mut made = operations(&world);
    made.sort();
    assert_eq!(
        made,
        [
            "Decrypt",
            "Decrypt",
            "GetObject",
            "GetObject",
            "ListObjectsV2"
        ]
    );
    world.server.clear_requests();
    let options = "--from sneaker://secrets/prd/app/ --exclude api/*";
    assert_eq!(world.variables(options), [format!("DB_PASS={SENTINEL}")]);
    assert_eq!(
        operations(&world),
        ["ListObjectsV2", "GetObject", "Decrypt"]
    );
    let context = &world.bodies("Decrypt")[0]["EncryptionContext"];
    assert_eq!(*context, json!({ "Path": "s3://secrets/prd/app/db-pass" }));
    // A whole bucket.
    assert_eq!(world.variables("--from sneaker://secrets/").len(), 4);
}

#[test]
fn what_the_real_sneaker_wrote_is_read_with_the_key_id_of_kms() {
    let world = world();
    let object = STANDARD.decode(OBJECT).unwrap();
    world.store.put_object("real", "app/db", &object);
    let (blob, key) = (&object[4..4 + 0x60], STANDARD.decode(KEY).unwrap());
    let context = json!({ "Path": "s3://real/app/db" });
    world.store.plant_data_key(blob, KEY_ID, &context, &key);
    assert_eq!(world.variables("--from sneaker://real/app/"), ["DB=DB=1"]);
    // The same data key of another key of KMS does not open it.
    let world = self::world();
    world.store.put_object("real", "app/db", &object);
    let other = KEY_ID.replace("b2342dfb", "00000000");
    world.store.plant_data_key(blob, &other, &context, &key);
    let text = refusal(&world, "--from sneaker://real/app/", 65);
    assert!(text.contains("its tag does not match"), "{text}");
}

#[test]
fn more_than_a_thousand_secrets_are_read() {
    let world = world();
    for number in 0..1100 {
        let key = format!("prd/n{number:04}");
        plant(
            &world.store,
            "secrets",
            &key,
            format!("value {number}").as_bytes(),
        );
    }
    let variables = world.variables("--timeout 60s --from sneaker://secrets/prd/");
    assert_eq!(variables.len(), 1100);
    for (number, variable) in variables.iter().enumerate() {
        assert_eq!(*variable, format!("N{number:04}=value {number}"));
    }
    assert_eq!(world.bodies("ListObjectsV2").len(), 2);
}

#[test]
fn contexts_and_regions_are_those_that_a_secret_was_written_with() {
    let world = world();
    let context = json!({ "env": "prd", "a:b": "c d" });
    let place = "sneaker://secrets/prd/?kms-region=us-west-2&context=env:prd&context=a%3Ab:c%20d";
    plant_with(
        &world.store,
        "secrets",
        "prd/db",
        SENTINEL.as_bytes(),
        "us-west-2",
        &context,
    );
    assert_eq!(
        world.variables(&format!("--from {place}")),
        [format!("DB={SENTINEL}")]
    );
    for place in [
        "sneaker://secrets/prd/",
        "sneaker://secrets/prd/?kms-region=us-west-2",
        "sneaker://secrets/prd/?context=env:prd&context=a%3Ab:c%20d",
        "sneaker://secrets/prd/?kms-region=us-west-2&context=env:dev&context=a%3Ab:c%20d",
    ] {
        let text = refusal(&world, &format!("--from {place}"), 65);
        let request = text.rsplit_once("request id ").unwrap().1;
        let request = request.split_once(')').unwrap().0;
        let region = match place.contains("us-west-2") {
            true => "us-west-2",
            false => "us-east-1",
        };
        assert_eq!(
            text,
            format!(
                "\
envsecrets: error: secret `sneaker://secrets/prd/db` in {region} at http://127.0.0.1:PORT cannot be decrypted
envsecrets:   caused by: InvalidCiphertextException (request id {request})
envsecrets: hint: the encryption context must be that of SNEAKER_MASTER_CONTEXT, or of `sneaker pack --context`, and all of it: check each `context=KEY:VALUE`, and `kms-region=REGION` if its key is in another region; bucket and key are a part of it, so that a copy of an object cannot be decrypted
"
            )
        );
    }
}

#[test]
fn a_bucket_is_found_in_its_region_unless_the_place_names_one() {
    let world = world();
    world.store.create_bucket("far", "eu-west-1", false);
    plant(&world.store, "far", "a/x", SENTINEL.as_bytes());
    for options in ["--from sneaker://far/a/", "--secret X=sneaker://far/a/x"] {
        assert_eq!(
            world.variables(options),
            [format!("X={SENTINEL}")],
            "{options}"
        );
    }
    // Its keys are in the region of the settings, as Sneaker has one for both.
    let text = refusal(&world, "--from sneaker://far/a/?region=us-east-2", 64);
    assert!(text.contains("its bucket is in eu-west-1"), "{text}");
}

#[test]
fn keys_and_files_and_references_are_as_of_other_stores() {
    let world = world();
    let document = json!({ "login": "app", "pass": SENTINEL }).to_string();
    plant(&world.store, "secrets", "prd/db", document.as_bytes());
    plant(&world.store, "secrets", "prd/key", b"\xff\x00\xfe");
    plant(&world.store, "secrets", "prd/token", SENTINEL.as_bytes());
    let expected = ["LOGIN=app".to_owned(), format!("PASS={SENTINEL}")];
    for options in [
        "--from sneaker://secrets/prd/db",
        "--json sneaker://secrets/prd/db",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
    assert_eq!(
        world.variables("--secret X=sneaker://secrets/prd/db#pass"),
        [format!("X={SENTINEL}")]
    );
    let mut launch = world.launch(
        "--clean-env --file KEY=sneaker://secrets/prd/key",
        &["/bin/sh", "-c", "/usr/bin/od -An -tx1 $KEY"],
    );
    assert_eq!(launch.run().ok(), " ff 00 fe\n");
    let reference = "sneaker://secrets/prd/token";
    assert_eq!(
        world.inheriting(
            "--resolve",
            &[("A", &format!("ref+{reference}")), ("B", reference)]
        ),
        [format!("A={SENTINEL}"), format!("B={reference}")]
    );
}

#[test]
fn a_packed_file_is_a_set_that_is_never_unpacked() {
    let world = world();
    let entries = [
        ("prd/db-pass", SENTINEL.as_bytes()),
        ("../../etc/passwd", b"hello"),
        ("key", b"\xff\x00"),
    ];
    let context = json!({ "host": "web-1" });
    let bytes = packed(&entries, &context);
    let path = world.directory.file("packed", &bytes, 0o600);
    let place = format!("sneaker://{}?context=host:web-1", path.display());
    assert_eq!(
        world.variables(&format!(
            "--from {place} --exclude key --rename ../../etc/passwd=PASSWD"
        )),
        ["PASSWD=hello".to_owned(), format!("PRD_DB_PASS={SENTINEL}")]
    );
    assert_eq!(operations(&world), ["Decrypt"]);
    let one = format!("--secret X={place}#prd/db-pass");
    assert_eq!(world.variables(&one), [format!("X={SENTINEL}")]);
    // Nothing was written beside it.
    let written = std::fs::read_dir(world.directory.path()).unwrap().count();
    assert_eq!(written, 1);
    // A pipe is read once, for all that is taken of it.
    let options = "--clean-env --from sneaker:///dev/stdin?context=host:web-1 --only prd/* \
                   --secret X=sneaker:///dev/stdin?context=host:web-1#prd/db-pass";
    let mut launch = world.launch(options, &["env"]);
    launch.command.stdin(pipe_of(&bytes));
    assert_eq!(
        launch.run().ok(),
        format!("PRD_DB_PASS={SENTINEL}\nX={SENTINEL}\n")
    );
    for (options, code, why) in [
        (
            format!("--from sneaker://{}", path.display()),
            65,
            "packed file `/DIR/packed` in us-east-1 at http://127.0.0.1:PORT cannot be decrypted",
        ),
        (
            format!("--secret X={place}#nothing"),
            66,
            "secret `sneaker:///DIR/packed?context=host:web-1#nothing` does not exist",
        ),
        (
            "--from sneaker:///nowhere/packed".to_owned(),
            66,
            "file `/nowhere/packed` does not exist",
        ),
        (
            "--timeout 5s --from sneaker:///dev/zero".to_owned(),
            78,
            "it is longer than 16 MiB",
        ),
    ] {
        let text = refusal(&world, &options, code);
        assert!(text.contains(why), "{text}");
    }
    // What is sealed is no archive, or one that was cut.
    let whole = archive(&entries);
    for sealed in [&b"hunter2"[..], &whole[..whole.len() - 512]] {
        let bytes = envelope(sealed, "us-east-1", &json!({}), "packed");
        let path = world.directory.file("broken", &bytes, 0o600);
        let text = refusal(&world, &format!("--from sneaker://{}", path.display()), 65);
        assert!(
            text.contains("is not a TAR archive, or only a part of one"),
            "{text}"
        );
    }
}

#[test]
fn what_was_changed_or_moved_is_not_opened() {
    let context = json!({ "Path": "s3://secrets/prd/db" });
    let whole = envelope(SENTINEL.as_bytes(), "us-east-1", &context, "x");
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (object, why) in [
        (
            &changed[..],
            "its tag does not match: it was changed or damaged, or its key is another one",
        ),
        (&whole[..whole.len() - 1], "its tag does not match"),
        (
            b"DB=1\n",
            "it is not an envelope of Sneaker: a data key, a nonce and a sealed value",
        ),
        (b"", "it is not an envelope of Sneaker"),
    ] {
        let world = world();
        world.store.put_object("secrets", "prd/db", object);
        plant(
            &world.store,
            "secrets",
            "prd/good",
            OTHER_SENTINEL.as_bytes(),
        );
        for options in [
            "--from sneaker://secrets/prd/",
            "--secret X=sneaker://secrets/prd/db",
        ] {
            let text = refusal(&world, options, 65);
            assert!(text.contains("secret `sneaker://secrets/prd/db`"), "{text}");
            assert!(text.contains(why), "{text}");
        }
        let options = "--from sneaker://secrets/prd/ --exclude db";
        assert_eq!(world.variables(options), [format!("GOOD={OTHER_SENTINEL}")]);
    }
    // A copy of an object has another place.
    let world = world();
    world.store.put_object("secrets", "prd/copy", &whole);
    refusal(&world, "--secret X=sneaker://secrets/prd/copy", 65);
}

#[test]
fn refusals_name_secret_operation_and_permission() {
    let world = service();
    for (fault, options, error, hint) in [
        (
            Fault::AccessDenied.always().operation("ListObjectsV2"),
            "--from sneaker://secrets/prd/app/",
            "AWS denied permission to list prefix `sneaker://secrets/prd/app/` in us-east-1 at http://127.0.0.1:PORT",
            "allow s3:ListBucket on arn:aws:s3:::secrets",
        ),
        (
            Fault::AccessDenied.always().operation("GetObject"),
            "--secret X=sneaker://secrets/prd/app/db-pass",
            "AWS denied permission to read secret `sneaker://secrets/prd/app/db-pass` in us-east-1 at http://127.0.0.1:PORT",
            "allow s3:GetObject on arn:aws:s3:::secrets/prd/app/db-pass; or it does not exist",
        ),
        (
            Fault::KmsAccessDenied.always().operation("Decrypt"),
            "--secret X=sneaker://secrets/prd/app/db-pass",
            "AWS refused to decrypt secret `sneaker://secrets/prd/app/db-pass` in us-east-1 at http://127.0.0.1:PORT",
            "allow kms:Decrypt on the key of the secret, in the caller's policy and in the key's own",
        ),
    ] {
        world.server.set_faults([fault]);
        let text = refusal(&world, options, 77);
        assert!(
            text.starts_with(&format!("envsecrets: error: {error}\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("envsecrets: hint: {hint}")),
            "{text}"
        );
        assert!(text.contains("(request id "), "{text}");
    }
    world.server.clear_faults();
    assert_eq!(
        refusal(&world, "--secret X=sneaker://secrets/nothing", 66),
        "\
envsecrets: error: secret `sneaker://secrets/nothing` does not exist in us-east-1 at http://127.0.0.1:PORT
envsecrets: hint: check bucket, prefix, name and region for typos: `sneaker ls` prints the names
"
    );
    assert_eq!(
        refusal(&world, "--from sneaker://secrets/nothing/", 66),
        "\
envsecrets: error: no secrets exist below `sneaker://secrets/nothing/` in us-east-1 at http://127.0.0.1:PORT
envsecrets: hint: check bucket, prefix and region for typos; a layer that may be empty is `--optional-from`
"
    );
    let text = refusal(&world, "--from sneaker://nowhere/x/", 66);
    assert!(text.contains("bucket `nowhere` does not exist"), "{text}");
}

#[test]
fn what_may_pass_is_tried_again_and_what_does_not_ends_with_75() {
    let world = service();
    for fault in [
        Fault::Throttle,
        Fault::InternalServerError,
        Fault::Status(503),
        Fault::ResetBeforeReply,
        Fault::CloseMidBody,
        Fault::CaptivePortal,
    ] {
        for operation in ["ListObjectsV2", "GetObject", "Decrypt"] {
            world
                .server
                .set_faults([fault.clone().first(1).operation(operation)]);
            let variables = world.variables("--from sneaker://secrets/prd/app/");
            assert_eq!(variables.len(), 2, "{fault:?} {operation}");
        }
    }
    for operation in ["ListObjectsV2", "GetObject", "Decrypt"] {
        let fault = Fault::Throttle.always().operation(operation);
        world.server.set_faults([fault]);
        let text = refusal(&world, "--timeout 1s --from sneaker://secrets/prd/app/", 75);
        assert!(
            text.contains("sneaker://secrets/prd/app/"),
            "{operation} {text}"
        );
    }
    for (fault, operation) in [
        (Fault::RepeatedToken, "ListObjectsV2"),
        (Fault::EmptyBody, "ListObjectsV2"),
        (Fault::CaptivePortal, "ListObjectsV2"),
        (Fault::EmptyObject, "Decrypt"),
    ] {
        world
            .server
            .set_faults([fault.clone().always().operation(operation)]);
        let text = refusal(
            &world,
            "--timeout 20s --from sneaker://secrets/prd/app/",
            70,
        );
        assert!(text.contains("is invalid"), "{fault:?} {text}");
    }
}

#[test]
fn what_is_no_place_is_refused_at_once() {
    let world = world();
    let form =
        "the form is `sneaker://BUCKET/PREFIX/NAME`, and all below is `sneaker://BUCKET/PREFIX/`";
    for (place, why, hint) in [
        (
            "sneaker://secrets",
            "names a bucket, and no secret in it",
            Some(form),
        ),
        ("sneaker://", "names no bucket", Some(form)),
        (
            "sneaker://secrets/a//b",
            "has a part of its path that no secret of Sneaker has, at character 21",
            None,
        ),
        (
            "sneaker://secrets/a/../b",
            "has a part of its path that no secret of Sneaker has, at character 21",
            None,
        ),
        (
            "sneaker://secrets/a*",
            "has a `*` at its end",
            Some("all below is read with `/` at the end; `--only` and `--exclude` take patterns"),
        ),
        ("sneaker:///etc/", "names no packed file", Some(form)),
        (
            "sneaker://secrets/a/#b",
            "has a key at character 22, and names a set of secrets",
            Some("a key is taken of one secret: leave out the `/` or `*` before it"),
        ),
    ] {
        let text = world.refusal(&format!("--from {place}"), 64);
        let first = format!("envsecrets: error: `{place}`, in `--from`, {why}\n");
        assert!(text.starts_with(&first), "{text}");
        if let Some(hint) = hint {
            assert_eq!(text, format!("{first}envsecrets: hint: {hint}\n"));
        }
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn names_and_versions_are_listed_without_any_key() {
    let world = service();
    let text = run(
        &world,
        "list sneaker://secrets/prd/app/ --columns name,variable,type",
    )
    .ok();
    assert_eq!(
        text,
        "\
NAME                               VARIABLE  TYPE
sneaker://secrets/prd/app/api/key  API_KEY   Secret
sneaker://secrets/prd/app/db-pass  DB_PASS   Secret
"
    );
    assert_eq!(operations(&world), ["ListObjectsV2"]);
    let text = run(&world, "check --from sneaker://secrets/prd/app/").ok();
    assert!(text.contains("sneaker://secrets/prd/app/db-pass"), "{text}");
}

#[test]
fn fingerprints_and_stale_compare_versions_without_any_key() {
    let world = service();
    let from = "--from sneaker://secrets/prd/app/ --secret X=sneaker://secrets/prd/app2/x";
    let variables = world.variables(&format!("--fingerprint FINGERPRINT {from}"));
    let fingerprint = variables
        .iter()
        .find_map(|line| line.strip_prefix("FINGERPRINT="))
        .unwrap();
    world.server.clear_requests();
    let stale = || run(&world, &format!("stale --is {fingerprint} {from}")).code;
    assert_eq!(stale(), Some(0));
    let mut made = operations(&world);
    made.sort();
    assert_eq!(made, ["HeadObject", "ListObjectsV2"]);
    plant(&world.store, "secrets", "prd/app/db-pass", b"newer");
    assert_eq!(stale(), Some(1));
}

#[test]
fn secrets_are_compared_copied_and_copied_again() {
    let world = service();
    let copy = || {
        run(
            &world,
            "copy sneaker://secrets/prd/app/ /prd --write-rate 1000",
        )
    };
    let differs = run(&world, "diff sneaker://secrets/prd/app/ /prd");
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(differs.text().contains("removed  db-pass"), "{differs:?}");
    let copied = copy();
    assert_eq!(
        copied.text(),
        "\
STEP  PARAMETER     TYPE          SIZE  NOTE
new   /prd/api/key  SecureString  29
new   /prd/db-pass  SecureString  29
",
        "{copied:?}"
    );
    assert_eq!(run(&world, "diff sneaker://secrets/prd/app/ /prd").ok(), "");
    let writes = world.bodies("PutParameter").len();
    assert_eq!(copy().code, Some(0));
    assert_eq!(world.bodies("PutParameter").len(), writes);
    world.store.put("/prd/db-pass", "by hand");
    let again = copy();
    assert_eq!(again.code, Some(73), "{again:?}");
    assert!(again.text().contains("changed here"), "{again:?}");
    plant(&world.store, "secrets", "prd/app/api/key", b"newer");
    assert!(copy().text().contains("changed in the source"));
}

#[test]
fn init_and_export_take_it_as_every_store() {
    let world = service();
    let text = run(&world, "init --output - --from sneaker://secrets/prd/app/").ok();
    assert!(
        text.contains("from = [\"sneaker://secrets/prd/app/\"]"),
        "{text}"
    );
    assert!(
        text.contains("[variables.DB_PASS] # sneaker://secrets/prd/app/db-pass"),
        "{text}"
    );
    let words = "export --from sneaker://secrets/prd/app/ --format dotenv --output -";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = world.envsecrets(&words).run();
    let expected = format!("API_KEY=\"{OTHER_SENTINEL}\"\nDB_PASS=\"{SENTINEL}\"\n");
    assert_eq!(ended.text().replace('\'', "\""), expected, "{ended:?}");
}

#[test]
fn the_policy_is_what_the_launch_needs() {
    let world = world();
    let policy = |options: &str| -> serde_json::Value {
        let ended = run(&world, &format!("policy --account 123456789012 {options}"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        serde_json::from_slice(&ended.stdout).unwrap()
    };
    let list = json!({
        "Sid": "ListSecretObjects",
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["arn:aws:s3:::secrets"],
        "Condition": { "StringEquals": { "s3:prefix": ["prd/app/"] } },
    });
    let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000";
    assert_eq!(
        policy(&format!(
            "--from sneaker://secrets/prd/app/?context=env:prd --secret X=sneaker://other/db --key-id {key}"
        ))["Statement"],
        json!([
            list,
            {
                "Sid": "ReadSecretObjects",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::secrets/prd/app/*", "arn:aws:s3:::other/db"],
            },
            {
                "Sid": "DecryptSealed",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": [key],
                "Condition": { "StringLike": { "kms:EncryptionContext:Path": ["s3://other/db"] } },
            },
            {
                "Sid": "DecryptSealed2",
                "Effect": "Allow",
                "Action": ["kms:Decrypt"],
                "Resource": [key],
                "Condition": {
                    "StringLike": { "kms:EncryptionContext:Path": ["s3://secrets/prd/app/*"] },
                    "StringEquals": { "kms:EncryptionContext:env": "prd" },
                },
            },
        ])
    );
    assert_eq!(
        policy("--for stale --from sneaker://secrets/prd/app/")["Statement"],
        json!([list])
    );
    // The names in a packed file are sealed too.
    let statements = &policy("--for stale --from sneaker:///etc/packed?context=a:b")["Statement"];
    assert_eq!(statements[0]["Action"], json!(["kms:Decrypt"]));
    assert_eq!(world.server.calls(), 0);
}

/// What the AWS CLI prints, against moto.
fn aws(moto: &Moto, words: &[&str]) -> String {
    let mut launch = Launch::new("aws", words);
    launch.command.current_dir(moto.directory.path());
    let ended = moto.settings(&mut launch).run();
    assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
    ended.text().trim().to_owned()
}

#[test]
fn objects_in_moto_are_read_as_those_of_sneaker() {
    let story = "objects_in_moto_are_read_as_those_of_sneaker";
    let Some(moto) = Moto::start(story) else {
        return;
    };
    let key = aws(
        &moto,
        &[
            "kms",
            "create-key",
            "--query=KeyMetadata.Arn",
            "--output=text",
        ],
    );
    let bucket = format!("sneaker-{}", moto.region);
    let configuration = format!("LocationConstraint={}", moto.region);
    let create = [
        "s3api",
        "create-bucket",
        "--bucket",
        &bucket,
        "--create-bucket-configuration",
    ];
    aws(&moto, &[&create[..], &[&configuration]].concat());
    let upload = |name: &str, value: &str| {
        let context = format!("Path=s3://{bucket}/prd/{name},env=prd");
        let text = aws(
            &moto,
            &[
                "kms",
                "generate-data-key",
                "--key-id",
                &key,
                "--key-spec=AES_256",
                "--encryption-context",
                &context,
                "--query=[Plaintext,CiphertextBlob]",
                "--output=text",
            ],
        );
        let (plaintext, blob) = text.split_once(char::is_whitespace).unwrap();
        let (plaintext, blob) = (STANDARD.decode(plaintext), STANDARD.decode(blob));
        let object = sealed(&blob.unwrap(), &plaintext.unwrap(), &key, value.as_bytes());
        moto.directory.file("object", &object, 0o600);
        let object = format!("prd/{name}");
        aws(
            &moto,
            &[
                "s3api",
                "put-object",
                "--bucket",
                &bucket,
                "--key",
                &object,
                "--body=object",
            ],
        );
    };
    upload("db-pass", SENTINEL);
    upload("a b", "spaced");
    let place = format!("sneaker://{bucket}/prd/?context=env:prd");
    let rename = format!("sneaker://{bucket}/prd/a%20b=AB");
    let words = [
        "--clean-env",
        "--from",
        &place,
        "--rename",
        &rename,
        "--",
        "env",
    ];
    let ended = moto.envsecrets(&words).run();
    assert_eq!(ended.ok(), format!("AB=spaced\nDB_PASS={SENTINEL}\n"));
    let wrong = place.replace("env:prd", "env:dev");
    let ended = moto.envsecrets(&["--from", &wrong, "--", "env"]).run();
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
    let commands = commands_of(include_str!("../../docs/leaving/sneaker.md"));
    assert_eq!(commands.len(), 6, "{commands:?}");
    let printed: Vec<String> = commands
        .iter()
        .map(|words| {
            let mut launch = world.envsecrets(words);
            launch.command.current_dir(world.directory.path());
            let ended = launch.run();
            assert_eq!(ended.code, Some(0), "{words:?} {ended:?}");
            ended.text()
        })
        .collect();
    assert_eq!(printed[0], SENTINEL);
    assert_eq!(printed[2], SENTINEL);
    assert_eq!(printed[3], "");
    for text in [&printed[1], &printed[3], &printed[4], &printed[5]] {
        assert_eq!(leak(text.as_bytes()), None, "{text}");
    }
}
