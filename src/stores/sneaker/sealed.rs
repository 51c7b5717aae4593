//! What Sneaker sealed, in an object or in a packed file.
#![forbid(unsafe_code)]

use crate::stores::gcm;

/// The size of the number that comes first, in bytes: how many bytes of a data key follow.
const LENGTH: usize = 4;
/// The longest data key that KMS encrypts, in bytes (AWS KMS API Reference, Decrypt, `CiphertextBlob`).
const LONGEST_KEY: usize = 6144;

/// The parts of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The data key that KMS encrypted.
    pub blob: Vec<u8>,
    nonce: [u8; gcm::NONCE],
    /// The ciphertext with its tag.
    ciphertext: Vec<u8>,
}

/// Why it is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it is not an envelope of Sneaker: a data key, a nonce and a sealed value")]
    Envelope,
    #[error("its data key has another size than {} bytes", gcm::KEY)]
    Key,
    #[error("its tag does not match: it was changed or damaged, or its key is another one")]
    Tag,
}

impl Sealed {
    /// Takes an envelope apart.
    ///
    /// # Errors
    ///
    /// If Sneaker cannot have written it.
    pub fn parse(mut bytes: Vec<u8>) -> Result<Self, Broken> {
        let (length, _) = bytes
            .split_first_chunk::<LENGTH>()
            .ok_or(Broken::Envelope)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Broken::Envelope)?;
        let least = LENGTH + gcm::NONCE + gcm::TAG;
        if !(1..=LONGEST_KEY).contains(&length) || bytes.len() < least + length {
            return Err(Broken::Envelope);
        }
        let ciphertext = bytes.split_off(LENGTH + length + gcm::NONCE);
        let (nonce, blob) = (bytes.split_off(LENGTH + length), bytes.split_off(LENGTH));
        Ok(Self {
            blob,
            nonce: nonce.try_into().map_err(|_| Broken::Envelope)?,
            ciphertext,
        })
    }

    /// The value, which is returned only if it is authentic: with this data key, which the key of KMS with
    /// this ARN had encrypted.
    ///
    /// # Errors
    ///
    /// If it is not what was sealed with them.
    pub fn open(self, key: &[u8], key_id: &str) -> Result<Vec<u8>, Broken> {
        let key = key.try_into().map_err(|_| Broken::Key)?;
        let opened = gcm::open(key, self.nonce, key_id.as_bytes(), self.ciphertext);
        opened.ok_or(Broken::Tag)
    }
}

#[cfg(test)]
mod tests;
