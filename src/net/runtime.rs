//! The async runtime.

use tokio::runtime::{Builder, Runtime};

use crate::system::limits::{Limit, of_call, room_for_a_runtime};

/// A runtime on the current thread, which starts no other.
///
/// # Errors
///
/// If this machine does not allow the descriptors or the system calls that it takes.
pub fn on_this_thread() -> Result<Runtime, Limit> {
    room_for_a_runtime()?;
    let mut builder = Builder::new_current_thread();
    builder
        .enable_all()
        .build()
        .map_err(|error| of_call(&error))
}
