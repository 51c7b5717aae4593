//! Texts that someone else wrote, made fit for a message: without secrets, and short.
//!
//! A service can repeat what was sent to it or what it has sent before, whole or in part, and escaped
//! as JSON, URLs, XML, shells or base64 have it, and a library can repeat a URL with a password. So a text from outside is compared with every secret
//! that this process holds, in a form in which all escapes are undone, and only then it is cut.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::ops::{Deref, Range};

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::secret::secrets;

/// The most characters of a message of someone else.
pub const MESSAGE: usize = 1000;
/// The most characters of a word of someone else: a code, an id, a name.
pub const WORD: usize = 200;
/// What stands for a secret, and for what is cut off.
const GAP: char = '…';
/// A part of a secret that has so many characters is not shown either.
const PIECE: usize = 12;
/// Shorter secrets are found only where they stand by themselves.
const SHORT: usize = 8;
/// Still shorter ones occur in a sentence by chance.
const SHORTEST: usize = 4;
/// How much of a text is looked at for each character that is kept.
const AHEAD: usize = 8;
/// So many bytes of secrets are compared with a text within a second or two.
const MOST: usize = 16 << 20;
const NOT_SHOWN: &str = "(not shown: there are too many secrets that it could repeat)";
/// Escapes within escapes, such as JSON in JSON in a URL, are undone so many times.
const NESTED: usize = 4;

/// A text from outside with at most `most` characters and without secrets.
pub fn quote(text: &str, most: usize) -> String {
    let (text, more) = start(text, most.saturating_mul(AHEAD));
    let text = without_secrets(text, &secrets());
    match start(&text, most) {
        (text, false) if !more => text.to_owned(),
        (text, _) => format!("{}{GAP}", text.trim_end_matches(GAP)),
    }
}

/// A text with at most `most` characters, and a mark where more of them were.
pub fn cut(text: &str, most: usize) -> String {
    match start(text, most) {
        (text, false) => text.to_owned(),
        (text, true) => format!("{text}{GAP}"),
    }
}

/// The end of a text from outside, with at most `most` characters and without secrets.
pub fn quote_end(text: &str, most: usize) -> String {
    let text = without_secrets(text, &secrets());
    let surplus = text.chars().count().saturating_sub(most);
    match surplus {
        0 => text,
        _ => {
            GAP.to_string()
                + text
                    .chars()
                    .skip(surplus)
                    .collect::<String>()
                    .trim_start_matches(GAP)
        }
    }
}

