//! Amazon S3: reading single objects. Nothing is written there, and nothing is listed.

mod read;
mod refusal;
mod session;
mod source;
mod target;
mod url;

pub use read::{MOST_OF_A_DOCUMENT, read};
pub use session::{SERVICE, Session};
pub use source::{Format, Source};
