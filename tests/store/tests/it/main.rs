//! The store, seen through its sockets.
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is a failing test, and its message is for us"
)]

mod client;
mod command;
mod contract;
mod describing;
mod faults;
mod limits;
mod reading;
mod secrets_manager;
mod seeds;
mod tls;
mod writing;
