//! File systems: which are memory, and whether their memory can be swapped to a disk.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::statfs::{FsType, TMPFS_MAGIC, fstatfs};

use crate::system::file_system::{FileSystem, Swap};

/// The file system that is never swapped. `nix` has no constant for it (statfs(2)).
const RAMFS_MAGIC: u32 = 0x8584_58f6;

/// What a directory lies on.
pub fn file_system(directory: &OwnedFd) -> Result<FileSystem, Errno> {
    let kind = fstatfs(directory)?.filesystem_type();
    let mount = mount_of(directory);
    Ok(if kind == FsType(RAMFS_MAGIC as _) {
        FileSystem::Memory(Swap::Excluded)
    } else if kind == TMPFS_MAGIC {
        FileSystem::Memory(mount.map_or(Swap::Possible, |mount| mount.swap()))
    } else {
        FileSystem::Other {
            on: mount.map_or_else(
                || "its file system is neither tmpfs nor ramfs".to_owned(),
                |mount| format!("`{}` is {}", mount.point.display(), mount.kind),
            ),
        }
    })
}

/// A line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    point: PathBuf,
    kind: String,
    options: String,
}

/// The mount of a directory, if `/proc` shows it.
fn mount_of(directory: &OwnedFd) -> Option<Mount> {
    let number = directory.as_raw_fd();
    let about = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).ok()?;
    let id = about
        .lines()
        .find_map(|line| line.strip_prefix("mnt_id:"))?;
    mount(&std::fs::read("/proc/self/mountinfo").ok()?, id.trim())
}

fn mount(table: &[u8], id: &str) -> Option<Mount> {
    let lines = table.split(|&byte| byte == b'\n');
    let mut rows = lines.map(|line| line.split(|&byte| byte == b' ').collect::<Vec<_>>());
    let row = rows.find(|row| row.first() == Some(&id.as_bytes()))?;
    // Six fields, any number of optional ones, a dash, and three more.
    let rest = row.iter().skip(6).skip_while(|field| **field != b"-");
    let rest: Vec<_> = rest.collect();
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    Some(Mount {
        point: PathBuf::from(OsString::from_vec(unescaped(row.get(4)?))),
        kind: text(rest.get(1)?),
        options: text(rest.get(3)?),
    })
}

/// Blanks and line breaks in a mount point are written as `\040`.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let octal = after
            .get(..3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let octal = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(octal) if byte == b'\\' => {
                bytes.push(octal);
                rest = &after[3..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

impl Mount {
    /// tmpfs has an option to stay in memory since Linux 6.4.
    fn swap(&self) -> Swap {
        match self.options.split(',').any(|option| option == "noswap") {
            true => Swap::Excluded,
            false => Swap::Possible,
        }
    }
}

/// Whether swap is on: the table of devices has lines below its header.
pub fn swap_is_on() -> bool {
    let table = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    table.lines().count() > 1
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const TABLE: &[u8] = b"\
21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
24 21 0:21 / /run rw,nosuid shared:5 master:1 - tmpfs tmpfs rw,size=3232k,mode=755
31 24 0:30 / /run/my\\040app\\134x rw - tmpfs app rw,noswap,size=64k
32 24 0:31 / /run/none rw - ramfs none rw
";

    #[test]
    fn a_mount_is_found_by_its_number_whatever_the_optional_fields() {
        for (id, point, kind, swap) in [
            ("21", "/", "ext4", Swap::Possible),
            ("24", "/run", "tmpfs", Swap::Possible),
            ("31", "/run/my app\\x", "tmpfs", Swap::Excluded),
            ("32", "/run/none", "ramfs", Swap::Possible),
        ] {
            let mount = mount(TABLE, id).unwrap();
            assert_eq!(mount.point, Path::new(point));
            assert_eq!((mount.kind.as_str(), mount.swap()), (kind, swap));
        }
        for id in ["2", "", "8:1", "rw"] {
            assert_eq!(mount(TABLE, id), None, "{id}");
        }
        assert_eq!(mount(b"7 1 0:1 / /torn", "7"), None);
    }

    #[test]
    fn only_octal_numbers_of_three_digits_are_escapes() {
        for (field, text) in [
            (r"/a\040b", "/a b"),
            (r"/a\04", r"/a\04"),
            (r"/a\09x", r"/a\09x"),
            (r"\134134", r"\134"),
        ] {
            assert_eq!(unescaped(field.as_bytes()), text.as_bytes(), "{field}");
        }
    }
}
