//! Directories, permissions and pipes.
#![forbid(unsafe_code)]

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, FcntlArg, OFlag, fcntl};
use nix::unistd::{AccessFlags, faccessat};

/// How a directory is opened that is not read: for what is in it.
pub const DIRECTORY: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_DIRECTORY)
    .union(OFlag::O_CLOEXEC);

/// Whether we may use a file in this way, by our effective ids.
pub fn may(file: &Path, how: AccessFlags) -> Result<(), Errno> {
    faccessat(AT_FDCWD, file, how, AtFlags::AT_EACCESS)
}

/// Whether this is a pipe that pipe(2) made: those are all on one device, on which no named one is.
pub fn is_pipe_without_name(file: &File) -> bool {
    match (file.metadata(), pipe()) {
        (Ok(about), Ok(pipe)) => about.file_type().is_fifo() && about.dev() == pipe.dev(),
        _ => false,
    }
}

fn pipe() -> io::Result<Metadata> {
    let (reader, _writer) = io::pipe()?;
    File::from(OwnedFd::from(reader)).metadata()
}

/// Whether a read waits although the file was opened with O_NONBLOCK. To open `/dev/fd/N` can be to
/// duplicate a descriptor (fd(4)), and its flags are not ours to change.
pub fn waits_in_read(file: &File) -> bool {
    let flags = fcntl(file, FcntlArg::F_GETFL).map(OFlag::from_bits_retain);
    flags.is_ok_and(|flags| !flags.contains(OFlag::O_NONBLOCK))
}
