//! The operating system: processes, signals, terminals, files of any kind, files in memory.
//!
//! Here belong system calls, `/proc` and all `unsafe` code, each behind a safe function. What a
//! launch or a command decides does not belong here; neither does anything about stores, networks
//! or options.

mod binary;
pub mod exec;
pub mod file;
mod file_set;
pub mod helper;
pub mod limits;
pub mod machine;
pub mod memory;
pub mod memory_file;
pub mod panics;
mod part;
pub mod privileges;
pub mod process;
mod safe_directory;
pub mod signals;
pub mod subprocess;
pub mod terminal;
pub mod unnamed;
pub mod whole_file;
