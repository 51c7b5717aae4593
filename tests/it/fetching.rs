//! Everything is read, or nothing is started: pages, layers, single parameters, and all that can
//! happen on the way.

mod pages;
mod layers;
mod single;
mod retries;
mod timeouts;
mod size;

use crate::support::{Ended, World, leak};

/// What a program gets that inherits nothing: exactly the secrets, as `env` prints them.
fn secrets(world: &World, options: &[&str]) -> Vec<String> {
    let arguments = [options, &["--clean-env", "--", "env"]].concat();
    let ended = world.envsecrets(&arguments).run();
    ended.ok().lines().map(str::to_owned).collect()
}

/// The messages of a launch that failed with this code before the program started, with `URL` and
/// `HOST` for the address, `ID` for ids of requests, and `N` for numbers of seconds and calls.
#[track_caller]
fn reported(world: &World, ended: &Ended, code: u8) -> String {
    let reported = ended.failed(code);
    assert_eq!(leak(reported.as_bytes()), None, "{reported}");
    let host = format!("127.0.0.1:{}", world.server.port());
    masked(
        &reported
            .replace(&world.server.url(), "URL")
            .replace(&host, "HOST"),
    )
}

fn masked(reported: &str) -> String {
    let reported = between(reported, "(request id ", ")", "ID");
    let reported = between(&reported, "; giving up in ", " s", "N");
    let reported = between(&reported, "caused by: ", " calls were made", "N");
    between(&reported, " calls were made, ", " throttled", "N")
}

/// Puts something else between a beginning and an end that stand in one line.
fn between(text: &str, beginning: &str, end: &str, instead: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let found = line.split_once(beginning);
        lines.push(
            match found.and_then(|(head, rest)| Some((head, rest.split_once(end)?))) {
                Some((head, (_, tail))) => format!("{head}{beginning}{instead}{end}{tail}"),
                None => line.to_owned(),
            },
        );
    }
    lines.join("\n")
}
