//! `--help` reads as the manual's first page.

use crate::support::{ENVSECRETS, Ended, Launch, World, pipe_of, world_with};

fn run(arguments: &str) -> Ended {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    Launch::new(ENVSECRETS, &arguments).run()
}

/// What these arguments print.
#[track_caller]
fn printed(arguments: &str) -> String {
    run(arguments).ok()
}

const SHORT: &str = include_str!("../../src/options/help/short.txt");
const LONG: &str = include_str!("../../src/options/help/long.txt");
const CHECK_SHORT: &str = include_str!("../../src/options/help/check-short.txt");
const CHECK_LONG: &str = include_str!("../../src/options/help/check-long.txt");

#[test]
fn help_is_short_or_long_for_either_command_wherever_it_stands() {
    for (arguments, help) in [
        ("-h", SHORT),
        ("--help", LONG),
        ("check -h", CHECK_SHORT),
        ("check --help", CHECK_LONG),
        ("-vh", SHORT),
        ("check -vh", CHECK_SHORT),
        ("--path /prd/app --help", LONG),
        ("--help -- sh", LONG),
        // A user who needs help may not know the arguments yet.
        ("--path --help", LONG),
        ("--bogus --help", LONG),
        ("--help check", LONG),
    ] {
        assert_eq!(printed(arguments), help, "{arguments}");
    }
}

/// As many programs have it.
#[test]
fn help_and_the_version_can_be_asked_for_in_words() {
    assert_eq!(printed("help"), LONG);
    assert_eq!(printed("help check"), CHECK_LONG);
    assert_eq!(printed("version"), printed("--version"));
    // Not of a program of that name.
    let ended = run("--path /prd/app -- help check");
    assert_eq!(ended.code, Some(127), "{ended:?}");
    for unknown in ["help sh", "help check put", "version 2"] {
        assert_eq!(run(unknown).code, Some(64), "{unknown}");
    }
}

#[test]
fn nothing_at_all_is_answered_with_the_short_help() {
    let ended = run("");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(64), SHORT));
    assert_eq!(ended.text(), "");
    // With a setting it is a launch that lacks its program.
    let mut launch = Launch::new::<&str>(ENVSECRETS, &[]);
    let ended = launch.env("ENVSECRETS_PATH", "/prd/app").run();
    assert!(
        ended
            .failed(64)
            .starts_with("envsecrets: error: no program given\n")
    );
}

#[test]
fn a_misspelled_help_or_a_command_behind_the_dashes_gets_a_hint() {
    for (typed, meant) in [
        ("hepl", "help"),
        ("verison", "version"),
        ("lsit", "list"),
        ("help chekc", "check"),
    ] {
        let ended = run(typed);
        let hint = format!("; or did you mean `envsecrets {meant}`?\n");
        assert!(ended.failed(64).ends_with(&hint), "{ended:?}");
    }
    // As in an image with ENTRYPOINT ["envsecrets", "--"].
    for word in ["check", "--version", "help"] {
        let ended = run(&format!("--path /p -- {word}"));
        let hint = format!(
            "envsecrets: hint: `--` ends the words of envsecrets: leave it out to use its own \
             `{word}`; an image takes both with `ENTRYPOINT [\"envsecrets\", \"--entrypoint\"]`, \
             or `docker run --entrypoint envsecrets IMAGE {word}`\n"
        );
        assert!(ended.failed(127).ends_with(&hint), "{ended:?}");
    }
}

#[test]
fn completions_are_those_of_the_packages() {
    for (shell, file) in [
        ("bash", "envsecrets.bash"),
        ("zsh", "_envsecrets"),
        ("fish", "envsecrets.fish"),
    ] {
        let packaged = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/completions/");
        let packaged = std::fs::read_to_string(format!("{packaged}{file}")).unwrap();
        assert_eq!(printed(&format!("completions {shell}")), packaged);
    }
    assert_eq!(run("completions tcsh").code, Some(64));
}

#[test]
fn help_of_the_program_is_the_programs() {
    let ended = run("--path /prd/app -- envsecrets-no-such-program --help");
    assert_eq!(ended.code, Some(127));
    assert_eq!(ended.text(), "");
}

#[test]
fn the_version_is_that_of_the_package() {
    for arguments in ["--version", "-V"] {
        assert_eq!(
            printed(arguments),
            concat!("envsecrets ", env!("CARGO_PKG_VERSION"), "\n")
        );
    }
}

#[test]
fn it_begins_with_what_it_is_and_how_it_is_called() {
    for (help, about) in [
        (LONG, env!("CARGO_PKG_DESCRIPTION")),
        (SHORT, env!("CARGO_PKG_DESCRIPTION")),
        (
            CHECK_LONG,
            "Do all of a launch except start the program, and print what it would get",
        ),
    ] {
        assert_eq!(help.lines().next(), Some(about));
        let usage = help
            .lines()
            .position(|line| line.starts_with("Usage: envsecrets"));
        assert!(usage.is_some_and(|line| line < 10), "{help}");
    }
}

