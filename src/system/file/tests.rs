//! Files of all kinds: plain, pipes with and without a name, devices.

use std::io::Write;
use std::path::PathBuf;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

/// A directory that is removed at the end of a test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("envsecrets-file-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn fifo(&self) -> PathBuf {
        let path = self.0.join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_millis(50))
}

fn text(read: Result<Vec<u8>, Unread>) -> String {
    match read {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(Unread::Failed(error)) => format!("failed: {error}"),
        Err(Unread::TooLong { longest }) => format!("longer than {}", size(longest)),
        Err(Unread::Late { kind }) => format!("late: {kind}"),
    }
}

#[test]
fn a_plain_file_is_read_up_to_its_bound() {
    let directory = Directory::new("plain");
    let path = directory.0.join("plain");
    std::fs::write(&path, "x".repeat(2048)).unwrap();
    assert_eq!(text(read(&path, 2048, None)), "x".repeat(2048));
    assert_eq!(text(read(&path, 2047, None)), "longer than 1 KiB");
    assert!(is_plain(&path, 2048).unwrap());
    assert!(matches!(is_plain(&path, 2047), Err(Unread::TooLong { .. })));
    std::fs::write(&path, "").unwrap();
    assert_eq!(text(read(&path, 10, None)), "");
}

#[test]
fn what_cannot_be_read_is_no_reason_to_wait() {
    let directory = Directory::new("none");
    let missing = directory.0.join("missing");
    let failed = "failed: No such file or directory (os error 2)";
    assert_eq!(text(read(&missing, 10, None)), failed);
    let failed = "failed: Is a directory (os error 21)";
    assert_eq!(text(read(&directory.0, 10, None)), failed);
    assert!(is_plain(&missing, 10).unwrap() && is_plain(&directory.0, 10).unwrap());
}

#[test]
fn a_named_pipe_is_read_to_its_end_or_to_the_deadline() {
    let directory = Directory::new("named");
    let path = directory.fifo();
    assert!(!is_plain(&path, 10).unwrap());
    let late = "late: it is a named pipe that no one writes to";
    assert_eq!(text(read(&path, 10, soon())), late);

    let written = path.clone();
    let writer = std::thread::spawn(move || {
        let mut pipe = File::options().write(true).open(written).unwrap();
        pipe.write_all(b"first ").unwrap();
        std::thread::sleep(Duration::from_millis(20));
        pipe.write_all(b"second").unwrap();
    });
    assert_eq!(text(read(&path, 100, None)), "first second");
    writer.join().unwrap();

    // Both ends, so that it is not closed.
    let mut open = File::options().read(true).write(true).open(&path).unwrap();
    open.write_all(b"never ends").unwrap();
    let late = "late: it is a named pipe, and its writer has not closed it";
    assert_eq!(text(read(&path, 100, soon())), late);
}

#[test]
fn a_pipe_of_a_shell_is_read_even_if_its_writer_has_gone() {
    for content in ["", "content"] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(content.as_bytes()).unwrap();
        drop(writer);
        let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
        let path = PathBuf::from(format!("/dev/fd/{number}"));
        assert_eq!(text(read(&path, 100, soon())), content);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    let late = "late: it is a pipe, and its writer has not closed it";
    assert_eq!(text(read(&path, 100, soon())), late);
    drop(writer);
}

#[test]
fn a_device_without_an_end_is_read_up_to_the_bound() {
    assert_eq!(
        text(read(Path::new("/dev/zero"), LONGEST, None)),
        "longer than 1 MiB"
    );
    assert_eq!(text(read(Path::new("/dev/null"), LONGEST, None)), "");
}
