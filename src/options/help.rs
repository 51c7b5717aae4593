//! The help, rendered beforehand, because rendering took longer than all other work of `--help`.
//!
//! `src/options/help` contains what clap renders, for 80 columns. A test fails when it is stale. Wider
//! lines would be harder to read, and a narrower terminal folds them itself: to render for each width
//! would take clap's renderer and its tables into every copy of the program.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::IsTerminal;

use crate::output::color;

/// The help of a launch or of a command.
#[derive(Debug)]
pub struct Texts {
    pub short: &'static str,
    pub long: &'static str,
}

/// The help of a launch.
pub const LAUNCH: Texts = Texts {
    short: include_str!("help/short.txt"),
    long: include_str!("help/long.txt"),
};

/// A help as it is printed to a stream: with headings and flags in bold, if that is to have colours.
pub fn for_stream<'t>(text: &'t str, stream: &impl IsTerminal) -> Cow<'t, str> {
    match color::is_for(stream) {
        true => Cow::Owned(painted(text)),
        false => Cow::Borrowed(text),
    }
}

/// Headings are lines at the margin that end with a colon, and flags begin where clap puts them.
fn painted(text: &str) -> String {
    let mut painted = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let end = line.trim_end().len();
        let bold = if !line.starts_with(' ') && line[..end].ends_with(':') {
            0..end
        } else if line.starts_with(USAGE) {
            0..USAGE.len()
        } else if line.starts_with("      --") || is_short(line) {
            let start = line.len() - line.trim_start().len();
            let flag = line[start..].find("  ").unwrap_or(end - start);
            start..start + flag
        } else {
            0..0
        };
        painted.push_str(&line[..bold.start]);
        if !bold.is_empty() {
            painted.extend([color::BOLD, &line[bold.clone()], color::PLAIN]);
        }
        painted.push_str(&line[bold.end..]);
    }
    painted
}

const USAGE: &str = "Usage:";

/// Whether a line begins with a flag of one letter, such as `  -v, --verbose`.
fn is_short(line: &str) -> bool {
    let flag = line.strip_prefix("  -").map(str::as_bytes);
    flag.is_some_and(|flag| flag.get(1..3) == Some(b", "))
}

impl Texts {
    /// The help that the command line requests, if any. The rest of it may be invalid: a user who
    /// needs help may not know better yet.
    pub fn requested(&self, arguments: &[OsString]) -> Option<&'static str> {
        let options = arguments.iter().take_while(|word| *word != "--");
        options.into_iter().find_map(|word| match word.to_str() {
            Some("-h") => Some(self.short),
            Some("--help") => Some(self.long),
            _ => None,
        })
    }
}