/// The titles of the parts.
fn parts(help: &str) -> Vec<&str> {
    let lines = help.lines();
    lines
        .filter(|line| line.ends_with(':') && !line.starts_with(' '))
        .collect()
}

#[test]
fn the_parts_stand_in_the_order_in_which_a_reader_needs_them() {
    let options = [
        "What to read:",
        "Contract:",
        "Selection and names:",
        "What the program inherits:",
        "AWS:",
        "Other:",
    ];
    let ends = ["Examples:", "Variables:", "Exit status:"];
    assert_eq!(parts(SHORT), [["Commands:"].as_slice(), &options].concat());
    assert_eq!(
        parts(LONG),
        [["Commands:"].as_slice(), &options, &ends].concat()
    );
    assert_eq!(
        parts(CHECK_SHORT),
        [["What to print:"].as_slice(), &options].concat()
    );
    assert_eq!(
        parts(CHECK_LONG),
        [
            ["What to print:"].as_slice(),
            &options,
            &["Examples:", "Exit status:"]
        ]
        .concat()
    );
}

/// All rendered help, with the names of the files.
fn rendered() -> Vec<(String, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/options/help");
    let files = std::fs::read_dir(directory).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let mut texts: Vec<(String, String)> = files
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(file).unwrap())
        })
        .collect();
    texts.sort();
    assert!(texts.len() > 40);
    texts
}

/// The commands below the titles of the part `Examples`, each as a whole script.
fn examples(help: &str) -> Vec<String> {
    let (_, part) = help.split_once("\nExamples:\n").unwrap();
    let mut scripts = vec![String::new()];
    for line in part.lines() {
        match line.strip_prefix("      ") {
            Some(typed) => scripts.last_mut().unwrap().push_str(&format!("{typed}\n")),
            None if line.is_empty() || line.starts_with("  ") => scripts.push(String::new()),
            None => break,
        }
    }
    scripts.retain(|script| !script.is_empty());
    scripts
}

/// What an example needs besides envsecrets, in place of what the reader has: they take their input.
const PROGRAMS: [&str; 14] = [
    "podman",
    "docker",
    "jq",
    "sort",
    "xargs",
    "chamber",
    "credstash",
    "java",
    "terraform",
    "aws",
    "new-password",
    "serve",
    "alter-role",
    "log-in",
];

/// Examples that do not end well in a story, and their exit status: they need an answer, another account
/// or a process.
const FAILING: [(&str, i32); 13] = [
    ("copy /prd/app /prd/app --to-region", 73),
    ("copy /prd/app /prd/app --profile old", 78),
    ("delete /prd/app/old-token", 64),
    ("delete --recursive /prd/app --exclude", 64),
    (
        "chamber export app | envsecrets import - --path /app --profile prd",
        78,
    ),
    ("--path /prd/app --only 'db/*'", 66),
    ("init --path /prd/app", 73),
    ("move /prd/app/db-pass /prd/app/db-password", 73),
    ("ENTRYPOINT [", 127),
    ("move prd.app.token /prd/app/token", 64),
    ("move /prd/app/token /prd/app/token --to-region", 64),
    ("stale --path /prd/app --pid 4711", 66),
    ("stale --path /prd/app --is", 65),
];

