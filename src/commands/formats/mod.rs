//! Reading and writing files with several values.
//!
//! Errors give keys, names and positions, never the text of a line.
#![forbid(unsafe_code)]

mod input;
mod read;
mod write;
mod properties;
mod yaml;
mod k8s;
mod entry;

#[cfg(test)]
mod tests;

pub use entry::{Entry, Found, Problem, Source, Target};
pub use input::Input;
pub use write::{masks, write};
