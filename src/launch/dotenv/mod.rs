//! The text of .env files.
//!
//! No standard says what such a text means. It is read as the three readers that most people have
//! read it: `dotenv` of npm, Node's `--env-file` and `python-dotenv`. Each has its file here. Where
//! they agree, that is the value; where they do not, the line is refused, unless one of them was
//! chosen. No reader expands variables here: a `$` is a character. docs/dotenv.md shows what each
//! of them makes of each construct.
//!
//! A problem names lines and names, never a value.

mod binding;
mod chamber;
mod node;
mod npm;
mod python;

use std::collections::BTreeMap;

use crate::launch::encryption::{self, Encryption};
use crate::options::DotenvDialect;
use crate::secret::Secret;

use binding::Binding;

/// One assignment on which the readers agree.
#[derive(Debug)]
pub struct Assignment {
    /// Its line, counted from 1.
    pub line: usize,
    pub name: String,
    pub value: Secret,
    /// Whether bash or Ruby's `dotenv` may read it otherwise.
    pub disputed: bool,
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("line {line}{}: readers of .env files disagree on {about}", of(name))]
    Disagreement {
        line: usize,
        name: Option<String>,
        about: &'static str,
    },
    #[error("line {line} is not NAME=VALUE")]
    NotAssignment { line: usize },
    #[error(
        "line {line} seems to continue the value of line {before}, which was broken into lines"
    )]
    Torn { line: usize, before: usize },
    #[error("line {line}{} is encrypted by {}", of(name), by.name)]
    Encrypted {
        line: usize,
        name: Option<String>,
        by: Encryption,
    },
}

fn of(name: &Option<String>) -> String {
    name.as_ref()
        .map_or_else(String::new, |name| format!(", `{name}`"))
}

impl Problem {
    /// What to try.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Disagreement { .. } => {
                "write it so that all read the same, such as NAME='VALUE'; or choose the reader \
                 that counts with `--dotenv-dialect npm`, `node`, `python` or `chamber`"
            }
            Self::NotAssignment { .. } => {
                "each line is NAME=VALUE; a value of several lines is in quotes"
            }
            Self::Torn { .. } => "write the value in one line, as `base64 -w0` does",
            Self::Encrypted { by, .. } => by.hint,
        }
    }
}

/// All assignments in their order, or all problems.
///
/// # Errors
///
/// Lines that the readers read differently, that no reader reads, or that are probably no
/// assignments.
pub fn read(text: &str, dialect: DotenvDialect) -> Result<Vec<Assignment>, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // To bash the carriage return is a part of the value.
    let carriage = text.contains("\r\n");
    let text = &with_line_feeds(text, dialect);
    let readings = match dialect {
        DotenvDialect::Npm => vec![npm::read(text)],
        DotenvDialect::Node => vec![node::read(text)],
        DotenvDialect::Python => vec![python::read(text)],
        DotenvDialect::Chamber => vec![chamber::read(text)],
        DotenvDialect::Common => {
            let problems = separators(text);
            if !problems.is_empty() {
                return Err(problems);
            }
            vec![npm::read(text), node::read(text), python::read(text)]
        }
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let (mut found, problems) = compare(&lines, readings);
    for assignment in &mut found {
        assignment.disputed |= carriage;
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems),
    }
}

/// A text whose lines end in line feeds alone: every reader begins with that.
fn with_line_feeds(text: &str, dialect: DotenvDialect) -> String {
    match dialect {
        DotenvDialect::Node => text.replace('\r', ""),
        DotenvDialect::Npm | DotenvDialect::Python | DotenvDialect::Chamber => {
            text.replace("\r\n", "\n").replace('\r', "\n")
        }
        // They agree on no other.
        DotenvDialect::Common => text.replace("\r\n", "\n"),
    }
}

/// Whether chamber can have written all of a text, and meant other values by it than these.
pub fn chamber_reads_otherwise(text: &str, found: &[Assignment]) -> bool {
    let chambers = chamber::read(text);
    let same = chambers.len() == found.len()
        && (chambers.iter().zip(found)).all(|(its, ours)| its.value == ours.value);
    let lines = text.lines().filter(|line| !line.is_empty());
    !same && chambers.len() == lines.count()
}

