//! The side of the kernel: processes, signals, terminals, files in memory.

pub mod exec;
pub mod memory_file;
pub mod process;
pub mod signals;
pub mod terminal;
