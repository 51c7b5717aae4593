//! The stores that secrets are read from.

pub mod error;
pub mod parameter_store;