/// A line that all of them read back, and by which no shell that sources it runs anything, if there
/// is one.
pub fn line(name: &str, value: &str) -> Option<String> {
    // `python-dotenv` expands it, whatever the quotes.
    if value.contains("${") {
        return None;
    }
    let quotes = [
        ('\'', !value.contains('\'')),
        ('"', !value.contains(['"', '\\', '$', '`'])),
    ];
    let possible = quotes.into_iter().filter(|(_, possible)| *possible);
    let mut lines = possible.map(|(quote, _)| format!("{name}={quote}{value}{quote}\n"));
    lines.find(|line| {
        let read = read(line, DotenvDialect::Common).unwrap_or_default();
        matches!(&read[..], [it] if it.name == name && it.value.expose() == value)
    })
}

/// Characters that end a line for some readers only.
fn separators(text: &str) -> Vec<Problem> {
    let about = |line: &str| {
        if line.contains('\r') {
            Some("a carriage return without a line feed")
        } else if line.contains(['\u{2028}', '\u{2029}']) {
            Some("the line separators U+2028 and U+2029")
        } else {
            None
        }
    };
    let lines = (1..).zip(text.split('\n'));
    let problem = |(line, written)| {
        Some(Problem::Disagreement {
            line,
            name: None,
            about: about(written)?,
        })
    };
    lines.filter_map(problem).collect()
}

/// Compares the readings line by line.
fn compare(lines: &[&str], readings: Vec<Vec<Binding>>) -> (Vec<Assignment>, Vec<Problem>) {
    let readers = readings.len();
    let mut by_line: BTreeMap<usize, Vec<Option<Binding>>> = BTreeMap::new();
    for (reader, bindings) in readings.into_iter().enumerate() {
        for binding in bindings {
            let read = by_line.entry(binding.first);
            let read = read.or_insert_with(|| (0..readers).map(|_| None).collect());
            read[reader] = Some(binding);
        }
    }
    let (mut found, mut problems) = (Vec::<Assignment>::new(), Vec::new());
    // The first line after all that was read or reported.
    let mut next = 1;
    // The last line of what was reported.
    let mut reported = 0;
    // The line and the value before, if that was not quoted.
    let mut before: Option<(usize, Secret)> = None;
    for (line, read) in by_line {
        if line <= reported {
            // For one of the readers it is a part of what was reported.
            continue;
        }
        problems.extend(unread(lines, next, line));
        let last = read.iter().flatten().map(|it| it.last).max();
        let last = last.unwrap_or(line);
        let within = line < next;
        next = next.max(last + 1);
        let written = lines.get(line - 1).copied().unwrap_or_default();
        let torn = before
            .take()
            .filter(|(previous, value)| previous + 1 == line && is_torn(value.expose(), written));
        if let Some((before, _)) = torn {
            problems.push(Problem::Torn { line, before });
            continue;
        }
        let name = read.iter().flatten().find_map(|it| shown(&it.name));
        let same = !within
            && read.windows(2).all(|pair| match pair {
                [Some(one), Some(other)] => one.name == other.name && one.value == other.value,
                _ => false,
            });
        if !same {
            reported = last;
            let about = about(written, &read);
            problems.push(Problem::Disagreement { line, name, about });
            continue;
        }
        let Some(binding) = read.into_iter().flatten().next() else {
            continue;
        };
        if let Some(by) = encryption::of(binding.value.expose()) {
            problems.push(Problem::Encrypted { line, name, by });
            continue;
        }
        let source = lines[line - 1..last.min(lines.len())].join("\n");
        if !raw_value(&source).starts_with(['\'', '"', '`']) {
            before = Some((line, binding.value.clone()));
        }
        found.push(Assignment {
            line,
            disputed: !is_plain(&source, &binding),
            name: binding.name,
            value: binding.value,
        });
    }
    problems.extend(unread(lines, next, lines.len() + 1));
    (found, problems)
}

/// Lines with content that no reader reads.
fn unread(lines: &[&str], from: usize, to: usize) -> impl Iterator<Item = Problem> {
    let lines = (from..to).filter(|&line| {
        let written = lines.get(line - 1).map_or("", |it| it.trim_start());
        !written.is_empty() && !written.starts_with('#')
    });
    lines.map(|line| Problem::NotAssignment { line })
}

