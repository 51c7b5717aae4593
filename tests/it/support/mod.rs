//! What the stories share: a Parameter Store, stand-ins for what surrounds it, and launchers that use
//! nothing else.

mod world;
mod launch;
mod directory;
mod needs;
mod wait;
mod text;
pub mod machine;
pub mod stand_ins;

use std::time::Duration;

pub use directory::Directory;
pub use launch::{ENVSECRETS, Ended, Launch, Running};
pub use needs::{built_for, can, can_unshare, which};
pub use parameter_store::{Fault, Server, Store};
pub use text::{entries, strings};
pub use wait::{each, until};
pub use world::{World, offline, world, world_with};

/// A value that must never be seen outside the program.
pub const SENTINEL: &str = "s3ntinel-plaintext-0xdecafbad";

/// No story takes longer; a launcher that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);
