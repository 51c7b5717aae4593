//! Keywhiz: reading the secrets that its server gives to a client. Nothing is written there.
//!
//! A client is known by its certificate, and its secrets are those of the groups that it is a member of
//! (<https://github.com/square/keywhiz>). The server has no variables of its own that a client reads:
//! ours name the files that the configuration of its client keysync names.

mod answer;
mod client;
mod read;
mod settings;
mod source;

pub use read::read;
pub use source::{NAME, PORT, Server, Source, What, missing};
