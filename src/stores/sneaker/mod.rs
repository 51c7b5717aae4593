//! Sneaker: reading the secrets that it keeps in a bucket of S3, and the files that it packs. Nothing is
//! written there.
//!
//! An object is a data key that a key of KMS encrypted, and a value that is sealed with it
//! (<https://github.com/codahale/sneaker>). A packed file is a TAR archive that is sealed like that.

mod packed;
mod read;
mod sealed;
mod source;

pub use crate::stores::bucket::{SERVICE, Session};
pub use read::read;
pub use source::{Source, What, missing};
