//! `--help` reads as the manual's first page.

use crate::support::{ENVSECRETS, Ended, Launch};

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

#[test]
fn the_short_help_is_short_and_all_help_fits_on_a_terminal() {
    assert!(SHORT.lines().count() <= 80, "{}", SHORT.lines().count());
    for help in [SHORT, LONG, CHECK_SHORT, CHECK_LONG] {
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
