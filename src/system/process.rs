//! Our process: its state is recorded at the start and restored before the program starts.
//!
//! `execve` passes on ignored signals, limits and descriptors. Everything that Rust's start-up or we
//! change for our few milliseconds is restored, so that the program gets what it would have got
//! without us. Also the environment of another process.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::memfd::MFdFlags;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{SysconfVar, Uid, User, sysconf};

/// Whether SIGPIPE was ignored when we started, before Rust's start-up ignored it anyway.
static SIGPIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Which of descriptors 0, 1 and 2 were closed when we started (bit n for descriptor n), before
/// Rust's start-up opened `/dev/null` in their place.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs `note` before Rust's start-up, the only time at which the original state is visible: the C
/// runtime calls the functions of this section before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE: extern "C" fn() = note;

extern "C" fn note() {
    // SAFETY: `sigaction` with a null action only reads, into a structure that is ours and for
    // which all zeroes are a valid value.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(libc::SIGPIPE, std::ptr::null(), &mut action) == 0 {
            SIGPIPE_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
        }
    }
    let mut closed = 0;
    for descriptor in 0..3 {
        // SAFETY: F_GETFD reads a flag; an error means that the descriptor is not open.
        if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
            closed |= 1 << descriptor;
        }
    }
    CLOSED.store(closed, Ordering::Relaxed);
}

/// Writes to standard output, without a buffer.
///
/// # Errors
///
/// Also if standard output was closed when we started, or is not open for writing: `std` takes that
/// for a success.
pub fn write_to_stdout(what: &[u8]) -> io::Result<()> {
    let closed = CLOSED.load(Ordering::Relaxed);
    if closed & 1 << libc::STDOUT_FILENO != 0 && !what.is_empty() {
        return Err(Errno::EBADF.into());
    }
    // SAFETY: descriptor 1 is open, since Rust's start-up opens it if it is closed, and it is not closed
    // by this file.
    let stdout = unsafe { File::from_raw_fd(libc::STDOUT_FILENO) };
    ManuallyDrop::new(stdout).write_all(what)
}

/// What `guard` changed, for `hand_over` to restore.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    core: Option<(rlim_t, rlim_t)>,
}