/// The first characters, and whether there are more.
fn start(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// A character of a text without escapes, and where it is written.
#[derive(Debug, Clone)]
struct Letter {
    character: char,
    place: Range<usize>,
}

fn without_secrets<S>(text: &str, secrets: &[S]) -> String
where
    S: Deref<Target: AsRef<str>>,
{
    let secrets = secrets.iter().map(|secret| (**secret).as_ref());
    if secrets.clone().map(str::len).sum::<usize>() > MOST {
        return NOT_SHOWN.to_owned();
    }
    let mut hidden = secrets_of_urls(text);
    hidden.extend(rejected_value(text));
    let mut letters = plain(text);
    letters.extend(decoded(text));
    let pieces = Pieces::of(&letters, text);
    for secret in secrets {
        find(&letters, &pieces, &plain(secret), &mut hidden);
    }
    replaced(text, hidden)
}

/// The text with a gap for each of these ranges.
fn replaced(text: &str, mut hidden: Vec<Range<usize>>) -> String {
    hidden.sort_by_key(|range| range.start);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden {
        if range.start >= at {
            result.push_str(&text[at..range.start]);
            result.push(GAP);
        }
        at = at.max(range.end);
    }
    result + &text[at..]
}

/// `Value 'hunter2' at 'value' failed to satisfy constraint`: AWS shows what broke a constraint of
/// its model, however short, and may cut it.
fn rejected_value(text: &str) -> Option<Range<usize>> {
    const BEFORE: &str = "Value '";
    let start = text.find(BEFORE)? + BEFORE.len() - 1;
    let end = match text.rfind("' at 'value'") {
        Some(end) => end + 1,
        None if text.contains("' at '") => return None,
        None => text.len(),
    };
    (start < end).then_some(start..end)
}

/// A line of our own without the names and passwords of URLs, which stand where something else was
/// meant to be: `--path postgres://…`.
pub fn without_passwords(line: &str) -> String {
    // A place has options, and never a name or a password.
    let urls = urls(line).filter(|url| url.userinfo.is_some());
    let secrets = urls.flat_map(|url| [url.userinfo, url.query]);
    replaced(line, secrets.flatten().collect())
}

/// Names, passwords and queries of URLs: a query can be a token or a signature.
fn secrets_of_urls(text: &str) -> Vec<Range<usize>> {
    let secrets = urls(text).flat_map(|url| [url.userinfo, url.query]);
    secrets.flatten().collect()
}

/// Where a URL has what may be secret.
struct Url {
    userinfo: Option<Range<usize>>,
    query: Option<Range<usize>>,
}

/// The URLs in a text.
fn urls(text: &str) -> impl Iterator<Item = Url> {
    const SCHEME_END: &str = "://";
    let is_end = |it: char| it.is_whitespace() || "'\"`<>,;()".contains(it);
    text.match_indices(SCHEME_END).map(move |(at, _)| {
        let start = at + SCHEME_END.len();
        let rest = &text[start..];
        let url = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        // The names of secrets may contain a `@`, and their places have no host.
        let is_place = ["ssm", "secretsmanager", "sm", "vault", "openbao", "keywhiz"]
            .iter()
            .any(|it| text[..at].ends_with(it));
        let host = match is_place {
            true => url.split('/').next().filter(|it| it.contains(':')),
            false => Some(url),
        };
        let host = host.and_then(|it| it.rfind('@')).unwrap_or_default();
        let query = url[host..].find('?').map(|query| start + host + query + 1);
        let query = query.map(|query| query..start + url.len());
        Url {
            userinfo: (host > 0).then_some(start..start + host),
            query: query.filter(|query| !query.is_empty()),
        }
    })
}

/// Adds where a secret, or a part of it, is in a text.
fn find(text: &[Letter], pieces: &Pieces, secret: &[Letter], hidden: &mut Vec<Range<usize>>) {
    if secret.len() >= PIECE {
        let known = |window: &&[Letter]| pieces.0.contains(&digest(window));
        for window in secret.windows(PIECE).filter(known) {
            let found = occurrences(text, window);
            hidden.extend(found.map(|at| place(&text[at..at + PIECE])));
        }
    } else if secret.len() >= SHORTEST {
        let is_part = |letter: Option<&Letter>| {
            let known = |it: char| it.is_alphanumeric() || "_-/".contains(it);
            letter.is_some_and(|letter| known(letter.character))
        };
        for at in occurrences(text, secret) {
            let end = at + secret.len();
            let before = at.checked_sub(1).and_then(|before| text.get(before));
            if secret.len() >= SHORT || !(is_part(before) || is_part(text.get(end))) {
                hidden.push(place(&text[at..end]));
            }
        }
    }
}

/// Where these letters stand.
fn place(letters: &[Letter]) -> Range<usize> {
    match (letters.first(), letters.last()) {
        (Some(first), Some(last)) => first.place.start..last.place.end,
        _ => 0..0,
    }
}

fn occurrences<'t>(text: &'t [Letter], part: &'t [Letter]) -> impl Iterator<Item = usize> + 't {
    let same = move |window: &[Letter]| {
        let pairs = window.iter().zip(part);
        pairs
            .into_iter()
            .all(|(one, other)| one.character == other.character)
    };
    let windows = text.windows(part.len().max(1)).enumerate();
    windows
        .filter(move |(_, window)| same(window))
        .map(|(at, _)| at)
}

/// The parts of a text that could be parts of a secret, by their digests.
struct Pieces(HashSet<u64>);

impl Pieces {
    /// All parts, without those that lie within a name of AWS: values can contain such a name, too,
    /// and without it a message is of no use.
    fn of(letters: &[Letter], text: &str) -> Self {
        let public = public_names(text);
        let is_public = |window: &&[Letter]| {
            let place = place(window);
            let mut public = public.iter();
            public.any(|name| name.start <= place.start && place.end <= name.end)
        };
        let windows = letters.windows(PIECE).filter(|window| !is_public(window));
        Self(windows.map(digest).collect())
    }
}

/// FNV-1a; a part with the digest of another is compared with it.
fn digest(letters: &[Letter]) -> u64 {
    letters
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |digest, letter| {
            (digest ^ u64::from(u32::from(letter.character))).wrapping_mul(0x0100_0000_01b3)
        })
}

