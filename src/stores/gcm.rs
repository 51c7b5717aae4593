//! AES-256-GCM, with which stores seal values.
#![forbid(unsafe_code)]

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// The size of a key, in bytes.
pub const KEY: usize = 32;
/// The size of a nonce, in bytes.
pub const NONCE: usize = 12;
/// The size of a tag, which follows the ciphertext, in bytes.
pub const TAG: usize = 16;

/// The text of a ciphertext with its tag; `None` unless it is authentic, with these associated data.
pub fn open(
    key: &[u8; KEY],
    nonce: [u8; NONCE],
    associated: &[u8],
    mut sealed: Vec<u8>,
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let text = key.open_in_place(nonce, Aad::from(associated), &mut sealed);
    let length = text.ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}
