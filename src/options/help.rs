//! The help, rendered beforehand, because rendering took longer than all other work of `--help`.
//!
//! `src/options/help` contains what clap renders. A test fails when it is stale.

use std::ffi::OsString;

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
