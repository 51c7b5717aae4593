//! Launches from credstash: layers, single secrets, and everything that goes wrong there.

use parameter_store::{Fault, Rule, Service, Throttle};
use serde_json::json;

use crate::support::{OTHER_SENTINEL, SENTINEL, World, leak, world};

/// A service with its secrets below `prd.app.`, and others beside it.
fn service() -> World {
    let world = world();
    world
        .store
        .plant_credstash("prd.app.db-pass", &SENTINEL.into());
    world
        .store
        .plant_credstash("prd.app.api-key", &OTHER_SENTINEL.into());
    world
        .store
        .plant_credstash("prdXapp.x", &"not of the dot's neighbours".into());
    world
        .store
        .plant_credstash("prd.app2.x", &"of another service".into());
    world
        .store
        .plant_credstash("prd.app", &"not below itself".into());
    world
}

/// The operations that were called, in order.
fn operations(world: &World) -> Vec<String> {
    let requests = world.server.requests();
    requests.iter().map(|it| it.operation.clone()).collect()
}

/// The messages of a launch that is refused, without its secrets.
#[track_caller]
fn refusal(world: &World, options: &str, code: u8) -> String {
    let text = world.refusal(options, code);
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    text
}

/// A text without the port of the stand-in.
fn without_port(world: &World, text: &str) -> String {
    text.replace(&world.server.url(), "http://127.0.0.1:PORT")
}

#[test]
fn a_service_starts_from_either_store_with_the_same_names() {
    let world = service();
    world.store.put("/prd/app/db-pass", SENTINEL);
    world.store.put("/prd/app/api-key", OTHER_SENTINEL);
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("DB_PASS={SENTINEL}"),
    ];
    for options in [
        "--path /prd/app",
        "--from credstash:///prd.app.*",
        "--from credstash://credential-store/prd.app.*",
        "--from credstash:///prd.app.* --path /prd/app",
        "--from credstash:///prd.app.* --only api-key --path /prd/app --only db-pass",
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
}

#[test]
fn what_only_looks_alike_is_not_taken_and_one_scan_is_all() {
    let world = service();
    assert_eq!(world.variables("--from credstash:///prd.app.*").len(), 2);
    let requests = world.server.requests();
    let made: Vec<(Service, &str)> = requests
        .iter()
        .map(|it| (it.service, it.operation.as_str()))
        .collect();
    assert_eq!(
        made,
        [
            (Service::DynamoDb, "Scan"),
            (Service::Kms, "Decrypt"),
            (Service::Kms, "Decrypt"),
        ]
    );
    let scan = &requests[0].body;
    assert_eq!(scan["TableName"], "credential-store");
    assert_eq!(scan["ConsistentRead"], true);
    assert_eq!(scan["FilterExpression"], "begins_with(#n, :p0)");
    // The whole table, and what a `/` ends.
    world
        .store
        .plant_credstash("prd/app/x", &"of a path".into());
    assert_eq!(
        world.variables("--from credstash:///prd/app/"),
        ["X=of a path"]
    );
    assert_eq!(world.variables("--from credstash:///").len(), 6);
}

#[test]
fn sets_of_one_table_share_a_scan() {
    let world = service();
    let options = "--from credstash:///prd.app2.* --from credstash:///prd.app.*";
    assert_eq!(world.variables(options).len(), 3);
    let scans = operations(&world);
    assert_eq!(scans.iter().filter(|it| *it == "Scan").count(), 1);
    let scan = &world.bodies("Scan")[0];
    assert_eq!(
        scan["FilterExpression"],
        "begins_with(#n, :p0) OR begins_with(#n, :p1)"
    );
}

#[test]
fn what_is_excluded_is_not_decrypted() {
    let world = service();
    let options = "--from credstash:///prd.app.* --exclude api-*";
    assert_eq!(world.variables(options), [format!("DB_PASS={SENTINEL}")]);
    assert_eq!(operations(&world), ["Scan", "Decrypt"]);
}