/// ARNs and hosts of AWS in a text.
fn public_names(text: &str) -> Vec<Range<usize>> {
    let is_end = |it: char| it.is_whitespace() || "'\"`,;()<>[]{}|".contains(it);
    let mut names = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(is_end) {
        let is_host = word.contains(".amazonaws.com") && !word.contains(['@', '=', '?']);
        if word.starts_with("arn:") || is_host {
            names.push(start..start + word.len());
        }
        start += word.len();
    }
    names
}

/// A text without escapes: its letters in lower case and without backslashes, and each kind of space
/// as a blank.
fn plain(text: &str) -> Vec<Letter> {
    let ends = text.char_indices().map(|(at, it)| at..at + it.len_utf8());
    let characters = ends.zip(text.chars());
    let mut letters: Vec<Letter> = characters
        .map(|(place, character)| Letter { character, place })
        .collect();
    for _ in 0..NESTED {
        let before = letters.len();
        letters = unescaped(&letters);
        if letters.len() == before {
            break;
        }
    }
    letters.retain(|letter| letter.character != '\\');
    // What a shell makes of a quote within quotes: '\'' and '"'"'.
    let mut kept: Vec<Letter> = Vec::with_capacity(letters.len());
    for mut letter in letters {
        letter.character = match letter.character {
            '+' => ' ',
            it if it.is_whitespace() => ' ',
            '"' => '\'',
            it => it.to_ascii_lowercase(),
        };
        match kept.last_mut() {
            Some(last) if last.character == letter.character && " '".contains(letter.character) => {
                last.place.end = letter.place.end;
            }
            _ => kept.push(letter),
        }
    }
    kept
}

/// A text with one level of escapes less.
fn unescaped(letters: &[Letter]) -> Vec<Letter> {
    let mut result = Vec::with_capacity(letters.len());
    let mut at = 0;
    while at < letters.len() {
        let (characters, length) = escape(&letters[at..]).unwrap_or_default();
        if length == 0 {
            result.push(letters[at].clone());
            at += 1;
            continue;
        }
        let place = place(&letters[at..at + length]);
        for character in characters.chars() {
            let place = place.clone();
            result.push(Letter { character, place });
        }
        at += length;
    }
    result
}

