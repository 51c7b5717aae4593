//! Files of Biscuit, as it writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parameter_store::Store;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use serde_json::json;

/// A data key of these stories, which no one needs to guess.
const KEY: [u8; 32] = [7; 32];

/// One entry: with this algorithm, under the key of this region.
pub fn entry(name: &str, value: &[u8], algorithm: &str, region: &str) -> String {
    entry_of(name, value, algorithm, region, name)
}

/// The same, whose data key was made for a secret of another name.
pub fn entry_of(name: &str, value: &[u8], algorithm: &str, region: &str, for_name: &str) -> String {
    if algorithm == "none" {
        let text = STANDARD.encode(value);
        return format!("- algorithm: none\n  ciphertext: {text}\n");
    }
    let context = json!({ "SecretName": for_name });
    let blob = Store::data_key(region, &context, name, &KEY);
    let key = Store::key(region);
    let sealed = STANDARD.encode(match algorithm {
        "aesgcm256" => gcm(value),
        _ => secret_box(value),
    });
    format!(
        "- key_id: {key}\n  key_manager: kms\n  algorithm: {algorithm}\n  key_ciphertext: {blob}\n  ciphertext: {sealed}\n"
    )
}

/// The secret of one name with these entries.
pub fn secret(name: &str, entries: &[String]) -> String {
    format!("{name}:\n{}", entries.concat())
}

fn gcm(value: &[u8]) -> Vec<u8> {
    let nonce = [9; 12];
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &KEY).unwrap());
    let mut text = value.to_vec();
    let sealing = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(sealing, Aad::empty(), &mut text)
        .unwrap();
    [text, nonce.to_vec()].concat()
}

fn secret_box(value: &[u8]) -> Vec<u8> {
    secret_box_with(&KEY, value)
}

fn secret_box_with(key: &[u8; 32], value: &[u8]) -> Vec<u8> {
    let nonce = [9; 24];
    let mut stream = XSalsa20::new_from_slices(key, &nonce).unwrap();
    let mut authenticating = [0; 32];
    stream.apply_keystream(&mut authenticating);
    let mut text = value.to_vec();
    stream.apply_keystream(&mut text);
    let tag = Poly1305::new(&authenticating.into()).compute_unpadded(&text);
    [&nonce[..], &tag, &text].concat()
}

/// A value that is sealed by secretbox with a data key in Base64, in Base64.
pub fn sealed(key: &str, value: &[u8]) -> String {
    let key = STANDARD.decode(key).unwrap();
    STANDARD.encode(secret_box_with(key.as_slice().try_into().unwrap(), value))
}
