//! Encrypting a value as credstash does.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{EagerHash, Hmac, KeyInit, Mac};

/// The size of a data key, in bytes.
pub(super) const KEY: usize = 64;

/// The ciphertext of a value, and the MAC of that, in hexadecimal.
///
/// # Panics
/// If credstash has no such digest: a mistake in the test.
pub(super) fn seal(value: &[u8], key: &[u8; KEY], digest: &str) -> (Vec<u8>, String) {
    let (encrypting, authenticating) = key.split_at(KEY / 2);
    let mut counter = [0; 16];
    counter[15] = 1;
    let mut text = value.to_vec();
    let cipher = Ctr128BE::<Aes256>::new_from_slices(encrypting, &counter);
    cipher
        .expect("a key of 32 bytes")
        .apply_keystream(&mut text);
    let mac = match digest {
        "MD5" => mac::<md5::Md5>(authenticating, &text),
        "SHA" => mac::<sha1::Sha1>(authenticating, &text),
        "SHA224" => mac::<sha2::Sha224>(authenticating, &text),
        "SHA256" => mac::<sha2::Sha256>(authenticating, &text),
        "SHA384" => mac::<sha2::Sha384>(authenticating, &text),
        "SHA512" => mac::<sha2::Sha512>(authenticating, &text),
        other => panic!("credstash has no digest `{other}`"),
    };
    (text, mac)
}

fn mac<D: EagerHash>(key: &[u8], text: &[u8]) -> String
where
    Hmac<D>: KeyInit + Mac,
{
    let mac = <Hmac<D> as KeyInit>::new_from_slice(key);
    let mut mac = mac.expect("a key of any size");
    mac.update(text);
    let mac = mac.finalize().into_bytes();
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}