#[test]
fn one_secret_takes_one_query() {
    let world = service();
    let document = json!({ "name": "app", "password": SENTINEL }).to_string();
    world.store.plant_credstash("prd.db", &document.into());
    for (options, expected) in [
        (
            "--secret X=credstash:///prd.app.db-pass",
            format!("X={SENTINEL}"),
        ),
        (
            "--secret X=credstash:///prd.db#password",
            format!("X={SENTINEL}"),
        ),
        (
            "--from credstash:///prd.db --only name",
            "NAME=app".to_owned(),
        ),
    ] {
        world.server.clear_requests();
        assert_eq!(world.variables(options), [expected], "{options}");
        assert_eq!(operations(&world), ["Query", "Decrypt"], "{options}");
    }
    let query = &world.bodies("Query")[0];
    assert_eq!(query["ScanIndexForward"], false);
    assert_eq!(query["ConsistentRead"], true);
    assert_eq!(query["Limit"], 1);
}

#[test]
fn keys_and_files_and_references_are_as_of_other_stores() {
    let world = world();
    let document = json!({ "user": "app", "pass": SENTINEL }).to_string();
    world.store.plant_credstash("prd.app.db", &document.into());
    let variables = world.variables("--from credstash:///prd.app.*?json --rename db=ALL");
    assert_eq!(variables[0].split('=').next(), Some("ALL"));
    let variables = &variables[1..];
    assert_eq!(
        variables,
        [format!("DB_PASS={SENTINEL}"), "DB_USER=app".to_owned()]
    );
    // Bytes, as other writers of the format store them.
    let bytes = json!({ "bytes": "/wD+" });
    world.store.plant_credstash("prd.key", &bytes);
    let mut launch = world.launch(
        "--clean-env --file KEY=credstash:///prd.key",
        &["/bin/sh", "-c", "/usr/bin/od -An -tx1 $KEY"],
    );
    assert_eq!(launch.run().ok(), " ff 00 fe\n");
    world.store.plant_credstash("prd.token", &SENTINEL.into());
    assert_eq!(
        world.inheriting(
            "--resolve",
            &[
                ("A", "ref+credstash:///prd.token"),
                ("B", "credstash:///prd.token"),
            ]
        ),
        [
            format!("A={SENTINEL}"),
            "B=credstash:///prd.token".to_owned()
        ]
    );
}

#[test]
fn each_digest_is_read_and_a_missing_one_follows_from_the_mac() {
    let world = world();
    let digests = ["MD5", "SHA", "SHA224", "SHA256", "SHA384", "SHA512"];
    for digest in digests {
        let value = format!("with {digest}");
        let bytes = json!({ "value": value, "digest": digest });
        world.store.plant_credstash(&format!("a.{digest}"), &bytes);
        // As text, as other writers store it; and as the migration of credstash writes rows.
        let mut text = json!({ "value": value, "digest": digest, "hmac": "text" });
        text["row"] = json!({ "digest": null });
        world.store.plant_credstash(&format!("b.{digest}"), &text);
    }
    for set in ["a.", "b."] {
        let variables = world.variables(&format!("--from credstash:///{set}*"));
        let expected = digests.map(|digest| format!("{digest}=with {digest}"));
        assert_eq!(variables, expected, "{set}");
    }
}