/// What an escape at the beginning stands for, and the number of its letters.
fn escape(letters: &[Letter]) -> Option<(String, usize)> {
    let at = |index: usize| letters.get(index).map(|letter| letter.character);
    match at(0)? {
        '\\' => {
            let (character, length) = match at(1)? {
                '\\' => ('\\', 2),
                'n' | 'r' | 't' | 'b' | 'f' => (' ', 2),
                'u' if at(2) == Some('{') => {
                    let end = letters.iter().take(11).position(|it| it.character == '}')?;
                    (char::from_u32(number(&letters[3..end], 16)?)?, end + 1)
                }
                'u' => {
                    let unit = |from: usize| number(letters.get(from..from + 4)?, 16);
                    match unit(2)? {
                        high @ 0xd800..0xdc00 if at(6) == Some('\\') && at(7) == Some('u') => {
                            let low = unit(8)?.checked_sub(0xdc00)?;
                            let code = 0x1_0000 + ((high - 0xd800) << 10) + low;
                            (char::from_u32(code)?, 12)
                        }
                        code => (char::from_u32(code)?, 6),
                    }
                }
                'x' => (char::from_u32(number(letters.get(2..4)?, 16)?)?, 4),
                _ => return None,
            };
            Some((character.to_string(), length))
        }
        // Bytes of UTF-8 (RFC 3986, section 2.1).
        '%' => {
            let mut bytes = Vec::new();
            while at(3 * bytes.len()) == Some('%')
                && let Some(digits) = letters.get(3 * bytes.len() + 1..3 * bytes.len() + 3)
                && let Some(byte) = number(digits, 16)
            {
                bytes.push(byte as u8);
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            (!bytes.is_empty()).then_some((text, 3 * bytes.len()))
        }
        '&' => {
            let end = letters.iter().take(10).position(|it| it.character == ';')?;
            let name: String = letters[1..end].iter().map(|it| it.character).collect();
            let character = match name.to_ascii_lowercase().as_str() {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => ' ',
                name if name.starts_with("#x") => char::from_u32(number(&letters[3..end], 16)?)?,
                name if name.starts_with('#') => char::from_u32(number(&letters[2..end], 10)?)?,
                _ => return None,
            };
            Some((character.to_string(), end + 1))
        }
        _ => None,
    }
}

fn number(digits: &[Letter], radix: u32) -> Option<u32> {
    let text: String = digits.iter().map(|it| it.character).collect();
    // It would take a sign.
    let is_plain = !text.is_empty() && text.chars().all(|it| it.is_digit(radix));
    is_plain.then(|| u32::from_str_radix(&text, radix).ok())?
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// What the base64 and the hexadecimal digits in a text stand for, each at its place, with a NUL
/// before each: of base64 from each of four letters on, since what was encoded can begin anywhere.
fn decoded(text: &str) -> Vec<Letter> {
    /// What stands for four bytes.
    const SHORTEST_RUN: usize = 6;
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || b"+/-_".contains(&it);
    let mut result = Vec::new();
    let mut at = 0;
    for run in text.as_bytes().split_inclusive(|&it| !is_letter(it)) {
        let start = at;
        at += run.len();
        let length = run.iter().take_while(|it| is_letter(**it)).count();
        if length < SHORTEST_RUN {
            continue;
        }
        let place = start..start + length;
        let mut add = |decoded: &[u8]| {
            let decoded = format!("\0{}", String::from_utf8_lossy(decoded));
            for letter in plain(&decoded) {
                let (character, place) = (letter.character, place.clone());
                result.push(Letter { character, place });
            }
        };
        // The other alphabet too (RFC 4648, section 5).
        let standard = |it: &u8| match it {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        };
        let letters: Vec<u8> = run[..length].iter().map(standard).collect();
        for offset in 0..4 {
            let part = &letters[offset..];
            // One letter alone stands for nothing.
            let length = part.len() - usize::from(part.len() % 4 == 1);
            if let Ok(decoded) = LENIENT.decode(&part[..length]) {
                add(&decoded);
            }
        }
        if letters.iter().all(u8::is_ascii_hexdigit) {
            let digit = |it: u8| char::from(it).to_digit(16).unwrap_or_default() as u8;
            for offset in 0..2 {
                let pairs = letters[offset..].chunks_exact(2);
                let byte = |pair: &[u8]| digit(pair[0]) << 4 | digit(pair[1]);
                add(&pairs.map(byte).collect::<Vec<u8>>());
            }
        }
    }
    result
}

#[cfg(test)]
mod tests;
