//! What is the same for all services of AWS: settings, credentials, ARNs, IAM statements, and what
//! an error response means.
//!
//! What a single store reads or writes does not belong here, nor do the error codes of one service;
//! those are in `stores`. HTTP and TLS are in `net`. Nothing here knows our options.

pub mod arn;
mod assume_role;
mod assumption;
pub mod codes;
mod copies;
mod credential_process;
mod credentials;
pub mod denial;
pub mod error;
pub mod files;
pub mod hint;
pub mod hosts;
mod http_client;
pub mod iam;
mod identity;
mod issuers;
mod profile;
mod provider_failure;
pub mod refusal;
pub mod region;
pub mod role;
pub mod session;
pub mod settings;
pub mod signed;
mod unfit;
