//! Reading and writing files with several values.
//!
//! Errors give keys, names and positions, never the text of a line.
#![forbid(unsafe_code)]

mod input;
mod read;
mod write;
mod entry;
mod csv;

#[cfg(test)]
mod tests;

pub use crate::launch::formats::Problem;
pub use entry::{Entry, Found, Source, Target};
pub use input::Input;
pub use write::{masks, write};
