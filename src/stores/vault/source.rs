//! The sources of Vault and OpenBao: what is read, and how its reader signs in.
#![forbid(unsafe_code)]

use std::fmt;

use crate::output::quoted;
use crate::stores::encoding::encode;
use crate::stores::error::{Error, Fault, Problem};

/// Secrets of one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub server: Server,
    pub part: Part,
    /// The mount and the path below it, as `vault kv get` takes them, without a `/` at either end.
    pub path: String,
    /// The version of a single secret; the newest if it is not given.
    pub version: Option<u64>,
    /// The version of the secrets engine, which is looked up if it is not given.
    pub engine: Option<Engine>,
    /// Whether objects, lists and null are values too, as JSON text.
    pub json: bool,
    pub sign_in: SignIn,
}

/// Which server: both have one API, and their clients read different variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    Vault,
    OpenBao,
}

/// What of the path is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The secret, as a JSON object of its keys.
    Whole,
    /// The keys of the secret.
    Keys,
    /// The keys of all secrets below.
    Below,
}

/// The version of a secrets engine for keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    V1,
    V2,
}

/// How the reader signs in, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignIn {
    pub method: Method,
    /// Where the method is mounted, if that is not its own name.
    pub mount: Option<String>,
    pub role: Option<String>,
    /// The namespace, instead of that of the environment.
    pub namespace: Option<String>,
}

/// How a token is obtained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// The environment or a file has it.
    #[default]
    Token,
    AppRole,
    Aws,
    Kubernetes,
    Jwt,
}

impl Server {
    /// The name of the product, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vault => "Vault",
            Self::OpenBao => "OpenBao",
        }
    }

    /// Its command line client, for hints.
    pub fn command(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::OpenBao => "bao",
        }
    }

    /// How its places begin, and so the names of everything that is read there.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Vault => "vault://",
            Self::OpenBao => "openbao://",
        }
    }
}

impl Method {
    /// The methods, as the option `auth` names them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("token", Self::Token),
        ("approle", Self::AppRole),
        ("aws", Self::Aws),
        ("kubernetes", Self::Kubernetes),
        ("jwt", Self::Jwt),
    ];

    /// Its name, and where it is mounted unless a place has another mount.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, method)| *method == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether a place can name a role for it.
    pub fn takes_role(self) -> bool {
        matches!(self, Self::Aws | Self::Kubernetes | Self::Jwt)
    }
}

impl SignIn {
    /// Where the method is mounted.
    pub fn mount(&self) -> &str {
        self.mount.as_deref().unwrap_or(self.method.name())
    }
}

impl Source {
    pub fn is_one(&self) -> bool {
        self.part == Part::Whole
    }

    /// The same as a layer: the keys of a single secret.
    #[must_use]
    pub fn into_layer(mut self) -> Self {
        if self.part == Part::Whole {
            self.part = Part::Keys;
        }
        self
    }

    /// The name of a secret, with the scheme of its server.
    pub fn name_of(&self, path: &str) -> String {
        let mut name = self.server.scheme().to_owned();
        encode(&mut name, path);
        name
    }

    /// The beginning that the names of a set share; a single secret has none.
    pub fn root(&self) -> String {
        match self.part {
            Part::Whole => String::new(),
            Part::Keys => format!("{}#", self.name_of(&self.path)),
            Part::Below => format!("{}/", self.name_of(&self.path)),
        }
    }

    /// The error for a set without a key, where one is required. Single secrets are reported
    /// together.
    pub fn empty(&self, shown: &str, place: &str) -> Option<Error> {
        let (what, hint) = match self.part {
            Part::Whole => return None,
            Part::Keys => (
                format!("secret `{shown}` does not exist in {place}, or has no keys"),
                MISSING,
            ),
            Part::Below => (
                format!("no secrets exist below `{shown}` in {place}"),
                "check path, mount and namespace for typos; a layer that may be empty is \
                 `--optional-from`",
            ),
        };
        Some(Problem::new(Fault::Missing, what).hint(hint).into())
    }

    /// The options of its place.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let sign_in = &self.sign_in;
        let method = (sign_in.method != Method::Token).then(|| sign_in.method.name().to_owned());
        let engine = self.engine.map(|engine| engine.number().to_owned());
        [
            ("version", self.version.map(|version| version.to_string())),
            ("kv", engine),
            ("auth", method),
            ("auth-mount", sign_in.mount.clone()),
            ("auth-role", sign_in.role.clone()),
            ("namespace", sign_in.namespace.clone()),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .chain(self.json.then_some(("json", None)))
    }
}

/// What to try if a secret does not exist.
const MISSING: &str = "check path, mount, version and namespace for typos; the path is that of \
                           `vault kv get`, without `data/`";

/// The error for single secrets that do not exist, with the variables that need them.
pub fn missing(names: Vec<String>, place: String, wanted_by: Vec<String>) -> Error {
    let what = match names.as_slice() {
        [one] => format!("secret `{one}` does not exist in {place}"),
        names => format!("secrets {} do not exist in {place}", quoted(names)),
    };
    Error::from(Problem {
        causes: wanted_by,
        ..Problem::new(Fault::Missing, what).hint(MISSING)
    })
}

impl Engine {
    /// As the option `kv` has it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
        }
    }
}

/// As a place is written, without its options.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name_of(&self.path))?;
        match self.part {
            Part::Below => f.write_str("/"),
            Part::Whole | Part::Keys => Ok(()),
        }
    }
}
