//! The files that Sneaker packs: TAR archives, which are read in memory.
//!
//! Nothing is unpacked, so that a name with `..` or a `/` at its beginning is only a name.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::Read;

use tar::{Archive, EntryType};

/// The most secrets of a packed file.
const MOST: usize = 100_000;

/// The size of a block, in bytes.
const BLOCK: usize = 512;

/// What is wrong with an archive. Its content is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("what it has sealed is not a TAR archive, or only a part of one")]
    Archive,
    #[error("it has an entry whose name is not UTF-8")]
    NotText,
    #[error("it has two entries of one name")]
    Twice,
    #[error("it has an entry that is neither a file nor a directory")]
    OtherKind,
    #[error("it has more than {MOST} entries")]
    TooMany,
}

/// The secrets of an archive, by name. Directories are none.
///
/// # Errors
///
/// If it is not whole, or has something that is not the text of one name.
pub fn entries(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Malformed> {
    // An archive has whole blocks, of which the last two are empty (POSIX, pax, "ustar Interchange Format"):
    // one that was cut does not.
    if !archive.len().is_multiple_of(BLOCK) || !archive.ends_with(&[0; 2 * BLOCK]) {
        return Err(Malformed::Archive);
    }
    let mut found = BTreeMap::new();
    let mut reader = Archive::new(archive);
    let entries = reader.entries().map_err(|_| Malformed::Archive)?;
    for entry in entries.take(MOST + 1) {
        let mut entry = entry.map_err(|_| Malformed::Archive)?;
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory => continue,
            _ => return Err(Malformed::OtherKind),
        }
        let name = str::from_utf8(&entry.path_bytes()).map(str::to_owned);
        let name = name.map_err(|_| Malformed::NotText)?;
        let size = usize::try_from(entry.size()).map_err(|_| Malformed::Archive)?;
        if size > archive.len() || found.len() == MOST {
            return Err(match found.len() == MOST {
                true => Malformed::TooMany,
                false => Malformed::Archive,
            });
        }
        let mut content = Vec::with_capacity(size);
        let read = entry.read_to_end(&mut content);
        read.map_err(|_| Malformed::Archive)?;
        if content.len() != size {
            return Err(Malformed::Archive);
        }
        if found.insert(name, content).is_some() {
            return Err(Malformed::Twice);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
