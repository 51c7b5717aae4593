//! Files that hold several values: reading those that others wrote, and writing those that others read.
//!
//! Whatever cannot be read or written is told by keys, names and places, never by the text of a line.
#![forbid(unsafe_code)]

mod input;
mod read;
mod write;
mod properties;
mod yaml;
mod entry;

#[cfg(test)]
mod tests;

pub use entry::{Entry, Found, Problem, Source, Target};
pub use input::Input;
pub use write::{masks, write};
