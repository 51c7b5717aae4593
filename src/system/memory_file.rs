//! Files of secrets, in memory only.
//!
//! Everything that can fail is tried before anything is read, so that a launch that cannot pass on
//! its files makes no call: descriptors and directories are opened, their file systems checked, and
//! an owner is tried on an empty file. No file gets a name or a content until all else has
//! succeeded.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, FcntlArg, FdFlag, fcntl, open};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::stat::{Mode, SFlag, fstat, fstatat};
use nix::unistd::{AccessFlags, User, getegid, geteuid};

use crate::output;
use crate::secret::Content;
use crate::system::file_set::FileSet;
use crate::system::file_system::{FileSystem, Swap};
use crate::system::limits::Term;
use crate::system::part::{self, Identity, errno};
use crate::system::safe_directory::{self, Reason, Trusted, Unsafe};
use crate::system::{os, process, unnamed};
use crate::variable::VarName;

/// How names begin under which files are written: no file can have such a name for good.
pub use crate::system::part::PREFIX as RESERVED;

/// The lowest descriptor for files. Below are those of socket activation, which count from 3, those
/// that shells and scripts use, and those that a program gets first when it opens something; above
/// are few that a limit of 1024 allows.
const FIRST: u64 = 512;

/// Where the program finds a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// At a descriptor that it inherits.
    Descriptor,
    /// At this path, which is absolute and ends with a name.
    Path(PathBuf),
}

/// The user that owns the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Id(u32),
    Name(String),
}

impl Owner {
    /// Parses a name or a number; `None` for a number that no user can have. A number is a user ID
    /// even if there is a user of that name.
    pub fn parse(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| !byte.is_ascii_digit()) {
            return Some(Self::Name(text.to_owned()));
        }
        // To chown(2) the last number means to leave the owner as it is.
        text.parse().ok().filter(|id| *id != u32::MAX).map(Self::Id)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Files that are opened, but still empty.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    opened: Vec<Opened>,
    owner: Option<u32>,
}

#[derive(Debug)]
enum Opened {
    Descriptor(Unnamed),
    Path(Named),
}

/// A file without a name, under the descriptor that the program will have.
#[derive(Debug)]
struct Unnamed {
    variable: VarName,
    file: File,
}

/// A file to be created.
#[derive(Debug)]
struct Named {
    variable: VarName,
    path: PathBuf,
    directory: OwnedFd,
    identity: Identity,
    /// The name in that directory.
    name: OsString,
    swap: Swap,
}

/// Why a file cannot be opened or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the user `{owner}`, to own files, does not exist")]
    NoUser { owner: String },
    #[error("the user `{owner}` cannot be looked up: {}", errno.desc())]
    Users { owner: String, errno: Errno },
    #[error("the user `{owner}` cannot own files: {}", errno.desc())]
    Owner { owner: String, errno: Errno },
    #[error("no descriptor is left for the file of {name}: the limit is {limit}")]
    Descriptors { name: VarName, limit: u64 },
    #[error("cannot create a file in memory for {name}: {}", errno.desc())]
    Memory { name: VarName, errno: Errno },
    #[error("{system} has no files in memory without a path, as the file of {name} would be")]
    Unsupported { name: VarName, system: &'static str },
    #[error("`/proc`, for the file of {name}, does not exist")]
    NoProc { name: VarName },
    #[error("`{}`, for {name}, would not be in memory: {on}", path.display())]
    NotMemory {
        name: VarName,
        path: PathBuf,
        /// The mount point and its file system, as far as they are known.
        on: String,
    },
    #[error(
        "`{}`, the directory for the file of {name}, {}",
        directory.display(),
        unusable(*errno)
    )]
    Directory {
        name: VarName,
        directory: PathBuf,
        errno: Errno,
    },
    #[error(
        "`{}`, for {name}, could be replaced by other users: `{}` {}",
        path.display(),
        found.directory.display(),
        reason(found)
    )]
    Unsafe {
        name: VarName,
        path: PathBuf,
        found: Unsafe,
    },
    #[error("`{}`, for {name}, is {what}, not a regular file that can be replaced", path.display())]
    Occupied {
        name: VarName,
        path: PathBuf,
        what: &'static str,
    },
    #[error(
        "`{}`, for {name}, is the same file as `{}`, for {other}",
        path.display(),
        other_path.display()
    )]
    SamePlace {
        name: VarName,
        path: PathBuf,
        other: VarName,
        other_path: PathBuf,
    },
    #[error("the file of {name} would have {size} bytes, and the limit for files is {limit}")]
    TooLarge {
        name: VarName,
        size: u64,
        limit: u64,
    },
    #[error("the file of {name} cannot be written{}: {}", to(path.as_deref()), errno.desc())]
    Write {
        name: VarName,
        path: Option<PathBuf>,
        errno: Errno,
    },
}

