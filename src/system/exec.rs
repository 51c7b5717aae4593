//! Finding the program, and replacing ourselves with it.
//!
//! We search PATH ourselves, by the rules of glibc's `execvp`, and before anything is fetched: a
//! typo costs no API call, and no parameter can choose what runs. `execve` is called directly
//! because `Command::exec` would reset SIGPIPE even where our parent ignored it on purpose, sort
//! the environment, and drop entries that are not `NAME=value`.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, execve};

use super::{binary, os};

pub use super::os::argument_limits;

/// What runs a text file without `#!` (POSIX `execvp`).
const SHELL: &str = "/bin/sh";

/// A program that was found: the files that `execve` will be tried on, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// As the user typed it.
    pub name: OsString,
    /// More than one only where PATH holds more than one: an `execve` that fails with "not
    /// found", for want of an interpreter, goes on with the next, as `execvp` does.
    candidates: Vec<PathBuf>,
}

impl Program {
    /// The file that will most likely be executed.
    pub fn path(&self) -> &Path {
        self.candidates
            .first()
            .map_or(Path::new(""), PathBuf::as_path)
    }
}

/// Why the program cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("`{}`: command not found", name.display())]
    NotFound { name: OsString },
    #[error("`{}`: no such file", path.display())]
    NoSuchFile { path: PathBuf },
    #[error("`{}` exists, but its interpreter `{interpreter}` does not", path.display())]
    NoInterpreter { path: PathBuf, interpreter: String },
    #[error("`{}` exists, but the dynamic loader that it needs does not", path.display())]
    NoLoader { path: PathBuf },
    #[error("`{}` is a directory, not a program", path.display())]
    Directory { path: PathBuf },
    #[error("`{}` cannot be executed: {}", path.display(), errno.desc())]
    CannotExecute { path: PathBuf, errno: Errno },
    #[error("`{}` cannot be executed: exec format error, {kind}", path.display())]
    Format { path: PathBuf, kind: String },
    #[error(
        "`{}` would start envsecrets for ever: its first line is `#!{}`",
        path.display(),
        line.escape_debug()
    )]
    Itself { path: PathBuf, line: String },
    #[error("arguments and environment are too large for the kernel")]
    TooLarge,
    #[error("an argument contains a NUL")]
    Nul,
}

impl Error {
    /// What to try, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => {
                Some("envsecrets searches its own PATH, before it fetches anything")
            }
            Self::NoInterpreter { .. } => {
                Some("check the first line of the script; a carriage return at its end counts too")
            }
            Self::NoLoader { .. } => Some("it was built for another C library or architecture"),
            Self::CannotExecute {
                errno: Errno::EACCES,
                ..
            } => Some(
                "check its permissions (`chmod +x`), those of its directories, and `noexec` mounts",
            ),
            Self::TooLarge => Some("choose fewer parameters with `--only` or `--exclude`"),
            Self::Format { .. } => Some(
                "only programs of this machine's architecture and scripts can be executed: check which \
                 image or package it is from; what needs an interpreter is given to that",
            ),
            Self::Itself { .. } => Some(
                "write which program interprets it: `#!/usr/bin/env -S envsecrets --path=/prd/app -- python3`",
            ),
            Self::NoSuchFile { .. }
            | Self::Directory { .. }
            | Self::CannotExecute { .. }
            | Self::Nul => None,
        }
    }
}

