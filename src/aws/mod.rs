//! What is true of all of AWS, whichever service is called.
//!
//! Here belong the names of resources and the statements of policies. What a single store reads or
//! writes does not, and nothing here knows commands or options.

pub mod arn;
pub mod iam;
