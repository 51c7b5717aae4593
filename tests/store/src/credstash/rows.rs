//! The tables of credstash, and how a test fills them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{kms, seal};

/// The rows of a table, by name and version.
pub(super) type Rows = BTreeMap<(String, String), Map<String, Value>>;

/// All tables, and the values that were put into them.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// By region and name.
    pub(super) tables: BTreeMap<(String, String), Rows>,
    values: Vec<String>,
}

impl Tables {
    /// Each value, for a test for leaks.
    pub(crate) fn values(&self) -> impl Iterator<Item = String> {
        self.values.iter().cloned()
    }

    /// Makes a table without rows.
    pub(crate) fn create(&mut self, region: &str, name: &str) -> &mut Rows {
        let key = (region.to_owned(), name.to_owned());
        self.tables.entry(key).or_default()
    }

    pub(super) fn table(&self, region: &str, name: &str) -> Option<&Rows> {
        self.tables.get(&(region.to_owned(), name.to_owned()))
    }
}

/// Puts a row. All fields but the value are optional: `table`, `region`, `kms-region`, `version`, `context`,
/// `digest` (null for none), `comment`, `hmac` (`text` for one that is no bytes), `bytes` (a value in Base64,
/// in place of `value`), and `row`: attributes as they are to be stored, null for none.
///
/// # Panics
/// If credstash has no such digest: a mistake in the test.
pub(crate) fn plant(tables: &mut Tables, name: &str, secret: &Value) {
    let text = |field: &str, usual: &str| secret[field].as_str().unwrap_or(usual).to_owned();
    let value = match secret["bytes"].as_str() {
        Some(bytes) => STANDARD.decode(bytes).expect("bytes are in Base64"),
        None => text("value", "").into_bytes(),
    };
    let region = text("region", "us-east-1");
    let version = text("version", "0000000000000000001");
    let context = match &secret["context"] {
        Value::Null => json!({}),
        context => context.clone(),
    };
    // Another key for each row, without any randomness.
    let mut key = [0; seal::KEY];
    let seed = format!("{region}/{name}/{version}");
    for (at, byte) in key.iter_mut().enumerate() {
        let mixed = seed.bytes().fold(at as u32 + 1, |sum, it| {
            sum.wrapping_mul(31).wrapping_add(u32::from(it))
        });
        *byte = (mixed >> 8) as u8;
    }
    let digest = text("digest", "SHA256");
    let (ciphertext, mac) = seal::seal(&value, &key, &digest);
    let blob = kms::blob(&text("kms-region", &region), &context, name, &key);
    let mac = match secret["hmac"] == "text" {
        true => json!({ "S": mac }),
        false => json!({ "B": STANDARD.encode(mac) }),
    };
    let mut row = Map::new();
    row.insert("name".to_owned(), json!({ "S": name }));
    row.insert("version".to_owned(), json!({ "S": version }));
    row.insert("key".to_owned(), json!({ "S": blob }));
    row.insert(
        "contents".to_owned(),
        json!({ "S": STANDARD.encode(ciphertext) }),
    );
    row.insert("hmac".to_owned(), mac);
    if secret.get("digest") != Some(&Value::Null) {
        row.insert("digest".to_owned(), json!({ "S": digest }));
    }
    if let Some(comment) = secret["comment"].as_str() {
        row.insert("comment".to_owned(), json!({ "S": comment }));
    }
    for (attribute, value) in secret["row"].as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(row.remove(attribute)),
            value => drop(row.insert(attribute.clone(), value.clone())),
        }
    }
    if let Ok(text) = String::from_utf8(value) {
        tables.values.push(text);
    }
    let table = text("table", "credential-store");
    tables
        .create(&region, &table)
        .insert((name.to_owned(), version), row);
}
