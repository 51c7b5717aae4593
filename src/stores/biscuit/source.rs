//! The sources of Biscuit.
#![forbid(unsafe_code)]

use std::fmt;

use crate::output::quoted;
use crate::stores::encoding::encode;
use crate::stores::error::{Error, Fault, Problem};

/// The name of the store, for messages.
pub const NAME: &str = "Biscuit";
/// How a place in a file of Biscuit begins, and so the name of everything that is read there.
const SCHEME: &str = "biscuit://";

/// One secret of a file, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The path of the file: an absolute one, or one that begins with `.`.
    pub path: String,
    /// The name of the one secret.
    pub name: Option<String>,
}

impl Source {
    /// The name that a secret has here: its place.
    pub fn place_of(&self, name: &str) -> String {
        let mut text = self.file();
        text.push('#');
        encode(&mut text, name);
        text
    }

    /// The place of the whole file.
    pub fn file(&self) -> String {
        let mut text = SCHEME.to_owned();
        encode(&mut text, &self.path);
        text
    }

    /// What of its place follows the options: the name of the one secret.
    pub fn fragment(&self) -> String {
        let mut text = String::new();
        if let Some(name) = &self.name {
            text.push('#');
            encode(&mut text, name);
        }
        text
    }

    /// The beginning that the names of a set share; a single secret has none.
    pub fn root(&self) -> String {
        match self.name {
            Some(_) => String::new(),
            None => format!("{}#", self.file()),
        }
    }

    pub fn is_one(&self) -> bool {
        self.name.is_some()
    }

    /// The error for a file without a secret, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, shown: &str) -> Option<Error> {
        if self.is_one() {
            return None;
        }
        let problem = Problem::new(Fault::Missing, format!("no secrets exist in `{shown}`"));
        Some(
            problem
                .hint("check the path for typos; a layer that may be empty is `--optional-from`")
                .into(),
        )
    }
}

/// The error for single secrets that do not exist, with the variables that need them.
pub fn missing(names: Vec<String>, wanted_by: Vec<String>) -> Error {
    let what = match names.as_slice() {
        [one] => format!("secret `{one}` does not exist"),
        names => format!("secrets {} do not exist", quoted(names)),
    };
    let hint = "check file and name for typos: `biscuit list -f FILE` prints the names of a file";
    Error::from(Problem {
        causes: wanted_by,
        ..Problem::new(Fault::Missing, what).hint(hint)
    })
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.file(), self.fragment())
    }
}
