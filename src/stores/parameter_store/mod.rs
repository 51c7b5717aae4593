//! AWS Systems Manager Parameter Store: reading it, and managing what is in it.

pub mod catalogue;
pub mod manage;
pub mod names;
pub mod pages;
pub mod put;
mod read;
mod refusal;
mod session;
mod source;
mod target;

use crate::aws::session::configured as configured_for;
use crate::aws::settings::Caller;
pub use crate::parameter::Reading;
use crate::stores::deadline::runtime;
pub use crate::stores::error::Error;
pub use names::Selector;
pub use read::read;
pub use session::{SERVICE, Session};
pub use source::Source;

/// The region and the account in flags, variables or the profile, without a network call.
pub fn configured(caller: &Caller) -> Result<(Option<String>, Option<String>), Error> {
    Ok(runtime()?.block_on(configured_for(caller, &SERVICE))?)
}
