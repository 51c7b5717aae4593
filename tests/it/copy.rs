//! `envsecrets copy`: all that belongs to a parameter, elsewhere.

use std::time::Duration;

use parameter_store::{Kind, PutParameter, Tier};
use serde_json::{Value, json};

use crate::support::moto::Moto;
use crate::support::{Ended, Fault, SENTINEL, Server, Store, World, leak, world, world_with};

fn copy(world: &World, options: &str) -> Ended {
    let words = ["copy"].into_iter().chain(options.split_whitespace());
    // The quota of the in-memory store is what a story sets.
    let words = words.chain(["--write-rate", "1000"]);
    let ended = world.envsecrets(&words.collect::<Vec<_>>()).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

/// What a run that went well printed.
#[track_caller]
fn copied(world: &World, options: &str) -> (String, String) {
    let ended = copy(world, options);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (ended.text(), ended.stderr)
}

/// What the catalogue lists below a path.
fn catalogue(world: &World, path: &str) -> Value {
    let words = ["list", path, "--all", "--format", "json"];
    let text = world.envsecrets(&words).run().ok();
    let mut reported: Value = serde_json::from_str(&text).unwrap();
    for one in reported.as_array_mut().unwrap() {
        one["name"] = json!(one["name"].as_str().unwrap().replacen(path, "", 1));
        for field in ["version", "modified", "by", "labels"] {
            one.as_object_mut().unwrap().remove(field);
        }
    }
    reported
}

/// The value of a parameter.
fn value(world: &World, name: &str) -> String {
    world.envsecrets(&["get", name]).run().ok()
}

/// All that a parameter can have.
fn detailed() -> World {
    let world = world();
    let put = |put: PutParameter| world.store.put_parameter(put).unwrap();
    put(PutParameter::new("/a/db/password", SENTINEL)
        .description("for the database")
        .key_id("alias/app")
        .tag("team", "web")
        .tag("rotation", "manual")
        .tier(Tier::Advanced)
        .allowed_pattern(".{8,}")
        .policies(
            r#"[{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2999-12-02T21:34:33.000Z"}},{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"20","Unit":"Days"}}]"#,
        ));
    put(PutParameter::new("/a/hosts", "a,b").kind(Kind::StringList));
    put(PutParameter::new("/a/image", "ami-0123456789abcdef0")
        .kind(Kind::String)
        .data_type("text"));
    put(PutParameter::new("/a/image", "ami-0123456789abcdef1")
        .kind(Kind::String)
        .overwrite());
    world.store.label("/a/image", 1, "previous");
    world
}

#[test]
fn a_copy_has_all_that_its_original_has() {
    let world = detailed();
    assert_eq!(
        copied(&world, "/a /b/c"),
        (
            "\
STEP  PARAMETER         TYPE          SIZE  NOTE
new   /b/c/db/password  SecureString  29
new   /b/c/hosts        StringList    3
new   /b/c/image        String        21
"
            .to_owned(),
            "envsecrets: wrote 3 parameters\n".to_owned()
        )
    );
    let original = catalogue(&world, "/a");
    assert_eq!(
        original[0]["tags"],
        json!({ "team": "web", "rotation": "manual" })
    );
    assert_eq!(original[0]["expires"], "2999-12-02T21:34:33Z");
    assert_eq!(catalogue(&world, "/b/c"), original);
    assert_eq!(value(&world, "/b/c/db/password"), SENTINEL);
    assert_eq!(value(&world, "/b/c/image"), "ami-0123456789abcdef1");
    let puts = world.server.requests();
    let puts: Vec<&Value> = puts
        .iter()
        .filter(|call| call.operation == "PutParameter")
        .map(|call| &call.body)
        .collect();
    assert_eq!(puts[0]["AllowedPattern"], ".{8,}");
    assert_eq!(
        serde_json::from_str::<Value>(puts[0]["Policies"].as_str().unwrap()).unwrap()[1]["Type"],
        "NoChangeNotification"
    );
}

#[test]
fn tags_that_are_left_out_take_no_request() {
    let world = detailed();
    copied(&world, "/a /b --no-tags");
    assert_eq!(catalogue(&world, "/b")[0]["tags"], json!({}));
    // As a second time: what is left out does not differ either.
    copied(&world, "/a /b --no-tags");
    let calls = world.server.requests();
    let of_tags = |operation: &str| operation.contains("Tags");
    // Those that this test reads with `list`.
    let listed = calls.iter().filter(|it| of_tags(&it.operation)).count();
    assert_eq!(listed, 3);
    let puts = calls.iter().filter(|it| it.operation == "PutParameter");
    assert!(puts.clone().count() == 3 && puts.clone().all(|it| it.body.get("Tags").is_none()));
}

#[test]
fn the_second_time_there_is_nothing_to_do() {
    let world = detailed();
    copied(&world, "/a /b");
    world.server.clear_requests();
    assert_eq!(
        copied(&world, "/a /b"),
        (
            "\
STEP       PARAMETER       TYPE          SIZE  NOTE
unchanged  /b/db/password  SecureString  29
unchanged  /b/hosts        StringList    3
unchanged  /b/image        String        21
"
            .to_owned(),
            "envsecrets: nothing to write: 3 parameters are up to date\n".to_owned()
        )
    );
    let wrote = world.server.requests();
    assert!(wrote.iter().all(|call| call.operation != "PutParameter"));
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = detailed();
    let (table, printed) = copied(&world, "/a /b --dry-run");
    assert_eq!((table.lines().count(), printed.as_str()), (4, ""));
    assert_eq!(world.store.len(), 3);
}

#[test]
fn what_is_there_with_another_value_is_all_named_and_nothing_is_written() {
    let world = world_with(&[
        ("/a/one", SENTINEL),
        ("/a/two", SENTINEL),
        ("/a/new", SENTINEL),
        ("/b/one", "mine"),
        ("/b/two", "mine"),
        ("/b/only-here", "mine"),
    ]);
    let ended = copy(&world, "/a /b");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "envsecrets: error: 2 parameters already exist, and differ\n\
         envsecrets:   caused by: `/b/one`: value; now at version 1\n\
         envsecrets:   caused by: `/b/two`: value; now at version 1\n\
         envsecrets: hint: nothing was written: use `--overwrite` to write new versions\n"
    );
    assert_eq!(world.store.len(), 6);
    assert_eq!(value(&world, "/b/one"), "mine");

    let (_, printed) = copied(&world, "/a /b --overwrite");
    assert_eq!(printed, "envsecrets: wrote 3 parameters\n");
    assert_eq!(value(&world, "/b/one"), SENTINEL);
    // What was before can be read still, and what is only there stays.
    assert_eq!(value(&world, "/b/one:1"), "mine");
    assert_eq!(value(&world, "/b/only-here"), "mine");
}

