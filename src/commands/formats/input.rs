//! A file that a command reads values from.

use std::fmt;
use std::io::Read;
use std::path::Path;

use super::entry::{Found, Source};
use super::read::{guess, read};
use crate::exit;
use crate::launch::error::{Errors, Failure};
use crate::launch::formats::Problem;
use crate::options::{DotenvDialect, UsageError};

/// An account cannot store more than this.
const LARGEST: u64 = 128 * 1024 * 1024;

/// A file, or `-` for standard input.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub file: &'a Path,
    /// The verb for messages, such as `import`.
    pub verb: &'static str,
    /// The option that names its format.
    pub flag: &'static str,
    /// The reader that decides what lines of dotenv mean.
    pub dialect: DotenvDialect,
}

impl Input<'_> {
    /// Reads all entries, in the given format or else a guessed one.
    pub fn read(&self, format: Option<Source>) -> Result<Found, Errors> {
        let text = self.text()?;
        let Some(format) = format.or_else(|| guess(self.file, &text)) else {
            return Err(UsageError::new(
                format!("the format of {self} is not known"),
                format!(
                    "use `{} dotenv`, `json`, `yaml`, `properties`, `csv`, `aws` or `k8s`",
                    self.flag
                ),
            )
            .into());
        };
        Ok(read(format, &text, self.dialect).map_err(|problems| self.failure(problems))?)
    }

    fn text(&self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let outcome = match self.file.as_os_str() == "-" {
            true => std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes),
            false => std::fs::File::open(self.file)
                .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)),
        };
        if let Err(error) = outcome {
            return Err(Failure::new(exit::NOINPUT, format!("cannot read {self}"))
                .because(error)
                .hint("check its name for typos, and its permissions"));
        }
        if bytes.len() as u64 > LARGEST {
            let failure = self.unusable().because("it is larger than 128 MiB");
            return Err(failure.hint("an account cannot store that much"));
        }
        String::from_utf8(bytes).map_err(|error| {
            let read = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = read.iter().filter(|it| **it == b'\n').count() + 1;
            let failure = self.unusable().because(format!("line {line} is not UTF-8"));
            failure.hint("convert older files, such as Java properties, with `iconv -f ISO-8859-1`")
        })
    }

    /// The error for these problems, with the hint of the first one.
    pub fn failure(&self, problems: Vec<Problem>) -> Failure {
        let hint = problems.first().map(|problem| problem.hint);
        let mut failure = self.unusable();
        failure.causes = problems.into_iter().map(|problem| problem.what).collect();
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    fn unusable(&self) -> Failure {
        Failure::new(exit::DATAERR, format!("cannot {} {self}", self.verb))
    }
}

impl fmt::Display for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file.as_os_str() == "-" {
            true => f.write_str("standard input"),
            false => write!(f, "`{}`", self.file.display()),
        }
    }
}
