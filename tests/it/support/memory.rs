//! Directories in memory, and launchers behind a command that changes their process first.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Directory, ENVSECRETS, Launch, World, can};

/// A directory of one story on a file system that is memory.
pub struct Memory(PathBuf);

impl Memory {
    /// `None` where this machine has none.
    pub fn new(story: &str) -> Option<Self> {
        let shared = Path::new("/dev/shm");
        if !can(story, "tmpfs on /dev/shm", is_tmpfs(shared)) {
            return None;
        }
        let path = shared.join(Directory::new().path().file_name().unwrap());
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self(path))
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// The names in it, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(target_os = "linux")]
fn is_tmpfs(directory: &Path) -> bool {
    let kind = nix::sys::statfs::statfs(directory).map(|it| it.filesystem_type());
    kind == Ok(nix::sys::statfs::TMPFS_MAGIC)
}

/// Elsewhere no directory is one unless someone mounts it.
#[cfg(not(target_os = "linux"))]
fn is_tmpfs(_: &Path) -> bool {
    false
}

pub fn is_root(story: &str) -> bool {
    can(story, "root", nix::unistd::geteuid().is_root())
}

/// A launcher behind a command that changes something first.
pub fn behind(world: &World, wrapper: &[&str], options: &str, program: &[&str]) -> Launch {
    let launcher = world.directory.public(ENVSECRETS);
    let ours = [launcher.to_str().unwrap()];
    let options = options.split_whitespace().chain(["--"]);
    let ours = ours.into_iter().chain(options);
    let arguments: Vec<&str> = wrapper[1..].iter().copied().chain(ours).collect();
    world.with_settings(Launch::new(wrapper[0], &[&arguments[..], program].concat()))
}
