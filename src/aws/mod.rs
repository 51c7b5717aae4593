//! Who we are to AWS, and what is the same for all of its services: how resources are named, what a
//! policy allows, and what a refusal means.
//!
//! What a single store reads or writes does not belong here, and nothing here knows options.

pub mod caller;
pub mod arn;
pub mod credentials;
pub mod iam;
pub mod refusal;
pub mod session;
pub mod settings;