#[test]
fn every_example_of_every_help_can_be_typed() {
    let mut wrong = Vec::new();
    let mut all = 0;
    for (file, help) in rendered() {
        if !file.ends_with("long.txt") {
            continue;
        }
        for example in examples(&help) {
            let world = world_of_examples();
            let directory = world.directory.path();
            // 4711 may be a process of this machine, and nothing has a larger number than 4194304 (proc(5)).
            let typed = example.replace("--pid 4711", "--pid 4194305");
            let mut launch = Launch::new("bash", &["-o", "pipefail", "-c", &typed]);
            launch.command.current_dir(directory);
            launch.command.stdin(pipe_of(b"value"));
            let mut launch = world.with_settings(launch);
            let bin = directory.join("bin");
            launch
                .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
                .env("GITHUB_ENV", directory.join("github"));
            // The first process is not ours.
            let is_probe = example.contains("--probe --pid 1");
            if is_probe {
                launch.env("ENVSECRETS_PATH", "/prd/app");
            }
            let ended = launch.run();
            let mut known = FAILING.iter().filter(|(part, _)| example.contains(part));
            let expected = known.next().map_or(0, |(_, code)| *code);
            // `diff`, `find` and `stale` answer with 1.
            let ends = ended.code == Some(expected) || (expected == 0 && ended.code == Some(1));
            let failed = ended.stderr.contains("envsecrets: error") && !is_probe;
            if !ends || (expected == 0 && failed) {
                wrong.push(format!("{example}: {:?}, {}", ended.code, ended.stderr));
            }
            all += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all > 90, "{all}");
}

/// What the examples are about.
fn world_of_examples() -> World {
    let world = world_with(&[
        ("/prd/app/name", "app"),
        ("/prd/app/db", "{\"user\": \"app\"}"),
        ("/prd/app/tls-key", "key"),
        ("/prd/app/tmp/x", "x"),
        ("/prd/app/shared/y", "y"),
        ("/prd/app/old-token", "x"),
        ("/prd/app/db-pass", "x"),
        ("/prd/registry/password", "x"),
        ("/stg/app/user", "app"),
        ("/stg/app/token", "x"),
        ("/base/host", "x"),
        ("/dev/app/host", "x"),
        ("/tf/prod/db_user", "x"),
        ("/ci/token", "x"),
        ("prd.app.token", "x"),
    ]);
    for version in 1..=7 {
        world
            .store
            .put("/prd/app/db-password", &format!("v{version}"));
    }
    world.store.label("/prd/app/db-password", 7, "live");
    world.store.label("/prd/app/db-password", 5, "stable");
    world.store.put_secret("prd/app/extra", "x");
    let tagged = world
        .envsecrets(&["tag", "/prd/app/db-password", "owner=alice"])
        .run();
    assert_eq!(tagged.code, Some(0), "{tagged:?}");
    let directory = &world.directory;
    for program in PROGRAMS {
        let output = match program {
            "credstash" => "echo '{\"a\": \"b\"}'",
            "aws" => "echo '{\"Parameters\": [{\"Name\": \"/stg/app/a\", \"Value\": \"b\"}]}'",
            "chamber" => "echo '{\"a\": \"b\"}'",
            "jq" | "sort" => "cat",
            "new-password" => "echo new",
            _ => "cat >/dev/null",
        };
        for place in ["bin/", ""] {
            directory.file(
                &format!("{place}{program}"),
                format!("#!/bin/sh\n{output}\n"),
                0o755,
            );
        }
    }
    directory.file("bin/sudo", "#!/bin/sh\nexec \"$@\"\n", 0o755);
    directory.file("alter-role-back", "#!/bin/sh\n", 0o755);
    directory.file("envsecrets.toml", "optional-path = ['/prd/none']\n", 0o644);
    directory.file(".env", "USER=app\n", 0o600);
    directory.file("key.pem", "key", 0o600);
    directory.file("leaked.txt", "x", 0o600);
    std::os::unix::fs::symlink(ENVSECRETS, directory.path().join("bin/envsecrets")).unwrap();
    world
}

#[test]
fn the_short_help_is_short_and_all_help_fits_on_a_terminal() {
    assert!(SHORT.lines().count() <= 80, "{}", SHORT.lines().count());
    for (_, help) in rendered() {
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{line}");
            assert_eq!(line, line.trim_end());
            assert!(!line.contains('\u{1b}'), "no colours in a pipe: {line}");
        }
    }
}

#[test]
fn the_long_help_has_all_that_the_short_one_has() {
    for (short, long) in [(SHORT, LONG), (CHECK_SHORT, CHECK_LONG)] {
        let words = |help: &str| help.split_whitespace().collect::<Vec<_>>().join(" ");
        let long = words(long);
        let flags = short
            .lines()
            .filter(|line| line.trim_start().starts_with('-'));
        for line in flags {
            let line = line.trim_start();
            let (flag, what) = line.split_once("  ").unwrap_or((line, ""));
            assert!(long.contains(flag), "{flag}");
            assert!(long.contains(what.trim()), "{what}");
        }
    }
}

#[test]
fn the_exit_statuses_are_in_the_help() {
    let table = LONG.split("Exit status:").nth(1).unwrap();
    let codes: Vec<u8> = table
        .lines()
        .filter_map(|line| line.trim_start().split_once("  ")?.0.parse().ok())
        .collect();
    assert_eq!(codes, [64, 65, 66, 70, 71, 75, 77, 78, 126, 127]);
}

#[test]
fn help_needs_no_environment_and_survives_a_closed_stdout() {
    let mut launch = Launch::new(ENVSECRETS, &["--help"]);
    launch.command.env_clear();
    assert_eq!(launch.run().ok(), LONG);
    let mut launch = Launch::new(ENVSECRETS, &["--help"]);
    launch
        .env("ENVSECRETS_CLEAN_ENV", "invalid")
        .env("COLUMNS", "40");
    assert_eq!(launch.run().ok(), LONG);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut launch = Launch::new(ENVSECRETS, &["--help"]);
    launch.command.stdout(writer);
    let ended = launch.run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}
