//! Colours: on terminals only, on a few words only, and never for the program.

use std::fs::File;

use crate::support::terminal::Terminal;
use crate::support::{ENVSECRETS, Launch, World, until, world_with};

/// A launch that fails with an error and a hint.
fn failing(world: &World, more: &[&str]) -> Launch {
    let arguments = [&["--path", "/p"], more, &["--require", "NOPE", "--", "env"]].concat();
    world.envsecrets(&arguments)
}

fn world() -> World {
    world_with(&[("/p/a", "x")])
}

fn colored(text: &str) -> String {
    text.replace(" error:", " \x1b[1;31merror\x1b[0m:")
        .replace(" hint:", " \x1b[1;36mhint\x1b[0m:")
        .replace(" caused by:", " \x1b[31mcaused by\x1b[0m:")
}

/// What a command shows on a terminal as its stderr, with these variables.
fn shown(launch: &mut Launch, variables: &[(&str, &str)]) -> String {
    let terminal = Terminal::new();
    launch.command.stderr(terminal.side());
    for (name, value) in variables {
        launch.env(name, value);
    }
    let ended = launch.run();
    assert_ne!(ended.code, Some(0));
    until("it is shown", || terminal.shown().ends_with('\n'));
    terminal.shown()
}

fn plain(world: &World) -> String {
    failing(world, &[]).run().failed(66).to_owned()
}

#[test]
fn a_terminal_shows_the_first_word_of_a_message_in_a_colour_and_a_pipe_has_none() {
    let world = world();
    let plain = plain(&world);
    let on_xterm = shown(&mut failing(&world, &[]), &[("TERM", "xterm")]);
    assert_eq!(on_xterm, colored(&plain));
    assert!(
        plain.contains("error:") && plain.contains("hint:"),
        "{plain}"
    );
    for variables in [
        [("TERM", "dumb"), ("X", "")],
        [("TERM", "xterm"), ("NO_COLOR", "1")],
        [("TERM", "xterm"), ("CLICOLOR", "0")],
        [("TERM", "xterm"), ("ENVSECRETS_COLOR", "never")],
    ] {
        let text = shown(&mut failing(&world, &[]), &variables);
        assert_eq!(text, plain, "{variables:?}");
    }
    let text = shown(
        &mut failing(&world, &["--color=never"]),
        &[("TERM", "xterm")],
    );
    assert_eq!(text, plain);
}

#[test]
fn a_pipe_has_colours_where_they_are_asked_for() {
    let world = world();
    let plain = plain(&world);
    for (flags, variable) in [
        (&["--color=always"][..], ("NO_COLOR", "1")),
        (&["--color", "always"], ("ENVSECRETS_COLOR", "never")),
        (&[], ("ENVSECRETS_COLOR", "always")),
        (&[], ("CLICOLOR_FORCE", "1")),
    ] {
        let ended = failing(&world, flags).env(variable.0, variable.1).run();
        assert_eq!(ended.failed(66), colored(&plain), "{flags:?} {variable:?}");
    }
}

#[test]
fn an_error_about_the_arguments_has_the_colours_that_they_ask_for() {
    for (arguments, is_colored) in [
        ("--color=always --bogus", true),
        ("list --color always --bogus", true),
        ("--bogus --color=never", false),
        ("/bin/no-such-program --color=always", false),
        ("-- no-such-program --color=always", false),
    ] {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let ended = Launch::new(ENVSECRETS, &words).run();
        assert_eq!(ended.stderr.contains('\x1b'), is_colored, "{ended:?}");
    }
}

