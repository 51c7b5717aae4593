//! `python-dotenv`, without its expansion of `${NAME}` (python-dotenv 1.2, `parser.py`).

use crate::launch::dotenv::binding::{Binding, Bindings};

/// All assignments that it finds. A name without `=` is skipped.
pub fn read(text: &str) -> Vec<Binding> {
    let mut found = Bindings::of(text);
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        match statement(rest) {
            Ok((assignment, after)) => {
                rest = after;
                if let Some((name, value)) = assignment {
                    let places = start..text.len() - rest.len();
                    found.add(places, &name, value);
                }
            }
            Err(at) => rest = at.split_once('\n').map_or("", |(_, after)| after),
        }
        rest = rest.trim_start_matches(is_space);
    }
    found.found()
}

/// Name and value, if there are both.
type Assignment = Option<(String, String)>;

/// The statement at the beginning of a text, and what follows it; or where it cannot be read, after
/// which the rest of the line is skipped.
fn statement(text: &str) -> Result<(Assignment, &str), &str> {
    let mut rest = text;
    if let Some(exported) = rest.strip_prefix("export")
        && exported.starts_with(is_blank)
    {
        rest = exported.trim_start_matches(is_blank);
    }
    let mut name = None;
    if !rest.starts_with('#') {
        let (found, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').ok_or(rest)?,
            None => {
                let ends = |it: char| it == '=' || it == '#' || is_space(it);
                rest.split_at(rest.find(ends).unwrap_or(rest.len()))
            }
        };
        if found.is_empty() {
            return Err(rest);
        }
        name = Some(found.to_owned());
        rest = after;
    }
    rest = rest.trim_start_matches(is_blank);
    let mut value = None;
    if let Some(written) = rest.strip_prefix('=') {
        let (found, after) = self::value(written)?;
        value = Some(found);
        rest = after;
    }
    let comment = rest.trim_start_matches(is_blank);
    if comment.starts_with('#') {
        rest = &comment[comment.find('\n').unwrap_or(comment.len())..];
    }
    let end = rest.trim_start_matches(is_blank);
    let after = match end.is_empty() {
        true => end,
        false => end.strip_prefix('\n').ok_or(rest)?,
    };
    Ok((name.zip(value), after))
}

/// The value after a `=`, and what follows it; or where it cannot be read.
fn value(written: &str) -> Result<(String, &str), &str> {
    let text = written.trim_start_matches(is_blank);
    match text.chars().next() {
        Some('#') if text.len() < written.len() => Ok((String::new(), text)),
        Some(quote @ ('\'' | '"')) => quoted(&text[1..], quote).ok_or(text),
        None | Some('\n') => Ok((String::new(), text)),
        Some(_) => {
            let (line, after) = text.split_at(text.find('\n').unwrap_or(text.len()));
            let is_comment = |&(place, _): &(usize, &str)| line[..place].ends_with(is_space);
            let comment = line.match_indices('#').find(is_comment);
            let end = comment.map_or(line.len(), |(place, _)| place);
            Ok((line[..end].trim_end_matches(is_space).to_owned(), after))
        }
    }
}

/// The value up to the closing quote, and what follows that.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        if character == quote {
            return Some((value, &text[place + 1..]));
        }
        if character != '\\' {
            value.push(character);
            continue;
        }
        let (_, escaped) = characters.next()?;
        match (escaped, quote) {
            ('\\' | '\'', _) | ('"', '"') => value.push(escaped),
            ('a', '"') => value.push('\u{7}'),
            ('b', '"') => value.push('\u{8}'),
            ('f', '"') => value.push('\u{c}'),
            ('n', '"') => value.push('\n'),
            ('r', '"') => value.push('\r'),
            ('t', '"') => value.push('\t'),
            ('v', '"') => value.push('\u{b}'),
            _ => value.extend(['\\', escaped]),
        }
    }
    None
}

/// What `\s` is in a regular expression of Python for text (re, `str.isspace`).
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn is_blank(character: char) -> bool {
    character != '\n' && is_space(character)
}
