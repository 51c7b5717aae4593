//! Files that replace others together: all of them, or none.
//!
//! Each is written under a hidden name first, and only then all are renamed. If anything fails
//! afterwards, or a signal arrives, what had their names before is put back: the replaced files
//! stay open for that, so that their content is not lost with their names. After SIGKILL old and new
//! files can be mixed, and hidden ones left. Then no program has been started; the next start
//! replaces them all, and removes what is left.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, FileTimes, Metadata, TryLockError};
use std::io::Read as _;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::output;
use crate::secret::Content;
use crate::system::part::{self, Identity, Part, errno};
use crate::system::signals::Held;
use crate::system::unnamed;

/// Permissions of a hidden file: others may do nothing with it, whatever it becomes.
const HIDDEN: Mode = Mode::S_IRUSR;

/// How long another start may take to rename its files: a fraction of a millisecond, but for a busy
/// machine.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(1);

/// The files of one start. Signals are held back from the first one on.
#[derive(Debug, Default)]
pub struct FileSet<'d> {
    files: Vec<Member<'d>>,
    /// The directories, in the order of their numbers.
    directories: BTreeMap<Identity, BorrowedFd<'d>>,
    held: Option<Held>,
}

#[derive(Debug)]
struct Member<'d> {
    /// The caller's number.
    index: usize,
    directory: BorrowedFd<'d>,
    name: &'d OsStr,
    state: State<'d>,
}

#[derive(Debug)]
enum State<'d> {
    /// Complete, but under a hidden name.
    Hidden(Part<'d>),
    /// In its place, with what was there before.
    Named(Identity, Before),
    Undone,
}

/// What had the name before.
#[derive(Debug)]
enum Before {
    Nothing,
    File(File),
    /// It cannot be put back, since we may not read it: only with CAP_CHOWN alone, or in a directory
    /// that several users write to.
    Unreadable,
}

impl<'d> FileSet<'d> {
    /// Writes a file under a hidden name, beside the `name` that it will have in this directory.
    /// `attributes` sets its owner and mode while it is empty.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn add(
        &mut self,
        index: usize,
        (directory, identity): (BorrowedFd<'d>, Identity),
        name: &'d OsStr,
        attributes: impl FnOnce(&File) -> Result<(), Errno>,
        content: &Content,
    ) -> Result<(), Errno> {
        self.held.get_or_insert_with(Held::hold);
        self.directories.insert(identity, directory);
        let part = Part::create(directory, HIDDEN)?;
        attributes(part.file())?;
        unnamed::copy(content, part.file())?;
        self.files.push(Member {
            index,
            directory,
            name,
            state: State::Hidden(part),
        });
        Ok(())
    }

    /// Gives each file its name, in place of the one that had it before.
    ///
    /// # Errors
    ///
    /// The number of a file that cannot have it, and why. The set is to be undone then.
    pub fn name(&mut self) -> Result<(), (usize, Errno)> {
        let _locks = self.lock();
        let mut all_before = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let before = Before::of(file.directory, file.name);
            all_before.push(before.map_err(|errno| (file.index, errno))?);
        }
        for (file, before) in self.files.iter_mut().zip(all_before) {
            let failed = |errno| (file.index, errno);
            if let State::Hidden(part) = std::mem::replace(&mut file.state, State::Undone) {
                let identity = part.identity().map_err(failed)?;
                part.replace(file.name).map_err(failed)?;
                file.state = State::Named(identity, before);
            }
        }
        Ok(())
    }

    /// Lets signals end us again. If one has arrived, it does now, and the set is undone.
    pub fn release(&mut self) {
        if let Some(held) = self.held.take()
            && let Some(signal) = held.arrived()
        {
            self.put_back();
            held.end(signal);
        }
    }

    /// Removes the files, and puts back what had their names before. What has their names by now and
    /// is of another start stays.
    pub fn undo(mut self) {
        if self.files.is_empty() {
            return;
        }
        // Since the release they were not held.
        let _held = self.held.take().unwrap_or_else(Held::hold);
        self.put_back();
    }

    /// Locks the directories, so that two starts at the same time do not mix their files. All take the
    /// locks in the same order. Who holds one for long is not one of us, and is not waited for.
    fn lock(&self) -> Vec<File> {
        let deadline = Instant::now() + LONGEST_WAIT;
        let directories = self.directories.values();
        let opened = directories.filter_map(|&directory| part::open_directory(directory).ok());
        let locks: Vec<File> = opened.collect();
        for lock in &locks {
            while matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
                && Instant::now() < deadline
            {
                std::thread::sleep(PAUSE);
            }
        }
        locks
    }

    fn put_back(&mut self) {
        let _locks = self.lock();
        // First, to free their space.
        for file in &mut self.files {
            if matches!(file.state, State::Hidden(_)) {
                file.state = State::Undone;
            }
        }
        let is_complete = self
            .files
            .iter()
            .all(|file| matches!(file.state, State::Named(..)));
        let mut returning = Vec::new();
        let mut failed = None;
        for file in &mut self.files {
            let State::Named(identity, before) = std::mem::replace(&mut file.state, State::Undone)
            else {
                continue;
            };
            if !part::is_at(file.directory, file.name, identity) {
                continue;
            }
            let old = match before {
                Before::File(old) => again(file.directory, old).map(Some),
                Before::Nothing | Before::Unreadable => Ok(None),
            };
            let old = old.unwrap_or_else(|errno| {
                failed.get_or_insert((file.name, errno));
                None
            });
            returning.push((file.directory, file.name, old));
        }
        if let Some((name, errno)) = failed {
            output::note(format_args!(
                "the replaced file `{}` cannot be put back: {}",
                name.display(),
                errno.desc()
            ));
            if is_complete {
                // The new ones stay, which belong together.
                return;
            }
        }
        for (directory, name, old) in returning {
            let _ = match old {
                Some(old) => old.replace(name),
                None => unlinkat(directory, name, UnlinkatFlags::NoRemoveDir),
            };
        }
    }
}

impl Before {
    fn of(directory: BorrowedFd<'_>, name: &OsStr) -> Result<Self, Errno> {
        match part::open(directory, name) {
            Ok(file) if file.metadata().map_err(errno)?.is_file() => Ok(Self::File(file)),
            // It was not there when the directory was checked.
            Ok(_) => Err(Errno::EEXIST),
            Err(Errno::ENOENT) => Ok(Self::Nothing),
            Err(Errno::EACCES | Errno::EPERM) => Ok(Self::Unreadable),
            Err(errno) => Err(errno),
        }
    }
}

/// Makes a file that has lost its name once more, under a hidden one.
fn again(directory: BorrowedFd<'_>, mut old: File) -> Result<Part<'_>, Errno> {
    let about = old.metadata().map_err(errno)?;
    let mut content = Vec::new();
    old.read_to_end(&mut content).map_err(errno)?;
    // This frees its space, and the copy needs as much.
    drop(old);
    let part = Part::create(directory, HIDDEN)?;
    let file = part.file();
    // Only root can give it to another user again.
    let _ = fchown(file, Some(about.uid()), Some(about.gid()));
    file.set_permissions(about.permissions()).map_err(errno)?;
    part.write(&content)?;
    set_times(file, &about);
    Ok(part)
}

/// Sets the times of a file, as programs that watch it compare them.
fn set_times(file: &File, about: &Metadata) {
    if let (Ok(accessed), Ok(modified)) = (about.accessed(), about.modified()) {
        let times = FileTimes::new()
            .set_accessed(accessed)
            .set_modified(modified);
        let _ = file.set_times(times);
    }
}
