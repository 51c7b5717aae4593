//! The sources of Keywhiz.
#![forbid(unsafe_code)]

use std::fmt;

use crate::output::quoted;
use crate::stores::encoding::encode;
use crate::stores::error::{Error, Fault, Problem};

/// The name of the product, for messages.
pub const NAME: &str = "Keywhiz";
/// How a place begins, and so the name of everything that is read there.
const SCHEME: &str = "keywhiz://";
/// The port of a server where a place has none.
pub const PORT: u16 = 4444;

/// One secret, or all of a client, on one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub server: Server,
    pub what: What,
    /// Whether the keys of each secret are taken as well.
    pub json: bool,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// In lower case; an IPv6 address has brackets.
    pub host: String,
    pub port: u16,
}

/// What of a server is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// All secrets of the client.
    All,
    One(String),
}

impl Server {
    /// Its address.
    pub fn url(&self) -> String {
        format!("https://{}:{}", self.host, self.port)
    }

    /// How the places of its secrets begin.
    fn root(&self) -> String {
        match self.port {
            PORT => format!("{SCHEME}{}/", self.host),
            port => format!("{SCHEME}{}:{port}/", self.host),
        }
    }

    /// The name that a secret has here: its place, in which only what would end a name is encoded.
    pub fn place_of(&self, name: &str) -> String {
        let mut text = self.root();
        for character in name.chars() {
            match character {
                '*' => text.push_str("%2A"),
                '#' | '?' | '%' => encode(&mut text, &character.to_string()),
                it if it.is_whitespace() || it.is_control() => {
                    encode(&mut text, &it.to_string());
                }
                it => text.push(it),
            }
        }
        text
    }
}

impl Source {
    pub fn is_one(&self) -> bool {
        matches!(self.what, What::One(_))
    }

    /// The beginning that the names of a set share; a single secret has none.
    pub fn root(&self) -> String {
        match &self.what {
            What::One(_) => String::new(),
            What::All => self.server.root(),
        }
    }

    /// The error for a client without a secret, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, place: &str) -> Option<Error> {
        match &self.what {
            What::One(_) => None,
            What::All => Some(
                Problem::new(
                    Fault::Missing,
                    format!("the client has no secrets in {NAME} at {place}"),
                )
                .hint(
                    "a group of the client must have one: check the certificate; a layer that may be \
                     empty is `--optional-from`",
                )
                .into(),
            ),
        }
    }

    /// The options of its place.
    pub fn options(&self) -> impl Iterator<Item = &'static str> {
        self.json.then_some("json").into_iter()
    }
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::All => f.write_str(&self.server.root()),
            What::One(name) => f.write_str(&self.server.place_of(name)),
        }
    }
}

/// The error for single secrets that do not exist, with the variables that need them.
pub fn missing(names: Vec<String>, place: String, wanted_by: Vec<String>) -> Error {
    let what = match names.as_slice() {
        [one] => format!("secret `{one}` does not exist in {place}"),
        names => format!("secrets {} do not exist in {place}", quoted(names)),
    };
    let hint = "check names for typos: `envsecrets list` of the server alone, with `/` at its end, lists those \
                of the client";
    Error::from(Problem {
        causes: wanted_by,
        ..Problem::new(Fault::Missing, what).hint(hint)
    })
}
