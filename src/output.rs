//! Everything that envsecrets prints, in one place.
//!
//! The rules: a launch prints nothing on stdout, which belongs to the program; a command prints its
//! result there. On stderr are only `error`, `caused by`, `hint`, and requested details. Each line
//! begins with our name, is written by one `write`, and contains nothing that a terminal does not
//! just show, because names and messages come from the network and end in terminals and journals. A
//! value never gets here: `Secret` cannot be formatted, and what someone else wrote has gone through
//! `redaction`. Nothing but the words `error`, `caused by` and `hint` is coloured: no name, and no
//! table.

pub mod color;
pub mod tally;

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::redaction::{cut, without_passwords};

/// What went wrong, and on what.
pub fn error(what: impl Display) {
    line(Some(("error", color::BOLD_RED)), format_args!(": {what}"));
}

/// Why it went wrong: one line for each cause.
pub fn cause(why: impl Display) {
    line(Some(("  caused by", color::RED)), format_args!(": {why}"));
}

/// What to try.
pub fn hint(what: impl Display) {
    line(Some(("hint", color::BOLD_CYAN)), format_args!(": {what}"));
}

/// A note about a delay or a result.
pub fn note(what: impl Display) {
    line(None, what);
}

/// A text of our own, which is the answer to a wrong command line.
pub fn text(text: &str) {
    // There is nowhere else to report that this failed.
    let _ = io::stderr().write_all(text.as_bytes());
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
        line(None, what);
    }
}

/// The result of a command, on stdout, to which `write` writes. A closed pipe, as by `head`, is not an
/// error.
pub fn print(what: &[u8], write: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
    tally::erase();
    match write(what) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Makes text from outside fit for one line of a terminal: what a terminal does not just show becomes
/// visible.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => clean.push(' '),
            character if is_hidden(character) => clean.extend(character.escape_unicode()),
            character => clean.push(character),
        }
    }
    clean
}

/// Characters that a terminal does not just show, by their first and last: controls (General_Category
/// Cc), formats (Cf), which change the direction of text or show nothing, what is ignorable by default
/// (Default_Ignorable_Code_Point), line and paragraph separators (Zl, Zp), and blanks that look like
/// others or like nothing (Zs but SPACE and IDEOGRAPHIC SPACE, BRAILLE PATTERN BLANK). From the Unicode
/// Character Database, version 16.0, `UnicodeData.txt` and `DerivedCoreProperties.txt`.
const HIDDEN: [(char, char); 29] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a terminal would not just show it. Such a character can move the cursor, disguise a text,
/// or make two names look the same.
fn is_hidden(character: char) -> bool {
    if matches!(character, ' '..='~') {
        return false;
    }
    let after = HIDDEN.partition_point(|(first, _)| *first <= character);
    let range = after.checked_sub(1).and_then(|at| HIDDEN.get(at));
    range.is_some_and(|(_, last)| character <= *last)
}

/// Makes JSON fit for a terminal: characters that JSON leaves unescaped, but that a terminal does not
/// just show, are escaped like control characters. They occur only in strings.
pub fn clean_json(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                clean.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            clean.push(character);
        }
    }
    clean
}

/// The most characters of a line. More are an argument or a name of someone else, not a message.
const LONGEST: usize = 4000;

/// Prints a line, which begins with a word in a colour, if any.
fn line(word: Option<(&str, &str)>, text: impl Display) {
    let before = tally::erasure();
    let (word, start) = word.unwrap_or_default();
    let mut text = fit(&format!("{word}{text}"));
    if !word.is_empty() && color::is_for(&io::stderr()) {
        let rest = text.split_off(word.len());
        let indent = word.len() - word.trim_start().len();
        let (blank, word) = text.split_at(indent);
        text = format!("{blank}{start}{word}{}{rest}", color::PLAIN);
    }
    let line = format!("{before}envsecrets: {text}\n");
    // If stderr is closed or full, nothing can be reported.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// A text that someone else may have written, as one line that may be shown.
pub fn fit(text: &str) -> String {
    cut(&clean(&without_passwords(text)), LONGEST)
}

/// Names in backticks, with commas between them.
pub fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{HIDDEN, clean, clean_json, is_hidden};
    use proptest::prelude::*;

    #[test]
    fn a_message_from_outside_cannot_move_the_cursor_or_start_a_line() {
        assert_eq!(clean("a\nb\u{1b}[2Jc\u{7}"), "a b\\u{1b}[2Jc\\u{7}");
        assert_eq!(clean("a\u{202e}b\u{2028}c"), "a\\u{202e}b\\u{2028}c");
        assert_eq!(clean("naïve ✓ 日本"), "naïve ✓ 日本");
        assert_eq!(
            clean("\u{9b}2J\u{7f}\u{200b}\u{e0041}"),
            "\\u{9b}2J\\u{7f}\\u{200b}\\u{e0041}"
        );
        assert_eq!(clean_json("\"\u{e0041}\""), "\"\\udb40\\udc41\"");
    }

    #[test]
    fn what_is_hidden_is_in_order_and_each_range_ends_before_the_next() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    proptest! {
        #[test]
        fn json_stays_the_same_without_what_is_hidden(text in any::<String>()) {
            let json = clean_json(&serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!json.contains(|it| it != '\n' && is_hidden(it)));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }

        #[test]
        fn any_text_is_one_line_and_harmless_text_stays(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.contains(is_hidden));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
            let harmless: String = text.chars().filter(|&c| !is_hidden(c)).collect();
            prop_assert_eq!(clean(&harmless), harmless);
            prop_assert!(cleaned.len() <= 10 * text.len());
        }
    }
}
