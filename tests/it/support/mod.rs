//! What the stories share: a Parameter Store, stand-ins for what surrounds it, and launchers that
//! use nothing else.

mod world;
mod launch;
mod directory;
mod needs;
mod wait;
mod leak;
mod made;
pub mod faults;
mod text;
pub mod stand_in;
pub mod issuers;
pub mod network;
#[cfg(target_os = "linux")]
pub mod refusing;
pub mod wire;
pub mod aws;
pub mod tls;
pub mod terminal;
pub mod memory;
#[cfg(target_os = "linux")]
pub mod machine;
pub mod moto;
pub mod biscuit;
pub mod sneaker;
pub mod vault;
pub mod keywhiz;
pub mod bao;
pub mod confidant;
pub mod iam;
pub mod rotation;
#[cfg(target_os = "linux")]
pub mod postgres;

use std::time::Duration;

pub use directory::Directory;
pub use launch::{ENVSECRETS, Ended, Launch, Running, inherit_no_signal, pipe_of};
pub use leak::{OTHER_SENTINEL, SENTINEL, leak};
pub use made::{read, renew};
pub use needs::{built_for, can, can_trace, can_unshare, which};
pub use parameter_store::{Fault, Server, Store};
pub use text::{commands_of, entries, is_date, printing, strings, without_times};
pub use vault::VaultWorld;
pub use wait::{each, until};
pub use world::{World, calling, demo, offline, world, world_of_names, world_with};

/// No story takes longer; a launcher that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);
