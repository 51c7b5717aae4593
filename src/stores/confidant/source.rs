//! The sources of Confidant: a service, and the profile with which it is read.
#![forbid(unsafe_code)]

use std::fmt;

use crate::output::quoted;
use crate::stores::encoding::encode;
use crate::stores::error::{Error, Fault, Problem};

/// How its places begin, and so the names of everything that is read there.
const SCHEME: &str = "confidant://";

/// The credentials of one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub service: String,
    pub part: Part,
    /// The profile in the file of the client, if it is not the usual one.
    pub profile: Option<String>,
}

/// What of the service is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All pairs, as one JSON object.
    Whole,
    /// Each pair.
    Keys,
}

impl Source {
    pub fn is_one(&self) -> bool {
        self.part == Part::Whole
    }

    /// The same as a layer: its keys.
    #[must_use]
    pub fn into_layer(mut self) -> Self {
        self.part = Part::Keys;
        self
    }

    /// The name of the service, with the scheme.
    pub fn name(&self) -> String {
        let mut name = SCHEME.to_owned();
        encode(&mut name, &self.service);
        name
    }

    /// The beginning that the names of its keys share; as one secret it has none.
    pub fn root(&self) -> String {
        match self.part {
            Part::Whole => String::new(),
            Part::Keys => format!("{}#", self.name()),
        }
    }

    /// The error for a service without keys, where one is required. Single ones are reported
    /// together.
    pub fn empty(&self, place: &str) -> Option<Error> {
        let what = match self.part {
            Part::Whole => return None,
            Part::Keys => format!(
                "service `{}` does not exist in {place}, or has no credentials",
                self.name()
            ),
        };
        Some(Problem::new(Fault::Missing, what).hint(MISSING).into())
    }
}

/// What to try if a service does not exist.
const MISSING: &str = "check the service for typos, and the `url` in the file of Confidant's client; \
                       a layer that may be empty is `--optional-from`";

/// The error for services that do not exist, with the variables that need them.
pub fn missing(names: Vec<String>, place: String, wanted_by: Vec<String>) -> Error {
    let what = match names.as_slice() {
        [one] => format!("service `{one}` does not exist in {place}"),
        names => format!("services {} do not exist in {place}", quoted(names)),
    };
    Error::from(Problem {
        causes: wanted_by,
        ..Problem::new(Fault::Missing, what).hint(MISSING)
    })
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
