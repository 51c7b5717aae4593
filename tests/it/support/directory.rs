//! Temporary directories.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory of its own that is removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("envsecrets-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory for temporary files");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).unwrap();
        }
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A program in it that every user can start: a link, or a copy where there can be none. The
    /// directory where it was built may be closed to others.
    pub fn public(&self, program: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = Path::new(program);
        let all = || std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&self.0, all()).unwrap();
        let path = self.0.join(program.file_name().unwrap());
        if path.exists() {
            return path;
        }
        let mode = program.metadata().unwrap().permissions().mode();
        if mode & 0o005 != 0o005 || std::fs::hard_link(program, &path).is_err() {
            // By another process: what we hold open for writing, a child that is forked meanwhile
            // holds too, and then it cannot be executed (ETXTBSY).
            let copied = std::process::Command::new("cp")
                .args([program, &path])
                .status();
            assert!(copied.unwrap().success());
            std::fs::set_permissions(&path, all()).unwrap();
        }
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
