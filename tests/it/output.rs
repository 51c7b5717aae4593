//! Standard output that cannot be written: closed, or a full disk.

use std::fs::File;
use std::os::fd::AsRawFd;

use crate::support::{ENVSECRETS, Launch, SENTINEL, World, leak, pipe_of, world_with};

/// Commands that print something, each with what it is worth knowing then.
const COMMANDS: &[(&str, &str)] = &[
    ("get /p/a", PRINTS),
    ("check --path /p", PRINTS),
    ("check --path /p --format json", PRINTS),
    ("export --path /p --format json", PRINTS),
    ("list /p", PRINTS),
    ("history /p/a", PRINTS),
    ("diff /p /q", PRINTS),
    ("policy --path /p --account 123456789012", PRINTS),
    ("init --path /p --output -", PRINTS),
    ("tag /p/b", PRINTS),
    ("put /p/new", DOES),
    ("put /p/a --dry-run", PRINTS),
    ("rollback /p/a --dry-run", PRINTS),
    ("rollback /p/a", DOES),
    ("rotate /p/a --resume --with /bin/true", PRINTS),
    ("label /p/a live", DOES),
    ("tag /p/a x=y", DOES),
    ("delete /p/b --dry-run", PRINTS),
    ("delete /p/b --yes", DOES),
    // Nothing is written before it is shown.
    ("copy /p /r", PRINTS),
    ("--help", PRINTS),
    ("--version", PRINTS),
    ("put --help", PRINTS),
];

const PRINTS: &str = "envsecrets: error: cannot write to standard output\n\
    envsecrets:   caused by: WHY\n\
    envsecrets: hint: the output may be incomplete: do not use it\n";
const DOES: &str = "envsecrets: error: cannot report on standard output what was done\n\
    envsecrets:   caused by: WHY\n\
    envsecrets: hint: the change was made\n";

fn prepared() -> World {
    let world = world_with(&[
        ("/p/a", "one"),
        ("/p/a", SENTINEL),
        ("/p/b", "x"),
        ("/q/c", "x"),
    ]);
    let tagged = world.envsecrets(&["tag", "/p/b", "team=web"]).run();
    assert_eq!(tagged.code, Some(0), "{tagged:?}");
    world
}

#[test]
fn a_full_disk_is_reported_by_every_command() {
    for (command, printed) in COMMANDS {
        let world = prepared();
        let words: Vec<&str> = command.split_whitespace().collect();
        let mut launch = world.envsecrets(&words);
        let full = File::options().write(true).open("/dev/full");
        launch.command.stdin(pipe_of(b"x")).stdout(full.unwrap());
        let ended = launch.run();
        let why = "No space left on device (os error 28)";
        assert_eq!(ended.failed(74), printed.replace("WHY", why), "{command}");
        assert_eq!(leak(ended.stderr.as_bytes()), None);
    }
}

/// A launch whose standard output is closed, as by `>&-`.
fn without_output(world: &World, words: &[&str]) -> Launch {
    let script = [&["-c", "exec \"$0\" \"$@\" >&-", ENVSECRETS], words].concat();
    world.with_settings(Launch::new("/bin/sh", &script))
}

#[test]
fn a_closed_output_is_reported_by_every_command() {
    for (command, printed) in COMMANDS {
        let world = prepared();
        let words: Vec<&str> = command.split_whitespace().collect();
        let mut launch = without_output(&world, &words);
        launch.command.stdin(pipe_of(b"x"));
        let ended = launch.run();
        let why = "Bad file descriptor (os error 9)";
        assert_eq!(ended.failed(74), printed.replace("WHY", why), "{command}");
    }
}

#[test]
fn an_output_that_is_open_for_reading_only_is_reported_too() {
    let world = prepared();
    for words in [
        &["get", "/p/a"][..],
        &["label", "/p/a", "live"],
        &["--help"],
    ] {
        let mut launch = world.envsecrets(words);
        launch.command.stdout(File::open("/dev/null").unwrap());
        let ended = launch.run();
        let printed = ended.failed(74);
        assert!(
            printed.contains("envsecrets:   caused by: Bad file descriptor (os error 9)\n"),
            "{printed}"
        );
    }
}

#[test]
fn what_prints_nothing_needs_no_output_and_a_launch_does_not_either() {
    let world = prepared();
    let ended = without_output(&world, &["diff", "/p", "/p"]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let output = world.directory.path().join("x.json");
    let output = output.to_str().unwrap();
    let export = [
        "export", "--path", "/p", "--format", "json", "--output", output,
    ];
    let ended = without_output(&world, &export).run();
    let printed = format!("envsecrets: wrote 2 variables to `{output}`\n");
    assert_eq!((ended.code, ended.stderr), (Some(0), printed));
    let ended = without_output(&world, &["--path", "/p", "--", "true"]).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn output_that_no_one_wants_is_not_missed() {
    let world = prepared();
    let null = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .unwrap();
    assert!(null.as_raw_fd() > 2);
    let mut launch = world.envsecrets(&["get", "/p/a"]);
    launch.command.stdout(null);
    let ended = launch.run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}