#[test]
fn an_advanced_parameter_is_overwritten_by_a_standard_one() {
    let world = world_with(&[("/a/x", SENTINEL)]);
    let put = PutParameter::new("/b/x", "mine").tier(Tier::Advanced);
    world.store.put_parameter(put).unwrap();
    copied(&world, "/a /b --overwrite");
    assert_eq!(value(&world, "/b/x"), SENTINEL);
    assert_eq!(catalogue(&world, "/b")[0]["tier"], "Advanced");
}

#[test]
fn a_type_that_cannot_be_changed_is_reported_before_anything_is_written() {
    let world = world_with(&[("/a/x", SENTINEL), ("/a/new", SENTINEL)]);
    let put = PutParameter::new("/b/x", SENTINEL).kind(Kind::String);
    world.store.put_parameter(put).unwrap();
    let ended = copy(&world, "/a /b --overwrite");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "envsecrets: error: the type of a parameter cannot be changed\n\
         envsecrets:   caused by: `/b/x` is a String, not a SecureString\n\
         envsecrets: hint: nothing was written: delete the parameters of another type, and try \
         again\n"
    );
    assert_eq!(world.store.len(), 3);
}

#[test]
fn another_key_may_encrypt_the_copies() {
    let world = detailed();
    copied(&world, "/a /b --key-id alias/new");
    let reported = catalogue(&world, "/b");
    let keys: Vec<&Value> = reported
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["key"])
        .collect();
    assert_eq!(json!(keys), json!(["alias/new", null, null]));
}

#[test]
fn another_key_may_encrypt_what_stays_where_it_is() {
    let world = detailed();
    let before = catalogue(&world, "/a");
    let ended = copy(&world, "/a /a --key-id alias/new");
    assert_eq!(ended.code, Some(73), "{ended:?}");
    assert_eq!(
        copied(&world, "/a /a --key-id alias/new --overwrite"),
        (
            "\
STEP       PARAMETER       TYPE          SIZE  NOTE
changed    /a/db/password  SecureString  29    key; now at version 1
unchanged  /a/hosts        StringList    3
unchanged  /a/image        String        21
"
            .to_owned(),
            "envsecrets: wrote 1 parameter, and left 2 parameters as before\n".to_owned()
        )
    );
    let mut after = catalogue(&world, "/a");
    assert_eq!(after[0]["key"], "alias/new");
    after[0]["key"] = json!("alias/app");
    assert_eq!(after, before, "all else is as it was");
    assert_eq!(value(&world, "/a/db/password"), SENTINEL);
    // The second time it is done already.
    let (_, printed) = copied(&world, "/a /a --key-id alias/new");
    assert_eq!(
        printed,
        "envsecrets: nothing to write: 3 parameters are up to date\n"
    );
}