#[test]
fn the_newest_version_is_read_or_the_one_that_is_named() {
    let world = world();
    let plant = |name: &str, version: &str| {
        let secret = json!({ "value": format!("at {version}"), "version": version });
        world.store.plant_credstash(name, &secret);
    };
    for version in ["9", "10"] {
        plant("a.unpadded", version);
    }
    for version in ["0000000000000000009", "0000000000000000010"] {
        plant("a.padded", version);
    }
    for version in ["9", "10", "0000000000000000011"] {
        plant("a.mixed", version);
    }
    for version in ["0000000000000000002", "0000000000000000abc"] {
        plant("a.text", version);
    }
    let newest = [
        "MIXED=at 0000000000000000011",
        "PADDED=at 0000000000000000010",
        "TEXT=at 0000000000000000abc",
        "UNPADDED=at 10",
    ];
    assert_eq!(world.variables("--from credstash:///a.*"), newest);
    for (place, value) in [
        ("a.unpadded", "at 10"),
        ("a.padded", "at 0000000000000000010"),
        ("a.mixed", "at 0000000000000000011"),
        ("a.text", "at 0000000000000000abc"),
        ("a.unpadded:9", "at 9"),
        ("a.padded:9", "at 0000000000000000009"),
        ("a.padded:0000000000000000009", "at 0000000000000000009"),
        ("a.text?version=abc", "at 0000000000000000abc"),
        ("a.text?version=2", "at 0000000000000000002"),
    ] {
        let options = format!("--secret X=credstash:///{place}");
        assert_eq!(world.variables(&options), [format!("X={value}")], "{place}");
    }
    let text = refusal(&world, "--secret X=credstash:///a.padded:8", 66);
    assert_eq!(
        without_port(&world, &text),
        "\
envsecrets: error: secret `credstash://credential-store/a.padded?version=8` does not exist in us-east-1 at http://127.0.0.1:PORT
envsecrets: hint: check table, names, versions, account and region for typos; `:` before a number, if it is a part of a name, is written `%3A`
"
    );
}

#[test]
fn tables_are_named_by_the_place_or_by_the_variable_of_credstash() {
    let world = world();
    for (table, value) in [
        ("credential-store", "of the usual one"),
        ("team.table", "of the team"),
    ] {
        let secret = json!({ "value": value, "table": table });
        world.store.plant_credstash("x", &secret);
    }
    assert_eq!(
        world.variables("--secret X=credstash:///x --secret Y=credstash://team.table/x"),
        ["X=of the usual one", "Y=of the team"]
    );
    let options = "--clean-env --secret X=credstash:///x --secret Y=credstash://credential-store/x";
    let mut launch = world.launch(options, &["env"]);
    launch.env("CREDSTASH_DEFAULT_TABLE", "team.table");
    assert_eq!(launch.run().ok(), "X=of the team\nY=of the usual one\n");
    let mut launch = world.launch("--secret X=credstash:///x", &["env"]);
    launch.env("CREDSTASH_DEFAULT_TABLE", "a b");
    assert_eq!(
        launch.run().failed(64),
        "\
envsecrets: error: `credstash:///x`, for X, names no table, and the one of `CREDSTASH_DEFAULT_TABLE` cannot exist
envsecrets: hint: the name of a table has 3 to 255 letters, digits, `_`, `.` and `-`
"
    );
}

#[test]
fn any_text_can_be_a_name() {
    let world = world();
    for (name, variable) in [
        ("prd:app:db", "PRD_APP_DB"),
        ("/prd/app", "PRD_APP"),
        ("db:5432", "DB_5432"),
    ] {
        world.store.plant_credstash(name, &"value".into());
        let variables = world.variables("--from credstash:///");
        let expected = format!("{variable}=value");
        assert!(variables.contains(&expected), "{variables:?}");
    }
    for place in [
        "credstash:///prd:app:db",
        "credstash:////prd/app",
        "credstash:///db%3A5432",
        "credstash:///db:5432?version=1",
    ] {
        let ended = world
            .envsecrets(&["--secret", &format!("X={place}"), "--", "env"])
            .run();
        let found = ended.code == Some(0);
        assert_eq!(found, !place.contains("?version=1"), "{place} {ended:?}");
    }
}

#[test]
fn table_and_key_can_be_in_different_regions() {
    let world = world();
    let secret = json!({
        "value": SENTINEL,
        "region": "eu-central-1",
        "kms-region": "us-west-2",
    });
    world.store.plant_credstash("prd.x", &secret);
    let place = "credstash:///prd.*?region=eu-central-1&kms-region=us-west-2";
    assert_eq!(
        world.variables(&format!("--from {place}")),
        [format!("X={SENTINEL}")]
    );
    let regions = world.server.requests().into_iter();
    let regions: Vec<String> = regions.filter_map(|it| it.region).collect();
    assert_eq!(regions, ["eu-central-1", "us-west-2"]);
    // Without it the key is looked for where the table is.
    let options = "--secret X=credstash:///prd.x?region=eu-central-1";
    let text = refusal(&world, options, 65);
    assert!(text.contains("in eu-central-1"), "{text}");
    assert!(text.contains("`kms-region=REGION`"), "{text}");
}

