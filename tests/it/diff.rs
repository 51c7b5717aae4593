//! `envsecrets diff`: what is different, and never how.

use parameter_store::{Kind, PutParameter};
use serde_json::{Value, json};

use crate::support::moto::Moto;
use crate::support::{
    Ended, Fault, SENTINEL, Server, Store, World, leak, pipe_of, world, world_with,
};

fn diff(world: &World, options: &str) -> Ended {
    let words = ["diff"].into_iter().chain(options.split_whitespace());
    let ended = world.envsecrets(&words.collect::<Vec<_>>()).run();
    assert_eq!(leak(&ended.stdout), None, "{ended:?}");
    assert_eq!(leak(ended.stderr.as_bytes()), None, "{ended:?}");
    ended
}

/// What it prints where there are differences.
#[track_caller]
fn differs(world: &World, options: &str) -> String {
    let ended = diff(world, options);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    ended.text()
}

/// Two paths with every kind of difference.
fn detailed() -> World {
    let world = world_with(&[
        ("/a/same", SENTINEL),
        ("/b/same", SENTINEL),
        ("/a/db/password", SENTINEL),
        ("/a/db/password", "other"),
        ("/b/db/password", SENTINEL),
        ("/a/gone", SENTINEL),
        ("/b/new", SENTINEL),
        ("/a/kind", SENTINEL),
        ("/a/both", SENTINEL),
    ]);
    let put = |name: &str, value: &str| {
        let put = PutParameter::new(name, value).kind(Kind::String);
        world.store.put_parameter(put).unwrap();
    };
    put("/b/kind", SENTINEL);
    put("/b/both", "other");
    world
}

#[test]
fn two_paths_are_compared_by_name_value_and_type() {
    let world = detailed();
    assert_eq!(
        differs(&world, "/a /b/"),
        "\
CHANGE   NAME         A   B   DIFFERS
changed  both         v1  v1  value, type (SecureString, String)
changed  db/password  v2  v1  value
removed  gone         v1  -
changed  kind         v1  v1  type (SecureString, String)
added    new          -   v1
"
    );
    // Seen from the other side.
    let text = differs(&world, "/b /a");
    assert!(text.contains("\nadded    gone "), "{text}");
    assert!(text.contains("\nremoved  new "), "{text}");
}

#[test]
fn programs_get_the_same_in_json() {
    let text = differs(&detailed(), "/a /b --format json");
    let reported: Value = serde_json::from_str(&text).unwrap();
    let secure = |version: u32| json!({ "version": version, "type": "SecureString" });
    let plain = json!({ "version": 1, "type": "String" });
    assert_eq!(
        reported,
        json!([
            { "name": "both", "change": "changed", "differs": ["value", "type"], "a": secure(1), "b": plain },
            { "name": "db/password", "change": "changed", "differs": ["value"], "a": secure(2), "b": secure(1) },
            { "name": "gone", "change": "removed", "differs": [], "a": secure(1), "b": null },
            { "name": "kind", "change": "changed", "differs": ["type"], "a": secure(1), "b": plain },
            { "name": "new", "change": "added", "differs": [], "a": null, "b": secure(1) }
        ])
    );
}

#[test]
fn what_is_the_same_is_not_worth_a_word() {
    let world = world_with(&[("/a/x", SENTINEL), ("/b/x", "old"), ("/b/x", SENTINEL)]);
    assert_eq!(diff(&world, "/a /b").ok(), "");
    assert_eq!(diff(&world, "/a /b --format json").ok(), "[]\n");
    assert_eq!(diff(&world, "/a /a").ok(), "");
}

