//! Amazon S3: reading single objects. Nothing is written there, and nothing is listed.

mod read;
mod source;

pub use crate::stores::bucket::{SERVICE, Session};
pub use read::{MOST_OF_A_DOCUMENT, read};
pub use source::{Format, Source};
