//! Biscuit: reading the files that it writes. Nothing is written there.
//!
//! A file maps the name of a secret to its entries. Each has the same value, sealed with a data key that a
//! key of KMS in another region encrypts, or not sealed at all
//! (<https://github.com/dcoker/biscuit>, "Advanced Usage"). A file of entries that are not sealed is read
//! without AWS.

mod file;
mod keys;
mod read;
mod sealed;
mod source;

pub use file::TEMPLATE;
pub use keys::{Keys, keys};
pub use read::read;
pub use source::{NAME, Source, missing};
