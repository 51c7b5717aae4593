//! Reading or generating a value. Never an argument: every user of a machine can read arguments,
//! and shells store them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::new_value::{self, Generation};
use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::output;
use crate::parameter::Tier;
use crate::secret::Secret;
use crate::system::terminal::Terminal;

#[derive(Debug, Args)]
pub struct Origin {
    /// Read every byte of this file, or of standard input if it is `-`
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    #[arg(conflicts_with = "generate", help_heading = "The value")]
    from_file: Option<PathBuf>,

    #[command(flatten)]
    generation: Generation,
}

impl Origin {
    /// Whether each call returns another value.
    pub fn is_random(&self) -> bool {
        self.generation.is_wanted()
    }

    /// The value, checked as far as possible without a request to Parameter Store.
    ///
    /// # Errors
    ///
    /// If options are invalid, reading fails, or the value is invalid. No error shows any part of
    /// it.
    pub fn value(&self, name: &str) -> Result<Secret, Error> {
        let bytes = match (&self.from_file, self.generation.generated()?) {
            (_, Some(word)) => word.into_bytes(),
            (Some(path), _) if path == Path::new("-") => all(io::stdin(), "standard input")?,
            (Some(path), _) => from_file(path)?,
            (None, None) if Terminal::is_interactive() => typed(name)?,
            (None, None) => new_value::without_newline(all(io::stdin(), "standard input")?),
        };
        Ok(new_value::checked(
            bytes,
            "pipe it in, type it at a terminal, or use `--from-file FILE` or `--generate`",
        )?)
    }
}

fn from_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = format!("`{}`", path.display());
    let file = File::open(path).map_err(|error| unreadable(&shown, error))?;
    let bytes = all(file, &shown)?;
    let lines = bytes.split(|&byte| byte == b'\n');
    if bytes.ends_with(b"\n") && lines.count() == 2 {
        output::note(format_args!(
            "{shown} ends with a newline, which becomes part of the value"
        ));
    }
    Ok(bytes)
}

/// At most one byte more than a value and its newline, to detect values that are too large.
fn all(source: impl Read, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = Tier::Advanced.most() as u64 + "\r\n".len() as u64 + 1;
    match source.take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(unreadable(what, error)),
    }
}

fn unreadable(what: &str, error: io::Error) -> Failure {
    Failure::new(exit::NOINPUT, format!("cannot read {what}")).because(error)
}

fn typed(name: &str) -> Result<Vec<u8>, Failure> {
    let cannot = |error: io::Error| {
        let failure = match error.kind() {
            io::ErrorKind::UnexpectedEof => Failure::new(exit::DATAERR, "no value was typed"),
            io::ErrorKind::FileTooLarge => Failure::new(
                exit::DATAERR,
                "a terminal accepts lines of at most 4095 bytes",
            ),
            _ => Failure::new(exit::NOINPUT, "cannot use the terminal").because(error),
        };
        failure.hint("pipe it in, or use `--from-file FILE`")
    };
    let mut terminal = Terminal::open().map_err(cannot)?;
    let value = terminal.ask_hidden(&format!("value of {name} (it is not shown): "), None);
    let value = value.map_err(cannot)?;
    let again = terminal
        .ask_hidden("repeat the value: ", None)
        .map_err(cannot)?;
    match value == again {
        true => Ok(value),
        false => Err(Failure::new(exit::DATAERR, "the two typed values differ")
            .hint("nothing was written: try again")),
    }
}