/// A name that can be shown. One that does not look like one can be a part of a value.
fn shown(name: &str) -> Option<String> {
    const LONGEST: usize = 64;
    let is_part = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    let has = |is: fn(&char) -> bool| name.chars().any(|it| is(&it));
    // Base64 has all of these.
    let mixed = has(char::is_ascii_digit)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_uppercase)
        && name.len() > 20;
    let fits = !name.is_empty() && name.len() <= LONGEST && name.chars().all(is_part);
    (fits && !mixed).then(|| name.to_owned())
}

/// Whether a line is the rest of a base64 text that was broken into lines of the usual lengths
/// (RFC 7468: 64; RFC 2045: 76).
fn is_torn(value: &str, line: &str) -> bool {
    let is_base64 = |it: char| it.is_ascii_alphanumeric() || "+/".contains(it);
    let run = value.len() - value.trim_end_matches(is_base64).len();
    let line = line.trim();
    let digits = line.trim_end_matches('=');
    [64, 76].contains(&run)
        && line.len() - digits.len() <= 2
        && line.len().is_multiple_of(4)
        && digits.chars().all(is_base64)
}

/// What follows the first `=`.
fn raw_value(source: &str) -> &str {
    let value = source.split_once('=').map_or("", |(_, value)| value);
    value.trim_start_matches([' ', '\t'])
}

/// What the readers disagree on.
fn about(written: &str, read: &[Option<Binding>]) -> &'static str {
    let mut names = read.iter().flatten().map(|it| &it.name);
    let first = names.next();
    if names.any(|name| Some(name) != first) {
        return "the name";
    }
    let value = raw_value(written);
    let quote = value.chars().next().filter(|it| "'\"".contains(*it));
    let inside = quote.and_then(|quote| value[1..].split_once(quote));
    match (quote, inside) {
        (Some(_), None) => "a quote that is not closed in its line",
        (Some(_), Some((inside, rest))) => {
            let rest = rest.trim_start();
            if inside.contains('\\') {
                "a backslash between quotes"
            } else if !rest.is_empty() && !rest.starts_with('#') {
                "what follows the closing quote"
            } else {
                "the quotes"
            }
        }
        (None, _) if value.starts_with('`') => "backticks as quotes",
        (None, _) if value.contains('#') => "where a comment begins",
        (None, _) if value.is_empty() && written.contains('=') => "a value that is left out",
        (None, _) if read.iter().any(Option::is_none) => "whether it is an assignment",
        (None, _) => "the end of the value",
    }
}

/// Whether bash and Ruby's `dotenv` certainly read the same: NAME=VALUE in one line, without
/// anything that a shell expands.
fn is_plain(source: &str, binding: &Binding) -> bool {
    let source = source.trim();
    let assignment = source
        .strip_prefix("export ")
        .map_or(source, str::trim_start);
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let Some((name, value)) = assignment.split_once('=') else {
        return false;
    };
    if !name.chars().all(is_name) || name.starts_with(|it: char| it.is_ascii_digit()) {
        return false;
    }
    let ends = |rest: &str| {
        let comment = rest.trim_start();
        let is_comment = comment.starts_with('#') && comment.len() < rest.len();
        comment.is_empty() || (is_comment && !comment.contains(['\'', '"', '\\', '$', '`']))
    };
    let read = match value.chars().next() {
        Some(quote @ ('\'' | '"')) => match value[1..].split_once(quote) {
            Some((inside, rest)) if ends(rest) => inside,
            _ => return false,
        },
        _ => {
            let end = value.find([' ', '\t']).unwrap_or(value.len());
            let (read, rest) = value.split_at(end);
            let is_plain = |it: char| it.is_ascii_alphanumeric() || "_./:@%+,=^-".contains(it);
            if !ends(rest) || !read.chars().all(is_plain) {
                return false;
            }
            read
        }
    };
    let expands = value.starts_with('"') && read.contains(['$', '`', '\\', '!']);
    !read.contains('\n') && !expands && read == binding.value.expose()
}

#[cfg(test)]
mod tests;
