//! What is kept of all that is read: how much, and as what.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::net::progress::Progress;
use crate::parameter::Parameter;
use crate::secret::{self, Content, Secret};
use crate::stores::error::Error;

/// The most that is kept of all that is read, in bytes: twice what ten thousand parameters of the
/// largest standard value have, and the names of all that an account can have. Without it, a server
/// whose pages never end would take all memory.
const MOST: usize = 128 << 20;
/// What each entry takes beside its texts, in bytes.
const OVERHEAD: usize = 512;

/// Counts entries that are kept, whose texts have so many bytes together. `of` is what they are of and where
/// that is, for messages.
///
/// # Errors
///
/// If all that is kept is more than [`MOST`].
pub fn count(
    progress: &Progress,
    entries: usize,
    bytes: usize,
    of: impl FnOnce() -> (String, String),
) -> Result<(), Error> {
    let bytes = entries.saturating_mul(OVERHEAD).saturating_add(bytes);
    if progress.keep(entries, bytes) <= MOST {
        return Ok(());
    }
    let (target, place) = of();
    Err(Error::TooMuch {
        target,
        place,
        limit: MOST,
    })
}

/// Adds what was decrypted to its secret: as text, or else as bytes, which are concealed in Base64 too.
pub fn add_value(secret: &mut Parameter, value: Vec<u8>) {
    match String::from_utf8(value) {
        Ok(text) => secret.value = Secret::new(text),
        Err(error) => {
            let bytes = error.into_bytes();
            secret::conceal(&STANDARD.encode(&bytes));
            secret.more.get_or_insert_default().bytes = Some(Content::new(bytes));
        }
    }
}
