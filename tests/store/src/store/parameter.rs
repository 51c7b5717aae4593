//! One parameter with its versions, and how a reply shows it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::names::Selector;
use crate::api::ApiError;

/// The type of a parameter. (`type` is a word of Rust's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain text.
    String,
    /// Plain texts with commas between.
    StringList,
    /// Text that is encrypted by a KMS key.
    SecureString,
}

impl Kind {
    /// The name that the service uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        match text {
            "String" => Ok(Self::String),
            "StringList" => Ok(Self::StringList),
            "SecureString" => Ok(Self::SecureString),
            _ => Err(ApiError::constraint(
                "type",
                &format!("'{text}'"),
                "Member must satisfy enum value set: [SecureString, StringList, String]",
            )),
        }
    }
}

/// What a parameter costs and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// At most 4 KB.
    Standard,
    /// At most 8 KB, and policies.
    Advanced,
    /// Standard while that is enough. Only in requests: what is stored is one of the others.
    IntelligentTiering,
}

impl Tier {
    /// The name that the service uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => "Advanced",
            Self::IntelligentTiering => "Intelligent-Tiering",
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        match text {
            "Standard" => Ok(Self::Standard),
            "Advanced" => Ok(Self::Advanced),
            "Intelligent-Tiering" => Ok(Self::IntelligentTiering),
            _ => Err(ApiError::constraint(
                "tier",
                &format!("'{text}'"),
                "Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]",
            )),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// As it was written when it was made, with or without its leading slash.
    pub(crate) name: String,
    pub(crate) arn: String,
    /// Oldest first, never empty.
    pub(crate) versions: Vec<Version>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) number: i64,
    pub(crate) kind: Kind,
    pub(crate) value: String,
    pub(crate) key_id: Option<String>,
    pub(crate) tier: Tier,
    pub(crate) description: Option<String>,
    pub(crate) allowed_pattern: Option<String>,
    pub(crate) policies: Vec<Value>,
    pub(crate) data_type: String,
    /// Seconds since 1970.
    pub(crate) modified: f64,
    pub(crate) labels: Vec<String>,
}

impl Parameter {
    /// A `SecureString` at its first version, unchecked.
    pub(crate) fn planted(name: &str, arn: String, value: &str) -> Self {
        let version = Version {
            number: 1,
            kind: Kind::SecureString,
            value: value.to_owned(),
            key_id: Some(String::from("alias/aws/ssm")),
            tier: Tier::Standard,
            description: None,
            allowed_pattern: None,
            policies: Vec::new(),
            data_type: String::from("text"),
            modified: crate::server::clock::seconds(),
            labels: Vec::new(),
        };
        Self {
            name: name.to_owned(),
            arn,
            versions: vec![version],
            tags: BTreeMap::new(),
        }
    }

    pub(crate) fn latest(&self) -> &Version {
        self.versions.last().expect("a parameter has a version")
    }

    pub(crate) fn version(&self, number: i64) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }

    pub(crate) fn version_mut(&mut self, number: i64) -> Option<&mut Version> {
        self.versions
            .iter_mut()
            .find(|version| version.number == number)
    }

    pub(crate) fn labelled(&self, label: &str) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.labels.iter().any(|own| own == label))
    }

    /// A label is on one version at most: giving it to one takes it from the other.
    pub(crate) fn move_label(&mut self, label: &str, number: i64) {
        for version in &mut self.versions {
            version.labels.retain(|own| own != label);
            if version.number == number {
                version.labels.push(label.to_owned());
            }
        }
    }

    pub(crate) fn add_tags(&mut self, tags: Vec<(String, String)>) -> Result<(), ApiError> {
        let mut all = self.tags.clone();
        all.extend(tags);
        if all.len() > 50 {
            return Err(ApiError::bare("TooManyTagsError"));
        }
        self.tags = all;
        Ok(())
    }

    /// The value as a reply carries it: without decryption, a `SecureString` is ciphertext.
    pub(crate) fn value(&self, version: &Version, decrypt: bool) -> String {
        if decrypt || version.kind != Kind::SecureString {
            return version.value.clone();
        }
        ciphertext(&self.arn, version)
    }

    /// As the three reading operations show it.
    pub(crate) fn shown(
        &self,
        version: &Version,
        selector: Option<&Selector>,
        decrypt: bool,
    ) -> Value {
        let mut shown = json!({
            "Name": self.name,
            "Type": version.kind.as_str(),
            "Value": self.value(version, decrypt),
            "Version": version.number,
            "LastModifiedDate": version.modified,
            "ARN": self.arn,
            "DataType": version.data_type,
        });
        if let Some(selector) = selector {
            shown["Selector"] = selector.shown().into();
        }
        shown
    }

    /// As `DescribeParameters` shows it: everything but the value.
    pub(crate) fn described(&self, version: &Version) -> Value {
        let mut shown = json!({
            "Name": self.name,
            "ARN": self.arn,
            "Type": version.kind.as_str(),
            "Version": version.number,
            "LastModifiedDate": version.modified,
            "LastModifiedUser": "arn:aws:iam::123456789012:user/test",
            "Tier": version.tier.as_str(),
            "DataType": version.data_type,
            "Policies": version.policies,
        });
        for (field, text) in [
            ("KeyId", &version.key_id),
            ("Description", &version.description),
            ("AllowedPattern", &version.allowed_pattern),
        ] {
            if let Some(text) = text {
                shown[field] = text.as_str().into();
            }
        }
        shown
    }
}

/// Something that looks like KMS ciphertext, is always the same for a version, and has nothing of
/// the value.
fn ciphertext(arn: &str, version: &Version) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut hasher = DefaultHasher::new();
    (arn, version.number).hash(&mut hasher);
    let length = (version.value.len() + 96).next_multiple_of(4);
    let mut text = String::from("AQICAHh");
    for position in text.len()..length {
        position.hash(&mut hasher);
        let digit = (hasher.finish() % 64) as usize;
        text.push(char::from(DIGITS[digit]));
    }
    text
}
