//! What a server answers. Values are kept as they are written: a number of 20 digits stays one.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A service with its credentials.
#[derive(Deserialize)]
pub struct Service<'a> {
    pub id: String,
    pub revision: u64,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default, borrow)]
    pub credentials: Vec<Credential<'a>>,
    #[serde(default)]
    pub blind_credentials: Vec<Blind>,
}

fn yes() -> bool {
    true
}

/// A credential, which the server has decrypted.
#[derive(Deserialize)]
pub struct Credential<'a> {
    pub id: String,
    #[serde(default)]
    pub name: String,
    pub revision: u64,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub modified_date: Option<String>,
    /// The keys; all that there is where only metadata is requested.
    #[serde(default)]
    pub credential_keys: Option<Vec<String>>,
    #[serde(default, borrow)]
    pub credential_pairs: Option<&'a RawValue>,
}

/// A credential that the server cannot decrypt. What is encrypted is there for each region.
#[derive(Deserialize)]
pub struct Blind {
    pub id: String,
    #[serde(default)]
    pub name: String,
    pub revision: u64,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub modified_date: Option<String>,
    /// The keys, unless the user who made it kept them for themselves.
    #[serde(default)]
    pub credential_keys: Option<Vec<String>>,
    #[serde(default)]
    pub credential_pairs: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub data_key: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub metadata: Option<Metadata>,
    #[serde(default)]
    pub cipher_type: Option<String>,
    #[serde(default)]
    pub cipher_version: Option<u64>,
}

/// What is known of a blind credential beside its keys.
#[derive(Default, Deserialize)]
pub struct Metadata {
    /// The encryption context of each region's data key.
    #[serde(default)]
    pub context: BTreeMap<String, BTreeMap<String, String>>,
}

/// What is wrong, as a server says it.
#[derive(Deserialize)]
struct Failed {
    #[serde(default)]
    error: Option<String>,
}

/// A part of an answer, or `None` if it is another one. The error of the parser can repeat a value.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// The error of an answer, if it is a JSON object, and the text in it, if it has one.
pub fn failed(body: &[u8]) -> Option<Option<String>> {
    let failed: Failed = serde_json::from_slice(body).ok()?;
    Some(failed.error)
}
