//! Decrypting a row of credstash, after it was authenticated.
#![forbid(unsafe_code)]

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// The size of a data key, in bytes: one half encrypts, and the other authenticates.
pub const KEY: usize = 64;
/// The first counter block of credstash (`seal_aes_ctr_legacy`): 1, in 128 bits.
const COUNTER: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// A digest of the MACs of credstash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    const ALL: [(&str, Self, usize); 6] = [
        ("MD5", Self::Md5, 16),
        ("SHA", Self::Sha1, 20),
        ("SHA224", Self::Sha224, 28),
        ("SHA256", Self::Sha256, 32),
        ("SHA384", Self::Sha384, 48),
        ("SHA512", Self::Sha512, 64),
    ];

    /// The digest by the name that credstash stores.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        Some(all.find(|(known, _, _)| *known == name)?.1)
    }

    /// The digest by the size of its MACs, for rows that name none: early ones, which have SHA-256, and
    /// those that the migration of credstash wrote anew without their attribute.
    pub fn of_size(size: usize) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        Some(all.find(|(_, _, own)| *own == size)?.1)
    }
}

/// Why a row is not decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("its MAC does not match: the row was changed or damaged")]
    Mac,
    #[error("its data key has another size than {KEY} bytes")]
    Key,
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub ciphertext: Vec<u8>,
    pub mac: Vec<u8>,
    pub digest: Digest,
}

impl Sealed {
    /// The value, which is returned only if the MAC of the ciphertext matches. It is compared in
    /// constant time.
    ///
    /// # Errors
    ///
    /// If the row is not what was written with this data key.
    pub fn open(self, key: &[u8]) -> Result<Vec<u8>, Broken> {
        if key.len() != KEY {
            return Err(Broken::Key);
        }
        let (encrypting, authenticating) = key.split_at(KEY / 2);
        let is_authentic = match self.digest {
            Digest::Md5 => self.is_authentic::<Md5>(authenticating),
            Digest::Sha1 => self.is_authentic::<Sha1>(authenticating),
            Digest::Sha224 => self.is_authentic::<Sha224>(authenticating),
            Digest::Sha256 => self.is_authentic::<Sha256>(authenticating),
            Digest::Sha384 => self.is_authentic::<Sha384>(authenticating),
            Digest::Sha512 => self.is_authentic::<Sha512>(authenticating),
        };
        if !is_authentic {
            return Err(Broken::Mac);
        }
        let mut text = self.ciphertext;
        let cipher = Ctr128BE::<Aes256>::new_from_slices(encrypting, &COUNTER);
        cipher.map_err(|_| Broken::Key)?.apply_keystream(&mut text);
        Ok(text)
    }

    fn is_authentic<D: EagerHash>(&self, key: &[u8]) -> bool
    where
        Hmac<D>: KeyInit + Mac,
    {
        let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else {
            return false;
        };
        mac.update(&self.ciphertext);
        mac.verify_slice(&self.mac).is_ok()
    }
}

/// The bytes of a hexadecimal text.
pub fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        (byte as char)
            .to_digit(16)
            .and_then(|it| u8::try_from(it).ok())
    };
    let (pairs, rest) = text.as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    match rest.is_empty() {
        true => bytes.collect(),
        false => None,
    }
}

#[cfg(test)]
mod tests;
