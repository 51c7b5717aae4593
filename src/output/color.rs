//! Whether output is coloured: `--color`, ENVSECRETS_COLOR, and what users set for all programs.
//!
//! This is decided when the first line is printed, so that a launch that prints nothing pays nothing.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::str::FromStr;
use std::sync::OnceLock;

/// When to colour.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that can, unless NO_COLOR or CLICOLOR is against it.
    #[default]
    Auto,
    Always,
    Never,
}

/// The option, and its variable.
const OPTION: &str = "--color";
const VARIABLE: &str = "ENVSECRETS_COLOR";

/// SGR sequences (ECMA-48, 8.3.117).
pub const BOLD: &str = "\x1b[1m";
pub const BOLD_RED: &str = "\x1b[1;31m";
pub const RED: &str = "\x1b[31m";
pub const BOLD_CYAN: &str = "\x1b[1;36m";
pub const PLAIN: &str = "\x1b[0m";

/// The arguments of this process, until something is printed.
static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();
/// What the options say, once all of them are known.
static DECIDED: OnceLock<Color> = OnceLock::new();

/// Keeps the arguments, in which an error about them can still find `--color`.
pub fn keep_arguments(arguments: Vec<OsString>) -> &'static [OsString] {
    ARGUMENTS.get_or_init(|| arguments)
}

/// Decides for all that is printed from now on.
pub fn decide(color: Color) {
    // Each process decides once.
    let _ = DECIDED.set(color);
}

/// Whether to colour what is printed to this.
pub fn is_for(stream: &impl IsTerminal) -> bool {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let chosen = DECIDED.get().copied().or_else(|| {
        let typed = typed(ARGUMENTS.get().map_or(&[], Vec::as_slice));
        typed.or_else(|| parsed(&variable(VARIABLE)?))
    });
    match chosen.unwrap_or_default() {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => automatic(stream.is_terminal(), variable),
    }
}

/// Without an option: <https://no-color.org>, <https://bixense.com/clicolors>, and TERM as terminfo(5)
/// has it. `variable` gives variables that are not empty.
fn automatic(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal
        && variable("CLICOLOR").is_none_or(|value| value != "0")
        && variable("TERM").is_some_and(|value| value != "dumb")
}

/// What `--color` says in arguments of which others may be wrong. The last one counts, and none of the
/// program's: after `--`, or where the first word is the file to start.
fn typed(arguments: &[OsString]) -> Option<Color> {
    let ours = arguments.get(1..).unwrap_or_default();
    let is_wrapper = ours.first().is_some_and(|first| {
        let first = first.as_encoded_bytes();
        first.contains(&b'/') && !first.starts_with(b"-")
    });
    if is_wrapper {
        return None;
    }
    let mut ours = ours.iter().take_while(|word| *word != "--");
    let mut last = None;
    while let Some(word) = ours.next() {
        let Some(rest) = word.to_str().and_then(|word| word.strip_prefix(OPTION)) else {
            continue;
        };
        last = match rest.strip_prefix('=') {
            Some(value) => value.parse().ok(),
            None if rest.is_empty() => ours.next().and_then(|value| parsed(value)),
            None => last,
        };
    }
    last
}

fn parsed(text: &OsStr) -> Option<Color> {
    text.to_str()?.to_ascii_lowercase().parse().ok()
}

impl FromStr for Color {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Color, automatic, typed};
    use std::ffi::OsString;

    #[test]
    fn a_terminal_is_coloured_unless_the_user_is_against_it_and_a_pipe_only_by_force() {
        for (variables, on_a_terminal, in_a_pipe) in [
            ("TERM=xterm", true, false),
            ("", false, false),
            ("TERM=dumb", false, false),
            ("TERM=xterm NO_COLOR=1", false, false),
            ("TERM=xterm NO_COLOR=", true, false),
            ("TERM=xterm CLICOLOR=0", false, false),
            ("TERM=xterm CLICOLOR=1", true, false),
            ("TERM=dumb CLICOLOR_FORCE=1", true, true),
            ("TERM=xterm CLICOLOR_FORCE=0", true, false),
            ("TERM=xterm CLICOLOR=0 CLICOLOR_FORCE=1", true, true),
            ("TERM=xterm CLICOLOR_FORCE=1 NO_COLOR=1", false, false),
        ] {
            let variable = |name: &str| {
                let set = variables.split(' ').filter_map(|it| it.split_once('='));
                let mut set = set.filter(|(set, value)| *set == name && !value.is_empty());
                set.next().map(|(_, value)| OsString::from(value))
            };
            assert_eq!(automatic(true, variable), on_a_terminal, "{variables}");
            assert_eq!(automatic(false, variable), in_a_pipe, "{variables}");
        }
    }

    #[test]
    fn the_option_is_found_among_arguments_that_are_wrong_but_not_in_the_programs() {
        for (arguments, expected) in [
            ("--color=never --bogus", Some(Color::Never)),
            ("check --bogus --color always", Some(Color::Always)),
            ("--color=never --color=auto", Some(Color::Auto)),
            ("--color=blue", None),
            ("--color", None),
            ("--colors=never", None),
            ("-- ls --color=always", None),
            ("/bin/ls --color=always", None),
            ("", None),
        ] {
            let mut words = vec![OsString::from("envsecrets")];
            words.extend(arguments.split_whitespace().map(OsString::from));
            assert_eq!(typed(&words), expected, "{arguments}");
        }
    }
}
