//! `envsecrets history` and `rollback`: what was there before, and how it comes back.

use parameter_store::{PutParameter, Tier};
use serde_json::{Value, json};

use crate::support::faults::{CODES, every_fault};
use crate::support::moto::Moto;
use crate::support::{Ended, Fault, SENTINEL, World, leak, world, world_with};

fn run(world: &World, command: &str) -> Ended {
    let words: Vec<&str> = command.split(' ').collect();
    world.envsecrets(&words).run()
}

/// Three versions, of which two have labels.
fn storied() -> World {
    let world = world();
    let put = |value: &str| PutParameter::new("/prd/app/db", value).overwrite();
    world.store.put_parameter(put("one")).unwrap();
    world
        .store
        .put_parameter(put("two").description("the database").key_id("alias/app"))
        .unwrap();
    world
        .store
        .put_parameter(put("three").key_id("alias/app").tier(Tier::Advanced))
        .unwrap();
    world.store.label("/prd/app/db", 1, "stable");
    world.store.label("/prd/app/db", 3, "live");
    world.store.label("/prd/app/db", 3, "v3");
    world
}

/// A table without its dates, which differ each time.
fn dateless(text: &str) -> String {
    let words = text.split(' ');
    let words = words.map(|word| match humantime::parse_rfc3339(word) {
        Ok(_) => "DATE                ",
        Err(_) => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_history_shows_who_wrote_what_and_no_value() {
    let world = storied();
    let ended = run(&world, "history /prd/app/db");
    assert_eq!(
        dateless(&ended.ok()),
        "\
VERSION  MODIFIED              BY         LABELS   TYPE          TIER      KEY            DESCRIPTION
1        DATE                  user/test  stable   SecureString  Standard  alias/aws/ssm
2        DATE                  user/test           SecureString  Standard  alias/app      the database
3        DATE                  user/test  live,v3  SecureString  Advanced  alias/app      the database
"
    );
    assert_eq!(
        world.bodies("GetParameterHistory")[0]["WithDecryption"],
        false
    );

    let ended = run(&world, "history /prd/app/db --format json");
    let mut reported: Value = serde_json::from_str(&ended.ok()).unwrap();
    let last = reported["versions"][2].as_object_mut().unwrap();
    assert!(last.remove("modified").is_some());
    assert_eq!(
        reported["versions"][2],
        json!({
            "version": 3,
            "type": "SecureString",
            "modified_by": "arn:aws:iam::123456789012:user/test",
            "labels": ["live", "v3"],
            "tier": "Advanced",
            "key_id": "alias/app",
            "description": "the database",
            "data_type": "text",
            "policies": [],
        })
    );
}

#[test]
fn what_changed_below_a_path_is_shown_newest_first() {
    let world = storied();
    world.store.put("/prd/app/token", SENTINEL);
    world.store.put("/prd/app", SENTINEL);
    world.store.put("/prd/apple", SENTINEL);
    let shown = |text: &str| {
        let words = |line: &str| {
            let words = line.split_whitespace().take(6);
            let words = words.map(|word| match humantime::parse_rfc3339(word) {
                Ok(_) => "DATE",
                Err(_) => word,
            });
            words.collect::<Vec<_>>().join(" ")
        };
        text.lines().map(words).collect::<Vec<String>>()
    };
    for command in [
        "history /prd/app --since 1h",
        "history /prd/app/",
        "history /prd/app --since 2020-01-01",
    ] {
        let ended = run(&world, command);
        let text = ended.ok();
        assert_eq!(leak(text.as_bytes()), None);
        let mut lines = shown(&text);
        assert_eq!(lines.remove(0), "MODIFIED PARAMETER VERSION BY LABELS TYPE");
        lines.sort();
        assert_eq!(
            lines,
            [
                "DATE /prd/app 1 user/test SecureString",
                "DATE /prd/app/db 1 user/test stable SecureString",
                "DATE /prd/app/db 2 user/test SecureString the",
                "DATE /prd/app/db 3 user/test live,v3 SecureString",
                "DATE /prd/app/token 1 user/test SecureString",
            ],
            "{command}"
        );
    }
    let asked = world.bodies("GetParameterHistory");
    assert!(asked.iter().all(|it| it["WithDecryption"] == false));

    let ended = run(&world, "history /prd/app/ --format json");
    let reported: Value = serde_json::from_str(&ended.ok()).unwrap();
    assert_eq!(reported["path"], "/prd/app");
    let versions = reported["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 5);
    let dates: Vec<&str> = versions
        .iter()
        .map(|it| it["modified"].as_str().unwrap())
        .collect();
    assert!(dates.is_sorted_by(|one, other| one >= other), "{dates:?}");
    let text = ended.text();
    let keys = ["parameter", "version", "type", "modified"];
    let keys = keys.map(|key| text.find(&format!("\"{key}\"")));
    assert!(keys.is_sorted(), "{text}");
}

#[test]
fn what_did_not_change_is_not_read() {
    let world = storied();
    std::thread::sleep(std::time::Duration::from_millis(20));
    let ended = run(&world, "history /prd/app --since 1ms");
    assert_eq!((ended.code, ended.text()), (Some(0), String::new()));
    assert_eq!(
        ended.stderr,
        "envsecrets: nothing was written below `/prd/app` since then\n"
    );
    assert_eq!(world.bodies("GetParameterHistory").len(), 0);
    let ended = run(
        &world,
        "history /prd/app --since 2020-01-01T00:00:00Z --format json",
    );
    let reported: Value = serde_json::from_str(&ended.ok()).unwrap();
    assert_eq!(reported["since"], "2020-01-01T00:00:00Z");

    let ended = run(&world, "history /none --since 1h");
    let error = "envsecrets: error: no parameters exist below `/none` in us-east-1";
    assert!(ended.failed(66).starts_with(error), "{}", ended.stderr);
    assert_eq!(
        run(&world, "history /prd/app --since yesterday").failed(64),
        "envsecrets: error: `--since yesterday` is not a duration: expected number at 0\n\
         envsecrets: hint: write it like `30s`, `500ms` or `2m`; `90d` is 90 days\n"
    );
    assert_eq!(
        run(&world, "history /prd/app --since 2026-13-01").failed(64),
        "envsecrets: error: `--since 2026-13-01` is neither a date nor a duration\n\
         envsecrets: hint: use a day such as `2026-11-23`, a moment such as `2026-11-23T08:30:00Z`, or a \
         duration such as `3d`\n"
    );
}

#[test]
fn all_pages_of_a_long_history_are_shown() {
    let world = world();
    for number in 0..73 {
        world.store.put("/p", &number.to_string());
    }
    let ended = run(&world, "history /p");
    assert_eq!(ended.ok().lines().count(), 74);
}

#[test]
fn a_value_of_a_plain_parameter_is_no_part_of_its_history_either() {
    let world = world();
    world.store.put_string("/p", SENTINEL);
    for command in ["history /p", "history /p --format json"] {
        let ended = run(&world, command);
        assert_eq!(leak(&ended.stdout), None);
        assert_eq!(ended.code, Some(0));
    }
}

#[test]
fn the_version_before_the_newest_comes_back_as_a_new_one() {
    let world = storied();
    let ended = run(&world, "rollback /prd/app/db");
    assert_eq!(
        ended.ok(),
        "/prd/app/db:4 written with the value of version 2, Advanced\n"
    );
    // As it is now, not as it was then.
    assert_eq!(
        world.bodies("PutParameter"),
        [json!({
            "Name": "/prd/app/db",
            "Value": "two",
            "Type": "SecureString",
            "KeyId": "alias/app",
            "Tier": "Intelligent-Tiering",
            "Overwrite": true,
            "Description": "the database",
            "DataType": "text",
        })]
    );
    assert_eq!(run(&world, "get /prd/app/db").ok(), "two");
    // What was undone is still there, and its labels are where they were.
    assert_eq!(run(&world, "get /prd/app/db:3").ok(), "three");
    assert_eq!(run(&world, "get /prd/app/db:live").ok(), "three");
}

#[test]
fn any_version_comes_back_by_its_number_or_label() {
    let world = storied();
    for (command, printed, value) in [
        (
            "rollback /prd/app/db 1 --dry-run",
            "/prd/app/db:4 would be written with the value of version 1\n",
            "three",
        ),
        (
            "rollback /prd/app/db stable",
            "/prd/app/db:4 written with the value of version 1, Advanced\n",
            "one",
        ),
        (
            "rollback /prd/app/db 2",
            "/prd/app/db:5 written with the value of version 2, Advanced\n",
            "two",
        ),
        // The newest itself, and one with the same value.
        ("rollback /prd/app/db 5", "/prd/app/db:5 unchanged\n", "two"),
        ("rollback /prd/app/db 2", "/prd/app/db:5 unchanged\n", "two"),
        (
            "rollback /prd/app/db live --if-version 5",
            "/prd/app/db:6 written with the value of version 3, Advanced\n",
            "three",
        ),
    ] {
        assert_eq!(run(&world, command).ok(), printed, "{command}");
        assert_eq!(run(&world, "get /prd/app/db").ok(), value, "{command}");
    }
}

#[test]
fn what_is_not_there_cannot_come_back() {
    let world = storied();
    world.store.put("/first", "x");
    let url = world.server.url();
    let shows = |name| {
        format!(
            "envsecrets: hint: nothing was written; `envsecrets history {name}` shows versions and \
             labels\n"
        )
    };
    for (command, code, printed) in [
        (
            "rollback /prd/app/db 9",
            66,
            format!(
                "envsecrets: error: `/prd/app/db` has no version `9`\n{}",
                shows("/prd/app/db")
            ),
        ),
        (
            "rollback /prd/app/db gone",
            66,
            format!(
                "envsecrets: error: `/prd/app/db` has no version `gone`\n{}",
                shows("/prd/app/db")
            ),
        ),
        (
            "rollback /first",
            66,
            format!(
                "envsecrets: error: `/first` has no version before the newest\n{}",
                shows("/first")
            ),
        ),
        (
            "rollback /none",
            66,
            format!(
                "envsecrets: error: parameter `/none` does not exist in us-east-1 at {url}\n\
                 envsecrets: hint: check name, version, label, account and \
                 region for typos\n"
            ),
        ),
        (
            "history /none",
            66,
            format!(
                "envsecrets: error: parameter `/none` does not exist in us-east-1 at {url}\n\
                 envsecrets: hint: check name, version, label, account and \
                 region for typos\n"
            ),
        ),
        (
            "rollback /prd/app/db --if-version 2",
            73,
            "envsecrets: error: `/prd/app/db` is not at version 2, but at version 3\n\
             envsecrets: hint: nothing was written; `envsecrets history /prd/app/db` shows who wrote \
             what\n"
                .to_owned(),
        ),
    ] {
        assert_eq!(run(&world, command).failed(code), printed, "{command}");
    }
    assert_eq!(world.bodies("PutParameter"), [Value::Null; 0]);
}

#[test]
fn a_write_by_another_user_in_between_is_reported() {
    for (arguments, code, word) in [
        (["rollback", "/p"].as_slice(), 0, "envsecrets: version 3"),
        (
            &["rollback", "/p", "--if-version", "2"],
            73,
            "envsecrets: error: version 3",
        ),
    ] {
        let world = world_with(&[("/p", "one")]);
        world.store.put("/p", "two");
        let ended = world.overtake(&mut world.envsecrets(arguments), || {
            world.store.put("/p", "theirs");
        });
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!(
            ended.text(),
            "/p:4 written with the value of version 1, Standard\n"
        );
        assert_eq!(
            ended.without_waiting().lines().next().unwrap(),
            format!(
                "{word} of `/p` was written by another user in between; version 4, written now, \
                 is the newest"
            )
        );
    }
}

#[test]
fn a_newest_version_that_cannot_be_read_can_be_undone() {
    let world = world_with(&[("/p", "one")]);
    world.store.put("/p", "two");
    world
        .server
        .set_faults([Fault::KmsUnknownKey.nth(2).operation("GetParameters")]);
    let ended = run(&world, "rollback /p");
    assert_eq!(
        (ended.code, ended.text().as_str()),
        (
            Some(0),
            "/p:3 written with the value of version 1, Standard\n"
        )
    );
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: the current value is not compared with the new one: AWS refused \
             to decrypt parameter `/p:2` in us-east-1 at {}\n",
            world.server.url()
        )
    );
}

#[test]
fn no_fault_of_any_call_shows_a_value() {
    let commands = [
        ("history /p --verbose", "operation=GetParameterHistory"),
        ("rollback /p --verbose", "operation=GetParameterHistory"),
        ("rollback /p --verbose", "operation=GetParameters"),
        ("rollback /p --verbose", "operation=PutParameter"),
    ];
    every_fault(&commands, |case| {
        let world = world_with(&[("/p", SENTINEL)]);
        world.store.put("/p", &format!("{SENTINEL}, and new"));
        world.server.set_faults([case.rule()]);
        let arguments = [&case.words()[..], &["--timeout", "500ms"]].concat();
        let ended = world.envsecrets(&arguments).noisy().run();
        case.reveals_nothing(&ended, &CODES);
    });

    // The value that is written is not in the service's message about it.
    let world = world_with(&[("/p", SENTINEL)]);
    world.store.put("/p", "other");
    world.server.set_faults([Fault::Error {
        status: 400,
        code: "ValidationException".to_owned(),
        message: format!("Value '{SENTINEL}' at 'value' failed to satisfy constraint"),
    }
    .always()
    .operation("PutParameter")]);
    let ended = run(&world, "rollback /p");
    assert_eq!(leak(ended.failed(64).as_bytes()), None);
}

#[test]
fn what_the_aws_cli_wrote_into_moto_comes_back() {
    let Some(moto) = Moto::start("what_the_aws_cli_wrote_into_moto_comes_back") else {
        return;
    };
    moto.put("/prd/app/db", "one", "SecureString");
    moto.put("/prd/app/db", "two", "SecureString");
    let ended = moto.envsecrets(&["rollback", "/prd/app/db"]).run();
    let text = ended.ok();
    assert!(
        text.starts_with("/prd/app/db:3 written with the value of version 1"),
        "{text}"
    );
    let read = [
        "get-parameter",
        "--with-decryption",
        "--name",
        "/prd/app/db",
        "--query",
        "Parameter.[Value,Type,Version]",
    ];
    let read: Value = serde_json::from_str(&moto.aws(&read)).unwrap();
    assert_eq!(read, json!(["one", "SecureString", 3]));
    let ended = moto.envsecrets(&["history", "/prd/app/db"]).run();
    assert_eq!(ended.ok().lines().count(), 4);
}
