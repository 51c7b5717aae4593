//! A parameter as it was read: a name that may be printed, and a value that may not.
#![forbid(unsafe_code)]

use std::fmt;
use std::time::SystemTime;

use crate::secret::Secret;

/// One parameter of Parameter Store, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The full name, such as `/prd/app/db-password`.
    pub name: String,
    /// The decrypted value.
    pub value: Secret,
    /// The version that was read; 0 if the service did not return it.
    pub version: i64,
    pub kind: ParameterType,
    /// When this version was written, if the service returned it.
    pub modified: Option<SystemTime>,
    /// The Amazon Resource Name, if the service returned it.
    pub arn: Option<String>,
    /// The `:version` or `:label` that was requested, with its colon, if any.
    pub selector: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::{ParameterType, Tier};

    #[test]
    fn an_unknown_name_is_kept() {
        for word in ["SecureString", "String", "StringList", "Map"] {
            assert_eq!(ParameterType::from(word).as_str(), word);
        }
        assert_eq!(Tier::from("Intelligent-Tiering"), Tier::Intelligent);
        assert_eq!(Tier::from("Cold"), Tier::Other("Cold".to_owned()));
    }
}
