//! The stores that secrets are read from.

pub mod deadline;
pub mod error;
pub mod parameter_store;

/// How references name what a store holds, and how stores name what they answer.
pub use crate::aws::arn;
