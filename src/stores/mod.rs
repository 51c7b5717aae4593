//! The stores of secrets, and the one function that reads all of them.
//!
//! Here belongs what differs between stores. A store is a file or a folder beside this one and a
//! variant of [`Source`]. Options, and the variables that secrets become, do not belong here; a
//! store does not know another store. What all services of AWS share is in `aws`.

pub mod biscuit;
pub mod call;
pub mod confidant;
pub mod credstash;
pub mod deadline;
mod bucket;
mod encoding;
pub mod error;
pub mod keywhiz;
pub mod objects;
pub mod parameter_store;
pub mod place;
pub mod secrets_manager;
pub mod sneaker;
pub mod vault;
mod gcm;
mod kept;
mod keys;
mod listing;
mod read;
mod remote;
mod session;
mod settling;
mod source;
mod unneeded;

/// ARNs, which references and stores use as names.
pub use crate::aws::arn;
/// Whether a text can be a region at any endpoint.
pub use crate::aws::region::is_label as can_be_region;

pub use crate::aws::role;
pub use crate::aws::settings::{Caller, Given};
pub use encoding::encode;
pub use error::Error;
pub use place::Place;
pub use read::{Answer, Reader, read, read_both};
pub use source::{Access, Layer, Source, Thing};
pub use unneeded::Unneeded;
