//! Files in memory without a name: for the program, and for what is too large for our own memory.
//!
//! What is written to them is memory of the kernel, which passes to the program with the file. So a
//! content that arrives in pieces needs no more of our own than a piece.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileExt, PermissionsExt};

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::uio::pread;

use crate::secret::{Content, Held};
use crate::system::os;
use crate::system::part::errno;

/// Read-only, for the owner alone: ssh and postgres refuse anything looser.
pub const MODE: u32 = 0o400;

/// How much is copied at once, in bytes. It is on the stack, which can be small.
const PIECE: usize = 16 * 1024;

/// Creates an empty file in memory. It is not passed to the program unless that is changed.
///
/// # Errors
///
/// If this machine does not allow it, or the system has none.
pub fn create() -> Result<File, Errno> {
    os::unnamed_file()
}

/// The largest file that this process may write, in bytes (RLIMIT_FSIZE of setrlimit(2)). A write
/// beyond it ends the process by a signal.
pub fn most() -> u64 {
    getrlimit(Resource::RLIMIT_FSIZE).map_or(u64::MAX, |(soft, _)| soft)
}

/// A file in memory that is being filled.
#[derive(Debug)]
pub struct Filling {
    file: File,
    size: usize,
}

impl Filling {
    /// Begins a file that can get so many bytes; `None` where this machine does not allow it, so
    /// that only our own memory is left.
    pub fn begin(most_bytes: usize) -> Option<Self> {
        if most_bytes as u64 > most() {
            return None;
        }
        let file = create().ok()?;
        let mode = std::fs::Permissions::from_mode(MODE);
        file.set_permissions(mode).ok()?;
        Some(Self { file, size: 0 })
    }

    /// Adds these bytes.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        // The offset stays at the beginning, for a program that reads the descriptor itself.
        self.file.write_all_at(piece, self.size as u64)?;
        self.size += piece.len();
        Ok(())
    }

    /// What it contains.
    pub fn finish(self) -> Content {
        Content::in_file(self.file.into(), self.size)
    }
}

/// Reads a content, all of it.
///
/// # Errors
///
/// If the system refuses to read its file.
pub fn read(content: &Content) -> io::Result<Cow<'_, [u8]>> {
    match content.expose() {
        Held::Own(bytes) => Ok(Cow::Borrowed(bytes)),
        Held::File { file, size } => {
            let mut bytes = vec![0; *size];
            read_exact(file.as_fd(), &mut bytes, 0)?;
            Ok(Cow::Owned(bytes))
        }
    }
}

/// Writes a content to the end of a file.
///
/// # Errors
///
/// If it cannot be written whole.
pub fn copy(content: &Content, mut to: &File) -> Result<(), Errno> {
    in_pieces(content, |piece, _| to.write_all(piece).map_err(errno))
}

/// Writes a content to an empty file, whose offset stays at its beginning.
///
/// # Errors
///
/// If it cannot be written whole.
pub fn fill(content: &Content, to: &File) -> Result<(), Errno> {
    in_pieces(content, |piece, at| {
        to.write_all_at(piece, at as u64).map_err(errno)
    })
}

/// Calls a function with each piece of a content, and where that begins.
fn in_pieces(
    content: &Content,
    mut each: impl FnMut(&[u8], usize) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let (file, size) = match content.expose() {
        Held::Own(bytes) => return each(bytes, 0),
        Held::File { file, size } => (file.as_fd(), *size),
    };
    let mut piece = [0; PIECE];
    let mut at = 0;
    while at < size {
        let next = &mut piece[..PIECE.min(size - at)];
        read_exact(file, next, at)?;
        each(next, at)?;
        at += next.len();
    }
    Ok(())
}

/// Reads so many bytes from there on. The offset stays where it is.
fn read_exact(file: BorrowedFd<'_>, mut bytes: &mut [u8], mut at: usize) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let offset = i64::try_from(at).map_err(|_| Errno::EOVERFLOW)?;
        match pread(file, bytes, offset) {
            // It was shortened, which only this process could do.
            Ok(0) => return Err(Errno::EIO),
            Ok(count) => {
                bytes = &mut bytes[count..];
                at += count;
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Makes the descriptor of an empty file lead to the file of a content, and returns whether it
/// does. It does not if the content is in none, or in one which a descriptor of the program leads
/// to already: two would share an offset.
pub fn adopt(content: &Content, descriptor: &File) -> bool {
    match content.expose() {
        Held::Own(_) => false,
        Held::File { file, .. } => {
            os::is_sealed(file.as_fd()) == Ok(false) && os::lead_to(descriptor, file).is_ok()
        }
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", not(envsecrets_posix)))]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn filled(pieces: &[&[u8]]) -> Content {
        let mut filling = Filling::begin(1 << 20).unwrap();
        for piece in pieces {
            filling.push(piece).unwrap();
        }
        filling.finish()
    }

    #[test]
    fn a_content_in_a_file_is_what_was_added_in_order() {
        let large = vec![7; PIECE * 2 + 1];
        for pieces in [
            &[][..],
            &[&b"a"[..]],
            &[&b"ab"[..], b"", b"c"],
            &[&b"x"[..], &large, b"y"],
        ] {
            let (content, expected) = (filled(pieces), pieces.concat());
            assert_eq!(content.size(), expected.len());
            assert!(*read(&content).unwrap() == *expected, "read");
            let copied = create().unwrap();
            for _ in 0..2 {
                copy(&content, &copied).unwrap();
            }
            let mut found = vec![0; expected.len() * 2];
            copied.read_exact_at(&mut found, 0).unwrap();
            assert!(found == expected.repeat(2), "copied twice");
        }
    }

    #[test]
    fn one_descriptor_gets_the_file_itself_and_reads_it_from_its_beginning() {
        let content = filled(&[b"secret"]);
        let (mut first, second) = (create().unwrap(), create().unwrap());
        assert!(adopt(&content, &first));
        os::seal(&first).unwrap();
        assert!(!adopt(&content, &second));
        fill(&content, &second).unwrap();
        for mut file in [&first, &second] {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "secret");
        }
        assert!(first.write_all(b"more").is_err());
        let own = Content::new(b"own".to_vec());
        assert!(!adopt(&own, &second));
    }

    #[test]
    fn what_may_become_larger_than_files_may_be_is_not_begun() {
        // Without a limit for files there is one for sizes.
        assert_eq!(most() >= 1 << 20, Filling::begin(1 << 20).is_some());
        if most() < u64::MAX {
            assert!(Filling::begin(usize::MAX).is_none());
        }
    }
}