#[test]
fn a_cause_is_coloured_and_nothing_that_comes_from_outside() {
    let world = world();
    let arguments = [
        "get",
        "/p/error: x",
        "--color=always",
        "--region",
        "hint: y",
    ];
    let ended = world.envsecrets(&arguments).run();
    let words = ended.stderr.matches("\x1b[").count();
    assert_eq!(words, 2 * ended.stderr.lines().count(), "{ended:?}");
    let missing = ["--config=/nowhere/error: x", "--color=always", "--", "env"];
    let ended = Launch::new(ENVSECRETS, &missing).run();
    assert_eq!(ended.stderr.matches("\x1b[").count(), 4, "{ended:?}");
    assert!(ended.stderr.contains("/nowhere/error: x`"), "{ended:?}");
    let mut launch = world.envsecrets(&["get", "/p/a", "--color=always"]);
    launch
        .command
        .stdout(File::options().write(true).open("/dev/full").unwrap());
    let ended = launch.run();
    let cause = "envsecrets:   \x1b[31mcaused by\x1b[0m: No space left on device (os error 28)\n";
    assert!(ended.stderr.contains(cause), "{ended:?}");
}

#[test]
fn tables_and_values_have_no_colours_and_the_program_inherits_what_was_given() {
    let world = world();
    for arguments in [
        &["list", "/p", "--color=always"][..],
        &["check", "--path", "/p", "--color=always"],
        &["get", "/p/a", "--color=always"],
        &["--version", "--color=always"],
    ] {
        let ended = world.envsecrets(arguments).run();
        assert!(!ended.ok().contains('\x1b'), "{arguments:?}");
    }
    let program = [
        "--path=/p",
        "--color=always",
        "--clean-env",
        "--keep=*COLOR*",
        "--",
        "env",
    ];
    let mut launch = world.envsecrets(&program);
    let ended = launch
        .env("NO_COLOR", "1")
        .env("ENVSECRETS_COLOR", "never")
        .run();
    assert_eq!(ended.stderr, "");
    let mut lines: Vec<String> = ended.ok().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["A=x", "ENVSECRETS_COLOR=never", "NO_COLOR=1"]);
}

#[test]
fn help_has_bold_headings_and_flags_on_a_terminal_and_is_the_same_text() {
    let mut seen = String::new();
    for arguments in ["--help", "-h", "check -h", "put --help", "stale --help"] {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let plain = Launch::new(ENVSECRETS, &words).run().ok();
        assert!(!plain.contains('\x1b'));
        let terminal = Terminal::new();
        let mut launch = Launch::new(ENVSECRETS, &words);
        launch.env("TERM", "xterm").command.stdout(terminal.side());
        let ended = launch.run();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let without = |text: &str| text.replace("\x1b[1m", "").replace("\x1b[0m", "");
        until("all of it is shown", || without(&terminal.shown()) == plain);
        seen.push_str(&terminal.shown());
    }
    for bold in [
        "Usage:",
        "Exit status:",
        "-v, --verbose",
        "--path <PATH>",
        "Examples:",
    ] {
        assert!(seen.contains(&format!("\x1b[1m{bold}\x1b[0m")), "{bold}");
    }
    let nothing = Launch::new::<&str>(ENVSECRETS, &[])
        .env("CLICOLOR_FORCE", "1")
        .run();
    assert!(
        nothing.stderr.contains("\x1b[1mUsage:\x1b[0m"),
        "{nothing:?}"
    );
}

#[test]
fn a_word_that_is_no_choice_is_refused_by_launches_and_commands() {
    for (arguments, variable, message) in [
        (
            "--path=/p --color=blue -- env",
            "",
            "envsecrets: error: invalid value `blue` for `--color <WHEN>`: possible values are auto, \
             always, never\nenvsecrets: hint: see `envsecrets --help`\n",
        ),
        (
            "--path=/p -- env",
            "blue",
            "envsecrets: error: ENVSECRETS_COLOR is `blue`, and must be one of `auto`, `always`, \
             `never`\nenvsecrets: hint: set it to one of them, or unset it\n",
        ),
        (
            "list /p",
            "blue",
            "envsecrets: error: ENVSECRETS_COLOR is `blue`, and must be one of `auto`, `always`, \
             `never`\nenvsecrets: hint: set it to one of them, or unset it\n",
        ),
    ] {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let ended = Launch::new(ENVSECRETS, &words)
            .env("ENVSECRETS_COLOR", variable)
            .run();
        assert_eq!(ended.failed(64), message, "{arguments}");
    }
}
