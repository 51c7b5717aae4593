//! Launches from Keywhiz: all secrets of a client, single ones, and everything that goes wrong there. The
//! server is a stand-in; no real one was tried.

use parameter_store::Identity;
use serde_json::Value;

use crate::support::keywhiz::{KeywhizWorld, keywhiz_as, keywhiz_behind, keywhiz_world};
use crate::support::stand_in::Reply;
use crate::support::{Ended, OTHER_SENTINEL, SENTINEL, leak, world};

/// A client with two secrets, and one that it may not read.
fn service() -> KeywhizWorld {
    let world = keywhiz_world();
    with_secrets(&world);
    world
}

fn with_secrets(world: &KeywhizWorld) {
    world.keywhiz.put("db-password", SENTINEL);
    world.keywhiz.put("api.key", OTHER_SENTINEL);
    world.keywhiz.put("of-others", "of another service");
    world.keywhiz.revoke("of-others");
}

/// Nothing of the planted values is printed.
#[track_caller]
fn hides(ended: &Ended) {
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
}

#[test]
fn a_service_starts_from_the_secrets_of_its_client_without_anything_of_aws() {
    let world = service();
    let expected = [
        format!("API_KEY={OTHER_SENTINEL}"),
        format!("DB_PASSWORD={SENTINEL}"),
    ];
    assert_eq!(world.variables("--from keywhiz://HOST/"), expected);
    assert_eq!(
        world.server.lines(),
        ["GET /secrets", "POST /batchsecret"],
        "one list, and one batch"
    );
    let calls = world.server.calls();
    assert_eq!(calls[1].body, r#"{"secrets":["api.key","db-password"]}"#);
    assert_eq!(calls[1].header("content-type"), Some("application/json"));
    assert!(
        calls[0]
            .header("user-agent")
            .unwrap()
            .starts_with("envsecrets/")
    );
}

#[test]
fn single_secrets_are_requested_by_name() {
    let world = service();
    assert_eq!(
        world.variables("--secret X=keywhiz://HOST/db-password"),
        [format!("X={SENTINEL}")]
    );
    assert_eq!(world.server.lines(), ["GET /secret/db-password"]);
    let mut launch = world.launch("--resolve --keep X");
    let place = format!("ref+keywhiz://{}/db-password", world.host());
    launch.env("X", place);
    assert_eq!(launch.run().ok(), format!("X={SENTINEL}\n"));
    // The keys of a document, and one of them.
    world
        .keywhiz
        .put("settings", r#"{"account":"app","pool":10}"#);
    assert_eq!(
        world.variables("--from keywhiz://HOST/settings"),
        ["ACCOUNT=app", "POOL=10"]
    );
    assert_eq!(
        world.variables("--secret U=keywhiz://HOST/settings#account"),
        ["U=app"]
    );
    assert_eq!(
        world.variables("--from keywhiz://HOST/?json --only settings/*"),
        ["SETTINGS_ACCOUNT=app", "SETTINGS_POOL=10"]
    );
    // Any character can be in a name.
    world.keywhiz.put("a b?c#d%e*f/é", "odd");
    let place = "keywhiz://HOST/a%20b%3Fc%23d%25e%2Af/é";
    assert_eq!(world.variables(&format!("--secret X={place}")), ["X=odd"]);
    let lines = world.server.lines();
    assert_eq!(
        lines.last().unwrap(),
        "GET /secret/a%20b%3Fc%23d%25e%2Af%2F%C3%A9"
    );
}

#[test]
fn base64_may_have_its_padding_or_not() {
    for unpadded in [false, true] {
        let world = keywhiz_world();
        if unpadded {
            world.keywhiz.be_unpadded();
        }
        for (name, value) in [
            ("a", ""),
            ("b", "1"),
            ("c", "12"),
            ("d", "123"),
            ("e", "1234"),
        ] {
            world.keywhiz.put(name, value);
        }
        assert_eq!(
            world.variables("--from keywhiz://HOST/"),
            ["A=", "B=1", "C=12", "D=123", "E=1234"]
        );
        assert_eq!(world.variables("--secret X=keywhiz://HOST/b"), ["X=1"]);
    }
}

#[test]
fn bytes_become_a_file_and_no_variable() {
    let world = keywhiz_world();
    world.keywhiz.put("app.jks", b"\xfe\xed\xfe\xed\0\x80\r\n");
    // What else is known of a secret does not change its name.
    world.keywhiz.note("app.jks", "filename", "store.jks");
    let arguments = [
        "--file",
        "KEYSTORE=keywhiz://HOST/app.jks",
        "--",
        "sh",
        "-c",
        "od -An -tx1 $KEYSTORE",
    ];
    let printed = world.envsecrets(&arguments).run().ok();
    assert_eq!(printed.trim(), "fe ed fe ed 00 80 0d 0a");
    let printed = world.refusal("--from keywhiz://HOST/", 65);
    assert!(printed.contains("app.jks"), "{printed}");
    assert!(!printed.contains("store.jks"), "{printed}");
}

#[test]
fn many_secrets_are_read_in_batches_and_those_left_out_are_not_read() {
    let world = keywhiz_world();
    for number in 0..120 {
        world
            .keywhiz
            .put(&format!("s{number:03}"), format!("{number}"));
    }
    let variables = world.variables("--from keywhiz://HOST/");
    assert_eq!(variables.len(), 120);
    assert_eq!(variables[119], "S119=119");
    let batches = |world: &KeywhizWorld| {
        let lines = world.server.lines();
        lines.iter().filter(|it| it.starts_with("POST")).count()
    };
    assert_eq!(batches(&world), 3);
    assert_eq!(
        world.variables("--from keywhiz://HOST/ --only s007"),
        ["S007=7"]
    );
    assert_eq!(batches(&world), 4);
    let calls = world.server.calls();
    assert_eq!(calls.last().unwrap().body, r#"{"secrets":["s007"]}"#);
}

#[test]
fn a_secret_that_vanishes_between_list_and_batch_costs_a_second_list() {
    let world = service();
    world.keywhiz.put("vanishing", "x");
    world.keywhiz.remove_once_listed("vanishing");
    assert_eq!(
        world.variables("--from keywhiz://HOST/ --exclude api.key"),
        [format!("DB_PASSWORD={SENTINEL}")]
    );
    assert_eq!(
        world.server.lines(),
        [
            "GET /secrets",
            "POST /batchsecret",
            "GET /secrets",
            "GET /secret/db-password",
        ]
    );
}

#[test]
fn an_old_server_without_batches_is_read_one_secret_at_a_time() {
    let world = service();
    world.keywhiz.be_old();
    assert_eq!(
        world.variables("--from keywhiz://HOST/"),
        [
            format!("API_KEY={OTHER_SENTINEL}"),
            format!("DB_PASSWORD={SENTINEL}"),
        ]
    );
}

#[test]
fn all_secrets_are_read_or_no_program_is_started() {
    let gone = keywhiz_behind(|call, _| {
        let gone = call.target == "/secret/db-password" || call.target == "/batchsecret";
        gone.then(|| Reply::Answer(404, r#"{"code":404,"message":"HTTP 404 Not Found"}"#.into()))
    });
    with_secrets(&gone);
    let ended = gone.launch("--from keywhiz://HOST/").run();
    hides(&ended);
    assert_eq!(
        gone.refused(&ended, 66),
        "\
envsecrets: error: secret `keywhiz://HOST/db-password` was removed while secrets of https://HOST were read
envsecrets: hint: start again
"
    );
    let partial = keywhiz_behind(|call, _| {
        let one = r#"[{"name":"api.key","secret":"YQ==","secretLength":1}]"#;
        (call.target == "/batchsecret").then(|| Reply::ok(one))
    });
    with_secrets(&partial);
    assert_eq!(
        partial.refusal("--from keywhiz://HOST/", 70),
        "\
envsecrets: error: the response for 2 secrets of `keywhiz://HOST/` from https://HOST is invalid
envsecrets:   caused by: it lacks a secret that was requested
envsecrets: hint: another server may respond in place of it: check the address, proxies, and captive portals
"
    );
}

#[test]
fn what_does_not_exist_and_what_is_not_granted_are_distinguished() {
    let world = service();
    let options = "--secret X=keywhiz://HOST/none --secret Y=keywhiz://HOST/nothing";
    assert_eq!(
        world.refusal(options, 66),
        "\
envsecrets: error: secrets `keywhiz://HOST/none`, `keywhiz://HOST/nothing` do not exist in https://HOST
envsecrets: hint: check names for typos: `envsecrets list` of the server alone, with `/` at its end, lists those of the client
"
    );
    assert_eq!(
        world.refusal("--secret X=keywhiz://HOST/of-others", 77),
        "\
envsecrets: error: Keywhiz refused to read secret `keywhiz://HOST/of-others` at https://HOST
envsecrets:   caused by: HTTP status 403: Access denied: web at '/secret/of-others'
envsecrets: hint: a group of this client must have the secret: `keywhiz.cli assign secret` grants it
"
    );
    let empty = keywhiz_world();
    assert_eq!(
        empty.refusal("--from keywhiz://HOST/", 66),
        "\
envsecrets: error: the client has no secrets in Keywhiz at https://HOST
envsecrets: hint: a group of the client must have one: check the certificate; a layer that may be empty is `--optional-from`
"
    );
    assert_eq!(empty.variables("--optional-from keywhiz://HOST/"), [""; 0]);
}

#[test]
fn a_client_without_a_certificate_is_refused_before_any_request() {
    let world = service();
    for (variable, text) in [
        ("KEYWHIZ_CERT", "that of this client"),
        ("KEYWHIZ_KEY", "the key of this client"),
    ] {
        let mut launch = world.launch("--from keywhiz://HOST/");
        launch.env(variable, "");
        assert_eq!(
            world.refused(&launch.run(), 78),
            format!(
                "\
envsecrets: error: `{variable}` is not set
envsecrets: hint: Keywhiz knows its clients by certificates: it is the file with {text}, in PEM
"
            )
        );
    }
    let mut launch = world.launch("--from keywhiz://HOST/");
    launch.env("KEYWHIZ_CERT", world.path("client.key"));
    assert_eq!(
        world.refused(&launch.run(), 78),
        "envsecrets: error: the client certificate of `KEYWHIZ_CERT` cannot be used: it has no certificate \
         in PEM\n"
    );
    assert_eq!(world.server.lines(), [""; 0]);
}

#[test]
fn a_certificate_that_the_server_refuses_is_explained() {
    for (identity, cause) in [
        (
            Identity::Expired,
            "it refuses the certificate of the client (alert CertificateExpired)",
        ),
        (
            Identity::SelfSigned,
            "it refuses the handshake (alert UnknownCA)",
        ),
    ] {
        let world = service();
        world.client(identity);
        assert_eq!(
            world.refusal("--from keywhiz://HOST/", 78),
            format!(
                "\
envsecrets: error: https://HOST and this program have no TLS in common
envsecrets:   caused by: {cause}
envsecrets: hint: the server knows its clients by certificates: check that the one of `KEYWHIZ_CERT` has not expired, and that the server trusts its authority
"
            )
        );
        assert_eq!(world.server.lines(), [""; 0]);
    }
    // The certificate is right, and the server has no such client.
    let world = service();
    let body = r#"{"code":401,"message":"Credentials are required to access this resource."}"#;
    world.keywhiz.fail("GET /secrets", 9, 401, body);
    assert_eq!(
        world.refusal("--from keywhiz://HOST/", 77),
        "\
envsecrets: error: Keywhiz refused the client at https://HOST
envsecrets:   caused by: HTTP status 401: Credentials are required to access this resource.
envsecrets: hint: the name in the certificate of `KEYWHIZ_CERT` must be that of a client of the server, which is enabled
"
    );
}

#[test]
fn a_server_that_is_not_trusted_gets_no_request() {
    let world = service();
    let mut launch = world.launch("--from keywhiz://HOST/");
    let (stranger, _) = world.clients.client("stranger", Identity::SelfSigned);
    let stranger = world.directory.file("stranger.pem", stranger, 0o644);
    launch.env("KEYWHIZ_CACERT", stranger);
    let printed = world.refused(&launch.run(), 78);
    assert!(
        printed.starts_with("envsecrets: error: https://HOST is not trusted\n"),
        "{printed}"
    );
    assert!(
        printed.ends_with(
            "hint: set `KEYWHIZ_CACERT` to the file with the certificate of its authority\n"
        ),
        "{printed}"
    );
    for (identity, hint) in [
        (
            Identity::WrongHost,
            "name the host in the place as the certificate of the server does",
        ),
        (
            Identity::Expired,
            "check the certificate of the server, and the clock of this machine",
        ),
    ] {
        let world = keywhiz_as(identity, |_, _| None);
        with_secrets(&world);
        let printed = world.refusal("--from keywhiz://HOST/", 78);
        assert!(printed.ends_with(&format!("hint: {hint}\n")), "{printed}");
        assert_eq!(world.server.lines(), [""; 0]);
    }
    assert_eq!(world.server.lines(), [""; 0]);
}

#[test]
fn what_may_pass_is_retried_and_reported_as_such() {
    for status in [429, 500, 502, 503] {
        let world = service();
        world.keywhiz.fail("GET /secrets", 2, status, "");
        world.keywhiz.fail("POST", 1, status, "<html>busy</html>");
        assert_eq!(
            world.variables("--from keywhiz://HOST/ --only db-password"),
            [format!("DB_PASSWORD={SENTINEL}")],
            "{status}"
        );
    }
    let world = service();
    world.keywhiz.fail("GET", 99, 503, "");
    assert_eq!(
        world.refusal("--from keywhiz://HOST/ --timeout 2s", 75),
        format!(
            "\
envsecrets: error: Keywhiz did not answer within 2s for secrets of `keywhiz://HOST/` in https://HOST
envsecrets:   caused by: HTTP status 503
envsecrets:   caused by: {} calls were made, 0 throttled
envsecrets: hint: check host and port of the place, and the network between this machine and the server; `--timeout` sets how long to retry
",
            world.server.lines().len()
        )
    );
    let mute = keywhiz_behind(|_, _| Some(Reply::Mute));
    let ended = mute.launch("--from keywhiz://HOST/ --timeout 300ms").run();
    assert_eq!(ended.code, Some(75), "{ended:?}");
}

#[test]
fn a_foreign_or_damaged_answer_starts_no_program() {
    for (part, body) in [
        ("GET /secrets", "<html>sign in</html>".to_owned()),
        ("GET /secrets", "{}".to_owned()),
        ("GET /secrets", r#"[{"name":""}]"#.to_owned()),
        ("GET /secrets", r#"[{"name":"a"},{"name":"a"}]"#.to_owned()),
        ("POST", "[]".to_owned()),
        (
            "POST",
            r#"[{"name":"db-password","secret":"*"}]"#.to_owned(),
        ),
        (
            "POST",
            r#"[{"name":"db-password","secret":"aHVudGVyMg==","secretLength":8}]"#.to_owned(),
        ),
        (
            "POST",
            r#"[{"name":"other","secret":"aHVudGVyMg==","secretLength":7}]"#.to_owned(),
        ),
        (
            "POST",
            format!(r#"[{{"name":"db-password","secret":"{SENTINEL}","name":"x"}}]"#),
        ),
        (
            "POST",
            format!(r#"[{{"name":"db-password","secret":"{SENTINEL}"#),
        ),
    ] {
        let world = service();
        world.keywhiz.fail(part, 99, 200, &body);
        let ended = world
            .launch("--from keywhiz://HOST/ --only db-password")
            .run();
        hides(&ended);
        let printed = world.refused(&ended, 70);
        assert!(printed.contains("is invalid\n"), "{body}: {printed}");
    }
}

#[test]
fn what_a_server_repeats_is_not_shown() {
    let world = keywhiz_behind(|call, _| {
        let is_refused = call.target.ends_with("of-others");
        is_refused.then(|| {
            // The other secret has arrived by then.
            std::thread::sleep(std::time::Duration::from_millis(300));
            Reply::Answer(403, format!(r#"{{"code":403,"message":"no {SENTINEL}"}}"#))
        })
    });
    with_secrets(&world);
    let ended = world
        .launch("--secret X=keywhiz://HOST/db-password --secret Y=keywhiz://HOST/of-others")
        .run();
    hides(&ended);
    assert_eq!(ended.code, Some(77), "{ended:?}");
    let ended = world
        .envsecrets(&["check", "--verbose", "--from", "keywhiz://HOST/"])
        .run();
    hides(&ended);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn both_stores_are_read_at_once_and_parameters_win() {
    let keywhiz = service();
    let world = world();
    world.store.put("/prd/app/db-password", "from parameters");
    let place = format!("keywhiz://{}/", keywhiz.host());
    let options = format!("--clean-env --from {place} --path /prd/app");
    let mut launch = world.launch(&options, &["env"]);
    keywhiz.settings(&mut launch);
    assert_eq!(
        launch.run().ok(),
        format!("API_KEY={OTHER_SENTINEL}\nDB_PASSWORD=from parameters\n")
    );
    let mut launch = world.envsecrets(&["check", "--from", &place, "--path", "/prd/app"]);
    keywhiz.settings(&mut launch);
    let ended = launch.run();
    hides(&ended);
    let text = ended.ok();
    assert!(text.contains("Keywhiz"), "{text}");
    assert!(
        text.contains("the client certificate of KEYWHIZ_CERT"),
        "{text}"
    );
}

#[test]
fn a_place_is_listed_compared_exported_and_copied() {
    let keywhiz = service();
    let world = world();
    let run = |words: &str| {
        let words = words.replace("HOST", &keywhiz.host());
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut launch = world.envsecrets(&words);
        keywhiz.settings(&mut launch);
        launch.run()
    };
    let listed = run("list keywhiz://HOST/ --columns variable,name");
    hides(&listed);
    assert_eq!(
        listed.ok().replace(&keywhiz.host(), "HOST"),
        "\
VARIABLE     NAME
API_KEY      keywhiz://HOST/api.key
DB_PASSWORD  keywhiz://HOST/db-password
"
        .to_owned()
    );
    assert_eq!(keywhiz.server.lines(), ["GET /secrets"], "no value is read");
    let listed = run("list keywhiz://HOST/db-password --columns name");
    hides(&listed);
    assert_eq!(keywhiz.server.lines(), ["GET /secrets", "GET /secrets"]);
    let copied = run("copy keywhiz://HOST/ /prd/app --write-rate 1000");
    hides(&copied);
    assert_eq!(copied.code, Some(0), "{copied:?}");
    let value = |name: &str| world.envsecrets(&["get", name]).run().ok();
    assert_eq!(value("/prd/app/db-password"), SENTINEL);
    assert_eq!(value("/prd/app/api.key"), OTHER_SENTINEL);
    assert_eq!(run("diff keywhiz://HOST/ /prd/app").ok(), "");
    let before = world.bodies("PutParameter").len();
    assert_eq!(
        run("copy keywhiz://HOST/ /prd/app --write-rate 1000").code,
        Some(0)
    );
    assert_eq!(world.bodies("PutParameter").len(), before);
    // What changes in the source is written.
    keywhiz.keywhiz.put("api.key", "new");
    let changed = run("diff keywhiz://HOST/ /prd/app");
    hides(&changed);
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert_eq!(
        run("copy keywhiz://HOST/ /prd/app --write-rate 1000").code,
        Some(0)
    );
    assert_eq!(value("/prd/app/api.key"), "new");
    let tags = world.bodies("AddTagsToResource");
    let tags: Vec<String> = tags.iter().map(Value::to_string).collect();
    assert!(tags.iter().any(|it| it.contains("keywhiz://")), "{tags:?}");
    assert_eq!(
        run("export --format dotenv --from keywhiz://HOST/ --only api.key").ok(),
        "API_KEY='new'\n"
    );
    let made = run("init --from keywhiz://HOST/ --output -");
    hides(&made);
    assert_eq!(made.code, Some(0), "{made:?}");
}

#[test]
fn versions_are_what_stale_and_fingerprints_compare() {
    for is_old in [false, true] {
        let world = service();
        if is_old {
            world.keywhiz.be_old();
        }
        let place = format!("keywhiz://{}/", world.host());
        let arguments = ["--fingerprint", "FP", "--from", &place];
        let print = || {
            let all = [&arguments[..], &["--", "sh", "-c", "echo $FP"]].concat();
            world.envsecrets(&all).run().ok().trim().to_owned()
        };
        let first = print();
        assert_eq!(print(), first);
        let stale = || {
            let ended = world
                .envsecrets(&["stale", "--is", &first, "--from", &place])
                .run();
            hides(&ended);
            ended.code
        };
        assert_eq!(stale(), Some(0));
        world.keywhiz.put("api.key", "new");
        assert_ne!(print(), first);
        assert_eq!(stale(), Some(1));
    }
}

#[test]
fn no_policy_of_aws_counts_there() {
    let world = service();
    let ended = world
        .envsecrets(&["policy", "--from", "keywhiz://HOST/"])
        .run();
    assert_eq!(
        world.refused(&ended, 64),
        "\
envsecrets: error: nothing here is read as this principal, and so there is nothing to allow
envsecrets: hint: `keywhiz://HOST/` is read from Keywhiz, where a group of the client must have them; no policy of AWS counts there
"
    );
    let mut launch = world.envsecrets(&[
        "policy",
        "--from",
        "keywhiz://HOST/a",
        "--path",
        "/prd/app",
        "--region",
        "eu-west-1",
        "--account",
        "123456789012",
    ]);
    let ended = launch.run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(
        ended.stderr.replace(&world.host(), "HOST"),
        "envsecrets: `keywhiz://HOST/a` is read from Keywhiz, where a group of the client must have it; no \
         policy of AWS counts there\n"
    );
}
