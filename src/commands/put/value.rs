//! Reading or generating a value. Never an argument: every user of a machine can read arguments,
//! and shells store them.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::commands::new_value::{self, Generation};
use crate::exit;
use crate::launch::error::{Error, Failure};
use crate::output;
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
            (Some(path), _) if path == Path::new("-") => new_value::from_stdin()?,
            (Some(path), _) => from_file(path)?,
            (None, None) if Terminal::is_interactive() => typed(name)?,
            (None, None) => new_value::without_newline(new_value::from_stdin()?),
        };
        Ok(new_value::checked(
            bytes,
            "pipe it in, type it at a terminal, or use `--from-file FILE` or `--generate`",
        )?)
    }
}

fn from_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = format!("`{}`", path.display());
    let file = File::open(path).map_err(|error| new_value::unreadable(&shown, error))?;
    let bytes = new_value::all(file, &shown)?;
    let lines = bytes.split(|&byte| byte == b'\n');
    if bytes.ends_with(b"\n") && lines.count() == 2 {
        output::note(format_args!(
            "{shown} ends with a newline, which becomes part of the value"
        ));
    }
    Ok(bytes)
}

fn typed(name: &str) -> Result<Vec<u8>, Failure> {
    let question = format!("value of {name} (it is not shown): ");
    let questions = [question.as_str(), "repeat the value: "];
    let [value, again] = new_value::typed(questions, "pipe it in, or use `--from-file FILE`")?;
    match value == again {
        true => Ok(value),
        false => Err(Failure::new(exit::DATAERR, "the two typed values differ")
            .hint("nothing was written: try again")),
    }
}
