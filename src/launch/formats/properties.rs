//! Java properties, as java.util.Properties documents them (Java SE API, `Properties.load`).

use std::fmt::Write as _;

use super::problem::Problem;
use crate::secret::Secret;

const HINT: &str = "`\\u` is followed by four hexadecimal digits, and surrogates come in pairs";

const SPLIT: &str =
    "a `\\` at the end of a line continues the value; an end of line within a value is `\\n`";

/// Keys and values in their order, duplicates too.
pub fn read(text: &str) -> Result<Vec<(String, Secret)>, Problem> {
    let mut found = Vec::new();
    for (number, line) in logical_lines(text) {
        // Java reads this as a key. More likely it is a part of a value, and must not be shown.
        let Some((key, value)) = split(&line) else {
            let what = format!("line {number} has no value");
            return Err(Problem::new(what, SPLIT));
        };
        let whole = |part| {
            unescaped(part).ok_or_else(|| {
                let what = format!("it is not a properties file: line {number} cannot be read");
                Problem::new(what, HINT)
            })
        };
        found.push((whole(key)?, Secret::new(whole(value)?)));
    }
    Ok(found)
}

/// Lines with content, continuations joined, each with the number of its first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    // All three ends of lines are allowed.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.trim_start_matches(BLANK);
        let (first, mut whole) = match open.take() {
            Some(open) => open,
            None if line.is_empty() || line.starts_with(['#', '!']) => continue,
            None => (number, String::new()),
        };
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            whole.push_str(&line[..line.len() - 1]);
            open = Some((first, whole));
        } else {
            whole.push_str(line);
            lines.push((first, whole));
        }
    }
    lines.extend(open);
    lines
}

const BLANK: [char; 3] = [' ', '\t', '\u{c}'];

/// Key and value, both still escaped, if there is a separator.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = line.char_indices().find(|&(_, it)| {
        let ends = !escaped && (BLANK.contains(&it) || it == '=' || it == ':');
        escaped = it == '\\' && !escaped;
        ends
    });
    let (end, _) = end?;
    let rest = line[end..].trim_start_matches(BLANK);
    let rest = match rest.strip_prefix(['=', ':']) {
        Some(rest) => rest.trim_start_matches(BLANK),
        None => rest,
    };
    Some((&line[..end], rest))
}

fn unescaped(text: &str) -> Option<String> {
    let mut units: Vec<u16> = Vec::new();
    let mut characters = text.chars();
    let mut buffer = [0; 2];
    while let Some(character) = characters.next() {
        let meant = match character {
            '\\' => match characters.next() {
                None => break,
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let mut unit = 0;
                    for _ in 0..4 {
                        let digit = characters.next()?.to_digit(16)?;
                        unit = unit * 16 + u16::try_from(digit).ok()?;
                    }
                    units.push(unit);
                    continue;
                }
                Some(other) => other,
            },
            other => other,
        };
        units.extend_from_slice(meant.encode_utf16(&mut buffer));
    }
    String::from_utf16(&units).ok()
}

/// One line, in ASCII: readers disagree on the encoding of other characters.
pub fn line(key: &str, value: &str) -> String {
    let mut line = format!("{key}=");
    let mut leading = true;
    let mut buffer = [0; 2];
    for character in value.chars() {
        match character {
            ' ' if leading => line.push_str("\\ "),
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\u{c}' => line.push_str("\\f"),
            ' '..='~' => line.push(character),
            _ => {
                for unit in character.encode_utf16(&mut buffer) {
                    let _ = write!(line, "\\u{unit:04X}");
                }
            }
        }
        leading = leading && character == ' ';
    }
    line.push('\n');
    line
}
