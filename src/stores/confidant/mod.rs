//! Confidant: reading the credentials of a service over HTTP. Nothing is written there.
//!
//! A caller proves who it is by a token that AWS KMS encrypted for it, under a key that the server
//! may decrypt with. Credentials that the server itself cannot read, blind ones, are decrypted here.

mod answer;
mod client;
mod config;
mod fernet;
mod read;
mod refusal;
mod settings;
mod source;
mod token;

pub use read::{NAME, Named, read};
pub use settings::configured;
pub use source::{Part, Source, missing};
