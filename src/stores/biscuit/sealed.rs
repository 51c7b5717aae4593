//! Opening an entry of Biscuit, if it is authentic.
#![forbid(unsafe_code)]

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit, StreamCipher};

use crate::secret::is_same;
use crate::stores::gcm;

/// The size of a data key, in bytes.
const KEY: usize = gcm::KEY;
/// The size of a nonce of secretbox, in bytes.
const NONCE: usize = 24;
/// The size of the tags of both, in bytes.
const TAG: usize = gcm::TAG;

/// How a value is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// NaCl's secretbox, XSalsa20 and Poly1305: nonce, tag, text.
    SecretBox,
    /// AES-256-GCM: text, tag, and the nonce at the end.
    AesGcm,
}

/// Why an entry is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("its data key has another size than {KEY} bytes")]
    Key,
    #[error("its `ciphertext` is shorter than its nonce and its tag")]
    Short,
    #[error("its tag does not match: the entry was changed or damaged")]
    Tag,
}

impl Cipher {
    /// The value, which is returned only if it is authentic.
    ///
    /// # Errors
    ///
    /// If the entry is not what was written with this data key.
    pub fn open(self, key: &[u8], mut sealed: Vec<u8>) -> Result<Vec<u8>, Broken> {
        let key: &[u8; KEY] = key.try_into().map_err(|_| Broken::Key)?;
        match self {
            Self::SecretBox => secret_box(key, sealed),
            Self::AesGcm => {
                let at = sealed.len().checked_sub(gcm::NONCE);
                let nonce = at.map(|at| sealed.split_off(at)).ok_or(Broken::Short)?;
                let nonce = nonce.try_into().map_err(|_| Broken::Short)?;
                if sealed.len() < TAG {
                    return Err(Broken::Short);
                }
                gcm::open(key, nonce, b"", sealed).ok_or(Broken::Tag)
            }
        }
    }
}

/// Opens a box: the first 32 bytes of the key stream are the key of Poly1305, which authenticates the
/// ciphertext, and the rest encrypts ("Cryptography in NaCl", sections 9 and 10).
fn secret_box(key: &[u8; KEY], mut sealed: Vec<u8>) -> Result<Vec<u8>, Broken> {
    if sealed.len() < NONCE + TAG {
        return Err(Broken::Short);
    }
    let mut text = sealed.split_off(NONCE + TAG);
    let (nonce, tag) = sealed.split_at(NONCE);
    let stream = XSalsa20::new_from_slices(key, nonce);
    let mut stream = stream.map_err(|_| Broken::Key)?;
    let mut authenticating = [0; KEY];
    stream.apply_keystream(&mut authenticating);
    let mac = Poly1305::new(&authenticating.into()).compute_unpadded(&text);
    if !is_same(&mac, tag) {
        return Err(Broken::Tag);
    }
    stream.apply_keystream(&mut text);
    Ok(text)
}

#[cfg(test)]
mod tests;