impl Error {
    /// Whether it may pass, if it is a limit of this machine.
    pub fn term(&self) -> Option<Term> {
        match self {
            Self::Descriptors { .. } | Self::TooLarge { .. } => Some(Term::Lasting),
            Self::Memory {
                errno: Errno::EPERM | Errno::EACCES | Errno::ENOSYS,
                ..
            } => Some(Term::Lasting),
            Self::Memory { errno, .. }
            | Self::Directory { errno, .. }
            | Self::Write { errno, .. }
            | Self::Users { errno, .. } => match errno {
                Errno::EMFILE => Some(Term::Lasting),
                Errno::ENFILE | Errno::ENOMEM => Some(Term::Passing),
                _ => None,
            },
            Self::NoUser { .. }
            | Self::Owner { .. }
            | Self::NoProc { .. }
            | Self::Unsupported { .. }
            | Self::NotMemory { .. }
            | Self::Unsafe { .. }
            | Self::Occupied { .. }
            | Self::SamePlace { .. } => None,
        }
    }

    /// What to try, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoUser { .. } | Self::Users { .. } => {
                Some("a number needs no list of users: `--file-owner 1000`")
            }
            Self::Owner { .. } => Some(
                "this requires root or CAP_CHOWN: omit `--file-owner` if envsecrets runs as the user of \
                 the program",
            ),
            Self::Descriptors { .. } => Some(
                "raise the limit (`ulimit -n`, `LimitNOFILE=` of systemd, `--ulimit nofile=` of Docker), or \
                 write to a path with `--file NAME=PARAMETER@/PATH`",
            ),
            Self::Memory { .. } => Some(
                "write to a path in memory with `--file NAME=PARAMETER@/PATH`; a filter of system calls \
                 may forbid `memfd_create`",
            ),
            Self::NoProc { .. } => {
                Some("mount it, or write to a path in memory with `--file NAME=PARAMETER@/PATH`")
            }
            Self::NotMemory { .. } => Some(os::hints::NOT_MEMORY),
            Self::Unsafe { .. } => Some(os::hints::UNSAFE_DIRECTORY),
            Self::Unsupported { .. } => Some(os::hints::NO_UNNAMED_FILE),
            Self::Directory { errno, .. } => match errno {
                Errno::ENOENT => Some(os::hints::NO_DIRECTORY),
                Errno::EACCES | Errno::EROFS => {
                    Some("the user that starts envsecrets must be allowed to write in it")
                }
                _ => None,
            },
            Self::Occupied { .. } => Some("remove it, or choose another path"),
            Self::SamePlace { .. } => Some("give each a path of its own"),
            Self::TooLarge { .. } => Some(
                "raise the limit: `ulimit -f`, `LimitFSIZE=` of systemd, `--ulimit fsize=` of Docker",
            ),
            Self::Write { errno, .. } => match errno {
                Errno::ENOSPC | Errno::EDQUOT => {
                    Some("the file system is full, or out of inodes: check `df` and its `size=`")
                }
                Errno::EMFILE => Some(
                    "raise the limit: `ulimit -n`, `LimitNOFILE=` of systemd, `--ulimit nofile=` of Docker",
                ),
                _ => None,
            },
        }
    }
}

/// What lets other users rename files in a directory.
fn reason(found: &Unsafe) -> String {
    let Unsafe {
        user, group, mode, ..
    } = found;
    match found.reason {
        Reason::Owner => format!("belongs to user {user} (mode {mode:04o})"),
        Reason::Writers => format!(
            "is writable by others, and not sticky (user {user}, group {group}, mode {mode:04o})"
        ),
        Reason::Link => format!(
            "is writable by others, and the link in it is another user's (user {user}, group \
             {group}, mode {mode:04o})"
        ),
    }
}

fn unusable(errno: Errno) -> String {
    match errno {
        Errno::ENOENT => "does not exist".to_owned(),
        Errno::ENOTDIR => "is not a directory".to_owned(),
        errno => format!("cannot be used: {}", errno.desc()),
    }
}

fn to(path: Option<&Path>) -> String {
    path.map_or(String::new(), |path| format!(" to `{}`", path.display()))
}

