//! Who we are to AWS, and what is the same for all of its services: how resources are named, what a
//! policy allows, and what a refusal means.
//!
//! What a single store reads or writes does not belong here, and nothing here knows options.

pub mod arn;
pub mod caller;
mod codes;
mod credentials;
mod defaults;
pub mod error;
pub mod hint;
mod http_client;
pub mod iam;
mod identity;
mod provider_failure;
pub mod refusal;
pub mod session;
pub mod settings;