/// Another region, with a store of its own.
fn elsewhere(world: &World) -> Server {
    let other = Server::start(&Store::new()).unwrap();
    let config = format!(
        "[profile here]\nservices = here\n[profile there]\nservices = there\n\
         [services here]\nssm =\n  endpoint_url = {}\n\
         [services there]\nssm =\n  endpoint_url = {}\n",
        world.server.url(),
        other.url()
    );
    world.directory.file(".aws/config", config, 0o600);
    let keys = "aws_access_key_id = AKID\naws_secret_access_key = x\n";
    let keys = format!("[here]\n{keys}[there]\n{keys}");
    world.directory.file(".aws/credentials", keys, 0o600);
    other
}

fn across(world: &World, options: &str) -> Ended {
    let all = format!(
        "copy /a /a --profile here --to-profile there --to-region eu-west-1 --write-rate 1000 {options}"
    );
    let ended = world
        .envsecrets(&all.split_whitespace().collect::<Vec<_>>())
        .without("AWS_ENDPOINT_URL_SSM")
        .run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

#[test]
fn a_copy_in_another_region_has_the_key_of_the_same_alias() {
    let world = detailed();
    let other = elsewhere(&world);
    let ended = across(&world, "");
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), "envsecrets: wrote 3 parameters\n"),
        "{ended:?}"
    );
    let calls = other.requests();
    let puts: Vec<_> = calls
        .iter()
        .filter(|it| it.operation == "PutParameter")
        .collect();
    assert_eq!(puts.len(), 3);
    assert_eq!(puts[0].body["KeyId"], "alias/app");
    assert!(
        calls
            .iter()
            .all(|call| call.region.as_deref() == Some("eu-west-1"))
    );
    let here = world.server.requests();
    assert!(here.iter().all(|call| call.operation != "PutParameter"));
}

#[test]
fn a_key_that_is_only_here_has_to_be_replaced_elsewhere() {
    let world = world();
    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let put = PutParameter::new("/a/x", SENTINEL).key_id(key);
    world.store.put_parameter(put).unwrap();
    let other = elsewhere(&world);
    let ended = across(&world, "");
    assert_eq!(
        ended.failed(64),
        format!(
            "envsecrets: error: keys given by id or ARN do not exist in another region or account\n\
             envsecrets:   caused by: `/a/x` is encrypted with `{key}`\n\
             envsecrets: hint: nothing was written: use `--key-id` to give the key for the copies\n"
        )
    );
    assert_eq!(other.calls(), 0);
    assert_eq!(across(&world, "--key-id alias/app").code, Some(0));
    // In the same place it is the same key.
    copied(&world, "/a /b");
    assert_eq!(catalogue(&world, "/b")[0]["key"], key);
}

#[test]
fn a_copy_that_is_refused_half_way_reports_what_was_done_and_is_finished_by_the_next() {
    let world = world();
    for number in 0..5 {
        world.store.put(&format!("/a/p{number}"), SENTINEL);
    }
    let refusal = Fault::AccessDenied.after(2).operation("PutParameter");
    world.server.set_faults([refusal]);
    let ended = copy(&world, "/a /b");
    assert_eq!(ended.code, Some(77), "{ended:?}");
    let done = "envsecrets: error: 2 of 5 parameters written\n\
                envsecrets:   caused by: written: /b/p0, /b/p1\n\
                envsecrets:   caused by: not written: /b/p2, /b/p3, /b/p4\n";
    assert!(ended.stderr.contains(done), "{ended:?}");
    world.server.clear_faults();
    let (table, printed) = copied(&world, "/a /b");
    assert_eq!(
        printed,
        "envsecrets: wrote 3 parameters, and left 2 parameters as before\n"
    );
    assert!(table.contains("\nunchanged  /b/p1 "), "{table}");
}