/// Keeps our memory, which will contain secrets, out of core dumps and away from other
/// processes of the same user.
///
/// `PR_SET_DUMPABLE` is reset by `execve` (prctl(2)). `RLIMIT_CORE` is inherited, so it is
/// restored. Neither can fail in a way that should stop a program from starting.
pub fn guard() -> Guard {
    let _ = nix::sys::prctl::set_dumpable(false);
    let core = getrlimit(Resource::RLIMIT_CORE).ok();
    if let Some((_, hard)) = core {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
    Guard { core }
}

/// Restores everything that was changed since the start. Called just before `execve`.
pub fn hand_over(guard: Guard) {
    if let Some((soft, hard)) = guard.core {
        let _ = setrlimit(Resource::RLIMIT_CORE, soft, hard);
    }
    if !SIGPIPE_IGNORED.load(Ordering::Relaxed) {
        // SAFETY: the default action involves no code of ours.
        let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    }
    let closed = CLOSED.load(Ordering::Relaxed);
    for descriptor in 0..3 {
        if closed & 1 << descriptor != 0 {
            // Closed by exec rather than now, so that a failing exec can still be reported.
            // SAFETY: this sets a flag on a descriptor that Rust's start-up opened.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// A new file in memory, with these flags of memfd_create(2).
///
/// By the system call itself: glibc has a function for it since 2.27, and we run with 2.17.
pub fn memory_file(flags: MFdFlags) -> nix::Result<OwnedFd> {
    let name = c"envsecrets".as_ptr();
    // SAFETY: the name is a C string that lives as long as the program.
    let made = unsafe { libc::syscall(libc::SYS_memfd_create, name, flags.bits()) };
    let number = RawFd::try_from(Errno::result(made)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the descriptor was created a line above, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Renames a file within a directory, unless a file of the new name exists (renameat2(2)).
///
/// By the system call itself: glibc has a function for it since 2.28.
pub fn rename_to_free(directory: impl AsFd, from: &OsStr, to: &OsStr) -> nix::Result<()> {
    // linux/fs.h; musl has no name for it.
    const RENAME_NOREPLACE: libc::c_uint = 1;
    let name = |name: &OsStr| CString::new(name.as_bytes()).map_err(|_| Errno::EINVAL);
    let (from, to) = (name(from)?, name(to)?);
    let directory = directory.as_fd().as_raw_fd();
    // SAFETY: both names are C strings that live until the call returns.
    let renamed = unsafe {
        let call = libc::SYS_renameat2;
        let (from, to) = (from.as_ptr(), to.as_ptr());
        libc::syscall(call, directory, from, directory, to, RENAME_NOREPLACE)
    };
    Errno::result(renamed).map(drop)
}

/// The same open file under another number, the lowest that is free from `first` on.
pub fn duplicate(file: impl AsFd, first: RawFd) -> nix::Result<OwnedFd> {
    let number = fcntl(file, FcntlArg::F_DUPFD_CLOEXEC(first))?;
    // SAFETY: the descriptor was created by the line above, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes a descriptor lead to another file, under the same number; its own file is closed.
pub fn lead_to(descriptor: &File, file: impl AsFd) -> nix::Result<()> {
    let (from, to) = (file.as_fd().as_raw_fd(), descriptor.as_raw_fd());
    // SAFETY: both descriptors are open until the call returns, and stay with their owners.
    let done = unsafe { libc::dup3(from, to, libc::O_CLOEXEC) };
    Errno::result(done).map(drop)
}

/// The width of the terminal at standard output, if it is one.
pub fn terminal_width() -> Option<usize> {
    // SAFETY: the request fills a structure that is ours, and for which all zeroes are a valid value
    // (ioctl_tty(2)).
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        let result = libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size);
        (result == 0).then_some(size)
    };
    size.map(|size| size.ws_col.into())
        .filter(|&width| width > 0)
}

/// The variables that we changed in our own environment, with their original values.
static CHANGED: Mutex<Vec<(&'static str, Option<OsString>)>> = Mutex::new(Vec::new());

/// Removes variables from our own environment. The environment for the program is read before.
pub fn forget(names: impl IntoIterator<Item = &'static str>) {
    for name in names {
        change(name, None);
    }
}

/// Sets a variable in our own environment. The environment for the program is read before.
pub fn set(name: &'static str, value: impl AsRef<OsStr>) {
    change(name, Some(value.as_ref()));
}

fn change(name: &'static str, value: Option<&OsStr>) {
    let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    if !changed.iter().any(|(known, _)| *known == name) {
        changed.push((name, std::env::var_os(name)));
    }
    // SAFETY: this is called before the first name is resolved, and until then no other thread
    // reads or changes the environment.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}

/// The variables that we changed in our own environment, with the values that we were given.
pub fn changed_variables() -> Vec<(&'static str, Option<OsString>)> {
    CHANGED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The home directory of the user in the user database (getpwuid(3)).
pub fn home_of_user() -> Option<PathBuf> {
    User::from_uid(Uid::effective()).ok()?.map(|user| user.dir)
}

/// Our initial environment: every entry byte for byte, in order.
///
/// `std::env::vars_os` would drop entries without `=`.
pub fn environment() -> Vec<Vec<u8>> {
    entries().map(<[u8]>::to_vec).collect()
}

/// Whether a variable exists whose name begins with this.
pub fn has_variables(beginning: &[u8]) -> bool {
    entries().any(|entry| entry.starts_with(beginning))
}

fn entries() -> impl Iterator<Item = &'static [u8]> {
    unsafe extern "C" {
        static environ: *const *const libc::c_char;
    }
    // SAFETY: this reads a pointer that the C runtime has set.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        // SAFETY: `environ` is null or points to an array of C strings that ends with a null pointer
        // (environ(7)); nothing in this program changes its environment while this runs.
        unsafe {
            if next.is_null() || (*next).is_null() {
                return None;
            }
            let entry = std::ffi::CStr::from_ptr(*next);
            next = next.add(1);
            Some(entry.to_bytes())
        }
    })
}

/// The environment of another process, entry by entry (proc_pid_environ(5)).
///
/// # Errors
///
/// `NotFound` if the process does not exist, or ended in the meantime.
pub fn environment_of(pid: u32) -> io::Result<Vec<Vec<u8>>> {
    let environ = std::fs::read(format!("/proc/{pid}/environ"));
    let environ = environ.map_err(|error| match error.raw_os_error() {
        Some(libc::ESRCH) => io::ErrorKind::NotFound.into(),
        _ => error,
    })?;
    Ok(environ
        .split(|&byte| byte == 0)
        .map(<[u8]>::to_vec)
        .collect())
}

/// The children of a process that can be found (proc_pid_children(5)).
pub fn children(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let pids = children.split_whitespace();
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// Whether a process is a shell that runs a command (proc_pid_cmdline(5)).
pub fn is_shell(pid: u32) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline"));
    arguments.is_ok_and(|arguments| arguments.starts_with(b"sh\0-c\0"))
}

/// Whether a process has our name, which every user may read of every process.
pub fn is_ours(pid: u32) -> bool {
    let name = |pid: &str| std::fs::read(format!("/proc/{pid}/comm")).ok();
    let ours = name("self");
    ours.is_some() && name(&pid.to_string()) == ours
}

/// Gives back the memory of the relocations of this program, half a megabyte that only the dynamic
/// loader reads, before `main`. It is mapped from the file, so it would be read again if anything
/// needed it.
pub fn release_relocations() {
    // Tags of the dynamic section (elf(5)).
    const NULL: usize = 0;
    const RELA: usize = 7;
    const RELASZ: usize = 8;

    unsafe extern "C" fn release(
        object: *mut libc::dl_phdr_info,
        _: libc::size_t,
        _: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: the loader describes an object that is mapped (dl_iterate_phdr(3)): its program
        // headers, and among them a dynamic section, which ends with DT_NULL. `madvise` on pages that
        // lie wholly in a read-only mapping of a file changes nothing that can be read.
        unsafe {
            let base = (*object).dlpi_addr as usize;
            let count = usize::from((*object).dlpi_phnum);
            let headers = std::slice::from_raw_parts((*object).dlpi_phdr, count);
            let dynamic = headers.iter().find(|it| it.p_type == libc::PT_DYNAMIC);
            let (mut table, mut size) = (0, 0);
            if let Some(dynamic) = dynamic {
                let mut entry = (base + dynamic.p_vaddr as usize) as *const [usize; 2];
                while (*entry)[0] != NULL {
                    match *entry {
                        // glibc has added the base already, musl has not.
                        [RELA, address] if address < base => table = base + address,
                        [RELA, address] => table = address,
                        [RELASZ, bytes] => size = bytes,
                        _ => {}
                    }
                    entry = entry.add(1);
                }
            }
            let page = page_size();
            let start = table.next_multiple_of(page);
            let end = (table + size) / page * page;
            if start < end {
                let start = start as *mut libc::c_void;
                libc::madvise(start, end - start as usize, libc::MADV_DONTNEED);
            }
        }
        // The first object is the program itself; the others are not looked at.
        1
    }
    // SAFETY: the callback keeps no pointer that it is given.
    unsafe { libc::dl_iterate_phdr(Some(release), std::ptr::null_mut()) };
}

/// The size of a page of memory, in bytes (sysconf(3)).
pub fn page_size() -> usize {
    const USUAL: usize = 4096;
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| size.try_into().ok()).unwrap_or(USUAL)
}

/// The soft limit of the stack, in bytes (getrlimit(2)).
pub fn stack_limit() -> u64 {
    const USUAL: u64 = 8 * 1024 * 1024;
    getrlimit(Resource::RLIMIT_STACK).map_or(USUAL, |(soft, _)| soft)
}
