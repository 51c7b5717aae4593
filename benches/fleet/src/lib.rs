//! What happens when many launchers start at once: a simulator with discrete events.
//!
//! **The model.** N launchers arrive at times spread evenly over one second, at random. Each makes P
//! calls, one after another, as the pages of a path must be. All calls go to one account, which
//! grants R of them a second from a bucket of B (40 and 40 by default, Parameter Store's default
//! quota); a call beyond that is refused, and costs nothing, or a part of a call. A call takes
//! 10 ms from being sent to being answered, and the first one of a launcher 30 ms. What a launcher
//! does after a refusal is its [`policy`].
//!
//! **The bound.** No policy can have all of them started before (N·P − B)/R seconds have
//! passed: that many calls are granted no sooner. Times are given as multiples of it.
//!
//! **What is not known** is the size of Parameter Store's bucket, and whether refused calls cost
//! quota. Hence the runs at 10 and 25 %.
//!
//! Every run has a seed, so that its figures can be had again.

pub mod fleet;
pub mod policy;
mod random;
pub mod report;
/// The launcher's own, not a copy of it.
#[path = "../../../src/net/retry.rs"]
pub mod wait;

pub use fleet::{Account, Fleet, Outcome, simulate};
pub use policy::Policy;