#[test]
fn no_region_is_assumed() {
    let world = service();
    let mut launch = world.launch("--from credstash:///prd.app.*", &["env"]);
    launch.without("AWS_REGION");
    launch.env("AWS_EC2_METADATA_DISABLED", "true");
    let ended = launch.run();
    assert!(ended.failed(78).contains("region"), "{ended:?}");
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_context_must_be_the_one_that_a_secret_was_written_with() {
    let world = world();
    let context = json!({ "env": "prd", "a:b": "c d&e" });
    let secret = json!({ "value": SENTINEL, "context": context });
    world.store.plant_credstash("prd.with", &secret);
    world
        .store
        .plant_credstash("prd.without", &OTHER_SENTINEL.into());
    assert_eq!(
        world.variables(
            "--from credstash:///prd.*?context=env:prd&context=a%3Ab:c%20d%26e --exclude without"
        ),
        [format!("WITH={SENTINEL}")]
    );
    // The name is in the message, and nothing waits for ever.
    let secret = "secret `credstash://credential-store/prd.with`";
    let needs = "it may have been written with an encryption context: add `context=KEY:VALUE` to its place for each; or its key is in another region, which `kms-region=REGION` names";
    let check = "the encryption context must be the one with which it was written, and all of it: check each `context=KEY:VALUE`, and `kms-region=REGION` if its key is in another region";
    for (options, hint) in [
        ("--from credstash:///prd.*", needs),
        ("--secret X=credstash:///prd.with", needs),
        ("--secret X=credstash:///prd.with?context=env:prd", check),
        ("--secret X=credstash:///prd.with?context=env:dev", check),
    ] {
        let text = refusal(&world, options, 65);
        let request = text.rsplit_once("request id ").unwrap().1;
        let request = request.split_once(')').unwrap().0;
        assert_eq!(
            without_port(&world, &text),
            format!(
                "\
envsecrets: error: {secret} in us-east-1 at http://127.0.0.1:PORT cannot be decrypted
envsecrets:   caused by: InvalidCiphertextException (request id {request})
envsecrets: hint: {hint}
"
            ),
            "{options}"
        );
    }
}

#[test]
fn nothing_is_decrypted_that_is_not_authentic() {
    for (row, why) in [
        (
            json!({ "contents": { "S": "AAAAAAAA" } }),
            "its MAC does not match: the row was changed or damaged",
        ),
        (
            json!({ "contents": { "S": "" } }),
            "its MAC does not match: the row was changed or damaged",
        ),
        (
            json!({ "hmac": { "S": "00".repeat(32) } }),
            "its MAC does not match: the row was changed or damaged",
        ),
        (
            json!({ "hmac": { "S": "" } }),
            "its MAC does not match: the row was changed or damaged",
        ),
        (
            json!({ "digest": { "S": "MD5" } }),
            "its MAC does not match: the row was changed or damaged",
        ),
        (
            json!({ "digest": { "S": "RIPEMD" } }),
            "its digest is `RIPEMD`, which credstash 1.17 cannot read either",
        ),
        (
            json!({ "digest": null, "hmac": { "S": "00" } }),
            "it names no digest, and its MAC has the size of none",
        ),
        (
            json!({ "contents": { "S": "not Base64" } }),
            "its attribute `contents` is not Base64",
        ),
        (
            json!({ "hmac": { "S": "0g" } }),
            "its attribute `hmac` is not hexadecimal",
        ),
        (json!({ "key": null }), "it has no attribute `key`"),
        (
            json!({ "contents": null }),
            "it has no attribute `contents`",
        ),
        (json!({ "hmac": null }), "it has no attribute `hmac`"),
    ] {
        let world = world();
        let secret = json!({ "value": SENTINEL, "row": row });
        world.store.plant_credstash("prd.x", &secret);
        world
            .store
            .plant_credstash("prd.good", &OTHER_SENTINEL.into());
        for options in ["--from credstash:///prd.*", "--secret X=credstash:///prd.x"] {
            let text = refusal(&world, options, 65);
            let hint = match why.contains("MAC does not match") {
                true => {
                    "the value was not decrypted; find out who wrote to the table, and put the secret again"
                }
                false => {
                    "credstash did not write this row, or something changed it since: put the secret again, or leave it out with `--exclude`"
                }
            };
            assert_eq!(
                without_port(&world, &text),
                format!(
                    "\
envsecrets: error: secret `credstash://credential-store/prd.x` in us-east-1 at http://127.0.0.1:PORT cannot be decrypted
envsecrets:   caused by: {why}
envsecrets: hint: {hint}
"
                )
            );
        }
    }
}

#[test]
fn a_truncated_or_foreign_data_key_opens_nothing() {
    for key in ["AAAA", "e30=", ""] {
        let world = world();
        let row = json!({ "key": { "S": key } });
        let secret = json!({ "value": SENTINEL, "row": row });
        world.store.plant_credstash("prd.x", &secret);
        let text = refusal(&world, "--secret X=credstash:///prd.x", 65);
        assert!(text.contains("InvalidCiphertextException"), "{text}");
        assert!(
            text.contains("`credstash://credential-store/prd.x`"),
            "{text}"
        );
    }
}

#[test]
fn refusals_name_secret_operation_and_permission() {
    let world = service();
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/credential-store";
    let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-4000-8000-00000000cred";
    for (fault, options, error, hint) in [
        (
            Fault::AccessDenied.always().operation("Scan"),
            "--from credstash:///prd.app.*",
            "AWS denied permission to read the secrets of table `credential-store` in us-east-1 at http://127.0.0.1:PORT",
            format!("allow dynamodb:Scan on {table}"),
        ),
        (
            Fault::AccessDenied.always().operation("Query"),
            "--secret X=credstash:///prd.app.db-pass",
            "AWS denied permission to read secret `credstash://credential-store/prd.app.db-pass` in us-east-1 at http://127.0.0.1:PORT",
            format!("allow dynamodb:Query on {table}"),
        ),
        (
            Rule::from(Fault::KmsAccessDenied),
            "--secret X=credstash:///prd.app.db-pass",
            "AWS refused to decrypt secret `credstash://credential-store/prd.app.db-pass` in us-east-1 at http://127.0.0.1:PORT",
            "allow kms:Decrypt on the key of the secret, in the caller's policy and in the key's own, with this encryption context if they name one; the key must exist, be enabled, and be in this region, or in that of `kms-region=REGION`".to_owned(),
        ),
    ] {
        world.server.set_faults([fault]);
        let text = refusal(&world, options, 77);
        let text = without_port(&world, &text);
        assert!(text.starts_with(&format!("envsecrets: error: {error}\n")), "{text}");
        assert!(text.contains(&format!("envsecrets: hint: {hint}\n")), "{text}");
        assert!(text.contains("(request id "), "{text}");
        assert!(text.contains(table) || text.contains(key), "{text}");
    }
    world.server.clear_faults();
    let text = refusal(&world, "--from credstash://nowhere/x.*", 66);
    assert_eq!(
        without_port(&world, &text),
        "\
envsecrets: error: table `nowhere` does not exist in us-east-1 at http://127.0.0.1:PORT
envsecrets: hint: check table, account and region for typos; `credstash://TABLE/NAME` and `CREDSTASH_DEFAULT_TABLE` name another
"
    );
    let text = refusal(&world, "--from credstash:///nothing.*", 66);
    assert_eq!(
        without_port(&world, &text),
        "\
envsecrets: error: no secret name matches `credstash://credential-store/nothing.*` in us-east-1 at http://127.0.0.1:PORT
envsecrets: hint: check table, name, account and region for typos; a layer that may be empty is `--optional-from`
"
    );
    assert_eq!(
        world.variables("--optional-from credstash:///nothing.* --from credstash:///prd.app2.*"),
        ["X=of another service"]
    );
}

#[test]
fn states_of_a_key_are_refusals_and_not_retried() {
    let world = service();
    for code in [
        "DisabledException",
        "KMSInvalidStateException",
        "NotFoundException",
    ] {
        let fault = Fault::Error {
            status: 400,
            code: code.to_owned(),
            message: "the key is not usable".to_owned(),
        };
        world.server.clear_requests();
        world
            .server
            .set_faults([fault.always().operation("Decrypt")]);
        let text = refusal(&world, "--secret X=credstash:///prd.app.db-pass", 77);
        assert!(text.contains(code), "{text}");
        assert_eq!(operations(&world), ["Query", "Decrypt"]);
    }
}

#[test]
fn a_table_of_something_else_is_distinguished_from_one_of_credstash() {
    let world = service();
    let fault = Fault::Error {
        status: 400,
        code: "ValidationException".to_owned(),
        message: "The provided key element does not match the schema".to_owned(),
    };
    world.server.set_faults([fault.always()]);
    let text = refusal(&world, "--secret X=credstash:///a", 64);
    assert!(
        text.contains("it may not be a table of credstash, whose key is `name` and `version`"),
        "{text}"
    );
}

#[test]
fn what_may_pass_is_tried_again() {
    let world = service();
    for fault in [
        Fault::Throttle,
        Fault::ThrottleRetryAfterMillis(1),
        Fault::InternalServerError,
        Fault::Status(503),
        Fault::ResetBeforeReply,
        Fault::CloseMidBody,
        Fault::TruncatedJson,
        Fault::EmptyObject,
        Fault::CaptivePortal,
    ] {
        for operation in ["Scan", "Decrypt"] {
            world
                .server
                .set_faults([fault.clone().first(1).operation(operation)]);
            let variables = world.variables("--from credstash:///prd.app.*");
            assert_eq!(variables.len(), 2, "{fault:?} {operation}");
        }
    }
}

#[test]
fn what_does_not_pass_ends_with_75_at_the_deadline() {
    let world = service();
    for (fault, operation) in [
        (Fault::Throttle, "Scan"),
        (Fault::Hang, "Scan"),
        (Fault::Hang, "Decrypt"),
        (Fault::InternalServerError, "Query"),
    ] {
        world
            .server
            .set_faults([fault.always().operation(operation)]);
        let options = match operation {
            "Query" => "--timeout 1s --secret X=credstash:///prd.app.db-pass",
            _ => "--timeout 1s --from credstash:///prd.app.*",
        };
        let text = refusal(&world, options, 75);
        assert!(text.contains("credential-store"), "{operation} {text}");
    }
}

#[test]
fn what_no_service_sends_starts_no_program() {
    for (fault, operation) in [
        (Fault::RepeatedToken, "Scan"),
        (Fault::CaptivePortal, "Scan"),
        (Fault::EmptyObject, "Decrypt"),
        (Fault::TruncatedJson, "Decrypt"),
        (Fault::EmptyBody, "Query"),
    ] {
        let world = service();
        world
            .server
            .set_faults([fault.clone().always().operation(operation)]);
        let options = match operation {
            "Query" => "--timeout 20s --secret X=credstash:///prd.app.db-pass",
            _ => "--timeout 20s --from credstash:///prd.app.*",
        };
        let text = refusal(&world, options, 70);
        assert!(text.contains("is invalid"), "{fault:?} {text}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_corrected() {
    let world = service();
    let skew = Fault::ClockSkew {
        minutes: 60,
        code: "InvalidSignatureException".to_owned(),
    };
    world.server.set_faults([skew.always()]);
    assert_eq!(world.variables("--from credstash:///prd.app.*").len(), 2);
}

#[test]
fn a_thousand_secrets_arrive_however_small_the_capacity_of_the_table() {
    let world = world();
    for number in 0..1000 {
        let name = format!("prd.app.n{number:04}");
        let secret = json!({ "value": format!("value {number}"), "comment": "x" });
        world.store.plant_credstash(&name, &secret);
        let older = json!({ "value": "older", "version": "0000000000000000000" });
        world.store.plant_credstash(&name, &older);
    }
    let capacity = Throttle {
        burst: 1.0,
        ..Throttle::per_second(4.0)
    };
    let quota = Throttle {
        burst: 400.0,
        ..Throttle::per_second(1000.0)
    };
    world
        .server
        .set_quotas(&[(&["Scan", "Query"], capacity), (&["Decrypt"], quota)]);
    // A slow machine may report that it waits.
    let options = "--clean-env --timeout 60s --from credstash:///prd.app.*";
    let ended = world.launch(options, &["env"]).run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let text = ended.text();
    let variables: Vec<&str> = text.lines().collect();
    assert_eq!(variables.len(), 1000);
    for (number, variable) in variables.iter().enumerate() {
        assert_eq!(*variable, format!("N{number:04}=value {number}"));
    }
    assert!(world.server.throttled() > 0);
}

#[test]
fn check_shows_what_comes_from_the_old_store() {
    let world = service();
    world.store.put("/prd/app/api-key", OTHER_SENTINEL);
    let options = [
        "check",
        "--from",
        "credstash:///prd.app.*",
        "--path",
        "/prd/app",
    ];
    let text = world.envsecrets(&options).run().ok();
    assert_eq!(leak(text.as_bytes()), None, "{text}");
    let row = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(
        row("API_KEY").contains(&"/prd/app/api-key".to_owned()),
        "{text}"
    );
    assert_eq!(
        row("DB_PASS"),
        [
            "DB_PASS",
            "credstash://credential-store/prd.app.db-pass",
            "1",
            "Secret",
            "29",
            "credstash://credential-store/prd.app.*",
        ],
        "{text}"
    );
}

#[test]
fn names_and_versions_are_listed_without_any_key() {
    let world = service();
    let noted = json!({ "value": SENTINEL, "version": "0000000000000000012", "comment": "for the database" });
    world.store.plant_credstash("prd.app.db-pass", &noted);
    let text = world
        .envsecrets(&["list", "credstash:///prd.app.*"])
        .run()
        .ok();
    assert_eq!(
        text,
        "\
NAME                                          VARIABLE  TYPE    VERSION  DESCRIPTION
credstash://credential-store/prd.app.api-key  API_KEY   Secret  1
credstash://credential-store/prd.app.db-pass  DB_PASS   Secret  12       for the database
"
    );
    assert_eq!(operations(&world), ["Scan"]);
    let scan = &world.bodies("Scan")[0];
    assert_eq!(scan["ProjectionExpression"], "#n, #v, #o");
}

#[test]
fn a_global_table_is_read_in_another_region_if_its_own_cannot_be_reached() {
    let world = world();
    for (region, value) in [("us-east-1", "of the first"), ("eu-west-1", SENTINEL)] {
        let secret = json!({ "value": value, "region": region, "kms-region": "us-west-2" });
        world.store.plant_credstash("prd.x", &secret);
    }
    world
        .server
        .set_faults([Fault::Status(503).always().region("us-east-1")]);
    let place = "credstash:///prd.*?kms-region=us-west-2&fallback-region=eu-west-1";
    let options = format!("--clean-env --timeout 6s --from {place}");
    let ended = world.launch(&options, &["env"]).run();
    assert_eq!(ended.text(), format!("X={SENTINEL}\n"), "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    let expected = "envsecrets: `credstash://credential-store/prd.*?kms-region=us-west-2&fallback-region=eu-west-1` \
                    is read in eu-west-1, because it could not be read in us-east-1: ";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    // A refusal is no reason, nor is a secret that cannot be decrypted.
    world
        .server
        .set_faults([Fault::AccessDenied.always().region("us-east-1")]);
    refusal(&world, &format!("--from {place}"), 77);
    world.server.clear_faults();
    let wrong = place.replace("us-west-2", "us-west-1");
    refusal(&world, &format!("--from {wrong}"), 65);
}

#[test]
fn a_table_that_is_too_large_is_refused_before_it_takes_all_memory() {
    let world = world();
    let large = "x".repeat(380_000);
    for number in 0..300 {
        let name = format!("prd.n{number}");
        world.store.plant_credstash(&name, &large.as_str().into());
    }
    let text = refusal(&world, "--from credstash:///prd.*", 65);
    assert!(
        text.contains("the secrets of table `credential-store`") && text.contains("are too many"),
        "{text}"
    );
}
