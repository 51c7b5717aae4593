//! A parameter as it was read: a name that may be printed, and a value that may not.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::secret::{Content, Secret};

/// One parameter of Parameter Store, or a secret of another store, as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// The full name, such as `/prd/app/db-password`; of another store with its scheme, such as
    /// `secretsmanager://prd/app/db-password`.
    pub name: String,
    /// The decrypted value; empty if that is not text.
    pub value: Secret,
    /// The version that was read; 0 if the service did not return it, or gives versions no numbers.
    pub version: i64,
    pub kind: ParameterType,
    /// When this version was written, if the service returned it.
    pub modified: Option<SystemTime>,
    /// The Amazon Resource Name, if the service returned it.
    pub arn: Option<String>,
    /// The `:version` or `:label` that was requested, with its colon, if any.
    pub selector: Option<String>,
    /// What most parameters do not have. A launch holds many of them, so that it takes one word.
    pub more: Option<Box<More>>,
}

/// What only a place with options, or a secret of another store has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct More {
    /// The options with which its place was written, such as `?region=eu-west-1`.
    pub options: Option<Arc<str>>,
    /// The decrypted value, if it is not text but bytes.
    pub bytes: Option<Content>,
    /// The version that was read, if it has no number but an identifier.
    pub version_id: Option<String>,
    /// What is known beside it where only names are read; of Secrets Manager.
    pub details: Option<Details>,
    /// Whether the value was not read, because nothing needs it.
    pub is_unread: bool,
}

/// What the list of a store has of a secret beside its name and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The version that each stage is on.
    pub stages: BTreeMap<String, String>,
    pub description: Option<String>,
    /// The key that encrypts it, unless it is that of AWS.
    pub key_id: Option<String>,
    pub tags: BTreeMap<String, String>,
}

impl Parameter {
    /// The options with which its place was written.
    pub fn options(&self) -> Option<&Arc<str>> {
        self.more.as_ref()?.options.as_ref()
    }

    /// The value, if it is not text but bytes.
    pub fn bytes(&self) -> Option<&Content> {
        self.more.as_ref()?.bytes.as_ref()
    }

    /// The identifier of the version, if it has one.
    pub fn version_id(&self) -> Option<&str> {
        self.more.as_ref()?.version_id.as_deref()
    }

    /// What is known beside it where only names are read.
    pub fn details(&self) -> Option<&Details> {
        self.more.as_ref()?.details.as_ref()
    }

    /// How the user would name it: its name, or its whole place if that has options.
    pub fn place(&self) -> Cow<'_, str> {
        match self.options() {
            None => Cow::Borrowed(&self.name),
            // The names of other stores have their scheme, and an ARN needs none.
            Some(options) if self.name.starts_with("arn:") || self.name.contains("://") => {
                let (name, key) = match self.name.split_once('#') {
                    Some((name, key)) => (name, format!("#{key}")),
                    None => (self.name.as_str(), String::new()),
                };
                Cow::Owned(format!("{name}{options}{key}"))
            }
            Some(options) => Cow::Owned(format!("ssm://{}{options}", self.name)),
        }
    }

    /// Whether the value was not read, because nothing needs it.
    pub fn is_unread(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.is_unread)
    }

    /// The size of its value, in bytes.
    pub fn size(&self) -> usize {
        self.bytes().map_or(self.value.size(), Content::size)
    }
}

/// An enum of names that AWS defines, with a variant for those that it may add.
macro_rules! names {
    ($(#[$about:meta])* $name:ident: $($variant:ident = $text:literal),+) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($variant,)+
            /// A name that we do not know.
            Other(String),
        }

        impl $name {
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    text => Self::Other(text.to_owned()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// The type of a parameter (PutParameter, `Type`).
    ParameterType: SecureString = "SecureString", String = "String", StringList = "StringList"
}

names! {
    /// The tier of a parameter (PutParameter, `Tier`).
    Tier: Standard = "Standard", Advanced = "Advanced", Intelligent = "Intelligent-Tiering"
}

impl ParameterType {
    /// Whether a key encrypts it.
    pub fn is_encrypted(&self) -> bool {
        *self == Self::SecureString
    }
}

impl Tier {
    /// How many bytes a value may have: 4 KB, and 8 KB unless it is a standard parameter
    /// (PutParameter, `Value`).
    pub fn most(&self) -> usize {
        match self {
            Self::Standard => 4096,
            Self::Advanced | Self::Intelligent | Self::Other(_) => 8192,
        }
    }
}

/// Whether a parameter, or any below a path, must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
}

/// What is read of each parameter.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    #[default]
    Values,
    /// Everything but the value: nothing is decrypted, and the encrypted value is dropped at
    /// once.
    Names,
}

/// The secret of a full name and its key, where the name has one: what follows a `#`, or the second one
/// where the first begins the name of a secret in a file, as in `biscuit:///etc/app.yml#db#password`, or in a packed one.
pub fn split_key(name: &str) -> Option<(&str, &str)> {
    let (first, rest) = name.split_once('#')?;
    if !["biscuit://", "sneaker:///"]
        .iter()
        .any(|it| name.starts_with(it))
    {
        return Some((first, rest));
    }
    let (secret, key) = rest.split_once('#')?;
    Some((&name[..first.len() + 1 + secret.len()], key))
}

/// What something of this name is called: the names of other stores than Parameter Store begin with a
/// scheme.
pub fn noun(name: &str) -> &'static str {
    match name.split_once("://") {
        Some((scheme, _)) if scheme != "ssm" => "secret",
        _ => "parameter",
    }
}

#[cfg(test)]
mod tests {
    use super::{ParameterType, Tier};

    #[test]
    fn a_key_follows_the_name_of_its_secret() {
        for (name, expected) in [
            ("/prd/db", None),
            ("/prd/db#user", Some(("/prd/db", "user"))),
            ("vault://secret/db#a", Some(("vault://secret/db", "a"))),
            ("biscuit:///app.yml#db", None),
            (
                "biscuit:///app.yml#db#user",
                Some(("biscuit:///app.yml#db", "user")),
            ),
        ] {
            assert_eq!(super::split_key(name), expected, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_kept() {
        for word in ["SecureString", "String", "StringList", "Map"] {
            assert_eq!(ParameterType::from(word).as_str(), word);
        }
        assert_eq!(Tier::from("Intelligent-Tiering"), Tier::Intelligent);
        assert_eq!(Tier::from("Cold"), Tier::Other("Cold".to_owned()));
    }
}