/// Finds the program: a name with a `/` is a file, any other is looked for along `path`.
///
/// The rules are those of glibc's `execvpe`: an empty element is the current directory, "permission
/// denied" is remembered and beats "not found", and directories that do not exist are skipped.
pub fn find(name: &OsStr, path: Option<&OsStr>) -> Result<Program, Error> {
    let found = |candidates| {
        Ok(Program {
            name: name.to_owned(),
            candidates,
        })
    };
    if name.as_bytes().contains(&b'/') {
        let file = PathBuf::from(name);
        return match executable(&file) {
            Ok(()) => found(vec![file]),
            Err(error) => Err(error),
        };
    }
    let mut candidates = Vec::new();
    let mut denied = None;
    if !name.is_empty() {
        for directory in path
            .unwrap_or(OsStr::new(os::DEFAULT_PATH))
            .as_bytes()
            .split(|&b| b == b':')
        {
            let file = candidate(directory, name);
            match executable(&file) {
                Ok(()) => candidates.push(file),
                Err(Error::CannotExecute {
                    errno: Errno::ESTALE | Errno::ENOTDIR | Errno::ENODEV | Errno::ETIMEDOUT,
                    ..
                })
                | Err(Error::NoSuchFile { .. }) => {}
                Err(
                    error @ Error::CannotExecute {
                        errno: Errno::EACCES,
                        ..
                    },
                )
                | Err(error @ Error::Directory { .. }) => denied = denied.or(Some(error)),
                Err(error) if candidates.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
    }
    match (candidates.is_empty(), denied) {
        (false, _) => found(candidates),
        (true, Some(denied)) => Err(denied),
        (true, None) => Err(Error::NotFound {
            name: name.to_owned(),
        }),
    }
}

/// The file that `execvp` would try: an empty element of PATH is the current directory.
fn candidate(directory: &[u8], name: &OsStr) -> PathBuf {
    if directory.is_empty() {
        return PathBuf::from(name);
    }
    let mut file = directory.to_vec();
    file.push(b'/');
    file.extend_from_slice(name.as_bytes());
    PathBuf::from(OsString::from_vec(file))
}

/// Whether `execve` would get as far as reading the file.
fn executable(file: &Path) -> Result<(), Error> {
    let path = file.to_owned();
    let kind = match std::fs::metadata(file) {
        Ok(metadata) => metadata.file_type(),
        Err(error) => {
            return Err(
                match Errno::from_raw(error.raw_os_error().unwrap_or_default()) {
                    Errno::ENOENT => Error::NoSuchFile { path },
                    errno => Error::CannotExecute { path, errno },
                },
            );
        }
    };
    if kind.is_dir() {
        return Err(Error::Directory { path });
    }
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() || kind.is_block_device() {
        return Err(Error::CannotExecute {
            path,
            errno: Errno::EACCES,
        });
    }
    os::may(file, AccessFlags::X_OK).map_err(|errno| Error::CannotExecute { path, errno })
}

/// Replaces this process with the program. Returns only if that failed.
///
/// `arguments` begin with argv\[0\], as typed.
pub fn replace(
    program: &Program,
    arguments: Vec<Vec<u8>>,
    environment: Vec<Vec<u8>>,
) -> Result<Infallible, Error> {
    let mut arguments = c_strings(arguments)?;
    let environment = c_strings(environment)?;
    let mut denied = None;
    let mut missing = None;
    for path in &program.candidates {
        let file = c_string(path.as_os_str().as_bytes().to_vec())?;
        let Err(mut errno) = execve(&file, &arguments, &environment);
        if errno == Errno::ENOEXEC {
            if let Some(kind) = head(path).ok().as_deref().and_then(binary::describe) {
                let path = path.clone();
                return Err(Error::Format { path, kind });
            }
            let shell = c_string(SHELL.into())?;
            let typed = std::mem::replace(&mut arguments[0], shell.clone());
            arguments.insert(1, file);
            let Err(failed) = execve(&shell, &arguments, &environment);
            arguments.remove(1);
            arguments[0] = typed;
            errno = failed;
        }
        let path = path.clone();
        match errno {
            Errno::E2BIG => return Err(Error::TooLarge),
            Errno::EACCES => denied = denied.or(Some(Error::CannotExecute { path, errno })),
            Errno::ENOENT => missing = missing.or(Some(what_is_missing(path))),
            Errno::ESTALE | Errno::ENOTDIR | Errno::ENODEV | Errno::ETIMEDOUT
                if program.candidates.len() > 1 => {}
            errno => return Err(Error::CannotExecute { path, errno }),
        }
    }
    let vanished = || Error::NotFound {
        name: program.name.clone(),
    };
    Err(denied.or(missing).unwrap_or_else(vanished))
}

/// Whether the interpreters of scripts exist: the only part of `execve` that can be checked in
/// advance.
pub fn rehearse(program: &Program) -> Result<(), Error> {
    let mut missing = None;
    for path in &program.candidates {
        match interpreter(path) {
            Ok(Some(interpreter)) if !Path::new(&interpreter).exists() => {
                missing = missing.or(Some(what_is_missing(path.clone())));
            }
            // A file that may be executed need not be readable.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    missing.map_or(Ok(()), Err)
}

/// Refuses a script whose `#!` has us run that script again, and so for ever (execve(2),
/// "Interpreter scripts"). One that is found along PATH comes back with its whole path.
///
/// # Errors
///
/// [`Error::Itself`].
pub fn not_ourselves(program: &Program, path: Option<&OsStr>) -> Result<(), Error> {
    if !program.name.as_bytes().contains(&b'/') {
        return Ok(());
    }
    let file = program.path();
    let Ok(Some(line)) = first_line(file) else {
        return Ok(());
    };
    match runs_us(&line, path, DEPTH) {
        false => Ok(()),
        true => Err(Error::Itself {
            path: file.to_owned(),
            line: String::from_utf8_lossy(&line).trim().to_owned(),
        }),
    }
}

/// How many interpreters Linux follows (`BINPRM_MAX_RECURSION` of its exec.c, and one more).
const DEPTH: u8 = 6;

/// Whether what stands after a `#!` runs this program, with the script as the program to start.
fn runs_us(line: &[u8], path: Option<&OsStr>, depth: u8) -> bool {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(OsStr::from_bytes);
    let Some(interpreter) = words.next() else {
        return false;
    };
    let mut words: Vec<&OsStr> = words.collect();
    let mut file = PathBuf::from(interpreter);
    if file.file_name() == Some(OsStr::new("env")) {
        // With `-S` it splits the rest, which may set variables first.
        let own = |word: &&OsStr| {
            let bytes = word.as_bytes();
            bytes.first() == Some(&b'-') || bytes.contains(&b'=')
        };
        let options = words.iter().take_while(|word| own(word)).count();
        words.drain(..options);
        if words.is_empty() {
            return false;
        }
        match find(words.remove(0), path) {
            Ok(found) => file = found.path().to_owned(),
            Err(_) => return false,
        }
    }
    if is_this_program(&file) {
        // The script follows, as the first word or behind the dashes.
        return words.is_empty()
            || words.iter().position(|it| *it == "--") == Some(words.len() - 1);
    }
    match (depth, first_line(&file)) {
        (1.., Ok(Some(line))) => runs_us(&line, path, depth - 1),
        _ => false,
    }
}

fn is_this_program(file: &Path) -> bool {
    let identity = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let own = os::own_program().and_then(|path| identity(&path));
    own.is_some() && own == identity(file)
}

/// Distinguishes a missing file from a missing interpreter: `execve` returns ENOENT for both.
fn what_is_missing(path: PathBuf) -> Error {
    match interpreter(&path) {
        Err(_) => Error::NoSuchFile { path },
        Ok(None) => Error::NoLoader { path },
        Ok(Some(interpreter)) => Error::NoInterpreter {
            path,
            interpreter: interpreter.to_string_lossy().escape_debug().to_string(),
        },
    }
}

/// The first bytes of a file.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let most = u64::try_from(binary::HEAD).unwrap_or(u64::MAX);
    std::fs::File::open(path)?
        .take(most)
        .read_to_end(&mut head)?;
    Ok(head)
}

/// What stands after the `#!` of a script.
fn first_line(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let head = head(path)?;
    let line = head.strip_prefix(b"#!");
    let line = line.and_then(|line| line.split(|&byte| byte == b'\n').next());
    Ok(line.map(<[u8]>::to_vec))
}

/// The interpreter in the first line of a script.
fn interpreter(path: &Path) -> std::io::Result<Option<OsString>> {
    let Some(line) = first_line(path)? else {
        return Ok(None);
    };
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut words = line.split(blank).filter(|word| !word.is_empty());
    let interpreter = words.next().unwrap_or_default().to_vec();
    Ok(Some(OsString::from_vec(interpreter)))
}

fn c_strings(strings: Vec<Vec<u8>>) -> Result<Vec<CString>, Error> {
    strings.into_iter().map(c_string).collect()
}

fn c_string(string: Vec<u8>) -> Result<CString, Error> {
    CString::new(string).map_err(|_| Error::Nul)
}

#[cfg(test)]
mod tests;
