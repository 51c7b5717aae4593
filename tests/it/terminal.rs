//! A person at a terminal: the prompts, what is shown, and that the terminal is left as it was.

use nix::sys::signal::Signal;

use crate::support::terminal::Terminal;
use crate::support::{SENTINEL, leak, world, world_with};

const FIRST: &str = "value of /p (it is not shown): ";
const AGAIN: &str = "repeat the value: ";

#[test]
fn a_value_is_prompted_for_twice_and_not_shown() {
    let world = world();
    let terminal = Terminal::new();
    let running = terminal.start(&mut world.envsecrets(&["put", "/p"]));
    terminal.asks(FIRST);
    assert!(!terminal.echoes());
    terminal.types(&format!(" {SENTINEL} \n"));
    terminal.asks(AGAIN);
    terminal.types(&format!(" {SENTINEL} \n"));
    let ended = running.end();
    assert_eq!(ended.ok(), "/p:1 written, Standard\n");
    assert_eq!(terminal.shown(), format!("{FIRST}\n{AGAIN}\n"));
    assert!(terminal.echoes());
    assert_eq!(
        world.bodies("PutParameter")[0]["Value"],
        format!(" {SENTINEL} ")
    );
}

#[test]
fn what_is_typed_differently_or_not_at_all_is_not_written() {
    let world = world();
    let hint = "envsecrets: hint: pipe it in, or use `--from-file FILE`\n";
    for (first, second, printed) in [
        (
            "s3ntinel-plaintext-1\n",
            "s3ntinel-plaintext-2\n",
            "envsecrets: error: the two typed values differ\n\
             envsecrets: hint: nothing was written: try again\n"
                .to_owned(),
        ),
        (
            // Ctrl-D.
            "\u{4}",
            "",
            format!("envsecrets: error: no value was typed\n{hint}"),
        ),
        (
            "\n",
            "\n",
            "envsecrets: error: the value is empty, and Parameter Store does not store empty \
             values\n\
             envsecrets: hint: pipe it in, type it at a terminal, or use `--from-file FILE` or \
             `--generate`\n"
                .to_owned(),
        ),
        (
            &format!("{}\n", "s3ntinel-plaintext".repeat(300)),
            "",
            format!("envsecrets: error: a terminal accepts lines of at most 4095 bytes\n{hint}"),
        ),
    ] {
        let terminal = Terminal::new();
        let running = terminal.start(&mut world.envsecrets(&["put", "/p"]));
        terminal.asks(FIRST);
        terminal.types(first);
        if !second.is_empty() {
            terminal.asks(AGAIN);
            terminal.types(second);
        }
        let ended = running.end();
        assert_eq!(ended.failed(65), printed);
        assert_eq!(leak(terminal.shown().as_bytes()), None);
        assert!(terminal.echoes());
    }
    assert_eq!(world.server.calls(), 0);
}

#[test]
fn a_signal_restores_the_terminal() {
    let world = world();
    for (keys, signal) in [("\u{3}", Signal::SIGINT), ("\u{1c}", Signal::SIGQUIT)] {
        let terminal = Terminal::new();
        let running = terminal.start(&mut world.envsecrets(&["put", "/p"]));
        terminal.asks(FIRST);
        terminal.types("half of it");
        terminal.types(keys);
        let ended = running.end();
        assert_eq!(
            (ended.code, ended.signal),
            (None, Some(signal as i32)),
            "{ended:?}"
        );
        assert_eq!(ended.stderr, "");
        assert!(terminal.echoes());
    }
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let terminal = Terminal::new();
        let running = terminal.start(&mut world.envsecrets(&["put", "/p"]));
        terminal.asks(FIRST);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.signal, Some(signal as i32), "{ended:?}");
        assert!(terminal.echoes());
    }
}

#[test]
fn the_prompt_is_shown_again_after_a_stop() {
    let world = world_with(&[("/p", "before")]);
    let terminal = Terminal::new();
    let running = terminal.start(&mut world.envsecrets(&["put", "/p"]));
    terminal.asks(FIRST);
    running.signal(Signal::SIGTSTP);
    // In a session of its own nothing could wake it, so that the kernel does not stop it
    // (setpgid(2), orphaned process groups): it comes back at once.
    terminal.asks(&format!("\n{FIRST}"));
    terminal.types("hunter2\n");
    terminal.asks(AGAIN);
    terminal.types("hunter2\n");
    assert_eq!(running.end().ok(), "/p:2 written, Standard\n");
}
