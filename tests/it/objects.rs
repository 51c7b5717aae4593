//! Launches from objects of S3: layers, single keys, whole objects as files, and everything that goes
//! wrong there.

use std::time::Duration;

use parameter_store::{Fault, Rule};

use crate::support::moto::Moto;
use crate::support::stand_in::{Reply, StandIn};
use crate::support::{Launch, OTHER_SENTINEL, SENTINEL, World, commands_of, until, world};

/// A bucket with a .env file, a document, and bytes that are no text.
fn bucket() -> World {
    let world = world();
    let lines =
        format!("# of the service\nDB_PASSWORD={SENTINEL}\nexport API_KEY='{OTHER_SENTINEL}'\n");
    world.store.put_object("secrets", "prd.env", lines);
    let document = format!("{{\"db\": {{\"password\": \"{SENTINEL}\"}}, \"port\": 5432}}");
    world.store.put_object("secrets", "prd.json", document);
    world.store.put_object("secrets", "app.jks", KEYSTORE);
    world
}

const KEYSTORE: &[u8] = b"\xfe\xed\xfe\xed\0\r\n\x80";

/// Where the requests of a story go.
fn place(world: &World) -> String {
    format!("us-east-1 at {}", world.server.url())
}

#[test]
fn a_service_starts_from_an_object_with_its_keys_as_variables() {
    let world = bucket();
    let yaml = format!("db:\n  password: \"{SENTINEL}\"\nport: 5432\n");
    world.store.put_object("secrets", "prd.yml", &yaml);
    world.store.put_object("secrets", "prd", &yaml);
    let lines = format!("db/password={SENTINEL}\nport = 5432\n");
    world
        .store
        .put_object("secrets", "deep/prd.properties", lines);
    let both = [format!("DB_PASSWORD={SENTINEL}"), "PORT=5432".to_owned()];
    for from in [
        "s3://secrets/prd.json",
        "s3://secrets/prd.yml",
        "s3://secrets/prd?format=yaml",
        "s3://secrets/deep/prd.properties",
    ] {
        assert_eq!(world.variables(&format!("--from {from}")), both, "{from}");
    }
    assert_eq!(
        world.variables("--from s3://secrets/prd.env"),
        [
            format!("API_KEY={OTHER_SENTINEL}"),
            format!("DB_PASSWORD={SENTINEL}"),
        ]
    );
    // Each object is one request, and nothing is listed.
    let operations = world.operations();
    assert!(
        operations.iter().all(|it| it == "GetObject"),
        "{operations:?}"
    );
    assert_eq!(operations.len(), 5);
}

#[test]
fn names_filters_and_layers_hold_for_keys_of_objects() {
    let world = bucket();
    world.store.put("/prd/app/db/password", "from parameters");
    for (options, expected) in [
        (
            "--from s3://secrets/prd.json --only db/* --prefix X_",
            vec![format!("X_DB_PASSWORD={SENTINEL}")],
        ),
        (
            "--from s3://secrets/prd.json --exclude db/* --rename port=P",
            vec!["P=5432".to_owned()],
        ),
        (
            "--from s3://secrets/prd.json --path /prd/app",
            vec![
                "DB_PASSWORD=from parameters".to_owned(),
                "PORT=5432".to_owned(),
            ],
        ),
        (
            "--from s3://secrets/prd.json#db/password",
            vec![format!("DB_PASSWORD={SENTINEL}")],
        ),
        (
            "--secret A=s3://secrets/prd.env#API_KEY --secret B=s3://secrets/prd.json#port",
            vec![format!("A={OTHER_SENTINEL}"), "B=5432".to_owned()],
        ),
        (
            "--optional-from s3://secrets/none.env --from s3://secrets/prd.json --only port",
            vec!["PORT=5432".to_owned()],
        ),
        (
            "--json X_=s3://secrets/prd.json --only nothing/* --optional-path /none",
            vec![
                format!("X_DB_PASSWORD={SENTINEL}"),
                "X_PORT=5432".to_owned(),
            ],
        ),
    ] {
        assert_eq!(world.variables(options), expected, "{options}");
    }
    // What an ordinary value may be is a reference only with `ref+` before it.
    let plain = ("PLAIN", "s3://secrets/prd.env");
    let reference = ("KEY", "ref+s3://secrets/prd.env#API_KEY");
    assert_eq!(
        world.inheriting("--resolve", &[plain, reference]),
        [
            format!("KEY={OTHER_SENTINEL}"),
            "PLAIN=s3://secrets/prd.env".to_owned(),
        ]
    );
}

