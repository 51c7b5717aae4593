//! One request over the network, retried until a response arrives or the time is up.
//!
//! Here belong connections, TLS, proxies, trusted certificates, the retry loop and the progress
//! report. What a request is for, and that AWS responds to it, does not belong here: `stores` and
//! `aws` know that. Nothing here reads options or builds messages about parameters.

pub mod authority;
pub mod call;
pub mod certificate;
pub mod connection;
pub mod dial;
pub mod environment;
pub mod failure;
pub mod lambda;
pub mod names;
pub mod observed;
pub mod progress;
pub mod proxy;
pub mod reply;
pub mod retry;
pub mod runtime;
pub mod transport;
pub mod trust;
