//! The help, rendered beforehand: to have it rendered took longer than all else that `--help` does.
//!
//! `src/options/help` holds what clap makes of the command. A test says when that is stale.

use std::ffi::OsString;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Short,
    Long,
}

/// The help that the command line asks for, if it does.
///
/// Whatever else stands there may be wrong: who asks for help may not know it yet.
pub fn asked(arguments: &[OsString]) -> Option<&'static str> {
    Some(text(arguments, length(arguments)?))
}

/// How much help the command line asks for, if it does.
pub fn length(arguments: &[OsString]) -> Option<Length> {
    let ours = arguments.iter().take_while(|word| *word != "--");
    ours.into_iter().find_map(|word| match word.to_str() {
        Some("-h") => Some(Length::Short),
        Some("--help") => Some(Length::Long),
        _ => None,
    })
}

/// The help of the command that the command line names.
pub fn text(arguments: &[OsString], length: Length) -> &'static str {
    let is_check = arguments.get(1).is_some_and(|word| word == "check");
    match (is_check, length) {
        (false, Length::Short) => include_str!("help/short.txt"),
        (false, Length::Long) => include_str!("help/long.txt"),
        (true, Length::Short) => include_str!("help/check-short.txt"),
        (true, Length::Long) => include_str!("help/check-long.txt"),
    }
}
