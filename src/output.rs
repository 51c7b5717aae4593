//! All that envsecrets prints on its own account, in one place.
//!
//! The rules: nothing on stdout in launch mode, it belongs to the program, and what a command was asked for when there is none; on stderr nothing
//! but `error`, `caused by`, `hint`, and what was asked for; each line begins with our name, is
//! written by one `write`, and holds no control characters, because names and messages come from
//! the network and end in terminals and journals. A value never gets here: `Secret` cannot be
//! formatted.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the last line of the terminal is one that the next line takes the place of.
static PASSING: AtomicBool = AtomicBool::new(false);
/// Takes the cursor to the beginning of the line, and the line away (ECMA-48, EL).
const TAKE_AWAY: &str = "\r\x1b[K";

/// What went wrong, and on what.
pub fn error(what: impl Display) {
    line(format_args!("error: {what}"));
}

/// Why it went wrong: one line for each cause.
pub fn cause(why: impl Display) {
    line(format_args!("  caused by: {why}"));
}

/// What to try.
pub fn hint(what: impl Display) {
    line(format_args!("hint: {what}"));
}

/// What is going on, for someone who asked or who is kept waiting.
pub fn note(what: impl Display) {
    line(what);
}

/// Whether details are printed.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Prints details from now on.
pub fn be_verbose() {
    VERBOSE.store(true, Ordering::Relaxed);
}

/// A detail of something that goes well, for someone who asked for details.
pub fn detail(what: impl Display) {
    if VERBOSE.load(Ordering::Relaxed) {
        line(what);
    }
}

/// How far something is, on a terminal: whatever comes next takes its place.
pub fn passing(what: impl Display) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        PASSING.store(true, Ordering::Relaxed);
        let line = format!("{TAKE_AWAY}envsecrets: {}", clean(&what.to_string()));
        let _ = stderr.write_all(line.as_bytes());
    }
}

/// What a command has to say, on stdout, which is its own: no program follows.
///
/// # Errors
///
/// If it could not be written, unless the reader went away, as `head` does.
pub fn print(what: &[u8]) -> io::Result<()> {
    if PASSING.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(TAKE_AWAY.as_bytes());
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(what).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Makes text from outside fit for one line of a terminal: control characters become visible.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => clean.push(' '),
            character if moves_the_cursor(character) => clean.extend(character.escape_unicode()),
            character => clean.push(character),
        }
    }
    clean
}

/// Whether a terminal would do something else than to show this: a control character, a line
/// separator, or one that turns the direction of writing (Unicode Standard Annex 9), by which text
/// can be made to look like another.
fn moves_the_cursor(character: char) -> bool {
    let turns = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    character.is_control()
        || turns.contains(&character)
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// Makes JSON fit for a terminal: what JSON leaves as it is, though a terminal would do something
/// with it, is written as JSON writes control characters. Such characters stand nowhere but in
/// strings.
pub fn clean_json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && moves_the_cursor(character) {
            // None of them is beyond the first plane, where there would be two.
            clean.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            clean.push(character);
        }
    }
    clean
}

fn line(text: impl Display) {
    let before = match PASSING.swap(false, Ordering::Relaxed) {
        true => TAKE_AWAY,
        false => "",
    };
    let line = format!("{before}envsecrets: {}\n", clean(&text.to_string()));
    // Where stderr is closed or full there is nobody left to tell.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Names in backticks, with commas between them.
pub fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_json, moves_the_cursor};
    use proptest::prelude::*;

    #[test]
    fn a_message_from_outside_cannot_move_the_cursor_or_start_a_line() {
        assert_eq!(clean("a\nb\u{1b}[2Jc\u{7}"), "a b\\u{1b}[2Jc\\u{7}");
        assert_eq!(clean("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
        assert_eq!(clean("naïve ✓"), "naïve ✓");
    }

    proptest! {
        #[test]
        fn json_says_the_same_without_what_moves_the_cursor(text in any::<String>()) {
            let json = clean_json(&serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!json.contains(|it| it != '\n' && moves_the_cursor(it)));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }

        #[test]
        fn whatever_comes_is_one_line_and_what_is_harmless_stays(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.contains(moves_the_cursor));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
            let harmless: String = text.chars().filter(|&c| !moves_the_cursor(c)).collect();
            prop_assert_eq!(clean(&harmless), harmless);
            prop_assert!(cleaned.len() <= 10 * text.len());
        }
    }
}
