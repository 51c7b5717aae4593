//! What Sneaker seals: objects of a bucket, and packed files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parameter_store::Store;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use tar::{Builder, Header};

/// A data key of these stories, which no one needs to guess.
const KEY: [u8; 32] = [5; 32];

/// Writes a secret to a bucket in us-east-1, without a context of all secrets.
pub fn plant(store: &Store, bucket: &str, key: &str, value: &[u8]) {
    plant_with(store, bucket, key, value, "us-east-1", &json!({}));
}

/// The same with a key in this region, and the context of all secrets.
pub fn plant_with(
    store: &Store,
    bucket: &str,
    key: &str,
    value: &[u8],
    region: &str,
    context: &Value,
) {
    let mut context = context.clone();
    context["Path"] = json!(format!("s3://{bucket}/{key}"));
    let name = format!("{bucket}/{key}");
    store.put_object(bucket, key, envelope(value, region, &context, &name));
}

/// A packed file of these secrets.
pub fn packed(entries: &[(&str, &[u8])], context: &Value) -> Vec<u8> {
    envelope(&archive(entries), "us-east-1", context, "packed")
}

/// An archive of these files.
pub fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o400);
        // `set_path` would refuse `..`.
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A sealed value, whose data key a key of this region encrypts.
pub fn envelope(value: &[u8], region: &str, context: &Value, name: &str) -> Vec<u8> {
    let blob = Store::data_key(region, context, name, &KEY);
    let blob = STANDARD.decode(blob).unwrap();
    sealed(&blob, &KEY, &Store::key(region), value)
}

/// A value that is sealed with a data key, which the key of KMS with this ARN has encrypted as this blob.
pub fn sealed(blob: &[u8], key: &[u8], key_id: &str, value: &[u8]) -> Vec<u8> {
    let nonce = [3; 12];
    let sealing = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut text = value.to_vec();
    let unique = Nonce::assume_unique_for_key(nonce);
    sealing
        .seal_in_place_append_tag(unique, Aad::from(key_id.as_bytes()), &mut text)
        .unwrap();
    let length = u32::try_from(blob.len()).unwrap().to_be_bytes();
    [&length[..], blob, &nonce, &text].concat()
}
