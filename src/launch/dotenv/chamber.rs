//! The text that `chamber export --format dotenv` writes (chamber 3.1, `cmd/export.go`).

use crate::launch::dotenv::binding::{Binding, Bindings};

/// All lines that it can have written: a value in double quotes, with a backslash before `\`, `"`,
/// `!`, `$` and `` ` ``, and `\n` and `\r` for ends of lines.
pub fn read(text: &str) -> Vec<Binding> {
    let mut found = Bindings::of(text);
    let mut start = 0;
    for line in text.split('\n') {
        if let Some((name, value)) = assignment(line) {
            found.add(start..start + line.len(), name, value);
        }
        start += line.len() + 1;
    }
    found.found()
}

fn assignment(line: &str) -> Option<(&str, String)> {
    let (name, rest) = line.split_once('=')?;
    let is_part = |it: char| it.is_ascii_alphanumeric() || "_.".contains(it);
    if !name.chars().all(is_part) || !name.starts_with(|it: char| it.is_alphabetic() || it == '_') {
        return None;
    }
    let inside = rest.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::new();
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        value.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                it @ ('\\' | '"' | '!' | '$' | '`') => it,
                _ => return None,
            },
            '"' | '!' | '$' | '`' => return None,
            other => other,
        });
    }
    Some((name, value))
}
