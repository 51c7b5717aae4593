//! credstash: reading the tables that it writes to DynamoDB. Nothing is written there.
//!
//! A row is a version of a secret. Its value is encrypted with a data key of its own, which a key of
//! KMS encrypts under the encryption context that the writer gave
//! (<https://github.com/fugue/credstash>, "How Does It Work?"). The context is not stored.

mod read;
mod refusal;
mod rows;
mod sealed;
mod session;
mod source;
mod target;

pub use read::read;
pub use session::{SERVICE, Session};
pub use source::{DEFAULT_TABLE, Selector, Source, Table, What, is_version};
