//! `envsecrets get`: values as they are, for scripts.

use std::fs::OpenOptions;

use crate::support::{ENVSECRETS, Fault, Launch, SENTINEL, can, which, world_with};

#[test]
fn a_value_is_printed_byte_for_byte_with_nothing_added() {
    let odd = "first line\n\tsecond é \u{1b}[31m\n\n";
    let world = world_with(&[("/prd/app/key", odd)]);
    assert_eq!(world.envsecrets(&["get", "/prd/app/key"]).run().ok(), odd);
}

#[test]
fn several_values_stand_on_lines_in_the_order_in_which_they_were_named() {
    let world = world_with(&[("/a", "1"), ("/b", "2")]);
    let get = |arguments: &[&str]| world.envsecrets(arguments).run().ok();
    assert_eq!(get(&["get", "/b", "/a"]), "2\n1\n");
    assert_eq!(get(&["get", "--null", "/b", "/a"]), "2\x001\x00");
    assert_eq!(get(&["get", "-0", "/b"]), "2\0");
}

#[test]
fn a_value_is_read_at_a_version_or_a_label_and_by_its_arn() {
    let world = world_with(&[("/a", "old"), ("/a", "new")]);
    world.store.label("/a", 1, "previous");
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/a";
    for (name, value) in [
        ("/a", "new"),
        ("/a:1", "old"),
        ("/a:previous", "old"),
        (arn, "new"),
    ] {
        let ended = world.envsecrets(&["get", name]).run();
        assert_eq!(ended.ok(), value, "{name}");
    }
}

#[test]
fn if_one_is_missing_none_is_printed() {
    let world = world_with(&[("/a", SENTINEL)]);
    let ended = world.envsecrets(&["get", "/a", "/nope", "/a:7"]).run();
    assert_eq!(
        ended.failed(66),
        format!(
            "envsecrets: error: parameters `/nope`, `/a:7` do not exist in us-east-1 at {}\n\
             envsecrets: hint: check names, versions, labels, account and region for typos\n",
            world.server.url()
        )
    );
}

#[test]
fn invalid_arguments_are_reported_before_any_request() {
    let world = world_with(&[]);
    for (arguments, printed) in [
        (
            ["get"].as_slice(),
            "envsecrets: error: the following required arguments were not provided: `<NAME>...`\n\
             envsecrets: hint: see `envsecrets get --help`\n",
        ),
        (
            &["get", "/a", "/a"],
            "envsecrets: error: `/a` is given twice\nenvsecrets: hint: give each parameter once\n",
        ),
        (
            &["get", "/a b"],
            "envsecrets: error: `/a b` contains a character that no parameter name can: only letters, \
             digits, `_`, `.`, `-` and `/` are allowed\nenvsecrets: hint: a parameter looks like \
             `/prd/app/db-password`, with `:VERSION` or `:LABEL` where those are allowed\n",
        ),
        (
            &["get", "--region=", "/a"],
            "envsecrets: error: `--region` is empty\nenvsecrets: hint: give it a value, or leave it \
             out\n",
        ),
        (
            &["get", "--timeout", "soon", "/a"],
            "envsecrets: error: `--timeout soon` is not a duration: expected number at 0\n\
             envsecrets: hint: write it like `30s`, `500ms` or `2m`; `0` means no limit\n",
        ),
        (
            &["--path", "/a", "get"],
            "envsecrets: error: unexpected argument `get` found\nenvsecrets: hint: put `get` \
             first: see `envsecrets get --help`\n",
        ),
        (
            &["gett", "/a"],
            "envsecrets: error: unexpected argument `gett` found\nenvsecrets: hint: put the program \
             after `--`: envsecrets --path /prd/app -- PROGRAM; or did you mean `envsecrets get`?\n",
        ),
    ] {
        assert_eq!(world.envsecrets(arguments).run().failed(64), printed);
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn the_region_and_the_profile_can_come_from_our_variables() {
    let world = world_with(&[("/a", "1")]);
    let mut launch = world.envsecrets(&["get", "-v", "/a"]);
    launch
        .without("AWS_REGION")
        .env("ENVSECRETS_REGION", "eu-central-1");
    let ended = launch.run();
    assert_eq!(ended.text(), "1");
    assert_eq!(
        ended.stderr,
        format!(
            "envsecrets: requesting from eu-central-1 at {} as the environment (access key …ST01)\n",
            world.server.url()
        )
    );
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_went_away_is_not() {
    let world = world_with(&[("/a", SENTINEL)]);
    let mut launch = world.envsecrets(&["get", "/a"]);
    launch
        .command
        .stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_eq!(
        launch.run().failed(74),
        "envsecrets: error: cannot write to standard output\nenvsecrets:   caused by: No space left on \
         device (os error 28)\nenvsecrets: hint: the output may be incomplete: do not use it\n"
    );
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut launch = world.envsecrets(&["get", "/a"]);
    launch.command.stdout(writer);
    let ended = launch.run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_terminal_shows_no_value_unless_that_is_wanted() {
    let story = "a_terminal_shows_no_value_unless_that_is_wanted";
    if !can(story, "script(1)", which("script").is_some()) {
        return;
    }
    let world = world_with(&[("/a", SENTINEL)]);
    let at_a_terminal = |arguments: &str| {
        let command = format!("{ENVSECRETS} {arguments}");
        let words = ["--quiet", "--return", "--command", &command, "/dev/null"];
        let mut launch = Launch::new("script", &words);
        let ours = world.envsecrets(&["get"]);
        for (name, value) in ours.command.get_envs() {
            launch.env(name, value.unwrap());
        }
        launch.run()
    };
    for arguments in ["get /a", "get --format json /a", "get -0 /a /a:1"] {
        let ended = at_a_terminal(arguments);
        assert_eq!(ended.code, Some(64), "{arguments}");
        assert_eq!(
            ended.text().replace('\r', ""),
            "envsecrets: error: a value would be shown on the terminal\nenvsecrets: hint: use \
             `--show` to print it anyway, or send it to a pipe or a file\n",
            "{arguments}"
        );
    }
    assert_eq!(at_a_terminal("get --show /a").text(), SENTINEL);
    let json = format!("\"{SENTINEL}\"\r\n");
    assert_eq!(at_a_terminal("get --show --format json /a").text(), json);
}

#[test]
fn no_failure_shows_a_value() {
    let world = world_with(&[("/a", SENTINEL), ("/b", SENTINEL)]);
    for (fault, code) in [
        (Fault::AccessDenied, 77),
        (Fault::KmsAccessDenied, 77),
        (Fault::ConflictingParameter, 70),
        (Fault::CloseMidBody, 75),
    ] {
        world.server.set_faults([fault.always()]);
        let mut launch = world.envsecrets(&["get", "-v", "--timeout", "2s", "/a", "/b"]);
        let ended = launch.run();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(!format!("{}{}", ended.text(), ended.stderr).contains(SENTINEL));
    }
}
