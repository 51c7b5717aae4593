//! The operating system: processes, signals, terminals, files of any kind, files in memory.
//!
//! Here belong system calls, `/proc` and all `unsafe` code, each behind a safe function. What a
//! launch or a command decides does not belong here; neither does anything about stores, networks
//! or options.
//!
//! What differs between systems is `os`: a folder for each system, with the same items.

#[path = "linux/mod.rs"]
mod os;

pub mod argument_limits;
mod binary;
pub mod elevation;
pub mod exec;
pub mod file;
mod file_set;
mod file_system;
pub mod limits;
pub mod machine;
pub mod memory;
pub mod memory_file;
pub mod panics;
mod part;
pub mod process;
mod safe_directory;
pub mod signals;
mod start;
pub mod subprocess;
pub mod terminal;
pub mod whole_file;

pub use os::elevation as elevated_by;
