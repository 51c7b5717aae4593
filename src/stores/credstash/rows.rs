//! The rows of a table: what their attributes mean, and which version of a secret is the newest.
#![forbid(unsafe_code)]

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::stores::credstash::sealed::{Digest, Sealed, from_hex};
use crate::stores::credstash::target::InvalidRow;

/// How many digits a version has that credstash writes today (`PAD_LEN`).
const PADDED: usize = 19;

/// An attribute, of one of the two types that credstash uses.
#[derive(Clone, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    Bytes(Vec<u8>),
}

impl Attribute {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A version of a secret, as it is stored. Attributes that only a value needs are missing where only names
/// are read.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub version: String,
    pub key: Option<String>,
    pub contents: Option<String>,
    pub mac: Option<Attribute>,
    pub digest: Option<String>,
    pub comment: Option<String>,
}

impl Row {
    /// The size of its texts, in bytes.
    pub fn size(&self) -> usize {
        let texts = [&self.key, &self.contents, &self.digest, &self.comment];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let mac = self.mac.as_ref().map_or(0, |mac| mac.bytes().len());
        self.name.len() + self.version.len() + texts + mac
    }

    /// The encrypted data key, and what it encrypts.
    ///
    /// # Errors
    ///
    /// What no row of credstash has.
    pub fn sealed(&self) -> Result<(Vec<u8>, Sealed), InvalidRow> {
        let base64 = |text: &Option<String>, attribute| {
            let text = text.as_ref().ok_or(InvalidRow::Without { attribute })?;
            STANDARD
                .decode(text)
                .map_err(|_| InvalidRow::NotBase64 { attribute })
        };
        let key = base64(&self.key, "key")?;
        let ciphertext = base64(&self.contents, "contents")?;
        let attribute = "hmac";
        let mac = self.mac.as_ref();
        let mac = mac.ok_or(InvalidRow::Without { attribute })?;
        let mac = from_hex(mac.bytes()).ok_or(InvalidRow::NotHexadecimal)?;
        let digest = match &self.digest {
            Some(name) => {
                Digest::named(name).ok_or_else(|| InvalidRow::Digest { name: name.clone() })?
            }
            None => Digest::of_size(mac.len()).ok_or(InvalidRow::NoDigest)?,
        };
        let sealed = Sealed {
            ciphertext,
            mac,
            digest,
        };
        Ok((key, sealed))
    }
}

/// A version as text: with zeros before a number, as credstash writes it today.
pub fn padded(version: &str) -> String {
    format!("{version:0>PADDED$}")
}

/// The number of a version, and its text otherwise, without the zeros that only pad it.
pub fn number(version: &str) -> Result<i64, &str> {
    match version.parse() {
        Ok(number) if is_number(version) && number > 0 => Ok(number),
        _ if is_number(version) || version.len() < PADDED => Err(version),
        _ => Err(version.trim_start_matches('0')),
    }
}

fn is_number(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether no other version of a secret can be newer than this one, which is the last of all in the order
/// of DynamoDB: what credstash itself takes for the newest, unless it is a number without zeros before it, as
/// credstash wrote them until December 2015: `9` comes after `10`.
pub fn is_surely_newest(last: &str) -> bool {
    !is_number(last) || last.len() >= PADDED
}

/// The order of two numbers of versions, whatever zeros are before them. The same number with zeros is of a
/// newer credstash.
pub fn by_number(one: &str, other: &str) -> Ordering {
    let digits = |text: &str| {
        let digits = text.trim_start_matches('0').to_owned();
        (digits.len(), digits)
    };
    let both = (digits(one), one.len());
    both.cmp(&(digits(other), other.len()))
}

/// The newest of the versions of one secret, which come in any order.
pub struct Newest<R> {
    /// The last one in the order of DynamoDB.
    last: Option<R>,
    /// That with the largest number.
    largest: Option<R>,
}

impl<R> Default for Newest<R> {
    fn default() -> Self {
        Self {
            last: None,
            largest: None,
        }
    }
}

impl<R: Clone + AsRef<str>> Newest<R> {
    /// Adds a version.
    pub fn add(&mut self, row: R) {
        let is_newer = |before: &Option<R>, order: fn(&str, &str) -> Ordering| {
            let before = before.as_ref();
            before.is_none_or(|before| order(row.as_ref(), before.as_ref()).is_gt())
        };
        if is_number(row.as_ref()) && is_newer(&self.largest, by_number) {
            self.largest = Some(row.clone());
        }
        if is_newer(&self.last, |one, other| one.cmp(other)) {
            self.last = Some(row);
        }
    }

    /// The newest of those that were added.
    pub fn take(self) -> Option<R> {
        let last = self.last?;
        match self.largest {
            Some(largest) if is_number(last.as_ref()) => Some(largest),
            _ => Some(last),
        }
    }
}

#[cfg(test)]
mod tests;
