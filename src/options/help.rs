//! The help, rendered beforehand: to have it rendered took longer than all else that `--help` does.
//!
//! `src/options/help` holds what clap makes of the commands. A test says when that is stale.

use std::ffi::OsString;

/// The help of a launch or of a command.
#[derive(Debug)]
pub struct Texts {
    pub short: &'static str,
    pub long: &'static str,
}

/// That of a launch.
pub const LAUNCH: Texts = Texts {
    short: include_str!("help/short.txt"),
    long: include_str!("help/long.txt"),
};

impl Texts {
    /// The length that the command line requests, if it requests help.
    ///
    /// Whatever else it says may be wrong: a user who needs help may not know it yet.
    pub fn requested(&self, arguments: &[OsString]) -> Option<&'static str> {
        let options = arguments.iter().take_while(|word| *word != "--");
        options.into_iter().find_map(|word| match word.to_str() {
            Some("-h") => Some(self.short),
            Some("--help") => Some(self.long),
            _ => None,
        })
    }
}
