//! `envsecrets completions`: what completes our command line in a shell, where no package has installed it.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::args::Help;
use super::report;
use crate::launch::error::Errors;

/// Print the completions of a shell
///
/// Packages install them. After `cargo install` or with a tarball, write them to where the shell looks
/// for completions, or evaluate them when it starts.
#[derive(Debug, Parser)]
#[command(name = "completions", bin_name = "envsecrets completions")]
#[command(after_long_help = EXAMPLES, disable_help_flag = true)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,

    #[command(flatten)]
    help: Help,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

const EXAMPLES: &str = "\
Examples:
  Bash, in ~/.bashrc
      source <(envsecrets completions bash)

  Zsh, in a directory of $fpath
      envsecrets completions zsh >~/.zfunc/_envsecrets

  Fish
      envsecrets completions fish >~/.config/fish/completions/envsecrets.fish

Exit status:
  0, or 74 if they could not be written.";

/// Prints the completions.
pub fn run(completions: Completions) -> Result<ExitCode, Errors> {
    let text: &[u8] = match completions.shell {
        Shell::Bash => include_bytes!("../../packaging/completions/envsecrets.bash"),
        Shell::Zsh => include_bytes!("../../packaging/completions/_envsecrets"),
        Shell::Fish => include_bytes!("../../packaging/completions/envsecrets.fish"),
    };
    report::print(text)
}
