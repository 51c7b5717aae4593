//! Whether other users can put another file in the place of ours.
//!
//! Who may write to a directory may rename what is in it, and so may its owner. So each directory on
//! the way to a file counts, and each symbolic link on that way, too. With the sticky bit an entry
//! can be renamed only by its owner and by that of the directory (unlink(2), rename(2)).
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;

/// The most links on one way, as for the kernel (path_resolution(7)).
const LINKS: usize = 40;

const STICKY: u32 = 0o1000;
const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_OTHERS: u32 = 0o002;

/// The users and the group that may change directories.
#[derive(Debug, Clone, Copy)]
pub struct Trusted {
    /// The user of this process.
    pub user: u32,
    /// Its primary group.
    pub group: u32,
    /// The user that gets the file, if that is another one.
    pub owner: Option<u32>,
}

/// A directory in which other users can rename files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsafe {
    pub directory: PathBuf,
    pub user: u32,
    pub group: u32,
    /// Its permissions, such as 0o777.
    pub mode: u32,
    pub reason: Reason,
}

/// Why they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is another user's.
    Owner,
    /// Others may write to it, and it is not sticky.
    Writers,
    /// Others may write to it, and the link in it is another user's.
    Link,
}

/// The first directory on the way to `directory`, an absolute path, that is not safe.
///
/// # Errors
///
/// If a part of the path cannot be looked at.
pub fn first_unsafe(directory: &Path, trusted: Trusted) -> io::Result<Option<Unsafe>> {
    let mut current = PathBuf::from("/");
    let mut about = current.symlink_metadata()?;
    if let Some(found) = objection(&current, &about, trusted) {
        return Ok(Some(found));
    }
    let mut ahead = parts(directory);
    let mut links = 0;
    while let Some(part) = ahead.pop() {
        if part == ".." {
            current.pop();
            about = current.symlink_metadata()?;
            continue;
        }
        let next = current.join(&part);
        let entry = next.symlink_metadata()?;
        if entry.is_symlink() {
            links += 1;
            if links > LINKS {
                return Err(Errno::ELOOP.into());
            }
            if is_shared(&about, trusted) && !is_trusted(&entry, trusted) {
                return Ok(Some(found(&current, &about, Reason::Link)));
            }
            let target = next.read_link()?;
            if target.is_absolute() {
                current = PathBuf::from("/");
                about = current.symlink_metadata()?;
            }
            ahead.extend(parts(&target));
            continue;
        }
        if let Some(found) = objection(&next, &entry, trusted) {
            return Ok(Some(found));
        }
        (current, about) = (next, entry);
    }
    Ok(None)
}

/// The names in a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}

fn objection(directory: &Path, about: &Metadata, trusted: Trusted) -> Option<Unsafe> {
    if !is_trusted(about, trusted) {
        return Some(found(directory, about, Reason::Owner));
    }
    let is_sticky = about.mode() & STICKY != 0;
    (is_shared(about, trusted) && !is_sticky).then(|| found(directory, about, Reason::Writers))
}

fn found(directory: &Path, about: &Metadata, reason: Reason) -> Unsafe {
    Unsafe {
        directory: directory.to_owned(),
        user: about.uid(),
        group: about.gid(),
        mode: about.mode() & 0o7777,
        reason,
    }
}

fn is_trusted(about: &Metadata, trusted: Trusted) -> bool {
    let user = about.uid();
    user == 0 || user == trusted.user || trusted.owner == Some(user)
}

/// Whether others than those users may write to it.
fn is_shared(about: &Metadata, trusted: Trusted) -> bool {
    let group = about.gid();
    let is_group_other = group != 0 && group != trusted.group;
    about.mode() & WRITABLE_BY_OTHERS != 0
        || (about.mode() & WRITABLE_BY_GROUP != 0 && is_group_other)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn ours() -> Trusted {
        Trusted {
            user: nix::unistd::geteuid().as_raw(),
            group: nix::unistd::getegid().as_raw(),
            owner: None,
        }
    }

    /// A user who has none of these directories: only root is trusted.
    fn another() -> Trusted {
        Trusted {
            user: u32::MAX - 1,
            group: u32::MAX - 1,
            owner: None,
        }
    }

    /// A directory for one test, which only this user may change.
    struct Top(PathBuf);

    impl Top {
        fn new(story: &str) -> Self {
            let name = format!("envsecrets-{story}-{}", std::process::id());
            let path = std::env::temp_dir().canonicalize().unwrap().join(name);
            directory(&path, 0o755);
            Self(path)
        }
    }

    impl Drop for Top {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn directory(path: &Path, mode: u32) {
        fs::create_dir(path).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn each_directory_and_each_link_on_the_way_counts() {
        // The directory for temporary files is sticky, and so safe.
        let top = Top::new("ways");
        let at = |name: &str| top.0.join(name);
        for (name, mode) in [
            ("safe", 0o755),
            ("open", 0o777),
            ("sticky", 0o1777),
            ("open/safe", 0o700),
            ("sticky/safe", 0o700),
        ] {
            directory(&at(name), mode);
        }
        symlink("open/safe", at("through")).unwrap();
        symlink(at("safe"), at("open/link")).unwrap();
        symlink(at("safe"), at("sticky/link")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let first = |name: &str| first_unsafe(&at(name), ours()).unwrap();
        for name in [
            "safe",
            "sticky",
            "sticky/safe",
            "sticky/link",
            "safe/../safe",
        ] {
            assert_eq!(first(name), None, "{name}");
        }
        for name in [
            "open",
            "open/safe",
            "through",
            "open/link",
            "safe/../open/link",
            "open/..",
        ] {
            let found = first(name).unwrap();
            assert_eq!((found.directory, found.mode), (at("open"), 0o777), "{name}");
            assert_eq!(found.reason, Reason::Writers);
        }
        assert!(first_unsafe(&at("loop"), ours()).is_err());
        assert!(first_unsafe(&at("none"), ours()).is_err());
        assert_eq!(first_unsafe(Path::new("/"), ours()).unwrap(), None);
    }

    #[test]
    fn a_group_counts_unless_it_is_ours() {
        let top = Top::new("groups");
        let path = top.0.join("group");
        directory(&path, 0o770);
        let ours = ours();
        assert_eq!(first_unsafe(&path, ours).unwrap(), None);
        let about = path.symlink_metadata().unwrap();
        let elsewhere = Trusted {
            group: u32::MAX - 1,
            ..ours
        };
        // The group root counts as root does.
        assert_eq!(is_shared(&about, elsewhere), about.gid() != 0);
        if about.uid() != 0 {
            let found = first_unsafe(&path, another()).unwrap().unwrap();
            assert_eq!(found.reason, Reason::Owner);
            let receiver = Trusted {
                owner: Some(about.uid()),
                ..another()
            };
            assert!(is_trusted(&about, receiver));
        }
    }
}
