//! One request over the network, tried until it is answered or too late.

pub mod connection;
pub mod progress;
pub mod retry;
pub mod transport;
pub mod trust;
