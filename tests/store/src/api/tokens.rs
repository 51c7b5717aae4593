//! The tokens of pages.
//!
//! A token is opaque, belongs to one request, and carries its own position: no page is remembered,
//! so a page may be requested again, as a retrying client does.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

/// What makes two requests pages of the same listing.
pub(crate) fn fingerprint(operation: &str, body: &Value) -> u64 {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|field, value| {
            field != "NextToken" && field != "MaxResults" && !value.is_null()
        });
    }
    let mut hasher = DefaultHasher::new();
    operation.hash(&mut hasher);
    body.to_string().hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn encode(fingerprint: u64, position: &str) -> String {
    let position: String = position.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("AAEAA{fingerprint:016x}{position}")
}

pub(crate) fn decode(fingerprint: u64, token: &str) -> Option<String> {
    let position = token.strip_prefix(&format!("AAEAA{fingerprint:016x}"))?;
    let digits: Option<Vec<u8>> = position
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    let bytes = digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    String::from_utf8(bytes).ok()
}
