//! Files in memory without a name (memfd_create(2)).

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc;
use nix::sys::memfd::MFdFlags;
use nix::unistd::{Uid, fchown};

/// Seals a file in memory and forbids to execute it (Linux 6.3).
const NOEXEC_SEAL: u32 = 0x0008;

/// A plain file in memory, for a reader that takes a path and cannot wait.
#[derive(Debug)]
pub struct InMemory {
    /// It exists as long as this is not dropped, and is not passed to the program.
    _file: File,
    /// Its path in this process.
    pub path: String,
}

/// Copies bytes into a file in memory.
///
/// # Errors
///
/// If there is no memory for it, or no `/proc` through which it is reached.
pub fn in_memory(bytes: &[u8]) -> io::Result<InMemory> {
    let mut file = File::from(memory_file(MFdFlags::MFD_CLOEXEC)?);
    file.write_all(bytes)?;
    let path = path_of(file.as_raw_fd());
    std::fs::metadata(&path)?;
    Ok(InMemory { _file: file, path })
}

/// An empty file in memory, without a name, that can be sealed.
pub fn unnamed_file() -> Result<File, Errno> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let noexec = MFdFlags::from_bits_retain(NOEXEC_SEAL);
    let made = match memory_file(flags | noexec) {
        // A kernel that does not know the flag yet.
        Err(Errno::EINVAL) => memory_file(flags),
        made => made,
    };
    made.map(File::from)
}

/// Lets no one change a file any more, whatever descriptor or path leads to it.
pub fn seal(file: &File) -> Result<(), Errno> {
    let seals = SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_SEAL;
    fcntl(file, FcntlArg::F_ADD_SEALS(seals)).map(drop)
}

/// Whether no one can change a file any more.
pub fn is_sealed(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    let seals = SealFlag::from_bits_retain(fcntl(file, FcntlArg::F_GET_SEALS)?);
    Ok(seals.contains(SealFlag::F_SEAL_WRITE))
}

/// Makes a descriptor lead to another file, under the same number; its own file is closed.
pub fn lead_to(descriptor: &File, file: impl AsFd) -> Result<(), Errno> {
    let (from, to) = (file.as_fd().as_raw_fd(), descriptor.as_raw_fd());
    // SAFETY: both descriptors are open until the call returns, and stay with their owners.
    let done = unsafe { libc::dup3(from, to, libc::O_CLOEXEC) };
    Errno::result(done).map(drop)
}

/// The path under which a process finds its open descriptor.
pub fn path_of(descriptor: RawFd) -> String {
    format!("/proc/self/fd/{descriptor}")
}

/// Whether that user can own a file of ours: tried on one that is closed at once.
pub fn try_owner(id: u32) -> Result<(), Errno> {
    match unnamed_file() {
        Ok(file) => fchown(&file, Some(Uid::from_raw(id)), None),
        // Then no other file can be created in memory either, which is reported elsewhere.
        Err(_) => Ok(()),
    }
}

/// A new file in memory, with these flags of memfd_create(2).
///
/// By the system call itself: glibc has a function for it since 2.27, and we run with 2.17.
fn memory_file(flags: MFdFlags) -> nix::Result<OwnedFd> {
    let name = c"envsecrets".as_ptr();
    // SAFETY: the name is a C string that lives as long as the program.
    let made = unsafe { libc::syscall(libc::SYS_memfd_create, name, flags.bits()) };
    let number = RawFd::try_from(Errno::result(made)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the descriptor was created a line above, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
