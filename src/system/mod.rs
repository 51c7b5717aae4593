//! The operating system: processes, signals, terminals, files of any kind, files in memory.
//!
//! Here belong system calls, `/proc` and all `unsafe` code, each behind a safe function. What a
//! launch or a command decides does not belong here; neither does anything about stores, networks
//! or options.
//!
//! What differs between systems is `os`, which has the same items on each: `linux` or `macos`. In
//! `posix` is what macOS does by POSIX where Linux has something of its own: built with
//! `BUILD_ENVSECRETS_POSIX=1`, Linux does so too, and the tests of that run there.

#[cfg(all(target_os = "linux", not(envsecrets_posix)))]
#[path = "linux/mod.rs"]
mod os;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod os;
#[cfg(any(envsecrets_posix, not(any(target_os = "linux", target_os = "macos"))))]
#[path = "linux_as_posix.rs"]
mod os;
#[cfg(any(envsecrets_posix, not(target_os = "linux")))]
mod posix;

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
compile_error!("envsecrets supports Linux and macOS, and no other system");

pub mod argument_limits;
mod binary;
mod child;
pub mod exec;
pub mod file;
mod file_set;
mod file_system;
mod handler;
pub mod helper;
pub mod limits;
pub mod machine;
pub mod memory;
pub mod memory_file;
pub mod panics;
mod part;
pub mod process;
pub mod processes;
#[cfg(any(target_os = "macos", test))]
mod process_arguments;
mod readable;
mod safe_directory;
pub mod signals;
mod start;
pub mod subprocess;
pub mod terminal;
pub mod unnamed;
pub mod whole_file;

pub use os::{Elevation, elevation};