#[test]
fn a_whole_object_of_any_bytes_becomes_a_file() {
    let world = bucket();
    let large = vec![0xa5_u8; 5 << 20];
    world.store.put_object("secrets", "large", &large);
    let copy = world.directory.path().join("copy");
    let script = format!("cat \"$KEYSTORE\" && cp \"$LARGE\" '{}'", copy.display());
    let options = "--file KEYSTORE=s3://secrets/app.jks --file LARGE=s3://secrets/large";
    let ended = world.launch(options, &["sh", "-c", &script]).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout, KEYSTORE);
    assert!(
        std::fs::read(copy).unwrap() == large,
        "the content is the same"
    );
    // One key of a file is a file, too.
    let options = "--file KEY=s3://secrets/prd.env#API_KEY";
    let ended = world.launch(options, &["sh", "-c", "cat \"$KEY\""]).run();
    assert_eq!(ended.ok(), OTHER_SENTINEL);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let world = bucket();
    let large = vec![b'x'; (64 << 20) + 1];
    world.store.put_object("secrets", "huge", large);
    let ended = world.launch("--file X=s3://secrets/huge", &["env"]).run();
    assert_eq!(
        ended.failed(65),
        format!(
            "\
envsecrets: error: object `s3://secrets/huge` in {} is larger than 64 MiB, the most that is read
envsecrets: hint: what is larger is hardly a secret: let the program read it from S3 by itself
",
            place(&world)
        )
    );
    let text = format!("A={}\n", "x".repeat(1 << 20));
    world.store.put_object("secrets", "long.env", text);
    let ended = world.launch("--from s3://secrets/long.env", &["env"]).run();
    assert_eq!(
        ended.failed(65),
        "\
envsecrets: error: `--from s3://secrets/long.env` gives no variables: it is larger than 1 MiB
envsecrets: hint: `--file NAME=PLACE` passes it as a file, up to 64 MiB
"
    );
}

#[test]
fn a_version_is_read_by_its_identifier_and_every_object_has_a_version_text() {
    let world = world();
    world.store.create_bucket("kept", "us-east-1", true);
    let first = world
        .store
        .put_object("kept", "a.env", "A=first\n")
        .unwrap();
    world.store.put_object("kept", "a.env", "A=second\n");
    let marker = world.store.delete_object("kept", "a.env").unwrap();
    let old = format!("--from s3://kept/a.env?version={first}");
    assert_eq!(world.variables(&old), ["A=first"]);
    // What was deleted has versions all the same.
    let deleted = world.refusal("--from s3://kept/a.env", 66);
    assert!(
        deleted.contains("object `s3://kept/a.env` does not exist"),
        "{deleted}"
    );
    for version in [marker.as_str(), "v9.none"] {
        let options = format!("--from s3://kept/a.env?version={version}");
        let missing = world.refusal(&options, 66);
        let named = format!("object `s3://kept/a.env?version={version}` does not exist");
        assert!(missing.contains(&named), "{missing}");
    }
    let third = world
        .store
        .put_object("kept", "a.env", "A=third\n")
        .unwrap();
    for command in ["list s3://kept/a.env", "check --secret X=s3://kept/a.env"] {
        world.server.clear_requests();
        let words: Vec<&str> = command.split(' ').chain(["--format", "json"]).collect();
        let report = world.envsecrets(&words).run().ok();
        assert!(report.contains(&third), "{command}: {report}");
    }
}

#[test]
fn names_and_versions_are_read_without_content() {
    let world = bucket();
    for command in [
        "list s3://secrets/app.jks",
        "check --names-only --secret X=s3://secrets/prd.env",
    ] {
        world.server.clear_requests();
        let words: Vec<&str> = command.split(' ').collect();
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(world.operations(), ["HeadObject"], "{command}");
    }
    // The response to a HEAD has no reason in it.
    world.server.clear_requests();
    let ended = world.envsecrets(&["list", "s3://secrets/none"]).run();
    let text = ended.failed(66);
    assert!(
        text.contains("object `s3://secrets/none` does not exist"),
        "{text}"
    );
    assert_eq!(world.operations(), ["HeadObject", "GetObject"]);
    let range = world.server.requests()[1]
        .header("range")
        .map(str::to_owned);
    assert_eq!(range.as_deref(), Some("bytes=0-0"));
}

