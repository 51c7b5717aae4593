//! `Decrypt` and `Encrypt`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::ApiError;

/// A data key whose blob another KMS has made.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) blob: Vec<u8>,
    pub(crate) key_id: String,
    pub(crate) context: Value,
    pub(crate) key: Vec<u8>,
}

/// The key of a region.
pub(crate) fn arn(region: &str) -> String {
    format!("arn:aws:kms:{region}:123456789012:key/0a1b2c3d-0000-4000-8000-00000000cred")
}

/// The blob of a data key, for a secret of this name.
pub(crate) fn blob(region: &str, context: &Value, name: &str, key: &[u8]) -> String {
    let mut blob = json!({
        "region": region,
        "context": context,
        "name": name,
        "key": STANDARD.encode(key),
    });
    blob["tag"] = json!(tag(&blob));
    STANDARD.encode(blob.to_string())
}

/// Authenticates a blob, as the service does: one that was changed is invalid.
fn tag(blob: &Value) -> String {
    let digest = Sha256::digest(blob.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn decrypt(known: &[Known], region: &str, body: &Value) -> Result<Value, ApiError> {
    // The service does not say what is wrong with a ciphertext or its context.
    let invalid = || ApiError::bare("InvalidCiphertextException");
    let sent = body["CiphertextBlob"].as_str().unwrap_or_default();
    let sent = STANDARD.decode(sent).unwrap_or_default();
    if let Some(known) = known.iter().find(|known| known.blob == sent) {
        let is_here = known.key_id.split(':').nth(3) == Some(region);
        if !is_here || known.context != body["EncryptionContext"] {
            return Err(invalid());
        }
        return Ok(json!({
            "KeyId": known.key_id,
            "Plaintext": STANDARD.encode(&known.key),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }));
    }
    let blob = body["CiphertextBlob"].as_str().and_then(opened);
    let blob = blob.ok_or_else(invalid)?;
    let empty = json!({});
    let context = match &body["EncryptionContext"] {
        Value::Null => &empty,
        context => context,
    };
    if blob["region"] != region || blob["context"] != *context {
        return Err(invalid());
    }
    Ok(json!({
        "KeyId": arn(region),
        "Plaintext": blob["key"],
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

/// What is encrypted stays legible, with the key as it was named.
pub(super) fn encrypt(region: &str, body: &Value) -> Result<Value, ApiError> {
    let key = body["KeyId"].as_str().unwrap_or_default();
    let plain = STANDARD.decode(body["Plaintext"].as_str().unwrap_or_default());
    let plain = plain.ok().and_then(|it| String::from_utf8(it).ok());
    let Some(plain) = plain.filter(|it| !it.is_empty()) else {
        return Err(ApiError::bare("ValidationException"));
    };
    if key.contains("missing") {
        return Err(ApiError::bare("NotFoundException"));
    }
    let mut blob = json!({
        "region": region,
        "context": body["EncryptionContext"],
        "key-id": key,
        "plain": plain,
        "key": body["Plaintext"],
    });
    blob["tag"] = json!(tag(&blob));
    Ok(json!({
        "KeyId": arn(region),
        "CiphertextBlob": STANDARD.encode(blob.to_string()),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

/// The name of the secret whose data key is decrypted.
pub(crate) fn name_of(body: &Value) -> Option<String> {
    opened(body["CiphertextBlob"].as_str()?)?["name"]
        .as_str()
        .map(str::to_owned)
}

/// What a blob contains, if it is one of this KMS.
pub(crate) fn opened(blob: &str) -> Option<Value> {
    let blob = STANDARD.decode(blob).ok()?;
    let mut blob: Value = serde_json::from_slice(&blob).ok()?;
    let own = blob.as_object_mut()?.remove("tag");
    (own? == tag(&blob)).then_some(blob)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_of_which_any_byte_was_changed_is_invalid() {
        let right = STANDARD
            .decode(blob("us-east-1", &json!({}), "a", b"0123456789"))
            .unwrap();
        let decrypted = |blob: &[u8]| {
            let body = json!({ "CiphertextBlob": STANDARD.encode(blob) });
            decrypt(&[], "us-east-1", &body)
        };
        assert!(decrypted(&right).is_ok());
        for at in 0..right.len() {
            let mut changed = right.clone();
            changed[at] ^= 1;
            assert!(decrypted(&changed).is_err(), "{at}");
        }
    }
}