#[test]
fn the_lengths_of_values_show_in_nothing() {
    let long = "x".repeat(4000);
    let texts = ["y", &long].map(|value| {
        let world = world_with(&[("/a/x", "z"), ("/b/x", value)]);
        [
            differs(&world, "/a /b"),
            differs(&world, "/a /b --format json"),
        ]
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn one_side_may_be_empty_and_both_may_not() {
    let world = world_with(&[("/a/x", SENTINEL)]);
    assert_eq!(
        differs(&world, "/a /nothing"),
        "CHANGE   NAME  A   B  DIFFERS\nremoved  x     v1  -\n"
    );
    assert_eq!(
        diff(&world, "/nothing /nothing/either").failed(66),
        format!(
            "envsecrets: error: no parameters exist below `/nothing` in us-east-1 at {}\n\
             envsecrets: hint: check path, account and region for typos; a layer that may \
             be empty is `--optional-path`\n",
            world.server.url()
        )
    );
}

#[test]
fn the_second_path_can_be_in_another_region_and_account() {
    let world = world_with(&[("/a/x", SENTINEL)]);
    let elsewhere = Store::new();
    elsewhere.put("/a/x", "other");
    let other = Server::start(&elsewhere).unwrap();
    let config = format!(
        "[profile other]\nregion = eu-west-1\nservices = there\n\
         [services there]\nssm =\n  endpoint_url = {}\n",
        other.url()
    );
    world.directory.file(".aws/config", config, 0o600);
    world.directory.file(
        ".aws/credentials",
        "[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = x\n",
        0o600,
    );
    // One endpoint for all would be that of the variable.
    world.directory.file(
        "first/config",
        format!(
            "[profile first]\nregion = us-east-1\nservices = here\n\
             [services here]\nssm =\n  endpoint_url = {}\n",
            world.server.url()
        ),
        0o600,
    );
    let both = ["first/config", ".aws/config"]
        .map(|file| std::fs::read_to_string(world.directory.path().join(file)).unwrap());
    world.directory.file(".aws/config", both.concat(), 0o600);
    world.directory.file(
        ".aws/credentials",
        "[first]\naws_access_key_id = AKIDFIRST\naws_secret_access_key = x\n\
         [other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = x\n",
        0o600,
    );
    let words = "diff /a /a --profile first --to-profile other --to-region ap-south-1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let ended = world
        .envsecrets(&words)
        .without("AWS_ENDPOINT_URL_SSM")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("AWS_REGION")
        .run();
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(1), ""),
        "{ended:?}"
    );
    assert_eq!(
        ended.text(),
        "CHANGE   NAME  A   B   DIFFERS\nchanged  x     v1  v1  value\n"
    );
    let requested = |server: &Server| {
        let call = server.requests().pop().unwrap();
        (call.access_key.unwrap(), call.region.unwrap())
    };
    assert_eq!(
        [requested(&world.server), requested(&other)],
        [("AKIDFIRST", "us-east-1"), ("AKIDOTHER", "ap-south-1")]
            .map(|(key, region)| (key.to_owned(), region.to_owned()))
    );
}

/// Neither side waits for the other: while one does not answer, the other is read.
#[test]
fn both_regions_are_read_at_the_same_time() {
    let world = world_with(&[("/a/x", SENTINEL)]);
    for (hanging, answering) in [("us-east-1", "ap-south-1"), ("ap-south-1", "us-east-1")] {
        let fault = Fault::Hang.always().region(hanging);
        world.server.set_faults([fault]);
        let ended = diff(&world, "/a /a --to-region ap-south-1 --timeout 1s");
        assert_eq!(ended.code, Some(75), "{ended:?}");
        let requests = world.server.requests();
        let regions: Vec<_> = requests
            .iter()
            .filter_map(|it| it.region.as_deref())
            .collect();
        assert!(regions.contains(&answering), "{regions:?}");
        world.server.clear_requests();
    }
}

#[test]
fn a_file_is_compared_with_a_path_by_the_names_of_variables() {
    let world = world_with(&[
        ("/app/db/password", SENTINEL),
        ("/app/db/host", SENTINEL),
        ("/app/token", SENTINEL),
    ]);
    let file = |name: &str, text: String| world.directory.file(name, text, 0o600);
    let env = file(
        "x.env",
        format!("DB_PASSWORD={SENTINEL}\nDB_HOST=other\nEXTRA={SENTINEL}\n"),
    );
    let json = file(
        "x.json",
        format!(
            "{{\"db\":{{\"password\":\"{SENTINEL}\",\"host\":\"other\"}},\"EXTRA\":\"{SENTINEL}\"}}"
        ),
    );
    let yaml = file(
        "x.yaml",
        format!("db:\n  password: {SENTINEL}\n  host: other\nEXTRA: {SENTINEL}\n"),
    );
    for file in [env, json, yaml] {
        assert_eq!(
            differs(&world, &format!("/app file://{}", file.display())),
            "\
CHANGE   NAME     A   B  DIFFERS
added    EXTRA    -
changed  db/host  v1     value
removed  token    v1  -
",
            "{}",
            file.display()
        );
    }
    let same = file(
        "same.env",
        format!("DB_PASSWORD={SENTINEL}\nDB_HOST={SENTINEL}\nTOKEN={SENTINEL}\n"),
    );
    for options in [
        format!("/app file://{}", same.display()),
        format!("file://{} /app", same.display()),
    ] {
        assert_eq!(diff(&world, &options).ok(), "");
    }
}

#[test]
fn a_file_or_a_pipe_is_one_whatever_its_name_begins_with() {
    let world = world_with(&[("/sa/DB", SENTINEL), ("/sa/HOST", "a")]);
    let text = format!("DB={SENTINEL}\nHOST=b\n");
    let file = world.directory.file("x.env", &text, 0o600);
    let file = file.to_str().unwrap();
    let differs = "CHANGE   NAME  A   B  DIFFERS\nchanged  HOST  v1     value\n";
    assert_eq!(self::differs(&world, &format!("/sa {file}")), differs);
    assert_eq!(
        self::differs(&world, &format!("/sa file://{file}")),
        differs
    );
    assert_eq!(
        self::differs(&world, &format!("{file} /sa")),
        "CHANGE   NAME  A  B   DIFFERS\nchanged  HOST     v1  value\n"
    );
    // As a shell passes `<(cat x.env)`.
    for pipe in ["/dev/fd/0", "/dev/stdin", "/proc/self/fd/0"] {
        let words = ["diff", "/sa", pipe, "--file-format", "dotenv"];
        let mut launch = world.envsecrets(&words);
        launch.command.stdin(pipe_of(text.as_bytes()));
        let ended = launch.run();
        assert_eq!(
            (ended.code, ended.text().as_str()),
            (Some(1), differs),
            "{ended:?}"
        );
    }
    let mut launch = world.envsecrets(&["diff", "/sa", "/dev/fd/0"]);
    launch.command.stdin(pipe_of(text.as_bytes()));
    assert_eq!(
        launch.run().failed(64),
        "envsecrets: error: the format of `/dev/fd/0` is not known\n\
         envsecrets: hint: use `--file-format dotenv`, `json`, `yaml`, `properties`, `csv`, `aws` or `k8s`\n"
    );
}

#[test]
fn a_path_that_has_the_name_of_a_file_is_named_with_a_slash_at_its_end() {
    let world = world_with(&[("/sa/DB", SENTINEL)]);
    let file = world.directory.file("x.env", "DB=a\n", 0o600);
    let file = file.to_str().unwrap();
    assert_eq!(
        diff(&world, &format!("/sa {file}/")).failed(66),
        format!(
            "envsecrets: error: no parameters exist below `{file}` in us-east-1 at {}, but a file of \
             that name exists\n\
             envsecrets: hint: to compare the file, use `file://{file}`; otherwise check path, account \
             and region for typos\n",
            world.server.url()
        )
    );
    assert_eq!(
        diff(&world, &format!("{file} {file}")).failed(64),
        format!(
            "envsecrets: error: neither side is a path\n\
             envsecrets: hint: `{file}` is a file here: `{file}/` is the path of that name; files are \
             compared by diff(1)\n"
        )
    );
    world.store.plant(&format!("{file}/DB"), "a");
    assert_eq!(diff(&world, &format!("{file} {file}/")).ok(), "");
    // A directory may have the name of a path.
    let directory = world.directory.path().to_str().unwrap().to_owned();
    assert_eq!(
        diff(&world, &format!("/sa {directory}/nothing")).code,
        Some(1)
    );
}

#[test]
fn what_export_writes_is_no_different_from_what_is_there() {
    let world = world_with(&[("/app/db/password", SENTINEL), ("/app/token", "a b\"c$\n")]);
    for format in ["dotenv", "json", "yaml", "properties"] {
        let words = ["export", "--path", "/app", "--format", format];
        let ended = world.envsecrets(&words).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let text = ended.text();
        let mut launch = world.envsecrets(&["diff", "/app", "-", "--file-format", format]);
        let file = world.directory.file("exported", text, 0o600);
        launch.command.stdin(std::fs::File::open(file).unwrap());
        assert_eq!(launch.run().ok(), "", "{format}");
    }
}

#[test]
fn invalid_arguments_are_refused() {
    let world = world();
    for (options, printed) in [
        (
            "a.env b.env",
            "error: neither side is a path\n\
             envsecrets: hint: a path begins with `/`, such as /prd/app; files are compared by diff(1)\n",
        ),
        (
            "/a b.env --to-region eu-west-1",
            "error: `--to-region`, `--to-profile` and `--to-role` need a second path\n\
             envsecrets: hint: leave them out: use `--region` and `--profile`\n",
        ),
        (
            "/a /b --file-format json",
            "error: `--file-format` needs a file\n\
             envsecrets: hint: a file exists, does not begin with `/`, or begins with `file://`\n",
        ),
        (
            "/a file://",
            "error: one side is empty\n\
             envsecrets: hint: give a path, such as /prd/app, or a file; check that variables are \
             set\n",
        ),
        (
            "/a /b:1",
            "error: `/b:1` is not a path: it contains a character that no parameter name can: only \
             letters, digits, `_`, `.`, `-` and `/` are allowed\n\
             envsecrets: hint: check for characters that the shell should have removed\n",
        ),
    ] {
        assert_eq!(
            diff(&world, options).failed(64),
            format!("envsecrets: {printed}")
        );
    }
    let ended = diff(&world, "/a no-such-file.env");
    assert_eq!(
        ended.failed(66),
        "envsecrets: error: cannot read `no-such-file.env`\n\
         envsecrets:   caused by: No such file or directory (os error 2)\n\
         envsecrets: hint: check its name for typos, and its permissions\n"
    );
    let file = world
        .directory
        .file("x.json", format!("{{{SENTINEL}"), 0o600);
    let ended = diff(&world, &format!("/a file://{}", file.display()));
    assert!(
        ended
            .failed(65)
            .starts_with("envsecrets: error: cannot compare `"),
        "{ended:?}"
    );
}

#[test]
fn what_the_aws_cli_wrote_and_printed_is_compared() {
    let Some(moto) = Moto::start("what_the_aws_cli_wrote_and_printed_is_compared") else {
        return;
    };
    moto.put("/a/x", SENTINEL, "SecureString");
    moto.put("/a/y", SENTINEL, "String");
    moto.put("/b/x", "other", "SecureString");
    let run = |options: &str| {
        let words = ["diff"].into_iter().chain(options.split_whitespace());
        let ended = moto.envsecrets(&words.collect::<Vec<_>>()).run();
        assert_eq!(leak(&ended.stdout), None, "{ended:?}");
        (ended.code, ended.text())
    };
    let expected =
        "CHANGE   NAME  A   B   DIFFERS\nchanged  x     v1  v1  value\nremoved  y     v1  -\n";
    assert_eq!(run("/a /b"), (Some(1), expected.to_owned()));
    // Another region of the same account has nothing.
    let (code, text) = run("/a /a --to-region eu-west-1");
    assert_eq!((code, text.lines().count()), (Some(1), 3), "{text}");

    let printed = moto.aws(&[
        "get-parameters-by-path",
        "--path",
        "/a",
        "--recursive",
        "--with-decryption",
        "--output",
        "json",
    ]);
    let file = moto.directory.file("a.json", printed, 0o600);
    let side = format!("file://{}", file.display());
    assert_eq!(run(&format!("/a {side}")), (Some(0), String::new()));
    moto.put("/a/y", "changed since", "String");
    let expected = "CHANGE   NAME  A   B  DIFFERS\nchanged  y     v2     value\n";
    assert_eq!(run(&format!("/a {side}")), (Some(1), expected.to_owned()));
    let ended = moto.envsecrets(&["diff", "/b", &side]).run();
    assert_eq!(
        ended.failed(64),
        format!(
            "envsecrets: error: `/a/x`, in `{}`, is not below `/b`\n\
             envsecrets: hint: compare it with the path it was read from\n",
            file.display()
        )
    );
}
