//! AWS Secrets Manager: reading it. Nothing is written there.

mod read;
mod refusal;
mod session;
mod source;
mod target;

pub use read::read;
pub use session::{SERVICE, Session};
pub use source::{Selector, Source};
