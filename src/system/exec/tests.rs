//! How a program is found and becomes this process, or which error says why not.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory of one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("envsecrets-exec-{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, name: &str, mode: u32, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn directory(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// PATH, with these directories of ours.
    fn search(&self, directories: &[&str]) -> OsString {
        let paths = directories.iter().map(|name| self.path(name));
        std::env::join_paths(paths).unwrap()
    }

    fn find(&self, name: &str, directories: &[&str]) -> Result<Vec<PathBuf>, Error> {
        find(OsStr::new(name), Some(&self.search(directories))).map(|program| program.candidates)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn cannot(path: PathBuf, errno: Errno) -> Error {
    Error::CannotExecute { path, errno }
}

fn not_found(name: &str) -> Error {
    let name = OsString::from(name);
    Error::NotFound { name }
}

#[test]
fn a_program_is_found_along_path_in_its_order() {
    let files = Directory::new();
    files.directory("empty");
    let one = files.file("one/serve", 0o755, "");
    let two = files.file("two/serve", 0o755, "");
    assert_eq!(
        files.find("serve", &["empty", "gone", "two", "one"]),
        Ok(vec![two.clone(), one.clone()])
    );
    let search = files.search(&["one", "two"]);
    let program = find(OsStr::new("serve"), Some(&search)).unwrap();
    assert_eq!(program.path(), one);
    assert_eq!(program.name, "serve");
}

#[test]
fn a_program_that_may_not_be_executed_is_passed_over_but_remembered() {
    let files = Directory::new();
    let first = files.file("one/serve", 0o644, "");
    files.file("two/serve", 0o600, "");
    let good = files.file("three/serve", 0o755, "");
    assert_eq!(
        files.find("serve", &["one", "two", "three"]),
        Ok(vec![good])
    );
    assert_eq!(
        files.find("serve", &["gone", "one", "two"]),
        Err(cannot(first, Errno::EACCES))
    );
}

#[test]
fn a_directory_of_that_name_is_passed_over_but_remembered() {
    let files = Directory::new();
    let path = files.directory("one/serve");
    let good = files.file("two/serve", 0o755, "");
    assert_eq!(files.find("serve", &["one", "two"]), Ok(vec![good]));
    assert_eq!(
        files.find("serve", &["one", "gone"]),
        Err(Error::Directory { path })
    );
}

#[test]
fn what_is_not_a_directory_is_skipped_in_path_but_not_in_a_given_file_name() {
    let files = Directory::new();
    let file = files.file("file", 0o755, "");
    let good = files.file("two/serve", 0o755, "");
    assert_eq!(files.find("serve", &["file", "two"]), Ok(vec![good]));
    assert_eq!(files.find("serve", &["file"]), Err(not_found("serve")));
    let below = file.join("serve");
    assert_eq!(
        find(below.as_os_str(), None),
        Err(cannot(below, Errno::ENOTDIR))
    );
}

#[test]
fn a_loop_of_links_ends_the_search_unless_something_was_found() {
    let files = Directory::new();
    let good = files.file("good/serve", 0o755, "");
    let link = files.directory("loop").join("serve");
    std::os::unix::fs::symlink("serve", &link).unwrap();
    assert_eq!(
        files.find("serve", &["loop", "good"]),
        Err(cannot(link, Errno::ELOOP))
    );
    assert_eq!(files.find("serve", &["good", "loop"]), Ok(vec![good]));
}

#[test]
fn a_name_with_a_slash_is_a_file_and_path_does_not_count() {
    let files = Directory::new();
    let good = files.file("bin/serve", 0o755, "");
    let plain = files.file("bin/plain", 0o644, "");
    let (directory, gone) = (files.directory("directory"), files.path("gone"));
    let found = |path: &Path| find(path.as_os_str(), Some(&files.search(&["bin"])));
    assert_eq!(
        found(&good).map(|program| program.candidates),
        Ok(vec![good.clone()])
    );
    assert_eq!(found(&plain), Err(cannot(plain.clone(), Errno::EACCES)));
    assert_eq!(
        found(&directory),
        Err(Error::Directory {
            path: directory.clone()
        })
    );
    assert_eq!(found(&gone), Err(Error::NoSuchFile { path: gone.clone() }));
    assert_eq!(
        found(Path::new("./serve")),
        Err(Error::NoSuchFile {
            path: PathBuf::from("./serve")
        })
    );
}

#[test]
fn what_is_not_a_regular_file_cannot_be_executed() {
    let files = Directory::new();
    let socket = files.path("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [socket, PathBuf::from("/dev/null")] {
        assert_eq!(
            find(path.as_os_str(), None),
            Err(cannot(path, Errno::EACCES))
        );
    }
}

#[test]
fn a_link_is_what_it_points_to() {
    let files = Directory::new();
    let good = files.file("bin/serve", 0o755, "");
    let (link, dangling) = (files.path("link"), files.path("dangling"));
    std::os::unix::fs::symlink(good, &link).unwrap();
    std::os::unix::fs::symlink("gone", &dangling).unwrap();
    assert_eq!(find(link.as_os_str(), None).unwrap().path(), link);
    assert_eq!(
        find(dangling.as_os_str(), None),
        Err(Error::NoSuchFile { path: dangling })
    );
}

#[test]
fn a_program_that_does_not_exist_is_not_found() {
    let files = Directory::new();
    for name in ["envsecrets-no-such-program", ""] {
        for path in [Some(files.search(&["gone"])), None] {
            assert_eq!(
                find(OsStr::new(name), path.as_deref()),
                Err(not_found(name)),
                "`{name}` along {path:?}"
            );
        }
    }
}

#[test]
fn without_path_a_program_is_searched_where_glibc_searches() {
    let program = find(OsStr::new("sh"), None).unwrap();
    assert_eq!(program.path(), Path::new("/bin/sh"));
}

#[test]
fn an_empty_element_of_path_is_the_current_directory() {
    for (directory, file) in [
        (b"".as_slice(), "serve"),
        (b".", "./serve"),
        (b"/bin", "/bin/serve"),
        (b"/bin/", "/bin//serve"),
        (b"bin", "bin/serve"),
    ] {
        let candidate = candidate(directory, OsStr::new("serve"));
        assert_eq!(candidate.as_os_str(), file, "{directory:?}");
    }
    // Cargo runs tests in the directory of the manifest, which is not executable.
    for path in ["", ":", "/gone:", ":/gone"] {
        assert_eq!(
            find(OsStr::new("Cargo.toml"), Some(OsStr::new(path))),
            Err(cannot(PathBuf::from("Cargo.toml"), Errno::EACCES)),
            "PATH={path}"
        );
    }
}

#[test]
fn names_and_directories_need_not_be_utf8() {
    let files = Directory::new();
    let odd = OsStr::from_bytes(b"s\xff");
    let path = files.directory("bin").join(odd);
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let program = find(odd, Some(&files.search(&["bin"]))).unwrap();
    assert_eq!(program.path(), path);
}

#[test]
fn a_missing_interpreter_a_missing_loader_and_a_missing_file_are_distinguished() {
    let files = Directory::new();
    for (text, interpreter) in [
        ("#!/no/such\nrest", Some("/no/such")),
        ("#! /no/such -x\n", Some("/no/such")),
        ("#!\t/no/such\t-x", Some("/no/such")),
        ("#!/no/such\r\n", Some("/no/such\\r")),
        ("#!\u{1b}[2J\n", Some("\\u{1b}[2J")),
        ("\u{7f}ELF", None),
    ] {
        let path = files.file("script", 0o755, text);
        let expected = match interpreter {
            Some(interpreter) => Error::NoInterpreter {
                path: path.clone(),
                interpreter: interpreter.to_owned(),
            },
            None => Error::NoLoader { path: path.clone() },
        };
        assert_eq!(what_is_missing(path), expected, "{text:?}");
    }
    let path = files.path("gone");
    assert_eq!(what_is_missing(path.clone()), Error::NoSuchFile { path });
}

#[test]
fn a_rehearsal_finds_a_missing_interpreter_and_goes_on_along_path_as_execve_would() {
    let files = Directory::new();
    files.file("bad/serve", 0o755, "#! /no/such -x\n");
    files.file("good/serve", 0o755, "#!/bin/sh\n");
    files.file("plain/serve", 0o755, "echo no first line");
    for (directories, exists) in [
        (["bad"].as_slice(), false),
        (&["bad", "bad"], false),
        (&["good"], true),
        (&["plain"], true),
        (&["bad", "good"], true),
        (&["good", "bad"], true),
    ] {
        let program = find(OsStr::new("serve"), Some(&files.search(directories))).unwrap();
        assert_eq!(rehearse(&program).is_ok(), exists, "{directories:?}");
    }
}

#[test]
fn a_nul_never_reaches_the_kernel() {
    let program = Program {
        name: "serve".into(),
        candidates: vec!["/no/such/serve".into()],
    };
    let nul = || vec![b"a\0b".to_vec()];
    let none = vec![b"serve".to_vec()];
    assert_eq!(replace(&program, nul(), Vec::new()), Err(Error::Nul));
    assert_eq!(replace(&program, none, nul()), Err(Error::Nul));
}

#[test]
fn every_error_names_the_file_and_the_reason() {
    let (name, path) = (OsString::from("serve"), PathBuf::from("/bin/serve"));
    for (error, text) in [
        (Error::NotFound { name }, "`serve`: command not found"),
        (
            Error::NoSuchFile { path: path.clone() },
            "`/bin/serve`: no such file",
        ),
        (
            Error::NoInterpreter {
                path: path.clone(),
                interpreter: "/bin/x".to_owned(),
            },
            "`/bin/serve` exists, but its interpreter `/bin/x` does not",
        ),
        (
            Error::NoLoader { path: path.clone() },
            "`/bin/serve` exists, but the dynamic loader that it needs does not",
        ),
        (
            Error::Directory { path: path.clone() },
            "`/bin/serve` is a directory, not a program",
        ),
        (
            cannot(path, Errno::EACCES),
            "`/bin/serve` cannot be executed: Permission denied",
        ),
        (
            Error::Format {
                path: PathBuf::from("/bin/serve"),
                kind: "built for s390x".to_owned(),
            },
            "`/bin/serve` cannot be executed: exec format error, built for s390x",
        ),
        (
            Error::TooLarge,
            "arguments and environment are too large for the kernel",
        ),
        (Error::Nul, "an argument contains a NUL"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
