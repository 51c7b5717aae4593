//! HashiCorp Vault and OpenBao: reading keys and values. Nothing is written there.
//!
//! The requests are a handful, so that they go over our own transport. What is secret on a server
//! and has a lease, such as the password of a database that is made for each reader, is refused: a
//! program that has replaced us cannot renew it.

mod answer;
mod ask;
mod caller;
mod client;
mod login;
mod mounts;
mod read;
mod refusal;
mod settings;
mod source;

pub use read::read;
pub use source::{Engine, Method, Part, Server, SignIn, Source, missing};
