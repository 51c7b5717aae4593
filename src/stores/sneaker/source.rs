//! The sources of Sneaker.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use crate::output::quoted;
use crate::stores::encoding::encode;
use crate::stores::error::{Error, Fault, Problem};
use crate::stores::keys::Keyring;

/// How a place in Sneaker begins, and so the name of everything that is read there.
const SCHEME: &str = "sneaker://";
/// The key of the encryption context that has the place of an object.
const PATH: &str = "Path";

/// One secret, or a set of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub what: What,
    /// How data keys are decrypted. Of an object the context is that of all secrets, without its path.
    pub keyring: Keyring,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The secret of one object.
    One { bucket: String, key: String },
    /// Those of all objects whose keys begin with a prefix, which is empty or ends with `/`.
    Below { bucket: String, prefix: String },
    /// Those of a packed file, or the one of this name.
    Packed { path: String, name: Option<String> },
}

/// A text as it can stand in a place.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    encode(&mut encoded, text);
    encoded
}

impl Source {
    /// The name that the secret of an object has: its place.
    pub fn place_of_key(bucket: &str, key: &str) -> String {
        format!("{SCHEME}{}/{}", encoded(bucket), encoded(key))
    }

    /// The name that a secret in a packed file has.
    pub fn place_of_name(path: &str, name: &str) -> String {
        format!("{SCHEME}{}#{}", encoded(path), encoded(name))
    }

    /// The encryption context of an object.
    pub fn context(&self, bucket: &str, key: &str) -> BTreeMap<String, String> {
        let mut context = self.keyring.context.clone();
        context.insert(PATH.to_owned(), format!("s3://{bucket}/{key}"));
        context
    }

    /// The beginning that the names of a set share; a single secret has none.
    pub fn root(&self) -> String {
        match &self.what {
            What::One { .. } | What::Packed { name: Some(_), .. } => String::new(),
            What::Below { bucket, prefix } => Self::place_of_key(bucket, prefix),
            What::Packed { path, name: None } => format!("{SCHEME}{}#", encoded(path)),
        }
    }

    pub fn is_one(&self) -> bool {
        match &self.what {
            What::One { .. } => true,
            What::Below { .. } => false,
            What::Packed { name, .. } => name.is_some(),
        }
    }

    /// What of its place stands before the options.
    pub fn location(&self) -> String {
        match &self.what {
            What::One { bucket, key } => Self::place_of_key(bucket, key),
            What::Below { bucket, prefix } => Self::place_of_key(bucket, prefix),
            What::Packed { path, .. } => format!("{SCHEME}{}", encoded(path)),
        }
    }

    /// What of its place follows the options: the name of the one secret of a packed file.
    pub fn fragment(&self) -> String {
        match &self.what {
            What::Packed {
                name: Some(name), ..
            } => format!("#{}", encoded(name)),
            _ => String::new(),
        }
    }

    /// The error for a set without a secret, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, shown: &str, place: &str) -> Option<Error> {
        let (what, hint) = match &self.what {
            What::Below { .. } => (
                format!("no secrets exist below `{shown}` in {place}"),
                "check bucket, prefix and region for typos; a layer that may be empty is \
                 `--optional-from`",
            ),
            What::Packed { name: None, .. } => (
                format!("no secrets exist in `{shown}`"),
                "check the path for typos; a layer that may be empty is `--optional-from`",
            ),
            _ => return None,
        };
        Some(Problem::new(Fault::Missing, what).hint(hint).into())
    }
}

/// The error for single secrets that do not exist, with the variables that need them.
pub fn missing(names: Vec<String>, place: String, wanted_by: Vec<String>) -> Error {
    let what = match names.as_slice() {
        [one] => format!("secret `{one}` does not exist in {place}"),
        names => format!("secrets {} do not exist in {place}", quoted(names)),
    };
    let hint = "check bucket, prefix, name and region for typos: `sneaker ls` prints the names";
    Error::from(Problem {
        causes: wanted_by,
        ..Problem::new(Fault::Missing, what).hint(hint)
    })
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.location(), self.fragment())
    }
}