#[test]
fn a_changed_object_is_stale() {
    let world = bucket();
    let options = "--from s3://secrets/prd.json --fingerprint PRINT";
    let print = world
        .launch(options, &["sh", "-c", "printf %s \"$PRINT\""])
        .run()
        .ok();
    let stale = |world: &World| {
        let words = ["stale", "--is", &print, "--from", "s3://secrets/prd.json"];
        world.envsecrets(&words).run()
    };
    assert_eq!(stale(&world).code, Some(0), "{:?}", stale(&world));
    world
        .store
        .put_object("secrets", "prd.json", "{\"port\": 1}");
    let ended = stale(&world);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.text().starts_with("changed  s3://secrets/prd.json  "),
        "{ended:?}"
    );
}

#[test]
fn what_is_missing_differs_from_what_is_denied() {
    let world = bucket();
    let at = place(&world);
    for (rule, options, code, expected) in [
        (
            None,
            "--from s3://secrets/none.env --secret X=s3://secrets/none.env?version=v1#a",
            66,
            format!(
                "\
envsecrets: error: objects `s3://secrets/none.env`, `s3://secrets/none.env?version=v1` do not exist in {at}
envsecrets: hint: check bucket, key, version and region for typos
"
            ),
        ),
        (
            None,
            "--optional-from s3://none/prd.env",
            66,
            format!(
                "\
envsecrets: error: bucket `none` does not exist in {at}
envsecrets: hint: check the name of the bucket for typos, and the endpoint
"
            ),
        ),
        (
            Some(Fault::AccessDenied.always()),
            "--from s3://secrets/prd.env",
            77,
            format!(
                "\
envsecrets: error: AWS denied permission to read object `s3://secrets/prd.env` in {at}
envsecrets:   caused by: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::secrets/prd.env\" because no identity-based policy allows the s3:GetObject action (request id ID)
envsecrets: hint: allow s3:GetObject on arn:aws:s3:::secrets/prd.env; or it does not exist, which S3 tells only those who are allowed s3:ListBucket on the bucket
"
            ),
        ),
        (
            Some(Fault::KmsAccessDenied.always()),
            "--from s3://secrets/prd.env",
            77,
            format!(
                "\
envsecrets: error: AWS refused to decrypt object `s3://secrets/prd.env` in {at}
envsecrets:   caused by: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/app/i-1 is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action (request id ID)
envsecrets: hint: allow kms:Decrypt on the key that encrypts the object, in the caller's policy and in the key's own, which those of other accounts need; the key must exist, be enabled, and be in the region of the bucket
"
            ),
        ),
        (
            Some(Fault::KmsUnknownKey.always()),
            "--from s3://secrets/prd.env",
            77,
            format!(
                "\
envsecrets: error: AWS refused to decrypt object `s3://secrets/prd.env` in {at}
envsecrets:   caused by: KMS.NotFoundException: Invalid keyId '1' (request id ID)
envsecrets: hint: allow kms:Decrypt on the key that encrypts the object, in the caller's policy and in the key's own, which those of other accounts need; the key must exist, be enabled, and be in the region of the bucket
"
            ),
        ),
        (
            Some(refused(403, "InvalidObjectState", "The operation is not valid for the object's storage class")),
            "--from s3://secrets/prd.env",
            64,
            format!(
                "\
envsecrets: error: AWS rejected the request for object `s3://secrets/prd.env` in {at}
envsecrets:   caused by: InvalidObjectState: The operation is not valid for the object's storage class (request id ID)
envsecrets: hint: the object is archived: restore it in S3 first
"
            ),
        ),
        (
            Some(refused(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")),
            "--from s3://secrets/prd.env",
            64,
            format!(
                "\
envsecrets: error: AWS rejected the request for object `s3://secrets/prd.env` in {at}
envsecrets:   caused by: InvalidRequest: The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object. (request id ID)
envsecrets: hint: it is encrypted with a key that its reader must have (SSE-C), which envsecrets has not: store it with SSE-S3 or SSE-KMS
"
            ),
        ),
    ] {
        world.server.set_faults(rule);
        world.server.clear_requests();
        let text = world.refusal(options, code);
        let mut shown = text.clone();
        for call in world.server.requests() {
            shown = shown.replace(&call.request_id, "ID");
        }
        assert_eq!(shown, expected, "{options}");
    }
}

fn refused(status: u16, code: &str, message: &str) -> Rule {
    let (code, message) = (code.to_owned(), message.to_owned());
    Fault::Error {
        status,
        code,
        message,
    }
    .always()
}

#[test]
fn what_may_pass_is_tried_again_and_the_program_gets_the_whole_object() {
    let world = bucket();
    for fault in [
        Fault::Throttle,
        Fault::InternalServerError,
        Fault::Status(503),
        Fault::Status(500),
        Fault::ResetBeforeReply,
        Fault::ResetMidBody,
        Fault::CloseBeforeReply,
        Fault::CloseMidBody,
        Fault::TruncatedJson,
        Fault::CaptivePortal,
        Fault::EmptyBody,
    ] {
        let situation = format!("{fault:?}");
        world.server.set_faults([fault.first(1)]);
        let options = "--from s3://secrets/prd.json --only port";
        assert_eq!(world.variables(options), ["PORT=5432"], "{situation}");
    }
    for code in [
        "KMS.ThrottlingException",
        "ThrottlingException",
        "RequestTimeout",
    ] {
        let fault = Fault::Error {
            status: 400,
            code: code.to_owned(),
            message: "Rate exceeded".to_owned(),
        };
        world.server.set_faults([fault.first(1)]);
        let options = "--from s3://secrets/prd.json --only port";
        assert_eq!(world.variables(options), ["PORT=5432"], "{code}");
    }
}

#[test]
fn a_wrong_clock_is_corrected_once() {
    let world = bucket();
    let skew = Fault::ClockSkew {
        minutes: -90,
        code: "RequestTimeTooSkewed".to_owned(),
    };
    world.server.set_faults([skew]);
    let options = "--from s3://secrets/prd.json --only port --file K=s3://secrets/app.jks";
    let ended = world.launch(options, &["printenv", "PORT"]).run();
    assert_eq!(ended.ok(), "5432\n");
    assert!(world.server.calls() <= 4, "{:?}", world.operations());
}

#[test]
fn credentials_that_are_rejected_are_named_as_everywhere() {
    let world = bucket();
    for (fault, code) in [
        (Fault::UnrecognizedClient, "InvalidAccessKeyId"),
        (Fault::InvalidSignature, "SignatureDoesNotMatch"),
        (Fault::ExpiredToken, "ExpiredToken"),
    ] {
        world.server.set_faults([fault]);
        let text = world.refusal("--from s3://secrets/prd.env", 77);
        assert!(text.contains(code), "{text}");
        assert!(
            text.contains("the environment (access key …ST01)"),
            "{text}"
        );
    }
}

#[test]
fn an_answer_that_stays_wrong_starts_nothing_and_shows_nothing() {
    let world = bucket();
    for (fault, code) in [
        (Fault::CaptivePortal, 70),
        (Fault::EmptyBody, 70),
        (Fault::TruncatedJson, 70),
        (Fault::CloseMidBody, 75),
        (Fault::ResetMidBody, 75),
        (Fault::Throttle, 75),
        (Fault::InternalServerError, 75),
        (Fault::Status(503), 75),
    ] {
        let situation = format!("{fault:?}");
        world.server.set_faults([fault]);
        // What is certain needs time on a machine that has much else to do; what may pass takes all.
        let timeout = if code == 75 { "1s" } else { "30s" };
        for options in [
            "--from s3://secrets/prd.env",
            "--secret X=s3://secrets/prd.json",
            "--file X=s3://secrets/prd.json",
        ] {
            let options = format!("--timeout {timeout} {options}");
            let text = world.refusal(&options, code);
            for sentinel in [SENTINEL, OTHER_SENTINEL] {
                assert!(!text.contains(sentinel), "{situation}: {text}");
            }
        }
    }
}

#[test]
fn a_slow_object_may_take_long_while_it_arrives_and_no_longer() {
    let world = bucket();
    let dripped = Fault::DrippedBody(Duration::from_millis(2));
    world.server.set_faults([dripped]);
    let options = "--from s3://secrets/prd.json --only port";
    assert_eq!(world.variables(options), ["PORT=5432"]);
    world.server.set_faults([Fault::StalledBody]);
    let text = world.refusal("--timeout 1s --from s3://secrets/prd.env", 75);
    assert!(
        text.contains("S3 did not answer within 1s for object `s3://secrets/prd.env`"),
        "{text}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_refused_by_line_and_name_alone() {
    let world = world();
    for (key, content, expected) in [
        (
            "shell.env",
            format!("A=$(cat {SENTINEL})\nB=1\nC=\"$HOME/{SENTINEL}\"\n"),
            "\
envsecrets: error: `--from s3://secrets/shell.env` gives no variables: line 1, `A`, is for a shell to evaluate
envsecrets: error: `--from s3://secrets/shell.env` gives no variables: line 3, `C`, is for a shell to evaluate
envsecrets: hint: nothing is evaluated here: write the value itself, or quote a `$` that is meant, NAME='VALUE'
",
        ),
        (
            "torn.env",
            format!("A=1\n{SENTINEL}\n"),
            "\
envsecrets: error: `--from s3://secrets/torn.env` gives no variables: line 2 is not NAME=VALUE
envsecrets: hint: each line is NAME=VALUE; a value of several lines is in quotes
",
        ),
        (
            "list.json",
            format!("[\"{SENTINEL}\"]"),
            "\
envsecrets: error: `--from s3://secrets/list.json` gives no variables: it is not a JSON object
envsecrets: hint: the value must be one JSON object, such as {\"user\": \"…\", \"password\": \"…\"}
",
        ),
        (
            "list.yaml",
            format!("a:\n- {SENTINEL}\n"),
            "\
envsecrets: error: `--from s3://secrets/list.yaml` gives no variables: the key `a` has a list
envsecrets: hint: parameters are text: write the text itself, in quotes if needed
",
        ),
        (
            "none.properties",
            SENTINEL.to_owned(),
            "\
envsecrets: error: `--from s3://secrets/none.properties` gives no variables: line 1 has no value
envsecrets: hint: a `\\` at the end of a line continues the value; an end of line within a value is `\\n`
",
        ),
    ] {
        world.store.put_object("secrets", key, content);
        let options = format!("--from s3://secrets/{key}");
        assert_eq!(world.refusal(&options, 65), expected, "{key}");
    }
    world.store.put_object("secrets", "bytes.env", b"A=\xff\n");
    let text = world.refusal("--from s3://secrets/bytes.env", 65);
    assert!(
        text.contains("gives no variables: it is not text"),
        "{text}"
    );
    // Without a format nothing is requested.
    world.server.clear_requests();
    assert_eq!(
        world.refusal("--from s3://secrets/prd", 64),
        "\
envsecrets: error: `s3://secrets/prd`, in `--from`, names one object as a layer, and its name does not end with `.env`, `.json`, `.yaml`, `.yml` or `.properties`
envsecrets: hint: `?format=dotenv`, `json`, `yaml` or `properties` gives the format; a whole object is `--file NAME=PLACE`
"
    );
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_bucket_of_another_region_is_read_there_unless_the_place_names_one() {
    let world = world();
    world.store.create_bucket("abroad", "eu-west-1", false);
    world.store.put_object("abroad", "a.env", "A=1\n");
    let options = "--verbose --clean-env --from s3://abroad/a.env";
    let ended = world.launch(options, &["env"]).run();
    assert_eq!(ended.text(), "A=1\n");
    let note = "envsecrets: `s3://abroad/a.env` is in eu-west-1, and was requested in us-east-1: \
                `?region=eu-west-1` saves a request\n";
    assert!(ended.stderr.contains(note), "{ended:?}");
    let regions: Vec<_> = world
        .server
        .requests()
        .into_iter()
        .map(|it| it.region)
        .collect();
    assert_eq!(
        regions,
        [Some("us-east-1".to_owned()), Some("eu-west-1".to_owned())]
    );
    world.server.clear_requests();
    assert_eq!(
        world.variables("--from s3://abroad/a.env?region=eu-west-1"),
        ["A=1"]
    );
    assert_eq!(world.server.calls(), 1);
    world.server.clear_requests();
    let text = world.refusal("--from s3://abroad/a.env?region=eu-central-1", 64);
    let id = &world.server.requests()[0].request_id;
    assert_eq!(
        text,
        format!(
            "\
envsecrets: error: object `s3://abroad/a.env` was requested in eu-central-1 at {}, and its bucket is in eu-west-1
envsecrets:   caused by: PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint. (request id {id})
envsecrets: hint: write `region=eu-west-1` in the place, or leave the option out
",
            world.server.url()
        )
    );
}

#[test]
fn a_region_in_the_text_of_an_error_is_understood() {
    // As S3 words it where the signature is for another region than the endpoint.
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is \
                malformed; the region 'us-east-1' is wrong; expecting 'eu-west-3'</Message>\
                <Region>eu-west-3</Region></Error>";
    let s3 = StandIn::start(move |call, _| {
        let signed = call.header("authorization").unwrap_or_default();
        match signed.contains("/eu-west-3/s3/") {
            true => Reply::AnswerWith(200, ("ETag", "\"e\"".to_owned()), "A=1\n".to_owned()),
            false => Reply::Answer(400, body.to_owned()),
        }
    });
    let world = world();
    let mut launch = world.launch("--clean-env --from s3://secrets/a.env", &["env"]);
    let ended = launch.env("AWS_ENDPOINT_URL_S3", s3.url()).run();
    assert_eq!(ended.ok(), "A=1\n");
    assert_eq!(s3.lines(), ["GET /secrets/a.env", "GET /secrets/a.env"]);
}

#[test]
fn what_s3_repeats_of_a_secret_is_left_out() {
    let world = bucket();
    // A server that repeats what it was not asked about.
    let rule = refused(400, "Odd", &format!("it is {SENTINEL}"));
    world.store.put("/prd/x", SENTINEL);
    // It is known once the parameter is read.
    let later = Fault::Throttle.first(2).operation("GetObject");
    world
        .server
        .set_faults([later, rule.operation("GetObject")]);
    let ended = world
        .launch("--path /prd --from s3://secrets/prd.env", &["env"])
        .run();
    assert!(!ended.failed(64).contains(SENTINEL), "{ended:?}");
}

#[test]
fn an_object_is_compared_copied_and_left() {
    let world = bucket();
    let run = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let ended = world.envsecrets(&words).run();
        for sentinel in [SENTINEL, OTHER_SENTINEL] {
            assert!(!ended.text().contains(sentinel), "{ended:?}");
            assert!(!ended.stderr.contains(sentinel), "{ended:?}");
        }
        ended
    };
    assert_eq!(run("diff s3://secrets/prd.env /prd/app").code, Some(1));
    assert_eq!(run("copy s3://secrets/prd.env /prd/app").code, Some(0));
    let ended = run("diff s3://secrets/prd.env /prd/app");
    assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
    let again = run("copy s3://secrets/prd.env /prd/app");
    assert!(again.stderr.contains("nothing to write"), "{again:?}");
    assert_eq!(
        again.text(),
        "\
STEP       PARAMETER             TYPE          SIZE  NOTE
unchanged  /prd/app/API_KEY      SecureString  32    copied
unchanged  /prd/app/DB_PASSWORD  SecureString  32    copied
"
        .replace("32", &SENTINEL.len().to_string())
    );
    // Changed in the source, and then changed here by hand.
    world
        .store
        .put_object("secrets", "prd.env", "DB_PASSWORD=new\nAPI_KEY=new\n");
    let changed = run("copy s3://secrets/prd.env /prd/app");
    assert!(
        changed.text().contains("changed in the source"),
        "{changed:?}"
    );
    world.store.put("/prd/app/API_KEY", "by hand");
    let kept = run("copy s3://secrets/prd.env /prd/app");
    assert_eq!(kept.code, Some(73), "{kept:?}");
    assert!(kept.text().contains("changed here"), "{kept:?}");
    // Bytes are for a launch alone.
    let ended = run("copy s3://secrets/app.jks?format=json /prd/app");
    assert_eq!(ended.code, Some(65), "{ended:?}");
}

#[test]
fn a_copy_that_is_killed_is_resumed() {
    let world = bucket();
    let fault = Fault::Throttle.always().operation("PutParameter");
    world.server.set_faults([fault.naming("/prd/DB_PASSWORD")]);
    let words = [
        "copy",
        "s3://secrets/prd.env",
        "/prd",
        "--write-rate",
        "1000",
    ];
    let running = world.envsecrets(&words).start();
    until("one is written, and the other is not", || {
        world.store.len() == 1 && world.bodies("PutParameter").len() > 1
    });
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.end();
    world.server.clear_faults();
    let again = world
        .envsecrets(&["copy", "s3://secrets/prd.env", "/prd"])
        .run();
    assert_eq!(again.code, Some(0), "{again:?}");
    let steps = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(steps.contains("unchanged  /prd/API_KEY"), "{steps}");
    assert!(steps.contains("new        /prd/DB_PASSWORD"), "{steps}");
    let diff = world
        .envsecrets(&["diff", "s3://secrets/prd.env", "/prd"])
        .run();
    assert_eq!(diff.ok(), "");
}

#[test]
fn policy_allows_the_objects_and_their_keys_alone() {
    let world = world();
    let words = "policy --from s3://secrets/prd.env --file K=s3://secrets/app.jks?version=v1 \
                 --secret X=s3://abroad/a*b?region=eu-west-1 --region us-east-1 --account 123456789012";
    let words: Vec<&str> = words.split_whitespace().collect();
    let report = world.envsecrets(&words).run().ok();
    let policy: serde_json::Value = serde_json::from_str(&report).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let of = |id: &str| {
        let found = statements.iter().find(|it| it["Sid"] == id);
        found.unwrap_or_else(|| panic!("{id}: {report}")).clone()
    };
    assert_eq!(statements.len(), 4, "{report}");
    let objects = of("ReadObjects");
    assert_eq!(objects["Action"], serde_json::json!(["s3:GetObject"]));
    assert_eq!(
        objects["Resource"],
        serde_json::json!(["arn:aws:s3:::secrets/prd.env", "arn:aws:s3:::abroad/a?b"])
    );
    let versions = of("ReadVersionsOfObjects");
    assert_eq!(
        versions["Action"],
        serde_json::json!(["s3:GetObjectVersion"])
    );
    let key = of("DecryptObjects");
    assert_eq!(
        key["Condition"]["StringLike"],
        serde_json::json!({
            "kms:ViaService": ["s3.us-east-1.amazonaws.com"],
            "kms:EncryptionContext:aws:s3:arn": [
                "arn:aws:s3:::secrets/prd.env",
                "arn:aws:s3:::secrets",
                "arn:aws:s3:::secrets/app.jks",
            ],
        })
    );
    let abroad = of("DecryptObjectsEuWest1");
    assert_eq!(
        abroad["Condition"]["StringLike"]["kms:ViaService"],
        serde_json::json!(["s3.eu-west-1.amazonaws.com"])
    );
    // Names and versions take no key.
    let words = "policy --for stale --secret X=s3://secrets/prd.env --account 123456789012";
    let words: Vec<&str> = words.split(' ').collect();
    let report = world.envsecrets(&words).run().ok();
    assert!(!report.contains("kms:"), "{report}");
}

#[test]
fn every_command_of_the_docs_about_leaving_does_what_they_describe() {
    let world = bucket();
    world.store.put("/prd/app/API_KEY", OTHER_SENTINEL);
    let commands = commands_of(include_str!("../../docs/leaving/s3.md"));
    assert_eq!(commands.len(), 4, "{commands:?}");
    for mut words in commands {
        if let Some(at) = words.iter().position(|word| word == "--") {
            words.truncate(at + 1);
            words.push("true".to_owned());
        }
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{words:?}: {ended:?}");
        if words[0] == "diff" {
            assert_eq!(ended.text(), "");
        }
    }
}

/// A bucket in moto that the real AWS CLI writes.
struct Written {
    moto: Moto,
    bucket: String,
}

impl Written {
    /// `None` if this machine has no moto.
    fn start(story: &str, bucket: &str) -> Option<Self> {
        let moto = Moto::start(story)?;
        let written = Self {
            moto,
            bucket: bucket.to_owned(),
        };
        written.aws(&["s3", "mb", &format!("s3://{bucket}")]);
        Some(written)
    }

    fn aws(&self, arguments: &[&str]) -> String {
        let mut launch = Launch::new("aws", arguments);
        let ended = self.moto.settings(&mut launch).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.text()
    }

    /// Copies a file there, with more arguments.
    fn copy(&self, key: &str, content: &[u8], more: &[&str]) {
        let file = self.moto.directory.file("content", content, 0o600);
        let to = format!("s3://{}/{key}", self.bucket);
        let mut arguments = vec!["s3", "cp", "--quiet", file.to_str().unwrap(), &to];
        arguments.extend(more);
        self.aws(&arguments);
    }

    fn envsecrets(&self, words: &str) -> Launch {
        let words: Vec<&str> = words.split(' ').collect();
        self.moto.envsecrets(&words)
    }
}

#[test]
fn objects_that_the_aws_cli_wrote_are_read_compared_and_copied() {
    let story = "objects_that_the_aws_cli_wrote_are_read_compared_and_copied";
    let Some(s3) = Written::start(story, "written.by.cli") else {
        return;
    };
    s3.aws(&[
        "s3api",
        "put-bucket-versioning",
        "--bucket",
        "written.by.cli",
        "--versioning-configuration",
        "Status=Enabled",
    ]);
    let lines = format!("DB_PASSWORD={SENTINEL}\nexport API_KEY='a b'\n");
    s3.copy("prd.env", b"DB_PASSWORD=old\n", &[]);
    s3.copy("prd.env", lines.as_bytes(), &["--sse", "aws:kms"]);
    s3.copy("a b+ä/x.json", b"{\"a\": {\"b\": 1.10}}", &[]);
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|it| (it % 251) as u8).collect();
    s3.copy("app.jks", &bytes, &[]);

    let all = format!("API_KEY=a b\nDB_PASSWORD={SENTINEL}\n");
    let launch = "--clean-env --from s3://written.by.cli/prd.env -- env";
    assert_eq!(s3.envsecrets(launch).run().ok(), all);
    let launch = "--clean-env --from s3://written.by.cli/a%20b+%C3%A4/x.json -- env";
    assert_eq!(s3.envsecrets(launch).run().ok(), "A_B=1.10\n");

    // A version, by the identifier that the CLI shows.
    let versions = s3.aws(&[
        "s3api",
        "list-object-versions",
        "--bucket",
        "written.by.cli",
        "--prefix",
        "prd.env",
        "--query",
        "Versions[?!IsLatest].VersionId",
        "--output",
        "text",
    ]);
    let old = format!(
        "--clean-env --from s3://written.by.cli/prd.env?version={} -- env",
        versions.trim()
    );
    assert_eq!(s3.envsecrets(&old).run().ok(), "DB_PASSWORD=old\n");

    // Bytes as a file: what the CLI reads is what the program gets.
    let theirs = s3.moto.directory.path().join("theirs");
    let from = "s3://written.by.cli/app.jks";
    s3.aws(&["s3", "cp", "--quiet", from, theirs.to_str().unwrap()]);
    let compare = format!("cmp \"$KEYSTORE\" '{}' && echo same", theirs.display());
    let file = format!("KEYSTORE={from}");
    let words = ["--file", &file, "--", "sh", "-c", &compare];
    assert_eq!(s3.moto.envsecrets(&words).run().ok(), "same\n");

    // Compared, copied, and equal.
    let diff = "diff s3://written.by.cli/prd.env /left/app";
    assert_eq!(s3.envsecrets(diff).run().code, Some(1));
    let copy = "copy s3://written.by.cli/prd.env /left/app";
    assert_eq!(s3.envsecrets(copy).run().code, Some(0));
    assert_eq!(s3.envsecrets(diff).run().ok(), "");
    assert_eq!(
        s3.envsecrets("--clean-env --path /left/app -- env")
            .run()
            .ok(),
        all
    );

    // What does not exist.
    let ended = s3
        .envsecrets("--from s3://written.by.cli/none.env -- env")
        .run();
    let text = ended.failed(66);
    assert!(
        text.contains("object `s3://written.by.cli/none.env` does not exist"),
        "{text}"
    );
    let ended = s3
        .envsecrets("--from s3://no.such.bucket/x.env -- env")
        .run();
    let text = ended.failed(66);
    assert!(
        text.contains("bucket `no.such.bucket` does not exist"),
        "{text}"
    );
}

#[test]
fn values_that_no_parameter_can_hold_are_all_reported_before_anything_is_written() {
    let world = world();
    let lines = format!("LARGE={}\nEMPTY=\nSMALL=1\n", "x".repeat(9000));
    world.store.put_object("secrets", "prd.env", lines);
    let ended = world
        .envsecrets(&["copy", "s3://secrets/prd.env", "/prd/app"])
        .run();
    let text = ended.failed(65);
    assert!(
        text.contains("`/prd/app/LARGE` would have 9000 bytes, of at most 8192"),
        "{text}"
    );
    assert!(text.contains("`/prd/app/EMPTY` would be empty"), "{text}");
    assert!(text.contains("nothing was written"), "{text}");
    assert!(world.store.is_empty());
}