/// Opens each file, in their order, and reports all problems.
pub fn open_all(
    files: &[(&VarName, &Target)],
    owner: Option<&Owner>,
) -> Result<MemoryFiles, Vec<Error>> {
    let mut opened_files = MemoryFiles::default();
    if files.is_empty() {
        return Ok(opened_files);
    }
    let mut errors = Vec::new();
    match owner.map(user) {
        Some(Ok(id)) => opened_files.owner = Some(id),
        Some(Err(error)) => errors.push(error),
        None => {}
    }
    if let (Some(owner), Some(id)) = (owner, opened_files.owner)
        && let Err(errno) = os::try_owner(id)
    {
        let owner = owner.to_string();
        errors.push(Error::Owner { owner, errno });
    }
    for (name, target) in files {
        let opened = match target {
            Target::Descriptor => descriptor(name),
            Target::Path(path) => directory(name, path, opened_files.owner),
        };
        match opened {
            Ok(opened) => {
                errors.extend(opened_files.same_place(&opened));
                opened_files.opened.push(opened);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(opened_files)
    } else {
        Err(errors)
    }
}

/// The number of a user.
fn user(owner: &Owner) -> Result<u32, Error> {
    let name = match owner {
        Owner::Id(id) => return Ok(*id),
        Owner::Name(name) => name,
    };
    let owner = name.clone();
    match User::from_name(name) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        // Without a list of users no user exists.
        Ok(None) | Err(Errno::ENOENT) => Err(Error::NoUser { owner }),
        Err(errno) => Err(Error::Users { owner, errno }),
    }
}

fn descriptor(name: &VarName) -> Result<Opened, Error> {
    if let Some(system) = os::WITHOUT_UNNAMED_FILES {
        let name = name.clone();
        return Err(Error::Unsupported { name, system });
    }
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(FIRST * 2, |(soft, _)| soft);
    let refused = |errno| match errno {
        Errno::EMFILE | Errno::EINVAL => Error::Descriptors {
            name: name.clone(),
            limit,
        },
        errno => Error::Memory {
            name: name.clone(),
            errno,
        },
    };
    let file = unnamed::create().map_err(refused)?;
    // The lowest free one from there on: no inherited descriptor is touched.
    let first = RawFd::try_from(FIRST.min(limit / 2).max(3)).unwrap_or(3);
    let file = File::from(process::duplicate(&file, first).map_err(refused)?);
    if std::fs::metadata(os::path_of(file.as_raw_fd())).is_err() {
        return Err(Error::NoProc { name: name.clone() });
    }
    let variable = name.clone();
    Ok(Opened::Descriptor(Unnamed { variable, file }))
}

/// Opens the directory of a path, so that it stays the same directory even if its name changes, and
/// checks it. `owner` is the user that gets the file, if it is another one.
fn directory(name: &VarName, path: &Path, owner: Option<u32>) -> Result<Opened, Error> {
    let (Some(parent), Some(file)) = (path.parent(), path.file_name()) else {
        unreachable!("the path of a file ends with a name");
    };
    let unusable = |errno| Error::Directory {
        name: name.clone(),
        directory: parent.to_owned(),
        errno,
    };
    let directory = open(parent, os::DIRECTORY, Mode::empty()).map_err(unusable)?;
    let about = fstat(&directory).map_err(unusable)?;
    let swap = match os::file_system(&directory).map_err(unusable)? {
        FileSystem::Memory(swap) => swap,
        FileSystem::Other { on } => {
            return Err(Error::NotMemory {
                name: name.clone(),
                path: path.to_owned(),
                on,
            });
        }
    };
    let trusted = Trusted {
        user: geteuid().as_raw(),
        group: getegid().as_raw(),
        owner,
    };
    let found = safe_directory::first_unsafe(parent, trusted);
    if let Some(found) = found.map_err(|error| unusable(errno(error)))? {
        return Err(Error::Unsafe {
            name: name.clone(),
            path: path.to_owned(),
            found,
        });
    }
    let is = |what| Error::Occupied {
        name: name.clone(),
        path: path.to_owned(),
        what,
    };
    match fstatat(&directory, file, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Err(Errno::ENOENT) => {}
        Err(errno) => return Err(unusable(errno)),
        Ok(stat) => match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
            SFlag::S_IFREG => {}
            SFlag::S_IFDIR => return Err(is("a directory")),
            SFlag::S_IFLNK => return Err(is("a symbolic link")),
            SFlag::S_IFIFO => return Err(is("a pipe")),
            SFlag::S_IFSOCK => return Err(is("a socket")),
            _ => return Err(is("a device")),
        },
    }
    os::may(parent, AccessFlags::W_OK | AccessFlags::X_OK).map_err(unusable)?;
    Ok(Opened::Path(Named {
        variable: name.clone(),
        path: path.to_owned(),
        directory,
        identity: os::identity(&about),
        name: file.to_owned(),
        swap,
    }))
}

impl MemoryFiles {
    /// The value of a file's variable: its path.
    pub fn value(&self, index: usize, target: &Target) -> String {
        match (target, self.opened.get(index)) {
            (Target::Path(path), _) => path.display().to_string(),
            (Target::Descriptor, Some(Opened::Descriptor(opened))) => {
                os::path_of(opened.file.as_raw_fd())
            }
            // No program starts, and only the size of the value counts.
            (Target::Descriptor, _) => os::path_of(RawFd::MAX),
        }
    }