#[test]
fn it_keeps_to_the_pace_of_the_quota() {
    let took = || {
        let world = world_with(&[("/a/x", SENTINEL), ("/a/y", SENTINEL), ("/a/z", SENTINEL)]);
        let words = ["copy", "/a", "/b", "--write-rate", "10"];
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let calls = world.server.requests();
        let puts: Vec<_> = calls
            .iter()
            .filter(|it| it.operation == "PutParameter")
            .collect();
        puts[2].at.duration_since(puts[0].at)
    };
    // On a busy machine the first call may be noted late, but not each time.
    let mut attempts = (0..5).map(|_| took());
    assert!(attempts.any(|took| took >= Duration::from_millis(190)));
}

#[test]
fn invalid_arguments_are_refused() {
    let world = world_with(&[("/b/x", SENTINEL)]);
    for (options, printed) in [
        (
            "/a /a/",
            "error: `/a` would be copied onto itself\n\
             envsecrets: hint: use another path, `--to-region`, `--to-profile`, `--to-role` or `--key-id`\n",
        ),
        (
            "/a b",
            "error: `b` is not a path: it does not begin with `/`\n\
             envsecrets: hint: did you mean `/b`?\n",
        ),
    ] {
        assert_eq!(
            copy(&world, options).failed(64),
            format!("envsecrets: {printed}")
        );
    }
    assert_eq!(world.server.calls(), 0);
    assert!(
        copy(&world, "/a /b")
            .failed(66)
            .starts_with("envsecrets: error: no parameters exist below `/a` in us-east-1")
    );
}

#[test]
fn the_aws_cli_reads_the_copies_of_what_it_wrote() {
    let Some(moto) = Moto::start("the_aws_cli_reads_the_copies_of_what_it_wrote") else {
        return;
    };
    let words = [
        "put-parameter",
        "--name",
        "/a/db/password",
        "--type",
        "SecureString",
        "--value",
        SENTINEL,
        "--description",
        "the database",
        "--key-id",
        "alias/app",
        "--tags",
        "Key=team,Value=web",
    ];
    moto.aws(&words);
    moto.put("/a/hosts", "a,b", "StringList");
    let run = |options: &str| {
        let words = ["copy"].into_iter().chain(options.split_whitespace());
        let ended = moto.envsecrets(&words.collect::<Vec<_>>()).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    };
    let read = |region: &str, path: &str| -> Value {
        let query = "sort_by(Parameters, &Name)[].[Name, Type, Value]";
        let words = [
            "get-parameters-by-path",
            "--region",
            region,
            "--path",
            path,
            "--recursive",
            "--with-decryption",
            "--query",
            query,
        ];
        serde_json::from_str(&moto.aws(&words)).unwrap()
    };
    run("/a /b --write-rate 100");
    run("/a /c --to-region eu-west-1 --write-rate 100");
    for (region, path) in [(moto.region, "/b"), ("eu-west-1", "/c")] {
        assert_eq!(
            read(region, path),
            json!([
                [format!("{path}/db/password"), "SecureString", SENTINEL],
                [format!("{path}/hosts"), "StringList", "a,b"]
            ])
        );
    }
    let words = [
        "describe-parameters",
        "--parameter-filters",
        "Key=Name,Values=/b/db/password",
        "--query",
        "Parameters[0].[Description, KeyId, Tier]",
    ];
    let reported: Value = serde_json::from_str(&moto.aws(&words)).unwrap();
    assert_eq!(reported, json!(["the database", "alias/app", "Standard"]));
    let words = [
        "list-tags-for-resource",
        "--resource-type",
        "Parameter",
        "--resource-id",
        "/b/db/password",
        "--query",
        "TagList",
    ];
    let tags: Value = serde_json::from_str(&moto.aws(&words)).unwrap();
    assert_eq!(tags, json!([{ "Key": "team", "Value": "web" }]));
}

#[test]
fn patterns_choose_what_is_copied() {
    let world = crate::support::world_with(&[("/a/b", "1"), ("/a/c/d", "2"), ("/a/c/e", "3")]);
    let ended = world
        .envsecrets(&[
            "copy",
            "/a",
            "/z",
            "--only",
            "c/*",
            "--exclude",
            "*/e",
            "--write-rate",
            "1000",
        ])
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let writes = world.bodies("PutParameter");
    assert_eq!(
        (writes.len(), &writes[0]["Name"]),
        (1, &serde_json::json!("/z/c/d"))
    );
    let ended = world.envsecrets(&["copy", "/a", "/z", "--only", "x"]).run();
    let error = "envsecrets: error: `--only x` matches nothing\n";
    assert!(ended.failed(64).starts_with(error), "{}", ended.stderr);
}
