//! Tables on a terminal are as wide as that, and complete in a pipe.

use crate::support::terminal::Terminal;
use crate::support::{World, until, without_times, world_with};

/// What a command shows on a terminal of this width.
fn shown(world: &World, columns: u16, variable: &str, arguments: &[&str]) -> String {
    let terminal = Terminal::new();
    terminal.resize(columns);
    let mut launch = world.envsecrets(arguments);
    launch
        .env("COLUMNS", variable)
        .command
        .stdout(terminal.side());
    let ended = launch.run();
    assert!(ended.code.is_some_and(|code| code < 2), "{ended:?}");
    until("all is shown", || terminal.shown().ends_with('\n'));
    ended.stderr + &terminal.shown()
}

fn world() -> World {
    let world = world_with(&[
        ("/prd/app/db/password", "x"),
        ("/prd/app/db/host", "x"),
        ("/base/db/host", "x"),
        ("/other/db/host", "y"),
    ]);
    world.store.label("/prd/app/db/host", 1, "live");
    world
}

const CHECK: [&str; 5] = ["check", "--path", "/base", "--path", "/prd/app"];

#[test]
fn a_check_on_a_narrow_terminal_says_what_becomes_what() {
    let world = world();
    let text = shown(&world, 80, "", &CHECK);
    assert_eq!(
        text,
        "envsecrets: the terminal is too narrow for SIZE, MODIFIED, TYPE; piped output and \
         `--format json` have them\n\
         VARIABLE     PARAMETER             VERSION  FROM      NOTE\n\
         DB_HOST      /prd/app/db/host      1        /prd/app  overrides /base/db/host\n\
         DB_PASSWORD  /prd/app/db/password  1        /prd/app\n"
    );
    let text = shown(&world, 40, "", &CHECK);
    assert_eq!(
        text,
        "envsecrets: the terminal is too narrow for SIZE, MODIFIED, TYPE, FROM, VERSION; piped \
         output and `--format json` have them\n\
         VARIABLE     PARAMETER      NOTE\n\
         DB_HOST      …/app/db/host  overrides /…\n\
         DB_PASSWORD  …/db/password\n"
    );
}

#[test]
fn columns_of_the_environment_beat_the_terminal_and_a_pipe_has_everything() {
    let world = world();
    let narrow = shown(&world, 80, "", &CHECK);
    assert_eq!(shown(&world, 200, "80", &CHECK), narrow);
    let wide = shown(&world, 200, "", &CHECK);
    let piped = world.envsecrets(&CHECK).env("COLUMNS", "40").run().ok();
    assert_eq!(without_times(&wide), without_times(&piped));
    assert!(
        piped.starts_with("VARIABLE     PARAMETER             VERSION  TYPE"),
        "{piped}"
    );
    for invalid in ["0", "wide", "-1"] {
        assert_eq!(shown(&world, 80, invalid, &CHECK), narrow, "{invalid}");
    }
}

#[test]
fn every_table_fits() {
    let world = world();
    for arguments in [
        "list /prd",
        "list /prd --tree",
        "history /prd/app/db/host",
        "history /prd/",
        "find *host",
        "diff /prd/app /other",
        "copy /prd/app /new --dry-run",
        "check --path /prd/app --exclude db/password",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        for width in [40, 60, 80] {
            let text = shown(&world, width, "", &words);
            let table = text
                .lines()
                .filter(|line| !line.starts_with("envsecrets: "));
            for line in table {
                assert!(line.chars().count() <= width.into(), "{arguments}: {line}");
            }
            assert!(
                text.contains("host") || text.contains("live"),
                "{arguments} at {width}: {text}"
            );
        }
    }
}
