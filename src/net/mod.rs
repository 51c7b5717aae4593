//! One request over the network, tried until it is answered or too late.
//!
//! Nothing here knows what is asked for, or that AWS answers: stores do, and `aws`.

pub mod call;
pub mod certificate;
pub mod connection;
pub mod environment;
pub mod failure;
pub mod progress;
pub mod reply;
pub mod retry;
pub mod transport;
pub mod trust;
