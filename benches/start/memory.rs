//! The most memory that a process uses until it becomes another program, and how often the kernel
//! has to map some.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::personality::{self, Persona};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid};

/// Memory in KiB.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    /// All pages in memory: the private ones, and those of the program's file, which all of its
    /// processes share. Those of shared libraries are not counted: most are in memory anyway.
    pub resident: u64,
    /// The pages that belong to this process alone: heap, stack and written pages of files.
    pub private: u64,
    /// How often the process stopped at a page that was not mapped yet (minor faults), from its
    /// first instruction on.
    pub faults: u64,
}

/// A program in memory.
///
/// How many pages of a file the kernel maps at a time depends on how the file came into its cache:
/// a program that has just been linked, copied or read from the disk differs by a megabyte. Files
/// in memory consist of single pages.
pub struct Program(File);

impl Program {
    const NAME: &str = "envsecrets";

    pub fn new(file: &str) -> Self {
        let mut copy = File::from(memfd_create(Self::NAME, MFdFlags::MFD_CLOEXEC).unwrap());
        std::io::copy(&mut File::open(file).unwrap(), &mut copy).unwrap();
        // What is open for writing cannot be run.
        Self(File::open(format!("/proc/self/fd/{}", copy.as_raw_fd())).unwrap())
    }

    /// Where a child finds it before it becomes this program.
    pub fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}

/// Runs a command and returns the most memory that it held: until it became another program, which
/// then runs to its end, or until it ended itself, whichever is expected.
///
/// A process only gives memory back in a system call. It is therefore stopped at each of them, and
/// the kernel counts its pages one by one. `VmHWM` and `ru_maxrss` come from counters that are
/// wrong by dozens of pages for each processor, and contain what the parent held at the fork.
pub fn peak(command: &mut Command, becomes: bool) -> Memory {
    let ordinary_user = !geteuid().is_root();
    let prepare = move || {
        // At random addresses the kernel maps a varying number of the file's pages around a fault.
        personality::set(personality::get()? | Persona::ADDR_NO_RANDOMIZE)?;
        if ordinary_user {
            // The launcher hides its memory from its own user, not from the owner of a namespace.
            unshare(CloneFlags::CLONE_NEWUSER)?;
        }
        Ok(ptrace::traceme()?)
    };
    // SAFETY: `prepare` makes system calls and nothing else.
    let child = unsafe { command.pre_exec(prepare) }.spawn().unwrap();
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let mappings = format!("/proc/{process}/smaps");

    assert_eq!(
        waitpid(process, None),
        Ok(WaitStatus::Stopped(process, Signal::SIGTRAP)),
        "it stops at its first instruction"
    );
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(process, options).unwrap();
    let before = faults(process);
    resume(process, None);

    let mut most = Memory::default();
    let mut became = false;
    loop {
        // Any process: a thread is stopped and continued on its own.
        match waitpid(None, Some(WaitPidFlag::__WALL)).unwrap() {
            WaitStatus::PtraceSyscall(thread) => {
                let now = read(&mappings);
                most.resident = most.resident.max(now.resident);
                most.private = most.private.max(now.private);
                most.faults = faults(process) - before;
                resume(thread, None);
            }
            WaitStatus::PtraceEvent(thread, _, libc::PTRACE_EVENT_EXEC) => {
                became = true;
                ptrace::detach(thread, None).unwrap();
            }
            // How a new thread begins.
            WaitStatus::PtraceEvent(thread, ..) | WaitStatus::Stopped(thread, Signal::SIGSTOP) => {
                resume(thread, None);
            }
            WaitStatus::Stopped(thread, signal) => resume(thread, Some(signal)),
            WaitStatus::Exited(id, _) if id == process => {
                assert_eq!(became, becomes, "{command:?}");
                return most;
            }
            WaitStatus::Exited(..) => {}
            status => panic!("{status:?}"),
        }
    }
}

/// Mounts a file over another one, for this process and its children alone.
pub fn mount_for_itself(file: &Path, over: &str) -> nix::Result<()> {
    let mut flags = CloneFlags::CLONE_NEWNS;
    if !geteuid().is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags)?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    mount(Some(file), over, none, MsFlags::MS_BIND, none)
}

/// Lets a thread run to the beginning or the end of its next system call.
fn resume(thread: Pid, signal: Option<Signal>) {
    match ptrace::syscall(thread, signal) {
        // Another thread has ended the process meanwhile.
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => panic!("{thread}: {error}"),
    }
}

/// The minor faults of all threads of a process so far.
fn faults(process: Pid) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // 4711 (name) t 4710 4711 4711 0 -1 4194560 FAULTS …, and the name may contain anything.
    let (_, fields) = text.rsplit_once(')').unwrap();
    fields.split_whitespace().nth(7).unwrap().parse().unwrap()
}

fn read(mappings: &str) -> Memory {
    let text = std::fs::read_to_string(mappings).unwrap_or_else(|error| {
        panic!("{mappings}: {error}; it takes root, or user namespaces for everyone")
    });
    let mut memory = Memory::default();
    let mut counts_as_resident = "";
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            // 7ffff7d80000-7ffff7da6000 r--p 00000000 fe:00 131 /usr/lib/x86_64-linux-gnu/libc.so.6
            [_, _, _, _, _, file, ..] if file.starts_with('/') && !file.contains(Program::NAME) => {
                counts_as_resident = "Anonymous:";
            }
            [range, _, _, _, _, ..] if range.contains('-') => counts_as_resident = "Rss:",
            [field, count, "kB"] => {
                let count: u64 = count.parse().unwrap();
                if field == counts_as_resident {
                    memory.resident += count;
                }
                if field == "Anonymous:" {
                    memory.private += count;
                }
            }
            _ => {}
        }
    }
    memory
}
