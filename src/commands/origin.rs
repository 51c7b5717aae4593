//! Where a copy comes from: the tag that says it, and what it tells of a copy that differs.
#![forbid(unsafe_code)]

use sha2::{Digest, Sha256};

use crate::launch::layers::Set;
use crate::parameter::Parameter;
use crate::stores::arn;

/// The key of the tag of a copy.
pub const TAG: &str = "envsecrets:source";
/// The most characters of the value of a tag (AddTagsToResource, `Tag`).
const LONGEST: usize = 256;

/// The secret that a parameter is a copy of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its place, escaped, or the digest of it.
    place: String,
    version: String,
}

impl Origin {
    /// That of a secret that was read from a place. Profile and role are no part of it, so that a copy
    /// stays the copy of its secret if another principal reads that.
    pub fn of(set: &Set, secret: &Parameter) -> Self {
        let written = set.source.to_string();
        let key = secret.name.split_once('#').map(|(_, key)| key);
        let mut place = if arn::is_meant(&written) {
            written.split('?').next().unwrap_or_default().to_owned()
        } else {
            let (name, _) = secret.name.split_once('#').unwrap_or((&secret.name, ""));
            match name.contains("://") {
                true => name.to_owned(),
                false => format!("ssm://{name}"),
            }
        };
        let access = set.source.access.as_ref();
        if let Some(region) = access.and_then(|access| access.region.as_ref()) {
            place.push_str(&format!("?region={region}"));
        }
        if let Some(namespace) = set.source.namespace() {
            place.push_str(&format!("?namespace={namespace}"));
        }
        if let Some(key) = key {
            place.push_str(&format!("#{key}"));
        }
        let version = match secret.version_id() {
            Some(id) => id.to_owned(),
            None => secret.version.to_string(),
        };
        Self::new(&place, &version)
    }

    fn new(place: &str, version: &str) -> Self {
        let (mut escaped, version) = (escape(place, true), escape(version, false));
        // A version of the copy has at most 19 digits.
        if escaped.len() + version.len() + 2 + 19 > LONGEST {
            let digest = Sha256::digest(place.as_bytes());
            let digest = digest.iter().map(|byte| format!("{byte:02x}"));
            escaped = format!("sha256:{}", digest.collect::<String>());
        }
        Self {
            place: escaped,
            version,
        }
    }

    /// The value of the tag of a copy that has this version.
    pub fn value(&self, copy: i64) -> String {
        format!("{}:{}:{copy}", self.place, self.version)
    }

    /// What a tag says of a copy of this secret, that now has this version and another value.
    pub fn drift(&self, tag: Option<&str>, now: i64) -> Drift {
        let mut parts = tag.unwrap_or_default().rsplitn(3, ':');
        let copy = parts.next().and_then(|it| it.parse::<i64>().ok());
        let (_, place) = (parts.next(), parts.next());
        match (place, copy) {
            (Some(place), Some(copy)) if place == self.place => match copy == now {
                true => Drift::InSource,
                false => Drift::Here,
            },
            _ => Drift::Unknown,
        }
    }
}

/// Why a copy has another value than its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// The copy is as it was written.
    InSource,
    /// Another version was written since.
    Here,
    /// It is no copy of this secret.
    Unknown,
}

/// A text in the characters that the value of a tag may have: the others as quoted-printable text has
/// them, `=3F` (RFC 2045, section 6.7).
fn escape(text: &str, colons: bool) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        let fits = character.is_ascii_alphanumeric() || "_./+-@".contains(character);
        if fits || colons && character == ':' {
            escaped.push(character);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            escaped.push_str(&format!("={byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "sha256:85e62acd750c4eb56b7b6a1d66dca5bfaac5f062608a1a893410d0288936c09a:1:3";

    #[test]
    fn a_tag_has_only_the_characters_that_tags_may_have() {
        for (place, version, tag) in [
            (
                "secretsmanager://prd/app/db",
                "0a1b-2c",
                "secretsmanager://prd/app/db:0a1b-2c:3",
            ),
            (
                "secretsmanager://prd/a=b?region=eu-west-1#üser",
                "v:1",
                "secretsmanager://prd/a=3Db=3Fregion=3Deu-west-1=23=C3=BCser:v=3A1:3",
            ),
            // The digest is that of `sha256sum`.
            (&"x".repeat(256), "1", LONG),
        ] {
            let value = Origin::new(place, version).value(3);
            let fits = |it: char| it.is_ascii_alphanumeric() || "_.:/=+-@".contains(it);
            assert!(value.chars().all(fits) && value.len() <= LONGEST, "{value}");
            assert_eq!(value, tag);
        }
    }

    #[test]
    fn the_tag_tells_who_changed_a_copy() {
        let origin = Origin::new("secretsmanager://a", "2");
        let before = Origin::new("secretsmanager://a", "1").value(4);
        let other = Origin::new("secretsmanager://b", "1").value(4);
        for (tag, now, drift) in [
            (Some(before.as_str()), 4, Drift::InSource),
            (Some(&before), 5, Drift::Here),
            (Some(&other), 4, Drift::Unknown),
            (Some("whatever:else"), 4, Drift::Unknown),
            (None, 4, Drift::Unknown),
        ] {
            assert_eq!(origin.drift(tag, now), drift, "{tag:?} {now}");
        }
    }
}
