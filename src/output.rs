//! Everything that envsecrets prints, in one place.
//!
//! The rules: a launch prints nothing on stdout, which belongs to the program; a command prints its
//! result there. On stderr are only `error`, `caused by`, `hint`, and requested details. Each line
//! begins with our name, is written by one `write`, and contains no control characters, because
//! names and messages come from the network and end in terminals and journals. A value never gets
//! here: `Secret` cannot be formatted.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the last line of the terminal is a progress line, which the next line replaces.
static PROGRESS: AtomicBool = AtomicBool::new(false);
/// Moves the cursor to the beginning of the line, and erases the line (ECMA-48, EL).
const ERASE_LINE: &str = "\r\x1b[K";

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

/// A note about a delay or a result.
pub fn note(what: impl Display) {
    line(what);
}

/// Whether details are printed.
static VERBOSE: AtomicBool = AtomicBool::new(false);

/// Prints details from now on.
pub fn be_verbose() {
    VERBOSE.store(true, Ordering::Relaxed);
}

/// A detail, printed only with `--verbose`.
pub fn detail(what: impl Display) {
    if VERBOSE.load(Ordering::Relaxed) {
        line(what);
    }
}

/// Progress, on a terminal: the next line replaces it.
pub fn progress(what: impl Display) {
    let mut stderr = io::stderr().lock();
    if stderr.is_terminal() {
        PROGRESS.store(true, Ordering::Relaxed);
        let line = format!("{ERASE_LINE}envsecrets: {}", clean(&what.to_string()));
        let _ = stderr.write_all(line.as_bytes());
    }
}

/// The result of a command, on stdout, to which `write` writes. A closed pipe, as by `head`, is not an
/// error.
pub fn print(what: &[u8], write: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
    if PROGRESS.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(ERASE_LINE.as_bytes());
    }
    match write(what) {
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

/// Whether a terminal would not just show this: a control character, a line separator, or one that
/// changes the direction of text (Unicode Standard Annex 9), which can disguise text.
fn moves_the_cursor(character: char) -> bool {
    let directional = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    character.is_control()
        || directional.contains(&character)
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}

/// Makes JSON fit for a terminal: characters that JSON leaves unescaped, but that a terminal
/// interprets, are escaped like control characters. They occur only in strings.
pub fn clean_json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && moves_the_cursor(character) {
            // All are in the first plane, so one escape is enough.
            clean.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            clean.push(character);
        }
    }
    clean
}

fn line(text: impl Display) {
    let before = match PROGRESS.swap(false, Ordering::Relaxed) {
        true => ERASE_LINE,
        false => "",
    };
    let line = format!("{before}envsecrets: {}\n", clean(&text.to_string()));
    // If stderr is closed or full, nothing can be reported.
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
        fn json_stays_the_same_without_what_moves_the_cursor(text in any::<String>()) {
            let json = clean_json(&serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!json.contains(|it| it != '\n' && moves_the_cursor(it)));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }

        #[test]
        fn any_text_is_one_line_and_harmless_text_stays(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.contains(moves_the_cursor));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
            let harmless: String = text.chars().filter(|&c| !moves_the_cursor(c)).collect();
            prop_assert_eq!(clean(&harmless), harmless);
            prop_assert!(cleaned.len() <= 10 * text.len());
        }
    }
}