    /// Removes from the directories of the files what a start left there that was killed.
    pub fn clean(&self) {
        let mut seen = Vec::new();
        for opened in &self.opened {
            if let Opened::Path(file) = opened
                && !seen.contains(&file.identity)
            {
                part::clean(file.directory.as_fd());
                seen.push(file.identity);
            }
        }
    }

    /// Warns, once, if a file can reach a disk all the same.
    pub fn warn(&self) {
        let swappable = self.opened.iter().find_map(|opened| match opened {
            Opened::Path(file) if file.swap == Swap::Possible => Some(&file.path),
            _ => None,
        });
        if let Some(path) = swappable
            && os::swap_is_on()
        {
            output::note(format_args!(
                "swap is on, so that `{}` can reach a disk: mount its file system with `noswap` \
                 (Linux 6.4), or turn swap off",
                path.display()
            ));
        }
    }

    /// The error for a file at the place of another one, whatever path leads there.
    fn same_place(&self, opened: &Opened) -> Option<Error> {
        let Opened::Path(file) = opened else {
            return None;
        };
        self.opened.iter().find_map(|other| match other {
            Opened::Path(other) if other.identity == file.identity && other.name == file.name => {
                Some(Error::SamePlace {
                    name: file.variable.clone(),
                    path: file.path.clone(),
                    other: other.variable.clone(),
                    other_path: other.path.clone(),
                })
            }
            _ => None,
        })
    }

    /// Writes these files, each given by its index, and lets the program inherit the descriptors:
    /// all of them, or none. Signals wait from the first file with a path on, until the result is
    /// released or undone.
    ///
    /// # Errors
    ///
    /// If one cannot be written. What had their names before is put back then.
    pub fn write(&self, contents: &[(usize, &Content)]) -> Result<FileSet<'_>, Error> {
        let mut set = FileSet::default();
        match self.fill(contents, &mut set) {
            Ok(()) => Ok(set),
            Err(error) => {
                set.undo();
                Err(error)
            }
        }
    }

    fn fill<'p>(
        &'p self,
        contents: &[(usize, &Content)],
        set: &mut FileSet<'p>,
    ) -> Result<(), Error> {
        let mut unnamed = Vec::new();
        let limit = unnamed::most();
        for &(index, content) in contents {
            let opened = &self.opened[index];
            let size = content.size() as u64;
            if size > limit {
                let name = opened.variable().clone();
                return Err(Error::TooLarge { name, size, limit });
            }
            let written = match opened {
                Opened::Descriptor(file) => {
                    unnamed.push(file);
                    fill(&file.file, content, self.owner)
                }
                Opened::Path(target) => {
                    let attributes = |file: &File| set_owner_and_mode(file, self.owner);
                    let directory = (target.directory.as_fd(), target.identity);
                    set.add(index, directory, &target.name, attributes, content)
                }
            };
            written.map_err(|errno| opened.error(errno))?;
        }
        set.name()
            .map_err(|(index, errno)| self.opened[index].error(errno))?;
        for file in unnamed {
            // This changes a flag, and cannot fail on what is open.
            let _ = fcntl(&file.file, FcntlArg::F_SETFD(FdFlag::empty()));
        }
        Ok(())
    }
}

impl Opened {
    fn variable(&self) -> &VarName {
        match self {
            Self::Descriptor(target) => &target.variable,
            Self::Path(target) => &target.variable,
        }
    }

    fn error(&self, errno: Errno) -> Error {
        match self {
            Self::Descriptor(target) => Error::Write {
                name: target.variable.clone(),
                path: None,
                errno,
            },
            Self::Path(target) => target.error(errno),
        }
    }
}

impl Named {
    fn error(&self, errno: Errno) -> Error {
        Error::Write {
            name: self.variable.clone(),
            path: Some(self.path.clone()),
            errno,
        }
    }
}

/// Fills a file in memory for good. Its offset stays at the beginning, for a program that reads the
/// descriptor itself.
fn fill(file: &File, content: &Content, owner: Option<u32>) -> Result<(), Errno> {
    // A large content is in such a file already, which then is the file itself.
    let is_filled = unnamed::adopt(content, file);
    set_owner_and_mode(file, owner)?;
    if !is_filled {
        unnamed::fill(content, file)?;
    }
    os::seal(file)
}

/// Sets owner and mode of a file, before anyone else can open it. The mode first: it takes another
/// capability (CAP_FOWNER) to set that of another user's file.
fn set_owner_and_mode(file: &File, owner: Option<u32>) -> Result<(), Errno> {
    let mode = std::fs::Permissions::from_mode(unnamed::MODE);
    file.set_permissions(mode).map_err(errno)?;
    match owner {
        Some(_) => fchown(file, owner, None).map_err(errno),
        None => Ok(()),
    }
}
