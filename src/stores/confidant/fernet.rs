//! Fernet, with which blind credentials are encrypted: AES-128 in CBC mode, authenticated by
//! HMAC-SHA-256 (the specification of Fernet, version 0x80).
#![forbid(unsafe_code)]

use aes::Aes128;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Base64 as Python writes it, and what has lost its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The first byte of a token.
const VERSION: u8 = 0x80;
/// The size of a key, in bytes: one half authenticates, and the other encrypts.
const KEY: usize = 32;
/// Version and time stand before the initialization vector, in bytes.
const HEAD: usize = 1 + 8;
const VECTOR: usize = 16;
const MAC: usize = 32;

/// Why a token is not decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("its data key is not one of Fernet: {KEY} bytes in Base64")]
    Key,
    #[error("it is no token of Fernet")]
    Form,
    #[error("its MAC does not match: it was changed or damaged, or has another key")]
    Mac,
}

/// What a token encrypts, which is returned only if its MAC matches. That is compared in constant
/// time. How old the token is does not matter: it is stored.
///
/// # Errors
///
/// If it is not what was encrypted with this key.
pub fn open(token: &str, key: &[u8]) -> Result<Vec<u8>, Broken> {
    let key = BASE64.decode(key).map_err(|_| Broken::Key)?;
    if key.len() != KEY {
        return Err(Broken::Key);
    }
    let (authenticating, encrypting) = key.split_at(KEY / 2);
    let mut token = BASE64.decode(token).map_err(|_| Broken::Form)?;
    if token.first() != Some(&VERSION) || token.len() < HEAD + VECTOR + MAC {
        return Err(Broken::Form);
    }
    let mac = token.split_off(token.len() - MAC);
    let expected = <Hmac<Sha256> as KeyInit>::new_from_slice(authenticating);
    let mut expected = expected.map_err(|_| Broken::Key)?;
    expected.update(&token);
    expected.verify_slice(&mac).map_err(|_| Broken::Mac)?;
    let mut text = token.split_off(HEAD + VECTOR);
    let cipher = Decryptor::<Aes128>::new_from_slices(encrypting, &token[HEAD..]);
    let cipher = cipher.map_err(|_| Broken::Key)?;
    let size = cipher.decrypt_padded::<Pkcs7>(&mut text);
    let size = size.map_err(|_| Broken::Form)?.len();
    text.truncate(size);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Confidant 6.6.1; the data key is thrown away.
    const VECTOR_KEY: &[u8] = b"xVNCapAL40O6VPBd_Arc2fa7F0LN-AJHP-fgE7yJ3pg=";
    const VECTOR: &str = "gAAAAABrBO6RKVlFyR4J1ITWzB2h-jyQT4a9xARrr_XfSfUaNmTZrsmIYjxoaezYFU4O6b5F-\
                          msRnDouS9C53oT6P-TI-mRdx5Iuj8-lNORGRb88tizBjIQngjhByLo0eyCoveDegFx3";

    #[test]
    fn what_confidant_encrypted_is_decrypted() {
        let text = open(VECTOR, VECTOR_KEY).unwrap();
        assert_eq!(text, br#"{"db_pass": "s3cr3t", "db_user": "app"}"#);
    }

    /// The example of the specification (`verify.json`).
    #[test]
    fn what_the_specification_encrypts_is_decrypted() {
        let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7J\
                     cbmrR64jVmpU4IwqDA==";
        let key = b"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
        assert_eq!(open(token, key).unwrap(), b"hello");
    }

    #[test]
    fn a_token_of_which_any_byte_was_changed_is_refused() {
        let right = BASE64.decode(VECTOR).unwrap();
        for at in 0..right.len() {
            let mut changed = right.clone();
            changed[at] ^= 1;
            let changed = BASE64.encode(&changed);
            let why = if at == 0 { Broken::Form } else { Broken::Mac };
            assert_eq!(open(&changed, VECTOR_KEY), Err(why), "{at}");
        }
    }

    #[test]
    fn what_is_no_token_or_no_key_is_told_apart() {
        for token in ["", "gA", "gAAAAA==", "§", "hunter2"] {
            assert_eq!(open(token, VECTOR_KEY), Err(Broken::Form), "{token}");
        }
        for key in ["", "short", "xVNCapAL40O6VPBd_Arc2fa7F0LN-AJHP-fgE7yJ3pgA"] {
            assert_eq!(open(VECTOR, key.as_bytes()), Err(Broken::Key), "{key}");
        }
        let other = b"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
        assert_eq!(open(VECTOR, other), Err(Broken::Mac));
    }
}
